"""Remove S together with what resembles it: a remedy of ours for similar samples."""

from typing import Any

from jaxtyping import Array, Bool, PRNGKeyArray

from ....formal._types import Real
from ....formal.definitions._scenario import Rows
from ..._factory import factory
from ...base import Remover, Trained
from ..exact import retrain


@factory
def with_neighbours(base: Remover | None = None, radius: Real = 0.5) -> Remover:
    r"""Run any remover on S and all rows within a distance of one of its rows.

    $$S' = \{i \in D : \min_{s \in S}\|x_i - x_s\| \le r\} \supseteq S \cap D$$

    Deleting a sample leaves what near-copies of it taught. This deletes them too, be they of the behaviour or not:
    aimed at unlearning from few examples, with nothing declared; where S has no near neighbours it is the base remover.

    Args:
        base: any remover; retraining when left out.
        radius: r ≥ 0, Euclidean, in the inputs' unit; 0 takes exact copies.

    Returns:
        The remover.

    Raises:
        ValueError: r is negative.

    A remedy of ours for the question of arXiv 2601.06938; not theirs.

    >>> with_neighbours()
    with_neighbours(retrain, radius=0.5)
    """
    base = retrain() if base is None else base

    def remove(key: PRNGKeyArray, trained: Trained, rows: Rows, forget: Bool[Array, " n"], **extra: Any) -> Trained:
        return base(key, trained, rows, forget | near(rows, forget, radius), **extra)

    name = f"with_neighbours({base}, radius={radius:g})"
    return Remover(remove, name, "unlearning", None, base.needs, base.random, made_for=base.made_for)


def near(rows: Rows, forget: Bool[Array, " n"], radius: Real) -> Bool[Array, " n"]:
    """The rows present within a distance of a row of S.

    >>> import jax.numpy as jnp
    >>> rows = Rows(jnp.array([[0.0], [1.0], [5.0]]), jnp.zeros(3), jnp.ones(3, bool))
    >>> near(rows, jnp.array([True, False, False]), 1.0).tolist()
    [True, True, False]
    """
    flat = rows.x.reshape(rows.x.shape[0], -1)
    squares = ((flat[:, None] - flat[None]) ** 2).sum(-1)
    return rows.present & ((squares <= radius**2) & forget).any(1)
