"""A program as it is now: one trace of it, the digest of that trace, and no second look at the code it came from."""

import contextlib
import dataclasses
import functools
import hashlib
import re
from collections import OrderedDict
from collections.abc import Callable, Generator, Hashable, Iterator
from typing import Any, TypeVar

import jax
import numpy as np
from jax.extend import core

from ._machine import settings
from ._reach import reach
from ._structure import structure

_CALLS = re.compile(r"custom_call @\w*callback")
_AGAIN: Any = getattr(jax, "make_user_context", lambda _: None)(0)
"""What is cached inside JAX (bodies of loops, functions under `jit`) is cached for one value of this alone."""

_T = TypeVar("_T")


@dataclasses.dataclass(frozen=True, eq=False)
class Program:
    """What a function did with its arguments when it was traced; calling this never calls the function again.

    Args:
        jaxpr: the trace, its constants copied: an array that is written to later is no part of it.
        outputs: the tree that the function returned.
        reached: a digest of what it could look at.

    >>> import jax.numpy as jnp
    >>> rate = 2.0
    >>> double = trace(lambda x: rate * x, 1.0)
    >>> rate = 3.0
    >>> float(double(1.0)), double.digest == trace(lambda x: rate * x, 1.0).digest
    (2.0, False)
    """

    jaxpr: core.ClosedJaxpr
    outputs: Any
    reached: str = ""

    def __call__(self, *arguments: Any) -> Any:
        """The program on other arguments of the same shapes."""
        return jax.tree.unflatten(self.outputs, self.flat(*jax.tree.leaves(arguments)))

    def flat(self, *leaves: Any) -> list[Any]:
        """The same from leaves to leaves."""
        return core.jaxpr_as_fun(self.jaxpr)(*leaves)

    @property
    def shapes(self) -> Any:
        """What the program returns, as shapes and dtypes."""
        return jax.tree.unflatten(self.outputs, [_shape(each) for each in self.jaxpr.out_avals])

    @functools.cached_property
    def structure(self) -> str | None:
        """A digest of steps and constants, without lowering; None where it calls back or has steps of unknown kinds."""
        return None if _calls_back(self.jaxpr.jaxpr) else structure(self.jaxpr)

    @property
    def fingerprint(self) -> str | None:
        """What tells it from other programs while this process lasts; None where nothing does."""
        # To lower a small program takes as long as to compile it, so its structure comes first.
        return self.structure or self.digest

    @functools.cached_property
    def digest(self) -> str | None:
        """SHA-256 of its StableHLO and its constants; None where it calls back into Python or cannot be lowered."""
        if _calls_back(self.jaxpr.jaxpr):
            return None
        key = None if self.structure is None else (self.structure, settings())
        digest = None if key is None else _LOWERED.get(key)
        if digest is None:
            digest = self._lowered()
            if key is not None and digest is not None:
                _LOWERED.put(key, digest)
        return digest

    def _lowered(self) -> str | None:
        constants = [np.asarray(_data(each)) for each in self.jaxpr.consts]
        many = len(constants)

        def flat(*args: Any) -> list[Any]:
            consts = [_like(a, c) for a, c in zip(args[:many], self.jaxpr.consts, strict=True)]
            return core.jaxpr_as_fun(core.ClosedJaxpr(self.jaxpr.jaxpr, consts))(*args[many:])

        shapes = [jax.ShapeDtypeStruct(each.shape, each.dtype) for each in constants]
        try:
            lowered = jax.jit(flat, keep_unused=True).lower(*shapes, *map(_shape, self.jaxpr.in_avals))
            text = lowered.as_text()
        except NotImplementedError:
            return None
        if _CALLS.search(text):
            return None
        total = hashlib.sha256(text.encode())
        for each in constants:
            total.update(f"{each.dtype.str}{each.shape}".encode() + each.tobytes())
        return total.hexdigest()


def trace(function: Callable[..., Any], *arguments: Any, reached: str | None = None) -> Program:
    """Run a function on placeholders, once, now: code and values that it finds by their names are taken as they are.

    Args:
        function: of arrays.
        arguments: pytrees of arrays, or of their shapes and dtypes.
        reached: a digest of what the function can look at, where it is known.

    >>> import jax.numpy as jnp
    >>> trace(jnp.sin, jnp.zeros(3)).shapes.shape
    (3,)
    """
    leaves, rebuild = jax.tree.flatten(arguments)
    outputs: list[Any] = []

    def flat(*args: Any) -> list[Any]:
        leaves, tree = jax.tree.flatten(function(*jax.tree.unflatten(rebuild, args)))
        outputs.append(tree)
        return leaves

    # Of the arguments, what is no array is looked at: a learner, say.
    reached = reach(function, jax.tree.map(lambda _: 0, arguments)) if reached is None else reached
    with _afresh(reached):
        jaxpr = jax.make_jaxpr(flat)(*map(shape_of, leaves))
    consts = [np.array(each) if isinstance(each, np.ndarray) else each for each in jaxpr.consts]
    return Program(core.ClosedJaxpr(jaxpr.jaxpr, consts), outputs[-1], reached)


def shape_of(leaf: Any) -> jax.ShapeDtypeStruct:
    """The shape and dtype of an array, of a number, or of a placeholder for one.

    >>> shape_of(1.0).dtype.name
    'float32'
    """
    return _shape(leaf if hasattr(leaf, "dtype") and hasattr(leaf, "shape") else jax.numpy.asarray(leaf))


def _shape(leaf: Any) -> jax.ShapeDtypeStruct:
    return jax.ShapeDtypeStruct(leaf.shape, jax.dtypes.canonicalize_dtype(leaf.dtype, allow_extended_dtype=True))


def _data(leaf: Any) -> Any:
    return jax.random.key_data(leaf) if _is_key(leaf) else leaf


def _like(data: Any, leaf: Any) -> Any:
    return jax.random.wrap_key_data(data, impl=jax.random.key_impl(leaf)) if _is_key(leaf) else data


def _is_key(leaf: Any) -> bool:
    return hasattr(leaf, "dtype") and jax.numpy.issubdtype(leaf.dtype, jax.dtypes.prng_key)


def _calls_back(jaxpr: core.Jaxpr) -> bool:
    return any("callback" in e.primitive.name or e.effects or any(map(_calls_back, bodies(e))) for e in jaxpr.eqns)


def bodies(equation: core.JaxprEqn) -> Iterator[core.Jaxpr]:
    """The programs inside one step of a program: bodies of loops, branches, functions under `jit`."""
    for leaf in jax.tree.leaves(list(equation.params.values()), is_leaf=lambda v: hasattr(v, "eqns")):
        body = getattr(leaf, "jaxpr", leaf)
        if hasattr(body, "eqns"):
            yield body


class Bounded:
    """Values by key, the least recently used ones forgotten beyond a number of them.

    >>> kept = Bounded(2)
    >>> for key in "aba": kept.put(key, key.upper())
    >>> kept.put("c", "C"); kept.get("a"), kept.get("b")
    ('A', None)
    """

    def __init__(self, most: int) -> None:
        self.most, self._held = most, OrderedDict[Hashable, Any]()

    def get(self, key: Hashable) -> Any:
        """The value, or None."""
        value = self._held.pop(key, None)
        if value is not None:
            self._held[key] = value
        return value

    def put(self, key: Hashable, value: Any) -> None:
        """Keep a value."""
        self._held.pop(key, None)
        self._held[key] = value
        while len(self._held) > self.most:
            with contextlib.suppress(KeyError):  # another thread may have been here
                self._held.popitem(last=False)

    def __len__(self) -> int:
        return len(self._held)


_LOWERED = Bounded(1024)
"""The digest of what was lowered before, by structure: lowering takes ten times as long as looking at each step."""

_MOMENTARY: list[Any] = []


def begin() -> None:
    """Begin a moment: what was traced before is traced again when it is next asked for.

    >>> @momentary
    ... def drawn(number):
    ...     return object()
    >>> first = drawn(1)
    >>> first is drawn(1), begin(), first is drawn(1)
    (True, None, False)
    """
    for cached in _MOMENTARY:
        cached.cache_clear()


def momentary(function: Callable[..., _T]) -> Callable[..., _T]:
    """Remember what a function returned until the next moment begins: for what holds traces or functions of a user's.

    >>> momentary(abs)(-1)
    1
    """
    cached = functools.lru_cache(maxsize=64)(function)
    _MOMENTARY.append(cached)
    return cached


@contextlib.contextmanager
def _afresh(reached: str) -> Generator[None]:
    """What JAX remembers of functions that it met when they reached something else does not count."""
    if _AGAIN is None:
        if reached not in _REACHED:
            jax.clear_caches()
        _REACHED.add(reached)
        yield
    else:
        with _AGAIN(reached):
            yield


_REACHED = set[str]()
