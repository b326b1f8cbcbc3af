"""`check` end to end: the verdicts that must come out, and the inputs that must not get in."""

import dataclasses
import json
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import Phase, given, settings

import neverseen as ns
import neverseen.algorithms.pools._pool as pool
from neverseen.algorithms.pools._recent import MEMORY, Recent
from neverseen.formal.definitions._definitions import Definition
from neverseen.properties.runs._views import views_of

UNTRAINING = ns.Untraining(1.0, 0.05)
UNLEARNING = ns.Unlearning(1.0, 0.05)
DISTRIBUTION = ns.Unlearning(1.0, 0.05, "distribution")
NEIGHBOUR = ns.learners.nearest_neighbour()
RANDOM = ns.learners.logistic(batch=8, epochs=3)


def status(
    definition: Definition, remover: ns.Remover, learner: ns.Learner, scenario: ns.Scenario, **options: Any
) -> str:
    return ns.check(definition, remover, learner, scenario, **options).status.name


def test_figure_1_all_42_cells() -> None:
    """Three laws × fourteen points: correct or wrong as drawn in the paper's Figure 1."""
    scenario = ns.scenarios.figure1()
    rows, circles, stars = scenario.rows, scenario.rows.y[:, 0] > 0, scenario.rows.y[:, 1] > 0
    inside = rows.present

    def right(present_rows: ns.Rows) -> Any:
        params = NEIGHBOUR.fit(jax.random.key(0), present_rows).params
        return (NEIGHBOUR.apply(params, rows.x) == rows.y).all(1)[inside]

    names = [str(row) for row in np.asarray(rows.y[inside]).argmax(1)]
    assert len(names) == 14
    assert (int(circles.sum()), int(stars.sum())) == (7, 2)
    full, s = scenario.behaviour[inside], scenario.forget[inside]
    star_in_s = s & ~(np.asarray(rows.x[inside]).max(1) < 3)
    cells = {
        "A(D)": (right(rows), jnp.ones(14, bool)),
        "A(D∖S)": (right(rows.without(scenario.forget)), ~star_in_s),
        "A(D∖S_full)": (right(rows.without(scenario.behaviour)), ~full),
    }
    assert (int(s.sum()), int(full.sum()), int(star_in_s.sum())) == (3, 9, 1)
    for law, (seen, drawn) in cells.items():
        assert seen.tolist() == drawn.tolist(), law


@pytest.mark.parametrize(
    ("remover", "untraining", "unlearning"),
    [
        (ns.removers.do_nothing(), "REFUTED", "REFUTED"),
        (ns.removers.retrain(), "SATISFIED", "REFUTED"),
        (ns.removers.retrain_full(), "REFUTED", "SATISFIED"),
        (ns.removers.half_forget(), "REFUTED", "REFUTED"),
        (ns.removers.diverging(), "REFUTED", "REFUTED"),
    ],
    ids=str,
)
def test_the_same_request_two_verdicts(remover: ns.Remover, untraining: str, unlearning: str) -> None:
    """The nearest neighbour publishes its rows, so that every row kept or lost shows."""
    scenario = ns.scenarios.figure1()
    assert status(UNTRAINING, remover, NEIGHBOUR, scenario) == untraining
    assert status(UNLEARNING, remover, NEIGHBOUR, scenario) == unlearning


def test_both_levels_of_unlearning_on_a_population() -> None:
    scenario, learner = ns.scenarios.mixture(), ns.learners.ridge()
    for definition in (UNLEARNING, DISTRIBUTION):
        assert status(definition, ns.removers.do_nothing(), learner, scenario) == "REFUTED"
        assert status(definition, ns.removers.retrain_full(), learner, scenario) == "SATISFIED"


def test_newton_on_ridge_survives_float_rounding_and_uphill_does_not() -> None:
    scenario, learner = ns.scenarios.breast_cancer(), ns.learners.ridge()
    assert status(UNTRAINING, ns.removers.newton(), learner, scenario) == "SATISFIED"
    assert status(UNTRAINING, ns.removers.wrong_sign(), learner, scenario) == "REFUTED"


def test_without_a_grain_float_rounding_is_a_difference() -> None:
    scenario, learner = ns.scenarios.breast_cancer(), ns.learners.ridge()
    assert status(UNTRAINING, ns.removers.newton(), learner, scenario, grain=0.0) == "REFUTED"


def test_half_the_prior_lies_on_what_the_definition_is_about() -> None:
    scenario = ns.scenarios.blobs(size=3, full=6)
    assert views_of(scenario, UNTRAINING).designated == ("loss on S",)
    assert views_of(scenario, UNLEARNING).designated == ("loss on S", "loss on S_full∖S")
    assert views_of(ns.scenarios.mixture(), DISTRIBUTION).designated == ("loss on fresh behaviour",)
    assert views_of(ns.scenarios.blobs(size=3, full=3), UNLEARNING).designated == ("loss on S",)  # S_full∖S has no row


def test_nothing_to_forget_and_everything_to_forget() -> None:
    learner = ns.learners.ridge()
    nothing, everything = ns.scenarios.blobs(size=0), ns.scenarios.blobs(forget="random", size=32)
    for definition in (UNTRAINING, UNLEARNING):
        assert status(definition, ns.removers.do_nothing(), learner, nothing) == "SATISFIED"
        assert status(definition, ns.removers.retrain(), learner, everything) == "SATISFIED"
        assert status(definition, ns.removers.do_nothing(), learner, everything) == "REFUTED"


def test_one_law_for_every_run_is_no_law() -> None:
    scenario = ns.scenarios.blobs(size=2)
    assert status(UNTRAINING, ns.removers.fixed_key(), RANDOM, scenario) == "REFUTED"
    assert status(UNTRAINING, ns.removers.retrain(), RANDOM, scenario) == "SATISFIED"


def test_equal_seeds_give_equal_json(monkeypatch: pytest.MonkeyPatch) -> None:
    def said(seed: int) -> dict[str, Any]:
        monkeypatch.setattr(pool, "RECENT", Recent(MEMORY))  # all runs are drawn again
        verdict = ns.check(UNTRAINING, ns.removers.finetune(), RANDOM, ns.scenarios.blobs(seed=4), seed=seed)
        return json.loads(dataclasses.replace(verdict, seconds=0.0).to_json())

    assert said(0) == said(0)
    assert said(0) != said(1)


def test_the_verdict_survives_json() -> None:
    verdict = ns.check(UNTRAINING, ns.removers.diverging(), NEIGHBOUR, ns.scenarios.figure1())
    assert str(ns.Verdict.from_json(verdict.to_json())) == str(verdict)
    with pytest.raises(ValueError, match="not the JSON of a Verdict"):
        ns.Verdict.from_json('{"status": "MAYBE"}')


def test_interrupting_a_check_is_not_swallowed() -> None:
    def stop(pairs: int, budget: int, message: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ns.check(UNTRAINING, ns.removers.retrain(), NEIGHBOUR, ns.scenarios.figure1(), progress=stop)


# a user's own remover


@ns.remover(aims_at="untraining")
def forgetful(key: Any, trained: ns.Trained, rows: ns.Rows, forget: Any) -> Any:
    """A user's own: start over without S."""
    return trained.learner.fit(key, rows.without(forget)).params


@settings(max_examples=10)
@given(scenario=ns.strategies.scenarios(max_rows=8))
def test_a_users_own_remover_holds_in_generated_scenarios(scenario: ns.Scenario) -> None:
    # The default budget: most are accepted after some 200 pairs, but of 256 a generated one may need all and more.
    ns.assert_holds(UNTRAINING, forgetful, ns.learners.ridge(), scenario)


def test_a_refuted_property_names_its_scenario_and_witness() -> None:
    @settings(max_examples=20, phases=[Phase.generate])  # ends with the first refuted one
    @given(scenario=ns.strategies.scenarios(max_rows=8))
    def lazy_holds(scenario: ns.Scenario) -> None:
        ns.assert_holds(UNTRAINING, ns.removers.do_nothing(), ns.learners.ridge(), scenario, budget=256)

    with pytest.raises(AssertionError, match=r"REFUTED: do_nothing on ridge.*ns\.scenarios\.blobs\(") as caught:
        lazy_holds()
    assert "occurred in" in str(caught.value)


def test_inconclusive_is_raised_and_returned_on_request() -> None:
    arguments = (UNTRAINING, ns.removers.retrain(), ns.learners.ridge(), ns.scenarios.blobs())
    with pytest.raises(AssertionError, match="INCONCLUSIVE: 48 pairs"):
        ns.assert_holds(*arguments, budget=48)
    assert ns.assert_holds(*arguments, budget=48, allow_inconclusive=True).status is ns.Status.INCONCLUSIVE


# bad input: one clear line each


@ns.remover
def raises(key: Any, trained: Any, rows: Any, forget: Any) -> Any:
    raise RuntimeError("no idea\nwhat to do")


@ns.remover
def branches(key: Any, trained: Any, rows: Any, forget: Any) -> Any:
    return trained.params if forget.any() else None


@ns.remover
def another_tree(key: Any, trained: Any, rows: Any, forget: Any) -> Any:
    return {"w": trained.params}


@ns.remover
def another_shape(key: Any, trained: Any, rows: Any, forget: Any) -> Any:
    return trained.params[:-1]


@pytest.mark.parametrize(
    ("remover", "says"),
    [
        (raises, r"^remover raises: raised RuntimeError: no idea \(test_check\.py:\d+\)$"),
        (branches, r"^remover branches: raised Tracer.*traceable by jax\.jit$"),
        (another_tree, r"^remover another_tree: returned another tree"),
        (another_shape, r"^remover another_shape: params is float32\(2, 2\), the learner's is float32\(3, 2\)$"),
    ],
    ids=str,
)
def test_a_broken_remover_is_named_in_one_line(remover: ns.Remover, says: str) -> None:
    with pytest.raises(ValueError, match=says) as caught:
        ns.check(UNTRAINING, remover, ns.learners.ridge(), ns.scenarios.blobs())
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"budget": 35}, "budget: 35 pairs cannot refute .* at least 36 are needed"),
        ({"alpha": 0.0}, "alpha: 0.0 is not in"),
        ({"beta": 1.0}, "beta: 1.0 is not in"),
        ({"tolerance": 0.0}, "tolerance: 0.0 is not > 0"),
        ({"tolerance": 0.95}, "tolerance: 0.95 is not > 0 with delta"),
        ({"grain": -1.0}, "grain: -1.0 is not a finite number"),
        ({"grain": float("nan")}, "grain: nan is not a finite number"),
    ],
    ids=str,
)
def test_terms_out_of_range_are_refused(options: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        ns.check(UNTRAINING, ns.removers.retrain(), NEIGHBOUR, ns.scenarios.figure1(), **options)


@pytest.mark.parametrize(("epsilon", "delta"), [(-1.0, 0.1), (float("inf"), 0.1), (1.0, 1.0), (1.0, -0.1)])
def test_claims_out_of_range_are_refused(epsilon: float, delta: float) -> None:
    for kind in (ns.Untraining, ns.Unlearning):
        with pytest.raises(ValueError, match=r"epsilon|delta"):
            kind(epsilon, delta)


def test_rows_outside_d_can_be_unlearned_but_not_untrained() -> None:
    x, y = np.eye(4), np.eye(4)[:, :2]
    outside = ns.Scenario.build(x, y, forget=[0], present=[False, True, True, True])
    with pytest.raises(ValueError, match="row 0 of S is not in D"):
        ns.check(UNTRAINING, ns.removers.retrain(), ns.learners.ridge(), outside)
    assert status(UNLEARNING, ns.removers.retrain(), ns.learners.ridge(), outside) == "SATISFIED"


def test_no_population_no_distribution_level() -> None:
    with pytest.raises(ValueError, match="no population"):
        ns.check(DISTRIBUTION, ns.removers.retrain(), NEIGHBOUR, ns.scenarios.figure1())


def test_whole_number_labels_are_refused_by_name() -> None:
    numbered = ns.Scenario.build(np.eye(4), np.arange(4), forget=[0])
    with pytest.raises(ValueError, match=r"needs one-hot targets"):
        ns.check(UNTRAINING, ns.removers.retrain(), ns.learners.mlp(), numbered)
