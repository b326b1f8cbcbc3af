"""Blocks of pairs for the engine, a round at a time, and what is to be said of the runs they came from."""

import dataclasses
import hashlib
import itertools
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..engine._pairs import Block
from ..engine._sequential import WARM_UP, Terms, rounds
from ..engine._witnesses import finite
from ..saved._arms import RunTable
from ..saved._check_samples import CHOOSING_NAMED, by_example
from ..saved._columns import SINGLE, Overview, column_names, overview
from ..saved._looks import PAIR
from ..saved._vetting import vet
from ._reader import RunReader, admit_draws

_SHOWN = 8
"""Failures that a verdict's provenance names."""


class Pairing:
    """The pairs of one check.

    Args:
        reader: of the runs.
        terms: of the claim; the budget is of pairs drawn.
        deterministic: whether runs may all be the same.

    With more than 64 columns the first 24 pairs choose among them, and are not bet on.

    >>> from neverseen.properties.external._drawer import Drawer
    >>> from neverseen.properties.external._shelf import Shelf
    >>> import neverseen as ns
    >>> terms = Terms(ns.Untraining(1.0, 0.05), alpha=1e-4, beta=0.05, tolerance=0.1, budget=64)
    >>> Pairing(RunReader(Drawer(Shelf("nowhere"), None, ""), 0), terms, False).open()
    Traceback (most recent call last):
    ValueError: removed, seed 0, is not there yet; 8 pairs are needed before the first bet
    """

    def __init__(self, reader: RunReader, terms: Terms, deterministic: bool) -> None:
        self.reader, self._given, self.terms = reader, terms, terms
        self._deterministic, self._choosing = deterministic, 0
        self._views: Overview | None = None
        self._tables: dict[str, list[RunTable]] = {}

    def blocks(self) -> Iterator[Block]:
        """The views of pairs, the span of a round each: only whole rounds decide, and the unfinished one waits."""
        for start, end in self._spans():
            tables = self._next(start, end)
            if tables is None:
                return
            yield self._block(tables)

    def originals(self) -> Iterator[Block]:
        """Originals in the place of removed models, with the same references, through the same views."""
        arms = ("original", "reference")
        for start, end in self._spans():
            tables = self.reader.read(arms, start, end)
            if tables is None:
                return
            yield self._block(tables)

    def open(self) -> None:
        """Read the first pairs, which show what a run holds and choose what is looked at.

        Raises:
            ValueError: one of these runs is missing; see `RunReader.read`, `admit_draws` and `vet`.
        """
        first = min(2 * WARM_UP, self._given.budget)
        tables = self._needed(0, first)
        self._admit(tables)
        self._choosing = CHOOSING_NAMED if tables[0].shape[1] > SINGLE else 0
        self.terms = dataclasses.replace(self._given, budget=max(self._given.budget - self._choosing, 0))
        past = None
        if self._choosing:
            more = self._needed(first, self._choosing)
            tables = [np.concatenate(pair) for pair in zip(tables, more, strict=True)]
            past = (finite(tables[0]), finite(tables[1]))
        self._keep(tables)
        self._views = overview(self.reader.shapes, past, self._given.definition.epsilon)

    def _needed(self, start: int, end: int) -> list[RunTable]:
        tables = self.reader.read(PAIR, start, end)
        if tables is None:
            raise ValueError(f"{self.reader.gap}; {end} pairs are needed before the first bet")
        return tables

    def _spans(self) -> Iterator[tuple[int, int]]:
        """Pairs of each round, after those that chose."""
        ends = [0, *(end for _, end in rounds(self.terms.budget))]
        for start, end in itertools.pairwise(ends):
            yield start + self._choosing, end + self._choosing

    def _next(self, start: int, end: int) -> list[RunTable] | None:
        """The pairs of a span; those that are there already are not read again."""
        if end <= self.pairs:
            return [table[start:end] for table in self.read.values()]
        tables = self.reader.read(PAIR, start, end)
        if tables is not None:
            self._keep(tables)
        return tables

    def _block(self, tables: list[RunTable]) -> Block:
        assert self._views is not None
        seen = [self._views.see(table) for table in tables]
        return Block(seen[0], seen[1], None, by_example=by_example(seen[0]))

    def _keep(self, tables: list[RunTable]) -> None:
        for arm, table in zip(PAIR, tables, strict=True):
            self._tables.setdefault(arm, []).append(table)

    def _admit(self, tables: list[RunTable]) -> None:
        heads: dict[str, RunTable] = dict(zip(PAIR, tables, strict=True))
        if not self._deterministic:
            admit_draws(heads)
        self.vetted(heads)

    def vetted(self, heads: dict[str, RunTable] | None = None) -> None:
        """Refuse runs that are no independent draws, of all that was read or of some.

        Raises:
            ValueError: see `vet`.
        """
        vet(heads or self.read, {}, column_names(self.reader.shapes), paired=True)

    @property
    def read(self) -> dict[str, RunTable]:
        """All rows that were read, arm by arm."""
        return {arm: np.concatenate(tables) for arm, tables in self._tables.items()}

    @property
    def equal(self) -> bool:
        """Whether both runs of every pair are the same."""
        removed, reference = self.read.values()
        return bool(np.array_equal(removed, reference, equal_nan=True))

    @property
    def failed(self) -> Counter[str]:
        """How many runs of each arm failed."""
        return Counter(arm for arm, _ in self.reader.failures)

    @property
    def pairs(self) -> int:
        """How many pairs were read."""
        return len(next(iter(self.read.values()), ()))

    def provenance(self) -> dict[str, Any]:
        """What was read, what failed, and where reading stopped."""
        digest = hashlib.sha256(repr(self.reader.shapes).encode())
        for table in self.read.values():
            digest.update(table.tobytes())
        failures = [str(one) for one in self.reader.failures.values()][:_SHOWN]
        found: dict[str, Any] = {"digest": digest.hexdigest(), "pairs_read": self.pairs, "order": "seeds"}
        found |= {"choosing_pairs": self._choosing, "failed": dict(self.failed), "failures": failures}
        return found | ({"gap": str(self.reader.gap)} if self.reader.gap is not None else {})

    def said(self, identity: dict[str, Any] | None) -> str:
        """What was checked, and which runs had no part in it or a part of another kind."""
        notes = [f"{count} of {self.pairs} {arm} runs failed" for arm, count in self.failed.items()]
        notes += [f"{self._choosing} pairs chose among the columns"] if self._choosing else []
        notes += [f"bets stopped before {self.reader.gap}"] if self.reader.gap is not None else []
        name = f"{identity['name']!r}" if identity is not None else "the runs in the folder"
        return f"{name:.200}" + (f" ({'; '.join(notes)})" if notes else "")
