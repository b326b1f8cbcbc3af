"""Room in a store: what lies in its folders, who was used last, and what goes when the limit is reached."""

import contextlib
import dataclasses
import os
import re
import stat
import threading
from pathlib import Path

from ._files import ASIDE, complain

MANIFEST = "pool.json"
PROGRAM = "program.stablehlo"
INPUTS = "inputs.safetensors"
_OWN = (MANIFEST, PROGRAM, INPUTS)
_SHARD = re.compile(r"shard-([0-9]{5}|[1-9][0-9]{5,8})\.safetensors")
_POOL = re.compile(r"[0-9a-f]{64}")
_SLACK = 0.9  # of the limit is left by an eviction, so that not every write after it evicts again


@dataclasses.dataclass(frozen=True)
class Folder:
    """One pool's folder: its shards' sizes by number, what else of ours lies there, and the time of last use.

    `own` is the bytes of its description, and of the program and inputs that workers read.
    """

    path: Path
    shards: dict[int, int]
    aside: dict[str, int]
    own: int
    used: int

    @property
    def size(self) -> int:
        """Bytes of all of it."""
        return sum(self.shards.values()) + sum(self.aside.values()) + self.own


def shard_name(number: int) -> str:
    """The file of a shard.

    >>> shard_name(12)
    'shard-00012.safetensors'
    """
    return f"shard-{number:05d}.safetensors"


def scan(store: Path) -> list[Folder]:
    """The pools of a store, least recently used first. Names that are not ours are not looked at.

    Raises:
        OSError: the store is there and cannot be read.

    >>> scan(Path("nowhere"))
    []
    """
    folders: list[Folder] = []
    with contextlib.suppress(FileNotFoundError), os.scandir(store) as entries:
        for entry in entries:
            if _POOL.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False):
                with contextlib.suppress(FileNotFoundError):  # removed by another process meanwhile
                    folders.append(inspect_folder(Path(entry.path)))
    return sorted(folders, key=lambda folder: (folder.used, folder.path.name))


def inspect_folder(path: Path) -> Folder:
    """What lies in one pool's folder.

    Raises:
        OSError: it cannot be read.
    """
    shards, aside, own = dict[int, int](), dict[str, int](), 0
    used = os.stat(path).st_mtime_ns
    with os.scandir(path) as entries:
        for entry in entries:
            with contextlib.suppress(FileNotFoundError):
                status = entry.stat(follow_symlinks=False)
                if stat.S_ISDIR(status.st_mode):
                    continue
                if named := _SHARD.fullmatch(entry.name):
                    shards[int(named[1])] = status.st_size
                elif ASIDE.fullmatch(entry.name):
                    aside[entry.name] = status.st_size
                elif entry.name in _OWN:
                    own += status.st_size
                    used = status.st_mtime_ns if entry.name == MANIFEST else used
    return Folder(path, dict(sorted(shards.items())), aside, own, used)


def shrink(folder: Folder, surplus: int) -> dict[int, int]:
    """Remove shards until `surplus` bytes are free; the last one takes the folder along.

    The highest numbers go first: whoever comes back begins at shard 0.

    Returns:
        Sizes of the removed shards by number.
    """
    gone: dict[int, int] = {}
    for number in sorted(folder.shards, reverse=True):
        if sum(gone.values()) >= surplus:
            return gone
        (folder.path / shard_name(number)).unlink(missing_ok=True)
        gone[number] = folder.shards[number]
    if not folder.aside:
        for name in _OWN:
            (folder.path / name).unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # somebody else's files lie there
            folder.path.rmdir()
    return gone


class Quota:
    """What this process knows of a store's size: a running estimate, corrected by a scan now and then."""

    def __init__(self, store: Path, limit: int) -> None:
        self._store, self._limit = store, limit
        self._lock = threading.Lock()
        self.forget()

    def forget(self) -> None:
        """Know nothing: the next write scans."""
        self._held, self._unseen, self._scanned = 0, 0, False
        self._full: set[str] = set()
        self._evicted: set[tuple[str, int]] = set()

    def reserve(self, pool: str, number: int, size: int) -> bool:
        """Make room for a shard; False where the pool would exceed the limit with all others gone.

        Raises:
            OSError: the store cannot be read, or shards cannot be removed.
        """
        with self._lock:
            if pool in self._full:
                return False
            # Other processes write too: what they add is seen after each eighth of the limit.
            if not self._scanned or self._held + size > self._limit or self._unseen + size > self._limit // 8:
                self._count()
            if self._held + size > self._limit:
                self._evict(pool, self._held + size - int(_SLACK * self._limit))
            if self._held + size > self._limit:
                self._refuse(pool)
                return False
            self._held, self._unseen = self._held + size, self._unseen + size
            self._notice(pool, number)
            return True

    def release(self, size: int) -> None:
        """A shard that was granted room was not written."""
        with self._lock:
            self._held -= size

    def _count(self) -> None:
        self._held = sum(folder.size for folder in scan(self._store))
        self._unseen, self._scanned = 0, True

    def _evict(self, pool: str, surplus: int) -> None:
        """Remove shards of the least recently used pools, never of the one being written."""
        for folder in scan(self._store):
            if surplus > 0 and folder.path.name != pool:
                gone = shrink(folder, surplus)
                surplus -= sum(gone.values())
                self._evicted |= {(folder.path.name, number) for number in gone}
        self._count()

    def _refuse(self, pool: str) -> None:
        self._full.add(pool)
        words = (
            f"pool {pool[:12]} does not fit into the limit of {self._limit / 2**20:.6g} MiB, so no more of its shards"
        )
        complain(self._store, f"full {pool}", f"{words} are stored; raise the limit: Store(limit=…)")

    def _notice(self, pool: str, number: int) -> None:
        """Say so when what was evicted is computed and stored again: the store is too small for the work."""
        if (pool, number) in self._evicted:
            words = (
                f"the pools in use need more than the limit of {self._limit / 2**20:.6g} MiB, so shards are evicted and"
            )
            complain(self._store, "thrash", f"{words} computed again; raise the limit: Store(limit=…)")


_QUOTAS: dict[tuple[Path, int], Quota] = {}


def quota_of(store: Path, limit: int) -> Quota:
    """The one `Quota` of this process for a store and limit.

    >>> quota_of(Path("a"), 1) is quota_of(Path("a"), 1)
    True
    """
    return _QUOTAS.setdefault((store, limit), Quota(store, limit))


def forget(store: Path) -> None:
    """Know nothing of a store any more: it was pruned.

    >>> forget(Path("nowhere"))
    """
    for (folder, _), quota in list(_QUOTAS.items()):
        if folder == store:
            quota.forget()
