"""The wealth of a relative check: bets on where the removed models' law lies between reference and original."""

import math
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
from jaxtyping import Float64

from ...formal._numbers import MOST, admit_grain, level, whole
from ...formal._types import Real
from ...formal.definitions._relative import Relative, Side
from ._bets import STAKES, log_sum
from ._mmd import Arms, Gram, Kernel, standing, statistics
from ._pairs import DIVERGENCE, Block, PairBuffer
from ._provenance import environment
from ._round_robin import BLOCK, growth, mean
from ._standing import SHARE, Astray, Standing

POSITIONS = np.linspace(0, 1, 21).round(2)
"""Positions between reference (0) and original (1) that are tested."""

CALIBRATION = 16
"""Triples that fix the kernel, before the first bet: 48 runs, 1128 distances for the width.

They are not bet on, so that more would cost every comparison as many triples.
"""

_END = {Side.CLOSER_TO_REFERENCE: 1, Side.CLOSER_TO_ORIGINAL: 2}
_NAMES = ("reference", "original")
_TILT = 2 * POSITIONS - 1
_LARGEST = 3 + abs(_TILT)


def least_triples(alpha: Real) -> int:
    """The fewest triples that can decide at level α: every statistic at its largest, after the 16 that fix the kernel.

    >>> least_triples(1e-4)
    50
    """
    couples = 1
    while float(log_sum(couples * np.log1p(STAKES))) - math.log(len(STAKES)) < -math.log(SHARE * alpha):
        couples += 1
    return CALIBRATION + 2 * couples


class Contest:
    """The wealth of both directions at every position, block after block, until it decides.

    Args:
        alpha: the level.
        drawn: triples of a removed model, a reference and an original.
        budget: triples at most.
        designated: views that the kernel gives half its weight.

    >>> Contest.__name__
    'Contest'
    """

    def __init__(self, alpha: float, blocks: Iterator[Block], budget: int, designated: tuple[str, ...]) -> None:
        self.alpha, self.budget = alpha, budget
        self.wealth = np.zeros((2, len(POSITIONS), len(STAKES)))
        self.looks: list[int] = []
        self.paths: list[list[float]] = [[], []]
        self.standing = Standing(alpha)
        self.sums: Float64[np.ndarray, 3] = np.zeros(3)
        self.diverged = 0
        pairs = PairBuffer(blocks)
        fixed = pairs.reach(CALIBRATION)
        frame = _span(pairs, 0, fixed)
        kernel = Kernel.fit(frame, designated)
        self.astray = Astray(kernel, frame)
        while self.side is Side.UNDECIDED:
            start = self.looks[-1] if self.looks else fixed
            size = (pairs.reach(min(start + BLOCK, budget)) - start) // 2 * 2
            if size <= 0:
                return
            self.looks.append(start + size)
            block = _span(pairs, start, self.used)
            self.play(*statistics(kernel, block), standing(kernel, block))
            self.astray.count(block)
            self.diverged = int((pairs.arms[0][DIVERGENCE][: self.used] > 0).sum())

    def play(self, h: Gram, m: Gram, near: Float64[np.ndarray, "4 m m"]) -> None:
        """Bet on a block: on every position, on the standing, and on "farther"."""
        self.standing.play(near)
        tilted = h + _TILT[:, None, None] * m
        self.wealth += growth(np.stack([-tilted, tilted]), np.stack([_LARGEST, _LARGEST]))
        self.sums += len(h) * np.array([mean(h), mean(m), mean(near[0])])
        half = len(POSITIONS) // 2
        for path, log_wealth in zip(self.paths, self.log_wealth[:, half], strict=True):
            path.append(float(log_wealth))

    @property
    def log_wealth(self) -> Float64[np.ndarray, "2 p"]:
        """Against "position ≤ p" and against "position ≥ p"."""
        return log_sum(self.wealth) - math.log(len(STAKES))

    @property
    def bounds(self) -> tuple[float | None, float | None]:
        """The last position refuted from 0 upwards, and from 1 downwards."""
        over = self.log_wealth >= -math.log(SHARE * self.alpha)
        low, high = (_unbroken(row) for row in (over[0], over[1, ::-1]))
        return float(POSITIONS[low - 1]) if low else None, float(POSITIONS[-high]) if high else None

    @property
    def side(self) -> Side:
        """What the bounds and the standing establish; "farther" goes before either side."""
        if self.standing.farther or 2 * self.diverged > self.used:
            return Side.NEITHER
        return self.half if self._near and not self._wrecked else Side.UNDECIDED

    @property
    def _near(self) -> bool:
        """Whether the law is shown to stand near the end of its half of the line."""
        if self.half is Side.CLOSER_TO_ORIGINAL:
            return self.standing.by_original(self.distance)
        return self.standing.by_reference

    @property
    def _wrecked(self) -> bool:
        """Whether too many removed models stand near no end."""
        return self.half is not Side.UNDECIDED and self.astray.too_many(_END[self.half], self.used - CALIBRATION)

    @property
    def half(self) -> Side:
        """The half of the line that the bounds establish."""
        low, high = self.bounds
        if low is not None and low >= 0.5:
            return Side.CLOSER_TO_ORIGINAL
        return Side.CLOSER_TO_REFERENCE if high is not None and high <= 0.5 else Side.UNDECIDED

    @property
    def used(self) -> int:
        """Triples so far."""
        return self.looks[-1] if self.looks else 0

    @property
    def distance(self) -> float | None:
        """An estimate of √(MMD²(P, R) / M)."""
        _, m, nearer = self.sums
        return math.sqrt(max(m - nearer, 0) / m) if m > 0 else None

    @property
    def why(self) -> str:
        """What keeps a side from being named, or is to be known beside it."""
        reasons = [f"{self.diverged} of {self.used} removed models hold NaN or infinity"] if self.diverged else []
        if self.standing.farther:
            reasons += ["it lies farther from the reference than the original does"]
        elif self.side is Side.UNDECIDED and self.half is not Side.UNDECIDED:
            reasons += self._kept_back()
        return "; ".join(reasons)

    def _kept_back(self) -> Iterator[str]:
        """What the half of the line that is established lacks."""
        end, other = _NAMES if self.half is Side.CLOSER_TO_REFERENCE else _NAMES[::-1]
        if not self._near:
            half = f"it lies on the {end}'s half of the line"
            yield f"{half}, but is not shown to be nearer to the {end} than the {other} is"
        if self._wrecked:
            bet_on = self.used - CALIBRATION
            yield f"{self.astray.counts[0]} of {bet_on} removed models are like no reference and no original"

    def result(self, subject: str, reference: str, provenance: dict[str, Any], started: float) -> Relative:
        """What the contest established."""
        h, m, _ = self.sums
        position = float(0.5 - h / (2 * m)) if m > 0 else None
        paths = tuple(map(tuple, self.paths))
        seconds = time.perf_counter() - started
        return Relative(
            self.side, subject, reference, self.alpha, self.used, self.budget, position, *self.bounds,
            tuple(self.looks), paths[0], paths[1], provenance | environment(), seconds,
            self.why, self.distance, tuple(self.standing.path),
        )  # fmt: skip


def _unbroken(flags: Any) -> int:
    """How many flags are set before the first that is not."""
    return len(flags) if flags.all() else int(flags.argmin())


def _span(pairs: PairBuffer, start: int, end: int) -> Arms:
    removed, reference, original = ({name: v[start:end] for name, v in arm.items()} for arm in pairs.arms)
    return removed, reference, original


def admit_triples(alpha: float, budget: int, grain: Real) -> None:
    """Refuse levels, grains and budgets that cannot decide.

    Raises:
        ValueError: one of them is out of range, or `budget` triples are too few at this level.

    >>> admit_triples(1e-4, 10, 0.0)
    Traceback (most recent call last):
    ValueError: budget: 10 triples cannot decide at alpha=0.0001; at least 50 are needed
    """
    level("alpha", alpha)
    whole("budget", budget, -MOST)
    admit_grain(grain)
    if budget < least_triples(alpha):
        raise ValueError(
            f"budget: {budget} triples cannot decide at alpha={alpha:g}; at least {least_triples(alpha)} are needed"
        )
