"""The limits of the first removers; the contract of all of them is in test_contract.py."""

from typing import Any

import jax
import jax.numpy as jnp
import pytest
from jaxtyping import PRNGKeyArray

import neverseen as ns
from neverseen.algorithms.base import Guarantee
from neverseen.algorithms.removers import REMOVERS


def small() -> ns.Scenario:
    return ns.scenarios.blobs(rows=16, size=3, full=5, seed=1)


def extra(remover: ns.Remover, scenario: ns.Scenario) -> dict[str, Any]:
    return {need: getattr(scenario, need) for need in remover.needs}


def run(remover: ns.Remover, key: PRNGKeyArray, scenario: ns.Scenario, learner: ns.Learner, forget: Any = None) -> Any:
    wanted = scenario.forget if forget is None else forget
    model = jax.jit(learner.fit)(key, scenario.rows)
    return removal(remover, scenario)(jax.random.fold_in(key, 1), model, wanted)


def removal(remover: ns.Remover, scenario: ns.Scenario) -> Any:
    """`(key, trained, forget) -> params`, compiled."""
    needed = extra(remover, scenario)
    return jax.jit(lambda k, model, forget: remover(k, model, scenario.rows, forget, **needed).params)


def gap(a: Any, b: Any) -> float:
    return max(float(abs(x - y).max()) for x, y in zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True))


@pytest.mark.parametrize("name", ["do_nothing", "neg_grad", "newton"])
def test_nothing_to_forget_changes_nothing(name: str, key: PRNGKeyArray) -> None:
    scenario, learner = small(), ns.learners.ridge()
    none = jnp.zeros_like(scenario.forget)
    assert gap(run(REMOVERS[name](), key, scenario, learner, none), learner.fit(key, scenario.rows).params) < 1e-4


def test_retrain_is_the_reference(key: PRNGKeyArray) -> None:
    scenario, learner = small(), ns.learners.mlp(hidden=4, epochs=2, batch=4)
    fit = jax.jit(learner.fit)
    reference = fit(jax.random.fold_in(key, 1), scenario.rows.without(scenario.forget)).params
    assert gap(run(ns.removers.retrain(), key, scenario, learner), reference) == 0
    full = fit(jax.random.fold_in(key, 1), scenario.rows.without(scenario.behaviour)).params
    assert gap(run(ns.removers.retrain_full(), key, scenario, learner), full) == 0


def test_newton_is_exact_on_ridge_and_uphill_is_not(key: PRNGKeyArray) -> None:
    scenario, learner = ns.scenarios.breast_cancer(size=20), ns.learners.ridge()
    fit = jax.jit(learner.fit)
    target, original = fit(key, scenario.rows.without(scenario.forget)).params, fit(key, scenario.rows).params
    assert gap(run(ns.removers.newton(), key, scenario, learner), target) < 1e-4
    assert gap(original, target) > 1e-2
    assert gap(run(ns.removers.wrong_sign(), key, scenario, learner), target) > 1e-2


def test_keeping_everything_is_fine_tuning(key: PRNGKeyArray) -> None:
    """β = 1 gives S no weight: from one model on one kind of row, both follow the same gradient."""
    scenario, learner = small(), ns.learners.ridge()
    same = ns.Rows(jnp.ones_like(scenario.rows.x), jnp.ones_like(scenario.rows.y), scenario.rows.present)
    model = learner.fit(key, same.only(jnp.arange(16) < 1))
    tuned, kept, other = (
        jax.jit(lambda k, m, r=r: r(k, m, same, scenario.forget).params)(key, model)
        for r in (ns.removers.finetune(), ns.removers.neg_grad_plus(keep=1.0), ns.removers.neg_grad_plus(keep=0.5))
    )
    assert gap(tuned, kept) < 1e-6 < gap(kept, other)


def test_climbing_raises_the_loss_on_s_and_descending_lowers_the_rest(key: PRNGKeyArray) -> None:
    scenario, learner = small(), ns.learners.logistic()
    original = jax.jit(learner.fit)(key, scenario.rows).params
    climbed = run(ns.removers.neg_grad(epochs=20), key, scenario, learner)
    tuned = run(ns.removers.finetune(epochs=20), key, scenario, learner)
    s, rest = scenario.rows.only(scenario.forget), scenario.rows.without(scenario.forget)
    assert learner.mean_loss(climbed, s) > learner.mean_loss(original, s)
    assert learner.mean_loss(tuned, rest) < learner.mean_loss(original, rest)


def test_a_remover_is_one_function_away(key: PRNGKeyArray) -> None:
    @ns.remover
    def shrink(key: PRNGKeyArray, trained: ns.Trained, rows: ns.Rows, forget: Any) -> Any:
        return jax.tree.map(lambda w: w / 2, trained.params)

    @ns.remover(name="told", aims_at="unlearning", needs=("behaviour", "fresh_rest"))
    def told(key: Any, trained: Any, rows: Any, forget: Any, *, behaviour: Any, fresh_rest: ns.Rows) -> Any:
        return trained.params + behaviour.sum() + fresh_rest.x.sum() * 0

    scenario, learner = small(), ns.learners.ridge()
    original = learner.fit(key, scenario.rows).params
    assert gap(run(shrink, key, scenario, learner), original / 2) < 1e-6
    assert gap(run(told, key, scenario, learner), original + 5) < 1e-5
    assert (shrink.name, told.name, told.aims_at) == ("shrink", "told", "unlearning")


def test_a_guarantee_covers_what_it_implies() -> None:
    declared = Guarantee("untraining", (), lambda delta: 1.0 if delta >= 0.01 else 5.0)
    assert declared.covers(ns.Untraining(1.0, 0.05))
    assert not declared.covers(ns.Untraining(0.5, 0.05))
    assert not declared.covers(ns.Untraining(1.0, 0.001))
    assert not declared.covers(ns.Unlearning(1.0, 0.05))
