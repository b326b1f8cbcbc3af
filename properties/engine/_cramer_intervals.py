r"""Intervals for a Cramér distance, and for its share of another: all values at which the runs do not contradict it.

Both estimates are quadratic in Gaussian errors: with D the difference of two mean embeddings and C the covariance of
its error, d̂² = ‖D + ε‖² − E‖ε‖² has variance 4 D'CD + 2 tr C². Where the distance is overestimated, so is its error,
and the other way round: an interval of plus and minus t standard errors misses large truths (a jackknife with Student's
t covered .84 of .90, the truth above it nearly always). Hence the error is that *of the value in question*, N − sM = 0
for a distance N, a second one M and a share s (M = 1 where there is no second):

- `first − second` of the jackknife is 4 D'CD and, in reserve, half of what it counts too much where laws agree;
- `second` is 2 tr C², all there is where laws agree: with it alone a distance of 0 is put to the test;
- where the truth would lie above the estimate by g, D'CD may be more by λg, λ the largest eigenvalue of C: at most
  √(tr C²), to which its own standard error is added (`doubt`), since it is small by chance where few runs make it;
- where it would lie below, D is shrunk with it;
- the third cumulant (a component that few runs have) moves the end on its side by γ(3t² + 1)/6 standard errors, what
  Wilson's interval does for a share; Hall's (2t² + 1)/6 is its first order. It never draws an end in;
- t is Student's, of the smallest arm's runs less one.

What stays uncertain: a component of fewer than five expected runs, which may not be there at all. Coverage at known
laws: `benchmarks/distance.py`.
"""

import math
from collections.abc import Callable

import numpy as np
from jaxtyping import Float64
from scipy.special import stdtrit

from ...formal._types import Real
from ._cramer import Estimates

Range = tuple[float, float]
Shares = Float64[np.ndarray, " s"]

_POINTS, _ROUNDS, _FAR = 129, 3, 1e12


def span(found: Estimates, i: int, level: Real) -> Range:
    """The interval of distance number i; it begins at 0 or above, though an estimate may lie below.

    Args:
        found: from `estimate`.
        i: which of the couples.
        level: nominal, in (0, 1).

    >>> from ._cramer import Layout, apart, estimate
    >>> found = estimate(apart([np.zeros((9, 1)), np.full((9, 1), 0.25)]), Layout((9, 9), (0, 1)), ((0, 1),))
    >>> span(found, 0, 0.95)
    (0.25, 0.25)
    """
    first, second, doubt, third = (
        _beside_one(each, i) for each in (found.first, found.second, found.doubt, found.third)
    )
    alone = Estimates(np.array([found.value[i], 1.0]), first, second, doubt, third, found.least)
    return _held(alone, _reach(found, level))


def ratio_span(found: Estimates, level: Real) -> Range | None:
    """The interval of the first distance over the second, by Fieller's method; arms in common are accounted for.

    Args:
        found: from `estimate`, of two couples.
        level: nominal, in (0, 1).

    Returns:
        It, or None where it would have no end: the second distance cannot be told from 0.

    Source: Fieller 1954.

    >>> from ._cramer import Layout, apart, estimate
    >>> arms = [np.full((9, 1), value) for value in (0.25, 0.0, 0.5)]
    >>> ratio_span(estimate(apart(arms), Layout((9, 9, 9), (0, 1, 0)), ((0, 1), (2, 1))), 0.95)
    (0.5, 0.5)
    """
    if found.value[1] <= 0:
        return None
    low, high = _held(found, _reach(found, level))
    return None if high == math.inf else (low, high)


def _reach(found: Estimates, level: Real) -> float:
    return float(stdtrit(found.least - 1, (1 + level) / 2))


def _beside_one(moments: Float64[np.ndarray, "..."], i: int) -> Float64[np.ndarray, "..."]:
    """Moments of number i and of a second one, which is known."""
    both = np.zeros((2,) * moments.ndim)
    both[(0,) * moments.ndim] = moments[(i,) * moments.ndim]
    return both


def _held(found: Estimates, reach: float) -> Range:
    """The least and the largest share s at which N − sM may be 0."""

    def excess(shares: Shares) -> Shares:
        return _excess(found, shares, reach)

    inside = max(float(found.value[0] / found.value[1]), 0.0)
    size = max(float(found.first[0, 0]), float(found.second[0, 0]), 0.0)
    step = 2 * reach * math.sqrt(size) / float(found.value[1]) + 1e-6
    while excess(np.array([inside + step]))[0] <= 0:
        step *= 2
        if step > _FAR:
            return _edge(excess, inside, 0.0), math.inf
    return _edge(excess, inside, 0.0), _edge(excess, inside, inside + step)


def _excess(found: Estimates, shares: Shares, reach: float) -> Shares:
    """By how much |N − sM| is more than errors explain."""
    above, below = (float(value) for value in found.value)
    gap = above - shares * below
    shrunk = np.sqrt(np.clip(shares * below / above, 0.0, 1.0)) if above > 0 else np.ones_like(shares)
    linear = _square(found.first - found.second, shrunk, shares)
    # What would have been underestimated has no more of it than all of N, or all of sM, has.
    ones = np.ones_like(shares)
    most = _second(found, np.where(gap > 0, 0.0, 1.0), np.where(gap > 0, shares, 0.0))
    largest = np.sqrt(np.minimum(_second(found, ones, shares), most) / 2)
    own = _square(found.second, ones, shares)
    error = np.sqrt(linear + own + 4 * largest * abs(gap))
    skewness = _cube(found.third, shares) / np.maximum(_square(found.first, ones, shares), 1e-100) ** 1.5
    lean = np.maximum(np.where(gap > 0, -skewness, skewness), 0.0) * np.sqrt(linear + own)
    return abs(gap) - reach * error - lean * (3 * reach**2 + 1) / 6


def _square(moments: Float64[np.ndarray, "2 2"], shrunk: Shares, shares: Shares) -> Shares:
    mixed = shrunk**2 * moments[0, 0] - 2 * shrunk * shares * moments[0, 1] + shares**2 * moments[1, 1]
    return np.maximum(mixed, 0.0)


def _second(found: Estimates, ones: Shares, shares: Shares) -> Shares:
    """2 tr C² of the mixture, and its standard error on top."""
    pairs = np.stack([ones**2, -ones * shares, -ones * shares, shares**2])
    value = found.second.reshape(4) @ pairs
    doubt = (pairs * (found.doubt.reshape(4, 4) @ pairs)).sum(0)
    return np.maximum(value, 0.0) + np.sqrt(np.maximum(doubt, 0.0))


def _cube(third: Float64[np.ndarray, "2 2 2"], shares: Shares) -> Shares:
    return third[0, 0, 0] - 3 * shares * third[0, 0, 1] + 3 * shares**2 * third[0, 1, 1] - shares**3 * third[1, 1, 1]


def _edge(excess: Callable[[Shares], Shares], inside: float, outside: float) -> float:
    """The last value towards `outside` that is not excluded, on a grid that closes in on it."""
    for _ in range(_ROUNDS):
        grid = np.linspace(inside, outside, _POINTS)
        last = int(np.flatnonzero(excess(grid) <= 0).max(initial=0))
        if last == _POINTS - 1:
            break
        inside, outside = float(grid[last]), float(grid[last + 1])
    else:
        return inside
    return outside
