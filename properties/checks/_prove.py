"""Run the registry of theorems: each must hold in every way that is installed, and its false twin be refuted."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ...formal import theorems
from ...formal._codec import Coded
from ...formal._tabled import aligned
from ...formal._truth import Untruthful
from ...formal.theorems import KINDS, Kind, Theorem
from ._ways import Way, ways_of

_PROOF = {
    "coq": "Coq",
    "smt": "a solver",
    "symbolic": "symbolic proof",
    "exhaustive": "exhaustion",
    "property": "random cases (no proof)",
}
_UNITS = {"coq": "", "smt": "formulas", "symbolic": "identities", "exhaustive": "cases", "property": "cases"}


@dataclass(frozen=True)
class Proved(Untruthful, outcome="right"):
    """What running one theorem gave.

    Args:
        id, title, statement_latex, hypotheses, status, source, twin_latex: as in `Theorem`.
        digest: of the statement that was evaluated and printed.
        kind: the strongest way in which it holds; the way of its search where it does not hold.
        scope: what that way covers, in words.
        cases: cases its search evaluated; for a symbolic proof, the identities settled.
        vacuous: cases among them that did not meet the hypotheses.
        holds: in every way that was run.
        counterexample: the first one, or what else is wrong, in words; or None.
        twin_refuted: in every way that was asked.
        twin_counterexample: what refuted it, or None.
        ways: each way in which it can be settled, and what came of it.
        seconds: wall time of them all.

    >>> from neverseen.formal.theorems import find
    >>> run_theorem(find("T22")[0]).right
    True
    """

    id: str
    title: str
    statement_latex: str
    digest: str
    hypotheses: str
    status: str
    source: str
    kind: Kind
    scope: str
    cases: int
    vacuous: int
    holds: bool
    counterexample: str | None
    twin_latex: str
    twin_refuted: bool
    twin_counterexample: str | None
    ways: tuple[Way, ...]
    seconds: float

    @property
    def right(self) -> bool:
        """The theorem holds and its twin is refuted."""
        return self.holds and self.twin_refuted

    @property
    def missing(self) -> tuple[Way, ...]:
        """Ways that were not run and are stronger than the one in which it holds here."""
        above = KINDS[: KINDS.index(self.kind)]
        return tuple(way for way in self.ways if way.state == "not run" and way.kind in above)

    @property
    def axioms(self) -> tuple[str, ...]:
        """What its Coq proof rests on."""
        return tuple(axiom for way in self.ways for axiom in way.axioms)


@dataclass(frozen=True)
class Proofs(Coded, Untruthful, outcome="holds", says=("holds", "finished", "seconds")):
    """What running several theorems gave.

    Args:
        asked: how many were to be run.
        theorems: those that were, in order.
        strict: whether one that has a stronger proof than was run here counts as not proved.

    >>> Proofs(3, ()).to_dict()
    {'asked': 3, 'theorems': [], 'strict': False, 'holds': False, 'finished': 0, 'seconds': 0.0}
    """

    asked: int
    theorems: tuple[Proved, ...]
    strict: bool = False

    @property
    def holds(self) -> bool:
        """Whether all that was asked for was run, and holds; when `strict`, by its strongest proof."""
        right = all(row.right and not (self.strict and row.missing) for row in self.theorems)
        return self.finished == self.asked and right

    @property
    def finished(self) -> int:
        """How many were run."""
        return len(self.theorems)

    @property
    def cells(self) -> list[tuple[str, ...]]:
        """The theorems as words."""
        return [_cells(row) for row in self.theorems]

    @property
    def notes(self) -> list[str]:
        """What is wrong, and what was not run."""
        return complaints(self.theorems) + not_run(self.theorems, self.strict)

    def __str__(self) -> str:
        return "\n".join([*aligned(self.cells, right=(3, 4)), *self.notes, proof_summary(self.theorems)])

    @property
    def seconds(self) -> float:
        """Wall time of all searches."""
        return math.fsum(row.seconds for row in self.theorems)


def chosen(name: str | None) -> tuple[Theorem, ...]:
    """The theorems called `name` ("T2a"), all its parts ("T2"), or all theorems when it is left out.

    Raises:
        ValueError: there is none; the message suggests the nearest.

    >>> [theorem.id for theorem in chosen("t2")]
    ['T2a', 'T2b']
    >>> chosen("T2x")
    Traceback (most recent call last):
    ValueError: unknown theorem 'T2x'; did you mean 'T2'? (neverseen list theorems)
    """
    if name is None:
        return theorems.THEOREMS
    try:
        return theorems.find(name)
    except ValueError:
        raise ValueError(f"unknown theorem {name!r}{_nearest(name)}") from None


def _nearest(name: str) -> str:
    ids = [theorem.id for theorem in theorems.THEOREMS]
    names = [*ids, *(re.sub("[a-z]$", "", part) for part in ids)]
    spelt = {part.upper(): part for part in names}
    close = difflib.get_close_matches(name.upper(), spelt, 1)
    if close:
        return f"; did you mean {spelt[close[0]]!r}? (neverseen list theorems)"
    return "; 'neverseen list theorems' shows the ids"


def run_theorem(theorem: Theorem) -> Proved:
    """Settle one theorem and its twin in every way that is installed, timed.

    >>> from neverseen.formal.theorems import find
    >>> proved = run_theorem(find("T22")[0])
    >>> proved.holds, proved.twin_refuted, proved.cases
    (True, True, 5)
    """
    ways = ways_of(theorem)
    search = ways[-1]
    wrong = next((way.wrong for way in reversed(ways) if way.state == "fails"), None)
    best = next((way for way in ways if way.state == "holds"), search) if wrong is None else search
    same = ("id", "title", "statement_latex", "hypotheses", "status", "source", "twin_latex")
    fields: dict[str, Any] = {name: getattr(theorem, name) for name in same}
    return Proved(
        **fields,
        digest=theorem.statement.digest,
        kind=best.kind,
        scope=best.scope,
        cases=search.cases,
        vacuous=search.vacuous,
        holds=wrong is None,
        counterexample=wrong,
        twin_refuted=all(way.twin != "stands" for way in ways),
        twin_counterexample=search.twin_counterexample,
        ways=ways,
        seconds=math.fsum(way.seconds for way in ways),
    )


def proof_summary(proved: Sequence[Proved]) -> str:
    """How many hold, by which kind of proof, over how many cases, and how many twins were refuted.

    >>> from neverseen.formal.theorems import find
    >>> proof_summary([run_theorem(find("T22")[0])])
    '1 of 1 theorems hold: 1 by random cases (no proof) (5 cases); 1 of 1 negative twins refuted'
    """
    holding = [p for p in proved if p.holds]
    parts = [part for kind in KINDS if (part := _part([p for p in holding if p.kind == kind], kind))]
    refuted = sum(p.twin_refuted for p in proved)
    how = f": {', '.join(parts)}" if parts else ""
    return f"{len(holding)} of {len(proved)} theorems hold{how}; {refuted} of {len(proved)} negative twins refuted"


def complaints(proved: Iterable[Proved]) -> list[str]:
    """One line for each theorem that fails and each twin that stands.

    >>> complaints([])
    []
    """
    lines: list[str] = []
    for p in proved:
        if not p.holds:
            lines.append(f"{p.id} FAILS ({p.title}): {p.counterexample}")
        if not p.twin_refuted:
            lines.append(f"{p.id}: its negative twin was NOT refuted, so the check cannot tell right from wrong")
    return lines


def not_run(proved: Iterable[Proved], strict: bool = False) -> list[str]:
    """One line for each kind of proof that some theorem has and that was not run, with the reason.

    >>> not_run([])
    []
    """
    lacking: dict[tuple[str, str], list[str]] = {}
    for p in proved:
        for way in p.ways:
            if way.state == "not run" and (p.missing or not strict):
                lacking.setdefault((way.kind, way.wrong or ""), []).append(p.id)
    verdict = "; --strict counts them as not proved" if strict else ""
    return [
        f"not run: {_PROOF[kind]}, of {len(names)} theorems: {why}{verdict}" for (kind, why), names in lacking.items()
    ]


def _cells(row: Proved) -> tuple[str, ...]:
    holds, twin = "holds" if row.holds else "FAILS", "refuted" if row.twin_refuted else "STANDS"
    vacuous = f", {row.vacuous} of them vacuous" if row.vacuous else ""
    cost = f"{row.cases} {_UNITS[row.ways[-1].kind]}", f"{row.seconds:.2f} s"
    axioms = f"; axioms: {', '.join(row.axioms)}" if row.axioms else ""
    kinds = " + ".join(way.kind for way in row.ways if way.state != "not run")
    return row.id, holds, kinds, *cost, f"twin {twin}", f"{row.title} (scope: {row.scope}{vacuous}{axioms})"


def _part(proved: Sequence[Proved], kind: Kind) -> str:
    if not proved:
        return ""
    cases = sum(way.cases for p in proved for way in p.ways if way.kind == kind)
    return f"{len(proved)} by {_PROOF[kind]}" + (f" ({cases} {_UNITS[kind]})" if _UNITS[kind] else "")
