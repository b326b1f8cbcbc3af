"""Which theorems of the Coq files say what a theorem says, and Coq's word on them.

Coq speaks of all finite types of outcomes and all ordered fields; the names are those of `formal/proofs/*.v`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from ..proofs import CoqReport, coq_proofs, coq_theorems
from ..proofs._source import files, required, theorems_in

_OTHERWISE: dict[str, tuple[str, ...]] = {
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
    **dict.fromkeys(("F6", "T19", "T21a"), ()),
}
"""Where the id is the name of something else in Coq, or of nothing: the names that together say it."""
NAMES = {name: names for name, names in _OTHERWISE.items() if names} | {
    each.name: (each.name,) for each in coq_theorems() if each.name == each.id and each.name not in _OTHERWISE
}
"""Id → names in Coq. One that is called as the id says what the registry does, unless told otherwise above."""

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
