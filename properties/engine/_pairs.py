"""The pairs of one check as they arrive, and the features its feature maps make of them."""

import dataclasses
from collections.abc import Iterator
from typing import Literal

import numpy as np
from jaxtyping import Float64

from ._coupling import KNOWN, Noise
from ._declared import declared_count, fit_declared, fit_together
from ._features import SHARES, FeatureMap, fit_feature_maps, fit_learned
from ._grain import Scales, Values
from ._witnesses import Feature, finite

WARM_UP = 4
"""Pairs that place the first cuts and fix the scale of the grain, and are not bet on.

Each is lost to the bets, of which the least that can refute (1, .05) at 10⁻⁴ are 32; with eight numbers from both arms
the cuts are apart and a spread exists.
"""

DIVERGENCE = "values that are not finite"
"""The view that counts NaN and ∞ among all other values of a run."""

TOGETHER = "all views together"
"""Every number of a run, for the learned witness."""

RESERVED_PRIOR = {DIVERGENCE: 1 / 64, TOGETHER: 1 / 8}
"""Their parts of the prior: one is constant but for accidents, the other learns slowly."""


@dataclasses.dataclass(frozen=True)
class Block:
    """Consecutive pairs: the views of removed models, references and, where drawn, originals.

    Args:
        removed, reference, original: the views of each arm.
        distance: ‖θ_u − θ_r‖ / σ of each pair before the output noise, where both arms declare it.
        grain: standard deviation of the noise on each column of each view, where there is some.
        noise: what is known of that noise, from all runs up to these.
        by_example: the views that hold one number for each example.

    >>> one = {"a": np.zeros((2, 1))}
    >>> Block(one, one, None).removed["a"].shape
    (2, 1)
    """

    removed: Values
    reference: Values
    original: Values | None
    distance: Float64[np.ndarray, " pairs"] | None = None
    grain: Scales | None = None
    noise: Noise = KNOWN
    by_example: frozenset[str] = frozenset()


@dataclasses.dataclass(frozen=True)
class FeatureBatch:
    """Features of both arms: past pairs, to choose events from, and new ones, to bet on; `[1, f, t]` and `[1, f, m]`.

    >>> one = np.zeros((1, 1, 2))
    >>> FeatureBatch(one, one, one, one).x.shape
    (1, 1, 2)
    """

    past_x: Feature
    past_y: Feature
    x: Float64[np.ndarray, "b f m"]
    y: Float64[np.ndarray, "b f m"]


class PairBuffer:
    """All pairs drawn so far, view by view, and their feature maps.

    Args:
        blocks: independent pairs, the same views in each.

    >>> pairs = PairBuffer(iter([Block({"a": np.zeros((4, 1))}, {"a": np.ones((4, 1))}, None)]))
    >>> pairs.reach(9), pairs.views
    (4, ['a', 'values that are not finite'])
    """

    def __init__(self, blocks: Iterator[Block]) -> None:
        self._blocks = blocks
        self.arms: list[Values] = [{}, {}, {}]
        self.distance = np.zeros(0)
        self._grain: Scales = {}
        self.noise = KNOWN
        self._by_example = frozenset[str]()
        self._bounded: list[Values] = [{}, {}, {}]
        self._learned: dict[int, FeatureMap] = {}

    def reach(self, count: int) -> int:
        """Draw until `count` pairs are available; returns the number available."""
        while self.available < count and (block := next(self._blocks, None)) is not None:
            for i, values in enumerate((block.removed, block.reference, block.original or {})):
                extra = {DIVERGENCE: _divergence(values)} if values else {}
                self.arms[i] = _joined(self.arms[i], values | extra)
                self._bounded[i] = _joined(self._bounded[i], finite_views(values))
            self._grain, self._by_example = block.grain or self._grain, block.by_example
            if block.distance is not None:
                self.distance, self.noise = np.append(self.distance, block.distance), block.noise
        return min(self.available, count)

    @property
    def available(self) -> int:
        """How many pairs there are."""
        return len(self.arms[0][DIVERGENCE]) if self.arms[0] else 0

    @property
    def views(self) -> list[str]:
        """The views, the count of values that are not finite last."""
        return list(self.arms[0])

    def feature_maps(self, past: int) -> list[FeatureMap]:
        """Every view's feature maps, fitted on the first `past` pairs."""
        x, y, _ = self._bounded
        fitted = [one for view in self.views for one in fit_feature_maps(view, x[view][:past], y[view][:past])]
        return fitted + ([self._trees(past)] if TOGETHER in x else [])

    def declared(self, past: int) -> list[FeatureMap]:
        """The functions of the declared class, fitted on the first `past` pairs."""
        x, y, _ = ({name: rows[:past] for name, rows in arm.items()} for arm in self._bounded)
        fitted = [one for view in self.views for one in fit_declared(view, x[view], y[view])]
        if TOGETHER not in x:
            return fitted
        return [*fitted, *fit_together(TOGETHER, x[TOGETHER], y[TOGETHER]), self._trees(past)]

    def _trees(self, past: int) -> FeatureMap:
        """The slowest to fit, so only when the past has doubled."""
        x, y, _ = self._bounded
        doubled = 1 << (past.bit_length() - 1)
        if doubled not in self._learned:
            self._learned[doubled] = fit_learned(TOGETHER, x[TOGETHER][:doubled], y[TOGETHER][:doubled])
        return self._learned[doubled]

    def batch(self, maps: list[FeatureMap], past: int, start: int, end: int) -> FeatureBatch:
        """The views through their feature maps: the first `past` pairs as past, those from `start` to `end` as new."""
        arms = [self._through(maps, arm, slice(a, b)) for a, b in ((0, past), (start, end)) for arm in (0, 1)]
        return FeatureBatch(*arms)

    def declared_count(self) -> int:
        """How many functions the declared class will hold."""
        views = sum(declared_count(self.width(view)) for view in self.views)
        return views + (declared_count(0, together=True) if TOGETHER in self._bounded[0] else 0)

    def grain(self, view: str) -> float:
        """The largest standard deviation of the noise on a number of the view."""
        return float(self._grain[view].max()) if view in self._grain else 0.0

    def width(self, view: str) -> int:
        """How many numbers a view holds for one model."""
        return self._bounded[0][view].shape[1]

    def means(self, view: str, used: int) -> tuple[float | None, float | None, float | None]:
        """The mean of a view over the first `used` runs of each arm: removed, reference, original (None: not drawn)."""
        removed, reference, original = (float(arm[view][:used].mean()) if view in arm else None for arm in self.arms)
        return removed, reference, original

    def cliffs_deltas(self, view: str, used: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """How far removed models and originals lie from the references, example by example; () of other views."""
        if view not in self._by_example:
            return (), ()
        removed, reference, original = (arm[view][:used] if view in arm else None for arm in self._bounded)
        assert removed is not None
        assert reference is not None
        return cliffs_delta(removed, reference), () if original is None else cliffs_delta(original, reference)

    def originals(self, feature_map: FeatureMap, start: int, end: int) -> tuple[float, ...]:
        """The originals through a feature map."""
        if feature_map.view not in self._bounded[2]:
            return ()
        return tuple(feature_map.transform(self._bounded[2][feature_map.view][start:end]).tolist())

    def _through(self, maps: list[FeatureMap], arm: int, span: slice) -> Feature:
        return np.stack([one.transform(self._bounded[arm][one.view][span]) for one in maps])[None]


def cliffs_delta(x: Float64[np.ndarray, "_ k"], y: Float64[np.ndarray, "_ k"]) -> tuple[float, ...]:
    r"""P(x > y) − P(x < y) of each number, over all pairs of runs: the delta of Cliff 1993.

    >>> cliffs_delta(np.array([[1.0, 0.0], [1.0, 2.0]]), np.array([[0.0, 1.0], [0.0, 1.0]]))
    (1.0, 0.0)
    """

    def places(j: int, side: Literal["left", "right"]) -> float:
        return float(np.searchsorted(np.sort(y[:, j]), x[:, j], side).mean())

    return tuple((places(j, "left") + places(j, "right")) / len(y) - 1 for j in range(x.shape[1]))


def feature_shares(maps: list[FeatureMap]) -> list[float]:
    """Each feature map's share of its view's prior.

    >>> feature_shares([FeatureMap("a", "", lambda v: v[:, 0])])
    [1.0]
    """
    return [SHARES.get(one.kind, 1.0) for one in maps]


def finite_views(values: Values) -> Values:
    """What features look at: each view, the count of values that are not finite, and all views together; all finite.

    >>> {name: rows.tolist() for name, rows in finite_views({"a": np.array([[np.inf]])}).items()}
    {'a': [[1e+300]], 'values that are not finite': [[1.0]]}
    """
    counted = values | ({DIVERGENCE: _divergence(values)} if values else {})
    return _with_all({name: finite(rows) for name, rows in counted.items()})


def _with_all(values: Values) -> Values:
    """The views and, where they hold more than one number, all of them together."""
    every = [rows for name, rows in values.items() if name != DIVERGENCE]
    together = np.concatenate(every, 1) if every else np.zeros((0, 0))
    return values | ({TOGETHER: together} if together.shape[1] > 1 else {})


def _joined(before: Values, more: Values) -> Values:
    return {name: np.concatenate([before[name], rows]) if before else rows for name, rows in more.items()}


def _divergence(values: Values) -> Float64[np.ndarray, "runs 1"]:
    """How many values of each run are NaN or infinite."""
    return np.sum([(~np.isfinite(rows)).sum(1) for rows in values.values()], axis=0, dtype=float)[:, None]
