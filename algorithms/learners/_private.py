"""DP-SGD, with the clipping and the noise of optax."""

from typing import Any

import jax
import jax.numpy as jnp
import optax
from jax import lax
from jaxtyping import Array, PRNGKeyArray
from optax import contrib

from ...formal._types import Real
from ...formal.definitions._scenario import Rows
from .._factory import factory
from ..base import Learner, Trained, cross_entropy
from ._projected import origin
from ._ridge import linear


@factory
def dp_sgd(steps: int = 20, batch: int = 8, rate: Real = 0.3, clip: Real = 1.0, multiplier: Real = 1.0) -> Learner:
    r"""Logistic regression by DP-SGD, from zero; one-hot targets.

    $$\theta \leftarrow \theta - \frac\eta b\Bigl(\sum_{i \in B} g_i \min(1, C/\|g_i\|) + \mathcal N(0, \mu^2C^2
    I)\Bigr)$$

    by `optax.contrib.differentially_private_aggregate` and plain SGD; the b rows of a batch are drawn uniformly with
    replacement from those present. The number of steps does not depend on n. With no row present no gradient counts,
    but the noise does.

    Args:
        steps: T; it stops after them.
        batch: b.
        rate: η.
        clip: C, the largest norm of a row's gradient.
        multiplier: μ, standard deviation of the noise over C; 0 leaves clipped SGD.

    Returns:
        The learner; parameters `[d + 1, c]`. Its (ε, δ) by removal of one row is not computed here: accountants for
        sampling with replacement differ from those for Poisson sampling.

    Raises:
        ValueError: an argument out of range.

    Source: Abadi et al. 2016 (arXiv 1607.00133).

    >>> dp_sgd()
    dp_sgd(steps=20, batch=8, rate=0.3, clip=1, multiplier=1)
    """
    if not (steps >= 1 and batch >= 1 and rate > 0 and clip > 0 and multiplier >= 0):
        raise ValueError("dp_sgd: steps, batch, rate and clip must be positive, and multiplier not negative")

    def gradient(params: Array, x: Array, y: Array) -> Array:
        return jax.grad(lambda w: cross_entropy(linear(w, x[None]), y[None])[0])(params)

    def fit(key: PRNGKeyArray, rows: Rows) -> Trained:
        order, noise = jax.random.split(key)
        optimiser = optax.chain(contrib.differentially_private_aggregate(clip, multiplier, noise), optax.sgd(rate))
        start, count = origin(rows), rows.count()
        places = jnp.flatnonzero(rows.present, size=len(rows.present), fill_value=0)

        def step(carry: Any, i: Array) -> tuple[Any, None]:
            params, state = carry
            turn = jnp.floor(jax.random.uniform(jax.random.fold_in(order, i), (batch,)) * count).astype(int)
            indices = places[jnp.clip(turn, 0, jnp.maximum(count - 1, 0))]
            each = jax.vmap(gradient, (None, 0, 0))(params, rows.x[indices], rows.y[indices])
            updates, state = optimiser.update(jnp.where(count > 0, each, 0), state, params)
            return (optax.apply_updates(params, updates), state), None

        (params, _), _ = lax.scan(step, (start, optimiser.init(start)), jnp.arange(steps))
        return Trained(params, None, learner)

    name = f"dp_sgd(steps={steps}, batch={batch}, rate={rate:g}, clip={clip:g}, multiplier={multiplier:g})"
    learner = Learner(fit, linear, cross_entropy, name=name, logits=True, numeric=True)
    return learner
