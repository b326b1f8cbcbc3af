"""Both frontiers against brute force: Gaussian means in every direction, members of families on a grid."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.integrate
import scipy.special
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from neverseen.formal.distributional._distributional import DistributionalRemoval, separation
from neverseen.formal.distributional._frontier import (
    BERNOULLI,
    EXPONENTIAL,
    FAMILIES,
    FRONTIER,
    NORMAL,
    POISSON,
    ExponentialFamily,
    gaussian_frontier,
    gaussian_optimum,
    gaussian_removal,
    least_preservation,
    random_deletion,
    random_preservation,
    random_removal,
)
from neverseen.formal.distributional._selection import (
    random,
    select,
)
from neverseen.formal.laws._gaussian import Gaussian

# The Gaussian frontier

COVARIANCE = np.array([[2.0, 0.6], [0.6, 0.5]])
P1, P2 = (Gaussian(np.array(mean), COVARIANCE) for mean in ([0.3, -1.0], [1.5, 0.2]))
KAPPA = separation(P1, P2)


def ring(level: float, turns: int = 720) -> list[Gaussian]:
    """Gaussians p with KL(p₁‖p) = level, all round."""
    angles = 2 * np.pi * np.arange(turns) / turns
    steps = np.sqrt(2 * level) * np.linalg.cholesky(COVARIANCE) @ [np.cos(angles), np.sin(angles)]
    return [Gaussian(P1.mean + step, COVARIANCE) for step in steps.T]


@pytest.mark.parametrize("ratio", [1.3, 2.0, 4.0])
def test_the_gaussian_frontier_against_every_direction(ratio: float) -> None:
    level = ratio * KAPPA
    found = [separation(P2, p) for p in ring(level)]
    expected = float(gaussian_frontier.host(removal=level, separation=KAPPA))
    assert min(found) >= expected - 1e-12
    assert min(found) == pytest.approx(expected, abs=1e-4 * KAPPA)
    assert expected == pytest.approx(KAPPA * (math.sqrt(ratio) - 1) ** 2, rel=1e-9, abs=1e-12)
    best = gaussian_optimum(P1, P2, level)
    assert separation(P1, best) == pytest.approx(level)
    assert separation(P2, best) == pytest.approx(expected, abs=1e-12)
    assert DistributionalRemoval(level - 1e-9, expected + 1e-9).holds(P1, P2, best)
    assert not any(DistributionalRemoval(level, expected * 0.999).holds(P1, P2, p) for p in ring(level, 24))


def test_more_removal_is_never_cheaper() -> None:
    levels = np.linspace(0, 5 * KAPPA, 200)
    frontier = gaussian_frontier.host(removal=levels, separation=KAPPA)
    assert (np.diff(frontier) >= 0).all()
    assert (frontier[levels <= KAPPA] == 0).all()
    assert (frontier[levels > KAPPA] > 0).all()
    assert np.allclose(gaussian_optimum(P1, P2, KAPPA / 2).mean, P2.mean, rtol=0, atol=0)


def test_the_worked_example_of_the_notes_wants_the_corrected_formula() -> None:
    assert float(gaussian_removal.host(preservation=0.1, separation=2.0)) == pytest.approx(2.994, abs=5e-4)
    assert float(gaussian_frontier.host(removal=2.994427191, separation=2.0)) == pytest.approx(0.1, abs=1e-9)
    assert float(gaussian_removal.host(preservation=0.2, separation=2.0)) == pytest.approx(3.465, abs=5e-4)


@given(st.floats(0, 50), st.floats(1e-3, 50))
def test_the_inverse(preservation: float, kappa: float) -> None:
    removal = gaussian_removal.host(preservation=preservation, separation=kappa)
    back = gaussian_frontier.host(removal=removal, separation=kappa)
    assert float(back) == pytest.approx(preservation, rel=1e-6, abs=1e-9)


def test_no_digits_are_lost_beside_the_endpoint() -> None:
    value = float(gaussian_frontier.host(removal=1 + 2.0**-40, separation=1.0))
    assert value == pytest.approx(2.0**-82, rel=1e-11)  # (√(1+x) − 1)² = x²/4·(1 − x/2 + …)
    traced = jax.jit(lambda r: gaussian_frontier(removal=r, separation=1.0))(jnp.array([0.5, 4.0]))
    assert traced.tolist() == [0.0, 1.0]


def test_every_formula_prints_and_names_its_source() -> None:
    assert len({formula.id for formula in FRONTIER}) == len(FRONTIER)
    for formula in FRONTIER:
        assert "=" in formula.latex()
        assert "derived" in formula.source
    with pytest.raises(ValueError, match="share"):
        random_deletion.host(unwanted=1.0, retained=1.0, share=1.5)


def test_a_frontier_without_a_direction_is_refused() -> None:
    with pytest.raises(ValueError, match="one law"):
        gaussian_optimum(P1, P1, 1.0)
    with pytest.raises(ValueError, match="removal"):
        gaussian_optimum(P1, P2, -1.0)


# Random deletion


def test_random_deletion_on_a_large_sample() -> None:
    rng = np.random.default_rng(7)
    n1, n2, kappa, fraction = 40_000, 20_000, 0.5, 0.4
    x1, x2 = rng.normal(0, 1, n1), rng.normal(1, 1, n2)
    gone = np.asarray(select(random(jax.random.key(7))(jnp.asarray(x1)[:, None], jnp.zeros((1, 1))), 16_000))
    mean = np.concatenate([x1[~gone], x2]).mean()
    kept = (1 - fraction) * n1
    error = 5 / math.sqrt(kept + n2)
    for formula, origin in ((random_removal, 0.0), (random_preservation, 1.0)):
        exact = float(formula.host(kept=kept, retained=float(n2), separation=kappa))
        assert math.sqrt(2 * exact) == pytest.approx(abs(mean - origin), abs=error)


@given(st.floats(0.1, 10), st.floats(0.1, 10), st.floats(0.01, 1))
def test_the_needed_random_deletion_reaches_its_share(n1: float, n2: float, share: float) -> None:
    fraction = float(random_deletion.host(unwanted=n1, retained=n2, share=share))
    reached = random_removal.host(kept=(1 - fraction) * n1, retained=n2, separation=1.0)
    assert 0 <= fraction <= 1
    assert float(reached) >= share * (1 - 1e-9)
    assert fraction == 0 or float(reached) == pytest.approx(share)


def test_half_the_separation_takes_586_per_mille_at_random() -> None:
    assert float(random_deletion.host(unwanted=1.0, retained=1.0, share=0.5)) == pytest.approx(2 - math.sqrt(2))
    assert round(2 - math.sqrt(2), 3) == 0.586


# Exponential families

LAWS: dict[str, Any] = {
    "Bernoulli": lambda m: scipy.stats.bernoulli(m),
    "Poisson": lambda m: scipy.stats.poisson(m),
    "exponential": lambda m: scipy.stats.expon(scale=m),
    "unit normal": lambda m: scipy.stats.norm(m),
}


def summed_kl(name: str, first: float, second: float) -> float:
    p, q = LAWS[name](first), LAWS[name](second)
    if hasattr(p, "pmf"):
        x = np.arange(0, 2 if name == "Bernoulli" else 400)
        return float(p.pmf(x) @ (p.logpmf(x) - q.logpmf(x)))
    low, high = (0.0, 60 * first) if name == "exponential" else (first - 30, first + 30)
    integral: Any = scipy.integrate.quad(lambda x: p.pdf(x) * (p.logpdf(x) - q.logpdf(x)), low, high, limit=200)
    return float(integral[0])


def means(family: ExponentialFamily) -> tuple[float, ...]:
    return (0.05, 0.3, 0.5, 0.9) if family is BERNOULLI else (0.2, 1.0, 3.0, 5.0)


families = pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)


@families
def test_divergences_against_the_sum_or_integral(family: ExponentialFamily) -> None:
    for first in means(family):
        assert family.mean(family.parameter(first)) == pytest.approx(first)
        for second in means(family):
            expected = summed_kl(family.name, first, second)
            assert family.divergence(first, second) == pytest.approx(expected, abs=1e-7)


def grid(family: ExponentialFamily) -> np.ndarray:
    if family is BERNOULLI:
        return scipy.special.expit(np.linspace(-25, 25, 40_001))
    return np.linspace(-40, 40, 40_001) if family is NORMAL else np.geomspace(1e-6, 1e3, 40_001)


@families
@pytest.mark.parametrize("extra", [0.01, 0.5, 2.0])
def test_the_family_frontier_against_every_member(family: ExponentialFamily, extra: float) -> None:
    for first in means(family):
        for second in means(family):
            if first == second:
                continue
            removal = family.divergence(first, second) + extra
            found = least_preservation(family, first, second, removal)
            assert family.divergence(first, found.mean) == pytest.approx(removal, rel=1e-9)
            assert family.divergence(second, found.mean) == pytest.approx(found.preservation, abs=1e-12)
            assert (found.mean - second) * (second - first) > 0
            candidates = [family.parameter(m) for m in grid(family)[::40]]
            away, near = family.from_mean(first), family.from_mean(second)
            rivals = [near(t) for t in candidates if away(t) >= removal]
            assert rivals
            assert min(rivals) >= found.preservation - 1e-9


@families
def test_the_price_is_the_slope_of_the_frontier(family: ExponentialFamily) -> None:
    first, second = means(family)[1:3]
    removal, step = family.divergence(first, second) + 0.3, 1e-4
    below, here, above = (least_preservation(family, first, second, removal + d) for d in (-step, 0.0, step))
    assert 0 < here.price < 1
    assert (above.preservation - below.preservation) / (2 * step) == pytest.approx(here.price, rel=1e-5)
    stationary = second + here.price / (1 - here.price) * (second - first)
    assert here.mean == pytest.approx(stationary, rel=1e-9)


@given(st.floats(-3, 3), st.floats(0.1, 3), st.floats(1, 6))
def test_the_normal_family_has_the_gaussian_frontier(first: float, gap: float, ratio: float) -> None:
    kappa = gap**2 / 2
    found = least_preservation(NORMAL, first, first - gap, ratio * kappa)
    expected = gaussian_frontier.host(removal=ratio * kappa, separation=kappa)
    assert found.preservation == pytest.approx(float(expected), rel=1e-6, abs=1e-9)


def test_up_to_kappa_the_retained_law_is_best() -> None:
    found = least_preservation(POISSON, 2.0, 5.0, POISSON.divergence(2.0, 5.0) * 0.999)
    assert (found.mean, found.preservation, found.price) == (5.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("family", "first", "second", "removal", "message"),
    [
        (BERNOULLI, 0.5, 1.0, 1.0, "outside the open interval"),
        (POISSON, 0.0, 1.0, 1.0, "outside the open interval"),
        (EXPONENTIAL, 1.0, -1.0, 1.0, "outside the open interval"),
        (POISSON, 1.0, 1.0, 1.0, "two laws"),
        (POISSON, 1.0, 2.0, -1.0, "removal"),
        (POISSON, 1.0, 2.0, math.nan, "removal"),
        (BERNOULLI, 0.2, 0.5, 1e9, "beyond the range of float64"),
    ],
)
def test_impossible_frontiers_are_refused(
    family: ExponentialFamily, first: float, second: float, removal: float, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        least_preservation(family, first, second, removal)
