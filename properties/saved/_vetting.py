"""What saved arms must not be: rows that are no independent runs, one file twice, columns that only count."""

import itertools
import math
import os
from collections.abc import Mapping

import numpy as np
import scipy
from jaxtyping import Bool, Float64, Int64

from ..engine._witnesses import HUGE
from ._looks import PAIR, hashes
from ._sources import Saved

_LEVEL = 1e-6
"""Chance, at most, that arms of independent runs are refused by one of the tests."""

_MOST = 4096
_COLUMNS = 64
_ORDERED = 3.0
_FINE = 0.99

_Table = Float64[np.ndarray, "_ k"]
Column = Float64[np.ndarray, " n"]
_Rows = Int64[np.ndarray, " n"]


def vet(
    heads: dict[str, _Table], given: Mapping[str, Saved], names: list[str], *, paired: bool,
    bets: tuple[str, ...] = PAIR,
) -> None:  # fmt: skip
    """Refuse arms whose rows cannot be what a bet takes them for.

    Args:
        heads: arm → its rows in the order of the file, or the first of them.
        given: arm → its arrays.
        names: of the columns.
        paired: row i of the arms came from one seed.
        bets: the arms that are bet on, which are independent where they are not paired.

    Raises:
        ValueError: nothing finite; a column that counts up; one file or the same rows in two unpaired arms; rows that
            occur twice; rows of unpaired arms that correlate.

    >>> same = np.random.default_rng(0).normal(size=(50, 1))
    >>> vet({"removed": same, "reference": same}, {}, ["loss"], paired=False)
    Traceback (most recent call last):
    ValueError: removed and reference hold the same rows, unpaired: give each arm its own runs, or say paired=True \
(--paired) if run i of both came from one seed
    """
    for arm, table in heads.items():
        if not np.isfinite(table).any():
            raise ValueError(f"{arm}: holds nothing finite, so that nothing can be compared; look at what saved it")
    _counting(heads, names)
    for arm, table in heads.items():
        _repeated(arm, table)
    if not paired:
        for pair in itertools.combinations(bets, 2):
            _same(pair, heads, given)
            _correlated(pair, heads, given, names)


def trend(arm: str, table: _Table, names: list[str]) -> None:
    """Refuse an arm whose values go along with the row number: what was cut off it was no random part.

    >>> trend("removed", np.arange(99.0)[:, None] ** 2, ["loss"])
    Traceback (most recent call last):
    ValueError: removed: 'loss' goes along with the row number (p = 0), and there are more rows than at the last look: \
rows sorted by outcome, or in the order of completion, are no random part of the runs; name the runs (seed, ids=)
    """
    for place in _some(len(names)):
        column = table[:_MOST, place]
        p = _rank_correlation(column, np.arange(len(column)).astype(float))
        if p < _LEVEL / _COLUMNS:
            raise ValueError(
                f"{arm}: {names[place]!r} goes along with the row number (p = {p:.1g}), and there are more rows than "
                "at the last look: rows sorted by outcome, or in the order of completion, are no random part of the "
                "runs; name the runs (seed, ids=)"
            )


def _counting(heads: dict[str, _Table], names: list[str]) -> None:
    """A column of equally spaced numbers, each once, in both arms: it names rows and tells nothing of a run."""
    spaced = [_spaced(heads[arm]) for arm in ("removed", "reference")]
    for place in np.flatnonzero(spaced[0] & spaced[1]):
        raise ValueError(
            f"removed: {names[place]!r} only counts up: it numbers the rows; leave it out, or call it 'seed' where it "
            "says which run a row is"
        )


def _spaced(table: _Table) -> Bool[np.ndarray, " k"]:
    if len(table) < 8:
        return np.zeros(table.shape[1], bool)
    with np.errstate(invalid="ignore"):
        steps = np.diff(np.sort(table, axis=0), axis=0)
        return (steps[0] > 0) & (abs(steps - steps[0]) <= 1e-9 * abs(steps[0])).all(0)


def _same(pair: tuple[str, str], heads: dict[str, _Table], given: Mapping[str, Saved]) -> None:
    """One file twice, the same rows in both arms, or some rows of one in the other."""
    (one, first), (two, second) = ((arm, heads[arm]) for arm in pair)
    paths = [given[arm].path if arm in given else None for arm in pair]
    say = "give each arm its own runs, or say paired=True (--paired) if run i of both came from one seed"
    if None not in paths and os.path.realpath(str(paths[0])) == os.path.realpath(str(paths[1])):
        raise ValueError(f"{one} and {two} are one file, {paths[0]}; {say}")
    least = min(len(first), len(second))
    # Of a deterministic learner one constant in both arms is right, and the original tells whether it says anything.
    constant = (first == first[:1]).all() and "original" in heads
    if not constant and np.array_equal(first[:least], second[:least], equal_nan=True):
        raise ValueError(f"{one} and {two} hold the same rows, unpaired: {say}")
    if not constant and _log_chance(first, second) < math.log(_LEVEL):
        raise ValueError(f"{one} and {two} hold the same rows in another order: {say}")
    if again := repeats(np.concatenate([first, second])):
        row, other = again
        if row < len(first) <= other:
            raise ValueError(f"run {row} of {one} is run {other - len(first)} of {two}, unpaired: {say}")


def _log_chance(removed: _Table, reference: _Table) -> float:
    r"""The log probability that a random halving of all rows gives arms of the same rows; 0 where these are not.

    With $c_i$ copies of row i in each arm of n rows it is $\prod_i \binom{2 c_i}{c_i} / \binom{2n}{n}$.
    """
    counts = [np.unique(hashes(arm), return_counts=True) for arm in (removed, reference)]
    if not all(np.array_equal(a, b) for a, b in zip(*counts, strict=True)):
        return 0.0
    ways = [_log_halvings(counts[0][1]).sum(), _log_halvings(np.array([len(removed)])).sum()]
    return float(ways[0] - ways[1])


def _log_halvings(c: Int64[np.ndarray, " m"]) -> Float64[np.ndarray, " m"]:
    return scipy.special.gammaln(2 * c + 1) - 2 * scipy.special.gammaln(c + 1)


def sorted_by(heads: dict[str, _Table], names: list[str]) -> str:
    """The column in the order of whose values the rows of both arms stand; "" where there is none.

    Sorting hides what tells examples of one model from runs; of runs it is harmless, since bets permute them.

    >>> rng = np.random.default_rng(0)
    >>> up, down = np.sort(rng.normal(size=(2, 50, 1)), axis=1)
    >>> sorted_by({"removed": up, "reference": down}, ["loss"]), sorted_by({"removed": up, "reference": -up}, ["loss"])
    ('loss', 'loss')
    """
    for place in range(heads["removed"].shape[1]):
        chances = [_log_in_order(heads[arm][:, place]) for arm in ("removed", "reference")]
        if max(chances) < math.log(_LEVEL / len(names)):
            return names[place]
    return ""


def _log_in_order(values: Column) -> float:
    """The log probability that rows in random order rise, or fall, all along; 0 where these do neither."""
    steps = np.diff(np.nan_to_num(values, nan=HUGE))
    if not ((steps >= 0).all() or (steps <= 0).all()):
        return 0.0
    _, counts = np.unique(values, return_counts=True)
    orders = scipy.special.gammaln(len(values) + 1) - scipy.special.gammaln(counts + 1).sum()
    return min(0.0, float(math.log(2) - orders))


def _repeated(arm: str, table: _Table) -> None:
    if again := repeats(table):
        raise ValueError(
            f"{arm}: runs {again[0]} and {again[1]} are the same to the last digit, as one seed used twice gives; keep "
            "one of them"
        )


def repeats(table: _Table) -> tuple[int, int] | None:
    r"""Two rows that are equal though chance would not make them so; None where there are none.

    Only columns with nearly no other ties tell: with L values that a column can take, n rows have $n^2 / 2L$ ties by
    chance, and the observed number must be beyond their Poisson law at 10⁻⁶. A value at the end of its column's range
    may be a cap, and an arm of few distinct rows is that of a discrete law; neither counts.

    >>> rng = np.random.default_rng(0)
    >>> once = rng.normal(size=(60, 2))
    >>> repeats(np.concatenate([once, once[7:8]])), repeats(once), repeats(once.round(1))
    ((7, 60), None, None)
    """
    finite = np.flatnonzero(np.isfinite(table).all(1))
    rows = table[finite]
    _, first, kind, counts = np.unique(hashes(rows), return_index=True, return_inverse=True, return_counts=True)
    if len(first) == len(rows) or 2 * len(first) < len(rows):
        return None
    distinct = rows[first]
    inside = ((distinct > rows.min(0)) & (distinct < rows.max(0))).any(1)
    twice = np.flatnonzero((counts > 1) & inside)
    surplus = int((counts[twice] - 1).sum())
    if not surplus or counts[twice].max() > max(3, len(rows) // 20):
        return None
    chance = len(rows) ** 2 / max(_levels(column) for column in distinct.T[_some(distinct.shape[1])])
    if scipy.stats.poisson.sf(surplus - 1, chance) >= _LEVEL:
        return None
    places = finite[kind == twice[first[twice].argmin()]]
    return int(places[0]), int(places[1])


def _levels(column: Column) -> float:
    """How many values a column could take in its range: those of its grid, or of its floating-point precision."""
    values = np.unique(column)
    if len(values) < max(3, _FINE * len(column)):
        return float(len(values))  # it has ties of its own
    steps, span = np.diff(values), values[-1] - values[0]
    mantissa, exponent = np.frexp(values[values != 0])
    bits = (abs(mantissa) * 2.0**53).astype(np.int64)
    quantum = np.ldexp((bits & -bits).astype(float), exponent - 53)
    levels = [span / np.median(quantum)]
    for part in range(1, 7):
        grid = steps / (steps.min() / part)
        if (abs(grid - np.round(grid)) < 0.01).all():
            levels.append(span / (steps.min() / part))
    return float(min(levels))


def _correlated(pair: tuple[str, str], heads: dict[str, _Table], given: Mapping[str, Saved], names: list[str]) -> None:
    """Row i of one arm goes along with row i of the other, or run i with run i: examples of one model, shared seeds."""
    first, second = (heads[arm] for arm in pair)
    orders = [(np.arange(min(len(first), len(second))),) * 2, *_of_one_name(pair, heads, given)]
    for word, (rows, others) in zip(("row", "run"), orders, strict=False):
        for place in _some(len(names)):
            p = together(first[rows[:_MOST], place], second[others[:_MOST], place])
            if p < _LEVEL / _COLUMNS:
                raise ValueError(
                    f"{' and '.join(pair)}: {names[place]!r} of {word} i in one arm goes along with that of {word} i "
                    f"in the other (p = {p:.1g}): these rows are examples of one model, or runs that share seeds. "
                    "Save a row for each run; if they share seeds, say paired=True (--paired)"
                )


def _of_one_name(
    pair: tuple[str, str], heads: dict[str, _Table], given: Mapping[str, Saved]
) -> list[tuple[_Rows, _Rows]]:
    """The rows of runs that both arms have under one identity, where these are not row i of both."""
    ids = [(given[arm].ids or ())[: len(heads[arm])] if arm in given else () for arm in pair]
    place = {one: row for row, one in enumerate(ids[1])}
    found = [(row, place[one]) for row, one in enumerate(ids[0]) if one in place]
    rows = np.array(found, np.int64).reshape(-1, 2)
    return [(rows[:, 0], rows[:, 1])] if (rows[:, 0] != rows[:, 1]).any() else []


def _some(width: int) -> list[int]:
    """Columns that are tested: all, or 64 of them over the whole width; shared rows show in most."""
    return np.unique(np.linspace(0, width - 1, min(width, _COLUMNS)).round().astype(int)).tolist()


def together(x: Column, y: Column) -> float:
    """p-value of rows being independent between arms; valid whatever order each arm's rows are in.

    Rank correlation where neither arm's rows follow an order of their own. Otherwise two sorted arms would correlate
    without having anything in common: then only whether neighbours rise and fall together counts, of which sorted
    arms say nothing.

    >>> rng = np.random.default_rng(0)
    >>> shared = rng.normal(size=200)
    >>> together(shared, shared + rng.normal(size=200)) < 1e-6, together(np.sort(shared), np.sort(rng.normal(size=200)))
    (True, 1.0)
    """
    x, y = (np.clip(np.nan_to_num(v, nan=HUGE), -HUGE, HUGE) for v in (x, y))
    if len(x) < 8 or (x == x[0]).all() or (y == y[0]).all():
        return 1.0
    if max(_follows(x), _follows(y)) < _ORDERED:
        return _rank_correlation(x, y)
    rises = [np.sign(v[1::2] - v[: len(v) // 2 * 2 : 2]) for v in (x, y)]
    both = (rises[0] != 0) & (rises[1] != 0)
    return _fisher(rises[0][both] > 0, rises[1][both] > 0)


def _follows(values: Column) -> float:
    """By how many standard deviations ranks go along with the row number, or with the row before."""
    ranks = scipy.stats.rankdata(values)
    ranks = (ranks - ranks.mean()) / max(ranks.std(), 1e-12)
    rows = np.arange(len(ranks)) - (len(ranks) - 1) / 2
    along = float(ranks @ rows) / math.sqrt(float(rows @ rows))
    return max(abs(along), abs(float(ranks[1:] @ ranks[:-1])) / math.sqrt(len(ranks)))


def _rank_correlation(x: Column, y: Column) -> float:
    """p-value of Spearman's ρ; of columns with many ties, Fisher's exact one of being above the median."""
    if min(len(np.unique(x)), len(np.unique(y))) >= 0.9 * len(x):
        return float(scipy.stats.spearmanr(x, y).pvalue)
    return _fisher(*(_above(v) for v in (x, y)))


def _above(values: Column) -> Bool[np.ndarray, " n"]:
    """A split in two that is as even as the ties allow."""
    middle = float(np.median(values))
    cuts = (values > middle, values >= middle)
    return min(cuts, key=lambda cut: abs(cut.mean() - 0.5))


def _fisher(x: Bool[np.ndarray, " n"], y: Bool[np.ndarray, " n"]) -> float:
    counts: Int64[np.ndarray, "2 2"] = np.array([[(x & y).sum(), (x & ~y).sum()], [(~x & y).sum(), (~x & ~y).sum()]])
    return float(scipy.stats.fisher_exact(counts).pvalue)
