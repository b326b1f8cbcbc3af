"""The bytes of one shard: arrays as safetensors under one metadata key, with a checksum that reading verifies."""

import dataclasses
import hashlib
import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from safetensors import deserialize
from safetensors.numpy import save

FORMAT = 1
"""Version of the layout of files and folders; a shard of another version is not read."""

_KEY = "neverseen"  # one key and no second: safetensors writes several in random order
_BITS = {"int": (8, 16, 32, 64), "uint": (8, 16, 32, 64), "float": (16, 32, 64)}
_TAGS = {f"{kind}{bits}": f"{kind[0].upper()}{bits}" for kind, widths in _BITS.items() for bits in widths} | {
    "bool": "BOOL",
    "bfloat16": "BF16",
}

Kind = tuple[str, tuple[int, ...]]
"""The dtype's name and the shape of one leaf."""


class DamageError(Exception):
    """A file is not what its name says; the text says why."""


@dataclasses.dataclass(frozen=True)
class Shard:
    """A shard whose checksum was right: what its leaves are, their bytes, and the checksum over both."""

    kinds: list[Kind]
    parts: list[Any]
    checksum: str

    def arrays(self, like: Sequence[Any]) -> list[np.ndarray]:
        """The leaves as arrays over the bytes that were read.

        Args:
            like: one object with `shape` and `dtype` for each leaf.

        Raises:
            DamageError: the shard holds leaves of other shapes or dtypes.
        """
        dtypes = [np.dtype(leaf.dtype).newbyteorder("<") for leaf in like]
        expected = [(dtype.name, tuple(leaf.shape)) for dtype, leaf in zip(dtypes, like, strict=True)]
        if self.kinds != expected:
            raise DamageError(f"holds {_words(self.kinds, expected)}, wanted are {_words(expected, self.kinds)}")
        return [
            np.ndarray(shape, dtype, buffer=part)
            for (_, shape), dtype, part in zip(self.kinds, dtypes, self.parts, strict=True)
        ]


def canonical(value: Any) -> str:
    """JSON with sorted keys and no white space: equal values give equal text.

    Raises:
        ValueError: the value holds NaN, an infinity or something that JSON has not.

    >>> canonical({"b": (1, 2.0), "a": None})
    '{"a":null,"b":[1,2.0]}'
    """
    try:
        plain = json.loads(json.dumps(value, allow_nan=False))  # so that 1 as a key sorts as the "1" it is read back as
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"not plain JSON ({error}); give names, finite numbers, lists and mappings of them") from error
    return json.dumps(plain, sort_keys=True, separators=(",", ":"))


def encode_shard(pool: str, number: int, leaves: Sequence[Any]) -> bytes:
    """The file of one shard; equal arguments give equal bytes.

    Args:
        pool: the pool's id.
        number: of the shard within the pool.
        leaves: arrays of booleans or numbers.

    Raises:
        ValueError: a leaf holds objects, text, dates, records or extended precision.

    >>> import numpy as np
    >>> decode_shard(encode_shard("ab", 3, [np.arange(2)]), "ab", 3).kinds
    [('int64', (2,))]
    """
    arrays = [_plain(place, leaf) for place, leaf in enumerate(leaves)]
    kinds = [(array.dtype.name, array.shape) for array in arrays]
    checksum = _checksum(kinds, [array.tobytes() for array in arrays])
    note = {"checksum": checksum, "format": FORMAT, "leaves": kinds, "pool": pool, "shard": number}
    return save({_name(place): _stored(array) for place, array in enumerate(arrays)}, {_KEY: canonical(note)})


def decode_shard(data: bytes, pool: str, number: int) -> Shard:
    """The shard in a file's bytes, with everything but the caller's expectation of its leaves checked.

    Raises:
        DamageError: the bytes are truncated, flipped, of another pool, shard or format version.
    """
    try:
        tensors = dict(deserialize(data))
        header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
        note = json.loads(header["__metadata__"][_KEY])
        written, owner, place, checksum = (note[name] for name in ("format", "pool", "shard", "checksum"))
    except Exception as error:  # Rust and JSON raise many kinds; whatever it is, this is no shard
        raise DamageError(f"is truncated or not a shard ({' '.join(str(error).split()):.120})") from error
    if written != FORMAT:
        raise DamageError(f"was written by store format {written!r:.20}, this is format {FORMAT}")
    if (owner, place) != (pool, number):
        raise DamageError(f"is shard {place!r:.20} of pool {owner!r:.20}, a file from elsewhere")
    return _verified(note, tensors, checksum)


def _verified(note: dict[str, Any], tensors: dict[str, Any], checksum: Any) -> Shard:
    try:
        kinds = [(str(name), tuple(int(side) for side in shape)) for name, shape in note["leaves"]]
        parts = [tensors.pop(_name(place)) for place in range(len(kinds))]
    except (KeyError, TypeError, ValueError) as error:
        raise DamageError("has a damaged header") from error
    if tensors or not all(_fits(kind, part) for kind, part in zip(kinds, parts, strict=True)):
        raise DamageError("has a damaged header")
    payload = [part["data"] for part in parts]
    if _checksum(kinds, payload) != checksum:
        raise DamageError("has a wrong checksum")
    return Shard(kinds, payload, checksum)


def _plain(place: int, leaf: Any) -> np.ndarray:
    """A leaf in C order and little-endian."""
    array = np.asarray(leaf)
    if not (array.dtype.kind in "biufc" or array.dtype.isbuiltin == 2) or array.dtype.char in "gG":
        raise ValueError(f"leaf {place} is of dtype {array.dtype}, which cannot be stored; make it plain numbers")
    return np.asarray(array, array.dtype.newbyteorder("<"), order="C")


def _stored(array: np.ndarray) -> np.ndarray:
    """The array as safetensors gets it: what it has no name for goes as bytes on a last axis."""
    if array.dtype.name in _TAGS:
        return array
    return np.ndarray((*array.shape, array.dtype.itemsize), np.uint8, buffer=array.tobytes())


def _fits(kind: Kind, part: dict[str, Any]) -> bool:
    """Whether the tag and shape that safetensors has for a leaf are those its kind leads to."""
    name, shape = kind
    if name in _TAGS:
        return (part["dtype"], tuple(part["shape"])) == (_TAGS[name], shape)
    return (part["dtype"], tuple(part["shape"][:-1])) == ("U8", shape)


def _checksum(kinds: Sequence[Kind], parts: Sequence[Any]) -> str:
    digest = hashlib.sha256(canonical(kinds).encode())
    for part in parts:  # their lengths follow from the kinds, so nothing need part them
        digest.update(part)
    return digest.hexdigest()


def _name(place: int) -> str:
    return f"{place:05d}"


def _words(kinds: Sequence[Kind], other: Sequence[Kind]) -> str:
    """The first leaf of one list that the other has not."""
    if len(kinds) != len(other):
        return f"{len(kinds)} leaves"
    place = next(place for place in range(len(kinds)) if kinds[place] != other[place])
    return f"{kinds[place][0]}{list(kinds[place][1])} as leaf {place}"
