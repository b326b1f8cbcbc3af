"""A pool: runs of one program, shard after shard; each shard is drawn once and shared by all that ask for it."""

import contextlib
import dataclasses
import functools
import hashlib
import importlib.metadata
import itertools
import threading
from collections.abc import Callable, Generator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import export
from jaxtyping import PRNGKeyArray

from ..programs._machine import compiler, processor, settings
from ..programs._programs import begin
from ..programs._traced import traced
from ..store._shards import canonical
from ..store._store import Shards, Store
from ._map_over_runs import Mapped, at_this_moment
from ._recent import MEMORY, RECENT, Recent

SHARD = 32
"""Runs drawn at a time: the unit that is stored, shared and computed anew."""


@dataclasses.dataclass(frozen=True, eq=False)
class Pool:
    """Runs of `program(*keys, *parents, *shared)`: run j of shard s depends on program, inputs and (s, j) alone.

    Equal pools share their shards, within a process and through a store: they are equal where the program's StableHLO
    with its constants, the inputs, the compiler's options and the processor's kind are. The program is traced when the
    pool is first asked for something, and never looked at again: that trace is what is hashed, compiled, drawn and
    published. What calls back into Python is shared with no other pool.

    Args:
        program: one run.
        roots: one key for each stream of randomness; run j of shard s gets the j-th split of `fold_in(root, s)`.
        shared: inputs of all runs.
        parents: pools whose runs are inputs, run by run.
        name: in words, for listings.
        kept: whether a store keeps the shards; they are computed anew where that costs less.

    >>> import jax, jax.numpy as jnp
    >>> pool = Pool(lambda key, scale: scale * jax.random.normal(key), (jax.random.key(0),), (jnp.ones(()),))
    >>> pool.shard(3).shape, bool((pool.shard(3) == pool.shard(3)).all())
    ((32,), True)
    """

    program: Callable[..., Any]
    roots: tuple[PRNGKeyArray, ...]
    shared: tuple[Any, ...] = ()
    parents: tuple["Pool", ...] = ()
    name: str = "pool"
    kept: bool = True

    def __post_init__(self) -> None:
        begin()

    def shard(self, number: int, store: Store | None = None) -> Any:
        """Shard s: from memory, from the store, or drawn now and kept in both.

        Args:
            number: s, from 0.
            store: where shards are kept between processes; None for memory alone.

        Returns:
            What the program returns, with a leading axis of 32 runs.
        """
        shard = self._memory.get((self.key, number))
        if shard is None:
            shard = self._stored(number, store) if store and self.kept and self.identity else self._drawn(number, store)
            self._memory.put((self.key, number), shard)
        return _same(shard, self.shapes)

    def holds(self, number: int, store: Store | None = None) -> bool:
        """Whether shard s is at hand, so that nothing would be drawn for it.

        Args:
            number, store: as in `shard`.
        """
        if self._memory.get((self.key, number)) is not None:
            return True
        if store is None or not self.kept or self.identity is None:
            return False
        return self.shards(store).read(number, self.stored_shapes) is not None

    def keep(self, number: int, store: Store) -> bool:
        """Write shard s into a store, drawn now where no memory has it; False where the store could not take it.

        Args:
            number: s, from 0.
            store: which; parents' shards are read from it, or drawn and kept as well.

        Raises:
            ValueError: the program cannot be traced, or calls back into Python.
        """
        cached = self._memory.get((self.key, number))
        leaves = self._drawn(number, store) if cached is None else cached
        self._memory.put((self.key, number), leaves)
        return self.shards(store).write(number, [np.asarray(leaf) for leaf in leaves])

    def _drawn(self, number: int, store: Store | None) -> list[Any]:
        parents = [parent.shard(number, store) for parent in self.parents]
        with traced(self.name):
            return plain(self.mapped((*shard_keys(self.roots, number), *parents), *self.shared))

    def _stored(self, number: int, store: Store) -> list[Any]:
        shards = self.shards(store)
        leaves = shards.read(number, self.stored_shapes)
        if leaves is not None:
            return [jnp.asarray(leaf) for leaf in leaves]
        fresh = self._drawn(number, store)
        shards.write(number, [np.asarray(leaf) for leaf in fresh])
        return fresh

    def shards(self, store: Store) -> Shards:
        """Where a store keeps this pool.

        Raises:
            ValueError: the program calls back into Python, so that nothing says what its numbers depend on.
        """
        if self.identity is None:
            raise ValueError(f"pool: {self.name} calls back into Python; what cannot be lowered is not stored")
        return store.open(self.identity, self.name)

    @property
    def mapped(self) -> Mapped:
        """The program of many runs, as it was when it was first asked for under JAX's settings of now."""
        return self._now.mapped

    @property
    def identity(self) -> dict[str, Any] | None:
        """All that determines the numbers, as plain JSON; None where the program calls back into Python."""
        return self._now.identity

    @property
    def key(self) -> str:
        """What tells this pool from others within a process."""
        return self._now.key or self._alone

    @property
    def shapes(self) -> Any:
        """A shard's shapes, in the tree that the program returns."""
        return self.mapped.shapes(SHARD)

    @property
    def _now(self) -> "_Traced":
        switches = settings()
        if switches not in self._traces:
            self._traces[switches] = self._traced()
        return self._traces[switches]

    def _traced(self) -> "_Traced":
        runs = (*shard_keys(self.roots, 0), *(parent.shapes for parent in self.parents))
        with traced(self.name):
            mapped = at_this_moment(self.program, runs, *self.shared)
        return _Traced(mapped, self.parents, _environment(self, mapped))

    @functools.cached_property
    def _traces(self) -> dict[Any, "_Traced"]:
        return {}

    @property
    def _memory(self) -> Recent:
        """Shards that all pools of this process share, or where nothing says which are equal, this pool's own."""
        return self._own if self._now.key is None else RECENT

    @functools.cached_property
    def _own(self) -> Recent:
        return Recent(MEMORY)

    @functools.cached_property
    def _alone(self) -> str:
        return f"{self.name}, the {next(_ALONE)}th that calls back"

    @property
    def stored_shapes(self) -> list[jax.ShapeDtypeStruct]:
        """The shapes of a shard's leaves as they are stored."""
        return jax.tree.leaves(jax.eval_shape(plain, self.shapes))

    @property
    def exported(self) -> export.Exported:
        """The program of a whole shard on one device: (s, root data, parents' leaves, shared leaves) → leaves.

        It is what workers run, from its StableHLO alone: neither the learner's code nor a pickle of it is needed there.
        """
        number, roots = jax.ShapeDtypeStruct((), jnp.uint32), [jax.random.key_data(root) for root in self.roots]
        shapes, mapped = [parent.shapes for parent in self.parents], self.mapped
        above = [jax.eval_shape(plain, each) for each in shapes]

        def flat(number: Any, roots: list[Any], parents: list[Any], shared: list[Any]) -> list[Any]:
            keys = [_wrapped(data, root) for data, root in zip(roots, self.roots, strict=True)]
            models = [_same(leaves, each) for leaves, each in zip(parents, shapes, strict=True)]
            runs = (*shard_keys(tuple(keys), number), *models)
            return plain(mapped.in_chunks(runs, *_same(shared, self.shared)))

        with _without_places():
            return export.export(jax.jit(flat))(number, roots, above, plain(self.shared))

    @functools.cached_property
    def _inputs(self) -> str:
        return digest(self.shared)


@dataclasses.dataclass(frozen=True)
class _Traced:
    """A pool's program with what it says of the pool, made at one time."""

    mapped: Mapped
    parents: tuple[Pool, ...]
    around: dict[str, Any]

    @functools.cached_property
    def identity(self) -> dict[str, Any] | None:
        return self._with(self.mapped.digest, [parent.identity for parent in self.parents])

    @functools.cached_property
    def key(self) -> str | None:
        # What lasts as long as this process needs no StableHLO: to lower a program takes longer than to trace it.
        above = [parent._now.key for parent in self.parents]  # pyright: ignore[reportPrivateUsage]
        identity = self._with(self.mapped.fingerprint, above)
        return None if identity is None else hashlib.sha256(canonical(identity).encode()).hexdigest()

    def _with(self, program: str | None, parents: list[Any]) -> dict[str, Any] | None:
        """None where nothing says what the program or a parent's does."""
        unknown = program is None or None in parents
        return None if unknown else self.around | {"program": program, "parents": parents}


_ALONE = itertools.count(1)


def _environment(pool: Pool, mapped: Mapped) -> dict[str, Any]:
    """All that determines a pool's numbers, but its program and its parents."""
    return {
        "runs at a time": mapped.chunk,
        "inputs": pool._inputs,  # pyright: ignore[reportPrivateUsage]
        "roots": [f"{jax.random.key_impl(root)} {_key_hex(root)}" for root in pool.roots],
        "runs in a shard": SHARD,
        "platform": jax.devices()[0].device_kind,
        "processor": processor(),
        "compiler": compiler(),
        "x64": bool(jax.config.read("jax_enable_x64")),
        "versions": {name: importlib.metadata.version(name) for name in ("jax", "jaxlib")},
    }


def shard_keys(roots: tuple[PRNGKeyArray, ...], number: Any) -> tuple[Any, ...]:
    """The keys of a shard's runs, one array `[32]` for each root.

    >>> import jax
    >>> shard_keys((jax.random.key(0),), 1)[0].shape
    (32,)
    """
    return tuple(jax.random.split(jax.random.fold_in(root, number), SHARD) for root in roots)


def plain(tree: Any) -> list[Any]:
    """The leaves of a tree as arrays of numbers: keys as their data.

    >>> import jax
    >>> plain((jax.random.key(0), 1.5))[0].tolist()
    [0, 0]
    """
    return [jax.random.key_data(leaf) if _is_key(leaf) else jnp.asarray(leaf) for leaf in jax.tree.leaves(tree)]


def digest(tree: Any) -> str:
    """SHA-256 of the content of a tree's leaves, with their dtypes and shapes.

    >>> import jax.numpy as jnp
    >>> digest(jnp.ones(2)) == digest(jnp.ones((2, 1)))
    False
    """
    total = hashlib.sha256(str(jax.tree.structure(tree)).encode())
    for leaf in plain(tree):
        array = np.ascontiguousarray(leaf)
        total.update(f"{array.dtype.str}{array.shape}".encode() + array.tobytes())
    return total.hexdigest()


def _same(leaves: list[Any], like: Any) -> Any:
    """Plain leaves in the tree of another, keys restored."""
    shapes, rebuild = jax.tree.flatten(like)
    pairs = zip(leaves, shapes, strict=True)
    return jax.tree.unflatten(rebuild, [_wrapped(a, s) if _is_key(s) else jnp.asarray(a) for a, s in pairs])


def _is_key(leaf: Any) -> bool:
    return hasattr(leaf, "dtype") and jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)


def _wrapped(data: Any, like: Any) -> PRNGKeyArray:
    return jax.random.wrap_key_data(jnp.asarray(data), impl=jax.random.key_impl(like))


def _key_hex(key: PRNGKeyArray) -> str:
    return np.asarray(jax.random.key_data(key)).tobytes().hex()


_PLACES = threading.RLock()


@contextlib.contextmanager
def _without_places() -> Generator[None]:
    """Lower without the files and lines that a program was called from: they are no part of it, nor of its identity."""
    with _PLACES:
        limit = jax.config.jax_traceback_in_locations_limit  # pyright: ignore[reportAttributeAccessIssue]
        jax.config.update("jax_traceback_in_locations_limit", 0)
        try:
            yield
        finally:
            jax.config.update("jax_traceback_in_locations_limit", limit)
