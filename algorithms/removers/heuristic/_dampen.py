"""Selective synaptic dampening: shrink the weights that matter more to S than to D."""

from typing import Any

import jax
import jax.numpy as jnp
from jax import lax
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Bool, PRNGKeyArray

from ....formal._types import Real
from ....formal.definitions._scenario import Rows
from ..._factory import factory, fits
from ..._space import Range, space
from ...base import Learner, Remover, Trained
from .._steps import named


@space(
    selection=Range(0.1, 100.0, log=True, source="ours, around the 10 of Foster et al. 2024 (arXiv 2308.07707)"),
    dampening=Range(0.0, 5.0, source="ours, around the 1 of Foster et al. 2024"),
)
@factory
def ssd(selection: Real = 10.0, dampening: Real = 1.0) -> Remover:
    r"""Selective synaptic dampening, without training.

    $$\theta_j \leftarrow \theta_j \min\Big(\frac{\lambda F_D^{(j)}}{F_S^{(j)}}, 1\Big)
      \text{ where } F_S^{(j)} > \alpha F_D^{(j)}, \qquad
      F_\bullet = \operatorname{mean}_{i \in \bullet} \big(\nabla \ell_i(\theta)\big)^2$$

    The means are over examples. Differs from the public code: it squares the gradients of the means of minibatches,
    which is this for minibatches of one row, and rescales α for others.

    Args:
        selection: α > 0.
        dampening: λ ≥ 0. The authors' defaults for whole classes.

    Returns:
        The remover. Its record is {"dampened": the share of weights that changed}: a log of training, where there was
        one, no longer describes the weights.

    Raises:
        ValueError: α is not positive, or λ is negative.

    Aim: unlearning. Guarantee: none declared. Cost: one pass over D, one gradient for each example. Limits: S=∅ is the
    identity; **on a random S nothing passes**: F_S ≈ F_D < αF_D, and the verdict is that of doing nothing. F_D holds
    F_S, so F_S / F_D ≤ n/|S|: whatever S ⊆ D is, nothing passes once |S| ≥ n/α. On a tiny S, F_S is noise. Source:
    Foster et al. 2024 (arXiv 2308.07707); the bound is ours.

    >>> ssd(selection=0)
    Traceback (most recent call last):
    ValueError: selection: 0 is not > 0
    """
    if not fits(selection > 0):
        raise ValueError(f"selection: {selection} is not > 0")

    def remove(key: PRNGKeyArray, trained: Trained, rows: Rows, forget: Bool[Array, " n"]) -> Trained:
        del key
        whole, part = squares_by_part(trained.learner, trained.params, (rows, named(rows, forget)))
        passing = jax.tree.map(lambda d, s: s > selection * d, whole, part)

        def dampen(w: Array, d: Array, s: Array, hit: Array) -> Array:
            return jnp.where(hit, w * jnp.minimum(dampening * d / jnp.where(hit, s, 1), 1), w)

        damped = jax.tree.map(dampen, trained.params, whole, part, passing)
        share = ravel_pytree(jax.tree.map(lambda hit: hit.astype(float), passing))[0].mean()
        return Trained(damped, {"dampened": share}, trained.learner)

    return Remover(remove, "ssd", "unlearning", random=False)


def squares_by_part(learner: Learner, params: Any, parts: tuple[Rows, ...]) -> tuple[Any, ...]:
    """The mean over examples of the squared gradient of the loss, for several masks on the same rows.

    Args:
        learner: whose loss is meant.
        params: where.
        parts: the same x and y, with different rows present.

    Returns:
        For each part a tree like the params; zeros for an empty part.

    >>> import jax.numpy as jnp, neverseen as ns
    >>> rows = ns.Rows(jnp.zeros((2, 1)), jnp.array([[1.0], [3.0]]), jnp.ones(2, bool))
    >>> squares_by_part(ns.learners.ridge(), jnp.zeros((2, 1)), (rows, rows.only(jnp.array([False, True]))))[0].tolist()
    [[0.0], [5.0]]
    """
    x, y = parts[0].x, parts[0].y
    weights = jnp.stack([part.present / jnp.maximum(part.count(), 1) for part in parts], 1)

    def example(totals: Any, one: Any) -> tuple[Any, None]:
        weight, (x, y) = one[0], jax.tree.map(lambda leaf: leaf[None], one[1:])
        alone = Rows(x, y, jnp.ones(1, bool))
        slope = jax.grad(lambda p: learner.row_losses(p, alone)[0])(params)
        # One row at a time: all rows' gradients at once would take n times the model's memory, for every run.
        return tuple(
            jax.tree.map(lambda t, g: t + jnp.where(w > 0, w * g**2, 0), total, slope)  # noqa: B023
            for w, total in zip(weight, totals, strict=True)
        ), None

    zeros = jax.tree.map(jnp.zeros_like, params)
    return lax.scan(example, (zeros,) * len(parts), (weights, x, y))[0]
