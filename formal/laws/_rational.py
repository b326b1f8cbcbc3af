"""SymPy expressions evaluated on exact rationals: the bridge from a printed statement to its decision.

Sums, products, maxima and quotients of rationals are exact. A logarithm is enclosed by rationals, so a value
is an interval, a single point wherever no logarithm occurs.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import reduce
from itertools import count
from typing import Any

import sympy

from ._finite_closeness import log_bracket

Bound = Fraction | float
"""A rational, or ±inf."""
Interval = tuple[Bound, Bound]
"""Lower and upper end; equal where the value is exact."""

ZERO: Interval = (Fraction(0), Fraction(0))


@dataclass(frozen=True)
class Values:
    """What the symbols of an expression stand for.

    Args:
        scalars: symbol, or e^ε as a whole, → rational; the counts and indices of sums are among them.
        arrays: indexed base → (nested) tuples of rationals, counted from 1 as in the expression.
        bits: digits of each logarithm's enclosure.
    """

    scalars: Mapping[Any, Fraction]
    arrays: Mapping[Any, Any]
    bits: int = 64


def enclose(expression: Any, values: Values) -> Interval:
    """The value of a SymPy expression, with 0·∞ = 0 (the convention of 0·log(0/q)).

    Args:
        expression: made of rationals, symbols, indexed symbols, +, ·, 1/x, Max, log and finite Sum.
        values: what its symbols stand for.

    Raises:
        TypeError: an operation without an exact rule.

    >>> x = sympy.Symbol("x")
    >>> enclose(sympy.Max(2 * x, 1), Values({x: Fraction(1, 3)}, {}))
    (Fraction(1, 1), Fraction(1, 1))
    """
    if expression.is_Rational:
        exact = Fraction(int(expression.p), int(expression.q))
        return exact, exact
    if expression in values.scalars:
        return values.scalars[expression], values.scalars[expression]
    if isinstance(expression, sympy.Indexed):
        return _entry(expression, values)
    if isinstance(expression, sympy.Sum):
        return _total(enclose(expression.function, each) for each in _each(expression, values))
    return _combined(expression, [enclose(part, values) for part in expression.args], values.bits)


def decide(statement: Any, values: Values) -> bool:
    """Whether a relation ≤ or ≥, or a conjunction of such, holds; never a guess.

    Logarithms are refined until the answer is certain. That ends: Σ qᵢ log rᵢ with rational q, r is 0 or
    transcendental, and the expressions here are exactly 0 term by term when they are 0.

    >>> x = sympy.Symbol("x")
    >>> decide(sympy.log(x) <= sympy.Rational(6932, 10_000), Values({x: Fraction(2)}, {}))
    True
    """
    if statement in (sympy.true, sympy.false):
        return bool(statement)
    answers = (_attempt(statement, replace(values, bits=64 << doublings)) for doublings in count())
    return next(answer for answer in answers if answer is not None)


def _attempt(statement: Any, values: Values) -> bool | None:
    if isinstance(statement, sympy.And):
        parts = [_attempt(part, values) for part in statement.args]
        return False if False in parts else None if None in parts else True
    if isinstance(statement, sympy.Le):
        left, right = enclose(statement.lhs, values), enclose(statement.rhs, values)
        return True if left[1] <= right[0] else False if left[0] > right[1] else None
    if isinstance(statement, sympy.Ge):
        return _attempt(statement.reversed, values)
    raise TypeError(f"{type(statement).__name__} cannot be decided exactly")


def _entry(expression: Any, values: Values) -> Interval:
    found = values.arrays[expression.base]
    for index in expression.indices:
        found = found[int(values.scalars[index]) - 1]
    return found, found


def _each(expression: Any, values: Values) -> Iterable[Values]:
    ((index, first, last),) = expression.limits
    for i in range(int(enclose(first, values)[0]), int(enclose(last, values)[0]) + 1):
        yield replace(values, scalars={**values.scalars, index: Fraction(i)})


def _total(terms: Iterable[Interval]) -> Interval:
    return reduce(lambda a, b: (a[0] + b[0], a[1] + b[1]), terms, ZERO)


def _combined(expression: Any, parts: list[Interval], bits: int) -> Interval:
    if expression.is_Add:
        return _total(parts)
    if expression.is_Mul:
        return reduce(_product, parts)
    if isinstance(expression, sympy.Max):
        return max(low for low, _ in parts), max(high for _, high in parts)
    if isinstance(expression, sympy.log):
        return _log(parts[0][0], bits)[0], _log(parts[0][1], bits)[1]
    if expression.is_Pow and expression.exp == -1 and parts[0][0] >= 0:
        return _inverse(parts[0][1]), _inverse(parts[0][0])
    raise TypeError(f"{expression.func.__name__} has no exact rule: {expression}")


def _product(left: Interval, right: Interval) -> Interval:
    ends = [_times(a, b) for a in left for b in right]
    return min(ends), max(ends)


def _times(a: Bound, b: Bound) -> Bound:
    if a == 0 or b == 0:
        return Fraction(0)
    if isinstance(a, float) or isinstance(b, float):  # a float is infinite, and a tiny factor must not vanish
        return math.inf if (a > 0) == (b > 0) else -math.inf
    return a * b


def _inverse(value: Bound) -> Bound:
    return math.inf if value == 0 else Fraction(0) if isinstance(value, float) else 1 / value


def _log(value: Bound, bits: int) -> Interval:
    if value == 0 or isinstance(value, float):
        return (math.inf, math.inf) if value else (-math.inf, -math.inf)
    if value >= 1:
        return log_bracket(value, bits=bits)
    low, high = log_bracket(1 / value, bits=bits)
    return -high, -low
