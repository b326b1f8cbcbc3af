"""Every finite theorem holds, every negative twin falls on the same path, and the claims survive random laws.

Searches over tuples of laws and the symbolic ones run in full. Searches over worlds and populations run on
a smaller scope here (fewer rows, draws and learners); `neverseen prove` runs the declared one.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from neverseen.formal.laws._finite import Law, mixed_law, normalise
from neverseen.formal.laws._finite_closeness import exact_hockey_stick, exact_total_variation
from neverseen.formal.laws._finite_learners import FiniteLearner, gibbs, multiset
from neverseen.formal.laws._worlds import World
from neverseen.formal.theorems import THEOREMS, find
from neverseen.formal.theorems._base import Theorem, order
from neverseen.formal.theorems._decay import DECAY
from neverseen.formal.theorems._frontier import FRONTIER_THEOREMS
from neverseen.formal.theorems._gaussian import GAUSSIAN_THEOREMS
from neverseen.formal.theorems._over_laws import OverLaws, best_event, half_l1, positive_part
from neverseen.formal.theorems._over_laws import exact as exact_masses
from neverseen.formal.theorems._over_populations import OverPopulations, Population
from neverseen.formal.theorems._over_worlds import LEARNERS, POINTS, OverWorlds, events_gap
from neverseen.formal.theorems._selection import SELECTION
from neverseen.formal.theorems._streaming import STREAMING
from neverseen.formal.theorems._terms import GAMMA, D, laws

DISTANCE = D(*laws("P Q"), GAMMA)
ANALYTIC = (*GAUSSIAN_THEOREMS, *FRONTIER_THEOREMS, *SELECTION, *STREAMING, *DECAY)
FINITE = tuple(t for t in THEOREMS if t.id[0] != "C" and t not in ANALYTIC)
"""All but those of test_theorems_analytic, and those about the code, which `neverseen prove` runs on all of it."""
seeded = settings(derandomize=True, deadline=None, database=None, max_examples=12)


def named(kind: type) -> Any:
    chosen = [theorem for theorem in FINITE if isinstance(theorem.search, kind)]
    return pytest.mark.parametrize("theorem", chosen, ids=lambda theorem: theorem.id)


every = pytest.mark.parametrize("theorem", FINITE, ids=lambda theorem: theorem.id)


def small(theorem: Theorem) -> Theorem:
    search = theorem.search
    if isinstance(search, OverWorlds):
        rows = 3 if theorem.id in ("T16", "F9", "F22") else 2
        return replace(
            theorem, size=None, search=replace(search, rows=rows, learners=search.learners[theorem.id == "F22" :: 2])
        )
    if isinstance(search, OverPopulations):
        return replace(theorem, size=None, search=replace(search, denominator=2, largest=2, learners=LEARNERS[1:2]))
    return theorem


@every
def test_theorem_holds(theorem: Theorem) -> None:
    proof = small(theorem).check()
    assert proof.proved, proof.counterexample
    assert proof.worlds > 0
    assert proof.counterexample is None


@every
def test_twin_is_refuted_with_a_counterexample(theorem: Theorem) -> None:
    proof = small(theorem).twin()
    assert not proof.holds
    assert not proof.proved
    assert proof.counterexample
    assert "\n" not in proof.counterexample


def test_a_twin_that_is_true_is_no_twin_though_no_case_attain_it() -> None:
    (theorem,) = find("T2a")
    slack = replace(theorem, twin_statement=theorem.statement.but(theorem.statement.conclusion.lhs <= 3), size=None)
    assert slack.twin().holds
    assert slack.twin().counterexample is None
    assert not replace(slack, statement=slack.twin_statement).check().holds


def test_registry_covers_the_numbered_theorems() -> None:
    ids = [theorem.id for theorem in FINITE]
    assert len(set(ids)) == len(ids)
    numbers = {order(theorem)[1] for theorem in FINITE if theorem.id.startswith("T")}
    assert numbers >= {*range(1, 12), 13, 14, 15, 16, 24}
    assert sum(theorem.id.startswith("F") for theorem in FINITE) >= 5
    assert [t.id for t in find("t2")] == [t.id for t in THEOREMS if t.id.rstrip("abc") == "T2"] != []
    for bad in ("T99", "T2z", "nonsense"):
        with pytest.raises(ValueError, match="theorem"):
            find(bad)


def test_the_number_of_cases_is_the_size_of_the_scope() -> None:
    # Non-increasing first laws (partitions of N into at most k parts) times all pairs of laws.
    assert find("T2a")[0].check().worlds == 17 * 33**2 + 10 * 45**2 + 5 * 35**2
    assert find("T2a")[0].size == 17 * 33**2 + 10 * 45**2 + 5 * 35**2


# Hypothesis: the same claims on random laws, learners and worlds outside the enumerated scope


@st.composite
def masses(draw: st.DrawFn, outcomes: int, denominator: int = 64) -> np.ndarray:
    cuts = draw(st.lists(st.integers(0, denominator), min_size=outcomes - 1, max_size=outcomes - 1))
    return np.diff([0, *sorted(cuts), denominator])[None, :] / denominator


@named(OverLaws)
@given(data=st.data())
@seeded
def test_claim_on_random_laws(theorem: Theorem, data: st.DataObject) -> None:
    search = theorem.search
    assert isinstance(search, OverLaws)
    shape = data.draw(st.sampled_from(search.shapes))
    laws = [data.draw(masses(grid.outcomes)) for grid in shape]
    for gammas in search.gammas:
        assert search.at(theorem.statement, laws, gammas).all()


@st.composite
def some_learner(draw: st.DrawFn) -> FiniteLearner:
    size = draw(st.integers(2, 4))
    weights = {
        (theta, row): Fraction(draw(st.integers(1, 20)), draw(st.integers(1, 5)))
        for theta in range(size)
        for row in POINTS
    }
    learner = gibbs({theta: draw(st.integers(1, 5)) for theta in range(size)}, lambda t, x: weights[t, x])
    return replace(learner, correct=lambda theta, row: (theta + row[0]) % 2 == 0)


@st.composite
def some_world(draw: st.DrawFn) -> World:
    rows = draw(st.lists(st.tuples(st.sampled_from(POINTS), st.integers(0, 2)), min_size=1, max_size=4))
    return World(*(multiset([x for x, tag in rows if tag in tags]) for tags in ({0, 1, 2}, {0}, {0, 1})))


@named(OverWorlds)
@given(learner=some_learner(), world=some_world())
@seeded
def test_claim_on_random_worlds(theorem: Theorem, learner: FiniteLearner, world: World) -> None:
    search = theorem.search
    assert isinstance(search, OverWorlds)
    assert search.at(theorem.statement, search.learners[0] if theorem.id == "T16" else learner, world)


@named(OverPopulations)
@given(
    learner=some_learner(),
    weights=st.lists(st.integers(1, 9), min_size=3, max_size=3),
    rows=st.integers(1, 2),
)
@settings(seeded, max_examples=5)
def test_claim_on_random_populations(theorem: Theorem, learner: FiniteLearner, weights: list[int], rows: int) -> None:
    search = theorem.search
    assert isinstance(search, OverPopulations)
    law = normalise(dict(zip(POINTS, weights, strict=True)))
    assert search.at(theorem.statement, learner, Population(law, frozenset(POINTS[:1]), rows))


@st.composite
def some_law(draw: st.DrawFn) -> Law:
    weights = draw(st.lists(st.integers(0, 9), min_size=4, max_size=4).filter(any))
    return normalise(dict(zip("abcd", weights, strict=True)))


@given(some_law(), some_law(), st.fractions(0, 1, max_denominator=9))
@seeded
def test_t2b_on_random_laws(untrained: Law, unlearned: Law, t: Fraction) -> None:
    tau, mixed = exact_total_variation(untrained, unlearned), mixed_law((1 - t, t), (untrained, unlearned))
    assert exact_total_variation(mixed, untrained) == t * tau
    assert exact_total_variation(mixed, unlearned) == (1 - t) * tau


@given(st.fractions(1, 9, max_denominator=9))
@seeded
def test_f11_on_random_gammas(gamma: Fraction) -> None:
    p, q = (Law(names, (gamma / (1 + gamma), 1 / (1 + gamma))) for names in ("ab", "ba"))
    assert exact_hockey_stick(p, q, gamma=gamma) == 0
    assert exact_total_variation(p, q) == (gamma - 1) / (gamma + 1)


# The two sides of the identities come from different code; both agree with the exact route


@given(st.data(), st.sampled_from([Fraction(1), Fraction(3, 2), Fraction(2), Fraction(9, 4), Fraction(27, 8)]))
@seeded
def test_arrays_agree_with_fractions(data: st.DataObject, gamma: Fraction) -> None:
    p, q = (data.draw(masses(4)) for _ in range(2))
    exact = [Law("abcd", [Fraction(float(x)) for x in law[0]]) for law in (p, q)]
    expected = exact_hockey_stick(*exact, gamma=gamma)
    assert positive_part(p, q, float(gamma))[0] == best_event(p, q, float(gamma))[0] == expected
    assert half_l1(p, q)[0] == exact_total_variation(*exact) == events_gap(*exact)


def test_masses_that_would_be_rounded_raise() -> None:
    with pytest.raises(ArithmeticError, match="not a multiple of 1/64"):
        exact_masses(np.array([[1 / 3, 2 / 3]]))


def test_a_symbolic_check_refutes_what_does_not_vanish() -> None:
    (theorem,) = find("T2b")
    first, second = theorem.statement.relations
    assert theorem.search(theorem.statement.but(first)).counterexample is None
    assert theorem.search(theorem.statement.but(sp.Eq(first.lhs, second.rhs))).counterexample is not None


# What else must be so of a search: a case that is not vacuous, an inequality attained, a scope of its size


def test_a_loose_inequality_is_not_taken_for_the_theorem() -> None:
    (theorem,) = find("T13b")
    loose = replace(
        theorem, statement=theorem.statement.but(theorem.statement.conclusion.replace(2 * DISTANCE, 4 * DISTANCE))
    )
    proof = loose.check()
    assert not proof.holds
    assert "something sharper may hold" in str(proof.counterexample)


def test_the_basic_composition_is_loose() -> None:
    (theorem,) = find("F5")
    first, second = sp.symbols("a b")
    product = theorem.statement.conclusion.rhs
    parts = sorted(product.atoms(D), key=str)
    basic = theorem.statement.but(sp.Le(theorem.statement.conclusion.lhs, sum(parts)))
    assert sp.expand(product.subs(dict(zip(parts, (first, second), strict=True)))) == first + second - first * second
    assert theorem.search(basic).loose


def test_vacuous_cases_are_counted_apart() -> None:
    proof = find("T11")[0].check()
    assert (proof.worlds, proof.vacuous) == (500, 464)
    (theorem,) = find("T11")
    never = replace(theorem, statement=replace(theorem.statement, given=sp.false))
    assert never.check().counterexample == "no case meets the hypotheses"


def test_a_scope_of_another_size_is_a_fault() -> None:
    (theorem,) = find("T8a")
    assert theorem.size is not None
    proof = replace(theorem, size=theorem.size + 1).check()
    assert proof.counterexample == f"the scope holds {theorem.size + 1} cases, and {theorem.size} were evaluated"
