"""Bets on the mean of a statistic of two runs: every couple of a block is used, and wealth keeps its mean at most 1.

The statistic of a new run against past ones has another mean once those are known: betting run after run against all
past ones would be on that mean. Within a block of independent runs, a perfect matching has disjoint, hence independent
couples: the product of its factors has a mean of at most 1, and so has the average of such products over matchings. In
a round-robin tournament the matchings hold every couple once.
"""

import functools
import math

import numpy as np
from jaxtyping import Float64, Int64

from ._bets import STAKES, log_sum

BLOCK = 8
"""Runs of a block; wealth is looked at after each and never inside one, where couples overlap."""

Couples = Float64[np.ndarray, "*lead m m"]


@functools.cache
def matchings(size: int) -> Int64[np.ndarray, "rounds couples 2"]:
    """A round-robin tournament: `size` − 1 rounds of disjoint couples, every couple in one of them (circle method).

    Args:
        size: how many meet; even.

    >>> matchings(4).tolist()
    [[[0, 3], [1, 2]], [[1, 3], [2, 0]], [[2, 3], [0, 1]]]
    """
    ring = size - 1
    return np.array(
        [[(i, ring), *(((i + j) % ring, (i - j) % ring) for j in range(1, size // 2))] for i in range(ring)]
    )


def growth(statistic: Couples, largest: Float64[np.ndarray, "*lead"]) -> Float64[np.ndarray, "*lead l"]:
    r"""What a block adds to the log wealth of every stake λ, betting that the statistic's mean is positive.

    $$\ln \frac{1}{m - 1} \sum_{\text{matchings}} \prod_{(i,j)} (1 + \lambda h_{ij} / b).$$

    Under E h ≤ 0 the average has a mean of at most 1, whatever the law of h on [−b, ∞). By Jensen's inequality its log
    is at least the mean log of one matching, and without the spread among matchings: for small stakes as if the
    average of h over all couples had been bet on.

    Args:
        statistic: h of every couple of the block, symmetric; the diagonal is not looked at.
        largest: b.

    >>> growth(np.ones((2, 2)), np.array(1.0)).round(2).tolist()
    [0.1, 0.26, 0.47, 0.68]
    """
    couples = matchings(statistic.shape[-1])
    met = statistic[..., couples[..., 0], couples[..., 1]] / largest[..., None, None]
    logs = np.log1p(STAKES[:, None, None] * met[..., None, :, :]).sum(-1)
    return log_sum(logs) - math.log(len(couples))


def mean(statistic: Float64[np.ndarray, "m m"]) -> float:
    """The average of the statistic over all couples of a block: unbiased.

    >>> mean(np.array([[9.0, 1.0], [1.0, 9.0]]))
    1.0
    """
    return float(statistic[~np.eye(len(statistic), dtype=bool)].mean())
