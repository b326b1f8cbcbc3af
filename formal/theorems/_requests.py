"""T6b, T7a, T8b: several requests, or several behaviours behind one request, in every small world."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from ..laws._finite import Law, push
from ..laws._finite_closeness import exact_total_variation
from ..laws._finite_learners import (
    Dataset,
    FiniteLearner,
    full_deletion,
    identity,
    mixed,
    multiset,
    removed_law,
    retrain,
    without,
)
from ..laws._worlds import World, sub_multisets
from ._base import Case, Theorem, place
from ._over_worlds import OverWorlds, events_gap
from ._references import references


def _other_requests(learner: FiniteLearner, world: World) -> Iterator[Case]:
    removers = full_deletion(learner, world.behaviour), retrain(learner)
    unlearned, untrained = (removed_law(learner, remover, world.data, world.forget) for remover in removers)
    for other in sub_multisets(world.behaviour):
        again = [removed_law(learner, remover, world.data, other) for remover in removers]
        yield Case(other=str(other), unlearned=unlearned == again[0], untrained=untrained == again[1])


def _t6b(c: Case) -> Any:
    """The law is that of A(D∖S_full), in which S does not occur; exact untraining's is that of A(D∖S)."""
    return c.unlearned


def _t6b_twin(c: Case) -> Any:
    return c.untrained


def _two_calls(learner: FiniteLearner, world: World) -> Iterator[Case]:
    first = world.forget
    second = without(world.behaviour, first)
    once = removed_law(learner, retrain(learner), world.data, first)

    def then(data: Dataset) -> Law:
        return push(once, lambda model: retrain(learner).law(model, second, data))

    yield Case(
        then=then,
        data=world.data,
        remaining=without(world.data, first),
        together=references(learner, world)[1],
    )


def _t7a(c: Case) -> Any:
    """The first call leaves a model with the law of A(D∖S₁). The second is exact at the dataset D∖S₁.

    So it makes of that law the one of A((D∖S₁)∖S₂), and (D∖S₁)∖S₂ = D∖(S₁∪S₂).
    """
    return c.then(c.remaining) == c.together


def _t7a_twin(c: Case) -> Any:
    return c.then(c.data) == c.together


def _two_behaviours(learner: FiniteLearner, world: World) -> Iterator[Case]:
    first = full_deletion(learner, world.behaviour)
    target = learner.law(without(world.data, world.behaviour))
    for rest in sub_multisets(without(world.data, world.forget)):
        behaviour = multiset((*world.forget, *rest))
        second, other = full_deletion(learner, behaviour), learner.law(without(world.data, behaviour))
        apart = events_gap(target, other)
        for remover in (identity(), retrain(learner), first, mixed(Fraction(1, 2), first, second)):
            law = removed_law(learner, remover, world.data, world.forget)
            gaps = [exact_total_variation(law, reference) for reference in (target, other)]
            for delta in (Fraction(0), Fraction(1, 4), apart / 2):
                both = max(gaps) <= delta
                yield Case(second=str(behaviour), remover=remover.name, delta=delta, apart=apart, both=both)


def _t8b(c: Case) -> Any:
    """U sees A(D), S and D, which are the same for both behaviours, so that P_U is one law; and T8a."""
    return not (c.both and c.apart > 2 * c.delta)


def _t8b_twin(c: Case) -> Any:
    return not (c.both and c.apart > 1 * c.delta)


_T6B, _T7A, _T8B = OverWorlds(_other_requests), OverWorlds(_two_calls), OverWorlds(_two_behaviours, rows=3)

REQUESTS = (
    Theorem(
        id="T6b",
        title="exact unlearning ignores which part of the behaviour was named",
        statement_latex=r"S, S' \subseteq S_{\mathrm{full}} \Rightarrow "
        r"\mathrm{law}\,U(A(D),S,D) = \mathrm{law}\,U(A(D),S',D)",
        hypotheses="U exact unlearning (full deletion); untraining has no such property, as the twin shows",
        status="derived",
        source=f"proof in {place(_t6b)}",
        kind="exhaustive",
        scope=_T6B.scope + "; every S′",
        search=_T6B,
        claim=_t6b,
        twin_latex=r"\text{the same for exact untraining}",
        twin_claim=_t6b_twin,
    ),
    Theorem(
        id="T7a",
        title="sequences, exact",
        statement_latex=r"U(U(A(D),S_1,D),\ S_2,\ D \setminus S_1) \sim A(D \setminus (S_1 \cup S_2))",
        hypotheses="U exact untraining; S₁ = S, S₂ = S_full ∖ S, every disjoint pair. S₂ = ∅: idempotence",
        status="derived",
        source=f"proof in {place(_t7a)}",
        kind="exhaustive",
        scope=_T7A.scope,
        search=_T7A,
        claim=_t7a,
        twin_latex=r"U(U(A(D),S_1,D),\ S_2,\ D) \sim A(D \setminus (S_1 \cup S_2))",
        twin_claim=_t7a_twin,
    ),
    Theorem(
        id="T8b",
        title="one remover cannot serve two behaviours that share S",
        statement_latex=r"\mathrm{TV}(F_1, F_2) > 2\delta \Rightarrow "
        r"\neg\left(P_U \approx_{0,\delta} F_1 \wedge P_U \approx_{0,\delta} F_2\right)",
        hypotheses="S ⊆ S₁_full ∩ S₂_full; δ ∈ {0, 1/4, half the distance}",
        status="derived",
        source=f"proof in {place(_t8b)}",
        kind="exhaustive",
        scope=_T8B.scope + "; every second full set; four removers",
        search=_T8B,
        claim=_t8b,
        twin_latex=r"\mathrm{TV}(F_1, F_2) > \delta \Rightarrow \neg(\ldots)",
        twin_claim=_t8b_twin,
    ),
)
