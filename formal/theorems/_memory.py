"""T9, T10, F10: memorisation scores, single and group, against what retraining does."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from typing import Any

from ..catalogue._bibliography import cite
from ..laws._finite_closeness import delta_between
from ..laws._finite_learners import Dataset, FiniteLearner, memorisation, multiset, without
from ..laws._worlds import World
from ._base import Case, Theorem, place
from ._over_laws import GAMMAS
from ._over_worlds import LABELS, NEIGHBOUR, OverWorlds, events_gap


def _vote(data: Dataset, row: Any) -> Fraction:
    # 1-NN by hand, no law built: the share of `row`'s label among the nearest rows.
    if not data:
        return Fraction(1, len(LABELS))
    nearest = min(abs(x - row[0]) for x, _ in data)
    labels = [y for x, y in data if abs(x - row[0]) == nearest]
    return Fraction(labels.count(row[1]), len(labels))


def _scores(learner: FiniteLearner, world: World) -> Iterator[Case]:
    rows = tuple(dict.fromkeys(world.forget))
    kept = without(world.data, world.forget)
    yield Case(
        group=all(memorisation(learner, world.data, world.forget, row) == 0 for row in rows),
        single=all(memorisation(learner, world.data, (row,), row) == 0 for row in rows),
        changed=any(_vote(world.data, row) != _vote(kept, row) for row in rows),
    )


def _t9(c: Case) -> Any:
    """The group score is Pr_{A(D)}[f(x_i) = y_i] − Pr_{A(D∖S)}[f(x_i) = y_i]: it is 0 just where the two agree.

    The score of i alone leaves the rest of S in: where that holds a copy of i, it says nothing about D∖S.
    """
    return not (c.group and c.changed)


def _t9_twin(c: Case) -> Any:
    return not (c.single and c.changed)


def _scores_and_laws(learner: FiniteLearner, world: World) -> Iterator[Case]:
    original, reference = learner.law(world.data), learner.law(without(world.data, world.forget))
    distance = events_gap(original, reference)
    for row in dict.fromkeys(world.forget):
        score = abs(memorisation(learner, world.data, world.forget, row))
        for gamma in GAMMAS:
            delta = delta_between(original, reference, gamma=gamma)
            yield Case(row=str(row), score=score, gamma=gamma, delta=delta, distance=distance)


def _t10(c: Case) -> Any:
    """R = {f : f(x_i) = y_i} is an event and the score is P_D(R) − P_S(R): at most TV(P_D, P_S), which T13b bounds."""
    return c.score <= c.distance and c.score * (c.gamma + 1) <= c.gamma - 1 + 2 * c.delta


def _t10_twin(c: Case) -> Any:
    return c.score <= c.distance and c.score * (c.gamma + 1) <= c.gamma - 1 + 1 * c.delta


def _telescope(learner: FiniteLearner, world: World) -> Iterator[Case]:
    left = [without(world.data, multiset(world.forget[:n])) for n in range(len(world.forget) + 1)]
    for row in dict.fromkeys(world.forget):
        removed = zip(pairwise(left), world.forget, strict=True)
        yield Case(
            row=str(row),
            group=memorisation(learner, world.data, world.forget, row),
            along=[memorisation(learner, before, (taken,), row) for (before, _), taken in removed],
            apart=[memorisation(learner, world.data, (taken,), row) for taken in world.forget],
        )


def _f10(c: Case) -> Any:
    """Each term is Pr[f(x_i) = y_i] under A(D_{j−1}) less that under A(D_j): in the sum all but the ends cancel."""
    return c.group == sum(c.along)


def _f10_twin(c: Case) -> Any:
    return c.group == sum(c.apart)


_T9 = OverWorlds(_scores, (NEIGHBOUR,))
_T10, _F10 = OverWorlds(_scores_and_laws), OverWorlds(_telescope)

MEMORY = (
    Theorem(
        id="T9",
        title="group memorisation decides whether retraining changes S",
        statement_latex=r"\mathrm{mem}(A,D,S,i) = 0\ \forall i \in S \Rightarrow "
        r"\Pr_{A(D \setminus S)}[f(x_i)=y_i] = \Pr_{A(D)}[f(x_i)=y_i]\ \forall i \in S",
        hypotheses="1-NN, votes counted by hand. The twin is the leave-one-out argument of 2604.07962: "
        "its counterexample is a set of mutual duplicates",
        status="derived",
        source=f"proof in {place(_t9)}; against an argument of {cite('triantafillou2026')}",
        kind="exhaustive",
        scope=_T9.scope,
        search=_T9,
        claim=_t9,
        twin_latex=r"\mathrm{mem}(A,D,\{i\},i) = 0\ \forall i \in S \Rightarrow \ldots",
        twin_claim=_t9_twin,
    ),
    Theorem(
        id="T10",
        title="group memorisation refutes the no-op",
        statement_latex=r"|\mathrm{mem}(A,D,S,i)| \le \mathrm{TV}(P_D, P_S),\quad "
        r"P_D \approx_{\varepsilon,\delta} P_S "
        r"\Rightarrow |\mathrm{mem}(A,D,S,i)| \le \frac{e^\varepsilon - 1 + 2\delta}{e^\varepsilon + 1}",
        hypotheses="any learner; e^ε ∈ {1, 3/2, 2, 3} with δ the exact distance there",
        status="derived",
        source=f"proof in {place(_t10)}",
        kind="exhaustive",
        scope=_T10.scope,
        search=_T10,
        claim=_t10,
        twin_latex=r"|\mathrm{mem}(A,D,S,i)| \le \frac{e^\varepsilon - 1 + \delta}{e^\varepsilon + 1}",
        twin_claim=_t10_twin,
    ),
    Theorem(
        id="F10",
        title="group memorisation telescopes along a chain of deletions",
        statement_latex=r"\mathrm{mem}(A,D,S,i) = \sum_j \mathrm{mem}(A, D_{j-1}, \{s_j\}, i),\ "
        r"D_j = D_{j-1} \setminus s_j",
        hypotheses="S = {s₁, …, s_k} in any order; leave-one-out at the full D does not add up (twin)",
        status="ours",
        source=f"proof in {place(_f10)}",
        kind="exhaustive",
        scope=_F10.scope,
        search=_F10,
        claim=_f10,
        twin_latex=r"\mathrm{mem}(A,D,S,i) = \sum_j \mathrm{mem}(A, D, \{s_j\}, i)",
        twin_claim=_f10_twin,
    ),
)
