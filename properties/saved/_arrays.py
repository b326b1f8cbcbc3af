"""Saved samples: .npy, .npz and .safetensors files, and logs. No pickles, every fault one line."""

import math
import os
import stat
import struct
import zipfile
from typing import Any, BinaryIO, cast

import numpy as np
import safetensors
from jaxtyping import Int64

from ._sources import ArraySource, Sources
from ._tables import read_table

WHOLE = 1 << 26
"""Bytes of an .npz file up to which it is read whole, checksums included; from larger ones rows are read."""

INFLATED = 1 << 31
"""Bytes to which the compressed members of one .npz file may inflate: they can only be read whole."""

WRITE = "write .npy or .npz with numpy, or .safetensors"
"""What a message about another format advises."""


def read_file(path: str | os.PathLike[str]) -> Sources:
    """The arrays of a file by name; rows are read when they are asked for.

    The first bytes tell a file's format, whatever its suffix is. `.npy` files are memory-mapped, and so are the members
    of an `.npz` of more than 64 MiB that `numpy.savez` wrote; compressed members are read whole. `.safetensors` files
    are read in slices. What is none of them is read by what its name ends in, see `read_table`.

    Args:
        path: a file.

    Returns:
        Sources by name, of any shape; a single array saved without a name is "".

    Raises:
        ValueError: no such file, another format, damaged, empty, more data announced than the file holds, or objects.

    >>> read_file("nowhere.npz")
    Traceback (most recent call last):
    ValueError: nowhere.npz: cannot be read (No such file or directory)
    """
    if os.path.exists(path) and not os.path.isfile(path):
        raise ValueError(f"{path}: cannot be read (it is no regular file); {WRITE}")
    try:
        _plain(path)
        with open(path, "rb") as file:
            found = _load(path, file)
    except OSError as error:
        raise ValueError(f"{path}: cannot be read ({error.strerror or error})") from error
    except Exception as error:  # zipfile, zlib, numpy and safetensors raise a dozen kinds for a damaged or hostile file
        raise ValueError(f"{path}: cannot be read ({_reason(error)})") from error
    if found is None:
        raise ValueError(f"{path}: not an array file (.npy, .npz or .safetensors); {WRITE}")
    return found


def _plain(path: str | os.PathLike[str]) -> None:
    """Refuse a pipe to wait for and a device without an end, before it is opened."""
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise ValueError("it is no regular file, but a folder, a pipe, a socket or a device")


def _load(path: str | os.PathLike[str], file: BinaryIO) -> Sources | None:
    """The file's arrays by the format that its first bytes tell; None where they tell none."""
    start = file.read(9)
    file.seek(0)
    if start[:6] == b"\x93NUMPY":
        return {"": cast(ArraySource, np.lib.format.open_memmap(path, mode="r"))}
    if start[:2] == b"PK":
        return _npz(path, file)
    if start[8:] == b"{" or str(path).endswith(".safetensors"):
        return _safetensors(path)
    if start[:1] == b"\x80":
        raise ValueError(f"it is a pickle, which may run code; {WRITE}")
    return cast(Sources | None, read_table(path))


def _reason(error: Exception) -> str:
    if "Python objects" in str(error):
        return "it holds pickled objects; save plain numbers"
    if "mmap length" in str(error):
        return "it announces more data than it holds; save it again"
    return " ".join(str(error).split()) or type(error).__name__


def _npz(path: str | os.PathLike[str], file: BinaryIO) -> Sources:
    with zipfile.ZipFile(file) as archive:
        members = archive.infolist()
        if any(member.filename.endswith("data.pkl") for member in members):
            raise ValueError("it is a PyTorch file, which is a pickle; write it with safetensors.torch.save_file")
        inflated = sum(member.file_size for member in members if member.compress_type != zipfile.ZIP_STORED)
        if inflated > INFLATED:
            raise ValueError(f"it inflates to {inflated / 2**30:.3g} GiB; numpy.savez and numpy.save need no inflating")
        whole = sum(member.file_size for member in members) <= WHOLE
        found = {m.filename.removesuffix(".npy"): _member(path, file, archive, m, whole) for m in members}
    if len(found) < len(members):
        raise ValueError("two arrays have one name; save them again")
    return {"": found["arr_0"]} if list(found) == ["arr_0"] else found


def _member(
    path: str | os.PathLike[str], file: BinaryIO, archive: zipfile.ZipFile, member: zipfile.ZipInfo, whole: bool
) -> ArraySource:
    """A member in memory, or mapped where it lies in the file as it is."""
    with archive.open(member) as stream:
        shape, fortran, dtype = _header(cast(zipfile.ZipExtFile, stream), member.filename)
        start = stream.tell()
    if dtype.hasobject:
        raise ValueError("it holds pickled objects; save plain numbers")
    if start + math.prod(shape) * dtype.itemsize > member.file_size:
        raise ValueError(f"{member.filename} announces {shape} {dtype}, which is more than it holds; save it again")
    if whole or member.compress_type != zipfile.ZIP_STORED:
        with archive.open(member) as stream:  # opened anew: a stream that has jumped checks no checksum
            return cast(ArraySource, np.lib.format.read_array(stream, allow_pickle=False))
    file.seek(member.header_offset + 26)
    name, extra = struct.unpack("<HH", file.read(4))
    offset = member.header_offset + 30 + name + extra + start
    return cast(ArraySource, np.memmap(path, dtype, "r", offset, shape, "F" if fortran else "C"))


def _header(stream: zipfile.ZipExtFile, name: str) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Shape, Fortran order and dtype of an .npy stream; afterwards it stands at the data."""
    try:
        version = np.lib.format.read_magic(stream)
    except ValueError:
        raise ValueError(f"{name} is no array; write the file with numpy.savez(path, name=array)") from None
    if version == (1, 0):
        return np.lib.format.read_array_header_1_0(stream)
    return np.lib.format.read_array_header_2_0(stream)


def _safetensors(path: str | os.PathLike[str]) -> Sources:
    found = safetensors.safe_open(str(path), framework="numpy")
    return {name: cast(ArraySource, _Tensor(name, found.get_slice(name), found)) for name in found.keys()}  # noqa: SIM118


class _Tensor:
    """A tensor of a .safetensors file, read in slices of consecutive rows."""

    def __init__(self, name: str, found: Any, file: Any) -> None:
        self._found, self._name, self._file = found, name, file
        self.shape = tuple(found.get_shape())
        try:  # one row tells whether NumPy has the tensor's kind of number
            self.dtype = found[:1].dtype if self.shape and 0 not in self.shape else np.dtype(float)
        except Exception as error:
            raise ValueError(f"{name!r} is {found.get_dtype()}, which numpy cannot read; save it as F32") from error

    def __getitem__(self, rows: Int64[np.ndarray, " m"]) -> np.ndarray:
        """The rows, in as many slices as there are gaps between them."""
        spans = np.split(rows, np.flatnonzero(np.diff(rows) != 1) + 1)
        return np.concatenate([self._found[int(span[0]) : int(span[-1]) + 1] for span in spans])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.asarray(self._file.get_tensor(self._name), dtype)
