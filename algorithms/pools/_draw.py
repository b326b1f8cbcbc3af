"""Many runs at once: one compiled program, runs on a leading axis, every core and device used."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import platformdirs
from jaxtyping import Array, Bool, PRNGKeyArray, Shaped

from ...formal.definitions._scenario import Rows
from ..base import Learner, Remover, Trained
from ..programs._programs import begin
from ..programs._traced import traced
from ._map_over_runs import map_over_runs


def use_host_cores() -> None:
    """Make every core of the host a JAX device; call it before JAX is first used.

    Does nothing once JAX has started, or where `jax_num_cpu_devices` was set already.

    >>> use_host_cores()
    """
    if jax.config.jax_num_cpu_devices > 0:  # pyright: ignore[reportAttributeAccessIssue]
        return
    try:
        jax.config.update("jax_num_cpu_devices", os.cpu_count() or 1)
    except RuntimeError:
        # JAX runs already, on the devices it has.
        return


def keep_compiled(folder: Path | str | None = None) -> None:
    """Keep compiled programs between processes: a fresh process loads what an earlier one compiled.

    Args:
        folder: where; by default `JAX_COMPILATION_CACHE_DIR`, or `neverseen/compiled` among the user's caches. A cache
            folder that JAX was already given stays.

    >>> import tempfile
    >>> keep_compiled(tempfile.mkdtemp())
    """
    if jax.config.jax_compilation_cache_dir is None:  # pyright: ignore[reportAttributeAccessIssue]
        home = platformdirs.user_cache_path("neverseen", False, opinion=False) / "compiled"
        path = Path(folder or home)
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError:
            # Nothing to keep them in: programs are compiled each time, and JAX need not say so for each of them.
            return
        jax.config.update("jax_compilation_cache_dir", str(path))
    # A verdict needs a dozen small programs: all of them are worth keeping.
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)


def draw(learner: Learner, rows: Rows, keys: Shaped[PRNGKeyArray, " runs"], *, own: bool = False) -> Trained:
    """One run of the learner for each key.

    Args:
        learner: A.
        rows: the rows of all runs, or with `own` rows for each run on a leading axis.
        keys: `[runs]`, independent.
        own: whether each run has its own rows.

    Returns:
        `Trained` with a leading axis `runs` in every leaf.

    Raises:
        ValueError: the learner cannot be traced, mapped over runs or compiled.

    >>> import jax, jax.numpy as jnp, neverseen as ns
    >>> rows = ns.Rows(jnp.eye(2), jnp.eye(2), jnp.ones(2, bool))
    >>> draw(ns.learners.ridge(), rows, jax.random.split(jax.random.key(0), 5)).params.shape
    (5, 3, 2)
    """
    begin()
    with traced(f"learner {learner}"):
        return map_over_runs(learner.fit, (keys, rows)) if own else map_over_runs(learner.fit, (keys,), rows)


def remove(
    remover: Remover,
    trained: Trained,
    rows: Rows,
    forget: Bool[Array, "*runs n"],
    keys: Shaped[PRNGKeyArray, " runs"],
    extra: dict[str, Any] | None = None,
    *,
    own: bool = False,
) -> Trained:
    """One run of the remover on each trained model.

    Args:
        remover: U.
        trained: with a leading axis `runs`.
        rows, forget, extra: D, S and what the remover needs, shared or with `own` for each run.
        keys: `[runs]`, independent of the training keys.

    Returns:
        `Trained` with a leading axis `runs`.

    Raises:
        ValueError: the remover cannot be traced, mapped over runs or compiled.

    >>> import jax, jax.numpy as jnp, neverseen as ns
    >>> rows, keys = ns.Rows(jnp.eye(2), jnp.eye(2), jnp.ones(2, bool)), jax.random.split(jax.random.key(0), 5)
    >>> models = draw(ns.learners.ridge(), rows, keys)
    >>> remove(ns.removers.newton(), models, rows, jnp.array([True, False]), keys).params.shape
    (5, 3, 2)
    """
    begin()
    with traced(f"remover {remover}"):
        if own:
            return map_over_runs(removal(remover), (keys, trained, rows, forget, extra or {}))
        return map_over_runs(removal(remover), (keys, trained), rows, forget, extra or {})


def removal(remover: Remover) -> Callable[..., Trained]:
    """`(key, trained, rows, forget, extra) -> Trained`: a remover with what it needs as its last argument.

    >>> import neverseen as ns
    >>> removal(ns.removers.newton()) is removal(ns.removers.newton())
    False
    """
    return lambda key, trained, rows, forget, extra: remover(key, trained, rows, forget, **extra)
