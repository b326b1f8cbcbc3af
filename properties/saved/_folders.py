"""Saved samples by path: one file, a folder of views, or a folder with a file or a folder for each run."""

import math
import os
import re
from collections import Counter
from pathlib import Path
from typing import cast

import numpy as np
from jaxtyping import Int64

from ._arrays import WHOLE, WRITE, read_file
from ._identity import identities, numbered
from ._sources import ArraySource, Saved, Sources, called, checked

RECORD = ".looks.json"
"""How the name of a record of looks ends; it is no file of runs."""

_FEW = 20
_NO_RUN = re.compile(r"(epoch|step|iter|layer|checkpoint|ckpt|fold|block)[^a-z]*\d", re.IGNORECASE)
_SAY = "say layout='runs' or layout='views' (--layout)"


def read(path: str | os.PathLike[str], layout: str | None = None) -> Saved:
    """The arrays of a file or a folder, by name; rows are read when they are asked for.

    A folder whose files have names that differ in a number alone, and arrays of one shape, holds **runs**: file
    `run_017.npy` is run 17, and its arrays are stacked under a new leading axis. So does a folder of folders, one for
    each run. Any other folder holds **views**: each file is an array of all runs, named by its stem (`stem.name` for
    each array of a file that holds several). What could be either is refused. Files whose names begin with a dot, and
    records of looks, are left out.

    Args:
        path: a file (see `read_file`) or a folder.
        layout: what each file of a folder is, where its names do not tell.

    Returns:
        Sources `[runs, …]` by name, and the identity of each run where files or a column tell it.

    Raises:
        ValueError: see `read_file`; a folder that can be read in two ways; runs of unequal shapes; an array that is
            not real numbers with runs on the leading axis.

    >>> read("nowhere.npz")
    Traceback (most recent call last):
    ValueError: nowhere.npz: cannot be read (No such file or directory)
    """
    if layout not in (None, "runs", "views"):
        raise ValueError(f"layout: {layout!r} is not 'runs' or 'views'")
    place = Path(path)
    if not os.path.isdir(path):
        found = checked(read_file(path), str(path))
        return Saved(found, found.ids, place)
    entries = sorted(e for e in place.iterdir() if not e.name.startswith(".") and not e.name.endswith(RECORD))
    if not entries:
        raise ValueError(f"{path}: holds no file; {WRITE}")
    folders = [entry for entry in entries if entry.is_dir()]
    if folders and len(folders) < len(entries):
        raise ValueError(f"{path}: holds files and folders; keep one file, or one folder, for each run")
    if folders and layout == "views":
        raise ValueError(f"{path}: holds folders, which are runs; a view is a file")
    found = (
        _runs(place, entries) if folders or _holds_runs(place, entries, layout) else checked(_views(entries), str(path))
    )
    return Saved(found, found.ids, place)


def _holds_runs(path: Path, files: list[Path], layout: str | None) -> bool:
    """Whether each file is a run; an error where that cannot be told."""
    if layout is not None:
        return layout == "runs"
    stems = [file.stem for file in files]
    numbers = numbered(stems)
    if len(files) < 2 or (numbers is None and len(files) < _FEW):
        return False
    shapes = [_shapes(file) for file in files]
    if any(shape != shapes[0] for shape in shapes):
        if numbers is None or _one_length(shapes):
            return False  # views of several shapes, or an error of `checked`
        odd = next(i for i, shape in enumerate(shapes) if shape != shapes[0])
        raise ValueError(
            f"{files[odd]}: {_told(shapes[odd])}, but {files[0].name} {_told(shapes[0])}; save all runs alike"
        )
    either = numbers is None or any(_NO_RUN.search(stem) for stem in stems)
    if either or (len(files) < _FEW and _longest(shapes[0]) >= _FEW):
        raise ValueError(f"{path}: {len(files)} files of one shape may be runs or views; {_SAY}")
    return True


def _shapes(file: Path) -> dict[str, tuple[int, ...]]:
    return {name: tuple(source.shape) for name, source in read_file(file).items()}


def _one_length(shapes: list[dict[str, tuple[int, ...]]]) -> bool:
    """Whether all arrays have one leading axis, as views have."""
    return len({shape[:1] for file in shapes for shape in file.values()}) == 1


def _longest(shapes: dict[str, tuple[int, ...]]) -> int:
    return max((shape[0] for shape in shapes.values() if shape), default=0)


def _told(shapes: dict[str, tuple[int, ...]]) -> str:
    return "has " + ", ".join(f"{called(name)} of shape {shape}" for name, shape in shapes.items())


def _runs(path: Path, entries: list[Path]) -> Saved:
    """The runs stacked, in the order of their names; each keeps its number or name."""
    kinds = Counter(entry.suffix for entry in entries if not entry.is_dir())
    if len(kinds) > 1:
        raise ValueError(f"{path}: holds {' and '.join(sorted(kinds))} files; save all runs alike")
    ids = identities([e.name if e.is_dir() else e.stem for e in entries], str(path))
    first = read_run(entries[0])
    for entry in entries[1:]:
        other = read_run(entry)
        for one, name in ((first, entries[0]), (other, entry)):
            for view in {*first, *other} - set(one):
                raise ValueError(f"{name}: lacks {called(view)}, which other runs have; save all runs alike")
        for view, source in other.items():
            if tuple(source.shape) != tuple(first[view].shape):
                shapes = tuple(source.shape), tuple(first[view].shape)
                raise ValueError(
                    f"{entry}: {called(view)} is {shapes[0]}, in {entries[0].name} {shapes[1]}; save all alike"
                )
    found = checked({view: _stacked(entries, view, source) for view, source in first.items()}, str(path))
    return Saved(found, ids)


def read_run(entry: Path) -> Sources:
    """The arrays of one run, of any shape: of a file, or of a folder's files.

    Raises:
        ValueError: see `read_file`; an empty folder; two files of one name.

    >>> read_run(Path("nowhere.npz"))
    Traceback (most recent call last):
    ValueError: nowhere.npz: cannot be read (No such file or directory)
    """
    if not entry.is_dir():
        return read_file(entry)
    files = sorted(file for file in entry.iterdir() if not file.name.startswith("."))
    if not files:
        raise ValueError(f"{entry}: holds no file; {WRITE}")
    return _views(files)


def _views(files: list[Path]) -> Sources:
    found: Sources = {}
    for file in files:
        inside = read_file(file)
        for name, source in inside.items():
            view = file.stem if len(inside) == 1 else f"{file.stem}.{name}"
            if view in found:
                raise ValueError(f"{file}: another file of the folder holds {view!r}; rename one")
            found[view] = source
    return found


def _stacked(entries: list[Path], view: str, one: ArraySource) -> ArraySource:
    """One array of all runs: in memory, or read run by run where it is large."""
    stack = _Stack(tuple(entries), view, tuple(one.shape), one.dtype)
    if len(entries) * math.prod(one.shape) * one.dtype.itemsize > WHOLE:
        return stack
    return cast(ArraySource, stack[np.arange(len(entries))])


class _Stack:
    """An array of which each row lies in a file or folder of its own."""

    def __init__(self, entries: tuple[Path, ...], view: str, shape: tuple[int, ...], dtype: np.dtype) -> None:
        self._entries, self._view = entries, view
        self.shape, self.dtype = (len(entries), *shape), dtype

    def __getitem__(self, rows: Int64[np.ndarray, " m"]) -> np.ndarray:
        """The rows; each file is opened for as long as it is read."""
        return np.stack([np.asarray(read_run(self._entries[row])[self._view]) for row in rows])
