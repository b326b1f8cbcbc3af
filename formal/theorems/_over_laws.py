"""Exhaustive search over tuples of laws on a rational grid, in integer arithmetic.

Every law is a row of int64 that sums to `unit`, a common denominator divisible by enough powers of 2 for
the products with γ below to be integers; `times` checks that they are. Cases are enumerated up to a
relabelling of the outcomes: the first law is taken non-increasing, which loses nothing because every
measure here treats outcomes alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
from jaxtyping import Bool, Int

from ..laws._worlds import compositions
from ._base import Case, Claim, Outcome

Counts = Int[np.ndarray, "cases outcomes"]
_Values = Int[np.ndarray, " cases"]
Laws = Sequence[np.ndarray]
Gammas = tuple[Fraction, ...]
_Measure = Callable[[Laws, int, Gammas], Case]
"""(laws, unit, γ's) → the quantities of a claim, each scaled by the unit (or its square, if so stated)."""

GAMMAS = (Fraction(1), Fraction(3, 2), Fraction(2), Fraction(3))
EACH = ((Fraction(1),),)
ONE = tuple((g,) for g in GAMMAS)
TWO = tuple(product(GAMMAS, repeat=2))
REFINE = 64
"""Factor between a grid's denominator and `unit`: room for products of up to six halves."""


def times(factor: Fraction | int, values: Any) -> Any:
    """`factor`·`values` in integers; `ArithmeticError` if the product is not integral.

    >>> times(Fraction(3, 2), np.array([2, 4]))
    array([3, 6])
    """
    numerator, denominator = Fraction(factor).as_integer_ratio()
    scaled = np.asarray(values) * numerator
    if np.any(scaled % denominator):
        raise ArithmeticError(f"{factor} times the values is not integral: raise REFINE")
    return scaled // denominator


def positive_part(p: Counts, q: Counts, gamma: Fraction) -> _Values:
    """H_γ(P‖Q)·unit as Σ (p − γq)₊.

    >>> positive_part(np.array([[48, 16]]), np.array([[32, 32]]), Fraction(1))
    array([16])
    """
    return np.maximum(p - times(gamma, q), 0).sum(axis=-1)


def best_event(p: Counts, q: Counts, gamma: Fraction) -> _Values:
    """H_γ(P‖Q)·unit as the largest P(R) − γQ(R) over all 2^k events R: the definition, no positive parts.

    >>> best_event(np.array([[48, 16]]), np.array([[32, 32]]), Fraction(1))
    array([16])
    """
    events = np.array(list(product((0, 1), repeat=p.shape[-1])), dtype=np.int64).T
    return (p @ events - times(gamma, q @ events)).max(axis=-1)


def both_ways(p: Counts, q: Counts, gamma: Fraction) -> _Values:
    """The larger of H_γ(P‖Q) and H_γ(Q‖P), by positive parts."""
    return np.maximum(positive_part(p, q, gamma), positive_part(q, p, gamma))


def best_both_ways(p: Counts, q: Counts, gamma: Fraction) -> _Values:
    """The larger of H_γ(P‖Q) and H_γ(Q‖P), by events."""
    return np.maximum(best_event(p, q, gamma), best_event(q, p, gamma))


def half_l1(p: Counts, q: Counts) -> _Values:
    """TV·unit as ½ Σ |p − q| (the sum is even, because both laws sum to `unit`)."""
    return np.abs(p - q).sum(axis=-1) // 2


def through(p: Counts, rows: Laws) -> Counts:
    """The law p·K·unit², K given by its rows (one law per outcome of p)."""
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

    def __call__(self, claim: Claim) -> Outcome:
        """Every case, counted; the first that falsifies the claim, in words."""
        worlds = 0
        for shape in self.shapes:
            for laws in _tuples(shape):
                for gammas in self.gammas:
                    held = self.at(claim, laws, gammas)
                    worlds += len(held)
                    if not held.all():
                        return Outcome(worlds, self._words(laws, gammas, int(np.argmin(held))))
        return Outcome(worlds, None)

    def at(self, claim: Claim, laws: Laws, gammas: Gammas) -> Bool[np.ndarray, " cases"]:
        """The claim on a batch of law tuples, each law an int64 array [cases, outcomes] of equal row sums."""
        held = claim(self.measure(laws, int(laws[0][0].sum()), gammas))
        return np.broadcast_to(np.asarray(held, dtype=bool), (len(laws[0]),))

    @property
    def scope(self) -> str:
        """The scope in words."""
        sizes = "; ".join(_sizes(shape) for shape in self.shapes)
        gammas = "" if self.gammas == EACH else f"; {len(self.gammas)} choices of γ from {{1, 3/2, 2, 3}}"
        return f"all tuples, up to relabelling outcomes, of {sizes}{gammas}"

    def _words(self, laws: Laws, gammas: Gammas, case: int) -> str:
        names = self.names.split()
        labels = names + [f"K{i + 1}" for i in range(len(laws) - len(names))]
        unit = int(laws[0][0].sum())
        rows = [", ".join(str(Fraction(int(x), unit)) for x in law[case]) for law in laws]
        parts = [f"{label} = ({row})" for label, row in zip(labels, rows, strict=False)]
        return "; ".join([*parts, f"γ = {', '.join(map(str, gammas))}"])


def _sizes(shape: Shape) -> str:
    counts = {grid: shape.count(grid) for grid in shape}
    words = (f"{n} laws on {g.outcomes} outcomes with masses in (1/{g.denominator})Z" for g, n in counts.items())
    return " and ".join(words)


def _table(grid: Grid) -> Counts:
    return REFINE * np.array(list(compositions(grid.denominator, grid.outcomes)), dtype=np.int64)


def _tuples(shape: Shape) -> Iterator[Laws]:
    # One batch per first law keeps memory small; only non-increasing first laws are needed.
    first, *rest = [_table(grid) for grid in shape]
    index = np.indices([len(table) for table in rest]).reshape(len(rest), -1)
    others = [table[i] for table, i in zip(rest, index, strict=True)]
    for law in first:
        if (np.diff(law) <= 0).all():
            yield [np.broadcast_to(law, (index.shape[1], len(law))), *others]
