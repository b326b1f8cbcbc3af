"""T2a, T3, T5, T6a, T8a, T11: how distances to two references combine. Statements about tuples of laws."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np

from ..catalogue._bibliography import cite
from ._base import Case, Theorem, place
from ._over_laws import (
    EACH,
    ONE,
    TWO,
    Gammas,
    Grid,
    Laws,
    OverLaws,
    best_both_ways,
    best_event,
    both_ways,
    half_l1,
    times,
)


def _independence(laws: Laws, unit: int, gammas: Gammas) -> Case:
    u, s, f = laws
    return Case(tau=best_event(s, f, Fraction(1)), untraining=half_l1(u, s), unlearning=half_l1(u, f))


def _t2a(c: Case) -> Any:
    """For every event R, |P_S(R) − P_F(R)| ≤ |P_S(R) − P_U(R)| + |P_U(R) − P_F(R)|; so for the one that attains τ."""
    return c.tau <= np.add(c.untraining, c.unlearning)


def _t2a_twin(c: Case) -> Any:
    return c.tau <= np.maximum(c.untraining, c.unlearning)


def _chain(laws: Laws, unit: int, gammas: Gammas) -> Case:
    p, q, r = laws
    first, second = gammas
    return Case(
        g1=first,
        g2=second,
        delta=lambda gamma: best_both_ways(p, r, gamma),
        d1=both_ways(p, q, first),
        d2=both_ways(q, r, second),
    )


def _t3(c: Case) -> Any:
    """Forwards and backwards, for every event E and laws P, Q, R.

    P(E) ≤ γ₁Q(E) + δ₁ ≤ γ₁(γ₂R(E) + δ₂) + δ₁, an excess of δ₁ + γ₁δ₂; R(E) ≤ γ₂Q(E) + δ₂ ≤ γ₂(γ₁P(E) + δ₁) + δ₂.
    """
    return c.delta(c.g1 * c.g2) <= np.maximum(c.d1 + times(c.g1, c.d2), c.d2 + times(c.g2, c.d1))


def _t3_twin(c: Case) -> Any:
    return c.delta(c.g1 + c.g2) <= np.maximum(c.d1 + times(c.g1, c.d2), c.d2 + times(c.g2, c.d1))


def _group(laws: Laws, unit: int, gammas: Gammas) -> Case:
    (gamma,), size = gammas, len(laws) - 1
    step = np.max(np.stack([both_ways(p, q, gamma) for p, q in pairwise(laws)]), axis=0)
    return Case(g=gamma, k=size, step=step, delta=best_both_ways(laws[0], laws[-1], gamma**size))


def _t5(c: Case) -> Any:
    """Along A₀, …, A_k each step has Aⱼ(E) ≤ γAⱼ₊₁(E) + δ₀, for every event E, and the same backwards.

    Put into each other they say A₀(E) ≤ γᵏA_k(E) + δ₀(1 + γ + … + γᵏ⁻¹), and the sum is (γᵏ − 1)/(γ − 1).
    """
    return times(c.g - 1, c.delta) <= times(c.g**c.k - 1, c.step)


def _t5_twin(c: Case) -> Any:
    return times(c.g - 1, c.delta) <= times(c.g**1 - 1, c.step)


def _invariance(laws: Laws, unit: int, gammas: Gammas) -> Case:
    first, second, target = laws
    (gamma,) = gammas
    worst = np.maximum(both_ways(first, target, gamma), both_ways(second, target, gamma))
    return Case(g=gamma, worst=worst, apart=best_both_ways(first, second, gamma * gamma))


def _t6a(c: Case) -> Any:
    """T3 through P_F, with both steps (ε, δ): the excess is δ + e^ε·δ in either direction."""
    return c.apart <= times(1 + c.g, c.worst)


def _t6a_twin(c: Case) -> Any:
    return c.apart <= times(1 * c.g, c.worst)


def _two_targets(laws: Laws, unit: int, gammas: Gammas) -> Case:
    u, first, second = laws
    worst = np.maximum(half_l1(u, first), half_l1(u, second))
    return Case(worst=worst, apart=best_event(first, second, Fraction(1)))


def _t8a(c: Case) -> Any:
    """The triangle inequality through P_U: TV(F₁, F₂) ≤ TV(F₁, P_U) + TV(P_U, F₂), at most twice the larger."""
    return 2 * c.worst >= c.apart


def _t8a_twin(c: Case) -> Any:
    return 1 * c.worst >= c.apart


def _point_masses(laws: Laws, unit: int, gammas: Gammas) -> Case:
    p, q = laws
    p_sure, q_sure = ((law == unit).any(axis=-1) for law in laws)
    return Case(p_sure=p_sure, q_sure=q_sure, delta=best_event(p, q, gammas[0]), unit=unit)


def _t11(c: Case) -> Any:
    """If a = b, P(R) − γQ(R) is 0 or 1 − γ ≤ 0 for every event R. If a ≠ b, R = {a} has 1, and no event has more."""
    return ~(c.p_sure & c.q_sure) | (c.delta == 0) | (c.delta == c.unit)


def _t11_twin(c: Case) -> Any:
    return ~(c.p_sure | c.q_sure) | (c.delta == 0) | (c.delta == c.unit)


TRIPLES = ((Grid(2, 24),) * 3, (Grid(3, 8),) * 3, (Grid(4, 4),) * 3)
_T2A = OverLaws(_independence, TRIPLES, EACH, "P_U P_S P_F")
_T3 = OverLaws(_chain, TRIPLES, TWO, "P Q R")
_T5 = OverLaws(_group, ((Grid(3, 6),) * 2, (Grid(3, 6),) * 3, (Grid(3, 4),) * 4), ONE, "A₀ A₁ A₂ A₃")
_T6A = OverLaws(_invariance, TRIPLES, ONE, "U U' P_F")
_T8A = OverLaws(_two_targets, TRIPLES, EACH, "P_U F₁ F₂")
_T11 = OverLaws(_point_masses, ((Grid(3, 6),) * 2, (Grid(4, 4),) * 2), ONE, "P Q")

DISTANCES = (
    Theorem(
        id="T2a",
        title="independence of the two notions",
        statement_latex=r"\tau \le \mathrm{TV}(P_U, P_S) + \mathrm{TV}(P_U, P_F)",
        hypotheses="any laws; τ = TV(P_S, P_F). So δ-untraining gives (δ+τ)-unlearning, and conversely",
        status="derived",
        source=f"proof in {place(_t2a)}",
        kind="exhaustive",
        scope=_T2A.scope,
        search=_T2A,
        claim=_t2a,
        twin_latex=r"\tau \le \max(\mathrm{TV}(P_U, P_S), \mathrm{TV}(P_U, P_F))",
        twin_claim=_t2a_twin,
    ),
    Theorem(
        id="T3",
        title="chaining",
        statement_latex=r"P \approx_{\varepsilon_1,\delta_1} Q \approx_{\varepsilon_2,\delta_2} R "
        r"\Rightarrow P \approx_{\varepsilon_1+\varepsilon_2,\ \max(\delta_1 + e^{\varepsilon_1}\delta_2,\ "
        r"\delta_2 + e^{\varepsilon_2}\delta_1)} R",
        hypotheses="any laws",
        status="derived",
        source=f"proof in {place(_t3)}",
        kind="exhaustive",
        scope=_T3.scope,
        search=_T3,
        claim=_t3,
        twin_latex=r"\text{the same with } e^{\varepsilon_1} + e^{\varepsilon_2} "
        r"\text{ in place of } e^{\varepsilon_1} \cdot e^{\varepsilon_2}",
        twin_claim=_t3_twin,
    ),
    Theorem(
        id="T5",
        title="the no-op under differential privacy",
        statement_latex=r"A\ (\varepsilon_0,\delta_0)\text{-DP under removal of one row} \Rightarrow "
        r"P_D \approx_{k\varepsilon_0,\ \delta_0 (e^{k\varepsilon_0} - 1)/(e^{\varepsilon_0} - 1)} P_S,"
        r"\ k = |S|",
        hypotheses="every learner, given by its laws A₀, …, A_k on the chain D, D∖1, …, D∖S; k ≤ 3",
        status="textbook, derived",
        source=f"group privacy of {cite('dwork2014')}; proof in {place(_t5)}",
        kind="exhaustive",
        scope=_T5.scope,
        search=_T5,
        claim=_t5,
        twin_latex=r"\text{the same with } \delta = \delta_0 \text{ for every } k",
        twin_claim=_t5_twin,
    ),
    Theorem(
        id="T6a",
        title="forget-set invariance, the price",
        statement_latex=r"U, U' \approx_{\varepsilon,\delta} P_F \Rightarrow "
        r"U \approx_{2\varepsilon,\ (1 + e^\varepsilon)\delta} U'",
        hypotheses="outputs of the same remover for two forget sets S, S′ ⊆ S_full; at ε = 0 the price is 2δ",
        status="derived",
        source=f"proof in {place(_t6a)}",
        kind="exhaustive",
        scope=_T6A.scope,
        search=_T6A,
        claim=_t6a,
        twin_latex=r"U, U' \approx_{\varepsilon,\delta} P_F \Rightarrow "
        r"U \approx_{2\varepsilon,\ e^\varepsilon\delta} U'",
        twin_claim=_t6a_twin,
    ),
    Theorem(
        id="T8a",
        title="non-identifiability",
        statement_latex=r"2 \max(\mathrm{TV}(P_U, F_1), \mathrm{TV}(P_U, F_2)) \ge \mathrm{TV}(F_1, F_2)",
        hypotheses="F₁, F₂ the references of two behaviours that share S; U sees only (A(D), S, D)",
        status="derived",
        source=f"proof in {place(_t8a)}",
        kind="exhaustive",
        scope=_T8A.scope,
        search=_T8A,
        claim=_t8a,
        twin_latex=r"\max(\mathrm{TV}(P_U, F_1), \mathrm{TV}(P_U, F_2)) \ge \mathrm{TV}(F_1, F_2)",
        twin_claim=_t8a_twin,
    ),
    Theorem(
        id="T11",
        title="deterministic algorithms are all-or-nothing",
        statement_latex=r"P = \mathbf{1}_a,\ Q = \mathbf{1}_b \Rightarrow H_\gamma(P \| Q) \in \{0, 1\}",
        hypotheses="both laws are point masses (A and U deterministic); γ ≥ 1",
        status="derived",
        source=f"proof in {place(_t11)}",
        kind="exhaustive",
        scope=_T11.scope,
        search=_T11,
        claim=_t11,
        twin_latex=r"P = \mathbf{1}_a \text{ or } Q = \mathbf{1}_b \Rightarrow H_\gamma(P \| Q) \in \{0, 1\}",
        twin_claim=_t11_twin,
    ),
)
