"""`rank`: removers compared in several scenarios, and how their places by distance agree."""

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy
from jaxtyping import Float64

from ...algorithms.base import Learner, Remover
from ...formal._codec import Coded
from ...formal._numbers import level, share_of
from ...formal._tabled import Tabled, aligned
from ...formal._truth import Untruthful
from ...formal._types import Real
from ...formal.definitions._definitions import Definition
from ...formal.definitions._scenario import Scenario
from ..engine._progress import Progress
from ._compare import compare
from ._compared import Compared, claim_words
from ._comparison import Comparison


@dataclasses.dataclass(frozen=True)
class RankRow:
    """A remover's place under one definition.

    Args:
        remover: its name.
        definition: in words.
        ranks: by distance to the definition's reference, 1 the nearest, in each scenario; equal ones share theirs.
        distances: in each scenario; ∞ where it did not run, or doing nothing is at the floor.

    >>> RankRow("mine", "(1, 0.05)-untraining", (1.0, 3.0), (0.2, 0.9)).mean
    2.0
    """

    remover: str
    definition: str
    ranks: tuple[float, ...]
    distances: tuple[float, ...]

    @property
    def name(self) -> str:
        """Remover and definition, as rows go by."""
        return f"{self.remover}, {self.definition}"

    @property
    def mean(self) -> float:
        """The mean rank."""
        return float(np.mean(self.ranks))

    @property
    def spread(self) -> float:
        """The standard deviation of the ranks; 0 of one scenario."""
        return float(np.std(self.ranks, ddof=1)) if len(self.ranks) > 1 else 0.0


@dataclasses.dataclass(frozen=True)
class Ranking(Coded, Untruthful, Tabled[RankRow], outcome="rows", named="name", says=("sentence",)):
    """Removers in several scenarios: mean rank by distance, and how it varies.

    Args:
        comparisons: one for each scenario.
        rows: the places, nearest first, definition by definition; fresh retrains, which are the scale, are left out.

    >>> made = Ranking.example()
    >>> Ranking.from_json(made.to_json()) == made
    True
    """

    comparisons: tuple[Comparison, ...]
    rows: tuple[RankRow, ...]

    @staticmethod
    def example() -> "Ranking":
        """A small one, for documentation and tests.

        >>> print(Ranking.example())
        Of 2 scenarios, by distance to the reference; a rank is no verdict.
        (1, 0.05)-untraining  mean rank  spread  from–to  distances
        do_nothing                  1.5       0  1.5–1.5  0.90 0.90
        mine                        1.5       0  1.5–1.5  0.90 0.90
        Distance: 0 is a fresh retrain, 1 doing nothing; the scenarios, in order: blobs; blobs.
        """
        return ranked((Comparison.example(), Comparison.example()))

    @property
    def sentence(self) -> str:
        """What was ranked."""
        return f"Of {len(self.comparisons)} scenarios, by distance to the reference; a rank is no verdict."

    @property
    def tables(self) -> list[list[tuple[str, ...]]]:
        """A table for each definition as words, the heads first."""
        heads = "mean rank", "spread", "from–to", "distances"
        claims = [claim_words(claim) for claim in self.comparisons[0].definitions]
        return [[(claim, *heads), *(_cells(row) for row in self.rows if row.definition == claim)] for claim in claims]

    def __str__(self) -> str:
        scenarios = "; ".join(made.scenario for made in self.comparisons)
        scale = f"Distance: 0 is a fresh retrain, 1 doing nothing; the scenarios, in order: {scenarios}."
        lines = [line for table in self.tables for line in aligned(table, right=(1, 2, 3))]
        return "\n".join([self.sentence, *lines, scale])


def ranked(comparisons: tuple[Comparison, ...]) -> Ranking:
    """Places of the same removers under the same definitions, from a comparison for each scenario.

    Args:
        comparisons: of `compare`.

    >>> len(ranked((Comparison.example(),)).rows)
    2
    """
    names = [row.remover for row in comparisons[0].rows if "retrain" not in row.anchor]
    definitions = enumerate(map(claim_words, comparisons[0].definitions))
    return Ranking(comparisons, tuple(place for each in definitions for place in _places(comparisons, names, *each)))


def _places(comparisons: tuple[Comparison, ...], names: list[str], i: int, words: str) -> list[RankRow]:
    away = np.array([[_away(made[name], i) for name in names] for made in comparisons])
    ranks = scipy.stats.rankdata(away, axis=1)
    places = [RankRow(name, words, _column(ranks, j), _column(away, j)) for j, name in enumerate(names)]
    return sorted(places, key=lambda place: place.mean)


def rank(
    definitions: Definition | Sequence[Definition],
    removers: Remover | Sequence[Remover],
    learner: Learner,
    scenarios: Sequence[Scenario],
    *,
    alpha: Real = 1e-3,
    progress: Progress | None = None,
    **options: Any,
) -> Ranking:
    """Compare removers in several scenarios, and rank them in each by distance.

    Args:
        definitions, removers, learner: as in `compare`.
        scenarios: two or more.
        alpha: bound on the probability that any REFUTED of all tables is false; each scenario has its part of it.
        progress: called before each remover.
        options: of `compare`.

    Raises:
        ValueError: fewer than two scenarios; see `compare`.

    >>> import neverseen as ns
    >>> rank(ns.Untraining(1.0, 0.05), ns.removers.retrain(), ns.learners.ridge(), [ns.scenarios.figure1()])
    Traceback (most recent call last):
    ValueError: scenarios: 1 has no ranks to average; give two or more, or use compare
    """
    if len(scenarios) < 2:
        raise ValueError(f"scenarios: {len(scenarios)} has no ranks to average; give two or more, or use compare")
    share = share_of(level("alpha", alpha), len(scenarios))
    return ranked(
        tuple(
            compare(definitions, removers, learner, scenario, alpha=share, progress=progress, **options)
            for scenario in scenarios
        )
    )


def _away(row: Compared, i: int) -> float:
    return math.inf if row.why else row.away(i)


def _column(values: Float64[np.ndarray, "scenarios removers"], j: int) -> tuple[float, ...]:
    return tuple(values[:, j].tolist())


def _cells(place: RankRow) -> tuple[str, ...]:
    span = f"{min(place.ranks):g}–{max(place.ranks):g}"
    distances = " ".join(f"{each:.2f}" if math.isfinite(each) else "–" for each in place.distances)
    return place.remover, f"{place.mean:.3g}", f"{place.spread:.2g}", span, distances
