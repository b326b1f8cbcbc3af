"""Witnesses: events that tell two laws apart, chosen from past pairs only.

Every event is {feature > cut} of a one-dimensional feature: a view of one number itself, or a linear discriminant of
a longer one. Complements and both directions are added where events are bet on.
"""

import dataclasses

import numpy as np
from jaxtyping import Bool, Float64

Vector = Float64[np.ndarray, "_"]
Pair = tuple[Vector, Vector]
"""A feature's values in the two arms: (removed, reference)."""

QUANTILES = 16
"""Cuts at quantiles of a feature, beside its best cut so far."""

_HUGE = 1e300
_CLIP = 8.0


@dataclasses.dataclass(frozen=True)
class Feature:
    """One-dimensional values of both arms: past ones, to choose cuts from, and new ones, to bet on.

    Args:
        view: the view it is made of.
        name: for sentences.
        past: (removed, reference), `[t]` each.
        new: (removed, reference), `[m]` each.

    >>> Feature("a", "a", (np.zeros(1), np.zeros(1)), (np.ones(2), np.ones(2))).name
    'a'
    """

    view: str
    name: str
    past: Pair
    new: Pair


def finite(values: Float64[np.ndarray, "runs k"]) -> Float64[np.ndarray, "runs k"]:
    """NaN and ∞ as a huge number, −∞ as its negative: a diverged run stays an event like any other.

    >>> finite(np.array([[np.nan, -np.inf, 1.0]])).tolist()
    [[1e+300, -1e+300, 1.0]]
    """
    return np.clip(np.nan_to_num(values, nan=_HUGE, posinf=_HUGE, neginf=-_HUGE), -_HUGE, _HUGE)


@dataclasses.dataclass(frozen=True)
class Lens:
    """How a view becomes one number: as it is, or through a discriminant fitted on past pairs.

    Args:
        view: the view.
        centre, scale, direction: `[k]`; a value v shows as clip((v − centre) / scale) · direction.

    >>> lens = Lens("a", np.zeros(2), np.ones(2), np.array([1.0, 0.0]))
    >>> lens.name, lens.see(np.array([[0.5, 9.0]])).tolist()
    ('linear discriminant of a', [0.5])
    """

    view: str
    centre: Float64[np.ndarray, " k"]
    scale: Float64[np.ndarray, " k"]
    direction: Float64[np.ndarray, " k"]

    @property
    def name(self) -> str:
        """The feature in words."""
        return self.view if len(self.direction) == 1 else f"linear discriminant of {self.view}"

    def see(self, values: Float64[np.ndarray, "m k"]) -> Vector:
        """One number for each run."""
        if len(self.direction) == 1:
            return values[:, 0]
        return np.clip((values - self.centre) / self.scale, -_CLIP, _CLIP) @ self.direction


def fit_lens(view: str, x: Float64[np.ndarray, "t k"], y: Float64[np.ndarray, "t k"]) -> Lens:
    """Fisher's linear discriminant on clipped, robustly standardised values.

    w ∝ ((1 − γ) C + γ c̄ I)⁻¹ (mean_x − mean_y), with C the within-arm covariance and c̄ its mean diagonal: γ = 10⁻⁶,
    or k / (k + 2t) while there are fewer pairs t than numbers k. Projections of the past have spread 1. A view of one
    number is left as it is.

    Args:
        view: the view's name.
        x, y: its past values in the two arms.

    Returns:
        The lens.

    >>> fit_lens("a", np.array([[1.0, 5.0], [1.1, -5.0]]), np.array([[-1.0, 5.0], [-1.1, -5.0]])).name
    'linear discriminant of a'
    """
    width = x.shape[1]
    if width == 1:
        return Lens(view, np.zeros(1), np.ones(1), np.ones(1))
    both = np.concatenate([x, y])
    centre = np.median(both, axis=0)
    # A spread that a few huge values cannot move; where half the values agree, the widest deviation.
    spread = np.median(abs(both - centre), axis=0) * 1.4826
    widest = abs(both - centre).max(0)
    scale = np.where(spread > 0, spread, np.where(widest > 0, widest, 1.0))
    shown = np.clip((both - centre) / scale, -_CLIP, _CLIP)
    means = shown[: len(x)].mean(0), shown[len(x) :].mean(0)
    within = np.concatenate([shown[: len(x)] - means[0], shown[len(x) :] - means[1]])
    covariance = within.T @ within / len(within)
    # With at least k pairs, hardly any shrinkage: a difference along a direction of small variance must show.
    share = 1e-6 if len(x) >= width else width / (width + len(within))
    shrunk = (1 - share) * covariance + share * max(np.trace(covariance) / width, 1e-12) * np.eye(width)
    direction = np.linalg.solve(shrunk, means[0] - means[1])
    size = float((shown @ direction).std())
    return Lens(view, centre, scale, direction / size if size > 0 else direction)


def quantile_cuts(past: Pair) -> Float64[np.ndarray, " q"]:
    """Cuts between distinct pooled past values, nearest to the quantiles 1/17 … 16/17.

    Where only one value has been seen, half the cuts lie just below it and half on it, so that a new value on
    either side shows.

    >>> quantile_cuts((np.zeros(3), np.ones(3))).tolist() == [0.5] * 16
    True
    """
    pooled = np.sort(np.concatenate(past))
    distinct = np.unique(pooled)
    levels = np.arange(1, QUANTILES + 1) / (QUANTILES + 1)
    if len(distinct) == 1:
        return np.where(levels < 0.5, np.nextafter(distinct[0], -np.inf), distinct[0])
    between = distinct[:-1] + (distinct[1:] - distinct[:-1]) / 2
    below = np.searchsorted(pooled, between) / len(pooled)
    return between[abs(below - levels[:, None]).argmin(1)]


def best_cut(past: Pair, gamma: float) -> float:
    """The cut whose event broke the claim most in the past: max over cuts, sides and directions of P̂ − γ Q̂.

    >>> best_cut((np.array([3.0, 4.0]), np.array([1.0, 2.0])), gamma=1.0)
    2.5
    """
    x, y = past
    distinct = np.unique(np.concatenate(past))
    if len(distinct) == 1:
        return float(distinct[0])
    between = distinct[:-1] + (distinct[1:] - distinct[:-1]) / 2
    p = 1 - np.searchsorted(np.sort(x), between, side="right") / len(x)
    q = 1 - np.searchsorted(np.sort(y), between, side="right") / len(y)
    gain = np.max([p - gamma * q, q - gamma * p, (1 - p) - gamma * (1 - q), (1 - q) - gamma * (1 - p)], axis=0)
    # Among equally good cuts the middle one: it lies far from both arms.
    return float(between[np.flatnonzero(gain == gain.max())[np.sum(gain == gain.max()) // 2]])


def events(
    features: list[Feature], cuts: Float64[np.ndarray, "f c"]
) -> tuple[Bool[np.ndarray, "m s"], Bool[np.ndarray, "m s"]]:
    """Which of the events {feature > cut} occurred in each new pair: slot f·c + j is cut j of feature f.

    Returns:
        The events in the removed models and in the references.

    >>> x, y = events([Feature("a", "a", (np.zeros(1),) * 2, (np.ones(2), np.zeros(2)))], np.array([[0.5]]))
    >>> x.tolist(), y.tolist()
    ([[True], [True]], [[False], [False]])
    """
    sides = [[f.new[arm][:, None] > c for f, c in zip(features, cuts, strict=True)] for arm in (0, 1)]
    return np.concatenate(sides[0], 1), np.concatenate(sides[1], 1)


def describe(name: str, cut: float, flip: bool) -> str:
    """An event in words.

    >>> describe("loss on S", 0.25, False), describe("loss on S", 5e299, False)
    ('loss on S > 0.25', 'loss on S is NaN or infinite')
    """
    if cut > _HUGE / 1e10:
        return f"{name} is {'finite' if flip else 'NaN or infinite'}"
    return f"{name} {'≤' if flip else '>'} {cut:.4g}"
