"""Constants are held against the objective, noise against the exact profile, and both move the right way."""

import dataclasses
import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import norm

import neverseen as ns
from neverseen.algorithms.learners._softmax import brier, curvature
from neverseen.algorithms.removers.certified._calibrate import amplified, declared, least, noise_for, widest
from neverseen.algorithms.removers.certified._preconditions import constants, scheduled
from neverseen.formal.closeness import gaussian_profile


@pytest.mark.parametrize("loss", ["cross_entropy", "brier"])
@pytest.mark.parametrize("radius", [1.0, 2.0])
def test_declared_constants_hold_and_are_not_idle(loss: Any, radius: float) -> None:
    """Over two classes and a fine grid of scores, from formulas of scalars; the row is at the radius."""
    known, s = curvature(loss, radius, 0.0), np.linspace(-12, 12, 4001)
    with jax.enable_x64():

        def value(z: Any) -> Any:
            scores = jnp.stack([z, jnp.zeros_like(z)]) / math.sqrt(2) * radius  # a unit direction of θ, z its length
            y = jnp.array([1.0, 0.0])
            return brier(scores[None], y[None])[0] if loss == "brier" else -jax.nn.log_softmax(scores)[0]

        derivatives, f = [], value
        for _ in range(3):
            f = jax.grad(f)
            derivatives.append(abs(np.asarray(jax.vmap(f)(jnp.asarray(s)))).max())
    for found, bound in zip(derivatives, (known.lipschitz, known.smooth, known.third), strict=True):
        assert found <= bound * (1 + 1e-9)
        assert found >= bound / 30


def test_the_worst_direction_reaches_the_smoothness_and_lipschitz_constants() -> None:
    z = np.array([0.0, 0.0])
    p = np.exp(z) / np.exp(z).sum()
    assert np.linalg.eigvalsh(np.diag(p) - np.outer(p, p)).max() == pytest.approx(
        curvature("cross_entropy", 1, 0).smooth
    )
    assert np.linalg.norm([1.0, -1.0]) == pytest.approx(curvature("cross_entropy", 1, 0).lipschitz)
    # The third derivative of log(1 + e^s) is p(1−p)(1−2p); along (1, −1)/√2 the scores differ by √2 s.
    q = np.linspace(0, 1, 100001)
    third = 2 * math.sqrt(2) * (q * (1 - q) * (1 - 2 * q)).max()
    assert third == pytest.approx(curvature("cross_entropy", 1, 0).third, rel=1e-6)


@pytest.mark.parametrize("name", ["lipschitz", "smooth", "third", "strong"])
def test_a_wrong_constant_is_refused(name: str) -> None:
    right = ns.learners.projected_descent(steps=3)
    assert right.curvature is not None
    wrong = dataclasses.replace(right.curvature, **{name: getattr(right.curvature, name) / 5})
    assert constants(right) == right.curvature
    with pytest.raises(ValueError, match="penalty is not" if name == "strong" else f"{name} is declared"):
        constants(dataclasses.replace(right, curvature=wrong))


def test_a_norm_passed_off_as_a_squared_norm_is_refused() -> None:
    """The trap of a public code: the penalty was ‖w‖, its strong convexity taken for that of ‖w‖²."""
    right = ns.learners.projected_descent(steps=3)
    wrong = dataclasses.replace(right, penalty=lambda w: 4 * jnp.sqrt((w**2).sum() + 1e-6))
    with pytest.raises(ValueError, match="the penalty is not"):
        constants(wrong)


def test_a_loss_that_is_not_convex_is_refused() -> None:
    brier_learner = ns.learners.checkpointed(loss="brier")
    assert brier_learner.curvature is not None
    with pytest.raises(ValueError, match="convex loss"):
        constants(brier_learner)
    told = dataclasses.replace(brier_learner, curvature=dataclasses.replace(brier_learner.curvature, convex=True))
    with pytest.raises(ValueError, match="declared convex"):
        constants(told)


def test_a_rate_beyond_the_smoothness_is_refused() -> None:
    learner = ns.learners.projected_descent(steps=3)
    assert learner.schedule is not None
    fast = dataclasses.replace(
        learner, schedule=dataclasses.replace(learner.schedule, rate=learner.schedule.rate * 1.1)
    )
    assert scheduled("mine", learner).steps == 3
    with pytest.raises(ValueError, match="too large for its smoothness"):
        scheduled("mine", fast)
    with pytest.raises(ValueError, match="declares no schedule"):
        scheduled("mine", ns.learners.ridge())


@pytest.mark.parametrize(("epsilon", "delta"), [(0.1, 0.01), (1.0, 0.05), (10.0, 1e-5)])
def test_the_widest_distance_meets_the_profile_and_no_more(epsilon: float, delta: float) -> None:
    q = widest(epsilon, delta)
    # Balle & Wang's formula again, from scipy's normal law.
    assert norm.cdf(q / 2 - epsilon / q) - math.exp(epsilon) * norm.cdf(-q / 2 - epsilon / q) == pytest.approx(delta)
    assert float(gaussian_profile.host(epsilon=epsilon, distance=q * 1.001)) > delta
    assert least(q)(delta) == pytest.approx(epsilon, rel=1e-6)
    assert noise_for(epsilon, delta, 3.0) == pytest.approx(3.0 / q)


def test_bounds_move_the_right_way() -> None:
    """The trap of a public code: an allowed distance that grew as ε shrank."""
    reach = [widest(epsilon, 0.01) for epsilon in (0.01, 0.1, 1.0, 10.0)]
    assert reach == sorted(reach)
    assert len(set(reach)) == 4
    assert widest(1.0, 1e-6) < widest(1.0, 1e-2) < widest(1.0, 0.3)
    assert least(1.0)(1e-3) > least(0.5)(1e-3) > least(0.5)(1e-2)


def test_the_classical_calibration_needs_more_noise() -> None:
    classical = math.sqrt(2 * math.log(1.25 / 1e-5)) / 0.5
    assert noise_for(0.5, 1e-5, 1.0) < classical


@pytest.mark.parametrize(("epsilon", "delta"), [(-1.0, 0.1), (1.0, 0.0), (1.0, 1.0), (math.inf, 0.1), (math.nan, 0.1)])
def test_a_claim_out_of_range_is_refused(epsilon: float, delta: float) -> None:
    with pytest.raises(ValueError, match="epsilon must be finite"):
        widest(epsilon, delta)


def test_half_the_noise_is_not_declared() -> None:
    q = widest(1.0, 0.05)
    assert declared("mine", q, 1.0, 0.05, ()).covers(ns.Untraining(1.0, 0.05))
    assert not declared("mine", q, 1.0, 0.05, ()).covers(ns.Untraining(0.9, 0.05))
    with pytest.raises(ValueError, match=r"must be 2 times larger"):
        declared("mine", 2 * q, 1.0, 0.05, ())


@pytest.mark.parametrize(
    ("contraction", "apart", "drift"), [(0.6, 2.0, 0.0), (0.6, 1.0, 0.3), (1.0, 1.0, 0.5), (1.3, 1.0, 0.0)]
)
def test_amplification_is_attained_by_linear_maps(contraction: float, apart: float, drift: float) -> None:
    """One dimension, x ← ρx + drift + σZ: Gaussians whose distance is computed step by step."""
    mean, variance = apart, 0.0
    for steps in range(1, 6):
        mean, variance = contraction * mean + drift, contraction**2 * variance + 0.7**2
        assert amplified(contraction, apart, drift, steps, 0.7) == pytest.approx(mean / math.sqrt(variance))


def test_amplification_falls_with_steps_only_without_drift() -> None:
    assert amplified(0.5, 4.0, 0.0, 6, 1.0) < amplified(0.5, 4.0, 0.0, 2, 1.0) < amplified(0.5, 4.0, 0.0, 1, 1.0)
    with pytest.raises(ValueError, match="drift with an expanding map"):
        amplified(1.2, 1.0, 0.1, 3, 1.0)
