"""T7b, T13a, T14, F4, F5: kernels, mixtures and products of laws."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..catalogue._bibliography import cite
from ._base import EVENT, OUTCOMES, Case, Reduction, place
from ._distances import AT_LEAST_1, BEYOND_1, BOTH_AT_LEAST_1, BOTH_BEYOND_1, P, Q, U, chained, law_theorem
from ._over_laws import (
    ONE,
    TWO,
    Gammas,
    Grid,
    Laws,
    OverLaws,
    best_both_ways,
    best_event,
    both_ways,
    positive_part,
    through,
)
from ._sentence import Sentence
from ._sympy import sp
from ._terms import GAMMA, GAMMA_1, GAMMA_2, WEIGHT, Blend, D, H, KernelSymbol, Pair, Through, laws

K = KernelSymbol("K")
_P_S, _P_BOTH = laws("P_{S_1} P_{S_1\\cup{}S_2}")
_U_1, _U_2, _P_1, _P_2, _Q_1, _Q_2 = laws("U_1 U_2 P_1 P_2 Q_1 Q_2")


def _pipeline(laws: Laws, gammas: Gammas) -> Case:
    """K is the second call, on S₂ and D∖S₁. By T13a U(A(D), S₁, D)K ≈ P_{S₁}K, at the first call's (ε₁, δ₁).

    P_{S₁}K is what the second call makes of A(D∖S₁), so that P_{S₁}K ≈ P_{S₁∪S₂} at (ε₂, δ₂). T3 joins the two.
    """
    output, retrained, target, *rows = laws
    first, second = gammas
    return {
        GAMMA_1: first,
        GAMMA_2: second,
        D(U, _P_S, GAMMA_1): both_ways(output, retrained, first),
        D(Through(_P_S, K), _P_BOTH, GAMMA_2): both_ways(through(retrained, rows), target, second),
        D(Through(U, K), _P_BOTH, GAMMA_1 * GAMMA_2): best_both_ways(through(output, rows), target, first * second),
    }


def _t7b_says(join: Any) -> Any:
    errors = D(U, _P_S, GAMMA_1), D(Through(_P_S, K), _P_BOTH, GAMMA_2)
    return sp.Le(D(Through(U, K), _P_BOTH, GAMMA_1 * GAMMA_2), chained(*errors, join))


_T7B_SAYS = Sentence(_t7b_says(sp.Max), ranges=BOTH_AT_LEAST_1, sharp=BOTH_BEYOND_1)


def _processing(laws: Laws, gammas: Gammas) -> Case:
    """For every event R, PK(R) − γQK(R) = Σ_x (p − γq)(x)·K(x, R) ≤ Σ_x (p − γq)₊(x), because 0 ≤ K ≤ 1."""
    p, q, *rows = laws
    (gamma,) = gammas
    after = best_event(through(p, rows), through(q, rows), gamma)
    return {GAMMA: gamma, H(P, Q, GAMMA): positive_part(p, q, gamma), H(Through(P, K), Through(Q, K), GAMMA): after}


def _t13a_says(relation: Any) -> Any:
    return relation(H(Through(P, K), Through(Q, K), GAMMA), H(P, Q, GAMMA))


_T13A_SAYS = Sentence(_t13a_says(sp.Le), ranges=(AT_LEAST_1,), sharp=BEYOND_1)

_CELLS: Any = sp.symbols("w_11 w_12 w_21 w_22", nonnegative=True)
_COLUMNS = Blend(_CELLS[0] + _CELLS[2], _Q_1, _CELLS[1] + _CELLS[3], _Q_2)
_ROWS = Blend(_CELLS[0] + _CELLS[1], _Q_1, _CELLS[2] + _CELLS[3], _Q_2)
_FIRST = Blend(_CELLS[0] + _CELLS[1], _P_1, _CELLS[2] + _CELLS[3], _P_2)
_PAIRS = ((_P_1, _Q_1), (_P_1, _Q_2), (_P_2, _Q_1), (_P_2, _Q_2))


def _coupling(laws: Laws, gammas: Gammas) -> Case:
    """Both marginals of π are the mixing laws, so for every event R the excess of the mixtures is a mean over π.

    E_s P_s(R) − γE_t Q_t(R) = E_π[P_s(R) − γQ_t(R)] ≤ E_π H_γ(P_s‖Q_t).
    """
    p1, p2, q1, q2, joint = laws
    (gamma,) = gammas
    w = [joint[:, [i]] for i in range(4)]  # (P₁,Q₁), (P₁,Q₂), (P₂,Q₁), (P₂,Q₂)
    p = (w[0] + w[1]) * p1 + (w[2] + w[3]) * p2
    columns, rows = (w[0] + w[2]) * q1 + (w[1] + w[3]) * q2, (w[0] + w[1]) * q1 + (w[2] + w[3]) * q2
    pairs = zip(_PAIRS, ((p1, q1), (p1, q2), (p2, q1), (p2, q2)), strict=True)
    return (
        {GAMMA: gamma, H(_FIRST, _COLUMNS, GAMMA): best_event(p, columns, gamma)}
        | {H(_FIRST, _ROWS, GAMMA): best_event(p, rows, gamma)}
        | {cell: joint[:, i] for i, cell in enumerate(_CELLS)}
        | {H(*names, GAMMA): positive_part(a, b, gamma) for names, (a, b) in pairs}
    )


def _t14_says(second: Any) -> Any:
    mean = sum(cell * H(*pair, GAMMA) for cell, pair in zip(_CELLS, _PAIRS, strict=True))
    return sp.Le(H(_FIRST, second, GAMMA), mean)


_T14_SAYS = Sentence(
    _t14_says(_COLUMNS),
    ranges=(AT_LEAST_1, *(sp.Ge(cell, 0) for cell in _CELLS), sp.Eq(sum(_CELLS), 1)),
    sharp=BEYOND_1,
)


def _either_remover(laws: Laws, gammas: Gammas) -> Case:
    """For every event R, U(R) − γP(R) is the mean of those of U₁ and U₂, and P(R) − γU(R) too: neither is above δ."""
    first, second, target, weights = laws
    (gamma,) = gammas
    mixed = weights[:, [0]] * first + weights[:, [1]] * second
    return {
        GAMMA: gamma,
        WEIGHT: weights[:, 0],
        D(_U_1, P, GAMMA): both_ways(first, target, gamma),
        D(_U_2, P, GAMMA): both_ways(second, target, gamma),
        D(_MIXED, P, GAMMA): best_both_ways(mixed, target, gamma),
    }


_MIXED = Blend(WEIGHT, _U_1, 1 - WEIGHT, _U_2)


def _f4_says(join: Any) -> Any:
    return sp.Le(D(_MIXED, P, GAMMA), join(D(_U_1, P, GAMMA), D(_U_2, P, GAMMA)))


_F4_SAYS = Sentence(
    _f4_says(sp.Max),
    ranges=(AT_LEAST_1, sp.Ge(WEIGHT, 0), sp.Le(WEIGHT, 1)),
    sharp=sp.And(BEYOND_1, sp.Gt(WEIGHT, 0), sp.Lt(WEIGHT, 1)),
)


def _releases(laws: Laws, gammas: Gammas) -> Case:
    """Outcome by outcome, min(p₁, γ₁q₁)·min(p₂, γ₂q₂) is at most p₁p₂ and at most γ₁γ₂q₁q₂.

    By F1 its sum is (1 − δ₁)(1 − δ₂), which is therefore at most Σ min(p₁p₂, γ₁γ₂q₁q₂) = 1 − H; and backwards alike.
    """
    p1, q1, p2, q2 = laws
    first, second = gammas
    joint_p, joint_q = (np.einsum("ni,nj->nij", a, b).reshape(len(a), -1) for a, b in ((p1, p2), (q1, q2)))
    both = GAMMA_1 * GAMMA_2, GAMMA_1 + GAMMA_2
    values = first * second, first + second
    return {
        GAMMA_1: first,
        GAMMA_2: second,
        D(_P_1, _Q_1, GAMMA_1): both_ways(p1, q1, first),
        D(_P_2, _Q_2, GAMMA_2): both_ways(p2, q2, second),
    } | {D(*_RELEASED, name): best_both_ways(joint_p, joint_q, g) for name, g in zip(both, values, strict=True)}


_RELEASED = Pair(_P_1, _P_2), Pair(_Q_1, _Q_2)


def _f5_says(gamma: Any) -> Any:
    return sp.Le(D(*_RELEASED, gamma), 1 - (1 - D(_P_1, _Q_1, GAMMA_1)) * (1 - D(_P_2, _Q_2, GAMMA_2)))


_F5_SAYS = Sentence(_f5_says(GAMMA_1 * GAMMA_2), ranges=BOTH_AT_LEAST_1, sharp=sp.Gt(GAMMA_2, 1))

_T7B = OverLaws(_pipeline, ((Grid(2, 8),) * 5, (Grid(3, 2),) * 6), TWO, "U(A(D),S₁,D) P_{S₁} P_{S₁∪S₂}")
_T13A = OverLaws(_processing, ((Grid(2, 8),) * 4, (Grid(3, 4),) * 4 + (Grid(3, 2),)), ONE, "P Q")
_COUPLED = ((Grid(2, 4),) * 4 + (Grid(4, 4),), (Grid(3, 2),) * 4 + (Grid(4, 2),))
_T14 = OverLaws(_coupling, _COUPLED, ONE, "P₁ P₂ Q₁ Q₂ coupling")
_EITHER = ((Grid(2, 8),) * 4, (Grid(3, 4),) * 3 + (Grid(2, 4),))
_F4 = OverLaws(_either_remover, _EITHER, ONE, "U₁ U₂ target weights")
_F5 = OverLaws(_releases, ((Grid(2, 4),) * 4,), TWO, "P₁ Q₁ P₂ Q₂")

MIXTURES = (
    law_theorem(
        _T7B,
        Reduction("event", f"{EVENT.scope}, all kernels"),
        id="T7b",
        title="sequences, approximate",
        statement=_T7B_SAYS,
        twin_statement=_T7B_SAYS.but(_t7b_says(sp.Min)),
        hypotheses="U published by the first call, K the second, on S₂ and D∖S₁; no hidden state, and S₂ does not "
        "depend on "
        "the first output",
        status="derived",
        source=f"proof in {place(_pipeline)}; adaptive requests: {cite('gupta2021')}",
    ),
    law_theorem(
        _T13A,
        Reduction("outcome", f"{OUTCOMES.scope}, all kernels"),
        id="T13a",
        title="post-processing",
        statement=_T13A_SAYS,
        twin_statement=_T13A_SAYS.but(_t13a_says(sp.Ge)),
        hypotheses="any laws, any Markov kernel K; so a gap in any bounded metric bounds δ from below",
        status="textbook",
        source=f"post-processing of {cite('dwork2014')}; proof in {place(_processing)}",
    ),
    law_theorem(
        _T14,
        Reduction("event", f"{EVENT.scope}; mixtures of two, and so, pair by pair, of any number"),
        id="T14",
        title="joint convexity under any coupling",
        statement=_T14_SAYS,
        twin_statement=_T14_SAYS.but(_t14_says(_ROWS)),
        hypotheses="w any coupling of the two mixing laws: both marginals preserved",
        status="textbook",
        source=f"proof in {place(_coupling)}",
    ),
    law_theorem(
        _F4,
        EVENT,
        id="F4",
        title="choosing at random between conforming removers conforms",
        statement=_F4_SAYS,
        twin_statement=_F4_SAYS.but(_f4_says(sp.Min)),
        hypotheses="the choice does not depend on the model",
        status="ours",
        source=f"proof in {place(_either_remover)}",
    ),
    law_theorem(
        _F5,
        None,
        id="F5",
        title="independent releases compose",
        statement=_F5_SAYS,
        twin_statement=_F5_SAYS.but(_f5_says(GAMMA_1 + GAMMA_2)),
        hypotheses="two models released from independent runs; so (ε₁ + ε₂, δ₁ + δ₂) all the more",
        status="ours",
        source=f"basic composition of {cite('dwork2014')}; proof in {place(_releases)}",
    ),
)
