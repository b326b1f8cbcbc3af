"""What every test shares: two devices where there are two cores, keys that print their seed, fixed draws."""

import gc
import os
import secrets
import sys
import tempfile
import time
import zlib
from pathlib import Path

import jax
import pytest
from hypothesis import settings
from jaxtyping import PRNGKeyArray
from threadpoolctl import threadpool_limits

from neverseen.properties.testing.profiles import CI

# Must precede the first computation: with two devices the mesh path of the pools is taken.
jax.config.update("jax_num_cpu_devices", min(2, os.cpu_count() or 1))
# Equal programs compile once, whichever worker or child process meets them first, and are kept for the next run; a
# folder set in the caller's shell is taken in place of ours.
_OURS = Path(__file__).parents[1] / ".pytest_cache" / "compiled"
_COMPILED = Path(os.environ.get("JAX_COMPILATION_CACHE_DIR", _OURS))
_KEPT_DAYS = 14
for _name, _value in (
    ("jax_compilation_cache_dir", str(_COMPILED)),
    ("jax_persistent_cache_min_compile_time_secs", 0),
    ("jax_persistent_cache_min_entry_size_bytes", -1),
):
    jax.config.update(_name, _value)
    os.environ[_name.upper()] = str(_value)

# Tracing makes millions of small objects and few of them in circles: at Python's default of one look at the youngest
# for each 700 of them, looking for circles was a fifth of the suite's time.
gc.set_threshold(100_000, 20, 20)

settings.register_profile("seeded", CI)
settings.register_profile("fresh", CI, derandomize=False, print_blob=True)
settings.load_profile("seeded")


def pytest_configure(config: pytest.Config) -> None:
    """Send everything a library caches to a directory that goes when the session ends."""
    if not hasattr(config, "workerinput"):
        _forget_old()
    controls = config.getoption("numprocesses") and not hasattr(config, "workerinput")
    if not controls and not any("stages" in each for each in config.args):
        _compile_quickly()
        # Matrices of a few hundred rows are multiplied sooner by one thread than by two that wait for each other.
        threadpool_limits(1, user_api="blas")
    caches = tempfile.TemporaryDirectory(prefix="neverseen-tests-")
    config.add_cleanup(caches.cleanup)
    os.environ.pop("NEVERSEEN_STORE", None)
    for name in ("XDG_CACHE_HOME", "HYPOTHESIS_STORAGE_DIRECTORY"):
        os.environ[name] = os.path.join(caches.name, name.lower())


def pytest_collection_finish() -> None:
    """What is there before the first test is no litter: it is not looked at again and again."""
    gc.collect()
    gc.freeze()


def _compile_quickly() -> None:
    """Most programs of a test run once, and compiling them for speed takes longer than that does.

    This process alone: others, as users start them, compile as users do. So do the stages, whose workers' numbers are
    those of the process that asked for them.
    """
    flags = os.environ.get("XLA_FLAGS")
    if "xla_backend_optimization_level" in (flags or ""):
        return
    os.environ["XLA_FLAGS"] = f"{flags or ''} --xla_backend_optimization_level=0".strip()
    jax.devices()  # reads them
    del os.environ["XLA_FLAGS"]
    if flags is not None:
        os.environ["XLA_FLAGS"] = flags


def _forget_old() -> None:
    """Programs that no run has compiled for two weeks go: their code has changed since."""
    for program in _COMPILED.glob("*-cache"):
        if time.time() - program.stat().st_mtime > 86400 * _KEPT_DAYS:
            program.unlink(missing_ok=True)


@pytest.fixture(autouse=True)
def nothing_was_looked_at() -> None:
    """A process remembers its looks at saved runs; a test is to be as in a process of its own."""
    records = sys.modules.get("neverseen.properties.saved._records")
    if records is not None:
        records.MEMORY.clear()


@pytest.fixture
def key(request: pytest.FixtureRequest) -> PRNGKeyArray:
    """A key of the test's own; its repr, shown when the test fails, ends in `[0 seed]`.

    The seed is the test's name, or a new one under `--hypothesis-profile=fresh`.
    """
    seeded = zlib.crc32(request.node.nodeid.encode()) >> 1
    return jax.random.key(seeded if settings().derandomize else secrets.randbits(31))
