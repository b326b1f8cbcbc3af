"""The Cramér distance of laws, row by row, as U-statistics over runs, and what the runs say of their errors."""

import dataclasses
from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float64, Int64
from scipy.spatial.distance import pdist, squareform

RunRows = Float64[np.ndarray, "_ rows"]
Apart = Float64[np.ndarray, "n n"]
Square = Float64[np.ndarray, "k k"]
Cube = Float64[np.ndarray, "k k k"]
Fourth = Float64[np.ndarray, "k k k k"]

LEAST_COMPARED = 3
"""Runs of an arm without which no run can be left out of a U-statistic of two."""

_FLAT = 1 << 24
"""Numbers of a block that are compared at a time."""


def apart(arms: Sequence[RunRows]) -> Apart:
    r"""How far any two runs of all arms are apart: the mean over rows of |x − y|.

    A NaN, of a run that diverged, is 1 from every number and 0 from another. That is still of negative type: seen from
    NaN the kernel is ½(1 + 1 − |x − y|), and 1 + (1 − |x − y|) is positive definite, the triangle being so on [0, 1].

    Args:
        arms: values in [0, 1], the same rows in each.

    Returns:
        `[N, N]` for the N runs of all arms, one arm after the other; 0 on the diagonal, and where there are no rows.

    Raises:
        ValueError: arms with other rows, fewer than three runs, a value outside [0, 1].

    >>> apart([np.array([[0.0], [0.25], [np.nan]])]).tolist()
    [[0.0, 0.25, 1.0], [0.25, 0.0, 1.0], [1.0, 1.0, 0.0]]
    """
    _admit(arms)
    every = np.concatenate(arms)
    total = np.zeros((len(every), len(every)))
    width = max(1, _FLAT // len(every))
    for start in range(0, every.shape[1], width):
        total += _sums(np.ascontiguousarray(every[:, start : start + width]))
    return total / max(every.shape[1], 1)


def _admit(arms: Sequence[RunRows]) -> None:
    for i, arm in enumerate(arms):
        if arm.shape[1] != arms[0].shape[1]:
            raise ValueError(
                f"arm {i} has {arm.shape[1]} rows and arm 0 {arms[0].shape[1]}; give the same rows of each"
            )
        if len(arm) < LEAST_COMPARED:
            raise ValueError(
                f"arm {i} has {len(arm)} runs; a distance between laws needs {LEAST_COMPARED} or more of each"
            )
        wrong = np.argwhere((arm < 0) | (arm > 1))
        if len(wrong):
            run, row = wrong[0]
            raise ValueError(
                f"arm {i}: {arm[run, row]:g} (run {run}, row {row}) is not in [0, 1]; rescale it, alike in all"
            )


def _sums(every: RunRows) -> Apart:
    missing = np.isnan(every)
    total = squareform(pdist(np.where(missing, 0.0, every), "cityblock"))
    touched = missing.any(0)
    if touched.any():
        gone = missing[:, touched].astype(np.float64)
        lack = gone @ np.where(missing, 0.0, 1 - every)[:, touched].T  # it was taken for 0, x away instead of 1
        total += lack + lack.T
    return total


@dataclasses.dataclass(frozen=True)
class Layout:
    """Which runs are of which arm, and which arms share their seeds run by run.

    Args:
        sizes: runs of each arm.
        streams: a number for each arm; arms of equal numbers share a seed at equal indices.

    >>> Layout((3, 4, 3), (0, 1, 0)).units
    (3, 4)
    """

    sizes: tuple[int, ...]
    streams: tuple[int, ...]

    @property
    def units(self) -> tuple[int, ...]:
        """Independent units of each stream, in the order of `names`."""
        return tuple(max(n for n, s in zip(self.sizes, self.streams, strict=True) if s == name) for name in self.names)

    @property
    def names(self) -> list[int]:
        """The streams."""
        return sorted(set(self.streams))

    def rows(self, arm: int) -> slice:
        """Where an arm's runs stand among all."""
        start = sum(self.sizes[:arm])
        return slice(start, start + self.sizes[arm])

    def allowed(self, a: int, b: int) -> Bool[np.ndarray, "n m"]:
        """Which couples of runs of two arms are independent."""
        couples = np.ones((self.sizes[a], self.sizes[b]), bool)
        if self.streams[a] == self.streams[b]:
            np.fill_diagonal(couples, False)
        return couples

    def unit(self, arm: int) -> Int64[np.ndarray, " n"]:
        """The unit of each run of an arm."""
        before = self.names.index(self.streams[arm])
        return sum(self.units[:before]) + np.arange(self.sizes[arm])


@dataclasses.dataclass(frozen=True)
class Estimates:
    """Distances of several couples of arms, with the covariances of their errors, of first and second order.

    Args:
        value: unbiased.
        first: of the jackknife that leaves out one unit at a time, all couples together; where laws agree it counts the
            second order twice.
        second: of the part of a U-statistic that is quadratic in the errors of both laws, and alone where they agree.
        doubt: the jackknife's covariances of the entries of `second`.
        third: their third cumulants, of first order, with the sign of the errors.
        least: runs of the smallest arm.

    >>> estimate(apart([np.zeros((4, 1)), np.ones((4, 1))]), Layout((4, 4), (0, 1)), ((0, 1),)).value.tolist()
    [1.0]
    """

    value: Float64[np.ndarray, " k"]
    first: Square
    second: Square
    doubt: Fourth
    third: Cube
    least: int


def estimate(between: Apart, layout: Layout, couples: Sequence[tuple[int, int]]) -> Estimates:
    r"""The Cramér distances of some couples of arms, and their errors.

    $$d^2(P, R) = E|X - Y| - \tfrac12 E|X - X'| - \tfrac12 E|Y - Y'| = \int (F_P - F_R)^2,$$

    its expectations as means over couples of runs with no seed in common. So the estimate has no bias at any number of
    runs and lies below 0 now and then. A run enters as a whole, with all its rows.

    Args:
        between: from `apart`, or a weighted mean of several.
        layout: of the runs there.
        couples: arms by number.

    Source: Székely and Rizzo 2013 (energy statistics); Hoeffding 1948 (U-statistics); Arvesen 1969 (their jackknife).

    >>> runs = [np.array([[0.0], [1.0], [1.0]]), np.array([[0.0], [0.0], [1.0]])]
    >>> estimate(apart(runs), Layout((3, 3), (0, 1)), ((0, 1),)).value.round(3).tolist()
    [-0.111]
    """
    found = [_left_out(between, layout, *couple) for couple in couples]
    influence = np.stack([parts for _, parts in found])
    grams = [_gram(between, layout, *couple) for couple in couples]
    each = np.array([[2 * (one * other).sum(0) for other in grams] for one in grams])
    moved = _deviations(2 * each, layout)
    doubt = np.einsum("abu,cdu->abcd", moved, moved)
    # A run that raises the estimate lowers it where it is left out: hence the sign.
    third = -np.einsum("au,bu,cu->abc", influence, influence, influence)
    value = np.array([value for value, _ in found])
    return Estimates(value, influence @ influence.T, each.sum(-1), doubt, third, min(layout.sizes))


def squared_distance(between: Apart, layout: Layout, a: int, b: int) -> float:
    """The estimate alone, of arms `a` and `b`.

    >>> squared_distance(apart([np.zeros((3, 1)), np.ones((3, 1))]), Layout((3, 3), (0, 1)), 0, 1)
    1.0
    """
    return _left_out(between, layout, a, b)[0]


def _left_out(between: Apart, layout: Layout, a: int, b: int) -> tuple[float, Float64[np.ndarray, " units"]]:
    """d², and the jackknife's deviations for each unit, so scaled that the sum of their squares is the variance.

    A unit takes with it the couples of its row and of its column, and they have none in common.
    """
    value, without = 0.0, np.zeros(sum(layout.units))
    for one, other, weight in ((a, b, 1.0), (a, a, -0.5), (b, b, -0.5)):
        couples = layout.allowed(one, other)
        values = np.where(couples, between[layout.rows(one), layout.rows(other)], 0.0)
        sums, counts = np.zeros(len(without)), np.zeros(len(without))
        for arm, axis in ((one, 1), (other, 0)):
            sums[layout.unit(arm)] += values.sum(axis)
            counts[layout.unit(arm)] += couples.sum(axis)
        value += weight * float(values.sum() / couples.sum())
        without += weight * (values.sum() - sums) / (couples.sum() - counts)
    return value, _deviations(without, layout)


def _deviations(without: Float64[np.ndarray, "*k units"], layout: Layout) -> Float64[np.ndarray, "*k units"]:
    """What leaving each unit out changes, so scaled that the sum of squares is the jackknife's variance."""
    found, start = np.empty_like(without), 0
    for count in layout.units:
        part = without[..., start : start + count]
        scale = np.sqrt((count - 1) / count)
        found[..., start : start + count] = scale * (part - part.mean(-1, keepdims=True))
        start += count
    return found


def _gram(between: Apart, layout: Layout, a: int, b: int) -> Float64[np.ndarray, "units units"]:
    """⟨f_i, f_j⟩ of units i ≠ j, where Σ f_i is the error of the difference of both arms' embeddings."""
    units = sum(layout.units)
    total = np.zeros((units, units))
    weights = {arm: sign / np.sqrt(layout.sizes[arm] * (layout.sizes[arm] - 1.0)) for arm, sign in ((a, 1), (b, -1))}
    for one in (a, b):
        for other in (a, b):
            inner = -0.5 * _centred(between[layout.rows(one), layout.rows(other)])
            total[np.ix_(layout.unit(one), layout.unit(other))] += weights[one] * weights[other] * inner
    np.fill_diagonal(total, 0.0)
    return total


def _centred(values: Float64[np.ndarray, "n m"]) -> Float64[np.ndarray, "n m"]:
    return values - values.mean(0) - values.mean(1)[:, None] + values.mean()
