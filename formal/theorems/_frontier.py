"""T18, T19: the frontier in exponential families, and what a bound on KL says about log-loss."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import product
from typing import Any

import sympy as sp

from ..catalogue._bibliography import cite
from ..distributional._frontier import BERNOULLI, EXPONENTIAL, MEAN, NORMAL, POISSON, THETA, ExponentialFamily
from ..laws._finite import Law
from ..laws._worlds import all_laws
from ._base import Case, Theorem, place
from ._over_cases import OverCases, power
from ._symbolic import Symbolic

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


def _bregman(family: ExponentialFamily, first: Any, second: Any) -> Any:
    """A(θ₂) − A(θ₁) − A′(θ₁)(θ₂ − θ₁) from the library's A and θ(m)."""
    theta1, theta2 = (family.natural.subs(MEAN, m) for m in (first, second))
    value, slope = family.log_partition, sp.diff(family.log_partition, THETA)
    return value.subs(THETA, theta2) - value.subs(THETA, theta1) - slope.subs(THETA, theta1) * (theta2 - theta1)


def _bregmans() -> tuple[Case, ...]:
    return tuple(
        Case(
            kl=_by_odds(family, _direct(family)),
            forward=_by_odds(family, _bregman(family, _M1, _M)),
            backward=_by_odds(family, _bregman(family, _M, _M1)),
        )
        for family in _LOG_LAWS
    )


def _by_odds(family: ExponentialFamily, expression: Any) -> Any:
    """In terms of odds where means lie in (0, 1), so that SymPy knows the signs of m and 1 − m."""
    if family is not BERNOULLI:
        return expression
    odds = {m: m / (1 + m) for m in (_M, _M1)}
    return sp.expand_log(sp.simplify(expression.subs(odds, simultaneous=True)), force=True)


def _t18a(c: Case) -> Any:
    """log p_{θ₁}(x)/p_θ(x) = (θ₁ − θ)x − A(θ₁) + A(θ), and the mean of x under p_{θ₁} is A′(θ₁)."""
    return c.kl - c.forward


def _t18a_twin(c: Case) -> Any:
    return c.kl - c.backward


def _surpluses() -> tuple[Case, ...]:
    # λ = l/(1 + l); what L(p) − L(p*) has beyond (1 − λ)·KL(p*‖p), for every m at once.
    price = _ODDS / (1 + _ODDS)

    def case(family: ExponentialFamily) -> Case:
        def kl(first: Any, second: Any) -> Any:
            return _direct(family).subs({_M1: first, _M: second}, simultaneous=True)

        def surplus(best: Any) -> Any:
            def cost(mean: Any) -> Any:
                return kl(_M2, mean) - price * kl(_M1, mean)

            difference = cost(_M) - cost(best) - (1 - price) * kl(best, _M)
            return sp.expand(sp.expand_log(sp.expand(difference), force=True))

        # Expanded, so that log(1 − m*) has one form.
        beyond, swapped = sp.expand(_M2 + _ODDS * (_M2 - _M1)), sp.expand(_M1 + _ODDS * (_M1 - _M2))
        return Case(surplus=surplus, beyond=beyond, swapped=swapped)

    return tuple(case(family) for family in _LOG_LAWS)


def _t18b(c: Case) -> Any:
    """By T18a, L(p) = (1 − λ)A(θ) − (m₂ − λm₁)θ + constant, and m₂ − λm₁ = (1 − λ)m* with m* = A′(θ*).

    So L(p) − L(p*) = (1 − λ)(A(θ) − A(θ*) − A′(θ*)(θ − θ*)), which T18a says is (1 − λ)·KL(p*‖p) ≥ 0.
    """
    return c.surplus(c.beyond)


def _t18b_twin(c: Case) -> Any:
    return c.surplus(c.swapped)


Tables = tuple[tuple[tuple[int, int], int], ...]
TABLES: Tables = (((2, 2), 8), ((2, 3), 7), ((3, 2), 7))
"""((values of x, values of y), denominator of the masses)."""


@dataclass(frozen=True)
class Joint:
    """A law of (x, y) with its marginal p(x) and its conditional p(y|x), both by counting."""

    law: Law
    marginal: dict[Any, Fraction]
    conditional: dict[Any, Fraction]


def joint_of(law: Law) -> Joint:
    """A law of pairs with its marginal and conditional.

    >>> joint_of(Law(((0, 0), (0, 1)), (Fraction(1, 3), Fraction(2, 3)))).marginal
    {0: Fraction(1, 1)}
    """
    counts, total = law.scaled
    rows: dict[Any, int] = {}
    table: dict[Any, int] = {pair: count for pair, count in counts.items() if count}
    for (x, _), count in table.items():
        rows[x] = rows.get(x, 0) + count
    marginal = {x: Fraction(row, total) for x, row in rows.items()}
    return Joint(law, marginal, {pair: Fraction(count, rows[pair[0]]) for pair, count in table.items()})


def predictors(tables: Tables = TABLES) -> Iterator[Case]:
    """Every joint law P and every positive joint law Q of (x, y)."""
    for (rows, columns), denominator in tables:
        laws = [joint_of(law) for law in all_laws(tuple(product(range(rows), range(columns))), denominator)]
        positive = [q for q in laws if len(q.conditional) == rows * columns]
        for p, q in product(laws, positive):
            yield chain_case(p, q)


def chain_case(p: Joint, q: Joint) -> Case:
    """The terms of the chain rule, each as e^{N·term}, N the common denominator of P."""
    return Case(
        words=f"P = {p.law}; Q = {q.law}",
        loss=power(p.law, lambda o: 1 / q.conditional[o]),
        entropy=power(p.law, lambda o: 1 / p.conditional[o]),
        joint=power(p.law, lambda o: p.law.mass(o) / q.law.mass(o)),
        marginal=power(p.law, lambda o: p.marginal[o[0]] / q.marginal[o[0]]),
        nothing=Fraction(1),
    )


def _t19(c: Case) -> Any:
    """log P/Q is log P_X/Q_X + log p(y|x)/q(y|x); the mean of the last under P is E[−log q(y|x)] − H_P(Y|X)."""
    return c.loss / c.entropy == c.joint / c.marginal


def _t19_twin(c: Case) -> Any:
    return c.loss / c.entropy == c.joint / c.nothing


FRONTIER_THEOREMS = (
    Theorem(
        id="T18a",
        title="KL in an exponential family is a Bregman divergence",
        statement_latex=r"\mathrm{KL}(p_{\theta_1} \| p_\theta) = "
        r"A(\theta) - A(\theta_1) - A'(\theta_1)(\theta - \theta_1)",
        hypotheses="Bernoulli, Poisson, exponential, unit normal; means in the open interval",
        status="textbook",
        source=f"proof in {place(_t18a)}",
        kind="symbolic",
        scope="four families, all means; the left side by the sum or integral over x",
        search=Symbolic(_bregmans, ({_M1: sp.Integer(1), _M: sp.Integer(2)},)),
        claim=_t18a,
        twin_latex=r"\mathrm{KL}(p_\theta \| p_{\theta_1}) = "
        r"A(\theta) - A(\theta_1) - A'(\theta_1)(\theta - \theta_1)",
        twin_claim=_t18a_twin,
    ),
    Theorem(
        id="T18b",
        title="the frontier of an exponential family",
        statement_latex=r"m^* = m_2 + \tfrac{\lambda}{1-\lambda}(m_2 - m_1) \Rightarrow \forall p:\ L(p) - L(p^*) "
        r"= (1-\lambda)\, \mathrm{KL}(p^* \| p) \ge 0,\quad L(p) = \mathrm{KL}(p_2 \| p) - \lambda\, "
        r"\mathrm{KL}(p_1 \| p)",
        hypotheses="0 ≤ λ < 1, m* inside the domain; so no p with KL(p₁‖p) ≥ KL(p₁‖p*) has a smaller KL(p₂‖p)",
        status="derived",
        source=f"proof in {place(_t18b)}; the appendix of {cite('allouah2026')} was not seen",
        kind="symbolic",
        scope="Bernoulli, Poisson, exponential, unit normal; all means and all λ = l/(1+l), l > 0",
        search=Symbolic(
            _surpluses,
            ({_M1: sp.Rational(2, 5), _M2: sp.Rational(1, 2), _ODDS: sp.Rational(1, 2), _M: sp.Rational(3, 4)},),
        ),
        claim=_t18b,
        twin_latex=r"m^* = m_1 + \tfrac{\lambda}{1-\lambda}(m_1 - m_2) \Rightarrow \ldots",
        twin_claim=_t18b_twin,
    ),
    Theorem(
        id="T19",
        title="the chain rule of excess log-loss",
        statement_latex=r"\mathbb{E}_P[-\log q(y|x)] - H_P(Y|X) = \mathrm{KL}(P \| Q) - \mathrm{KL}(P_X \| Q_X)",
        hypotheses="P, Q joint laws of (x, y), Q > 0; with KL(p₁‖p) ≥ removal the excess loss on p₁ is at least "
        "removal minus the marginal term, and likewise at most preservation minus it on p₂",
        status="derived",
        source=f"proof in {place(_t19)}; bounds of {cite('allouah2026')}, Prop. 2, second-hand",
        kind="exhaustive",
        scope="all P and all positive Q on 2×2 tables with masses in (1/8)Z, 2×3 and 3×2 tables in (1/7)Z; "
        "logarithms compared exactly, as rationals e^{N·…}",
        search=OverCases(predictors),
        claim=_t19,
        twin_latex=r"\mathbb{E}_P[-\log q(y|x)] - H_P(Y|X) = \mathrm{KL}(P \| Q)",
        twin_claim=_t19_twin,
    ),
)
