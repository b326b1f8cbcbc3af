"""The arms of saved runs: which rows are paired, and blocks of them read in that order."""

import dataclasses
import hashlib
import math
from collections.abc import Iterator, Mapping
from typing import Any, Protocol, runtime_checkable

import jax
import numpy as np
from jaxtyping import Float64, Int64, PRNGKeyArray

from ...formal._numbers import admit_grain, root_seed
from ...formal._types import Real
from ...formal.definitions._scenario import scenario_key
from ..engine._grain import Values, add_grain, scales
from ..engine._pairs import WARM_UP
from ._sources import Sources, called

_ROWS = 64
"""Rows of an arm read at a time, at first; later an eighth of those read so far."""

SCANNED = 1 << 26
"""Bytes of an arm up to which all of its rows are looked through before the first bet; of larger ones the first 64."""

DIVERGED = (
    "a run that diverged is an outcome and may not be left out: say diverged='event' to check_samples (--diverged "
    "event to audit), or write a number for it in both arms (a loss at a cap)"
)
"""What a message about NaN advises."""

_MOST = 1 << 23
"""Numbers of an arm held at a time."""

_STREAMS = ("order", "grain")

RunTable = Float64[np.ndarray, "runs k"]
Sizes = Float64[np.ndarray, " k"]


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
class SavedArm:
    """The runs of one arm in the order in which they are paired.

    Args:
        name: removed, reference or original.
        sources: its arrays by name.
        order: row numbers.
        noise: draws the grain, pair after pair, so that a pair's share of it depends on no total.
        diverged: whether a value that is not finite is an event rather than an error.

    >>> arm = SavedArm("removed", {"a": np.arange(4.0)}, np.array([2, 0]), np.random.default_rng(0))
    >>> arm.rows(0, 2).tolist()
    [[2.0], [0.0]]
    """

    name: str
    sources: Sources
    order: Int64[np.ndarray, " pairs"]
    noise: np.random.Generator
    diverged: bool = False

    def rows(self, start: int, end: int) -> RunTable:
        """The runs paired from `start` to `end`, their columns side by side; read in the order of the file."""
        wanted = self.order[start:end]
        places = wanted.argsort()
        table = np.empty((len(wanted), sum(widths(self.sources).values())))
        table[places] = _read(self.sources, wanted[places], self.name, self.diverged)
        return table

    def grainy(self, table: RunTable, grain: Sizes | None) -> RunTable:
        """The table with the grain on every number."""
        return table if grain is None else add_grain({"": table}, {"": grain}, self.noise)[""]


def grain_of(arms: list[SavedArm], share: Real) -> Sizes | None:
    """The standard deviation of the noise on each column, fixed by the first rows of both arms, which nobody bets on.

    Args:
        arms: removed and reference first.
        share: of a column's size; None comes back for 0.

    >>> arm = SavedArm("removed", {"a": np.full(8, 2.0)}, np.arange(8), np.random.default_rng(0))
    >>> grain_of([arm, arm], 0.5), grain_of([arm, arm], 0)
    (array([1.]), None)
    """
    admit_grain(share)
    if not share:
        return None
    removed, reference = ({"": arm.rows(0, min(WARM_UP, len(arm.order)))} for arm in arms[:2])
    return scales(removed, reference, share)[""]


def arms_of(
    given: Mapping[str, Sources],
    key: PRNGKeyArray,
    orders: dict[str, Int64[np.ndarray, " _"]],
    *,
    diverged: bool = False,
) -> list[SavedArm]:
    """Each arm in its order, with the grain's noise drawn from the key: originals have that of the removed models.

    Args:
        given: name → sources; removed and reference, and perhaps original.
        key: the root key of these arms.
        orders: row numbers of each arm.
        diverged: as in `SavedArm`.

    Returns:
        The arms.

    >>> one = {"a": np.arange(3.0)}
    >>> arms_of({"removed": one}, jax.random.key(0), {"removed": np.array([2, 1])})[0].rows(0, 2).tolist()
    [[2.0], [1.0]]
    """
    keys = {arm: stream(key, arm, "grain") for arm in given}
    return [SavedArm(arm, sources, orders[arm], generator_of(keys[arm]), diverged) for arm, sources in given.items()]


def stream(key: PRNGKeyArray, arm: str, purpose: str) -> PRNGKeyArray:
    """The key of an arm's order or grain; originals take the place of removed models, and share theirs.

    >>> key = jax.random.key(0)
    >>> bool(stream(key, "original", "order") == stream(key, "removed", "order"))
    True
    """
    return jax.random.fold_in(key, len(_STREAMS) * (arm == "reference") + _STREAMS.index(purpose))


def row_blocks(arms: list[SavedArm], start: int, pairs: int, total: Digest) -> Iterator[list[RunTable]]:
    """The arms' rows, block after block, none before it is asked for.

    Args:
        arms: what to read.
        start: the first pair.
        pairs: how many there are.
        total: takes in all that is read.

    Yields:
        A table for each arm; shorter ones end earlier.

    >>> arm = SavedArm("removed", {"a": np.arange(100.0)}, np.arange(100), np.random.default_rng(0))
    >>> [len(table) for table, in row_blocks([arm], 10, 100, hashlib.sha256())]
    [64, 26]
    """
    widest = rows_held(sum(widths(arms[0].sources).values()))
    while start < pairs:
        end = min(start + min(max(_ROWS, start // 8), widest), pairs)
        tables = [arm.rows(start, end) for arm in arms]
        for table in tables:
            total.update(table)
        yield tables
        start = end


def header(given: Mapping[str, Sources]) -> Digest:
    """A hash that has taken in the arms' names, their numbers of runs, and their arrays' names and widths.

    >>> len(header({"removed": {"a": np.zeros(3)}}).hexdigest())
    64
    """
    shapes = {arm: (runs(sources), widths(sources)) for arm, sources in given.items()}
    return hashlib.sha256(repr(shapes).encode())


def key_of(seed: int, sources: Sources) -> PRNGKeyArray:
    """The key of arms with these names and widths; neither their numbers nor how many runs there are has a part in it.

    >>> bool(key_of(0, {"a": np.zeros(3)}) == key_of(0, {"a": np.ones(4)}))
    True
    """
    return scenario_key(jax.random.key(root_seed(seed)), hashlib.sha256(repr(widths(sources)).encode()).hexdigest())


def head(arm: str, sources: Sources, *, diverged: bool = False) -> RunTable:
    """Every row of an arm that is no larger than 64 MiB, so that a bad one is found whatever the seed; else the first.

    Args:
        arm: its name, for messages.
        sources: its arrays.
        diverged: whether values that are not finite are events.

    Raises:
        ValueError: NaN or inf that is no event.

    >>> head("removed", {"loss": np.array([0.0, np.inf])}, diverged=True).tolist()
    [[0.0], [inf]]
    """
    width, count = sum(widths(sources).values()), runs(sources)
    if 8 * width * count > SCANNED:
        return _read(sources, np.arange(min(count, _ROWS, rows_held(width))), arm, diverged)
    step = max(1, _MOST // (64 * width))
    spans = [np.arange(start, min(start + step, count)) for start in range(0, count, step)]
    return np.concatenate([_read(sources, rows, arm, diverged) for rows in spans])


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


def generator_of(key: PRNGKeyArray) -> np.random.Generator:
    """NumPy's generator of a key.

    >>> generator_of(jax.random.key(0)).permutation(3).shape
    (3,)
    """
    return np.random.default_rng(np.asarray(jax.random.key_data(key)))


def _read(sources: Sources, rows: Int64[np.ndarray, " m"], arm: str, diverged: bool) -> RunTable:
    """Rows in increasing order as doubles, checked."""
    parts: Values = {}
    for name, source in sources.items():
        part = np.asarray(source[rows]).astype(np.float64).reshape(len(rows), math.prod(source.shape[1:]))
        bad = np.argwhere(~np.isfinite(part))
        if bad.size and not diverged:
            where = f"{arm} {called(name)}" if name else arm
            place = f"run {rows[bad[0][0]]}" + (f", column {bad[0][1]}" if part.shape[1] > 1 else "")
            raise ValueError(f"{where}: {place} is NaN or inf; {DIVERGED}")
        parts[name] = part
    return np.concatenate(list(parts.values()), 1)
