"""T12 and T17–T27: each holds, each negative twin falls on the same path, and random numbers agree with the proofs.

The symbolic ones run in full. Enumerations run on a smaller scope here; `neverseen prove` runs the declared one.
"""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from functools import cache
from typing import Any

import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

import neverseen.formal.theorems._selection as selection
from neverseen.formal.closeness import NormalCdf
from neverseen.formal.laws._finite import normalise
from neverseen.formal.theorems import THEOREMS, Sentence, Theorem, find
from neverseen.formal.theorems._decay import DECAY
from neverseen.formal.theorems._frontier import FRONTIER_THEOREMS
from neverseen.formal.theorems._gaussian import GAUSSIAN_THEOREMS
from neverseen.formal.theorems._over_cases import OverCases, power
from neverseen.formal.theorems._selection import SELECTION
from neverseen.formal.theorems._streaming import STREAMING
from neverseen.formal.theorems._symbolic import Symbolic

ANALYTIC = tuple(t for part in (GAUSSIAN_THEOREMS, FRONTIER_THEOREMS, SELECTION, STREAMING, DECAY) for t in part)
every = pytest.mark.parametrize("theorem", ANALYTIC, ids=lambda theorem: theorem.id)
symbolic = pytest.mark.parametrize(
    "theorem", [t for t in ANALYTIC if isinstance(t.search, Symbolic)], ids=lambda theorem: theorem.id
)


SMALL: dict[str, Any] = {
    "T21b": OverCases(lambda: selection.budgets(((4, 12),))),
    # The quantities of a symbolic claim take seconds to integrate, and two tests look at them.
    **{
        t.id: replace(t.search, measure=cache(t.search.measure))
        for t in ANALYTIC
        if isinstance(t.search, Symbolic) and t.statement.given == t.twin_statement.given
    },
}


def small(theorem: Theorem) -> Theorem:
    size = theorem.size if theorem.id != "T21b" else None  # one grid of three
    return replace(theorem, size=size, search=SMALL.get(theorem.id, theorem.search))


def test_the_registry_has_them_all() -> None:
    assert {theorem.id for theorem in ANALYTIC} <= {theorem.id for theorem in THEOREMS}
    assert len({theorem.id for theorem in THEOREMS}) == len(THEOREMS)
    for number in (12, *range(17, 28)):
        assert find(f"T{number}")
    kinds = {theorem.id: theorem.kind for theorem in ANALYTIC}
    assert {name for name, kind in kinds.items() if kind == "exhaustive"} == {"T21b"}
    assert [name for name, kind in kinds.items() if kind == "property"] == ["T22"]


@every
def test_theorem_holds(theorem: Theorem) -> None:
    proof = small(theorem).check()
    assert proof.holds, proof.counterexample
    assert proof.worlds > 0
    assert proof.proved == (theorem.id != "T22")  # a computation in float64 is no proof


@every
def test_twin_is_refuted_with_a_counterexample(theorem: Theorem) -> None:
    proof = small(theorem).twin()
    assert not proof.holds
    assert proof.counterexample
    assert "\n" not in proof.counterexample
    assert not proof.counterexample.endswith("does not simplify to 0")


@symbolic
def test_symbolic_twins_are_false_as_numbers(theorem: Theorem) -> None:
    search: Any = small(theorem).search
    assert largest(search, theorem.twin_statement) > 1e-6
    assert largest(search, theorem.statement) < 1e-9


def largest(search: Any, sentence: Sentence) -> float:
    """The largest |difference| of a statement's equations at the first sample, unsimplified."""
    cases = search.measure(sentence)
    words = {word for case in cases for word in case}
    sizes = [
        size_at(search.samples[0], (side[0] - side[1]).replace(NormalCdf, lambda z: (1 + sp.erf(z / sp.sqrt(2))) / 2))
        for case in cases
        for equation in sentence.relations
        if {node for node in sp.preorder_traversal(equation) if node in words} <= case.keys()
        for side in [[part.doit().xreplace(dict(case)).doit() for part in equation.args]]
    ]
    return max(sizes)


def size_at(sample: Any, difference: Any) -> float:
    """|difference| at the sample, what the sample leaves open filled with numbers."""
    loss: Any = sp.IndexedBase("l")
    number = difference.subs(dict(sample)).doit().subs({loss[i]: sp.Integer(i * i) for i in range(3)})
    rest = {symbol: sp.Rational(n, 7) for n, symbol in enumerate(sorted(number.free_symbols, key=str), 2)}
    return abs(complex(sp.N(number.subs(rest))))


# The searches themselves


def test_over_cases_stops_at_the_first_falsehood() -> None:
    n = sp.Symbol("n")
    search = OverCases(lambda: ((f"n = {k}", {n: k}) for k in range(5)))
    assert search(Sentence(n < 5)).worlds == 5
    found = search(Sentence(n < 3))
    assert (found.worlds, found.counterexample) == (4, "n = 3")
    assert search(Sentence(sp.Le(n, 4))).loose == ()
    assert search(Sentence(sp.Le(n, 5))).loose == ("n <= 5",)


@given(st.lists(st.integers(0, 30), min_size=3, max_size=3).filter(any))
def test_power_is_the_exponential_of_a_mean_logarithm(weights: list[int]) -> None:
    law = normalise(dict(zip("abc", weights, strict=True)))
    ratios = {"a": Fraction(1, 3), "b": Fraction(7, 2), "c": Fraction(1)}
    mean = sum(float(law.mass(o)) * math.log(ratios[str(o)]) for o in law.outcomes)
    value = power(law, lambda o: ratios[o])
    assert math.log(value.numerator) - math.log(value.denominator) == pytest.approx(law.scaled[1] * mean, abs=1e-9)
