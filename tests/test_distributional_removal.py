"""Select, delete, retrain: masked rules are the rules, and the remover deletes what they name."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jaxtyping import PRNGKeyArray

import neverseen as ns
from neverseen.formal.distributional._selection import RULES, select

N, DIMS = 24, 2
RNG = np.random.default_rng(11)
UNWANTED = jnp.asarray(np.isin(np.arange(N), [1, 2, 5, 8, 9, 13, 20]))
ABSENT = jnp.asarray(np.isin(np.arange(N), [0, 9, 17, 23]))
X = jnp.asarray(RNG.normal(size=(N, DIMS)) + 2 * np.asarray(UNWANTED)[:, None], jnp.float32)
GARBAGE = jnp.where(ABSENT[:, None], 1e6, X)
ROWS = ns.Rows(GARBAGE, jnp.zeros((N, 1)), ~ABSENT)
ASKED, KEPT = UNWANTED & ~ABSENT, ~UNWANTED & ~ABSENT


def mean_of(key: Any, rows: ns.Rows) -> ns.Trained:
    del key
    total = jnp.where(rows.present[:, None], rows.x, 0).sum(0)
    return ns.Trained(total / jnp.maximum(rows.count(), 1), None, MEAN)


MEAN = ns.Learner(mean_of, lambda w, x: x - w, lambda out, y: (out**2).sum(1), name="mean", random=False)


def removed(remover: ns.Remover, forget: Any = UNWANTED, key: Any = None, rows: ns.Rows = ROWS) -> Any:
    key = jax.random.key(0) if key is None else key
    call = jax.jit(lambda k, s: remover(k, mean_of(k, rows), rows, s, behaviour=UNWANTED).params)
    return np.asarray(call(key, forget))


@pytest.mark.parametrize("name", RULES)
def test_a_masked_rule_is_the_rule_on_the_rows_there_are(name: str) -> None:
    masked = jax.jit(RULES[name])(GARBAGE, GARBAGE, ASKED, KEPT)
    plain = RULES[name](X[np.asarray(ASKED)], X[np.asarray(KEPT)])
    np.testing.assert_allclose(masked[np.asarray(ASKED)], plain, rtol=2e-5, atol=2e-5)


def test_selection_among_some_rows_with_a_traced_budget() -> None:
    scores = jnp.asarray(RNG.integers(0, 4, N), jnp.float32).at[0].set(jnp.nan).at[9].set(jnp.inf)
    taken = jax.jit(select)
    for budget in range(int(ASKED.sum()) + 1):
        rows = np.flatnonzero(ASKED)[np.asarray(select(scores[np.asarray(ASKED)], budget))]
        assert np.flatnonzero(taken(scores, budget, ASKED)).tolist() == rows.tolist()
    assert int(taken(scores, 99, ASKED).sum()) == int(ASKED.sum())
    with pytest.raises(ValueError, match="budget: 7 rows cannot be deleted out of 6"):
        select(scores, 7, ASKED)


@pytest.mark.parametrize("name", ["distance", "likelihood-ratio"])
def test_the_share_with_the_largest_scores_goes(name: str) -> None:
    x1, x2 = (np.asarray(X)[np.asarray(mask)] for mask in (ASKED, KEPT))
    if name == "distance":
        scores = np.linalg.norm(x1 - x2.mean(0), axis=1)
    else:
        scatter = sum((len(x) - 1) * np.cov(x.T) for x in (x1, x2)) / (len(x1) + len(x2) - 2)
        scores = x1 @ np.linalg.solve(scatter, x1.mean(0) - x2.mean(0))
    left = np.concatenate([x1[np.argsort(-scores)[3:]], x2])  # round(.5 · 6) of the rows there are
    found = removed(ns.removers.distributional(name, share=0.5))
    np.testing.assert_allclose(found, left.mean(0), rtol=1e-5)
    assert abs(found - removed(ns.removers.distributional("coreset", share=0.5))).max() > 1e-2


def test_the_ends_are_retraining_and_training_anew(key: PRNGKeyArray) -> None:
    learner, scenario = ns.learners.mlp(hidden=2, epochs=1, batch=4), ns.scenarios.blobs(size=4, full=6, rows=16)
    model, behaviour = learner.fit(key, scenario.rows), {"behaviour": scenario.behaviour}
    whole = ns.removers.distributional("random", share=1)(key, model, scenario.rows, scenario.forget, **behaviour)
    anew = ns.removers.retrain()(key, model, scenario.rows, scenario.forget)
    none = ns.removers.distributional(share=0)(key, model, scenario.rows, scenario.forget, **behaviour)
    assert jax.tree.all(jax.tree.map(jnp.array_equal, whole.params, anew.params))
    assert jax.tree.all(jax.tree.map(jnp.array_equal, none.params, model.params))
    assert not jax.tree.all(jax.tree.map(jnp.array_equal, whole.params, none.params))


def test_random_selection_is_a_function_of_the_key() -> None:
    remover = ns.removers.distributional("random", share=0.5)
    one, again, other = (removed(remover, key=jax.random.key(seed)) for seed in (1, 1, 2))
    assert (one == again).all()
    assert (one != other).any()


def test_hidden_units_are_what_the_rule_sees() -> None:
    x1, x2 = (np.asarray(X)[np.asarray(mask)] for mask in (ASKED, KEPT))
    second = abs(x1[:, 1] - x2[:, 1].mean())
    left = np.concatenate([x1[np.argsort(-second)[3:]], x2])
    found = removed(ns.removers.distributional("distance", 0.5, lambda params, x: x[:, 1:]))
    np.testing.assert_allclose(found, left.mean(0), rtol=1e-5)
    assert abs(found - removed(ns.removers.distributional("distance", 0.5))).max() > 1e-2


def test_a_rule_without_a_value_publishes_nan_or_raises() -> None:
    flat = ns.Rows(jnp.tile(GARBAGE[:, :1], 2), ROWS.y, ROWS.present)
    assert np.isnan(removed(ns.removers.distributional("mahalanobis"), rows=flat)).all()
    assert np.isfinite(removed(ns.removers.distributional("distance"), rows=flat)).all()
    with pytest.raises(ValueError, match="singular"):
        ns.removers.distributional("mahalanobis")(
            jax.random.key(0), mean_of(None, flat), flat, UNWANTED, behaviour=UNWANTED
        )


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (("nearest", 0.5), "rule: 'nearest' is unknown; did you mean '.*'[?] known: distance, .*, random"),
        (("distance", 1.5), "share: 1.5 is more than 1"),
        (("distance", float("nan")), "share: nan is not a finite number"),
    ],
)
def test_bad_arguments_are_refused(given: tuple[Any, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ns.removers.distributional(*given)


def test_selection_parts_the_laws_with_fewer_deletions_than_chance() -> None:
    """One dimension, separation 1: KL(p₁‖p) = (refitted mean)²/2 after 30 % of p₁ is deleted, κ/2 the target (T20)."""
    rng = np.random.default_rng(4)
    x = np.concatenate([rng.normal(0, 1, 2000), rng.normal(1, 1, 2000)])[:, None]
    rows = ns.Rows(jnp.asarray(x, jnp.float32), jnp.zeros((4000, 1)), jnp.ones(4000, bool))
    first = jnp.arange(4000) < 2000
    far: dict[str, float] = {}
    for rule in ("distance", "likelihood-ratio", "random", "coreset"):
        remover = ns.removers.distributional(rule, share=0.3)
        made = jax.jit(lambda s, r=remover: r(jax.random.key(1), mean_of(None, rows), rows, s, behaviour=s).params)
        far[rule] = float(made(first)[0]) ** 2 / 2
    assert min(far["distance"], far["likelihood-ratio"]) > 0.25  # κ/2, which random deletion reaches at 59 %
    assert max(far["random"], far["coreset"]) < 0.2
