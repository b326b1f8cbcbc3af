"""A theorem: a statement, the machine check behind it, and a false neighbour that the check refutes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from re import fullmatch
from typing import Any, Literal

from ._coq import coq_names
from ._kinds import Kind
from ._sentence import Sentence

Case = Mapping[Any, Any]
"""Symbol or term → its value, in one case or one batch of cases."""


@dataclass(frozen=True)
class Outcome:
    """What a search found.

    Args:
        worlds: cases evaluated.
        counterexample: the first that falsifies the statement, in words.
        vacuous: cases among them that did not meet its hypotheses.
        loose: its inequalities that no case attained.
        flat: its inequalities and implications that every case attained: they are equalities there.
        outside: cases beyond what its free numbers are said to range over.
        needless: its hypotheses, where the conclusion holds wherever they do not.
    """

    worlds: int
    counterexample: str | None
    vacuous: int = 0
    loose: tuple[str, ...] = ()
    flat: tuple[str, ...] = ()
    outside: int = 0
    needless: str | None = None


Search = Callable[[Sentence], Outcome]
"""Evaluates a statement on every case of a scope, stopping at the first counterexample."""


@dataclass(frozen=True)
class Proof:
    """The result of a machine check.

    Args:
        holds: no counterexample in the scope, a case that is not vacuous, and each inequality attained by one.
        kind: see `Kind`.
        scope: over what, in words.
        worlds: cases evaluated; for a symbolic proof, the identities settled.
        counterexample: the first one, or what else is wrong, in words; or None.
        vacuous: cases that did not meet the hypotheses.
        digest: of the statement that was evaluated.
    """

    holds: bool
    kind: Kind
    scope: str
    worlds: int
    counterexample: str | None
    vacuous: int = 0
    digest: str = ""

    @property
    def proved(self) -> bool:
        """Holds, by proof or by exhausting its scope; random cases prove nothing."""
        return self.holds and self.kind != "property"


@dataclass(frozen=True)
class Reduction:
    """How a statement about laws on any space becomes one about a few real numbers, for a solver.

    Args:
        by: "event": a supremum over events is at least its value at any; "outcome": a sum is compared term by term.
        scope: of what is proved then, in words.
        instances: what some words of the statement stand for, and under `true` what is known besides (an induction's
            hypothesis); the statement itself where there is none.

    >>> Reduction("event", "all laws on all spaces, an event at a time").instances
    ()
    """

    by: Literal["event", "outcome"]
    scope: str
    instances: tuple[Mapping[Any, Any], ...] = field(default=(), hash=False)


EVENT = Reduction("event", "all laws on all spaces, an event at a time")
OUTCOMES = Reduction("outcome", "all laws on all spaces, an outcome at a time")


@dataclass(frozen=True)
class Theorem:
    """A relation between the notions, with its machine check and its negative twin.

    Args:
        id: permanent name; "T2a" and "T2b" are the parts of T2.
        title: a few words.
        statement: what is claimed, as one object: it is printed, evaluated, digested and handed to a solver.
        twin_statement: a false neighbour, sharper or the other way round, one operand or operator away.
        hypotheses: what it is about, in words.
        status: "read", "textbook", "derived" or "ours".
        source: author-year and arXiv id or DOI, by `cite`; or the `place` whose docstring is the proof; or both.
        kind: how `check` decides.
        scope: what `check` covers, in words.
        search: evaluates a statement over the scope.
        size: how many cases the scope must hold, counted in another way than by enumerating it; None of symbolic ones.
        solver: how a solver settles it for all laws on all spaces; None where it cannot.

    >>> from neverseen.formal.theorems import find
    >>> theorem = find("T11")[0]
    >>> theorem.check().proved, theorem.twin().holds
    (True, False)
    """

    id: str
    title: str
    statement: Sentence
    twin_statement: Sentence
    hypotheses: str
    status: str
    source: str
    kind: Kind
    scope: str
    search: Search
    size: int | None = None
    solver: Reduction | None = None

    @property
    def statement_latex(self) -> str:
        """The statement, LaTeX without dollar signs."""
        return self.statement.latex()

    @property
    def twin_latex(self) -> str:
        """The false neighbour, LaTeX without dollar signs."""
        return self.twin_statement.latex()

    @property
    def uncounted(self) -> bool:
        """Whether its scope is said in words alone: symbolic proofs have none to count."""
        return self.size is None and self.kind != "symbolic"

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The ways in which it can be settled, strongest first; the last is that of its search."""
        coq: tuple[Kind, ...] = ("coq",) if coq_names(self.id) else ()
        smt: tuple[Kind, ...] = ("smt",) if self.solver else ()
        return (*coq, *smt, self.kind)

    def _short(self, found: Outcome) -> str | None:
        """What is wrong with a search that found no counterexample."""
        if self.size is not None and found.worlds != self.size:
            return f"the scope holds {self.size} cases, and {found.worlds} were evaluated"
        if found.worlds == found.vacuous:
            return "no case meets the hypotheses"
        if found.outside:
            return f"{found.outside} cases of the scope lie outside what it ranges over"
        if found.loose:
            return f"no case attains {found.loose[0]}: something sharper may hold"
        if found.flat:
            return f"every case attains {found.flat[0]}: it says less than holds there"
        return f"no case shows that {found.needless} is needed" if found.needless else None

    def check(self) -> Proof:
        """Evaluate the statement over the whole scope."""
        found, digest = self.search(self.statement), self.statement.digest
        wrong = found.counterexample or self._short(found)
        return Proof(wrong is None, self.kind, self.scope, found.worlds, wrong, found.vacuous, digest)

    def twin(self) -> Proof:
        """Evaluate the false neighbour on the same path; `holds` should be False, with a counterexample.

        Only a counterexample refutes it: a twin that no case attains is true all the same.
        """
        found, digest = self.search(self.twin_statement), self.twin_statement.digest
        wrong = found.counterexample
        return Proof(wrong is None, self.kind, self.scope, found.worlds, wrong, found.vacuous, digest)


def place(function: Callable[..., Any]) -> str:
    """The file and the name of a function of this library: where its docstring says what a source refers to.

    >>> place(place)
    'formal/theorems/_base.py: place'
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
