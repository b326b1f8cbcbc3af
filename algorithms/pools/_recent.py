"""The shards that this process used last, shared by all pools that are equal."""

import collections
import contextlib
import threading
from collections.abc import Generator
from typing import Any

import jax

MEMORY = 256 * 2**20
"""Bytes of recent shards that a process keeps."""


class Recent:
    """Values by key, the least recently used ones forgotten beyond a number of bytes.

    Args:
        limit: bytes at most.

    >>> import numpy as np
    >>> kept = Recent(limit=100)
    >>> kept.put("a", np.zeros(10)); kept.put("b", np.ones(10))
    >>> kept.get("a") is None, kept.get("b").sum()
    (True, np.float64(10.0))
    """

    def __init__(self, limit: int) -> None:
        self.limit, self.used = limit, 0
        self.held: collections.OrderedDict[Any, tuple[Any, int]] = collections.OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Any) -> Any:
        """The value, or None."""
        with self._lock:
            if key not in self.held:
                return None
            self.held.move_to_end(key)
            return self.held[key][0]

    def put(self, key: Any, value: Any) -> None:
        """Keep a value, unless it alone is beyond the limit."""
        size = sum(leaf.nbytes for leaf in jax.tree.leaves(value))
        with self._lock:
            if key in self.held or size > self.limit:
                return
            self.held[key], self.used = (value, size), self.used + size
            self._shrink()

    def resize(self, limit: int) -> None:
        """Set another limit."""
        with self._lock:
            self.limit = limit
            self._shrink()

    def _shrink(self) -> None:
        while self.used > self.limit:
            self.used -= self.held.popitem(last=False)[1][1]


RECENT = Recent(MEMORY)
"""The shards of this process."""


@contextlib.contextmanager
def recent_within(limit: int) -> Generator[None]:
    """Keep no more than so many bytes of recent shards for a while.

    >>> with recent_within(2**20):
    ...     RECENT.limit
    1048576
    """
    before = RECENT.limit
    RECENT.resize(min(limit, before))
    try:
        yield
    finally:
        RECENT.resize(before)
