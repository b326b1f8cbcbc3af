"""What a check that did not refute could have seen: the smallest contamination it would have refuted."""

import bisect
import functools
import math
from collections.abc import Callable, Iterator

import numpy as np

from ...formal.definitions._verdict import Status
from ._decide import judged
from ._grain import Values
from ._pairs import Block
from ._sequential import Terms

CONTAMINATIONS = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.7, 1.0)
"""Shares ρ of originals that are tried."""

REPLAYS = 100
"""Replays of the check for each share."""

POWER, CONFIDENCE = 0.8, 0.95
"""A share counts where the replays establish, with this confidence, that the check refutes it so often."""


def resolution(terms: Terms, blocks: list[Block], designated: tuple[str, ...], seed: int) -> float | None:
    """About the smallest ρ at which this check refutes the law (1 − ρ)·reference + ρ·original with 80 % probability.

    The check is replayed on runs drawn from its own with replacement, with its levels, feature maps and events: the
    removed run of a pair is the pair's original with probability ρ, and otherwise a reference drawn by itself, so that
    at ρ = 0 both arms have one law. A share counts where so many of 100 replays refute that their probability is at
    least .8 with confidence .95; replays use as many pairs as the check has drawn.

    Args:
        terms: of the check.
        blocks: all pairs that the check drew.
        designated: as in the check.
        seed: of the replays.

    Returns:
        ρ of `CONTAMINATIONS`; ∞ where not even the original itself would have been refuted so often; None without
        originals.

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

    def detects(share: float) -> bool:
        hits, needed = 0, least_hits()
        for replay in range(REPLAYS):
            rng = np.random.default_rng([seed, replay])
            status, _ = judged(terms, _contaminated(reference, original, share, rng), designated)
            hits += status is Status.REFUTED
            if hits >= needed or hits + REPLAYS - 1 - replay < needed:  # the others cannot change it
                break
        return hits >= needed

    return _least(detects)


def _least(detects: Callable[[float], bool]) -> float:
    """The smallest share that is seen, by bisection: a larger share is easier to see."""
    index = bisect.bisect_left(CONTAMINATIONS, True, key=detects)
    return CONTAMINATIONS[index] if index < len(CONTAMINATIONS) else math.inf


@functools.cache
def least_hits() -> int:
    """How many of the replays must refute: the fewest whose Clopper–Pearson lower bound reaches the power.

    >>> least_hits()
    87
    """
    from scipy.stats import beta as beta_law  # slow to load, and few ask for a resolution

    bounds = beta_law.ppf(1 - CONFIDENCE, np.arange(1, REPLAYS + 1), np.arange(REPLAYS, 0, -1))
    return 1 + int((bounds >= POWER).argmax())


def _contaminated(reference: Values, original: Values, share: float, rng: np.random.Generator) -> Iterator[Block]:
    """The pairs of a replay, drawn with replacement: originals with probability `share` against references.

    The same draws serve every share, so that a larger one contaminates more of the same pairs.
    """
    runs = len(next(iter(reference.values())))
    here, other = rng.integers(runs, size=runs), rng.integers(runs, size=runs)
    mask = (rng.random(runs) < share)[:, None]
    removed = {name: np.where(mask, original[name][here], rows[other]) for name, rows in reference.items()}
    yield Block(removed, {name: rows[here] for name, rows in reference.items()}, None)


def _joined(values: list[Values]) -> Values:
    return {name: np.concatenate([rows[name] for rows in values]) for name in values[0]}
