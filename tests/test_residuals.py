"""Declared output noise must be there: right noise is let through, each wrong one is named."""

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
from scipy.stats import binomtest

import neverseen as ns
from neverseen.properties import residuals
from neverseen.properties.pairs import PAIRS
from neverseen.properties.residuals import Residuals

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
    "one key for all runs": (lambda k, c: ideal(jax.random.key(0), c), r"at params\[\d, \d\] has spread \S+ σ"),
    "eight keys for all runs": (
        lambda k, c: ideal(jax.random.key(jax.random.bits(k) % 8), c),
        r"runs \d+ and \d+ do not draw their noise independently",
    ),
    "leaning on the seed": (
        lambda k, c: jnp.abs(ideal(k, c)) * jnp.sign(c - jnp.array([[0.05, -0.05]])),
        "correlation|leans|mean",
    ),
    "one draw for all coordinates": (
        lambda k, c: jnp.full_like(c, jax.random.normal(k)),
        r"params\[\d, \d\] and at params\[\d, \d\] is|do not draw",
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


def test_the_tests_of_noise_keep_their_level(monkeypatch: pytest.MonkeyPatch) -> None:
    """At level 0.1 in place of 1e-9, ideal noise is called wrong in at most a tenth of all series of blocks."""
    monkeypatch.setattr(residuals, "LEVEL", 0.1)
    rng, runs, wrong = np.random.default_rng(8), 300, 0
    for _ in range(runs):
        noise = Residuals("removed", 1.0)
        try:
            for _ in range(4):
                centres = rng.normal(size=(16, 6)) * 3
                noise.see(centres + rng.normal(size=(16, 6)), centres)
        except ValueError:
            wrong += 1
    assert wrong > 0
    assert binomtest(wrong, runs).proportion_ci(0.998).low <= 0.1
