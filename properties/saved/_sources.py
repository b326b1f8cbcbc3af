"""Arrays from anywhere as sources: a shape, a dtype, and rows that are read when they are asked for."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, cast, runtime_checkable

import numpy as np

from ._identity import COLUMNS, Identity, identities
from ._tables import PerExample, table_of


@runtime_checkable
class ArraySource(Protocol):
    """What an array offers that need not lie in memory; runs are on the leading axis.

    Indexed with an increasing vector of rows, it returns those rows. NumPy's arrays and memory maps are sources.

    >>> isinstance(np.zeros(3), ArraySource)
    True
    """

    @property
    def shape(self) -> tuple[int, ...]:
        """`(runs, …)`."""
        ...

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of its numbers."""
        ...

    def __getitem__(self, rows: Any, /) -> Any:
        """The rows of an increasing vector of numbers."""
        ...


Sources = dict[str, ArraySource]
"""The arrays of one arm by name, as many runs in each."""


class Saved(dict[str, ArraySource]):
    """The arrays of one arm by name, which runs their rows are, and where they lie.

    Args:
        arrays: name → source.
        ids: the identity of each row, where it has one.
        path: the file or folder; None for what is in memory.

    >>> Saved({"loss": np.zeros(2)}, (3, 4)).ids
    (3, 4)
    """

    def __init__(
        self, arrays: Mapping[str, ArraySource], ids: tuple[Identity, ...] | None = None, path: Path | None = None
    ) -> None:
        super().__init__(arrays)
        self.ids, self.path = ids, path


def source_of(value: Any) -> ArraySource:
    """An array of any library as a source, without importing that library.

    Lazily indexed objects (an HDF5 data set) stay on disk. A torch tensor is detached and copied to the host,
    bfloat16 as float32, which holds all its values. All others go through `__array__` or DLPack.

    Args:
        value: an array, a tensor, or nested lists.

    Returns:
        The source.

    Raises:
        ValueError: masked values; nothing that NumPy can read.

    >>> source_of([[1, 2], [3, 4]]).shape
    (2, 2)
    """
    if isinstance(value, np.ma.MaskedArray) and np.ma.is_masked(value):
        raise ValueError(
            "has masked values; fill them with NaN and say diverged='event', or with a number in both arms, such as a "
            "loss at a cap"
        )
    if isinstance(value, PerExample):
        return value
    if hasattr(value, "detach"):
        tensor = cast(Any, value).detach().cpu()
        value = tensor.float() if "bfloat16" in str(tensor.dtype) else tensor
    elif _reads_rows(value):
        return value
    elif hasattr(value, "__dlpack__") and not hasattr(value, "__array__"):
        return cast(ArraySource, np.from_dlpack(value))
    return cast(ArraySource, np.asarray(value))


def sources_of(samples: Any, where: str) -> Saved:
    """Samples given in Python as sources by name: one array, a mapping, or a data frame.

    Args:
        samples: an array; a mapping name → array; an object with `columns` that its index takes.
        where: whose they are, for messages.

    Returns:
        See `checked`.

    Raises:
        ValueError: see `source_of` and `checked`.

    >>> sorted(sources_of({"loss": [1.0, 2.0], "margins": np.zeros((2, 3))}, "removed"))
    ['loss', 'margins']
    """
    if isinstance(samples, Saved):
        return samples
    found: Sources = {}
    for name, value in _items(samples):
        try:
            found[name] = source_of(value)
        except Exception as error:  # each library has kinds of its own
            reason = " ".join(str(error).split())
            raise ValueError(f"{where}: {called(name)} cannot be read as an array ({reason})") from error
    return checked(found, where)


def checked(found: Mapping[str, ArraySource], where: str) -> Saved:
    """The same sources, fit to be compared, in the order of their names.

    An array of records becomes one source for each field, `name.field`, or `field` where the array has no name. One
    array called `seed`, `run`, `id` or the like, of whole numbers or words, says which run each row is: it is no view.

    Args:
        found: name → source; "" for an array without a name.
        where: whose they are, for messages.

    Returns:
        Real numbers with runs on the leading axis, as many in each. Sorted: the order in which a mapping, a folder or
        a file happens to list them is no part of what is compared.

    Raises:
        ValueError: no array; complex numbers, words or objects; no runs; unequal numbers of runs.

    >>> list(checked({"": np.zeros(2, [("margin", float), ("loss", float)])}, "removed"))
    ['loss', 'margin']
    >>> checked({"a": np.zeros(2, complex)}, "removed")
    Traceback (most recent call last):
    ValueError: removed: 'a' is complex128, not real numbers; save real and imaginary parts as two arrays
    >>> checked({"loss": np.zeros(2), "seed": np.array([7, 9])}, "removed").ids
    (7, 9)
    """
    fields = [pair for name, source in found.items() for pair in _fields(name, source)]
    naming = [pair for pair in fields if _names_runs(*pair)]
    fields = [pair for pair in fields if not _names_runs(*pair)]
    if len(naming) > 1:
        raise ValueError(f"{where}: {' and '.join(called(name) for name, _ in naming)} both name the runs; keep one")
    if not fields:
        raise ValueError(f"{where}: holds no array; give at least one")
    for name, source in fields:
        _check(name, source, where)
    lengths = sorted({source.shape[0] for _, source in fields + naming})
    if len(lengths) > 1:
        raise ValueError(f"{where}: arrays of {', '.join(map(str, lengths))} runs; one line each for every run")
    made = dict(sorted(fields, key=lambda pair: pair[0]))
    if len(made) < len(fields):
        raise ValueError(f"{where}: two arrays have one name; rename one")
    return Saved(made, _ids(naming, where))


def called(name: str) -> str:
    """A source's name in a message.

    >>> called("loss"), called("")
    ("'loss'", 'the array')
    """
    return repr(name) if name else "the array"


def _items(samples: Any) -> list[tuple[str, Any]]:
    if isinstance(samples, Mapping):
        return [(str(name), value) for name, value in samples.items()]
    if hasattr(samples, "columns") and hasattr(samples, "__getitem__"):
        return [(str(name), samples[name]) for name in samples.columns]
    if isinstance(samples, list | tuple) and samples and all(isinstance(one, Mapping) for one in samples):
        return [*table_of(cast(Sequence[Mapping[str, Any]], samples)).items()]
    return [("", samples)]


def _reads_rows(value: Any) -> bool:
    """Whether an object outside every array library has rows to be read; DLPack marks those that hold their data."""
    rows = all(hasattr(value, name) for name in ("shape", "__getitem__"))
    return rows and isinstance(getattr(value, "dtype", None), np.dtype) and not hasattr(value, "__dlpack__")


def _fields(name: str, source: ArraySource) -> Iterator[tuple[str, ArraySource]]:
    if source.dtype.names is None:
        yield name, source
        return
    for field in source.dtype.names:
        yield from _fields(f"{name}.{field}" if name else field, cast(ArraySource, source[field]))


def _names_runs(name: str, source: ArraySource) -> bool:
    """Whether an array says which run a row is: by its name, and by what it holds."""
    shape = tuple(source.shape)
    if (
        name.rpartition(".")[2].lower() not in COLUMNS
        or not shape
        or 0 in shape
        or shape not in (shape[:1], (shape[0], 1))
    ):
        return False
    values = np.asarray(source[np.arange(shape[0])])
    if values.dtype.kind == "f":
        return bool((np.isfinite(values) & (values == np.round(values))).all())
    return values.dtype.kind in "iuUSO"


def _ids(naming: list[tuple[str, ArraySource]], where: str) -> tuple[Identity, ...] | None:
    for name, source in naming:
        return identities(
            np.asarray(source[np.arange(source.shape[0])]).reshape(-1).tolist(), f"{where}: {called(name)}"
        )
    return None


def _check(name: str, source: ArraySource, where: str) -> None:
    dtype, shape = source.dtype, tuple(source.shape)
    if isinstance(source, PerExample):
        raise ValueError(
            f"{where}: {called(name)} has a number for each of {shape[0]} examples of one model, and one model shows "
            "nothing of a law; give a folder with such a file for each run, or see neverseen.audit_one_run"
        )
    if not _real(dtype):
        raise ValueError(f"{where}: {called(name)} is {dtype}, not real numbers; {_mend(dtype)}")
    if not shape:
        raise ValueError(f"{where}: {called(name)} has shape (); reshape it to [runs] or [runs, k]")
    if 0 in shape:
        raise ValueError(f"{where}: {called(name)} has shape {shape}; at least one run and one number are needed")


def _real(dtype: np.dtype[Any]) -> bool:
    """Whether NumPy or ml_dtypes (bfloat16, float8) can turn the numbers into doubles."""
    return dtype.kind in "fiub" or (dtype.type.__module__ == "ml_dtypes" and "complex" not in dtype.name)


def _mend(dtype: np.dtype[Any]) -> str:
    if dtype.kind == "c":
        return "save real and imaginary parts as two arrays"
    # numpy.save writes bfloat16 as two bytes without a meaning.
    return "save float32" if dtype.kind == "V" else "save plain numbers"
