"""Output perturbation: a learner that publishes its model with Gaussian noise."""

import dataclasses
import functools
from typing import Any

import jax
from jaxtyping import PRNGKeyArray

from ...formal._types import Real
from ...formal.definitions._scenario import Rows
from .._factory import factory
from .._own import is_settled, own
from ..base import Learner, OutputNoise, Trained
from ._ridge import ridge


@factory
def noisy(base: Learner | None = None, sigma: Real = 0.1) -> Learner:
    """Train a learner and publish its parameters plus N(0, σ²) on each.

    Of a run's key one part trains and the other draws the noise. The unpublished model is kept in the record: it
    is what a removal starts from.

    Args:
        base: any learner; ridge when left out.
        sigma: σ > 0, in the parameters' unit.

    Returns:
        The learner, with its output law declared: where the remover declares its own, verdicts on it cover all events,
        and need no sample where both centres are deterministic.

    Raises:
        ValueError: σ is not positive, or the base learner is output-perturbed already.

    Source: output perturbation, Chaudhuri et al. 2011 (arXiv 0912.0071).

    >>> from neverseen.algorithms.learners import logistic, ridge
    >>> noisy(ridge(), 0.1), noisy(logistic(batch=8), 0.1).noise.random
    (noisy(ridge(penalty=1), sigma=0.1), True)
    """
    base = ridge() if base is None else base
    if base.noise is not None:
        raise ValueError(f"base: {base} is output-perturbed already; give the learner inside it and one sigma")

    def centre(key: PRNGKeyArray, rows: Rows) -> Any:
        seed, _ = jax.random.split(key)
        return base.fit(seed, rows).params

    def fit(key: PRNGKeyArray, rows: Rows) -> Trained:
        exact, (_, fresh) = centre(key, rows), jax.random.split(key)
        return Trained(perturbed(fresh, exact, float(sigma)), exact, learner)

    law = OutputNoise(float(sigma), centre, base.random)
    learner = dataclasses.replace(base, fit=fit, name=f"noisy({base}, sigma={sigma:g})", random=True, noise=law)
    return own(learner, settled=is_settled(base))


def law_of(learner: Learner) -> OutputNoise:
    """The output law that a learner declares.

    Args:
        learner: with `noise` declared.

    Raises:
        ValueError: it declares none.

    >>> law_of(noisy(ridge(), 0.1)).sigma
    0.1
    """
    if learner.noise is None:
        raise ValueError(f"learner: {learner} declares no output noise; use learners.noisy")
    return learner.noise


@functools.lru_cache(maxsize=256)
def unpublished(learner: Learner) -> Learner:
    """The learner that publishes the centre of another's output law, without the noise.

    Args:
        learner: with `noise` declared.

    Raises:
        ValueError: it declares none.

    >>> import jax, jax.numpy as jnp, neverseen as ns
    >>> rows = ns.Rows(jnp.eye(4), jnp.ones((4, 1)), jnp.ones(4, bool))
    >>> bare, plain = unpublished(noisy(ridge(), 0.1)), ridge()
    >>> bool((bare.fit(jax.random.key(0), rows).params == plain.fit(jax.random.key(1), rows).params).all())
    True
    """
    law = law_of(learner)

    def fit(key: PRNGKeyArray, rows: Rows) -> Trained:
        return Trained(law.centre(key, rows), None, bare)

    bare = dataclasses.replace(learner, fit=fit, name=f"unpublished({learner})", random=law.random, noise=None)
    return bare


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
