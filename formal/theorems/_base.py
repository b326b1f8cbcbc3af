"""A theorem: a statement, the machine check behind it, and a false neighbour that the check refutes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from re import fullmatch
from types import SimpleNamespace
from typing import Any, Literal

Kind = Literal["symbolic", "exhaustive", "property"]
"""`symbolic`: proved for all real arguments by SymPy. `exhaustive`: every case of the declared scope was
evaluated exactly. `property`: random cases only, no proof."""

Case = SimpleNamespace
"""The quantities of one case (or one batch of cases) that a claim speaks about."""

Claim = Callable[[Case], Any]
"""Case → whether the statement is true there (a bool, or one bool per case of a batch)."""


@dataclass(frozen=True)
class Outcome:
    """What a search found: how many cases it evaluated and the first that falsifies the claim, in words."""

    worlds: int
    counterexample: str | None


Search = Callable[[Claim], Outcome]
"""Evaluates a claim on every case of a scope, stopping at the first counterexample."""


@dataclass(frozen=True)
class Proof:
    """The result of a machine check.

    Args:
        holds: no counterexample in the scope.
        kind: see `Kind`.
        scope: over what, in words.
        worlds: cases evaluated; for a symbolic proof, the identities settled.
        counterexample: the first one, in words, or None.
    """

    holds: bool
    kind: Kind
    scope: str
    worlds: int
    counterexample: str | None

    @property
    def proved(self) -> bool:
        """Holds, by symbolic proof or by exhausting its scope; random cases prove nothing."""
        return self.holds and self.kind != "property"


@dataclass(frozen=True)
class Theorem:
    """A relation between the notions, with its machine check and its negative twin.

    Args:
        id: permanent name; "T2a" and "T2b" are the parts of T2.
        title: a few words.
        statement_latex: the statement, LaTeX without dollar signs.
        hypotheses: what it assumes, in words.
        status: "read", "textbook", "derived" or "ours".
        source: author-year and arXiv id or DOI, by `cite`; or the `place` whose docstring is the proof; or both.
        kind: how `check` decides.
        scope: what `check` covers, in words.
        search: evaluates a claim over the scope.
        claim: the statement as a predicate on one case.
        twin_latex: the false neighbour.
        twin_claim: `claim` with one operand or operator changed, run by the same `search`.

    >>> from neverseen.formal.theorems import find
    >>> theorem = find("T11")[0]
    >>> theorem.check().proved, theorem.twin().holds
    (True, False)
    """

    id: str
    title: str
    statement_latex: str
    hypotheses: str
    status: str
    source: str
    kind: Kind
    scope: str
    search: Search
    claim: Claim
    twin_latex: str
    twin_claim: Claim

    def _run(self, claim: Claim) -> Proof:
        found = self.search(claim)
        return Proof(found.counterexample is None, self.kind, self.scope, found.worlds, found.counterexample)

    def check(self) -> Proof:
        """Evaluate the statement over the whole scope."""
        return self._run(self.claim)

    def twin(self) -> Proof:
        """Evaluate the false neighbour on the same path; `holds` should be False, with a counterexample."""
        return self._run(self.twin_claim)


def place(function: Callable[..., Any]) -> str:
    """The file and the name of a function of this library: where its docstring says what a source refers to.

    >>> from neverseen.formal.theorems import find
    >>> place(find("T3")[0].claim)
    'formal/theorems/_distances.py: _t3'
    """
    return f"{'/'.join(function.__module__.split('.')[1:])}.py: {function.__name__}"


def order(theorem: Theorem) -> tuple[str, int, str]:
    """Sorting key: T2b before T10, and all of T before the other letters."""
    letters, number, part = _split(theorem.id)
    return ("" if letters == "T" else letters, number, part)


def _split(name: str) -> tuple[str, int, str]:
    match = fullmatch(r"([A-Za-z]+)(\d+)([a-z]?)", name)
    if match is None:
        raise ValueError(f"theorem id {name!r} is malformed: write a letter, a number and an optional part, e.g. T2b")
    return match[1].upper(), int(match[2]), match[3]


def select_theorems(theorems: Iterable[Theorem], name: str) -> tuple[Theorem, ...]:
    """The theorem called `name`, or all parts of it when `name` has no part letter.

    Raises:
        ValueError: there is none; the message lists the ids.
    """
    known: Sequence[Theorem] = tuple(theorems)
    letters, number, part = _split(name)
    found = tuple(t for t in known if _split(t.id)[:2] == (letters, number) and part in ("", _split(t.id)[2]))
    if not found:
        raise ValueError(f"no theorem {name!r}: known are {', '.join(t.id for t in known)}")
    return found
