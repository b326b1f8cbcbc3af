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
    *("F5", "F13", "F14", "F16", "F17", "F20", "F21", "F22", "F23", "F24", "F25", "F26", "F27", "F28", "T21b"),
)
NAMES: dict[str, tuple[str, ...]] = {
    "T1": ("T1_apart",),
    "T5": ("T5_chain",),
    "T6b": ("T6b_apart",),
    "T7a": ("T7a_call",),
    "T9": ("T9_twin",),
    "T15": ("T15_all",),
    "T16": ("T16_copies",),
    "T24": ("T24_apart",),
    "F6a": ("F6",),
    "F6b": ("F6",),
    "F12a": ("version_1_is_vacuous", "version_1_cannot_be_met"),
    "F12b": ("version_2_is_satisfiable",),
    "F15": ("closeness_is_a_tradeoff",),
    "F29": ("untraining_gives_sekhari",),
    "F30": ("T3",),
    "E1": ("ville",),
    "E2": ("ville_slack",),
    "E3": ("no_bet_wins", "against_is_fair"),
    "E4": ("towards_is_fair",),
    "E5": ("grain_keeps_the_claim",),
    "E6": ("portfolio",),
    "E7": ("intersection_union",),
    "E8": ("bounded_term_is_fair", "false_certificate"),
    "E9": ("false_refutation",),
    "E10": ("false_acceptance",),
    "E11": ("exchanged_meets", "least_pairs_of_any_audit", "least_pairs_attained"),
} | {name: (name,) for name in _SAME}
"""Id → names in Coq: together they say it. Where the id is the name of something else there, so is the name here."""

SCOPE = "all finite types of outcomes, all ordered fields"
_SCOPES = {"T21b": "all finite types of outcomes, zeros too, real logarithms"}


def coq_scope(theorem: str) -> str:
    """Of what Coq speaks.

    >>> coq_scope("T3"), coq_scope("T21b")
    ('all finite types of outcomes, all ordered fields', 'all finite types of outcomes, zeros too, real logarithms')
    """
    return _SCOPES.get(theorem, SCOPE)


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
