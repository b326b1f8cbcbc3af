"""A test of one threshold: the true-positive rate at a low false-positive rate, as counts of runs."""

import dataclasses
import math

import numpy as np
from jaxtyping import Float64

from ...formal._codec import Coded
from ._resample import Interval, bounds


@dataclasses.dataclass(frozen=True)
class OperatingPoint(Coded, says=("sentence",)):
    """A threshold of a score, and how many runs of either arm are above it.

    Args:
        target: the false-positive rate that was asked for.
        hits: removed runs above the threshold.
        removed: removed runs scored.
        false: references above it.
        references: references scored.

    >>> OperatingPoint(0.01, 12, 64, 0, 64).sentence
    '12 of 64 removed runs at 0 of 64 references: their FPR is at most 5.7 % (asked for: 1 %)'
    """

    target: float
    hits: int
    removed: int
    false: int
    references: int

    @property
    def rate(self) -> float:
        """The share of removed runs above the threshold."""
        return self.hits / self.removed

    @property
    def interval(self) -> Interval:
        """That share, with Clopper and Pearson's 95 %."""
        low, high = bounds(np.array([self.hits]), self.removed)
        return Interval(self.rate, float(low[0]), float(high[0]))

    @property
    def most_false(self) -> float:
        """Upper bound of the false-positive rate at this threshold, in error at most 2.5 % of the time.

        At the k-th largest of m references it is of law Beta(k, m − k + 1) where scores are continuous, and less where
        they tie: Clopper and Pearson's bound at k − 1 of m is its quantile, although the threshold was chosen by them.
        """
        return float(bounds(np.array([self.false]), self.references)[1][0])

    @property
    def sentence(self) -> str:
        """The counts in words, with what they show of the false-positive rate."""
        shown = f"their FPR is at most {_percent(self.most_false)} (asked for: {100 * self.target:g} %)"
        return f"{self.hits} of {self.removed} removed runs at {self.false} of {self.references} references: {shown}"


def at_low_fpr(
    removed: Float64[np.ndarray, " n"], reference: Float64[np.ndarray, " m"], target: float
) -> OperatingPoint:
    """The least threshold that at most a share of the references exceeds, and the removed runs that do.

    Args:
        removed, reference: a score of each run, larger for removed ones; runs it was not fitted to.
        target: that share.

    >>> at_low_fpr(np.array([1.0, 3.0, 4.0]), np.arange(4.0), 0.01)
    OperatingPoint(target=0.01, hits=1, removed=3, false=0, references=4)
    """
    allowed = math.floor(target * len(reference))
    threshold = np.sort(reference)[::-1][allowed]
    hits, false = (int((scores > threshold).sum()) for scores in (removed, reference))
    return OperatingPoint(target, hits, len(removed), false, len(reference))


def _percent(share: float) -> str:
    """Two digits, rounded up: a bound stays one.

    >>> _percent(0.0561), _percent(0.00801), _percent(1.0)
    ('5.7 %', '0.81 %', '100 %')
    """
    digits = 1 - math.floor(math.log10(100 * share))
    return f"{math.ceil(100 * share * 10**digits - 1e-9) / 10**digits:.3g} %"
