"""Whose fault it was: what a command raised, as an exit status and one line."""

import contextlib
import linecache
import traceback
from collections.abc import Generator
from pathlib import Path
from types import ModuleType

OURS, THEIRS, INTERRUPTED = 70, 2, 130

_HOME = str(Path(__file__).resolve().parents[1])
_FOREIGN: set[str] = set()


def foreign(module: ModuleType) -> None:
    """Note where a user's code lies: what it raises later is told as its own.

    >>> foreign(ModuleType("mine"))
    """
    place = getattr(module, "__file__", None)
    if place:
        _FOREIGN.add(str(Path(place).resolve().parent))


def blame(error: BaseException) -> tuple[int, str]:
    """The exit status and the line for what a command raised.

    Args:
        error: 2 for what was asked for, for other people's code and for the machine; 130 for Ctrl-C; 70 for the rest,
            which is a fault of ours.

    >>> blame(ValueError("alpha: 2 is not in (0, 1)"))
    (2, 'alpha: 2 is not in (0, 1)')
    >>> blame(SystemExit(0))[1]
    'code that was called gave up with SystemExit: 0; let it return, or raise an error'
    >>> blame(KeyError("x"))
    (70, "a fault of ours, please report it (KeyError: 'x'); NEVERSEEN_TRACEBACK=1 shows the traceback")
    """
    if _interrupted(error):
        how_far = said(error) if type(error) is KeyboardInterrupt else ""
        return INTERRUPTED, f"interrupted; {how_far or 'no pair was finished'}"
    if isinstance(error, ValueError):
        return THEIRS, said(error) or "a value is wrong, and nothing says which"
    named = _named(error)
    place = _place(error)
    if not isinstance(error, Exception):
        return THEIRS, f"{place or 'code that was called'} gave up with {named}; let it return, or raise an error"
    known = _known(error)
    if known:
        return THEIRS, known
    if place:
        return THEIRS, f"{place} raised {named}"
    return OURS, f"a fault of ours, please report it ({named}); NEVERSEEN_TRACEBACK=1 shows the traceback"


@contextlib.contextmanager
def theirs(who: str, when: str) -> Generator[None]:
    """Run a user's code; whatever it raises, even to end the process, is one line.

    Args:
        who: whose code it is.
        when: in what it was run, for the message.

    Raises:
        ValueError: for anything but Ctrl-C; a `LineError` stays as it is.

    >>> with theirs("mine.py", "when called"):
    ...     raise SystemExit(0)
    Traceback (most recent call last):
    neverseen.properties.cli._blame.LineError: mine.py: raised SystemExit when called: 0
    """
    try:
        yield
    except BaseException as error:
        if type(error) is KeyboardInterrupt or isinstance(error, LineError):
            raise
        if isinstance(error, SyntaxError):
            raise LineError(f"{error.filename or who}: line {error.lineno}: {error.msg}") from error
        text = said(error)
        raise LineError(f"{who}: raised {type(error).__name__} {when}{f': {text}' if text else ''}") from error


class LineError(ValueError):
    """A line that is complete: what encloses it adds nothing.

    >>> LineError("no such file")
    LineError('no such file')
    """


def said(error: BaseException) -> str:
    """What an error says, whatever its own `__str__` does.

    >>> said(KeyError("a"))
    "'a'"
    """
    try:
        return str(error).strip()
    except BaseException as other:
        return f"its message cannot be read, {type(other).__name__}"


def in_a_callback(error: BaseException) -> str | None:
    """What Python code raised while XLA called it; None for other errors.

    >>> in_a_callback(RuntimeError("INTERNAL: CpuCallback error: Traceback\\nKeyError: 'a'\\nAt: x.py(3): f"))
    "KeyError: 'a'"
    """
    text = said(error)
    if "allback" not in text or type(error).__name__ not in ("JaxRuntimeError", "XlaRuntimeError", "RuntimeError"):
        return None
    lines = [line.strip() for line in text.split("\nAt:")[0].splitlines() if line.strip()]
    return next((line for line in reversed(lines) if _names_an_error(line)), lines[-1]).removesuffix(":")


def _names_an_error(line: str) -> bool:
    head = line.partition(":")[0]
    return head.replace(".", "_").isidentifier() and head[:1] != "_" and line[:3] != "At:"


def _interrupted(error: BaseException) -> bool:
    """Ctrl-C itself, or what a library made of it while it was being loaded; a kind of one's own is no Ctrl-C."""
    return KeyboardInterrupt in (type(error), type(error.__cause__), type(error.__context__))


def _known(error: Exception) -> str | None:
    """A line for what the machine or its set-up refuses."""
    text = _first(said(error))
    raised = in_a_callback(error)
    if raised is not None:
        return f"a callback of the learner's or the remover's raised {raised}"
    if isinstance(error, MemoryError) or "RESOURCE_EXHAUSTED" in text or "out of memory" in text.lower():
        return f"out of memory ({text or 'nothing more is known'}); ask for fewer rows, runs or parameters"
    if "initialize backend" in text or "not in the list of known backends" in text:
        return f"JAX cannot start ({text}); mend JAX_PLATFORMS, or install what it names"
    if isinstance(error, ImportError) and not (error.name or "").startswith("neverseen"):
        return f"{error.name or 'a library'} cannot be loaded ({text}); mend the installation"
    if isinstance(error, OSError):
        return f"{error.filename or 'a file'}: {error.strerror or text}"
    return None


def _place(error: BaseException) -> str | None:
    """The last line of a user's own code that the error went through."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        path = str(Path(frame.filename).resolve())
        inside = any(path.startswith(f"{folder}/") for folder in _FOREIGN)
        if inside and not path.startswith(_HOME) and "site-packages" not in path and linecache.getline(path, 1):
            return f"{Path(path).name}:{frame.lineno}"
    return None


def _named(error: BaseException) -> str:
    """Its kind, and the first line of what it says."""
    return ": ".join([type(error).__name__, *said(error).splitlines()[:1]])


def _first(text: str) -> str:
    return text.splitlines()[0].strip() if text else ""
