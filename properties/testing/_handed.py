"""Tests that are handed a check: one passes only where it called the check on its remover, and the check passed."""

import contextlib
import dataclasses
import unittest
from collections.abc import Generator
from typing import Any


@dataclasses.dataclass
class _Call:
    """A test that was handed a check, and what became of it."""

    check: Any
    remover: Any
    called: bool = False
    raised: BaseException | None = None


_CALLS: list[_Call] = []
"""The tests that run now, innermost last."""


@contextlib.contextmanager
def judging(check: Any, remover: Any) -> Generator[None]:
    """Run a test that was handed a check and its remover: it passes only where the check was called on it, and passed.

    Args:
        check, remover: what the test was handed.

    Raises:
        AssertionError: the test ended well, but the check was not called on the remover.
        BaseException: what the check raised, where the test caught it; also where it then skipped or xfailed itself.

    >>> import neverseen as ns
    >>> claims = ns.Untraining(1.0, 0.05), ns.Unlearning(1.0, 0.05)
    >>> with judging(ns.testing.Check("pure", None, claims), ns.removers.retrain()):
    ...     pass
    Traceback (most recent call last):
    AssertionError: pure of retrain: check was not called on it, so nothing was judged; call check(remover) in the test
    """
    call = _Call(check, remover)
    _CALLS.append(call)
    try:
        yield
    except _quiet() as ended:
        if call.raised is None or call.raised is ended:
            raise
    finally:
        _CALLS.remove(call)
    if call.raised is not None:
        call.raised.add_note("The test caught this; a failure that is known is declared by expected=.")
        raise call.raised
    if not call.called:
        none = "check was not called on it, so nothing was judged; call check(remover) in the test"
        raise AssertionError(f"{check} of {remover}: {none}")


def _quiet() -> tuple[type[BaseException], ...]:
    """What ends a test without failing it."""
    import pytest

    return pytest.skip.Exception, pytest.xfail.Exception, unittest.SkipTest


@contextlib.contextmanager
def noted(check: Any, remover: Any) -> Generator[None]:
    """Note a call for the test that it belongs to, and what it raises.

    Args:
        check, remover: the check, and what it is called on.

    >>> with noted("check", "remover"):
    ...     pass
    """
    mine = [call for call in _CALLS if call.check is check and call.remover == remover]
    try:
        yield
    except BaseException as error:
        for call in mine:
            call.raised = error if call.raised is None or isinstance(call.raised, _quiet()) else call.raised
        raise
    finally:
        for call in mine:
            call.called = True
