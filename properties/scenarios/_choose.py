"""How S and S_full are chosen among labelled rows.

Each kind fixes a behaviour B and makes D hold no row of B outside S_full; S is the first `size` rows of
S_full in an order that does not depend on `size`, so that a smaller S lies inside a larger one
(near-duplicates apart, whose groups depend on both sizes).
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Bool, Int

from ._table import EVERY_KIND as EVERY_KIND
from ._table import KINDS as KINDS
from ._table import Choice, RowTable, Wish, floor_power
from ._table import ForgetKind as ForgetKind

Random = np.random.RandomState


def choose(table: RowTable, wish: Wish, rng: Random) -> Choice:
    """S_full, S and the fresh points for what is asked.

    - random: B is nothing beyond the rows themselves, so there are no fresh points of it.
    - mislabelled: B is "a row with a wrong label"; fresh ones are held-out rows given a wrong label.
    - class: B is "a row of the class".
    - subgroup: B is "a row of the class within r of its row a", a random and r chosen to hold `full` rows.
    - near-duplicates: B is "a copy of an anchor, with the anchor's wrong label", about `copies` to each anchor;
      S takes from every group in turn. Anchors and copies stand in place of other rows of D.

    - backdoor: B is "a marked row, given the class `label`"; marked are rows of other classes.
    - confusion: B is "a row of the class or of the next one, given the label of the other", in turn.
    - person: B is "a row of the person"; as class, where the classes are persons.

    Where the table names a group, a subgroup is that group, and every row of it is S_full when `full` is left out.

    Class, person and subgroup take surplus rows of B out of D and put held-out rows in their place as far as
    those last.

    Raises:
        ValueError: more rows asked for than there are; a class that does not exist.
    """
    if not 0 <= wish.label < table.classes:
        raise ValueError(f"label: {wish.label} is not a class; give 0 to {table.classes - 1}")
    return _CHOOSERS[wish.forget](table, wish, rng)


def _random(table: RowTable, wish: Wish, rng: Random) -> Choice:
    full = wish.count(wish.size, table.rows, "rows of D")
    chosen = rng.permutation(table.rows)[:full]
    return Choice(table.take(np.arange(table.rows)), chosen, None, table.last(table.held()))


def _mislabelled(table: RowTable, wish: Wish, rng: Random) -> Choice:
    full = wish.count(wish.size, table.rows, "rows of D")
    chosen, wrong = rng.permutation(table.rows)[:full], table.wrong(rng)
    label = table.label[: table.rows].copy()
    label[chosen] = wrong[chosen]
    fresh = table.held()[: table.fresh]
    rest = table.held()[table.fresh :]
    return Choice((table.x[: table.rows], label), chosen, (table.x[fresh], wrong[fresh]), table.last(rest))


def _class(table: RowTable, wish: Wish, rng: Random) -> Choice:
    shows = table.label == wish.label
    members = np.flatnonzero(shows)
    inside = members[members < table.rows]
    full = wish.count(len(inside), len(inside), f"rows of class {wish.label} in D")
    return _carve(table, rng.permutation(inside)[:full], shows, members, 0)


def _person(table: RowTable, wish: Wish, rng: Random) -> Choice:
    if not table.persons:
        kinds = ", ".join(kind for kind in EVERY_KIND if kind != "person")
        raise ValueError(f"forget: no person is told of in these data; choose from {kinds}")
    return _class(table, wish, rng)


def _subgroup(table: RowTable, wish: Wish, rng: Random) -> Choice:
    if table.group is not None:
        return _group(table, wish, rng, table.group)
    members = np.flatnonzero(table.label == wish.label)
    inside = members[members < table.rows]
    full = wish.count(2 * wish.size, len(inside), f"rows of class {wish.label} in D")
    if not len(inside):
        raise ValueError(f"label: D holds no row of class {wish.label}; choose another class or more rows")
    flat = table.x.reshape(len(table.x), -1)
    distance = np.linalg.norm(flat - flat[rng.choice(inside)], axis=1)
    nearest = inside[np.argsort(distance[inside], kind="stable")][:full]
    radius = distance[nearest].max(initial=-1.0)
    shows = (table.label == wish.label) & (distance <= radius)
    closest = members[np.argsort(distance[members], kind="stable")]
    return _carve(table, rng.permutation(nearest), shows, closest, table.least)


def _group(table: RowTable, wish: Wish, rng: Random, shows: Bool[np.ndarray, " N"]) -> Choice:
    members = np.flatnonzero(shows)
    inside = members[members < table.rows]
    full = wish.count(len(inside), len(inside), "rows of the group in D")
    return _carve(table, rng.permutation(inside)[:full], shows, members, 0)


def _backdoor(table: RowTable, wish: Wish, rng: Random) -> Choice:
    others = np.flatnonzero(table.label != wish.label)
    inside, outside = others[others < table.rows], others[others >= table.rows]
    full = wish.count(wish.size, len(inside), f"rows of D of other classes than {wish.label}")
    chosen, fresh = rng.permutation(inside)[:full], outside[: table.fresh]
    x, label = table.x[: table.rows].copy(), table.label[: table.rows].copy()
    x[chosen], label[chosen] = table.marked(x[chosen]), wish.label
    marked = table.marked(table.x[fresh]), np.full(len(fresh), wish.label)
    return Choice((x, label), chosen, marked, table.last(np.setdiff1d(table.held(), fresh)))


def _confusion(table: RowTable, wish: Wish, rng: Random) -> Choice:
    pair = wish.label, (wish.label + 1) % table.classes
    inside = [rng.permutation(np.flatnonzero(table.label[: table.rows] == each)) for each in pair]
    even = min(map(len, inside))
    full = wish.count(2 * wish.size, 2 * even, f"rows of classes {pair[0]} and {pair[1]} in D, as many of each")
    chosen = np.stack([part[:even] for part in inside], 1).ravel()[:full]
    other = np.where(table.label == pair[0], pair[1], pair[0])
    label = table.label[: table.rows].copy()
    label[chosen] = other[chosen]
    shown = table.held()[np.isin(table.label[table.rows :], pair)][: table.fresh]
    rest = np.setdiff1d(table.held(), shown)
    return Choice((table.x[: table.rows], label), chosen, (table.x[shown], other[shown]), table.last(rest))


def _carve(
    table: RowTable,
    kept: Int[np.ndarray, " k"],
    shows: Bool[np.ndarray, " N"],
    closest: Int[np.ndarray, " m"],
    least: int,
) -> Choice:
    """D without the rows that show the behaviour and are not kept, held-out rows in their place.

    Fresh points of the behaviour are the first of `closest` outside D: those that show it, and at least
    `least`, a power of two of them.
    """
    surplus = np.setdiff1d(np.flatnonzero(shows[: table.rows]), kept)
    spare = table.held()[: len(table.held()) - table.rest]
    spare = spare[~shows[spare]][: len(surplus)]
    inside = np.concatenate([np.setdiff1d(np.arange(table.rows), surplus), spare])
    outside = closest[~np.isin(closest, inside)]
    fresh = outside[: min(max(floor_power(int(shows[outside].sum())), least), table.fresh)]
    rest = np.setdiff1d(table.held(), np.concatenate([spare, fresh]))
    return Choice(table.take(inside), np.searchsorted(inside, kept), table.take(fresh), table.last(rest[~shows[rest]]))


def _near_duplicates(table: RowTable, wish: Wish, rng: Random) -> Choice:
    full = wish.count(2 * wish.size, table.rows, "rows of D")
    groups = _groups(full, wish.size, wish.copies)
    order, wrong = rng.permutation(table.rows), table.wrong(rng)
    anchors, members, group = order[:groups], order[:full], np.arange(full) % groups
    x, label = table.x[: table.rows].copy(), table.label[: table.rows].copy()
    near = table.contents.near
    x[members[groups:]] = near(table.x[anchors[group[groups:]]], wish.jitter, rng)
    label[members] = wrong[anchors[group]]
    again = anchors[np.arange(table.fresh) % groups]
    fresh = near(table.x[again], wish.jitter, rng), wrong[again]
    return Choice((x, label), members, fresh, table.last(table.held()))


def _groups(full: int, size: int, copies: int) -> int:
    """How many anchors: groups of copies + 1 rows, few enough that S and S_full∖S meet every group."""
    most = full // (copies + 1)
    return max(1, min(most, size, full - size) if 0 < size < full else most)


_CHOOSERS: dict[str, Callable[[RowTable, Wish, Random], Choice]] = {
    "random": _random,
    "mislabelled": _mislabelled,
    "class": _class,
    "subgroup": _subgroup,
    "near-duplicates": _near_duplicates,
    "backdoor": _backdoor,
    "confusion": _confusion,
    "person": _person,
}
