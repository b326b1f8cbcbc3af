"""Newton removal: the step, its error bounds, its budget, and what is published."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from certified_tools import CLAIM, gradient, hessian, mask, newton, small
from jaxtyping import PRNGKeyArray

import neverseen as ns
from neverseen.algorithms._curvature import Curvature
from neverseen.algorithms.removers.certified._calibrate import widest
from neverseen.algorithms.removers.certified._newton import newton_error, removal_step, residual

BASE = ns.learners.newton_logistic(penalty=4.0)
NOISY = ns.learners.noisy(BASE, 0.2)


def minimiser(rows: ns.Rows, penalty: float) -> np.ndarray:
    return newton(np.zeros((3, 2)), rows, penalty, 30)


def test_the_learner_reaches_the_minimiser(key: PRNGKeyArray) -> None:
    rows = small().rows
    for penalty in (0.05, 2.0):
        w = np.asarray(jax.jit(ns.learners.newton_logistic(penalty=penalty).fit)(key, rows).params, np.float64)
        assert np.linalg.norm(gradient(w, rows, penalty)) < 1e-4
        np.testing.assert_allclose(w, minimiser(rows, penalty), atol=2e-4)


def test_the_step_by_hand(key: PRNGKeyArray) -> None:
    scenario, remover = small(), ns.removers.newton_noise(NOISY, rows=16)
    model = jax.jit(NOISY.fit)(key, scenario.rows)
    made = jax.jit(lambda k, m: remover(k, m, scenario.rows, scenario.forget))(key, model)
    kept = scenario.rows.without(scenario.forget)
    by_hand = newton(np.asarray(model.record, np.float64), kept, 4.0)
    np.testing.assert_allclose(made.record.exact, by_hand, atol=1e-5)
    assert not bool(made.record.retrained)


@pytest.mark.parametrize("size", [1, 3])
def test_the_true_error_keeps_its_bound(size: int) -> None:
    scenario, known = small(size), BASE.curvature
    assert known is not None
    kept, start = scenario.rows.without(scenario.forget), minimiser(scenario.rows, 4.0)
    target, reached = minimiser(kept, 4.0), newton(start, kept, 4.0)
    error, bound = np.linalg.norm(reached - target), newton_error(known, 16, size)
    assert 0 < error <= bound
    assert np.linalg.norm(start - target) <= size * known.lipschitz / known.strong
    # A bound with the wrong power of Λ would not be one at small Λ; this one is monotone in all it depends on.
    assert bound < newton_error(known, 32, size) < newton_error(known, 32, size + 1)
    assert bound < newton_error(known, 16, size, 0.1)
    assert newton_error(dataclasses.replace(known, strong=1.0), 16, size) == pytest.approx(64 * bound)


def test_a_cubic_comes_near_the_bounds_on_a_newton_step() -> None:
    """J = Λθ²/2 + Mθ³/6 on θ ≥ 0, one step from mL/Λ: what is left is at most the bound, and hardly less."""
    known = Curvature(1.0, 1.0, 1e-4, 2.0)  # L, β, γ, Λ
    for rows, capacity, slack in ((9, 1, 0.0), (9, 2, 0.0), (33, 1, 0.7)):
        bend = (rows - 1) * known.third
        start = slack + capacity * known.lipschitz / known.strong
        gradient, curved = known.strong * start + bend * start**2 / 2, known.strong + bend * start
        reached = abs(start - gradient / curved)
        assert 0.99 * newton_error(known, rows, capacity, slack) < reached < newton_error(known, rows, capacity, slack)
    # The gradient that the step of Guo et al. leaves, by the same cubic: J'(θ − Δ) where J'(θ) is Λ|Δ| to first order.
    moved = 2 * known.lipschitz / known.strong
    assert residual(known, 9, 2)[0] == pytest.approx(8e-4 * moved**2 / 2)


def test_published_noise_confirms_the_claim_and_less_does_not() -> None:
    scenario, remover = small(), ns.removers.newton_noise(rows=16)
    learner = remover.made_for
    assert learner is not None
    assert learner.noise is not None
    verdict = ns.check(CLAIM, remover, learner, scenario)
    assert (verdict.status.name, verdict.route.name) == ("SATISFIED", "ANALYTIC")
    assert remover.guarantee is not None
    assert remover.guarantee.covers(CLAIM)
    halved = ns.learners.noisy(ns.learners.newton_logistic(penalty=4.0), learner.noise.sigma / 2)
    with pytest.raises(ValueError, match="2 times larger"):
        ns.removers.newton_noise(halved, rows=16)


def test_no_step_at_all_is_refuted_where_the_step_is_certified() -> None:
    """σ that covers the error of the step at n = 16 does not cover the distance that the step bridges."""
    learner, scenario = ns.learners.noisy(BASE, 0.1), small()
    remover = ns.removers.newton_noise(learner, 1.0, 0.05, rows=16)
    assert ns.check(CLAIM, remover, learner, scenario).status is ns.Status.SATISFIED
    assert ns.check(CLAIM, ns.removers.do_nothing(), learner, scenario).status is ns.Status.REFUTED


def test_the_budget_accumulates_and_its_end_is_visible(key: PRNGKeyArray) -> None:
    """Requests of one row each; when the bound exceeds the reach the model is retrained, and the record says so."""
    scenario, learner = small(), ns.learners.noisy(BASE, 0.0838 / widest(1.0, 0.05))
    remover = ns.removers.newton_noise(learner, rows=16)
    serve = jax.jit(lambda model, rows, forget: remover(key, model, rows, forget))
    model, rows, slack, retrained = jax.jit(learner.fit)(key, scenario.rows), scenario.rows, [], []
    for i in range(6):
        model = serve(model, rows, mask(i))
        rows = rows.without(mask(i))
        slack.append(float(model.record.error_bound))
        retrained.append(bool(model.record.retrained))
        assert int(model.record.deleted) == i + 1
        assert np.linalg.norm(np.asarray(model.record.exact) - minimiser(rows, 4.0)) <= slack[-1] + 1e-4
    one = 15 * 0.272166 / 8 * (np.sqrt(2) / 4) ** 2
    two = 14 * 0.272166 / 8 * (one + np.sqrt(2) / 4) ** 2
    assert slack[:3] == pytest.approx([one, two, 0.0], rel=1e-4)
    assert retrained[:3] == [False, False, True]


def test_a_tighter_claim_has_a_smaller_budget(key: PRNGKeyArray) -> None:
    sigmas = [ns.removers.newton_noise(epsilon=e, rows=16).made_for.noise.sigma for e in (0.1, 1.0, 10.0)]  # type: ignore[union-attr]
    assert sigmas == sorted(sigmas, reverse=True)
    assert ns.removers.newton_noise(NOISY, 10.0, 0.05, rows=16, capacity=2).guarantee is not None
    with pytest.raises(ValueError, match="larger"):
        ns.removers.newton_noise(NOISY, 0.1, 0.05, rows=16, capacity=2)


def test_another_learner_is_refused(key: PRNGKeyArray) -> None:
    remover, scenario = ns.removers.newton_noise(rows=16), small()
    other = ns.learners.noisy(ns.learners.newton_logistic(penalty=3.0), 0.5)
    with pytest.raises(ValueError, match="made for"):
        remover(key, jax.jit(other.fit)(key, scenario.rows), scenario.rows, scenario.forget)
    with pytest.raises(ValueError, match="no constants"):
        ns.removers.newton_noise(ns.learners.noisy(ns.learners.ridge()))
    with pytest.raises(ValueError, match="deterministic model plus noise"):
        ns.removers.newton_noise(BASE)
    with pytest.raises(ValueError, match="capacity: 0 is not in"):
        ns.removers.newton_noise(NOISY, capacity=0)


def test_the_linear_term_tilts_the_gradient(key: PRNGKeyArray) -> None:
    """At the perturbed minimiser the gradient of the bare objective is −b, whose entries have standard deviation σ."""
    learner, rows = ns.learners.objective_perturbed(penalty=4.0, sigma=0.7), small().rows
    models = np.asarray(ns.pools.draw(learner, rows, jax.random.split(key, 400)).params, np.float64)
    tilts = np.stack([gradient(w, rows, 4.0) for w in models])
    assert abs(tilts.mean()) < 5 * 0.7 / np.sqrt(tilts.size)
    assert abs(tilts.std() - 0.7) < 5 * 0.7 / np.sqrt(2 * tilts.size)


def test_the_residual_and_its_slope_keep_their_bounds(key: PRNGKeyArray) -> None:
    """u(b) of the step of Guo et al., and its derivative by differences, in float64."""
    learner, scenario = ns.learners.objective_perturbed(penalty=4.0, sigma=0.7), small()
    known, rows = learner.curvature, scenario.rows
    assert known is not None
    kept, gone = rows.without(scenario.forget), rows.only(scenario.forget)
    bound, slope = residual(known, 16, 1)

    def left(b: np.ndarray) -> np.ndarray:
        w = np.zeros((3, 2))
        for _ in range(30):
            w = w - np.linalg.solve(hessian(w, rows, 4.0), (gradient(w, rows, 4.0) + b).ravel()).reshape(3, 2)
        lost = gradient(w, gone, 0.0)
        after = w + np.linalg.solve(hessian(w, kept, 4.0), lost.ravel()).reshape(3, 2)
        return gradient(after, kept, 4.0) + b

    rng = np.random.default_rng(0)
    for b in 0.7 * rng.normal(size=(5, 3, 2)):
        assert 0 < np.linalg.norm(left(b)) <= bound
        columns = [(left(b + 1e-4 * e) - left(b - 1e-4 * e)).ravel() / 2e-4 for e in np.eye(6).reshape(6, 3, 2)]
        assert 0 < np.linalg.norm(np.stack(columns), 2) <= slope
    model = jax.jit(learner.fit)(key, rows).params
    moved = jax.jit(lambda w: removal_step(w, lambda v: v.reshape(3, 2), learner, kept, gone))(model.ravel())
    w = np.asarray(model, np.float64)
    np.testing.assert_allclose(moved, np.linalg.solve(hessian(w, kept, 4.0), gradient(w, gone, 0.0).ravel()), atol=1e-5)


def test_newton_removal_needs_its_scale_and_its_learner(key: PRNGKeyArray) -> None:
    remover = ns.removers.newton_removal(rows=16, params=6)
    learner = remover.made_for
    assert learner is not None
    assert learner.schedule is not None
    assert remover.guarantee is not None
    assert remover.guarantee.covers(CLAIM)
    assert remover.guarantee.epsilon(0.0) == float("inf")
    assert remover.guarantee.epsilon(0.2) < remover.guarantee.epsilon(0.01)
    halved = ns.learners.objective_perturbed(penalty=40.0, sigma=learner.schedule.sigma / 2)
    with pytest.raises(ValueError, match="use more noise"):
        ns.removers.newton_removal(halved, rows=16, params=6)
    with pytest.raises(ValueError, match="no random linear term"):
        ns.removers.newton_removal(ns.learners.newton_logistic(penalty=40.0))
    with pytest.raises(ValueError, match=r"no sigma gives|use more noise"):
        ns.removers.newton_removal(ns.learners.objective_perturbed(penalty=1.0), rows=64)


def test_newton_removal_spends_its_budget_and_then_retrains(key: PRNGKeyArray) -> None:
    remover, scenario = ns.removers.newton_removal(rows=16, params=6, requests=2), small()
    assert remover.made_for is not None
    model, rows, record = jax.jit(remover.made_for.fit)(key, scenario.rows), scenario.rows, []
    serve = jax.jit(lambda key, model, rows, forget: remover(key, model, rows, forget))
    for i in range(4):
        model = serve(jax.random.fold_in(key, i), model, rows, mask(i))
        rows = rows.without(mask(i))
        record.append((float(model.record.spent), bool(model.record.retrained)))
    assert [r for _, r in record] == [False, False, True, False]
    assert 0 < record[0][0] < record[1][0]
    assert record[2][0] == 0


def test_the_guarantee_of_newton_removal_holds_on_the_laws(key: PRNGKeyArray) -> None:
    """b recovered from both arms' models: the log-likelihood ratio beyond ε happens no more than δ allows, and with no
    step at all it does."""
    remover, scenario = ns.removers.newton_removal(rows=16, params=6), small()
    learner = remover.made_for
    assert learner is not None
    assert learner.schedule is not None
    sigma, kept = learner.schedule.sigma, scenario.rows.without(scenario.forget)
    models = ns.pools.draw(learner, scenario.rows, jax.random.split(key, 300))
    removed = ns.pools.remove(remover, models, scenario.rows, scenario.forget, jax.random.split(key, 300)).params

    def tilt(params: np.ndarray) -> np.ndarray:
        return np.stack([gradient(np.asarray(w, np.float64), kept, 40.0).ravel() / sigma for w in params])

    after, before = (np.sum(tilt(np.asarray(p)) ** 2, 1).mean() for p in (removed, models.params))
    # Both are χ² of 6 degrees of freedom, shifted by the gradient that is left over.
    assert abs(after - 6) < 5 * np.sqrt(12 / 300)
    assert before > 6 + 5 * np.sqrt(12 / 300)
    assert bool(jnp.isfinite(removed).all())


def test_newton_removal_serves_more_parameters_than_its_bound_is_about_by_retraining(key: PRNGKeyArray) -> None:
    scenario = small()
    for params, retrained in ((6, False), (5, True)):
        remover = ns.removers.newton_removal(rows=16, params=params)
        assert remover.made_for is not None
        model = jax.jit(remover.made_for.fit)(key, scenario.rows)
        made = jax.jit(lambda m, r=remover: r(key, m, scenario.rows, scenario.forget))(model)
        assert bool(made.record.retrained) is retrained


def test_what_newton_noise_declares_is_about_all_that_it_serves_without_retraining() -> None:
    """The reach q(ε, δ)σ may be used up by later requests: so the declared ε is the claim's, however large σ is."""
    for sigma in (0.2, 2.0):
        remover = ns.removers.newton_noise(ns.learners.noisy(BASE, sigma), rows=16)
        assert remover.guarantee is not None
        assert remover.guarantee.epsilon(0.05) == pytest.approx(1.0, rel=1e-6)


def test_the_declared_epsilon_of_newton_removal_pays_for_its_change_of_variables() -> None:
    """A map that draws b towards 0 by κ multiplies its density there by (1 − κ)^−p, however wide b is."""
    learner = ns.learners.objective_perturbed(penalty=40.0, sigma=1e6)
    remover = ns.removers.newton_removal(learner, rows=16, params=6)
    assert learner.curvature is not None
    assert remover.guarantee is not None
    shrunk = residual(learner.curvature, 16, 1)[1]
    assert shrunk > 1e-3
    assert remover.guarantee.epsilon(0.05) >= -6 * np.log1p(-shrunk)
