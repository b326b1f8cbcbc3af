"""What the process of a command needs before the library is loaded, which takes a second: nothing here imports it."""

import contextlib
import functools
import os
import re
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

INTERRUPTED = 130
"""The exit status after Ctrl-C."""

GRACE = 3.0
"""Seconds that an orderly end may take after the first Ctrl-C; a second one ends at once."""

ENDING = 10.0
"""Seconds that threads and handlers at exit have once the result is out; then the process ends without them."""

SETTINGS = ("XLA_FLAGS", "LIBTPU_INIT_ARGS")
"""What XLA parses when it starts; a word that it does not know ends the process, without an error to catch."""

_END = os._exit
_ENDS = ("_exit", "execv", "execve")
"""What ends a process with a status that is not ours, whatever the call is: all others of their kind call these."""

_LEAVING: list[int] = []
"""The status, once the command is over: nothing changes it any more."""

_TRY = "import jax; jax.devices()"
_LOGGED = re.compile(r"^[EF]\d{4} [^\]]*\] (.*)", re.MULTILINE)
_UNKNOWN = re.compile(r"Unknown flags? in \w+: *(.*)")


def occupy() -> None:
    """Open nothing as each standard descriptor that the caller closed, or the next file to be opened would be it.

    >>> occupy()
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free: this one


def hold() -> None:
    """Let nobody else end this process: from now on `os._exit` says so, and the status is no verdict's.

    It ends the process there and then, in whatever thread, so that no `except` of a caller's hides it. What was forked
    from this process may end as it likes. A call past Python (`ctypes`, a compiled library) is not held.

    >>> hold.__name__
    'hold'
    """
    for name in _ENDS:
        for module in (os, sys.modules.get(os.name)):
            real = getattr(module, name, None)
            if real is not None:
                setattr(module, name, _held(name, real, os.getpid()))


def _held(name: str, real: Callable[..., Any], ours: int) -> Callable[..., Any]:
    @functools.wraps(real)
    def held(*given: Any, **options: Any) -> Any:
        if os.getpid() != ours:
            return real(*given, **options)
        shown = ", ".join(repr(each) for each in given[:1])
        if _LEAVING:
            say(f"warning: os.{name}({shown}) was called at exit; it changes nothing")
            _end(_LEAVING[-1])
        say(f"code that was called ended the process by os.{name}({shown}); let it return, or raise an error")
        _end(2)

    return held


def _end(status: int) -> None:
    _send()
    _END(status)


def watch(leave: Callable[[int], object] = os._exit) -> None:
    """Answer Ctrl-C from a thread of its own.

    Python's main thread hears it between two of its own steps alone, and a computation that never ends is one step.

    Args:
        leave: ends the process, called with 130 when an orderly end has had its time, or at the second Ctrl-C.

    >>> watch.__name__
    'watch'
    """
    if os.name != "posix" or threading.current_thread() is not threading.main_thread():
        return
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    threading.Thread(target=_answer, args=(reading, leave), daemon=True).start()


def _answer(reading: int, leave: Callable[[int], object]) -> None:
    while signal.SIGINT not in (told := os.read(reading, 64)):
        pass
    if told.count(signal.SIGINT) == 1:
        select.select([reading], [], [], GRACE)
    library = sys.modules.get("neverseen.properties.cli._interrupt")
    words = "no pair was finished" if library is None else library.last_words()
    if words is not None:
        say(f"interrupted; {words}")
    leave(INTERRUPTED)


def admit(environment: Mapping[str, str]) -> None:
    """Start JAX in a process of its own where the environment sets XLA's flags; cheap where it sets none.

    Args:
        environment: of this process.

    Raises:
        ValueError: it does not start, and why.

    >>> admit({})
    """
    given = [name for name in SETTINGS if environment.get(name, "").strip()]
    tried = _tried(environment) if given else None
    if tried is None or not tried.returncode:
        return
    # What fails without the flags as well is no fault of theirs, and is told where it happens.
    if not _tried({name: value for name, value in environment.items() if name not in SETTINGS}).returncode:
        raise ValueError(f"{' and '.join(given)}: JAX does not start ({_reason(tried.stderr)}); mend or unset it")


def _tried(environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """JAX started in a process of its own."""
    command, loud = [sys.executable, "-c", _TRY], {**environment, "TF_CPP_MIN_LOG_LEVEL": "0"}
    return subprocess.run(command, env=loud, capture_output=True, text=True, errors="replace", check=False)


def _reason(said: str) -> str:
    """The line that names the fault: a flag that is not known, or the last of those that are no traceback."""
    unknown = _UNKNOWN.search(said)
    if unknown:
        return f"unknown flags: {unknown[1]}"
    fault = _LOGGED.search(said)
    if fault:
        return fault[1]
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return lines[-1] if lines else "it says nothing"


def say(line: str) -> None:
    """A line on standard error, past Python's own buffers and locks.

    >>> say.__name__
    'say'
    """
    text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in " ".join(line.split()))
    try:
        os.write(2, f"neverseen: {text[:500]}\n".encode("ascii" if not _unicode() else "utf-8", "backslashreplace"))
    except OSError:
        return


def _unicode() -> bool:
    coding = getattr(sys.stderr, "encoding", None) or "utf-8"
    return coding.lower().replace("-", "") == "utf8"


def leave(status: int) -> int:
    """Send what was printed; what threads and handlers do at exit is no part of the result, and they have some seconds.

    After Ctrl-C it ends the process at once: runs that XLA still has at work crash an orderly exit.

    >>> leave.__name__
    'leave'
    """
    _send()
    if status == INTERRUPTED:
        _END(status)
    _LEAVING.append(status)
    with contextlib.suppress(OSError):  # somebody's code closed it
        os.dup2(2, 1)
    sys.unraisablehook = _silent if status == 2 else _unraisable  # there, one line is said already
    threading.Thread(target=_outlast, args=(status,), daemon=True).start()
    return status


def _send() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):
            continue


def _outlast(status: int) -> None:
    time.sleep(ENDING)
    say(f"warning: a thread or a handler at exit has not ended in {ENDING:g} s; the process ends without it")
    _END(status)


def _silent(raised: Any) -> None:
    del raised


def _unraisable(raised: Any) -> None:
    """A handler at exit raised: the status stands, and one line says so."""
    say(f"warning: a handler at exit raised {raised.exc_type.__name__}; it changes nothing")
