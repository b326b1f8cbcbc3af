"""What runs alone say: an interval by leaving groups of runs out, one of a share, a p-value by exchanging arms."""

import dataclasses
import math
from collections.abc import Callable
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float64, Int64
from scipy.special import betaincinv, stdtrit

from ...formal._types import Real

GROUPS = 16
"""Groups of runs that are left out in turn."""

CONFIDENCE = 0.95
"""Of the intervals."""

_TAIL = 0.025
"""Chance that the bound of a share is wrong, on either side."""

Further = Literal["up", "down", "both"]
"""Where a metric goes when the two laws part."""


@dataclasses.dataclass(frozen=True)
class Interval:
    """A value with its 95 % interval.

    Args:
        value, low, high: low ≤ value ≤ high.

    >>> print(Interval(0.5, 0.25, 0.75))
    0.5 [0.25, 0.75]
    """

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3g} [{self.low:.3g}, {self.high:.3g}]"


def jackknife(
    statistic: Callable[[Int64[np.ndarray, " kept"]], float],
    runs: int,
    bounds: tuple[Real, Real] = (-math.inf, math.inf),
) -> Interval:
    r"""The statistic of all runs, and its interval by leaving out one of G groups of runs at a time.

    $$\hat\theta \pm t_{G-1, .975} \sqrt{\tfrac{G-1}{G} \sum_g (\hat\theta_{-g} - \bar\theta)^2}, \qquad G = 16.$$

    No seed, and centred at the value: a bootstrap would add to a divergence the bias of its resampled ties.

    Args:
        statistic: of the runs with the numbers given.
        runs: how many there are, independent and of one law.
        bounds: what the statistic cannot leave.

    Source: Quenouille 1956, Tukey 1958.

    >>> values = np.arange(32.0)
    >>> print(jackknife(lambda kept: float(values[kept].mean()), 32))
    15.5 [10.4, 20.6]
    """
    everyone, value = np.arange(runs), statistic(np.arange(runs))
    groups = np.array_split(everyone, min(GROUPS, runs))
    left = np.array([statistic(np.delete(everyone, group)) for group in groups])
    count = len(groups)
    error = math.sqrt((count - 1) / count * float(((left - left.mean()) ** 2).sum()))
    half = float(stdtrit(count - 1, (1 + CONFIDENCE) / 2)) * error
    return Interval(value, min(value, max(value - half, bounds[0])), max(value, min(value + half, bounds[1])))


def bounds(
    hits: Int64[np.ndarray, " rows"], runs: int
) -> tuple[Float64[np.ndarray, " rows"], Float64[np.ndarray, " rows"]]:
    """Clopper and Pearson's lower and upper bounds of a probability, each in error at most 2.5 % of the time.

    Source: Clopper and Pearson 1934.

    >>> [float(bound[0].round(3)) for bound in bounds(np.array([5]), 10)]
    [0.187, 0.813]
    """
    low = np.where(hits > 0, betaincinv(np.maximum(hits, 1), runs - hits + 1, _TAIL), 0.0)
    high = np.where(hits < runs, betaincinv(hits + 1, np.maximum(runs - hits, 1), 1 - _TAIL), 1.0)
    return low, high


def orders(runs: int, count: int, rng: np.random.Generator) -> Int64[np.ndarray, "count both"]:
    """Random orders of the runs of both arms: the first half are to play the removed models.

    >>> orders(2, 3, np.random.default_rng(0)).shape
    (3, 4)
    """
    return np.array([rng.permutation(2 * runs) for _ in range(count)]).reshape(count, 2 * runs)


def p_value(observed: Real, exchanged: Float64[np.ndarray, " count"], further: Further) -> float:
    r"""The chance of a statistic as far out as the observed one, were both arms of one law.

    $$p = \frac{1 + \#\{T_\pi \ge T\}}{1 + B},$$

    and twice the smaller of both tails where a metric may go either way. Exact at every number of runs: under the null
    all orders of the 2n independent runs are equally likely.

    Args:
        observed: T.
        exchanged: T of random orders of the runs.
        further: which tail counts.

    Source: Phipson and Smyth 2010 (arXiv 1603.05766) for the 1 in the numerator.

    >>> p_value(5.0, np.arange(9.0), "up"), p_value(5.0, np.arange(9.0), "both")
    (0.5, 1.0)
    """
    # Equal up to the order of a sum is equal: else identical runs would be told apart.
    near = 1e-9 * (1 + abs(observed))
    up, down = (_share(tail) for tail in (exchanged >= observed - near, exchanged <= observed + near))
    return {"up": up, "down": down, "both": min(1.0, 2 * min(up, down))}[further]


def _share(hits: Bool[np.ndarray, " count"]) -> float:
    return (1 + int(hits.sum())) / (1 + len(hits))
