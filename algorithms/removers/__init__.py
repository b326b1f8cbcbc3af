"""All shipped removers by kind. A kind is a room, and a room's name is a claim that every remover in it keeps."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

from ...formal._public import dir_of as _dir_of
from .._space import space_of
from ..base import Remover
from . import approximate, certified, concept, exact, faulty, heuristic, wrappers
from .approximate import *
from .certified import *
from .concept import *
from .exact import *
from .faulty import *
from .heuristic import *
from .wrappers import *

Factories = dict[str, Callable[..., Remover]]


def _offered(room: ModuleType) -> Factories:
    """The factories that a room offers, by name: what is annotated to return a remover."""
    offered = sorted(vars(room).items())
    return {name: make for name, make in offered if getattr(make, "__annotations__", {}).get("return") is Remover}


KINDS: dict[str, Factories] = {
    room.__name__.rpartition(".")[2]: _offered(room)
    for room in (exact, certified, approximate, wrappers, heuristic, concept, faulty)
}
"""Factories by kind, and by name."""

EXACT = KINDS["exact"]
"""Removers that reach their reference exactly, by name."""

CERTIFIED = KINDS["exact"] | KINDS["certified"]
"""Removers with a declared guarantee by name, exact ones among them."""

APPROXIMATE = KINDS["approximate"]
"""Approximations that declare nothing, by name."""

HEURISTIC = KINDS["heuristic"] | KINDS["concept"]
"""Heuristics by name, those aimed at a concept among them."""

CONCEPT = KINDS["concept"]
"""Removers aimed at a concept, by name."""

FAULTY = KINDS["faulty"]
"""Deliberately wrong removers, by name."""

REMOVERS: Factories = {name: make for kind in KINDS.values() for name, make in kind.items()}
"""All factories by name, for listings and the command line."""

_NOTHING_TO_TUNE = {
    "exact": "it reaches its reference whatever is set",
    "certified": "its settings are those of its guarantee: choose them by the claim",
    "wrappers": "its base is what has settings: tune that",
    "faulty": "it is wrong on purpose",
}


def why_no_space(make: Callable[..., Any]) -> str:
    """Why a factory publishes no space; "" where it does, or where nothing is known of it.

    Args:
        make: a listed factory, or any other.

    >>> why_no_space(REMOVERS["retrain"]), why_no_space(REMOVERS["finetune"])
    ('it reaches its reference whatever is set', '')
    """
    own: str = getattr(make, "no_space", "")
    kinds = (kind for kind, factories in KINDS.items() if make in factories.values())
    return own or ("" if space_of(make) else _NOTHING_TO_TUNE.get(next(kinds, ""), ""))


__dir__ = _dir_of(__name__)
