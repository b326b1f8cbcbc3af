"""F22, F29, F30: deletion capacity, and the form whose reference is the remover's own."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from typing import Any

from ..catalogue._bibliography import cite
from ..laws._finite_closeness import exact_total_variation
from ..laws._finite_learners import FiniteLearner, multiset, without
from ..laws._worlds import World
from ._base import EVENT, Case, Theorem, place
from ._distances import AT_LEAST_1, BEYOND_1, BOTH_AT_LEAST_1, BOTH_BEYOND_1, P_S, TRIPLES, U, chained, law_theorem
from ._over_laws import ONE, TWO, Gammas, Laws, OverLaws, best_both_ways, both_ways
from ._over_worlds import OverWorlds, events_gap
from ._references import EACH_WORLD, P_D
from ._sentence import Sentence
from ._sympy import sp
from ._terms import GAMMA, GAMMA_1, GAMMA_2, D, laws
from ._terms import TVD as TV

_SIZE, _ONE_ROW = sp.Symbol("k", integer=True, nonnegative=True), sp.Symbol("row", nonnegative=True)
_CAPACITY = {_SIZE: "|S|", _ONE_ROW: r"\max_j \mathrm{TV}(A(D_{j-1}), A(D_j))"}


def _capacity(learner: FiniteLearner, world: World) -> Iterator[Case]:
    """The triangle inequality of TV along D₀ = D, …, D_k = D∖S, a row at a time, each step at most the largest."""
    left = [without(world.data, multiset(world.forget[:n])) for n in range(len(world.forget) + 1)]
    ends = learner.law(left[0]), learner.law(left[-1])
    steps = [exact_total_variation(learner.law(a), learner.law(b)) for a, b in pairwise(left)]
    yield {_SIZE: len(steps), _ONE_ROW: max(steps, default=Fraction(0)), TV(P_D, P_S): events_gap(*ends)}


def _f22_says(size: Any) -> Any:
    return sp.Le(TV(P_D, P_S), size * _ONE_ROW)


_F22_SAYS = Sentence(_f22_says(_SIZE), sharp=sp.Gt(_SIZE, 1), names=_CAPACITY)

_EMPTY = laws("U_{\\emptyset}")[0]


def _own_reference(laws: Laws, gammas: Gammas) -> Case:
    """T3 through A(D∖S), both steps (ε, δ)."""
    served, empty, retrained = laws
    (gamma,) = gammas
    return {
        GAMMA: gamma,
        D(U, _EMPTY, GAMMA**2): best_both_ways(served, empty, gamma * gamma),
        D(U, P_S, GAMMA): both_ways(served, retrained, gamma),
        D(_EMPTY, P_S, GAMMA): both_ways(empty, retrained, gamma),
    }


def _f29_says(factor: Any) -> Any:
    return sp.Le(D(U, _EMPTY, GAMMA**2), factor * sp.Max(D(U, P_S, GAMMA), D(_EMPTY, P_S, GAMMA)))


_F29_SAYS = Sentence(_f29_says(1 + GAMMA), ranges=(AT_LEAST_1,), sharp=BEYOND_1)


def _back(laws: Laws, gammas: Gammas) -> Case:
    """T3 through U(A(D∖S), ∅, D∖S)."""
    served, empty, retrained = laws
    first, second = gammas
    return {
        GAMMA_1: first,
        GAMMA_2: second,
        D(U, P_S, GAMMA_1 * GAMMA_2): best_both_ways(served, retrained, first * second),
        D(U, _EMPTY, GAMMA_1): both_ways(served, empty, first),
        D(_EMPTY, P_S, GAMMA_2): both_ways(empty, retrained, second),
    }


def _f30_says(join: Any) -> Any:
    return sp.Le(D(U, P_S, GAMMA_1 * GAMMA_2), chained(D(U, _EMPTY, GAMMA_1), D(_EMPTY, P_S, GAMMA_2), join))


_F30_SAYS = Sentence(_f30_says(sp.Max), ranges=BOTH_AT_LEAST_1, sharp=BOTH_BEYOND_1)

_F22 = OverWorlds(_capacity)
_F29 = OverLaws(_own_reference, TRIPLES, ONE, "U U_∅ P_S")
_F30 = OverLaws(_back, TRIPLES, TWO, "U U_∅ P_S")
_SEKHARI = f"form of {cite('sekhari2021')}, not read for this"

SEKHARI = (
    Theorem(
        id="F22",
        title="the deletion capacity of doing nothing",
        statement=_F22_SAYS,
        twin_statement=_F22_SAYS.but(_f22_says(_SIZE - 1)),
        hypotheses="deletion capacity: how many rows may be named at (ε, δ). Where no row matters more than δ₀, doing "
        "nothing has capacity δ/δ₀ at ε = 0, and none need be more; at other ε, in Coq, |S| steps of T5",
        status="ours",
        source=f"the notion of {cite('sekhari2021')}, not read for this; proof in {place(_capacity)}",
        kind="exhaustive",
        scope=_F22.scope,
        size=EACH_WORLD,
        search=_F22,
    ),
    law_theorem(
        _F29,
        EVENT,
        id="F29",
        title="from untraining to Sekhari's form",
        statement=_F29_SAYS,
        twin_statement=_F29_SAYS.but(_f29_says(GAMMA)),
        hypotheses="U the law of U(A(D), S, D), U_∅ that of U(A(D∖S), ∅, D∖S), its reference there",
        status="ours",
        source=f"{_SEKHARI}; proof in {place(_own_reference)}",
    ),
    law_theorem(
        _F30,
        EVENT,
        id="F30",
        title="from Sekhari's form to untraining, by what an empty request changes",
        statement=_F30_SAYS,
        twin_statement=_F30_SAYS.but(_f30_says(sp.Min)),
        hypotheses="as in F29; alone it says nothing: a remover that publishes a constant meets it "
        "exactly (Behaviour.v: sekhari_is_met_by_a_constant)",
        status="ours",
        source=f"{_SEKHARI}; proof in {place(_back)}",
    ),
)
