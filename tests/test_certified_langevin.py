"""Noise at every step: the step by hand, the bounds on its laws, and the certificate on the last one."""

import dataclasses
import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from certified_tools import CLAIM, gradient, mask, small
from jaxtyping import PRNGKeyArray

import neverseen as ns
from neverseen.algorithms._curvature import Curvature, Schedule
from neverseen.algorithms.learners._noisy_steps import clipped_step, projected_step
from neverseen.algorithms.removers.certified._calibrate import widest
from neverseen.algorithms.removers.certified._langevin import langevin_distance, tail_distance

STEEP = ns.learners.langevin(penalty=60.0, rows=16, ball=0.4, steps=6, sigma=0.2)


def test_a_projected_step_by_hand(key: PRNGKeyArray) -> None:
    rows, learner = small().rows, ns.learners.langevin(penalty=4.0, rows=16, ball=0.5)
    w = np.random.default_rng(0).normal(size=(3, 2))
    inside = w * 0.5 / np.linalg.norm(w)
    by_hand = inside - 2 / (8 + 8) * gradient(inside, rows, 4.0)
    np.testing.assert_allclose(projected_step(learner, rows)(key, jnp.asarray(w, jnp.float32)), by_hand, atol=1e-5)


def test_a_minibatch_step_is_right_on_average(key: PRNGKeyArray) -> None:
    rows = small().rows.without(mask(3, 4))
    sgd, full = (ns.learners.langevin(penalty=4.0, rows=16, ball=0.5, batch=b) for b in (4, None))
    w = jnp.asarray(np.random.default_rng(0).normal(size=(3, 2)) / 9, jnp.float32)
    drawn = np.asarray(jax.jit(jax.vmap(lambda k: projected_step(sgd, rows)(k, w)))(jax.random.split(key, 2000)))
    error = drawn.mean(0) - np.asarray(projected_step(full, rows)(key, w))
    assert (abs(error) < 5 * drawn.std(0) / math.sqrt(2000)).all()
    assert drawn.std() > 1e-3


def test_a_clipped_step_by_hand(key: PRNGKeyArray) -> None:
    learner, rows = ns.learners.noisy_tail(clip=0.1, rate=0.5, decay=1.0), small().rows
    w = np.random.default_rng(0).normal(size=(3, 2))
    raw = gradient(w, rows, 0.0) / 16
    assert np.linalg.norm(raw) > 0.1
    by_hand = w / 2 - 0.5 * raw * 0.1 / np.linalg.norm(raw)
    step = clipped_step(learner, rows, lambda v: v.reshape(3, 2))
    np.testing.assert_allclose(step(key, jnp.asarray(w.ravel(), jnp.float32)), by_hand.ravel(), atol=1e-5)


def test_a_gradient_that_is_not_finite_does_not_escape_the_clipping(key: PRNGKeyArray) -> None:
    learner, rows = ns.learners.noisy_tail(), small().rows
    broken = dataclasses.replace(learner, loss=lambda z, y: jnp.full(z.shape[0], jnp.nan) * z.sum())
    step = clipped_step(broken, rows, lambda v: v.reshape(3, 2))
    assert bool(jnp.isfinite(step(key, jnp.ones(6))).all())


def test_the_distance_falls_with_steps_and_grows_with_the_ball() -> None:
    assert STEEP.curvature is not None
    assert STEEP.schedule is not None
    plan = STEEP.schedule
    distance = [langevin_distance(STEEP.curvature, plan, k, 1) for k in (1, 3, 6)]
    assert distance == sorted(distance, reverse=True)
    wide = dataclasses.replace(plan, ball=40.0)
    assert langevin_distance(STEEP.curvature, wide, 6, 1) > distance[2]
    # More rows matter only through the drift, and never beyond the ball.
    assert langevin_distance(STEEP.curvature, plan, 1, 2) > distance[0]
    assert langevin_distance(STEEP.curvature, plan, 1, 10**6) == pytest.approx(
        langevin_distance(STEEP.curvature, dataclasses.replace(plan, batch=4), 1, 1)
    )
    halved = dataclasses.replace(plan, sigma=plan.sigma / 2)
    assert langevin_distance(STEEP.curvature, halved, 3, 1) == pytest.approx(2 * distance[1])


def test_langevin_is_certified_on_its_last_step_and_half_its_noise_is_not() -> None:
    remover, claim = ns.removers.langevin_unlearning(STEEP, 0.5, 0.05, steps=4), ns.Untraining(0.5, 0.05)
    assert remover.guarantee is not None
    assert remover.guarantee.covers(claim)
    verdict = ns.check(claim, remover, STEEP, small(), budget=512)
    assert (verdict.status.name, verdict.route.name) == ("SATISFIED", "COUPLING")


def test_langevin_takes_the_noise_that_its_claim_needs_and_no_less() -> None:
    assert STEEP.curvature is not None
    assert STEEP.schedule is not None
    distance = langevin_distance(STEEP.curvature, STEEP.schedule, 4, 1)
    least = STEEP.schedule.sigma * distance / widest(0.5, 0.05)
    enough, short = (
        ns.learners.langevin(penalty=60.0, rows=16, ball=0.4, steps=6, sigma=share * least) for share in (1.01, 0.99)
    )
    assert ns.removers.langevin_unlearning(enough, 0.5, 0.05, steps=4).guarantee is not None
    with pytest.raises(ValueError, match="times larger"):
        ns.removers.langevin_unlearning(short, 0.5, 0.05, steps=4)


@pytest.mark.parametrize(("steps", "capacity"), [(5, 1), (3, 1), (1, 2)])
def test_the_langevin_bound_is_attained_in_one_dimension(steps: int, capacity: int) -> None:
    """Chains that start at ±B, with gradients mL apart in all but the last steps, and the noise of these alone."""
    known, plan = Curvature(0.4, 1.0, 0.0, 0.8), Schedule(steps=5, rate=0.25, rows=2, ball=1.5, sigma=0.9)
    gap, variance = 2 * 1.5, 0.0
    for step in range(5):
        last = step >= 5 - steps
        gap = (1 - 0.2) * gap + (0.0 if last else 0.25 * capacity * 0.4)
        variance = (1 - 0.2) ** 2 * variance + (0.81 if last else 0.0)
    assert langevin_distance(known, plan, steps, capacity) == pytest.approx(gap / math.sqrt(variance))


def test_langevin_without_steps_is_refuted() -> None:
    learner = ns.learners.langevin(penalty=60.0, rows=16, ball=0.4, steps=6, sigma=0.003)
    with pytest.raises(ValueError, match="steps: 0 is not in"):
        ns.removers.langevin_unlearning(learner, steps=0)
    assert ns.check(CLAIM, ns.removers.langevin_unlearning(learner, steps=6), learner, small(), budget=512).status in (
        ns.Status.SATISFIED,
        ns.Status.INCONCLUSIVE,
    )
    assert ns.check(CLAIM, ns.removers.do_nothing(), learner, small(), budget=512).status is ns.Status.REFUTED


def test_against_a_noiseless_learner_it_is_refuted(key: PRNGKeyArray) -> None:
    """A itself must be the noisy learner: any noise at all tells U from a deterministic A."""
    plain, scenario = ns.learners.projected_descent(rows=16, penalty=60.0, ball=0.4), small()

    def walk(k: PRNGKeyArray, model: ns.Trained, rows: ns.Rows, forget: Any) -> Any:
        return (
            ns.removers.langevin_unlearning(STEEP, steps=4)
            .remove(k, ns.Trained(model.params, model.params, STEEP), rows, forget)
            .params
        )

    assert ns.check(CLAIM, ns.Remover(walk, "langevin"), plain, scenario, budget=256).status is ns.Status.REFUTED


def test_a_request_beyond_the_capacity_is_an_event(key: PRNGKeyArray) -> None:
    remover, rows = ns.removers.langevin_unlearning(STEEP, 0.5, 0.05, steps=4), small().rows
    model = jax.jit(STEEP.fit)(key, rows)
    serve = jax.jit(lambda model, forget: remover(key, model, rows, forget).params)
    assert np.isnan(serve(model, mask(0, 1))).all()
    assert np.isfinite(serve(model, mask(0))).all()


def test_the_capacity_of_langevin_is_that_of_all_requests_together(key: PRNGKeyArray) -> None:
    remover, rows = ns.removers.langevin_unlearning(STEEP, 0.5, 0.05, steps=4), small().rows
    serve = jax.jit(lambda model, rows, forget: remover(key, model, rows, forget))
    first = serve(jax.jit(STEEP.fit)(key, rows), rows, mask(0))
    second = serve(first, rows.without(mask(0)), mask(1))
    assert np.isfinite(first.params).all()
    assert (int(first.record.deleted), int(second.record.deleted)) == (1, 2)
    assert np.isnan(second.params).all()


def test_the_tail_is_certified_for_any_loss() -> None:
    learner = ns.learners.noisy_tail(ns.learners.mlp(hidden=2, epochs=2, batch=4), sigma=1.8)
    remover, claim = ns.removers.noisy_finetuning(learner), ns.Untraining(1.0, 0.1)
    assert remover.guarantee is not None
    assert remover.guarantee.covers(claim)
    convex = ns.removers.noisy_finetuning()
    assert convex.made_for is not None
    verdict = ns.check(claim, convex, convex.made_for, small())
    assert (verdict.status.name, verdict.route.name) == ("SATISFIED", "COUPLING")
    assert ns.check(claim, remover, learner, small(3), budget=256).status is not ns.Status.REFUTED


def test_a_tail_of_half_the_noise_or_without_clipping_is_refused() -> None:
    with pytest.raises(ValueError, match="times larger"):
        ns.removers.noisy_finetuning(ns.learners.noisy_tail(sigma=0.9))
    with pytest.raises(ValueError, match="does not end with clipped"):
        ns.removers.noisy_finetuning(ns.learners.noisy())
    with pytest.raises(ValueError, match="clip"):
        ns.learners.noisy_tail(clip=math.inf)
    with pytest.raises(ValueError, match="decay"):
        ns.learners.noisy_tail(rate=1.0, decay=1.0)


def test_the_tail_bound_is_attained_in_one_dimension() -> None:
    """Constant gradients ±C from ±B: Gaussians, whose distance is computed here step by step."""
    learner = ns.learners.noisy_tail(steps=3, rate=0.5, decay=0.6, ball=0.7, clip=0.3, sigma=0.9)
    assert learner.schedule is not None
    mean, variance = 2 * 0.7, 0.0
    for _ in range(3):
        mean, variance = (1 - 0.3) * mean + 2 * 0.5 * 0.3, (1 - 0.3) ** 2 * variance + 0.81
    assert tail_distance(learner.schedule) == pytest.approx(mean / math.sqrt(variance))
