"""The Cramér distance: against naive sums, unbiased on enumerated laws, its jackknife and intervals against theirs."""

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from neverseen.properties.engine._cramer import Estimates, Layout, apart, estimate, squared_distance
from neverseen.properties.engine._cramer_intervals import ratio_span, span

RNG = np.random.default_rng(0)
APART = Layout((3, 3), (0, 1))


def naive(x: Any, y: Any, shared: bool = False) -> float:
    """The definition, couple by couple and row by row."""

    def far(a: float, b: float) -> float:
        if math.isnan(a) or math.isnan(b):
            return float(math.isnan(a) != math.isnan(b))
        return abs(a - b)

    def mean(one: Any, other: Any, skip: bool) -> float:
        couples = [(i, j) for i in range(len(one)) for j in range(len(other)) if not (skip and i == j)]
        return sum(far(one[i, r], other[j, r]) for i, j in couples for r in range(x.shape[1])) / (
            len(couples) * x.shape[1]
        )

    return mean(x, y, shared) - (mean(x, x, True) + mean(y, y, True)) / 2


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("missing", [0.0, 0.2, 1.0])
def test_it_is_the_naive_sum_over_couples(shared: bool, missing: float) -> None:
    x, y = (np.where(RNG.random((n, 4)) < missing, np.nan, RNG.random((n, 4))) for n in (5, 7))
    layout = Layout((5, 7), (0, 0 if shared else 1))
    assert squared_distance(apart([x, y]), layout, 0, 1) == pytest.approx(naive(x, y, shared), abs=1e-12)


Law = dict[float, float]
FAIR: Law = {0.0: 0.5, 1.0: 0.5}
THREE: Law = {0.0: 0.2, 0.3: 0.5, 1.0: 0.3}
OTHER: Law = {0.0: 0.4, 0.3: 0.4, math.nan: 0.2}


def truth(p: Law, q: Law) -> float:
    """∫(F − G)² over [0, 1], and what NaN adds: with masses a and b there, seen as a point at distance 1 from all."""
    values, chances = list({**p, **q}), [p.get(v, 0.0) - q.get(v, 0.0) for v in {**p, **q}]

    def far(a: float, b: float) -> float:
        return float(math.isnan(a) != math.isnan(b)) if math.isnan(a) or math.isnan(b) else abs(a - b)

    couples = itertools.product(range(len(values)), repeat=2)
    return -sum(chances[i] * chances[j] * far(values[i], values[j]) for i, j in couples) / 2


def expectation(statistic: Callable[[Any, Any], float], p: Law, q: Law, runs: int = 3) -> float:
    """Over all samples of so many runs of both laws."""
    total = 0.0
    for xs in itertools.product(p, repeat=runs):
        for ys in itertools.product(q, repeat=runs):
            chance = math.prod(p[x] for x in xs) * math.prod(q[y] for y in ys)
            total += chance * statistic(np.array(xs)[:, None], np.array(ys)[:, None])
    return total


def ours(x: Any, y: Any) -> float:
    return squared_distance(apart([x, y]), APART, 0, 1)


def with_equal_indices(x: Any, y: Any) -> float:
    """The V-statistic."""
    between = apart([x, y])
    return float(between[:3, 3:].mean() - between[:3, :3].mean() / 2 - between[3:, 3:].mean() / 2)


LAWS = [(FAIR, FAIR), (THREE, THREE), (THREE, FAIR), (THREE, OTHER), (OTHER, OTHER)]


@pytest.mark.parametrize(("p", "q"), LAWS)
def test_it_has_no_bias_on_any_enumerated_law(p: Law, q: Law) -> None:
    assert expectation(ours, p, q) == pytest.approx(truth(p, q), abs=1e-12)


def test_a_v_statistic_and_a_w1_less_its_floor_are_biased() -> None:
    """The wrong ones of the test above: the first where laws agree, the second where they do not."""
    assert expectation(with_equal_indices, FAIR, FAIR) > 0.1

    def w1(x: Any, y: Any) -> float:
        return float(np.abs(np.sort(x, axis=0) - np.sort(y, axis=0)).mean())

    shifted: Law = {0.0: 0.3, 1.0: 0.7}
    less = expectation(w1, shifted, FAIR) - expectation(w1, FAIR, FAIR)
    assert less < 0.7 * 0.2  # W₁ of both laws is 0.2
    assert expectation(w1, FAIR, FAIR) - expectation(w1, FAIR, FAIR) == 0


JOINT: dict[tuple[float, float], float] = {(0.0, 0.0): 0.4, (1.0, 1.0): 0.3, (0.0, 1.0): 0.2, (1.0, 0.0): 0.1}


def test_couples_of_one_seed_are_dropped_and_would_bias_it() -> None:
    """Arms that share seeds run by run, enumerated: without a bias, and with one where the couples are kept."""
    dropped = kept = 0.0
    for units in itertools.product(JOINT, repeat=3):
        chance = math.prod(JOINT[unit] for unit in units)
        x, y = (np.array([unit[i] for unit in units])[:, None] for i in (0, 1))
        between = apart([x, y])
        dropped += chance * squared_distance(between, Layout((3, 3), (0, 0)), 0, 1)
        kept += chance * squared_distance(between, APART, 0, 1)
    exact = truth({0.0: 0.6, 1.0: 0.4}, {0.0: 0.5, 1.0: 0.5})
    assert dropped == pytest.approx(exact, abs=1e-12)
    assert kept < exact - 0.03


def test_a_run_that_diverged_keeps_the_distance_of_negative_type() -> None:
    """Every sum of c_i c_j |z_i − z_j| with Σ c = 0 is at most 0, NaN among the z: no squared distance is below 0."""
    points = np.r_[np.linspace(0, 1, 12), np.nan, np.nan][:, None]
    between = apart([points])
    centre = np.eye(14) - 1 / 14
    assert np.linalg.eigvalsh(-centre @ between @ centre).min() > -1e-12
    # 1 from all is as far as may be: at ¼ it would break it.
    near = np.where((between == 1) & (np.isnan(points) != np.isnan(points).T), 0.2, between)
    assert np.linalg.eigvalsh(-centre @ near @ centre).min() < -0.01


def three(runs: Sequence[int] = (9, 7, 9)) -> list[Any]:
    """Removed models and originals of common seeds, and references."""
    common = RNG.normal(size=(max(runs), 1))
    removed, original = (
        1 / (1 + np.exp(-common[:n] - RNG.normal(size=(n, 5)) - s)) for n, s in zip(runs[::2], (0.3, 2), strict=True)
    )
    return [removed, 1 / (1 + np.exp(-RNG.normal(size=(runs[1], 5)))), original]


COUPLES = ((0, 1), (2, 1))


@pytest.mark.parametrize("streams", [(0, 1, 2), (0, 1, 0), (0, 0, 0), (1, 0, 0)])
def test_the_jackknife_is_that_of_leaving_each_unit_out(streams: tuple[int, int, int]) -> None:
    arms = three((8, 8, 8)) if len(set(streams)) < 3 else three()
    sizes = tuple(len(arm) for arm in arms)
    found = estimate(apart(arms), Layout(sizes, streams), COUPLES)
    total = np.zeros((2, 2))
    for stream in set(streams):
        units = max(n for n, s in zip(sizes, streams, strict=True) if s == stream)
        left = []
        for i in range(units):
            rest = [np.delete(arm, i, 0) if s == stream else arm for arm, s in zip(arms, streams, strict=True)]
            layout = Layout(tuple(len(arm) for arm in rest), streams)
            between = apart(rest)
            left.append([squared_distance(between, layout, *couple) for couple in COUPLES])
        total += (units - 1) * np.cov(np.array(left).T, ddof=0)
    np.testing.assert_allclose(found.first, total, rtol=1e-9)


def test_the_second_order_is_its_variance_where_laws_agree() -> None:
    """Fair coins: the embedding has one dimension of variance ¼, so that Var d² = 2(1/4n + 1/4m)² up to 1/n of it."""
    draws = np.random.default_rng(1)
    found = [
        estimate(apart([draws.integers(0, 2, (n, 1)) * 1.0 for n in (20, 30)]), Layout((20, 30), (0, 1)), ((0, 1),))
        for _ in range(400)
    ]
    exact = 2 * (0.25 / 20 + 0.25 / 30) ** 2
    assert np.mean([each.second[0, 0] for each in found]) == pytest.approx(exact, rel=0.1)
    assert np.mean([each.first[0, 0] for each in found]) == pytest.approx(2 * exact, rel=0.2)
    assert np.var([each.value[0] for each in found]) == pytest.approx(exact, rel=0.3)


def test_the_order_of_runs_and_copies_of_rows_change_nothing() -> None:
    x, y = RNG.random((6, 4)), RNG.random((8, 4))
    layout = Layout((6, 8), (0, 1))
    found = estimate(apart([x, y]), layout, ((0, 1),))
    for other in ([x[::-1], y[RNG.permutation(8)]], [np.tile(x, 3), np.tile(y, 3)], [1 - x, 1 - y]):
        again = estimate(apart([np.ascontiguousarray(each) for each in other]), layout, ((0, 1),))
        for name in ("value", "first", "second"):
            np.testing.assert_allclose(getattr(again, name), getattr(found, name), rtol=1e-9)


def test_constant_laws_have_no_error() -> None:
    for far in (0.0, 0.25):
        found = estimate(apart([np.full((5, 2), 0.5), np.full((4, 2), 0.5 + far)]), Layout((5, 4), (0, 1)), ((0, 1),))
        assert found.value[0] == pytest.approx(far, abs=1e-12)
        assert span(found, 0, 0.95) == pytest.approx((far, far), abs=1e-6)


WRONG = {
    "one run": (
        [np.ones((1, 2)), np.ones((4, 2))],
        "arm 0 has 1 runs; a distance between laws needs 3 or more of each",
    ),
    "other rows": ([np.ones((4, 2)), np.ones((4, 3))], "arm 1 has 3 rows and arm 0 2; give the same rows of each"),
    "above one": (
        [np.ones((4, 2)), np.full((4, 2), 1.5)],
        r"arm 1: 1.5 \(run 0, row 0\) is not in \[0, 1\]; rescale it",
    ),
    "infinite": ([np.full((4, 1), -np.inf), np.ones((4, 1))], r"arm 0: -inf \(run 0, row 0\) is not in \[0, 1\]"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_no_pair_of_arms_is_refused_in_a_line(case: str) -> None:
    arms, said = WRONG[case]
    with pytest.raises(ValueError, match=said) as told:
        apart(arms)
    assert "\n" not in str(told.value)


def test_no_rows_are_no_distance() -> None:
    assert squared_distance(apart([np.ones((3, 0)), np.ones((4, 0))]), Layout((3, 4), (0, 1)), 0, 1) == 0


def parabola(value: Any, first: Any, t: float) -> tuple[float, float]:
    """Fieller's interval in closed form: where (N − sM)² = t² (V_NN − 2s V_NM + s² V_MM)."""
    a = value[1] ** 2 - t**2 * first[1, 1]
    b = value[0] * value[1] - t**2 * first[0, 1]
    root = math.sqrt(b**2 - a * (value[0] ** 2 - t**2 * first[0, 0]))
    return (b - root) / a, (b + root) / a


def made(value: Any, first: Any, second: Any = None, runs: int = 10**6) -> Estimates:
    none = np.zeros((2, 2))
    return Estimates(
        np.array(value),
        np.array(first),
        none if second is None else second,
        np.zeros((2,) * 4),
        np.zeros((2,) * 3),
        runs,
    )


def test_fieller_is_its_parabola_where_errors_do_not_depend_on_the_value() -> None:
    """Above the estimate, where nothing is shrunk; below, of a first distance known without error, exactly too."""
    first = np.array([[0.04, 0.01], [0.01, 0.02]])
    low, high = ratio_span(made([1.0, 2.0], first), 0.95) or (0, 0)
    assert high == pytest.approx(parabola([1.0, 2.0], first, 1.959964)[1], rel=1e-4)
    assert parabola([1.0, 2.0], first, 1.959964)[0] <= low < 0.5
    alone = np.array([[0.0, 0.0], [0.0, 0.02]])
    assert ratio_span(made([1.0, 2.0], alone), 0.9) == pytest.approx(parabola([1.0, 2.0], alone, 1.644854), rel=1e-4)


def test_where_doing_nothing_is_at_the_floor_there_is_no_interval() -> None:
    error = np.diag([0.01, 0.25])
    assert ratio_span(made([0.1, 0.9], error), 0.95) is None
    assert ratio_span(made([0.1, -0.1], np.zeros((2, 2))), 0.95) is None
    found = ratio_span(made([0.1, 1.1], error), 0.95)
    assert found is not None
    assert found[1] < math.inf


def test_originals_themselves_are_at_one_without_error() -> None:
    """Doing nothing: numerator and denominator are one number, and their errors cancel."""
    draws = np.random.default_rng(2)
    original, reference = draws.random((40, 3)) ** 0.3, draws.random((40, 3))
    found = estimate(apart([original, reference, original]), Layout((40, 40, 40), (0, 1, 0)), COUPLES)
    assert ratio_span(found, 0.95) == pytest.approx((1.0, 1.0), abs=1e-4)


def test_an_interval_of_one_dimension_covers_what_it_says() -> None:
    """Coins with chances k/n against tails, exactly: Σ over k of the binomial where (k/n)² is in the interval.

    A jackknife of plus and minus t standard errors, the wrong one, is too short here.
    """
    n = 64
    found = [
        estimate(apart([(np.arange(n) < k)[:, None] * 1.0, np.zeros((n, 1))]), Layout((n, n), (0, 1)), ((0, 1),))
        for k in range(n + 1)
    ]
    short = 0
    for p in (6.4 / n, 13 / n, 0.5):
        chances = [math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(n + 1)]
        for level, t in ((0.9, 1.67), (0.95, 2.0)):
            spans = [span(each, 0, level) for each in found]
            covered = sum(c for c, (low, high) in zip(chances, spans, strict=True) if low - 1e-9 <= p**2 <= high + 1e-9)
            assert covered > level - 0.02
            errors = [t * math.sqrt(each.first[0, 0]) for each in found]
            plain = sum(c for c, each, e in zip(chances, found, errors, strict=True) if abs(each.value[0] - p**2) <= e)
            short += plain < level - 0.02
    assert short >= 2


def test_both_ends_hold_the_estimate_and_grow_with_the_level() -> None:
    x, y = RNG.random((20, 3)), RNG.random((20, 3)) ** 2
    found = estimate(apart([x, y]), Layout((20, 20), (0, 1)), ((0, 1),))
    (a, b), (c, d) = span(found, 0, 0.9), span(found, 0, 0.95)
    assert 0 <= c <= a <= max(found.value[0], 0) <= b <= d
