"""The log likelihood ratio of two Gaussians, coordinate by coordinate, and the masses of its cells.

After whitening, P: z ∼ N(m, diag d) and Q: z ∼ N(0, I), so L(z) = Σᵢ Lᵢ(zᵢ) with independent coordinates and
Lᵢ(z) = ½[z² − (z − mᵢ)²/dᵢ − ln dᵢ] = a·z² + b·z + c.
"""

from dataclasses import dataclass

import numpy as np
import scipy.linalg
import scipy.special
from jaxtyping import Float

Array = Float[np.ndarray, "..."]


@dataclass(frozen=True)
class Coordinate:
    """One whitened coordinate: z ∼ N(shift, spread) under P and N(0, 1) under Q.

    Args:
        shift: m, the mean under P.
        spread: d > 0, the variance under P.

    >>> Coordinate(1.0, 1.0).ratio(np.array(0.5)).item()
    0.0
    """

    shift: float
    spread: float

    @property
    def _coefficients(self) -> tuple[float, float, float]:
        m, d = self.shift, self.spread
        return (d - 1) / (2 * d), m / d, -0.5 * (m * m / d + np.log(d))

    def ratio(self, z: Array) -> Array:
        """L(z) = ½[z² − (z − m)²/d − ln d]."""
        a, b, c = self._coefficients
        return np.asarray((a * z + b) * z + c)

    def span(self, deviations: float) -> tuple[float, float]:
        """Least and greatest L for z within `deviations` standard deviations of P's mean."""
        a, b, _ = self._coefficients
        reach = deviations * np.sqrt(self.spread)
        ends = np.array([self.shift - reach, self.shift + reach])
        if a != 0:
            ends = np.append(ends, np.clip(-b / (2 * a), *ends))
        values = self.ratio(ends)
        return float(values.min()), float(values.max())

    def crossings(self, level: Array) -> tuple[Array, Array]:
        """The ordered roots of L = level; twice the vertex where there are none.

        Between them lies {L ≤ level} when d ≥ 1, {L ≥ level} when d < 1. At d = 1 one root is infinite.
        """
        a, b, c = self._coefficients
        root = np.sqrt(np.maximum(b * b - 4 * a * (c - level), 0.0))
        # The quadratic formula without cancellation: right as d → 1, where one root leaves for infinity.
        pivot = -0.5 * (b + np.copysign(root, b))
        with np.errstate(divide="ignore", invalid="ignore"):
            far = np.where(pivot == 0, 0.0, pivot / a)
            near = np.where(root == 0, far, (c - level) / pivot)
        return np.minimum(far, near), np.maximum(far, near)

    def below(self, level: Array) -> tuple[Array, Array]:
        """(P, Q) of {L ≤ level}."""
        low, high = self.crossings(level)
        inside, left, right = self._masses(low, high), self._masses(-np.inf, low), self._masses(high, np.inf)
        return inside if self.spread >= 1 else (left[0] + right[0], left[1] + right[1])

    def above(self, level: Array) -> tuple[Array, Array]:
        """(P, Q) of {L > level}, computed as a tail and not as a complement."""
        low, high = self.crossings(level)
        inside, left, right = self._masses(low, high), self._masses(-np.inf, low), self._masses(high, np.inf)
        return (left[0] + right[0], left[1] + right[1]) if self.spread >= 1 else inside

    def cells(self, edges: Float[np.ndarray, " k"]) -> tuple[Array, Array]:
        """(P, Q) of {edges[j] < L ≤ edges[j+1]} for each j, from differences of Φ on the shorter tail."""
        low, high = self.crossings(edges)
        grows = self.spread >= 1
        right = self._masses(high[:-1], high[1:]) if grows else self._masses(high[1:], high[:-1])
        left = self._masses(low[1:], low[:-1]) if grows else self._masses(low[:-1], low[1:])
        return right[0] + left[0], right[1] + left[1]

    def _masses(self, low: Array | float, high: Array | float) -> tuple[Array, Array]:
        scale = np.sqrt(self.spread)
        return _mass((low - self.shift) / scale, (high - self.shift) / scale), _mass(low, high)


def _mass(low: Array | float, high: Array | float) -> Array:
    """Φ(high) − Φ(low), mirrored to the left tail so that no digits are lost there."""
    mirror = np.asarray(low) > 0
    left, right = np.where(mirror, -np.asarray(high), low), np.where(mirror, -np.asarray(low), high)
    return np.maximum(scipy.special.ndtr(right) - scipy.special.ndtr(left), 0.0)


def whiten(
    shift: Float[np.ndarray, " d"],
    covariance: Float[np.ndarray, "d d"],
    reference: Float[np.ndarray, "d d"],
) -> list[Coordinate]:
    """Independent coordinates of N(μ₂ + shift, covariance) against N(μ₂, reference).

    Args:
        shift: μ₁ − μ₂.
        covariance: Σ₁, positive definite.
        reference: Σ₂, positive definite.

    Returns:
        One `Coordinate` for each axis on which the laws differ; empty when they are equal.

    >>> whiten(np.array([2.0]), np.array([[4.0]]), np.array([[4.0]]))
    [Coordinate(shift=1.0, spread=1.0)]
    """
    factor = np.linalg.cholesky(reference)
    half = scipy.linalg.solve_triangular(factor, covariance, lower=True)
    spread, axes = np.linalg.eigh(scipy.linalg.solve_triangular(factor, half.T, lower=True))
    means = axes.T @ scipy.linalg.solve_triangular(factor, shift, lower=True)
    pairs = [Coordinate(float(m), float(d)) for m, d in zip(means, spread, strict=True)]
    return [c for c in pairs if c != Coordinate(0.0, 1.0)]
