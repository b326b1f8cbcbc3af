"""Collect the library under its import name, not its folder names, and check its types without waste."""

import functools
import itertools
import os
import sys
import types
import typing
from collections.abc import Callable
from typing import Any

import jaxtyping
import pytest
from beartype import BeartypeConf
from jaxtyping import AbstractArray

# Read when XLA is loaded: it writes three lines to standard error for each program that another process compiled.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# A suite that starts a hundred processes compiles its modules once, also where the shell says otherwise.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

collect_ignore = ["formal", "algorithms", "properties"]

_WHOLE: Any = jaxtyping.jaxtyped
_ALIKE = BeartypeConf(violation_type=jaxtyping.TypeCheckError)
"""What is wrong is raised as jaxtyping raises it: a TypeError."""

_CHECKED = 32
"""Calls of a function in one test whose arrays are checked: after so many the next ones are of the same kinds.

A function called 10⁵ times would spend most of the test on it; in samples of a run it was 15 % of all time.
"""
_CALLS: dict[int, int] = {}
_SERIAL = itertools.count()

_INSIDE = False
"""Whether functions that are made inside others are checked: made a thousand times, they are wrapped a thousand times.

Doctests and the tests of `_EACH` run each of them; elsewhere the function that calls them is checked.
"""
_EACH = {f"test_{name}.py" for name in ("shipped", "learners", "engine", "faulty", "approximate", "theorems_finite")}


def _of_arrays(hint: Any) -> bool:
    """Whether jaxtyping has something to say on a hint: it names an array, or is a string that might."""
    if isinstance(hint, str) or (isinstance(hint, type) and issubclass(hint, AbstractArray)):
        return True
    parts = hint if isinstance(hint, list) else typing.get_args(hint)
    return any(map(_of_arrays, parts))


def _jaxtyped(*, typechecker: Callable[..., Any]) -> Callable[..., Any]:
    """What `--jaxtyping-packages` puts on everything, but on functions of no array the type checker alone.

    It finds the same, while jaxtyping would bind the arguments of each call for shapes that are not there: 40 µs, most
    of the time of whoever calls a small function a million times.
    """

    def decorate(value: Any) -> Any:
        if not _INSIDE and isinstance(value, types.FunctionType) and "<locals>" in value.__qualname__:
            return value
        if isinstance(value, types.FunctionType) and not any(map(_of_arrays, value.__annotations__.values())):
            return typechecker(value, conf=_ALIKE)
        checked = _WHOLE(typechecker=typechecker)(value)
        return _at_first(checked, value) if isinstance(value, types.FunctionType) else checked

    return decorate


def _at_first(checked: Any, plain: Any) -> Any:
    """`checked` in the first calls of a test, `plain` afterwards; equal in every other respect."""

    # The count and the checks are no part of the closure: evaluations are remembered by what a function holds.
    @functools.wraps(plain)
    def call(*args: Any, **named: Any) -> Any:
        made = _CALLS.get(call.serial, 0)
        if made == _CHECKED:
            return plain(*args, **named)
        _CALLS[call.serial] = made + 1
        return call.checked(*args, **named)

    call.serial, call.checked = next(_SERIAL), checked
    return call


# A library's, to whoever asks where a function comes from (`programs._reach`): it holds nothing of a user's.
_at_first = types.FunctionType(_at_first.__code__, globals() | {"__name__": "jaxtyping"})
jaxtyping.jaxtyped = _jaxtyped


@pytest.fixture(autouse=True)
def types_are_checked_anew(request: pytest.FixtureRequest) -> None:
    """Each test checks the first calls it makes itself."""
    global _INSIDE
    _INSIDE = request.path.name in _EACH or not request.path.name.startswith("test_")
    _CALLS.clear()
