"""A pass says what the same check says of doing nothing; where nothing was compared there is no pass."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import neverseen as ns
from neverseen.formal.definitions._verdict import Power, Route, Status, Verdict
from neverseen.formal.laws._finite import point
from neverseen.formal.laws._worlds import World
from neverseen.properties.engine._power import withdrawn
from neverseen.properties.runs._dry_run import KEYS

UNTRAINING, UNLEARNING = ns.Untraining(1.0, 0.05), ns.Unlearning(1.0, 0.05)
BLOBS = ns.scenarios.blobs("mislabelled", size=4, rows=31, dims=3)
RIDGE, NEIGHBOUR = ns.learners.ridge(), ns.learners.nearest_neighbour()


def learner_of(fit: Any, **options: Any) -> ns.Learner:
    """A linear learner whose `fit` returns weights."""

    def trained(key: Any, rows: ns.Rows) -> ns.Trained:
        return ns.Trained(fit(key, rows), None, made)

    made = ns.Learner(trained, lambda p, x: x @ p, lambda o, y: ((o - y) ** 2).sum(-1), name="mine", **options)
    return made


def solved(rows: ns.Rows, weight: Any) -> Any:
    """Ridge regression with a weight for each row."""
    x = rows.x * weight[:, None]
    return jnp.linalg.solve(x.T @ rows.x + jnp.eye(rows.x.shape[1]), x.T @ rows.y)


# power


def test_a_pass_says_that_doing_nothing_would_have_been_refuted() -> None:
    verdict = ns.check(UNTRAINING, ns.removers.retrain(), RIDGE, BLOBS)
    assert verdict.status is Status.SATISFIED
    assert verdict.power.tells
    assert f"oing nothing would have been refuted here after {verdict.power.pairs} pairs" in str(verdict)
    assert verdict.power.pairs == ns.check(UNTRAINING, ns.removers.do_nothing(), RIDGE, BLOBS).pairs
    assert ns.Verdict.from_json(verdict.to_json()).power == verdict.power


def test_a_pass_that_comes_before_anything_can_be_refuted_has_its_power_from_the_whole_budget() -> None:
    """At (4, .05) equal laws pass before doing nothing can be refuted: the replay goes on."""
    verdict = ns.check(ns.Untraining(4.0, 0.05), ns.removers.retrain(), RIDGE, BLOBS, alpha=0.05)
    assert verdict.status is Status.SATISFIED
    assert verdict.power.tells
    assert verdict.power.pairs > verdict.pairs


def test_power_can_be_required() -> None:
    claim, learner = ns.Untraining(1.0, 0.05), ns.learners.noisy(RIDGE, sigma=100.0)  # noise hides every row
    idle = dataclasses.replace(ns.removers.do_nothing(), centre=None)
    asked = [ns.check(claim, idle, learner, BLOBS, require_power=wanted) for wanted in (False, True)]
    assert [verdict.status.name for verdict in asked] == ["SATISFIED", "INCONCLUSIVE"]
    assert all(verdict.power.original is Status.SATISFIED for verdict in asked)
    assert asked[0].power.pairs == asked[0].pairs  # the replay of the original is the check of doing nothing itself
    assert "the pass is withdrawn: doing nothing would pass here too" in str(asked[1])
    kept = ns.check(claim, ns.removers.retrain(), RIDGE, BLOBS, require_power=True)
    assert kept.status is Status.SATISFIED


@pytest.mark.parametrize("claim", [UNTRAINING, UNLEARNING], ids=lambda claim: claim.name)
def test_where_nothing_is_unseen_the_original_is_the_reference(claim: Any) -> None:
    verdict = ns.check(claim, ns.removers.do_nothing(), RIDGE, ns.scenarios.blobs("random", size=0, full=0, rows=31))
    assert verdict.status is Status.SATISFIED
    assert verdict.power.same
    assert "the original is the reference here" in str(verdict).lower()
    assert not verdict.power.tells


def test_one_constant_in_all_three_arms_is_no_pass() -> None:
    """A learner that no row of S moves: the exact remover and doing nothing are one model."""
    far = np.zeros((32, 3), "f")
    far[:28] = np.random.default_rng(0).normal(size=(28, 3))  # the rows of S are zero, and weigh nothing
    scenario = ns.Scenario.build(far, np.ones((32, 1), "f"), forget=np.arange(28, 32))
    learner = ns.learners.ridge(penalty=1.0, logits=False)
    plain = learner_of(lambda key, rows: solved(rows, rows.present * 1.0), random=False)
    verdict = ns.check(UNTRAINING, ns.removers.retrain(), plain, scenario)
    assert verdict.status is Status.INCONCLUSIVE
    assert verdict.power.withdrawn
    # The twin: where S moves the model, two equal constants are a pass with power.
    assert ns.check(UNTRAINING, ns.removers.retrain(), plain, BLOBS).power.tells
    assert learner.name


def test_finite_worlds_and_known_laws_say_it_too() -> None:
    from neverseen.formal.laws._finite_learners import empirical_histogram, retrain

    learner, world = empirical_histogram(point("none")), World(("a", "b"), ("a",), ("a",))
    verdict = ns.check(UNTRAINING, retrain(learner), learner, world)
    assert verdict.status is Status.SATISFIED
    assert verdict.power.tells


# nothing compared


def test_a_learner_whose_runs_are_all_nan_is_named() -> None:
    with pytest.raises(ValueError, match="learner mine: each of 32 references is NaN or infinite"):
        ns.check(UNTRAINING, ns.removers.do_nothing(), learner_of(lambda key, rows: rows.x.T @ rows.y * jnp.nan), BLOBS)


def test_a_run_now_and_then_that_is_nan_is_an_outcome() -> None:
    def sometimes(key: Any, rows: ns.Rows) -> Any:
        return solved(rows, rows.present * 1.0) * jnp.where(jax.random.bernoulli(key, 0.3), jnp.nan, 1.0)

    verdict = ns.check(UNTRAINING, ns.removers.do_nothing(), learner_of(sometimes), BLOBS)
    assert verdict.status is Status.REFUTED


@pytest.mark.parametrize(
    "fit",
    [
        lambda key, rows: solved(rows, jnp.ones(rows.present.shape)),
        lambda key, rows: rows.x.T @ rows.y,
        lambda key, rows: rows.x.T @ rows.y + jax.random.normal(key, (rows.x.shape[1], rows.y.shape[1])),
        lambda key, rows: jnp.ones((rows.x.shape[1], rows.y.shape[1])),
    ],
    ids=["ridge", "sums", "noisy", "constant"],
)
def test_a_learner_blind_to_the_mask_is_refused(fit: Any) -> None:
    with pytest.raises(ValueError, match=r"learner mine: its model is the same whatever rows\.present says"):
        ns.check(UNTRAINING, ns.removers.do_nothing(), learner_of(fit), BLOBS)


def batch_statistics(key: Any, rows: ns.Rows) -> Any:
    centred = rows.x - rows.x.mean(0)  # over absent rows too
    return solved(ns.Rows(centred, rows.y, rows.present), rows.present * 1.0)


def picks_any_row(key: Any, rows: ns.Rows) -> Any:
    return solved(rows, rows.present * 1.0) + rows.x[-1][:, None]


def keeps_a_little(key: Any, rows: ns.Rows) -> Any:
    return solved(rows, jnp.where(rows.present, 1.0, 0.01))


@pytest.mark.parametrize("fit", [batch_statistics, picks_any_row, keeps_a_little])
def test_a_learner_that_reads_absent_rows_is_refused(fit: Any) -> None:
    with pytest.raises(ValueError, match="learner mine: its model depends on the contents of absent rows"):
        ns.check(UNTRAINING, ns.removers.do_nothing(), learner_of(fit), BLOBS)


def coin(key: Any, salt: int) -> Any:
    return jax.random.bernoulli(jax.random.fold_in(key, salt))


def salt(first: int, second: int) -> int:
    """One with which the coin falls this way under the first key and that way under the second."""
    sides = ((s, bool(coin(jax.random.key(first), s)), bool(coin(jax.random.key(second), s))) for s in range(99))
    return next(s for s, one, two in sides if two and not one)


def test_what_reads_absent_rows_under_some_keys_alone_is_refused_too() -> None:
    salted = salt(*KEYS)

    def fit(key: Any, rows: ns.Rows) -> Any:
        return solved(rows, jnp.where(rows.present, 1.0, coin(key, salted) * 0.01))

    with pytest.raises(ValueError, match="learner mine: its model depends on the contents of absent rows"):
        ns.check(UNTRAINING, ns.removers.do_nothing(), learner_of(fit), BLOBS)
    salted_too = salt(*(key + 1 for key in KEYS))

    @ns.remover(aims_at="untraining")
    def now_and_then(key: Any, trained: ns.Trained, rows: ns.Rows, forget: Any) -> Any:
        return trained.params + coin(key, salted_too) * rows.x.mean()

    with pytest.raises(ValueError, match="remover now_and_then: its result depends on the contents of absent"):
        ns.check(UNTRAINING, now_and_then, RIDGE, BLOBS)


def all_rows_back(key: Any, trained: ns.Trained, rows: ns.Rows, forget: Any) -> ns.Trained:
    return trained.learner.fit(key, ns.Rows(rows.x, rows.y, ~forget))


def mean_of_all(key: Any, trained: ns.Trained, rows: ns.Rows, forget: Any) -> Any:
    return trained.params + rows.x.mean()


def one_step_on_all(key: Any, trained: ns.Trained, rows: ns.Rows, forget: Any) -> Any:
    slope = jax.grad(lambda p: jnp.where(forget, 0, trained.learner.row_losses(p, rows)).sum())(trained.params)
    return trained.params - 1e-3 * slope


@pytest.mark.parametrize("remove", [all_rows_back, mean_of_all, one_step_on_all])
def test_a_remover_that_reads_absent_rows_is_refused(remove: Any) -> None:
    with pytest.raises(ValueError, match=f"remover {remove.__name__}: its result depends on the contents of absent"):
        ns.check(UNTRAINING, ns.remover(aims_at="untraining")(remove), RIDGE, BLOBS)


@pytest.mark.parametrize("make", [ns.learners.ridge, ns.learners.logistic, ns.learners.nearest_neighbour])
def test_a_right_learner_passes_the_dry_run(make: Any) -> None:
    assert ns.check(UNTRAINING, ns.removers.retrain(), make(), BLOBS, budget=64).pairs > 0


def test_one_huge_number_hides_no_learner_that_reads_absent_rows() -> None:
    """All others are read from every row; the huge one alone would set the size of the whole array."""

    def fit(key: Any, rows: ns.Rows) -> Any:
        huge = jnp.full((1, rows.y.shape[1]), 1e7) + rows.count()
        return jnp.concatenate([solved(rows, jnp.ones(rows.present.shape)), huge])

    huge = dataclasses.replace(learner_of(fit), apply=lambda p, x: x @ p[:-1])
    with pytest.raises(ValueError, match="learner mine: its model depends on the contents of absent rows"):
        ns.check(UNTRAINING, ns.removers.do_nothing(), huge, BLOBS)


def test_power_is_no_truth() -> None:
    with pytest.raises(ValueError, match=r"a Power has no truth value; read its \.tells"):
        bool(Power(Status.REFUTED, 3))


def test_a_withdrawn_pass_says_all_that_the_pass_would_have_said() -> None:
    passed = dataclasses.replace(
        Verdict.example(), status=Status.SATISFIED, power=Power(Status.SATISFIED, 60), assumptions=("runs agree",)
    )
    said, without = str(passed), str(withdrawn(passed))
    for part in (
        " with δ + 0.1 in place of δ",
        ", if runs agree",
        f"at most {passed.beta:g}, after {passed.pairs} pairs",
    ):
        assert part in said
        assert part in without
    for route in (Route.EXACT, Route.ANALYTIC):
        known = dataclasses.replace(passed, beta=0.0, tolerance=0.0, pairs=0, route=route, scope="all events")
        told = str(withdrawn(known))
        assert f"({route.value}; no sample was drawn)" in told
        assert "probability" not in told
        assert "no event was found" in told
