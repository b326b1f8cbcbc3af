"""Compiled maps over runs: a chunk that fits the cache, every device through the mesh axis `runs`."""

import functools
import math
from collections.abc import Callable, Iterator
from typing import Any

import jax
import numpy as np
from jax import lax
from jax.extend import core
from jax.sharding import AxisType, Mesh, PartitionSpec

CACHE = 2**19
"""Bytes of fast memory per CPU core that a chunk of runs may fill: a usual second-level cache."""

_PRODUCTS = ("dot_general", "conv_general_dilated", "gather", "concatenate", "scatter", "scatter-add", "sort")


def spread(program: Callable[..., Any], runs: tuple[Any, ...], *shared: Any) -> Any:
    """Map `program(*run, *shared)` over the leading axis of `runs`, on all devices.

    Each device takes the runs of its share in chunks of `width`; an accelerator takes them all at once.

    Args:
        program: one run; the same function object each time, or it compiles anew.
        runs: what differs between runs, each a pytree with a leading axis `runs`.
        shared: passed to every run.

    Returns:
        The results, with a leading axis `runs`.

    >>> import jax.numpy as jnp
    >>> spread(jnp.add, (jnp.arange(3),), jnp.ones(())).tolist()
    [1.0, 2.0, 3.0]
    """
    many = vmapped(program, len(runs))
    count, devices = len(jax.tree.leaves(runs)[0]), len(jax.devices())
    chunk = chunk_of(many, runs, shared)
    share = -(-count // devices)
    padded = -(-share // chunk) * chunk * devices
    # A short share is filled up with its own runs, which are thrown away: every chunk has one shape.
    cyclic = np.arange(padded) % count
    filled = runs if padded == count else jax.tree.map(lambda leaf: leaf[cyclic], runs)
    out = _compiled(many, chunk, devices)(filled, *shared)
    return out if padded == count else jax.tree.map(lambda leaf: leaf[:count], out)


def chunk_of(many: Callable[..., Any], runs: tuple[Any, ...], shared: tuple[Any, ...]) -> int:
    """How many of these runs a device takes at a time: their `width`, or half of its share where that is less.

    The share falls into as many chunks as that makes, of one size; an accelerator takes its whole share.

    XLA compiles a loop that turns once as no loop, and then rounds otherwise: with two turns at least, a chunk of one
    size gives the same bits on one device as on many. Its size follows from their number, and is part of a pool's
    identity.

    >>> import jax.numpy as jnp
    >>> chunk_of(lambda x: x, (jnp.ones((1, 2)),), ())
    1
    """
    share = -(-len(jax.tree.leaves(runs)[0]) // len(jax.devices()))
    if jax.devices()[0].platform != "cpu":
        return share
    most = min(width(many, runs, shared), max(share // 2, 1))
    return -(-share // -(-share // most))


def in_chunks(many: Callable[..., Any], chunk: int, runs: tuple[Any, ...], *shared: Any) -> Any:
    """`many` on `chunk` runs after another; their number is a multiple of it.

    >>> import jax.numpy as jnp
    >>> in_chunks(lambda x: 2 * x, 2, (jnp.arange(4),)).tolist()
    [0, 2, 4, 6]
    """
    parts = jax.tree.map(lambda leaf: leaf.reshape(-1, chunk, *leaf.shape[1:]), runs)
    out = lax.map(lambda part: many(*part, *shared), parts)
    return jax.tree.map(lambda leaf: leaf.reshape(-1, *leaf.shape[2:]), out)


def width(many: Callable[..., Any], runs: tuple[Any, ...], shared: tuple[Any, ...]) -> int:
    """How many runs a CPU core trains side by side: a power of two whose working set fits the cache.

    It depends on the program and the shapes alone, never on a timing: the numbers
    that a pool holds depend on it.

    Args:
        many: a program of many runs on a leading axis.
        runs, shared: its arguments, or their shapes.

    >>> import jax.numpy as jnp
    >>> width(lambda x, w: x @ w, (jnp.ones((3, 16, 16)),), (jnp.ones((16, 16)),))
    512
    """
    one = jax.tree.map(lambda leaf: jax.ShapeDtypeStruct(leaf.shape[1:], leaf.dtype), runs)
    rest = jax.tree.map(lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype), shared)
    return _width(many, *_hashable(one), *_hashable(rest))


def compiled_programs() -> int:
    """How many programs pools have compiled in this process.

    >>> compiled_programs() >= 0
    True
    """
    return sum(program._cache_size() for program in _PROGRAMS)


_PROGRAMS: list[Any] = []


def _hashable(shapes: Any) -> tuple[tuple[Any, ...], Any]:
    leaves, rebuild = jax.tree.flatten(shapes)
    return tuple(leaves), rebuild


@functools.lru_cache(maxsize=1024)
def _width(many: Callable[..., Any], one: tuple[Any, ...], run: Any, rest: tuple[Any, ...], shared: Any) -> int:
    def moved(runs: int) -> list[int]:
        leaves = [jax.ShapeDtypeStruct((runs, *leaf.shape), leaf.dtype) for leaf in one]
        traced = jax.make_jaxpr(lambda a, b: many(*jax.tree.unflatten(run, a), *jax.tree.unflatten(shared, b)))
        return list(_moved(traced(leaves, list(rest)).jaxpr))

    # What two runs move more than one is a run's own; the rest is shared.
    own = max((two - one for one, two in zip(moved(1), moved(2), strict=True)), default=0)
    fits = CACHE // max(own, 1)
    return 1 << max(fits.bit_length() - 1, 0)


def _moved(jaxpr: core.Jaxpr) -> Iterator[int]:
    """Bytes that each loop body, or other part, moves once: its products and gathered rows; the rest is fused."""
    yield sum(_size(v) for e in jaxpr.eqns if e.primitive.name in _PRODUCTS for v in e.outvars)
    for equation in jaxpr.eqns:
        for body in _bodies(equation):
            yield from _moved(body)


def _bodies(equation: core.JaxprEqn) -> Iterator[core.Jaxpr]:
    for leaf in jax.tree.leaves(list(equation.params.values()), is_leaf=lambda v: hasattr(v, "eqns")):
        body = getattr(leaf, "jaxpr", leaf)
        if hasattr(body, "eqns"):
            yield body


def _size(variable: Any) -> int:
    return math.prod(variable.aval.shape) * variable.aval.dtype.itemsize


@functools.lru_cache(maxsize=256)
def vmapped(program: Callable[..., Any], mapped: int) -> Callable[..., Any]:
    """The program on many runs: its first `mapped` arguments get a leading axis, the others are shared.

    >>> import jax.numpy as jnp
    >>> vmapped(jnp.add, 1)(jnp.arange(3), 1).tolist()
    [1, 2, 3]
    """

    def many(*arguments: Any) -> Any:
        runs, shared = arguments[:mapped], arguments[mapped:]
        return jax.vmap(lambda run: program(*run, *shared))(runs)

    return many


@functools.lru_cache(maxsize=256)
def _compiled(many: Callable[..., Any], chunk: int, devices: int) -> Callable[..., Any]:
    mesh = Mesh(np.asarray(jax.devices()[:devices]), ("runs",), axis_types=(AxisType.Auto,))

    def everywhere(runs: tuple[Any, ...], *shared: Any) -> Any:
        each, whole = PartitionSpec("runs"), PartitionSpec()
        on_device = functools.partial(in_chunks, many, chunk)
        specs = (each, *(whole for _ in shared))
        return jax.shard_map(on_device, mesh=mesh, in_specs=specs, out_specs=each, check_vma=False)(runs, *shared)

    compiled = jax.jit(everywhere)
    _PROGRAMS.append(compiled)
    return compiled
