"""T13b, T13c and F1–F3: the shape of the hockey-stick profile γ ↦ H_γ(P‖Q). About pairs of laws."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from typing import Any

import numpy as np

from ._base import Case, Theorem, place
from ._over_laws import GAMMAS, ONE, Gammas, Grid, Laws, OverLaws, best_event, both_ways, positive_part, times


def _ceiling(laws: Laws, unit: int, gammas: Gammas) -> Case:
    p, q = laws
    (gamma,) = gammas
    return Case(g=gamma, tv=best_event(p, q, Fraction(1)), delta=both_ways(p, q, gamma), unit=unit)


def _t13b(c: Case) -> Any:
    """Let R be the event of TV = t. P(R) ≤ γQ(R) + δ, and Q(Rᶜ) ≤ γP(Rᶜ) + δ for its complement.

    The sum of the two is t + 1 ≤ γ(1 − t) + 2δ.
    """
    return times(c.g + 1, c.tv) <= times(c.g - 1, c.unit) + 2 * c.delta


def _t13b_twin(c: Case) -> Any:
    return times(c.g + 1, c.tv) <= times(c.g - 1, c.unit) + 1 * c.delta


def _convexity(laws: Laws, unit: int, gammas: Gammas) -> Case:
    p, q = laws
    left, middle, right = gammas
    h1, h2, h3 = (best_event(p, q, gamma) for gamma in gammas)
    chord = times(right - middle, h1) + times(middle - left, h3)
    return Case(h1=h1, h2=h2, h3=h3, chord=chord, curve=times(right - left, h2))


def _t13c(c: Case) -> Any:
    """For each event R, γ ↦ P(R) − γQ(R) is affine and does not rise: their supremum is convex and does not rise."""
    return (c.h1 >= c.h2) & (c.h2 >= c.h3) & (c.curve <= c.chord)


def _t13c_twin(c: Case) -> Any:
    return (c.h1 >= c.h2) & (c.h2 >= c.h3) & (c.curve >= c.chord)


def _forms(laws: Laws, unit: int, gammas: Gammas) -> Case:
    p, q = laws
    (gamma,) = gammas
    return Case(
        g=gamma,
        unit=unit,
        positive=positive_part(p, q, gamma),
        event=best_event(p, q, gamma),
        overlap=np.minimum(p, times(gamma, q)).sum(axis=-1),
        swapped=np.minimum(times(gamma, p), q).sum(axis=-1),
        backward=positive_part(q, p, gamma),
        deficit=np.maximum(times(gamma, q) - p, 0).sum(axis=-1),
    )


def _f1(c: Case) -> Any:
    """The best event is {p > γq}, which has Σ(p − γq)₊; and (p − γq)₊ = p − min(p, γq)."""
    return (c.positive == c.event) & (c.event == c.unit - c.overlap)


def _f1_twin(c: Case) -> Any:
    return (c.positive == c.event) & (c.event == c.unit - c.swapped)


def _f2(c: Case) -> Any:
    """An event and its complement: Q(Rᶜ) − P(Rᶜ) = P(R) − Q(R)."""
    return (c.g > 1) | (c.event == c.backward)


def _f2_twin(c: Case) -> Any:
    return (c.g < 1) | (c.event == c.backward)


def _f3(c: Case) -> Any:
    """Σ(γq − p)₊ − Σ(p − γq)₊ = Σ(γq − p) = γ − 1, and the first sum is γΣ(q − p/γ)₊."""
    return c.deficit == c.event + times(c.g - 1, c.unit)


def _f3_twin(c: Case) -> Any:
    return c.deficit == c.event - times(c.g - 1, c.unit)


PAIRS = ((Grid(2, 24),) * 2, (Grid(3, 12),) * 2, (Grid(4, 6),) * 2)
_T13B = OverLaws(_ceiling, PAIRS, ONE, "P Q")
_T13C = OverLaws(_convexity, PAIRS, tuple(combinations(GAMMAS, 3)), "P Q")
_FORMS = OverLaws(_forms, PAIRS, ONE, "P Q")

PROFILES = (
    Theorem(
        id="T13b",
        title="total variation from (ε, δ)",
        statement_latex=r"P \approx_{\varepsilon,\delta} Q \Rightarrow "
        r"\mathrm{TV}(P, Q) \le \frac{e^\varepsilon - 1 + 2\delta}{e^\varepsilon + 1}",
        hypotheses="both directions; attained by randomised response (F11)",
        status="textbook",
        source=f"proof in {place(_t13b)}",
        kind="exhaustive",
        scope=_T13B.scope,
        search=_T13B,
        claim=_t13b,
        twin_latex=r"\mathrm{TV}(P, Q) \le \frac{e^\varepsilon - 1 + \delta}{e^\varepsilon + 1}",
        twin_claim=_t13b_twin,
    ),
    Theorem(
        id="T13c",
        title="the profile is non-increasing and convex",
        statement_latex=r"\gamma_1 < \gamma_2 < \gamma_3 \Rightarrow H_{\gamma_1} \ge H_{\gamma_2} \ge "
        r"H_{\gamma_3},\ (\gamma_3 - \gamma_1) H_{\gamma_2} \le "
        r"(\gamma_3 - \gamma_2) H_{\gamma_1} + (\gamma_2 - \gamma_1) H_{\gamma_3}",
        hypotheses="any laws",
        status="textbook",
        source=f"proof in {place(_t13c)}",
        kind="exhaustive",
        scope=_T13C.scope,
        search=_T13C,
        claim=_t13c,
        twin_latex=r"\text{the profile is concave}",
        twin_claim=_t13c_twin,
    ),
    Theorem(
        id="F1",
        title="three forms of the hockey stick",
        statement_latex=r"\sup_R P(R) - \gamma Q(R) = \sum (p - \gamma q)_+ = 1 - \sum \min(p, \gamma q)",
        hypotheses="finite laws, γ ≥ 1; the supremum is taken over all 2^k events",
        status="ours",
        source=f"proof in {place(_f1)}",
        kind="exhaustive",
        scope=_FORMS.scope,
        search=_FORMS,
        claim=_f1,
        twin_latex=r"\sup_R P(R) - \gamma Q(R) = 1 - \sum \min(\gamma p, q)",
        twin_claim=_f1_twin,
    ),
    Theorem(
        id="F2",
        title="the two directions agree at ε = 0",
        statement_latex=r"\gamma = 1 \Rightarrow H_\gamma(P \| Q) = H_\gamma(Q \| P)",
        hypotheses="any laws; so one direction suffices at ε = 0 only",
        status="ours",
        source=f"proof in {place(_f2)}",
        kind="exhaustive",
        scope=_FORMS.scope,
        search=_FORMS,
        claim=_f2,
        twin_latex=r"\gamma \ge 1 \Rightarrow H_\gamma(P \| Q) = H_\gamma(Q \| P)",
        twin_claim=_f2_twin,
    ),
    Theorem(
        id="F3",
        title="one direction below γ = 1 is the other above",
        statement_latex=r"\gamma H_{1/\gamma}(Q \| P) = H_\gamma(P \| Q) + \gamma - 1",
        hypotheses="any laws, H extended to 1/γ ≤ 1 by Σ(q − p/γ)₊",
        status="ours",
        source=f"proof in {place(_f3)}",
        kind="exhaustive",
        scope=_FORMS.scope,
        search=_FORMS,
        claim=_f3,
        twin_latex=r"\gamma H_{1/\gamma}(Q \| P) = H_\gamma(P \| Q) - (\gamma - 1)",
        twin_claim=_f3_twin,
    ),
)
