"""Which learners and removers are this library's own: what those declare of their output holds by construction."""

import weakref
from typing import Any, TypeVar

from .base import Learner, Remover

_T = TypeVar("_T", Learner, Remover)

# Values, compared field by field and functions by identity: what `dataclasses.replace` changes is in neither, and
# nothing that a user can set puts it there. Weak, so that a value lives no longer for having been made.
_DRAWN: weakref.WeakSet[Any] = weakref.WeakSet()
_SETTLED: weakref.WeakSet[Any] = weakref.WeakSet()


def own(value: _T, *, settled: bool) -> _T:
    """Record a value of one of our factories, and return it.

    Args:
        value: whose output noise, where it declares any, this library draws itself.
        settled: whether what it says of its randomness holds by construction too: not so where it was built from a
            user's learner or remover, which says so itself.

    >>> import neverseen as ns
    >>> is_settled(own(ns.removers.retrain(), settled=True))
    True
    """
    _DRAWN.add(value)
    if settled:
        _SETTLED.add(value)
    return value


def is_settled(value: Learner | Remover) -> bool:
    """Whether a value is our own with all that it declares.

    >>> import dataclasses, neverseen as ns
    >>> mine = dataclasses.replace(ns.learners.ridge(), fit=lambda key, rows: None)
    >>> is_settled(ns.learners.ridge()), is_settled(mine), is_settled(ns.learners.noisy(mine))
    (True, False, False)
    """
    return value in _SETTLED


def noise_is_own(remover: Remover, learner: Learner) -> bool:
    """Whether both arms publish centres plus noise that this library draws: σ is known.

    Args:
        remover, learner: as in `check`.

    >>> import dataclasses, neverseen as ns
    >>> learner, retrain = ns.learners.noisy(), ns.removers.retrain()
    >>> copied = dataclasses.replace(ns.removers.do_nothing(), centre=retrain.centre)
    >>> noise_is_own(retrain, learner), noise_is_own(copied, learner), noise_is_own(retrain, ns.learners.ridge())
    (True, False, False)
    """
    declared = learner.noise is not None and remover.centre is not None and remover.made_for in (None, learner)
    return declared and remover in _DRAWN and learner in _DRAWN


def law_is_own(remover: Remover, learner: Learner) -> bool:
    """Whether both arms publish deterministic centres plus noise, by construction and not by a user's word.

    Args:
        remover, learner: as in `check`.

    >>> import neverseen as ns
    >>> removers = ns.removers.retrain(), ns.removers.noisy(ns.removers.finetune())
    >>> [law_is_own(remover, ns.learners.noisy()) for remover in removers]
    [True, False]
    """
    noise = learner.noise
    if noise is None or noise.random or remover.centre_random:
        return False
    return noise_is_own(remover, learner) and is_settled(remover) and is_settled(learner)
