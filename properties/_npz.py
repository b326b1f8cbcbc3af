"""Samples from .npz files: no pickles, every fault one line."""

import os
from typing import Any, BinaryIO

import numpy as np

Samples = dict[str, np.ndarray]


def read(path: str | os.PathLike[str]) -> Samples:
    """The arrays of a file by name.

    Args:
        path: written by `numpy.savez`; each array `[runs]` or `[runs, k]`.

    Returns:
        Every array by its name; one saved without a name is `arr_0`.

    Raises:
        ValueError: no such file, not an .npz, damaged, empty, or an array that is not numbers with runs on
            the leading axis.

    >>> read("nowhere.npz")
    Traceback (most recent call last):
    ValueError: nowhere.npz: cannot be read (No such file or directory)
    """
    try:
        with open(path, "rb") as file:
            samples = _load(file) if file.read(2) == b"PK" else None
    except OSError as error:
        raise ValueError(f"{path}: cannot be read ({error.strerror or error})") from error
    except Exception as error:  # zipfile, zlib and numpy raise a dozen kinds for a damaged or hostile file
        reason = "it holds pickled objects; save plain numbers" if "pickle" in str(error) else error
        raise ValueError(f"{path}: cannot be read ({reason})") from error
    if samples is None:
        raise ValueError(f"{path}: not an .npz file; write one with numpy.savez(path, name=array)")
    if not samples:
        raise ValueError(f"{path}: holds no array; write one with numpy.savez(path, name=array)")
    return {name: _checked(path, name, array) for name, array in samples.items()}


def _load(file: BinaryIO) -> dict[str, Any]:
    file.seek(0)
    with np.load(file, allow_pickle=False) as found:
        return {name: found[name] for name in found.files}


def _checked(path: str | os.PathLike[str], name: str, array: Any) -> np.ndarray:
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiub":
        kind = array.dtype if isinstance(array, np.ndarray) else "no array"
        raise ValueError(f"{path}: {name!r} is {kind}, not real numbers")
    if array.ndim not in (1, 2):
        raise ValueError(f"{path}: {name!r} has shape {array.shape}; reshape it to [runs] or [runs, k]")
    return array
