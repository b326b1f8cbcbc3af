"""T8b: two behaviours behind one request, in every small world."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import prod
from typing import Any

from ..laws._finite import mixed_law
from ..laws._finite_closeness import exact_total_variation
from ..laws._finite_learners import FiniteLearner, multiset, without
from ..laws._worlds import World, compositions, sub_multisets
from ._base import EVENT, Case, Theorem, place
from ._distances import F_1, F_2, P_U
from ._over_worlds import LEARNERS, OverWorlds, events_gap
from ._sentence import Sentence
from ._sympy import sp
from ._terms import TVD as TV

_DELTA: Any = sp.Symbol("delta", nonnegative=True)


def _two_behaviours(learner: FiniteLearner, world: World) -> Iterator[Case]:
    """U sees A(D), S and D, which are the same for both behaviours, so that P_U is one law; and T8a."""
    original, target = learner.law(world.data), learner.law(without(world.data, world.behaviour))
    for rest in sub_multisets(without(world.data, world.forget)):
        other = learner.law(without(world.data, multiset((*world.forget, *rest))))
        apart = events_gap(target, other)
        for law in (original, mixed_law((Fraction(1, 2), Fraction(1, 2)), (target, other))):
            gaps = {TV(P_U, F_1): exact_total_variation(law, target), TV(P_U, F_2): exact_total_variation(law, other)}
            for delta in (Fraction(0), apart / 2):
                yield {_DELTA: delta, TV(F_1, F_2): apart} | gaps


def _t8b_says(factor: int) -> Sentence:
    both = sp.And(sp.Le(TV(P_U, F_1), _DELTA), sp.Le(TV(P_U, F_2), _DELTA))
    return Sentence(sp.Not(both), given=sp.Gt(TV(F_1, F_2), factor * _DELTA), ranges=(sp.Ge(_DELTA, 0),))


_T8B = OverWorlds(_two_behaviours, rows=3)


def _chosen(copies: int) -> int:
    # Of so many copies of a point: those in S, and how many of the rest each of the two full sets takes.
    return sum((rest + 1) ** 2 for rest in range(copies + 1))


# One factor for each of the three points.
_SECOND_SETS = sum(prod(map(_chosen, c)) for rows in range(1, 4) for c in compositions(rows, 3))

REQUESTS = (
    Theorem(
        id="T8b",
        title="one remover cannot serve two behaviours that share S",
        statement=_t8b_says(2),
        twin_statement=_t8b_says(1),
        hypotheses="F₁, F₂ the references of two behaviours with S ⊆ D ∩ B₁ ∩ B₂; P_U the law of U(A(D), S, D)",
        status="derived",
        source=f"proof in {place(_two_behaviours)}",
        kind="exhaustive",
        scope=_T8B.scope
        + "; every second full set; doing nothing, and either reference by a coin; δ ∈ {0, half the distance}",
        size=4 * len(LEARNERS) * _SECOND_SETS,
        search=_T8B,
        solver=EVENT,
    ),
)
