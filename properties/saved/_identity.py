"""Which run a row is: identities from seeds and names, and the order in which runs that have one are bet on."""

import dataclasses
import math
import re
from collections.abc import Iterable, Sequence

import numpy as np
from jaxtyping import Int64

Identity = int | str
"""The number of a run, or its name where it has none."""

COLUMNS = ("seed", "seeds", "run", "runs", "run_id", "seed_id", "id", "ids")
"""Names of columns that say which run a row is."""

_DIGITS = re.compile(r"(\d+)")
_SPARSE, _ROOM = 100, 1000


def numbered(names: Sequence[str]) -> list[int] | None:
    """The numbers of names that differ in one number alone; None of others.

    >>> numbered(["v2/run_003", "v2/run_17"]), numbered(["loss", "margins"]), numbered(["a1_b2", "a2_b1"])
    ([3, 17], None, None)
    """
    parts = [_DIGITS.split(name) for name in names]
    if len({tuple(part[::2]) for part in parts}) != 1:
        return None
    groups = [[int(digits) for digits in group] for group in zip(*(part[1::2] for part in parts), strict=True)]
    varying = [group for group in groups if len(set(group)) > 1]
    return varying[0] if len(varying) == 1 else None


def identities(values: Iterable[object], where: str) -> tuple[Identity, ...]:
    """Identities from numbers or names, each of which is there once.

    Args:
        values: whole numbers, or words; words that differ in one number are known by it.
        where: whose they are, for messages.

    Raises:
        ValueError: numbers that are not whole; one identity twice.

    >>> identities(["seed_9", "seed_10"], "removed"), identities(np.array([3.0, 1.0]), "removed")
    ((9, 10), (3, 1))
    >>> identities([7, 7], "removed")
    Traceback (most recent call last):
    ValueError: removed: two runs are called 7; one seed gives one run, so leave one of them out
    """
    given = [value.item() if isinstance(value, np.generic) else value for value in values]
    made = [value for value in given if isinstance(value, int | float) and float(value).is_integer()]
    if len(made) == len(given):
        found: list[Identity] = [int(value) for value in made]
    else:
        words = [str(value) for value in given]
        found = list(numbered(words) or words)
    seen: set[Identity] = set()
    for one in found:
        if one in seen:
            raise ValueError(f"{where}: two runs are called {one}; one seed gives one run, so leave one of them out")
        seen.add(one)
    return tuple(found)


@dataclasses.dataclass(frozen=True)
class Queue:
    """The runs of an arm in the order in which they are bet on.

    Args:
        order: row numbers.
        missing: the identity that the queue waits for, if any run stands behind it.

    >>> Queue(np.arange(3), None).missing is None
    True
    """

    order: Int64[np.ndarray, " runs"]
    missing: Identity | None


def queues(ids: dict[str, tuple[Identity, ...]], *, paired: bool) -> dict[str, Queue]:
    """The order of the runs of each arm by identity, up to the first gap.

    Numbers run up from an arm's smallest by the step that they have in common, and the queue ends before the first
    number that is not there. Other names, and numbers drawn at random (their range is 100 times their count), come
    sorted, and no gap can be told. Paired arms have one queue: the identities of all of them together, up to the
    first that one of them lacks.

    Args:
        ids: arm → identity of each row.
        paired: row i of the arms came from one seed.

    >>> found = queues({"removed": (2, 0, 1, 5)}, paired=False)["removed"]
    >>> found.order.tolist(), found.missing
    ([1, 2, 0], 3)
    >>> queues({"removed": (0, 1, 2), "reference": (0, 2, 3)}, paired=True)["reference"].order.tolist()
    [0]
    """
    groups = [list(ids)] if paired else [[arm] for arm in ids]
    made: dict[str, Queue] = {}
    for group in groups:
        wanted, missing = _run_up([set(ids[arm]) for arm in group])
        for arm in group:
            place = {one: row for row, one in enumerate(ids[arm])}
            made[arm] = Queue(np.array([place[one] for one in wanted], np.int64), missing)
    return {arm: made[arm] for arm in ids}


def _run_up(have: list[set[Identity]]) -> tuple[list[Identity], Identity | None]:
    """The identities in order up to the first gap, and that gap."""
    every = set[Identity]().union(*have)
    wanted: list[Identity] = []
    for one in _expected(every):
        if not all(one in some for some in have):
            return wanted, one
        wanted.append(one)
    return wanted, None


def _expected(every: set[Identity]) -> Sequence[Identity]:
    """Every identity that should be there, in order."""
    numbers = sorted(one for one in every if isinstance(one, int))
    if len(numbers) < len(every) or len(numbers) < 2:
        return sorted(every, key=lambda one: (str(type(one)), one))
    step = math.gcd(*np.diff(numbers).tolist())
    whole = range(numbers[0], numbers[-1] + 1, step)
    return numbers if len(whole) > _SPARSE * len(numbers) + _ROOM else whole
