"""Conversions and trade-off functions: they hold, they are attained, and tightened ones fail."""

import dataclasses
import math
from typing import Any

import jax
import numpy as np
import pytest
import sympy
from closeness_laws import Law, few, floats, laws, pairs, response
from dp_accounting.rdp import rdp_privacy_accountant as rdp
from hypothesis import given
from hypothesis import strategies as st

from neverseen.formal import closeness as c


def test_renyi_to_epsilon_agrees_with_dp_accounting() -> None:
    for order, value, delta in ((2.0, 0.3, 1e-3), (8.0, 1.0, 1e-5), (64.0, 2.0, 1e-6)):
        theirs, _ = rdp.compute_epsilon([order], [value], delta)
        ours = float(c.renyi_to_epsilon.host(order=order, renyi=value, delta=delta))
        np.testing.assert_allclose(ours, theirs, rtol=1e-12)
        assert ours < float(c.renyi_to_epsilon_mironov.host(order=order, renyi=value, delta=delta))


def slack(formula: c.Formula, given: dict[str, np.ndarray]) -> float:
    """How far the relation is from being violated at the worst case; negative means it is."""
    bound = formula.host(**{s.name: given[s.name] for s in formula.arguments})
    gap = bound - given[formula.quantity.name]
    return float((gap if formula.relation == "<=" else -gap).min())


SIMPLE = [
    c.pinsker,
    c.bretagnolle_huber,
    c.chi_squared_to_kullback_leibler,
    c.kullback_leibler_to_chi_squared,
    c.chi_squared_to_total_variation,
]


@pytest.mark.parametrize("formula", SIMPLE, ids=lambda f: f.id)
def test_conversions_hold_and_a_tightened_one_fails(formula: c.Formula) -> None:
    wrong = formula.expression * (sympy.Rational(3, 4) if formula.relation == "<=" else sympy.Rational(5, 4))
    mutant = dataclasses.replace(formula, expression=wrong, numeric=None)
    p, q = pairs(2000, 2)
    given = {
        "tv": c.total_variation.host(p, q),
        "kl": np.maximum(c.kullback_leibler.host(p, q), 0.0),
        "chi_squared": c.chi_squared.host(p, q),
    }
    assert slack(formula, given) >= -1e-12
    assert slack(mutant, given) < 0


@few
@given(laws(least=1), st.floats(0.0, 2.0), st.floats(0.0, 1.0))
def test_indistinguishability_bounds_smaller_epsilon_and_total_variation(
    pair: list[Law], epsilon: float, share: float
) -> None:
    p, q = map(floats, pair)
    delta = min(float(c.indistinguishability.host(p, q, epsilon=epsilon)), 1.0)
    smaller = share * epsilon
    there = float(c.indistinguishability.host(p, q, epsilon=smaller))
    at = {"epsilon": epsilon, "delta": delta}
    assert there <= float(c.indistinguishability_to_smaller_epsilon.host(smaller=smaller, **at)) + 1e-12
    tv = float(c.total_variation.host(p, q))
    assert tv <= float(c.indistinguishability_to_total_variation.host(**at)) + 1e-12
    assert delta <= float(c.total_variation_to_indistinguishability.host(tv=tv)) + 1e-12


@pytest.mark.parametrize(("epsilon", "delta"), [(0.0, 0.25), (0.5, 0.0), (1.0, 0.1), (3.0, 0.5)])
def test_bounds_are_attained_by_randomised_response(epsilon: float, delta: float) -> None:
    p, q = response(epsilon, delta)
    np.testing.assert_allclose(c.indistinguishability.host(p, q, epsilon=epsilon), delta, atol=1e-15)
    tv = c.indistinguishability_to_total_variation.host(epsilon=epsilon, delta=delta)
    np.testing.assert_allclose(c.total_variation.host(p, q), tv, rtol=1e-14)
    smaller = c.indistinguishability_to_smaller_epsilon.host(epsilon=epsilon, delta=delta, smaller=epsilon / 2)
    np.testing.assert_allclose(c.indistinguishability.host(p, q, epsilon=epsilon / 2), smaller, rtol=1e-14)
    pure_p, pure_q = (law[1:3] for law in response(epsilon))
    kl = c.pure_to_kullback_leibler.host(epsilon=epsilon)
    np.testing.assert_allclose(c.kullback_leibler.host(pure_p, pure_q), kl, atol=1e-14)
    for order in (1.5, 4.0, 300.0):
        renyi = c.pure_to_renyi.host(order=order, epsilon=epsilon)
        np.testing.assert_allclose(c.renyi.host(pure_p, pure_q, order=order), renyi, rtol=1e-11, atol=1e-14)
        assert renyi <= c.pure_to_renyi_quadratic.host(order=order, epsilon=epsilon) + 1e-12


def test_pure_indistinguishability_bounds_other_laws_too() -> None:
    p, q = pairs(500, 3)
    ratio = np.log(np.where(p > 0, p, 1.0)) - np.log(np.where(q > 0, q, 1.0))
    epsilon = np.abs(ratio).max(-1)
    assert (c.kullback_leibler.host(p, q) <= c.pure_to_kullback_leibler.host(epsilon=epsilon) + 1e-12).all()
    bound = c.pure_to_renyi.host(order=3.0, epsilon=epsilon)
    assert (c.renyi.host(p, q, order=3.0) <= bound + 1e-12).all()


def test_renyi_bounds_the_exact_delta_in_its_own_direction_only() -> None:
    p, q = pairs(500, 4)
    order = np.array([1.1, 2.0, 5.0, 30.0])[:, None, None]
    epsilon = np.array([0.0, 0.3, 1.0, 3.0])[:, None]
    renyi = np.maximum(c.renyi.host(p, q, order=order), 0.0)
    bound = c.renyi_to_delta.host(order=order, renyi=renyi, epsilon=epsilon)
    assert (c.hockey_stick.host(p, q, gamma=np.exp(epsilon)) <= bound + 1e-12).all()
    assert (c.hockey_stick.host(q, p, gamma=np.exp(epsilon)) > bound + 1e-3).any()


def test_renyi_to_delta_and_to_epsilon_are_inverse() -> None:
    epsilon = c.renyi_to_epsilon.host(order=5.0, renyi=1.0, delta=1e-4)
    np.testing.assert_allclose(c.renyi_to_delta.host(order=5.0, renyi=1.0, epsilon=epsilon), 1e-4, rtol=1e-12)


FORMULAS = (*c.CONVERSIONS, *c.COMPOSITION, *c.GAUSSIAN, c.indistinguishability_trade_off)


POINTS = (
    {"order": 2.5, "delta": 0.125, "epsilon": 1.5, "smaller": 0.75, "size": 3.0, "tv": 0.25},
    {"order": 40.0},
)


@pytest.mark.parametrize("formula", FORMULAS, ids=lambda f: f.id)
@pytest.mark.parametrize("point", POINTS)
def test_numeric_forms_equal_their_statements_to_40_digits(formula: c.Formula, point: dict[str, float]) -> None:
    at = {**POINTS[0], **point}
    values: dict[Any, Any] = {s: sympy.Rational(at.get(s.name, 0.625)) for s in formula.arguments}
    want = formula.expression.rewrite(sympy.erf).subs(values)
    numeric = formula.expression if formula.numeric is None else formula.numeric
    logs = numeric.replace(c.LogNormalCdf, lambda x: sympy.log(c.NormalCdf(x))).rewrite(sympy.erf)
    quantile = sympy.Function("quantile")
    want, got = (e.replace(c.NormalQuantile, quantile).replace(quantile, _quantile) for e in (want, logs.subs(values)))
    difference = sympy.expand_func(got) - want
    assert abs(sympy.N(difference, 60)) <= sympy.Float(10) ** -40 * (1 + abs(sympy.N(want, 60)))
    host = formula.host(**{s.name: float(v) for s, v in values.items()})
    np.testing.assert_allclose(host, float(sympy.N(want, 30)), rtol=1e-13)
    assert formula.latex()


def _quantile(x: sympy.Expr) -> sympy.Expr:
    return sympy.sqrt(2) * sympy.erfinv(2 * x - 1)


def test_every_object_prints_and_ids_are_unique() -> None:
    objects = (*FORMULAS, *c.DIVERGENCES, c.trade_off)
    assert len({o.id for o in objects}) == len(objects)
    assert c.hockey_stick.latex() == (r"H_\gamma(P\|Q) = \sum_{i=1}^{n} \max\left(0, - \gamma {q}_{i} + {p}_{i}\right)")
    assert r"\Phi\left(\frac{\mu}{2} - \frac{\varepsilon}{\mu}\right)" in c.gaussian_profile.latex()
    assert r"\sup_{\lambda \geq 0}" in c.trade_off.latex()


def best_miss(p: np.ndarray, q: np.ndarray, level: float) -> float:
    """Neyman–Pearson by hand: reject where q/p is largest, the last outcome in part."""
    miss, left = 1.0, level
    for a, b in sorted(zip(p, q, strict=True), key=lambda pair: pair[0] / pair[1] if pair[1] else math.inf):
        share = min(1.0, left / a) if a else 1.0
        miss, left = miss - share * b, left - share * a
    return miss


def test_trade_off_equals_the_most_powerful_test() -> None:
    levels = np.array([0.0, 0.05, 0.3, 0.7, 1.0])
    traced = jax.jit(c.trade_off)
    for p, q in [*zip(*pairs(20, 5), strict=True), response(1.0, 0.1)]:
        want = [best_miss(p, q, float(a)) for a in levels]
        np.testing.assert_allclose(c.trade_off.host(p, q, levels), want, atol=1e-12)
        np.testing.assert_allclose(traced(p, q, levels), want, atol=1e-5)


def test_indistinguishability_and_its_trade_off_are_conjugate() -> None:
    epsilon, delta = 0.7, 0.1
    p, q = response(epsilon, delta)
    levels = np.linspace(0, 1, 41)
    bound = c.indistinguishability_trade_off.host(epsilon=epsilon, delta=delta, false_alarm=levels)
    np.testing.assert_allclose(c.trade_off.host(p, q, levels), bound, atol=1e-12)
    for there in (0.0, 0.3, 0.7, 1.5):
        bracket = c.profile_from_trade_off(lambda a: c.trade_off.host(p, q, a), there)
        assert float(c.hockey_stick.host(q, p, gamma=math.exp(there))) in bracket
        assert bracket.width < 5e-3


def test_profiles_give_back_the_trade_off() -> None:
    epsilons, levels = np.linspace(0, 8, 2001), np.linspace(0.001, 0.999, 97)
    for distance in (0.3, 2.0):
        deltas = c.gaussian_profile.host(epsilon=epsilons, distance=distance)
        truth = c.gaussian_trade_off.host(distance=distance, false_alarm=levels)
        bound = c.trade_off_from_profile(epsilons, deltas, levels)
        assert (bound <= truth + 1e-12).all()
        np.testing.assert_allclose(bound, truth, atol=1e-5)

        def gaussian(a: np.ndarray, distance: float = distance) -> np.ndarray:
            return c.gaussian_trade_off.host(distance=distance, false_alarm=a)

        assert float(c.gaussian_profile.host(epsilon=0.5, distance=distance)) in c.profile_from_trade_off(gaussian, 0.5)
