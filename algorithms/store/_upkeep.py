"""Looking after a store: what lies in it, whether it is sound, and what may go."""

import dataclasses
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ...formal._types import Real
from ._checked import Damaged, inspect_manifest, inspect_program, inspect_shard, title
from ._files import sweep
from ._quota import Folder, forget, scan, shrink


@dataclasses.dataclass(frozen=True)
class StoredPool:
    """What the store holds of one pool.

    >>> StoredPool("ab", "ridge", shards=2, bytes=2048, used=0.0, aside=0).shards
    2
    """

    id: str
    description: str
    shards: int
    bytes: int
    used: float
    """When it was last opened, read or written: seconds since 1970."""
    aside: int
    """Damaged files that were set aside."""


@dataclasses.dataclass(frozen=True)
class Pruned:
    """What pruning removed, and the bytes that are left.

    >>> Pruned(shards=3, files=0, left=0).shards
    3
    """

    shards: int
    files: int
    """Damaged and temporary files."""
    left: int


def listing(store: Path) -> list[StoredPool]:
    """The pools, least recently used first.

    >>> listing(Path("nowhere"))
    []
    """
    return [
        StoredPool(at.path.name, title(at.path), len(at.shards), at.size, at.used / 1e9, len(at.aside))
        for at in _scanned(store)
    ]


def verify(store: Path, progress: Callable[[int, int, str], None] | None) -> list[Damaged]:
    """The files found damaged, set aside; what dead writers left is deleted.

    >>> verify(Path("nowhere"), None)
    []
    """
    bad, done, folders = list[Damaged](), 0, _scanned(store)
    total = sum(len(folder.shards) for folder in folders)
    for folder in folders:
        sweep(folder.path)
        results: list[Any] = [inspect_manifest(folder.path), inspect_program(folder.path)]
        for number in folder.shards:
            results.append(inspect_shard(folder.path, number, None))
            done += 1
            if progress is not None:
                progress(done, total, folder.path.name)
        bad += [one for one in results if isinstance(one, Damaged)]
    return bad


def prune(store: Path, limit: int, older_than: Real | None) -> Pruned:
    """Remove what was least recently used until the store is within `limit`; and damaged and abandoned files.

    >>> prune(Path("nowhere"), 0, None)
    Pruned(shards=0, files=0, left=0)
    """
    try:
        files = sum(_tidy(folder) for folder in scan(store))
        shards = _evict(scan(store), limit, math.inf if older_than is None else time.time() - older_than)
        left = sum(folder.size for folder in scan(store))
    except OSError as error:
        raise ValueError(f"{store}: cannot be pruned ({error.strerror}); name another folder") from error
    forget(store)
    return Pruned(shards, files, left)


def _tidy(folder: Folder) -> int:
    for name in folder.aside:
        (folder.path / name).unlink(missing_ok=True)
    return sweep(folder.path) + len(folder.aside)


def _evict(folders: list[Folder], limit: int, before: float) -> int:
    shards, surplus = 0, sum(folder.size for folder in folders) - limit
    for folder in folders:
        if surplus > 0 and folder.used / 1e9 <= before:
            gone = shrink(folder, surplus)
            shards, surplus = shards + len(gone), surplus - sum(gone.values())
    return shards


def _scanned(store: Path) -> list[Folder]:
    try:
        return scan(store)
    except OSError as error:
        raise ValueError(f"{store}: cannot be read ({error.strerror}); name another folder") from error
