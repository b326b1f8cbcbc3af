"""Expressions on exact rationals: logarithms to any digit, infinities, and what is refused."""

import math
from fractions import Fraction
from typing import Any

import pytest
import sympy

from neverseen.formal.laws._rational import Values, decide, enclose

X, Y = sympy.symbols("x y", positive=True)


@pytest.mark.parametrize(
    ("statement", "holds"),
    [
        (sympy.log(X) <= Fraction(693147180559945309417232121458176568, 10**36), False),
        (sympy.log(X) <= Fraction(693147180559945309417232121458176569, 10**36), True),
        (sympy.log(Y) <= Fraction(-109861228866810969139524523692, 10**29), True),
        (sympy.log(Y) >= Fraction(-109861228866810969139524523693, 10**29), True),
        (sympy.Le(sympy.Max(X, Y), 2), True),
        (sympy.Ge(sympy.Max(X, Y), 2), True),
        (sympy.Ge(Y - X, Fraction(-5, 3)), True),
        (sympy.Ge(Y - X, Fraction(-4, 3)), False),
        (sympy.And(X >= 1, Y >= 1), False),
    ],
)
def test_logarithms_are_decided_to_any_digit(statement: Any, holds: bool) -> None:
    assert decide(statement, Values({X: Fraction(2), Y: Fraction(1, 3)}, {})) is holds


@pytest.mark.parametrize("symbol", [X, Y])
def test_a_logarithm_is_enclosed(symbol: Any) -> None:
    low, high = enclose(sympy.log(symbol), Values({X: Fraction(2), Y: Fraction(1, 3)}, {}, bits=8))
    assert low < math.log({X: 2, Y: 1 / 3}[symbol]) < high
    assert high - low < 1 / 8


def test_an_infinite_logarithm_counts_once_however_small_its_weight() -> None:
    tiny = Values({X: Fraction(1, 10**400), Y: Fraction(0)}, {})
    assert enclose(X * sympy.log(X / Y), tiny) == (math.inf, math.inf)
    assert enclose(Y * sympy.log(Y / X), tiny) == (0, 0)


@pytest.mark.parametrize("expression", [sympy.sin(X), X**2, sympy.Ne(X, Y), X < Y])
def test_what_has_no_exact_rule_is_refused(expression: Any) -> None:
    run = decide if expression.is_Relational else enclose
    with pytest.raises(TypeError, match="exact"):
        run(expression, Values({X: Fraction(2), Y: Fraction(1)}, {}))
