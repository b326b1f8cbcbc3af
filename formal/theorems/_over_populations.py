"""Exhaustive search over every small population, each behaviour and a handful of exact learners.

A population is a law on points, a behaviour a set of points. D is n independent draws.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, combinations_with_replacement, product
from math import factorial, prod
from typing import Any

from ..laws._finite import Law
from ..laws._finite_learners import Dataset, FiniteLearner, multiset
from ..laws._worlds import all_laws, count_laws
from ._base import Case, Outcome
from ._judge import Tally
from ._over_worlds import LEARNERS, POINTS, in_words, remembering, show
from ._sentence import Sentence


@dataclass(frozen=True)
class Population:
    """n independent draws from a law on points, of which `behaviour` carry the behaviour."""

    law: Law
    behaviour: frozenset[Any]
    rows: int


def draws(law: Law, rows: int) -> list[tuple[Fraction, Dataset]]:
    """Every dataset of `rows` independent draws with its multinomial probability.

    >>> from neverseen.formal.laws._finite import uniform
    >>> draws(uniform("ab"), 2)[1]
    (Fraction(1, 2), ('a', 'b'))
    """
    found: list[tuple[Fraction, Dataset]] = []
    for data in combinations_with_replacement([o for o, m in law.table.items() if m], rows):
        orders = factorial(rows) // prod(factorial(n) for n in Counter(data).values())
        found.append((orders * prod((law.mass(x) for x in data), start=Fraction(1)), multiset(data)))
    return found


def populations(denominator: int, largest: int) -> Iterator[Population]:
    """Every population on `POINTS` with masses in (1/denominator)ℤ, each proper behaviour, 1 … largest draws.

    >>> sum(1 for _ in populations(3, 3))
    180
    """
    behaviours = [frozenset(b) for n in (1, 2) for b in combinations(POINTS, n)]
    for law, behaviour, rows in product(all_laws(POINTS, denominator), behaviours, range(1, largest + 1)):
        yield Population(law, behaviour, rows)


@dataclass(frozen=True)
class OverPopulations:
    """A search over every population of the given size, for each learner."""

    measure: Callable[[FiniteLearner, Population], Iterator[Case]]
    denominator: int = 3
    largest: int = 3
    learners: Sequence[FiniteLearner] = LEARNERS

    def __call__(self, sentence: Sentence) -> Outcome:
        """Every case, counted; the first that falsifies the statement, in words."""
        tally = Tally(sentence)
        for learner in map(remembering, self.learners):
            for population in populations(self.denominator, self.largest):
                for case in self.measure(learner, population):
                    if not tally.judge(case).all():
                        subject = f"{population.rows} draws from {population.law}, B = "
                        words = in_words(learner, subject + show(sorted(population.behaviour)), case)
                        return tally.outcome(words)
        return tally.outcome()

    def at(self, sentence: Sentence, learner: FiniteLearner, population: Population) -> bool:
        """Whether the statement holds in every case of one population."""
        return all(Tally(sentence).judge(case).all() for case in self.measure(learner, population))

    @property
    def size(self) -> int:
        """How many populations there are, for all learners together."""
        return len(self.learners) * count_laws(len(POINTS), self.denominator) * 6 * self.largest

    @property
    def scope(self) -> str:
        """The scope in words."""
        count = self.size // len(self.learners)
        grid = f"3 points with masses in (1/{self.denominator})Z, B of 1 or 2 points, |D| ≤ {self.largest}"
        return f"all {count} populations on {grid}; {', '.join(learner.name for learner in self.learners)}"
