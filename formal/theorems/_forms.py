"""F13–F19: other forms of both definitions (one side, per instance, error trade-off, Rényi, Gaussian)."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np

from ..catalogue._bibliography import cite
from ..laws._worlds import compositions
from ._base import EVENT, Case, Theorem, place
from ._distances import AT_LEAST_1, BEYOND_1, P, Q, law_theorem
from ._over_cases import OverCases
from ._over_laws import ONE, Gammas, Grid, Laws, OverLaws, both_ways, positive_part
from ._sentence import Sentence
from ._symbolic import Symbolic
from ._sympy import sp
from ._terms import GAMMA, Chance, D, EventSymbol, H

_EITHER = "P what a remover publishes, Q either reference: so of both definitions; "
_R = EventSymbol("R")


def _sides(laws: Laws, gammas: Gammas) -> Case:
    """min(p, γq) ≤ γ·min(q, γp) outcome by outcome, and H_γ(P‖Q) = 1 − Σ min(p, γq), so that γ(1 − H′) ≥ 1 − H."""
    p, q = laws
    (gamma,) = gammas
    return {GAMMA: gamma, H(P, Q, GAMMA): positive_part(p, q, gamma), H(Q, P, GAMMA): positive_part(q, p, gamma)}


def _f13_says(rest: Any) -> Any:
    return sp.Le(GAMMA * H(Q, P, GAMMA), GAMMA - 1 + rest)


_F13_SAYS = Sentence(_f13_says(H(P, Q, GAMMA)), ranges=(AT_LEAST_1,), sharp=BEYOND_1)

_SHARE, _AVERAGE, _LEVEL = sp.symbols("share average level", nonnegative=True)
_INSTANCES = {_SHARE: r"\Pr_D[\delta(D) \geq t]", _AVERAGE: r"\mathbb{E}_D \delta(D)", _LEVEL: "t"}


def _instances() -> Iterator[tuple[str, Case]]:
    """t·1[δ(D) ≥ t] ≤ δ(D) for each D; and the mean of both sides."""
    quarters = [Fraction(n, 4) for n in range(5)]
    for counts in compositions(4, 3):
        for deltas in product(quarters, repeat=3):
            weights = [Fraction(n, 4) for n in counts]
            average = sum((w * d for w, d in zip(weights, deltas, strict=True)), Fraction(0))
            for level in quarters[1:]:
                share = sum((w for w, d in zip(weights, deltas, strict=True) if d >= level), Fraction(0))
                words = f"D drawn by {', '.join(map(str, weights))}; δ(D) = {', '.join(map(str, deltas))}; t = {level}"
                yield words, {_SHARE: share, _AVERAGE: average, _LEVEL: level}


def _f14_says(factor: Any) -> Any:
    return sp.Le(factor * _LEVEL * _SHARE, _AVERAGE)


_F14_SAYS = Sentence(
    _f14_says(1), ranges=(sp.Gt(_LEVEL, 0),), sharp=sp.And(sp.Gt(_AVERAGE, 0), sp.Lt(_SHARE, 1)), names=_INSTANCES
)


def _errors(laws: Laws, gammas: Gammas) -> Case:
    """Of R and of its complement: P(R) ≤ γQ(R) + δ, and 1 − Q(R) ≤ γ(1 − P(R)) + δ."""
    p, q, mask = laws
    (gamma,) = gammas
    inside = mask > 0
    return {
        GAMMA: gamma,
        D(P, Q, GAMMA): both_ways(p, q, gamma),
        Chance(P, _R): np.where(inside, p, 0).sum(-1),
        Chance(Q, _R): np.where(inside, q, 0).sum(-1),
    }


def _f15_says(delta: Any) -> Any:
    missed, alarm = 1 - Chance(P, _R), Chance(Q, _R)
    return sp.And(sp.Ge(missed, 1 - delta - GAMMA * alarm), sp.Ge(GAMMA * missed, 1 - delta - alarm))


_F15_SAYS = Sentence(_f15_says(D(P, Q, GAMMA)), ranges=(AT_LEAST_1,), sharp=BEYOND_1)

_ORDER = sp.Symbol("n", integer=True, positive=True)
_MOMENT, _FIRST, _SECOND, _BOTH = sp.symbols("moment first second both", positive=True)
_MOMENTS = {
    _MOMENT: r"M_{n+1}(P, Q)",
    _FIRST: r"M_{n+1}(P_1, Q_1)",
    _SECOND: r"M_{n+1}(P_2, Q_2)",
    _BOTH: r"M_{n+1}(P_1 \otimes P_2, Q_1 \otimes Q_2)",
}
_M = "M_{n+1} = Σ pⁿ⁺¹/qⁿ = e^{n·D}, D the Rényi divergence of order n + 1; q > 0"
_Masses = tuple[Fraction, ...]


def _laws(outcomes: int, denominator: int, *, positive: bool) -> list[_Masses]:
    counts = (c for c in compositions(denominator, outcomes) if min(c) > 0 or not positive)
    return [tuple(Fraction(n, denominator) for n in c) for c in counts]


def _moment(p: _Masses, q: _Masses, order: int) -> Fraction:
    return sum((a ** (order + 1) / b**order for a, b in zip(p, q, strict=True)), Fraction(0))


def _conversions() -> Iterator[tuple[str, Case]]:
    """(n + 1)xyⁿ ≤ xⁿ⁺¹ + n·yⁿ⁺¹ (by induction on n) at x = n·p, y = (n + 1)γq, outcome by outcome where p > γq."""
    for p, q in product(_laws(3, 6, positive=False), _laws(3, 6, positive=True)):
        for gamma, order in product((Fraction(1), Fraction(3, 2), Fraction(2)), (1, 2, 3)):
            gap = sum((max(a - gamma * b, Fraction(0)) for a, b in zip(p, q, strict=True)), Fraction(0))
            words = f"P = {', '.join(map(str, p))}; Q = {', '.join(map(str, q))}; γ = {gamma}, n = {order}"
            yield words, {GAMMA: gamma, _ORDER: order, H(P, Q, GAMMA): gap, _MOMENT: _moment(p, q, order)}


def _f16_says(power: Any) -> Any:
    return sp.Le((_ORDER + 1) ** power * GAMMA**_ORDER * H(P, Q, GAMMA), _ORDER**_ORDER * _MOMENT)


_F16_SAYS = Sentence(
    _f16_says(_ORDER + 1),
    ranges=(AT_LEAST_1, sp.Ge(_ORDER, 1)),
    sharp=sp.And(BEYOND_1, sp.Eq(_ORDER, 1)),
    names=_MOMENTS,
)


def _moments() -> Iterator[tuple[str, Case]]:
    """(p₁p₂)ⁿ⁺¹/(q₁q₂)ⁿ is a product, outcome by outcome; so is its sum."""
    pairs = list(product(_laws(2, 4, positive=False), _laws(2, 4, positive=True)))
    for (p1, q1), (p2, q2), order in product(pairs, pairs, (1, 2)):
        joint_p, joint_q = (tuple(a * b for a, b in product(*two)) for two in ((p1, p2), (q1, q2)))
        words = f"P₁ = {p1}, Q₁ = {q1}, P₂ = {p2}, Q₂ = {q2}, n = {order}"
        both = _moment(joint_p, joint_q, order)
        yield words, {_FIRST: _moment(p1, q1, order), _SECOND: _moment(p2, q2, order), _BOTH: both}


def _f17_says(join: Any) -> Any:
    return sp.Eq(_BOTH, join(_FIRST, _SECOND))


_F17_SAYS = Sentence(_f17_says(sp.Mul), names=_MOMENTS)

_MU, _A, _B = sp.symbols("mu a b", positive=True)
_ALPHA, _X = sp.symbols("alpha x", real=True)
_RENYI, _MEAN, _SPREAD = sp.symbols("renyi mean spread")
_GAUSSIAN = {
    _RENYI: r"\mathbb{E}_Q (p/q)^{\alpha}",
    _MEAN: r"\mathbb{E}_Q \log (p/q)",
    _SPREAD: r"\mathrm{Var}_Q \log (p/q)",
}


def _gaussian_moment(sentence: Sentence) -> tuple[Case, ...]:
    """(p/q)^α·q is e^{αμx − αμ²/2 − x²/2}/√(2π): its integral, the square completed, is e^{α(α−1)μ²/2}."""
    integrand = sp.exp(_ALPHA * _MU * _X - _ALPHA * _MU**2 / 2 - _X**2 / 2) / sp.sqrt(2 * sp.pi)
    return ({_RENYI: sp.integrate(integrand, (_X, -sp.oo, sp.oo))},)


def _f18_says(less: Any) -> Any:
    return sp.Eq(_RENYI, sp.exp(_ALPHA * less * _MU**2 / 2))


_F18_SAYS = Sentence(_f18_says(_ALPHA - 1), names=_GAUSSIAN)


def _two_releases(sentence: Sentence) -> tuple[Case, ...]:
    """log p/q = ax + by − (a² + b²)/2 under N((a, b), I) and N(0, I): affine, with mean −μ²/2 and variance μ² under Q.

    It is normal, so that the trade-off of the two releases together is that of one with that μ.
    """
    first, second = sp.symbols("x y", real=True)
    point = sp.Matrix([first, second])
    ratio = sp.expand((point.dot(point) - (point - sp.Matrix([_A, _B])).dot(point - sp.Matrix([_A, _B]))) / 2)
    spread = ratio.coeff(first) ** 2 + ratio.coeff(second) ** 2
    return ({_MEAN: ratio.subs({first: 0, second: 0}), _SPREAD: spread, _MU: sentence.given.rhs},)


def _f19_says(square: Any) -> Sentence:
    conclusion = sp.And(sp.Eq(_MEAN, -(_MU**2) / 2), sp.Eq(_SPREAD, _MU**2))
    return Sentence(conclusion, given=sp.Eq(_MU, square), names=_GAUSSIAN)


_F13 = OverLaws(_sides, ((Grid(2, 8),) * 2, (Grid(3, 8),) * 2), ONE, "P Q")
_F15 = OverLaws(_errors, ((Grid(2, 8),) * 3, (Grid(3, 4),) * 3), ONE, "P Q (R where positive)")

FORMS = (
    law_theorem(
        _F13,
        EVENT,
        id="F13",
        title="one side bounds the other",
        statement=_F13_SAYS,
        twin_statement=_F13_SAYS.but(_f13_says(0)),
        hypotheses=_EITHER + "the one-sided form asks for H_γ(P‖Q) ≤ δ alone; backwards it leaves 1 − (1 − δ)/γ, no "
        "more and no less",
        status="ours",
        source=f"proof in {place(_sides)}",
    ),
    Theorem(
        id="F14",
        title="from an average over datasets to one dataset",
        statement=_F14_SAYS,
        twin_statement=_F14_SAYS.but(_f14_says(2)),
        hypotheses="δ(D) the least δ at one dataset and one request, the per-instance form, of either definition; the "
        "definitions ask for it at every D, and a check at D drawn at random knows its average",
        status="ours",
        source=f"Markov's inequality; proof in {place(_instances)}",
        kind="exhaustive",
        scope="three datasets drawn by weights in (1/4)Z; δ(D) and t in (1/4)Z, t > 0",
        size=15 * 125 * 4,
        search=OverCases(_instances),
    ),
    law_theorem(
        _F15,
        EVENT,
        id="F15",
        title="(ε, δ) as a trade-off of errors",
        statement=_F15_SAYS,
        twin_statement=_F15_SAYS.but(_f15_says(D(P, Q, GAMMA) / 2)),
        hypotheses=_EITHER + "whoever says P on R errs with Q(R) and with 1 − P(R); the two lines hold for all R just "
        "where P and Q are (ln γ, δ)-indistinguishable",
        status="textbook",
        source=f"form of {cite('dong2019')}, not read for this; proof in {place(_errors)}",
    ),
    Theorem(
        id="F16",
        title="from a Rényi divergence to (ε, δ)",
        statement=_F16_SAYS,
        twin_statement=_F16_SAYS.but(_f16_says(_ORDER + 2)),
        hypotheses=f"{_EITHER}{_M}; attained where p is 0 or (n + 1)γq/n",
        status="derived",
        source=f"Rényi form of {cite('mironov2017')}, conversion of {cite('canonne2020')}, not read for this; proof "
        f"in {place(_conversions)}",
        kind="exhaustive",
        scope="laws on 3 outcomes with masses in (1/6)Z, Q positive; γ ∈ {1, 3/2, 2}, n ∈ {1, 2, 3}",
        size=28 * 10 * 9,
        search=OverCases(_conversions),
    ),
    Theorem(
        id="F17",
        title="Rényi divergences of independent releases add up",
        statement=_F17_SAYS,
        twin_statement=_F17_SAYS.but(_f17_says(sp.Add)),
        hypotheses=_M,
        status="textbook",
        source=f"Rényi form of {cite('mironov2017')}, not read for this; proof in {place(_moments)}",
        kind="exhaustive",
        scope="pairs of laws on 2 outcomes with masses in (1/4)Z, Q positive; n ∈ {1, 2}",
        size=15 * 15 * 2,
        search=OverCases(_moments),
    ),
    Theorem(
        id="F18",
        title="the Rényi divergences of two Gaussians",
        statement=_F18_SAYS,
        twin_statement=_F18_SAYS.but(_f18_says(_ALPHA)),
        hypotheses="P = N(μ, 1), Q = N(0, 1), of order α: D = αμ²/2, so that μ in the Gaussian form is αμ²/2 in "
        "Rényi's; its (ε, δ) is T17",
        status="textbook",
        source=f"proof in {place(_gaussian_moment)}",
        kind="symbolic",
        scope="all real α and μ > 0",
        search=Symbolic(_gaussian_moment, ({_ALPHA: sp.Integer(2), _MU: sp.Integer(1)},)),
    ),
    Theorem(
        id="F19",
        title="Gaussian forms of independent releases add up in squares",
        statement=_f19_says(sp.sqrt(_A**2 + _B**2)),
        twin_statement=_f19_says(_A + _B),
        hypotheses="two releases, a-GDP and b-GDP: N(a, 1) and N(b, 1) against N(0, 1); the log ratio is normal",
        status="textbook",
        source=f"Gaussian form of {cite('dong2019')}, not read for this; proof in {place(_two_releases)}",
        kind="symbolic",
        scope="all real a, b > 0",
        search=Symbolic(_two_releases, ({_A: sp.Integer(1), _B: sp.Integer(1)},)),
    ),
)
