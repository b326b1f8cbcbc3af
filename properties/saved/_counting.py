"""Some saved runs choose events, the others are counted."""

import dataclasses
from typing import Any

import numpy as np

from ...formal._types import Real
from ..engine._choice import ChosenEvent, choose_event
from ..engine._features import FeatureMap
from ..engine._grain import Values
from ..engine._joint import Hits
from ..engine._pairs import Block, PairBuffer, finite_views
from ..engine._witnesses import describe, finite
from ._arms import Digest, RunTable, SavedArm, Sizes, row_blocks, rows_held, widths
from ._columns import SINGLE, Overview, overview

LEAST_RUNS = 16
"""Runs of each arm at least: a quarter of fewer chooses nothing."""

_EPSILON = 1.0
"""The ε at which columns are ranked where there are more than 64."""


@dataclasses.dataclass(frozen=True)
class Counted:
    """An event and in how many of the counted runs it occurred.

    Args:
        event: in words.
        in_removed: whether it was commoner in removed models when it was chosen.
        removed, reference: in how many of how many runs it occurred.

    >>> Counted("loss > 0.5", False, (1, 9), (5, 10)).hits
    Hits(often=5, runs=10, seldom=1, others=9)
    """

    event: str
    in_removed: bool
    removed: tuple[int, int]
    reference: tuple[int, int]

    @property
    def hits(self) -> Hits:
        """As the joint test wants them."""
        first, second = (self.removed, self.reference) if self.in_removed else (self.reference, self.removed)
        return Hits(*first, *second)


def choosing_runs(fewest: int, width: int) -> int:
    """How many runs of each arm choose: min(n/4, 2 n^⅔), and no more than 64 MiB of them.

    A cut is off by about the choosing runs' n^−⅓ of its place, and the loss grows with the square of that.

    >>> choosing_runs(100, 1), choosing_runs(2000, 1)
    (25, 317)
    """
    return min(fewest // 4, round(2 * fewest ** (2 / 3)), rows_held(width))


def count_events(
    arms: list[SavedArm], size: Sizes | None, choosing: int, deltas: tuple[Real, ...], digest: Digest
) -> list[Counted]:
    """The first runs of both arms choose an event for each δ; in the others it is counted.

    Args:
        arms: removed and reference.
        size: of the grain's noise.
        choosing: how many of each arm choose.
        deltas: the first event is that of the first; equal events are counted once.
        digest: takes in all that is read.

    >>> import hashlib
    >>> rng = np.random.default_rng(0)
    >>> arms = [SavedArm(arm, {"a": rng.normal(at, 1, 99)}, np.arange(99), rng) for arm, at in (("u", 9), ("r", 0))]
    >>> [found.hits for found in count_events(arms, None, 24, (0.0,), hashlib.sha256())]
    [Hits(often=75, runs=75, seldom=0, others=75)]
    """
    past = [_read(arm, size, 0, choosing, digest) for arm in arms]
    shapes = {name: tuple(source.shape[1:]) for name, source in arms[0].sources.items()}
    wide = sum(widths(arms[0].sources).values()) > SINGLE
    views = overview(shapes, (finite(past[0]), finite(past[1])) if wide else None, _EPSILON)
    left = tuple(len(arm.order) - choosing for arm in arms)
    maps, events = _chosen(views.see(past[0]), views.see(past[1]), (left[0], left[1]), deltas)
    found = [_counts(arm, size, choosing, views, maps, events, digest) for arm in arms]
    words = [describe(maps[one.feature].name, one.low, one.high, flip=False) for one in events]
    return [
        Counted(said, one.in_removed, (k, left[0]), (n, left[1]))
        for said, one, k, n in zip(words, events, *found, strict=True)
    ]


def _chosen(
    x: Values, y: Values, left: tuple[int, int], deltas: tuple[Real, ...]
) -> tuple[list[FeatureMap], list[ChosenEvent]]:
    """The feature maps, and for each δ the event of any of them that is forecast to show most."""
    pairs = PairBuffer(iter([Block(x, y, None)]))
    count = pairs.reach(len(next(iter(x.values()))))
    maps = pairs.feature_maps(count // 2)
    # What was fitted on runs looks better on them than it is: the other half chooses.
    start = count // 2 if any(one.kind for one in maps) else 0
    batch = pairs.batch(maps, 1, start, count)
    best: list[ChosenEvent] = []
    for delta in deltas:
        some = [choose_event(batch.x[0, i], batch.y[0, i], left, delta, i) for i in range(len(maps))]
        best.append(max(some, key=lambda one: one.forecast))
    unlike: dict[Any, ChosenEvent] = {}
    for one in best:  # the first stays first: it is that of the question
        unlike.setdefault((one.feature, one.low, one.high, one.in_removed), one)
    return maps, list(unlike.values())


def _counts(
    arm: SavedArm, size: Sizes | None, start: int, views: Overview, maps: list[FeatureMap],
    events: list[ChosenEvent], digest: Digest,
) -> list[int]:  # fmt: skip
    """In how many runs each event occurs; read block after block."""
    hits = np.zeros(len(events), int)
    for (table,) in row_blocks([arm], start, len(arm.order), digest):
        seen = finite_views(views.see(arm.grainy(table, size)))
        values = {one.feature: maps[one.feature].transform(seen[maps[one.feature].view]) for one in events}
        hits += [int(one.occurs(values[one.feature]).sum()) for one in events]
    return hits.tolist()


def _read(arm: SavedArm, size: Sizes | None, start: int, end: int, digest: Digest) -> RunTable:
    return np.concatenate([arm.grainy(table, size) for (table,) in row_blocks([arm], start, end, digest)])
