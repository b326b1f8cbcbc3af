"""Tables on the disk as columns by name: numbers as floats, words as words."""

import csv
import importlib
import os
from typing import Any

import numpy as np

TableColumns = dict[str, np.ndarray]
"""Columns by name, of one length."""


def separated(path: str | os.PathLike[str], separator: str) -> TableColumns:
    """A text file whose first line names the columns; an empty cell among numbers is NaN.

    Raises:
        ValueError: no line under the names, names that are numbers, lines of unequal length, not UTF-8.

    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "a.csv")
    ...     _ = path.write_text("age,town\\n30,Oulu\\n,Pula\\n")
    ...     {name: column.tolist() for name, column in separated(path, ",").items()}
    {'age': [30.0, nan], 'town': ['Oulu', 'Pula']}
    """
    with open(path, newline="", encoding="utf-8-sig") as file:
        try:
            lines = [line for line in csv.reader(file, delimiter=separator) if line]
        except (csv.Error, UnicodeDecodeError) as error:
            raise ValueError(f"it is no text in columns ({' '.join(str(error).split())[:80]})") from error
    if len(lines) < 2:
        raise ValueError("it holds no line under its names")
    names = [name.strip() for name in lines[0]]
    if all(_number(name) is not None for name in names):
        raise ValueError("its first line holds numbers; give the columns names there")
    if len(set(names)) < len(names):
        raise ValueError("two columns have one name")
    for i, line in enumerate(lines[1:], 2):
        if len(line) != len(names):
            raise ValueError(f"line {i} has {len(line)} columns, the first has {len(names)}")
    return {name: _cells([line[j] for line in lines[1:]]) for j, name in enumerate(names)}


def parquet(path: str | os.PathLike[str]) -> dict[str, list[Any]]:
    """A Parquet file through whichever library is there, each column as a list.

    Raises:
        ValueError: no library.

    >>> callable(parquet)
    True
    """
    for name, read in (("pyarrow.parquet", "read_table"), ("pandas", "read_parquet"), ("polars", "read_parquet")):
        try:
            frame: Any = getattr(importlib.import_module(name), read)(path)
        except ImportError:  # pandas is there, and what it reads Parquet with is not
            continue
        names = frame.column_names if hasattr(frame, "column_names") else frame.columns
        return {str(column): frame[column].to_numpy().tolist() for column in names}
    raise ValueError("Parquet needs pyarrow or pandas; install one, or save .npz")


def _cells(cells: list[str]) -> np.ndarray:
    """Numbers, of which an empty cell is none; words where one is no number."""
    numbers = [float("nan") if not cell.strip() else _number(cell) for cell in cells]
    return np.asarray(cells) if any(number is None for number in numbers) else np.asarray(numbers, float)


def _number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None
