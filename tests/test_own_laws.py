"""A declaration is a hypothesis: only this library's own values are answered without a run."""

import dataclasses
import math
import re
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import pytest
from jax.scipy.special import ndtri

import neverseen as ns
from neverseen.algorithms._curvature import Curvature, Schedule
from neverseen.algorithms._own import law_is_own, noise_is_own
from neverseen.algorithms._tokens import Tokens
from neverseen.algorithms.base import Guarantee, OutputNoise
from neverseen.formal import Route
from neverseen.properties.checks import _closed_form as known

CLAIM = ns.Untraining(1.0, 0.05)


def plain() -> ns.Scenario:
    return ns.scenarios.blobs(rows=16, size=2, seed=1)


OWN_LEARNERS = (
    ns.learners.noisy(),
    ns.learners.noisy(ns.learners.newton_logistic(), 0.5),
    ns.learners.noisy(ns.learners.projected_descent(steps=3)),
    ns.learners.checkpointed(steps=4, rewind=2),
)
OWN_REMOVERS = (
    ns.removers.do_nothing(),
    ns.removers.retrain(),
    ns.removers.noisy(),
    ns.removers.noisy(ns.removers.influence()),
)


@pytest.mark.parametrize("learner", OWN_LEARNERS, ids=str)
@pytest.mark.parametrize("remover", OWN_REMOVERS, ids=str)
def test_our_own_laws_are_answered_without_a_run(remover: ns.Remover, learner: ns.Learner) -> None:
    assert law_is_own(remover, learner)
    assert law_is_own(dataclasses.replace(remover), dataclasses.replace(learner))


def test_certified_removers_are_our_own_on_the_learner_they_are_made_for() -> None:
    for remover in (ns.removers.newton_noise(), ns.removers.descent_to_delete(), ns.removers.rewind_to_delete()):
        assert remover.made_for is not None
        assert law_is_own(remover, remover.made_for)
        assert not law_is_own(remover, ns.learners.noisy())


INSTEAD: dict[str, Any] = {
    "aims_at": "both",
    "guarantee": Guarantee("unlearning", (), lambda delta: 0.0),
    "needs": ("fresh_rest",),
    "made_for": ns.learners.ridge(),
    "noise": OutputNoise(0.2, lambda key, rows: None, random=False),
    "curvature": Curvature(1.0, 1.0, 0.0, 1.0),
    "schedule": Schedule(1, 1.0, 1),
    "tokens": Tokens(lambda y: y, lambda params, x: x),
}
"""Other values of the fields that hold neither a function, a name nor a flag."""


def other(name: str, value: Any) -> Any:
    """Something else that the field may hold."""
    if name in INSTEAD:
        return INSTEAD[name]
    if isinstance(value, bool):
        return not value
    return f"my {value}" if isinstance(value, str) else lambda *args, **more: value(*args, **more)


@pytest.mark.parametrize("remover", OWN_REMOVERS, ids=str)
def test_nothing_that_was_made_of_ours_is_ours(remover: ns.Remover) -> None:
    learner = ns.learners.noisy()
    for field in dataclasses.fields(ns.Remover):
        made = dataclasses.replace(remover, **{field.name: other(field.name, getattr(remover, field.name))})
        assert not law_is_own(made, learner), field.name
        assert not noise_is_own(made, learner), field.name
    for field in dataclasses.fields(ns.Learner):
        changed = dataclasses.replace(learner, **{field.name: other(field.name, getattr(learner, field.name))})
        assert not law_is_own(remover, changed), field.name
        assert not noise_is_own(remover, changed), field.name
    assert known.check_gaussian(CLAIM, dataclasses.replace(remover, name="mine"), learner, plain()) is None


def test_what_a_user_says_of_randomness_is_not_ours_although_the_noise_is() -> None:
    base = dataclasses.replace(
        ns.learners.ridge(), fit=lambda key, rows: ns.learners.ridge().fit(key, rows), name="mine"
    )
    learner = ns.learners.noisy(base)
    assert not learner.noise.random  # type: ignore[union-attr]
    assert noise_is_own(ns.removers.retrain(), learner)
    assert not law_is_own(ns.removers.retrain(), learner)
    mine = dataclasses.replace(ns.remover(lambda key, trained, rows, forget: trained.params), random=False)
    assert noise_is_own(ns.removers.noisy(mine), ns.learners.noisy())
    assert not law_is_own(ns.removers.noisy(mine), ns.learners.noisy())


Published = Callable[[Any, Any, Any], Any]


def publishing(noise: Published, name: str = "mine") -> ns.Remover:
    """A user's retraining, with noise `(key, centre, forget) -> [shape of the centre]` in σ, declared to be right."""

    def remove(key: Any, trained: ns.Trained, rows: ns.Rows, forget: Any) -> Any:
        law = trained.learner.noise
        assert law is not None
        exact = law.centre(key, rows.without(forget))
        return exact + law.sigma * noise(jax.random.fold_in(key, 1), exact, forget)

    return ns.Remover(remove, name, "untraining", None, centre=ns.removers.retrain().centre, centre_random=False)


def normal(key: Any, exact: Any, forget: Any = None) -> Any:
    return jax.random.normal(key, exact.shape)


def louder(factor: float) -> ns.Learner:
    learner = ns.learners.noisy()
    assert learner.noise is not None
    return dataclasses.replace(learner, noise=dataclasses.replace(learner.noise, sigma=factor * learner.noise.sigma))


LIARS: dict[str, tuple[ns.Remover, ns.Learner]] = {
    "does nothing, declares a retrain's centre": (
        dataclasses.replace(ns.removers.do_nothing(), centre=ns.removers.retrain().centre),
        ns.learners.noisy(sigma=0.01),
    ),
    "adds no noise": (publishing(lambda key, exact, forget: 0 * exact), ns.learners.noisy()),
    "declares ten σ": (ns.removers.retrain(), louder(10.0)),
    "noise of one length": (
        publishing(lambda k, c, f: (lambda z: z / jnp.linalg.norm(z) * math.sqrt(c.size))(normal(k, c))),
        ns.learners.noisy(),
    ),
    "noise on half of the coordinates": (
        publishing(lambda k, c, f: normal(k, c) * jnp.array([1.0, 0.0])),
        ns.learners.noisy(),
    ),
    "noise used again": (
        publishing(lambda k, c, f: normal(jax.random.key(jax.random.bits(k) % 8), c)),
        ns.learners.noisy(),
    ),
    "a scale that depends on S": (publishing(lambda k, c, f: (1 + 0.25 * f.sum()) * normal(k, c)), ns.learners.noisy()),
    "copied halves": (
        publishing(lambda k, c, f: jnp.repeat(normal(k, c[:, :1]), c.shape[1], 1)),
        ns.learners.noisy(),
    ),
    "permuted quantiles": (
        publishing(
            lambda k, c, f: jax.random.permutation(k, ndtri((jnp.arange(c.size) + 0.5) / c.size)).reshape(c.shape)
        ),
        ns.learners.noisy(),
    ),
    "a scale for each run": (
        publishing(lambda k, c, f: normal(k, c) * jnp.where(jax.random.bernoulli(jax.random.fold_in(k, 2)), 0.3, 1.4)),
        ns.learners.noisy(),
    ),
}


@pytest.mark.parametrize(("remover", "learner"), LIARS.values(), ids=list(LIARS))
def test_a_law_that_is_declared_and_not_there_is_never_a_certificate(remover: ns.Remover, learner: ns.Learner) -> None:
    """(3, .05) is the claim that coupling certifies first; distances are 0 as declared."""
    claim = ns.Untraining(3.0, 0.05)
    assert known.check_gaussian(claim, remover, learner, plain()) is None
    with pytest.raises(ValueError, match=r"(removed|reference) models: "):
        ns.check(claim, remover, learner, plain(), tolerance=0.02)


def test_a_right_law_that_a_user_declares_is_certified_under_its_assumption() -> None:
    verdict = ns.check(ns.Untraining(3.0, 0.05), publishing(normal), ns.learners.noisy(), plain(), tolerance=0.02)
    assert (verdict.status, verdict.route) == (ns.Status.SATISFIED, Route.COUPLING)
    assert verdict.assumptions
    assert verdict.scope == f"all events, if {verdict.assumptions[0]}"
    assert verdict.pairs > 96
    (assumption,) = verdict.assumptions
    said = (
        r"the noise is as declared \((\d+) runs would have seen, with probability 90 %, a σ off by [\d.]+ %, a mean off"
    )
    found = re.match(said, assumption)
    assert found is not None
    assert verdict.pairs <= int(found[1]) < verdict.pairs + 64
    assert "copied coordinates" in assumption
    assert ns.Verdict.from_json(verdict.to_json()).assumptions == verdict.assumptions
    plain_claim = ns.check(CLAIM, publishing(normal), ns.learners.noisy(), plain())
    assert (plain_claim.status, plain_claim.route) == (ns.Status.SATISFIED, Route.SEQUENTIAL)
    # Nothing of a sequential verdict rests on the declaration, nor may a bound that does stand beside it.
    assert (plain_claim.assumptions, plain_claim.epsilon_upper, plain_claim.delta_upper) == ((), None, None)
