"""Statements as formulas for a solver: each has no solution, each twin has one, and what is weakened is refused."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
import sympy as sp

from neverseen.formal.laws._finite import Law
from neverseen.formal.laws._finite_closeness import delta_between, exact_total_variation
from neverseen.formal.theorems import THEOREMS, Sentence, Theorem, find
from neverseen.formal.theorems._base import EVENT
from neverseen.formal.theorems._smt import solve
from neverseen.formal.theorems._terms import GAMMA, D, laws
from neverseen.formal.theorems._terms import TVD as TV

SOLVED = [theorem for theorem in THEOREMS if theorem.solver]
P, Q, R, S = laws("P Q R S")


@pytest.mark.parametrize("theorem", SOLVED, ids=lambda theorem: theorem.id)
def test_a_theorem_has_no_counterexample_and_its_twin_has_one(theorem: Theorem) -> None:
    solved = solve(theorem)
    assert solved.wrong is None
    assert solved.model, f"{theorem.id}: its twin is true too"


def test_there_are_many() -> None:
    assert len(SOLVED) >= 26
    with pytest.raises(ValueError, match="T22 has no form for a solver"):
        solve(find("T22")[0])


def asked(conclusion: Any, *ranges: Any) -> Any:
    sentence = Sentence(conclusion, ranges=ranges)
    return solve(replace(find("T2a")[0], statement=sentence, twin_statement=sentence, solver=EVENT))


@pytest.mark.parametrize(
    ("true", "conclusion"),
    [
        (True, sp.Le(TV(P, R), TV(P, Q) + TV(Q, R))),
        (False, sp.Le(TV(P, R), TV(P, Q))),
        (False, sp.Le(TV(P, Q) + TV(R, S), 1)),  # each is exceeded at an event of its own
        (True, sp.Le(TV(P, Q) + TV(R, S), 2)),
        (True, sp.Ge(TV(P, Q), TV(P, R) - TV(Q, R))),
        (False, sp.Ge(TV(P, Q), TV(P, R) + TV(Q, R))),
        (False, sp.Le(D(P, Q, GAMMA), D(P, Q, GAMMA + 1))),
        (False, sp.Eq(TV(P, Q), TV(P, R))),
    ],
)
def test_the_solver_says_what_is_so(true: bool, conclusion: Any) -> None:
    solved = asked(conclusion, sp.Ge(GAMMA, 1))
    assert (solved.wrong is None) is true
    assert (solved.model is None) is true


def test_a_counterexample_is_one() -> None:
    solved = asked(sp.Le(TV(P, R), sp.Max(TV(P, Q), TV(Q, R))))
    found = {name: Fraction(value) for name, value in (part.split(" = ") for part in str(solved.model).split(", "))}
    p, q, r = (Law("ab", (found[name], 1 - found[name])) for name in "PQR")
    assert exact_total_variation(p, r) > max(exact_total_variation(p, q), exact_total_variation(q, r))


def test_a_counterexample_with_a_gamma_is_one() -> None:
    (theorem,) = find("T13b")
    found = dict(part.split(" = ") for part in str(solve(theorem).model).split(", "))
    p, q = (Law("ab", (Fraction(found[name]), 1 - Fraction(found[name]))) for name in "PQ")
    delta = delta_between(p, q, gamma=2)
    assert 3 * exact_total_variation(p, q) > 1 + delta
