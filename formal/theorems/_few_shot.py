"""F20, F21: what a few rows of S tell of the behaviour, from both sides."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations, permutations, product
from math import factorial
from typing import Any

from ..catalogue._bibliography import cite
from ._base import Case, Theorem, place
from ._distances import U, law_theorem
from ._over_cases import OverCases
from ._over_laws import EACH, Gammas, Grid, Laws, OverLaws, best_event, half_l1
from ._sentence import Sentence
from ._sympy import sp
from ._terms import TVD as TV
from ._terms import laws

_ROWS, _RANK = sp.symbols("n k", integer=True, positive=True)
_RECALL = sp.Symbol("recall", nonnegative=True)
_RECALL_NAMES = {_RECALL: r"\Pr[\text{taken in}]"}


def _orders() -> Iterator[tuple[str, Case]]:
    """Among n + 1 scores at least k have fewer than k below them: k of those below the least that has not are such.

    Exchangeable scores are at any of the n + 1 places alike, the one more among them.
    """
    for rows in (1, 2, 3):
        for scores in product(range(rows + 1), repeat=rows + 1):
            for rank in range(1, rows + 2):
                taken = sum(_taken(order, rank) for order in permutations(scores))
                recall = Fraction(taken, factorial(rows + 1))
                words = f"scores {scores} in a random order, k = {rank}"
                yield words, {_ROWS: rows, _RANK: rank, _RECALL: recall}


def _taken(order: tuple[int, ...], rank: int) -> bool:
    # All but the last calibrate; the k-th smallest of them is the threshold, none where there are fewer.
    *calibration, new = order
    return rank > len(calibration) or new <= sorted(calibration)[rank - 1]


def _f20_says(rank: Any) -> Any:
    return sp.Le(rank, (_ROWS + 1) * _RECALL)


_F20_SAYS = Sentence(
    _f20_says(_RANK),
    ranges=(sp.Ge(_RANK, 1), sp.Le(_RANK, _ROWS + 1)),
    sharp=sp.Le(_RANK, _ROWS),
    names=_RECALL_NAMES,
)

_CANDIDATES = laws("F_1 F_2 F_3")


def _explained(laws: Laws, gammas: Gammas) -> Case:
    """Σᵢ min(u, pᵢ) ≤ u + Σ_{i<j} min(pᵢ, pⱼ) at each outcome, one candidate added at a time; 1 − TV sums min."""
    published, *references = laws
    gaps = {TV(U, name): half_l1(published, law) for name, law in zip(_CANDIDATES, references, strict=True)}
    pairs = combinations(zip(_CANDIDATES, references, strict=True), 2)
    return gaps | {TV(a, b): best_event(p, q, 1.0) for (a, p), (b, q) in pairs}


def _f21_says(room: Any) -> Any:
    published = sum(1 - TV(U, name) for name in _CANDIDATES)
    return sp.Le(published, room + sum(1 - TV(a, b) for a, b in combinations(_CANDIDATES, 2)))


_F21_SAYS = Sentence(_f21_says(1))
_F21 = OverLaws(_explained, ((Grid(2, 4),) * 4, (Grid(3, 4),) * 4), EACH, "U F₁ F₂ F₃")

FEW_SHOT = (
    Theorem(
        id="F20",
        title="conformal expansion of S misses no more than it says",
        statement=_F20_SAYS,
        twin_statement=_F20_SAYS.but(_f20_says(_RANK + 1)),
        hypotheses="scores of the n rows of S and of one more row with the behaviour, exchangeable; it is taken in at "
        "the k-th smallest score of S or below. With k = ⌈(1 − a)(n + 1)⌉ it is missed with chance a at most; for "
        "n < 1/a − 1 everything is taken in. Attained by scores without ties",
        status="textbook",
        source=f"conformal prediction, {cite('angelopoulos2021')}, not read for this; proof in {place(_orders)}",
        kind="exhaustive",
        scope="n ∈ {1, 2, 3}, all scores up to their order, ties included, all orders, all k",
        size=sum((n + 1) ** (n + 1) * (n + 1) for n in (1, 2, 3)),
        search=OverCases(_orders),
    ),
    law_theorem(
        _F21,
        None,
        id="F21",
        title="S must rule out all behaviours but one",
        statement=_F21_SAYS,
        twin_statement=_F21_SAYS.but(_f21_says(0)),
        hypotheses="F₁, F₂, F₃ the references of behaviours that all explain S, U what is published whichever it is; "
        "in Coq any number of them. Of N whose references are apart one is missed by 1 − 1/N, as by guessing: S "
        "identifies B within a class just where no other member contains it",
        status="ours",
        source=f"proof in {place(_explained)}",
    ),
)
