"""The theorems: one registry, in order of their ids."""

from __future__ import annotations

from ._base import Theorem, order, select_theorems
from ._code import CODE
from ._code_formulas import FORMULAS
from ._decay import DECAY
from ._distances import DISTANCES
from ._edited import EDITED
from ._engine import ENGINE
from ._few_shot import FEW_SHOT
from ._forms import FORMS
from ._frontier import FRONTIER_THEOREMS
from ._gaussian import GAUSSIAN_THEOREMS
from ._levels import LEVELS
from ._memory import MEMORY
from ._mixtures import MIXTURES
from ._prices import PRICES
from ._profiles import PROFILES
from ._references import REFERENCES
from ._requests import REQUESTS
from ._sekhari import SEKHARI
from ._selection import SELECTION
from ._streaming import STREAMING
from ._symbolic import SYMBOLIC
from ._systems import SYSTEMS

_PARTS = (
    CODE,
    FORMULAS,
    DECAY,
    DISTANCES,
    EDITED,
    ENGINE,
    FEW_SHOT,
    FORMS,
    FRONTIER_THEOREMS,
    GAUSSIAN_THEOREMS,
    LEVELS,
    MEMORY,
    MIXTURES,
    PRICES,
    PROFILES,
    REFERENCES,
    REQUESTS,
    SEKHARI,
    SELECTION,
    STREAMING,
    SYMBOLIC,
    SYSTEMS,
)

THEOREMS: tuple[Theorem, ...] = tuple(sorted((theorem for part in _PARTS for theorem in part), key=order))


def find(name: str) -> tuple[Theorem, ...]:
    """The theorem called `name` ("T2a"), or all its parts ("T2"); `ValueError` if there is none.

    >>> [theorem.id for theorem in find("T13")]
    ['T13a', 'T13b', 'T13c']
    """
    return select_theorems(THEOREMS, name)
