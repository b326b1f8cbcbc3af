"""RMU: steer the hidden units on S into a random direction."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from ....formal._types import Real
from ....formal.definitions._scenario import Rows
from ..._factory import factory
from ..._space import Choice, Range, space
from ...base import Learner, Remover, Trained
from .._layers import features
from .._steps import follow, mean_of, named


@space(
    steering=Range(1.0, 100.0, log=True, source="ours, around the 20 of public code"),
    keep=Range(0.1, 100.0, log=True, source="ours, up to the 100 of Li et al. 2024 (arXiv 2403.03218)"),
    epochs=Choice((2, 5, 10, 20), "ours"),
    rate=Range(0.01, 2.0, log=True, source="ours"),
)
@factory
def rmu(
    steering: Real = 20.0,
    keep: Real = 1.0,
    epochs: Real = 10,
    batch: int = 64,
    rate: Real = 0.5,
    hidden: Callable[[Any, Array], Array] | None = None,
) -> Remover:
    r"""Representation misdirection: hidden units on S towards a random vector, on D∖S to where they were.

    $$\min_\theta\; \tfrac1h \mathbb E_S \|h_\theta(x) - c\,u\|^2 + \tfrac\alpha h \mathbb E_{D \setminus S}
      \|h_\theta(x) - h_{\theta_0}(x)\|^2, \qquad u = \frac{z}{\|z\|},\; z_j \sim \mathcal U[0, 1)$$

    Rows of a language model are their tokens here: ‖·‖² is averaged over those of a row, padding left out. The factor
    1/h is the authors' code's; the paper writes the sum over units.

    Args:
        steering: c.
        keep: α ≥ 0.
        epochs: passes over S.
        batch: rows in a minibatch of each.
        rate: step size. u and c as in public code, where α = 100 for a language model; α and the rest ours, for
            `learners.mlp`.
        hidden: `(params, x) -> units [m, h]`, or `[m, t, h]` of texts, any differentiable ones; when left out those
            that a language model declares, or else what the last layer reads.

    Raises:
        ValueError: when run, the units of the model are not known.

    Aim: unlearning. Guarantee: none declared. Cost: 3 epochs · |S| over the learner's epochs · n. Limits: S=∅ is the
    identity; so is any S for a model without hidden units, such as a linear one; suppresses in one layer, what reads
    it stays as it is. Source: Li et al. 2024 (arXiv 2403.03218).

    >>> rmu().aims_at
    'unlearning'
    """

    def remove(key: PRNGKeyArray, trained: Trained, rows: Rows, forget: Bool[Array, " n"]) -> Any:
        steer_key, order_key = jax.random.split(key)
        away, retained, learner = named(rows, forget), rows.without(forget), trained.learner
        units = hidden or (features if learner.tokens is None else learner.tokens.units)
        width = jax.eval_shape(units, trained.params, rows.x).shape[-1]
        target = steering * direction(steer_key, width)

        def objective(params: Any, forget_batch: Rows, retain_batch: Rows) -> Float[Array, ""]:
            astray = mean_square(units(params, forget_batch.x) - target, learner, forget_batch)
            moved = mean_square(
                units(params, retain_batch.x) - units(trained.params, retain_batch.x), learner, retain_batch
            )
            return mean_of(astray, forget_batch) + keep * mean_of(moved, retain_batch)

        return follow(order_key, trained, (away, retained), objective, epochs=epochs, batch=batch, rate=rate)

    return Remover(remove, "rmu", "unlearning")


def mean_square(gap: Float[Array, "m *t h"], learner: Learner, rows: Rows) -> Float[Array, " m"]:
    """The mean square of each row's units; of texts also over their tokens, padding left out.

    >>> import jax.numpy as jnp, neverseen as ns
    >>> text, gap = jnp.array([[7, 8, 0]]), jnp.array([[[1.0], [3.0], [9.0]]])
    >>> mean_square(gap, ns.learners.transformer(), Rows(text, text, jnp.ones(1, bool))).tolist()
    [5.0]
    """
    squares = (gap**2).mean(-1)
    if squares.ndim == 1:
        return squares
    counted = jnp.ones(squares.shape) if learner.tokens is None else learner.tokens.counted(rows.y)
    return (squares * counted).sum(1) / jnp.maximum(counted.sum(1), 1)


def direction(key: PRNGKeyArray, width: int) -> Float[Array, " h"]:
    """A unit vector: uniform draws in [0, 1) over their norm.

    >>> import jax
    >>> round(float((direction(jax.random.key(0), 5) ** 2).sum()), 5)
    1.0
    """
    vector = jax.random.uniform(key, (width,))
    return vector / jnp.linalg.norm(vector)
