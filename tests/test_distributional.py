"""Distributional removal: the predicate, the law after a deletion, and what KL says about log-loss."""

from __future__ import annotations

import math
from collections.abc import Hashable
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neverseen.formal.closeness import kullback_leibler
from neverseen.formal.distributional._distributional import (
    DistributionalRemoval,
    after_deletion,
    excess_log_loss,
    separation,
)
from neverseen.formal.laws._finite import Law, normalise, point, uniform
from neverseen.formal.laws._gaussian import Gaussian

# The definition


def some_law(outcomes: str = "abc", least: int = 0) -> st.SearchStrategy[Law]:
    weights = st.lists(st.integers(least, 9), min_size=len(outcomes), max_size=len(outcomes)).filter(any)
    return weights.map(lambda w: normalise(dict(zip(outcomes, w, strict=True))))


def kl(p: Law, q: Law) -> float:
    terms = [(float(m), float(q.mass(o))) for o, m in p.support]
    return math.inf if any(b == 0 for _, b in terms) else sum(a * math.log(a / b) for a, b in terms)


@given(some_law(), some_law(), some_law(), st.floats(0, 2), st.floats(0, 2))
def test_the_predicate_on_finite_laws(p1: Law, p2: Law, p: Law, removal: float, preservation: float) -> None:
    expected = kl(p1, p) >= removal and kl(p2, p) <= preservation
    assert DistributionalRemoval(removal, preservation).holds(p1, p2, p) == expected
    assert separation(p1, p) == pytest.approx(kl(p1, p), abs=1e-12)


def test_the_thresholds_are_decided_exactly() -> None:
    # KL(p₁‖p) = log 2 lies strictly between two neighbouring floats: one meets it, the next does not.
    p1, p = point("a"), uniform("ab")
    low, high = math.log(2), math.nextafter(math.log(2), 1)
    truth = Fraction(6931471805599453094172321214581765680755, 10**40)
    low, high = (low, high) if low < truth else (math.nextafter(low, 0), low)
    assert DistributionalRemoval(low, 0).holds(p1, p, p)
    assert not DistributionalRemoval(high, 0).holds(p1, p, p)
    assert DistributionalRemoval(0, high).holds(p, p1, p) != DistributionalRemoval(0, low).holds(p, p1, p)


def test_directions_zero_and_infinity() -> None:
    p1, p2 = point("a"), uniform("ab")
    assert separation(p2, p1) == math.inf
    assert separation(p1, p2) == pytest.approx(math.log(2))
    assert DistributionalRemoval(10**6, 0).holds(p2, p1, p1)
    assert not DistributionalRemoval(0, 10**6).holds(p1, p2, p1)
    assert DistributionalRemoval(0, 0).holds(p1, p1, p1)
    assert not DistributionalRemoval(Fraction(1, 10**30), 0).holds(p1, p1, p1)


def normal(*mean: float, scale: float = 1.0) -> Gaussian:
    return Gaussian(np.array(mean), scale * np.eye(len(mean)))


@pytest.mark.parametrize(("removal", "preservation"), [(-0.1, 0.0), (0.0, -1), (math.nan, 0.0), (0.0, math.inf)])
def test_thresholds_out_of_range_are_refused(removal: float, preservation: float) -> None:
    with pytest.raises(ValueError, match=r"(removal|preservation): .* is not a finite number >= 0"):
        DistributionalRemoval(removal, preservation)


def test_laws_that_cannot_be_compared_are_refused() -> None:
    definition = DistributionalRemoval(0.0, 1.0)
    with pytest.raises(ValueError, match="mixed kinds"):
        definition.holds(point("a"), normal(0.0), normal(0.0))
    with pytest.raises(ValueError, match="covariances differ"):
        definition.holds(normal(0.0), normal(1.0), normal(1.0, scale=2.0))
    with pytest.raises(ValueError, match="covariances differ"):
        definition.holds(normal(0.0), normal(1.0), normal(1.0, 2.0))


def test_the_words_and_the_id() -> None:
    definition = DistributionalRemoval(removal=1.0, preservation=0.5)
    assert definition.statement.id == definition.id == "distributional-removal-1"
    assert r"\mathrm{removal}" in definition.statement.latex()
    assert not any(word in repr(definition) for word in ("epsilon", "alpha", "delta"))


# Log-loss


def joint(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    return rng.dirichlet(np.ones(shape[0] * shape[1])).reshape(shape)


@given(st.integers(0, 2**31), st.sampled_from([(2, 2), (3, 4), (1, 5), (5, 1)]))
def test_excess_log_loss_is_the_difference_of_divergences(seed: int, shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(seed)
    p, q = joint(rng, shape), joint(rng, shape)
    whole = kullback_leibler.host(p.ravel(), q.ravel())
    marginal = kullback_leibler.host(p.sum(1), q.sum(1))
    assert excess_log_loss(p, q) == pytest.approx(float(whole - marginal), abs=1e-12)
    assert excess_log_loss(p, p) == pytest.approx(0, abs=1e-12)


def test_log_loss_refuses_what_is_no_pair_of_laws() -> None:
    p = np.full((2, 2), 0.25)
    with pytest.raises(ValueError, match="shapes"):
        excess_log_loss(p, np.full((2, 3), 1 / 6))
    with pytest.raises(ValueError, match="model is no law"):
        excess_log_loss(p, 2 * p)
    with pytest.raises(ValueError, match="infinite"):
        excess_log_loss(p, np.array([[0.5, 0.0], [0.25, 0.25]]))
    assert excess_log_loss(np.array([[0.5, 0.0], [0.5, 0.0]]), p) == pytest.approx(math.log(2))


# Deletion


@given(some_law(), some_law(), st.fractions(0, 1, max_denominator=7), st.sets(st.sampled_from("abc")))
def test_after_deletion_by_counting_rows(p1: Law, p2: Law, share: Fraction, gone: set[str]) -> None:
    total = math.lcm(p1.scaled[1], p2.scaled[1], share.denominator) ** 2
    counts: dict[Hashable, Fraction | int] = {
        o: share * p1.mass(o) * total * (o not in gone) + (1 - share) * p2.mass(o) * total for o in "abc"
    }
    if not any(counts.values()):
        with pytest.raises(ValueError, match="zero"):
            after_deletion(p1, p2, share, gone)
        return
    assert after_deletion(p1, p2, share, gone) == normalise(counts)


def test_a_share_must_be_a_share() -> None:
    with pytest.raises(ValueError, match="share is 3/2"):
        after_deletion(point("a"), point("b"), Fraction(3, 2), "a")
    with pytest.raises(ValueError, match="exact"):
        after_deletion(point("a"), point("b"), 0.5, "a")
