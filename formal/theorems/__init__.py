"""The theorems: one registry, in order of their ids."""

from __future__ import annotations

from . import _decay as decay
from . import _distances as distances
from . import _frontier as frontier
from . import _gaussian as gaussian
from . import _levels as levels
from . import _memory as memory
from . import _mixtures as mixtures
from . import _profiles as profiles
from . import _references as references
from . import _requests as requests
from . import _selection as selection
from . import _streaming as streaming
from . import _symbolic as symbolic
from ._base import Case, Claim, Kind, Outcome, Proof, Search, Theorem, order, select

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
