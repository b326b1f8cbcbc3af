"""T13b, T13c and F1–F3: the shape of the hockey-stick profile γ ↦ H_γ(P‖Q). About pairs of laws."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np

from ._base import EVENT, OUTCOMES, Case, place
from ._distances import AT_LEAST_1, BEYOND_1, P, Q, law_theorem
from ._over_laws import GAMMAS, ONE, Gammas, Grid, Laws, OverLaws, best_event, both_ways, positive_part
from ._sentence import Sentence
from ._sympy import sp
from ._terms import GAMMA, GAMMA_1, GAMMA_2, GAMMA_3, D, Excess, H, Mass, Overlap
from ._terms import TVD as TV


def _ceiling(laws: Laws, gammas: Gammas) -> Case:
    """Let R be the event of TV = t. P(R) ≤ γQ(R) + δ, and Q(Rᶜ) ≤ γP(Rᶜ) + δ for its complement.

    The sum of the two is t + 1 ≤ γ(1 − t) + 2δ.
    """
    p, q = laws
    (gamma,) = gammas
    return {GAMMA: gamma, TV(P, Q): best_event(p, q, 1.0), D(P, Q, GAMMA): both_ways(p, q, gamma)}


def _t13b_says(factor: int) -> Any:
    return sp.Le((GAMMA + 1) * TV(P, Q), GAMMA - 1 + factor * D(P, Q, GAMMA))


_T13B_SAYS = Sentence(_t13b_says(2), ranges=(AT_LEAST_1,), sharp=BEYOND_1)


def _convexity(laws: Laws, gammas: Gammas) -> Case:
    """For each event R, γ ↦ P(R) − γQ(R) is affine and does not rise: their supremum is convex and does not rise."""
    p, q = laws
    names = (GAMMA_1, GAMMA_2, GAMMA_3)
    heights = {H(P, Q, name): best_event(p, q, gamma) for name, gamma in zip(names, gammas, strict=True)}
    return dict(zip(names, gammas, strict=True)) | heights


_H1, _H2, _H3 = (H(P, Q, gamma) for gamma in (GAMMA_1, GAMMA_2, GAMMA_3))


def _t13c_says(convex: Any) -> Any:
    chord = (GAMMA_3 - GAMMA_2) * _H1 + (GAMMA_2 - GAMMA_1) * _H3
    return sp.And(sp.Ge(_H1, _H2), sp.Ge(_H2, _H3), convex((GAMMA_3 - GAMMA_1) * _H2, chord))


_T13C_SAYS = Sentence(_t13c_says(sp.Le), ranges=(sp.Ge(GAMMA_1, 1), sp.Lt(GAMMA_1, GAMMA_2), sp.Lt(GAMMA_2, GAMMA_3)))


def _forms(laws: Laws, gammas: Gammas) -> Case:
    """The best event is {p > γq}, which has Σ(p − γq)₊; and (p − γq)₊ = p − min(p, γq)."""
    p, q = laws
    (gamma,) = gammas
    return {
        GAMMA: gamma,
        H(P, Q, GAMMA): best_event(p, q, gamma),
        Excess(P, Q, GAMMA): positive_part(p, q, gamma),
        Mass(P): p.sum(axis=-1),
        Overlap(1, P, GAMMA, Q): np.minimum(p, gamma * q).sum(axis=-1),
        Overlap(GAMMA, P, 1, Q): np.minimum(gamma * p, q).sum(axis=-1),
    }


def _f1_says(overlap: Any) -> Any:
    return sp.And(
        sp.Eq(H(P, Q, GAMMA), Excess(P, Q, GAMMA)),
        sp.Eq(Excess(P, Q, GAMMA), Mass(P) - overlap, evaluate=False),
    )


_F1_SAYS = Sentence(_f1_says(Overlap(1, P, GAMMA, Q)), ranges=(AT_LEAST_1,))


def _directions(laws: Laws, gammas: Gammas) -> Case:
    """An event and its complement: Q(Rᶜ) − P(Rᶜ) = P(R) − Q(R)."""
    p, q = laws
    (gamma,) = gammas
    return {GAMMA: gamma, H(P, Q, GAMMA): best_event(p, q, gamma), H(Q, P, GAMMA): positive_part(q, p, gamma)}


_F2_SAYS = Sentence(sp.Eq(H(P, Q, GAMMA), H(Q, P, GAMMA)), given=sp.Eq(GAMMA, 1), ranges=(AT_LEAST_1,))


def _below(laws: Laws, gammas: Gammas) -> Case:
    """Σ(γq − p)₊ − Σ(p − γq)₊ = Σ(γq − p) = γ − 1, and the first sum is γΣ(q − p/γ)₊."""
    p, q = laws
    (gamma,) = gammas
    return {
        GAMMA: gamma,
        _GAMMA_TIMES_H: np.maximum(gamma * q - p, 0).sum(axis=-1),
        Excess(P, Q, GAMMA): positive_part(p, q, gamma),
        Mass(P): p.sum(axis=-1),
        Mass(Q): q.sum(axis=-1),
    }


_GAMMA_TIMES_H = GAMMA * Excess(Q, P, 1 / GAMMA)


def _f3_says(sign: int) -> Any:
    return sp.Eq(_GAMMA_TIMES_H, Excess(P, Q, GAMMA) + sign * (GAMMA * Mass(Q) - Mass(P)), evaluate=False)


_F3_SAYS = Sentence(_f3_says(1), ranges=(AT_LEAST_1,))

PAIRS = ((Grid(2, 32),) * 2, (Grid(3, 16),) * 2, (Grid(4, 8),) * 2)
_T13B = OverLaws(_ceiling, PAIRS, ONE, "P Q")
_T13C = OverLaws(_convexity, PAIRS, tuple(combinations(GAMMAS, 3)), "P Q")
_F1, _F2, _F3 = (OverLaws(measure, PAIRS, ONE, "P Q") for measure in (_forms, _directions, _below))

PROFILES = (
    law_theorem(
        _T13B,
        EVENT,
        id="T13b",
        title="total variation from (ε, δ)",
        statement=_T13B_SAYS,
        twin_statement=_T13B_SAYS.but(_t13b_says(1)),
        hypotheses="TV ≤ (γ − 1 + 2δ)/(γ + 1) with γ = e^ε, both directions; attained by randomised response (F11)",
        status="textbook",
        source=f"proof in {place(_ceiling)}",
    ),
    law_theorem(
        _T13C,
        EVENT,
        id="T13c",
        title="the profile is non-increasing and convex",
        statement=_T13C_SAYS,
        twin_statement=_T13C_SAYS.but(_t13c_says(sp.Ge)),
        hypotheses="any laws",
        status="textbook",
        source=f"proof in {place(_convexity)}",
    ),
    law_theorem(
        _F1,
        OUTCOMES,
        id="F1",
        title="three forms of the hockey stick",
        statement=_F1_SAYS,
        twin_statement=_F1_SAYS.but(_f1_says(Overlap(GAMMA, P, 1, Q))),
        hypotheses="γ ≥ 1; H is the supremum of P(R) − γQ(R) over all events",
        status="ours",
        source=f"proof in {place(_forms)}",
    ),
    law_theorem(
        _F2,
        EVENT,
        id="F2",
        title="the two directions agree at ε = 0",
        statement=_F2_SAYS,
        twin_statement=Sentence(_F2_SAYS.conclusion, sp.Ge(GAMMA, 1), _F2_SAYS.ranges),
        hypotheses="any laws; so one direction suffices at ε = 0 only",
        status="ours",
        source=f"proof in {place(_directions)}",
    ),
    law_theorem(
        _F3,
        OUTCOMES,
        id="F3",
        title="one direction below γ = 1 is the other above",
        statement=_F3_SAYS,
        twin_statement=_F3_SAYS.but(_f3_says(-1)),
        hypotheses="any laws, H extended to 1/γ ≤ 1 by Σ(q − p/γ)₊",
        status="ours",
        source=f"proof in {place(_below)}",
    ),
)
