"""Logs as people keep them: .json, .jsonl, .csv, .tsv and .parquet files, and lists of records, as arrays by name."""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np

from ...formal._columnar import parquet, separated
from ._identity import COLUMNS

EXAMPLES = ("example", "example_id", "index", "idx", "row", "sample", "sample_id", "question_id")
"""Names of columns that say which example a line is of."""

LogArrays = dict[str, np.ndarray]
"""Arrays by name."""


class PerExample(np.ndarray):
    """Numbers of which each is of one example of one model; of an arm, no line of it is a run.

    >>> per_example([1.0, 2.0]).shape
    (2,)
    """


def per_example(values: Any) -> PerExample:
    """An array whose leading axis is examples.

    >>> isinstance(per_example([1.0]), PerExample)
    True
    """
    return np.asarray(values).view(PerExample)


def read_table(path: str | os.PathLike[str]) -> LogArrays | None:
    """The arrays of a text or Parquet file, by what its name ends in; None of other names.

    A JSON object gives an array for each name; an index under a name (`{"loss": {"0": 1.2, "1": 0.7}}`, as evaluations
    of one language model are logged) gives an array over examples; objects inside objects give names such as
    `forget/loss`; a list of objects, and lines of them, give a column for each name. Texts are left out where there are
    numbers. A table with a column that names the run and one that names the example, a line for each of both, gives an
    array `[runs, examples]` for each other column.

    Args:
        path: of the file.

    Raises:
        ValueError: not what its name says, no number in it, or lines of unequal length.

    >>> read_table("runs.npy") is None
    True
    """
    reader = READERS.get(Path(path).suffix.lower())
    return reader(path) if reader is not None else None


def table_of(records: Sequence[Mapping[str, Any]]) -> LogArrays:
    """Records as columns: what one of them holds, all do.

    Raises:
        ValueError: a record that lacks a name, or has a longer array under it.

    >>> table_of([{"seed": 3, "loss": 0.5}, {"seed": 4, "loss": 0.25}])["loss"].tolist()
    [0.5, 0.25]
    >>> table_of([{"loss": 0.5}, {"lost": 0.25}])
    Traceback (most recent call last):
    ValueError: record 1 has no 'loss', which record 0 has; give all records the same names
    """
    if not records:
        raise ValueError("it holds no record")
    names = list(records[0])
    for i, record in enumerate(records):
        for one, other, kept in ((record, i, 0), (records[0], 0, i)):
            lacking = next((name for name in (records[0] if kept == 0 else record) if name not in one), None)
            if lacking is not None:
                raise ValueError(
                    f"record {other} has no {lacking!r}, which record {kept} has; give all records the same names"
                )
    return _shaped({str(name): _column(str(name), [record[name] for record in records]) for name in names})


def _shaped(columns: LogArrays) -> LogArrays:
    """Columns whose lines are runs; long tables of runs and examples are folded; lines of examples alone are marked."""
    numeric = {name: values for name, values in columns.items() if values.dtype.kind in "fiub"}
    of_runs = next((name for name in columns if name.lower() in COLUMNS), None)
    of_examples = next((name for name in numeric if name.lower() in EXAMPLES and _names(numeric[name])), None)
    kept = {name: values for name, values in columns.items() if name == of_runs or name in numeric}
    if not numeric:
        raise ValueError("it holds no number")
    if of_examples is None:
        return kept
    values = {name: one for name, one in numeric.items() if name not in (of_runs, of_examples)}
    if of_runs is None:
        return {name: per_example(one) for name, one in values.items()}
    return _folded(of_runs, columns[of_runs], columns[of_examples], values)


def _names(values: np.ndarray) -> bool:
    return bool(values.ndim == 1 and (values == np.floor(values)).all())


def _folded(name: str, runs: np.ndarray, examples: np.ndarray, values: LogArrays) -> LogArrays:
    """A line for each run and example as an array of both."""
    each, places = np.unique(runs, return_inverse=True)
    columns, numbers = np.unique(examples, return_inverse=True)
    if len(runs) != len(each) * len(columns) or len(set(zip(places, numbers, strict=True))) < len(runs):
        raise ValueError(f"its {len(runs)} lines are not one for each of {len(each)} runs and {len(columns)} examples")
    order = np.lexsort((numbers, places))
    return {name: each} | {n: v[order].reshape(len(each), len(columns), *v.shape[1:]) for n, v in values.items()}


def _column(name: str, values: list[Any]) -> np.ndarray:
    try:
        found = np.asarray([np.nan if value is None else value for value in values])
    except ValueError:
        raise ValueError(f"{name!r} holds lists of unequal length; give every line as many numbers") from None
    return found if found.dtype.kind != "O" else np.asarray([str(value) for value in values])


def _json(path: str | os.PathLike[str]) -> LogArrays:
    found = json.loads(Path(path).read_text(encoding="utf-8"))
    if isinstance(found, list) and found and all(isinstance(one, dict) for one in found):
        return table_of(cast(list[dict[str, Any]], found))
    arrays = dict(_leaves("", found))
    numeric = {name: value for name, value in arrays.items() if value.dtype.kind in "fiub"}
    if not numeric:
        raise ValueError("it holds no number")
    return {name: value for name, value in arrays.items() if name in numeric or name.lower() in COLUMNS}


def _leaves(name: str, value: Any) -> list[tuple[str, np.ndarray]]:
    """Arrays and their names; an object whose keys are numbers is an array over them."""
    if not isinstance(value, dict):
        return [(name, _column(name, value) if isinstance(value, list) else _scalar(value))]
    items = {str(key): one for key, one in cast(dict[Any, Any], value).items()}
    if items and all(key.isdecimal() for key in items):
        ordered = _column(name, [items[key] for key in sorted(items, key=int)])
        return [(name, per_example(ordered) if ordered.dtype.kind in "fiub" else ordered)]
    return [leaf for key, one in items.items() for leaf in _leaves(f"{name}/{key}" if name else key, one)]


def _scalar(value: Any) -> np.ndarray:
    return np.asarray(np.nan if value is None else value)


def _lines(path: str | os.PathLike[str]) -> LogArrays:
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    records = [json.loads(line) for line in lines if line.strip()]
    if not all(isinstance(record, dict) for record in records):
        raise ValueError("a line of it is no JSON object")
    return table_of(cast(list[dict[str, Any]], records))


def _parquet(path: str | os.PathLike[str]) -> LogArrays:
    return _shaped({name: _column(name, values) for name, values in parquet(path).items()})


READERS: dict[str, Callable[[str | os.PathLike[str]], LogArrays]] = {
    ".json": _json,
    ".jsonl": _lines,
    ".ndjson": _lines,
    ".csv": lambda path: _shaped(separated(path, ",")),
    ".tsv": lambda path: _shaped(separated(path, "\t")),
    ".parquet": _parquet,
}
"""By what a file's name ends in."""
