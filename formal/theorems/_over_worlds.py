"""Exhaustive search over every (D, S, S_full) of a small world and a handful of exact learners."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from itertools import product
from typing import Any

import numpy as np

from ..laws._finite import Law, integers, point
from ..laws._finite_learners import (
    FiniteLearner,
    empirical_histogram,
    gibbs,
    majority,
    nearest_neighbour,
    randomised_response,
)
from ..laws._worlds import World, count_worlds, worlds
from ._base import Case, Outcome
from ._judge import Tally
from ._sentence import Sentence
from ._sympy import sp

_Measure = Callable[[FiniteLearner, World], Iterable[Case]]
"""One learner in one world → the cases of a claim there."""

LABELS = ("a", "b")
POINTS: tuple[tuple[int, str], ...] = ((0, "a"), (0, "b"), (1, "b"))
"""Three labelled points: two labels contradict each other at 0, two agree across positions."""

ROWS = 4


def _agreement(theta: Any, row: Any) -> int:
    return 3 if theta == row else 2 if theta[1] == row[1] else 1


NEIGHBOUR = nearest_neighbour((0, 1), LABELS)
LEARNERS: tuple[FiniteLearner, ...] = (
    empirical_histogram(point("untrained")),
    majority(LABELS),
    gibbs(dict.fromkeys(POINTS, 1), _agreement),
    NEIGHBOUR,
    randomised_response(POINTS[:2], Fraction(2, 3)),
)


def remembering(learner: FiniteLearner) -> FiniteLearner:
    """The same learner, each dataset's law computed once."""
    return replace(learner, law=cache(learner.law))


def events_gap(p: Law, q: Law) -> Fraction:
    """TV(P, Q) as the largest P(R) − Q(R) over all events R, in integers: independent of `total_variation`.

    >>> events_gap(point("a"), Law(("a", "b"), (Fraction(1, 3), Fraction(2, 3))))
    Fraction(2, 3)
    """
    (first, second), total = integers((p, q))
    events = np.array(list(product((0, 1), repeat=len(first))), dtype=first.dtype)
    return Fraction(int((events @ (first - second)).max()), total)


@dataclass(frozen=True)
class OverWorlds:
    """A search over every world on `points` with 1 ≤ |D| ≤ `rows`, for each learner.

    Args:
        measure: learner and world → cases.
        learners: exact learners.
        points, rows: the world's size.
    """

    measure: _Measure
    learners: Sequence[FiniteLearner] = LEARNERS
    points: Sequence[Any] = POINTS
    rows: int = ROWS

    def __call__(self, sentence: Sentence) -> Outcome:
        """Every case, counted; the first that falsifies the statement, in words."""
        tally = Tally(sentence)
        for learner in map(remembering, self.learners):
            for world in worlds(self.points, self.rows):
                for case in self.measure(learner, world):
                    if not tally.judge(case).all():
                        d, s, f = map(show, (world.data, world.forget, world.behaviour))
                        words = in_words(learner, f"D = {d}, S = {s}, S_full = {f}", case)
                        return tally.outcome(words)
        return tally.outcome()

    def at(self, sentence: Sentence, learner: FiniteLearner, world: World) -> bool:
        """Whether the statement holds in every case of one world."""
        return all(Tally(sentence).judge(case).all() for case in self.measure(learner, world))

    @property
    def scope(self) -> str:
        """The scope in words."""
        names = ", ".join(learner.name for learner in self.learners)
        size = count_worlds(len(self.points), self.rows)
        return f"all {size} worlds (D, S, S_full) with |X| = {len(self.points)}, 1 ≤ |D| ≤ {self.rows}; {names}"


def show(data: Iterable[Any]) -> str:
    """A multiset of labelled points on one line.

    >>> show(((0, "a"), (1, "b")))
    '{0a, 1b}'
    """
    return "{" + ", ".join("".join(map(str, row)) if isinstance(row, tuple) else str(row) for row in data) + "}"


def in_words(learner: FiniteLearner, subject: str, case: Case) -> str:
    """A counterexample as one line: the learner, what it was run on, and the exact values of the case."""
    return "; ".join([f"{learner.name}, {subject}", *(f"{sp.sstr(name)} = {exact}" for name, exact in case.items())])
