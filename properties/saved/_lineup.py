"""The order in which saved runs are bet on: by identity, on from an earlier look, or permuted."""

import dataclasses
from pathlib import Path

import jax
import numpy as np
from jaxtyping import Float64, Int64, PRNGKeyArray

from ...formal._types import Real
from ._arms import generator_of, runs, stream, widths
from ._identity import Queue, queues
from ._looks import PAIR, REMEMBERED, Hashes, IdRows, Look, extended, hashes, is_question, number_of, terms_of
from ._records import MEMORY
from ._sources import Saved
from ._vetting import sorted_by, trend

_Table = Float64[np.ndarray, "_ k"]
_Order = Int64[np.ndarray, " _"]


@dataclasses.dataclass(frozen=True)
class LineUp:
    """The arms' rows in the order of the bets.

    Args:
        orders: arm → row numbers.
        queues: arm → its queue, where its runs have identities.
        look: to be remembered once it is decided.
        bets: the arms that are bet on.
        before: pairs of the look that this one goes on from; 0 for the first look and for the same one again.
        path: of the file beside which the record lies, where there is one to keep.
        idle: whether all arms hold one constant, the same for all.
        sorted_by: the column in the order of whose values rows without identities stand; "" where there is none.

    >>> LineUp({}, {}, Look("", (), 0), PAIR, 0, None, False).named
    False
    """

    orders: dict[str, _Order]
    queues: dict[str, Queue]
    look: Look
    bets: tuple[str, ...]
    before: int
    path: Path | None
    idle: bool
    sorted_by: str = ""

    @property
    def named(self) -> bool:
        """Whether the runs of all arms that are bet on have identities, so that their order was fixed beforehand."""
        return all(arm in self.queues for arm in self.bets)

    def pairs(self, *arms: str) -> int:
        """How many rows the shortest of the arms, or of those that are bet on, has in line."""
        return min(len(self.orders[arm]) for arm in arms or self.bets)


def line_up(
    given: dict[str, Saved],
    heads: dict[str, _Table],
    columns: list[str],
    key: PRNGKeyArray,
    *,
    seed: int,
    grain: Real,
    paired: bool,
    choosing: int,
    bets: tuple[str, ...] = PAIR,
    asked: str = "",
) -> LineUp:
    """Put the rows of each arm in the order in which they are bet on.

    Runs with identities come in the order of `queues`, whatever the order of the file and however many there are. Rows
    without are permuted from the key; where they hold all the rows of an earlier look under the same terms, those come
    first, in their order, and only the new ones are permuted.

    Args:
        given: arm → arrays.
        heads: arm → its rows, or the first of them.
        columns: their names.
        key: the root key of these arms.
        seed, grain, paired: as in `check_samples`.
        choosing: pairs that choose among the columns at a first look.
        bets: the arms that are bet on: every one of them is remembered, and another order of its rows is another look.
        asked: a question at a fixed number of runs, see `question`: its looks are counted apart from those of bets.

    Raises:
        ValueError: more rows than at the last look, in an order that goes along with their values.
    """
    ids = {arm: saved.ids for arm, saved in given.items() if saved.ids is not None}
    if paired and len(set(PAIR) & set(ids)) == 1:
        ids = {}
    lined = queues(ids, paired=paired)
    path = None if all(arm in lined for arm in bets) else given["removed"].path
    looks = [look for look in MEMORY.looks(path) if is_question(look) == bool(asked)]
    terms = terms_of(widths(given["removed"]), seed, grain, paired) + asked
    seen = {arm: hashes(heads[arm][:REMEMBERED]) for arm in bets}
    goes = [look for look in looks if look.terms == terms and len(look.arms) == len(bets)]
    known = _known(goes, seen, lined, given, together=paired)
    orders: dict[str, _Order] = {}
    for arm, saved in given.items():
        if arm in lined:
            orders[arm] = lined[arm].order
        elif _alike(arm, given, bets, paired):
            orders[arm] = orders["removed"]
        else:
            orders[arm] = _permuted(runs(saved), known[1].get(arm), stream(key, arm, "order"))
    arms = tuple(_rows(seen[arm], orders[arm], runs(given[arm])) for arm in bets)
    earlier = known[0]
    look = Look(terms, arms, choosing if earlier is None else earlier.choosing)
    look = dataclasses.replace(look, number=number_of(looks, look))
    before = 0 if earlier is None else min(len(arm.order) for arm in earlier.arms)
    before = before if before < min(len(orders[arm]) for arm in bets) else 0
    if before:
        for arm in bets:
            if arm not in lined:
                trend(arm, heads[arm], columns)
    idle = all(np.array_equal(table, np.broadcast_to(heads["removed"][:1], table.shape)) for table in heads.values())
    anonymous = not (paired or any(arm in lined for arm in PAIR))
    told = sorted_by(heads, columns) if anonymous else ""
    return LineUp(orders, lined, look, bets, before, path, idle, told)


def _alike(arm: str, given: dict[str, Saved], bets: tuple[str, ...], paired: bool) -> bool:
    """Whether an arm without identities comes in the order of the removed models: its partners, or the originals.

    Of originals that are not bet on the check is replayed in the place of removed models; given the removed models
    themselves, it should say of them what it said.
    """
    if runs(given[arm]) != runs(given["removed"]):
        return False
    return given["removed"].ids is None if arm not in bets else paired and arm != "removed"


def _known(
    looks: list[Look], seen: dict[str, Hashes], lined: dict[str, Queue], given: dict[str, Saved], *, together: bool
) -> tuple[Look | None, dict[str, _Order]]:
    """The longest look that this one may go on from, and where its rows stand now."""
    anonymous = [arm for arm in seen if arm not in lined]
    if any(len(seen[arm]) < runs(given[arm]) for arm in anonymous):
        return None, {}
    for look in reversed(looks):
        earlier: dict[str, IdRows] = dict(zip(seen, look.arms, strict=True))
        places = {arm: extended(earlier[arm], seen[arm]) for arm in anonymous}
        found = {arm: place for arm, place in places.items() if place is not None}
        apart = together and len({tuple(place.tolist()) for place in found.values()}) > 1
        if found and len(found) == len(anonymous) and not apart:
            return look, found
    return None, {}


def _permuted(count: int, first: _Order | None, key: PRNGKeyArray) -> _Order:
    """Rows known from an earlier look as they came then, and the others in an order drawn from the key."""
    first = np.zeros(0, np.int64) if first is None else first
    new = np.ones(count, bool)
    new[first] = False
    others = np.flatnonzero(new)
    drawn = generator_of(jax.random.fold_in(key, len(first))).permutation(len(others))
    return np.concatenate([first, others[drawn]]) if len(first) else drawn


def _rows(seen: Hashes, order: _Order, count: int) -> IdRows:
    """What is remembered of an arm; the order only where every row is known."""
    return IdRows(seen, order if len(seen) == count else np.zeros(0, np.int64), count)
