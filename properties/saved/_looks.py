"""Looking again: whether a look goes on from one before, and what another look at the same rows may spend."""

import dataclasses

import numpy as np
from jaxtyping import Float64, Int64, UInt64

from ...formal._types import Real

REMEMBERED = 1 << 16
"""Rows of an arm that are remembered, at most."""

PAIR = ("removed", "reference")
"""The arms that `check_samples` bets on."""

TRIPLE = (*PAIR, "original")
"""Those that `compare_samples` bets on."""

_SHARED = 0.1
_AGAIN = 0.1

_FIXED = " at a fixed number of runs"

Hashes = UInt64[np.ndarray, " _"]
Order = Int64[np.ndarray, " _"]


@dataclasses.dataclass(frozen=True)
class IdRows:
    """The rows of one arm as a look saw them.

    Args:
        hashes: of the rows in the order of the file; of a large arm, of the first ones.
        order: the row numbers in the order of the bets, where every row is known.
        runs: how many rows there were.

    >>> IdRows(np.zeros(2, np.uint64), np.arange(2), 2).whole
    True
    """

    hashes: Hashes
    order: Order
    runs: int

    @property
    def whole(self) -> bool:
        """Whether every row is known."""
        return len(self.hashes) == self.runs

    @property
    def bets(self) -> Hashes:
        """The hashes in the order of the bets."""
        return self.hashes[self.order]


@dataclasses.dataclass(frozen=True)
class Look:
    """One look at the arms that are bet on.

    Args:
        terms: what fixes the bets beside the rows: columns, seed, grain, whether the arms are paired.
        arms: removed and reference; where three arms are compared, the originals too.
        choosing: pairs that chose among the columns.
        number: 1 for the first look at these rows, 2 for the next that does not go on from it, ….

    >>> one = IdRows(np.arange(2, dtype=np.uint64), np.arange(2), 2)
    >>> Look("a", (one, one), 0).number
    1
    """

    terms: str
    arms: tuple[IdRows, ...]
    choosing: int
    number: int = 1


def share(number: int) -> float:
    """What part of its level a look may spend: all of it at first, and a tenth among all later ones together.

    >>> share(1), round(sum(share(j) for j in range(2, 10_000)), 3)
    (1.0, 0.1)
    """
    return 1.0 if number == 1 else _AGAIN / (number * (number - 1))


def hashes(table: Float64[np.ndarray, "runs k"]) -> Hashes:
    """64 bits of each row, equal for equal numbers.

    >>> found = hashes(np.array([[1.0, 2.0], [2.0, 1.0], [1.0, 2.0]]))
    >>> bool(found[0] == found[2]), bool(found[0] == found[1])
    (True, False)
    """
    bits = np.where(np.isnan(table), np.nan, table + 0.0).view(np.uint64)
    weights = np.random.default_rng(table.shape[1]).integers(0, 2**63, table.shape[1], np.uint64) * np.uint64(
        2
    ) + np.uint64(1)
    return _mixed((_mixed(bits) * weights).sum(1, dtype=np.uint64))


def _mixed(bits: UInt64[np.ndarray, "*shape"]) -> UInt64[np.ndarray, "*shape"]:
    """Every bit of a number spread over all of its bits (the finaliser of SplitMix64)."""
    with np.errstate(over="ignore"):
        bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))


def extended(earlier: IdRows, now: Hashes) -> Order | None:
    """Where the rows of an earlier look stand now, in the order in which they were bet on; None if some are gone.

    Of fewer rows than there were then: where those that were bet on first stand, if they are all of them. Rows that
    are (nearly) all distinct are known wherever they stand. Others are alike by chance, and must stand where they
    stood.

    >>> was = IdRows(np.array([5, 6], np.uint64), np.array([1, 0]), 2)
    >>> extended(was, np.array([7, 6, 5], np.uint64)).tolist(), extended(was, np.array([7, 6], np.uint64))
    ([1, 2], None)
    """
    if not earlier.whole:
        return None
    least = min(len(now), earlier.runs)
    first = earlier.order[:least] if len(now) < earlier.runs else earlier.order
    if np.array_equal(now[:least], earlier.hashes[:least]) and first.max() < least:
        return first
    if not (_distinct(earlier.hashes) and _distinct(now)):
        return None
    place = {one: row for row, one in enumerate(now.tolist())}
    found = [place.get(one) for one in earlier.hashes[first].tolist()]
    return None if None in found or len(set(found)) < len(found) else np.array(found, np.int64)


def goes_on(earlier: Look, now: Look) -> bool:
    """Whether one look's bets are the first of the other's, so that both together are one look.

    >>> one, two = (IdRows(np.arange(n, dtype=np.uint64), np.arange(n), n) for n in (2, 3))
    >>> goes_on(Look("a", (one, one), 0), Look("a", (two, two), 0))
    True
    """
    if (earlier.terms, earlier.choosing, len(earlier.arms)) != (now.terms, now.choosing, len(now.arms)):
        return False
    return all(_begins(a, b) for a, b in zip(earlier.arms, now.arms, strict=True))


def _begins(a: IdRows, b: IdRows) -> bool:
    if not (a.whole and b.whole):
        return a.runs == b.runs and _prefix(a.hashes, b.hashes)
    return _prefix(a.bets, b.bets)


def _prefix(a: Hashes, b: Hashes) -> bool:
    least = min(len(a), len(b))
    return bool(np.array_equal(a[:least], b[:least]))


def number_of(looks: list[Look], now: Look) -> int:
    """Which look this is at its rows: that of a look it goes on from, or one more than all that it overlaps.

    >>> rows = np.arange(9, dtype=np.uint64)
    >>> one, two = (IdRows(rows, order, 9) for order in (np.arange(9), np.arange(9)[::-1].copy()))
    >>> first = Look("a", (one, one), 0)
    >>> number_of([first], first), number_of([first], Look("a", (two, two), 0))
    (1, 2)
    """
    for look in reversed(looks):
        if goes_on(look, now):
            return look.number
    return 1 + max((look.number for look in looks if _overlap(look, now)), default=0)


def _overlap(a: Look, b: Look) -> bool:
    """Whether all arms of two looks share rows; a question about other arms has a level of its own.

    An arm that holds one constant in both leaves nothing to choose by looking twice, and the others tell.
    """
    if len(a.arms) != len(b.arms):
        return False
    both = [(x, y) for x, y in zip(a.arms, b.arms, strict=True) if not _one_constant(x, y)]
    return bool(both) and all(_shares(x, y) for x, y in both)


def _one_constant(a: IdRows, b: IdRows) -> bool:
    return len(np.unique(np.concatenate([a.hashes, b.hashes]))) == 1


def _shares(a: IdRows, b: IdRows) -> bool:
    if _prefix(a.hashes, b.hashes):
        return True
    if not (_distinct(a.hashes) and _distinct(b.hashes)):
        return len(a.hashes) == len(b.hashes) and np.array_equal(np.sort(a.hashes), np.sort(b.hashes))
    common = len(np.intersect1d(a.hashes, b.hashes))
    return common > max(1, _SHARED * min(len(a.hashes), len(b.hashes)))


def _distinct(rows: Hashes) -> bool:
    return len(np.unique(rows)) > 0.9 * len(rows)


def terms_of(columns: dict[str, int], seed: int, grain: Real, paired: bool) -> str:
    """What fixes the bets beside the rows, in words.

    >>> terms_of({"loss": 1}, 0, 0.0, False)
    "[('loss', 1)] seed 0 grain 0"
    """
    return f"{sorted(columns.items())} seed {seed} grain {float(grain):g}" + " paired" * paired


def question(*runs: int) -> str:
    """What marks, among the terms of a look, a question whose answer holds at this number of runs of each arm only.

    More runs are then another look, and no look of bets goes on from it.

    >>> question(500, 600)
    ' at a fixed number of runs: 500, 600'
    """
    return f"{_FIXED}: {', '.join(map(str, runs))}"


def is_question(look: Look) -> bool:
    """Whether it was a look at a fixed number of runs.

    >>> is_question(Look("a" + question(9, 9), (), 0)), is_question(Look("a", (), 0))
    (True, False)
    """
    return _FIXED in look.terms
