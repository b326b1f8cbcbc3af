"""What a check tells Hypothesis, and asks of it, while a test searches for an example."""

import contextlib
import functools
import inspect
import sys
import time
import weakref
from collections.abc import Callable, Generator, Hashable
from typing import Any

import hypothesis

from ...formal.definitions._verdict import Verdict


def last_replay() -> bool | None:
    """Whether what runs now is the run whose failure is reported: any outside Hypothesis, and its final replay.

    Hypothesis has no public word for it: its build context is asked, and None is the answer where it does not know.

    >>> last_replay()
    True
    """
    if not hypothesis.currently_in_test_context():
        return True
    try:
        return bool(_context().is_final)
    except (ImportError, AttributeError):
        return None


def note_refuted(subject: Hashable) -> None:
    """Remember that the search that runs now has refuted a property; outside of one nothing is kept.

    >>> note_refuted("mine"), has_refuted("mine")
    (None, False)
    """
    search = _running()
    if search is not None:
        _REFUTED.setdefault(search, set()).add(subject)


def has_refuted(subject: Hashable) -> bool:
    """Whether the search that runs now has refuted a property: Hypothesis looks for a smaller example, and reports one.

    Another search of the same property, another test's or this test's when it is run again, has found nothing yet.

    >>> has_refuted("mine")
    False
    """
    search = _running()
    return search is not None and subject in _REFUTED.get(search, ())


@contextlib.contextmanager
def untimed() -> Generator[None]:
    """Leave what runs inside out of the time that Hypothesis holds against its deadline.

    A deadline (200 ms unless set) is for the code under test; a verdict is hundreds of trained models, and the first of
    a shape compiles them. Nothing of the settings is changed: the seconds are put down as a step of the test that is
    timed by itself, as those of a state machine are, and everything else in the test keeps its deadline. A version that
    has no such account counts them: write `@settings(deadline=None)` there.

    >>> with untimed():
    ...     pass
    """
    started = time.perf_counter()
    try:
        yield
    finally:
        if hypothesis.currently_in_test_context():
            with contextlib.suppress(ImportError, AttributeError):
                _context().data._stateful_run_times["execute:neverseen"] += time.perf_counter() - started


@contextlib.contextmanager
def unwatched() -> Generator[None]:
    """Leave what runs inside out of the lines that Hypothesis watches while it shrinks, to explain a failure by them.

    A verdict traces and judges hundreds of models: watched line by line it takes ten times as long, and the lines that
    set failures apart in there are this library's and JAX's. Those of the test itself are watched as before, and any
    other watcher (a debugger, a coverage tool) sees everything.

    >>> with unwatched():
    ...     pass
    """
    resume = _looked_away()
    try:
        yield
    finally:
        resume()


def tell(verdict: Verdict) -> None:
    """Count the status, and steer the search by the wealth of the evidence."""
    if not hypothesis.currently_in_test_context():
        return
    past = " (past the cap)" if verdict.provenance.get("past_cap") else ""
    hypothesis.event(f"{verdict.definition.id}: {verdict.status.name}{past}")
    if verdict.evidence.log_wealth:
        hypothesis.target(max(verdict.evidence.log_wealth), label=f"log wealth against {verdict.definition.id}")


def _looked_away() -> Callable[[], object]:
    """Stop Hypothesis' tracer, where it is the one that runs; returns what starts it again."""
    with contextlib.suppress(ImportError, AttributeError):  # a part of Hypothesis that is no interface
        from hypothesis.internal import scrutineer

        monitoring, number = getattr(sys, "monitoring", None), scrutineer.MONITORING_TOOL_ID
        if monitoring is not None:  # Python 3.12 and later
            if monitoring.get_tool(number) == "scrutineer":
                events = monitoring.get_events(number)
                monitoring.set_events(number, 0)
                return functools.partial(monitoring.set_events, number, events)
        elif isinstance(getattr(sys.gettrace(), "__self__", None), scrutineer.Tracer):
            tracer = sys.gettrace()
            sys.settrace(None)
            return functools.partial(sys.settrace, tracer)
    return lambda: None


_REFUTED: weakref.WeakKeyDictionary[Any, set[Hashable]] = weakref.WeakKeyDictionary()
"""What each search has refuted, as long as it runs."""


def _running() -> Any:
    """The search that runs now: Hypothesis' own state of one run of one test; None outside, and where none is found.

    Its build context is made anew for every example, and knows only the test, which may run again: the state is the
    object that executes the examples, found on the stack.
    """
    frame = inspect.currentframe() if hypothesis.currently_in_test_context() else None
    while frame is not None:
        if frame.f_code.co_name == "execute_once" and frame.f_globals.get("__name__") == "hypothesis.core":
            return frame.f_locals.get("self")
        frame = frame.f_back
    return None


def _context() -> Any:
    from hypothesis.control import current_build_context

    return current_build_context()
