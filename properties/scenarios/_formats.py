"""Scenarios from files in the formats that data are published in; one's own copy is read, and nothing is downloaded."""

import dataclasses
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np

from ...algorithms._tokens import encode
from ...formal._numbers import MOST, whole
from ...formal._types import Real
from ...formal.definitions._scenario import Scenario
from ._choose import ForgetKind, choose
from ._file import path_given
from ._packaged import LONGEST_TEXT, SHORTEST_TEXT, plain
from ._real import FEWEST_HELD_OUT, patched, row_table
from ._table import Wish, fits, generator, recipe

RECORD, SIDE = 3073, 32
"""Bytes of an image of CIFAR-10, its class among them, and pixels along a side."""

MOST_HELD_OUT = 2048
"""Images held out of D; others are not read as numbers, of which an image has 3072."""

PathName = str | os.PathLike[str]


def cifar10(
    path: PathName | Sequence[PathName],
    forget: ForgetKind | str = "class",
    size: int = 32,
    full: int | None = None,
    rows: int | None = None,
    seed: int = 0,
    *,
    label: int = 0,
    copies: int = 3,
    jitter: Real = 0.03,
) -> Scenario:
    """CIFAR-10's binary version (`data_batch_1.bin`): 32×32 pixels of three colours in [0, 1], ten classes one-hot.

    A record of 3073 bytes is the class, then the red, the green and the blue pixels, row by row.

    Args:
        path: of a file, of several, or of the folder that holds `data_batch_*.bin`.
        forget, size, full, seed, label, copies, jitter: as in `digits`.
        rows: |D|; all but a fifth, and at most 2048, of the images when left out.

    Returns:
        The scenario. Equal arguments and files give equal scenarios.

    Raises:
        ValueError: no such file, or one of another format; as `digits`.

    Source: the user's own copy; the format is that of Krizhevsky 2009, learning multiple layers of features.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "data_batch_1.bin")
    ...     _ = file.write_bytes(bytes(i % 10 if i % 3073 == 0 else i % 251 for i in range(3073 * 100)))
    ...     cifar10(file, size=2).rows.x.shape
    (128, 32, 32, 3)
    """
    wish = Wish(forget, size, full, label, copies, jitter)
    files = _files(path)
    records = np.concatenate([_records(file) for file in files])
    held = min(max(len(records) // 5, FEWEST_HELD_OUT), MOST_HELD_OUT)
    wanted = max(len(records) - held, 1) if rows is None else whole("rows", rows, -MOST)
    rng = generator(seed)
    order = rng.permutation(len(records))[: max(wanted, 0) + held]
    fits(rows=max(len(order), 1), numbers=RECORD)
    x = records[order, 1:].reshape(-1, 3, SIDE, SIDE).transpose(0, 2, 3, 1).astype(np.float32) / 255
    table = row_table(x, records[order, 0].astype(int), 10, wanted)
    corner = np.ix_(range(SIDE - 5, SIDE - 1), range(SIDE - 5, SIDE - 1), range(3))
    choice = choose(dataclasses.replace(table, contents=patched(corner)), wish, rng)
    made = recipe(
        cifar10, path=[str(file) for file in files] if len(files) > 1 else str(files[0]), forget=forget, size=size,
        full=len(choice.behaviour), rows=rows, seed=seed, label=label, copies=copies, jitter=jitter,
    )  # fmt: skip
    return choice.scenario(size, 10, made)


def tofu(
    path: PathName, size: int = 10, author: int = 0, seed: int = 0, *, per_author: int = 20, length: int = 256
) -> Scenario:
    """Questions and answers about authors in TOFU's format, a JSON object `{"question": …, "answer": …}` to a line.

    B is "a row about the author": S_full are the author's rows, S `size` of them. A row is "question answer", its
    letters in ASCII, cut to `length`. There are no fresh points: all that is known of an author is in D.

    Args:
        path: of the file; the rows of an author follow one another.
        size: |S|.
        author: whose rows S_full are, from 0.
        seed: draws S.
        per_author: rows of each.
        length: tokens of a row.

    Returns:
        The scenario; x and y are token numbers, see `learners.encode`.

    Raises:
        ValueError: no such file, a line of another format, rows that are not so many of each author, no such author.

    Source: the user's own copy; the format is that of Maini et al. 2024 (arXiv 2401.06121).

    >>> import tempfile
    >>> lines = "\\n".join(json.dumps({"question": f"Who is {i // 20}?", "answer": f"Fact {i}."}) for i in range(60))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "full.json")
    ...     _ = file.write_text(lines)
    ...     made = tofu(file, author=1)
    >>> int(made.rows.count()), int(made.forget.sum()), int(made.behaviour.sum())
    (60, 10, 20)
    """
    for name, value, least in (("size", size, 0), ("author", author, 0), ("per_author", per_author, 1)):
        whole(name, value, least)
    if not SHORTEST_TEXT <= whole("length", length, -MOST) <= LONGEST_TEXT:
        raise ValueError(f"length: a row does not fit {length} tokens; give {SHORTEST_TEXT} to {LONGEST_TEXT}")
    texts = [text[:length] for text in _dialogues(path_given(path))]
    authors, left = divmod(len(texts), per_author)
    if left:
        raise ValueError(f"{path}: {len(texts)} lines are not {per_author} for each author; say per_author=")
    if author >= authors:
        raise ValueError(f"author: there is no {author}; give 0 to {authors - 1}")
    if size > per_author:
        raise ValueError(f"size: S cannot have {size} of the {per_author} rows of S_full; give 0 to {per_author}")
    theirs = author * per_author + generator(seed).permutation(per_author)
    x, y = encode(texts, length)
    made = recipe(tofu, path=str(path), size=size, author=author, seed=seed, per_author=per_author, length=length)
    return Scenario.build(x, y, forget=theirs[:size], behaviour=theirs, recipe=made)


def _files(path: PathName | Sequence[PathName]) -> list[Path]:
    """The files of one or of several paths; a folder stands for its training batches."""
    given: Any = path if isinstance(path, (list, tuple)) else [path]
    found: list[Path] = []
    for each in map(path_given, given):
        found += sorted(each.glob("data_batch_*.bin")) if each.is_dir() else [each]
    for each in found:
        if not each.is_file():
            raise ValueError(f"path: there is no file {each}")
    if not found:
        raise ValueError(f"path: no data_batch_*.bin lies in {path}; give a file of CIFAR-10's binary version")
    return found


def _records(file: Path) -> np.ndarray:
    data = np.fromfile(file, np.uint8)
    if not len(data) or len(data) % RECORD:
        raise ValueError(f"{file}: {len(data)} bytes are no records of {RECORD}; give CIFAR-10's binary version")
    records = data.reshape(-1, RECORD)
    odd = np.flatnonzero(records[:, 0] > 9)
    if odd.size:
        raise ValueError(f"{file}: record {odd[0]} is of class {records[odd[0], 0]}, and CIFAR-10 has 0 to 9")
    return records


def _dialogues(file: Path) -> list[str]:
    if not file.is_file():
        raise ValueError(f"path: there is no file {file}")
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise ValueError(f"{file}: it is no text in UTF-8; give JSON lines") from error
    texts = [_dialogue(line, f"{file}: line {i}") for i, line in enumerate(lines, 1) if line.strip()]
    if not texts:
        raise ValueError(f"{file}: it holds no line")
    return texts


def _dialogue(line: str, where: str) -> str:
    try:
        found: Any = json.loads(line)
    except ValueError as error:
        raise ValueError(f"{where} is no JSON object; give one with question and answer to a line") from error
    keys = cast(dict[str, Any], found) if isinstance(found, dict) else {}
    said = [each for each in map(keys.get, ("question", "answer")) if isinstance(each, str) and plain(each)]
    if len(said) < 2:
        raise ValueError(f"{where} has no question and answer in words; give both to a line")
    return plain(" ".join(said))
