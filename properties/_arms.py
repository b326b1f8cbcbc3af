"""The arms of saved runs: which rows are paired, and blocks of them read in that order."""

import dataclasses
import hashlib
import math
from collections.abc import Iterator
from typing import Any, Protocol, runtime_checkable

import jax
import numpy as np
from jaxtyping import Float64, Int64, PRNGKeyArray

from ..formal._numbers import root_seed
from ..formal.scenario import scenario_key
from ._sources import Sources, called
from .views import Values, add_grain

ROWS = 64
"""Rows of an arm read at a time, at first; later an eighth of those read so far."""

SCANNED = 1 << 26
"""Bytes of an arm up to which all of its rows are checked before the first bet."""

_MOST = 1 << 23
"""Numbers of an arm held at a time."""

_STREAMS = ("order", "grain")

Table = Float64[np.ndarray, "runs k"]


@runtime_checkable
class Digest(Protocol):
    """A running hash.

    >>> isinstance(hashlib.sha256(), Digest)
    True
    """

    def update(self, data: Any, /) -> None:
        """Take in more bytes."""
        ...

    def hexdigest(self) -> str:
        """Of the bytes so far."""
        ...


@dataclasses.dataclass(frozen=True)
class Arm:
    """The runs of one arm in the order in which they are paired.

    Args:
        name: removed, reference or original.
        sources: its arrays by name.
        order: row numbers.
        noise: draws the grain.

    >>> arm = Arm("removed", {"a": np.arange(4.0)}, np.array([2, 0]), np.random.default_rng(0))
    >>> arm.rows(0, 2).tolist()
    [[2.0], [0.0]]
    """

    name: str
    sources: Sources
    order: Int64[np.ndarray, " pairs"]
    noise: np.random.Generator

    def rows(self, start: int, end: int) -> Table:
        """The runs paired from `start` to `end`, their columns side by side; read in the order of the file."""
        wanted = self.order[start:end]
        places = wanted.argsort()
        table = np.empty((len(wanted), sum(widths(self.sources).values())))
        table[places] = _read(self.sources, wanted[places], self.name)
        return table

    def grainy(self, table: Table, grain: float) -> Table:
        """The table with the grain on every number."""
        return add_grain({"": table}, grain, self.noise)[""] if grain else table


def arms_of(given: dict[str, Sources], key: PRNGKeyArray, pairs: int, *, paired: bool) -> list[Arm]:
    """Each arm in an order drawn from the key: its own, or one for both of those whose rows correspond.

    Args:
        given: name → sources; removed and reference, and perhaps original.
        key: the root key of these arms.
        pairs: how many rows of an arm are paired at most.
        paired: row i of removed and row i of reference came from one seed.

    Returns:
        The arms.

    >>> same = {"a": np.arange(9.0)}
    >>> arms = arms_of({"removed": same, "reference": same}, jax.random.key(0), 9, paired=True)
    >>> bool((arms[0].order == arms[1].order).all())
    True
    """
    arms: list[Arm] = []
    for i, (name, sources) in enumerate(given.items()):
        order, grain = (jax.random.fold_in(key, len(_STREAMS) * i + j) for j in range(len(_STREAMS)))
        shared = paired and name == "reference"
        drawn = arms[0].order if shared else _generator(order).permutation(runs(sources))[:pairs].copy()
        arms.append(Arm(name, sources, drawn, _generator(grain)))
    return arms


def blocks(arms: list[Arm], start: int, pairs: int, total: Digest) -> Iterator[list[Table]]:
    """The arms' rows, block after block, none before it is asked for.

    Args:
        arms: what to read.
        start: the first pair.
        pairs: how many there are.
        total: takes in all that is read.

    Yields:
        A table for each arm; shorter ones end earlier.

    >>> arm = Arm("removed", {"a": np.arange(100.0)}, np.arange(100), np.random.default_rng(0))
    >>> [len(table) for table, in blocks([arm], 10, 100, hashlib.sha256())]
    [64, 26]
    """
    widest = rows_held(sum(widths(arms[0].sources).values()))
    while start < pairs:
        end = min(start + min(max(ROWS, start // 8), widest), pairs)
        tables = [arm.rows(start, end) for arm in arms]
        for table in tables:
            total.update(table)
        yield tables
        start = end


def header(given: dict[str, Sources]) -> Digest:
    """A hash that has taken in the arms' names, their numbers of runs, and their arrays' names and widths.

    >>> len(header({"removed": {"a": np.zeros(3)}}).hexdigest())
    64
    """
    shapes = {arm: (runs(sources), widths(sources)) for arm, sources in given.items()}
    return hashlib.sha256(repr(shapes).encode())


def key_of(seed: int, digest: str) -> PRNGKeyArray:
    """The key of arms with this header; no number of theirs has a part in it.

    >>> key_of(0, "00" * 32).shape
    ()
    """
    return scenario_key(jax.random.key(root_seed(seed)), digest)


def scan(arm: str, sources: Sources) -> None:
    """Read every row of an arm that is no larger than 64 MiB, so that a bad one is found whatever the seed.

    Raises:
        ValueError: NaN or inf.

    >>> scan("removed", {"loss": np.array([0.0, np.nan])})
    Traceback (most recent call last):
    ValueError: removed 'loss': run 1 is NaN or inf; drop or repair the run
    """
    width = sum(widths(sources).values())
    if 8 * width * runs(sources) > SCANNED:
        return
    step = max(1, _MOST // (64 * width))
    for start in range(0, runs(sources), step):
        _read(sources, np.arange(start, min(start + step, runs(sources))), arm)


def runs(sources: Sources) -> int:
    """How many runs an arm has.

    >>> runs({"a": np.zeros((3, 2))})
    3
    """
    return next(iter(sources.values())).shape[0]


def widths(sources: Sources) -> dict[str, int]:
    """How many columns each array gives.

    >>> widths({"a": np.zeros((3, 2, 4)), "b": np.zeros(3)})
    {'a': 8, 'b': 1}
    """
    return {name: math.prod(source.shape[1:]) for name, source in sources.items()}


def rows_held(width: int) -> int:
    """How many rows of a width are held at a time: 64 MiB of doubles, and at least 8 rows.

    >>> rows_held(1 << 20), rows_held(1 << 30)
    (8, 8)
    """
    return max(8, _MOST // width)


def _read(sources: Sources, rows: Int64[np.ndarray, " m"], arm: str) -> Table:
    """Rows in increasing order as doubles, checked."""
    parts: Values = {}
    for name, source in sources.items():
        part = np.asarray(source[rows]).astype(np.float64).reshape(len(rows), -1)
        bad = np.argwhere(~np.isfinite(part))
        if bad.size:
            where = f"{arm} {called(name)}" if name else arm
            place = f"run {rows[bad[0][0]]}" + (f", column {bad[0][1]}" if part.shape[1] > 1 else "")
            raise ValueError(f"{where}: {place} is NaN or inf; drop or repair the run")
        parts[name] = part
    return np.concatenate(list(parts.values()), 1)


def _generator(key: PRNGKeyArray) -> np.random.Generator:
    return np.random.default_rng(np.asarray(jax.random.key_data(key)))
