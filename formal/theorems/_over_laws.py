"""Exhaustive search over tuples of laws on a dyadic grid, in float64 without rounding.

Every mass is a multiple of 1/32 at most and every γ of 1/2, so that sums, and products of a few, are dyadic
rationals of fewer
than 53 bits: `exact` checks what goes in. Cases are enumerated up to a relabelling of the outcomes: the first law
is taken
non-increasing, which loses nothing because every measure here treats outcomes alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import prod

import numpy as np
from jaxtyping import Bool, Float

from ..laws._worlds import compositions, count_laws
from ._base import Case, Outcome
from ._judge import Tally
from ._sentence import Sentence

_Masses = Float[np.ndarray, "cases outcomes"]
_Published = Float[np.ndarray, "cases published"]
_Values = Float[np.ndarray, " cases"]
Laws = Sequence[np.ndarray]
Gammas = tuple[float, ...]
_Measure = Callable[[Laws, Gammas], Case]
"""(laws, γ's) → the quantities of a statement."""

GAMMAS = (1.0, 1.5, 2.0, 3.0)
EACH = ((1.0,),)
ONE = tuple((g,) for g in GAMMAS)
TWO = tuple(product(GAMMAS, repeat=2))


def exact(masses: np.ndarray) -> np.ndarray:
    """The masses as they are; `ArithmeticError` if one is not a multiple of 1/64.

    >>> exact(np.array([0.5, 0.25])).tolist()
    [0.5, 0.25]
    """
    if np.any(masses * 64 % 1):
        raise ArithmeticError("a mass is not a multiple of 1/64: sums of products would be rounded")
    return masses


def positive_part(p: _Masses, q: _Masses, gamma: float) -> _Values:
    """H_γ(P‖Q) as Σ (p − γq)₊.

    >>> positive_part(np.array([[0.75, 0.25]]), np.array([[0.5, 0.5]]), 1.0)
    array([0.25])
    """
    return np.maximum(p - gamma * q, 0).sum(axis=-1)


def best_event(p: _Masses, q: _Masses, gamma: float) -> _Values:
    """H_γ(P‖Q) as the largest P(R) − γQ(R) over all 2^k events R: the definition, no positive parts.

    >>> best_event(np.array([[0.75, 0.25]]), np.array([[0.5, 0.5]]), 1.0)
    array([0.25])
    """
    events = np.array(list(product((0.0, 1.0), repeat=p.shape[-1]))).T
    return (p @ events - gamma * (q @ events)).max(axis=-1)


def both_ways(p: _Masses, q: _Masses, gamma: float) -> _Values:
    """The larger of H_γ(P‖Q) and H_γ(Q‖P), by positive parts."""
    return np.maximum(positive_part(p, q, gamma), positive_part(q, p, gamma))


def best_both_ways(p: _Masses, q: _Masses, gamma: float) -> _Values:
    """The larger of H_γ(P‖Q) and H_γ(Q‖P), by events."""
    return np.maximum(best_event(p, q, gamma), best_event(q, p, gamma))


def half_l1(p: _Masses, q: _Masses) -> _Values:
    """TV as ½ Σ |p − q|."""
    return np.abs(p - q).sum(axis=-1) / 2


def through(p: _Masses, rows: Laws) -> _Published:
    """The law PK, K given by its rows (one law per outcome of p)."""
    return sum((p[:, [i]] * row for i, row in enumerate(rows)), np.zeros_like(rows[0]))


@dataclass(frozen=True)
class Grid:
    """Laws on `outcomes` outcomes with masses in (1/`denominator`)ℤ."""

    outcomes: int
    denominator: int


Shape = tuple[Grid, ...]
"""One grid per law of a tuple, all with the same denominator; a kernel enters as its rows."""


@dataclass(frozen=True)
class OverLaws:
    """A search over every tuple of grid laws and every listed tuple of γ's.

    Args:
        measure: laws → the quantities of the claim.
        shapes: the tuples of grids enumerated.
        gammas: tuples of γ's.
        names: one word per law, for counterexamples; further laws are rows of a kernel K.
    """

    measure: _Measure
    shapes: tuple[Shape, ...]
    gammas: tuple[Gammas, ...]
    names: str

    def __call__(self, sentence: Sentence) -> Outcome:
        """Every case, counted; the first that falsifies the statement, in words."""
        tally = Tally(sentence)
        for shape in self.shapes:
            for laws in _tuples(shape):
                for gammas in self.gammas:
                    held = tally.judge(self.measure(laws, gammas), len(laws[0]))
                    if not held.all():
                        words = self._words(laws, gammas, int(np.argmin(held)))
                        return tally.outcome(words)
        return tally.outcome()

    def at(self, sentence: Sentence, laws: Laws, gammas: Gammas) -> Bool[np.ndarray, " cases"]:
        """The statement on a batch of law tuples, each law an array [cases, outcomes] of dyadic masses."""
        return Tally(sentence).judge(self.measure([exact(law) for law in laws], gammas), len(laws[0]))

    @property
    def size(self) -> int:
        """How many cases there are: partitions of the denominator for the first law, compositions for the others."""
        tuples = sum(partitions(s[0].denominator, s[0].outcomes) * prod(map(_compositions, s[1:])) for s in self.shapes)
        return tuples * len(self.gammas)

    @property
    def scope(self) -> str:
        """The scope in words."""
        sizes = "; ".join(_sizes(shape) for shape in self.shapes)
        gammas = "" if self.gammas == EACH else f"; {len(self.gammas)} choices of γ from {{1, 3/2, 2, 3}}"
        return f"all {self.size} tuples, up to relabelling outcomes, of {sizes}{gammas}"

    def _words(self, laws: Laws, gammas: Gammas, case: int) -> str:
        names = self.names.split()
        labels = names + [f"K{i + 1}" for i in range(len(laws) - len(names))]
        rows = [", ".join(str(Fraction(float(x))) for x in law[case]) for law in laws]
        parts = [f"{label} = ({row})" for label, row in zip(labels, rows, strict=False)]
        return "; ".join([*parts, f"γ = {', '.join(map(str, map(Fraction, gammas)))}"])


def _sizes(shape: Shape) -> str:
    counts = {grid: shape.count(grid) for grid in shape}
    words = (f"{n} laws on {g.outcomes} outcomes with masses in (1/{g.denominator})Z" for g, n in counts.items())
    return " and ".join(words)


def partitions(total: int, parts: int) -> int:
    """How many ways to write a total as a sum of at most so many parts, their order free.

    >>> partitions(4, 2)
    3
    """
    if total == 0 or parts == 1:
        return 1
    return sum(partitions(total - parts * n, parts - 1) for n in range(total // parts + 1))


def _compositions(grid: Grid) -> int:
    return count_laws(grid.outcomes, grid.denominator)


def _table(grid: Grid) -> _Masses:
    return exact(np.array(list(compositions(grid.denominator, grid.outcomes))) / grid.denominator)


def _tuples(shape: Shape) -> Iterator[Laws]:
    # One batch per first law keeps memory small; only non-increasing first laws are needed.
    first, *rest = [_table(grid) for grid in shape]
    index = np.indices([len(table) for table in rest]).reshape(len(rest), -1)
    others = [table[i] for table, i in zip(rest, index, strict=True)]
    for law in first:
        if (np.diff(law) <= 0).all():
            yield [np.broadcast_to(law, (index.shape[1], len(law))), *others]
