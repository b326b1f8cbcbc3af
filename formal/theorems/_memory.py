"""T9, T10, F10: memorisation scores, single and group, against what retraining does."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from typing import Any

from ..catalogue._bibliography import cite
from ..laws._finite_closeness import delta_between
from ..laws._finite_learners import FiniteLearner, memorisation, multiset, without
from ..laws._worlds import World, count_worlds
from ._base import EVENT, Case, Theorem, place
from ._distances import AT_LEAST_1, P_S
from ._over_cases import OverCases
from ._over_laws import GAMMAS
from ._over_worlds import LABELS, LEARNERS, NEIGHBOUR, OverWorlds, events_gap
from ._references import P_D
from ._sentence import Sentence
from ._sympy import sp
from ._terms import GAMMA, Chance, D, EventSymbol
from ._terms import TVD as TV
from ._terms import Listed as Entry

_SINGLE, _GROUP = sp.symbols("single group")
_SCORES = {_SINGLE: r"\mathrm{mem}(A,D,\{i\},i)", _GROUP: r"\mathrm{mem}(A,D,S,i)"}
_STEP, _SIZE = sp.Symbol("j", integer=True), sp.Symbol("k", integer=True)
_RIGHT = EventSymbol("i")


def _duplicates() -> Iterator[tuple[str, Case]]:
    """Copies of a row, a neighbour of another label behind them: with one copy left, 1-NN still has its label.

    With none left the neighbour decides: every single score is 0, and the score of S = all copies is 1.
    """
    for copies in range(2, 7):
        for wrong, right in (LABELS, LABELS[::-1]):
            row = (0, wrong)
            data = multiset([row] * copies + [(1, right)])
            single = memorisation(NEIGHBOUR, data, (row,), row)
            group = _vote(list(data), row) - _vote([x for x in data if x != row], row)
            yield f"D = {data}, S = the {copies} copies of {row}", {_SINGLE: single, _GROUP: group}


def _vote(data: list[Any], row: Any) -> Fraction:
    # 1-NN by hand, no law built: the share of `row`'s label among the nearest rows.
    nearest = min(abs(x - row[0]) for x, _ in data)
    labels = [y for x, y in data if abs(x - row[0]) == nearest]
    return Fraction(labels.count(row[1]), len(labels))


def _t9_says(group: Any) -> Any:
    return sp.And(sp.Eq(_SINGLE, 0), sp.Eq(_GROUP, group))


_T9_SAYS = Sentence(_t9_says(1), names=_SCORES)


def _scores_and_laws(learner: FiniteLearner, world: World) -> Iterator[Case]:
    """R = {f : f(x_i) = y_i} is an event and the score is P_D(R) − P_S(R): at most TV(P_D, P_S), which T13b bounds."""
    original, reference = learner.law(world.data), learner.law(without(world.data, world.forget))
    distance = events_gap(original, reference)
    for row in dict.fromkeys(world.forget):
        chances = (law.probability(lambda h, row=row: learner.correct(h, row)) for law in (original, reference))
        named = dict(zip((Chance(P_D, _RIGHT), Chance(P_S, _RIGHT)), chances, strict=True))
        for gamma in map(Fraction, GAMMAS):
            delta = delta_between(original, reference, gamma=gamma)
            yield named | {GAMMA: gamma, D(P_D, P_S, GAMMA): delta, TV(P_D, P_S): distance}


def _t10_says(factor: int) -> Any:
    score = sp.Abs(Chance(P_D, _RIGHT) - Chance(P_S, _RIGHT))
    bound = GAMMA - 1 + factor * D(P_D, P_S, GAMMA)
    return sp.And(sp.Le(score, TV(P_D, P_S)), sp.Le((GAMMA + 1) * score, bound))


_T10_SAYS = Sentence(_t10_says(2), ranges=(AT_LEAST_1,), names={_RIGHT: r"f(x_i) = y_i"})


class Along(Entry):
    """mem(A, D_{j−1}, {s_j}, i): the score as rows leave one after the other."""

    def _latex(self, printer: Any) -> str:
        return r"\mathrm{mem}(A, D_{j-1}, \{s_j\}, i)"


class Apart(Entry):
    """mem(A, D, {s_j}, i): the score of each row at the whole of D."""

    def _latex(self, printer: Any) -> str:
        return r"\mathrm{mem}(A, D, \{s_j\}, i)"


def _telescope(learner: FiniteLearner, world: World) -> Iterator[Case]:
    """Each term is Pr[f(x_i) = y_i] under A(D_{j−1}) less that under A(D_j): in the sum all but the ends cancel."""
    left = [without(world.data, multiset(world.forget[:n])) for n in range(len(world.forget) + 1)]
    for row in dict.fromkeys(world.forget):
        removed = zip(pairwise(left), world.forget, strict=True)
        yield {
            _SIZE: len(world.forget),
            _GROUP: memorisation(learner, world.data, world.forget, row),
            Along: [memorisation(learner, before, (taken,), row) for (before, _), taken in removed],
            Apart: [memorisation(learner, world.data, (taken,), row) for taken in world.forget],
        }


def _f10_says(score: Any) -> Any:
    return sp.Eq(_GROUP, sp.Sum(score(_STEP), (_STEP, 1, _SIZE)))


_F10_SAYS = Sentence(_f10_says(Along), names=_SCORES)

# A world and a row of its S: the row, and any world of one row less, the empty one too.
_EACH_ROW = len(LEARNERS) * 3 * (1 + count_worlds(3, 3))
_T9, _T10, _F10 = OverCases(_duplicates), OverWorlds(_scores_and_laws), OverWorlds(_telescope)

MEMORY = (
    Theorem(
        id="T9",
        title="leave-one-out scores say nothing of a group",
        statement=_T9_SAYS,
        twin_statement=_T9_SAYS.but(_t9_says(0)),
        hypotheses="A = 1-NN, S two or more copies of a row, behind them a neighbour of another label: no row of S "
        "is memorised, "
        "and yet deleting S turns its prediction around. The twin is the leave-one-out argument of 2604.07962",
        status="derived",
        source=f"proof in {place(_duplicates)}; against an argument of {cite('triantafillou2026')}",
        kind="exhaustive",
        scope="2 to 6 copies, either label: 10 cases",
        size=10,
        search=_T9,
    ),
    Theorem(
        id="T10",
        title="group memorisation refutes the no-op",
        statement=_T10_SAYS,
        twin_statement=_T10_SAYS.but(_t10_says(1)),
        hypotheses="any learner; mem(A, D, S, i) is the difference of the two chances, γ = e^ε",
        status="derived",
        source=f"proof in {place(_scores_and_laws)}",
        kind="exhaustive",
        scope=_T10.scope + "; γ ∈ {1, 3/2, 2, 3}, every row of S",
        size=len(GAMMAS) * _EACH_ROW,
        search=_T10,
        solver=EVENT,
    ),
    Theorem(
        id="F10",
        title="group memorisation telescopes along a chain of deletions",
        statement=_F10_SAYS,
        twin_statement=_F10_SAYS.but(_f10_says(Apart)),
        hypotheses="S = {s₁, …, s_k} in any order, D_j = D_{j−1}∖s_j; leave-one-out at the full D does not add up "
        "(twin)",
        status="ours",
        source=f"proof in {place(_telescope)}",
        kind="exhaustive",
        scope=_F10.scope + "; every row of S",
        size=_EACH_ROW,
        search=_F10,
    ),
)
