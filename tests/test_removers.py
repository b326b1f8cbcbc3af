"""The limits of the first removers; the contract of all of them is in test_contract.py."""

import inspect
import re
from fractions import Fraction
from typing import Any

import jax
import jax.numpy as jnp
import jaxtyping
import numpy as np
import pytest
from jaxtyping import PRNGKeyArray

import neverseen as ns
from neverseen.algorithms import base
from neverseen.algorithms.base import Guarantee
from neverseen.algorithms.removers import REMOVERS


@pytest.fixture
def unchecked(monkeypatch: pytest.MonkeyPatch) -> None:
    """As users run the library: without the checker of types that the tests run under, which would be first."""
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    plain = inspect.unwrap(base.remover)  # of no array, so checked by beartype, which has no switch
    monkeypatch.setattr(base, "remover", plain)
    monkeypatch.setattr(ns, "remover", plain)


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
        for r in (
            ns.removers.finetune(rate=0.05),
            ns.removers.neg_grad_plus(keep=1.0, rate=0.05),
            ns.removers.neg_grad_plus(keep=0.5, rate=0.05),
        )
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


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({"aims_at": "untraning"}, "remover mine: aims_at is 'untraning'; did you mean 'untraining'? known are"),
        ({"aims_at": "Unlearning"}, "remover mine: aims_at is 'Unlearning'; did you mean 'unlearning'? known are"),
        ({"aims_at": None}, "remover mine: aims_at is None; known are 'untraining', 'unlearning', 'neither', 'both'"),
        ({"aims_at": ("untraining",)}, "remover mine: aims_at is ('untraining',); known are"),
        ({"needs": "behaviour"}, "remover mine: needs is 'behaviour'; give a tuple, ('behaviour',)"),
        ({"needs": ("behavior",)}, "remover mine: needs is 'behavior'; did you mean 'behaviour'? known are"),
        ({"needs": ("retain",)}, "remover mine: needs is 'retain'; known are 'behaviour', 'fresh_behaviour'"),
        ({"needs": (3,)}, "remover mine: needs is (3,), not a tuple of words"),
        ({"needs": None}, "remover mine: needs is None, not a tuple of words"),
        ({"name": ""}, "remover: the name is ''; give it a name"),
        ({"name": " \n"}, "remover: the name is ' \\n'; give it a name"),
        ({"name": 3}, "remover: the name is 3; give it a name"),
        ({"guarantee": "exact"}, "remover mine: guarantee is 'exact', not a Guarantee or None"),
        ({"remove": "retrain"}, "remover: remove is 'retrain', not a function"),
        ({"remove": None}, "remover: remove is None, not a function"),
        ({"centre": 0.0}, "remover mine: centre is 0.0, not a function"),
        ({"made_for": "mlp"}, "remover mine: made_for is 'mlp', not a Learner or None"),
    ],
)
@pytest.mark.usefixtures("unchecked")
def test_a_remover_that_cannot_be_meant_is_refused(terms: dict[str, Any], message: str) -> None:
    right: dict[str, Any] = {"remove": lambda key, trained, rows, forget: trained.params, "name": "mine"}
    ns.Remover(**right)
    with pytest.raises(ValueError, match=f"^{re.escape(message)}") as refusal:
        ns.Remover(**right | terms)
    assert "\n" not in str(refusal.value)
    shared = ("name", "aims_at", "needs", "guarantee")
    decorated: dict[str, Any] = {name: value for name, value in terms.items() if name in shared}
    if decorated:
        asked: dict[str, Any] = {"name": "mine", **decorated}
        with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
            ns.remover(**asked)(right["remove"])


def test_an_aim_that_does_not_exist_is_refused_before_there_is_a_function() -> None:
    with pytest.raises(ValueError, match="aims_at is 'unlerning'; did you mean 'unlearning'"):
        ns.remover(aims_at="unlerning")  # pyright: ignore[reportArgumentType]


def test_needs_may_be_a_list() -> None:
    told = ns.Remover(lambda *_, **__: 0, "told", needs=["behaviour"])  # pyright: ignore[reportArgumentType]
    assert told.needs == ("behaviour",)
    assert isinstance(hash(told), int)


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({"fit": None}, "learner: fit is None, not a function"),
        ({"apply": jnp.zeros(2)}, "learner: apply is Array"),
        ({"loss": "cross_entropy"}, "learner: loss is 'cross_entropy', not a function"),
        ({"penalty": 0.5}, "learner: penalty is 0.5, not a function"),
        ({"fit_many": 7}, "learner: fit_many is 7, not a function"),
        ({"name": ""}, "learner: the name is ''"),
    ],
)
@pytest.mark.usefixtures("unchecked")
def test_a_learner_is_made_of_functions(terms: dict[str, Any], message: str) -> None:
    right: dict[str, Any] = {name: lambda *_: 0 for name in ("fit", "apply", "loss")}
    ns.Learner(**right)
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        ns.Learner(**right | terms)


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        (("certified", (), float), "guarantee: definition is 'certified'; known are 'untraining', 'unlearning'"),
        (("unlearnin", (), float), "guarantee: definition is 'unlearnin'; did you mean 'unlearning'? known are"),
        (("untraining", "convex", float), "guarantee: assumptions is 'convex'; give a tuple, ('convex',)"),
        (("untraining", (), 1.0), "guarantee: epsilon is 1.0, not a function"),
    ],
)
@pytest.mark.usefixtures("unchecked")
def test_a_guarantee_is_about_a_definition(terms: Any, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        Guarantee(*terms)


@pytest.mark.parametrize("claim", [ns.Untraining, ns.Unlearning])
@pytest.mark.usefixtures("unchecked")
def test_epsilon_and_delta_are_numbers(claim: Any) -> None:
    for wrong in (True, False, "1", None, [1.0], 1j, np.bool_(True), float("nan")):
        for given in ((wrong, 0.05), (1.0, wrong)):
            with pytest.raises(ValueError, match=r"^(epsilon|delta): [^\n]*$"):
                claim(*given)
    for right in (1, 1.0, np.float32(1), np.int64(1), Fraction(1)):
        assert claim(right, np.float64(0.05)).epsilon == 1


def test_a_guarantee_covers_what_it_implies() -> None:
    declared = Guarantee("untraining", (), lambda delta: 1.0 if delta >= 0.01 else 5.0)
    assert declared.covers(ns.Untraining(1.0, 0.05))
    assert not declared.covers(ns.Untraining(0.5, 0.05))
    assert not declared.covers(ns.Untraining(1.0, 0.001))
    assert not declared.covers(ns.Unlearning(1.0, 0.05))
