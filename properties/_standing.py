"""Whether removed models stand near either end of the line from reference to original, or far from both."""

import math

import numpy as np
from jaxtyping import Float64

from .bets import STAKES, log_sum
from .round_robin import growth

SHARE = 0.39
"""The part of α of a bound on the position from either side."""

_SHARES = np.array([0.2, 0.2, 0.2, 0.2, 0.02])
"""Parts of α of each statistic of `kernels.standing`, of which a false side has one, and of "farther"."""

_LOWEST = np.array([3.0, 3.0, 0.5, 0.5, 3.0])
"""The smallest values of these statistics, less their sign."""

_BY_REFERENCE, _BY_ORIGINAL, _FARTHER = [0, 2], [1, 3], 4
_FAR = math.sqrt(1.25)
"""Estimated farther than this, in distances from reference to original, nothing is closer to the original."""


class Standing:
    """Bets on the four statistics of `kernels.standing`, and on the opposite of the first: "farther".

    Args:
        alpha: of the whole check; see `check_relative` for its parts.

    >>> Standing(0.05).by_reference
    False
    """

    def __init__(self, alpha: float) -> None:
        self._least = -np.log(_SHARES * alpha)
        self._wealth = np.zeros((5, len(STAKES)))
        self._shown = np.zeros(5, bool)
        self.path: list[float] = []

    def play(self, near: Float64[np.ndarray, "4 m m"]) -> None:
        """Bet on a block."""
        self._wealth += growth(np.concatenate([near, -near[:1]]), _LOWEST)
        told = log_sum(self._wealth) - math.log(len(STAKES))
        self._shown |= told >= self._least
        self.path.append(float(told[_FARTHER]))

    @property
    def farther(self) -> bool:
        """Whether it is established that P is farther from R than O is."""
        return bool(self._shown[_FARTHER])

    @property
    def by_reference(self) -> bool:
        """Whether it is established that P is nearer to R than O is, and resembles it."""
        return bool(self._shown[_BY_REFERENCE].all())

    def by_original(self, distance: float | None) -> bool:
        """Whether it is established that P is nearer to O than R is, and resembles it; not far beyond, as estimated."""
        return bool(self._shown[_BY_ORIGINAL].all()) and (distance or 0.0) <= _FAR
