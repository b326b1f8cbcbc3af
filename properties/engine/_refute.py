"""REFUTED: mixture betting e-processes against H_{e^ε}(P‖Q) ≤ δ and H_{e^ε}(Q‖P) ≤ δ."""

import math

import numpy as np
from jaxtyping import Float64, Int64, UInt8

from ...formal._types import Real
from ._bets import STAKES, Outcomes, Tallies, against, log_sum, looks, tally
from ._witnesses import NESTED, QUANTILES, SLOTS

STRATEGIES = ((1, 0), (1, 1), (2, 1))
"""How each strategy weighs the bets anew before a round: prior · wealth^η · exp(κ · evidence of its feature).

The first is the plain average, of which three strategies can lose ln 3 of log wealth and no more. The others give that
back where one feature of many tells the arms apart: `benchmarks/pairs_used.py`, vectors.
"""

GRID = np.arange(0, 20, 0.05).round(2)
"""Values of ε that a lower bound can take."""

DELTAS = np.arange(0, 1, 0.01).round(2)
"""Values of δ that a lower bound can take."""

_SLOT_PRIOR = np.repeat([0.55 / QUANTILES, 0.05 / NESTED, 0.25, 0.15], [QUANTILES, NESTED, 1, 1])
"""The prior of a feature's events: cuts, nested intervals, the best cut and the best interval so far.

An event pays ln(1 / share) of log wealth, of ln(1/α) = 9.2 at α = 10⁻⁴: the best cut 1.4, the best interval 1.9, one of
16 cuts 3.4. Those chosen cost least, as they are where the past differed most; were they all, an unlucky choice would
cost everything.
"""

_AT_ONCE = 8
"""Claims that a scan from below bets on side by side: memory, and work past the one that holds."""

Bets = Float64[np.ndarray, "b f s 4 l"]
Weights = Float64[np.ndarray, "b a k"]
Growth = Float64[np.ndarray, "g 4 j l"]
Counts = Int64[np.ndarray, "b f s 4"]
Claim = tuple[Real, Real]
Prior = Float64[np.ndarray, " f"]
Rounds = list[UInt8[np.ndarray, "1 _ f s"]]


class Refuter:
    """The e-process of one claim, for b replications at once.

    Every bet (event × direction × stake) has a wealth of its own. Three strategies spread theirs over the bets, anew
    before each round, by weights that depend on the past alone:

    $$E_t = \\tfrac13 \\sum_a \\prod_{r} \\sum_k w^a_{r,k} \\prod_{s \\in r, s \\le t} (1 + \\lambda_k W_{k,s}), \\qquad
    w^a_{r,k} \\propto \\pi_k\\, K_{r,k}^{\\eta_a} e^{\\kappa_a G_{r}}.$$

    η = 1, κ = 0 is the plain average of wealth; the others lean towards features on which the arms have differed so
    far, G being the largest log likelihood ratio of unequal against equal frequencies among a feature's events. Each
    product is an e-process whatever the weights, and so is the average: REFUTED when it reaches 1/α, at any time.
    Proved of the exact sums: `Engine.v: false_refutation`.

    Args:
        claims: (ε, δ): one for all replications, or one for each.
        alpha: the level.
        prior: the share of every feature, `[f]`, summing to 1.
        replications: b.

    >>> refuter = Refuter([(1.0, 0.05)], 1e-4, np.ones(1))
    >>> always = np.full((1, 60, 1, SLOTS), 2, np.uint8)  # every event: in removed models only
    >>> int(refuter.play(always)[0])
    40
    """

    def __init__(self, claims: list[Claim], alpha: Real, prior: Prior, replications: int = 1) -> None:
        self.alpha, self.features = alpha, prior
        shape = (len(prior), SLOTS, 4, len(STAKES))
        even = 1 / (4 * len(STAKES))
        self.prior = np.log(np.broadcast_to(np.outer(prior, _SLOT_PRIOR)[..., None, None] * even, shape))
        self.growth = np.stack([against(*claim) for claim in claims])
        self.wealth: Bets = np.zeros((replications, *shape))
        self.counts = np.zeros((replications, *shape[:2], 4), np.int64)
        self.wealth_by_strategy = np.full((replications, len(STRATEGIES)), -math.log(len(STRATEGIES)))
        self.rounds = 1

    def play(self, outcomes: Outcomes) -> Int64[np.ndarray, " b"]:
        """Bet on a round of new pairs.

        Args:
            outcomes: of every event in every pair, `[b, m, f, s]`; events chosen from earlier pairs.

        Returns:
            The pair (1 … m) that refutes, in each replication; 0 where none does. Afterwards `path` holds the log
            wealth at each look, `best_wealth` that of the strategy that has won most, each having begun with 1, and
            `final` that at the deciding pair.
        """
        weights, after = self.weights(), looks(outcomes.shape[1])
        counts = tally(outcomes, after)
        by_strategy = self._by_strategy(weights, counts)
        self.path, self.best_wealth = log_sum(by_strategy), by_strategy.max(-1) + math.log(len(STRATEGIES))
        decided = first_at_least(self.path, after, self.level)
        self.final = np.full(len(decided), -np.inf)
        for i in np.flatnonzero(decided):
            # Dated to the pair, among those since the look before.
            pairs = np.arange(max(after[after < decided[i]], default=0), decided[i]) + 1
            one = log_sum(self._by_strategy(weights[i : i + 1], tally(outcomes[i : i + 1], pairs), slice(i, i + 1)))
            # The look itself where single precision puts its wealth on either side of the level.
            decided[i] = first_at_least(one, pairs, self.level)[0] or pairs[-1]
            self.final[i] = max(one[0, decided[i] - pairs[0]], self.level)
        self._settle(by_strategy[:, -1], counts[:, -1])
        return decided

    @property
    def level(self) -> float:
        """ln(1/α), and what single precision may have added to the log wealth by the end of this round.

        A sum of k products of two exponentials, none negative, is off by a factor of at most 1 + (k + 128) 2⁻²⁴ a
        round; raised by as much, the threshold keeps its level (Ville.v: ville_slack; the factor is only argued).
        """
        return math.log(1 / self.alpha) + self.rounds * (self.prior.size + 128) * 2.0**-24

    def settle(self, counts: Counts) -> None:
        """Take in a round as a whole, without asking when it decided."""
        self._settle(self._by_strategy(self.weights(), counts[:, None])[:, 0], counts)

    def keep(self, rows: Int64[np.ndarray, " k"]) -> None:
        """Go on with some of the replications only."""
        self.wealth, self.counts = self.wealth[rows], self.counts[rows]
        self.wealth_by_strategy = self.wealth_by_strategy[rows]

    def weights(self) -> Weights:
        """The log weights with which each strategy spreads its wealth over the bets of the coming round."""
        evidence = difference(self.counts).max(-1)[..., None, None, None]
        rows = [(self.prior + eta * self.wealth + kappa * evidence) for eta, kappa in STRATEGIES]
        spread = np.stack([row.reshape(len(row), -1) for row in rows], 1)
        return spread - log_sum(spread)[..., None]

    def by_feature(self) -> Float64[np.ndarray, "b f"]:
        """The log wealth of the plain average over the bets on each feature alone."""
        own = self.prior - log_sum(self.prior.reshape(len(self.prior), -1))[:, None, None, None]
        return log_sum((self.wealth + own).reshape(*self.wealth.shape[:2], -1))

    def _settle(self, by_strategy: Float64[np.ndarray, "b a"], counts: Counts) -> None:
        self.wealth_by_strategy, self.counts = by_strategy, self.counts + counts
        self.rounds += 1
        self.wealth = self.wealth + log_growth(counts[:, None], self.growth)[:, 0]

    def _by_strategy(
        self, weights: Weights, counts: Tallies, rows: slice = slice(None)
    ) -> Float64[np.ndarray, "b c a"]:
        """Log of every strategy's wealth at each look: wealth · Σ_k w_k exp(growth of bet k)."""
        logs = log_growth(counts, self.growth).reshape(*counts.shape[:2], -1)
        heavy = weights.max(1)
        logs += heavy[:, None]
        top = logs.max(-1, keepdims=True)
        logs -= top
        # In single precision: a round's gain is off by less than one part in 10⁵, at a third of the time.
        part, share = np.exp(logs.astype(np.float32)), np.exp(weights - heavy[:, None]).astype(np.float32)
        with np.errstate(divide="ignore"):  # a strategy whose wealth is 10⁻³⁸ of another's has none
            return self.wealth_by_strategy[rows, None] + top + np.log((part @ share.swapaxes(1, 2)).astype(np.float64))


def feature_prior(
    views: list[str], designated: tuple[str, ...], shares: list[float], reserved: dict[str, float]
) -> Float64[np.ndarray, " f"]:
    """Half the prior on designated views, the rest evenly over the others; a view's part is shared by its features.

    Args:
        views: the view of each feature.
        designated: views that hold half the prior.
        shares: of each feature among those of its view.
        reserved: parts of views that count neither as designated nor as others.

    >>> feature_prior(["a", "b", "b", "c"], ("a",), [1.0, 0.5, 0.5, 1.0], {"c": 0.1}).round(9).tolist()
    [0.5, 0.2, 0.2, 0.1]
    """
    names = list(dict.fromkeys(views))
    part = {name: reserved[name] for name in names if name in reserved}
    rest = 1 - sum(part.values())
    first = [name for name in names if name in designated and name not in reserved]
    others = [name for name in names if name not in first and name not in reserved]
    half = (0.5 if others else rest) if first else 0.0
    part |= {name: half / len(first) for name in first} | {name: (rest - half) / len(others) for name in others}
    weight = np.array([part[view] * share for view, share in zip(views, shares, strict=True)])
    return weight / weight.sum()


def difference(counts: Int64[np.ndarray, "*lead 4"]) -> Float64[np.ndarray, "*lead"]:
    """The log likelihood ratio of two frequencies against one common frequency, of an event in the two arms.

    >>> difference(np.array([[2, 0, 2, 0]])).round(3).tolist()  # 2 of 4 against 0 of 4
    [1.726]
    """
    n = np.maximum(counts.sum(-1), 1)
    p, q = (counts[..., 2] + counts[..., 3]) / n, (counts[..., 1] + counts[..., 3]) / n
    return n * (2 * _entropy((p + q) / 2) - _entropy(p) - _entropy(q))


def log_growth(counts: Tallies, growth: Growth) -> Float64[np.ndarray, "b c f s j l"]:
    """The log growth of every bet from how often each outcome occurred: counts · growth.

    >>> log_growth(np.array([1, 0, 2, 0]).reshape(1, 1, 1, 1, 4), np.arange(4.0).reshape(1, 4, 1, 1)).ravel().tolist()
    [4.0]
    """
    flat = counts.reshape(len(counts), -1, 4) @ growth.reshape(len(growth), 4, -1)
    return flat.reshape(*counts.shape[:-1], *growth.shape[2:])


def first_at_least(
    path: Float64[np.ndarray, "b c"], after: Int64[np.ndarray, " c"], level: float
) -> Int64[np.ndarray, " b"]:
    """After how many pairs a path first reaches a level; 0 where it does not.

    >>> first_at_least(np.array([[1.0, 3.0], [0.0, 1.0]]), np.array([8, 16]), 2.0).tolist()
    [16, 0]
    """
    over = path >= level
    return np.where(over.any(1), after[over.argmax(1)], 0)


def epsilon_lower(rounds: Rounds, prior: Prior, delta: Real, alpha: Real, claim: Real) -> float:
    """The largest ε of the grid 0, 0.05, … and the claim's own such that it and all smaller ones are rejected.

    Every ε has an e-process of its own on the same events, which were chosen from past pairs alone: with confidence
    1 − α the true ε at δ is at least this, at any stopping time. Wealth is not monotone in ε, since stakes depend on
    it: hence the scan from below. 0 where nothing is rejected.

    Args:
        rounds: the outcomes of every round of one replication, `[1, m, f, s]`.
        prior: of the features.
        delta, alpha: δ and the level.
        claim: the claim's ε.

    >>> epsilon_lower([np.full((1, 60, 1, SLOTS), 2, np.uint8)], np.ones(1), 0.05, 1e-4, 1.0)
    1.45
    """
    return _scan(rounds, prior, [(float(e), delta) for e in np.union1d(GRID, [claim])], alpha, 0)


def delta_lower(rounds: Rounds, prior: Prior, epsilon: Real, alpha: Real, claim: Real) -> float:
    """The largest δ of the grid 0, 0.01, … and the claim's own such that it and all smaller ones are rejected at ε.

    See `epsilon_lower`; either bound holds at level α, not both at once.

    >>> delta_lower([np.full((1, 60, 1, SLOTS), 2, np.uint8)], np.ones(1), 1.0, 1e-4, 0.05)
    0.34
    """
    return _scan(rounds, prior, [(epsilon, float(d)) for d in np.union1d(DELTAS, [claim])], alpha, 1)


def _scan(rounds: Rounds, prior: Prior, claims: list[Claim], alpha: Real, which: int) -> float:
    """The last of the claims from which on back to the first all are rejected; a few at a time."""
    counts = [tally(outcomes, np.array([outcomes.shape[1]]))[:, 0] for outcomes in rounds]
    rejected = 0.0
    for start in range(0, len(claims), _AT_ONCE):
        some = claims[start : start + _AT_ONCE]
        refuter = Refuter(some, alpha, prior, len(some))
        for observed in counts:
            refuter.settle(np.repeat(observed, len(some), axis=0))
        over = log_sum(refuter.wealth_by_strategy) >= refuter.level
        unbroken = int(over.argmin()) if not over.all() else len(some)
        rejected = float(some[unbroken - 1][which]) if unbroken else rejected
        if unbroken < len(some):
            break
    return rejected


def _entropy(p: Float64[np.ndarray, "*lead"]) -> Float64[np.ndarray, "*lead"]:
    """−p ln p − (1 − p) ln(1 − p)."""
    inside = np.clip(p, 1e-12, 1 - 1e-12)
    return -(inside * np.log(inside) + (1 - inside) * np.log1p(-inside))
