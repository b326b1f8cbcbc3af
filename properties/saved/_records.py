"""Looks are remembered: in this process, and where rows came from a file in a record beside it.

Runs with identities need none of this to keep their level: their order is fixed beforehand. Rows without are permuted,
and a later look at more of them must go on where the last one ended. A look that does not, at rows seen before, is
another look.
"""

import collections
import json
import re
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from ...formal._files import write_whole
from ...formal._numbers import whole
from ._folders import RECORD
from ._looks import PAIR, TRIPLE, IdRows, Look, goes_on

_LOOKS = 64
_HASH = re.compile("[0-9a-f]{16}")


class Memory:
    """The last looks of this process, and those of the records beside files.

    >>> one = IdRows(np.arange(2, dtype=np.uint64), np.arange(2), 2)
    >>> memory = Memory()
    >>> memory.keep(Look("a", (one, one), 0), None)
    True
    >>> len(memory.looks(None))
    1
    """

    def __init__(self) -> None:
        self._looks: collections.deque[Look] = collections.deque(maxlen=_LOOKS)
        self._lock = threading.Lock()

    def clear(self) -> None:
        """As in a new process."""
        with self._lock:
            self._looks.clear()

    def looks(self, path: Path | None) -> list[Look]:
        """Of this process and of the record beside a path, the longest last."""
        with self._lock:
            found = [*(read_record(path) if path is not None else []), *self._looks]
        return sorted(found, key=lambda look: min(len(arm.order) for arm in look.arms))

    def keep(self, look: Look, path: Path | None) -> bool:
        """Remember a look, in place of those that it goes on from; whether what was to be written could be."""
        with self._lock:
            kept = _with(self._looks, look)
            self._looks.clear()
            self._looks.extend(kept)
        if path is None:
            return True
        try:
            _write(path, _with(read_record(path), look))
        except OSError:
            return False  # a folder that is read-only: the provenance says so
        return True


MEMORY = Memory()
"""That of this process."""


def _with(looks: Iterable[Look], now: Look) -> list[Look]:
    """The looks and one more; of two that go on from each other the longer one stays."""
    on = [look for look in looks if goes_on(look, now)]
    longest = max([*on, now], key=lambda look: min(len(arm.order) for arm in look.arms))
    return [*(look for look in looks if not any(look is other for other in on)), longest]


def record_of(path: Path) -> Path:
    """Where the record of a file or folder lies: beside it.

    >>> record_of(Path("runs/removed.npy")).as_posix()
    'runs/removed.npy.looks.json'
    """
    return path.with_name(path.name + RECORD)


def read_record(path: Path) -> list[Look]:
    """The looks that the record beside a path holds; none where there is no record.

    Raises:
        ValueError: what lies there is no record.

    >>> read_record(Path("nowhere.npy"))
    []
    """
    place = record_of(path)
    try:
        plain: list[dict[str, Any]] = json.loads(place.read_text(encoding="utf-8"))["looks"]
        return [_look(row) for row in plain]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ValueError(f"{place}: cannot be read ({error.strerror or error})") from error
    except (ValueError, KeyError, TypeError, IndexError, RecursionError) as error:
        raise ValueError(
            f"{place}: is no record of looks ({type(error).__name__}); restore it, or take new runs"
        ) from error


def _look(row: dict[str, Any]) -> Look:
    arms = tuple(_rows(arm) for arm in row["arms"])
    if len(arms) not in (len(PAIR), len(TRIPLE)):
        raise ValueError("arms")
    return Look(str(row["terms"]), arms, whole("choosing", row["choosing"], 0), whole("look", row["look"]))


def _rows(arm: dict[str, Any]) -> IdRows:
    """What is remembered of an arm: 64 bits of each row, and an order that bets on no row twice."""
    runs, order = whole("runs", arm["runs"], 1, 2**63 - 1), [whole("order", row, 0) for row in arm["order"]]
    if not all(_HASH.fullmatch(bits) for bits in arm["rows"]) or len(arm["rows"]) > runs:
        raise ValueError("rows")
    known = runs if len(arm["rows"]) == runs else 0
    if len(set(order)) < len(order) or max(order, default=-1) >= known or bool(order) != bool(known):
        raise ValueError("order")
    return IdRows(np.array([int(bits, 16) for bits in arm["rows"]], np.uint64), np.array(order, np.int64), runs)


def _write(path: Path, looks: list[Look]) -> None:
    plain = [
        {
            "look": look.number,
            "terms": look.terms,
            "choosing": look.choosing,
            "arms": [
                {"runs": arm.runs, "rows": [f"{h:016x}" for h in arm.hashes.tolist()], "order": arm.order.tolist()}
                for arm in look.arms
            ],
        }
        for look in looks[-_LOOKS:]
    ]
    said = "rows that were bet on, and in which order: a later look goes on where the last one ended"
    write_whole(record_of(path), json.dumps({"what": said, "looks": plain}).encode())
