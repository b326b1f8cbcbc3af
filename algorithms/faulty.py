"""Removers that are wrong on purpose, each one honest-looking mistake away from a right one.

Every check is judged by what it does to these.
"""

import functools
from typing import Any

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Bool, PRNGKeyArray

from ..formal.scenario import Rows
from .base import Remover, Trained
from .exact import newton_step


@functools.lru_cache
def half_forget() -> Remover:
    """Retrain without every other row of S only: a request that was cut short.

    >>> half_forget()
    half_forget
    """

    def remove(key: PRNGKeyArray, trained: Trained, rows: Rows, forget: Bool[Array, " n"]) -> Trained:
        every_other = forget & (jnp.cumsum(forget) % 2 == 1)
        return trained.learner.fit(key, rows.without(every_other))

    return Remover(remove, "half_forget", "untraining")


@functools.lru_cache
def off_by_one() -> Remover:
    """Retrain without the rows that follow those of S: indices counted from one.

    >>> off_by_one()
    off_by_one
    """

    def remove(key: PRNGKeyArray, trained: Trained, rows: Rows, forget: Bool[Array, " n"]) -> Trained:
        return trained.learner.fit(key, rows.without(jnp.roll(forget, 1)))

    return Remover(remove, "off_by_one", "untraining")


@functools.lru_cache
def fixed_key() -> Remover:
    """Retrain without S, with the same key every time: one draw passed off as a law.

    >>> fixed_key()
    fixed_key
    """

    def remove(key: PRNGKeyArray, trained: Trained, rows: Rows, forget: Bool[Array, " n"]) -> Trained:
        del key
        return trained.learner.fit(jax.random.key(0), rows.without(forget))

    return Remover(remove, "fixed_key", "untraining")


@functools.lru_cache
def wrong_sign() -> Remover:
    """The Newton step taken uphill.

    >>> wrong_sign()
    wrong_sign
    """

    def remove(key: PRNGKeyArray, trained: Trained, rows: Rows, forget: Bool[Array, " n"]) -> Any:
        del key
        flat, rebuild = ravel_pytree(trained.params)
        return rebuild(flat + newton_step(flat, rebuild, trained, rows.without(forget), 0.0))

    return Remover(remove, "wrong_sign", "untraining")


@functools.lru_cache
def diverging() -> Remover:
    """Return NaN in every real parameter: a run that diverged is an outcome, and a visible one.

    >>> diverging()
    diverging
    """

    def remove(key: PRNGKeyArray, trained: Trained, rows: Rows, forget: Bool[Array, " n"]) -> Any:
        del key, rows, forget
        return jax.tree.map(_undefined, trained.params)

    return Remover(remove, "diverging", "untraining")


def _undefined(leaf: Array) -> Array:
    return jnp.full_like(leaf, jnp.nan) if jnp.issubdtype(leaf.dtype, jnp.floating) else leaf
