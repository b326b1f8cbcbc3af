"""Which theorems of the Coq files say what a theorem says, and Coq's word on them.

Coq speaks of all finite types of outcomes and all ordered fields; the names are those of `formal/proofs/*.v`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from ..proofs import CoqReport, coq_proofs
from ..proofs._source import files, required, theorems_in

_SAME = (
    *("T2a", "T2b", "T3", "T4", "T6a", "T7b", "T8a", "T8b", "T10", "T11", "T13a", "T13b", "T13c", "T14"),
    *("F1", "F2", "F3", "F4", "F7", "F8", "F9", "F10", "F11"),
)
NAMES: dict[str, tuple[str, ...]] = {
    "T1": ("T1_apart",),
    "T5": ("T5_chain",),
    "T6b": ("T6b_apart",),
    "T7a": ("T7a_call",),
    "T9": ("T9_twin",),
    "T15": ("T15_all",),
    "T24": ("T24_apart",),
    "F6a": ("F6",),
    "F6b": ("F6",),
    "F12a": ("version_1_is_vacuous", "version_1_cannot_be_met"),
    "F12b": ("version_2_is_satisfiable",),
} | {name: (name,) for name in _SAME}
"""Id → names in Coq: together they say it. Where the id is the name of something else there, so is the name here."""

SCOPE = "all finite types of outcomes, all ordered fields"


def coq_names(theorem: str) -> tuple[str, ...]:
    """What says it in Coq; nothing where no file does.

    >>> coq_names("T5"), coq_names("T22")
    (('T5_chain',), ())
    """
    return NAMES.get(theorem, ())


@cache
def coq_report(theorems: frozenset[str]) -> CoqReport:
    """Coq's word on some theorems: the files that hold them, and those they require, are compiled.

    >>> coq_report(frozenset({"T22"})).proofs
    ()
    """
    texts = files()
    wanted = {name for theorem in theorems for name in coq_names(theorem)}
    chosen = [file for file, text in texts.items() if any(each.name in wanted for each in theorems_in(file, text))]
    with tempfile.TemporaryDirectory(prefix="neverseen-coq-") as place:
        for file in closure(chosen):
            (Path(place) / file).write_text(texts[file], encoding="utf-8")
        return coq_proofs(Path(place))


def closure(chosen: Iterable[str]) -> set[str]:
    """Files, and all that they require.

    >>> sorted(closure(["Coins.v"]))
    ['Closeness.v', 'Coins.v']
    """
    found, todo, texts = set[str](), list(chosen), files()
    while todo:
        file = todo.pop()
        todo += [other for other in required(texts[file]) if other not in found]
        found.add(file)
    return found
