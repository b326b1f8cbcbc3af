"""T7b, T13a, T14, F4, F5: kernels, mixtures and products of laws. All quantities are scaled by unit²."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..catalogue._bibliography import cite
from ._base import Case, Theorem, place
from ._over_laws import (
    ONE,
    TWO,
    Counts,
    Gammas,
    Grid,
    Laws,
    OverLaws,
    best_both_ways,
    best_event,
    both_ways,
    positive_part,
    times,
)


def _through(p: Counts, rows: Laws) -> Counts:
    return np.stack([p[:, [i]] * row for i, row in enumerate(rows)]).sum(axis=0)


def _pipeline(laws: Laws, unit: int, gammas: Gammas) -> Case:
    output, retrained, target, *rows = laws
    first, second = gammas
    return Case(
        g1=first,
        g2=second,
        d1=both_ways(output, retrained, first) * unit,
        d2=both_ways(_through(retrained, rows), target * unit, second),
        delta=best_both_ways(_through(output, rows), target * unit, first * second),
    )


def _t7b(c: Case) -> Any:
    """K is the second call, on S₂ and D∖S₁. By T13a U(A(D), S₁, D)K ≈ P_{S₁}K, at the first call's (ε₁, δ₁).

    P_{S₁}K is what the second call makes of A(D∖S₁), so that P_{S₁}K ≈ P_{S₁∪S₂} at (ε₂, δ₂). T3 joins the two.
    """
    return c.delta <= np.maximum(c.d1 + times(c.g1, c.d2), c.d2 + times(c.g2, c.d1))


def _t7b_twin(c: Case) -> Any:
    return c.delta <= np.minimum(c.d1 + times(c.g1, c.d2), c.d2 + times(c.g2, c.d1))


def _processing(laws: Laws, unit: int, gammas: Gammas) -> Case:
    p, q, *rows = laws
    (gamma,) = gammas
    after = best_event(_through(p, rows), _through(q, rows), gamma)
    return Case(before=positive_part(p, q, gamma) * unit, after=after)


def _t13a(c: Case) -> Any:
    """For every event R, PK(R) − γQK(R) = Σ_x (p − γq)(x)·K(x, R) ≤ Σ_x (p − γq)₊(x), because 0 ≤ K ≤ 1."""
    return c.after <= c.before


def _t13a_twin(c: Case) -> Any:
    return c.after >= c.before


def _coupling(laws: Laws, unit: int, gammas: Gammas) -> Case:
    p1, p2, q1, q2, joint = laws
    (gamma,) = gammas
    cell = [joint[:, [i]] for i in range(4)]  # (P₁,Q₁), (P₁,Q₂), (P₂,Q₁), (P₂,Q₂)
    p = (cell[0] + cell[1]) * p1 + (cell[2] + cell[3]) * p2
    pairs = ((p1, q1), (p1, q2), (p2, q1), (p2, q2))
    mean = np.stack([joint[:, i] * positive_part(a, b, gamma) for i, (a, b) in enumerate(pairs)]).sum(axis=0)
    return Case(
        mean=mean,
        delta=lambda q: best_event(p, q, gamma),
        column_mix=(cell[0] + cell[2]) * q1 + (cell[1] + cell[3]) * q2,
        row_mix=(cell[0] + cell[1]) * q1 + (cell[2] + cell[3]) * q2,
    )


def _t14(c: Case) -> Any:
    """Both marginals of π are the mixing laws, so for every event R the excess of the mixtures is a mean over π.

    E_s P_s(R) − γE_t Q_t(R) = E_π[P_s(R) − γQ_t(R)] ≤ E_π H_γ(P_s‖Q_t).
    """
    return c.delta(c.column_mix) <= c.mean


def _t14_twin(c: Case) -> Any:
    return c.delta(c.row_mix) <= c.mean


def _either_remover(laws: Laws, unit: int, gammas: Gammas) -> Case:
    first, second, target, weights = laws
    (gamma,) = gammas
    mixed = weights[:, [0]] * first + weights[:, [1]] * second
    return Case(
        d1=both_ways(first, target, gamma) * unit,
        d2=both_ways(second, target, gamma) * unit,
        delta=best_both_ways(mixed, target * unit, gamma),
    )


def _f4(c: Case) -> Any:
    """For every event R, U(R) − γP(R) is the mean of those of U₁ and U₂, and P(R) − γU(R) too: neither is above δ."""
    return c.delta <= np.maximum(c.d1, c.d2)


def _f4_twin(c: Case) -> Any:
    return c.delta <= np.minimum(c.d1, c.d2)


def _releases(laws: Laws, unit: int, gammas: Gammas) -> Case:
    p1, q1, p2, q2 = laws
    first, second = gammas
    joint_p, joint_q = (np.einsum("ni,nj->nij", a, b).reshape(len(a), -1) for a, b in ((p1, p2), (q1, q2)))
    return Case(
        g1=first,
        g2=second,
        d1=both_ways(p1, q1, first) * unit,
        d2=both_ways(p2, q2, second) * unit,
        delta=lambda gamma: best_both_ways(joint_p, joint_q, gamma),
    )


def _f5(c: Case) -> Any:
    """One release after the other, for every event E of both and its part E_x where the first one is x.

    P₂(E_x) ≤ g(x) + δ₂ with g(x) = min(1, γ₂Q₂(E_x)), and Σ P₁g ≤ γ₁ΣQ₁g + δ₁ because 0 ≤ g ≤ 1; together
    (P₁⊗P₂)(E) ≤ γ₁γ₂(Q₁⊗Q₂)(E) + δ₁ + δ₂, and backwards alike.
    """
    return c.delta(c.g1 * c.g2) <= c.d1 + c.d2


def _f5_twin(c: Case) -> Any:
    return c.delta(c.g1 + c.g2) <= c.d1 + c.d2


_T7B = OverLaws(_pipeline, ((Grid(2, 6),) * 5, (Grid(3, 2),) * 6), TWO, "U(A(D),S₁,D) P_{S₁} P_{S₁∪S₂}")
_T13A = OverLaws(_processing, ((Grid(2, 6),) * 4, (Grid(3, 3),) * 5), ONE, "P Q")
_COUPLED = ((Grid(2, 4),) * 4 + (Grid(4, 4),), (Grid(3, 2),) * 4 + (Grid(4, 2),))
_T14 = OverLaws(_coupling, _COUPLED, ONE, "P₁ P₂ Q₁ Q₂ coupling")
_EITHER = ((Grid(2, 6),) * 4, (Grid(3, 4),) * 3 + (Grid(2, 4),))
_F4 = OverLaws(_either_remover, _EITHER, ONE, "U₁ U₂ target weights")
_F5 = OverLaws(_releases, ((Grid(2, 4),) * 4,), TWO, "P₁ Q₁ P₂ Q₂")

MIXTURES = (
    Theorem(
        id="T7b",
        title="sequences, approximate",
        statement_latex=r"U(A(D),S_1,D) \approx_{\varepsilon_1,\delta_1} P_{S_1},\ "
        r"U(A(D \setminus S_1),S_2,D \setminus S_1) \approx_{\varepsilon_2,\delta_2} P_{S_1 \cup S_2} "
        r"\Rightarrow \text{the pipeline is } (\varepsilon_1+\varepsilon_2,\ \max(\delta_1 + "
        r"e^{\varepsilon_1}\delta_2,\ \delta_2 + e^{\varepsilon_2}\delta_1))",
        hypotheses="no hidden state; S₂ does not depend on the first output. The second call is the kernel K",
        status="derived",
        source=f"proof in {place(_t7b)}; adaptive requests: {cite('gupta2021')}",
        kind="exhaustive",
        scope=_T7B.scope,
        search=_T7B,
        claim=_t7b,
        twin_latex=r"\text{the same with } \min \text{ in place of } \max",
        twin_claim=_t7b_twin,
    ),
    Theorem(
        id="T13a",
        title="post-processing",
        statement_latex=r"H_\gamma(PK \| QK) \le H_\gamma(P \| Q)",
        hypotheses="any laws, any Markov kernel K; so a gap in any bounded metric bounds δ from below",
        status="textbook",
        source=f"post-processing of {cite('dwork2014')}; proof in {place(_t13a)}",
        kind="exhaustive",
        scope=_T13A.scope,
        search=_T13A,
        claim=_t13a,
        twin_latex=r"H_\gamma(PK \| QK) \ge H_\gamma(P \| Q)",
        twin_claim=_t13a_twin,
    ),
    Theorem(
        id="T14",
        title="joint convexity under any coupling",
        statement_latex=r"H_\gamma(\mathbb{E}_s P_s \| \mathbb{E}_t Q_t) \le "
        r"\mathbb{E}_{(s,t) \sim \pi} H_\gamma(P_s \| Q_t)",
        hypotheses="π any coupling of the two mixing laws: both marginals preserved",
        status="textbook",
        source=f"proof in {place(_t14)}",
        kind="exhaustive",
        scope=_T14.scope,
        search=_T14,
        claim=_t14,
        twin_latex=r"\text{the same with the law of } s \text{ as the second marginal}",
        twin_claim=_t14_twin,
    ),
    Theorem(
        id="F4",
        title="choosing at random between conforming removers conforms",
        statement_latex=r"U_1, U_2 \approx_{\varepsilon,\delta} P \Rightarrow "
        r"tU_1 + (1-t)U_2 \approx_{\varepsilon,\delta} P",
        hypotheses="the choice does not depend on the model",
        status="ours",
        source=f"proof in {place(_f4)}",
        kind="exhaustive",
        scope=_F4.scope,
        search=_F4,
        claim=_f4,
        twin_latex=r"\text{the mixture is as close as the closer of the two}",
        twin_claim=_f4_twin,
    ),
    Theorem(
        id="F5",
        title="independent releases compose",
        statement_latex=r"P_i \approx_{\varepsilon_i,\delta_i} Q_i \Rightarrow P_1 \otimes P_2 "
        r"\approx_{\varepsilon_1+\varepsilon_2,\ \delta_1+\delta_2} Q_1 \otimes Q_2",
        hypotheses="two models released from independent runs",
        status="ours",
        source=f"basic composition of {cite('dwork2014')}; proof in {place(_f5)}",
        kind="exhaustive",
        scope=_F5.scope,
        search=_F5,
        claim=_f5,
        twin_latex=r"\text{the same with } e^{\varepsilon_1} + e^{\varepsilon_2} "
        r"\text{ in place of } e^{\varepsilon_1} \cdot e^{\varepsilon_2}",
        twin_claim=_f5_twin,
    ),
)
