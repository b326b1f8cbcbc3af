"""A statement evaluated on one case, or on a batch of cases, in exact arithmetic.

_Values are `Fraction`, or float64 arrays of dyadic rationals, of which sums and products of a few are exact.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import cache, reduce
from typing import Any

import numpy as np

from ._base import Outcome
from ._sentence import Sentence
from ._sympy import sp
from ._terms import Listed as Entry

_Values = Mapping[Any, Any]
"""Symbol, or term as a whole, → its value in a case; one array per term in a batch; for an `Entry`, its list."""


def _maximum(a: Any, b: Any) -> Any:
    return np.maximum(a, b) if isinstance(a, np.ndarray) or isinstance(b, np.ndarray) else max(a, b)


def _minimum(a: Any, b: Any) -> Any:
    return np.minimum(a, b) if isinstance(a, np.ndarray) or isinstance(b, np.ndarray) else min(a, b)


_FOLDS: dict[Any, Callable[[Any, Any], Any]] = {
    sp.Add: operator.add, sp.Mul: operator.mul, sp.Pow: operator.pow, sp.Max: _maximum, sp.Min: _minimum,
    sp.Le: operator.le, sp.Ge: operator.ge, sp.Lt: operator.lt, sp.Gt: operator.gt, sp.Eq: operator.eq,
    sp.Ne: operator.ne, sp.And: np.logical_and, sp.Or: np.logical_or, sp.Equivalent: np.equal,
}  # fmt: skip


_Rule = Callable[[_Values], Any]


def value(expression: Any, values: _Values) -> Any:
    """The value of an expression or condition.

    Args:
        expression: of rationals, named terms, +, ·, integer powers, Max, Min, Abs, finite Sum, relations and
        connectives.
        values: what is named.

    Raises:
        TypeError: an operation without an exact rule, or a term without a value.

    >>> x = sp.Symbol("x")
    >>> value(sp.Max(2 * x, 1), {x: Fraction(1, 3)}), value(sp.Le(x, 1), {x: Fraction(1, 3)})
    (1, True)
    """
    return _rule(expression, frozenset(values))(values)


@cache
def _rule(expression: Any, named: frozenset[Any]) -> _Rule:
    """An expression as a function of the values of what is named."""
    if expression in named:
        return lambda values: values[expression]
    if expression.is_Rational or expression in (sp.true, sp.false):
        constant = _constant(expression)
        return lambda values: constant
    if isinstance(expression, Entry):
        return lambda values: values[expression.func][int(values[expression.args[0]]) - 1]
    if isinstance(expression, sp.Sum):
        return _sum(expression, named)
    rules = [_rule(part, named) for part in expression.args]
    if expression.func in _CALLS:
        call = _CALLS[expression.func]
        return lambda values: call(*(rule(values) for rule in rules))
    if expression.func not in _FOLDS or not rules:
        raise TypeError(f"{expression.func.__name__} has no exact rule, or no value: {expression}")
    fold = _FOLDS[expression.func]
    return lambda values: reduce(fold, (rule(values) for rule in rules))


_CALLS: dict[Any, Callable[..., Any]] = {
    sp.Abs: abs,
    sp.Not: np.logical_not,
    sp.Implies: lambda a, b: np.logical_or(np.logical_not(a), b),
}


def _constant(expression: Any) -> Any:
    if expression.is_Rational:
        return int(expression) if expression.is_Integer else Fraction(int(expression.p), int(expression.q))
    return bool(expression)


def _sum(expression: Any, named: frozenset[Any]) -> _Rule:
    (index, first, last), *_ = expression.limits
    term, low, high = _rule(expression.function, named | {index}), _rule(first, named), _rule(last, named)

    def total(values: _Values) -> Any:
        steps = range(int(low(values)), int(high(values)) + 1)
        return sum((term({**values, index: step}) for step in steps), 0)

    return total


class Tally:
    """What a search has seen: cases, those that met no hypothesis, and which inequalities were attained, or strict.

    All its cases name the same things.
    """

    def __init__(self, sentence: Sentence) -> None:
        sides = [r for r in sentence.relations if isinstance(r, sp.Le | sp.Ge)]
        self.sentence, self.cases, self.vacuous = sentence, 0, 0
        self._edges = {r: sp.And(sp.Eq(r.lhs, r.rhs, evaluate=False), sentence.edge(r)) for r in sides}
        weak = [r for r in sentence.relations if isinstance(r, sp.Implies)]
        strict = {r: sp.Ne(r.lhs, r.rhs, evaluate=False) for r in sides}
        strict |= {r: sp.And(r.args[1], sp.Not(r.args[0])) for r in weak}
        self._strict = {("strict", r): condition for r, condition in strict.items()}
        self._rules: dict[Any, _Rule] = {}
        self.loose: dict[Any, None] = {}
        self.flat: dict[Any, None] = {}
        self.outside, self.needless = 0, sentence.given != sp.true

    def judge(self, values: _Values, size: int = 1) -> Any:
        """Whether the statement holds in each case of a batch, as an array of `size`; counts what is seen."""
        if not self._rules:
            self._begin(frozenset(values))
        applies, holds, within = (_spread(self._rules[name](values), size) for name in ("given", "holds", "within"))
        self.cases, self.vacuous = self.cases + size, self.vacuous + int((~applies).sum())
        self.outside += int((~within).sum())
        for relation in list(self.loose):
            if (applies & _spread(self._rules[relation](values), size)).any():
                del self.loose[relation]
        for relation in list(self.flat):
            if (applies & _spread(self._rules["strict", relation](values), size)).any():
                del self.flat[relation]
        self.needless = self.needless and not (_spread(self._rules["beyond"](values), size) & ~holds).any()
        return ~applies | holds

    def _begin(self, named: frozenset[Any]) -> None:
        # What ranges over a word that the cases do not name is left to the other ways of proof.
        ranges = [r for r in self.sentence.ranges if r.free_symbols <= named]
        parts = {"given": self.sentence.given, "holds": self.sentence.conclusion, "within": sp.And(*ranges)}
        parts["beyond"] = _just_beyond(self.sentence)
        self._rules = {name: _rule(part, named) for name, part in (parts | self._edges | self._strict).items()}
        self.loose, self.flat = dict.fromkeys(self._edges), dict.fromkeys(r for _, r in self._strict)

    def outcome(self, counterexample: str | None = None) -> Outcome:
        """What was seen so far; the inequalities that no case attained, and that every case did, printed."""
        loose, flat = (tuple(map(sp.sstr, some)) for some in (self.loose, self.flat))
        needless = sp.sstr(self.sentence.given) if self.needless else None
        return Outcome(self.cases, counterexample, self.vacuous, loose, flat, self.outside, needless)


def _just_beyond(sentence: Sentence) -> Any:
    # Where hypotheses must be seen to be needed: at the edge of a strict inequality, else anywhere they fail.
    given = sentence.given
    if not isinstance(given, sp.Lt | sp.Gt):
        return sp.Not(given)
    return sp.And(sp.Eq(given.lhs, given.rhs, evaluate=False), sentence.edge(given))


def _spread(held: Any, size: int) -> Any:
    return np.broadcast_to(np.asarray(held, dtype=bool), (size,))
