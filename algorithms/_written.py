"""The code that made a value of one of our factories, so that a report can be run as it stands."""

import inspect
import weakref
from collections.abc import Callable
from typing import Any

_WRITTEN: weakref.WeakKeyDictionary[Any, str] = weakref.WeakKeyDictionary()


def write_down(value: Any, make: Callable[..., Any], given: inspect.BoundArguments) -> None:
    """Remember how a value was made, where every argument that is not a default can be written.

    Args:
        value: what was made.
        make: the factory.
        given: its arguments, defaults left out or not.
    """
    room = next((room for room in ("learners", "removers") if f".{room}." in f"{make.__module__}."), None)
    if room is None:
        return
    defaults = {name: each.default for name, each in inspect.signature(make).parameters.items()}
    words = {name: _code(each) for name, each in given.arguments.items() if each is not defaults[name]}
    if None not in words.values():
        said = (f"{name}={word}" for name, word in words.items() if word != _code(defaults[name]))
        _WRITTEN[value] = f"ns.{room}.{make.__name__}({', '.join(said)})"


def code_of(value: Any) -> str | None:
    """The expression that makes a learner or a remover again; None where it is a user's, or made of a user's parts.

    Args:
        value: a learner or a remover.

    >>> import dataclasses, neverseen as ns
    >>> code_of(ns.learners.logistic(epochs=2)), code_of(ns.removers.noisy(ns.removers.finetune(epochs=3)))
    ('ns.learners.logistic(epochs=2)', 'ns.removers.noisy(base=ns.removers.finetune(epochs=3))')
    >>> code_of(dataclasses.replace(ns.removers.finetune(), name="mine")) is None
    True
    """
    return _WRITTEN.get(value)


def codes_of(**values: Any) -> dict[str, str]:
    """The expressions of those that have one, by name.

    >>> import neverseen as ns
    >>> codes_of(remover=ns.removers.retrain(), learner=None)
    {'remover': 'ns.removers.retrain()'}
    """
    found = {name: None if value is None else code_of(value) for name, value in values.items()}
    return {name: code for name, code in found.items() if code is not None}


def _code(value: Any) -> str | None:
    if value is None or isinstance(value, bool | int | str):
        return repr(value)
    if isinstance(value, float):
        return repr(float(value))  # NumPy's own are floats too, and name NumPy
    if isinstance(value, tuple):
        parts = [_code(each) for each in value]
        return None if None in parts else f"({', '.join(map(str, parts))}{',' * (len(parts) == 1)})"
    try:
        return _WRITTEN.get(value)
    except TypeError:  # no weak reference to it, or no hash
        return None
