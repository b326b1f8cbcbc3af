"""Oracle witnesses: the event that breaks a claim, for one who knows both laws, and the pairs a bet on it takes."""

import dataclasses
import math
from collections.abc import Callable

import numpy as np
from jaxtyping import Bool, Float64
from scipy.stats import beta as beta_law
from scipy.stats import chi2, ncx2, norm

from ...formal._types import Real
from ...formal.definitions._definitions import Definition

_Runs = Float64[np.ndarray, "runs k"]
Happened = Bool[np.ndarray, " runs"]
OraclePoint = Float64[np.ndarray, " k"]

_STAKES = np.linspace(0.01, 0.99, 99)


@dataclasses.dataclass(frozen=True)
class Oracle:
    """An event known to break a claim, and by how much where the laws are known in closed form.

    Args:
        view: the view it is an event of.
        event: in words.
        occurs: `[runs, k] -> [runs]`, whether it happened.
        forward: whether the removed law exceeds the reference on it, θ = P(h) − e^ε Q(h); else Q(h) − e^ε P(h).
        chances: P(h) and Q(h), or numbers that θ is safe with; None where only a sample knows them.

    >>> Oracle("a", "a > 0", lambda a: a[:, 0] > 0, True, (1.0, 0.25)).theta(0.0)
    0.75
    """

    view: str
    event: str
    occurs: Callable[[_Runs], Happened]
    forward: bool
    chances: tuple[float, float] | None = None

    def theta(self, epsilon: Real) -> float:
        """θ in closed form.

        Raises:
            ValueError: no closed form is known.
        """
        if self.chances is None:
            raise ValueError(f"{self.event}: no closed form is known; sample it")
        return oracle_excess(*self.chances, epsilon, self.forward)


def oracle_excess(at_removed: Real, at_reference: Real, epsilon: Real, forward: bool) -> float:
    """P(h) − e^ε Q(h), or Q(h) − e^ε P(h) where not forward.

    >>> oracle_excess(0.0, 0.5, 1.0, False)
    0.5
    """
    more, less = (at_removed, at_reference) if forward else (at_reference, at_removed)
    return float(more - math.exp(epsilon) * less)


def shifted(removed: OraclePoint, reference: OraclePoint, sigma: Real, epsilon: Real) -> Oracle:
    """Two Gaussians of one size: the half-space where the likelihood ratio exceeds e^ε (Balle & Wang 2018).

    Args:
        removed, reference: the means, `[k]`.
        sigma: standard deviation of every coordinate.
        epsilon: ε.

    >>> round(shifted(np.array([3.0]), np.array([0.0]), 1.0, 1.0).theta(1.0), 4)
    0.7876
    """
    distance = float(np.linalg.norm(removed - reference)) / sigma
    along = (removed - reference) / max(distance * sigma, 1e-12) / sigma
    cut = distance / 2 + epsilon / max(distance, 1e-12)
    return Oracle(
        "parameters",
        f"their component along the shift of {distance:.3g} σ exceeds {cut:.3g} σ",
        lambda runs: (runs - reference) @ along > cut,
        True,
        (float(norm.cdf(distance - cut)), float(norm.cdf(-cut))),
    )


def concentrated(
    centre: OraclePoint, small: Real, large: Real, epsilon: Real, *, away: Real = 0.0, lost: int = 0
) -> Oracle:
    """N(c, s² I) against N(m, σ² I) with s < σ: the ball about c that maximises P(h) − e^ε Q(h).

    Args:
        centre: c, `[k]`.
        small, large: s and σ.
        epsilon: ε.
        away: ‖c − m‖.
        lost: 1 for the spread about the mean of the k coordinates, which has one dimension less.

    >>> round(concentrated(np.zeros(8), 0.5, 1.0, 1.0).theta(1.0), 2)
    0.67
    """
    degrees = len(centre) - lost
    radii = small * np.sqrt(chi2.ppf(np.linspace(0.001, 0.9999999, 4000), degrees))
    inside = chi2.cdf((radii / small) ** 2, degrees), ncx2.cdf((radii / large) ** 2, degrees, (away / large) ** 2)
    best = int(np.argmax(inside[0] - math.exp(epsilon) * inside[1]))
    radius = float(radii[best])

    def occurs(runs: _Runs) -> Happened:
        apart = runs - centre
        return np.linalg.norm(apart - lost * apart.mean(1, keepdims=True), axis=1) <= radius

    where = "of their mean residual" if lost else "of one point"
    return Oracle(
        "parameters",
        f"they lie within {radius:.3g} {where}",
        occurs,
        True,
        (float(inside[0][best]), float(inside[1][best])),
    )


def beyond(view: str, cut: Real, above: bool, forward: bool, chances: tuple[float, float] | None = None) -> Oracle:
    """A view of one number, above or below a cut.

    >>> beyond("loss on S", 0.5, False, True).event
    'loss on S < 0.5'
    """
    sign = 1 if above else -1
    return Oracle(
        view,
        f"{view} {'>' if above else '<'} {cut:g}",
        lambda runs: sign * runs[:, 0] > sign * cut,
        forward,
        chances,
    )


def wins(x: Happened, y: Happened, definition: Definition, forward: bool) -> Float64[np.ndarray, " runs"]:
    """What the oracle's one bet wins in each pair: W = h(X) − e^ε h(Y) − δ, or with the arms exchanged.

    >>> import neverseen as ns
    >>> wins(np.array([True]), np.array([False]), ns.Untraining(0.0, 0.1), True).tolist()
    [0.9]
    """
    more, less = (x, y) if forward else (y, x)
    return more - math.exp(definition.epsilon) * less - definition.delta


def best_stake(won: Float64[np.ndarray, " runs"], definition: Definition) -> float:
    """The stake λ among 99 shares of the largest legal one, 1/(e^ε + δ), at which ln(1 + λW) grows fastest.

    >>> import neverseen as ns
    >>> round(best_stake(np.array([0.9, 0.9]), ns.Untraining(0.0, 0.1)), 6)
    0.9
    """
    legal = _STAKES / (math.exp(definition.epsilon) + definition.delta)
    growth = np.log1p(won[:, None] * legal).mean(0)
    return float(legal[int(growth.argmax())])


def stopping_times(
    won: Float64[np.ndarray, "seeds pairs"], stake: float, alpha: float
) -> Float64[np.ndarray, " seeds"]:
    """In each line the pair at which ∏(1 + λW) first reaches 1/α; ∞ where it does not.

    >>> stopping_times(np.ones((1, 20)), 1.0, 1e-3).tolist()
    [10.0]
    """
    over = np.cumsum(np.log1p(stake * won), 1) >= math.log(1 / alpha)
    return np.where(over.any(1), over.argmax(1) + 1.0, np.inf)


def lower_theta(x: Happened, y: Happened, epsilon: Real, forward: bool, error: float = 1e-6) -> float:
    """A lower bound on θ that fails with probability at most `error`: Clopper–Pearson's, half the error to each arm.

    >>> lower_theta(np.ones(10000, bool), np.zeros(10000, bool), 0.0, True) > 0.99
    True
    """
    more, less = (x, y) if forward else (y, x)
    low = _bound(int(more.sum()), len(more), error / 2)
    high = 1 - _bound(len(less) - int(less.sum()), len(less), error / 2)
    return oracle_excess(low, high, epsilon, True)


def _bound(hits: int, runs: int, error: float) -> float:
    return 0.0 if hits == 0 else float(beta_law.ppf(error, hits, runs - hits + 1))
