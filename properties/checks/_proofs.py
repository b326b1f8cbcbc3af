"""What running theorems gave, as values: they know no theorem and no SymPy, so that reports can show them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from ...formal._codec import Coded
from ...formal._tabled import aligned
from ...formal._truth import Untruthful
from ...formal.theorems._kinds import KINDS, Kind

_PROOF = {
    "coq": "Coq",
    "smt": "a solver",
    "symbolic": "symbolic proof",
    "exhaustive": "exhaustion",
    "property": "random cases (no proof)",
}
_UNITS = {"coq": "", "smt": "formulas", "symbolic": "identities", "exhaustive": "cases", "property": "cases"}


@dataclass(frozen=True)
class Way:
    """One way of settling a theorem.

    Args:
        kind: see `Kind`.
        state: what came of it.
        scope: what it covers, in words.
        seconds: wall time; of Coq, the share of this theorem in its files.
        cases: cases, identities, formulas or theorems of Coq.
        vacuous: cases that did not meet the hypotheses.
        axioms: what a Coq proof rests on.
        wrong: a counterexample, an error, or why it was not run; None where it holds.
        twin: whether the false neighbour was refuted, in the same way.
        twin_counterexample: by what.

    >>> Way("smt", "not run", "all laws", 0.0, wrong="z3 is missing").twin
    'not asked'
    """

    kind: Kind
    state: Literal["holds", "fails", "not run"]
    scope: str
    seconds: float
    cases: int = 0
    vacuous: int = 0
    axioms: tuple[str, ...] = ()
    wrong: str | None = None
    twin: Literal["refuted", "stands", "not asked"] = "not asked"
    twin_counterexample: str | None = None


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
    >>> from neverseen.properties.checks._prove import run_theorem
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


def proof_summary(proved: Sequence[Proved]) -> str:
    """How many hold, by which kind of proof, over how many cases, and how many twins were refuted.

    >>> from neverseen.formal.theorems import find
    >>> from neverseen.properties.checks._prove import run_theorem
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
