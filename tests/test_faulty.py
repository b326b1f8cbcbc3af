"""Every faulty remover breaks its claim by a known amount, its right twin does not, and a check tells them apart."""

from collections.abc import Iterator
from typing import Any

import jax
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree

import neverseen as ns
from neverseen.algorithms.removers import FAULTY
from neverseen.algorithms.removers.faulty import noisy_at_half, original_sometimes, stale_state
from neverseen.formal.laws._gaussian import Gaussian, profile
from neverseen.properties.engine._bets import least_pairs
from neverseen.properties.selftest._faults import FAULT_GRAIN, FAULTS, Fault, centres
from neverseen.properties.selftest._oracles import (
    Oracle,
    best_stake,
    concentrated,
    lower_theta,
    oracle_excess,
    shifted,
    stopping_times,
    wins,
)

RUNS = 256
UNKNOWN = ("branching", "finetune_only", "fixed_key", "stale_state")
"""Cases whose laws only a sample shows: `benchmarks/faulty.py` bounds θ from 10 240 pairs."""

SAMPLED = (
    *("branching", "diverging", "finetune_only", "fixed_key", "noisy_at_half", "noisy_in_common", "noisy_in_part"),
    *("noisy_once", "noisy_per_request", "noisy_upwards", "off_by_one", "original_sometimes", "s_full_for_s"),
    *("stale_state",),
)
"""Cases run here; of the others, Gaussians whose centre a fault moves, the centres say all. One of those is run too."""


@pytest.fixture(autouse=True, scope="module")
def compile_quickly() -> Iterator[None]:
    """Small programs that run once: what XLA would spend on optimising them is most of this file's time."""
    before = bool(jax.config.read("jax_disable_most_optimizations"))
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", before)


def drawn(fault: Fault, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The oracle's event in faulty, right and reference models: step by step, so that cases share what is compiled."""
    scenario, learner = fault.scenario, fault.learner
    unseen = scenario.rows.without(fault.definition.unseen(scenario.forget, scenario.behaviour))

    def run(key: Any) -> list[Any]:
        train, remove = jax.random.split(key)
        original = learner.fit(train, scenario.rows)
        arms = [
            r(remove, original, scenario.rows, scenario.forget, **{need: getattr(scenario, need) for need in r.needs})
            for r in (fault.remover, fault.right)
        ]
        return [view(fault, arm.params) for arm in (*arms, learner.fit(train, unseen))]

    seen = jax.vmap(run)(jax.random.split(jax.random.key(seed), RUNS))
    rng = np.random.default_rng(seed)
    arms = [np.asarray(arm, float) for arm in seen]
    faulty, right, reference = (fault.oracle.occurs(arm + FAULT_GRAIN * rng.standard_normal(arm.shape)) for arm in arms)
    return faulty, right, reference


def view(fault: Fault, params: Any) -> Any:
    """The oracle's view of one model, written here anew: all parameters, or a mean loss."""
    if fault.oracle.view == "parameters":
        return ravel_pytree(params)[0]
    rows = {
        "loss on S": fault.scenario.rows.only(fault.scenario.forget),
        "loss on S_full∖S": fault.scenario.rows.only(fault.scenario.behaviour & ~fault.scenario.forget),
    }[fault.oracle.view]
    losses = fault.learner.loss(fault.learner.apply(params, rows.x), rows.y)
    return ((losses * rows.present).sum() / rows.present.sum())[None]


def test_every_faulty_remover_has_a_case() -> None:
    assert set(FAULTS) == set(FAULTY)
    assert len(FAULTS) >= 20


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_the_committed_violation_is_known_and_exceeds_delta(name: str) -> None:
    fault = FAULTS[name]()
    assert fault.theta > fault.definition.delta
    assert least_pairs(fault.definition.epsilon, fault.definition.delta, 1e-4) <= fault.pairs <= 150
    if name not in UNKNOWN:
        # The committed bound is the closed form of this very scenario, rounded down.
        assert fault.theta <= fault.oracle.theta(fault.definition.epsilon) < fault.theta + 0.003


@pytest.mark.parametrize("name", SAMPLED)
def test_the_event_refutes_the_fault_and_not_its_twin(name: str) -> None:
    fault = FAULTS[name]()
    epsilon, delta, forward = fault.definition.epsilon, fault.definition.delta, fault.oracle.forward
    faulty, right, reference = drawn(fault, seed=7)
    assert lower_theta(faulty, reference, epsilon, forward, error=1e-3) > delta
    assert oracle_excess(right.mean(), reference.mean(), epsilon, forward) <= delta
    for found, chance in zip((faulty, reference), fault.oracle.chances or (), strict=False):
        assert abs(found.mean() - chance) <= 5 * np.sqrt(chance * (1 - chance) / RUNS) + 0.025
    won = [wins(arm, reference, fault.definition, forward)[None] for arm in (faulty, right)]
    assert stopping_times(won[0], stake(fault), 1e-4)[0] < 3 * fault.pairs
    assert np.isinf(stopping_times(won[1], stake(fault), 1e-4)[0])


@pytest.mark.parametrize("name", sorted(set(FAULTS) - set(SAMPLED)))
def test_the_twin_of_a_moved_centre_has_the_reference_law(name: str) -> None:
    """Gaussians of one size: how far the right twin's centre lies off bounds all events, not the oracle's alone."""
    fault = FAULTS[name]()
    c_u, c_r, _ = centres(fault.right, fault.learner, fault.scenario, fault.definition)
    sigma = float(np.hypot(FAULT_GRAIN, fault.learner.noise.sigma if fault.learner.noise else 0.0))
    assert shifted(c_u, c_r, sigma, fault.definition.epsilon).theta(fault.definition.epsilon) <= fault.definition.delta


def stake(fault: Fault) -> float:
    """Nine tenths of the largest legal stake, good for events whose frequencies differ as much as these."""
    return 0.9 / (np.exp(fault.definition.epsilon) + fault.definition.delta)


@pytest.mark.parametrize("name", ["original_sometimes", "s_full_for_s", "watermark"])
def test_a_check_refutes_it_within_three_times_the_oracle(name: str) -> None:
    fault = FAULTS[name]()
    verdict = ns.check(fault.definition, fault.remover, fault.learner, fault.scenario, budget=3 * fault.pairs)
    assert verdict.status is ns.Status.REFUTED


def test_a_check_does_not_refute_a_mended_one() -> None:
    fault = FAULTS["watermark"]()
    verdict = ns.check(fault.definition, fault.right, fault.learner, fault.scenario, budget=3 * fault.pairs)
    assert verdict.status is not ns.Status.REFUTED


def test_the_original_now_and_then_keeps_a_claim_with_probability_half_delta() -> None:
    claim = ns.Untraining(0.1, 0.3)
    verdict = ns.check(claim, original_sometimes(0.15), ns.learners.nearest_neighbour(), ns.scenarios.figure1())
    assert verdict.status is ns.Status.SATISFIED


def test_a_fault_says_what_it_needs() -> None:
    scenario = ns.scenarios.figure1()
    model = ns.learners.ridge().fit(jax.random.key(0), scenario.rows)
    for remover, wanted in (
        (noisy_at_half(), "declares no output noise"),
        (stale_state(), "records no optimiser state"),
    ):
        with pytest.raises(ValueError, match=wanted):
            remover(jax.random.key(0), model, scenario.rows, scenario.forget)


@pytest.mark.parametrize("epsilon", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("distance", [0.5, 3.0])
def test_the_shift_oracle_attains_the_profile(epsilon: float, distance: float) -> None:
    away, home = (Gaussian(np.array([m]), np.eye(1)) for m in (distance, 0.0))
    oracle = shifted(np.array([2 * distance, 0.0]), np.zeros(2), 2.0, epsilon)
    assert oracle.theta(epsilon) == pytest.approx(profile(away, home, epsilon).upper, abs=1e-9)


def test_the_ball_oracle_attains_the_profile_of_smaller_noise() -> None:
    small, large = (Gaussian(np.zeros(8), variance * np.eye(8)) for variance in (0.25, 1.0))
    best = profile(small, large, 1.0)
    assert best.lower - 1e-3 <= concentrated(np.zeros(8), 0.5, 1.0, 1.0).theta(1.0) <= best.upper


@pytest.mark.parametrize(("away", "lost"), [(0.0, 0), (2.0, 0), (0.0, 1)])
def test_the_ball_oracle_occurs_as_often_as_it_says(away: float, lost: int) -> None:
    rng, runs = np.random.default_rng(0), 20000
    oracle = concentrated(np.ones(4), 0.5, 1.0, 0.0, away=away, lost=lost)
    draws = 1 + 0.5 * rng.standard_normal((runs, 4)), 1 + away / 2 + rng.standard_normal((runs, 4))
    assert oracle.chances is not None
    for found, chance in zip(draws, oracle.chances, strict=True):
        assert abs(oracle.occurs(found).mean() - chance) < 5 * np.sqrt(chance * (1 - chance) / runs)


def test_the_oracle_bets_in_the_right_direction() -> None:
    claim, often, never = ns.Untraining(0.0, 0.1), np.ones(400, bool), np.zeros(400, bool)
    for x, y, forward in ((often, never, True), (never, often, False)):
        won = wins(x, y, claim, forward)
        assert stopping_times(won[None], best_stake(won, claim), 1e-4)[0] == 16
        assert np.isinf(stopping_times(wins(x, y, claim, not forward)[None], 0.5, 1e-4)[0])
        assert lower_theta(x, y, 0.0, forward) > 0.9
        assert lower_theta(x, y, 0.0, not forward) < 0


def test_an_event_without_closed_form_has_no_theta() -> None:
    with pytest.raises(ValueError, match="no closed form"):
        Oracle("a", "a > 0", lambda runs: runs[:, 0] > 0, True).theta(1.0)
