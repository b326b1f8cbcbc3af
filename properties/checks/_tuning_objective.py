"""What tuning makes small: the distance of what removed models say of rows from what they are to say."""

from collections.abc import Callable, Mapping

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Float64

from ...algorithms.base import Learner
from ...formal.definitions._scenario import Rows
from ..runs.observables import Model

LabelChances = Mapping[str, Float64[np.ndarray, "_ _"]]
"""What models say of each row, in [0, 1], by the name of the rows."""

Distance = Callable[[LabelChances, LabelChances], float]
"""From what removed models say and what they are to say to one number, the smaller the better."""

SIDES = (("S", "S_full∖S", "fresh behaviour"), ("rest of D", "D∖S", "fresh rest"))
"""The rows that a remover is to change its mind about, and those that it is not; each side is half of the distance."""


def label_distance(removed: LabelChances, targets: LabelChances) -> float:
    r"""The row-wise squared Cramér distance, averaged over sets of rows, both sides of equal weight.

    $$d^2 = \int (F - G)^2 = \mathbb E|X - Y| - \tfrac12 \mathbb E|X - X'| - \tfrac12 \mathbb E|Y - Y'|$$

    estimated without bias by U-statistics: of equal laws it is 0 on average, and may be negative.

    Args:
        removed: of removed models.
        targets: on the same rows, from runs that share no seed with those.

    Source: Székely and Rizzo 2013 (energy statistics).

    >>> zeros, ones = np.zeros((2, 3)), np.ones((2, 3))
    >>> label_distance({"S": zeros, "D∖S": zeros}, {"S": ones, "D∖S": zeros})
    0.5
    """
    sides = [
        [float(_by_row(removed[name], targets[name]).mean()) for name in side if name in removed] for side in SIDES
    ]
    return float(np.mean([np.mean(side) for side in sides if side]))


def _by_row(x: Float64[np.ndarray, "a m"], y: Float64[np.ndarray, "b m"]) -> Float64[np.ndarray, " m"]:
    a, b, within_x, within_y = len(x), len(y), _gaps(x), _gaps(y)
    between = (_gaps(np.concatenate([x, y])) - within_x - within_y) / (a * b)
    return between - within_x / (a * (a - 1)) - within_y / (b * (b - 1))


def _gaps(values: Float64[np.ndarray, "a m"]) -> Float64[np.ndarray, " m"]:
    """Σ_{i<j} |v_i − v_j| of each column, by sorting."""
    count = len(values)
    return ((2.0 * np.arange(count) - count + 1)[:, None] * np.sort(values, axis=0)).sum(0)


def label_chances(learner: Learner, params: object, rows: Rows) -> Float[Array, " m"]:
    """The chance of each row's given label; of a text e^−loss; where nothing is classified the loss itself.

    >>> import neverseen as ns
    >>> rows = ns.Rows(jnp.ones((1, 1)), jnp.array([[0.0, 1.0]]), jnp.ones(1, bool))
    >>> label_chances(ns.learners.logistic(), jnp.zeros((2, 2)), rows).tolist()
    [0.5]
    """
    model = Model(learner, params, rows)
    if learner.logits:
        label = rows.y if rows.y.ndim == 1 else rows.y.argmax(-1)
        return jnp.take_along_axis(jax.nn.softmax(model.outputs), label[:, None], -1)[:, 0]
    return model.losses if learner.tokens is None else jnp.exp(-model.losses)


def scale_of(learner: Learner, targets: LabelChances) -> float:
    """The unit of losses that are no chances: their mean size where models are as they are to be; 0 where none is.

    >>> import neverseen as ns
    >>> scale_of(ns.learners.ridge(logits=False), {"S": np.full((2, 2), 3.0)}), scale_of(ns.learners.logistic(), {})
    (3.0, 0.0)
    """
    if learner.logits or learner.tokens is not None:
        return 0.0
    sizes = np.abs(np.concatenate([values.ravel() for values in targets.values()]))
    return float(sizes[np.isfinite(sizes)].mean()) if np.isfinite(sizes).any() else 1.0


def bounded(values: Float64[np.ndarray, "runs rows"], scale: float) -> Float64[np.ndarray, "runs rows"]:
    """LabelChances as they are, losses in (0, 1) by their arc tangent; what is NaN stays NaN.

    >>> bounded(np.array([[0.0, 2.0]]), 2.0).tolist(), bounded(np.array([[0.25]]), 0.0).tolist()
    ([[0.5, 0.75]], [[0.25]])
    """
    return values if scale == 0 else 0.5 + np.arctan(values / scale) / np.pi
