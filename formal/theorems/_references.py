"""T1, T4, T15, T16, F9: one request against the two references, in every small world."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from typing import Any

from ..catalogue._bibliography import cite
from ..laws._finite import Law
from ..laws._finite_closeness import delta_between, exact_total_variation, exactly_indistinguishable
from ..laws._finite_learners import (
    FiniteLearner,
    FiniteRemover,
    full_deletion,
    identity,
    mixed,
    multiset,
    removed_law,
    retrain,
    without,
)
from ..laws._worlds import World
from ._base import Case, Theorem, place
from ._over_worlds import OverWorlds, events_gap

_GAMMAS = (Fraction(1), Fraction(2))


def _removers(learner: FiniteLearner, world: World) -> tuple[FiniteRemover, ...]:
    exact, full = retrain(learner), full_deletion(learner, world.behaviour)
    return identity(), exact, full, mixed(Fraction(1, 2), identity(), full)


def references(learner: FiniteLearner, world: World) -> tuple[Law, Law]:
    """P_S and P_F, the rows subtracted by counting: no code shared with `without`."""
    kept = (Counter(world.data) - Counter(rows) for rows in (world.forget, world.behaviour))
    untrained, unlearned = (learner.law(multiset(list(rows.elements()))) for rows in kept)
    return untrained, unlearned


def _coincidence(learner: FiniteLearner, world: World) -> Iterator[Case]:
    s_rows, full_rows = Counter(world.forget), Counter(world.behaviour)
    untrained, unlearned = learner.law(without(world.data, world.forget)), references(learner, world)[1]
    for remover in _removers(learner, world):
        law = removed_law(learner, remover, world.data, world.forget)
        for gamma in _GAMMAS:
            yield Case(
                remover=remover.name,
                gamma=gamma,
                forget=s_rows,
                behaviour=full_rows,
                untraining=delta_between(law, untrained, gamma=gamma),
                unlearning=delta_between(law, unlearned, gamma=gamma),
            )


def _t1(c: Case) -> Any:
    return not (c.untraining != c.unlearning and c.forget == c.behaviour)


def _t1_twin(c: Case) -> Any:
    return not (c.untraining != c.unlearning and c.forget <= c.behaviour)


def _nothing_done(learner: FiniteLearner, world: World) -> Iterator[Case]:
    law = removed_law(learner, identity(), world.data, world.forget)
    for reference in references(learner, world):
        distance = events_gap(learner.law(world.data), reference)
        for delta in (Fraction(0), Fraction(1, 4), Fraction(1, 2), distance):
            conforms = exactly_indistinguishable(law, reference, gamma=1, delta=delta)
            yield Case(conforms=conforms, delta=delta, distance=distance)


def _t4(c: Case) -> Any:
    """U = id leaves P_U = P_D, and ≈ at ε = 0 asks that |P_D(R) − P(R)| ≤ δ for every event R: that TV(P_D, P) ≤ δ."""
    return c.conforms == (c.delta >= c.distance)


def _t4_twin(c: Case) -> Any:
    return c.conforms == (c.delta > c.distance)


def _edges(learner: FiniteLearner, world: World) -> Iterator[Case]:
    law = removed_law(learner, identity(), world.data, world.forget)
    untrained, unlearned = references(learner, world)
    yield Case(
        forget=world.forget,
        everything=world.behaviour == world.data,
        untraining=exact_total_variation(law, untrained),
        unlearning=exact_total_variation(law, unlearned),
        target=removed_law(learner, full_deletion(learner, world.behaviour), world.data, world.forget),
        blank=learner.law(()),
    )


def _t15(c: Case) -> Any:
    """D∖∅ = D, so that P_S = P_D is what id leaves; and D∖S_full = ∅ when S_full = D."""
    return (bool(c.forget) or c.untraining == 0) and (not c.everything or c.target == c.blank)


def _t15_twin(c: Case) -> Any:
    return (bool(c.forget) or c.unlearning == 0) and (not c.everything or c.target == c.blank)


def _copies_stay(learner: FiniteLearner, world: World) -> Iterator[Case]:
    law = removed_law(learner, retrain(learner), world.data, world.forget)
    untrained, unlearned = references(learner, world)
    yield Case(
        untraining=exact_total_variation(law, untrained),
        unlearning=exact_total_variation(law, unlearned),
        tau=events_gap(untrained, unlearned),
    )


def _t16(c: Case) -> Any:
    """Retraining on D∖S has the law P_S by definition, and TV(P_S, P_F) is τ by definition."""
    return c.untraining == 0 and c.unlearning == c.tau


def _t16_twin(c: Case) -> Any:
    return c.untraining == 0 and c.unlearning == 0


def _overshoot(learner: FiniteLearner, world: World) -> Iterator[Case]:
    surplus = without(world.behaviour, world.forget)
    kept = [without(world.data, multiset((*world.forget, *surplus[:n]))) for n in range(len(surplus) + 1)]
    steps = [exact_total_variation(learner.law(a), learner.law(b)) for a, b in pairwise(kept)]
    untrained, unlearned = references(learner, world)
    yield Case(distance=events_gap(untrained, unlearned), steps=(Fraction(0), *steps))


def _f9(c: Case) -> Any:
    """The triangle inequality of TV along A(D₀), …, A(D_k), whose ends are P_S and P_F."""
    return c.distance <= sum(c.steps)


def _f9_twin(c: Case) -> Any:
    return c.distance <= max(c.steps)


_T1, _T4, _T15, _T16, _F9 = map(OverWorlds, (_coincidence, _nothing_done, _edges, _copies_stay, _overshoot))

REFERENCES = (
    Theorem(
        id="T1",
        title="coincidence",
        statement_latex=r"S = S_{\mathrm{full}} \Rightarrow \delta(P_U, P_S) = \delta(P_U, P_F)",
        hypotheses="any learner, any remover, γ ∈ {1, 2}; so the two predicates give one verdict",
        status="read",
        source=f"{cite('triantafillou2026')}, remark 4",
        kind="exhaustive",
        scope=_T1.scope + "; four removers",
        search=_T1,
        claim=_t1,
        twin_latex=r"S \subseteq S_{\mathrm{full}} \Rightarrow \delta(P_U, P_S) = \delta(P_U, P_F)",
        twin_claim=_t1_twin,
    ),
    Theorem(
        id="T4",
        title="when doing nothing conforms",
        statement_latex=r"U = \mathrm{id} \Rightarrow \left(P_U \approx_{0,\delta} P \iff "
        r"\delta \ge \mathrm{TV}(P_D, P)\right),\ P \in \{P_S, P_F\}",
        hypotheses="any learner",
        status="derived",
        source=f"proof in {place(_t4)}",
        kind="exhaustive",
        scope=_T4.scope + "; δ ∈ {0, 1/4, 1/2, the distance itself}",
        search=_T4,
        claim=_t4,
        twin_latex=r"P_U \approx_{0,\delta} P \iff \delta > \mathrm{TV}(P_D, P)",
        twin_claim=_t4_twin,
    ),
    Theorem(
        id="T15",
        title="edge cases",
        statement_latex=r"S = \emptyset \Rightarrow \mathrm{id}\text{ untrains exactly};\quad "
        r"S_{\mathrm{full}} = D \Rightarrow P_F = \mathrm{law}\,A(\emptyset)",
        hypotheses="any learner with a law on the empty dataset",
        status="derived",
        source=f"proof in {place(_t15)}",
        kind="exhaustive",
        scope=_T15.scope,
        search=_T15,
        claim=_t15,
        twin_latex=r"S = \emptyset \Rightarrow \mathrm{id}\text{ unlearns exactly}",
        twin_claim=_t15_twin,
    ),
    Theorem(
        id="T16",
        title="copies that stay",
        statement_latex=r"U = \text{retrain on } D \setminus S \Rightarrow \mathrm{TV}(P_U, P_S) = 0,\ "
        r"\mathrm{TV}(P_U, P_F) = \tau",
        hypotheses="copies or relatives of S in S_full ∖ S stay in the training set",
        status="derived",
        source=f"proof in {place(_t16)}; the question of {cite('xu2026')}",
        kind="exhaustive",
        scope=_T16.scope,
        search=_T16,
        claim=_t16,
        twin_latex=r"U = \text{retrain on } D \setminus S \Rightarrow \mathrm{TV}(P_U, P_F) = 0",
        twin_claim=_t16_twin,
    ),
    Theorem(
        id="F9",
        title="over-forgetting is bounded by the rows taken beyond S",
        statement_latex=r"\mathrm{TV}(P_S, P_F) \le \sum_{j=1}^{k} \mathrm{TV}(A(D_{j-1}), A(D_j)),\ "
        r"D_0 = D \setminus S,\ D_j = D_{j-1} \setminus i_j",
        hypotheses="i₁ … i_k the rows of S_full ∖ S in any order: τ is at most their one-row influences",
        status="ours",
        source=f"proof in {place(_f9)}",
        kind="exhaustive",
        scope=_F9.scope,
        search=_F9,
        claim=_f9,
        twin_latex=r"\mathrm{TV}(P_S, P_F) \le \max_j \mathrm{TV}(A(D_{j-1}), A(D_j))",
        twin_claim=_f9_twin,
    ),
)
