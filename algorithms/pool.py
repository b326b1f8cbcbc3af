"""A pool: runs of one program, shard after shard; each shard is drawn once and shared by all that ask for it."""

import contextlib
import dataclasses
import functools
import hashlib
import importlib.metadata
import threading
from collections.abc import Callable, Generator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import export
from jaxtyping import PRNGKeyArray

from ._traced import traced
from .recent import RECENT
from .spread import chunk_of, in_chunks, spread, vmapped
from .store import Shards, Store

SHARD = 32
"""Runs drawn at a time: the unit that is stored, shared and computed anew."""


@dataclasses.dataclass(frozen=True, eq=False)
class Pool:
    """Runs of `program(*keys, *parents, *shared)`: run j of shard s depends on program, inputs and (s, j) alone.

    Equal pools share their shards: within a process by the program's function object and the content of the inputs,
    and through a store by the program's StableHLO with its constants.

    Args:
        program: one run; the same function object for the same program, or it is drawn anew.
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

    def shard(self, number: int, store: Store | None = None) -> Any:
        """Shard s: from memory, from the store, or drawn now and kept in both.

        Args:
            number: s, from 0.
            store: where shards are kept between processes; None for memory alone.

        Returns:
            What the program returns, with a leading axis of 32 runs.
        """
        found = RECENT.get((self.key, number))
        if found is None:
            found = self._stored(number, store) if store and self.kept and self.identity else self._drawn(number, store)
            RECENT.put((self.key, number), found)
        return found

    def keep(self, number: int, store: Store) -> bool:
        """Write shard s into a store, drawn now where no memory has it; False where the store could not take it.

        Args:
            number: s, from 0.
            store: which; parents' shards are read from it, or drawn and kept as well.

        Raises:
            ValueError: the program cannot be traced, or calls back into Python.
        """
        found = RECENT.get((self.key, number))
        drawn = self._drawn(number, store) if found is None else found
        RECENT.put((self.key, number), drawn)
        return self.shards(store).write(number, [np.asarray(leaf) for leaf in plain(drawn)])

    def _drawn(self, number: int, store: Store | None) -> Any:
        parents = [parent.shard(number, store) for parent in self.parents]
        with traced(self.name):
            return spread(self.program, (*shard_keys(self.roots, number), *parents), *self.shared)

    def _stored(self, number: int, store: Store) -> Any:
        shards = self.shards(store)
        leaves = shards.read(number, self.stored_shapes)
        if leaves is not None:
            return _same(leaves, self.shapes)
        drawn = self._drawn(number, store)
        shards.write(number, [np.asarray(leaf) for leaf in plain(drawn)])
        return drawn

    def shards(self, store: Store) -> Shards:
        """Where a store keeps this pool.

        Raises:
            ValueError: the program calls back into Python, so that nothing says what its numbers depend on.
        """
        if self.identity is None:
            raise ValueError(f"pool: {self.name} calls back into Python; what cannot be lowered is not stored")
        return store.open(self.identity, self.name)

    @functools.cached_property
    def key(self) -> tuple[Any, ...]:
        """What tells this pool from others within a process."""
        above = tuple(parent.key for parent in self.parents)
        return self.program, tuple(_key_hex(root) for root in self.roots), digest(self.shared), above, SHARD

    @functools.cached_property
    def shapes(self) -> Any:
        """A shard's shapes, in the tree that the program returns."""
        runs = (*shard_keys(self.roots, 0), *(parent.shapes for parent in self.parents))
        with traced(self.name):
            return jax.eval_shape(vmapped(self.program, len(runs)), *runs, *self.shared)

    @property
    def stored_shapes(self) -> list[jax.ShapeDtypeStruct]:
        """The shapes of a shard's leaves as they are stored."""
        return jax.tree.leaves(jax.eval_shape(plain, self.shapes))

    @functools.cached_property
    def exported(self) -> export.Exported:
        """The program of a whole shard on one device: (s, root data, parents' leaves, shared leaves) → leaves.

        It is what workers run, from its StableHLO alone: neither the learner's code nor a pickle of it is needed there.
        """
        number, roots = jax.ShapeDtypeStruct((), jnp.uint32), [jax.random.key_data(root) for root in self.roots]
        above = [jax.eval_shape(plain, parent.shapes) for parent in self.parents]
        with _without_places():
            return export.export(jax.jit(self._flat))(number, roots, above, plain(self.shared))

    def _flat(self, number: Any, roots: list[Any], parents: list[Any], shared: list[Any]) -> list[Any]:
        keys = [_wrapped(data, root) for data, root in zip(roots, self.roots, strict=True)]
        above = [_same(leaves, parent.shapes) for leaves, parent in zip(parents, self.parents, strict=True)]
        runs = (*shard_keys(tuple(keys), number), *above)
        rest = _same(shared, self.shared)
        many = vmapped(self.program, len(runs))
        return plain(in_chunks(many, chunk_of(many, runs, rest), runs, *rest))

    @functools.cached_property
    def identity(self) -> dict[str, Any] | None:
        """All that determines the numbers, as plain JSON; None where the program calls back into Python."""
        above = [parent.identity for parent in self.parents]
        _ = self.shapes  # what cannot be traced is told here, with its mend
        try:
            text = self.exported.mlir_module()
        except NotImplementedError:
            return None
        if None in above or "callback" in text:
            return None
        return {
            "program": hashlib.sha256(text.encode()).hexdigest(),
            "inputs": digest(self.shared),
            "roots": [_key_hex(root) for root in self.roots],
            "parents": above,
            "runs in a shard": SHARD,
            "platform": jax.devices()[0].device_kind,
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
