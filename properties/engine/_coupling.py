"""The coupling route: a certificate over all events, where both arms publish a model plus known Gaussian noise."""

import bisect
import dataclasses
import math

import numpy as np
import scipy.special
from jaxtyping import Float64

from ...formal import closeness
from ...formal._types import Real

_STAKES = np.geomspace(0.03, 1, 8)
"""Stakes λ, as shares of the largest legal one, 1 / (1 − m)."""

_PRIOR = np.append(np.full(len(_STAKES) - 1, 0.5 / (len(_STAKES) - 1)), 0.5)
_GRID = np.arange(0, 20.05, 0.05).round(2)
_HALVINGS = 50

_STEP = 0.05  # of the part of ε that is spent on unequal scales

Series = Float64[np.ndarray, " pairs"]


@dataclasses.dataclass(frozen=True)
class Noise:
    """What is known of the output noise of both arms after so many runs.

    Args:
        size: p, the parameters of a run.
        blocks: blocks of 32 runs of each arm seen so far.
        arms: of each arm, the degrees of freedom (runs × p) and Σ r² in declared σ; () where the library itself draws
            the noise, and σ is known.
        doubt: why no certificate may rest on the noise; "" where it may.
        assumption: what a certificate takes for granted, as a phrase after "if"; "" where nothing.

    >>> Noise().arms
    ()
    """

    size: int = 1
    blocks: int = 0
    arms: tuple[tuple[int, float], ...] = ()
    doubt: str = ""
    assumption: str = ""


KNOWN = Noise()
"""Noise that the library draws."""


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
    finite = np.isfinite(distances)
    terms = closeness.gaussian_profile.host(epsilon=epsilon, distance=np.where(finite, distances, 0.0))
    return np.where(finite, np.clip(terms, 0.0, 1.0), 1.0)


def scale_excess(epsilon: Series, ratio: Real, size: int) -> Series:
    r"""H_{e^ε} between N(0, I) and N(0, s²I) on ℝᵖ, the larger of both directions; it grows with s ≥ 1.

    The likelihood ratio is monotone in ‖x‖², a χ² with p degrees of freedom: the best events are balls and their
    complements. At ε = 0 and s − 1 = z/√(Np) it is near z/√(πN), whatever p is (.86 of it at p = 1).

    Args:
        epsilon: ε ≥ 0.
        ratio: s ≥ 1 of the standard deviations.
        size: p.

    >>> scale_excess(np.array([0.0, 0.1]), 1.1, 1).round(4).tolist()
    [0.0461, 0.025]
    """
    if ratio <= 1:
        return np.zeros_like(epsilon)
    gamma, total, slope = np.exp(epsilon), size * math.log(ratio), 2 / (1 - ratio**-2)
    far, near = (total + epsilon) * slope, np.maximum(total - epsilon, 0) * slope
    chance, more = scipy.special.chdtr, scipy.special.chdtrc
    wide = more(size, far / ratio**2) - gamma * more(size, far)
    narrow = chance(size, near) - gamma * chance(size, near / ratio**2)
    return np.clip(np.maximum(wide, narrow), 0.0, 1.0)


def excess_between(distances: Series, epsilon: Real, low: Real, ratio: Real, size: int) -> Series:
    r"""A bound on what two Gaussians exceed e^ε by where their σ are known within bounds only; 1 where not finite.

    By way of the Gaussian with the centre of one arm and the σ of the other, for every η in [0, ε]:

    $$\delta \le e^{\eta}\,\delta(\varepsilon - \eta;\, q / \sigma_{\text{low}}) + H_{e^\eta}(s), \qquad
      s = \text{the ratio of the two } \sigma,$$

    and the least of these; it grows with q, with 1/σ_low and with s, and falls with ε.

    Args:
        distances: q of each pair, in declared σ.
        epsilon: ε ≥ 0.
        low: σ of either arm is at least so many declared σ.
        ratio: s, at most.
        size: p.

    >>> excess_between(np.array([0.0, 1.0, np.inf]), 1.0, 1.0, 1.0, 1).round(8).tolist()
    [0.0, 0.12693674, 1.0]
    """
    values, place = np.unique(distances, return_inverse=True)
    spent = np.append(np.arange(0.0, float(epsilon), _STEP), float(epsilon))
    unequal = scale_excess(spent, ratio, size)
    bounds = [math.exp(a) * excess(values / low, float(epsilon) - a) + h for a, h in zip(spent, unequal, strict=True)]
    return np.minimum(np.min(bounds, axis=0), 1.0)[place]


def scale_bounds(freedom: int, squares: Real, level: Real) -> tuple[float, float]:
    """Bounds of σ in declared σ from Σ r² ~ σ²χ²: each is wrong with probability `level` at most.

    >>> scale_bounds(1000, 1000.0, 0.025)
    (0.9580..., 1.0458...)
    """
    if freedom == 0:
        return 0.0, math.inf
    above, below = scipy.special.chdtri(freedom, level), scipy.special.chdtri(freedom, 1 - level)
    return math.sqrt(squares / above), math.sqrt(squares / below)


def scale_looks(blocks: int) -> int:
    """How often σ has been bounded after so many blocks: after 4, 6, 8, 12, 16, 24, … of them.

    >>> [scale_looks(blocks) for blocks in (3, 4, 7, 8, 16)]
    [0, 1, 2, 3, 5]
    """
    return sum(blocks >= k * 2**j for j in range(blocks.bit_length()) for k in (4, 6))


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
        growth = np.log1p(_STAKES * (mean - terms[:, None]) / (1 - mean))
    return np.logaddexp.reduce(np.cumsum(growth, 0) + np.log(_PRIOR), axis=1)


class Coupler:
    r"""The certificate of one claim: bounds on E δ(ε; q), and by joint convexity on H_{e^ε} over all events.

    Where run and reference publish θ(s) + N(0, σ²I), any coupling of their seeds that keeps both marginals gives

    $$H_{e^\varepsilon}(P \Vert Q) \le \mathbb E_s\,\delta(\varepsilon; q_s), \qquad q_s = \lVert\theta_u(s) -
      \theta_r(s)\rVert / \sigma,$$

    in both directions. The terms are bounded, and bets on their mean bound it from above at every time at once.
    Proved: `Engine.v: false_certificate`.

    Where the library draws the noise, σ is known and the bets have all of β. Where a user declares it, they have half:
    the other half pays for bounds on σ, both sides and both arms, from the χ² of all residuals, at a quarter of
    β/2 · 1/(i(i+1)) each at the i-th look (128, 192, 256, 384, 512, … runs; before the first nothing is certified), and
    terms are those of `excess_between`. They only fall as bounds tighten, so bets on past pairs are counted anew. The
    arms' residuals are not taken to be independent of each other. What that costs in δ is about 2z/√(2πN) at ε = 0, z
    the normal quantile of the level, whatever p is: equal laws are certified at (0, .05) after some 6000 pairs, at
    (.5, .05) after 350 to 500, at (1, .05) after 160 to 225, where 85 do if σ is known (`benchmarks/declared_laws.py`).

    Args:
        epsilon, delta: the claim.
        beta: probability bound of a false certificate, and of each upper bound, if the noise is Gaussian.

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
        self.noise = KNOWN
        self._looked, self._scales = 0, [(0.0, math.inf)] * 2

    def play(self, distances: Series, noise: Noise = KNOWN) -> int | None:
        """Take new pairs; the place among them of the first by which the claim was certified, if one was.

        Args:
            distances: q of each new pair; NaN and ∞ count as the term 1.
            noise: what is known of the noise by now; from one in doubt nothing is certified.

        Raises:
            ValueError: a distance is negative.
        """
        if (distances < 0).any():
            raise ValueError(f"distances: {distances.min()} is negative; a norm is wanted")
        before = len(self.distances)
        self.distances = np.append(self.distances, distances)
        self._learn(noise)
        over = np.flatnonzero(self.path >= math.log(1 / self.level))
        return max(int(over[0]) - before, 0) if over.size and len(distances) and not noise.doubt else None

    @property
    def level(self) -> float:
        """The share of β that pays for the bets."""
        return self.beta / 2 if self.noise.arms else self.beta

    def terms(self, epsilon: Real) -> Series:
        """The term of each pair so far, or a bound on it as σ is known by now."""
        low = min(least for least, _ in self._scales)
        if not self.noise.arms:
            return excess(self.distances, epsilon)
        if low == 0:
            return np.ones_like(self.distances)
        ratio = max(self._scales[0][1] / self._scales[1][0], self._scales[1][1] / self._scales[0][0], 1.0)
        return excess_between(self.distances, epsilon, low, ratio, self.noise.size)

    def _learn(self, noise: Noise) -> None:
        """Bound σ of both arms where a look is due; bounds of earlier looks hold on."""
        self.noise, look = noise, scale_looks(noise.blocks)
        if noise.arms and look > self._looked:
            self._looked, each = look, self.beta / 2 / (look * (look + 1)) / 4
            bounds = [scale_bounds(freedom, squares, each) for freedom, squares in noise.arms]
            self._scales = [(max(a, c), min(b, d)) for (a, b), (c, d) in zip(self._scales, bounds, strict=True)]

    @property
    def path(self) -> Series:
        """ln of the wealth against "E δ(ε; q) ≥ δ" after each pair; the claim is certified at ln(1 / `level`)."""
        return log_wealth(self.terms(self.epsilon), self.delta)

    @property
    def delta_upper(self) -> float:
        """The least bound on δ at the claim's ε that any time so far gave; it never rises. 1 where none did.

        W grows with m, so the means that are rejected by now are those above one value; the bound is wrong at any
        time only where the true mean itself was rejected, which has probability at most β.
        """
        terms, low, high = self.terms(self.epsilon), 0.0, 1.0
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
        index = bisect.bisect_left(_GRID, True, key=lambda e: self._rejects(self.terms(float(e)), self.delta))
        return float(_GRID[index]) if index < len(_GRID) else None

    def _rejects(self, terms: Series, mean: Real) -> bool:
        """Whether "the mean of the terms is at least m" was rejected at any time so far."""
        return bool((log_wealth(terms, mean) >= math.log(1 / self.level)).any())
