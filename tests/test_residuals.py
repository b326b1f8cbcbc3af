"""Declared output noise must be there: right noise is let through, each wrong one is named."""

import contextlib
import dataclasses
import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from coupled_tools import SGD, TUNED, drawn
from jaxtyping import PRNGKeyArray
from scipy.special import ndtri
from scipy.stats import binomtest

import neverseen as ns
import neverseen.properties.engine._residuals as residuals
from neverseen.properties.engine._noise_tests import magnitudes, pairs
from neverseen.properties.engine._residuals import Residuals, assumed, seen_off
from neverseen.properties.runs._draw import PAIRS

Fault = Callable[[PRNGKeyArray, Any], Any]


def publishing(noise: Fault) -> ns.Remover:
    """TUNED with other noise, `(key, centre) -> [shape of the centre]`, under the same declaration."""
    centre = TUNED.centre
    assert centre is not None

    def remove(key: PRNGKeyArray, trained: ns.Trained, rows: ns.Rows, forget: Any) -> ns.Trained:
        exact = centre(key, trained.learner, trained.record, rows, forget)
        return ns.Trained(exact + 0.1 * noise(jax.random.fold_in(key, 7), exact), exact, trained.learner)

    return dataclasses.replace(TUNED, remove=remove)


def ideal(key: PRNGKeyArray, exact: Any) -> Any:
    return jax.random.normal(key, exact.shape)


FAULTS: dict[str, tuple[Fault, str]] = {
    "left out in one coordinate": (lambda k, c: ideal(k, c).at[1, 0].set(0), r"at params\[1, 0\] has spread 0 σ"),
    "half the size": (lambda k, c: 0.5 * ideal(k, c), r"has spread 0\.5\d* σ"),
    "one key for all runs": (lambda k, c: ideal(jax.random.key(0), c), r"spread \S+ σ|do not draw"),
    "eight keys for all runs": (
        lambda k, c: ideal(jax.random.key(jax.random.bits(k) % 8), c),
        r"runs \d+ and \d+ do not draw their noise independently|runs share their noise",
    ),
    "leaning on the seed": (
        lambda k, c: jnp.abs(ideal(k, c)) * jnp.sign(c - jnp.array([[0.05, -0.05]])),
        "correlation|leans|mean",
    ),
    "one draw for all coordinates": (
        lambda k, c: jnp.full_like(c, jax.random.normal(k)),
        r"params\[\d, \d\] and at params\[\d, \d\] is|do not draw|one length|a scale that changes",
    ),
    "shifted": (lambda k, c: ideal(k, c).at[2, 1].add(3), r"at params\[2, 1\] has mean"),
    "not finite": (lambda k, c: ideal(k, c).at[0, 1].set(jnp.nan), r"at params\[0, 1\] is not finite"),
}


def shown(noise: Fault, rounds: int = 8) -> None:
    """Random centres of six parameters, published with the given noise, shown block by block."""
    tested = Residuals("removed", 0.1)
    publish = jax.jit(jax.vmap(lambda k, c: c + 0.1 * noise(k, c)))
    for key in jax.random.split(jax.random.key(5), rounds):
        own, theirs = jax.random.split(key)
        centres = 0.3 * jax.random.normal(own, (PAIRS, 3, 2))
        tested.see(publish(jax.random.split(theirs, PAIRS), centres), centres)


@pytest.mark.parametrize(("noise", "says"), FAULTS.values(), ids=list(FAULTS))
def test_declared_noise_that_is_not_there_is_bad_input(noise: Fault, says: str) -> None:
    with pytest.raises(ValueError, match=f"removed models: .*({says})"):
        shown(noise)


def test_right_noise_is_let_through() -> None:
    shown(ideal, rounds=32)


def test_wrong_noise_is_found_in_runs_before_any_verdict() -> None:
    with pytest.raises(ValueError, match=r"removed models: .* at params\[1, 0\] has spread 0 σ.*drop `centre`"):
        drawn(publishing(FAULTS["left out in one coordinate"][0]), count=1)
    assert len(drawn(publishing(ideal), count=2)) == 2


def test_the_reference_arm_is_named() -> None:
    law = SGD.noise
    assert law is not None
    louder = dataclasses.replace(SGD, noise=dataclasses.replace(law, sigma=0.2))
    with pytest.raises(ValueError, match=r"reference models: .* spread 0\.\d+ σ.*drop `noise` from the learner"):
        drawn(publishing(lambda k, c: 2 * ideal(k, c)), louder, count=4)


def test_the_law_is_looked_at_beyond_its_two_moments() -> None:
    rng, noise, centres = np.random.default_rng(6), Residuals("removed", 1.0), np.zeros((256, 40))
    with pytest.raises(ValueError, match="away from N"):
        noise.see(rng.uniform(-math.sqrt(3), math.sqrt(3), (256, 40)), centres)


def test_two_leaves_with_one_draw_are_found_among_many_parameters() -> None:
    """Ten thousand parameters: only neighbours in the order of a run are compared, and the twins are among them."""
    drawn_once = np.random.default_rng(7).normal(size=(32, 5000))
    published = {"a": drawn_once, "b": drawn_once.copy()}
    with pytest.raises(ValueError, match=r"params\['[ab]'\]\[\d+\] and at params\['[ab]'\]\[\d+\] is the same"):
        Residuals("removed", 1.0).see(published, {"a": np.zeros((32, 5000)), "b": np.zeros((32, 5000))})


@pytest.mark.parametrize("size", [1, 2, 6, 20])
def test_the_tests_of_noise_keep_their_level(size: int) -> None:
    """Over both arms, four looks and all tests, ideal noise has a chance below .1 in at most a tenth of all series."""
    rng, series, wrong = np.random.default_rng(8), 300, 0
    for _ in range(series):
        arms = [Residuals(arm, 1.0) for arm in ("removed", "reference")]
        for noise in 4 * arms:
            centres = rng.normal(size=(16, size)) * 3
            noise.see(centres + rng.normal(size=(16, size)), centres)
        wrong += min(noise.chance for noise in arms) < 0.1
    assert wrong > 0
    assert binomtest(wrong, series).proportion_ci(0.998).low <= 0.1


def _quantiles(rng: np.random.Generator, p: int) -> np.ndarray:
    return rng.permuted(np.tile(ndtri((np.arange(p) + 0.5) / p), (32, 1)), axis=1)


def _ideal(rng: np.random.Generator, p: int) -> np.ndarray:
    return rng.normal(size=(32, p))


Law = Callable[[np.random.Generator, int], np.ndarray]
LAWS: dict[str, tuple[Law, int]] = {
    "one length": (lambda rng, p: _scaled(_ideal(rng, p), math.sqrt(p)), 1),
    "permuted quantiles": (_quantiles, 1),
    "permuted quantiles of right norm": (
        lambda rng, p: _scaled(_quantiles(rng, p), np.sqrt(rng.chisquare(p, (32, 1)))),
        3,
    ),
    "a scale for each run": (lambda rng, p: _ideal(rng, p) * rng.choice([0.5, math.sqrt(1.75)], (32, 1)), 8),
    "copied halves": (lambda rng, p: np.tile(_ideal(rng, p // 2), (1, 2)), 2),
    "mirrored halves": (lambda rng, p: np.kron([[1, -1]], _ideal(rng, p // 2)), 2),
    "halves of one size": (lambda rng, p: np.tile(_ideal(rng, p // 2), (1, 2)) * rng.choice([-1, 1], (32, p)), 6),
    "none": (lambda rng, p: np.zeros((32, p)), 1),
    "none on half": (lambda rng, p: _ideal(rng, p) * (np.arange(p) < p // 2), 2),
    "used again": (lambda rng, p: _ideal(rng, p)[rng.integers(8, size=32)], 1),
    "each draw used twice": (lambda rng, p: np.repeat(_ideal(rng, p)[:16], 2, 0), 1),
    "ten times too small": (lambda rng, p: 0.1 * _ideal(rng, p), 1),
    "another centre": (lambda rng, p: _ideal(rng, p) + 3 / math.sqrt(p), 1),
}


def _scaled(noise: np.ndarray, norm: Any) -> np.ndarray:
    return noise / np.linalg.norm(noise, axis=1, keepdims=True) * norm


def doubted(noise: Residuals, draw: Callable[[], np.ndarray], blocks: int) -> str:
    """Why the noise was doubted within so many blocks of float32 models, if it was."""
    rng = np.random.default_rng(14)
    try:
        for _ in range(blocks):
            drawn = draw()
            centres = rng.normal(size=drawn.shape).astype(np.float32)
            noise.see((centres + noise.sigma * drawn).astype(np.float32), centres)
            if noise.doubt:
                break
    except ValueError as error:
        return str(error)
    return noise.doubt


@pytest.mark.parametrize(("law", "least"), LAWS.values(), ids=list(LAWS))
def test_wrong_laws_are_doubted_by_64_runs_whatever_the_size(law: Law, least: int) -> None:
    rng = np.random.default_rng(9)
    for size in sorted({least, max(least, 6), 62, 600}):
        noise = Residuals("removed", 0.1)
        said = doubted(noise, lambda size=size: law(rng, size), 2)
        assert said.startswith("removed models: "), size
        assert noise.chance < residuals.LEVEL, size


def test_a_lean_along_the_centre_that_no_coordinate_shows_is_seen_over_all() -> None:
    rng, noise = np.random.default_rng(16), Residuals("removed", 1.0)
    for _ in range(2):
        centres = rng.normal(size=(32, 600))
        with contextlib.suppress(ValueError):
            noise.see(centres + rng.normal(size=(32, 600)) + 0.06 * centres, centres)
    assert "leans along its centre" in noise.doubt or noise.chance < residuals.ERROR
    assert not doubted(Residuals("removed", 0.1), lambda: rng.normal(size=(32, 600)), 2)


def test_sizes_that_go_together_are_seen_where_signs_hide_it() -> None:
    rng = np.random.default_rng(15)
    shown = np.tile(rng.normal(size=(64, 1)), (1, 2)) * rng.choice([-1, 1], (64, 2))
    signed, sized, _ = pairs(shown, magnitudes(shown), 2)
    assert sized.chance < residuals.ERROR < signed.chance
    assert "is not independent" in sized.says(str)


def test_copies_are_found_among_coordinates_that_are_not_compared_one_by_one() -> None:
    rng = np.random.default_rng(10)
    half = rng.normal(size=(32, 5000)) * rng.choice([-1, 1], (1, 5000))
    with pytest.raises(ValueError, match="is the same up to sign"):
        Residuals("removed", 1.0).see(np.concatenate([half, -half], 1), np.zeros((32, 10_000)))


def test_between_a_doubt_and_an_error_there_is_no_certificate_and_no_error() -> None:
    """σ 6 % off at 62 parameters: the chance falls below 1e-3 some blocks before it falls below 1e-9."""
    rng, noise = np.random.default_rng(11), Residuals("removed", 1.0)
    assert residuals.ERROR < residuals.LEVEL
    while noise.chance >= residuals.LEVEL:
        noise.see(1.06 * rng.normal(size=(32, 62)), np.zeros((32, 62)))
    assert residuals.ERROR <= noise.chance < residuals.LEVEL
    assert "removed models: published − centre has spread 1.0" in noise.doubt


def test_noise_below_the_rounding_of_the_models_is_doubted() -> None:
    rng, centres = np.random.default_rng(12), np.ones((32, 4), np.float32)
    noise = Residuals("reference", 1e-6)
    noise.see((centres + 1e-6 * rng.normal(size=(32, 4))).astype(np.float32), centres)
    assert "lost in the rounding of float32" in noise.doubt


@pytest.mark.parametrize(("runs", "size"), [(128, 1), (64, 62)])
def test_what_the_sentence_says_would_have_been_seen_is_seen(runs: int, size: int) -> None:
    """With probability .9 at least, of which 60 series leave a 99.9 % bound of .76."""
    spread, mean = seen_off(runs, size, runs // 32)
    assert assumed(runs, size, runs // 32).startswith(f"the noise is as declared ({runs} runs would have seen")
    rng = np.random.default_rng(13)
    for scale, length in ((1 + spread, 0.0), (1 - spread, 0.0), (1.0, mean)):
        hits = [
            doubted(
                Residuals("removed", 0.1),
                lambda: scale * rng.normal(size=(32, size)) + length / math.sqrt(size),  # noqa: B023
                runs // 32,
            )
            for _ in range(60)
        ]
        assert sum(map(bool, hits)) >= 46
