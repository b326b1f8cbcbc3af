"""Games of two rounds: every law of the next outcome given the past, and every bet on it, on a small grid."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import Any

Weighted = Sequence[tuple[Fraction, Any]]
"""Chances, and what happens then."""

HALF, ONE = Fraction(1, 2), Fraction(1)


@dataclass(frozen=True)
class Node:
    """What may happen next: the chance of the first of two outcomes, and what either multiplies the wealth by."""

    chance: Fraction
    factors: tuple[Fraction, Fraction]

    @property
    def branches(self) -> tuple[tuple[Fraction, Fraction], ...]:
        """(chance, factor) of both outcomes."""
        return (self.chance, self.factors[0]), (1 - self.chance, self.factors[1])


def fair_nodes() -> Iterator[Node]:
    """Bets that win nothing in the mean, and one that loses.

    >>> all(sum(p * f for p, f in node.branches) <= 1 for node in fair_nodes())
    True
    """
    for chance in (HALF, Fraction(1, 4)):
        for first in dict.fromkeys((Fraction(0), HALF, Fraction(2), 1 / chance)):
            if chance * first <= 1:
                second = (1 - chance * first) / (1 - chance)
                yield Node(chance, (first, second))
                yield Node(chance, (first, second / 2))


def games() -> Iterator[tuple[str, tuple[Node, Node, Node]]]:
    """Two rounds: a node, and the one that follows on either outcome."""
    nodes = list(fair_nodes())
    for root, left, right in product(nodes, nodes[::2], nodes[::3]):
        shown = (f"{n.chance}: ×{n.factors[0]}, else ×{n.factors[1]}" for n in (root, left, right))
        yield "; then ".join(shown), (root, left, right)


GAMES = 14 * 7 * 5
"""How many: every node, every other one, every third."""


def paths(game: tuple[Node, Node, Node]) -> Iterator[tuple[Fraction, tuple[Fraction, Fraction, Fraction]]]:
    """The chance of each of the four courses, and the wealth at the start, after one round and after two.

    >>> node = Node(HALF, (Fraction(2), Fraction(0)))
    >>> sum(chance for chance, _ in paths((node, node, node)))
    Fraction(1, 1)
    """
    root, *after = game
    for (chance, factor), node in zip(root.branches, after, strict=True):
        for next_chance, next_factor in node.branches:
            yield chance * next_chance, (ONE, factor, factor * next_factor)


def chance_of(weighted: Weighted, event: Callable[[Any], bool]) -> Fraction:
    """The chance of an event.

    >>> chance_of([(HALF, 1), (HALF, 2)], lambda x: x > 1)
    Fraction(1, 2)
    """
    return sum((chance for chance, value in weighted if event(value)), Fraction(0))
