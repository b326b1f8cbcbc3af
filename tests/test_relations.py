"""Every exact relation holds of a right remover, is refuted of a wrong one, and stays silent where chance decides."""

import re
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import neverseen as ns
from neverseen.algorithms.removers import FAULTY
from neverseen.formal.theorems import THEOREMS
from neverseen.properties.runs import _quick
from neverseen.properties.runs._trial import Trial
from neverseen.properties.suite._check_suite import relations_scenario
from neverseen.properties.suite.relations import RELATIONS, Found, Relation

BY_NAME = {relation.name: relation for relation in RELATIONS}
SCENARIO, RIDGE = relations_scenario(0), ns.learners.ridge()
SATISFIED, REFUTED = ns.Status.SATISFIED, ns.Status.REFUTED


def trial(remover: ns.Remover, learner: ns.Learner = RIDGE, scenario: ns.Scenario = SCENARIO) -> Trial:
    return Trial(remover, learner, scenario, jax.random.key(0))


def found(name: str, remover: ns.Remover, learner: ns.Learner = RIDGE) -> Found:
    return BY_NAME[name].evaluate(trial(remover, learner))


@pytest.fixture(scope="module")
def right() -> Trial:
    return trial(ns.removers.retrain())


@pytest.fixture(scope="module")
def told() -> Trial:
    return trial(ns.removers.retrain_full())


@pytest.mark.parametrize("relation", RELATIONS, ids=repr)
def test_it_holds_of_a_right_remover(relation: Relation, right: Trial, told: Trial) -> None:
    if relation.name == "ignores-S_full":
        assert relation.evaluate(right).evidence == "it is never told S_full"
        assert found("ignores-S_full", ns.removers.s_full_for_s(full=False)).status is SATISFIED
    else:
        assert relation.evaluate(told if relation.name == "forget-set-invariant" else right).status is SATISFIED


def wrong(name: str) -> ns.Remover:
    """A remover that breaks one relation."""
    faults = {
        "finite": "diverging", "ignores-absent-rows": "leaking_padding", "masking": "leaking_padding",
        "permutation-invariant": "off_by_one", "coincidence": "no_op", "single-row": "wrong_sign",
        "whole-dataset": "half_forget", "ignores-S_full": "s_full_for_s", "sequences": "scaled_penalty",
        "forget-set-invariant": "s_for_s_full",
    }  # fmt: skip
    made: dict[str, Callable[[], ns.Remover]] = {
        **{relation: FAULTY[fault] for relation, fault in faults.items()},
        "pure": counting,
        "deterministic": lambda: ns.Remover(jittered, "jittered", random=False),
        "vmap-consistent": lambda: ns.Remover(leaning, "leaning", random=False),
        "empty-request": lambda: ns.Remover(halved, "halved", "untraining", random=False),
        "idempotent": lambda: ns.Remover(halved, "halved", "untraining", random=False),
    }
    assert name in made, f"{name}: add to `wrong` a remover of which it is refuted"
    return made[name]()


def counting() -> ns.Remover:
    calls: list[int] = []

    def remove(key: Any, trained: ns.Trained, rows: ns.Rows, forget: Any) -> Any:
        calls.append(1)
        return trained.params + 1e-3 * len(calls)

    return ns.Remover(remove, "counting")


def jittered(key: Any, trained: ns.Trained, rows: ns.Rows, forget: Any) -> Any:
    return trained.params + 1e-6 * jax.random.normal(key, trained.params.shape)


@jax.custom_batching.custom_vmap
def centred(w: Any) -> Any:
    return w


@centred.def_vmap
def _(size: int, batched: Any, w: Any) -> Any:
    return w - w.mean(0), True


def leaning(key: Any, trained: ns.Trained, rows: ns.Rows, forget: Any) -> Any:
    return jax.tree.map(centred, trained.params)


def halved(key: Any, trained: ns.Trained, rows: ns.Rows, forget: Any) -> Any:
    return trained.params / 2


@pytest.mark.parametrize("name", BY_NAME)
def test_it_is_refuted_of_a_wrong_remover(name: str) -> None:
    assert found(name, wrong(name)).status is REFUTED


def shifted(by: Callable[[ns.Rows, Any], Any]) -> ns.Remover:
    """A remover that moves every parameter by a number that it makes of the rows and S."""

    def remove(key: Any, trained: ns.Trained, rows: ns.Rows, forget: Any) -> Any:
        return jax.tree.map(lambda w: w + by(rows, forget), trained.params)

    return ns.Remover(remove, "shifted", random=False)


@pytest.mark.parametrize(
    ("name", "by"),
    [
        ("ignores-absent-rows", lambda rows, forget: 1e-3 * rows.x.sum()),
        ("masking", lambda rows, forget: 1e-2 * forget.argmax()),
        ("permutation-invariant", lambda rows, forget: 1e-2 * (rows.present.cumsum() * forget).sum()),
    ],
)
def test_what_it_reads_of_places_and_absent_rows_is_seen(name: str, by: Callable[[ns.Rows, Any], Any]) -> None:
    assert found(name, shifted(by)).status is REFUTED
    assert found(name, shifted(lambda rows, forget: 1e-2 * rows.without(forget).count())).status is SATISFIED


def classes(rows: ns.Rows, forget: Any) -> Any:
    """How many rows of each class are left."""
    left = rows.without(forget).present
    return jnp.matmul(left.astype(float), rows.y)


@pytest.mark.parametrize(
    ("is_at", "where"),
    [
        (lambda rows, forget: forget.sum() == 4, "S"),
        (lambda rows, forget: forget.sum() == 1, "|S| = 1"),
        (lambda rows, forget: classes(rows, forget).sum() == 0, "S = D"),
        (lambda rows, forget: forget.sum() == 0, "S = ∅"),
        (lambda rows, forget: classes(rows, forget).sum() == 2, "two rows left"),
        (lambda rows, forget: (classes(rows, forget) == 0).sum() == 1, "one target left"),
        (lambda rows, forget: (rows.x == rows.x[0]).all(1).sum() > 1, "four rows many times"),
    ],
)
def test_what_is_infinite_on_one_request_is_seen(is_at: Callable[[ns.Rows, Any], Any], where: str) -> None:
    infinite = shifted(lambda rows, forget: jnp.where(is_at(rows, forget), jnp.inf, 0))
    assert found("finite", infinite) == Found(REFUTED, f"{where}: 8 of 8 runs hold NaN or inf")


def test_a_callback_that_counts_gives_two_models_for_one_key() -> None:
    calls: list[int] = []

    def next_number(_: Any) -> np.ndarray:
        calls.append(1)
        return np.asarray(len(calls), np.float32)

    def remove(key: Any, trained: ns.Trained, rows: ns.Rows, forget: Any) -> Any:
        number = jax.pure_callback(
            next_number, jax.ShapeDtypeStruct((), jnp.float32), jnp.float32(0), vmap_method="sequential"
        )
        return trained.params + number

    counted = found("deterministic", ns.Remover(remove, "counted"))
    assert (counted.status, counted.evidence) == (REFUTED, "the same key and arguments gave two models")


def test_an_argument_that_is_changed_is_named() -> None:
    def keep(key: Any, trained: ns.Trained, rows: ns.Rows, forget: Any) -> Any:
        trained.record["weights"] = trained.params
        return trained.params

    def fit(key: Any, rows: ns.Rows) -> ns.Trained:
        made = RIDGE.fit(key, rows)
        return ns.Trained(made.params, {"weights": 0 * made.params}, learner)

    learner = ns.Learner(fit, RIDGE.apply, RIDGE.loss, name="recording", random=False)
    made = found("pure", ns.Remover(keep, "keep"), learner)
    assert (made.status, made.evidence) == (REFUTED, "it changes what it is given: the model")


def test_a_model_that_is_partly_nan_is_no_refusal() -> None:
    def at_all(value: Any) -> Callable[..., Any]:
        def remove(key: Any, trained: ns.Trained, rows: ns.Rows, forget: Any) -> Any:
            spoiled = trained.params.at[value].set(jnp.nan)
            return jnp.where((rows.present & ~forget).any(), trained.params, spoiled)

        return remove

    whole, part = (found("finite", ns.Remover(at_all(where), "at_all")) for where in (slice(None), 0))
    assert whole.status is SATISFIED
    assert part == Found(REFUTED, "S = D: 8 of 8 runs hold NaN or inf")


def test_a_model_of_which_one_part_is_nan_is_no_refusal_either() -> None:
    def fit(key: Any, rows: ns.Rows) -> ns.Trained:
        return ns.Trained(dict.fromkeys("ab", RIDGE.fit(key, rows).params), None, pair)

    def remove(key: Any, trained: ns.Trained, rows: ns.Rows, forget: Any) -> Any:
        left = (rows.present & ~forget).any()
        return trained.params | {"b": jnp.where(left, trained.params["b"], jnp.nan)}

    pair = ns.Learner(fit, lambda params, x: RIDGE.apply(params["a"], x), RIDGE.loss, name="pair", random=False)
    assert found("finite", ns.Remover(remove, "remove"), pair).status is REFUTED


def test_where_runs_differ_by_chance_the_definitions_decide() -> None:
    """On a learner with noise a fault of laws is for the definitions, and a right remover is still right run by run."""
    learner = ns.learners.noisy()
    faulty, exact = trial(ns.removers.noisy_once(), learner), trial(ns.removers.retrain(), learner)
    for name in ("empty-request", "coincidence", "sequences", "forget-set-invariant"):
        assert BY_NAME[name].evaluate(faulty).status is not REFUTED
    assert BY_NAME["coincidence"].evaluate(faulty).evidence.endswith("the definitions decide")
    assert BY_NAME["coincidence"].evaluate(exact).status is SATISFIED


def test_a_learner_that_is_declared_random_refutes_no_law() -> None:
    undeclared = ns.Learner(RIDGE.fit, RIDGE.apply, RIDGE.loss, RIDGE.penalty, name="undeclared")
    assert found("coincidence", ns.removers.no_op(), undeclared).status is None
    assert found("coincidence", ns.removers.no_op()).status is REFUTED


def test_a_request_that_is_refused_is_not_judged() -> None:
    def once(key: Any, trained: ns.Trained, rows: ns.Rows, forget: Any) -> ns.Trained:
        if trained.record is None:
            raise ValueError("there is no second time")
        return ns.Trained(trained.params, None, trained.learner)

    made = found("idempotent", ns.Remover(once, "once"), ns.learners.noisy())
    assert made == Found(None, "the request is refused: there is no second time")


def test_a_relation_alone_refuses_what_cannot_run() -> None:
    with pytest.raises(ValueError, match="declares no output noise"):
        BY_NAME["pure"](ns.removers.noisy(), RIDGE, SCENARIO, jax.random.key(0))


def test_nothing_to_compare_is_no_pass() -> None:
    empty = ns.scenarios.blobs("random", size=0, full=0, rows=32, dims=3)
    idle = trial(ns.removers.do_nothing(), scenario=empty)
    silent = {name for name in BY_NAME if BY_NAME[name].evaluate(idle).status is None}
    assert silent == {"idempotent", "coincidence", "ignores-S_full", "sequences", "forget-set-invariant"}


def test_names_and_theorems_are_known() -> None:
    known = {re.sub("[a-z]$", "", theorem.id) for theorem in THEOREMS}
    assert len(BY_NAME) == len(RELATIONS)
    unknown = {relation.theorem for relation in RELATIONS} - {""} - known
    assert not unknown, f"{', '.join(unknown)}: no theorem of `neverseen list theorems`"
    unfounded = [one.name for one in RELATIONS if not one.theorem and one.follows_from != "contract"]
    assert not unfounded, f"{', '.join(unfounded)}: name the theorem; only the contract needs none"
    assert all(relation.statement.count("\n") == 0 for relation in RELATIONS)


def test_an_option_that_this_xla_does_not_know_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between JAX 0.10 and 0.12 one went; unknown ones fail every program."""
    monkeypatch.setitem(_quick.QUICK, "xla_no_such_option", True)
    _quick.quick_options.cache_clear()
    kept = _quick.quick_options()
    assert kept is not None
    assert "xla_backend_optimization_level" in kept
    assert "xla_no_such_option" not in kept
    assert float(_quick.quickly(jnp.sin)(0.0)) == 0
    _quick.quick_options.cache_clear()
