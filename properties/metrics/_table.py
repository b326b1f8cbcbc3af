"""The table of a measurement: each metric's value with its floor and its power beside it."""

import dataclasses
from typing import Any

from ...formal._codec import SPARSE, Coded
from ...formal._tabled import Tabled, aligned
from ...formal._truth import Untruthful
from ._operating import OperatingPoint
from ._resample import Interval

_LEVEL = 0.01
"""Largest p-value that counts as telling two laws apart."""


@dataclasses.dataclass(frozen=True)
class Reading:
    """What a metric says of one arm against the references.

    Args:
        interval: the value, and 95 % over runs.
        p: the chance of a value as far out, were both of one law.
        point: the counts of runs, where the value is a rate at a threshold; in JSON where there are any.

    >>> print(Reading(Interval(0.5, 0.25, 0.75), 0.005))
    0.5 [0.25, 0.75]
    """

    interval: Interval
    p: float
    point: OperatingPoint | None = dataclasses.field(default=None, metadata=SPARSE)

    def __str__(self) -> str:
        return str(self.interval)

    @property
    def distinguishes(self) -> bool:
        """Whether the metric tells this arm from the references."""
        return self.p <= _LEVEL


@dataclasses.dataclass(frozen=True)
class Row(Coded, says=("distinguishes", "verdict")):
    """One metric.

    Args:
        metric: its name.
        direction: what higher and lower values mean.
        value: of the removed models.
        floor: of fresh retrains.
        power: of the original models: what do-nothing gets.

    >>> reading = Reading(Interval(0.0, 0.0, 0.0), 1.0)
    >>> Row("klom", "higher: further", reading, reading, reading).verdict
    'no, nor does it tell do-nothing: too weak here'
    """

    metric: str
    direction: str
    value: Reading
    floor: Reading
    power: Reading

    @property
    def distinguishes(self) -> bool:
        """Whether the metric tells removed models from a retrain."""
        return self.value.distinguishes

    @property
    def verdict(self) -> str:
        """Whether the metric distinguishes removed models from a retrain, in words."""
        if self.distinguishes:
            return "yes"
        return "no" if self.power.distinguishes else "no, nor does it tell do-nothing: too weak here"


@dataclasses.dataclass(frozen=True)
class Table(Coded, Untruthful, Tabled[Row], outcome="rows", named="metric"):
    """Metrics of a remover.

    Args:
        subject: remover, learner and scenario.
        definition: the definition's id.
        reference: the reference, in symbols.
        runs: of each arm.
        rows: one for each metric.
        left_out: metrics of this notion that were not asked for by name and do not apply here, with the reason.
        provenance: seed, grain, versions.
        seconds: wall time.

    >>> print(Table.example())
    finetune on mlp: metrics for untraining-1 at 128 runs of each arm, references A(D∖S)
    metric      value              floor                  do-nothing         distinguishes from a retrain
    forget-gap  0.31 [0.28, 0.34]  0.002 [-0.004, 0.008]  0.94 [0.93, 0.95]  yes (p = 0.01)
    left out: cka (no units)
    """

    subject: str
    definition: str
    reference: str
    runs: int
    rows: tuple[Row, ...]
    left_out: tuple[tuple[str, str], ...]
    provenance: dict[str, Any]
    seconds: float

    @staticmethod
    def example() -> "Table":
        """A small table, for documentation and tests.

        >>> Table.example()["forget-gap"].verdict
        'yes'
        """
        readings = (
            Reading(Interval(0.31, 0.28, 0.34), 0.01),
            Reading(Interval(0.002, -0.004, 0.008), 0.62),
            Reading(Interval(0.94, 0.93, 0.95), 0.01),
        )
        row = Row("forget-gap", "0 at the reference", *readings)
        return Table("finetune on mlp", "untraining-1", "A(D∖S)", 128, (row,), (("cka", "no units"),), {"seed": 0}, 0.5)

    @property
    def cells(self) -> list[tuple[str, ...]]:
        """The rows as words, the heads first."""
        heads = ("metric", "value", "floor", "do-nothing", "distinguishes from a retrain")
        return [heads, *map(_cells, self.rows)]

    @property
    def notes(self) -> list[str]:
        """What stands below the rows: counts, and what is left out."""
        arms = ("value", "floor", "do-nothing")
        counts = [
            f"{row.metric}, {arm}: {reading.point.sentence}"
            for row in self.rows
            for arm, reading in zip(arms, (row.value, row.floor, row.power), strict=True)
            if reading.point is not None
        ]
        return counts + [f"left out: {name} ({why})" for name, why in self.left_out]

    def __str__(self) -> str:
        sample = f"{self.runs} runs of each arm, references {self.reference}"
        head = f"{self.subject}: metrics for {self.definition} at {sample}"
        return "\n".join([head, *aligned(self.cells), *self.notes])


def _cells(row: Row) -> tuple[str, ...]:
    return row.metric, str(row.value), str(row.floor), str(row.power), f"{row.verdict} (p = {row.value.p:.2g})"
