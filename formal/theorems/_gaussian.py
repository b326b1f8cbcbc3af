"""T12, T17, T20: Gaussians of one covariance, settled by SymPy for all real arguments.

One side of each identity comes from the density, by integration or because a log ratio of two such laws is
affine in x, whose mean is its value at the mean; the other is the formula the library computes with.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from ..catalogue._bibliography import cite
from ..closeness import gaussian_profile, gaussian_total_variation
from ..closeness._symbols import DISTANCE, EPSILON
from ..distributional._frontier import (
    PRESERVATION,
    REMOVAL,
    SEPARATION,
    gaussian_frontier,
    gaussian_removal,
    random_preservation,
    random_removal,
)
from ._base import Case, Theorem, place
from ._distances import P, Q
from ._sentence import Sentence
from ._symbolic import Symbolic
from ._sympy import sp
from ._terms import KLD as KL
from ._terms import TVD as TV
from ._terms import H, laws

_POSITIVE: Any = sp.symbols("q sigma g t k r", positive=True)
_REAL: Any = sp.symbols("x y m theta phi a b c u v w z", real=True)
_Q, _SIGMA, _GAP, _T, _K, _R = _POSITIVE
_X, _Y, _M, _ANGLE, _TURN, *_ENTRIES = _REAL


def _density(mean: Any, scale: Any = 1) -> Any:
    return sp.exp(-((_X - mean) ** 2) / (2 * scale**2)) / (scale * sp.sqrt(2 * sp.pi))


P_1, P_2, FITTED = laws("p_1 p_2 p")
_E = sp.exp(EPSILON)
_PROFILE, _TV_OF_Q = gaussian_profile.expression, gaussian_total_variation.expression
_LOG_RATIO: Any = sp.Symbol("ratio")
_NAMES = {
    EPSILON: r"\varepsilon",
    DISTANCE: "q",
    REMOVAL: r"\alpha",
    PRESERVATION: r"\varepsilon",
    SEPARATION: r"\kappa",
    _LOG_RATIO: r"\log \tfrac{p(x)}{q(x)}",
}


def _profiles(sentence: Sentence) -> tuple[Case, ...]:
    """P = N(q, 1), Q = N(0, 1) after whitening: log p/q = qx − q²/2 exceeds ε on a half-line, which is the best event.

    The third equation says where; the others integrate over it, forwards, backwards and at ε = 0.
    """
    cut, positive = _Q / 2 + EPSILON / _Q, {DISTANCE: _Q}
    ratio = sp.expand_log(sp.log(_density(_Q)) - sp.log(_density(0)), force=True)
    forward = _excess(_density(_Q), _density(0), (cut, sp.oo))
    backward = _excess(_density(0), _density(_Q), (-sp.oo, _Q - cut))
    return (
        {H(P, Q, _E): forward, **positive},
        {H(Q, P, _E): backward, **positive},
        {_LOG_RATIO: ratio, **positive},
        {TV(P, Q): forward.subs(EPSILON, 0), **positive},
    )


def _t12_says(profile: Any) -> Any:
    return sp.And(
        sp.Eq(H(P, Q, _E), profile),
        sp.Eq(H(Q, P, _E), profile),
        sp.Eq(_LOG_RATIO, EPSILON + DISTANCE * (_X - DISTANCE / 2 - EPSILON / DISTANCE)),
        sp.Eq(TV(P, Q), _TV_OF_Q),
    )


_T12_SAYS = Sentence(_t12_says(_PROFILE), ranges=(sp.Ge(EPSILON, 0), sp.Gt(DISTANCE, 0)), names=_NAMES)


def _excess(p: Any, q: Any, event: tuple[Any, Any]) -> Any:
    return sp.integrate(p, (_X, *event)) - _E * sp.integrate(q, (_X, *event))


@cache
def _by_density() -> Any:
    """KL(N(m, σ²)‖N(y, σ²)) from the integral of the density times the log ratio."""
    ratio = sp.expand_log(sp.log(_density(_M, _SIGMA)) - sp.log(_density(_Y, _SIGMA)), force=True)
    centred = (_density(0, _SIGMA) * sp.expand(ratio.subs(_X, _X + _M))).expand()
    return sp.simplify(sp.integrate(centred, (_X, -sp.oo, sp.oo)))


def _integrated(first: Any, second: Any) -> Any:
    return _by_density().subs({_M: first, _Y: second}, simultaneous=True)


def _moments(first: Any, second: Any, precision: Any) -> Any:
    """KL in d dimensions: the log ratio is affine in x, so its expectation is its value at x = first."""
    x: Any = sp.Matrix(sp.symbols(f"x:{first.rows}", real=True))
    ratio = sp.expand(sum(s * ((x - m).T * precision * (x - m))[0] for s, m in ((1, second), (-1, first)))) / 2
    if any(sp.diff(ratio, a, b) != 0 for a in x for b in x):
        raise ArithmeticError("the log ratio of two Gaussians of one covariance is affine; this one is not")
    return ratio.subs(dict(zip(x, first, strict=True)))


def _pairs() -> tuple[tuple[Any, Any, Any], ...]:
    """(μ₁, μ₂, KL): the line, by integration; the plane, any means, any precision matrix, by moments."""
    a, b, c, u, v, w, z = _ENTRIES
    precision = sp.Matrix([[a, b], [b, c]])
    return (
        (_M, _M + _GAP, _integrated),
        (sp.Matrix([u, v]), sp.Matrix([w, z]), lambda p, q: _moments(p, q, precision)),
    )


def _space(radius: Any, origin: Any) -> tuple[Any, Any]:
    """Any mean at distance `radius` from e₁·origin in whitened ℝ³, in polar coordinates about e₁; and KL there.

    In ℝᵈ the remaining coordinates enter like the third: only the angle with μ₂ − μ₁ matters.
    """
    turn = (sp.cos(_ANGLE), sp.sin(_ANGLE) * sp.cos(_TURN), sp.sin(_ANGLE) * sp.sin(_TURN))
    mean = sp.Matrix([origin, 0, 0]) + radius * sp.Matrix(turn)
    return mean, lambda p, q: sp.simplify(_moments(p, q, 2 * sp.eye(3)))


_ROOTS = sp.sqrt(REMOVAL * SEPARATION)
_HALF = sp.sin(_ANGLE / 2) ** 2


def _least(sentence: Sentence) -> tuple[Case, ...]:
    """In whitened coordinates, scaled so that KL is the squared distance, μ₁ and μ₂ are √κ apart.

    Attained: the mean μ₂ + (t − 1)(μ₂ − μ₁) removes t²κ, at θ = 0. Optimal: a mean r from μ₁, at the angle θ, preserves
    (r − √κ)² + 4r√κ·sin²(θ/2), by the law of cosines; and past √κ that rises with r: more removal is no cheaper.
    """
    cases: list[Case] = []
    for first, second, kl in _pairs():
        kappa, best = kl(first, second), second + (_T - 1) * (second - first)
        away, near = (_K * sp.factor(kl(origin, best) / kappa) for origin in (first, second))
        cases.append({KL(P_2, FITTED): near, REMOVAL: away, SEPARATION: _K, _ANGLE: sp.Integer(0)})
    mean, kl = _space(_R, 0)
    origin, far = sp.zeros(3, 1), sp.Matrix([_GAP, 0, 0])
    space = {KL(P_2, FITTED): kl(far, mean), REMOVAL: kl(origin, mean), SEPARATION: kl(origin, far)}
    return (*cases, {**space, _ANGLE: _ANGLE}, {REMOVAL: _R**2, SEPARATION: _K**2})


def _t17a_says(share: Any) -> Any:
    frontier = gaussian_frontier.expression
    return sp.And(
        sp.Eq(KL(P_2, FITTED), share * frontier + 4 * _ROOTS * _HALF),
        sp.Eq(sp.Derivative(frontier, REMOVAL), 1 - sp.sqrt(SEPARATION) / sp.sqrt(REMOVAL), evaluate=False),
    )


_POSITIVE_KAPPA = sp.Gt(SEPARATION, 0)
_T17A_SAYS = Sentence(
    _t17a_says(sp.Integer(1)),
    given=sp.Eq(KL(P_1, FITTED), REMOVAL),
    ranges=(_POSITIVE_KAPPA, sp.Ge(REMOVAL, SEPARATION)),
    names=_NAMES,
)


def _most(sentence: Sentence) -> tuple[Case, ...]:
    """In the coordinates of T17a, a mean r from μ₂ and at the angle θ from the ray beyond it removes less than on it.

    By the law of cosines it removes (√κ + r)² − 4r√κ·sin²(θ/2), which rises with r ≤ √ε and is largest at θ = 0.
    """
    mean, kl = _space(_R, _GAP)
    origin, far = sp.zeros(3, 1), sp.Matrix([_GAP, 0, 0])
    space = {KL(P_1, FITTED): kl(origin, mean), PRESERVATION: kl(far, mean), SEPARATION: kl(origin, far)}
    return (space,)


def _t17b_says(sign: int) -> Any:
    largest = gaussian_removal.expression
    shortfall = 4 * sp.sqrt(PRESERVATION * SEPARATION) * _HALF
    return sp.Eq(KL(P_1, FITTED), largest - sign * shortfall)


_T17B_SAYS = Sentence(
    _t17b_says(1),
    given=sp.Eq(KL(P_2, FITTED), PRESERVATION),
    ranges=(_POSITIVE_KAPPA, sp.Ge(PRESERVATION, 0)),
    names=_NAMES,
)


def _refits(sentence: Sentence) -> tuple[Case, ...]:
    """rμ₁ + (1 − r)μ₂ is (1 − r)(μ₂ − μ₁) from μ₁ and r(μ₁ − μ₂) from μ₂; KL is half the squared whitened distance."""
    cases: list[Case] = []
    for first, second, kl in _pairs():
        kappa, mean = kl(first, second), (_KEPT * first + _RETAINED * second) / (_KEPT + _RETAINED)
        away, near = (_K * sp.factor(kl(origin, mean) / kappa) for origin in (first, second))
        positive = dict(zip(_COUNTS, (_KEPT, _RETAINED), strict=True))
        cases.append({KL(P_1, FITTED): away, KL(P_2, FITTED): near, SEPARATION: _K, **positive})
    return tuple(cases)


_KEPT, _RETAINED = sp.symbols("kept retained", positive=True)
_COUNTS = tuple(s for s in random_removal.arguments if s != SEPARATION)
_COUNT_NAMES = {**_NAMES, _COUNTS[0]: "(n_1 - f)", _COUNTS[1]: "n_2"}


def _t20a_says(first: Any, second: Any) -> Any:
    return sp.And(sp.Eq(KL(P_1, FITTED), first.expression), sp.Eq(KL(P_2, FITTED), second.expression))


_T20A_SAYS = Sentence(_t20a_says(random_removal, random_preservation), ranges=(_POSITIVE_KAPPA,), names=_COUNT_NAMES)


def _t20b_says(sign: int) -> Any:
    """The roots of T20a's two are (1 − r)√κ and r√κ."""
    return sp.Eq(sp.sqrt(KL(P_1, FITTED)) + sign * sp.sqrt(KL(P_2, FITTED)), sp.sqrt(SEPARATION))


_T20B_SAYS = Sentence(_t20b_says(1), ranges=(_POSITIVE_KAPPA,), names=_COUNT_NAMES)

_PLACES = "any means and scale on the line, by integration; any means and precision matrix in the plane"

GAUSSIAN_THEOREMS = (
    Theorem(
        id="T12",
        title="the Gaussian profile",
        statement=_T12_SAYS,
        twin_statement=_T12_SAYS.but(_t12_says(_PROFILE.subs(_E, 1))),
        hypotheses="P = N(μ₁, Σ), Q = N(μ₂, Σ), q = ‖Σ^{−½}(μ₁ − μ₂)‖ > 0; d dimensions reduce to the line through "
        "the whitened means, because the likelihood ratio depends on nothing else",
        status="textbook",
        source=f"{cite('balle2018gaussian')}; proof in {place(_profiles)}",
        kind="symbolic",
        scope="all real ε ≥ 0, q > 0; both directions; attained on a half-line",
        search=Symbolic(_profiles, ({_X: sp.Integer(0), EPSILON: sp.Integer(1), _Q: sp.Integer(1)},)),
    ),
    Theorem(
        id="T17a",
        title="the Gaussian removal–preservation frontier",
        statement=_T17A_SAYS,
        twin_statement=_T17A_SAYS.but(_t17a_says(sp.Rational(1, 2))),
        hypotheses="p₁, p₂, p Gaussian with one covariance, κ = KL(p₁‖p₂) > 0, θ the whitened angle between μ − μ₁ "
        "and μ₂ − μ₁. So "
        "the least KL(p₂‖p) at removal α is (√α − √κ)², at μ₂ + (√(α/κ) − 1)(μ₂ − μ₁); below κ it is 0",
        status="derived",
        source=f"{cite('allouah2026')}, Prop. 1, second-hand, the notes' factor ½ corrected; proof in {place(_least)}",
        kind="symbolic",
        scope=_PLACES + "; optimal among all means of ℝ³, and so of the span of μ₁, μ₂, μ in ℝᵈ",
        search=Symbolic(_least, ({_T: sp.Integer(2), _K: sp.Integer(1)}, {_R: sp.Integer(2), _GAP: sp.Integer(1)})),
    ),
    Theorem(
        id="T17b",
        title="the frontier read the other way",
        statement=_T17B_SAYS,
        twin_statement=_T17B_SAYS.but(_t17b_says(-1)),
        hypotheses="as T17a; θ the whitened angle between μ − μ₂ and μ₂ − μ₁, so that the most removal at "
        "preservation ε is at "
        "θ = 0; retraining on p₂ alone is ε = 0",
        status="derived",
        source=f"{cite('allouah2026')}, Prop. 1, second-hand; proof in {place(_most)}",
        kind="symbolic",
        scope="all means of ℝ³, and so of the span of μ₁, μ₂, μ in ℝᵈ",
        search=Symbolic(_most, ({_GAP: sp.Integer(1), _R: sp.Integer(1), _ANGLE: sp.pi},)),
    ),
    Theorem(
        id="T20a",
        title="random deletion",
        statement=_T20A_SAYS,
        twin_statement=_T20A_SAYS.but(_t20a_says(random_preservation, random_removal)),
        hypotheses="as T17a; p the population mean refit after f of n₁ rows of p₁ are deleted at random; f < n₁, n₂ "
        "rows of p₂",
        status="derived",
        source=f"proof in {place(_refits)}",
        kind="symbolic",
        scope=_PLACES + "; all real counts",
        search=Symbolic(_refits, ({_KEPT: sp.Integer(1), _RETAINED: sp.Integer(2)},)),
    ),
    Theorem(
        id="T20b",
        title="random deletion never passes the endpoint",
        statement=_T20B_SAYS,
        twin_statement=_T20B_SAYS.but(_t20b_says(-1)),
        hypotheses="as T20a; so KL(p₁‖p) ≤ κ, whereas on the frontier past κ the *difference* of roots is √κ",
        status="derived",
        source=f"proof in {place(_t20b_says)}",
        kind="symbolic",
        scope=_PLACES + "; all real counts",
        search=Symbolic(_refits, ({_KEPT: sp.Integer(1), _RETAINED: sp.Integer(2)},)),
    ),
)
