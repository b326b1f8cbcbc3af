"""A declared σ is known within bounds only, and the certificate pays for them."""

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import binomtest, norm

import neverseen as ns
from neverseen.formal import Route
from neverseen.properties.engine._coupling import Coupler, Noise, excess, excess_between, scale_bounds, scale_excess
from neverseen.properties.engine._decide import decide
from neverseen.properties.engine._pairs import Block
from neverseen.properties.engine._sequential import Terms
from neverseen.properties.runs._draw import PAIRS


def measured(rng: np.random.Generator, size: int, scales: tuple[float, float], blocks: int) -> list[Noise]:
    """Block by block, what residuals of these true scales, in declared σ, sum up to."""
    squares = np.cumsum(np.square(scales) * rng.chisquare(size * PAIRS, (blocks, 2)), 0)
    return [
        Noise(size, b + 1, tuple((size * PAIRS * (b + 1), float(s)) for s in row), assumption="so")
        for b, row in enumerate(squares)
    ]


def certified_at(coupler: Coupler, distance: float, noises: list[Noise]) -> int | None:
    """The pair by which equal distances were certified."""
    for b, noise in enumerate(noises):
        at = coupler.play(np.full(PAIRS, distance), noise)
        if at is not None:
            return b * PAIRS + at + 1
    return None


@pytest.mark.parametrize("size", [1, 62])
@pytest.mark.parametrize("shift", [0.0, 0.7])
@pytest.mark.parametrize("scales", [(1.0, 1.0), (1.0, 1.08), (1.1, 1.0)])
def test_the_bound_covers_two_gaussians_of_unequal_scale(size: int, shift: float, scales: tuple[float, float]) -> None:
    """The true value by counting on draws, both directions, at five standard errors."""
    rng, draws, epsilon = np.random.default_rng(20), 100_000, 0.2
    first = np.arange(size) == 0
    arms = [s * rng.normal(size=(draws, size)) + mean * first for s, mean in zip(scales, (shift, 0.0), strict=True)]

    def log_density(x: np.ndarray, scale: float, mean: float) -> np.ndarray:
        return -((x - mean * first) ** 2).sum(1) / (2 * scale**2) - size * math.log(scale)

    bound = excess_between(np.array([shift]), epsilon, min(scales), max(scales) / min(scales), size)[0]
    for one in (0, 1):
        ratio = log_density(arms[one], scales[one], (shift, 0.0)[one]) - log_density(
            arms[one], scales[1 - one], (shift, 0.0)[1 - one]
        )
        terms = np.maximum(1 - np.exp(epsilon - ratio), 0)
        assert terms.mean() - 5 * terms.std() / math.sqrt(draws) <= bound
    if scales == (1.0, 1.0):
        assert bound == pytest.approx(excess(np.array([shift]), epsilon)[0], abs=1e-12)


def test_the_excess_of_unequal_scales_is_that_of_quadrature_and_grows() -> None:
    def gap(t: float, wide: float, narrow: float, epsilon: float) -> float:
        return max(float(norm.pdf(t, scale=wide) - math.exp(epsilon) * norm.pdf(t, scale=narrow)), 0.0)

    for epsilon, ratio in ((0.0, 1.1), (0.05, 1.1), (0.3, 1.5)):
        both = [quad(gap, -12, 12, args=(*pair, epsilon), limit=400)[0] for pair in ((ratio, 1.0), (1.0, ratio))]
        assert scale_excess(np.array([epsilon]), ratio, 1)[0] == pytest.approx(max(both), abs=1e-6)
    grown = [float(scale_excess(np.array([0.1]), s, 30)[0]) for s in (1.0, 1.01, 1.05, 1.1, 1.5)]
    assert grown == sorted(grown)
    # At ε = 0 the cost of a relative error z / √(N p) is z / √(π N), and no more for few parameters.
    for size in (1, 8, 62, 600):
        cost = scale_excess(np.zeros(1), 1 + 2.5 / math.sqrt(2e4 * size), size)[0]
        assert cost == pytest.approx(2.5 / math.sqrt(2e4 * math.pi), rel=0.2 if size == 1 else 0.03)


def test_bounds_on_a_scale_are_wrong_as_rarely_as_promised() -> None:
    rng, series = np.random.default_rng(21), 4000
    bounds = np.array([scale_bounds(200, 1.21 * rng.chisquare(200), 0.05) for _ in range(series)])
    for wrong in ((bounds[:, 0] > 1.1).sum(), (bounds[:, 1] < 1.1).sum()):
        test = binomtest(int(wrong), series).proportion_ci(0.998)
        assert test.low <= 0.05 <= test.high


@pytest.mark.parametrize(("scales", "distance"), [((1.0, 1.0653), 0.0), ((1.0653, 1.0), 0.0), ((0.6, 0.6), 1.0)])
def test_scales_that_break_the_claim_are_hardly_ever_certified(scales: tuple[float, float], distance: float) -> None:
    """Each breaks (.5, δ) while the declared σ and distances would keep it."""
    shifted = excess(np.array([distance / min(scales)]), 0.5)[0]
    true = max(shifted, scale_excess(np.array([0.5]), max(scales) / min(scales), 62)[0])
    delta, beta, series = 0.98 * float(true), 0.1, 60
    rng = np.random.default_rng(22)
    false = [certified_at(Coupler(0.5, delta, beta), distance, measured(rng, 62, scales, 16)) for _ in range(series)]
    assert binomtest(series - false.count(None), series).proportion_ci(0.998).low <= beta
    if distance == 0:
        assert Coupler(0.5, delta, beta).play(np.zeros(1024)) is not None


def test_right_noise_that_is_declared_is_certified_later_than_noise_that_is_known() -> None:
    rng = np.random.default_rng(23)
    for epsilon, latest in ((0.5, 1000), (1.0, 512), (3.0, 160)):
        known = Coupler(epsilon, 0.05, 0.025).play(np.zeros(512))
        declared = [
            certified_at(Coupler(epsilon, 0.05, 0.025), 0.0, measured(rng, 6, (1.0, 1.0), 40)) for _ in range(20)
        ]
        assert known is not None
        for at in declared:
            assert at is not None
            assert known + 1 < at <= latest
    early = Coupler(3.0, 0.05, 0.025)
    assert early.play(np.zeros(96), measured(rng, 6, (1.0, 1.0), 3)[-1]) is None
    assert (early.delta_upper, early.epsilon_upper) == (1.0, None)


def test_bets_have_half_of_the_level_where_the_scale_has_the_other() -> None:
    """With a σ that ever so many runs have bounded, the certificate is the one of a known σ at β/2, no earlier."""
    rng = np.random.default_rng(26)
    distances = np.where(rng.random(480) < 0.03, 3.0, 0.0)
    sure = Noise(3, 16, ((10**12, 1e12),) * 2, assumption="so")
    found = [
        Coupler(0.5, 0.1, beta).play(distances, noise)
        for beta, noise in ((0.02, sure), (0.01, Noise()), (0.02, Noise()))
    ]
    assert found[0] is not None
    assert found[0] == found[1]
    assert found[2] is not None
    assert found[2] < found[0]


def test_bounds_that_hold_go_on_holding_and_terms_fall_as_they_tighten() -> None:
    coupler, last = Coupler(0.5, 0.05, 0.05), 1.0
    for noise in measured(np.random.default_rng(24), 8, (1.0, 1.0), 24):
        coupler.play(np.full(PAIRS, 0.2), noise)
        now = float(coupler.terms(0.5)[0])
        assert float(excess(np.array([0.2]), 0.5)[0]) < now <= last
        last = now
    grid = [float(coupler.terms(e)[0]) for e in np.arange(0, 3, 0.05).round(2)]
    assert grid == sorted(grid, reverse=True)


def test_both_sides_of_both_scales_at_every_look_share_the_other_half_of_beta() -> None:
    beta, coupler = 0.05, Coupler(0.5, 0.05, 0.05)
    low = high = 0.0
    for look, blocks in ((1, 4), (2, 6), (3, 8)):
        arms = ((2000 * blocks, 2000.0 * blocks), (2000 * blocks, 2020.0 * blocks))
        coupler.play(np.full(PAIRS, 0.2), Noise(8, blocks, arms, assumption="so"))
        sides = [scale_bounds(freedom, squares, beta / 2 / (look * (look + 1)) / 4) for freedom, squares in arms]
        low, ratio = max(low, sides[0][0]), sides[1][1] / sides[0][0]
        high = min(high or ratio, ratio)
        assert coupler.terms(0.5)[0] == pytest.approx(excess_between(np.array([0.2]), 0.5, low, high, 8)[0], rel=1e-9)


def test_noise_in_doubt_certifies_nothing_and_the_sequential_route_goes_on() -> None:
    doubt = Noise(3, 1, doubt="removed models: the noise has one length")
    assert Coupler(3.0, 0.05, 0.025).play(np.zeros(400), doubt) is None
    rng = np.random.default_rng(25)
    terms = Terms(ns.Untraining(3.0, 0.05), alpha=1e-4, beta=0.05, tolerance=0.02, budget=512)
    for noise, route, said in (
        (Noise(3, 16, ((1536, 1536.0),) * 2, assumption="the noise is as declared"), Route.COUPLING, True),
        (Noise(3, 16), Route.COUPLING, False),
        (doubt, Route.SEQUENTIAL, False),
    ):
        arms = [{"a": rng.normal(size=(512, 1))} for _ in range(2)]
        block = Block(arms[0], arms[1], None, np.zeros(512), noise=noise)
        got = decide(terms, iter([block]), ())
        assert (got.status, got.route) == (ns.Status.SATISFIED, route)
        condition = "".join(f", if {assumption}" for assumption in got.assumptions)
        assert (got.scope == f"all events{condition}") == (route is Route.COUPLING)
        assert got.assumptions == (("the noise is as declared",) if said else ())
        assert got.withdrawn == noise.doubt
        assert (got.delta_upper is None) == bool(noise.doubt)
