"""Many runs at once: one compiled program, runs as a vmapped axis, every device through the mesh axis `runs`."""

import functools
import os
from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from jax import lax
from jax.sharding import AxisType, Mesh, PartitionSpec
from jaxtyping import Array, Bool, PRNGKeyArray, Shaped

from ..formal.scenario import Rows
from .base import Learner, Remover, Trained

WIDTH = 8
"""Runs trained side by side on one CPU device: their working set should fit its cache."""


def use_host_cores() -> None:
    """Make every core of the host a JAX device; call it before JAX is first used.

    Does nothing once JAX has started, or where `jax_num_cpu_devices` was set already.

    >>> use_host_cores()
    """
    if jax.config.jax_num_cpu_devices > 0:
        return
    try:
        jax.config.update("jax_num_cpu_devices", os.cpu_count() or 1)
    except RuntimeError:
        # JAX runs already, on the devices it has.
        return


def fit_many(learner: Learner, keys: Shaped[PRNGKeyArray, " runs"], rows: Rows, *, own: bool = False) -> Trained:
    """One run of the learner for each key.

    Args:
        learner: A.
        keys: `[runs]`, independent.
        rows: the rows of all runs, or with `own` rows for each run on a leading axis.
        own: whether each run has its own rows.

    Returns:
        `Trained` with a leading axis `runs` in every leaf.

    >>> import jax, jax.numpy as jnp, neverseen as ns
    >>> rows = ns.Rows(jnp.eye(2), jnp.eye(2), jnp.ones(2, bool))
    >>> fit_many(ns.learners.ridge(), jax.random.split(jax.random.key(0), 5), rows).params.shape
    (5, 3, 2)
    """
    if own:
        return spread(_fit_own(learner), (keys, rows))
    return spread(_fit(learner), keys, rows)


def remove_many(
    remover: Remover,
    keys: Shaped[PRNGKeyArray, " runs"],
    trained: Trained,
    rows: Rows,
    forget: Bool[Array, "*runs n"],
    extra: dict[str, Any],
    *,
    own: bool = False,
) -> Trained:
    """One run of the remover on each trained model.

    Args:
        remover: U.
        keys: `[runs]`, independent of the training keys.
        trained: with a leading axis `runs`.
        rows, forget, extra: D, S and what the remover needs, shared or with `own` for each run.

    Returns:
        `Trained` with a leading axis `runs`.

    >>> import jax, jax.numpy as jnp, neverseen as ns
    >>> rows, keys = ns.Rows(jnp.eye(2), jnp.eye(2), jnp.ones(2, bool)), jax.random.split(jax.random.key(0), 5)
    >>> models = fit_many(ns.learners.ridge(), keys, rows)
    >>> remove_many(ns.removers.newton(), keys, models, rows, jnp.array([True, False]), {}).params.shape
    (5, 3, 2)
    """
    if own:
        return spread(_remove_own(remover), (keys, trained, rows, forget, extra))
    return spread(_remove(remover), (keys, trained), rows, forget, extra)


def spread(program: Callable[..., Any], runs: Any, *shared: Any) -> Any:
    """Map `program(run, *shared)` over the leading axis of `runs`, on all devices.

    On CPU each device takes `WIDTH` runs at a time; an accelerator takes all of its runs at once.

    Args:
        program: one run; the same function object each time, or it compiles anew.
        runs: pytree with a leading axis `runs`.
        shared: passed to every run.

    Returns:
        The results, with a leading axis `runs`.

    >>> import jax.numpy as jnp
    >>> spread(jnp.add, jnp.arange(3), jnp.ones(())).tolist()
    [1.0, 2.0, 3.0]
    """
    devices = jax.devices()
    count = len(jax.tree.leaves(runs)[0])
    share = -(-count // len(devices))
    width = min(WIDTH, share) if devices[0].platform == "cpu" else share
    padded = -(-share // width) * width * len(devices)
    # A short block is filled up with its own runs, which are thrown away: every program has one shape.
    cyclic = np.arange(padded) % count
    filled = runs if padded == count else jax.tree.map(lambda leaf: leaf[cyclic], runs)
    out = _program(program, width, len(devices))(filled, *shared)
    return out if padded == count else jax.tree.map(lambda leaf: leaf[:count], out)


def compiled_programs() -> int:
    """How many programs pools have compiled in this process.

    >>> compiled_programs() >= 0
    True
    """
    return sum(program._cache_size() for program in _PROGRAMS)


_PROGRAMS: list[Any] = []


@functools.lru_cache(maxsize=256)
def _program(program: Callable[..., Any], width: int, devices: int) -> Callable[..., Any]:
    """The compiled map: chunks of `width` runs, one after another, on every device."""
    mesh = Mesh(np.asarray(jax.devices()[:devices]), ("runs",), axis_types=(AxisType.Auto,))

    def on_device(runs: Any, *shared: Any) -> Any:
        return lax.map(lambda run: program(run, *shared), runs, batch_size=width)

    def everywhere(runs: Any, *shared: Any) -> Any:
        each, whole = PartitionSpec("runs"), PartitionSpec()
        specs = (each, *(whole for _ in shared))
        return jax.shard_map(on_device, mesh=mesh, in_specs=specs, out_specs=each, check_vma=False)(runs, *shared)

    compiled = jax.jit(everywhere)
    _PROGRAMS.append(compiled)
    return compiled


@functools.lru_cache(maxsize=256)
def _fit(learner: Learner) -> Callable[..., Trained]:
    return lambda key, rows: learner.fit(key, rows)


@functools.lru_cache(maxsize=256)
def _fit_own(learner: Learner) -> Callable[..., Trained]:
    return lambda run: learner.fit(*run)


@functools.lru_cache(maxsize=256)
def _remove(remover: Remover) -> Callable[..., Trained]:
    return lambda run, rows, forget, extra: remover(run[0], run[1], rows, forget, **extra)


@functools.lru_cache(maxsize=256)
def _remove_own(remover: Remover) -> Callable[..., Trained]:
    return lambda run: remover(*run[:4], **run[4])
