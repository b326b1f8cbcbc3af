"""Routes without samples: declared laws decide, exactly, and what they say agrees with runs."""

import dataclasses
import math
import pathlib
from fractions import Fraction
from typing import Any

import jax
import numpy as np
import pytest

import neverseen as ns
import neverseen.algorithms.pools._pool as pool
from neverseen.formal import Route
from neverseen.formal.definitions._verdict import Power
from neverseen.formal.laws._finite_learners import full_deletion, gibbs, identity, mixed, randomised_response, retrain
from neverseen.formal.laws._worlds import World
from neverseen.properties.checks import _closed_form as known
from neverseen.properties.cli._main import main
from neverseen.properties.report import render

CLAIM = ns.Untraining(1.0, 0.05)
COIN = gibbs({"a": 1, "b": 1}, lambda theta, x: 3 if theta == x else 1)
WORLD = World(("a", "a", "b"), ("a",), ("a", "a"))


def test_no_sample_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    def drawn(*args: Any) -> None:
        raise AssertionError("a run was drawn")

    monkeypatch.setattr(pool.Pool, "shard", drawn)
    learner, scenario = ns.learners.noisy(sigma=0.1), ns.scenarios.breast_cancer()
    for remover, status in ((ns.removers.noisy(), "SATISFIED"), (ns.removers.do_nothing(), "REFUTED")):
        verdict = ns.check(CLAIM, remover, learner, scenario)
        assert (verdict.status.name, verdict.route, verdict.scope, verdict.pairs) == (
            status,
            Route.ANALYTIC,
            "all events",
            0,
        )
    with pytest.raises(AssertionError, match="a run was drawn"):
        ns.check(CLAIM, ns.removers.finetune(), learner, scenario)


def test_the_declared_output_law_is_the_law_of_the_runs() -> None:
    learner, scenario = ns.learners.noisy(sigma=0.2), ns.scenarios.blobs(size=3)
    key = jax.random.key(0)
    models = ns.pools.draw(learner, scenario.rows, jax.random.split(key, 4000))
    keys = jax.random.split(jax.random.key(1), 4000)
    removed = ns.pools.remove(ns.removers.noisy(), models, scenario.rows, scenario.forget, keys)
    assert learner.noise is not None
    target = learner.noise.centre(key, scenario.rows.without(scenario.forget))
    for params, centre in ((models.params, learner.noise.centre(key, scenario.rows)), (removed.params, target)):
        error = np.asarray(params) - np.asarray(centre)
        assert abs(error.mean(0)).max() < 5 * 0.2 / math.sqrt(4000)
        assert abs(error.std(0) / 0.2 - 1).max() < 5 / math.sqrt(2 * 4000)
        flat = error.reshape(4000, -1)
        assert abs(np.corrcoef(flat.T) - np.eye(flat.shape[1])).max() < 5 / math.sqrt(4000)


@pytest.mark.parametrize(
    ("sigma", "remover", "status"),
    [(0.1, ns.removers.noisy(), "SATISFIED"), (0.02, ns.removers.do_nothing(), "REFUTED")],
)
def test_analytic_and_sequential_agree(sigma: float, remover: ns.Remover, status: str) -> None:
    learner, scenario = ns.learners.noisy(sigma=sigma), ns.scenarios.breast_cancer(size=20)
    analytic = ns.check(CLAIM, remover, learner, scenario)
    sampled = ns.check(CLAIM, dataclasses.replace(remover, centre=None), learner, scenario)
    assert (analytic.route, sampled.route) == (Route.ANALYTIC, Route.SEQUENTIAL)
    assert analytic.status.name == sampled.status.name == status
    assert analytic.epsilon_upper is not None
    assert sampled.epsilon_lower <= analytic.epsilon_upper


def test_noise_of_the_wrong_size_is_refuted_by_runs() -> None:
    @ns.remover
    def quieter(key: Any, trained: ns.Trained, rows: ns.Rows, forget: Any) -> Any:
        exact = ns.removers.noisy()(key, trained, rows, forget).record
        return exact + 0.05 * jax.random.normal(key, exact.shape)

    scenario = ns.scenarios.breast_cancer()
    assert ns.check(CLAIM, quieter, ns.learners.noisy(sigma=0.1), scenario).status is ns.Status.REFUTED


def test_epsilon_grows_as_the_noise_shrinks() -> None:
    scenario = ns.scenarios.breast_cancer()
    bounds = [
        ns.check(CLAIM, ns.removers.do_nothing(), ns.learners.noisy(sigma=s), scenario).epsilon_lower
        for s in (1.0, 0.1, 0.01)
    ]
    assert bounds == sorted(bounds)
    assert bounds[0] < bounds[-1]


def test_a_random_centre_is_not_decided_without_samples() -> None:
    """Of four combinations only the one without randomness before the noise has a law in closed form."""
    scenario, fixed, drawn = ns.scenarios.blobs(), ns.learners.noisy(), ns.learners.noisy(ns.learners.logistic(batch=8))
    for remover in (ns.removers.noisy(), ns.removers.retrain(), ns.removers.do_nothing()):
        assert known.check_gaussian(CLAIM, remover, fixed, scenario) is not None
        assert known.check_gaussian(CLAIM, remover, drawn, scenario) is None
    assert known.check_gaussian(CLAIM, ns.removers.noisy(ns.removers.finetune()), fixed, scenario) is None


def test_data_that_are_drawn_anew_are_not_decided_without_samples() -> None:
    """The law of a pair's centres is a mixture over draws of D, which no closed form here knows."""
    redrawn = ns.Unlearning(1.0, 0.05, "distribution")
    assert known.check_gaussian(redrawn, ns.removers.retrain(), ns.learners.noisy(), ns.scenarios.blobs()) is None
    fixed = dataclasses.replace(redrawn, level="dataset")
    assert known.check_gaussian(fixed, ns.removers.retrain(), ns.learners.noisy(), ns.scenarios.blobs()) is not None


def test_a_wrapped_remover_is_told_what_it_needs() -> None:
    scenario = ns.scenarios.blobs(size=3, full=6)
    for remover in (ns.removers.retrain_full(), ns.removers.noisy(ns.removers.retrain_full())):
        assert remover.needs == ("behaviour",)
    remover, learner = ns.removers.noisy(ns.removers.retrain_full()), ns.learners.noisy()
    verdict = ns.check(ns.Unlearning(1.0, 0.05), remover, learner, scenario, budget=64)
    assert (verdict.route is Route.ANALYTIC, verdict.status is ns.Status.REFUTED) == (False, False)


# A pass says what the same formula says of doing nothing.


def test_exact_and_analytic_passes_carry_their_power() -> None:
    learner, scenario = ns.learners.noisy(sigma=0.1), ns.scenarios.breast_cancer()
    passed = ns.check(CLAIM, ns.removers.retrain(), learner, scenario)
    assert passed.power == Power(ns.Status.REFUTED, 0)
    assert ns.check(CLAIM, ns.removers.do_nothing(), learner, scenario).power == Power()
    wide = ns.check(CLAIM, ns.removers.retrain(), ns.learners.noisy(sigma=9.0), scenario)
    assert wide.power == Power(ns.Status.SATISFIED, 0)
    empty = ns.Scenario.build(scenario.rows.x, scenario.rows.y, forget=np.zeros(len(scenario.forget), bool))
    nothing = ns.check(CLAIM, ns.removers.retrain(), learner, empty)
    assert nothing.power == Power(ns.Status.SATISFIED, 0, same=True)
    assert not nothing.power.tells
    assert passed.sizes == tuple(int(m.sum()) for m in (scenario.rows.present, scenario.forget, scenario.behaviour))
    tight, world = ns.Untraining(0.0, 0.05), World(("a", "b"), (), ())
    found = ns.check(tight, retrain(COIN), COIN, WORLD)
    assert (found.power, found.sizes) == (Power(ns.Status.REFUTED, 0), (3, 1, 2))
    assert ns.check(ns.Untraining(1.0, 0.5), retrain(COIN), COIN, WORLD).power == Power(ns.Status.SATISFIED, 0)
    assert ns.check(tight, retrain(COIN), COIN, world).power == Power(ns.Status.SATISFIED, 0, same=True)
    assert ns.check(tight, identity(), COIN, WORLD).power == Power()


def test_preconditions_of_output_noise() -> None:
    with pytest.raises(ValueError, match="output-perturbed already"):
        ns.learners.noisy(ns.learners.noisy())
    with pytest.raises(ValueError, match=r"sigma: 0\.0 is not"):
        ns.learners.noisy(sigma=0.0)
    with pytest.raises(ValueError, match="declares no output noise"):
        ns.check(CLAIM, ns.removers.noisy(), ns.learners.ridge(), ns.scenarios.blobs())


def test_finite_worlds_are_decided_exactly() -> None:
    unlearning = ns.Unlearning(1.0, 0.05)
    wanted = {
        (retrain(COIN), CLAIM): "SATISFIED",
        (retrain(COIN), unlearning): "REFUTED",
        (full_deletion(COIN, WORLD.behaviour), unlearning): "SATISFIED",
    }
    tight = ns.Untraining(0.0, 0.05)
    for (remover, definition), status in wanted.items():
        verdict = ns.check(definition, remover, COIN, WORLD)
        assert verdict.route is Route.EXACT
        assert verdict.pairs == 0
        strict = ns.check(dataclasses.replace(definition, epsilon=0.0, delta=0.0), remover, COIN, WORLD)
        assert strict.status.name == status
    assert ns.check(tight, identity(), COIN, WORLD).status is ns.Status.REFUTED


def test_the_exact_epsilon_of_randomised_response() -> None:
    """Keeping a bit with probability 3/4 gives e^ε = 3 for a row that is held once (Warner 1965)."""
    learner = randomised_response(("a",), Fraction(3, 4))
    world = World(("a",), ("a",), ("a",))
    verdict = ns.check(ns.Untraining(1.0, 0.0), identity(), learner, world)
    assert verdict.status is ns.Status.REFUTED
    assert verdict.epsilon_lower == pytest.approx(math.log(3), abs=1e-12)
    assert ns.check(ns.Untraining(math.log(3) + 1e-9, 0.0), identity(), learner, world).status is ns.Status.SATISFIED
    assert ns.check(ns.Untraining(math.log(3) - 1e-9, 0.0), identity(), learner, world).status is ns.Status.REFUTED


def test_the_boundary_itself_is_satisfied() -> None:
    """At ε = 0 there is nothing to bracket: δ = TV exactly is within the claim, a hair less is not."""
    half = mixed(Fraction(1, 2), identity(), retrain(COIN))  # A(D) gives a 3/4, A(D∖S) 1/2: TV is 1/8
    assert ns.check(ns.Untraining(0.0, 0.125), half, COIN, WORLD).status is ns.Status.SATISFIED
    assert ns.check(ns.Untraining(0.0, 0.125 - 1e-12), half, COIN, WORLD).status is ns.Status.REFUTED


def test_finite_and_sampled_things_do_not_mix() -> None:
    with pytest.raises(ValueError, match="go together"):
        ns.check(CLAIM, ns.removers.retrain(), COIN, WORLD)
    with pytest.raises(ValueError, match="use level='dataset'"):
        ns.check(ns.Unlearning(1.0, 0.05, "distribution"), identity(), COIN, WORLD)


def test_a_verdict_without_samples_survives_json_and_reads_well() -> None:
    verdict = ns.check(CLAIM, ns.removers.noisy(), ns.learners.noisy(), ns.scenarios.blobs())
    assert ns.Verdict.from_json(verdict.to_json()) == verdict
    assert "for all events" in str(verdict)
    assert "no sample was drawn" in str(verdict)


def test_a_verdict_without_samples_has_a_report_and_an_exit_status(tmp_path: pathlib.Path) -> None:
    page = tmp_path / "report.html"
    command = ["check", "do_nothing", "--learner", "noisy", "--scenario", "breast_cancer", "--report", str(page)]
    assert main(command) == 1
    text = page.read_text()
    assert "none: the laws are known" in text
    assert "log wealth" not in text
    for remover in (identity(), retrain(COIN)):
        assert "<svg" in render(ns.check(CLAIM, remover, COIN, WORLD))


def test_certified_digits_decide_where_rounding_cannot(monkeypatch: pytest.MonkeyPatch) -> None:
    learner, scenario = ns.learners.noisy(sigma=0.1), ns.scenarios.breast_cancer()
    made = ns.check(CLAIM, ns.removers.do_nothing(), learner, scenario).provenance
    low, high = made["delta_lower"], made["delta_upper"]
    # Off the middle, near which the true δ lies: its certified digits enclose it more closely than this.
    between = low + 0.1 * (high - low)
    assert low < between < high
    tight = ns.Untraining(1.0, between)
    assert ns.check(tight, ns.removers.do_nothing(), learner, scenario).status is not ns.Status.INCONCLUSIVE
    monkeypatch.setattr(known, "find_spec", lambda name: None)
    assert ns.check(tight, ns.removers.do_nothing(), learner, scenario).status is ns.Status.INCONCLUSIVE


def test_what_does_not_fit_is_one_line_before_the_law_is_computed() -> None:
    """Rows that the learner cannot read are our line, by this route as by every other."""
    learner, x = ns.learners.noisy(ns.learners.ridge(), sigma=0.1), np.zeros((3, 2))
    scenario = ns.Scenario.build(x, {"a": np.zeros(3)}, forget=[0])
    for each in (learner, ns.learners.ridge()):
        with pytest.raises(ValueError, match=r"^learner .*ridge.*: raised ") as told:
            ns.check(CLAIM, ns.removers.retrain(), each, scenario)
        assert "\n" not in str(told.value)
