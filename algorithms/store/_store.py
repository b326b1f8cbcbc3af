"""Pools of runs on disk: content-addressed, crash-safe, checked when read; a fault costs time and never a result."""

import contextlib
import dataclasses
import errno
import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs

from ...formal._files import write_whole
from ...formal._types import Real
from . import _upkeep
from ._checked import Damaged as Damaged
from ._checked import describe, inspect_manifest, inspect_shard, manifest_text, report
from ._checked import identity_id as identity_id
from ._files import StoreWarning as StoreWarning
from ._files import complain
from ._quota import MANIFEST, inspect_folder, quota_of, shard_name
from ._shards import canonical, encode_shard
from ._upkeep import Pruned as Pruned
from ._upkeep import StoredPool as StoredPool

_NO_ROOM = (errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC))


@dataclasses.dataclass(frozen=True, init=False)
class Store:
    """A folder of pools, each a sequence of shards of runs, kept between processes.

    Nothing that befalls the folder stops a computation: what cannot be kept or given back is computed, after a
    `StoreWarning` of one line. Files are written whole or not at all and are verified when read; several processes may
    use one folder. Whole shards of the least recently used pools go when the folder exceeds its limit.

    Args:
        folder: where; by default `NEVERSEEN_STORE`, or `neverseen/pools` among the user's caches. Made when first used.
        limit: bytes at most.

    Raises:
        ValueError: the limit is negative.

    >>> import numpy as np, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     shards = Store(folder).open({"learner": "ridge", "root": 0})
    ...     stored = shards.write(0, [np.ones((32, 3), np.float32)])
    ...     [leaf] = shards.read(0, [np.empty((32, 3), np.float32)])
    >>> stored, leaf.shape
    (True, (32, 3))
    """

    folder: Path
    limit: int

    def __init__(self, folder: Path | str | None = None, limit: int = 2 * 1024**3) -> None:
        if limit < 0:
            raise ValueError(f"limit: {limit} is not a number of bytes >= 0; 0 stores nothing")
        object.__setattr__(self, "folder", _default() if folder is None else _place(folder, "store"))
        object.__setattr__(self, "limit", limit)

    def open(self, identity: dict[str, Any], description: str = "") -> "Shards":
        """The pool of an identity, there or not yet.

        Args:
            identity: everything that its runs depend on, as plain JSON.
            description: for `neverseen pool ls`; by default the short entries of the identity.

        Raises:
            ValueError: the identity is not plain JSON.

        >>> Store("nowhere").open({"root": 0}).present()
        []
        """
        shards = Shards(self, identity_id(identity), canonical(identity), description or describe(identity))
        manifest = inspect_manifest(shards.folder)
        if isinstance(manifest, Damaged):
            report(self.folder, manifest)
        _touch(shards.folder)
        return shards

    def at(self, pool: str) -> "Shards":
        """The pool of an id, as it lies in the folder.

        >>> Store("nowhere").at("ab")
        Traceback (most recent call last):
        ValueError: .../nowhere: holds no pool ab
        """
        note = inspect_manifest(self.folder / pool)
        if not isinstance(note, dict):
            raise ValueError(f"{self.folder}: holds no pool {pool:.12}")
        return self.open(note["identity"], note["description"])

    def pools(self) -> list[StoredPool]:
        """The pools, least recently used first.

        Raises:
            ValueError: the folder is there and cannot be read.

        >>> Store("nowhere").pools()
        []
        """
        return _upkeep.listing(self.folder)

    def verify(self, progress: Callable[[int, int, str], None] | None = None) -> list[Damaged]:
        """Read and check every file; set the damaged ones aside, and clear what dead writers left.

        Args:
            progress: called with (shards read, all shards, the pool's id).

        Raises:
            ValueError: the folder is there and cannot be read.

        >>> Store("nowhere").verify()
        []
        """
        return _upkeep.verify(self.folder, progress)

    def prune(self, limit: int = 0, older_than: Real | None = None) -> Pruned:
        """Remove the least recently used shards until the store is within `limit`; and damaged and abandoned files.

        Args:
            limit: bytes that may stay.
            older_than: leave the pools that were used within as many seconds.

        Raises:
            ValueError: the folder is there and cannot be read, or shards cannot be removed.

        >>> Store("nowhere").prune()
        Pruned(shards=0, files=0, left=0)
        """
        return _upkeep.prune(self.folder, limit, older_than)


@dataclasses.dataclass(frozen=True)
class Shards:
    """A pool in a store: shards of runs by number.

    >>> Store("nowhere").open({"root": 0}).id[:8]
    '0ea4905f'
    """

    store: Store
    id: str
    identity: str
    """Canonical JSON."""
    description: str

    @property
    def folder(self) -> Path:
        """Where its files lie.

        >>> Store("nowhere").open({"root": 0}).folder.parent.name
        'nowhere'
        """
        return self.store.folder / self.id

    def read(self, number: int, like: Sequence[Any]) -> list[np.ndarray] | None:
        """A shard's leaves; None where it is absent, or damaged: then it is set aside with a `StoreWarning`.

        Args:
            number: of the shard.
            like: for each leaf an object with `shape` and `dtype`, such as `jax.ShapeDtypeStruct`.

        >>> Store("nowhere").open({"root": 0}).read(0, []) is None
        True
        """
        stored = inspect_shard(self.folder, number, like)
        if isinstance(stored, Damaged):
            report(self.store.folder, stored)
            return None
        _touch(self.folder)
        return None if stored is None else stored[1]

    def write(self, number: int, leaves: Sequence[Any]) -> bool:
        """Store a shard, whole or not at all; False, after one `StoreWarning` for each cause, where that cannot be.

        Args:
            number: of the shard.
            leaves: arrays of booleans or numbers `[runs, …]`.

        Raises:
            ValueError: the number is negative, or a leaf holds something else.

        >>> import numpy as np, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     Store(folder).open({"root": 0}).write(0, [np.zeros(32)])
        True
        """
        if not 0 <= number < 10**9:
            raise ValueError(f"shard {number}: numbers run from 0 to 999999999")
        data = encode_shard(self.id, number, leaves)
        try:
            return self._keep(number, data)
        except OSError as error:
            fault = f"cannot store runs ({error.strerror or error}), so they are computed each time"
            complain(self.store.folder, f"write {error.errno}", f"{fault}; {_mend(error)}")
            return False

    def present(self) -> list[int]:
        """The numbers of the shards there are, ascending.

        >>> Store("nowhere").open({"root": 0}).present()
        []
        """
        try:
            return list(inspect_folder(self.folder).shards)
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            complain(self.store.folder, f"read {error.errno}", f"cannot be read ({error.strerror or error})")
            return []

    def holds(self, number: int) -> bool:
        """Whether a shard's file is there; what it is worth is seen when it is read.

        >>> Store("nowhere").open({"root": 0}).holds(0)
        False
        """
        return (self.folder / shard_name(number)).exists()

    def accompany(self, files: dict[str, bytes]) -> None:
        """Write the pool's description, and by name files of its own beside the shards.

        Raises:
            ValueError: the folder cannot be written.

        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     pool = Store(folder).open({"root": 0})
        ...     pool.accompany({})
        ...     sorted(os.listdir(pool.folder))
        ['pool.json']
        """
        try:
            self._introduce()
            for name, data in files.items():
                write_whole(self.folder / name, data)
        except OSError as error:
            fault = f"cannot store runs ({error.strerror or error})"
            raise ValueError(f"{self.store.folder}: {fault}; {_mend(error)}") from error

    def digest(self, shards: int | None = None) -> str:
        """The pool's hash: SHA-256 over number, dtypes, shapes and bytes of all shards; no dates, no names of files.

        Args:
            shards: of those below this number alone.

        >>> Store("nowhere").open({"root": 0}).digest()[:8]
        'e3b0c442'
        """
        digest = hashlib.sha256()
        for number in [n for n in self.present() if shards is None or n < shards]:
            stored = inspect_shard(self.folder, number, None)
            if isinstance(stored, Damaged):
                report(self.store.folder, stored)
            elif stored is not None:
                digest.update(f"{number} {stored[0].checksum}\n".encode())
        return digest.hexdigest()

    def _keep(self, number: int, data: bytes) -> bool:
        quota = quota_of(self.store.folder, self.store.limit)
        if not quota.reserve(self.id, number, len(data)):
            return False
        try:
            try:
                self._put(number, data)
            except FileNotFoundError:  # another process pruned the folder between two steps: make it anew
                self._put(number, data)
        except BaseException:
            quota.release(len(data))
            raise
        return True

    def _put(self, number: int, data: bytes) -> None:
        self._introduce()
        write_whole(self.folder / shard_name(number), data)
        _touch(self.folder)

    def _introduce(self) -> None:
        if not (self.folder / MANIFEST).exists():
            write_whole(self.folder / MANIFEST, manifest_text(self.id, self.identity, self.description))


def _default() -> Path:
    setting = os.environ.get("NEVERSEEN_STORE")
    if setting:
        return _place(setting, "NEVERSEEN_STORE")
    return platformdirs.user_cache_path("neverseen", False, opinion=False).absolute() / "pools"


def _place(folder: Path | str, name: str) -> Path:
    """A folder's absolute path; "" would be the working directory, and ~nobody nowhere."""
    if not str(folder) or "\0" in str(folder):
        raise ValueError(f"{name}: {str(folder)!r} names no folder; give a path")
    try:
        return Path(folder).expanduser().absolute()
    except RuntimeError as error:
        raise ValueError(f"{name}: {str(folder)!r} begins with a user whose home is not known; give a path") from error


def _mend(error: OSError) -> str:
    if error.errno in _NO_ROOM:
        return "make room with 'neverseen pool prune', or set NEVERSEEN_STORE to a folder that has some"
    return "set NEVERSEEN_STORE to a folder that can be written"


def _touch(folder: Path) -> None:
    """Note the use of a pool, for the order of eviction; a pool that cannot be noted is evicted early, no more."""
    with contextlib.suppress(OSError):
        os.utime(folder / MANIFEST)
