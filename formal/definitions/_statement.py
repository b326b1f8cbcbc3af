"""A definition as an object: one SymPy expression that is printed, hashed and decided on exact finite laws."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import sympy

from ..catalogue._bibliography import cite
from ..closeness._symbols import COUNT, EPSILON
from ..laws._finite import Law, as_exact
from ..laws._finite_learners import Dataset, FiniteLearner, FiniteRemover, removed_law, without
from ..laws._rational import Values, decide, enclose
from ..laws._worlds import World

Given = Any
"""A `Law`, a collection of laws, of weights that sum to 1, a function of outcomes, or an exact number."""


@dataclass(frozen=True)
class Statement:
    """A definition with a permanent id; a changed meaning gets a new number, the old one stays.

    Called with exact finite laws it is decided: True or False for a condition, a `Fraction` for a score.
    Numbers are exact; closeness takes `gamma` = e^ε, because e^ε is irrational for every rational ε ≠ 0.

    Args:
        id: permanent name.
        title: a few words.
        expression: the SymPy source: a relation, a conjunction of relations, or score = value.
        quantifiers: over what it ranges, LaTeX text with $…$.
        prose: the meaning in words.
        unseen: the rows its reference never saw, in symbols.
        citations: keys of references.bib.
        arguments: keyword → what it stands for in the expression: an indexed family, a symbol, or e^ε.
        bounds: keyword → least and greatest value (None: no limit), for arguments that are numbers.
        counts: keyword → symbol of its length, for arguments with one entry per dataset.
        scores: keywords that take a function of outcomes instead of a law.
        weights: keywords that take probabilities of datasets.
        names: symbol → LaTeX.
        rows: in a finite world, the rows the reference never saw; None where that is no part of the statement.

    >>> from neverseen.formal.definitions._statements import STATEMENTS
    >>> p, q = Law("ab", (1, 0)), Law("ab", (Fraction(1, 2), Fraction(1, 2)))
    >>> untraining = STATEMENTS["untraining-1"]
    >>> untraining(removed=p, reference=q, gamma=2, delta=Fraction(1, 3)), untraining.unseen
    (False, 'S')
    """

    id: str
    title: str
    expression: Any
    quantifiers: str
    prose: str
    unseen: str
    citations: tuple[str, ...]
    arguments: Mapping[str, Any] = field(hash=False)
    bounds: Mapping[str, tuple[int, int | None]] = field(default_factory=dict, hash=False)
    counts: Mapping[str, Any] = field(default_factory=dict, hash=False)
    scores: tuple[str, ...] = ()
    weights: tuple[str, ...] = ()
    names: Mapping[Any, str] = field(default_factory=dict, hash=False)
    rows: Callable[[World], Dataset] | None = None

    def latex(self) -> str:
        """The expression as LaTeX, printed by SymPy, then its quantifiers as text."""
        printed = sympy.latex(self.expression, symbol_names={EPSILON: r"\varepsilon", **self.names})
        return rf"{printed} \quad \text{{{self.quantifiers}}}"

    @property
    def source(self) -> str:
        """Author, year and arXiv id of each source."""
        return "; ".join(cite(key) for key in self.citations)

    @property
    def canonical(self) -> str:
        """All that carries the meaning, as one text: equal meanings under one id have equal texts."""
        bounds = (f"{name} in {self.bounds[name]}" for name in sorted(self.bounds))
        return "\n".join((sympy.sstr(self.expression), self.quantifiers, self.unseen, *bounds))

    @property
    def digest(self) -> str:
        """The first 16 hexadecimal digits of the SHA-256 of `canonical`."""
        return hashlib.sha256(self.canonical.encode()).hexdigest()[:16]

    def __call__(self, **given: Given) -> bool | Fraction:
        """Decide the statement, or compute the score, on exact finite laws.

        Args:
            given: one value per keyword of `arguments`.

        Raises:
            ValueError: a keyword is missing or unknown, a number is a float or out of domain, weights do
                not sum to 1, or collections differ in length.
        """
        values = self._bind(given)
        if isinstance(self.expression, sympy.Eq):
            low, _ = enclose(self.expression.rhs, values)
            return as_exact(low, self.id)
        return decide(self.expression, values)

    def _bind(self, given: Mapping[str, Given]) -> Values:
        if set(given) != set(self.arguments):
            raise ValueError(
                f"{self.id} takes the keywords {', '.join(self.arguments)}; got {', '.join(given) or 'none'}"
            )
        for name in given:
            self._check_kind(name, given[name])
        outcomes = list(dict.fromkeys(o for value in given.values() for o in _outcomes(value)))
        scalars = {COUNT: Fraction(len(outcomes)), **self._lengths(given)}
        arrays: dict[Any, Any] = {}
        for name, symbol in self.arguments.items():
            if name in self.bounds:
                scalars[symbol] = self._number(name, given[name])
            else:
                arrays[symbol] = _array(given[name], outcomes, name)
        return Values(scalars, arrays)

    def _check_kind(self, name: str, value: Given) -> None:
        many = isinstance(value, list | tuple)
        if name in self.scores:
            right, wanted = callable(value), "a function from an outcome to its exact score"
        elif name in self.weights:
            right, wanted = many, "a list of one probability per dataset"
        elif name in self.counts:
            right, wanted = many and all(isinstance(part, Law) for part in value), "a list of one Law per dataset"
        else:
            right, wanted = isinstance(value, Law) or name in self.bounds, "a Law"
        if not right:
            raise ValueError(f"{self.id}: {name} must be {wanted}, got {type(value).__name__}")

    def _number(self, name: str, value: Given) -> Fraction:
        number, (least, most) = as_exact(value, name), self.bounds[name]
        if number < least or (most is not None and number > most):
            hint = " (γ = e^ε is meant, not ε)" if name == "gamma" else ""
            above = "" if most is None else f" and at most {most}"
            raise ValueError(f"{self.id}: {name} is {number}, it must be at least {least}{above}{hint}")
        return number

    def _lengths(self, given: Mapping[str, Given]) -> dict[Any, Fraction]:
        found: dict[Any, Fraction] = {}
        for name, symbol in self.counts.items():
            length = Fraction(len(given[name]))
            if found.setdefault(symbol, length) != length:
                raise ValueError(
                    f"{self.id}: {name} has {length} entries where {found[symbol]} are due, one per dataset"
                )
        return found


def holds_in(
    statement: Statement,
    learner: FiniteLearner,
    remover: FiniteRemover,
    world: World,
    **numbers: Given,
) -> bool | Fraction:
    """Whether the pair (U, A) meets a definition in one world: the statement picks the reference itself.

    Args:
        statement: one whose reference is A without certain rows.
        learner, remover: A and U, exact.
        world: D, S and S_full.
        numbers: gamma and delta.

    Raises:
        ValueError: the statement has no reference rows in a single world, or a number is bad.

    >>> from neverseen.formal.laws._finite_learners import majority, retrain
    >>> from neverseen.formal.definitions._statements import STATEMENTS
    >>> world = World(((0, "a"), (1, "b")), ((0, "a"),), ((0, "a"), (1, "b")))
    >>> learner = majority("ab")
    >>> for name in ("untraining-1", "unlearning-dataset-2"):
    ...     holds_in(STATEMENTS[name], learner, retrain(learner), world, gamma=1, delta=0)
    True
    False
    """
    if statement.rows is None:
        known = "untraining-1 or unlearning-dataset-2"
        raise ValueError(f"{statement.id} is not about one dataset with one reference; use {known}")
    removed = removed_law(learner, remover, world.data, world.forget)
    reference = learner.law(without(world.data, statement.rows(world)))
    return statement(removed=removed, reference=reference, **numbers)


def _outcomes(value: Given) -> Collection[Any]:
    if isinstance(value, Law):
        return value.outcomes
    if isinstance(value, list | tuple):
        return [outcome for part in value if isinstance(part, Law) for outcome in part.outcomes]
    return ()


def _array(value: Given, outcomes: list[Any], name: str) -> tuple[Any, ...]:
    if isinstance(value, Law):
        return tuple(value.mass(outcome) for outcome in outcomes)
    if callable(value):
        return tuple(_score(value(outcome), name) for outcome in outcomes)
    if value and isinstance(value[0], Law):
        return tuple(_array(part, outcomes, name) for part in value)
    weights = Law(tuple(range(len(value))), tuple(value))  # refuses floats, negatives and a sum other than 1
    return tuple(weights.table.values())


def _score(value: Any, name: str) -> Fraction:
    return Fraction(int(value)) if isinstance(value, bool) else as_exact(value, name)
