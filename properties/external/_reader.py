"""From files of runs to rows of numbers: the runs of both arms in the order of their seeds, up to the first gap."""

import dataclasses
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float64

from ..saved._arms import RunTable
from ..saved._sources import called
from ._attempt import RunArrays, named_arrays
from ._drawer import Drawer
from ._shelf import arrays_of

RunRow = Float64[np.ndarray, " k"]

Shapes = dict[str, tuple[int, ...]]
"""What every run holds: the shape of each array."""

_SAME = 8
"""Runs that are the same to the last digit, after which they are no draws."""

_ROUND = 3
"""Numbers of so few decimals may well be the same in run after run: an accuracy of 1, a loss of 0."""


@dataclasses.dataclass(frozen=True)
class RunFailure:
    """A run that failed: an outcome of its arm.

    Args:
        arm, seed: which run.
        reason: such as "exit status 1".
        log: the end of its log.

    >>> print(RunFailure("removed", 3, "exit status 1", "out of cheese"))
    removed, seed 3: exit status 1; its log ends: out of cheese
    """

    arm: str
    seed: int
    reason: str
    log: str = ""

    def __str__(self) -> str:
        last = f"; its log ends: {self.log.splitlines()[-1].strip()}" if self.log.strip() else ""
        return f"{self.arm}, seed {self.seed}: {self.reason}{last}"


@dataclasses.dataclass(frozen=True)
class Gap:
    """The run at which reading stopped.

    >>> print(Gap("removed", 3, "is not there yet"))
    removed, seed 3, is not there yet
    """

    arm: str
    seed: int
    reason: str

    def __str__(self) -> str:
        return f"{self.arm}, seed {self.seed}, {self.reason}"


class RunReader:
    """Draws and reads runs, one span of seeds after the other.

    Args:
        drawer: makes what is not there.
        first: the seed of the first pair.
        most: pairs that are ever drawn.

    >>> from neverseen.properties.external._shelf import Shelf
    >>> RunReader(Drawer(Shelf("nowhere"), None, ""), 0).read(["removed", "reference"], 0, 8)
    >>> print(RunReader(Drawer(Shelf("nowhere"), None, ""), 0).gap)
    None
    """

    def __init__(self, drawer: Drawer, first: int, most: int = 0) -> None:
        self._drawer, self._first, self._most = drawer, first, most
        self.shapes: Shapes = {}
        self.failures: dict[tuple[str, int], RunFailure] = {}
        self.gap: Gap | None = None

    def read(self, arms: Sequence[str], start: int, end: int) -> list[RunTable] | None:
        """The rows of pairs `start` to `end` of each arm; None where one of their runs is missing.

        Raises:
            ValueError: see `Drawer.draw`; no run of an arm succeeds.
        """
        seeds = range(self._first + start, self._first + end)
        # No worker is to stand idle: many of them begin the runs of the next pairs as well.
        ahead = min(start + -(-self._drawer.width // len(arms)), self._most)
        self._drawer.draw((arm, self._first + i) for i in range(start, max(end, ahead)) for arm in arms)
        paths = {arm: self._drawer.shelf.seeds(arm) for arm in arms}
        found: dict[str, list[RunArrays | None]] = {arm: [] for arm in arms}
        for seed in seeds:
            for arm in arms:
                if self._missing(arm, seed, paths[arm].get(seed), found[arm]):
                    return None
        if not self.shapes and not self._learn([runs[i] for i in range(len(seeds)) for runs in found.values()]):
            self._none(arms, seeds)
        tables = [
            np.stack([self._row(arm, seed, one) for seed, one in zip(seeds, found[arm], strict=True)]) for arm in arms
        ]
        for arm in arms if start == 0 else ():
            if all((arm, seed) in self.failures for seed in seeds):
                self._none([arm], seeds)
        return tables

    def _missing(self, arm: str, seed: int, path: str | None, found: list[RunArrays | None]) -> bool:
        """Append a run's arrays, None where it failed; whether it is missing, so that reading stops."""
        if path is not None:
            try:
                found.append(named_arrays(arrays_of(Path(path))))
            except ValueError as error:
                # One that is being copied in, or was cut off: what it will say is not known.
                self.gap = Gap(arm, seed, f"cannot be read ({error}); mend it, or delete it to have it drawn again")
                return True
            return False
        record = self._drawer.shelf.record(arm, seed)
        if record is not None and record.kind == "failed":
            self.failures[arm, seed] = RunFailure(arm, seed, record.reason, record.log)
            found.append(None)
            return False
        why = "is not there yet" if record is None or record.kind == "finished" else f"was lost: {record.reason}"
        self.gap = Gap(arm, seed, f"{why}; --retries tries it again" if why.startswith("was") else why)
        return True

    def _learn(self, runs: Sequence[RunArrays | None]) -> bool:
        """What a run holds, by the first that succeeded; in the order of names, whatever a program's is."""
        one = next((run for run in runs if run is not None), None)
        self.shapes = {name: one[name].shape for name in sorted(one)} if one is not None else {}
        return one is not None

    def _none(self, arms: Sequence[str], seeds: range) -> None:
        jobs = [(arm, seed) for seed in seeds for arm in arms]
        failure = self.failures[jobs[0]]
        self._drawer.give_up(
            jobs[::-1], f"{failure.arm}: none of the first {len(seeds)} runs succeeded", failure.reason, failure.log
        )

    def _row(self, arm: str, seed: int, run: RunArrays | None) -> RunRow:
        """All numbers of a run side by side; NaN of one that failed, or that holds something else than the others."""
        width = sum(math.prod(shape) for shape in self.shapes.values())
        if run is None:
            return np.full(width, np.nan)
        odd = _odd({name: value.shape for name, value in run.items()}, self.shapes)
        if odd:
            self.failures[arm, seed] = RunFailure(arm, seed, odd)
            return np.full(width, np.nan)
        return np.concatenate([run[name].astype(np.float64).reshape(-1) for name in self.shapes])


def _odd(theirs: Shapes, usual: Shapes) -> str:
    """What a run holds that others do not; "" where it is as they are."""
    for name in usual:
        if name not in theirs:
            return f"it lacks {called(name)}, which other runs have"
        if theirs[name] != usual[name]:
            return f"{called(name)} is of shape {theirs[name]}, in other runs {usual[name]}"
    extra = next((name for name in theirs if name not in usual), None)
    return "" if extra is None else f"it has {called(extra)}, which other runs lack"


def admit_draws(tables: dict[str, RunTable]) -> None:
    """Refuse runs that are no draws: the same numbers whatever the seed.

    Args:
        tables: the first runs of each arm.

    Raises:
        ValueError: an arm of 8 runs or more is one row of numbers that are not round.

    >>> admit_draws({"removed": np.full((8, 1), 0.123456)})
    Traceback (most recent call last):
    ValueError: removed: 8 runs are the same to the last digit, though their seeds differ: pass the seed on to \
whatever draws (initialisation, batches, dropout), or say deterministic=True (--deterministic)
    """
    for arm, table in tables.items():
        finite = table[0][np.isfinite(table[0])]
        if len(table) >= _SAME and (table == table[:1]).all() and (np.round(finite, _ROUND) != finite).any():
            raise ValueError(
                f"{arm}: {len(table)} runs are the same to the last digit, though their seeds differ: pass the seed on "
                "to whatever draws (initialisation, batches, dropout), or say deterministic=True (--deterministic)"
            )
