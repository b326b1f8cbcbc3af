"""Brackets: a number known only through a lower and an upper bound, and the search that keeps both honest."""

import math
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Bracket:
    """An interval lower ≤ value ≤ upper that holds a number.

    Args:
        lower: a bound from below.
        upper: a bound from above, at least `lower`; may be infinite.

    Raises:
        ValueError: a bound is NaN, or the bounds are out of order.

    >>> Bracket(0.25, 0.5).width
    0.25
    >>> 0.3 in Bracket(0.25, 0.5)
    True
    """

    lower: float
    upper: float

    def __post_init__(self) -> None:
        if not self.lower <= self.upper:
            raise ValueError(f"bracket [{self.lower}, {self.upper}] is empty: give lower ≤ upper, neither NaN")

    def __contains__(self, value: float) -> bool:
        return self.lower <= value <= self.upper

    @property
    def width(self) -> float:
        """upper − lower; 0 when both are the same infinity."""
        return 0.0 if self.lower == self.upper else self.upper - self.lower


Curve = Callable[[float], Bracket]
"""A decreasing function of ε known through brackets."""


def largest(brackets: list[Bracket]) -> Bracket:
    """Bracket of the maximum: [max of lowers, max of uppers].

    Args:
        brackets: at least one bracket.

    >>> largest([Bracket(0.1, 0.4), Bracket(0.2, 0.3)])
    Bracket(lower=0.2, upper=0.4)
    """
    return Bracket(max(b.lower for b in brackets), max(b.upper for b in brackets))


def _last_true(holds: Callable[[float], bool], below: float, above: float) -> tuple[float, float]:
    """Shrink [below, above], where `holds` is true at `below` and false at `above`, to neighbouring numbers.

    Both ends are checked points, whatever `holds` does between them.
    """
    while above - below > 1e-15 * max(1e-300, above):
        middle = 0.5 * (below + above)
        if not below < middle < above:
            break
        below, above = (middle, above) if holds(middle) else (below, middle)
    return below, above


def solve_decreasing(curve: Curve, target: float, start: float = 1.0, stop: float = 1e4) -> Bracket:
    """Bracket the least x ≥ 0 with f(x) ≤ target, for a non-increasing f known through brackets.

    x is at least every point where the lower bound of f exceeds the target, and at most every point where
    the upper bound is within it; both ends of the answer are such points.

    Args:
        curve: x ↦ bracket of f(x), x ≥ 0.
        target: the level f must not exceed.
        start: first x tried; doubled until it is large enough.
        stop: beyond this x the answer's upper bound is infinite.

    >>> solve_decreasing(lambda x: Bracket(1 / (1 + x), 1 / (1 + x)), 0.25).upper
    3.0
    """

    def exceeds(x: float) -> bool:
        return curve(x).lower > target

    def may_exceed(x: float) -> bool:
        return curve(x).upper > target

    return Bracket(_search(exceeds, start, stop)[0], _search(may_exceed, start, stop)[1])


def _search(holds: Callable[[float], bool], start: float, stop: float) -> tuple[float, float]:
    """The last point found true and the first found false; (0, 0) or (·, ∞) at the ends."""
    if not holds(0.0):
        return 0.0, 0.0
    below, above = 0.0, start
    while holds(above):
        below, above = above, 2 * above
        if above > stop:
            return below, math.inf
    return _last_true(holds, below, above)
