"""Every learner meets one contract: deleting rows is a mask, and a run depends on its key and its rows alone."""

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jaxtyping import Array, PRNGKeyArray

import neverseen as ns
from neverseen.algorithms.base import cross_entropy
from neverseen.algorithms.learners import LEARNERS
from neverseen.properties.runs._batch_mates import moved_by_others
from neverseen.properties.runs._quick import quickly

SMALL: dict[str, Callable[[], ns.Learner]] = {
    "cnn": lambda: ns.learners.cnn(channels=(4,), epochs=3, batch=4, rate=0.1),
    "logged": lambda: ns.learners.logged(hidden=8, epochs=3, batch=4, rate=0.1),
    "checkpointed": lambda: ns.learners.checkpointed(steps=6, rewind=3, rows=16),
    "dp_sgd": lambda: ns.learners.dp_sgd(steps=5, batch=4),
    "forest": lambda: ns.learners.forest(trees=2),
    "kernel_ridge": lambda: ns.learners.kernel_ridge(0.5),
    "langevin": lambda: ns.learners.langevin(steps=5, rows=16),
    "langevin-batch": lambda: ns.learners.langevin(steps=5, rows=16, batch=4),
    "logistic": lambda: ns.learners.logistic(penalty=0.5, epochs=20),
    "logistic-sgd": lambda: ns.learners.logistic(penalty=0.5, epochs=3, batch=4),
    "mlp": lambda: ns.learners.mlp(hidden=8, epochs=3, batch=4, rate=0.1),
    "naive_bayes": ns.learners.naive_bayes,
    "newton_logistic": lambda: ns.learners.newton_logistic(penalty=0.5),
    "nearest_neighbour": ns.learners.nearest_neighbour,
    "noisy": lambda: ns.learners.noisy(ns.learners.ridge(0.5), 0.1),
    "noisy_tail": ns.learners.noisy_tail,
    "objective_perturbed": ns.learners.objective_perturbed,
    "projected_descent": lambda: ns.learners.projected_descent(steps=6, rows=16),
    "recorded_descent": lambda: ns.learners.recorded_descent(steps=6, rows=16),
    "resnet": lambda: ns.learners.resnet(channels=(2,), epochs=2, batch=4),
    "ridge": lambda: ns.learners.ridge(0.5),
    "rescaled": lambda: ns.learners.rescaled(ns.learners.ridge(0.5)),
    "sisa": lambda: ns.learners.sisa(epochs=2, batch=4),
    "streaming_ridge": lambda: ns.learners.streaming_ridge(0.5),
    "summarised": ns.learners.summarised,
    "transformer": lambda: ns.learners.transformer(
        width=4, blocks=1, heads=2, epochs=2, batch=4, symbols=9, dropout=0.3
    ),
}
RANDOM = [name for name, make in SMALL.items() if make().random]
# Scoped to the module, so that the tests of a learner follow one another and share what they compile.
learners = pytest.mark.parametrize("learner", [make() for make in SMALL.values()], ids=list(SMALL), scope="module")


@functools.cache
def fitted(learner: ns.Learner) -> Callable[[PRNGKeyArray, ns.Rows], Any]:
    """The parameters of one run, compiled."""
    return quickly(lambda key, rows: learner.fit(key, rows).params)


def rows_with_holes(learner: ns.Learner | None = None) -> tuple[ns.Rows, np.ndarray]:
    """Sixteen rows of which eleven are present; the absent ones hold what no row holds. Texts, for a language model."""
    rng = np.random.default_rng(3)
    present = np.isin(np.arange(16), [1, 4, 5, 9, 15], invert=True)
    if learner is not None and learner.tokens is not None:
        text = jnp.asarray(np.where(present[:, None], rng.integers(1, 8, (16, 4)), 8))
        return ns.Rows(text, text, jnp.asarray(present)), present
    x = np.where(present[:, None], rng.normal(size=(16, 4)), 50.0).astype(np.float32)
    y = np.eye(2, dtype=np.float32)[rng.integers(0, 2, 16)]
    return ns.Rows(jnp.asarray(x), jnp.asarray(y), jnp.asarray(present)), present


def removed(rows: ns.Rows, present: np.ndarray) -> ns.Rows:
    """The same rows with the absent ones physically taken out."""
    return ns.Rows(rows.x[present], rows.y[present], jnp.ones(int(present.sum()), bool))


def distance_masked_to_removed(learner: ns.Learner, key: PRNGKeyArray) -> float:
    rows, present = rows_with_holes(learner)
    x = jnp.asarray(np.random.default_rng(4).normal(size=(32, 4)), jnp.float32)
    x = x if learner.tokens is None else rows.x
    outputs = [learner.apply(fitted(learner)(key, r), x) for r in (rows, removed(rows, present))]
    return float(abs(outputs[0] - outputs[1]).max())


def test_every_listed_learner_is_under_test() -> None:
    lacking = LEARNERS.keys() - {name.split("-")[0] for name in SMALL}
    assert not lacking, f"{', '.join(sorted(lacking))}: add a small instance to SMALL"


@learners
def test_masking_equals_deleting(learner: ns.Learner, key: PRNGKeyArray) -> None:
    assert distance_masked_to_removed(learner, key) < 1e-5


@learners
def test_no_output_depends_on_the_rows_beside_it(learner: ns.Learner, key: PRNGKeyArray) -> None:
    rows, _ = rows_with_holes(learner)
    assert moved_by_others(learner, fitted(learner)(key, rows), rows) < 1e-5


def normalising(rows: ns.Rows, there: Array) -> ns.Trained:
    """Least squares on rows standardised by the moments of those given; at evaluation by the batch's own: wrong."""
    weight = there[:, None] / there.sum()
    mean = (weight * rows.x).sum(0)
    spread = jnp.sqrt((weight * (rows.x - mean) ** 2).sum(0))
    x = (rows.x - mean) / spread * rows.present[:, None]
    params = jnp.linalg.solve(x.T @ x + jnp.eye(4), x.T @ rows.y)
    return ns.Trained((mean, spread, params), None, COUPLED)


COUPLED = ns.Learner(
    lambda key, rows: normalising(rows, rows.present), lambda p, x: (x - x.mean(0)) / x.std(0) @ p[2], cross_entropy
)
UNMASKED = ns.Learner(
    lambda key, rows: normalising(rows, jnp.ones(rows.present.shape)),
    lambda p, x: (x - p[0]) / p[1] @ p[2],
    cross_entropy,
)


def test_batch_moments_are_caught_at_evaluation_and_in_training(key: PRNGKeyArray) -> None:
    """At evaluation where an output depends on its batch-mates, in training where absent rows count in the moments."""
    rows, _ = rows_with_holes()
    assert moved_by_others(COUPLED, fitted(COUPLED)(key, rows), rows) > 1e-2
    assert moved_by_others(UNMASKED, fitted(UNMASKED)(key, rows), rows) < 1e-5
    assert distance_masked_to_removed(UNMASKED, key) > 1e-3
    assert distance_masked_to_removed(COUPLED, key) < 1e-5


def test_a_learner_that_counts_absent_rows_is_caught(key: PRNGKeyArray) -> None:
    def fit(k: PRNGKeyArray, rows: ns.Rows) -> ns.Trained:
        del k
        # Wrong: the mean over all rows, absent ones included, shifts the balance with the penalty.
        gram = rows.x.T @ (rows.x * rows.present[:, None]) / len(rows.x) + jnp.eye(4)
        params = jnp.linalg.solve(gram, rows.x.T @ (rows.y * rows.present[:, None]) / len(rows.x))
        return ns.Trained(params, None, wrong)

    wrong = ns.Learner(fit, lambda w, x: x @ w, cross_entropy)
    assert distance_masked_to_removed(wrong, key) > 1e-3


@pytest.mark.parametrize("learner", [SMALL[name]() for name in RANDOM], ids=RANDOM)
def test_another_key_another_model(learner: ns.Learner, key: PRNGKeyArray) -> None:
    rows, _ = rows_with_holes(learner)
    first, second = (learner_vector(learner, k, rows) for k in jax.random.split(key))
    assert float(abs(first - second).max()) > 1e-3


@learners
def test_many_runs_equal_single_runs(learner: ns.Learner, key: PRNGKeyArray) -> None:
    """Same key, same model, too: the two programs are traced apart, so what is not drawn from the key differs."""
    rows, _ = rows_with_holes(learner)
    keys = jax.random.split(key, 4)
    many = ns.pools.draw(learner, rows, keys).params
    for i in range(4):
        one = fitted(learner)(keys[i], rows)
        for a, b in zip(jax.tree.leaves(many), jax.tree.leaves(one), strict=True):
            np.testing.assert_allclose(a[i], b, atol=1e-4)


@learners
def test_no_row_at_all_gives_a_finite_model(learner: ns.Learner, key: PRNGKeyArray) -> None:
    rows, _ = rows_with_holes(learner)
    nothing = ns.Rows(rows.x, rows.y, jnp.zeros(16, bool))
    assert np.isfinite(learner_vector(learner, key, nothing)).all()


@learners
def test_the_second_call_compiles_nothing(learner: ns.Learner, key: PRNGKeyArray) -> None:
    rows, present = rows_with_holes(learner)
    ns.pools.draw(learner, rows, jax.random.split(key, 4))
    before = ns.pools.compiled_programs()
    ns.pools.draw(learner, rows.without(jnp.asarray(present)), jax.random.split(key, 4))
    assert ns.pools.compiled_programs() == before


def test_mlp_learns_digits(key: PRNGKeyArray) -> None:
    scenario, learner = ns.scenarios.digits(), ns.learners.mlp()
    models = ns.pools.draw(learner, scenario.rows, jax.random.split(key, 8)).params
    fresh = scenario.fresh_rest
    hits = jax.vmap(lambda p: learner.apply(p, fresh.x).argmax(-1) == fresh.y.argmax(-1))(models)
    accuracy = (hits & fresh.present).sum(1) / fresh.present.sum()
    assert int(scenario.rows.present.sum()) >= 1000
    assert float(accuracy.min()) >= 0.93


def learner_vector(learner: ns.Learner, key: PRNGKeyArray, rows: ns.Rows) -> np.ndarray:
    """All parameters in one vector."""
    return np.concatenate([np.ravel(leaf).astype(float) for leaf in jax.tree.leaves(fitted(learner)(key, rows))])


@pytest.mark.parametrize("gap", [0.5, -40.0, -200.0, 200.0])
def test_the_loss_of_two_classes_bends_as_that_of_more(gap: float) -> None:
    y = jnp.array([0.25, 0.75])

    def of(logits: Array) -> Array:
        return cross_entropy(logits[None], y[None])[0]

    def general(logits: Array) -> Array:
        return -(y * jax.nn.log_softmax(logits)).sum()

    at = jnp.array([0.0, gap])
    np.testing.assert_allclose(jax.grad(of)(at), jax.grad(general)(at), atol=1e-6)
    np.testing.assert_allclose(jax.hessian(of)(at), jax.hessian(general)(at), atol=1e-6)
