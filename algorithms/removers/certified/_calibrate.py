"""Gaussian noise for a known distance: σ, ε and δ from the exact privacy profile."""

import math
from collections.abc import Callable

import numpy as np

from ....formal import closeness
from ....formal._types import Real
from ....formal.laws._gaussian import Gaussian, least_epsilon
from ...base import Guarantee


def widest(epsilon: Real, delta: Real) -> float:
    r"""The largest distance q, in units of σ, at which two Gaussians are (ε, δ)-indistinguishable.

    $$\Phi(q/2 - \varepsilon/q) - e^\varepsilon\,\Phi(-q/2 - \varepsilon/q) = \delta$$

    Args:
        epsilon: ε ≥ 0.
        delta: δ in (0, 1).

    Returns:
        q, from below to 1e-12.

    Raises:
        ValueError: ε or δ out of range.

    Source: Balle & Wang 2018 (arXiv 1805.06530).

    >>> round(widest(1.0, 0.12693674), 6)
    1.0
    """
    if not (0 <= epsilon < math.inf and 0 < delta < 1):
        raise ValueError(f"({epsilon}, {delta}): epsilon must be finite and >= 0, delta between 0 and 1")
    low, high = 0.0, 1.0
    while _profile(epsilon, high) <= delta:
        high *= 2
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if _profile(epsilon, middle) <= delta else (low, middle)
    return low * (1 - 1e-12)


def noise_for(epsilon: Real, delta: Real, distance: Real) -> float:
    """The least σ at which centres so far apart are (ε, δ)-indistinguishable: distance / q(ε, δ).

    Args:
        epsilon, delta: the claim, δ > 0.
        distance: a bound on ‖θ_u − θ_r‖.

    Raises:
        ValueError: ε, δ or the distance out of range.

    >>> round(noise_for(1.0, 0.12693674, 3.0), 5)
    3.0
    """
    if not 0 < distance < math.inf:
        raise ValueError(f"distance: {distance} is not a finite number > 0")
    return distance / widest(epsilon, delta)


def least(ratio: Real) -> Callable[[float], float]:
    """`δ -> ε` of two Gaussians at distance q = ratio · σ: ∞ where no ε does.

    >>> round(least(1.0)(0.12693674), 4)
    1.0
    >>> least(1.0)(0.0)
    inf
    """
    p, q = Gaussian(np.array([float(ratio)]), np.eye(1)), Gaussian(np.zeros(1), np.eye(1))
    return lambda delta: least_epsilon(p, q, float(delta)).upper


def declared(name: str, ratio: Real, epsilon: Real, delta: Real, assumptions: tuple[str, ...]) -> Guarantee:
    """The guarantee of untraining of two laws no further apart than Gaussians at distance `ratio`.

    Args:
        name: of the remover, for the error.
        ratio: ‖θ_u − θ_r‖ / σ at most.
        epsilon, delta: the claim that must follow.
        assumptions: in words.

    Raises:
        ValueError: it does not follow.

    >>> declared("mine", 2.0, 0.1, 0.05, ())
    Traceback (most recent call last):
    ValueError: mine: centres 2 sigma apart are not (0.1, 0.05)-indistinguishable; the noise must be 8.97 times larger
    """
    allowed = widest(epsilon, delta)
    if not ratio <= allowed * (1 + 1e-9):
        raise ValueError(
            f"{name}: centres {ratio:.3g} sigma apart are not ({epsilon:g}, {delta:g})-indistinguishable; "
            f"the noise must be {ratio / allowed:.3g} times larger"
        )
    return Guarantee("untraining", assumptions, least(ratio))


def amplified(contraction: Real, apart: Real, drift: Real, steps: int, sigma: Real) -> float:
    r"""Distance in σ of Gaussians that are at least as far apart as two noisy iterations.

    Chains x ← Φ_k(x) + N(0, σ²I) and y ← Ψ_k(y) + N(0, σ²I) with Φ_k, Ψ_k ρ-Lipschitz, ‖Φ_k − Ψ_k‖ ≤ d, that start
    at most z apart, are as indistinguishable after K steps as Gaussians at distance

    $$q = \frac{\rho^K z + d(1 + \rho + \dots + \rho^{K-1})}{\sigma\sqrt{1 + \rho^2 + \dots + \rho^{2(K-1)}}}.$$

    Proof: drive a third chain by y's noise, shift its step k towards x by a_k ∝ ρ^{K−k}, so that it ends where x does.
    Each shift depends on the past alone; so on paths it is an adaptive composition of Gaussian mechanisms of size
    a_k/σ, √Σa_k²/σ in all, and that is q by Cauchy–Schwarz. No shift need be taken back where ρ ≤ 1 or d = 0. Equality
    is reached by linear maps in one dimension.

    Args:
        contraction: ρ > 0.
        apart: z ≥ 0.
        drift: d ≥ 0; 0 where ρ > 1.
        steps: K ≥ 1.
        sigma: σ > 0.

    Raises:
        ValueError: an argument out of range.

    Source: amplification by iteration (Feldman et al. 2018, arXiv 1808.06651); in this form, derived; compare shifted
    interpolation (Bok, Su & Altschuler 2024, arXiv 2403.00278).

    >>> amplified(0.5, 4.0, 0.0, 1, 1.0)
    2.0
    """
    if not (contraction > 0 and apart >= 0 and drift >= 0 and sigma > 0) or steps < 1:
        raise ValueError("amplified: wants contraction and sigma > 0, apart and drift >= 0, steps >= 1")
    if contraction > 1 and drift > 0:
        raise ValueError("amplified: drift with an expanding map is not covered; clip or shorten the step")
    powers = float(contraction) ** np.arange(steps)
    return float((contraction**steps * apart + drift * powers.sum()) / (sigma * math.sqrt((powers**2).sum())))


def _profile(epsilon: Real, distance: float) -> float:
    return float(closeness.gaussian_profile.host(epsilon=epsilon, distance=distance))
