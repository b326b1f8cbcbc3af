"""What determines a verdict's numbers, recorded with it."""

import importlib.metadata
import platform
from typing import Any

import jax


def environment() -> dict[str, Any]:
    """Versions, platform, devices and precision.

    >>> sorted(environment())
    ['devices', 'machine', 'platform', 'versions', 'x64']
    """
    names = ("neverseen", "jax", "jaxlib", "numpy", "flax", "optax")
    versions = {name: importlib.metadata.version(name) for name in names} | {"python": platform.python_version()}
    return {
        "versions": versions,
        "platform": jax.devices()[0].platform,
        "devices": len(jax.devices()),
        "machine": platform.machine(),
        "x64": bool(jax.config.read("jax_enable_x64")),
    }
