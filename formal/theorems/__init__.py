"""The theorems: one registry, in order of their ids."""

from __future__ import annotations

from . import (
    decay,
    distances,
    frontier,
    gaussian,
    levels,
    memory,
    mixtures,
    profiles,
    references,
    requests,
    selection,
    streaming,
    symbolic,
)
from .base import Case, Claim, Kind, Outcome, Proof, Search, Theorem, order, select

_MODULES = (
    decay,
    distances,
    frontier,
    gaussian,
    levels,
    memory,
    mixtures,
    profiles,
    references,
    requests,
    selection,
    streaming,
    symbolic,
)

THEOREMS: tuple[Theorem, ...] = tuple(sorted((t for m in _MODULES for t in m.THEOREMS), key=order))


def find(name: str) -> tuple[Theorem, ...]:
    """The theorem called `name` ("T2a"), or all its parts ("T2"); `ValueError` if there is none.

    >>> [theorem.id for theorem in find("T13")]
    ['T13a', 'T13b', 'T13c']
    """
    return select(THEOREMS, name)


__all__ = [
    "THEOREMS",
    "Case",
    "Claim",
    "Kind",
    "Outcome",
    "Proof",
    "Search",
    "Theorem",
    "find",
    "order",
    "select",
]
