"""Metrics as published: KLOM's histogram, ToW run by run, a rate at a threshold; what differs from authors' code."""

import dataclasses
import math
import re
from typing import Any

import numpy as np
import pytest
from scipy import stats

from neverseen.properties.metrics import METRICS, Interval, Metric, OperatingPoint, Reading, Row, Table
from neverseen.properties.metrics._klom import divergences
from neverseen.properties.metrics._operating import at_low_fpr
from neverseen.properties.metrics._resample import orders
from neverseen.properties.report import render

DIFFERING = {
    "klom": "the last bin holds the largest value",
    "tow-mia": "area under the curve",
    "truth-ratio": "the mean over wrong labels is arithmetic",
    "forgetting-quality": "plug-in ε on the same runs",
    "u-lira-tpr": "here a run counts once",
}
"""Metrics whose value on the same arrays is not that of their authors' public code, and what the sentence must name."""


@pytest.mark.parametrize("metric", METRICS.values(), ids=list(METRICS))
def test_what_differs_from_the_public_code_is_said_in_one_sentence(metric: Metric) -> None:
    _, *after = metric.statement.split("Differs from the public code: ")
    if metric.name not in DIFFERING:
        assert after == [], f"{metric.name}: add to DIFFERING what the sentence must name"
        return
    assert len(after) == 1, f"{metric.name}: say it in its statement, 'Differs from the public code: …'"
    (sentence,) = after
    assert DIFFERING[metric.name] in sentence
    assert re.fullmatch(r"[^.]+\.", sentence)  # the last one, and a whole one
    assert "public code" not in metric.statement.replace("Differs from the public code: ", "", 1)


# KLOM.

LAWS = {(1.0, 1.0): 0.488, (3.0, 1.0): 4.22, (0.0, 2.0): 0.66, (0.5, 1.0): 0.122, (0.0, 0.5): 0.297}
"""Mean and deviation of P, where R is the standard normal: KLOM at 2²⁰ runs."""


def quantiles(runs: int) -> np.ndarray:
    """As standard normal as so many numbers can be, without luck."""
    return stats.norm.ppf((np.arange(runs) + 0.5) / runs)[:, None]


def limit(low: float, high: float, mean: float, deviation: float) -> float:
    """Over the true shares of twenty bins; nothing of the code under test."""
    edges = np.concatenate([[-np.inf], np.linspace(low, high, 21)[1:-1], [np.inf]])
    p, r = np.diff(stats.norm.cdf(edges, mean, deviation)), np.diff(stats.norm.cdf(edges))
    return float(stats.entropy(p, np.maximum(r, 1e-5)))


@pytest.mark.parametrize("law", LAWS)
def test_klom_goes_to_the_divergence_within_its_stated_bias(law: tuple[float, float]) -> None:
    mean, deviation = law
    true = math.log(1 / deviation) + (deviation**2 + mean**2 - 1) / 2
    off = list[float]()
    for runs in (2**8, 2**12, 2**16, 2**20):
        r = quantiles(runs)
        p = mean + deviation * r
        found = float(divergences(p, r)[0])
        off.append(abs(found - limit(min(p.min(), r.min()), max(p.max(), r.max()), mean, deviation)))
    # A bin of 1e-5 of the references holds some ten of a million quantiles, one more or less.
    assert off[3] < 1e-3 * (1 + true)
    assert off[3] < off[2] < off[0]
    assert off[3] < off[1]
    assert found == pytest.approx(LAWS[law], rel=0.01)
    # What bins and the floor lose is said of each: never more than the divergence itself.
    assert 0.8 * true < found < true


def test_klom_of_equal_samples_is_nothing_and_its_order_counts() -> None:
    r = quantiles(200)
    assert divergences(r, r[::-1]).tolist() == [0.0]
    wide, narrow = 10 * r, r
    p, q = (np.histogram(arm, np.linspace(wide.min(), wide.max(), 21))[0] / 200 for arm in (wide, narrow))
    assert divergences(wide, narrow)[0] == pytest.approx(stats.entropy(p, np.where(p > 0, np.maximum(q, 1e-5), q)))
    views = {name: {"log truth ratios on S": -arm} for name, arm in (("wide", wide), ("narrow", narrow))}
    forth, back = (METRICS["klom"].measure(views[a], views[b]) for a, b in (("wide", "narrow"), ("narrow", "wide")))
    assert forth.value == pytest.approx(divergences(wide, narrow)[0])
    assert forth.value > back.value + 0.5


def test_klom_of_four_runs_by_hand() -> None:
    # Bins of width 1 from 0 to 20. Removed: ½ in the first, ¼ in the second and in the last; references: ¼, 0, ¼, and
    # ½ where nothing removed lies. The floor makes the second 1e-5, of 1 + 1e-5 in all.
    removed, reference = np.array([[0.0], [0.5], [1.0], [20.0]]), np.array([[0.0], [10.0], [10.5], [20.0]])
    by_hand = 0.5 * math.log(2) + 0.25 * math.log(0.25e5) + math.log(1 + 1e-5)
    assert divergences(removed, reference)[0] == pytest.approx(by_hand, abs=1e-12)
    # Beyond ±100 all is one: the range ends there, and so do both arms.
    far = np.array([[-1e9], [1e9], [1e6], [300.0]])
    assert divergences(far, np.clip(far, -100, 100)).tolist() == [0.0]


def test_two_points_apart_are_not_lost_with_the_last_bin() -> None:
    # Where the last bin has no end but the largest value, that arm is empty and the divergence reads 0.
    one, other = np.zeros((8, 1)), np.ones((8, 1))
    for first, second in ((one, other), (other, one)):
        assert divergences(first, second)[0] == pytest.approx(math.log(1e5 + 1))


# ToW.


def kept(accuracies: np.ndarray) -> dict[str, np.ndarray]:
    """Margins of ten points on each set, so many of which are right in each run: `[runs, sets]` of tenths."""
    right = np.arange(10) < np.round(10 * accuracies[..., None])
    names = ("margins on S", "margins on retained", "margins on fresh")
    return {name: np.where(right[:, at], 1.0, -1.0) for at, name in enumerate(names)}


def test_tow_is_the_mean_over_runs_of_their_products() -> None:
    rng = np.random.default_rng(0)
    p, r = rng.integers(0, 11, (2, 16, 3)) / 10
    products = np.array(
        [math.prod(1 - abs(a - b) for a, b in zip(*pair, strict=True)) for pair in zip(p, r, strict=True)]
    )
    found = METRICS["tow"].measure(kept(p), kept(r))
    low, high = stats.t.interval(0.95, 15, products.mean(), stats.sem(products))
    assert (found.value, found.low, found.high) == pytest.approx((products.mean(), low, high))
    # Not the product of the gaps of means, in which gaps of both signs cancel.
    assert found.value < np.prod(1 - np.abs(p.mean(0) - r.mean(0))) - 0.2


def test_tow_of_gaps_that_cancel_in_the_mean_is_not_one() -> None:
    p, r = np.ones((8, 3)), np.ones((8, 3))
    p[::2, 0], r[1::2, 0] = 0.5, 0.5
    assert METRICS["tow"].measure(kept(p), kept(r)).value == pytest.approx(0.5)


@pytest.mark.parametrize("name", ["tow", "tow-mia", "u-lira-tpr", "klom", "cka"])
@pytest.mark.parametrize("seed", [0, 1])
def test_p_values_of_pairs_and_counts_are_exact(name: str, seed: int) -> None:
    """Each of twenty orders of the same runs plays the observed one: at most j of the p-values are j/20 or less."""
    rng = np.random.default_rng(seed)
    every = {"units on S": rng.normal(size=(32, 5, 2)), "log truth ratios on S": rng.normal(size=(32, 3))}
    every |= {f"{kind} on {at}": rng.normal(size=(32, 3)) for kind in ("margins", "losses") for at in ("S", "fresh")}
    every["margins on retained"] = rng.normal(size=(32, 3))
    shuffles, found = orders(16, 20, rng), list[float]()
    for observed in shuffles:
        first, second = ({key: a[half] for key, a in every.items()} for half in (observed[:16], observed[16:]))
        again = [np.argsort(observed)[other] for other in shuffles]
        others = np.array([order for order in again if not np.array_equal(order, np.arange(32))])
        assert len(others) == 19
        found.append(METRICS[name].p_value(first, second, None, others))
    assert all(sum(p <= j / 20 + 1e-12 for p in found) <= j for j in range(1, 20))
    assert min(found) < 0.5 or name == "u-lira-tpr"


# A rate at a threshold.


def test_a_threshold_leaves_no_more_references_above_it_than_asked() -> None:
    reference = np.arange(200.0)
    removed = np.array([150.0, 197.0, 197.5, 199.0, 250.0])
    # One in a hundred of 200 is two: 198 and 199 are above 197.
    assert at_low_fpr(removed, reference, 0.01) == OperatingPoint(0.01, 3, 5, 2, 200)
    assert at_low_fpr(removed, reference[:99], 0.01) == OperatingPoint(0.01, 5, 5, 0, 99)
    assert at_low_fpr(removed, reference[::-1][:64], 0.01) == OperatingPoint(0.01, 1, 5, 0, 64)
    tied = np.concatenate([np.zeros(100), np.ones(100)])
    assert at_low_fpr(np.ones(4), tied, 0.01) == OperatingPoint(0.01, 0, 4, 0, 200)


@pytest.mark.parametrize(("false", "references"), [(0, 4), (0, 64), (2, 256), (10, 1000)])
def test_what_is_shown_of_the_false_positive_rate_is_a_bound(false: int, references: int) -> None:
    point = OperatingPoint(0.01, 12, 64, false, references)
    # The share of a continuous law above the (false + 1)-th largest of so many draws.
    assert stats.beta(false + 1, references - false).sf(point.most_false) == pytest.approx(0.025)
    assert point.sentence.startswith(f"12 of 64 removed runs at {false} of {references} references: ")
    (printed,) = re.findall(r"at most ([\d.]+) %", point.sentence)
    assert point.most_false <= float(printed) / 100 < 1.1 * point.most_false + 1e-9
    wanted = stats.binomtest(12, 64).proportion_ci(0.95, "exact")
    assert dataclasses.astuple(point.interval) == pytest.approx((12 / 64, wanted.low, wanted.high))


def test_the_rate_counts_runs_that_were_not_fitted_to() -> None:
    metric, rng = METRICS["u-lira-tpr"], np.random.default_rng(0)
    reference = {"margins on S": rng.normal(size=(64, 5))}
    fitted, scored = np.arange(64) % 2 == 0, np.arange(64) % 2 == 1
    removed = rng.normal(size=(64, 5))
    removed[fitted] += 50
    removed[np.flatnonzero(scored)[:7]] += 50
    found = OperatingPoint(0.01, 7, 32, 0, 32)
    assert metric.operating_point({"margins on S": removed}, reference) == found
    assert metric.measure({"margins on S": removed}, reference) == found.interval
    assert all(other.operating_point({}, {}) is None for other in METRICS.values() if other.point is None)


def test_equal_laws_are_hit_about_as_often_as_references_are() -> None:
    """The chance that a run exceeds the largest of 32 of its own law is 1/33: over 40 pairs of arms, 39 of 1280."""
    rng, hits = np.random.default_rng(0), 0
    for _ in range(40):
        arms = ({"margins on S": rng.normal(size=(64, 3))} for _ in range(2))
        found = METRICS["u-lira-tpr"].operating_point(*arms)
        assert found is not None
        hits += found.hits
    # Hits above one threshold are not independent: 40 of variance 32/33² · … ≈ 1.8 each, six deviations of their sum.
    assert abs(hits - 40 * 32 / 33) < 6 * math.sqrt(40 * 1.8)


def counted() -> Table:
    """The example, with the counts of its value alone."""
    table = Table.example()
    point = OperatingPoint(0.01, 12, 64, 0, 64)
    value = Reading(point.interval, 0.01, point)
    row = dataclasses.replace(table.rows[0], metric="u-lira-tpr", value=value)
    return dataclasses.replace(table, rows=(row,))


def test_counts_are_in_the_table_the_json_and_the_page() -> None:
    table, said = counted(), "12 of 64 removed runs at 0 of 64 references: their FPR is at most 5.7 % (asked for: 1 %)"
    assert f"\nu-lira-tpr, value: {said}\n" in str(table)
    assert str(table).count("removed runs at") == 1
    assert f"u-lira-tpr, value: {said}." in render(table)
    assert "Left out: cka (no units)." in render(table)
    row: dict[str, Any] = table.to_dict()["rows"][0]
    assert (row["value"]["point"]["hits"], row["value"]["point"]["sentence"]) == (12, said)
    assert Table.from_json(table.to_json()) == table
    # A reading without counts is written as before there were any.
    assert list(row["floor"]) == ["interval", "p"]
    assert Row("klom", "", *(Reading(Interval(0.0, 0.0, 0.0), 1.0),) * 3).value.point is None
