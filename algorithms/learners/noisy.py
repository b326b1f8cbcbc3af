"""Output perturbation: a deterministic learner that publishes its model with Gaussian noise."""

import dataclasses
import functools
from typing import Any

import jax
from jaxtyping import PRNGKeyArray

from ...formal._types import Real
from ...formal.scenario import Rows
from ..base import Learner, OutputNoise, Trained
from .ridge import ridge


@functools.lru_cache
def noisy(base: Learner | None = None, sigma: Real = 0.1) -> Learner:
    """Train a deterministic learner and publish its parameters plus N(0, σ²) on each.

    The unpublished model is kept in the record: it is what a removal starts from.

    Args:
        base: a learner without randomness of its own; ridge when left out.
        sigma: σ > 0, in the parameters' unit.

    Returns:
        The learner, with its output law declared: verdicts on it need no sample where the remover declares its own.

    Raises:
        ValueError: the base learner is random, or σ is not positive.

    Source: output perturbation, Chaudhuri et al. 2011 (arXiv 0912.0071).

    >>> from neverseen.algorithms.learners import logistic, ridge
    >>> noisy(ridge(), 0.1)
    noisy(ridge(penalty=1), sigma=0.1)
    >>> noisy(logistic(batch=8), 0.1)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ValueError: base: logistic(...) is random; noisy needs a learner without randomness of its own
    """
    base = ridge() if base is None else base
    if base.random:
        raise ValueError(f"base: {base} is random; noisy needs a learner without randomness of its own")

    def centre(rows: Rows) -> Any:
        return base.fit(jax.random.key(0), rows).params

    def fit(key: PRNGKeyArray, rows: Rows) -> Trained:
        exact = centre(rows)
        return Trained(perturbed(key, exact, float(sigma)), exact, learner)

    law = OutputNoise(float(sigma), centre)
    learner = dataclasses.replace(base, fit=fit, name=f"noisy({base}, sigma={sigma:g})", random=True, noise=law)
    return learner


def perturbed(key: PRNGKeyArray, params: Any, sigma: float) -> Any:
    """Every parameter with its own N(0, σ²) added.

    >>> import jax, jax.numpy as jnp
    >>> a, b = perturbed(jax.random.key(0), [jnp.zeros(2), jnp.zeros(2)], 1.0)
    >>> bool((a != b).all())
    True
    """
    leaves, rebuild = jax.tree.flatten(params)
    keys = jax.random.split(key, len(leaves))
    noise = [sigma * jax.random.normal(k, leaf.shape, leaf.dtype) for k, leaf in zip(keys, leaves, strict=True)]
    return jax.tree.unflatten(rebuild, [leaf + extra for leaf, extra in zip(leaves, noise, strict=True)])
