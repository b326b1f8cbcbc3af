"""SATISFIED for a declared class: intersection–union over its events, at level β with no correction."""

import math

import numpy as np
from jaxtyping import Float64

from ..formal._types import Real
from .refute import OUTCOMES, STAKES, Bets, Staked, gains, log_sum, staked
from .witnesses import QUANTILES, Feature, events, quantile_cuts


def log_growth(won: Bets, delta: Real, tolerance: Real) -> Staked:
    """ln(1 − λ (W − τ)) for every stake λ, a share of the largest legal one, 1 / (1 − δ − τ).

    Under the null θ ≥ δ + τ of one event and direction, E W ≥ τ and the product is an e-process against it.

    Args:
        won: W of `refute.gains`, in which δ is subtracted.
        delta: δ.
        tolerance: τ.

    Returns:
        `[m, s, 4, l]`.

    >>> bool(log_growth(np.full((1, 1, 4), -0.5), 0.05, 0.1).min() > 0)
    True
    """
    return np.log1p(-(won - tolerance)[..., None] * (STAKES / (1 - delta - tolerance)))


class Acceptor:
    """Intersection–union over a class fixed beforehand: {feature > cut} at quantile cuts, complements, both directions.

    The null of each event and direction, θ > δ + τ, is tested at level β by its own running maximum; the class
    is accepted when all are rejected, so a class with a violating event is accepted with probability at most β
    (Berger 1982).

    Args:
        epsilon, delta, beta, tolerance: the claim, its level and its slack.
        views: how many views.

    >>> same = np.tile([0.0, 1.0], 200)
    >>> a = Feature("a", "a", (same, same), (same, same))
    >>> Acceptor(1.0, 0.05, 0.05, 0.1, 1).play([a]) < 200
    True
    """

    def __init__(self, epsilon: Real, delta: Real, beta: Real, tolerance: Real, views: int) -> None:
        self.epsilon, self.delta, self.beta, self.tolerance = epsilon, delta, beta, tolerance
        self.wealth = np.zeros((views * QUANTILES, 4, len(STAKES)))
        self.best = np.full((views * QUANTILES, 4), -np.inf)
        self.path: list[Float64[np.ndarray, _]] = []

    def play(self, features: list[Feature]) -> int | None:
        """Bet on the new pairs; the pair that accepts, if one does. `past` must be the same in every call."""
        x, y = events(features, np.stack([quantile_cuts(f.past) for f in features]))
        growth = log_growth(gains(*OUTCOMES, self.epsilon, self.delta), self.delta, self.tolerance)
        path = self.wealth + np.cumsum(staked(x, y, growth), 0)
        mixed = log_sum(path) - math.log(len(STAKES))
        running = np.maximum.accumulate(np.concatenate([self.best[None], mixed]), axis=0)[1:]
        least = running.min((1, 2))
        self.wealth, self.best = path[-1], running[-1]
        self.path.append(least)
        over = np.flatnonzero(least >= math.log(1 / self.beta))
        return int(over[0]) if over.size else None

    def accepted(self) -> list[bool]:
        """For each view, whether all of its declared events were accepted."""
        return (self.best.reshape(-1, QUANTILES * 4).min(1) >= math.log(1 / self.beta)).tolist()
