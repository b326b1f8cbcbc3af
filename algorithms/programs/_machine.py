"""What a machine and its settings do to numbers: the processor's kind, the compiler's options, JAX's own switches."""

import functools
import hashlib
import platform
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import jax

_PLACES = "xla_dump_"
"""Options that say where the compiler writes what it does: they change no number."""


@functools.cache
def processor() -> str:
    """The kind of device, and for a CPU the core and the instructions that programs are compiled for.

    >>> len(processor()) > 0
    True
    """
    device = jax.devices()[0]
    if device.platform != "cpu":
        return f"{device.device_kind}, {device.client.platform_version}".replace("\n", " ")
    core, instructions = _target()
    return f"{platform.machine()} {core} {hashlib.sha256(instructions.encode()).hexdigest()[:12]}"


def _target() -> tuple[str, str]:
    """The core's name and its instructions: as the compiler sees them, or else as the operating system does."""
    try:
        from jax._src.lib import xla_client  # pyright: ignore[reportPrivateImportUsage]

        words = xla_client.get_topology_for_devices(jax.devices()).serialize().decode("latin1")
        parts = [word for word in words.replace("\x12", "\x1a").split("\x1a") if word]
        core = "".join(c for c in parts[1] if c.isalnum() or c in "-_.")
        return core, words[words.index("+") :] if "+" in words else words
    except Exception:  # a part of JAX that is no interface: what it is called may change with any version
        return platform.processor() or "unknown", _cpu()


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(errors="replace").splitlines()
    except OSError:
        return platform.processor()
    relevant = {
        line for line in lines if line.partition(":")[0].strip() in ("model name", "flags", "Features", "CPU part")
    }
    return "\n".join(sorted(relevant))


def compiler() -> str:
    """A digest of the options that XLA compiles with: those of `XLA_FLAGS` as it read them, and those of JAX.

    >>> before = compiler()
    >>> jax.config.update("jax_disable_most_optimizations", True); compiler() == before
    False
    >>> jax.config.update("jax_disable_most_optimizations", False); compiler() == before
    True
    """
    jax.devices()  # XLA reads its flags when it starts
    return hashlib.sha256(_options()).hexdigest()[:16]


def _options() -> bytes:
    try:
        from jax._src.compiler import get_compile_options

        options = get_compile_options(num_replicas=1, num_partitions=1)
        debug = options.executable_build_options.debug_options
        for name in [each for each in dir(debug) if each.startswith(_PLACES)]:
            _blank(debug, name)
        debug.xla_force_host_platform_device_count = 1
        return options.SerializeAsString()
    except Exception:  # a part of JAX that is no interface
        import os

        return repr((sorted(os.environ.get("XLA_FLAGS", "").split()), _switches())).encode()


def _blank(options: Any, name: str) -> None:
    value = getattr(options, name)
    setattr(options, name, type(value)())


def settings() -> Hashable:
    """All switches that may change what a function is traced, lowered or compiled to, as they are in this thread now.

    >>> before = settings()
    >>> with jax.default_matmul_precision("highest"):
    ...     settings() == before
    False
    """
    return _context(), compiler(), jax.devices()[0].platform, len(jax.devices())


def _context() -> Hashable:
    try:
        from jax._src.config import trace_context

        return trace_context()
    except Exception:  # a part of JAX that is no interface
        return _switches()


def _switches() -> Hashable:
    return tuple(sorted((name, repr(value)) for name, value in jax.config.values.items()))
