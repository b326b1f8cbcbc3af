"""Programs that are run for a driver end with it, even where it is killed and can end nothing itself."""

import atexit
import contextlib
import os
import subprocess
import sys
import threading
from typing import Any

_CODE = """
import os, signal, sys
groups = set()
for line in sys.stdin:
    (groups.add if line[0] == "+" else groups.discard)(int(line[1:]))
for group in groups:
    try:
        os.killpg(group, signal.SIGKILL)
    except OSError:
        pass
"""


_TELL = """trap '' PIPE; echo "+$$" >&0 2>/dev/null; trap - PIPE; exec "$@" </dev/null"""
"""A program's process says who it is before it is the program: there is no moment at which nobody knows of it."""


class Guard:
    """A process that holds one end of a pipe, and ends the process groups that it was told of when the other is gone.

    A signal at the parent's death (Linux) would reach a program and nothing that it started, and is bound to the thread
    that started it. Where there are no process groups nothing is watched.

    >>> guard = Guard()
    >>> process = guard.started(["true"])
    >>> process.wait()
    0
    >>> guard.forget(process.pid)
    >>> guard.close()
    """

    def __init__(self) -> None:
        self._lock, self._of = threading.Lock(), 0
        self._process: subprocess.Popen[str] | None = None

    def started(
        self, words: list[str], log: Any = None, variables: dict[str, str] | None = None
    ) -> "subprocess.Popen[bytes]":
        """A program in a process group of its own, without input, that ends when this process is gone."""
        if sys.platform == "win32":
            return subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=variables)
        line = ["/bin/sh", "-c", _TELL, "sh", *words]
        with self._lock:
            pipe = self._begin()
            return subprocess.Popen(line, stdin=pipe, stdout=log, stderr=log, env=variables, start_new_session=True)

    def forget(self, group: int) -> None:
        """It has ended."""
        with self._lock:
            self._tell(f"-{group}\n")

    def close(self) -> None:
        """Let the guard go; what it watches still is ended."""
        with self._lock:
            process, self._process = self._process, None
        if process is not None and self._of == os.getpid():
            with contextlib.suppress(OSError):
                process.communicate()

    def _begin(self) -> Any:
        """The pipe to a guard of this very process: one that was forked holds none of its own."""
        if self._process is None or self._of != os.getpid() or self._process.poll() is not None:
            self._of = os.getpid()
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", _CODE], stdin=subprocess.PIPE, text=True, start_new_session=True
            )
        return self._process.stdin

    def _tell(self, line: str) -> None:
        if self._process is not None and self._process.stdin is not None and self._of == os.getpid():
            with contextlib.suppress(OSError):  # somebody ended the guard: runs go on without
                self._process.stdin.write(line)
                self._process.stdin.flush()


GUARD = Guard()
"""This process's own."""

atexit.register(GUARD.close)
