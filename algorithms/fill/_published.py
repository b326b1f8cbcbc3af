"""A pool's program and inputs in its folder of a store: all that a worker needs, written once, verified when read."""

import dataclasses
import functools
import hashlib
import importlib.metadata
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import export

from ..pools._pool import Pool, plain
from ..programs._machine import compiler, processor
from ..store._checked import BESIDE, Damaged, identity_id, inspect_manifest, inspect_program, report
from ..store._quota import INPUTS, PROGRAM
from ..store._shards import DamageError, encode_shard
from ..store._store import Shards, Store


def publish(pool: Pool, store: Store) -> None:
    """Write the program and the inputs of a pool and of its parents, where they are not there and sound.

    Args:
        pool: what workers are to draw.
        store: where they find it.

    Raises:
        ValueError: the folder cannot be written, or the program cannot be lowered.
    """
    for parent in pool.parents:
        publish(parent, store)
    shards = pool.shards(store)
    existing = inspect_program(shards.folder)
    if isinstance(existing, Damaged):
        report(store.folder, existing)
    if isinstance(existing, tuple):
        shards.accompany({})
        return
    program = bytes(pool.exported.serialize())
    seal = np.frombuffer(hashlib.sha256(program).digest(), np.uint8)
    inputs = [seal, *(np.asarray(leaf) for leaf in (*plain(pool.roots), *plain(pool.shared)))]
    # The inputs hold the program's hash, so they come last: a pair that does not fit together is seen.
    shards.accompany({PROGRAM: program, INPUTS: encode_shard(shards.id, BESIDE, inputs)})


@dataclasses.dataclass(frozen=True, eq=False)
class Published:
    """A pool as a worker sees it: StableHLO and arrays, no code of its owner's.

    Args:
        shards: where its shards are kept.
        exported: the program of a whole shard.
        roots, shared: its inputs, plain.
        parents: the pools whose shards it takes.
    """

    shards: Shards
    exported: export.Exported
    roots: list[np.ndarray]
    shared: list[np.ndarray]
    parents: "tuple[Published, ...]"

    def draw(self, number: int) -> list[np.ndarray]:
        """The leaves of shard s, computed on one device."""
        parents = [parent.leaves(number) for parent in self.parents]
        return [np.asarray(leaf) for leaf in self._run(np.uint32(number), self.roots, parents, self.shared)]

    def leaves(self, number: int) -> list[np.ndarray]:
        """Shard s as the store has it, or drawn and not kept."""
        stored = self.shards.read(number, self.exported.out_avals)
        return self.draw(number) if stored is None else stored

    @functools.cached_property
    def _run(self) -> Any:
        return jax.jit(self.exported.call)


@functools.lru_cache(maxsize=64)
def published(store: Store, pool: str) -> Published:
    """What was published under a pool's id, ready to run.

    Args:
        store: where.
        pool: the id.

    Raises:
        DamageError: it is not there, or damaged; the driver can publish it again.
        ValueError: this process would compute other numbers: another jax, or another kind of device.
    """
    note, program = inspect_manifest(store.folder / pool), inspect_program(store.folder / pool)
    if not isinstance(note, dict) or not isinstance(program, tuple):
        raise DamageError(f"pool {pool[:12]}: its program or its inputs are absent or damaged")
    identity: dict[str, Any] = note["identity"]
    _same_machine(pool, identity)
    parents = tuple(published(store, identity_id(parent)) for parent in identity["parents"])
    _bind_lapack()
    exported = export.deserialize(bytearray(program[0]))
    roots, above = len(identity["roots"]), sum(len(parent.exported.out_avals) for parent in parents)
    avals = exported.in_avals
    like = [jax.ShapeDtypeStruct((32,), np.uint8), *avals[1 : 1 + roots], *avals[1 + roots + above :]]
    inputs = program[1].arrays(like)
    shards = store.open(identity, note["description"])
    return Published(shards, exported, inputs[1 : 1 + roots], inputs[1 + roots :], parents)


@functools.cache
def _bind_lapack() -> None:
    """Lower a Cholesky factor: JAX 0.9.2 binds LAPACK only then, and a program from elsewhere would crash."""
    jax.jit(jnp.linalg.cholesky).lower(jnp.ones((1, 1)))


def _same_machine(pool: str, identity: dict[str, Any]) -> None:
    """Take over the pool's precision; refuse what cannot be taken over."""
    if bool(jax.config.read("jax_enable_x64")) != identity["x64"]:
        jax.config.update("jax_enable_x64", identity["x64"])
    has = {name: importlib.metadata.version(name) for name in identity["versions"]}
    kind = jax.devices()[0].device_kind
    if has != identity["versions"] or kind != identity["platform"]:
        expected = ", ".join(f"{name} {version}" for name, version in identity["versions"].items())
        actual = ", ".join(f"{name} {version}" for name, version in has.items())
        raise ValueError(
            f"pool {pool[:12]} is of {expected} on {identity['platform']}, "
            f"a worker has {actual} on {kind}; make them alike"
        )
    if processor() != identity["processor"]:
        words = f"pool {pool[:12]} is of processor {identity['processor']}, a worker has {processor()}"
        raise ValueError(f"{words}; draw it on one kind of machine: other kinds round otherwise")
    if compiler() != identity["compiler"]:
        words = f"pool {pool[:12]} is of compiler options {identity['compiler']}, a worker has {compiler()}"
        raise ValueError(f"{words}; give workers the driver's XLA_FLAGS and settings of jax, or neither of them any")
