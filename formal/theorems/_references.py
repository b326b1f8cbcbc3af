"""T1, T4, T15, T16, F9, F12b: one request against the two references."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from typing import Any

from ..catalogue._bibliography import cite
from ..laws._finite import Law
from ..laws._finite_closeness import exact_total_variation, exactly_indistinguishable
from ..laws._finite_learners import FiniteLearner, FiniteRemover, identity, multiset, removed_law, retrain, without
from ..laws._worlds import World, count_worlds
from ._base import EVENT, Case, Theorem, place
from ._distances import P_F, P_S, P_U, TRIPLES
from ._over_laws import EACH, Gammas, Laws, OverLaws, best_event, half_l1
from ._over_worlds import LEARNERS, OverWorlds, events_gap
from ._sentence import Sentence
from ._sympy import sp
from ._terms import TVD as TV
from ._terms import Listed as Entry
from ._terms import laws

P_D, P = laws("P_D P")
_U_D, _U_OTHER, _A_EMPTY = laws("U_D U_{D'} A(\\emptyset)")
_DELTA, _CONFORMS = sp.Symbol("delta", nonnegative=True), sp.Symbol("conforms")
_COPIES, _ROWS, _ALL = sp.symbols("k m n", integer=True, positive=True)
_APART: Any = sp.Symbol("apart")
_STEP, _COUNT = sp.Symbol("j", integer=True), sp.Symbol("k", integer=True)


def references(learner: FiniteLearner, world: World) -> tuple[Law, Law]:
    """P_S and P_F, the rows subtracted by counting: no code shared with `without`."""
    kept = (Counter(world.data) - Counter(rows) for rows in (world.forget, world.behaviour))
    untrained, unlearned = (learner.law(multiset(list(rows.elements()))) for rows in kept)
    return untrained, unlearned


def _coincidence(laws: Laws, gammas: Gammas) -> Case:
    """The triangle inequality from P_U to either reference through the other; P_U = P_S attains it."""
    u, s, f = laws
    return {TV(P_U, P_S): best_event(u, s, 1.0), TV(P_U, P_F): best_event(u, f, 1.0), TV(P_S, P_F): half_l1(s, f)}


def _t1_says(factor: Any) -> Any:
    return sp.Le(factor * sp.Abs(TV(P_U, P_S) - TV(P_U, P_F)), TV(P_S, P_F))


_T1_SAYS = Sentence(_t1_says(sp.Integer(1)))


def _nothing_done(learner: FiniteLearner, world: World) -> Iterator[Case]:
    """U = id leaves P_U = P_D, and ≈ at ε = 0 asks that |P_D(R) − P(R)| ≤ δ for every event R: that TV(P_D, P) ≤ δ."""
    law = removed_law(learner, identity(), world.data, world.forget)
    for reference in references(learner, world):
        distance = events_gap(learner.law(world.data), reference)
        for delta in (Fraction(1, 4), distance):
            conforms = exactly_indistinguishable(law, reference, gamma=1, delta=delta)
            yield {_CONFORMS: conforms, _DELTA: delta, TV(P_D, P): distance}


def _t4_says(relation: Any) -> Any:
    return sp.Equivalent(_CONFORMS, relation(_DELTA, TV(P_D, P)), evaluate=False)


_T4_SAYS = Sentence(_t4_says(sp.Ge), names={_CONFORMS: r"P_D \approx_{0,\delta} P"})


def _everything(laws: Laws, gammas: Gammas) -> Case:
    """The reference of every D ⊆ B is A(∅), and the triangle inequality through it."""
    u, other, empty = laws
    return {
        TV(_U_D, _U_OTHER): best_event(u, other, 1.0),
        TV(_U_D, _A_EMPTY): half_l1(u, empty),
        TV(_U_OTHER, _A_EMPTY): half_l1(other, empty),
    }


def _t15_says(factor: Any) -> Any:
    return sp.Le(TV(_U_D, _U_OTHER), factor * sp.Max(TV(_U_D, _A_EMPTY), TV(_U_OTHER, _A_EMPTY)))


_T15_SAYS = Sentence(_t15_says(sp.Integer(2)))


def _copies_stay(learner: FiniteLearner, world: World) -> Iterator[Case]:
    """P_S is (k/m)·N + (1 − k/m)·P_F, N the law of a copy drawn at random, which P_F never publishes."""
    kept = Counter(world.data) - Counter(world.forget)
    copies = Counter(world.behaviour) - Counter(world.forget)
    untrained, unlearned = references(learner, world)
    apart = not set(copies) & set((kept - copies).elements()) and copies.total() < kept.total()
    yield {
        _APART: apart,
        _COPIES: copies.total(),
        _ROWS: kept.total(),
        _ALL: len(world.data),
        TV(P_S, P_F): events_gap(untrained, unlearned),
    }


def _t16_says(rows: Any) -> Any:
    return sp.Eq(rows * TV(P_S, P_F), _COPIES)


_T16_SAYS = Sentence(_t16_says(_ROWS), given=_APART, names={_APART: r"\text{copies apart from the rest}"})


class OneRow(Entry):
    """TV(A(D_{j−1}), A(D_j)): what one row does."""

    def _latex(self, printer: Any) -> str:
        return r"\mathrm{TV}(A(D_{j-1}), A(D_j))"


def _overshoot(learner: FiniteLearner, world: World) -> Iterator[Case]:
    """The triangle inequality of TV along A(D₀), …, A(D_k), whose ends are P_S and P_F."""
    surplus = without(world.behaviour, world.forget)
    kept = [without(world.data, multiset((*world.forget, *surplus[:n]))) for n in range(len(surplus) + 1)]
    steps = [exact_total_variation(learner.law(a), learner.law(b)) for a, b in pairwise(kept)]
    untrained, unlearned = references(learner, world)
    yield {TV(P_S, P_F): events_gap(untrained, unlearned), OneRow: steps, _COUNT: len(steps)}


def _f9_says(last: Any) -> Any:
    return sp.Le(TV(P_S, P_F), sp.Sum(OneRow(_STEP), (_STEP, 1, last)))


_F9_SAYS = Sentence(_f9_says(_COUNT), ranges=(sp.Ge(_COUNT, 0),), sharp=sp.Gt(_COUNT, 1))


def _who_knows(learner: FiniteLearner, world: World) -> Iterator[Case]:
    """U is given B with S, and retrains on the rows of D outside B: its law is P_F, whatever S is."""
    behaviour = frozenset(world.behaviour)
    knowing = FiniteRemover("knows B", lambda m, s, d: learner.law(tuple(x for x in d if x not in behaviour)))
    whole = multiset([x for x in world.data if x in behaviour])
    _, target = references(learner, World(world.data, world.forget, whole))
    laws = (removed_law(learner, u, world.data, world.forget) for u in (knowing, retrain(learner)))
    yield {TV(name, P_F): exact_total_variation(law, target) for name, law in zip((P_U, P_S), laws, strict=True)}


_F12B_SAYS = Sentence(sp.Eq(TV(P_U, P_F), 0))

_T1, _T15 = (OverLaws(measure, TRIPLES, EACH, "P_U P_S P_F") for measure in (_coincidence, _everything))
_T4, _F9, _F12B = map(OverWorlds, (_nothing_done, _overshoot, _who_knows))
_T16 = OverWorlds(_copies_stay, LEARNERS[:1])
EACH_WORLD = len(LEARNERS) * count_worlds(3, 4)
"""Worlds of the whole scope, for all learners together."""

REFERENCES = (
    Theorem(
        id="T1",
        title="the two notions differ by τ at most, and coincide where S = S_full",
        statement=_T1_SAYS,
        twin_statement=_T1_SAYS.but(_t1_says(sp.Integer(2))),
        hypotheses="τ = TV(P_S, P_F), 0 for S = S_full; attained by exact untraining, so that the two demands agree "
        "on every "
        "remover just where τ = 0",
        status="read",
        source=f"{cite('triantafillou2026')}, remark 4; proof in {place(_coincidence)}",
        kind="exhaustive",
        scope=_T1.scope,
        size=_T1.size,
        search=_T1,
        solver=EVENT,
    ),
    Theorem(
        id="T4",
        title="when doing nothing conforms",
        statement=_T4_SAYS,
        twin_statement=_T4_SAYS.but(_t4_says(sp.Gt)),
        hypotheses="P either reference; any learner",
        status="derived",
        source=f"proof in {place(_nothing_done)}",
        kind="exhaustive",
        scope=_T4.scope + "; both references, δ ∈ {1/4, the distance itself}",
        size=4 * EACH_WORLD,
        search=_T4,
    ),
    Theorem(
        id="T15",
        title="where the behaviour is everything, nothing of D may remain",
        statement=_T15_SAYS,
        twin_statement=_T15_SAYS.but(_t15_says(sp.Integer(1))),
        hypotheses="D, D′ ⊆ B, U_D the law of U(A(D), S, D): δ-unlearning of both leaves them 2δ apart, however far "
        "A(D) is from "
        "A(D′)",
        status="derived",
        source=f"proof in {place(_everything)}",
        kind="exhaustive",
        scope=_T15.scope,
        size=_T15.size,
        search=_T15,
        solver=EVENT,
    ),
    Theorem(
        id="T16",
        title="copies that stay: how far exact untraining is from unlearning",
        statement=_T16_SAYS,
        twin_statement=_T16_SAYS.but(_t16_says(_ALL)),
        hypotheses="A publishes one row of what it is trained on, drawn at random; k rows of S_full stay among the "
        "m of D∖S, none "
        "of them equal to one outside S_full, k < m: then τ = k/m",
        status="derived",
        source=f"proof in {place(_copies_stay)}; the question of {cite('xu2026')}",
        kind="exhaustive",
        scope=_T16.scope,
        size=count_worlds(3, 4),
        search=_T16,
    ),
    Theorem(
        id="F9",
        title="over-forgetting is bounded by the rows taken beyond S",
        statement=_F9_SAYS,
        twin_statement=_F9_SAYS.but(_f9_says(_COUNT - 1)),
        hypotheses="D₀ = D∖S, D_j = D_{j−1} without the j-th of the k rows of S_full∖S, in any order: τ is at most "
        "the sum of "
        "their one-row influences",
        status="ours",
        source=f"proof in {place(_overshoot)}",
        kind="exhaustive",
        scope=_F9.scope,
        size=EACH_WORLD,
        search=_F9,
    ),
    Theorem(
        id="F12b",
        title="unlearning-dataset-2 can be met, exactly",
        statement=_F12B_SAYS,
        twin_statement=_F12B_SAYS.but(sp.Eq(TV(P_S, P_F), 0)),
        hypotheses="U knows B, S is any part of D ∩ B, P_U the law of A on the rows of D outside B; the twin is "
        "exact untraining",
        status="ours",
        source=f"proof in {place(_who_knows)}",
        kind="exhaustive",
        scope=_F12B.scope,
        size=EACH_WORLD,
        search=_F12B,
    ),
)
