"""Whether removed models stand near either end of the line from reference to original, or far from both; which of them
stand near no run of either."""

import math

import numpy as np
from jaxtyping import Bool, Float64

from ._bets import STAKES, log_sum
from ._grain import Values
from ._mmd import Arms, Gram, Kernel
from ._round_robin import growth

SHARE = 0.39
"""The part of α of a bound on the position from either side."""

_SHARES = np.array([0.2, 0.2, 0.2, 0.2, 0.02])
"""Parts of α of each statistic of `kernels.standing`, of which a false side has one, and of "farther"."""

_LOWEST = np.array([3.0, 3.0, 0.5, 0.5, 3.0])
"""The smallest values of these statistics, less their sign."""

_BY_REFERENCE, _BY_ORIGINAL, _FARTHER = [0, 2], [1, 3], 4
_TENTH = 0.1
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
        log_wealth = log_sum(self._wealth) - math.log(len(STAKES))
        self._shown |= log_wealth >= self._least
        self.path.append(float(log_wealth[_FARTHER]))

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


class Astray:
    r"""Counts runs that resemble neither references nor originals: wrecks, of which a law may hold some.

    Under the kernel k of the contest, unclipped, a run u is astray where

    $$\max_f k(u, f) < q_{0.1}\{k(r_i, o_j)\}$$

    over the runs f = r₁, …, o₁, … that fixed k: it is less like any of them than a typical reference is like a typical
    original. Not to be confused with a law between both, or a mixture of both: each run of such a law resembles some.
    A side is kept back where more than a tenth of the removed models are astray beyond those of that end.

    Args:
        kernel: k.
        frame: removed models, references and originals that fixed it.

    >>> zero, one = {"a": np.zeros((4, 1))}, {"a": np.ones((4, 1))}
    >>> astray = Astray(Kernel.fit((zero, zero, one), ()), (zero, zero, one))
    >>> astray.count(({"a": np.array([[0.0], [0.5], [-4.0], [np.nan]])}, zero, one))
    >>> astray.counts.tolist(), astray.too_many(1, 4)
    ([2, 0, 0], True)
    """

    def __init__(self, kernel: Kernel, frame: Arms) -> None:
        self._kernel, self._frame = kernel.unclipped, frame[1:]
        self._least = float(np.median(self._alike(*self._frame)))
        self.counts = np.zeros(3, int)

    def count(self, arms: Arms) -> None:
        """Add the runs of a block."""
        self.counts += [int(self._flags(arm).sum()) for arm in arms]

    def too_many(self, end: int, runs: int) -> bool:
        """Whether more than a tenth of so many removed models are astray beyond the references (1) or originals (2)."""
        return bool(self.counts[0] - self.counts[end] > _TENTH * runs)

    def _flags(self, arm: Values) -> Bool[np.ndarray, " m"]:
        return np.max([self._alike(arm, other).max(1) for other in self._frame], axis=0) < self._least

    def _alike(self, a: Values, b: Values) -> Gram:
        return self._kernel.gram(a, b)
