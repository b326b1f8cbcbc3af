"""All that a function may look at when it is traced, as a digest: code, defaults, closures, and what it finds by names.

It decides one thing alone: whether what JAX remembers of the functions inside (bodies of loops, functions under `jit`)
may serve again. The function itself is traced each time, whatever this says.
"""

import functools
import hashlib
import itertools
import sys
import types
from collections.abc import Iterator
from typing import Any

import jax
import jax.core
import numpy as np

_KNOWN = {"jax", "jaxlib", "numpy", "scipy", "flax", "optax", "jaxtyping", "beartype"}
_LIBRARIES = frozenset(sys.stdlib_module_names) | _KNOWN
"""Packages whose functions do not change while a process runs."""

_OURS = __name__.partition(".")[0]

_MOST = 20_000
"""Values that are looked at; what reaches further is taken to have changed."""

_TOO_FAR = itertools.count()


class _FarError(Exception):
    """There is more than is looked at."""


def reach(*values: Any) -> str:
    """A digest of values and of everything that they reach; a new one each time where that is too much.

    >>> rate = 1.0
    >>> def scaled(x): return rate * x
    >>> before = reach(scaled)
    >>> before == reach(scaled)
    True
    >>> rate = 2.0
    >>> before == reach(scaled)
    False
    """
    walk = _Walk()
    try:
        for value in values:
            walk.see(value)
    except (_FarError, RecursionError):
        return f"too far {next(_TOO_FAR)}"
    return walk.total.hexdigest()


class _Walk:
    """One walk: each value is seen once, and held meanwhile so that no other takes its place in memory."""

    def __init__(self) -> None:
        self.total, self.seen = hashlib.sha256(), dict[int, tuple[int, Any]]()

    def say(self, *words: object) -> None:
        self.total.update(repr(words).encode("utf-8", "backslashreplace"))

    def see(self, value: Any) -> None:
        """A value, and what it reaches, each before what it reaches in turn; a loop, however deep that goes."""
        pending = [iter([value])]
        while pending:
            reached = next((parts for each in pending[-1] if (parts := self._entered(each)) is not None), None)
            if reached is None:
                pending.pop()
            else:
                pending.append(reached)

    def _entered(self, value: Any) -> Iterator[Any] | None:
        """Say a value; its parts, where it has some that nobody has seen."""
        if value is None or isinstance(value, bool | int | float | complex | str | bytes | np.dtype | np.generic):
            self.say(type(value).__name__, value)
            return None
        if id(value) in self.seen:
            self.say("again", self.seen[id(value)][0])
            return None
        self.seen[id(value)] = len(self.seen), value
        if len(self.seen) > _MOST:
            raise _FarError
        self.say(type(value).__name__)
        return self._parts(value)

    def _parts(self, value: Any) -> Iterator[Any]:
        if isinstance(value, np.ndarray) or (isinstance(value, jax.Array) and not isinstance(value, jax.core.Tracer)):
            yield from self._array(value)
        elif isinstance(value, types.ModuleType) or _of_library(value):
            self.say(getattr(value, "__module__", ""), getattr(value, "__qualname__", getattr(value, "__name__", "")))
        elif isinstance(value, types.FunctionType):
            yield from self._function(value)
        elif isinstance(value, dict):
            yield from itertools.chain.from_iterable(list(value.items()))
        elif isinstance(value, tuple | list):
            yield from value
        elif isinstance(value, set | frozenset):
            yield from sorted(value, key=repr)
        else:
            yield from self._object(value)

    def _array(self, value: Any) -> Iterator[Any]:
        if jax.numpy.issubdtype(value.dtype, jax.dtypes.prng_key):
            value = jax.random.key_data(value)
        array = np.ascontiguousarray(value)
        self.say(
            array.dtype.str, array.shape, hashlib.sha256(array.tobytes()).hexdigest() if array.dtype != object else 0
        )
        yield from array.ravel().tolist() if array.dtype == object else ()

    def _function(self, value: types.FunctionType) -> Iterator[Any]:
        self.say(value.__module__, value.__qualname__)
        names = set[str]()
        for code in _codes(value.__code__):
            self.say(code.co_code, [c for c in code.co_consts if not isinstance(c, types.CodeType | frozenset)])
            names |= set(code.co_names)
            self.say(sorted(code.co_names), code.co_varnames)
        # What jax.vmap(f) or jax.checkpoint(f) returns has the name of f, and f itself as what it wraps alone.
        yield from (value.__defaults__, value.__kwdefaults__, getattr(value, "__wrapped__", None))
        yield from map(_content, value.__closure__ or ())
        for name in sorted(names & value.__globals__.keys()):
            target = value.__globals__[name]
            yield target
            if isinstance(target, types.ModuleType | types.FunctionType) and not _of_library(target):
                yield from (target.__dict__[each] for each in sorted(names & target.__dict__.keys()))

    def _object(self, value: Any) -> Iterator[Any]:
        if isinstance(value, functools.partial):
            yield from (value.func, value.args, value.keywords)
        elif isinstance(value, types.MethodType):
            yield from (value.__self__, value.__func__)
        elif isinstance(value, classmethod | staticmethod):
            yield value.__func__
        elif isinstance(value, property):
            yield from (value.fget, value.fset)
        elif isinstance(value, type):
            self.say(value.__module__, value.__qualname__)
            yield from value.__bases__
            yield from (each for name, each in sorted(vars(value).items()) if name not in ("__dict__", "__weakref__"))
        else:
            fields = getattr(value, "__dict__", None)
            if fields is None and not hasattr(value, "__wrapped__"):
                self.say(id(value))
            yield type(value)
            yield from (getattr(value, "__wrapped__", None), dict(fields or {}))


def _of_library(value: Any) -> bool:
    """Whether a function, class or module belongs to a library; instances of its classes may hold a user's values.

    So may closures: of ours those alone count that have none, beneath what libraries wrapped around them.
    """
    if isinstance(value, types.ModuleType):
        return value.__name__.partition(".")[0] in {_OURS, *_LIBRARIES}
    named = isinstance(value, types.FunctionType | types.BuiltinFunctionType | type)
    package = str(getattr(value, "__module__", "")).partition(".")[0] if named else ""
    if package == _OURS:
        return not isinstance(value, types.FunctionType) or _holds_nothing(value)
    return package in _LIBRARIES


def _holds_nothing(function: types.FunctionType) -> bool:
    """Whether a function lies in one of our modules and has no closure.

    A user's wrapper around it, which has its name, does not count; nor does what a doctest defines.
    """
    while isinstance(within := getattr(function, "__wrapped__", None), types.FunctionType):
        if str(function.__globals__.get("__name__")).partition(".")[0] not in {_OURS, *_LIBRARIES}:
            return False
        function = within
    module = sys.modules.get(function.__module__)
    return not function.__closure__ and function.__globals__ is getattr(module, "__dict__", None)


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for each in code.co_consts:
        if isinstance(each, types.CodeType):
            yield from _codes(each)


def _content(cell: types.CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # not filled yet
        return None
