"""Code that others wrote may end a process or skip a test: here either becomes an error that names who did it."""

import contextlib
import traceback
import unittest
from collections.abc import Generator


class ContainedError(ValueError):
    """A line that says whose code it was and what it raised: what encloses it adds nothing.

    >>> ContainedError("remover mine: raised SystemExit")
    ContainedError('remover mine: raised SystemExit')
    """


@contextlib.contextmanager
def contained(who: str) -> Generator[None]:
    """Run foreign code that may not decide how a run ends: SystemExit, a skip or an expected failure is a fault of it.

    Ctrl-C goes through, and every error that pytest and Python report as one. No `yield` may lie inside: of what closes
    a generator nothing here can tell that it was no user's.

    Args:
        who: whose code it is.

    Raises:
        ValueError: it raised what would end the process, or what a test runner takes for a skip.

    >>> with contained("remover mine"):
    ...     raise SystemExit(0)
    Traceback (most recent call last):
    neverseen.algorithms.programs._foreign.ContainedError: remover mine: raised SystemExit: 0 (...); neither end a ...
    """
    try:
        yield
    except BaseException as error:
        if not _ends(error):
            raise
        place = traceback.extract_tb(error.__traceback__)[_last(error)]
        where = f"{place.filename.rsplit('/', 1)[-1]}:{place.lineno}"
        mend = "neither end a process nor skip a test from there"
        raise ContainedError(f"{who}: raised {error_words(error)} ({where}); {mend}") from None


def error_words(error: BaseException) -> str:
    """An error's kind, and the first line of what it says, whatever its own `__str__` does.

    >>> error_words(KeyError("a")), error_words(GeneratorExit())
    ("KeyError: 'a'", 'GeneratorExit')
    """
    try:
        text = str(error).strip()
    except BaseException as other:
        text = f"its message cannot be read, {type(other).__name__}"
    return ": ".join([type(error).__name__, *text.splitlines()[:1]])


def _ends(error: BaseException) -> bool:
    """Whether a test runner or Python takes it for something else than an error; by name, so that neither is loaded."""
    kind = type(error)
    if isinstance(error, Exception):
        runners = kind.__module__.startswith("_pytest.") or kind.__name__ == "UnsatisfiedAssumption"
        return runners or isinstance(error, unittest.SkipTest)
    # StopTest is Hypothesis' own, where an example draws more than it may; of Ctrl-C nobody makes a kind of their own.
    return kind is not KeyboardInterrupt and kind.__name__ != "StopTest"


def _last(error: BaseException) -> int:
    """The innermost frame outside of pytest and Hypothesis."""
    frames = traceback.extract_tb(error.__traceback__)
    candidates = [i for i, frame in enumerate(frames) if not {"_pytest", "hypothesis"} & set(_folders(frame.filename))]
    return candidates[-1]


def _folders(path: str) -> list[str]:
    return path.replace("\\", "/").split("/")
