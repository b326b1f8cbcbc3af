"""Gaussian outputs: H_{e^ε} between two normal laws, exact for equal covariances and bracketed otherwise."""

import math
from dataclasses import dataclass

import numpy as np
import scipy.linalg
import scipy.special
from jaxtyping import Float

from .. import closeness
from ..closeness import Bracket, largest, solve_decreasing
from ..closeness._bracket import Curve
from ._gaussian_bracket import loss_curve
from ._gaussian_ratio import Coordinate, whiten

_ROUNDING = 2.0**-52
_UNDERFLOW = 1e-300  # where float64 loses δ; no positive δ is called 0
_FEWEST_BINS, _MOST_BINS = 1 << 12, 1 << 21


@dataclass(frozen=True, eq=False)
class Gaussian:
    """N(mean, covariance) on ℝᵈ, stored read-only in float64.

    Args:
        mean: [d].
        covariance: [d, d], symmetric, positive definite.

    Raises:
        ValueError: a shape is wrong, a number is not finite, or the covariance is asymmetric or singular.

    >>> Gaussian(np.zeros(2), np.eye(2)).mean.shape
    (2,)
    """

    mean: Float[np.ndarray, " d"]
    covariance: Float[np.ndarray, "d d"]

    def __post_init__(self) -> None:
        mean, covariance = np.array(self.mean, np.float64), np.array(self.covariance, np.float64)
        _check(mean, covariance)
        for name, array in (("mean", mean), ("covariance", covariance)):
            array.setflags(write=False)
            object.__setattr__(self, name, array)

    @property
    def condition(self) -> float:
        """Condition number of the correlation matrix; scaling a coordinate does not change it."""
        values = np.linalg.eigvalsh(_correlation(self.covariance))
        return float(values[-1] / values[0])


def _correlation(covariance: np.ndarray) -> np.ndarray:
    scale = np.sqrt(np.diag(covariance))
    return covariance / scale[:, None] / scale[None, :]


def _check(mean: np.ndarray, covariance: np.ndarray) -> None:
    if mean.ndim != 1 or mean.size == 0 or covariance.shape != (mean.size, mean.size):
        raise ValueError(f"Gaussian needs mean [d] and covariance [d, d]; got {mean.shape} and {covariance.shape}")
    if not (np.isfinite(mean).all() and np.isfinite(covariance).all()):
        raise ValueError("Gaussian: mean or covariance has a NaN or an infinity; give finite numbers")
    scale = np.sqrt(np.abs(np.diag(covariance)))
    if not (np.abs(covariance - covariance.T) <= 1e-12 * np.outer(scale, scale)).all():
        raise ValueError("Gaussian: covariance is not symmetric; pass (C + C.T) / 2")
    if not (np.diag(covariance) > 0).all() or _least_eigenvalue(covariance) <= 4 * mean.size * _ROUNDING:
        raise ValueError("Gaussian: covariance is singular or not positive definite; add noise to every coordinate")


def _least_eigenvalue(covariance: np.ndarray) -> float:
    return float(np.linalg.eigvalsh(_correlation(covariance))[0])


def distance(p: Gaussian, q: Gaussian) -> float:
    """Mahalanobis distance ‖Σ^{−½}(μ₁ − μ₂)‖, Σ the covariance of q.

    Args:
        p: N(μ₁, ·).
        q: N(μ₂, Σ).

    Raises:
        ValueError: dimensions differ.

    >>> distance(Gaussian(np.array([2.0]), np.eye(1)), Gaussian(np.array([0.0]), 4 * np.eye(1)))
    1.0
    """
    _check_pair(p, q)
    factor = np.linalg.cholesky(q.covariance)
    return float(np.linalg.norm(scipy.linalg.solve_triangular(factor, p.mean - q.mean, lower=True)))


def profile(p: Gaussian, q: Gaussian, epsilon: float, tolerance: float = 1e-6) -> Bracket:
    """H_{e^ε}(P‖Q), one direction, between two bounds.

    Equal covariances: δ = Φ(Δ/2−ε/Δ) − e^ε·Φ(−Δ/2−ε/Δ), Δ the Mahalanobis distance. Unequal, one differing
    coordinate: roots of the log likelihood ratio. Unequal, several: convolved discretisations.

    Args:
        p: the law whose excess is measured.
        q: the other law.
        epsilon: privacy loss, finite, ≥ 0.
        tolerance: width at which refining the discretisation stops; wider only if 2²¹ cells do not suffice.

    Returns:
        A bracket with float64 rounding allowed for; see `gaussian_certified` for certified digits.

    Raises:
        ValueError: dimensions differ, or epsilon is negative or not finite.

    Balle & Wang 2018, 1805.06530; Doroshenko et al. 2022, 2207.04380.

    >>> one, two = Gaussian(np.array([1.0]), np.eye(1)), Gaussian(np.array([0.0]), np.eye(1))
    >>> round(profile(one, two, 1.0).lower, 8)
    0.12693674
    """
    _check_pair(p, q)
    if not 0 <= epsilon < math.inf:
        raise ValueError(f"epsilon = {epsilon} must be a finite number, at least 0")
    bins = _FEWEST_BINS
    while True:
        bracket = _curve(p, q, epsilon, bins)(epsilon)
        if bracket.width <= tolerance or bins >= _MOST_BINS:
            return bracket
        bins *= 4


def least_delta(p: Gaussian, q: Gaussian, epsilon: float, tolerance: float = 1e-6) -> Bracket:
    """The least δ with P ≈_{ε,δ} Q: the larger of the two directions of `profile`.

    Args and errors as for `profile`.

    >>> one, two = Gaussian(np.array([0.0]), np.eye(1)), Gaussian(np.array([0.0]), 2 * np.eye(1))
    >>> profile(one, two, 1.0).upper < least_delta(one, two, 1.0).lower
    True
    """
    return largest([profile(p, q, epsilon, tolerance), profile(q, p, epsilon, tolerance)])


def least_epsilon(p: Gaussian, q: Gaussian, delta: float, tolerance: float = 1e-4) -> Bracket:
    """The least ε ≥ 0 with P ≈_{ε,δ} Q, by bisection between points where the answer is sure.

    Args:
        p: a law.
        q: another.
        delta: additive slack in [0, 1].
        tolerance: width at which refining the discretisation stops.

    Returns:
        A bracket; its upper end is infinite when no ε up to 10⁴ is known to do.

    Raises:
        ValueError: dimensions differ, or delta is outside [0, 1].

    >>> one, two = Gaussian(np.array([1.0]), np.eye(1)), Gaussian(np.array([0.0]), np.eye(1))
    >>> round(least_epsilon(one, two, 0.12693674).upper, 6)
    1.0
    """
    _check_pair(p, q)
    if not 0 <= delta <= 1:
        raise ValueError(f"delta = {delta} must be a number between 0 and 1")
    bins, before = _FEWEST_BINS, None
    while True:
        bracket = largest([_one_way_epsilon(a, b, delta, bins) for a, b in ((p, q), (q, p))])
        if bracket.width <= tolerance or bins >= _MOST_BINS or bracket == before:
            return bracket
        bins, before = 4 * bins, bracket


def _one_way_epsilon(p: Gaussian, q: Gaussian, delta: float, bins: int) -> Bracket:
    """One direction. The grid reaches ε = `reach`; it is widened until the answer lies inside."""
    reach = 4.0
    while True:
        bracket = solve_decreasing(_curve(p, q, reach, bins), delta, stop=reach)
        if bracket.upper < math.inf or reach > 1e4:
            return bracket
        reach *= 4


def _curve(p: Gaussian, q: Gaussian, largest_epsilon: float, bins: int) -> Curve:
    """ε ↦ bracket of H_{e^ε}(P‖Q), by the strongest form that applies."""
    slack = 8 * p.mean.size * _ROUNDING * (p.condition + q.condition)
    if np.array_equal(p.covariance, q.covariance):
        gap = distance(p, q)
        return lambda epsilon: _closed_form(gap, slack, epsilon)
    coordinates = whiten(p.mean - q.mean, p.covariance, q.covariance)
    # Total variation moved by a relative error `slack` in each whitened mean and variance bounds that of H.
    pad = slack * sum(1 + abs(c.shift) / math.sqrt(c.spread) for c in coordinates)
    if len(coordinates) == 1:
        return lambda epsilon: _padded(_one_coordinate(coordinates[0], epsilon), pad)
    curve = loss_curve(coordinates, largest_epsilon, bins)
    return lambda epsilon: _padded(curve(epsilon), pad)


def _padded(bracket: Bracket, pad: float) -> Bracket:
    return Bracket(max(bracket.lower - pad, 0.0), min(bracket.upper + pad, 1.0))


def _closed_form(gap: float, slack: float, epsilon: float) -> Bracket:
    """Balle–Wang at gap·(1 ± slack), widened by the rounding of the log-cdf form."""
    low, high = (
        float(closeness.gaussian_profile.host(epsilon=epsilon, distance=gap * factor))
        for factor in (1 - slack, 1 + slack)
    )
    if gap == 0:
        return Bracket(0.0, 0.0)
    ratio = epsilon / gap
    first = math.exp(float(scipy.special.log_ndtr(gap / 2 - ratio)))
    rounding = 8 * _ROUNDING * first * (1 + (gap / 2 + ratio) ** 2 + epsilon) + _UNDERFLOW
    return _padded(Bracket(min(low, high), max(low, high)), rounding)


def _one_coordinate(coordinate: Coordinate, epsilon: float) -> Bracket:
    """P(L > ε) − e^ε·Q(L > ε) from the roots of one quadratic."""
    p, q = (mass.item() for mass in coordinate.above(np.array([epsilon])))
    taken = math.exp(epsilon + math.log(q)) if q > 0 else 0.0
    rounding = 64 * _ROUNDING * (p + taken) * (1 + epsilon)
    return _padded(Bracket(max(p - taken, 0.0), max(p - taken, 0.0)), rounding)


def _check_pair(p: Gaussian, q: Gaussian) -> None:
    if p.mean.size != q.mean.size:
        raise ValueError(f"the laws have dimensions {p.mean.size} and {q.mean.size}; give two of the same")
