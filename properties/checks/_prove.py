"""Run the registry of theorems: each statement must hold over its scope and its false twin must be refuted."""

from __future__ import annotations

import difflib
import math
import re
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ...formal import theorems
from ...formal._codec import Coded
from ...formal._tabled import aligned
from ...formal._truth import Untruthful
from ...formal.theorems import Kind, Theorem

_PROOF = {"symbolic": "symbolic proof", "exhaustive": "exhaustion", "property": "random cases (no proof)"}


@dataclass(frozen=True)
class Proved(Untruthful, outcome="right"):
    """What running one theorem gave.

    Args:
        id, title, statement_latex, hypotheses, status, source, kind, scope: as in `Theorem`.
        cases: cases evaluated; for a symbolic proof, the identities settled.
        holds: no counterexample in the scope.
        counterexample: the first one, or None.
        twin_latex: the false neighbour.
        twin_refuted: whether the same search refuted it.
        twin_counterexample: what refuted it, or None.
        seconds: wall time of both searches.

    >>> from neverseen.formal.theorems import find
    >>> run_theorem(find("T11")[0]).right
    True
    """

    id: str
    title: str
    statement_latex: str
    hypotheses: str
    status: str
    source: str
    kind: Kind
    scope: str
    cases: int
    holds: bool
    counterexample: str | None
    twin_latex: str
    twin_refuted: bool
    twin_counterexample: str | None
    seconds: float

    @property
    def right(self) -> bool:
        """The theorem holds and its twin is refuted."""
        return self.holds and self.twin_refuted


@dataclass(frozen=True)
class Proofs(Coded, Untruthful, outcome="holds", says=("holds", "finished", "seconds")):
    """What running several theorems gave.

    Args:
        asked: how many were to be run.
        theorems: those that were, in order.

    >>> Proofs(3, ()).to_dict()
    {'asked': 3, 'theorems': [], 'holds': False, 'finished': 0, 'seconds': 0.0}
    """

    asked: int
    theorems: tuple[Proved, ...]

    @property
    def holds(self) -> bool:
        """Whether all that was asked for was run, and holds."""
        return self.finished == self.asked and all(row.right for row in self.theorems)

    @property
    def finished(self) -> int:
        """How many were run."""
        return len(self.theorems)

    @property
    def cells(self) -> list[tuple[str, ...]]:
        """The theorems as words."""
        return [_cells(row) for row in self.theorems]

    def __str__(self) -> str:
        return "\n".join([*aligned(self.cells, right=(3, 4)), *complaints(self.theorems), proof_summary(self.theorems)])

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
    """Check one theorem and its twin, timed.

    >>> from neverseen.formal.theorems import find
    >>> proved = run_theorem(find("T8a")[0])
    >>> proved.holds, proved.twin_refuted, proved.cases
    (True, True, 34500)
    """
    start = time.perf_counter()
    proof, twin = theorem.check(), theorem.twin()
    fields: dict[str, Any] = {
        name: getattr(theorem, name) for name in Proved.__dataclass_fields__ if hasattr(theorem, name)
    }
    return Proved(
        **fields,
        cases=proof.worlds,
        holds=proof.holds,
        counterexample=proof.counterexample,
        twin_refuted=not twin.holds,
        twin_counterexample=twin.counterexample,
        seconds=time.perf_counter() - start,
    )


def proof_summary(proved: Sequence[Proved]) -> str:
    """How many hold, by which kind of proof, over how many cases, and how many twins were refuted.

    >>> from neverseen.formal.theorems import find
    >>> proof_summary([run_theorem(find("T11")[0])])
    '1 of 1 theorems hold: 1 by exhaustion (1484 cases); 1 of 1 negative twins refuted'
    """
    holding = [p for p in proved if p.holds]
    parts = [part for kind, words in _PROOF.items() if (part := _part([p for p in holding if p.kind == kind], words))]
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


def _cells(row: Proved) -> tuple[str, ...]:
    holds, twin = "holds" if row.holds else "FAILS", "refuted" if row.twin_refuted else "STANDS"
    cost = f"{row.cases} cases", f"{row.seconds:.2f} s"
    return row.id, holds, row.kind, *cost, f"twin {twin}", f"{row.title} (scope: {row.scope})"


def _part(proved: Sequence[Proved], words: str) -> str:
    if not proved:
        return ""
    cases = sum(p.cases for p in proved)
    unit = "identities" if proved[0].kind == "symbolic" else "cases"
    return f"{len(proved)} by {words} ({cases} {unit})"
