"""A metric: a pure function of the arrays that runs of three arms show, with all that is needed to read it."""

import dataclasses
import math
from collections.abc import Callable, Mapping

import numpy as np
from jaxtyping import Float64, Int64

from ...formal.catalogue import METRICS as CATALOGUE
from ...formal.catalogue import cite, require
from ._operating import OperatingPoint
from ._resample import Further, Interval, jackknife, p_value

LEAST = 8
"""Runs without which there is no interval."""

Arm = Mapping[str, Float64[np.ndarray, "..."]]
"""What the runs of one arm show: `margins on S` and the like, each `[runs, ...]`."""


def as_it_is(arm: Arm) -> Arm:
    """The arrays themselves.

    >>> as_it_is({})
    {}
    """
    return arm


@dataclasses.dataclass(frozen=True)
class Metric:
    """A metric of the field.

    Args:
        name: as asked for.
        entry: its id in the catalogue, which says which notions it may judge.
        statement: what is compared with what, in words.
        formula: in LaTeX; P are removed models, R references, O originals, unless a comment says otherwise.
        direction: what higher and lower values mean.
        further: where the value goes when the removed law leaves the reference's.
        bounds: which values are possible.
        needs: the arrays of each arm that it reads.
        value: `(removed, reference, original) -> float` of equally many runs.
        reduce: `arm -> arm`, run by run, done once before `value`.
        original: whether `value` reads the originals.
        point: where the value is the rate of an operating point, that point: its counts give the interval.

    >>> from neverseen.properties.metrics import METRICS
    >>> METRICS["klom"].notions, METRICS["klom"].sources
    (('untraining', 'unlearning'), ('Georgiev et al. 2024 (arXiv 2410.23232)',))
    """

    name: str
    entry: str
    statement: str
    formula: str
    direction: str
    further: Further
    bounds: tuple[float, float]
    needs: tuple[str, ...]
    value: Callable[[Arm, Arm, Arm], float]
    reduce: Callable[[Arm], Arm] = as_it_is
    original: bool = False
    point: Callable[[Arm, Arm, Arm], OperatingPoint] | None = None

    @property
    def notions(self) -> tuple[str, ...]:
        """The notions it may judge, from the catalogue."""
        return tuple(notion for notion in ("untraining", "unlearning") if CATALOGUE[self.entry].judges(notion))

    @property
    def sources(self) -> tuple[str, ...]:
        """Author, year and arXiv id of each work the catalogue cites."""
        return tuple(cite(key) for key in CATALOGUE[self.entry].citations)

    def admit(self, notion: str) -> None:
        """Raise ValueError where it may not judge the notion; the message names metrics that may."""
        require(self.entry, notion)

    def measure(self, removed: Arm, reference: Arm, original: Arm | None = None) -> Interval:
        """The value and its 95 % interval over runs.

        Args:
            removed, reference: what independent runs show, `[runs, ...]` under the names of `needs`.
            original: of the original models, where the metric reads them.

        Raises:
            ValueError: a missing array, arms of unequal shapes, fewer than eight runs, or NaN.

        >>> from neverseen.properties.metrics import METRICS
        >>> sure, unsure = {"margins on S": np.ones((8, 2))}, {"margins on S": -np.ones((8, 2))}
        >>> print(METRICS["forget-gap"].measure(sure, unsure))
        1 [1, 1]
        """
        arms = self.prepared(removed, reference, original)
        if self.point is not None:
            return self.point(*arms).interval
        return jackknife(lambda rows: self.value(*(only(arm, rows) for arm in arms)), runs_of(arms[0]), self.bounds)

    def operating_point(self, removed: Arm, reference: Arm, original: Arm | None = None) -> OperatingPoint | None:
        """The counts that the value is a rate of; None for a metric that is no rate.

        Args:
            removed, reference, original: as in `measure`.

        >>> from neverseen.properties.metrics import METRICS
        >>> sure, unsure = {"margins on S": np.ones((8, 2))}, {"margins on S": -np.ones((8, 2))}
        >>> found = METRICS["u-lira-tpr"].operating_point(sure, unsure)
        >>> found.hits, found.removed, found.false, found.references
        (4, 4, 0, 4)
        """
        return None if self.point is None else self.point(*self.prepared(removed, reference, original))

    def p_value(
        self, removed: Arm, reference: Arm, original: Arm | None, orders: Int64[np.ndarray, "count both"]
    ) -> float:
        """The chance of a value as far out, were removed and reference models of one law; see `resample.p_value`.

        Args:
            removed, reference, original: as in `measure`; the runs of the first two must be independent.
            orders: from `resample.orders`.

        >>> from neverseen.properties.metrics import METRICS
        >>> from neverseen.properties.metrics._resample import orders
        >>> sure, unsure = {"margins on S": np.ones((8, 2))}, {"margins on S": -np.ones((8, 2))}
        >>> METRICS["forget-gap"].p_value(sure, unsure, None, orders(8, 199, np.random.default_rng(0)))
        0.01
        """
        first, second, third = self.prepared(removed, reference, original)
        runs = runs_of(first)
        both = {name: np.concatenate([first[name], second[name]]) for name in first}

        def exchanged(order: Int64[np.ndarray, " both"]) -> float:
            return self.value(only(both, order[:runs]), only(both, order[runs:]), third)

        return p_value(self.value(first, second, third), np.array([exchanged(order) for order in orders]), self.further)

    def prepared(self, removed: Arm, reference: Arm, original: Arm | None) -> tuple[Arm, Arm, Arm]:
        """The three arms' arrays, checked and reduced; the third is empty where it is not read."""
        if self.original and original is None:
            raise ValueError(f"{self.name}: it reads the original models; pass original=")
        raw = {"removed": removed, "reference": reference} | ({"original": original or {}} if self.original else {})
        arms = {name: self._taken(name, arm) for name, arm in raw.items()}
        for name, arm in arms.items():
            for array in self.needs:
                shape, expected = arm[array].shape, arms["removed"][array].shape
                if shape != expected:
                    raise ValueError(
                        f"{self.name}: {array} is {shape} in the {name} arm but {expected} in the removed one"
                    )
        statistics = {name: self.reduce(arm) for name, arm in arms.items()}
        return statistics["removed"], statistics["reference"], statistics.get("original", {})

    def _taken(self, name: str, arm: Arm) -> Arm:
        """The arrays it reads, of at least eight runs and finite."""
        for array in self.needs:
            if array not in arm:
                raise ValueError(f"{self.name}: the {name} arm has no array {array!r}; it holds {', '.join(arm)}")
            if len(arm[array]) < LEAST:
                raise ValueError(f"{self.name}: {len(arm[array])} {name} runs are too few; give {LEAST} or more")
            if arm[array].size == 0:
                raise ValueError(f"{self.name}: {array} is empty in the {name} arm; it needs at least one point")
            bad = np.argwhere(~np.isfinite(arm[array]))
            if len(bad):
                raise ValueError(
                    f"{self.name}: run {bad[0][0]} of the {name} arm is NaN or infinite in {array}; a metric cannot "
                    "weigh that, a verdict can: use check"
                )
        return {array: arm[array] for array in self.needs}


def only(arm: Arm, rows: Int64[np.ndarray, " kept"]) -> Arm:
    """The arm with these runs alone.

    >>> only({"a": np.arange(3.0)}, np.array([2]))["a"].tolist()
    [2.0]
    """
    return {name: values[rows] for name, values in arm.items()}


def runs_of(arm: Arm) -> int:
    """How many runs an arm has.

    >>> runs_of({"a": np.zeros((3, 2))})
    3
    """
    return len(next(iter(arm.values())))


ANY = (-math.inf, math.inf)
"""Bounds of what may take any value."""
