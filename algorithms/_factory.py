"""Factories of learners and removers: their arguments are looked at, and equal arguments give one value."""

import functools
import inspect
import types
import typing
from collections.abc import Callable
from typing import Any, Literal, ParamSpec, TypeVar

from jax.core import Tracer

from ..formal._numbers import MOST, MOST_EPSILON, real, whole
from ._written import write_down
from .base import Learner, Remover

P = ParamSpec("P")
_T = TypeVar("_T")

LARGEST = 1e30
"""Real arguments are no larger, and none but 0 is smaller than its inverse: their squares would leave 32-bit floats."""

_FROM_ZERO = ("bare", "burn_in", "climbs", "last", "learning", "rewind", "round_used")
_WHOLE: dict[str, int] = {**dict.fromkeys(_FROM_ZERO, 0), **dict.fromkeys(("bit", "shift", "sign"), -MOST)}
"""Least values of whole arguments other than 1, by name."""

_SIGNED = frozenset({"margin"})
"""Real arguments that may be negative."""

_MOST = dict.fromkeys(("delta", "dropout", "momentum", "probability", "share"), 1.0) | {"epsilon": MOST_EPSILON}
"""Real arguments that are no larger."""

_POSITIVE = frozenset({"temperature", "width"})
"""Real arguments that something is divided by."""


def factory(make: Callable[P, _T]) -> Callable[P, _T]:
    """Refuse numbers out of range and values of another kind, by the annotations; remember what was made.

    A factory's own checks come after these, and are narrower.

    >>> import neverseen as ns
    >>> ns.learners.mlp(hidden=0)
    Traceback (most recent call last):
    ValueError: hidden: 0 is not in [1, 1000000000]
    >>> ns.learners.mlp() is ns.learners.mlp(hidden=64)
    True
    """
    cached = functools.lru_cache(make)

    @functools.wraps(make)
    def checked(*args: P.args, **options: P.kwargs) -> _T:
        kinds, bound = _kinds(make), inspect.signature(make).bind(*args, **options)
        for name, value in bound.arguments.items():
            admit(name, value, kinds.get(name, Any))
        bound.apply_defaults()  # a default written out makes no other value
        made = cached(*bound.args, **bound.kwargs)
        write_down(made, make, bound)
        return made

    return checked


def fits(*conditions: Any) -> bool:
    """Whether no condition is false, for a factory's own checks.

    A condition on a number that JAX traces says nothing: a tuner has the factory look at each number before it traces
    it, so that one program serves all of them.

    >>> fits(0 <= 0.5, 0.5 <= 1), fits(0 <= 0.5, 0.5 > 1)
    (True, False)
    >>> import jax
    >>> bool(jax.jit(lambda x: x if fits(x > 0) else 0 * x)(2.0) == 2.0)
    True
    """
    return all(isinstance(each, Tracer) or bool(each) for each in conditions)


def admit(name: str, value: Any, kind: Any) -> None:
    """Refuse a value that is not of the kind that an annotation says.

    Args:
        name: of the argument; it also says which numbers fit.
        value: what was given.
        kind: the annotation.

    Raises:
        ValueError: another kind of value, or a number out of range.

    >>> admit("penalty", float("nan"), float | int)
    Traceback (most recent call last):
    ValueError: penalty: nan is not a finite number >= 0
    >>> admit("batch", None, int | None), admit("channels", (4, 0), tuple[int, ...])
    Traceback (most recent call last):
    ValueError: channels: 0 is not in [1, 1000000000]
    """
    union = typing.get_origin(kind) in (typing.Union, types.UnionType)
    kinds: tuple[Any, ...] = typing.get_args(kind) if union else (kind,)
    if value is None and type(None) in kinds:
        return
    if float in kinds:
        _real(name, value)
    elif int in kinds:
        whole(name, value, _WHOLE.get(name, 1))
    elif bool in kinds:
        _one_of(name, value, (True, False), isinstance(value, bool))
    elif typing.get_origin(kind) is Literal:
        choices = typing.get_args(kind)
        _one_of(name, value, choices, isinstance(value, str) and value in choices)
    elif typing.get_origin(kind) is tuple:
        _tuple(name, value, typing.get_args(kind)[0])
    else:
        _value(name, value, kinds)


def _real(name: str, value: Any) -> None:
    low = "" if name in _SIGNED else " > 0" if name in _POSITIVE else " >= 0"
    fits = real(value) and (name in _SIGNED or value >= 0) and not (name in _POSITIVE and value == 0)
    if not fits:
        raise ValueError(f"{name}: {_short(value)} is not a finite number{low}")
    most = _MOST.get(name, LARGEST)
    if abs(value) > most:
        raise ValueError(f"{name}: {_short(value)} is more than {most:g}")
    if 0 < abs(value) < 1 / LARGEST:
        raise ValueError(f"{name}: {_short(value)} is less than {1 / LARGEST:g}, and as good as 0; give 0 or more")


def _one_of(name: str, value: Any, choices: tuple[Any, ...], is_one: bool) -> None:
    if not is_one:
        raise ValueError(f"{name}: {_short(value)} is not one of {', '.join(map(repr, choices))}")


def _tuple(name: str, value: Any, kind: Any) -> None:
    if not isinstance(value, tuple):
        raise ValueError(f"{name}: {_short(value)} is no tuple; give one, ({_short(value)},)")
    for each in typing.cast(tuple[Any, ...], value):
        if kind is float:
            if not real(each):
                raise ValueError(f"{name}: {_short(each)} is not a finite number")
        else:
            admit(name, each, kind)


def _value(name: str, value: Any, kinds: tuple[Any, ...]) -> None:
    """A learner, a remover, a function or a word; of others nothing is known."""
    classes = tuple(kind for kind in (Learner, Remover, str) if kind in kinds)
    function = any(typing.get_origin(kind) is Callable for kind in kinds)
    if not (classes or function) or isinstance(value, classes) or (function and callable(value)):
        return
    named = ["word" if kind is str else kind.__name__ for kind in classes] + ["function"] * function
    raise ValueError(f"{name}: {_short(value)} is no {' or '.join(named)}")


@functools.cache
def _kinds(make: Callable[..., Any]) -> dict[str, Any]:
    return typing.get_type_hints(make)


def _short(value: Any) -> str:
    """At most 60 characters in one line."""
    try:
        return " ".join(f"{value!r:.60}".split())
    except ValueError:  # a whole number of more digits than Python prints
        return "a number of thousands of digits"
