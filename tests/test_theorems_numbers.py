"""T12 and T17–T27 on random numbers, from code that shares nothing with the proofs."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import permutations
from typing import Any

import numpy as np
import pytest
import scipy.integrate
import scipy.stats
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

import neverseen.formal.theorems._selection as selection
import neverseen.formal.theorems._streaming as streaming
from neverseen.formal.distributional._distributional import after_deletion
from neverseen.formal.laws._finite import Law, normalise, uniform
from neverseen.formal.theorems import find
from neverseen.formal.theorems._over_cases import OverCases


@given(st.floats(0, 3), st.floats(0.05, 4))
def test_t12_by_quadrature(epsilon: float, q: float) -> None:
    def excess(x: float) -> float:
        return max(float(scipy.stats.norm.pdf(x, q) - math.exp(epsilon) * scipy.stats.norm.pdf(x)), 0.0)

    integral: Any = scipy.integrate.quad(excess, -12, 12 + q, points=[q / 2 + epsilon / q], limit=200)
    cdf = scipy.stats.norm.cdf
    formula = cdf(q / 2 - epsilon / q) - math.exp(epsilon) * cdf(-q / 2 - epsilon / q)
    assert float(integral[0]) == pytest.approx(formula, abs=1e-8)


vectors = st.lists(st.floats(-3, 3), min_size=4, max_size=4).map(np.array)


@given(vectors, vectors, st.integers(0, 2**31))
def test_t17_on_random_means(means: np.ndarray, model: np.ndarray, seed: int) -> None:
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(4, 4)) + 3 * np.eye(4)
    second = means + rng.normal(size=4)

    def kl(a: np.ndarray, b: np.ndarray) -> float:
        return float(np.sum((root @ (a - b)) ** 2) / 2)

    kappa, removal, preservation = kl(means, second), kl(means, model), kl(second, model)
    if removal >= kappa:
        assert preservation >= (math.sqrt(removal) - math.sqrt(kappa)) ** 2 - 1e-9 * (1 + removal)
    assert removal <= (math.sqrt(kappa) + math.sqrt(preservation)) ** 2 + 1e-9 * (1 + removal)


@given(st.floats(0.05, 0.95), st.floats(0.05, 0.95), st.floats(0.05, 0.95), st.floats(0, 0.9))
def test_t18b_for_bernoulli(m1: float, m2: float, m: float, price: float) -> None:
    best = m2 + price / (1 - price) * (m2 - m1)
    if not 1e-3 < best < 1 - 1e-3:
        return

    def kl(a: float, b: float) -> float:
        return a * math.log(a / b) + (1 - a) * math.log((1 - a) / (1 - b))

    def cost(mean: float) -> float:
        return kl(m2, mean) - price * kl(m1, mean)

    assert cost(m) - cost(best) == pytest.approx((1 - price) * kl(best, m), abs=1e-9)


def tables(outcomes: tuple[Any, ...], least: int) -> st.SearchStrategy[Law]:
    weights = st.lists(st.integers(least, 30), min_size=len(outcomes), max_size=len(outcomes)).filter(any)
    return weights.map(lambda w: normalise(dict(zip(outcomes, w, strict=True))))


@given(st.lists(st.floats(0.01, 1), min_size=12, max_size=12))
def test_t19_on_random_tables(numbers: list[float]) -> None:
    p, q = (np.array(part).reshape(2, 3) / sum(part) for part in (numbers[:6], numbers[6:]))
    p_x, q_x = p.sum(1, keepdims=True), q.sum(1, keepdims=True)
    loss, entropy = -(p * np.log(q / q_x)).sum(), -(p * np.log(p / p_x)).sum()
    joint, marginal = (p * np.log(p / q)).sum(), (p_x * np.log(p_x / q_x)).sum()
    assert loss - entropy == pytest.approx(joint - marginal, abs=1e-12)


@given(tables(tuple(range(4)), 1), tables(tuple(range(4)), 1), st.integers(1, 3))
def test_t21a_on_random_laws(first: Law, second: Law, size: int) -> None:
    share, gone = Fraction(1, 3), tuple(range(size))
    p, q = (np.array([float(law.mass(x)) for x in range(4)]) for law in (first, second))
    after = after_deletion(first, second, share, gone)
    fitted, mixture = np.array([float(after.mass(x)) for x in range(4)]), (p + 2 * q) / 3
    for law in (p, q):
        lost = (law * np.log1p(p / (2 * q)))[:size].sum()
        left = math.log(1 - p[:size].sum() / 3)
        assert (law * np.log(law / fitted)).sum() == pytest.approx((law * np.log(law / mixture)).sum() + left + lost)


@given(
    tables(tuple(range(5)), 0), st.fractions(Fraction(1, 10), Fraction(9, 10), max_denominator=10), st.integers(1, 4)
)
def test_t21b_on_random_laws(second: Law, share: Fraction, size: int) -> None:
    removal, preservation, most, least = selection.optimality(second, share, size, uniform(range(5)))
    assert removal >= most
    assert preservation <= least


def test_t22_states_what_the_reference_measured() -> None:
    (theorem,) = find("T22")
    search = theorem.search
    assert isinstance(search, OverCases)
    (case,) = (case for words, case in search.cases() if words.startswith("d = 0.5:"))
    found = {str(name): value for name, value in case.items()}
    assert found["reached"] == pytest.approx(1.712, abs=1e-3)
    assert found["stayed"] == pytest.approx(1)


@given(st.lists(st.floats(-5, 5), min_size=2, max_size=9), st.data())
def test_t23_on_random_losses(losses: list[float], data: st.DataObject) -> None:
    gone = data.draw(st.integers(1, len(losses) - 1))
    before, kept, forgotten = (float(np.mean(part)) for part in (losses, losses[gone:], losses[:gone]))
    now = len(losses) - gone
    assert kept == pytest.approx((len(losses) * before - gone * forgotten) / now, abs=1e-9)


def ridge(x: np.ndarray, y: np.ndarray, penalty: float) -> np.ndarray:
    return np.linalg.solve(x.T @ x + penalty * np.eye(x.shape[1]), x.T @ y)


@given(st.integers(0, 2**31), st.integers(1, 6), st.integers(1, 5))
def test_t25_streams_batches_and_updates_retrain(seed: int, d: int, group: int) -> None:
    rng = np.random.default_rng(seed)
    x, y, penalty = rng.normal(size=(12, d)), rng.normal(size=12), 0.7
    exact = ridge(x[group:], y[group:], penalty)
    for order in list(permutations(range(group)))[:4]:
        gram, moment = x.T @ x, x.T @ y
        for row in order:
            gram, moment = gram - np.outer(x[row], x[row]), moment - x[row] * y[row]
        streamed = np.linalg.solve(gram + penalty * np.eye(d), moment)
        assert np.allclose(streamed, exact, rtol=0, atol=1e-10)
    assert np.allclose(np.linalg.lstsq(*stacked(x[group:], y[group:], penalty / (12 - group)))[0], exact, atol=1e-10)
    theta, inverse = ridge(x, y, penalty), np.linalg.inv(x.T @ x + penalty * np.eye(d))
    xs, ys = x[:group], y[:group]
    leverage = xs @ inverse @ xs.T
    step = inverse @ xs.T @ np.linalg.solve(np.eye(group) - leverage, xs @ theta - ys)
    assert np.allclose(theta + step, exact, rtol=0, atol=1e-10)


def stacked(x: np.ndarray, y: np.ndarray, mean_penalty: float) -> tuple[np.ndarray, np.ndarray]:
    """Least squares whose minimiser is ridge with a penalty on the mean loss."""
    rows, d = x.shape
    return np.vstack([x / math.sqrt(rows), math.sqrt(mean_penalty) * np.eye(d)]), np.append(
        y / math.sqrt(rows), np.zeros(d)
    )


def test_the_rewriting_rules_of_t25b_hold_for_matrices() -> None:
    rng = np.random.default_rng(1)
    x, y, theta = rng.normal(size=(3, 4)), rng.normal(size=(3, 1)), rng.normal(size=(4, 1))
    h = x.T @ x + np.eye(4)
    g = np.linalg.inv(h)
    k = x @ g @ x.T
    w = np.linalg.inv(np.eye(3) - k)
    blocks = dict(zip(streaming.BLOCKS, (h, g, x, x.T, k, w, theta, y), strict=True))
    H, G, X, T, K, W, t, b = streaming.BLOCKS
    for before in (H * G * T, X * G * T * W * b, K * W * b, T * K * W * (X * t - b)):
        after = streaming.rewritten(before)
        assert after != sp.expand(before)
        assert np.allclose(evaluated(sp.expand(before), blocks), evaluated(after, blocks))


def evaluated(expression: Any, blocks: dict[Any, np.ndarray]) -> np.ndarray:
    """A sum of products of noncommuting symbols, as matrices."""
    total: Any = 0
    for term in sp.Add.make_args(expression):
        coefficient, factors = term.args_cnc()
        product: Any = float(sp.Mul(*coefficient))
        for factor in factors:
            value = blocks[factor]
            product = product * value if np.isscalar(product) else product @ value
        total = total + product
    return total


@given(st.integers(0, 2**31), st.sampled_from([np.tanh, np.sin, lambda z: np.maximum(z, 0)]))
def test_t26_on_random_networks(seed: int, activation: Any) -> None:
    rng = np.random.default_rng(seed)
    first, second, bias, x = rng.normal(size=(5, 3)), rng.normal(size=(2, 5)), rng.normal(size=2), rng.normal(size=3)
    factors = np.exp(-rng.uniform(0, 4, 5))
    decayed = second @ (factors * activation(first @ x)) + bias
    assert np.allclose(decayed, (second @ np.diag(factors)) @ activation(first @ x) + bias)


def test_t27_on_a_grid() -> None:
    times, taus = np.linspace(0, 30, 301), np.array([0.5, 1.0, 4.0])
    factors = np.exp(-times[:, None] / taus)
    assert (factors[0] == 1).all()
    assert (np.diff(factors, axis=0) < 0).all()
    outputs = (
        np.array([[0.3, -1.0, 2.0]]) @ (factors[-1] * np.tanh(np.random.default_rng(0).normal(size=(4, 3)))).T + 0.25
    )
    assert np.allclose(outputs, 0.25, atol=2e-3)
