"""The grain is relative: no unit of the user's, and no rounding, decides a verdict."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_diabetes

import neverseen as ns
from neverseen.formal.definitions._verdict import Status
from neverseen.properties.engine._grain import REPEATS, add_grain, scales
from neverseen.properties.engine._sequential import WARM_UP
from neverseen.properties.runs._draw import blocks
from neverseen.properties.runs._views import views_of
from neverseen.properties.saved._arms import SavedArm, grain_of

CLAIM = ns.Untraining(1.0, 0.05)
REGRESSION = ns.learners.ridge(logits=False)
SHARE = 0.125  # a power of two, so that products are exact


def targets(unit: float, power: int = 0) -> tuple[ns.Scenario, Any]:
    """A linear regression with four shifted targets, in other units."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(100, 5)).astype("f")
    y = (x @ rng.normal(size=(5, 1)) + 0.1 * rng.normal(size=(100, 1))).astype("f")
    y[:4] += 5
    return ns.Scenario.build(x, y * np.float32(unit * 2.0**power), forget=np.arange(4)), x


def mean_target() -> ns.Learner:
    """A user's learner, the mean of the targets present."""

    def fit(key: Any, rows: ns.Rows) -> ns.Trained:
        weight = rows.present[:, None].astype(rows.y.dtype)
        return ns.Trained((weight * rows.y).sum(0) / jnp.maximum(weight.sum(), 1), None, made)

    made = ns.Learner(
        fit, lambda p, x: jnp.broadcast_to(p, (len(x), 1)), lambda o, y: ((o - y) ** 2).sum(-1), name="mean"
    )
    return made


# the scale


@given(st.integers(-40, 40))
def test_the_scale_follows_the_unit_exactly(power: int) -> None:
    rng = np.random.default_rng(1)
    a, b = {"v": rng.normal(size=(4, 3))}, {"v": rng.normal(5, 1, size=(4, 3))}
    unit = 2.0**power
    plain, other = scales(a, b, SHARE)["v"], scales({"v": a["v"] * unit}, {"v": b["v"] * unit}, SHARE)["v"]
    assert (other == plain * unit).all()


def test_the_scale_is_one_for_both_arms_and_one_for_each_column() -> None:
    small, large = np.full((4, 1), 1e-6), np.full((4, 1), 1e6)
    found = scales({"v": np.hstack([small, large])}, {"v": np.hstack([3 * small, large])}, 1.0)["v"]
    assert found == pytest.approx([2e-6, 1e6])


def test_one_huge_or_diverged_run_does_not_set_the_scale() -> None:
    calm = np.full((4, 1), 2.0)
    for odd in (1e30, np.inf, np.nan):
        wild = calm.copy()
        wild[0] = odd
        assert scales({"v": wild}, {"v": calm}, 1.0)["v"] == pytest.approx([2.0])


def test_rounding_is_a_floor_and_an_unused_grain_stays_unused() -> None:
    one, rounding = {"v": np.ones((4, 1))}, {"v": np.array([0.5])}
    assert scales(one, one, 1e-3, rounding)["v"] == pytest.approx([REPEATS * 0.5])
    assert scales(one, one, 0.0, rounding)["v"].tolist() == [0.0]


def test_two_arms_with_generators_of_one_seed_carry_one_noise() -> None:
    one, scale = {"v": np.zeros((4, 2))}, {"v": np.array([1.0, 2.0])}
    first, second = (add_grain(one, scale, np.random.default_rng(3))["v"] for _ in range(2))
    assert (first == second).all()
    assert first.any()


# whole checks


def test_pairs_that_are_bet_on_have_no_part_in_the_scale() -> None:
    """Drawn or saved, the first pairs fix it, which nobody bets on."""
    scenario, learner = ns.scenarios.blobs(), ns.learners.logistic(epochs=1, batch=4)
    found = views_of(scenario, CLAIM)
    bare, noisy = (
        next(blocks(CLAIM, ns.removers.finetune(), learner, scenario, found, seed=0, grain=share, budget=32))
        for share in (0.0, SHARE)
    )
    assert noisy.grain is not None
    arms = bare.removed, bare.reference
    removed, reference = ({view: rows[:WARM_UP] for view, rows in arm.items()} for arm in arms)
    for view, scale in scales(removed, reference, SHARE).items():
        assert (noisy.grain[view] == scale).all()
    rows = np.where(np.arange(40) < WARM_UP, 1.0, 100.0)
    arm = SavedArm("removed", {"a": rows}, np.arange(40), np.random.default_rng(0))
    size = grain_of([arm, arm], SHARE)
    assert size is not None
    assert size.tolist() == [SHARE]


@pytest.mark.parametrize("unit", [1.0, 1e-3, 1e-5, 1e4])
def test_doing_nothing_is_refuted_in_every_unit(unit: float) -> None:
    scenario, _ = targets(unit)
    assert ns.check(CLAIM, ns.removers.do_nothing(), REGRESSION, scenario, budget=256).status is Status.REFUTED


@pytest.mark.parametrize("unit", [1.0, 1e-3, 1e4])
@pytest.mark.parametrize("remover", [ns.removers.retrain(), ns.removers.newton()], ids=str)
def test_an_exact_remover_passes_in_every_unit(remover: ns.Remover, unit: float) -> None:
    scenario, _ = targets(unit)
    verdict = ns.check(CLAIM, remover, REGRESSION, scenario, budget=256)
    assert verdict.status is Status.SATISFIED
    assert verdict.power.tells


@pytest.mark.parametrize("power", [-20, -3, 7])
@pytest.mark.parametrize("remover", [ns.removers.do_nothing(), ns.removers.retrain()], ids=str)
def test_a_power_of_two_changes_no_bit_of_the_verdict(remover: ns.Remover, power: int) -> None:
    """Targets and root key scaled together: ridge regression is equivariant, and so are views, grain, maps, bets."""
    (plain, _), (scaled, _) = targets(1.0), targets(1.0, power)
    one, other = (ns.check(CLAIM, remover, REGRESSION, scene, budget=256, keyed_as=plain) for scene in (plain, scaled))
    assert (one.status, one.pairs, one.epsilon_lower) == (other.status, other.pairs, other.epsilon_lower)
    assert one.evidence.log_wealth == other.evidence.log_wealth
    assert one.evidence.acceptance == other.evidence.acceptance


# Learners whose models scale with their targets in exact arithmetic, each with what it publishes.
EQUIVARIANT = {
    "ridge": ns.learners.ridge(logits=False),
    "kernel ridge": dataclasses.replace(ns.learners.kernel_ridge(), logits=False),
    "streaming ridge": dataclasses.replace(ns.learners.streaming_ridge(), logits=False),
    "mean": mean_target(),
}


@pytest.mark.parametrize("learner", EQUIVARIANT.values(), ids=EQUIVARIANT.keys())
@pytest.mark.parametrize("unit", [2.0**-10, 1e-3])
def test_a_learner_that_is_equivariant_in_its_targets_is_judged_alike_in_every_unit(
    learner: ns.Learner, unit: float
) -> None:
    """Far outside the grey zone: the original is refuted, the retrain is not, whatever the unit."""
    for remover in (ns.removers.do_nothing(), ns.removers.retrain()):
        found = [ns.check(CLAIM, remover, learner, targets(one)[0], budget=256) for one in (1.0, unit)]
        assert found[0].status is found[1].status
        assert found[0].status is (Status.SATISFIED if remover.name == "retrain" else Status.REFUTED)


@pytest.mark.parametrize("scale", [1.0, 1e-4, 1e3])
def test_rounding_refutes_no_exact_remover_on_badly_scaled_data(scale: float) -> None:
    data: Any = load_diabetes()
    x, y = np.asarray(data.data), np.asarray(data.target)
    wide = (x / x.std(0) * np.geomspace(1, scale, x.shape[1])).astype("f")
    scenario = ns.Scenario.build(wide, y[:, None].astype("f"), forget=np.arange(8))
    verdict = ns.check(CLAIM, ns.removers.newton(), ns.learners.ridge(), scenario, budget=256)
    assert verdict.status is not Status.REFUTED


def in_order(by: float) -> ns.Learner:
    """A mean in which later rows weigh more: the order of the rows is part of the method."""

    def fit(key: Any, rows: ns.Rows) -> ns.Trained:
        weight = rows.present[:, None] * (1 + by * jnp.linspace(-1, 1, len(rows.present))[:, None])
        return ns.Trained((weight * rows.y).sum(0) / jnp.maximum(weight.sum(), 1), None, made)

    made = ns.Learner(fit, *dataclasses.astuple(mean_target())[1:3], name="in order", random=False)
    return made


def test_what_the_order_of_rows_changes_by_right_is_no_rounding() -> None:
    """Taken for rounding, a sixteenfold would hide a remover that is 4 % off."""
    scenario, _ = targets(1.0)
    learner = in_order(0.004)

    @ns.remover(aims_at="untraining")
    def off(key: Any, trained: ns.Trained, rows: ns.Rows, forget: Any) -> Any:
        return jax.tree.map(lambda p: 1.04 * p, learner.fit(key, rows.without(forget)).params)

    verdict = ns.check(CLAIM, off, learner, scenario, budget=256)
    moved = [abs(learner.fit(jax.random.key(0), rows).params) for rows in (scenario.rows, permuted(scenario.rows))]
    assert 1e-3 < abs(moved[0] / moved[1] - 1) < 1e-2
    assert verdict.status is Status.REFUTED
    assert verdict.provenance["coarsest"] < 2e-3


def permuted(rows: ns.Rows) -> ns.Rows:
    order = np.random.default_rng(0).permutation(len(rows.present))
    return jax.tree.map(lambda leaf: leaf[order], rows)


def test_the_sentence_says_what_was_not_examined() -> None:
    scenario, _ = targets(1.0)
    verdict = ns.check(CLAIM, ns.removers.do_nothing(), REGRESSION, scenario, budget=256, grain=0.01)
    assert "Differences below 1 % of a number's size were not examined" in str(verdict)
    told = dataclasses.replace(verdict, provenance={**verdict.provenance, "coarsest": 0.16})
    assert "below 1 % of a number's size, of the number that rounding moves most 16 %, were not examined" in str(told)
    seen = [row for row in verdict.evidence.views if not row.view.startswith(("values that", "all views"))]
    assert all(row.grain > 0 for row in seen)


def test_a_grain_that_is_no_share_is_refused() -> None:
    scenario, _ = targets(1.0)
    for grain in (-1.0, float("nan"), float("inf")):
        with pytest.raises(ValueError, match=r"grain: .* is not a finite number >= 0; it is a share"):
            ns.check(CLAIM, ns.removers.do_nothing(), REGRESSION, scenario, grain=grain)
    assert jax.devices()
