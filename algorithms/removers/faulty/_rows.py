"""Faults in which rows are left out: retraining, but on the wrong ones."""

from collections.abc import Callable

import jax.numpy as jnp
from jaxtyping import Array, Bool, PRNGKeyArray

from ....formal.definitions._scenario import Rows
from ..._factory import factory
from ...base import Remover, Trained

_Mask = Bool[Array, " n"]


@factory
def no_op(applied: bool = False) -> Remover:
    """Retrain on D: the mask is at hand and never applied. The model's law stays that of A(D).

    Args:
        applied: True mends it.

    >>> no_op()
    no_op
    """
    return _retraining("no_op", lambda rows, forget: rows.without(forget & applied))


@factory
def half_forget(every: int = 2) -> Remover:
    """Retrain without every other row of S only: a request that was cut short.

    Args:
        every: 1 mends it.

    >>> half_forget()
    half_forget
    """
    return _retraining(
        "half_forget", lambda rows, forget: rows.without(forget & ((jnp.cumsum(forget) - 1) % every == 0))
    )


@factory
def off_by_one(shift: int = 1) -> Remover:
    """Retrain without the rows that follow those of S: indices counted from one.

    Args:
        shift: 0 mends it.

    >>> off_by_one()
    off_by_one
    """
    return _retraining("off_by_one", lambda rows, forget: rows.without(jnp.roll(forget, shift)))


@factory
def leaking_padding(masked: bool = False) -> Remover:
    """Retrain on every row outside S, padding included: rows of zeros count as data.

    Args:
        masked: True mends it.

    >>> leaking_padding()
    leaking_padding
    """
    return _retraining(
        "leaking_padding", lambda rows, forget: Rows(rows.x, rows.y, (rows.present | (not masked)) & ~forget)
    )


@factory
def s_full_for_s(full: bool = True) -> Remover:
    """Retrain without S_full where S was asked for: right as unlearning, wrong as untraining.

    Args:
        full: False mends it.

    >>> s_full_for_s().needs
    ('behaviour',)
    """
    return _told("s_full_for_s", "untraining", full)


@factory
def s_for_s_full(full: bool = False) -> Remover:
    """Retrain without S where S_full was asked for, and told: right as untraining, wrong as unlearning.

    Args:
        full: True mends it.

    >>> s_for_s_full().aims_at
    'unlearning'
    """
    return _told("s_for_s_full", "unlearning", full)


def _retraining(name: str, retain: Callable[[Rows, _Mask], Rows]) -> Remover:
    def remove(key: PRNGKeyArray, trained: Trained, rows: Rows, forget: _Mask) -> Trained:
        return trained.learner.fit(key, retain(rows, forget))

    return Remover(remove, name, "untraining")


def _told(name: str, aim: str, full: bool) -> Remover:
    def remove(key: PRNGKeyArray, trained: Trained, rows: Rows, forget: _Mask, *, behaviour: _Mask) -> Trained:
        return trained.learner.fit(key, rows.without(behaviour if full else forget))

    return Remover(remove, name, "unlearning" if aim == "unlearning" else "untraining", needs=("behaviour",))
