"""T2a, T3, T5, T6a, T8a, T11: how distances to references combine. About tuples of laws."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from ..catalogue._bibliography import cite
from ._base import EVENT, Case, Reduction, Theorem, place
from ._over_laws import EACH, ONE, TWO, Gammas, Grid, Laws, OverLaws, best_both_ways, best_event, both_ways, half_l1
from ._sentence import Sentence
from ._sympy import sp
from ._terms import GAMMA, GAMMA_1, GAMMA_2, D, H, laws
from ._terms import TVD as TV

P, Q, R = laws("P Q R")
P_U, P_S, P_F = laws("P_U P_S P_F")
U, V, F_1, F_2 = laws("U V F_1 F_2")
(A_0,) = laws("A_0")
SIZE, STEP = sp.Symbol("k", integer=True, positive=True), sp.Symbol("j", integer=True)
DELTA_0: Any = sp.Symbol("delta_0", nonnegative=True)

AT_LEAST_1 = sp.Ge(GAMMA, 1)
BOTH_AT_LEAST_1 = (sp.Ge(GAMMA_1, 1), sp.Ge(GAMMA_2, 1))
BEYOND_1 = sp.Gt(GAMMA, 1)
BOTH_BEYOND_1 = sp.And(sp.Gt(GAMMA_1, 1), sp.Gt(GAMMA_2, 1))


def chained(first: Any, second: Any, join: Any = sp.Max) -> Any:
    """max(δ₁ + γ₁δ₂, δ₂ + γ₂δ₁)."""
    return join(first + GAMMA_1 * second, second + GAMMA_2 * first)


def _independence(laws: Laws, gammas: Gammas) -> Case:
    """For every event R, |P_S(R) − P_F(R)| ≤ |P_S(R) − P_U(R)| + |P_U(R) − P_F(R)|; so for the one that attains τ."""
    u, s, f = laws
    return {TV(P_S, P_F): best_event(s, f, 1.0), TV(P_U, P_S): half_l1(u, s), TV(P_U, P_F): half_l1(u, f)}


_T2A_SAYS = Sentence(sp.Le(TV(P_S, P_F), TV(P_U, P_S) + TV(P_U, P_F)))


def _chain(laws: Laws, gammas: Gammas) -> Case:
    """Forwards and backwards, for every event E and laws P, Q, R.

    P(E) ≤ γ₁Q(E) + δ₁ ≤ γ₁(γ₂R(E) + δ₂) + δ₁, an excess of δ₁ + γ₁δ₂; R(E) ≤ γ₂Q(E) + δ₂ ≤ γ₂(γ₁P(E) + δ₁) + δ₂.
    """
    p, q, r = laws
    first, second = gammas
    return {
        GAMMA_1: first,
        GAMMA_2: second,
        D(P, R, GAMMA_1 * GAMMA_2): best_both_ways(p, r, first * second),
        D(P, R, GAMMA_1 + GAMMA_2): best_both_ways(p, r, first + second),
        D(P, Q, GAMMA_1): both_ways(p, q, first),
        D(Q, R, GAMMA_2): both_ways(q, r, second),
    }


def _t3_says(gamma: Any) -> Any:
    return sp.Le(D(P, R, gamma), chained(D(P, Q, GAMMA_1), D(Q, R, GAMMA_2)))


_T3_SAYS = Sentence(_t3_says(GAMMA_1 * GAMMA_2), ranges=BOTH_AT_LEAST_1, sharp=BOTH_BEYOND_1)


def _group(laws: Laws, gammas: Gammas) -> Case:
    """Along A₀, …, A_k each step has Aⱼ(E) ≤ γAⱼ₊₁(E) + δ₀, for every event E, and the same backwards.

    Put into each other they say A₀(E) ≤ γᵏA_k(E) + δ₀(1 + γ + … + γᵏ⁻¹), at γ = 1 too.
    """
    (gamma,), size = gammas, len(laws) - 1
    steps = [both_ways(p, q, gamma) for p, q in pairwise(laws)]
    worst = steps[0]
    for step in steps[1:]:
        worst = larger(worst, step)
    ends = best_both_ways(laws[0], laws[-1], gamma**size)
    return {GAMMA: gamma, SIZE: size, DELTA_0: worst, D(A_0, _A_K, GAMMA**SIZE): ends}


def larger(first: Any, second: Any) -> Any:
    """The larger of two arrays, entry by entry."""
    return (first + second + abs(first - second)) / 2


(_A_K,) = laws("A_k")
CHAIN = laws("A_0 A_1 A_2")


def _unfolded(size: int) -> dict[Any, Any]:
    """A chain of so many steps, each law by its name."""
    steps = [D(p, q, GAMMA) for p, q in pairwise(CHAIN[: size + 1])]
    return {
        D(A_0, _A_K, GAMMA**SIZE): D(A_0, CHAIN[size], GAMMA**size),
        DELTA_0: sp.Max(*steps),
        SIZE: sp.Integer(size),
    }


def _induction() -> dict[Any, Any]:
    """From k to k + 1, with g = γᵏ and s = 1 + γ + … + γᵏ⁻¹, of which 1 + γs = s + g is all that is needed."""
    power, total = sp.symbols("g s", positive=True)
    before, step = D(A_0, CHAIN[1], power), D(CHAIN[1], CHAIN[2], GAMMA)
    known = (
        sp.Le(before, DELTA_0 * total),
        sp.Le(step, DELTA_0),
        sp.Ge(power, 1),
        sp.Eq(1 + GAMMA * total, total + power),
    )
    return {
        D(A_0, _A_K, GAMMA**SIZE): D(A_0, CHAIN[2], power * GAMMA),
        sp.Sum(GAMMA**STEP, (STEP, 0, SIZE - 1)): total + power,
        sp.true: sp.And(*known),
    }


_STEP_BY_STEP = _induction()


def _t5_says(last: Any) -> Any:
    return sp.Le(D(A_0, _A_K, GAMMA**SIZE), DELTA_0 * sp.Sum(GAMMA**STEP, (STEP, 0, last)))


_T5_SAYS = Sentence(
    _t5_says(SIZE - 1),
    ranges=(AT_LEAST_1, sp.Ge(SIZE, 1)),
    sharp=sp.And(BEYOND_1, sp.Gt(DELTA_0, 0), sp.Gt(SIZE, 1)),
    names={DELTA_0: r"\max_{i<k} \delta_{\gamma}(A_i, A_{i+1})"},
)


def _invariance(laws: Laws, gammas: Gammas) -> Case:
    """T3 through P_F, with both steps (ε, δ): the excess is δ + e^ε·δ in either direction."""
    first, second, target = laws
    (gamma,) = gammas
    return {
        GAMMA: gamma,
        D(U, V, GAMMA**2): best_both_ways(first, second, gamma * gamma),
        D(U, P_F, GAMMA): both_ways(first, target, gamma),
        D(V, P_F, GAMMA): both_ways(second, target, gamma),
    }


def _t6a_says(factor: Any) -> Any:
    return sp.Le(D(U, V, GAMMA**2), factor * sp.Max(D(U, P_F, GAMMA), D(V, P_F, GAMMA)))


_T6A_SAYS = Sentence(_t6a_says(1 + GAMMA), ranges=(AT_LEAST_1,), sharp=BEYOND_1)


def _two_targets(laws: Laws, gammas: Gammas) -> Case:
    """The triangle inequality through P_U: TV(F₁, F₂) ≤ TV(F₁, P_U) + TV(P_U, F₂), at most twice the larger."""
    u, first, second = laws
    return {
        TV(P_U, F_1): half_l1(u, first),
        TV(P_U, F_2): half_l1(u, second),
        TV(F_1, F_2): best_event(first, second, 1.0),
    }


def _t8a_says(factor: Any) -> Any:
    return sp.Ge(factor * sp.Max(TV(P_U, F_1), TV(P_U, F_2)), TV(F_1, F_2))


_T8A_SAYS = Sentence(_t8a_says(sp.Integer(2)))


def _point_masses(laws: Laws, gammas: Gammas) -> Case:
    """If a = b, P(R) − γQ(R) is 0 or 1 − γ ≤ 0 for every event R. If a ≠ b, R = {a} has 1, and no event has more."""
    p, q = laws
    p_sure, q_sure = ((law == 1).any(axis=-1) for law in laws)
    return {_SURE_P: p_sure, _SURE_Q: q_sure, H(P, Q, GAMMA): best_event(p, q, gammas[0]), GAMMA: gammas[0]}


_SURE_P, _SURE_Q = sp.symbols("sure_P sure_Q")
_T11_SAYS = Sentence(
    sp.Or(sp.Eq(H(P, Q, GAMMA), 0), sp.Eq(H(P, Q, GAMMA), 1)),
    given=sp.And(_SURE_P, _SURE_Q),
    ranges=(AT_LEAST_1,),
    names={_SURE_P: r"P = \mathbf{1}_a", _SURE_Q: r"Q = \mathbf{1}_b"},
)


TRIPLES = ((Grid(2, 32),) * 3, (Grid(3, 8),) * 3, (Grid(4, 4),) * 3)
_T2A = OverLaws(_independence, TRIPLES, EACH, "P_U P_S P_F")
_T3 = OverLaws(_chain, TRIPLES, TWO, "P Q R")
_T5 = OverLaws(_group, ((Grid(3, 8),) * 2, (Grid(3, 8),) * 3, (Grid(3, 4),) * 4), ONE, "A₀ A₁ A₂ A₃")
_T6A = OverLaws(_invariance, TRIPLES, ONE, "U U' P_F")
_T8A = OverLaws(_two_targets, TRIPLES, EACH, "P_U F₁ F₂")
_T11 = OverLaws(_point_masses, ((Grid(2, 8),) * 2, (Grid(3, 4),) * 2, (Grid(4, 2),) * 2), ONE, "P Q")


def law_theorem(search: OverLaws, solver: Reduction | None = EVENT, **fields: Any) -> Theorem:
    """A theorem about tuples of laws, by exhausting a grid and, where it can be put to one, by a solver."""
    return Theorem(kind="exhaustive", scope=search.scope, size=search.size, search=search, solver=solver, **fields)


DISTANCES = (
    law_theorem(
        _T2A,
        id="T2a",
        title="independence of the two notions",
        statement=_T2A_SAYS,
        twin_statement=_T2A_SAYS.but(sp.Le(TV(P_S, P_F), sp.Max(TV(P_U, P_S), TV(P_U, P_F)))),
        hypotheses="τ = TV(P_S, P_F); δ₁-untraining is (δ₁ + τ)-unlearning, and conversely",
        status="derived",
        source=f"proof in {place(_independence)}",
    ),
    law_theorem(
        _T3,
        id="T3",
        title="chaining",
        statement=_T3_SAYS,
        twin_statement=_T3_SAYS.but(_t3_says(GAMMA_1 + GAMMA_2)),
        hypotheses="γᵢ = e^{εᵢ}; δ_γ the least δ at which two laws are (ln γ, δ)-indistinguishable",
        status="derived",
        source=f"proof in {place(_chain)}",
    ),
    law_theorem(
        _T5,
        Reduction("event", f"{EVENT.scope}; all k, by induction", (_unfolded(1), _STEP_BY_STEP)),
        id="T5",
        title="the no-op under differential privacy",
        statement=_T5_SAYS,
        twin_statement=_T5_SAYS.but(_t5_says(SIZE - 2)),
        hypotheses="A₀, …, A_k the laws of A as rows leave one at a time, γ = e^{ε₀}; k = |S| for "
        "untraining, |S_full| for unlearning; γ = 1 included",
        status="derived",
        source=f"group privacy of {cite('dwork2014')}; proof in {place(_group)}",
    ),
    law_theorem(
        _T6A,
        id="T6a",
        title="forget-set invariance, the price",
        statement=_T6A_SAYS,
        twin_statement=_T6A_SAYS.but(_t6a_says(GAMMA)),
        hypotheses="U, V what unlearning publishes for two requests S, S′ ⊆ S_full; a violation refutes unlearning "
        "without "
        "any retraining",
        status="derived",
        source=f"proof in {place(_invariance)}",
    ),
    law_theorem(
        _T8A,
        id="T8a",
        title="non-identifiability",
        statement=_T8A_SAYS,
        twin_statement=_T8A_SAYS.but(_t8a_says(sp.Integer(1))),
        hypotheses="F₁, F₂ the references of two behaviours that share S; U sees only (A(D), S, D)",
        status="derived",
        source=f"proof in {place(_two_targets)}",
    ),
    law_theorem(
        _T11,
        None,
        id="T11",
        title="deterministic algorithms are all-or-nothing",
        statement=_T11_SAYS,
        twin_statement=Sentence(_T11_SAYS.conclusion, sp.Or(_SURE_P, _SURE_Q), _T11_SAYS.ranges, names=_T11_SAYS.names),
        hypotheses="both laws are point masses (A and U deterministic); γ ≥ 1",
        status="derived",
        source=f"proof in {place(_point_masses)}",
    ),
)
