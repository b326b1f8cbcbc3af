"""What a search complains of where it found no counterexample: each complaint, and the statement without fault."""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
import sympy as sp

from neverseen.formal.theorems import Case, Sentence, find
from neverseen.formal.theorems._over_cases import OverCases
from neverseen.properties.checks._prove import run_theorem

X, Y = sp.symbols("x y", real=True)
N = 5


def cases() -> Iterator[tuple[str, Case]]:
    """x over 0, 1/4, …, 1 and y = x², so that y ≤ x, with equality at both ends."""
    for n in range(N):
        x = Fraction(n, N - 1)
        yield f"x = {x}", {X: x, Y: x * x}


def said(sentence: Sentence, size: int | None = N) -> Any:
    (model,) = find("T22")
    theorem = replace(
        model, kind="exhaustive", statement=sentence, twin_statement=sentence.but(sp.Ge(Y, X)), size=size,
        search=OverCases(cases),
    )  # fmt: skip
    return run_theorem(theorem)


@pytest.mark.parametrize(
    ("sentence", "words"),
    [
        (Sentence(sp.Le(Y, X + 1)), "no case attains"),
        (Sentence(sp.Le(2 * Y, X)), "x = "),
        (Sentence(sp.And(sp.Le(Y, X), sp.Le(X**2, Y))), "every case attains"),
        (Sentence(sp.Implies(sp.Gt(Y, 0), sp.Gt(X, 0))), "every case attains"),
        (Sentence(sp.Le(Y, X), ranges=(sp.Ge(X, 1),)), "4 cases of the scope lie outside"),
        (Sentence(sp.Le(Y, X), given=sp.Ge(X, Fraction(1, 2))), "is needed"),
        (Sentence(sp.Le(Y, X), given=sp.Ge(X, 2)), "no case meets"),
    ],
)
def test_what_says_less_than_it_seems_fails_in_prove(sentence: Sentence, words: str) -> None:
    found = said(sentence)
    assert not found.holds
    assert words in found.counterexample


def test_a_hypothesis_that_is_strict_is_needed_at_its_edge() -> None:
    apart = Sentence(sp.Ne(Y, X), given=sp.Gt(X * (1 - X), 0))
    assert said(apart).holds
    assert "is needed" in said(replace(apart, given=sp.Gt(X * (1 - X), Fraction(3, 16)))).counterexample


def test_a_scope_is_counted() -> None:
    assert said(Sentence(sp.Le(Y, X), ranges=(sp.Ge(X, 0),))).holds
    assert "holds 6 cases, and 5 were" in said(Sentence(sp.Le(Y, X)), 6).counterexample
    assert said(Sentence(sp.Le(Y, X)), None).counterexample == "nothing counts the cases that its scope holds"
