"""The same numbers, whatever dtype holds them, give the same models: of every learner, and after removals."""

import dataclasses
from typing import Any

import flax.linen as linen
import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np
import optax
import pytest
from jaxtyping import PRNGKeyArray
from test_learners import SMALL

import neverseen as ns
from neverseen.algorithms.base import cross_entropy, margins
from neverseen.algorithms.learners import LEARNERS
from neverseen.algorithms.learners._softmax import brier
from neverseen.properties.runs._quick import quickly
from neverseen.properties.runs._views import observe_many, views_of

HELD = {"float32": ("float16", "float64", "bfloat16", "longdouble"), "int32": ("int8", "int16", "int64", "uint64")}
"""What a scenario holds as what: the others stay as they are."""
NUMERIC = [name for name in SMALL if name != "transformer"]
S = (1, 4)


def scenario(kind: str, span: int = 120) -> ns.Scenario:
    """Sixteen rows of whole numbers up to `span`, and one-hot targets; sums of squares do not fit eight bits."""
    rng = np.random.default_rng(5)
    numbers, classes = rng.integers(0, span + 1, (16, 4)), np.eye(2)[rng.integers(0, 2, 16)]
    held = [array.astype(np.dtype(getattr(ml_dtypes, kind, kind))) for array in (numbers, classes)]
    points = (held[0][:3], held[1][:3])
    return ns.Scenario.build(*held, forget=S, behaviour=[*S, 7], fresh_behaviour=points, fresh_rest=points)


def flat(tree: Any) -> np.ndarray:
    leaves = [np.ravel(np.asarray(leaf, float)) for leaf in jax.tree.leaves(tree)]
    return np.concatenate([leaf for leaf in leaves if leaf.size])


def near(found: np.ndarray, wanted: np.ndarray, what: str) -> None:
    """Equal but for rounding: a cast that is fused into a program changes the order of its sums."""
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5, err_msg=what)


def seen(learner: ns.Learner, trained: ns.Trained, given: ns.Scenario) -> dict[str, np.ndarray]:
    """Every view of one model."""
    many = jax.tree.map(lambda leaf: leaf[None], trained.params)
    found = views_of(given, ns.Unlearning(1.0, 0.05))
    return observe_many(learner, ns.Trained(many, None, learner), found)


@pytest.mark.parametrize("name", NUMERIC)
def test_every_numeric_learner_reads_numbers(name: str, key: PRNGKeyArray) -> None:
    """A learner that computed in the rows' own dtype would wrap at 256, take `or` for `+`, or round to eight bits."""
    learner = SMALL[name]()
    fit = quickly(lambda k, rows: dataclasses.replace(learner.fit(k, rows), record=None))
    for kinds, span in ((("uint8", "int32"), 120), (("bool",), 1)):
        like = scenario("float32", span)
        made = fit(key, like.rows)
        wanted, views = flat(made.params), seen(learner, made, like)
        assert np.isfinite(wanted).all()
        for kind in kinds:
            given = scenario(kind, span)
            again = fit(key, given.rows)
            near(flat(again.params), wanted, f"{name} on {kind}")
            if kind != "int32":
                for view, values in seen(learner, again, given).items():
                    near(values, views[view], f"{view} of {name} on {kind}")


@pytest.mark.parametrize("held", HELD)
def test_a_scenario_holds_few_dtypes(held: str) -> None:
    """So that what is true of those few is true of all."""
    for kind in HELD[held]:
        wide = "uint32" if kind == "uint64" else held
        assert scenario(kind).digest() == scenario(wide).digest()
    assert len({scenario(kind).digest() for kind in ("float32", "int32", "uint8", "uint16")}) == 4


def test_every_learner_but_the_language_model_reads_numbers() -> None:
    assert {name.split("-")[0] for name in NUMERIC} >= set(LEARNERS) - {"transformer"}
    silent = [name for name in NUMERIC if not SMALL[name]().numeric]
    assert not silent, f"{', '.join(silent)}: declare numeric=True, or list it beside the transformer"


class Scaled:
    """A learner's functions as methods, which of two objects are one function of the class."""

    def __init__(self, by: float) -> None:
        self.by = by

    def fit(self, key: PRNGKeyArray, rows: ns.Rows) -> ns.Trained:
        del key
        return ns.Trained(self.by * rows.x.mean(0), None, self.learner)

    def apply(self, params: Any, x: Any) -> Any:
        return self.by * x @ params[:, None]

    def loss(self, outputs: Any, y: Any) -> Any:
        return self.by * brier(outputs, y)

    def centre(self, key: Any, learner: ns.Learner, start: Any, rows: ns.Rows, forget: Any) -> Any:
        del key, learner, start, forget
        return self.by * rows.x.mean(0)

    @property
    def learner(self) -> ns.Learner:
        return ns.Learner(self.fit, self.apply, self.loss, numeric=True)

    @property
    def remover(self) -> ns.Remover:
        return ns.Remover(lambda key, trained, rows, forget: trained.params, "scaled", centre=self.centre)


def test_methods_of_two_objects_are_two_functions(key: PRNGKeyArray) -> None:
    """What one object's learner, remover or noise computes has nothing to do with who was made before it."""
    one, two = Scaled(1.0), Scaled(3.0)
    assert one.learner == one.learner
    assert one.learner != two.learner
    rows = scenario("uint8").rows
    a, b = (each.learner.fit(key, rows) for each in (one, two))
    np.testing.assert_allclose(3 * a.params, b.params)
    np.testing.assert_allclose(3 * one.learner.apply(a.params, rows.x), two.learner.apply(a.params, rows.x))
    outputs = jnp.ones((16, 2))
    np.testing.assert_allclose(3 * one.learner.loss(outputs, rows.y), two.learner.loss(outputs, rows.y))
    centres = [each.remover.centre for each in (one, two)]
    made = [centre(key, one.learner, a.params, rows, None) for centre in centres if centre is not None]
    np.testing.assert_allclose(3 * made[0], made[1])


def test_the_twin_that_computes_in_the_rows_dtype_is_noticed(key: PRNGKeyArray) -> None:
    """What the test above is there for: the same ridge, told that its rows are names."""
    ridge = ns.learners.ridge()

    def fit(k: PRNGKeyArray, rows: ns.Rows) -> ns.Trained:
        del k
        gram = rows.x.T @ rows.x + jnp.eye(4)
        return ns.Trained(jnp.linalg.solve(gram, rows.x.T @ rows.y), None, raw)

    raw = ns.Learner(fit, lambda w, x: x @ w, cross_entropy)
    numeric = dataclasses.replace(raw, numeric=True)
    held, like = scenario("uint8").rows, scenario("float32").rows
    assert (flat(raw.fit(key, held).params) != flat(raw.fit(key, like).params)).any()
    for right in (numeric, ridge):
        near(flat(right.fit(key, held).params), flat(right.fit(key, like).params), f"{right}")


REMOVERS = {
    "bad_teacher": "mlp", "dare": "forest", "descent_to_delete": "projected_descent", "fisher_forgetting": "logistic",
    "influence": "ridge", "newton": "ridge", "noisy": "noisy", "projective_residual": "ridge", "random_label": "mlp",
    "retrain_full": "kernel_ridge", "sisa_removal": "sisa", "stream_moments": "naive_bayes",
    "stream_ridge": "streaming_ridge", "unsir": "mlp",
}  # fmt: skip


@pytest.mark.parametrize("name", list(REMOVERS))
def test_removers_read_numbers(name: str, key: PRNGKeyArray) -> None:
    remover, learner = getattr(ns.removers, name)(), SMALL[REMOVERS[name]]()
    if remover.made_for is not None:
        learner = remover.made_for

    def removed(given: ns.Scenario) -> Any:
        extra = {need: getattr(given, need) for need in remover.needs}
        return remover(key, learner.fit(key, given.rows), given.rows, given.forget, **extra).params

    run = quickly(removed)

    for kind, span in (("uint8", 12), ("bool", 1)):
        near(flat(run(scenario(kind, span))), flat(run(scenario("float32", span))), f"{name} on {kind}")


def test_a_remover_of_ones_own_is_given_numbers_too(key: PRNGKeyArray) -> None:
    @ns.remover(needs=("fresh_rest",))
    def summing(k: Any, trained: ns.Trained, rows: ns.Rows, forget: Any, *, fresh_rest: ns.Rows) -> Any:
        del k, forget
        return trained.params + rows.x.sum() + fresh_rest.x.sum() + (rows.y * 200 + rows.y * 200).sum()

    learner = ns.learners.ridge()
    made = []
    for kind in ("uint8", "float32"):
        given = scenario(kind)
        trained = learner.fit(key, given.rows)
        made.append(flat(summing(key, trained, given.rows, given.forget, fresh_rest=given.fresh_rest).params))
    near(made[0], made[1], "summing")


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("kind", ["uint8", "bool", "int32", "float16"])
def test_one_hot_targets_in_any_dtype_are_one_hot_targets(kind: str, classes: int) -> None:
    rng = np.random.default_rng(0)
    logits = jnp.asarray(rng.normal(size=(8, classes)), jnp.float32)
    y = jnp.asarray(np.eye(classes, dtype="f")[rng.integers(0, classes, 8)])
    for of in (cross_entropy, margins, brier):
        np.testing.assert_array_equal(of(logits, y.astype(kind)), of(logits, y))
    for of in (cross_entropy, brier):
        slopes = [jax.grad(lambda z, t, of=of: of(z, t).sum())(logits, held) for held in (y.astype(kind), y)]
        np.testing.assert_array_equal(*slopes)


def test_class_numbers_and_tokens_stay_whole(key: PRNGKeyArray) -> None:
    """A model of one's own that looks something up by its inputs is given them as they are."""

    class Looking(linen.Module):
        @linen.compact
        def __call__(self, x: Any) -> Any:
            return linen.Dense(2)(linen.Embed(9, 4)(x).mean(1))

    mine = ns.learners.flax_module(Looking(), optimiser=optax.sgd(0.1), epochs=1, batch=4)
    x = np.random.default_rng(0).integers(0, 9, (16, 3))
    s = ns.Scenario.build(x, np.eye(2, dtype="f")[x[:, 0] % 2], forget=[0])
    assert np.isfinite(flat(mine.fit(key, s.rows).params)).all()

    def fit(k: Any, rows: ns.Rows) -> ns.Trained:
        del k
        return ns.Trained({"y": rows.y, "x": rows.x}, None, naming)

    naming = ns.Learner(fit, lambda params, x: x, lambda outputs, y: y, logits=True, numeric=True)
    rows = ns.Rows(jnp.ones((2, 1), bool), jnp.array([0, 3], jnp.uint8), jnp.ones(2, bool))
    kept = naming.fit(key, rows).params
    assert jnp.issubdtype(kept["y"].dtype, jnp.integer)
    assert jnp.issubdtype(kept["x"].dtype, jnp.floating)
    transformer, (text, _) = SMALL["transformer"](), (jnp.ones((4, 4), int), None)
    assert transformer.read(ns.Rows(text, text, jnp.ones(4, bool))).x.dtype == text.dtype


def test_wrapping_leaves_equal_learners_equal() -> None:
    assert ns.learners.ridge(0.5).loss == ns.learners.ridge(2.0).loss
    assert ns.learners.noisy(ns.learners.ridge()).apply == ns.learners.ridge().apply
