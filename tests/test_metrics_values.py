"""Metrics on arrays: hand-computed values, both directions, bounds, exact references, and inputs that are refused."""

import dataclasses
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import roc_auc_score

from neverseen.formal.catalogue import METRICS as CATALOGUE
from neverseen.properties.metrics import METRICS, Arm, implementing, named
from neverseen.properties.metrics._challenge import counts, held_out
from neverseen.properties.metrics._klom import shares
from neverseen.properties.metrics._membership import auc
from neverseen.properties.metrics._representation import gram, neighbours
from neverseen.properties.metrics._resample import bounds, jackknife, orders, p_value
from neverseen.properties.metrics._truth import chance, distance

RUNS = 64
ORDERS = orders(RUNS, 39, np.random.default_rng(0))


def arm(**views: object) -> Arm:
    """64 runs that all show the same: `margins_on_S=[1.0, -1.0]`."""
    shown = {name.replace("_", " "): np.asarray(row, np.float64) for name, row in views.items()}
    return {name: np.broadcast_to(row, (RUNS, *row.shape)).copy() for name, row in shown.items()}


def scores(*rows: list[float]) -> Arm:
    return arm(scores_on_S=np.log(np.array(rows)))


def ratios(*values: float) -> Arm:
    return arm(log_truth_ratios_on_S=values)


RIGHT, WRONG = [1.0, 1.0], [-1.0, -1.0]
EASY = {"margins_on_retained": RIGHT, "margins_on_fresh": RIGHT}
INSIDE, OUTSIDE = [0.1, 0.2], [0.3, 0.4]
UNITS = [[1.0], [-1.0], [0.0], [0.0]]
OTHERS = [[0.0], [0.0], [1.0], [-1.0]]
LINE = [[0.0], [1.0], [2.0], [10.0], [11.0], [12.0]]
FOLDED = [[0.0], [10.0], [1.0], [11.0], [2.0], [12.0]]

# For runs without spread, removed against reference: each value follows from the formula by hand.
BY_HAND: list[tuple[str, Arm, Arm, float]] = [
    ("forget-gap", arm(margins_on_S=[1.0, -1.0]), arm(margins_on_S=WRONG), 0.5),
    ("forget-gap", arm(margins_on_S=WRONG), arm(margins_on_S=[1.0, -1.0]), -0.5),
    ("retain-gap", arm(margins_on_retained=WRONG), arm(margins_on_retained=RIGHT), -1.0),
    ("test-gap", arm(margins_on_fresh=RIGHT), arm(margins_on_fresh=WRONG), 1.0),
    ("behaviour-gap", arm(margins_on_behaviour=RIGHT), arm(margins_on_behaviour=[1.0, -1.0]), 0.5),
    # (1 − ½)(1 − 0)(1 − ½) in every pair of runs
    ("tow", arm(**EASY | {"margins_on_S": RIGHT, "margins_on_fresh": [1.0, -1.0]}),
     arm(**EASY, margins_on_S=[1.0, -1.0]), 0.25),
    # Areas 1 and ½ under the curve; gaps 0 and ½.
    ("tow-mia", arm(**EASY | {"margins_on_fresh": [1.0, -1.0]}, losses_on_S=INSIDE, losses_on_fresh=OUTSIDE),
     arm(**EASY, losses_on_S=INSIDE, losses_on_fresh=INSIDE), 0.25),
    ("population-mia", arm(losses_on_S=INSIDE, losses_on_fresh=OUTSIDE),
     arm(losses_on_S=OUTSIDE, losses_on_fresh=INSIDE), 1.0),
    ("population-mia", arm(losses_on_S=[0.1, 0.3], losses_on_fresh=[0.2, 0.4]),
     arm(losses_on_S=INSIDE, losses_on_fresh=OUTSIDE), -0.25),
    ("u-lira", arm(margins_on_S=RIGHT), arm(margins_on_S=WRONG), 1.0),
    ("u-lira", arm(margins_on_S=[1.0, 2.0]), arm(margins_on_S=[0.0, 2.0]), 0.75),
    # All 32 removed runs that are scored, at none of 32 references; then none, where nothing tells them apart.
    ("u-lira-tpr", arm(margins_on_S=[1.0, 2.0]), arm(margins_on_S=[0.0, 2.0]), 1.0),
    ("u-lira-tpr", arm(margins_on_S=RIGHT), arm(margins_on_S=RIGHT), 0.0),
    # p(x) = (1 + e⁻²)/2: the ratio of x is above 1 in removed models and below in references, that of z is 1.
    ("rmia", arm(losses_on_S=[0.0], losses_on_fresh=[1.0]), arm(losses_on_S=[2.0], losses_on_fresh=[1.0]), 1.0),
    ("rmia", arm(losses_on_S=[2.0], losses_on_fresh=[1.0]), arm(losses_on_S=[0.0], losses_on_fresh=[1.0]), 0.0),
    # All 64 in one bin each: the references have the floor, 1e-5, of 1 + 1e-5 where removed models are.
    ("klom", ratios(1.0, 1.0), ratios(-1.0, -1.0), math.log(1e5 + 1)),
    ("truth-ratio", ratios(1.0, 3.0), ratios(0.5, 0.5), 1.5),
    # Three rows against three, apart: 2 of the 20 ways to order them.
    ("forget-quality-ks", ratios(1.0, 2.0, 3.0), ratios(4.0, 5.0, 6.0), 0.1),
    ("activation-distance", scores([0.5, 0.5]), scores([0.9, 0.1]), 0.4 * math.sqrt(2)),
    ("js-divergence", scores([1.0, 1e-300]), scores([1e-300, 1.0]), math.log(2)),
    ("kl-divergence", scores([0.5, 0.5]), scores([0.9, 0.1]), 0.5 * math.log(25 / 9)),
    ("kl-divergence", scores([0.9, 0.1]), scores([0.5, 0.5]), 0.9 * math.log(1.8) + 0.1 * math.log(0.2)),
    ("cka", arm(units_on_S=UNITS), arm(units_on_S=OTHERS), 0.0),
    ("cka", arm(units_on_S=UNITS), arm(units_on_S=[[3.0], [-1.0], [1.0], [1.0]]), 1.0),
    # Of five others each row leaves out one end; the second and the fifth leave out another end each: (4 + 2 · ¾)/6.
    ("neighbour-overlap", arm(units_on_S=LINE), arm(units_on_S=FOLDED), 11 / 12),
    # 32 of 32 and 0 of 32 in each half: ln(.025^(1/32)/(1 − .025^(1/32))) = 2.1, the fifth bucket.
    ("forgetting-quality", ratios(0.0), ratios(1.0), 0.0625),
    ("forgetting-quality", ratios(1.0, 1.0), ratios(0.0, 1.0), (0.0625 + 1) / 2),
]  # fmt: skip


def test_every_listed_metric_is_under_test() -> None:
    """`relearn-time` reads the originals too: it has a test of its own, below."""
    for table, known in (("BY_HAND", {name for name, *_ in BY_HAND}), ("EXACT", EXACT.keys())):
        lacking = METRICS.keys() - known - {"relearn-time"}
        assert not lacking, f"{', '.join(sorted(lacking))}: add its value to {table}"
    unseen = {need for metric in METRICS.values() for need in metric.needs} - views(0).keys()
    assert not unseen, f"{', '.join(sorted(unseen))}: add what so many runs show to `views`"


@pytest.mark.parametrize(("name", "removed", "reference", "value"), BY_HAND)
def test_the_value_is_the_one_computed_by_hand(name: str, removed: Arm, reference: Arm, value: float) -> None:
    found = METRICS[name].measure(removed, reference)
    assert found.value == pytest.approx(value, abs=1e-9)
    # Runs without spread leave nothing to estimate; RMIA's and LiRA's halves do not change that. Counts do.
    share = stats.binomtest(round(value * 32), 32).proportion_ci(0.95, "exact") if name == "u-lira-tpr" else None
    assert (found.low, found.high) == pytest.approx((share.low, share.high) if share else (value, value), abs=1e-9)


def test_relearning_is_timed_from_the_originals_loss() -> None:
    metric, curve = METRICS["relearn-time"], [4.0, 3.0, 1.2, 1.0]
    original = arm(relearning_on_S=[1.1, 1.0, 1.0, 1.0])
    removed = arm(relearning_on_S=curve)
    # 1.1 · 1.1 = 1.21 is reached after two steps; a curve that stays above counts as four.
    assert metric.measure(removed, removed, original).value == 2
    assert metric.measure(original, removed, original).value == 0
    assert metric.measure(arm(relearning_on_S=[4.0, 3.0, 2.0, 1.22]), removed, original).value == 4
    with pytest.raises(ValueError, match="relearn-time: it reads the original models; pass original="):
        metric.measure(removed, removed)


def views(seed: int, shift: float = 0.0, spread: float = 1.0) -> Arm:
    """Random runs of every array that a metric reads."""
    rng = np.random.default_rng(seed)
    shapes = {"units on S": (6, 3), "scores on S": (6, 4), "relearning on S": (9,), "margins on behaviour": (5,)}
    shapes |= {f"{kind} on {place}": (6,) for kind in ("margins", "losses") for place in ("S", "retained", "fresh")}
    shapes["log truth ratios on S"] = (6,)
    return {name: shift + spread * rng.normal(size=(RUNS, *shape)) for name, shape in shapes.items()}


@pytest.mark.parametrize("name", METRICS)
@pytest.mark.parametrize("spread", [0.0, 1.0, 1e6])
def test_values_and_intervals_stay_within_their_bounds(name: str, spread: float) -> None:
    metric, original = METRICS[name], views(3)
    for shift in (0.0, 5.0):
        found = metric.measure(views(1, shift, spread), views(2, 0.0, spread), original)
        assert metric.bounds[0] - 1e-9 <= found.low <= found.value <= found.high <= metric.bounds[1] + 1e-9


EXACT = {
    "forget-gap": 0.0, "retain-gap": 0.0, "test-gap": 0.0, "behaviour-gap": 0.0, "tow": 1.0, "tow-mia": 1.0,
    "population-mia": 0.0, "u-lira": 0.5, "u-lira-tpr": 0.0, "rmia": 0.5, "forgetting-quality": 1.0, "klom": 0.0,
    "truth-ratio": 0.0, "forget-quality-ks": 1.0, "activation-distance": 0.0, "js-divergence": 0.0,
    "kl-divergence": 0.0, "cka": 1.0, "neighbour-overlap": 1.0,
}  # fmt: skip


@pytest.mark.parametrize(("name", "best"), EXACT.items())
def test_the_same_runs_in_both_arms_get_the_best_value(name: str, best: float) -> None:
    assert METRICS[name].measure(views(1), views(1)).value == pytest.approx(best, abs=1e-9)


def parted(name: str, way: int) -> tuple[Arm, Arm, Arm]:
    """Two laws that every metric of its kind tells apart; `way` −1 exchanges them."""
    first, second, original = views(1), views(2), views(3)
    first = {key: values * 0.1 + (3.0 if "losses" not in key else -3.0) for key, values in first.items()}
    second = {key: values * 0.1 - (3.0 if "losses" not in key else -3.0) for key, values in second.items()}
    first |= {f"losses on {place}": np.abs(views(4)[f"losses on {place}"]) for place in ("fresh",)}
    second |= {"losses on fresh": first["losses on fresh"]}
    rng = np.random.default_rng(5)
    pattern = rng.normal(size=(2, 6, 4))
    for arm, centre in ((first, pattern[0]), (second, pattern[1])):
        arm["scores on S"] = 5 * centre + 0.1 * rng.normal(size=(RUNS, 6, 4))
        arm["units on S"] = centre[:, :3] + 0.05 * rng.normal(size=(RUNS, 6, 3))
    return (first, second, original) if way > 0 else (second, first, original)


@pytest.mark.parametrize("name", METRICS)
@pytest.mark.parametrize("way", [1, -1])
def test_laws_apart_are_told_apart_whichever_is_removed(name: str, way: int) -> None:
    removed, reference, original = parted(name, way)
    metric = METRICS[name]
    least = 2 / 40 if metric.further == "both" else 1 / 40
    assert metric.p_value(removed, reference, original, ORDERS) == pytest.approx(least)


@pytest.mark.parametrize("name", METRICS)
def test_runs_without_spread_are_told_from_none_of_their_like(name: str) -> None:
    still = views(0, 0.7, 0.0)
    assert METRICS[name].p_value(still, still, still, ORDERS) == 1.0


@pytest.mark.parametrize("name", METRICS)
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_nan_and_infinity_are_errors_that_name_the_run_and_the_array(name: str, bad: float) -> None:
    metric = METRICS[name]
    for array in metric.needs:
        broken = views(1)
        broken[array].reshape(RUNS, -1)[3, 0] = bad
        words = rf"{name}: run 3 of the (removed|reference) arm is NaN or infinite in {array}; .* use check"
        with pytest.raises(ValueError, match=words):
            metric.measure(broken, views(2), views(3))
        with pytest.raises(ValueError, match=words):
            metric.p_value(views(2), broken, views(3), ORDERS)


def test_what_does_not_fit_is_refused_in_one_line() -> None:
    metric, good = METRICS["klom"], views(1)
    few = {name: values[:7] for name, values in good.items()}
    narrow = {name: values[:, :2] for name, values in good.items()}
    empty = {name: values[:, :0] for name, values in good.items()}
    for removed, reference, words in (
        (few, few, "klom: 7 removed runs are too few; give 8 or more"),
        (good, narrow, r"klom: log truth ratios on S is \(64, 2\) in the reference arm but \(64, 6\) in the removed"),
        (good, {"x": np.zeros((64, 1))}, "klom: the reference arm has no array 'log truth ratios on S'; it holds x"),
        (empty, empty, "klom: log truth ratios on S is empty in the removed arm"),
    ):
        with pytest.raises(ValueError, match=words):
            metric.measure(removed, reference)


# Independent code for the parts that metrics are made of.


@given(st.lists(st.floats(-9, 9), min_size=8, max_size=20), st.lists(st.floats(-9, 9), max_size=5))
def test_no_run_falls_out_of_a_histogram(values: list[float], edges: list[float]) -> None:
    cut = np.sort(np.array(edges))[:, None]
    found = shares(np.array(values)[:, None], cut)[:, 0]
    assert (len(found), found.sum()) == (len(edges) + 1, pytest.approx(1))
    assert (found * len(values))[-1] == pytest.approx(sum(v >= max(edges, default=-10) for v in values))


def test_the_kolmogorov_smirnov_test_is_scipys() -> None:
    rng = np.random.default_rng(0)
    for m in (3, 8, 17):
        first, second = rng.normal(size=(20, m)).round(1), rng.normal(0.5, size=(20, m)).round(1)
        for a, b, k in zip(first, second, distance(first, second), strict=True):
            wanted: Any = stats.ks_2samp(a, b, method="exact")
            assert k / m == pytest.approx(wanted.statistic)  # ties included
            assert chance(m, int(k)) == pytest.approx(wanted.pvalue)


def test_the_area_under_the_curve_is_scikit_learns() -> None:
    rng = np.random.default_rng(0)
    first, second = rng.integers(0, 5, (30, 2)), rng.integers(1, 6, (20, 2))
    labels = np.repeat([1, 0], [30, 20])
    wanted = [roc_auc_score(labels, np.concatenate([first, second])[:, i]) for i in range(2)]
    assert auc(first.astype(float), second.astype(float)).tolist() == pytest.approx(wanted)


def test_the_bounds_are_clopper_and_pearsons() -> None:
    for hits in (0, 1, 7, 20):
        wanted = stats.binomtest(hits, 20).proportion_ci(0.95, "exact")
        assert [float(b[0]) for b in bounds(np.array([hits]), 20)] == pytest.approx([wanted.low, wanted.high])


def test_every_interval_and_its_complement_is_an_event() -> None:
    found = counts(np.arange(5.0)[:, None], np.array([[0.5], [2.5]]))[:, 0]
    # Intervals of the parts of 1, 2 and 2 runs that touch each other, then what they leave.
    assert found.tolist() == [1, 3, 5, 2, 4, 2, 4, 2, 0, 3, 1, 3]


def test_equal_laws_keep_the_points_of_the_challenge() -> None:
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=(2, 64, 200))
    halves = ((first[::2], second[::2]), (first[1::2], second[1::2]))
    # Bounds that cross take two errors at once. Chosen on the runs that judge it, the event would tell 6 % of rows.
    assert (held_out(*halves) > 0).mean() < 0.02
    assert METRICS["forgetting-quality"].measure(*({"log truth ratios on S": a} for a in (first, second))).value > 0.95


def test_attacks_are_scored_on_runs_they_were_not_fitted_to() -> None:
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=(2, 16, 400))
    # 400 rows bring the mean within .02 of ½; fitted to what they score, eight runs of each arm give .6.
    assert METRICS["u-lira"].measure({"margins on S": first}, {"margins on S": second}).value < 0.53


def test_spread_alone_tells_laws_apart_in_likelihood_ratios() -> None:
    rng = np.random.default_rng(0)
    narrow, wide = rng.normal(size=(2, 64, 50)) * np.array([[[0.1]], [[1.0]]])
    for removed, reference in ((narrow, wide), (wide, narrow)):
        assert METRICS["u-lira"].measure({"margins on S": removed}, {"margins on S": reference}).value > 0.9


def test_the_two_similarities_see_different_things() -> None:
    rng = np.random.default_rng(0)
    groups = np.repeat([-50.0, 50.0], 8)[None, :, None]
    # Two far groups with new places inside them: the large variance agrees, most neighbours do not.
    first, second = (np.concatenate([groups, rng.normal(size=(1, 16, 3))], 2) for _ in range(2))
    assert (gram(first) * gram(second)).sum() > 0.99
    assert np.minimum(neighbours(first), neighbours(second)).sum() / 16 < 0.85
    turned = 3 * first @ np.linalg.qr(rng.normal(size=(4, 4)))[0] + 100
    assert (gram(first) * gram(turned)).sum() == pytest.approx(1)
    assert (neighbours(first) == neighbours(turned)).all()


def test_leaving_out_one_run_of_sixteen_is_students_interval() -> None:
    values = np.random.default_rng(0).normal(size=16)
    found = jackknife(lambda kept: float(values[kept].mean()), 16)
    low, high = stats.t.interval(0.95, 15, values.mean(), stats.sem(values))
    assert (found.low, found.high) == pytest.approx((low, high))
    assert jackknife(lambda kept: float(values[kept].mean()), 16, (found.value, 9)).low == found.value


def test_a_p_value_counts_ties_and_its_own_order() -> None:
    exchanged = np.array([1.0, 2.0, 3.0, 4.0])
    assert [p_value(3.0, exchanged, way) for way in ("up", "down")] == [0.6, 0.8]
    assert p_value(5.0, exchanged, "both") == pytest.approx(0.4)
    assert p_value(3.0 + 1e-12, exchanged, "up") == 0.6


@given(st.integers(0, 2**31))
def test_p_values_of_equal_laws_are_not_too_small(seed: int) -> None:
    # Exactly uniform over the orders: over all 20 splits of six runs the rank of each split's value is its p-value.
    values = np.random.default_rng(seed).normal(size=6)
    splits = [np.array(s) for s in np.ndindex(*[2] * 6) if sum(s) == 3]
    gaps = np.array([values[s == 1].mean() - values[s == 0].mean() for s in splits])
    found = [p_value(float(gap), np.delete(gaps, i), "up") for i, gap in enumerate(gaps)]
    assert sorted(found) == pytest.approx(np.arange(1, 21) / 20)


# What a metric says of itself.


@pytest.mark.parametrize("metric", METRICS.values(), ids=list(METRICS))
def test_a_metric_is_bound_to_its_entry_in_the_catalogue(metric: object) -> None:
    found = named(metric)  # pyright: ignore[reportArgumentType]
    assert found.entry in CATALOGUE, f"{found.name}: write {found.entry} into formal/catalogue/_metrics.py"
    entry = CATALOGUE[found.entry]
    assert all(entry.judges(notion) for notion in found.notions)
    assert len(found.sources) == len(entry.citations) > 0
    assert found.statement
    assert found.formula
    assert found.direction
    assert found.name in implementing(found.entry)
    assert dataclasses.replace(found) == found


def test_only_these_entries_are_not_implemented() -> None:
    assert {name for name in CATALOGUE if not implementing(name)} == {"memorisation-gap", "forget-invariance"}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("klmo", "unknown metric 'klmo'; did you mean 'klom'\\?"),
        ("qqq", "unknown metric 'qqq'; known are forget-gap, "),
        ("memorisation-gap", "metric 'memorisation-gap' is catalogued, not implemented; implemented are forget-gap"),
        ("representation-similarity", "is measured by cka, neighbour-overlap; name one of these"),
    ],
)
def test_a_name_that_is_no_metric_is_an_error(name: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        named(name)
