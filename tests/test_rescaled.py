"""Statistics of the data are part of A: a learner that standardises sees the rows that are present and no others."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jaxtyping import PRNGKeyArray
from test_learners import distance_masked_to_removed, rows_with_holes

import neverseen as ns
from neverseen.algorithms.learners import _rescaled  # pyright: ignore[reportPrivateUsage]
from neverseen.formal import Rows

RIDGE = ns.learners.ridge(0.5)


def test_it_is_its_base_on_rows_standardised_by_hand(key: PRNGKeyArray) -> None:
    rows, present = rows_with_holes()
    seen = np.asarray(rows.x, float)[present]
    by_hand = (np.asarray(rows.x, float) - seen.mean(0)) / seen.std(0)
    base = RIDGE.fit(key, Rows(jnp.asarray(by_hand[present], jnp.float32), rows.y[present], jnp.ones(11, bool)))
    made = ns.learners.rescaled(RIDGE).fit(key, rows).params
    np.testing.assert_allclose(made.model, base.params, atol=1e-5)
    outputs = ns.learners.rescaled(RIDGE).apply(made, rows.x)
    np.testing.assert_allclose(outputs, RIDGE.apply(base.params, jnp.asarray(by_hand, jnp.float32)), atol=1e-3)


def test_one_that_takes_its_statistics_of_all_rows_is_caught(
    key: PRNGKeyArray, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert distance_masked_to_removed(ns.learners.rescaled(RIDGE), key) < 1e-5
    monkeypatch.setattr(_rescaled, "moments", lambda x, present: (x.mean(0), x.std(0)))
    make: Any = _rescaled.rescaled
    wrong = make.__wrapped__(RIDGE)  # made anew: what the library holds was traced before
    assert distance_masked_to_removed(wrong, key) > 1e-2


def test_what_an_absent_row_holds_does_not_matter(key: PRNGKeyArray) -> None:
    rows, present = rows_with_holes()
    learner = ns.learners.rescaled(RIDGE)
    first = learner.fit(key, rows).params
    for value in (1e30, jnp.nan, jnp.inf):
        x = jnp.where(jnp.asarray(present)[:, None], rows.x, value)
        again = learner.fit(key, Rows(x, rows.y, rows.present)).params
        for a, b in zip(jax.tree.leaves(first), jax.tree.leaves(again), strict=True):
            np.testing.assert_array_equal(a, b)


def test_a_column_that_does_not_vary_is_centred_and_images_keep_their_shape(key: PRNGKeyArray) -> None:
    x = jnp.asarray(np.random.default_rng(0).random((8, 3, 3)), jnp.float32).at[:, 0, 0].set(0.7)
    rows = Rows(x, jnp.eye(2)[jnp.arange(8) % 2], jnp.ones(8, bool))
    params = ns.learners.rescaled(ns.learners.nearest_neighbour()).fit(key, rows).params
    assert (params.centre.shape, float(params.spread[0, 0])) == ((3, 3), 1.0)
    assert abs(float(params.read(x)[:, 0, 0].max())) < 1e-6


def test_who_fine_tunes_leaves_the_units_as_they_are(key: PRNGKeyArray) -> None:
    scenario = ns.scenarios.blobs(size=4, rows=32)
    learner = ns.learners.rescaled(ns.learners.logistic(epochs=2, batch=8))
    trained = learner.fit(key, scenario.rows)
    out = ns.removers.finetune(epochs=2, batch=8)(key, trained, scenario.rows, scenario.forget).params
    np.testing.assert_array_equal(out.centre, trained.params.centre)
    assert any(float(abs(a - b).max()) > 0 for a, b in zip(*map(jax.tree.leaves, (out, trained.params)), strict=True))


def test_bases_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^base: transformer.* reads texts, whose numbers are names"):
        ns.learners.rescaled(ns.learners.transformer())
    with pytest.raises(ValueError, match=r"^base: noisy.* publishes with noise, and the statistics would go without"):
        ns.learners.rescaled(ns.learners.noisy())
