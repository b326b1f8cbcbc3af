"""Collect the library under its import name, not its folder names, and check its types without waste."""

import os
import types
import typing
from collections.abc import Callable
from typing import Any

import jaxtyping
from beartype import BeartypeConf
from jaxtyping import AbstractArray

# Read when XLA is loaded: it writes three lines to standard error for each program that another process compiled.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

collect_ignore = ["formal", "algorithms", "properties"]

_WHOLE: Any = jaxtyping.jaxtyped
_ALIKE = BeartypeConf(violation_type=jaxtyping.TypeCheckError)
"""What is wrong is raised as jaxtyping raises it: a TypeError."""


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
        if isinstance(value, types.FunctionType) and not any(map(_of_arrays, value.__annotations__.values())):
            return typechecker(value, conf=_ALIKE)
        return _WHOLE(typechecker=typechecker)(value)

    return decorate


jaxtyping.jaxtyped = _jaxtyped
