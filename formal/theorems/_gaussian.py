"""T12, T17, T20: Gaussians of one covariance, settled by SymPy for all real arguments.

One side of each identity comes from the density, by integration or because a log ratio of two such laws is
affine in x, whose mean is its value at the mean; the other is the formula the library computes with.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import sympy as sp

from ..catalogue._bibliography import cite
from ..closeness import NormalCdf, gaussian_profile, gaussian_total_variation
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
from ._symbolic import Symbolic

_EPS: Any = sp.Symbol("epsilon", nonnegative=True)
_POSITIVE: Any = sp.symbols("q sigma g t k r k_1 n_2", positive=True)
_REAL: Any = sp.symbols("x y m theta phi a b c u v w z", real=True)
_Q, _SIGMA, _GAP, _T, _K, _R, _KEPT, _N = _POSITIVE
_X, _Y, _M, _ANGLE, _TURN, *_ENTRIES = _REAL


def _density(mean: Any, scale: Any = 1) -> Any:
    return sp.exp(-((_X - mean) ** 2) / (2 * scale**2)) / (scale * sp.sqrt(2 * sp.pi))


def _value(formula: Any, **values: Any) -> Any:
    """A library formula at SymPy arguments, Φ written out as erf."""
    return formula.expression.subs({s: values[s.name] for s in formula.arguments}).replace(
        NormalCdf, lambda z: (1 + sp.erf(z / sp.sqrt(2))) / 2
    )


def _profiles() -> tuple[Case, ...]:
    # P = N(q, 1), Q = N(0, 1), log p/q = qx − q²/2: it exceeds ε on a half-line, the best event. The first
    # case checks where; the others integrate over it, forwards, backwards and at ε = 0.
    cut = _Q / 2 + _EPS / _Q
    ratio = sp.expand_log(sp.log(_density(_Q)) - sp.log(_density(0)), force=True)
    above, below = (cut, sp.oo), (-sp.oo, _Q - cut)
    forward = _excess(_density(_Q), _density(0), above)
    backward = _excess(_density(0), _density(_Q), below)
    formula = _value(gaussian_profile, epsilon=_EPS, distance=_Q)
    slip = formula.subs(sp.exp(_EPS), 1)
    return (
        Case(delta=ratio - _EPS, formula=_Q * (_X - cut), slip=_Q * (_X - cut)),
        Case(delta=forward, formula=formula, slip=slip),
        Case(delta=backward, formula=formula, slip=slip),
        Case(delta=forward.subs(_EPS, 0), formula=_value(gaussian_total_variation, distance=_Q), slip=sp.Integer(0)),
    )


def _excess(p: Any, q: Any, event: tuple[Any, Any]) -> Any:
    return sp.integrate(p, (_X, *event)) - sp.exp(_EPS) * sp.integrate(q, (_X, *event))


def _t12(c: Case) -> Any:
    return c.delta - c.formula


def _t12_twin(c: Case) -> Any:
    return c.delta - c.slip


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


def _frontier(removal: Any, kappa: Any) -> Any:
    return _value(gaussian_frontier, removal=removal, separation=kappa)


def _largest(preservation: Any, kappa: Any) -> Any:
    return _value(gaussian_removal, preservation=preservation, separation=kappa)


def _least() -> tuple[Case, ...]:
    cases: list[Case] = []
    for first, second, kl in _pairs():
        kappa, best = kl(first, second), second + (_T - 1) * (second - first)
        attained = _frontier(_T**2 * _K, _K).subs(_K, kappa)
        cases.append(Case(preservation=kl(second, best), frontier=attained, excess=sp.Integer(0)))
        cases.append(Case(preservation=kl(first, best), frontier=_T**2 * kappa, excess=sp.Integer(0)))
    mean, kl = _space(_R, 0)
    origin, far = sp.zeros(3, 1), sp.Matrix([_GAP, 0, 0])
    removal, kappa = kl(origin, mean), kl(origin, far)
    excess = 4 * sp.sqrt(removal * kappa) * sp.sin(_ANGLE / 2) ** 2
    cases.append(Case(preservation=kl(far, mean), frontier=_frontier(removal, kappa), excess=excess))
    slope = sp.diff(gaussian_frontier.expression, REMOVAL).subs({REMOVAL: _R**2, SEPARATION: _K**2})
    cases.append(Case(preservation=slope, frontier=1 - _K / _R, excess=sp.Integer(0)))
    return tuple(cases)


def _t17a(c: Case) -> Any:
    """In whitened coordinates, scaled so that KL is the squared distance, μ₁ and μ₂ are √κ apart.

    Attained: the mean μ₂ + (t − 1)(μ₂ − μ₁) removes t²κ. Optimal: a mean r from μ₁, at the angle θ from μ₂, preserves
    (r − √κ)² + 4r√κ·sin²(θ/2), by the law of cosines; and past √κ that rises with r: more removal is no cheaper.
    """
    return c.preservation - c.frontier - c.excess


def _t17a_twin(c: Case) -> Any:
    return c.preservation - c.frontier / 2 - c.excess


def _most() -> tuple[Case, ...]:
    mean, kl = _space(_R, _GAP)
    origin, far = sp.zeros(3, 1), sp.Matrix([_GAP, 0, 0])
    preservation, kappa = kl(far, mean), kl(origin, far)
    shortfall = 4 * sp.sqrt(preservation * kappa) * sp.sin(_ANGLE / 2) ** 2
    inverse = _frontier(_largest(PRESERVATION, SEPARATION), SEPARATION)
    return (
        Case(removal=kl(origin, mean), largest=_largest(preservation, kappa), shortfall=shortfall),
        Case(removal=inverse, largest=PRESERVATION, shortfall=sp.Integer(0)),
    )


def _t17b(c: Case) -> Any:
    """In the coordinates of T17a, a mean r from μ₂ and at the angle θ from the ray beyond it removes less than on it.

    By the law of cosines it removes (√κ + r)² − 4r√κ·sin²(θ/2), which rises with r ≤ √ε and is largest at θ = 0.
    """
    return c.removal - c.largest + c.shortfall


def _t17b_twin(c: Case) -> Any:
    return c.removal - c.largest - c.shortfall


def _refits() -> tuple[Case, ...]:
    values = {"kept": _KEPT, "retained": _N, "separation": _K}
    away, near = (_value(f, **values) / _K for f in (random_removal, random_preservation))
    cases: list[Case] = []
    for first, second, kl in _pairs():
        kappa, mean = kl(first, second), (_KEPT * first + _N * second) / (_KEPT + _N)
        removal, preservation = (sp.factor(kl(origin, mean) / kappa) for origin in (first, second))
        cases.append(Case(share=removal, formula=away, other=near))
        cases.append(Case(share=preservation, formula=near, other=away))
    return tuple(cases)


def _t20a(c: Case) -> Any:
    """rμ₁ + (1 − r)μ₂ is (1 − r)(μ₂ − μ₁) from μ₁ and r(μ₁ − μ₂) from μ₂; KL is half the squared whitened distance."""
    return c.share - c.formula


def _t20a_twin(c: Case) -> Any:
    return c.share - c.other


def _below_the_frontier() -> tuple[Case, ...]:
    cases = _refits()
    return tuple(
        Case(first=sp.sqrt(away.share), second=sp.sqrt(near.share), endpoint=sp.Integer(1))
        for away, near in zip(cases[::2], cases[1::2], strict=True)
    )


def _t20b(c: Case) -> Any:
    """The roots of T20a's two are (1 − r)√κ and r√κ."""
    return c.first + c.second - c.endpoint


def _t20b_twin(c: Case) -> Any:
    return c.first - c.second - c.endpoint


_PLACES = "any means and scale on the line, by integration; any means and precision matrix in the plane"

GAUSSIAN_THEOREMS = (
    Theorem(
        id="T12",
        title="the Gaussian profile",
        statement_latex=r"H_{e^\varepsilon}(P \| Q) = H_{e^\varepsilon}(Q \| P) = \Phi\left(\tfrac{q}{2} - "
        r"\tfrac{\varepsilon}{q}\right) - e^\varepsilon\, \Phi\left(-\tfrac{q}{2} - "
        r"\tfrac{\varepsilon}{q}\right),\quad \mathrm{TV} = 2\Phi(\tfrac{q}{2}) - 1",
        hypotheses="P = N(μ₁, Σ), Q = N(μ₂, Σ), q = ‖Σ^{−½}(μ₁ − μ₂)‖ > 0; d dimensions reduce to the line through "
        "the whitened means, because the likelihood ratio depends on nothing else",
        status="textbook",
        source=cite("balle2018gaussian"),
        kind="symbolic",
        scope="all real ε ≥ 0, q > 0; both directions; attained on a half-line",
        search=Symbolic(_profiles, ({_X: sp.Integer(0), _EPS: sp.Integer(1), _Q: sp.Integer(1)},)),
        claim=_t12,
        twin_latex=r"H_{e^\varepsilon}(P \| Q) = \Phi(\tfrac{q}{2} - \tfrac{\varepsilon}{q}) - "
        r"\Phi(-\tfrac{q}{2} - \tfrac{\varepsilon}{q})",
        twin_claim=_t12_twin,
    ),
    Theorem(
        id="T17a",
        title="the Gaussian removal–preservation frontier",
        statement_latex=r"\min\{\mathrm{KL}(p_2 \| p) : \mathrm{KL}(p_1 \| p) \ge \alpha\} = "
        r"(\sqrt{\alpha} - \sqrt{\kappa})^2,\quad "
        r"\mu^* = \mu_2 + \left(\sqrt{\alpha/\kappa} - 1\right)(\mu_2 - \mu_1)",
        hypotheses="p₁, p₂, p Gaussian with one covariance, κ = KL(p₁‖p₂) > 0, α ≥ κ (below κ the minimum is 0)",
        status="derived",
        source=f"{cite('allouah2026')}, Prop. 1, second-hand, the notes' factor ½ corrected; proof in {place(_t17a)}",
        kind="symbolic",
        scope=_PLACES + "; optimal among all means of ℝ³, and so of the span of μ₁, μ₂, μ in ℝᵈ",
        search=Symbolic(_least, ({_T: sp.Integer(2), _GAP: sp.Integer(1), _SIGMA: sp.Integer(1)},)),
        claim=_t17a,
        twin_latex=r"\min \mathrm{KL}(p_2 \| p) = \tfrac{1}{2} (\sqrt{\alpha} - \sqrt{\kappa})^2",
        twin_claim=_t17a_twin,
    ),
    Theorem(
        id="T17b",
        title="the frontier read the other way",
        statement_latex=r"\max\{\mathrm{KL}(p_1 \| p) : \mathrm{KL}(p_2 \| p) \le \varepsilon\} = "
        r"(\sqrt{\kappa} + \sqrt{\varepsilon})^2,\quad \mathrm{KL}(p_1 \| p) = (\ldots)^2 - "
        r"4\sqrt{\kappa\varepsilon} \sin^2 \tfrac{\theta}{2}",
        hypotheses="as T17a; θ the whitened angle between μ − μ₂ and μ₂ − μ₁; retraining on p₂ alone is ε = 0",
        status="derived",
        source=f"{cite('allouah2026')}, Prop. 1, second-hand; proof in {place(_t17b)}",
        kind="symbolic",
        scope="all means of ℝ³, and so of the span of μ₁, μ₂, μ in ℝᵈ",
        search=Symbolic(_most, ({_GAP: sp.Integer(1), _R: sp.Integer(1), _ANGLE: sp.pi},)),
        claim=_t17b,
        twin_latex=r"\mathrm{KL}(p_1 \| p) = (\ldots)^2 + 4\sqrt{\kappa\varepsilon} \sin^2 \tfrac{\theta}{2}",
        twin_claim=_t17b_twin,
    ),
    Theorem(
        id="T20a",
        title="random deletion",
        statement_latex=r"\mathrm{KL}(p_1 \| p) = (1-r)^2 \kappa,\ \mathrm{KL}(p_2 \| p) = r^2 \kappa,\quad "
        r"r = \frac{n_1 - f}{n_1 - f + n_2}",
        hypotheses="as T17a; p the population mean refit after f of n₁ rows of p₁ are deleted at random; f < n₁",
        status="derived",
        source=f"proof in {place(_t20a)}",
        kind="symbolic",
        scope=_PLACES + "; all real counts",
        search=Symbolic(_refits, ({_KEPT: sp.Integer(1), _N: sp.Integer(2)},)),
        claim=_t20a,
        twin_latex=r"\mathrm{KL}(p_1 \| p) = r^2 \kappa,\ \mathrm{KL}(p_2 \| p) = (1-r)^2 \kappa",
        twin_claim=_t20a_twin,
    ),
    Theorem(
        id="T20b",
        title="random deletion never passes the endpoint",
        statement_latex=r"\sqrt{\mathrm{KL}(p_1 \| p)} + \sqrt{\mathrm{KL}(p_2 \| p)} = \sqrt{\kappa}",
        hypotheses="as T20a; so KL(p₁‖p) ≤ κ, whereas on the frontier past κ the *difference* of roots is √κ",
        status="derived",
        source=f"proof in {place(_t20b)}",
        kind="symbolic",
        scope=_PLACES + "; all real counts",
        search=Symbolic(_below_the_frontier, ({_KEPT: sp.Integer(1), _N: sp.Integer(2)},)),
        claim=_t20b,
        twin_latex=r"\sqrt{\mathrm{KL}(p_1 \| p)} - \sqrt{\mathrm{KL}(p_2 \| p)} = \sqrt{\kappa}",
        twin_claim=_t20b_twin,
    ),
)
