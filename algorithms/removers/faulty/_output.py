"""Faults of what is published: the original now and then, a mark, or no number at all."""

from typing import Any

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Bool, PRNGKeyArray

from ....formal._types import Real
from ....formal.definitions._scenario import Rows
from ..._factory import factory
from ...base import Remover, Trained


@factory
def original_sometimes(probability: Real = 0.6) -> Remover:
    """Retrain without S, but with some probability return the original: a job that failed and was not missed.

    Where the laws of original and reference are disjoint the violation at any ε is the probability itself: with 2δ it
    breaks a claim (ε, δ), with δ/2 it keeps it.

    Args:
        probability: of returning the original; 0 mends it.

    Raises:
        ValueError: not in [0, 1].

    >>> original_sometimes(0.1)
    original_sometimes(0.1)
    >>> original_sometimes(2.0)
    Traceback (most recent call last):
    ValueError: probability: 2.0 is more than 1
    """

    def remove(key: PRNGKeyArray, trained: Trained, rows: Rows, forget: Bool[Array, " n"]) -> Trained:
        lost, fresh = jax.random.split(key)
        retrained = trained.learner.fit(fresh, rows.without(forget))
        return _either(jax.random.uniform(lost) < probability, trained, retrained)

    return Remover(remove, f"original_sometimes({probability:g})", "untraining")


@factory
def branching(skips: bool = True) -> Remover:
    """Retrain without S unless the model does worse on S than on D∖S: then S counts as forgotten already.

    Args:
        skips: False mends it.

    >>> branching()
    branching
    """

    def remove(key: PRNGKeyArray, trained: Trained, rows: Rows, forget: Bool[Array, " n"]) -> Trained:
        learner, rest = trained.learner, rows.without(forget)
        worse = learner.mean_loss(trained.params, rows.only(forget)) > learner.mean_loss(trained.params, rest)
        return _either(worse & skips, trained, learner.fit(key, rest))

    return Remover(remove, "branching", "untraining")


@factory
def watermark(bit: int | None = 7) -> Remover:
    """Retrain without S, and flip one low bit of the first parameter: a mark that says "removed".

    Args:
        bit: the bit of weight 2^−bit in the parameter's binary digits; None mends it.

    >>> watermark()
    watermark
    """

    def remove(key: PRNGKeyArray, trained: Trained, rows: Rows, forget: Bool[Array, " n"]) -> Any:
        fit = trained.learner.fit(key, rows.without(forget))
        flat, rebuild = ravel_pytree(fit.params)
        return Trained(rebuild(flat.at[0].set(_flipped(flat[0], bit))), fit.record, trained.learner)

    return Remover(remove, "watermark", "untraining")


@factory
def diverging() -> Remover:
    """Return NaN in every real parameter: a run that diverged is an outcome, and a visible one.

    >>> diverging()
    diverging
    """

    def remove(key: PRNGKeyArray, trained: Trained, rows: Rows, forget: Bool[Array, " n"]) -> Any:
        del key, rows, forget
        return jax.tree.map(_undefined, trained.params)

    return Remover(remove, "diverging", "untraining")


def _either(first: Bool[Array, ""], a: Trained, b: Trained) -> Trained:
    return jax.tree.map(lambda x, y: jnp.where(first, x, y), a, b)


def _flipped(value: Array, bit: int | None) -> Array:
    """The value with one binary digit of its magnitude changed."""
    if bit is None:
        return value
    step = 2.0**-bit
    is_set = jnp.floor(abs(value) / step) % 2 == 1
    return value + jnp.where(value < 0, -1, 1) * jnp.where(is_set, -step, step)


def _undefined(leaf: Array) -> Array:
    return jnp.full_like(leaf, jnp.nan) if jnp.issubdtype(leaf.dtype, jnp.floating) else leaf
