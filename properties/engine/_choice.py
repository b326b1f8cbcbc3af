"""Which event to count at a fixed number of runs: chosen on some runs, for others that are not looked at meanwhile."""

import dataclasses
import math

import numpy as np
from jaxtyping import Bool, Float64

from ...formal._types import Real

_TAIL, _LEAST = 0.1, 8
"""The part of an arm, and the fewest runs of it, that make up a tail: beyond its base it is taken for exponential."""

_CAREFUL, _MORE = 1.3, 2.0
"""Standard deviations that the forecast keeps on either side: for cuts together about what the level .05 asks for; for
intervals more, since there are many, and the best of many seems better than it is."""

_DOUBT = 0.5
"""How much the choosing runs' own scatter counts beside that of the runs to come."""

_INTERVALS = 16
"""Cuts between any two of which an interval is looked at."""

_Series = Float64[np.ndarray, " _"]


@dataclasses.dataclass(frozen=True)
class ChosenEvent:
    """An interval of a feature, and the arm in which it is commoner.

    Args:
        feature: which one.
        low, high: the event is low < value ≤ high.
        in_removed: whether it is commoner in removed models.
        forecast: the ε that it will show, about.

    >>> one = ChosenEvent(0, 0.5, math.inf, True, 1.0)
    >>> one.occurs(np.array([0.0, 1.0])).tolist()
    [False, True]
    """

    feature: int
    low: float
    high: float
    in_removed: bool
    forecast: float

    def occurs(self, values: _Series) -> Bool[np.ndarray, " _"]:
        """In which runs it does."""
        return (values > self.low) & (values <= self.high)


@dataclasses.dataclass(frozen=True)
class Tails:
    """How large a share of a law lies above a cut: the sample's, and beyond its last tenth an exponential's.

    A sample of 200 knows no probabilities below 1/200, and the event that shows a large ε is one that hardly ever
    occurs in one arm. Nothing rests on it but the choice of an event.

    Args:
        values: sorted.
        count: runs in a tail.

    >>> made = Tails.of(np.arange(100.0))
    >>> made.above(np.array([49.5, 200.0])).round(6).tolist()
    [0.5, 0.0]
    """

    values: _Series
    count: int

    @staticmethod
    def of(values: _Series) -> "Tails":
        """Of a sample."""
        return Tails(np.sort(values), min(max(_LEAST, round(_TAIL * len(values))), len(values) // 2))

    def above(self, cuts: _Series) -> _Series:
        """The share above each cut."""
        v, r = self.values, self.count
        share = 1 - np.searchsorted(v, cuts, "right") / len(v)
        for base, excess, sign in ((v[-r - 1], v[-r:] - v[-r - 1], 1), (v[r], v[r] - v[:r], -1)):
            with np.errstate(over="ignore"):
                mean, far = float(np.minimum(excess, 1e299).mean()), sign * (cuts - base)
            if mean > 0:
                beyond = r / len(v) * np.exp(-np.maximum(far, 0.0) / mean)
                share = np.where(far > 0, beyond if sign > 0 else 1 - beyond, share)
        return share


def choose_event(x: _Series, y: _Series, runs: tuple[int, int], delta: Real, feature: int = 0) -> ChosenEvent:
    """The event of a feature that will show most, by forecast.

    Args:
        x, y: the feature in choosing runs of both arms.
        runs: how many of each arm will be counted.
        delta: δ.
        feature: its number.

    Returns:
        A cut or an interval; its complement is looked at with it, and either direction.

    >>> made = choose_event(np.array([3.0, 4.0] * 20), np.array([1.0, 2.0] * 20), (200, 200), 0.0)
    >>> made.low, made.high, made.in_removed
    (2.5, inf, True)
    """
    low, high, p, q = _candidates(x, y)
    m, n = (1 / (1 / count + _DOUBT / len(arm)) for count, arm in zip(runs, (x, y), strict=True))
    careful = np.where(high < math.inf, _MORE, _CAREFUL)
    ahead, behind = forecast(p, q, (m, n), delta, careful), forecast(q, p, (n, m), delta, careful)
    most = np.maximum(ahead, behind)
    best = np.flatnonzero(most >= most.max() - 1e-12)
    k = int(best[len(best) // 2])  # among equally good cuts the middle one: it lies far from both arms
    return ChosenEvent(feature, float(low[k]), float(high[k]), bool(ahead[k] >= behind[k]), float(most[k]))


def forecast(p: _Series, q: _Series, runs: tuple[float, float], delta: Real, careful: _Series) -> _Series:
    """The ε that an event of probabilities p and q will show about: by Wilson's bounds of both.

    Args:
        p, q: one of each for each event.
        runs: how many of each arm.
        delta: δ.
        careful: how many standard deviations are kept on either side.

    Source: Wilson 1927 (doi 10.1080/01621459.1927.10502953).

    >>> forecast(np.array([0.9, 0.5]), np.array([0.1, 0.5]), (1000.0, 1000.0), 0.0, np.full(2, 1.3)).round(2).tolist()
    [2.06, -0.08]
    """
    low, high = _wilson(p, runs[0], -careful), _wilson(q, runs[1], careful)
    ways = ((low - delta) / high, (1 - high - delta) / (1 - low))
    return np.log(np.maximum(np.maximum(*ways), 1e-12))


def _wilson(share: _Series, runs: float, sided: _Series) -> _Series:
    half = sided * np.sqrt(np.maximum(runs * share * (1 - share), 0.0) + sided**2 / 4)
    return np.clip((share * runs + sided**2 / 2 + half) / (runs + sided**2), 1e-12, 1 - 1e-12)


def _candidates(x: _Series, y: _Series) -> tuple[_Series, _Series, _Series, _Series]:
    """Ends of cuts and intervals, and how large a share of each arm lies within."""
    both = np.unique(np.concatenate([x, y]))
    middle = both[:-1] + (both[1:] - both[:-1]) / 2
    cuts = np.where(middle < both[1:], middle, both[:-1]) if len(both) > 1 else both
    some = cuts[np.unique(np.linspace(0, len(cuts) - 1, _INTERVALS + 1).astype(int))]
    i, j = np.triu_indices(len(some), 1)
    shares: list[_Series] = []
    for arm in (x, y):
        tails = Tails.of(arm)
        at = tails.above(some)
        shares.append(np.clip(np.concatenate([tails.above(cuts), at[i] - at[j]]), 0.0, 1.0))
    low, high = np.concatenate([cuts, some[i]]), np.concatenate([np.full(len(cuts), math.inf), some[j]])
    return low, high, shares[0], shares[1]
