"""T18, T19: the frontier in exponential families, and what a bound on KL says about log-loss."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from ..catalogue._bibliography import cite
from ..distributional._frontier import BERNOULLI, EXPONENTIAL, MEAN, NORMAL, POISSON, THETA, ExponentialFamily
from ._base import Case, Theorem, place
from ._sentence import Sentence
from ._symbolic import Symbolic
from ._sympy import sp
from ._terms import KLD as KL
from ._terms import laws

_X: Any = sp.Symbol("x", nonnegative=True)
_N: Any = sp.Symbol("n", integer=True, nonnegative=True)
_M, _M1, _M2, _ODDS = sp.symbols("m m_1 m_2 l", positive=True)

# log p(x) of the member of mean m, and how to sum or integrate over x: no log-partition function here.
_LOG_LAWS: dict[ExponentialFamily, tuple[Any, Callable[[Any], Any]]] = {
    BERNOULLI: (_X * sp.log(_M) + (1 - _X) * sp.log(1 - _M), lambda f: f.subs(_X, 0) + f.subs(_X, 1)),
    POISSON: (
        _X * sp.log(_M) - _M - sp.log(sp.factorial(_X)),
        lambda f: sp.summation(f.subs(_X, _N), (_N, 0, sp.oo)),
    ),
    EXPONENTIAL: (-sp.log(_M) - _X / _M, lambda f: sp.integrate(f, (_X, 0, sp.oo))),
    NORMAL: (-((_X - _M) ** 2) / 2 - sp.log(2 * sp.pi) / 2, lambda f: _over_the_line(f)),
}


def _over_the_line(integrand: Any) -> Any:
    x: Any = sp.Symbol("x", real=True)
    return sp.integrate(sp.expand(integrand.subs(_X, x + _M1)), (x, -sp.oo, sp.oo))


@cache
def _direct(family: ExponentialFamily) -> Any:
    """KL between the members of means m₁ and m, from the sum or integral that defines it."""
    log_law, total = _LOG_LAWS[family]
    first = log_law.subs(_M, _M1)
    return sp.simplify(total(sp.simplify(sp.exp(first)) * sp.simplify(first - log_law)))


P_1, P_2, FITTED, BEST = laws("p_1 p_2 p p_*")
_A_1, _A_2, _SLOPE_1, _SLOPE_2, _THETA_1, _THETA_2 = sp.symbols("A_1 A_2 S_1 S_2 theta_1 theta")
_BREGMAN_NAMES = {
    _A_1: r"A(\theta_1)",
    _A_2: r"A(\theta)",
    _SLOPE_1: r"A'(\theta_1)",
    _SLOPE_2: r"A'(\theta)",
}


def _bregmans(sentence: Sentence) -> tuple[Case, ...]:
    """log p_{θ₁}(x)/p_θ(x) = (θ₁ − θ)x − A(θ₁) + A(θ), and the mean of x under p_{θ₁} is A′(θ₁)."""

    def case(family: ExponentialFamily) -> Case:
        theta1, theta2 = (family.natural.subs(MEAN, m) for m in (_M1, _M))
        value, slope = family.log_partition, sp.diff(family.log_partition, THETA)
        words = {
            KL(P_1, FITTED): _direct(family),
            **{_A_1: value.subs(THETA, theta1), _A_2: value.subs(THETA, theta2)},
            **{_SLOPE_1: slope.subs(THETA, theta1), _SLOPE_2: slope.subs(THETA, theta2)},
            **{_THETA_1: theta1, _THETA_2: theta2},
        }
        return {word: _by_odds(family, meaning) for word, meaning in words.items()}

    return tuple(map(case, _LOG_LAWS))


def _by_odds(family: ExponentialFamily, expression: Any) -> Any:
    """In terms of odds where means lie in (0, 1), so that SymPy knows the signs of m and 1 − m."""
    if family is not BERNOULLI:
        return expression
    odds = {m: m / (1 + m) for m in (_M, _M1)}
    return sp.expand_log(sp.simplify(expression.subs(odds, simultaneous=True)), force=True)


def _t18a_says(forward: bool) -> Any:
    ends = (_A_2, _A_1, _SLOPE_1, _THETA_2, _THETA_1)
    far, near, slope, to, start = ends if forward else (_A_1, _A_2, _SLOPE_2, _THETA_1, _THETA_2)
    return sp.Eq(KL(P_1, FITTED), far - near - slope * (to - start))


_T18A_SAYS = Sentence(_t18a_says(True), names=_BREGMAN_NAMES)

_PRICE, _MEAN_1, _MEAN_2, _MEAN_BEST = sp.symbols("lambda mu_1 mu_2 mu_*", positive=True)


def _surpluses(sentence: Sentence) -> tuple[Case, ...]:
    """By T18a, L(p) = (1 − λ)A(θ) − (m₂ − λm₁)θ + constant, and m₂ − λm₁ = (1 − λ)m* with m* = A′(θ*).

    So L(p) − L(p*) = (1 − λ)(A(θ) − A(θ*) − A′(θ*)(θ − θ*)), which T18a says is (1 − λ)·KL(p*‖p) ≥ 0.
    """
    # λ = l/(1 + l), for every m at once; expanded, so that log(1 − m*) has one form.
    price = _ODDS / (1 + _ODDS)
    best = sp.expand(sp.simplify(sentence.given.rhs.subs({_PRICE: price, _MEAN_1: _M1, _MEAN_2: _M2})))

    def case(family: ExponentialFamily) -> Case:
        def kl(first: Any, second: Any) -> Any:
            return _direct(family).subs({_M1: first, _M: second}, simultaneous=True)

        pairs = {(P_2, FITTED): (_M2, _M), (P_1, FITTED): (_M1, _M), (P_2, BEST): (_M2, best), (P_1, BEST): (_M1, best)}
        return {KL(*names): kl(*means) for names, means in pairs.items()} | {
            KL(BEST, FITTED): kl(best, _M),
            _PRICE: price,
        }

    return tuple(map(case, _LOG_LAWS))


def _t18b_says(away: Any, towards: Any) -> Sentence:
    def cost(law: Any) -> Any:
        return KL(P_2, law) - _PRICE * KL(P_1, law)

    best = away + _PRICE / (1 - _PRICE) * (away - towards)
    surplus = sp.Eq(cost(FITTED) - cost(BEST), (1 - _PRICE) * KL(BEST, FITTED))
    ranges = sp.Ge(_PRICE, 0), sp.Lt(_PRICE, 1)
    return Sentence(surplus, given=sp.Eq(_MEAN_BEST, best), ranges=ranges, names={_MEAN_BEST: r"\mu^*"})


def _by_logs(difference: Any) -> Any:
    return sp.simplify(sp.expand(sp.expand_log(sp.expand(difference), force=True)))


_LOSS, _ENTROPY, _JOINT, _MARGINAL = sp.symbols("loss entropy joint marginal")
_CHAIN_NAMES = {
    _LOSS: r"\mathbb{E}_P[-\log q(y|x)]",
    _ENTROPY: "H_P(Y|X)",
    _JOINT: r"\mathrm{KL}(P \,\|\, Q)",
    _MARGINAL: r"\mathrm{KL}(P_X \,\|\, Q_X)",
}


def _chain(sentence: Sentence) -> tuple[Case, ...]:
    """log P/Q is log P_X/Q_X + log p(y|x)/q(y|x); the mean of the last under P is E[−log q(y|x)] − H_P(Y|X)."""
    # All four are sums over (x, y) of what P puts there times a logarithm: equal term by term.
    p, q, p_x, q_x = sp.symbols("p q p_x q_x", positive=True)
    return (
        {
            _LOSS: -p * sp.log(q / q_x),
            _ENTROPY: -p * sp.log(p / p_x),
            _JOINT: p * sp.log(p / q),
            _MARGINAL: p * sp.log(p_x / q_x),
        },
    )


_T19_SAYS = Sentence(sp.Eq(_LOSS - _ENTROPY, _JOINT - _MARGINAL), names=_CHAIN_NAMES)
_CHAIN_SAMPLE: Any = {
    sp.Symbol("p_x", positive=True): sp.Rational(1, 2),
    sp.Symbol("q_x", positive=True): sp.Integer(1),
}

FRONTIER_THEOREMS = (
    Theorem(
        id="T18a",
        title="KL in an exponential family is a Bregman divergence",
        statement=_T18A_SAYS,
        twin_statement=_T18A_SAYS.but(_t18a_says(False)),
        hypotheses="Bernoulli, Poisson, exponential, unit normal; means in the open interval; A the log-partition "
        "function",
        status="textbook",
        source=f"proof in {place(_bregmans)}",
        kind="symbolic",
        scope="four families, all means; the left side by the sum or integral over x",
        search=Symbolic(_bregmans, ({_M1: sp.Integer(1), _M: sp.Integer(2)},)),
    ),
    Theorem(
        id="T18b",
        title="the frontier of an exponential family",
        statement=_t18b_says(_MEAN_2, _MEAN_1),
        twin_statement=_t18b_says(_MEAN_1, _MEAN_2),
        hypotheses="0 ≤ λ < 1, μ the mean parameters, μ* inside the domain. The right side is never negative: so no "
        "p with "
        "KL(p₁‖p) ≥ KL(p₁‖p*) has a smaller KL(p₂‖p)",
        status="derived",
        source=f"proof in {place(_surpluses)}; the appendix of {cite('allouah2026')} was not seen",
        kind="symbolic",
        scope="Bernoulli, Poisson, exponential, unit normal; all means and all λ = l/(1+l), l > 0",
        search=Symbolic(
            _surpluses,
            ({_M1: sp.Rational(2, 5), _M2: sp.Rational(1, 2), _ODDS: sp.Rational(1, 2), _M: sp.Rational(3, 4)},),
            _by_logs,
        ),
    ),
    Theorem(
        id="T19",
        title="the chain rule of excess log-loss",
        statement=_T19_SAYS,
        twin_statement=_T19_SAYS.but(sp.Eq(_LOSS - _ENTROPY, _JOINT)),
        hypotheses="P, Q joint laws of (x, y), Q > 0; with KL(p₁‖p) ≥ removal the excess loss on p₁ is at least "
        "removal minus the marginal term, and likewise at most preservation minus it on p₂",
        status="derived",
        source=f"proof in {place(_chain)}; bounds of {cite('allouah2026')}, Prop. 2, second-hand",
        kind="symbolic",
        scope="all P and all positive Q, finite or not, term by term (where P is 0 every term is 0)",
        search=Symbolic(_chain, (_CHAIN_SAMPLE,), _by_logs),
    ),
)
