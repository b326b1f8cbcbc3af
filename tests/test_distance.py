"""How far a remover is from a reference: 0 at a retrain, 1 at doing nothing, more where it is worse than nothing."""

import dataclasses
import json
from typing import Any

import jax
import numpy as np
import pytest

import neverseen as ns
from neverseen.properties.metrics._distance import distance_of, distance_of_arms
from neverseen.properties.metrics._graded import Distance, Graded

CLAIM, UNLEARNING = ns.Untraining(1.0, 0.05), ns.Unlearning(1.0, 0.05)
DIGITS = ns.scenarios.digits(forget="mislabelled", size=8, full=16, rows=64, seed=0)
NOISY = ns.learners.noisy(sigma=0.1)


@ns.remover
def wreck(key: jax.Array, trained: ns.Trained, rows: ns.Rows, forget: jax.Array) -> Any:
    """Answers at random, and as sure as can be."""
    leaves, tree = jax.tree.flatten(trained.params)
    keys = jax.random.split(key, len(leaves))
    return jax.tree.unflatten(tree, [30 * jax.random.normal(k, x.shape) for k, x in zip(keys, leaves, strict=True)])


def of(remover: ns.Remover, claim: Any = CLAIM, runs: int = 64, seed: int = 0) -> Distance:
    return distance_of(claim, remover, NOISY, DIGITS, runs=runs, seed=seed)


@pytest.fixture(scope="module")
def found() -> dict[str, Distance]:
    return {"nothing": of(ns.removers.do_nothing()), "retrain": of(ns.removers.retrain()), "wreck": of(wreck)}


def share_of(distance: Distance) -> Graded:
    assert distance.share is not None
    return distance.share


def test_doing_nothing_is_one_and_a_retrain_none(found: dict[str, Distance]) -> None:
    nothing, retrain = share_of(found["nothing"]), share_of(found["retrain"])
    assert nothing.value == 1.0
    assert nothing.ninety_five == pytest.approx((1.0, 1.0), abs=1e-3)
    assert retrain.ninety_five[0] == 0 < retrain.ninety_five[1] < 1
    assert abs(retrain.value) < 0.3


def test_a_wrecked_model_is_worse_than_nothing(found: dict[str, Distance]) -> None:
    assert share_of(found["wreck"]).ninety_five[0] > 1
    assert found["wreck"]["rest of D"].removed.value > 0.1


def test_both_sides_weigh_the_same_and_the_parts_make_the_whole(found: dict[str, Distance]) -> None:
    for each in found.values():
        weights = {part.block: part.weight for part in each}
        assert weights == pytest.approx(
            {"S": 1 / 6, "S_full∖S": 1 / 6, "fresh behaviour": 1 / 6, "rest of D": 1 / 4, "fresh rest": 1 / 4}
        )
        assert sum(part.weight * part.removed.value for part in each) == pytest.approx(each.removed.value)
        assert each.absent == ()


def test_the_reference_is_the_definitions_own(found: dict[str, Distance]) -> None:
    """Half of the wrong labels stay with a retrain without S: far from a model that saw none of them."""
    other = of(ns.removers.retrain(), UNLEARNING)
    assert (found["retrain"].reference, other.reference) == ("A(D∖S)", "A(D∖S_full)")
    assert share_of(other).ninety_five[0] > 0.2


def test_it_is_a_function_of_its_arguments_and_goes_to_json_and_back(found: dict[str, Distance]) -> None:
    again = of(ns.removers.retrain())
    assert dataclasses.replace(again, seconds=0.0) == dataclasses.replace(found["retrain"], seconds=0.0)
    assert Distance.from_json(again.to_json()) == again
    plain = json.loads(again.to_json())
    assert plain["rough"] is False
    assert plain["share"]["value"] == again.share.value if again.share else False
    assert of(ns.removers.retrain(), seed=1).removed != again.removed
    with pytest.raises(ValueError, match=r"a Distance has no truth value; read its \.share"):
        bool(again)


def test_few_runs_are_called_rough_and_its_blindness_is_said(found: dict[str, Distance]) -> None:
    assert "rough" in str(of(ns.removers.retrain(), runs=16))
    said = str(found["retrain"])
    assert "rough" not in said
    assert "arms with equal margins and another joint law are at distance 0" in said
    assert "An interval that holds 0 is no pass" in said


def test_another_joint_law_with_equal_margins_is_indeed_not_seen() -> None:
    draws = np.random.default_rng(0)
    signs = draws.choice([0.2, 0.8], (256, 1))
    removed, reference = np.hstack([signs, signs]), draws.choice([0.2, 0.8], (256, 2))
    far = np.full((256, 2), 0.9)
    found = distance_of_arms({"S": removed}, {"S": reference}, {"S": far})
    assert share_of(found).ninety_five[0] == 0


def test_a_regression_is_seen_by_its_losses() -> None:
    """Fixed models: nothing is left to chance, and the scale is of the references."""
    learner, scenario = ns.learners.ridge(logits=False), ns.scenarios.blobs(size=4, rows=32, seed=0)
    nothing, retrain = (
        distance_of(CLAIM, remover, learner, scenario, runs=8)
        for remover in (ns.removers.do_nothing(), ns.removers.retrain())
    )
    assert share_of(nothing).value == 1
    assert share_of(retrain).value == pytest.approx(0, abs=1e-3)
    assert nothing["S"].scale.startswith("the loss ℓ as 1/(1 + exp(−(ℓ − ")
    assert nothing["S"].removed.value > 0.01


def test_losses_of_any_size_and_runs_that_diverged_are_bounded() -> None:
    draws = np.random.default_rng(0)
    removed, reference, original = (np.exp(draws.normal(size=(16, 3))) * 1e5 for _ in range(3))
    removed[:8] = np.nan
    original[:] = np.inf
    found = distance_of_arms({"S": removed}, {"S": reference}, {"S": original}, losses=True)
    assert found["S"].removed.value == pytest.approx(0.25 * (1 - 0) * 0.8, abs=0.1)
    assert found.original is not None
    assert 0 < found.original.value < 1
    scaled = distance_of_arms({"S": removed * 2}, {"S": reference * 2}, {"S": original}, losses=True)
    assert scaled.removed == found.removed


def test_where_doing_nothing_is_at_the_floor_nothing_is_divided() -> None:
    arms = [{"S": np.random.default_rng(i).random((32, 2))} for i in range(3)]
    found = distance_of_arms(*arms)
    assert found.share is None
    assert "doing nothing is at the floor" in str(found)
    alone = distance_of_arms(*arms[:2])
    assert (alone.why, alone.original, alone.runs) == ("no originals are at hand", None, (32, 32, 0))
    assert "no originals are at hand" in str(alone)


def test_unequal_runs_and_shared_seeds_are_said_and_used() -> None:
    draws = np.random.default_rng(0)
    arms = [
        {"S": draws.random((n, 2)) ** power, "fresh rest": draws.random((n, 1))}
        for n, power in ((64, 2), (80, 1), (70, 4))
    ]
    apart, shared = distance_of_arms(*arms), distance_of_arms(*arms, shared=("removed", "original"))
    assert apart.runs == (64, 80, 70)
    assert apart.removed.value == shared.removed.value
    assert apart.ratio != shared.ratio
    assert [part.weight for part in apart] == [0.5, 0.5]
    assert apart.absent == ("S_full∖S", "fresh behaviour", "rest of D")


GOOD = {"S": np.full((8, 2), 0.5)}
WRONG: dict[str, tuple[Any, str]] = {
    "one run": (lambda: distance_of_arms({"S": GOOD["S"][:1]}, GOOD), "removed: 1 runs are too few; give 8 or more"),
    "no row": (lambda: distance_of_arms({"S": np.ones((8, 0))}, {"S": np.ones((8, 0))}), "there is no row to look at"),
    "no block": (lambda: distance_of_arms({}, {}), "removed: there is no block; give at least one, of S, "),
    "above one": (lambda: distance_of_arms(GOOD, {"S": np.full((8, 2), 2.0)}), r"S: arm reference: 2 \(run 0, row 0\)"),
    "other rows": (
        lambda: distance_of_arms(GOOD, {"S": np.ones((8, 3))}),
        "S: arm reference has 3 rows and arm removed 2",
    ),
    "other blocks": (
        lambda: distance_of_arms(GOOD, {"fresh rest": np.ones((8, 2))}),
        "reference: its blocks are fresh",
    ),
    "unknown block": (
        lambda: distance_of_arms({"T": np.ones((8, 2))}, GOOD),
        "removed: 'T' is no block of rows; they are",
    ),
    "one axis": (
        lambda: distance_of_arms({"S": np.ones(8)}, GOOD),
        r"removed: S has shape \(8,\); give \[runs, rows\]",
    ),
    "unknown arm": (lambda: distance_of_arms(GOOD, GOOD, shared=("fresh",)), "shared: 'fresh' is no arm; name some of"),
    "few runs": (lambda: of(ns.removers.retrain(), runs=7), "runs: 7 are too few; give 8 or more"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_compared_is_refused_in_a_line(case: str) -> None:
    ask, said = WRONG[case]
    with pytest.raises(ValueError, match=said) as told:
        ask()
    assert "\n" not in str(told.value)
