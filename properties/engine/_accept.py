"""SATISFIED for a declared class: intersection–union over its events, at level β with no correction."""

import math

import numpy as np
from jaxtyping import Bool, Float64, Int64

from ...formal._types import Real
from ._bets import CAREFUL, Outcomes, looks, tally, towards
from ._refute import log_growth
from ._witnesses import FIXED


class Acceptor:
    """Intersection–union over a class fixed beforehand: its events, their complements, both directions.

    The null of each event and direction, θ > δ + τ, is tested at level β by its own running maximum; the class
    is accepted when all are rejected, so a class with a violating event is accepted with probability at most β
    (Berger 1982). Proved: `Engine.v: false_acceptance`.

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

    def play(self, outcomes: Outcomes, vetoed: Bool[np.ndarray, "b c"] | None = None) -> Int64[np.ndarray, " b"]:
        """Bet on a round of new pairs.

        A veto costs no level: it only withholds, and the running maximum is there at the next look. What a veto is for
        lies outside the class, so that no bet of this test could see it.

        Args:
            outcomes: of every declared event in every pair.
            vetoed: the looks at which nothing is accepted; none when left out.

        Returns:
            The pair (1 … m) that accepts, in each replication; 0 where none does. Afterwards `path` holds the least
            log wealth at each look, and `final` that at the deciding pair.
        """
        after, level = looks(outcomes.shape[1]), math.log(1 / self.beta)
        counts = tally(outcomes, after)
        running = self._running(self.wealth, self.best, counts)
        self.path = running.min((2, 3, 4))
        over = self.path >= level
        free = over if vetoed is None else over & ~vetoed
        decided = np.where(free.any(1), after[free.argmax(1)], 0)
        self.final = np.full(len(decided), -np.inf)
        for i in np.flatnonzero(decided):
            if free[i].argmax() == over[i].argmax():  # not held up: dated to the pair
                decided[i], self.final[i] = self._exactly(outcomes[i : i + 1], int(i), int(decided[i]))
            else:
                self.final[i] = self.path[i, free[i].argmax()]
        self.best = running[:, -1]
        self.wealth = self.wealth + log_growth(counts[:, -1:], self.growth)[:, 0]
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
        total = np.logaddexp.reduce(wealth[:, None] + log_growth(counts, self.growth), axis=-1) - math.log(len(CAREFUL))
        return np.maximum.accumulate(np.concatenate([best[:, None], total], 1), axis=1)[:, 1:]

    def _exactly(self, outcomes: Outcomes, row: int, decided: int) -> tuple[int, float]:
        """The first pair that decides, pair by pair up to the look that did, and the log wealth there."""
        after = np.arange(decided) + 1
        spans = self.wealth[row : row + 1], self.best[row : row + 1]
        least = self._running(*spans, tally(outcomes[:, :decided], after)).min((2, 3, 4))[0]
        first = int((least >= math.log(1 / self.beta)).argmax())
        return first + 1, float(least[first])
