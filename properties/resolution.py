"""What a check that did not refute could have seen: the smallest contamination it would have refuted."""

import bisect
import math
from collections.abc import Callable, Iterator

import numpy as np

from .decide import refutes
from .gathered import Block
from .sequential import Terms
from .views import Values

SHARES = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.7, 1.0)
"""Shares ρ of originals that are tried."""

REPLAYS, NEEDED = 10, 9
"""Replays of the check for each share, and how many must refute."""


def resolution(terms: Terms, blocks: list[Block], designated: tuple[str, ...], seed: int) -> float | None:
    """The smallest ρ at which this check refutes the law (1 − ρ)·reference + ρ·original with 90 % probability.

    The check is replayed on its own runs, with its levels, lenses and events: the removed run of a pair is the pair's
    original with probability ρ, and otherwise the reference of another pair, so that at ρ = 0 both arms have one law.
    A share counts when 9 of 10 replays refute; replays use as many pairs as the check has drawn.

    Args:
        terms: of the check.
        blocks: all pairs that the check drew.
        designated: as in the check.
        seed: of the replays.

    Returns:
        ρ of `SHARES`; ∞ where not even the original itself would have been refuted; None without originals.

    >>> import neverseen as ns
    >>> rng = np.random.default_rng(0)
    >>> arms = [{"a": rng.normal(m, 1, (128, 1))} for m in (0, 0, 9)]
    >>> terms = Terms(ns.Untraining(1.0, 0.05), alpha=1e-4, beta=0.05, tolerance=0.1, budget=128)
    >>> 0.1 < resolution(terms, [Block(*arms)], (), seed=0) < 1
    True
    """
    originals = [block.original for block in blocks if block.original is not None]
    if len(originals) < len(blocks):
        return None
    reference, original = _joined([block.reference for block in blocks]), _joined(originals)

    def seen(share: float) -> bool:
        missed = 0
        for replay in range(REPLAYS):
            rng = np.random.default_rng([seed, replay])
            missed += not refutes(terms, _contaminated(reference, original, share, rng), designated)
            if missed > REPLAYS - NEEDED:
                return False
        return True

    return _least(seen)


def _least(seen: Callable[[float], bool]) -> float:
    """The smallest share that is seen, by bisection: a larger share is easier to see."""
    found = bisect.bisect_left(SHARES, True, key=seen)
    return SHARES[found] if found < len(SHARES) else math.inf


def _contaminated(reference: Values, original: Values, share: float, rng: np.random.Generator) -> Iterator[Block]:
    """The pairs of a replay: originals with probability `share` against references, in a new order.

    The same draws serve every share, so that a larger one contaminates more of the same pairs.
    """
    order = rng.permutation(len(next(iter(reference.values()))))
    taken = (rng.random(len(order)) < share)[:, None]
    other = np.roll(order, 1)
    removed = {name: np.where(taken, original[name][order], rows[other]) for name, rows in reference.items()}
    yield Block(removed, {name: rows[order] for name, rows in reference.items()}, None)


def _joined(values: list[Values]) -> Values:
    return {name: np.concatenate([rows[name] for rows in values]) for name in values[0]}
