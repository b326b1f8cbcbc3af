"""Code that others wrote may end a process or skip a test: here either becomes an error that names who did it."""

import contextlib
import traceback
import unittest
from collections.abc import Generator


@contextlib.contextmanager
def contained(who: str) -> Generator[None]:
    """Run foreign code that may not decide how a run ends: SystemExit, a skip or an expected failure is a fault of it.

    Ctrl-C goes through, and every error that pytest and Python report as one.

    Args:
        who: whose code it is.

    Raises:
        ValueError: it raised what would end the process, or what a test runner takes for a skip.

    >>> with contained("remover mine"):
    ...     raise SystemExit(0)
    Traceback (most recent call last):
    ValueError: remover mine: raised SystemExit: 0 (...); neither end a process nor skip a test from there
    """
    try:
        yield
    except (KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:
        if not _ends(error):
            raise
        said = ": ".join([type(error).__name__, *str(error).strip().splitlines()[:1]])
        place = traceback.extract_tb(error.__traceback__)[_last(error)]
        where = f"{place.filename.rsplit('/', 1)[-1]}:{place.lineno}"
        raise ValueError(f"{who}: raised {said} ({where}); neither end a process nor skip a test from there") from None


def _ends(error: BaseException) -> bool:
    """Whether a test runner or Python takes it for something else than an error; by name, so that neither is loaded."""
    kind = type(error)
    if isinstance(error, Exception):
        runners = kind.__module__.startswith("_pytest.") or kind.__name__ == "UnsatisfiedAssumption"
        return runners or isinstance(error, unittest.SkipTest)
    return kind.__name__ != "StopTest"  # Hypothesis' own, where an example draws more than it may


def _last(error: BaseException) -> int:
    """The innermost frame outside of pytest and Hypothesis."""
    frames = traceback.extract_tb(error.__traceback__)
    known = [i for i, frame in enumerate(frames) if not {"_pytest", "hypothesis"} & set(_folders(frame.filename))]
    return known[-1]


def _folders(path: str) -> list[str]:
    return path.replace("\\", "/").split("/")
