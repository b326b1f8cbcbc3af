"""Bets on events: what each wins in a pair, and how outcomes are counted.

Arrays carry a leading axis b of independent replications of a whole check, so that calibration, planning and a single
check run the same code. In one pair an event has one of four outcomes, 2·[it occurred in the removed model] + [it
occurred in the reference]; counts of outcomes are all that wealth depends on.
"""

import math

import numpy as np
from jaxtyping import Float64, Int64, Shaped, UInt8

from ...formal._types import Real

OUTCOMES = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
"""Whether the event occurred in (removed, reference), for each outcome."""

STAKES = np.array([0.1, 0.3, 0.6, 0.97])
"""Stakes λ of refutation, as shares of the largest legal one."""

CAREFUL = np.array([0.2, 0.4])
"""Stakes λ of acceptance; it needs every event to succeed, so that few stakes, each good for many, do best."""

STRIDE = 8
"""Pairs between two looks at the wealth, at least; what a look decides is then dated pair by pair."""

_PACKED = np.array([0, 1, 1 << 21, 1 << 42])
_MASK = (1 << 21) - 1

Outcomes = UInt8[np.ndarray, "b m f s"]
Tallies = Int64[np.ndarray, "b c f s 4"]


def gains(epsilon: Real, delta: Real) -> Float64[np.ndarray, "4 4"]:
    """What the four bets on an event win at each outcome, before staking.

    For h = 1{event} and for 1 − h, in both directions: W = h(X) − e^ε h(Y) − δ. Under the claim E W ≤ 0 for
    each, whatever the dependence inside a pair, since W is linear in the two arms. Proved: `Engine.v: no_bet_wins`.

    Args:
        epsilon, delta: the claim.

    Returns:
        W `[outcome, bet]`; bets are h forward, h backward, 1 − h forward, 1 − h backward.

    >>> gains(0.0, 0.1)[2].round(1).tolist()
    [0.9, -1.1, -1.1, 0.9]
    """
    gamma = math.exp(epsilon)
    h, g = OUTCOMES.T
    return np.stack([h - gamma * g, g - gamma * h, (1 - h) - gamma * (1 - g), (1 - g) - gamma * (1 - h)], -1) - delta


def against(epsilon: Real, delta: Real) -> Float64[np.ndarray, "4 4 l"]:
    """ln(1 + λ W) for every stake λ, a share of the largest legal one, 1 / (e^ε + δ): growth when the claim is broken.

    Proved: `Engine.v: against_is_fair`.

    >>> against(0.0, 0.1).shape
    (4, 4, 4)
    """
    return np.log1p(gains(epsilon, delta)[..., None] * (STAKES / (math.exp(epsilon) + delta)))


def towards(epsilon: Real, delta: Real, tolerance: Real) -> Float64[np.ndarray, "4 4 l"]:
    """ln(1 − λ (W − τ)) for every stake λ, a share of the largest legal one, 1 / (1 − δ − τ): growth while it holds.

    Under the null θ ≥ δ + τ of one event and direction, E W ≥ τ and the product is an e-process against it. Proved:
    `Engine.v: towards_is_fair`.

    >>> bool((towards(1.0, 0.05, 0.1)[0, 0] > 0).all())  # nothing occurred: good for the claim
    True
    """
    return np.log1p(-(gains(epsilon, delta) - tolerance)[..., None] * (CAREFUL / (1 - delta - tolerance)))


def least_pairs(epsilon: Real, delta: Real, alpha: Real) -> int:
    """The fewest pairs bet on that can refute (ε, δ) at level α: ⌈ln(1/α) / ln(1 + (1 − δ)/(e^ε + δ))⌉.

    No audit needs fewer. Proved: `LeastPairs.v: least_pairs_of_any_audit`.

    >>> least_pairs(1.0, 0.05, 1e-4)
    32
    """
    return math.ceil(math.log(1 / alpha) / math.log1p((1 - delta) / (math.exp(epsilon) + delta)))


def looks(pairs: int) -> Int64[np.ndarray, " c"]:
    """After how many pairs of a round the wealth is looked at: every eighth, in a long round four times, and the last.

    >>> looks(20).tolist()
    [8, 16, 20]
    """
    stride = max(STRIDE, pairs // 4)
    return np.unique(np.append(np.arange(stride, pairs, stride), pairs))


def tally(outcomes: Outcomes, after: Int64[np.ndarray, " c"]) -> Tallies:
    """How often each outcome occurred in the first so many pairs.

    Args:
        outcomes: of every event in every pair.
        after: increasing numbers of pairs.

    Returns:
        Counts `[b, c, f, s, outcome]`.

    >>> tally(np.array([0, 3, 3], np.uint8).reshape(1, 3, 1, 1), np.array([1, 3]))[0, :, 0, 0].tolist()
    [[1, 0, 0, 0], [1, 0, 0, 2]]
    """
    # Three counts in one integer of 64 bits, so that the pairs are summed once.
    packed = np.add.reduceat(_PACKED[outcomes], np.append(0, after[:-1]), axis=1)
    some = np.stack([(packed >> shift) & _MASK for shift in (0, 21, 42)], -1).cumsum(1)
    return np.concatenate([after[:, None, None, None] - some.sum(-1, keepdims=True), some], -1)


def log_sum(terms: Shaped[np.ndarray, "*lead k"]) -> Float64[np.ndarray, "*lead"]:
    """ln Σ exp over the last axis; −∞ where every term is.

    >>> float(log_sum(np.log([0.5, 0.5])))
    0.0
    """
    top = terms.max(-1, keepdims=True)
    top = np.where(np.isfinite(top), top, 0.0)
    with np.errstate(divide="ignore"):
        return (top + np.log(np.exp(terms - top).sum(-1, keepdims=True)))[..., 0]
