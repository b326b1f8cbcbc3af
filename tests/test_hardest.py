"""The rows that a learner memorises most are those it cannot know otherwise."""

import dataclasses
import inspect
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

import neverseen as ns

LEARNER = ns.learners.nearest_neighbour()
CLEAN = ns.scenarios.blobs(forget="random", size=2, full=48, rows=48, separation=12.0)
PLANTED = [5, 17, 30]


def planted() -> ns.Scenario:
    """Far apart blobs of which three rows have the other's label: no neighbour says what they are."""
    y = np.asarray(CLEAN.rows.y).copy()
    y[PLANTED] = y[PLANTED][:, ::-1]
    return dataclasses.replace(CLEAN, rows=dataclasses.replace(CLEAN.rows, y=jnp.asarray(y)))


def chosen(scenario: ns.Scenario, size: int, **given: Any) -> list[int]:
    return np.flatnonzero(ns.scenarios.hardest(scenario, LEARNER, size, **given).forget).tolist()


def test_mislabelled_rows_are_the_hardest() -> None:
    assert chosen(planted(), 3) == PLANTED != chosen(CLEAN, 3)
    assert chosen(planted(), 3, seed=1, share=0.5) == PLANTED
    assert set(chosen(planted(), 1)) < set(PLANTED) < set(chosen(planted(), 6))


def test_d_and_s_full_stay_and_rows_outside_are_not_chosen() -> None:
    some = dataclasses.replace(planted(), behaviour=planted().behaviour.at[17].set(False))
    made = ns.scenarios.hardest(some, LEARNER, 2)
    assert np.flatnonzero(made.forget).tolist() == [5, 30]
    assert dataclasses.replace(made, forget=some.forget) == some
    gone = dataclasses.replace(some, rows=some.rows.without(jnp.arange(64) == 5))
    assert 5 not in chosen(gone, 4)
    assert "hardest(ns.scenarios.blobs(" in repr(made)


def test_a_regression_is_judged_by_its_loss() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(32, 4))
    y = x.sum(1) + 0.01 * rng.normal(size=32)
    y[9] += 8
    scenario = ns.Scenario.build(x, y, forget=[0], behaviour=range(32))
    assert np.flatnonzero(ns.scenarios.hardest(scenario, ns.learners.ridge(), 1).forget).tolist() == [9]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"size": 49}, "size: S cannot have 49 of the 48 rows of S_full in D; give 0 to 48"),
        ({"size": -1}, "size: -1 is not in [0"),
        ({"runs": 8}, "runs: 8 is not in [16, 4096]"),
        ({"share": 1.0}, "share: 1.0 of D is in no subset that tells; give .1 to .9"),
        ({"share": float("nan")}, "share: nan of D"),
        ({"runs": 16, "share": 0.9}, "runs: 16 hold a row fewer than 4 times with or without; give more, or share=.5"),
    ],
)
def test_what_does_not_fit_is_one_line(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError) as refusal:  # noqa: PT011 - the whole message is compared below
        chosen(planted(), **({"size": 2} | given))
    assert str(refusal.value).startswith(message)


def test_what_is_no_scenario_and_no_learner_is_refused() -> None:
    make: Any = inspect.unwrap(ns.scenarios.hardest)  # as users call it: without the type checks of tests
    for given, message in (
        ((3, LEARNER, 2), "scenario: int is no Scenario"),
        ((CLEAN, 3, 2), "learner: int is no Lea"),
    ):
        with pytest.raises(ValueError, match=message):
            make(*given)
    with pytest.raises(ValueError, match="share: None of D is in no subset"):
        make(CLEAN, LEARNER, 2, share=None)
