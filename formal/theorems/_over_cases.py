"""A search over an explicit list of cases, and exact logarithms of rationals to state them with."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ..laws._finite import Law
from ._base import Case, Outcome
from ._judge import Tally
from ._sentence import Sentence


@dataclass(frozen=True)
class OverCases:
    """A search over every case a generator yields, each with the words that name it in a counterexample."""

    cases: Callable[[], Iterable[tuple[str, Case]]]

    def __call__(self, sentence: Sentence) -> Outcome:
        """Every case, counted; the first that falsifies the statement, in words."""
        tally = Tally(sentence)
        for words, case in self.cases():
            if not tally.judge(case).all():
                return tally.outcome(words)
        return tally.outcome()


def power(law: Law, ratio: Callable[[Any], Fraction]) -> Fraction:
    """e^{N·E[log ratio]}, N the law's common denominator: rational, so logarithms are compared exactly.

    >>> power(Law("ab", (Fraction(1, 3), Fraction(2, 3))), {"a": Fraction(2), "b": Fraction(3)}.__getitem__)
    Fraction(18, 1)
    """
    counts, _ = law.scaled
    product = Fraction(1)
    for outcome, count in counts.items():
        if count:
            product *= ratio(outcome) ** count
    return product
