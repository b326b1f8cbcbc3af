"""Files of a store: read only where they are plain files, set aside when damaged."""

import contextlib
import os
import re
import secrets
import stat
import warnings
from pathlib import Path

from ...formal._files import abandoned
from ._shards import DamageError

ASIDE = re.compile(r"damaged-[0-9a-f]{8}-[a-z0-9.-]+")
"""Names of files that were set aside."""

_FLAGS = sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK"))  # neither a link nor a pipe to wait for
_SAID: set[tuple[str, str]] = set()


class StoreWarning(UserWarning):
    """The store could not keep or give back a shard; the runs are computed instead."""


def complain(folder: Path, cause: str, words: str) -> None:
    """Warn, once in this process for each folder and cause.

    >>> from pathlib import Path
    >>> with warnings.catch_warnings(record=True) as seen:
    ...     warnings.simplefilter("always")
    ...     complain(Path("example"), "full", "no room")
    ...     complain(Path("example"), "full", "no room")
    >>> [str(warning.message) for warning in seen]
    ['example: no room']
    """
    if (str(folder), cause) not in _SAID:
        _SAID.add((str(folder), cause))
        warnings.warn(f"{folder}: {words}", StoreWarning, stacklevel=4)


def read_plain(path: Path) -> tuple[bytes, os.stat_result]:
    """A file's bytes, and which file it was.

    Raises:
        DamageError: it is a link, a folder, a pipe or a device.
        OSError: it cannot be read.

    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = pathlib.Path(folder, "a").write_bytes(b"1")
    ...     read_plain(pathlib.Path(folder, "a"))[0]
    b'1'
    """
    if not stat.S_ISREG(os.lstat(path).st_mode):
        raise DamageError("is not a plain file")
    with open(path, "rb", buffering=0, opener=lambda name, flags: os.open(name, flags | _FLAGS)) as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise DamageError("is not a plain file")
        return file.readall(), status


def set_aside(path: Path, status: os.stat_result | None) -> str:
    """Rename a damaged file; say in words what became of it.

    Args:
        path: the file.
        status: what was found damaged; a file that has been replaced since stays where it is.

    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = pathlib.Path(folder, "a").write_bytes(b"1")
    ...     set_aside(pathlib.Path(folder, "a"), None)[:24]
    'set aside as damaged-...'
    """
    aside = path.with_name(f"damaged-{secrets.token_hex(4)}-{path.name}")
    try:
        if status is not None and not os.path.samestat(status, os.lstat(path)):
            return "replaced by a new one since"
        path.rename(aside)
    except OSError as error:
        return f"cannot be set aside ({error.strerror})"
    return f"set aside as {aside.name}"


def sweep(folder: Path) -> int:
    """Delete the temporary files of writers that are gone; how many there were.

    >>> import pathlib
    >>> sweep(pathlib.Path("nowhere"))
    0
    """
    swept = 0
    with contextlib.suppress(FileNotFoundError, NotADirectoryError), os.scandir(folder) as entries:
        for entry in list(entries):
            if abandoned(entry):
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(entry.path)
                    swept += 1
    return swept
