"""Certified digits for Gaussians of equal covariance, by ball arithmetic (python-flint, optional)."""

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from .. import closeness
from ..closeness import Bracket, solve_decreasing
from ._gaussian import Gaussian

_BITS = (128, 256, 512, 1024, 2048, 4096)


def certified_profile(p: Gaussian, q: Gaussian, epsilon: float) -> Bracket:
    """H_{e^ε} between N(μ₁, Σ) and N(μ₂, Σ), both directions alike, as neighbouring floats around the truth.

    The float64 parameters are taken as exact; every later step encloses its rounding.

    Args:
        p: N(μ₁, Σ).
        q: N(μ₂, Σ), the same covariance to the last bit.
        epsilon: privacy loss, finite, ≥ 0.

    Returns:
        A bracket of relative width about 1e-15.

    Raises:
        ValueError: covariances differ, or epsilon is negative or not finite.
        ImportError: python-flint is missing.

    Balle & Wang 2018, 1805.06530.

    >>> one, two = Gaussian(np.array([0.1]), np.eye(1)), Gaussian(np.array([0.0]), np.eye(1))
    >>> certified_profile(one, two, 1.0).lower
    1.230835983642711e-25
    """
    return _refine(lambda: _distance(p, q), epsilon)


def certified_delta(epsilon: float | Fraction, distance: float | Fraction) -> Bracket:
    """The same from the Mahalanobis distance Δ/σ itself.

    Args:
        epsilon: privacy loss, finite, ≥ 0; a Fraction is kept exact.
        distance: ‖Σ^{−½}(μ₁ − μ₂)‖, finite, ≥ 0; a Fraction is kept exact.

    >>> certified_delta(1.0, Fraction(1, 10)).lower
    1.230835983642704e-25
    """
    if not 0 <= distance < math.inf:
        raise ValueError(f"distance = {distance} must be a finite number, at least 0")
    return _refine(lambda: _exact(distance), epsilon)


def certified_epsilon(p: Gaussian, q: Gaussian, delta: float) -> Bracket:
    """The least ε with P ≈_{ε,δ} Q, between two floats where the certified profile is sure.

    Args:
        p: N(μ₁, Σ).
        q: N(μ₂, Σ).
        delta: additive slack in (0, 1].

    >>> one, two = Gaussian(np.array([0.1]), np.eye(1)), Gaussian(np.array([0.0]), np.eye(1))
    >>> round(certified_epsilon(one, two, 1.230835983642704e-25).lower, 12)
    1.0
    """
    if not 0 <= delta <= 1:
        raise ValueError(f"delta = {delta} must be a number between 0 and 1")
    return solve_decreasing(lambda epsilon: certified_profile(p, q, epsilon), delta)


def _flint() -> Any:
    try:
        import flint
    except ImportError:
        raise ImportError("certified digits need python-flint: pip install 'neverseen[certified]'") from None
    return flint


def _exact(value: float | Fraction) -> Any:
    flint = _flint()
    if isinstance(value, Fraction):
        return flint.arb(flint.fmpq(value.numerator, value.denominator))
    return flint.arb(value)


def _distance(p: Gaussian, q: Gaussian) -> Any:
    if not np.array_equal(p.covariance, q.covariance):
        raise ValueError("certified digits need one covariance in both laws; use gaussian.profile for two")
    flint, size = _flint(), p.mean.size
    column = flint.arb_mat(size, 1, [flint.arb(a) - flint.arb(b) for a, b in zip(p.mean, q.mean, strict=True)])
    covariance = flint.arb_mat(size, size, [float(v) for v in p.covariance.ravel()])
    return (column.transpose() * covariance.solve(column))[0, 0].sqrt()


def _refine(distance: Callable[[], Any], epsilon: float | Fraction) -> Bracket:
    """Double the working precision until the ball is thinner than the floats around it."""
    if not 0 <= epsilon < math.inf:
        raise ValueError(f"epsilon = {epsilon} must be a finite number, at least 0")
    flint = _flint()
    bracket = Bracket(0.0, 1.0)
    for bits in _BITS:
        with flint.ctx.workprec(bits):
            bracket = _ball(_exact(epsilon), distance())
        if bracket.upper <= math.nextafter(math.nextafter(bracket.lower, 2.0), 2.0):
            break
    return bracket


def _ball(epsilon: Any, distance: Any) -> Bracket:
    """The profile at one precision, its ends rounded outwards to float64."""
    if distance == 0:
        return Bracket(0.0, 0.0)
    profile = closeness.gaussian_profile
    value = closeness.compiled(profile.expression, profile.arguments, "ball")(epsilon, distance)
    if not value.is_finite():
        return Bracket(0.0, 1.0)
    low, high = (math.nextafter(float(end), way) for end, way in ((value.lower(), -1.0), (value.upper(), 2.0)))
    return Bracket(max(low, 0.0), min(high, 1.0))
