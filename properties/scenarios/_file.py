"""A scenario from a file of one's own: a table in text or Parquet, or arrays."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np

from ...formal._columnar import parquet, separated
from ...formal.definitions._columns import Frame, is_words, set_given
from ...formal.definitions._given import short
from ...formal.definitions._scenario import Scenario

FILES = (".csv", ".tsv", ".parquet", ".npz")
"""What a table's name may end in."""

INPUTS = "x"
"""The array of an .npz file that is the inputs; where there is none, all that nothing else names are columns."""


def from_file(
    path: str | os.PathLike[str],
    labels: str,
    forget: str,
    behaviour: str | None = None,
    inputs: Sequence[str] | None = None,
    name: str | None = None,
) -> Scenario:
    """A scenario from a table on the disk: `.csv`, `.tsv`, `.parquet`, or `.npz` of one array to a column.

    Args:
        path: of the file. A text file's first line names the columns; an array `x [n, ...]` of `.npz` is the inputs.
        labels: the column to be predicted: words and whole numbers are classes, one-hot in the order in which they sort
            (numbers by size); other numbers are themselves.
        forget: S, a column of flags (1 and 0, yes and no, true and false), or `COLUMN=VALUE` for the rows of a group.
        behaviour: S_full, likewise; S itself when left out.
        inputs: the columns that models are given; all that nothing else names when left out.
        name: for reports; the file's when left out.

    Returns:
        The scenario.

    Raises:
        ValueError: no such file or column; a column of words among the inputs; a value that is missing.

    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "patients.csv")
    ...     _ = path.write_text("age,ill,clinic,asked\\n30,no,A,1\\n41,yes,B,0\\n52,no,A,0\\n")
    ...     from_file(path, labels="ill", forget="asked", behaviour="clinic=A")
    patients.csv(n=3, |S|=1, |S_full|=2)
    """
    place = path_given(path)
    _admit(labels=labels, forget=forget)
    _admit(**{key: said for key, said in (("behaviour", behaviour), ("name", name)) if said is not None})
    if inputs is not None:
        if not isinstance(cast(Any, inputs), (list, tuple)) or not inputs:
            raise ValueError(f"inputs: {short(inputs)} is no list of columns; give their names")
        for each in inputs:
            _admit(inputs=each)
    try:
        columns = _columns(place)
        frame, size = Frame.of(columns), len(next(iter(columns.values())))
        assert frame is not None
        sets = {"forget": forget, "behaviour": forget if behaviour is None else behaviour}
        named = {argument: _named(said, frame) for argument, said in sets.items()}
        taken = {labels} | {one if isinstance(one, str) else one[0] for one in named.values()}
        y, classes = _labels(frame.column(labels, "labels"))
        masks: dict[str, Any] = {argument: set_given(one, size, argument, frame) for argument, one in named.items()}
        x = _inputs(frame, taken, inputs)
        return Scenario.build(x, y, **masks, classes=classes, name=name or place.name)
    except ValueError as error:
        raise ValueError(f"{place}: {error}") from error


def path_given(path: Any, name: str = "path") -> Path:
    """A path, from a word or a path.

    Raises:
        ValueError: anything else, or one that no line can say.

    >>> path_given("a.csv").suffix
    '.csv'
    """
    said = str(path) if isinstance(path, (str, os.PathLike)) else ""
    # What the system takes for a name: 255 bytes.
    if not said or not said.isprintable() or max(map(len, os.fsencode(said).split(b"/"))) > 255 or len(said) > 1024:
        raise ValueError(f"{name}: {short(path)} names no file; give a path")
    return Path(said)


def _admit(**words: Any) -> None:
    for name, said in words.items():
        if not isinstance(said, str) or not said:
            raise ValueError(f"{name}: {short(said)} is no word; give the name of a column")


def _columns(path: Path) -> Mapping[str, Any]:
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise ValueError(f"a table's name ends in {', '.join(FILES)}")
    if not path.is_file():
        raise ValueError("there is no such file")
    try:
        found = reader(path)
    except ValueError as error:
        raise ValueError(" ".join(str(error).split())[:120]) from error
    except Exception as error:  # a broken archive, and each library of tables, raises what it likes
        raise ValueError(f"it cannot be read ({' '.join(str(error).split())[:80]})") from error
    if not found:
        raise ValueError("it holds no column")
    return found


def _named(said: str, frame: Frame) -> str | tuple[str, str]:
    """A column, or a column and a value; a column whose own name has an equals sign is a column."""
    column, equals, value = said.partition("=")
    return (column, value) if equals and said not in frame.names else said


def _labels(column: np.ndarray) -> tuple[Any, Any]:
    """The targets, and the classes where words or whole numbers are classes."""
    if is_words(column):
        return column, None
    if column.dtype.kind == "f" and not (np.isfinite(column) & (column == np.floor(column))).all():
        return column, None
    whole = column.astype(int)
    return whole, sorted(set(whole.tolist()))


def _inputs(frame: Frame, taken: set[str], inputs: Sequence[str] | None) -> np.ndarray:
    if inputs is None and INPUTS in frame.names and np.ndim(frame.columns[INPUTS]) > 1:
        return np.asarray(frame.columns[INPUTS])
    wanted = [name for name in frame.names if name not in taken] if inputs is None else list(inputs)
    for name in wanted:
        frame.column(name, "inputs")
    return frame.inputs(set(frame.names) - set(wanted))


def _arrays(path: Path) -> dict[str, np.ndarray]:
    with np.load(path, allow_pickle=False) as arrays:
        return dict(arrays)


_READERS: dict[str, Callable[[Path], Mapping[str, Any]]] = {
    ".csv": lambda path: separated(path, ","),
    ".tsv": lambda path: separated(path, "\t"),
    ".parquet": parquet,
    ".npz": _arrays,
}
