"""Unequal covariances: brackets against quadrature, χ² laws and Monte Carlo."""

import math
from typing import Any

import numpy as np
import pytest
import scipy.integrate
import scipy.linalg
import scipy.stats

from neverseen.formal.laws._gaussian import Gaussian, least_delta, least_epsilon, profile
from neverseen.formal.laws._gaussian_bracket import loss_curve
from neverseen.formal.laws._gaussian_ratio import Coordinate, whiten


def line(mean: float, variance: float) -> Gaussian:
    return Gaussian(np.array([mean]), np.array([[variance]]))


UNEQUAL = [(0.5, 2.0), (0.5, 0.5), (0.0, 3.0), (0.0, 0.2), (-1.0, 1.0 + 1e-9), (-1.0, 1 - 1e-9), (2.0, 100.0)]


@pytest.mark.parametrize(("shift", "spread"), UNEQUAL)
@pytest.mark.parametrize("epsilon", [0.0, 0.3, 1.5])
def test_one_dimension_equals_quadrature(shift: float, spread: float, epsilon: float) -> None:
    p, q = line(1.0 + shift * 2, 4 * spread), line(1.0, 4.0)
    laws: list[Any] = [scipy.stats.norm(shift, math.sqrt(spread)), scipy.stats.norm(0.0, 1.0)]
    grid = np.linspace(shift - 9 * math.sqrt(spread), shift + 9 * math.sqrt(spread), 400_001)
    density = laws[0].pdf(grid) - math.exp(epsilon) * laws[1].pdf(grid)
    truth = float(scipy.integrate.simpson(np.maximum(density, 0.0), x=grid))
    bracket = profile(p, q, epsilon)
    assert bracket.lower - 2e-9 <= truth <= bracket.upper + 2e-9
    assert bracket.width < 1e-11


def chi_squared_truth(count: int, shift: float, spread: float, epsilon: float) -> float:
    """N(shift·1, spread·I) against N(0, I): L = a‖z − v‖² + k, so both laws are non-central χ²."""
    a, vertex = 0.5 * (1 - 1 / spread), -shift / (spread - 1)
    least = count * (-shift * shift / (2 * (spread - 1)) - 0.5 * math.log(spread))
    level = (epsilon - least) / a
    p = scipy.stats.ncx2(count, count * (shift - vertex) ** 2 / spread)
    q = scipy.stats.ncx2(count, count * vertex**2)
    tail = (lambda law, x: law.sf(x)) if spread > 1 else (lambda law, x: law.cdf(x))
    return float(tail(p, level / spread) - math.exp(epsilon) * tail(q, level))


ISOTROPIC = [
    (2, 0.2, 2.0),
    (5, 0.3, 1.5),
    (10, 0.2, 1.3),
    (10, 0.2, 0.7),
    (10, 0.5, 4.0),
    (3, 1.0, 1e4),
    (3, 0.1, 1e-3),
]


@pytest.mark.parametrize(("count", "shift", "spread"), ISOTROPIC)
@pytest.mark.parametrize("epsilon", [0.0, 0.5, 2.0])
def test_brackets_contain_the_chi_squared_truth(count: int, shift: float, spread: float, epsilon: float) -> None:
    p, q = Gaussian(np.full(count, shift), spread * np.eye(count)), Gaussian(np.zeros(count), np.eye(count))
    bracket = profile(p, q, epsilon, tolerance=1e-4)
    assert bracket.lower - 1e-10 <= chi_squared_truth(count, shift, spread, epsilon) <= bracket.upper + 1e-10
    assert bracket.width <= 1e-4


def test_both_halves_of_a_bracket_are_of_second_order() -> None:
    coordinates = [Coordinate(0.2, 1.3)] * 10
    truth = chi_squared_truth(10, 0.2, 1.3, 0.5)
    coarse, fine = (loss_curve(coordinates, 0.5, bins)(0.5) for bins in (1 << 13, 1 << 15))
    for gap in ("lower", "upper"):
        before, after = (abs(getattr(b, gap) - truth) for b in (coarse, fine))
        assert 8 < before / after < 24
    assert fine.width < 1e-5


def random_pair(count: int, seed: int) -> tuple[Gaussian, Gaussian]:
    rng = np.random.default_rng(seed)
    roots = rng.normal(size=(2, count, count))
    one, two = (root @ root.T / count + 2 * np.eye(count) for root in roots)
    return Gaussian(0.4 * rng.normal(size=count), one), Gaussian(np.zeros(count), two)


def inverted_tail(a: np.ndarray, b: np.ndarray, c: np.ndarray, mean: np.ndarray, spread: np.ndarray) -> float:
    """P(Σ aᵢzᵢ² + bᵢzᵢ + cᵢ > 0) for z ∼ N(mean, diag spread), by inverting the characteristic function."""
    step = 4e-3
    t = step * (np.arange(100_000)[:, None] + 0.5)
    root = 1 - 2j * t * a * spread
    power = (1j * t * (a * mean + b) * mean - (t * b) ** 2 * spread / 2) / root + 1j * t * c
    phi = np.exp((power - 0.5 * np.log(root)).sum(1))
    return 0.5 + step / math.pi * float((phi.imag / t[:, 0]).sum())


@pytest.mark.parametrize("count", [5, 10])
def test_brackets_contain_the_inverted_characteristic_function(count: int) -> None:
    pair = random_pair(count, count)
    for p, q in (pair, pair[::-1]):
        d, axes = scipy.linalg.eigh(p.covariance, q.covariance)
        m = axes.T @ (p.mean - q.mean)
        ratio = (d - 1) / (2 * d), m / d, -0.5 * (m * m / d + np.log(d)) - 0.5 / count
        truth = inverted_tail(*ratio, m, d) - math.exp(0.5) * inverted_tail(*ratio, 0 * m, 0 * d + 1)
        bracket = profile(p, q, 0.5)
        assert bracket.width <= 1e-6
        assert bracket.lower - 3e-8 <= truth <= bracket.upper + 3e-8


def log_density(law: Gaussian, x: np.ndarray) -> np.ndarray:
    factor = np.linalg.cholesky(law.covariance)
    z = np.linalg.solve(factor, (x - law.mean).T)
    return -0.5 * (z**2).sum(0) - np.log(np.diag(factor)).sum()


@pytest.mark.parametrize("count", [2, 10])
def test_monte_carlo_lies_within_the_bracket_in_both_directions(count: int) -> None:
    pair, rng = random_pair(count, count), np.random.default_rng(10 + count)
    for p, q in (pair, pair[::-1]):
        x = p.mean + rng.normal(size=(1_000_000, count)) @ np.linalg.cholesky(p.covariance).T
        gains = -np.expm1(np.minimum(0.5 - log_density(p, x) + log_density(q, x), 0.0))
        error = 5 * gains.std() / math.sqrt(len(gains))
        bracket = profile(p, q, 0.5, tolerance=1e-4)
        assert bracket.width <= 1e-4
        assert bracket.lower - error <= gains.mean() <= bracket.upper + error
        # The same check turns down a law whose covariance is off by a quarter.
        off = profile(Gaussian(p.mean, 1.25 * p.covariance), q, 0.5, tolerance=1e-4)
        assert not off.lower - error <= gains.mean() <= off.upper + error


def test_directions_differ_and_least_delta_takes_the_larger() -> None:
    p, q = random_pair(3, 7)
    forward, backward = profile(p, q, 0.5), profile(q, p, 0.5)
    assert forward.upper < backward.lower or backward.upper < forward.lower
    larger = max((forward, backward), key=lambda b: b.lower)
    assert least_delta(p, q, 0.5) == least_delta(q, p, 0.5) == larger


def test_an_affine_change_of_coordinates_moves_nothing() -> None:
    p, q = random_pair(4, 8)
    rng = np.random.default_rng(9)
    matrix, offset = rng.normal(size=(4, 4)) + 3 * np.eye(4), rng.normal(size=4)

    def push(law: Gaussian) -> Gaussian:
        covariance = matrix @ law.covariance @ matrix.T
        return Gaussian(matrix @ law.mean + offset, (covariance + covariance.T) / 2)

    here, there = profile(p, q, 0.3), profile(push(p), push(q), 0.3)
    assert here.lower == pytest.approx(there.lower, abs=1e-9)
    assert here.upper == pytest.approx(there.upper, abs=1e-9)


def test_equal_coordinates_are_left_out() -> None:
    kept = whiten(np.array([0.0, 1.0]), np.diag([4.0, 9.0]), np.diag([4.0, 1.0]))
    assert kept == [Coordinate(1.0, 9.0)]
    assert whiten(np.zeros(2), np.eye(2), np.eye(2)) == []


def test_least_epsilon_of_unequal_covariances_is_bracketed_from_both_sides() -> None:
    p, q = random_pair(3, 11)
    found = least_epsilon(p, q, 0.05)
    assert found.width <= 1e-4
    assert least_delta(p, q, found.lower - 1e-3).lower > 0.05
    assert least_delta(p, q, found.upper + 1e-3).upper < 0.05


def test_masses_and_tails_add_up() -> None:
    edges = np.linspace(-3, 6, 1001)
    for coordinate in (
        Coordinate(0.7, 2.0),
        Coordinate(-0.7, 0.4),
        Coordinate(1.0, 1.0),
        Coordinate(0.0, 3.0),
    ):
        cells = coordinate.cells(edges)
        for law in (0, 1):
            total = coordinate.below(edges[:1])[law] + cells[law].sum() + coordinate.above(edges[-1:])[law]
            np.testing.assert_allclose(total, 1.0, atol=1e-13)
        inside = (cells[0] > 1e-12) & (cells[1] > 1e-12)
        loss = np.log(cells[0][inside]) - np.log(cells[1][inside])
        assert (loss >= edges[:-1][inside] - 1e-6).all()
        assert (loss <= edges[1:][inside] + 1e-6).all()
