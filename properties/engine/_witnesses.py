"""Witnesses: events that tell two laws apart, chosen from past pairs only.

Every event is {low < feature ≤ high} of a one-dimensional feature (see `FeatureMap`): a cut has high = ∞. Complements
and both directions are added where events are bet on.
"""

import dataclasses
import math

import numpy as np
from jaxtyping import Bool, Float64, Int64

from ._bets import Outcomes

QUANTILES = 16
"""Cuts at quantiles of a feature."""

NESTED = 4
"""Intervals between its outermost quantiles."""

FIXED = QUANTILES + NESTED
"""Events of a feature that one past fixes for good: what a declared class holds."""

SLOTS = FIXED + 2
"""Events bet on for each feature: those, its best cut and its best interval so far."""

HUGE = 1e300
"""Stands for values that are not finite."""

Feature = Float64[np.ndarray, "b f t"]


@dataclasses.dataclass(frozen=True)
class Events:
    """Intervals of features, and which of them occur.

    Args:
        low, high: `[b, f, s]`; the event is low < value ≤ high.

    >>> cut = Events(np.zeros((1, 1, 1)), np.full((1, 1, 1), np.inf))
    >>> cut.outcomes(np.array([[[1.0, -1.0]]]), np.array([[[-1.0, -1.0]]])).ravel().tolist()
    [2, 0]
    """

    low: Float64[np.ndarray, "b f s"]
    high: Float64[np.ndarray, "b f s"]

    def outcomes(self, x: Feature, y: Feature) -> Outcomes:
        """2·[occurred in x] + [occurred in y], `[b, m, f, s]`."""
        return (2 * self._occur(x) + self._occur(y)).astype(np.uint8)

    def _occur(self, values: Feature) -> Bool[np.ndarray, "b m f s"]:
        v = np.moveaxis(values, -1, 1)[..., None]
        return (v > self.low[:, None]) & (v <= self.high[:, None])


def fixed_events(x: Feature, y: Feature) -> Events:
    """Cuts at pooled quantiles of the past, and nested intervals between the outermost of them.

    >>> fixed_events(np.zeros((1, 1, 3)), np.ones((1, 1, 3))).low[0, 0, :2].tolist()
    [0.5, 0.5]
    """
    return _fixed(_Order(x, y))


def chosen_events(x: Feature, y: Feature, gamma: float) -> Events:
    """The fixed events, and the cut and the interval that broke the claim most in the past.

    Args:
        x, y: past values of the features in the two arms, `[b, f, t]`.
        gamma: e^ε.

    Returns:
        Events with 22 slots for each feature.

    >>> chosen_events(np.array([[[3.0, 4.0]]]), np.array([[[1.0, 2.0]]]), 1.0).low[0, 0, 20]
    np.float64(2.5)
    """
    order = _Order(x, y)
    fixed, cut, interval = _fixed(order), order.best_cut(gamma), order.best_interval(gamma)
    low = np.concatenate([fixed.low, cut, interval[0]], -1)
    return Events(low, np.concatenate([fixed.high, np.full(cut.shape, np.inf), interval[1]], -1))


def _fixed(order: "_Order") -> Events:
    cuts = order.quantile_cuts()
    high = np.concatenate([np.full(cuts.shape, np.inf), cuts[..., : -NESTED - 1 : -1]], -1)
    return Events(np.concatenate([cuts, cuts[..., :NESTED]], -1), high)


class _Order:
    """The pooled past in order: places between distinct values, and both arms' shares below each."""

    def __init__(self, x: Feature, y: Feature) -> None:
        both = np.concatenate([x, y], -1)
        order = np.argsort(both, axis=-1)  # how ties are ordered is never looked at
        self.values = np.take_along_axis(both, order, -1)
        before, after = self.values[..., :-1], self.values[..., 1:]
        between = before + (after - before) / 2
        self.between = np.where(between < after, between, before)
        self.distinct = after > before
        removed = order < x.shape[-1]
        self.x_below, self.y_below = (np.cumsum(of, -1)[..., :-1] / x.shape[-1] for of in (removed, ~removed))

    def quantile_cuts(self) -> Float64[np.ndarray, "b f q"]:
        """Cuts between distinct values, nearest to the quantiles 1/17 … 16/17.

        Where only one value has been seen, half the cuts lie just below it and half on it, so that a new value on
        either side shows.
        """
        n = self.values.shape[-1]
        levels = np.arange(1, QUANTILES + 1) / (QUANTILES + 1)
        ranks = levels * n - 1  # the place after which a share `levels` of the values lies below
        place = np.arange(n - 1)
        left = np.maximum.accumulate(np.where(self.distinct, place, -1), -1)
        right = np.minimum.accumulate(np.where(self.distinct, place, 2 * n)[..., ::-1], -1)[..., ::-1]
        floor = np.clip(np.floor(ranks).astype(int), 0, n - 2)
        lower, upper = left[..., floor], right[..., np.minimum(floor + 1, n - 2)]
        far = np.where(lower < 0, np.inf, abs(lower - ranks)) > np.where(upper > n, np.inf, abs(upper - ranks))
        cuts = np.take_along_axis(self.between, np.clip(np.where(far, upper, lower), 0, n - 2), -1)
        only = self.values[..., :1]
        beside = np.where(levels < 0.5, np.nextafter(only, -np.inf), only)
        return np.where(self.distinct.any(-1, keepdims=True), cuts, beside)

    def best_cut(self, gamma: float) -> Float64[np.ndarray, "b f 1"]:
        """The cut whose event broke the claim most: max over sides and directions of P̂ − γ Q̂."""
        p, q = self.x_below, self.y_below
        sides = [p - gamma * q, q - gamma * p, (1 - p) - gamma * (1 - q), (1 - q) - gamma * (1 - p)]
        gain = np.where(self.distinct, np.maximum.reduce(sides), -np.inf)
        # Among equally good cuts the middle one: it lies far from both arms.
        best = gain >= gain.max(-1, keepdims=True) - 1e-12
        middle = (np.cumsum(best, -1) == best.sum(-1, keepdims=True) // 2 + 1).argmax(-1)
        return self._at(middle)

    def best_interval(self, gamma: float) -> tuple[Float64[np.ndarray, "b f 1"], Float64[np.ndarray, "b f 1"]]:
        """The interval whose event broke the claim most, in either direction."""
        p, q = self.x_below, self.y_below
        (ahead, low, high), (behind, *other) = self._widest_rise(p - gamma * q), self._widest_rise(q - gamma * p)
        low, high = (np.where(ahead >= behind, a, b) for a, b in zip((low, high), other, strict=True))
        return self._at(low), self._at(high)

    def _widest_rise(
        self, curve: Float64[np.ndarray, "b f n"]
    ) -> tuple[Float64[np.ndarray, "b f"], Int64[np.ndarray, "b f"], Int64[np.ndarray, "b f"]]:
        """The places i ≤ j with the largest curve[j] − curve[i], and that difference."""
        values = np.where(self.distinct, curve, np.inf)
        lowest = np.minimum.accumulate(values, -1)
        at = np.maximum.accumulate(np.where(values == lowest, np.arange(curve.shape[-1]), 0), -1)
        rise = np.full(curve.shape, -np.inf)
        np.subtract(curve, lowest, out=rise, where=self.distinct)
        last = rise.argmax(-1)
        first = np.take_along_axis(at, last[..., None], -1)[..., 0]
        return np.take_along_axis(rise, last[..., None], -1)[..., 0], first, last

    def _at(self, place: Int64[np.ndarray, "b f"]) -> Float64[np.ndarray, "b f 1"]:
        return np.take_along_axis(self.between, place[..., None], -1)


def finite(values: Float64[np.ndarray, "runs k"]) -> Float64[np.ndarray, "runs k"]:
    """NaN and ∞ as a huge number, −∞ as its negative: a diverged run stays an event like any other.

    >>> finite(np.array([[np.nan, -np.inf, 1.0]])).tolist()
    [[1e+300, -1e+300, 1.0]]
    """
    return np.clip(np.nan_to_num(values, nan=HUGE, posinf=HUGE, neginf=-HUGE), -HUGE, HUGE)


def describe(name: str, low: float, high: float, flip: bool) -> str:
    """An event in words.

    >>> describe("loss on S", 0.25, math.inf, False), describe("loss on S", 5e299, math.inf, False)
    ('loss on S > 0.25', 'loss on S is NaN or infinite')
    >>> describe("loss on S", 0.25, 0.5, True)
    'loss on S outside (0.25, 0.5]'
    """
    if low > HUGE / 1e10:
        return f"{name} is {'finite' if flip else 'NaN or infinite'}"
    if high == math.inf:
        return f"{name} {'≤' if flip else '>'} {low:.4g}"
    return f"{name} {'outside' if flip else 'in'} ({low:.4g}, {high:.4g}]"
