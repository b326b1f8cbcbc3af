"""SATISFIED for a declared class: intersection–union over its events, at level β with no correction."""

import math

import numpy as np
from jaxtyping import Bool, Float64, Int64

from ..formal._types import Real
from .bets import CAREFUL, Outcomes, looks, tally, towards
from .refute import first_at_least, grown
from .witnesses import FIXED


class Acceptor:
    """Intersection–union over a class fixed beforehand: its events, their complements, both directions.

    The null of each event and direction, θ > δ + τ, is tested at level β by its own running maximum; the class
    is accepted when all are rejected, so a class with a violating event is accepted with probability at most β
    (Berger 1982).

    Args:
        epsilon, delta, beta, tolerance: the claim, its level and its slack.
        features: how many.
        replications: b.

    >>> both = np.tile(np.array([0, 3], np.uint8), 100).reshape(1, 200, 1, 1)
    >>> 0 < Acceptor(1.0, 0.05, 0.05, 0.1, 1).play(np.broadcast_to(both, (1, 200, 1, FIXED)))[0] < 200
    np.True_
    """

    def __init__(
        self, epsilon: Real, delta: Real, beta: Real, tolerance: Real, features: int, replications: int = 1
    ) -> None:
        self.beta, self.growth = beta, towards(epsilon, delta, tolerance)[None]
        self.wealth = np.zeros((replications, features, FIXED, 4, len(CAREFUL)))
        self.best = np.full((replications, features, FIXED, 4), -np.inf)

    def play(self, outcomes: Outcomes) -> Int64[np.ndarray, " b"]:
        """Bet on a round of new pairs; the pair (1 … m) that accepts, in each replication, and 0 where none does."""
        after = looks(outcomes.shape[1])
        counts = tally(outcomes, after)
        running = self._running(self.wealth, self.best, counts)
        self.path = running.min((2, 3, 4))
        decided = first_at_least(self.path, after, math.log(1 / self.beta))
        for i in np.flatnonzero(decided):
            decided[i] = self._exactly(outcomes[i : i + 1], int(i), int(decided[i]))
        self.best = running[:, -1]
        self.wealth = self.wealth + grown(counts[:, -1:], self.growth)[:, 0]
        return decided

    def keep(self, rows: Int64[np.ndarray, " k"]) -> None:
        """Go on with some of the replications only."""
        self.wealth, self.best = self.wealth[rows], self.best[rows]

    def accepted(self) -> Bool[np.ndarray, "b f"]:
        """For each feature, whether all of its declared events were accepted."""
        return self.best.min((2, 3)) >= math.log(1 / self.beta)

    def _running(
        self,
        wealth: Float64[np.ndarray, "b f s 4 l"],
        best: Float64[np.ndarray, "b f s 4"],
        counts: Int64[np.ndarray, "b c f s 4"],
    ) -> Float64[np.ndarray, "b c f s 4"]:
        """The largest log wealth of each event and bet so far, at each look."""
        made = np.logaddexp.reduce(wealth[:, None] + grown(counts, self.growth), axis=-1) - math.log(len(CAREFUL))
        return np.maximum.accumulate(np.concatenate([best[:, None], made], 1), axis=1)[:, 1:]

    def _exactly(self, outcomes: Outcomes, row: int, decided: int) -> int:
        """The first pair that decides, pair by pair up to the look that did."""
        after = np.arange(decided) + 1
        spans = self.wealth[row : row + 1], self.best[row : row + 1]
        least = self._running(*spans, tally(outcomes[:, :decided], after)).min((2, 3, 4))
        return int(first_at_least(least, after, math.log(1 / self.beta))[0])
