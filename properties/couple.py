"""The coupling route: a certificate over all events, where both arms publish a model plus known Gaussian noise."""

import bisect
import math

import numpy as np
from jaxtyping import Float64

from ..formal._types import Real
from ..formal.closeness import gaussian_profile

STAKES = np.geomspace(0.03, 1, 8)
"""Stakes λ, as shares of the largest legal one, 1 / (1 − m)."""

_PRIOR = np.append(np.full(len(STAKES) - 1, 0.5 / (len(STAKES) - 1)), 0.5)
_GRID = np.arange(0, 20.05, 0.05).round(2)
_HALVINGS = 50

Series = Float64[np.ndarray, " pairs"]


def excess(distances: Series, epsilon: Real) -> Series:
    r"""What each pair's two Gaussians exceed e^ε by, in either direction; 1 where a distance is not finite.

    $$\delta(\varepsilon; q) = \Phi(q/2 - \varepsilon/q) - e^\varepsilon\,\Phi(-q/2 - \varepsilon/q) \in [0, 1]$$

    in the log-cdf form, which keeps twelve digits of 1e-25.

    Args:
        distances: q = ‖θ_u − θ_r‖ / σ ≥ 0 of each pair.
        epsilon: ε ≥ 0.

    Returns:
        One term for each pair.

    Source: Balle & Wang 2018 (arXiv 1805.06530).

    >>> excess(np.array([0.0, 1.0, np.nan]), 1.0).round(8).tolist()
    [0.0, 0.12693674, 1.0]
    """
    known = np.isfinite(distances)
    terms = gaussian_profile.host(epsilon=epsilon, distance=np.where(known, distances, 0.0))
    return np.where(known, np.clip(terms, 0.0, 1.0), 1.0)


def log_wealth(terms: Series, mean: Real) -> Series:
    r"""ln of the mixture wealth against "the mean of the terms is at least m", after each pair.

    $$W_t(m) = \sum_c w_c \prod_{s \le t} \Bigl(1 + c\,\frac{m - X_s}{1 - m}\Bigr), \qquad 0 < c \le 1.$$

    Where E X ≥ m each factor has mean at most 1, so W exceeds 1/β at any time with probability at most β (Ville).
    No stake depends on m or on the terms: each factor grows with m and falls with X, and so does W.

    Args:
        terms: X in [0, 1], of independent pairs.
        mean: m in [0, 1).

    Returns:
        ln W, one number for each pair.

    Source: Waudby-Smith & Ramdas 2024 (arXiv 2010.09686), with a mixture of stakes in place of a predicted one.

    >>> bool(log_wealth(np.zeros(100), 0.05)[-1] > np.log(1 / 0.05))
    True
    """
    with np.errstate(divide="ignore"):  # A term of 1 takes all that was staked in full.
        grown = np.log1p(STAKES * (mean - terms[:, None]) / (1 - mean))
    return np.logaddexp.reduce(np.cumsum(grown, 0) + np.log(_PRIOR), axis=1)


class Coupler:
    r"""The certificate of one claim: bounds on E δ(ε; q), and by joint convexity on H_{e^ε} over all events.

    Where run and reference publish θ(s) + N(0, σ²I), any coupling of their seeds that keeps both marginals gives

    $$H_{e^\varepsilon}(P \Vert Q) \le \mathbb E_s\,\delta(\varepsilon; q_s), \qquad q_s = \lVert\theta_u(s) -
      \theta_r(s)\rVert / \sigma,$$

    in both directions. The terms are bounded, and bets on their mean bound it from above at every time at once.

    Args:
        epsilon, delta: the claim.
        beta: probability bound of a false certificate, and of each upper bound.

    Raises:
        ValueError: ε, δ or β out of range.

    Source: joint convexity of the hockey-stick divergence (Balle, Barthe & Gaboardi 2018, arXiv 1807.01647).

    >>> coupler = Coupler(1.0, 0.05, 0.05)
    >>> coupler.play(np.full(40, 0.1)), coupler.play(np.full(60, 0.1))
    (None, 30)
    >>> coupler.delta_upper < 0.05, coupler.epsilon_upper
    (True, 0.1)
    """

    def __init__(self, epsilon: Real, delta: Real, beta: Real) -> None:
        if not (0 <= epsilon < math.inf and 0 <= delta < 1 and 0 < beta < 1):
            raise ValueError(
                f"({epsilon}, {delta}) at beta={beta}: epsilon is finite and >= 0, delta is in [0, 1), beta in (0, 1)"
            )
        self.epsilon, self.delta, self.beta = epsilon, delta, beta
        self.distances: Series = np.zeros(0)

    def play(self, distances: Series) -> int | None:
        """Take new pairs; the place among them of the first by which the claim was certified, if one was.

        Args:
            distances: q of each new pair; NaN and ∞ count as the term 1.

        Raises:
            ValueError: a distance is negative.
        """
        if (distances < 0).any():
            raise ValueError(f"distances: {distances.min()} is negative; a norm is wanted")
        before = len(self.distances)
        self.distances = np.append(self.distances, distances)
        over = np.flatnonzero(self.path >= math.log(1 / self.beta))
        return max(int(over[0]) - before, 0) if over.size and len(distances) else None

    @property
    def path(self) -> Series:
        """ln of the wealth against "E δ(ε; q) ≥ δ" after each pair; the claim is certified at ln(1/β)."""
        return log_wealth(excess(self.distances, self.epsilon), self.delta)

    @property
    def delta_upper(self) -> float:
        """The least bound on δ at the claim's ε that any time so far gave; it never rises. 1 where none did.

        W grows with m, so the means that are rejected by now are those above one value; the bound is wrong at any
        time only where the true mean itself was rejected, which has probability at most β.
        """
        terms, low, high = excess(self.distances, self.epsilon), 0.0, 1.0
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            low, high = (low, middle) if self._rejects(terms, middle) else (middle, high)
        return high

    @property
    def epsilon_upper(self) -> float | None:
        """The least ε of the grid 0, .05, …, 20 that is certified at the claim's δ with all above it; None: none is.

        Terms fall with ε and stakes do not depend on it, so wealth grows with ε and the certified ones are those above
        one value: the scan from the largest down is a bisection. The bound is below the true ε only where the largest
        grid value below the true ε was certified: one false certificate, of probability at most β.
        """
        terms = [excess(self.distances, float(e)) for e in _GRID]
        found = bisect.bisect_left(terms, True, key=lambda x: self._rejects(x, self.delta))
        return float(_GRID[found]) if found < len(_GRID) else None

    def _rejects(self, terms: Series, mean: Real) -> bool:
        """Whether "the mean of the terms is at least m" was rejected at any time so far."""
        return bool((log_wealth(terms, mean) >= math.log(1 / self.beta)).any())
