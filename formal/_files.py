"""Files written whole or not at all, and what a writer that was killed leaves behind."""

import contextlib
import hashlib
import os
import re
import secrets
import socket
import threading
import time
from collections.abc import Generator
from pathlib import Path

PATIENCE = 3600.0
"""Seconds after which a temporary file is nobody's, whoever wrote it."""

HOST = hashlib.sha256(socket.gethostname().encode()).hexdigest()[:8]
"""This host, in the names of temporary files: only its own processes can be asked after."""

_TEMPORARY = re.compile(r"\.(?:[a-z0-9.-]+\.)?([0-9a-f]{8})\.([1-9][0-9]{0,9})\.[0-9]+\.[0-9a-f]{8}\.tmp")


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that readers see all of it or none, even when the power fails.

    Raises:
        OSError: it could not be written; nothing is left behind.

    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_whole(pathlib.Path(folder, "a"), b"1")
    ...     os.listdir(folder)
    ['a']
    """
    with written_aside(path, data) as part:
        os.replace(part, path)
    _sync(path.parent)


@contextlib.contextmanager
def written_aside(path: Path, data: bytes, *, durable: bool = True) -> Generator[Path]:
    """A temporary file beside a path while it is put in its place; afterwards it is gone, whatever happened.

    Args:
        path: where the data is to lie.
        data: what to write.
        durable: whether it is on the disk, and not only on its way there, before it is put in its place.

    Raises:
        OSError: it could not be written; nothing is left behind.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with written_aside(Path(folder, "a"), b"1") as part:
    ...         os.link(part, Path(folder, "a"))
    ...     os.listdir(folder)
    ['a']
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    owner = f"{HOST}.{os.getpid()}.{threading.get_ident()}.{secrets.token_hex(4)}"
    part = path.with_name(f".{owner}.tmp")  # without the file's own name: together they may be too long for one
    try:
        with open(part, "xb") as file:
            file.write(data)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        yield part
    finally:
        with contextlib.suppress(OSError):
            part.unlink()


def abandoned(entry: os.DirEntry[str]) -> bool:
    """Whether an entry of a folder is a temporary file of a writer that is gone.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_whole(Path(folder, "a"), b"1")
    ...     [abandoned(entry) for entry in os.scandir(folder)]
    [False]
    """
    named = _TEMPORARY.fullmatch(entry.name)
    if named is None or not entry.is_file(follow_symlinks=False):
        return False
    with contextlib.suppress(FileNotFoundError):
        old = time.time() - entry.stat(follow_symlinks=False).st_mtime > PATIENCE
        return old or (named[1] == HOST and not alive(int(named[2])))
    return False


def alive(process: int) -> bool:
    """Whether a process of this host runs; where asking is no safe question, it is taken to run.

    >>> alive(os.getpid())
    True
    """
    if os.name != "posix":
        return True
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:  # somebody else's, so it runs
        return True
    return True


def _sync(folder: Path) -> None:
    """Make a new name in a folder durable, where the platform can open folders."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
