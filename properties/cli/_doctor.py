"""`neverseen doctor`: what is installed, on which devices, what is kept where, and whether a check comes out right."""

import argparse
import importlib.metadata
import json
import os
import platform
import sys
import time
from typing import Any

import jax

from ...algorithms.learners import nearest_neighbour
from ...algorithms.pools import keep_compiled
from ...algorithms.removers import do_nothing, retrain
from ...algorithms.store import Store
from ...formal import Status, Untraining
from ...formal._tabled import aligned
from ..checks import check
from ..scenarios import figure1
from . import _terminal
from ._flags import Command, cli_options
from ._requirements import missing
from ._running import start

_STATUS = """\
exit status: 0 sound, 1 a requirement is missing or the self-check came out wrong, 2 JAX cannot start or usage, 70 a
fault of ours, 130 Ctrl-C"""

_PACKAGES = ("jax", "jaxlib", "flax", "optax", "numpy", "scipy", "scikit-learn", "hypothesis")
_ENVIRONMENT = ("NEVERSEEN_STORE", "JAX_PLATFORMS", "JAX_COMPILATION_CACHE_DIR", "JAX_ENABLE_X64", "NO_COLOR")


def doctor(store: str | None = None) -> dict[str, Any]:
    """Versions, devices, folders, what is missing, and the self-check.

    Args:
        store: the store's folder; that of other commands when left out, "none" for none.

    >>> sorted(doctor("none"))
    ['cache', 'devices', 'environment', 'missing', 'self-check', 'store', 'versions']
    """
    start()
    keep_compiled()
    cache = jax.config.jax_compilation_cache_dir  # pyright: ignore[reportAttributeAccessIssue]
    return {
        "versions": {
            "neverseen": importlib.metadata.version("neverseen"),
            "python": platform.python_version(),
            "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        }
        | {name: importlib.metadata.version(name) for name in _PACKAGES},
        "devices": [f"{device.platform}: {device.device_kind}" for device in jax.devices()],
        "cache": _place(cache),
        "store": "none" if store == "none" else _place(Store(store).folder),
        "missing": missing(),
        "environment": {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
        "self-check": _self_check(),
    }


def _place(folder: Any) -> str:
    """A folder, what it takes, and whether it can be written."""
    if folder is None:
        return "none: nothing can be kept"
    if not os.path.isdir(folder):
        return f"{folder} (made when first used)"
    size = sum(os.path.getsize(os.path.join(at, name)) for at, _, names in os.walk(folder) for name in names)
    return f"{folder} ({size / 2**20:.1f} MiB{'' if os.access(folder, os.W_OK) else ', NOT WRITABLE'})"


def _self_check() -> dict[str, Any]:
    """Doing nothing must be refuted, and a retrain must not: a scenario of a few rows, at most 64 pairs."""
    begun = time.monotonic()
    claim, learner, scenario = Untraining(1.0, 0.05), nearest_neighbour(), figure1()
    found = [check(claim, remover, learner, scenario, budget=64) for remover in (do_nothing(), retrain())]
    right = found[0].status is Status.REFUTED and found[1].status is not Status.REFUTED
    statuses = {"doing nothing": found[0].status.name, "a retrain": found[1].status.name}
    return {"right": right, "found": statuses, "seconds": round(time.monotonic() - begun, 1)}


def _lines(found: dict[str, Any]) -> list[tuple[str, str]]:
    """What is shown of it, a line for each."""
    devices = found["devices"]
    kinds = ", ".join(f"{devices.count(kind)} × {kind}" for kind in dict.fromkeys(devices))
    rows = [*found["versions"].items(), ("devices", kinds), ("compiled programs", found["cache"])]
    rows += [("store", found["store"]), *found["environment"].items()]
    for extra, lacking in found["missing"].items():
        if extra:
            remedy = f"not installed: {', '.join(lacking)}; pip install 'neverseen[{extra}]'"
            rows.append((f"extra {extra}", remedy if lacking else "there"))
        elif lacking:
            rows.append(("MISSING", f"{', '.join(lacking)}; pip install --upgrade neverseen"))
    own = found["self-check"]
    nothing, again = own["found"].values()
    said = f"doing nothing is {nothing} (it must be REFUTED), a retrain {again} (it must not), in {own['seconds']:g} s"
    return [*rows, ("self-check", f"{'right' if own['right'] else 'WRONG'}: {said}")]


def _arguments(parser: argparse.ArgumentParser) -> None:
    """What it takes."""
    cli_options(parser, "--store", help="the store's folder (default NEVERSEEN_STORE or the cache)")
    cli_options(parser, "--json")


def _run(args: argparse.Namespace) -> int:
    """Examine, and show it."""
    found = doctor(args.store)
    if args.json:
        _terminal.write_json(json.dumps(found, ensure_ascii=False, indent=1))
    else:
        cells = [(name, _terminal.printable(words)) for name, words in _lines(found)]
        _terminal.write("\n".join(aligned(cells)))
    sound = found["self-check"]["right"] and not found["missing"][""]
    if not sound:
        print("neverseen: this installation is not sound; see above", file=sys.stderr)
    return 0 if sound else 1


DOCTOR = Command(
    "doctor", doctor, "show versions, devices, folders and what is missing, and try a check", _STATUS, _arguments, _run
)
