"""Files written whole or not at all, and what a writer that was killed leaves behind."""

import contextlib
import hashlib
import os
import re
import secrets
import socket
import threading
import time
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
    path.parent.mkdir(parents=True, exist_ok=True)
    owner = f"{HOST}.{os.getpid()}.{threading.get_ident()}.{secrets.token_hex(4)}"
    part = path.with_name(f".{owner}.tmp")  # without the file's own name: together they may be too long for one
    try:
        with open(part, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink()
        raise
    _sync(path.parent)


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
        return old or (named[1] == HOST and not _alive(int(named[2])))
    return False


def _alive(process: int) -> bool:
    """Whether a process of this host runs; where asking is no safe question, it is taken to run."""
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
