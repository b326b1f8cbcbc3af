"""What a check that passed says of the original, which never forgot anything."""

from collections.abc import Iterator

from ..formal.verdict import Power
from .decide import decide
from .gathered import Block
from .sequential import Terms


def power_of(terms: Terms, blocks: Iterator[Block], designated: tuple[str, ...]) -> Power:
    """The same check once more, with originals in the place of removed models.

    It costs neither α nor β: it adds words to a verdict, or withdraws a pass. It is a test of its own at level α.

    Args:
        terms: of the check; its whole budget may be used, past the pair that decided.
        blocks: the check's pairs with the originals as `removed`, under the same grain.
        designated: as in the check.

    Returns:
        Its status, and after how many pairs.

    Raises:
        ValueError: the blocks end before the first bet.

    >>> import numpy as np, neverseen as ns
    >>> rng = np.random.default_rng(0)
    >>> terms = Terms(ns.Untraining(1.0, 0.05), alpha=1e-4, beta=0.05, tolerance=0.1, budget=64)
    >>> kept = Block({"a": rng.normal(9, 1, (64, 1))}, {"a": rng.normal(0, 1, (64, 1))}, None)
    >>> power_of(terms, iter([kept]), ()).tells
    True
    """
    outcome = decide(terms, blocks, designated, 0.0)
    return Power(outcome.status, outcome.pairs)
