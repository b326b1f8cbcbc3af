"""RMU: steer the hidden units on S into a random direction."""

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from ...formal._types import Real
from ...formal.scenario import Rows
from ..base import Remover, Trained
from ..layers import features
from ..steps import follow, mean_of, named


@functools.lru_cache
def rmu(
    steering: Real = 20.0,
    keep: Real = 1.0,
    epochs: Real = 10,
    batch: int = 64,
    rate: Real = 0.5,
    hidden: Callable[[Any, Array], Array] = features,
) -> Remover:
    r"""Representation misdirection: hidden units on S towards a random vector, on D∖S to where they were.

    $$\min_\theta\; \tfrac1h \mathbb E_S \|h_\theta(x) - c\,u\|^2 + \tfrac\alpha h \mathbb E_{D \setminus S}
      \|h_\theta(x) - h_{\theta_0}(x)\|^2, \qquad u = \frac{z}{\|z\|},\; z_j \sim \mathcal U[0, 1)$$

    Args:
        steering: c.
        keep: α ≥ 0.
        epochs: passes over S.
        batch: rows in a minibatch of each.
        rate: step size. u and c as in public code, where α = 100 for a language model; α and the rest ours, for
            `learners.mlp`.
        hidden: `(params, x) -> units [m, h]`, any differentiable ones.

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
        away, kept = named(rows, forget), rows.without(forget)
        width = jax.eval_shape(hidden, trained.params, rows.x).shape[1]
        target = steering * direction(steer_key, width)

        def objective(params: Any, drawn: Rows, held: Rows) -> Float[Array, ""]:
            astray = ((hidden(params, drawn.x) - target) ** 2).mean(1)
            moved = ((hidden(params, held.x) - hidden(trained.params, held.x)) ** 2).mean(1)
            return mean_of(astray, drawn) + keep * mean_of(moved, held)

        return follow(order_key, trained, (away, kept), objective, epochs=epochs, batch=batch, rate=rate)

    return Remover(remove, "rmu", "unlearning")


def direction(key: PRNGKeyArray, width: int) -> Float[Array, " h"]:
    """A unit vector: uniform draws in [0, 1) over their norm.

    >>> import jax
    >>> round(float((direction(jax.random.key(0), 5) ** 2).sum()), 5)
    1.0
    """
    drawn = jax.random.uniform(key, (width,))
    return drawn / jnp.linalg.norm(drawn)
