"""Descent on what is left: by hand, within its bounds, certified with its noise and refuted without its steps."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from certified_tools import CLAIM, descend, mask, small
from jaxtyping import PRNGKeyArray

import neverseen as ns
from neverseen.algorithms._curvature import Curvature, Schedule
from neverseen.algorithms.removers.certified._descent import descent_error, rewind_error

PROJECTED = ns.learners.projected_descent(rows=16, steps=12, ball=0.9)
ZERO = np.zeros((3, 2))


def known(learner: ns.Learner) -> tuple[Curvature, Schedule]:
    assert learner.curvature is not None
    assert learner.schedule is not None
    return learner.curvature, learner.schedule


def test_training_by_hand(key: PRNGKeyArray) -> None:
    rows, rate = small().rows, 2 / (16 * 0.5 + 2 * 4.0)
    assert known(PROJECTED)[1].rate == pytest.approx(rate)
    for ball in (0.2, 0.9):
        learner = ns.learners.projected_descent(rows=16, steps=12, ball=ball)
        by_hand = descend(ZERO, rows, 4.0, 12, rate, ball)
        np.testing.assert_allclose(learner.fit(key, rows).params, by_hand, atol=1e-5)
    assert np.linalg.norm(descend(ZERO, rows, 4.0, 12, rate, 0.2)) == pytest.approx(0.2)


def test_descent_by_hand_and_again_from_the_unpublished_model(key: PRNGKeyArray) -> None:
    remover, scenario = ns.removers.descent_to_delete(ns.learners.noisy(PROJECTED, 0.5), steps=3), small()
    learner = remover.made_for
    assert learner is not None
    model = learner.fit(key, scenario.rows)
    first = remover(key, model, scenario.rows, mask(0))
    second = remover(key, first, scenario.rows.without(mask(0)), mask(1))
    w, rate = np.asarray(model.record, np.float64), known(learner)[1].rate
    w = descend(w, scenario.rows.without(mask(0)), 4.0, 3, rate, 0.9)
    np.testing.assert_allclose(first.record.exact, w, atol=1e-5)
    w = descend(w, scenario.rows.without(mask(0, 1)), 4.0, 3, rate, 0.9)
    np.testing.assert_allclose(second.record.exact, w, atol=1e-5)
    assert int(second.record.deleted) == 2
    assert not bool(second.record.retrained)
    noise = np.concatenate([np.ravel(m.params - m.record.exact) for m in (first, second)])
    assert 0.1 < np.std(noise) < 1.0


@pytest.mark.parametrize("steps", [1, 3])
def test_descent_keeps_its_bound_over_a_sequence(steps: int) -> None:
    """Each of eight requests, one row at a time, within the bound of A(D∖S) trained by hand."""
    curvature, plan = known(PROJECTED)
    bound, rows = descent_error(curvature, plan, steps, 1), small().rows
    w, gaps = descend(ZERO, rows, 4.0, 12, plan.rate, plan.ball), []
    for i in range(8):
        rows = rows.without(mask(i))
        w = descend(w, rows, 4.0, steps, plan.rate, plan.ball)
        gaps.append(np.linalg.norm(w - descend(ZERO, rows, 4.0, 12, plan.rate, plan.ball)))
    assert 0 < max(gaps) <= bound
    assert descent_error(curvature, plan, 0, 1) == 2 * plan.ball
    assert descent_error(curvature, plan, steps + 1, 1) < bound < descent_error(curvature, plan, steps, 2)


def test_a_parabola_comes_near_the_bound_on_descent_after_many_requests() -> None:
    """One dimension, minimisers that each request moves by mL/Λ: the gap to retraining ends within a tenth of it."""
    curvature, plan = Curvature(1.0, 0.0, 0.0, 1.0), Schedule(steps=60, rate=0.5, rows=9, ball=20.0)
    for steps, capacity in ((1, 1), (2, 2), (3, 1)):
        model, minimiser = 10.0, 10.0
        for _ in range(9):
            minimiser -= capacity * curvature.lipschitz / curvature.strong
            model = minimiser + 0.5**steps * (model - minimiser)
        bound = descent_error(curvature, plan, steps, capacity)
        assert 0.9 * bound < model - minimiser * (1 - 0.5**60) <= bound


@pytest.mark.parametrize("make", ["descent_to_delete", "rewind_to_delete"])
def test_the_claim_is_confirmed_and_half_the_noise_is_refused(make: str) -> None:
    remover: ns.Remover = getattr(ns.removers, make)()
    learner = remover.made_for
    assert learner is not None
    assert learner.noise is not None
    assert remover.guarantee is not None
    verdict = ns.check(CLAIM, remover, learner, small())
    assert (verdict.status.name, verdict.route.name) == ("SATISFIED", "ANALYTIC")
    assert remover.guarantee.covers(CLAIM)
    assert not remover.guarantee.covers(ns.Untraining(0.9, 0.05))
    base, sigma = ns.learners.projected_descent(), learner.noise.sigma / 2
    halved = ns.learners.noisy(base, sigma) if make == "descent_to_delete" else ns.learners.checkpointed(sigma=sigma)
    with pytest.raises(ValueError, match="2 times larger"):
        getattr(ns.removers, make)(halved)


def test_without_steps_it_is_refused_and_refuted() -> None:
    remover = ns.removers.descent_to_delete()
    assert remover.made_for is not None
    with pytest.raises(ValueError, match="steps: 0 is not in"):
        ns.removers.descent_to_delete(remover.made_for, steps=0)
    # No step at all publishes the unpublished model again.
    assert ns.check(CLAIM, ns.removers.do_nothing(), remover.made_for, small()).status is ns.Status.REFUTED


def test_published_at_half_the_noise_is_refuted() -> None:
    """The declared centre kept, the noise halved behind its back: only runs can tell, and they do."""
    remover = ns.removers.descent_to_delete(ns.learners.noisy(PROJECTED, 0.5))
    assert remover.made_for is not None

    def quieter(key: PRNGKeyArray, model: ns.Trained, rows: ns.Rows, forget: Any) -> Any:
        made = remover(key, model, rows, forget)
        return made.record.exact + (made.params - made.record.exact) / 2

    twin = ns.Remover(quieter, "descent_to_delete at σ/2")
    right = ns.Remover(remover.remove, "descent_to_delete")
    tight = ns.Untraining(0.1, 0.05)
    assert ns.check(tight, twin, remover.made_for, small(), budget=512).status is ns.Status.REFUTED
    assert ns.check(tight, right, remover.made_for, small(), budget=256).status is not ns.Status.REFUTED


def test_what_is_published_has_the_noise_of_the_learner(key: PRNGKeyArray) -> None:
    remover, rows = ns.removers.descent_to_delete(ns.learners.noisy(PROJECTED, 0.5)), small().rows
    assert remover.made_for is not None
    model = jax.jit(remover.made_for.fit)(key, rows)
    published = jax.jit(jax.vmap(lambda k: remover(k, model, rows, mask(0))))(jax.random.split(key, 400))
    noise = np.asarray(published.params - published.record.exact)
    assert noise.std() == pytest.approx(0.5, rel=5 / np.sqrt(2 * noise.size))


def test_too_large_a_request_is_retrained_and_says_so(key: PRNGKeyArray) -> None:
    remover, scenario = ns.removers.descent_to_delete(), small(3)
    learner = remover.made_for
    assert learner is not None
    assert learner.noise is not None
    after = remover(key, learner.fit(key, scenario.rows), scenario.rows, scenario.forget)
    assert bool(after.record.retrained)
    anew = learner.noise.centre(key, scenario.rows.without(scenario.forget))
    np.testing.assert_array_equal(after.record.exact, anew)


@pytest.mark.parametrize("loss", ["cross_entropy", "brier"])
def test_rewinding_keeps_its_bound(loss: Any, key: PRNGKeyArray) -> None:
    learner = ns.learners.checkpointed(steps=6, rewind=2, rows=16, loss=loss)
    curvature, plan = known(learner)
    scenario = small()
    remover = ns.removers.rewind_to_delete(learner, 20.0, 0.5)
    assert remover.made_for is not None
    after = remover(key, remover.made_for.fit(key, scenario.rows), scenario.rows, scenario.forget)
    target = learner.fit(key, scenario.rows.without(scenario.forget)).record[0]
    gap, bound = float(jnp.linalg.norm(after.record.exact - target)), rewind_error(curvature, plan, 1)
    assert 1e-5 < gap <= bound
    assert rewind_error(curvature, plan, 2) == pytest.approx(2 * bound)
    further = dataclasses.replace(plan, rewind=3)
    assert rewind_error(curvature, further, 1) < bound
    if loss == "cross_entropy":
        rate, kept = plan.rate, scenario.rows.without(scenario.forget)
        point = descend(ZERO, scenario.rows, 4.0, 4, rate)
        np.testing.assert_allclose(after.record.point, point, atol=1e-5)
        np.testing.assert_allclose(after.record.exact, descend(point, kept, 4.0, 2, rate), atol=1e-5)


def test_rewinding_to_the_start_is_retraining(key: PRNGKeyArray) -> None:
    learner, scenario = ns.learners.checkpointed(steps=6, rewind=6, rows=16), small(3)
    curvature, plan = known(learner)
    assert rewind_error(curvature, plan, 3) == 0
    remover = ns.removers.rewind_to_delete(learner, 0.0, 1e-6, capacity=3)
    after = remover(key, learner.fit(key, scenario.rows), scenario.rows, scenario.forget)
    anew = learner.fit(key, scenario.rows.without(scenario.forget))
    np.testing.assert_array_equal(after.record.exact, anew.record[0])
    verdict = ns.check(ns.Untraining(0.0, 1e-6), remover, learner, scenario)
    assert (verdict.status.name, verdict.route.name) == ("SATISFIED", "ANALYTIC")


def test_rewinding_counts_all_requests_together(key: PRNGKeyArray) -> None:
    remover, rows = ns.removers.rewind_to_delete(), small().rows
    learner = remover.made_for
    assert learner is not None
    first = remover(key, learner.fit(key, rows), rows, mask(0))
    second = remover(key, first, rows.without(mask(0)), mask(1))
    assert [bool(m.record.retrained) for m in (first, second)] == [False, True]


def test_the_declared_centre_is_that_of_the_run(key: PRNGKeyArray) -> None:
    """The checkpoint that `centre` finds again is the recorded one."""
    remover, scenario = ns.removers.rewind_to_delete(), small()
    learner = remover.made_for
    assert learner is not None
    assert learner.noise is not None
    assert remover.centre is not None
    start = learner.noise.centre(key, scenario.rows)
    centre = remover.centre(key, learner, start, scenario.rows, scenario.forget)
    after = remover(key, learner.fit(key, scenario.rows), scenario.rows, scenario.forget)
    np.testing.assert_allclose(after.record.exact, centre, atol=1e-6)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="does not project"):
        ns.removers.descent_to_delete(ns.learners.checkpointed())
    with pytest.raises(ValueError, match="no constants"):
        ns.removers.descent_to_delete(ns.learners.noisy())
    with pytest.raises(ValueError, match="were asked for"):
        ns.removers.rewind_to_delete(ns.learners.checkpointed(), steps=7)
    with pytest.raises(ValueError, match="keeps a checkpoint 0"):
        ns.removers.rewind_to_delete(ns.learners.noisy(PROJECTED, 0.5))
    with pytest.raises(ValueError, match="rewind"):
        ns.learners.checkpointed(steps=3, rewind=4)
    with pytest.raises(ValueError, match="ball"):
        ns.learners.projected_descent(ball=0.0)
    with pytest.raises(ValueError, match="radius"):
        ns.learners.projected_descent(radius=float("nan"))
    assert jax.devices()
