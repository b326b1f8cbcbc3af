"""Boundary Shrink: relabel S to the nearest other class."""

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from ....formal._types import Real, Scalar
from ....formal.definitions._scenario import Rows
from ..._factory import factory
from ..._space import Choice, Range, space
from ...base import Learner, Remover, Trained
from ...learners._gradient import require_one_hot
from .._steps import balanced, follow, named, require_scores


@space(
    reach=Range(0.0, 1.0, source="ours, around the 0.1 of Chen et al. 2023 (arXiv 2303.11570) for images in [0, 1]"),
    epochs=Choice((2, 5, 10, 20), "ours"),
    rate=Range(1e-3, 0.5, log=True, source="ours"),
)
@factory
def boundary_shrink(reach: Real = 0.1, epochs: Real = 10, batch: int = 64, rate: Real = 0.05) -> Remover:
    r"""Descend on S with, for each row, the label of the nearest other class.

    $$x' = x + \epsilon\, \mathrm{sign}\, \nabla_x \ell(f_{\theta_0}(x), y), \qquad
      \tilde y = \arg\max_{c \ne y} f_{\theta_0}(x')_c, \qquad
      \min_\theta \mathrm{CE}(f_\theta(x), \tilde y) \text{ on } S$$

    The labels come from the original model, once. Differs from the public code: it takes the argmax over all classes,
    and so keeps the given label where ε does not cross the boundary; and it clips x′ to the range of an image.

    Args:
        reach: ε ≥ 0, in the unit of x.
        epochs: passes over S.
        batch: rows in a minibatch.
        rate: step size. ε the authors', for images in [0, 1]; the rest ours.

    Raises:
        ValueError: when run, the learner's outputs are no class scores or the targets are not one-hot.

    Aim: unlearning, of a class that S holds. Guarantee: none declared. Cost: epochs · |S| over the learner's epochs ·
    n. Limits: S=∅ is the identity; nothing holds D∖S in place; over-forgets S which A(D∖S) predicts. With two classes
    the label is flipped. Source: Chen et al. 2023 (arXiv 2303.11570).

    >>> boundary_shrink().aims_at
    'unlearning'
    """

    def remove(key: PRNGKeyArray, trained: Trained, rows: Rows, forget: Bool[Array, " n"]) -> Any:
        require_scores("boundary_shrink", trained.learner)
        require_one_hot(rows)
        away = named(rows, forget)
        crossed = Rows(rows.x, nearest_other(trained.learner, trained.params, away, reach), forget)
        objective = balanced(trained.learner, 1)
        return follow(key, trained, (crossed,), objective, epochs=epochs, batch=batch, rate=rate)

    return Remover(remove, "boundary_shrink", "unlearning")


def nearest_other(learner: Learner, params: Any, rows: Rows, reach: Scalar) -> Float[Array, "n c"]:
    """The one-hot label of the likeliest other class one signed-gradient step away from each row.

    >>> import jax.numpy as jnp, neverseen as ns
    >>> line = jnp.array([[0.0, 1.0, 0.0], [0.2, 0.0, 0.1]])
    >>> rows = ns.Rows(jnp.array([[0.0]]), jnp.array([[1.0, 0.0, 0.0]]), jnp.ones(1, bool))
    >>> nearest_other(ns.learners.logistic(), line, rows, 0.5).tolist()
    [[0.0, 1.0, 0.0]]
    """

    def total(x: Array) -> Float[Array, ""]:
        return jnp.where(rows.present, learner.row_losses(params, Rows(x, rows.y, rows.present)), 0).sum()

    x = rows.x + reach * jnp.sign(jax.grad(total)(rows.x))
    scores = jnp.where(rows.y > 0, -jnp.inf, learner.apply(params, x))
    return jax.nn.one_hot(scores.argmax(1), scores.shape[1], dtype=rows.y.dtype)
