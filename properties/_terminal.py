"""What reaches the terminal: plain lines and a progress bar. Names from outside are shown escaped."""

import contextlib
import os
import sys
from collections.abc import Callable, Generator
from typing import Any

Progress = Callable[[int, int, str], None]


def printable(text: str) -> str:
    r"""The text on one line, with control characters and lone surrogates as escapes.

    >>> printable("a\x1b[31mb\n")
    'a\\x1b[31mb\\n'
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def write(text: str) -> None:
    """A text on standard output, now. A reader that has gone away is no error.

    Raises:
        ValueError: standard output cannot be written.

    >>> write("a")
    a
    """
    try:
        print(text, flush=True)
    except BrokenPipeError:
        _discard()
    except OSError as error:
        _discard()
        raise ValueError(f"standard output: cannot write ({error.strerror}); redirect it elsewhere") from error


def flush() -> None:
    """Send what was printed, or drop it where the reader has gone away.

    >>> flush()
    """
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _discard()


@contextlib.contextmanager
def progress(budget: int, unit: str = "pairs", first: str = "compiling") -> Generator[Progress]:
    """Count pairs, or another unit; on a terminal, draw a bar on standard error.

    Raises:
        KeyboardInterrupt: on Ctrl-C, saying how many were finished.

    >>> with progress(8) as report:
    ...     report(4, 8, "half")
    """
    done, most = 0, budget
    with _bar(budget, unit, first) as draw:

        def report(pairs: int, total: int, message: str) -> None:
            nonlocal done, most
            done, most = pairs, total
            draw(pairs, total, message)

        try:
            yield report
        except KeyboardInterrupt:
            raise KeyboardInterrupt(f"{done} of {most} {unit} were finished") from None


@contextlib.contextmanager
def _bar(budget: int, unit: str, first: str) -> Generator[Progress]:
    if not sys.stderr.isatty():
        yield lambda pairs, total, message: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    count = TextColumn(f"{{task.completed:.0f}}/{{task.total:.0f}} {unit}", markup=False)
    columns: list[Any] = [TextColumn("{task.description}", markup=False), BarColumn(), count, TimeElapsedColumn()]
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(first, total=budget)
        yield lambda pairs, total, message: bar.update(
            task, completed=pairs, total=total, description=printable(message)
        )


def _discard() -> None:
    """Point standard output at nothing, so that the interpreter's own flush at exit cannot fail."""
    with open(os.devnull, "w", encoding="utf-8") as nothing:
        os.dup2(nothing.fileno(), sys.stdout.fileno())
