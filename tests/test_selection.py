"""Selection rules against scipy, and the fractions they need against the reference table."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.spatial.distance
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from neverseen.formal.distributional._selection import (
    RULES,
    coreset,
    cosine,
    likelihood_ratio,
    lr_cosine,
    lr_mahalanobis,
    mahalanobis,
    random,
    select,
    to_retained,
)
from neverseen.formal.theorems._selection import kept_by_distance, kept_by_ratio, needed

RNG = np.random.default_rng(3)
MIX = np.array([[1.0, 0.4, 0.0], [0.0, 0.7, 0.2], [0.3, 0.0, 1.5]])
X1, X2 = RNG.normal(size=(60, 3)) @ MIX + 1.0, RNG.normal(size=(90, 3)) @ MIX + [2.0, 0.5, 2.0]


def expected_scores() -> dict[str, np.ndarray]:
    mean1, mean2 = X1.mean(0), X2.mean(0)
    pooled = (59 * np.cov(X1.T) + 89 * np.cov(X2.T)) / 148
    normal_law: Any = scipy.stats.multivariate_normal
    density = [normal_law(mean, pooled).logpdf(X1) for mean in (mean1, mean2)]

    def away(metric: str, mean: np.ndarray, **kw: Any) -> np.ndarray:
        cdist: Any = scipy.spatial.distance.cdist
        return cdist(X1, mean[None], metric, **kw)[:, 0]

    maha = {"VI": np.linalg.inv(pooled)}
    return {
        "distance": away("euclidean", mean2),
        "mahalanobis": away("mahalanobis", mean2, VI=np.linalg.inv(np.cov(X2.T))),
        "cosine": away("cosine", mean2),
        "likelihood-ratio": density[0] - density[1],
        "lr-mahalanobis": away("mahalanobis", mean2, **maha) - away("mahalanobis", mean1, **maha),
        "lr-cosine": away("cosine", mean2) - away("cosine", mean1),
        "coreset": -away("euclidean", mean1),
        "norm": np.sqrt((X1**2).sum(1)),
        "k-centre": farthest_first(X1),
    }


def farthest_first(x: np.ndarray) -> np.ndarray:
    """Minus each row's turn, by the definition: what is farthest from all rows so far comes next."""
    order = [int(np.argmin(((x - x.mean(0)) ** 2).sum(1)))]
    while len(order) < len(x):
        cdist: Any = scipy.spatial.distance.cdist
        order.append(int(np.argmax(cdist(x, x[order]).min(1))))
    return -np.argsort(order).astype(float)


@pytest.mark.parametrize("name", RULES)
def test_each_rule_against_scipy(name: str) -> None:
    found = RULES[name](jnp.asarray(X1), jnp.asarray(X2))
    assert np.allclose(found, expected_scores()[name], rtol=1e-4, atol=1e-5)


def test_the_rules_are_different_and_all_listed() -> None:
    scores = expected_scores()
    assert set(scores) == set(RULES)
    orders = {tuple(np.argsort(-np.asarray(rule(jnp.asarray(X1), jnp.asarray(X2))))) for rule in RULES.values()}
    assert len(orders) == len(RULES)


@pytest.mark.parametrize("rule", [mahalanobis, likelihood_ratio, lr_mahalanobis])
def test_mahalanobis_rules_ignore_the_units(rule: Any) -> None:
    one = rule(jnp.asarray(X1), jnp.asarray(X2))
    other = rule(jnp.asarray(X1 @ MIX.T + 5), jnp.asarray(X2 @ MIX.T + 5))
    assert np.allclose(one, other, rtol=1e-3, atol=1e-4)
    euclidean = [to_retained(jnp.asarray(a), jnp.asarray(b)) for a, b in ((X1, X2), (X1 @ MIX.T, X2 @ MIX.T))]
    assert not np.allclose(*euclidean, rtol=1e-3)


def test_the_difference_of_plain_distances_does_not_order_as_the_likelihood_ratio() -> None:
    x1, x2 = jnp.array([[-3.0], [-2.0], [0.0], [1.0], [4.0]]), jnp.array([[3.0], [5.0]])
    plain, ratio = lr_mahalanobis(x1, x2), likelihood_ratio(x1, x2)
    assert np.allclose(plain[0], plain[1])  # both beyond μ̂₁ = 0
    assert bool((jnp.diff(ratio) < 0).all())


def test_random_is_a_function_of_the_key() -> None:
    one, again, other = (random(jax.random.key(seed))(jnp.asarray(X1), jnp.asarray(X2)) for seed in (1, 1, 2))
    assert jnp.array_equal(one, again)
    assert not jnp.array_equal(one, other)


# Few lengths, as each compiles programs of its own.
@given(st.sampled_from((1, 4, 12)).flatmap(lambda n: st.lists(st.integers(0, 5), min_size=n, max_size=n)), st.data())
def test_select_takes_the_largest_first_come_first_served(values: list[int], data: st.DataObject) -> None:
    budget = data.draw(st.integers(0, len(values)))
    mask = np.asarray(select(jnp.asarray(values, float), budget))
    ranked = sorted(range(len(values)), key=lambda i: (-values[i], i))
    assert sorted(np.flatnonzero(mask)) == sorted(ranked[:budget])


def test_bad_selections_are_refused() -> None:
    with pytest.raises(ValueError, match="budget: 3"):
        select(jnp.zeros(2), 3)
    with pytest.raises(ValueError, match="budget: -1"):
        select(jnp.zeros(2), -1)
    with pytest.raises(ValueError, match="row 1 has the score NaN"):
        select(jnp.array([0.0, jnp.nan]), 1)
    flat = jnp.asarray(np.column_stack([X1[:, 0], 2 * X1[:, 0]]))
    for rule in (mahalanobis, likelihood_ratio, lr_mahalanobis):
        with pytest.raises(ValueError, match="singular"):
            rule(flat, flat)
    with pytest.raises(ValueError, match="too few rows"):
        mahalanobis(jnp.zeros((3, 1)), jnp.zeros((1, 1)))


def test_zero_vectors_are_orthogonal_to_everything() -> None:
    x1, x2 = jnp.array([[0.0, 0.0], [1.0, 0.0]]), jnp.array([[2.0, 0.0]])
    assert cosine(x1, x2).tolist() == [1.0, 0.0]
    assert lr_cosine(x1, x2).tolist() == [0.0, 0.0]


def test_rules_are_traceable() -> None:
    for rule in RULES.values():
        x1, x2 = jnp.asarray(X1), jnp.asarray(X2)
        assert np.allclose(jax.jit(rule)(x1, x2), rule(x1, x2), rtol=1e-4, atol=1e-5)


# The deletion fractions of the reference table, from n₁ = n₂ = 20 000 draws

TABLE = {
    "distance": (0.115, 0.11, 0.13, 0.205, 0.33, 0.405, 0.45, 0.475),
    "likelihood-ratio": (0.015, 0.045, 0.10, 0.20, 0.33, 0.405, 0.45, 0.475),
}
GAPS = (0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0)
ROWS = 20_000


def refits(scores: np.ndarray, x1: np.ndarray, x2: np.ndarray) -> np.ndarray:
    """The refitted mean after the f largest scores are deleted, f = 0 … n₁ − 1."""
    order = np.argsort(-scores, kind="stable")
    kept = x1.sum() - np.concatenate([[0.0], np.cumsum(x1[order])[:-1]])
    return (kept + x2.sum()) / (len(x1) - np.arange(len(x1)) + len(x2))


@pytest.mark.parametrize("name", TABLE)
@pytest.mark.parametrize("column", range(len(GAPS)), ids=GAPS.__getitem__)
def test_the_table_of_deletion_fractions(name: str, column: int) -> None:
    gap, rng = GAPS[column], np.random.default_rng([20_000, column])
    x1, x2 = rng.normal(0, 1, ROWS), rng.normal(gap, 1, ROWS)
    means_ = refits(np.asarray(RULES[name](jnp.asarray(x1)[:, None], jnp.asarray(x2)[:, None])), x1, x2)
    found = int(np.argmax(means_ >= gap / math.sqrt(2)))
    # A fraction read off a curve errs by the curve's standard error over its slope, here and in the table,
    # which was measured on ten times the rows and rounded to .005.
    width = 1500
    slope = (means_[found + width] - means_[max(found - width, 0)]) / (found + width - max(found - width, 0)) * ROWS
    error = 1 / math.sqrt(2 * ROWS) / slope
    assert found / ROWS == pytest.approx(TABLE[name][column], abs=4 * error * math.sqrt(1.1) + 0.0025)


@pytest.mark.parametrize(("name", "kept"), [("distance", kept_by_distance), ("likelihood-ratio", kept_by_ratio)])
def test_the_table_against_the_population_limit(name: str, kept: Any) -> None:
    exact = [needed(kept, gap) for gap in GAPS]
    noise = [0.0145, *[0.005] * 7] if name == "distance" else [0.005] * 8  # its grid of .005; one flat curve
    assert all(abs(a - b) <= c for a, b, c in zip(TABLE[name], exact, noise, strict=True))
    assert exact == sorted(exact)


def test_random_deletion_matches_its_entry_of_the_table() -> None:
    rng = np.random.default_rng(5)
    x1, x2 = rng.normal(0, 1, ROWS), rng.normal(1, 1, ROWS)
    scores = np.asarray(random(jax.random.key(5))(jnp.asarray(x1)[:, None], jnp.asarray(x2)[:, None]))
    found = int(np.argmax(refits(scores, x1, x2) >= 1 / math.sqrt(2))) / ROWS
    error = 1 / math.sqrt(2 * ROWS) / 0.5  # d(mean)/df = 1/(2 − f)² = .5 at f = 2 − √2
    assert found == pytest.approx(2 - math.sqrt(2), abs=4 * error)


def test_coreset_is_the_worst_rule_at_a_large_gap() -> None:
    rng = np.random.default_rng(6)
    x1, x2 = rng.normal(0, 1, 2000), rng.normal(5, 1, 2000)
    needed = {
        name: int(np.argmax(refits(np.asarray(rule(jnp.asarray(x1)[:, None], jnp.asarray(x2)[:, None])), x1, x2)
                            >= 5 / math.sqrt(2)))
        for name, rule in {"distance": to_retained, "coreset": coreset}.items()
    }  # fmt: skip
    assert needed["coreset"] > 1.1 * needed["distance"]
