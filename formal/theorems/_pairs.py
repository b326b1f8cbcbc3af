"""Laws of a pair of outcomes in {0, 1}, the removed model's first, and what a bet on the event {1} wins."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

from ..laws._worlds import compositions

Pairs = Mapping[tuple[int, int], Fraction]
"""(outcome of the removed model, of the reference) → mass, or what is won."""

_OUTCOMES = tuple((x, y) for x in (0, 1) for y in (0, 1))
CLAIMS = (Fraction(1), Fraction(2), Fraction(3))
"""Values of γ."""


def pair_laws() -> Iterator[Pairs]:
    """Every law of a pair with masses in (1/4)ℤ, the arms as dependent as one likes.

    >>> len(list(pair_laws()))
    35
    """
    for counts in compositions(4, 4):
        yield {xy: Fraction(n, 4) for xy, n in zip(_OUTCOMES, counts, strict=True)}


def gain(xy: tuple[int, int], gamma: Fraction, *, forward: bool) -> Fraction:
    """What is won, δ aside: h − γk, or k − γh.

    >>> gain((1, 0), Fraction(2), forward=True), gain((1, 0), Fraction(2), forward=False)
    (Fraction(1, 1), Fraction(-2, 1))
    """
    first, second = xy if forward else xy[::-1]
    return first - gamma * second


def excess(pair: Pairs, gamma: Fraction) -> Fraction:
    """The least δ at which the two arms are (ln γ, δ)-indistinguishable.

    >>> excess({(0, 0): Fraction(0), (0, 1): Fraction(0), (1, 0): Fraction(1), (1, 1): Fraction(0)}, Fraction(2))
    Fraction(1, 1)
    """
    left = sum((mass for (x, _), mass in pair.items() if x), Fraction(0))
    right = sum((mass for (_, y), mass in pair.items() if y), Fraction(0))
    arms = ((left, right), (right, left), (1 - left, 1 - right), (1 - right, 1 - left))
    return max(Fraction(0), *(p - gamma * q for p, q in arms))


def told(pair: Pairs) -> str:
    """A law of a pair on one line.

    >>> told({(0, 1): Fraction(1)})
    'pairs {01: 1}'
    """
    return "pairs {" + ", ".join(f"{x}{y}: {mass}" for (x, y), mass in pair.items() if mass) + "}"
