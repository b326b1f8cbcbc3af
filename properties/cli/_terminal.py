"""What a person sees while a command runs: a progress bar, and a word when nothing moves. Names are shown escaped."""

import contextlib
import sys
import threading
import time
from collections.abc import Generator
from typing import Any

from ...formal._codec import to_json
from ..engine._progress import Progress
from ..report import _streams
from ..report._streams import flush as flush
from ..report._streams import out as out
from ..report._streams import printable as printable
from ..report._streams import write as write
from ..report._streams import write_json as write_json
from . import _interrupt

SILENCE = 60.0
"""Seconds without a block after which it is said what is being waited for; then after twice as many, and so on."""


@contextlib.contextmanager
def progress(budget: int, unit: str = "pairs", first: str = "compiling") -> Generator[Progress]:
    """Count pairs, or another unit; on a terminal, draw a bar on standard error.

    Raises:
        KeyboardInterrupt: on Ctrl-C, saying how many were finished.

    >>> with progress(8) as report:
    ...     report(4, 8, "half")
    """
    at = _Count(budget, unit, first)
    with _interrupt.telling(at.finished), _bar(budget, unit, first) as draw, _worried(at):

        def report(done: int, total: int, message: str) -> None:
            at.note(done, total, message)
            draw(done, total, message)

        try:
            yield report
        except KeyboardInterrupt as stop:
            if type(stop) is not KeyboardInterrupt:  # a kind that somebody's code made
                raise
            raise KeyboardInterrupt(at.finished()) from None


def show(result: Any, as_json: bool) -> None:
    """A result, or several, on standard output: as JSON, or a sentence on one line, or the lines of a table.

    >>> import neverseen as ns
    >>> show(ns.Comparison.example(), True)  # doctest: +ELLIPSIS
    {...
    """
    if as_json:
        write_json(to_json(result))
        return
    for one in result if isinstance(result, list) else [result]:
        lines = str(one).split("\n") if hasattr(one, "cells") else [str(one)]
        write("\n".join(map(printable, lines)))


def isatty() -> bool:
    """Whether the result goes to a terminal.

    >>> isatty()
    False
    """
    stream = out()
    return stream is not None and stream.isatty()


class _Count:
    """How far a command is, and since when."""

    def __init__(self, most: int, unit: str, doing: str) -> None:
        self.done, self.most, self.unit, self.doing = 0, most, unit, doing
        self.since = time.monotonic()

    def note(self, done: int, most: int, doing: str) -> None:
        self.done, self.most, self.doing, self.since = done, most, doing, time.monotonic()

    def finished(self) -> str:
        return f"{self.done} of {self.most} {self.unit} were finished"

    def waiting(self) -> str:
        spent = time.monotonic() - self.since
        return f"{self.doing}: nothing new for {spent:.0f} s, {self.finished()}; Ctrl-C ends it"


@contextlib.contextmanager
def _worried(at: _Count) -> Generator[None]:
    """Say when nothing moves for long: a remover that never ends looks like one that takes its time."""
    done = threading.Event()

    def look() -> None:
        patience, since = SILENCE, at.since
        while not done.wait(min(patience, 1.0)):
            if at.since != since:
                patience, since = SILENCE, at.since
            if time.monotonic() - since >= patience:
                _streams.say(at.waiting())
                patience *= 2

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join(1.0)


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
        task = bar.add_task(printable(first), total=budget)
        yield lambda pairs, total, message: bar.update(
            task, completed=pairs, total=total, description=printable(message)
        )
