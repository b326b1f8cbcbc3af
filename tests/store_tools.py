"""What the tests of the store share: small pools, one way to damage a file, and runs in processes of their own."""

import subprocess
import sys
import textwrap
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from neverseen.algorithms.store._quota import shard_name
from neverseen.algorithms.store._store import Shards, Store, StoreWarning

IDENTITY: dict[str, Any] = {"learner": "ridge", "root": 0, "program": 64 * "f", "width": 32}


def leaves(number: int, size: int = 6) -> list[np.ndarray]:
    """A shard's leaves: different for each number."""
    rng = np.random.default_rng(number)
    return [rng.normal(size=(4, size)).astype(np.float32), np.arange(4, dtype=np.uint32) + number]


def filled(folder: Path, shards: int = 1, root: int = 0, size: int = 6) -> Shards:
    """A pool with shards 0, 1, …"""
    pool = Store(folder).open(IDENTITY | {"root": root})
    assert all(pool.write(number, leaves(number, size)) for number in range(shards))
    return pool


def same(found: list[np.ndarray] | None, wanted: list[np.ndarray]) -> bool:
    """Whether leaves agree in dtype, shape and every bit."""
    kinds = [(leaf.dtype, leaf.shape, leaf.tobytes()) for leaf in wanted]
    return found is not None and [(leaf.dtype, leaf.shape, leaf.tobytes()) for leaf in found] == kinds


def shard_file(pool: Shards, number: int = 0) -> Path:
    return pool.folder / shard_name(number)


def flip(path: Path, place: int, bit: int = 0) -> None:
    """Flip one bit of a file; places count from the end when negative."""
    data = bytearray(path.read_bytes())
    data[place] ^= 1 << bit
    path.write_bytes(data)


def others(folder: Path) -> list[str]:
    """Names in a pool's folder that are neither shards nor its description."""
    return sorted(path.name for path in folder.iterdir() if path.name[:5] not in ("shard", "pool."))


def warned(act: Any) -> tuple[Any, list[str]]:
    """What a call returned, and its warnings, which must be one line each and our own."""
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        result = act()
    assert all(issubclass(warning.category, StoreWarning) for warning in seen), seen
    lines = [str(warning.message) for warning in seen]
    assert not any("\n" in line for line in lines)
    return result, lines


def start(script: str, *args: object) -> "subprocess.Popen[str]":
    """A Python process of its own."""
    command = [sys.executable, "-W", "ignore:os.fork:RuntimeWarning", "-c", textwrap.dedent(script), *map(str, args)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(process: "subprocess.Popen[str]") -> str:
    """What it printed, once it has ended well."""
    out, err = process.communicate(timeout=100)
    assert process.returncode == 0, err
    return out
