"""REFUTED: mixture betting e-processes against H_{e^ε}(P‖Q) ≤ δ and H_{e^ε}(Q‖P) ≤ δ."""

import math

import numpy as np
from jaxtyping import Bool, Float64

from ..formal._types import Real
from .witnesses import QUANTILES, Feature, best_cut, events, quantile_cuts

OUTCOMES = np.array([[False], [False], [True], [True]]), np.array([[False], [True], [False], [True]])
"""What an event can do in a pair: (removed, reference)."""

STAKES = np.array([0.1, 0.25, 0.5, 0.75, 0.97])
"""Stakes λ, as shares of the largest legal one."""

SLOTS = QUANTILES + 1
"""Events bet on for each feature: its quantile cuts and its best cut so far."""

_SHARE_OF_BEST = 0.25
_GRID = np.arange(0, 20, 0.05).round(2)

Events = Bool[np.ndarray, "m s"]
Bets = Float64[np.ndarray, "m s 4"]
Staked = Float64[np.ndarray, "m s 4 l"]


def gains(x: Events, y: Events, epsilon: Real, delta: Real) -> Bets:
    """What the four bets on each event win in each pair, before staking.

    For h = 1{event} and for 1 − h, in both directions: W = h(X) − e^ε h(Y) − δ. Under the claim E W ≤ 0 for
    each, whatever the dependence inside a pair, since W is linear in the two arms.

    Args:
        x, y: whether the event occurred in the removed model and in the reference.
        epsilon, delta: the claim.

    Returns:
        W `[m, s, 4]`: h forward, h backward, 1 − h forward, 1 − h backward.

    >>> gains(np.array([[True]]), np.array([[False]]), 0.0, 0.1)[0, 0].round(1).tolist()
    [0.9, -1.1, -1.1, 0.9]
    """
    gamma = math.exp(epsilon)
    h, g = x.astype(float), y.astype(float)
    return np.stack([h - gamma * g, g - gamma * h, (1 - h) - gamma * (1 - g), (1 - g) - gamma * (1 - h)], -1) - delta


def log_growth(won: Bets, epsilon: Real, delta: Real) -> Staked:
    """ln(1 + λ W) for every stake λ, a share of the largest legal one, 1 / (e^ε + δ).

    >>> log_growth(np.zeros((1, 1, 4)), 0.0, 0.1).shape
    (1, 1, 4, 5)
    """
    return np.log1p(won[..., None] * (STAKES / (math.exp(epsilon) + delta)))


def staked(x: Events, y: Events, growth: Float64[np.ndarray, "4 1 4 l"]) -> Staked:
    """The log growth of every bet in every pair; a pair shows one of four outcomes, so it is looked up.

    Args:
        x, y: whether the event occurred in the removed model and in the reference.
        growth: of the outcomes (neither, reference alone, removed alone, both).

    >>> staked(np.array([[True]]), np.array([[False]]), np.arange(16.0).reshape(4, 1, 4, 1))[0, 0, :, 0].tolist()
    [8.0, 9.0, 10.0, 11.0]
    """
    return growth[2 * x + y, 0]


def log_sum(terms: Float64[np.ndarray, "*lead k"]) -> Float64[np.ndarray, "*lead"]:
    """ln Σ exp over the last axis.

    >>> float(log_sum(np.log([0.5, 0.5])))
    0.0
    """
    top = terms.max(-1, keepdims=True)
    return (top + np.log(np.exp(terms - top).sum(-1, keepdims=True)))[..., 0]


def log_prior(views: list[str], designated: tuple[str, ...]) -> Float64[np.ndarray, "s 4 l"]:
    """Half the prior on designated views, the rest evenly; within a view, a quarter on its best cut so far.

    >>> float(np.exp(log_prior(["a", "b", "c"], ("a",)))[:SLOTS].sum().round(6))
    0.5
    """
    named = np.array([view in designated for view in views])
    weight = np.full(len(views), 1 / len(views))
    if named.any() and not named.all():
        weight = np.where(named, 0.5 / named.sum(), 0.5 / (~named).sum())
    within = np.append(np.full(QUANTILES, (1 - _SHARE_OF_BEST) / QUANTILES), _SHARE_OF_BEST)
    slots = np.outer(weight, within).reshape(-1, 1, 1) / (4 * len(STAKES))
    return np.log(np.broadcast_to(slots, (len(views) * SLOTS, 4, len(STAKES))))


def least_pairs(epsilon: Real, delta: Real, alpha: Real) -> int:
    """The fewest pairs bet on that can refute (ε, δ) at level α: ⌈ln(1/α) / ln(1 + (1 − δ)/(e^ε + δ))⌉.

    >>> least_pairs(1.0, 0.05, 1e-4)
    32
    """
    return math.ceil(math.log(1 / alpha) / math.log1p((1 - delta) / (math.exp(epsilon) + delta)))


class Refuter:
    """The e-process of one claim: wealth by view, event, bet and stake, and the history it grew from.

    Args:
        epsilon, delta, alpha: the claim and its level.
        views: names, in order.
        designated: those that hold half the prior.

    >>> rng = np.random.default_rng(0)
    >>> far = Feature("a", "a", (np.arange(9.0, 13), np.arange(4.0)), (rng.normal(9, 1, 60), rng.normal(0, 1, 60)))
    >>> Refuter(1.0, 0.05, 1e-4, ["a"], ()).play([far]) < 60
    True
    """

    def __init__(self, epsilon: Real, delta: Real, alpha: Real, views: list[str], designated: tuple[str, ...]) -> None:
        self.epsilon, self.delta, self.alpha = epsilon, delta, alpha
        self.prior = log_prior(views, designated)
        self.wealth = np.zeros(self.prior.shape)
        self.best_by_view = np.zeros(len(views))
        self.best = (0, 0, 0)
        self.path: list[Float64[np.ndarray, _]] = []
        self.rounds: list[list[Feature]] = []
        self.cuts = np.zeros((len(views), SLOTS))
        self.history: list[tuple[Events, Events]] = []

    def play(self, features: list[Feature]) -> int | None:
        """Choose cuts from the features' past, bet on their new pairs; the pair that refutes, if one does."""
        gamma = math.exp(self.epsilon)
        self.cuts = np.stack([np.append(quantile_cuts(f.past), best_cut(f.past, gamma)) for f in features])
        x, y = events(features, self.cuts)
        path = self.wealth + np.cumsum(staked(x, y, self._growth(self.epsilon)), 0)
        by_view = self._by_view(path)
        mixed = log_sum(by_view)
        over = np.flatnonzero(mixed >= math.log(1 / self.alpha))
        last = over[0] if over.size else len(path) - 1
        best = np.unravel_index((path[last] + self.prior).argmax(), self.prior.shape)
        self.best = (int(best[0]), int(best[1]), int(best[2]))
        self.best_by_view = np.maximum(self.best_by_view, by_view[: last + 1].max(0) - self._by_view(self.wealth * 0))
        self.wealth = path[-1]
        self.path.append(mixed)
        self.rounds.append(features)
        self.history.append((x, y))
        return int(last) if over.size else None

    def epsilon_lower(self) -> float:
        """The largest ε of the grid 0, 0.05, … such that it and all smaller ones are rejected; 0 if none is.

        Wealth is not monotone in ε, since stakes depend on it: hence the scan from below. The events were
        chosen from past pairs, so that each ε has its own e-process and the bound holds at any stopping time.
        """
        x, y = (np.concatenate([pair[arm] for pair in self.history]) for arm in (0, 1))
        rejected = 0.0
        for epsilon in _GRID:
            path = np.cumsum(staked(x, y, self._growth(epsilon)), 0)
            if log_sum(self._by_view(path)).max() < math.log(1 / self.alpha):
                break
            rejected = float(epsilon)
        return rejected

    def _growth(self, epsilon: Real) -> Float64[np.ndarray, "4 1 4 l"]:
        return log_growth(gains(*OUTCOMES, epsilon, self.delta), epsilon, self.delta)

    def _by_view(self, path: Float64[np.ndarray, "*m s 4 l"]) -> Float64[np.ndarray, "*m v"]:
        """ln Σ prior · wealth over the bets on each view. An average of e-processes is one: looking at many is free."""
        views = len(self.best_by_view)
        return log_sum((path + self.prior).reshape(*path.shape[:-3], views, -1))
