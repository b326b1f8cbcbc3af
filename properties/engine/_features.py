"""Feature maps: how a view of a model becomes one number, as it is or through a discriminant fitted on past pairs.

A view of one number is left alone. A longer one is seen through its most telling number, a linear discriminant, two
Gaussian likelihood ratios (each number by itself; all together), random features and the most telling product of two
signs; all views together, through a small ensemble of trees. Values are clipped and robustly standardised first, so
that a diverged run cannot spoil a fit.
"""

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Float32, Float64, Int

Runs = Float64[np.ndarray, "m k"]
Transform = Callable[[Runs], Float64[np.ndarray, " m"]]

LINEAR, MAX_KS, DIAGONAL_LLR, FULL_LLR, RANDOM, SIGNS, LEARNED = (
    "linear discriminant",
    "most telling number",
    "per-number likelihood ratio",
    "joint likelihood ratio",
    "random-feature discriminant",
    "product of two signs",
    "tree ensemble",
)
"""The kinds of discriminant, in words."""

SHARES = {LINEAR: 0.35, MAX_KS: 0.2, DIAGONAL_LLR: 0.2, FULL_LLR: 0.12, RANDOM: 0.08, SIGNS: 0.05}
"""Of a longer view's prior: a kind pays ln(1 / share) of log wealth, the discriminant 1.0, the product of signs 3.0.

The discriminant has most: of these kinds it is met most among the witnesses of `benchmarks/removers.json`.
"""

_CLIP = 8.0
"""Robust spreads: a Gaussian number lies farther out with probability 10⁻¹⁵, a diverged one always."""

_FEATURES = 64
"""Random cosines: fewer than the pairs of most checks, so that their discriminant is determined."""

_WIDEST = 128
"""Numbers of a view beyond which two full covariances, of 8256 numbers each, are not worth their cube."""

_RECENT = 256
"""Pairs that trees are fitted on: their time stays bounded however long a check lasts."""

_PAIRED = 256
"""Numbers of a view whose products of signs are looked at: 32 640 pairs."""


@dataclasses.dataclass(frozen=True)
class FeatureMap:
    """One number from a view.

    Args:
        view: the view it looks at.
        kind: a discriminant's kind, or "" for the view as it is.
        see: `[m, k] -> [m]`.
        places: of the one number, or of the two, that it looks at, if it does.

    >>> FeatureMap("margins on S", LINEAR, lambda v: v[:, 0]).name
    'linear discriminant of margins on S'
    """

    view: str
    kind: str
    transform: Transform
    places: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        """The feature in words."""
        if self.places:
            numbers = " and ".join(f"{self.view}[{place}]" for place in self.places)
            return numbers if len(self.places) == 1 else f"{self.kind} of {numbers}, about their medians,"
        return f"{self.kind} of {self.view}" if self.kind else self.view


def fit_feature_maps(view: str, x: Runs, y: Runs) -> list[FeatureMap]:
    """The feature maps of a view, fitted on its past; how many, and of which kinds, depends on its width alone.

    Args:
        view: the view's name.
        x, y: its past values in the two arms, finite.

    Returns:
        One feature map for a view of one number, six for a longer one (five beyond 128 numbers).

    >>> rng = np.random.default_rng(0)
    >>> [one.kind for one in fit_feature_maps("v", rng.normal(size=(9, 2)), rng.normal(size=(9, 2)))][0]
    'most telling number'
    """
    width = x.shape[1]
    if width == 1:
        return [FeatureMap(view, "", _only)]
    transform = standard(x, y)
    u, v = transform(x), transform(y)
    fits = {LINEAR: linear, DIAGONAL_LLR: diagonal_llr, FULL_LLR: full_llr, RANDOM: random_features}
    if width > _WIDEST:
        del fits[FULL_LLR]
    place = max_ks_coordinate(x, y)
    widest = FeatureMap(view, MAX_KS, lambda values: values[:, place], (place,))
    product = fit_signs(view, x, y)
    return [widest, *(FeatureMap(view, kind, after(transform, fit(u, v))) for kind, fit in fits.items()), product]


def fit_learned(view: str, x: Runs, y: Runs) -> FeatureMap:
    """A small ensemble of extremely randomised trees, fitted on the last 256 pairs: the share of votes for `removed`.

    Source: Geurts et al. 2006 (doi 10.1007/s10994-006-6226-1), as scikit-learn has it.

    >>> feature_map = fit_learned("all views", np.full((20, 2), 3.0), np.zeros((20, 2)))
    >>> feature_map.transform(np.array([[3.0, 3.0], [0.0, 0.0]])).tolist()
    [1.0, 0.0]
    """
    x, y = x[-_RECENT:], y[-_RECENT:]
    # Trees take numbers within 1e-7 for equal: in units of their spread no unit of the user's is lost to that.
    transform = units(x, y)
    trees = _trees(transform(np.concatenate([x, y])), np.repeat([0, 1], [len(x), len(y)]))
    return FeatureMap(
        view, LEARNED, lambda values: np.mean([tree.predict(transform(values))[:, 0] for tree in trees], axis=0)
    )


def _trees(values: Float32[np.ndarray, "m k"], arm: Int[np.ndarray, " m"]) -> list[Any]:
    """The trees of `ExtraTreesClassifier(24, max_depth=6, min_samples_leaf=2, random_state=0)`, bit for bit.

    Fitted and asked one by one: the ensemble's own methods spend their time on copying trees and checking arguments.
    """
    from sklearn import config_context
    from sklearn.tree import ExtraTreeClassifier

    seeds = np.random.RandomState(0).randint(np.iinfo(np.int32).max, size=24)
    with config_context(assume_finite=True, skip_parameter_validation=True):
        trees = [ExtraTreeClassifier(max_depth=6, min_samples_leaf=2, random_state=seed) for seed in seeds.tolist()]
        return [tree.fit(values, arm, check_input=False).tree_ for tree in trees]


def units(x: Runs, y: Runs) -> Callable[[Runs], Float32[np.ndarray, "m k"]]:
    """Deviations from the pooled median in units of the spread, in the single precision that trees compute in.

    >>> units(np.array([[1.0], [2.0]]), np.array([[3.0], [4.0]]))(np.array([[2.5]])).dtype
    dtype('float32')
    """
    centre, scale = _moments(x, y)

    def transform(values: Runs) -> Float32[np.ndarray, "m k"]:
        with np.errstate(over="ignore"):
            return np.clip((values - centre) / scale, -1e30, 1e30).astype(np.float32)

    return transform


def max_ks_coordinate(x: Runs, y: Runs) -> int:
    """The number on which the arms differ most: the largest |F̂_x − F̂_y| at any cut (Kolmogorov–Smirnov).

    >>> max_ks_coordinate(np.array([[0.0, 5.0], [1.0, 6.0]]), np.array([[0.0, 1.0], [1.0, 2.0]]))
    1
    """
    both = np.concatenate([x, y])
    order = np.argsort(both, axis=0, kind="stable")
    ranked = np.take_along_axis(both, order, 0)
    apart = abs(np.cumsum(np.where(order < len(x), 1 / len(x), -1 / len(y)), axis=0))[:-1]
    return int(np.where(ranked[1:] > ranked[:-1], apart, 0.0).max(0).argmax())


def fit_signs(view: str, x: Runs, y: Runs) -> FeatureMap:
    """sign(v_i − m_i) · sign(v_j − m_j), m the pooled medians: the pair i < j whose product differs most in mean.

    It sees two numbers that agree in sign more often in one arm, each of them alike in both. Of wider views 256
    numbers, evenly spaced, are looked at.

    >>> both = np.array([[1.0, 1.0], [-1.0, -1.0], [2.0, 2.0], [-2.0, -2.0]])
    >>> fit_signs("v", both, both * [1, -1]).transform(np.array([[3.0, 4.0], [3.0, -4.0]])).tolist()
    [1.0, -1.0]
    """
    some = np.unique(np.linspace(0, x.shape[1] - 1, min(x.shape[1], _PAIRED)).astype(int))
    middle = np.median(np.concatenate([x, y])[:, some], axis=0)
    u, v = (np.where(arm[:, some] > middle, 1.0, -1.0) for arm in (x, y))
    apart = np.triu(abs(u.T @ u / len(u) - v.T @ v / len(v)), 1)
    i, j = np.unravel_index(int(apart.argmax()), apart.shape) if apart.any() else (0, 1)
    places, (a, b) = (int(some[i]), int(some[j])), (middle[i], middle[j])

    def product(values: Runs) -> Float64[np.ndarray, " m"]:
        return np.where((values[:, places[0]] > a) == (values[:, places[1]] > b), 1.0, -1.0)

    return FeatureMap(view, SIGNS, product, places)


def linear(x: Runs, y: Runs, share: float | None = None) -> Transform:
    """Fisher's linear discriminant: w ∝ ((1 − γ) C + γ c̄ I)⁻¹ (mean_x − mean_y).

    C is the within-arm covariance and c̄ its mean diagonal: γ = 10⁻⁶, or k / (k + 2t) while there are fewer pairs t than
    numbers k. Projections of the past have spread 1.

    >>> linear(np.array([[1.0, 5.0], [1.1, -5.0]]), np.array([[-1.0, 5.0], [-1.1, -5.0]]))(np.eye(2)).shape
    (2,)
    """
    width, means = x.shape[1], (x.mean(0), y.mean(0))
    within = np.concatenate([x - means[0], y - means[1]])
    # With at least k pairs, hardly any shrinkage: a difference along a direction of small variance must show.
    usual = 1e-6 if len(x) >= width else width / (width + len(within))
    direction = np.linalg.solve(_shrunk(within, usual if share is None else share), means[0] - means[1])
    size = float((np.concatenate([x, y]) @ direction).std())
    return lambda v: v @ (direction / size if size > 0 else direction)


def diagonal_llr(x: Runs, y: Runs) -> Transform:
    r"""$\sum_j \ln N(v_j; \hat\mu^x_j, \hat\sigma^x_j) - \ln N(v_j; \hat\mu^y_j, \hat\sigma^y_j)$, number by number.

    On margins of single examples this is the score of U-LiRA (Hayes et al. 2024, arXiv 2403.01218). Variances are drawn
    towards the pooled one with the weight of four runs, so that none is zero.

    >>> bool(diagonal_llr(np.array([[2.0], [2.1]]), np.array([[0.0], [0.1]]))(np.array([[2.0]]))[0] > 0)
    True
    """
    pooled = (x.var(0) + y.var(0)) / 2 + 1e-9
    (mx, vx), (my, vy) = ((a.mean(0), (len(a) * a.var(0) + 4 * pooled) / (len(a) + 4)) for a in (x, y))
    return lambda v: (((v - my) ** 2 / vy - (v - mx) ** 2 / vx - np.log(vx / vy)) / 2).sum(1)


def full_llr(x: Runs, y: Runs) -> Transform:
    """The log likelihood ratio of two Gaussians with full covariances, each drawn towards the pooled one.

    >>> rng = np.random.default_rng(0)
    >>> wide, narrow = rng.normal(0, 3, (50, 2)), rng.normal(0, 1, (50, 2))
    >>> bool(full_llr(wide, narrow)(np.full((1, 2), 5.0))[0] > 0)
    True
    """
    t, width = x.shape
    share = width / (width + t)
    pooled = _shrunk(np.concatenate([x - x.mean(0), y - y.mean(0)]), 1e-6 if t >= width else width / (width + 2 * t))
    own = [np.linalg.cholesky((1 - share) * _covariance(a) + share * pooled) for a in (x, y)]
    logs = [2 * float(np.log(np.diag(root)).sum()) for root in own]

    def ratio(v: Runs) -> Float64[np.ndarray, " m"]:
        far = [(np.linalg.solve(root, (v - a.mean(0)).T) ** 2).sum(0) for root, a in zip(own, (x, y), strict=True)]
        return (far[1] - far[0] + logs[1] - logs[0]) / 2

    return ratio


def random_features(x: Runs, y: Runs) -> Transform:
    """A linear discriminant of 64 random cosines: cos(ω·v / s + b), ω ~ N(0, I), b ~ U(0, 2π), s² twice the variance.

    Source: Rahimi & Recht 2007 (random Fourier features). The draws are the same in every run of the program.

    >>> random_features(np.ones((9, 3)), np.zeros((9, 3)))(np.ones((2, 3))).shape
    (2,)
    """
    rng = np.random.default_rng(x.shape[1])
    omega, phase = rng.normal(size=(x.shape[1], _FEATURES)), rng.uniform(0, 2 * math.pi, _FEATURES)
    scale = math.sqrt(2 * float(np.concatenate([x, y]).var(0).sum()) + 1e-12)

    def waves(v: Runs) -> Float64[np.ndarray, "m d"]:
        return np.cos(v @ (omega / scale) + phase)

    return after(waves, linear(waves(x), waves(y), _FEATURES / (_FEATURES + 2 * len(x))))


def _only(values: Runs) -> Float64[np.ndarray, " m"]:
    return values[:, 0]


def after(first: Callable[[Runs], Runs], then: Transform) -> Transform:
    """`then` of `first`.

    >>> after(lambda v: v + 1, lambda v: v[:, 0])(np.zeros((1, 1))).tolist()
    [1.0]
    """
    return lambda values: then(first(values))


def standard(x: Runs, y: Runs) -> Callable[[Runs], Runs]:
    """Clipped deviations from the pooled median, in units of a spread that a few huge values cannot move.

    >>> standard(np.array([[1.0], [2.0]]), np.array([[3.0], [4.0]]))(np.array([[2.5], [1e9]])).tolist()
    [[0.0], [8.0]]
    """
    centre, scale = _moments(x, y)
    return lambda v: np.clip((v - centre) / scale, -_CLIP, _CLIP)


def _moments(x: Runs, y: Runs) -> tuple[Float64[np.ndarray, " k"], Float64[np.ndarray, " k"]]:
    """Pooled median and spread."""
    both = np.concatenate([x, y])
    centre = np.median(both, axis=0)
    spread = np.median(abs(both - centre), axis=0) * 1.4826
    widest = abs(both - centre).max(0)  # where half the values agree
    return centre, np.where(spread > 0, spread, np.where(widest > 0, widest, 1.0))


def _covariance(values: Runs) -> Float64[np.ndarray, "k k"]:
    centred = values - values.mean(0)
    return centred.T @ centred / len(values)


def _shrunk(within: Runs, share: float) -> Float64[np.ndarray, "k k"]:
    """(1 − share) C + share · (mean diagonal of C) I, of centred values."""
    covariance, width = within.T @ within / len(within), within.shape[1]
    return (1 - share) * covariance + share * max(float(np.trace(covariance)) / width, 1e-12) * np.eye(width)
