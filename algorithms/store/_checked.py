"""Reading what a pool's folder holds: every file is checked, and one that is damaged is set aside."""

import dataclasses
import hashlib
import json
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from ._files import StoreWarning, complain, read_plain, set_aside
from ._quota import INPUTS, MANIFEST, PROGRAM, shard_name
from ._shards import FORMAT, DamageError, Shard, canonical, decode_shard

_T = TypeVar("_T")

BESIDE = -1
"""The number under which a pool's inputs are encoded: no shard has it."""


@dataclasses.dataclass(frozen=True)
class Damaged:
    """A file that is not what its name says, or cannot be read.

    >>> str(Damaged(Path("shard-00001.safetensors"), "has a wrong checksum", "set aside as x"))
    'shard-00001.safetensors has a wrong checksum; set aside as x'
    """

    file: Path
    why: str
    outcome: str
    error: int = 0

    def __str__(self) -> str:
        return f"{self.file} {self.why}; {self.outcome}"


def identity_id(identity: dict[str, Any]) -> str:
    """The id of the pool with this identity: SHA-256 of its canonical JSON.

    Args:
        identity: everything that its runs depend on: names, numbers, lists and mappings of them.

    Raises:
        ValueError: it holds NaN, an infinity or something that JSON has not.

    >>> identity_id({"root": 0, "learner": "ridge"}) == identity_id({"learner": "ridge", "root": 0})
    True
    """
    try:
        return hashlib.sha256(canonical(identity).encode()).hexdigest()
    except ValueError as error:
        raise ValueError(f"identity: {error}") from error


def manifest_text(pool: str, identity: str, description: str) -> bytes:
    """A pool's description of itself.

    >>> json.loads(manifest_text("ab", '{"root":0}', "ridge"))["identity"]
    {'root': 0}
    """
    note = {"description": description, "format": FORMAT, "id": pool, "identity": json.loads(identity)}
    return (json.dumps(note, ensure_ascii=False, indent=1) + "\n").encode("utf-8", "backslashreplace")


def inspect_shard(
    folder: Path, number: int, like: Sequence[Any] | None
) -> tuple[Shard, list[np.ndarray]] | Damaged | None:
    """A shard, with its arrays where it is said what they are like; None where there is none.

    >>> inspect_shard(Path("nowhere"), 0, None) is None
    True
    """

    def check(data: bytes) -> tuple[Shard, list[np.ndarray]]:
        shard = decode_shard(data, folder.name, number)
        return shard, [] if like is None else shard.arrays(like)

    return _inspect(folder / shard_name(number), check)


def inspect_manifest(folder: Path) -> dict[str, Any] | Damaged | None:
    """A pool's description of itself; None where there is none.

    >>> inspect_manifest(Path("nowhere")) is None
    True
    """
    return _inspect(folder / MANIFEST, lambda data: _parsed(data, folder.name))


def inspect_program(folder: Path) -> tuple[bytes, Shard] | Damaged | None:
    """What workers run: the program's bytes, and the inputs after the program's SHA-256; None where either is absent.

    >>> inspect_program(Path("nowhere")) is None
    True
    """
    inputs = _inspect(folder / INPUTS, lambda data: decode_shard(data, folder.name, BESIDE))
    if not isinstance(inputs, Shard):
        return inputs
    return _inspect(folder / PROGRAM, lambda data: (_sealed(data, inputs), inputs))


def _sealed(program: bytes, inputs: Shard) -> bytes:
    if not inputs.parts or hashlib.sha256(program).digest() != bytes(inputs.parts[0]):
        raise DamageError("is not the program that its inputs were written with")
    return program


def report(store: Path, damage: Damaged) -> None:
    """Warn of a damaged file; of files that cannot be read, once for each cause.

    >>> with warnings.catch_warnings(record=True) as seen:
    ...     warnings.simplefilter("always")
    ...     report(Path("."), Damaged(Path("a"), "has a wrong checksum", "set aside as b"))
    >>> [str(warning.message) for warning in seen]
    ['a has a wrong checksum; set aside as b; what it held is computed anew']
    """
    if damage.error:
        complain(store, f"read {damage.error}", str(damage))
    else:
        warnings.warn(f"{damage}; what it held is computed anew", StoreWarning, stacklevel=3)


def title(folder: Path) -> str:
    """A pool's description, for a listing: nothing is set aside by looking.

    >>> title(Path("nowhere"))
    '(pool.json is missing)'
    """
    try:
        return _parsed(read_plain(folder / MANIFEST)[0], folder.name)["description"]
    except FileNotFoundError:
        return f"({MANIFEST} is missing)"
    except (OSError, DamageError):
        return f"({MANIFEST} is damaged)"


def describe(identity: dict[str, Any]) -> str:
    """The short entries of an identity.

    >>> describe({"learner": "ridge", "root": 0, "program": 64 * "f"})
    'learner ridge, root 0'
    """
    entries = (f"{name} {value}" for name, value in identity.items() if isinstance(value, str | int | float))
    return ", ".join(entry for entry in entries if len(entry) <= 60)[:200]


def _inspect(path: Path, check: Callable[[bytes], _T]) -> _T | Damaged | None:
    status = None
    try:
        data, status = read_plain(path)
        return check(data)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except DamageError as damage:
        return Damaged(path, str(damage), set_aside(path, status))
    except OSError as error:
        return Damaged(path, f"cannot be read ({error.strerror or error})", "it stays where it is", error.errno or -1)


def _parsed(data: bytes, pool: str) -> dict[str, Any]:
    try:
        note = json.loads(data)
        written, named, description = note["format"], note["id"], note["description"]
        sound = pool == named == identity_id(note["identity"]) and isinstance(description, str)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise DamageError("is truncated or no description of a pool") from error
    if written != FORMAT:
        raise DamageError(f"was written by store format {written!r:.20}, this is format {FORMAT}")
    if not sound:
        raise DamageError("describes another pool")
    return note
