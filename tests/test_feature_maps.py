"""Each feature map finds the difference it is made for, none where there is none, and no run can spoil a fit."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import mannwhitneyu

from neverseen.properties.engine._features import (
    DIAGONAL_LLR,
    FULL_LLR,
    LEARNED,
    LINEAR,
    MAX_KS,
    RANDOM,
    fit_feature_maps,
    fit_learned,
)
from neverseen.properties.engine._pairs import Block, PairBuffer
from neverseen.properties.engine._witnesses import finite

Arms = tuple[np.ndarray, np.ndarray]
Draw = Callable[[np.random.Generator, int], Arms]


def rotated_shift(rng: np.random.Generator, n: int) -> Arms:
    """A shift along one direction of 50, invisible in any single number."""
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(50, 50)))[0]
    return rng.normal(size=(n, 50)) + 2.5 * turn[0], rng.normal(size=(n, 50))


def one_in_sixty(rng: np.random.Generator, n: int) -> Arms:
    """One number of sixty never falls below zero in the one arm."""
    x, y = rng.normal(0, 1, (n, 60)), rng.normal(-1, 1, (n, 60))
    y[:, :59] += 1
    return np.column_stack([x[:, :59], abs(x[:, 59])]), y


def half_spread(rng: np.random.Generator, n: int) -> Arms:
    return rng.normal(0, 0.5, (n, 8)), rng.normal(0, 1, (n, 8))


def correlated(rng: np.random.Generator, n: int) -> Arms:
    """Equal margins; only the correlation differs."""
    x, y = rng.normal(size=(n, 4)), rng.normal(size=(n, 4))
    return np.column_stack([x[:, 0], 0.9 * x[:, 0] + 0.436 * x[:, 1], x[:, 2:]]), y


def signs(rng: np.random.Generator, n: int) -> Arms:
    """The second number has the sign of the first: no mean and no single spread differs."""
    x, y = rng.normal(size=(n, 3)), rng.normal(size=(n, 3))
    return np.column_stack([x[:, 0], abs(x[:, 1]) * np.sign(x[:, 0]), x[:, 2]]), y


def separation(kind: str, draw: Draw, past: int) -> float:
    """How often a fresh removed value exceeds a fresh reference's through the map (.5: blind), fitted on the past."""
    rng = np.random.default_rng(1)
    (x, y), (u, v) = draw(rng, past), draw(rng, 1000)
    fitted = [fit_learned("v", x, y)] if kind == LEARNED else fit_feature_maps("v", x, y)
    feature_map = next(feature_map for feature_map in fitted if feature_map.kind == kind)
    return float(mannwhitneyu(feature_map.transform(u), feature_map.transform(v)).statistic) / 1000**2


@pytest.mark.parametrize(
    ("kind", "draw", "past", "least"),
    [
        (LINEAR, rotated_shift, 128, 0.85),
        (MAX_KS, one_in_sixty, 32, 0.85),
        (DIAGONAL_LLR, half_spread, 32, 0.9),
        (FULL_LLR, correlated, 64, 0.75),
        (RANDOM, half_spread, 64, 0.8),
        (LEARNED, signs, 256, 0.65),
    ],
)
def test_each_lens_finds_what_it_is_made_for(kind: str, draw: Draw, past: int, least: float) -> None:
    assert separation(kind, draw, past) >= least


def narrow(rng: np.random.Generator, n: int) -> Arms:
    """Eight numbers that go together: shifted a little with the rest, and far for the spread of one against another."""
    x, y = (rng.normal(size=(n, 1)) + 1e-3 * rng.normal(size=(n, 8)) for _ in range(2))
    return x + 0.3 + 5e-3 * (np.arange(8) == 0), y


def test_with_as_many_pairs_as_numbers_a_direction_of_small_variance_shows() -> None:
    assert separation(LINEAR, narrow, 8) > 0.9
    assert separation(LINEAR, narrow, 64) > 0.99


@pytest.mark.parametrize("draw", [half_spread, correlated])
def test_a_linear_discriminant_is_blind_to_spreads(draw: Draw) -> None:
    """Why the other kinds are there."""
    assert abs(separation(LINEAR, draw, 128) - 0.5) < 0.06


@pytest.mark.parametrize("kind", [LINEAR, MAX_KS, DIAGONAL_LLR, FULL_LLR, RANDOM, LEARNED])
def test_equal_laws_look_equal_through_every_lens(kind: str) -> None:
    def same(rng: np.random.Generator, n: int) -> Arms:
        return rng.normal(size=(n, 6)), rng.normal(size=(n, 6))

    assert abs(separation(kind, same, 64) - 0.5) < 0.06


def test_diverged_values_break_no_fit() -> None:
    wild = finite(np.array([[np.nan, 1.0], [np.inf, 2.0], [-np.inf, 3.0], [0.0, 4.0]]))
    for feature_map in [*fit_feature_maps("v", wild, wild[::-1]), fit_learned("v", wild, wild[::-1])]:
        assert np.isfinite(feature_map.transform(wild)).all()


def test_constant_views_break_no_fit() -> None:
    for shift in (0.0, 1.0):
        x, y = np.full((6, 3), shift), np.zeros((6, 3))
        for feature_map in [*fit_feature_maps("v", x, y), fit_learned("v", x, y)]:
            assert np.isfinite(feature_map.transform(x)).all()


def test_the_number_of_lenses_depends_on_the_width_alone() -> None:
    rng = np.random.default_rng(2)
    for width, count in ((1, 1), (2, 6), (129, 5)):
        for pairs in (4, 40):
            x, y = rng.normal(size=(2, pairs, width))
            assert len(fit_feature_maps("v", x, y)) == count


def test_lenses_see_only_the_past_they_are_given() -> None:
    """Two futures that differ after pair 8 share every feature map fitted on the first 8, the learned one included."""
    rng = np.random.default_rng(3)
    x, y, other = (rng.normal(m, 1, (16, 3)) for m in (0.5, 0.0, 9.0))
    seen = []
    for removed in (x, np.concatenate([x[:8], other[8:]])):
        pairs = PairBuffer(iter([Block({"v": removed}, {"v": y}, None)]))
        pairs.reach(16)
        feature_maps = pairs.feature_maps(8)
        assert LEARNED in {feature_map.kind for feature_map in feature_maps}
        seen.append(pairs.batch(feature_maps, 8, 0, 8))
    assert (seen[0].past_x == seen[1].past_x).all()
    assert (seen[0].y == seen[1].y).all()
