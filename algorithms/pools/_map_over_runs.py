"""Compiled maps over runs: a chunk that fits the cache, every device through the mesh axis `runs`."""

import dataclasses
import functools
import math
from collections.abc import Callable, Hashable, Iterator
from typing import Any

import jax
import numpy as np
from jax import lax
from jax.extend import core
from jax.sharding import AxisType, Mesh, PartitionSpec

from ...formal._types import Real
from ..programs._machine import compiler, settings
from ..programs._programs import Bounded, Program, bodies, momentary, shape_of, trace
from ..programs._structure import structure

CACHE = 2**19
"""Bytes of fast memory per CPU core that a chunk of runs may fill: a usual second-level cache."""

_PRODUCTS = ("dot_general", "conv_general_dilated", "gather", "concatenate", "scatter", "scatter-add", "sort")


@dataclasses.dataclass(frozen=True, eq=False)
class Mapped:
    """A program of many runs as it was when this was made: one trace, which is hashed, compiled and run.

    Args:
        one: the program of one run.
        many: the same of `chunk` runs.
        chunk: runs that a device takes at a time.
        mapped: how many of the arguments differ between runs.

    >>> import jax.numpy as jnp
    >>> made = mapped(jnp.add, (jnp.arange(3),), jnp.ones(()))
    >>> made((jnp.arange(3),), jnp.ones(())).tolist(), made.chunk
    ([1.0, 2.0, 3.0], 1)
    """

    one: Program
    many: Program
    chunk: int
    mapped: int

    def __call__(self, runs: tuple[Any, ...], *shared: Any) -> Any:
        """The runs on all devices: each takes those of its share in chunks, an accelerator takes them all at once."""
        flat = jax.tree.leaves(runs)
        count, devices = len(flat[0]), len(jax.devices())
        share = -(-count // devices)
        padded = -(-share // self.chunk) * self.chunk * devices
        if padded != count:
            # A short share is filled up with its own runs, which are thrown away: every chunk has one shape.
            cyclic = np.arange(padded) % count
            flat = [leaf[cyclic] for leaf in flat]
        out = self._runner(flat, jax.tree.leaves(shared))
        leaves = out if padded == count else [leaf[:count] for leaf in out]
        return jax.tree.unflatten(self.one.outputs, leaves)

    def in_chunks(self, runs: tuple[Any, ...], *shared: Any) -> Any:
        """The runs on one device, inside another program."""
        out = in_chunks(self.many.flat, self.chunk, tuple(jax.tree.leaves(runs)), *jax.tree.leaves(shared))
        return jax.tree.unflatten(self.one.outputs, out)

    def shapes(self, count: int) -> Any:
        """What so many runs return."""
        return jax.tree.map(lambda leaf: jax.ShapeDtypeStruct((count, *leaf.shape), leaf.dtype), self.one.shapes)

    @property
    def digest(self) -> str | None:
        """SHA-256 of the program of a chunk of runs; None where it calls back into Python."""
        return self.many.digest

    @property
    def fingerprint(self) -> str | None:
        """What tells that program from others while this process lasts; None where nothing does."""
        return self.many.fingerprint

    @functools.cached_property
    def _runner(self) -> Callable[..., list[Any]]:
        if self.fingerprint is None:
            return _compiled(self.many, self.chunk)
        key = self.fingerprint, self.chunk, self.mapped, tuple(jax.devices()), compiler()
        runner = _RUNNERS.get(key)
        if runner is None:
            runner = _compiled(self.many, self.chunk)
            _RUNNERS.put(key, runner)
        return runner


_RUNNERS = Bounded(128)
"""What was compiled last, by what it was compiled from."""


def mapped(program: Callable[..., Any], runs: tuple[Any, ...], *shared: Any) -> Mapped:
    """Trace `program(*run, *shared)`, now, for runs on a leading axis.

    Args:
        program: one run.
        runs: what differs between runs, each a pytree with a leading axis `runs`, or the shapes of such.
        shared: passed to every run, or the shapes of it.
    """
    run = jax.tree.map(lambda leaf: jax.ShapeDtypeStruct(leaf.shape[1:], leaf.dtype), runs)
    one = trace(program, *run, *shared)
    many = vmapped(one, len(runs))
    count = jax.tree.leaves(runs)[0].shape[0]
    form = structure(one.jaxpr, unmapped=True)
    key = form, len(runs), len(jax.tree.leaves(runs)), count, settings()
    batched = None if form is None else _MAPPED.get(key)
    if batched is None:
        batched = _side_by_side(many, run, runs, shared, one.reached)
        if form is not None:
            _MAPPED.put(key, batched)
    return Mapped(one, batched[0], batched[1], len(runs))


def _side_by_side(
    many: Callable[..., Any], run: Any, runs: tuple[Any, ...], shared: tuple[Any, ...], reached: str
) -> tuple[Program, int]:
    """The program of a chunk of runs, and how many they are: traced once where the largest chunk fits the cache."""

    def of(chunk: int) -> Program:
        some = jax.tree.map(lambda leaf: jax.ShapeDtypeStruct((chunk, *leaf.shape), leaf.dtype), run)
        return trace(many, *some, *shared, reached=reached)

    most = largest_chunk(runs)
    batched = of(most)
    if jax.devices()[0].platform != "cpu" or _fitting(max(_moved(batched.jaxpr.jaxpr), default=0) / most) >= most:
        return batched, most
    chunk = chunk_of(many, runs, shared)
    return (batched if chunk == most else of(chunk)), chunk


_MAPPED = Bounded(128)
"""Programs of many runs, by the structure of the program of one."""


def map_over_runs(program: Callable[..., Any], runs: tuple[Any, ...], *shared: Any) -> Any:
    """Map `program(*run, *shared)` over the leading axis of `runs`, on all devices.

    The program is traced once in a moment (`begin`) for arguments of the same shapes; what is compiled goes by the
    trace, so that another function that does the same compiles nothing.

    Args:
        program: one run.
        runs: what differs between runs, each a pytree with a leading axis `runs`.
        shared: passed to every run.

    Returns:
        The results, with a leading axis `runs`.

    >>> import jax.numpy as jnp
    >>> map_over_runs(jnp.add, (jnp.arange(3),), jnp.ones(())).tolist()
    [1.0, 2.0, 3.0]
    """
    return at_this_moment(program, runs, *shared)(runs, *shared)


def at_this_moment(program: Callable[..., Any], runs: tuple[Any, ...], *shared: Any) -> Mapped:
    """As `mapped`, or what that returned since the moment began.

    >>> import jax.numpy as jnp
    >>> at_this_moment(jnp.add, (jnp.arange(3),), 1) is at_this_moment(jnp.add, (jnp.arange(3),), 2)
    True
    """
    shapes, rebuild = jax.tree.flatten(jax.tree.map(shape_of, (runs, shared)))
    return _mapped(program, tuple(shapes), rebuild, settings())


@momentary
def _mapped(program: Callable[..., Any], shapes: tuple[Any, ...], rebuild: Any, switches: Hashable) -> Mapped:
    del switches
    runs, shared = jax.tree.unflatten(rebuild, shapes)
    return mapped(program, runs, *shared)


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
    most = largest_chunk(runs)
    return most if jax.devices()[0].platform != "cpu" else _even(_share(runs), min(width(many, runs, shared), most))


def largest_chunk(runs: tuple[Any, ...]) -> int:
    """What a device takes at a time where memory is no concern: half of its share, an accelerator all of it.

    >>> import jax.numpy as jnp
    >>> largest_chunk((jnp.ones((4096, 2)),)) * len(jax.devices())
    2048
    """
    share = _share(runs)
    return _even(share, max(share // 2, 1)) if jax.devices()[0].platform == "cpu" else share


def _share(runs: tuple[Any, ...]) -> int:
    return -(-len(jax.tree.leaves(runs)[0]) // len(jax.devices()))


def _even(share: int, most: int) -> int:
    """The size of a chunk when a share falls into as few as chunks of `most` allow."""
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
    one, rebuild = jax.tree.flatten(runs)
    rest = jax.tree.map(shape_of, shared)

    def moved(count: int) -> list[int]:
        leaves = [jax.ShapeDtypeStruct((count, *leaf.shape[1:]), leaf.dtype) for leaf in one]
        return list(_moved(trace(many, *jax.tree.unflatten(rebuild, leaves), *rest, reached="width").jaxpr.jaxpr))

    # What two runs move more than one is a run's own; the rest is shared.
    return _fitting(max((two - one for one, two in zip(moved(1), moved(2), strict=True)), default=0))


def _fitting(own: Real) -> int:
    """The largest power of two of runs whose parts, of so many bytes each, fit the cache together."""
    return 1 << max(int(CACHE // max(own, 1)).bit_length() - 1, 0)


def compiled_programs() -> int:
    """How many programs pools have compiled in this process.

    >>> compiled_programs() >= 0
    True
    """
    return _count[0]


_count = [0]


def _moved(jaxpr: core.Jaxpr) -> Iterator[int]:
    """Bytes that each loop body, or other part, moves once: its products and gathered rows; the rest is fused."""
    yield sum(_size(v) for e in jaxpr.eqns if e.primitive.name in _PRODUCTS for v in e.outvars)
    for equation in jaxpr.eqns:
        for body in bodies(equation):
            yield from _moved(body)


def _size(variable: Any) -> int:
    return math.prod(variable.aval.shape) * variable.aval.dtype.itemsize


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


def _compiled(many: Program, chunk: int) -> Callable[..., list[Any]]:
    """From leaves to leaves: neither the trees nor the functions that they came from are held."""
    mesh = Mesh(np.asarray(jax.devices()), ("runs",), axis_types=(AxisType.Auto,))

    def everywhere(runs: list[Any], shared: list[Any]) -> list[Any]:
        _count[0] += 1
        each, whole = PartitionSpec("runs"), PartitionSpec()

        def on_device(runs: list[Any], shared: list[Any]) -> list[Any]:
            return in_chunks(many.flat, chunk, tuple(runs), *shared)

        return jax.shard_map(on_device, mesh=mesh, in_specs=(each, whole), out_specs=each, check_vma=False)(
            runs, shared
        )

    return jax.jit(everywhere)
