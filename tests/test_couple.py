"""The coupling certificate: its bound holds, and at any time; pairs come with the distances it needs."""

import dataclasses
import math
from typing import Any

import jax
import numpy as np
import pytest
from coupled_tools import CLAIM, SGD, TUNED, drawn, small
from jaxtyping import PRNGKeyArray
from scipy.integrate import quad
from scipy.stats import binomtest, norm

import neverseen as ns
from neverseen.formal import Route
from neverseen.formal.laws._gaussian_certified import certified_delta
from neverseen.properties.engine._coupling import Coupler, excess, log_wealth
from neverseen.properties.runs._draw import PAIRS
from neverseen.properties.runs._run_pools import arms, streams


def played(coupler: Coupler, distances: Any) -> Coupler:
    coupler.play(np.asarray(distances, float))
    return coupler


# The bound.


@pytest.mark.parametrize(
    ("epsilon", "distance", "delta"),
    [
        (0.0, 0.5, 0.19741265),
        (0.0, 1.0, 0.38292492),
        (0.1, 0.5, 0.15926051),
        (0.5, 0.2, 0.00051253608),
        (0.5, 1.0, 0.23842171),
        (1.0, 1.0, 0.12693674),
        (1.0, 2.0, 0.50986166),
        (2.0, 1.0, 0.020923636),
    ],
)
def test_a_term_is_the_gaussian_profile(epsilon: float, distance: float, delta: float) -> None:
    assert excess(np.array([distance]), epsilon)[0] == pytest.approx(delta, rel=1e-7)


def test_tiny_terms_keep_their_digits() -> None:
    exact = certified_delta(5.0, 0.5)
    assert 1e-26 < exact.lower < 1e-22
    assert excess(np.array([0.5]), 5.0)[0] == pytest.approx(exact.lower, rel=1e-11)


MIXTURES = {
    "one shift": ([0.3, 0.3], [0.0, 0.0]),
    "equal laws, crossed seeds": ([0.0, 1.0], [1.0, 0.0]),
    "mixed shifts": ([0.0, 0.5, 2.0], [0.1, 0.5, 1.5]),
    "one far seed": ([0.0] * 9 + [4.0], [0.0] * 10),
}


@pytest.mark.parametrize(("removed", "reference"), MIXTURES.values(), ids=list(MIXTURES))
def test_the_bound_covers_the_true_excess_of_mixtures(removed: list[float], reference: list[float]) -> None:
    """σ = 1: both laws are Gaussian mixtures on the line, whose hockey-stick values quadrature gives."""
    rng, gaps = np.random.default_rng(0), np.abs(np.subtract(removed, reference))

    def excess_at(t: float, p: list[float], q: list[float], epsilon: float) -> float:
        return max(float(norm.pdf(t, p).mean() - math.exp(epsilon) * norm.pdf(t, q).mean()), 0.0)

    for epsilon in (0.0, 0.5):
        coupler = played(Coupler(epsilon, 0.05, 0.05), rng.choice(gaps, 500))
        mean = excess(gaps, epsilon).mean()
        for p, q in ((removed, reference), (reference, removed)):
            true = quad(excess_at, -9, 13, args=(p, q, epsilon), limit=400)[0]
            assert true <= mean + 1e-7
            assert true <= coupler.delta_upper
            assert removed != MIXTURES["one shift"][0] or true == pytest.approx(mean, abs=1e-6)


def boundary(rng: np.random.Generator, pairs: int, mean: float) -> np.ndarray:
    """Distances of 0 or 3 whose terms at ε = 0.5 have exactly the wanted mean."""
    return np.where(rng.random(pairs) < mean / excess(np.array([3.0]), 0.5)[0], 3.0, 0.0)


def test_false_certificates_at_the_boundary_are_as_rare_as_promised() -> None:
    rng, runs, beta = np.random.default_rng(1), 600, 0.1
    false = sum(Coupler(0.5, 0.1, beta).play(boundary(rng, 400, 0.1)) is not None for _ in range(runs))
    assert binomtest(false, runs).proportion_ci(0.998).low <= beta
    assert false > 0  # The bound is used up to a factor, not vacuous.
    below = [Coupler(0.5, 0.1, beta).play(boundary(rng, 400, 0.04)) for _ in range(50)]
    assert None not in below


def test_the_bound_is_above_the_mean_at_all_times_at_once() -> None:
    rng, runs, beta = np.random.default_rng(2), 400, 0.1
    wealth = [log_wealth(excess(boundary(rng, 400, 0.2), 0.5), 0.2).max() for _ in range(runs)]
    below = sum(w >= math.log(1 / beta) for w in wealth)
    assert below > 0
    assert binomtest(below, runs).proportion_ci(0.998).low <= beta


def test_peeking_changes_nothing() -> None:
    distances, coupler = boundary(np.random.default_rng(3), 300, 0.05), Coupler(0.5, 0.1, 0.05)
    bounds, at = [1.0], None
    for start in range(0, 300, 7):
        first = coupler.play(distances[start : start + 7])
        at = start + first if at is None and first is not None else at
        bounds.append(coupler.delta_upper)
    assert bounds == sorted(bounds, reverse=True)
    assert bounds[-1] < bounds[1]
    assert at is not None
    assert at == Coupler(0.5, 0.1, 0.05).play(distances)
    # Far pairs after the fact do not undo a certificate.
    assert coupler.play(np.full(5, np.inf)) == 0
    assert coupler.delta_upper == bounds[-1]


def test_the_floor_and_the_width() -> None:
    floor = 2 * math.log(1 / 0.05) / 500
    assert played(Coupler(0.5, 0.05, 0.05), np.zeros(500)).delta_upper < floor
    spread = played(Coupler(0.5, 0.05, 0.05), boundary(np.random.default_rng(4), 2000, 0.2))
    mean = excess(spread.distances, 0.5).mean()
    assert mean < spread.delta_upper < mean + 4 * 0.3 / math.sqrt(2000)


def test_terms_are_averaged_and_not_distances() -> None:
    """δ(1; 1) is half of the mean of δ(1; 0) and δ(1; 2)."""
    distances = np.tile([0.0, 2.0], 1000)
    assert played(Coupler(1.0, 0.05, 0.05), distances).delta_upper >= 0.50986166 / 2


def test_distances_that_are_not_finite_count_in_full() -> None:
    assert excess(np.array([np.nan, np.inf]), 0.5).tolist() == [1.0, 1.0]
    coupler = Coupler(0.5, 0.05, 0.05)
    assert coupler.play(np.full(400, np.nan)) is None
    assert (coupler.delta_upper, coupler.epsilon_upper) == (1.0, None)
    assert played(Coupler(0.5, 0.05, 0.05), [*[0.0] * 400, np.nan]).delta_upper < 0.05


def test_the_least_epsilon_is_the_end_of_the_scan_from_above() -> None:
    rng = np.random.default_rng(5)
    coupler = played(Coupler(0.5, 0.05, 0.05), rng.exponential(0.6, 400))
    found = coupler.epsilon_upper
    assert found is not None
    certified = [Coupler(e, 0.05, 0.05).play(coupler.distances) is not None for e in np.arange(0, 20.05, 0.05).round(2)]
    assert certified == sorted(certified)
    assert certified.index(True) == round(found / 0.05)
    same = played(Coupler(0.5, 0.05, 0.05), np.full(400, 1.0)).epsilon_upper
    assert same is not None
    true = next(e for e in np.arange(0, 3, 0.001) if excess(np.ones(1), float(e))[0] <= 0.05)
    assert true < same < true + 0.2


def test_bad_terms_and_bad_distances() -> None:
    for wrong in ((-0.1, 0.05, 0.05), (0.5, 1.0, 0.05), (0.5, 0.05, 0.0), (math.nan, 0.05, 0.05)):
        with pytest.raises(ValueError, match="epsilon is finite"):
            Coupler(*wrong)
    with pytest.raises(ValueError, match=r"-1\.0 is negative"):
        Coupler(0.5, 0.05, 0.05).play(np.array([-1.0]))


# The pairs.


def test_pairs_come_with_the_distance_of_their_centres() -> None:
    blocked, bare = drawn(TUNED, count=2), drawn(dataclasses.replace(TUNED, centre=None), count=2)
    for block, without in zip(blocked, bare, strict=True):
        assert block.distance is not None
        assert block.distance.shape == (PAIRS,)
        assert without.distance is None
        for view, values in block.removed.items():
            np.testing.assert_allclose(values, without.removed[view], atol=1e-5)
    # Noise of 0.1 on six parameters would put the published models √2 · √6 noise units apart at least.
    assert 0 < np.concatenate([b.distance for b in blocked if b.distance is not None]).min() < 3.0


def test_no_removal_draws_from_the_key_of_a_training_run() -> None:
    """Models that publish the key they were given: original and reference share theirs, removal has its own."""

    def published(key: PRNGKeyArray, learner: ns.Learner) -> ns.Trained:
        return ns.Trained(jax.random.key_data(key), None, learner)

    learner = ns.Learner(lambda key, rows: published(key, learner), lambda p, x: x, lambda o, y: o[:, 0], name="key")
    remover = ns.Remover(lambda key, trained, rows, forget: published(key, learner), "key")
    for claim, scenario in ((CLAIM, small()), (ns.Unlearning(1.0, 0.05, "distribution"), ns.scenarios.mixture())):
        pools = arms(claim, remover, learner, scenario, streams(scenario, 0))
        removed, reference, original = ({tuple(row) for row in np.asarray(p.shard(0).params)} for p in pools)
        assert len(removed) == len(reference) == PAIRS
        assert reference == original
        assert not removed & reference


def test_shared_seeds_bring_the_centres_together() -> None:
    """Nothing moves but the seed: the pair's own reference is nearer than another pair's."""
    law, scenario = SGD.noise, small()
    assert law is not None
    centre, keys = law.centre, jax.random.split(jax.random.key(0), 64)
    full, less = (
        np.asarray(jax.jit(jax.vmap(centre, (0, None)))(keys, rows)).reshape(64, -1)
        for rows in (scenario.rows, scenario.rows.without(scenario.forget))
    )
    own, other = np.linalg.norm(full - less, axis=1), np.linalg.norm(full - np.roll(less, 1, 0), axis=1)
    assert own.mean() < other.mean()
    distance = drawn(ns.removers.do_nothing(), count=1)[0].distance
    assert distance is not None
    assert abs(distance.mean() - own.mean() / 0.1) < 5 * (own.std() / 0.1) / math.sqrt(PAIRS)


def test_a_deterministic_pair_has_the_distance_of_the_analytic_route() -> None:
    learner, scenario = ns.learners.noisy(sigma=0.1), small()
    verdict = ns.check(CLAIM, ns.removers.do_nothing(), learner, scenario)
    distance = drawn(ns.removers.do_nothing(), learner)[0].distance
    assert distance is not None
    assert verdict.route is Route.ANALYTIC
    made = verdict.provenance
    np.testing.assert_allclose(excess(distance, 0.5), (made["delta_lower"] + made["delta_upper"]) / 2, rtol=1e-3)


def test_a_diverging_centre_is_the_term_one_and_no_error() -> None:
    distance = drawn(ns.removers.noisy(ns.removers.diverging()))[0].distance
    assert distance is not None
    assert np.isnan(distance).all()


def test_what_retrains_under_a_wrapper_carries_the_noise_once(key: PRNGKeyArray) -> None:
    assert len(drawn(ns.removers.noisy(ns.removers.retrain()), count=2)) == 2
    law, scenario = SGD.noise, small()
    assert law is not None
    base = ns.learners.logistic(epochs=2, batch=4, rate=0.1)
    seed, _ = jax.random.split(key)
    gap = abs(law.centre(key, scenario.rows) - base.fit(seed, scenario.rows).params).max()
    noise = SGD.fit(key, scenario.rows).params - law.centre(key, scenario.rows)
    assert gap < 1e-6 < abs(noise).max()


def test_a_check_certifies_all_events_by_coupling_and_refutes_what_it_must() -> None:
    """SGD with output noise much wider than what S moves: do-nothing conforms; with hardly any noise it does not."""
    claim, scenario = ns.Untraining(0.5, 0.05), ns.scenarios.breast_cancer()
    learner = ns.learners.logistic(epochs=2, batch=32)
    wide, narrow = (
        ns.check(claim, ns.removers.do_nothing(), ns.learners.noisy(learner, sigma), scenario) for sigma in (5.0, 1e-3)
    )
    assert (wide.status, wide.route, wide.scope, wide.tolerance) == (
        ns.Status.SATISFIED,
        Route.COUPLING,
        "all events",
        0.0,
    )
    assert wide.delta_upper is not None
    assert wide.delta_upper <= 0.05
    assert "in place of δ" not in str(wide)
    assert (narrow.status, narrow.route) == (ns.Status.REFUTED, Route.SEQUENTIAL)
