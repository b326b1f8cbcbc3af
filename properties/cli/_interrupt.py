"""What a command that Ctrl-C ends has to say, for whoever ends it: the command itself, or the watch of the process."""

import contextlib
import threading
from collections.abc import Callable, Generator

STATUS = 130
"""The exit status of a command that Ctrl-C ended."""

_ANSWERED = threading.Event()
_TELL: list[Callable[[], str]] = []


def answered() -> None:
    """The command has said it itself.

    >>> answered()
    """
    _ANSWERED.set()


def last_words() -> str | None:
    """How far the command is; None where it has said so itself.

    >>> with telling(lambda: "2 of 3 pairs were finished"):
    ...     last_words() in (None, "2 of 3 pairs were finished")
    True
    """
    if _ANSWERED.is_set():
        return None
    return _TELL[-1]() if _TELL else "no pair was finished"


@contextlib.contextmanager
def telling(how_far: Callable[[], str]) -> Generator[None]:
    """Meanwhile, what was finished is what `how_far` says.

    >>> with telling(lambda: "nothing"):
    ...     pass
    """
    _TELL.append(how_far)
    try:
        yield
    finally:
        _TELL.remove(how_far)
