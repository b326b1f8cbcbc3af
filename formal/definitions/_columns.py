"""Data frames, columns by name and words as labels, as the arrays that a scenario is made of."""

import dataclasses
import difflib
from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np

from .._numbers import MOST, whole
from ._given import host, mask_given, short

YES, NO = frozenset({"1", "true", "yes", "y"}), frozenset({"0", "false", "no", "n", ""})
"""What words of a column of flags say."""

MOST_CLASSES = 100_000
"""Of one-hot targets."""

ClassNames = tuple[Any, ...]
"""The classes in the order of the one-hot columns."""


@dataclasses.dataclass(frozen=True)
class Frame:
    """A data frame of any library, or a mapping of names to columns.

    Args:
        columns: indexed by its own keys.
        names: in order; a key that is no word, as its word.
        index: the labels of its rows, where it has some (pandas).
        keys: of the names.

    >>> Frame.of({"age": [30, 31], "ill": [0, 1]}).names
    ('age', 'ill')
    >>> Frame.of(np.zeros((2, 2))) is None
    True
    """

    columns: Any
    names: tuple[str, ...]
    index: Any = None
    keys: tuple[Any, ...] = ()

    @staticmethod
    def of(given: Any) -> "Frame | None":
        """The frame that a value is; None for arrays."""
        if isinstance(given, Mapping):
            names: Any = cast(Mapping[Any, Any], given).keys()
        else:
            names = getattr(given, "column_names", None)
            names = getattr(given, "columns", None) if names is None else names
            if names is None or callable(names) or not hasattr(given, "__getitem__"):
                return None
        keys = tuple(names)
        return Frame(given, tuple(str(key) for key in keys), getattr(given, "index", None), keys)

    def column(self, name: str, asked_by: str) -> np.ndarray:
        """One column as a host array, words as objects.

        Raises:
            ValueError: no such column, two of one name, a value that is missing.

        >>> Frame.of({"age": [30, 31]}).column("aeg", "forget")
        Traceback (most recent call last):
        ValueError: forget: no column is called 'aeg'; did you mean 'age'?
        """
        if self.names.count(name) != 1:
            if name in self.names:
                raise ValueError(f"{asked_by}: two columns are called {short(name)}; rename one")
            near = difflib.get_close_matches(name, self.names, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {_listed(self.names) or 'none'}"
            raise ValueError(f"{asked_by}: no column is called {short(name)}; {hint}")
        array = host(self.columns[self.keys[self.names.index(name)]], asked_by)
        array = array.astype(object) if array.dtype.kind in "UT" else array
        if array.dtype.kind == "O":
            empty = np.flatnonzero([_is_missing(value) for value in array.tolist()])
            if empty.size:
                raise ValueError(f"{asked_by}: column {short(name)} has nothing in row {empty[0]}; fill or drop it")
            kinds = {type(value) for value in array.tolist()}
            array = np.array(array.tolist()) if kinds <= {bool} or kinds <= {int, float} else array
        return array

    def inputs(self, taken: set[str]) -> np.ndarray:
        """All columns but those taken, side by side.

        Raises:
            ValueError: a column that holds no numbers, or none that is left.

        >>> Frame.of({"age": [30, 31], "town": ["Oulu", "Pula"]}).inputs(set())
        Traceback (most recent call last):
        ValueError: x: column 'town' holds words; make numbers of it, as pandas.get_dummies does, or leave it out
        """
        left = [name for name in self.names if name not in taken]
        if not left:
            raise ValueError(f"x: no column is left for the inputs; {_listed(self.names)} are all asked for otherwise")
        found = [self.column(name, "x") for name in left]
        for name, column in zip(left, found, strict=True):
            if column.dtype.kind not in "biuf" or column.ndim != 1:
                holds = "words" if is_words(column) else f"{column.dtype} of shape {column.shape}"
                raise ValueError(
                    f"x: column {short(name)} holds {holds}; "
                    "make numbers of it, as pandas.get_dummies does, or leave it out"
                )
            odd = np.flatnonzero(~np.isfinite(column))
            if odd.size:
                raise ValueError(f"x: column {short(name)} holds NaN or inf in row {odd[0]}; fill it or drop the row")
        if len({len(column) for column in found}) > 1:
            raise ValueError("x: the columns are not all of one length; give each a value for every row")
        return np.column_stack(found)


def set_given(which: Any, size: int, name: str, frame: Frame | None) -> np.ndarray:
    """A set of rows as a boolean mask, however it is named.

    Args:
        which: a mask or row numbers; the name of a column of flags; a pair (column, value), or (column, values), for
            the rows of a group; a pandas index, for row labels.
        size: rows.
        name: of the argument.
        frame: whose columns and labels they are.

    Raises:
        ValueError: it names no rows, or could name two sets.

    >>> frame = Frame.of({"asked": ["no", "yes", "yes"], "town": ["Oulu", "Pula", "Oulu"]})
    >>> set_given("asked", 3, "forget", frame).tolist(), set_given(("town", "Oulu"), 3, "forget", frame).tolist()
    ([False, True, True], [True, False, True])
    """
    if isinstance(which, str):
        return _flags(_frame_for(which, name, frame).column(which, name), which, name)
    if isinstance(which, tuple) and len(cast(Any, which)) == 2 and isinstance(which[0], str):
        column, values = cast(tuple[str, Any], which)
        return _group(_frame_for(column, name, frame).column(column, name), column, values, name)
    same_rows(which, name, frame)
    which = cast(Any, which)
    if hasattr(which, "get_indexer") and host(which, name).dtype.kind != "b":
        if frame is None or frame.index is None:
            raise ValueError(f"{name}: an index names rows of a frame, and x is none; give row numbers or a mask")
        if not frame.index.is_unique:
            raise ValueError(f"{name}: two rows of x have one label; give row numbers or a mask")
        places = np.asarray(frame.index.get_indexer(which))
        if (places < 0).any():
            raise ValueError(f"{name}: no row of x is called {short(which.tolist()[int((places < 0).argmax())])}")
        return mask_given(np.isin(np.arange(size), places), size, name)
    return mask_given(which, size, name)


def group_given(groups: Any, forget: np.ndarray, frame: Frame | None) -> np.ndarray:
    """S_full as all rows of the groups that S meets.

    >>> group_given(["a", "b", "a"], np.array([True, False, False]), None).tolist()
    [True, False, True]
    """
    if isinstance(groups, str):
        column = _frame_for(groups, "groups", frame).column(groups, "groups")
    else:
        same_rows(groups, "groups", frame)
        column = host(groups, "groups")
    if column.shape != forget.shape:
        raise ValueError(f"groups: shape {column.shape} for {len(forget)} rows; give one group for each row")
    return np.isin(column.astype(str), column[forget].astype(str))


def labels_given(y: Any, classes: Any, name: str = "y") -> tuple[Any, ClassNames]:
    """Words, or numbers of which `classes` says that they are classes, as one-hot rows; other targets as they are.

    Args:
        y: targets.
        classes: how many there are, or their names in order; for words those that occur, sorted, when left out.
        name: of the argument.

    Returns:
        The targets, and the names of the classes; none where the targets stay.

    Raises:
        ValueError: a label that is no class; one class only.

    >>> labels_given(["cat", "dog", "cat"], None)
    (array([[1., 0.],
           [0., 1.],
           [1., 0.]]), ('cat', 'dog'))
    >>> labels_given([0, 2], 3)[0].tolist()
    [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    """
    if isinstance(y, (dict, tuple)) or (classes is None and not is_words(host(y, name))):
        if classes is not None:
            raise ValueError(f"{name}: classes= is for one label a row, not for a {type(y).__name__} of arrays")
        return y, ()
    label = host(y, name)
    if label.ndim != 1:
        raise ValueError(f"{name}: labels of shape {label.shape}; give one word or class number for each row")
    if label.dtype.kind not in "biuUTO" and not (label.dtype.kind == "f" and (label == np.floor(label)).all()):
        raise ValueError(f"{name}: classes= is for words or whole numbers, not {label.dtype}")
    named = _class_names(label, classes, name)
    place = {each: i for i, each in enumerate(named)}
    for row, each in enumerate(label.tolist()):
        if each not in place:
            raise ValueError(f"{name}: row {row} is {short(each)}, which is none of the classes {_listed(named)}")
    return np.eye(len(named))[[place[each] for each in label.tolist()]], named


def is_words(array: np.ndarray) -> bool:
    """Whether an array holds words only.

    >>> is_words(np.array(["a"])), is_words(np.array(["a", None], object)), is_words(np.zeros(2))
    (True, False, False)
    """
    return array.dtype.kind in "UT" or (
        array.dtype.kind == "O" and array.size > 0 and all(isinstance(value, str) for value in array.ravel().tolist())
    )


def same_rows(given: Any, name: str, frame: Frame | None) -> None:
    """Refuse a series whose rows are labelled otherwise than the frame's: by position it would name other rows.

    >>> same_rows([0, 1], "forget", None)
    """
    own = getattr(given, "index", None)
    same = getattr(own, "equals", None)
    if frame is None or frame.index is None or same is None or len(given) != len(frame.index):
        return
    if not same(frame.index):
        raise ValueError(f"{name}: its index is not that of x; give {name}.reindex(x.index), or its values as an array")


def _frame_for(column: str, name: str, frame: Frame | None) -> Frame:
    if frame is None:
        raise ValueError(f"{name}: {short(column)} names a column, and x is no data frame; give a mask or row numbers")
    return frame


def _flags(column: np.ndarray, called: str, name: str) -> np.ndarray:
    said = np.array([_text(value).strip().lower() for value in column.tolist()])
    if not set(said.tolist()) <= YES | NO:
        odd = next(value for value in said.tolist() if value not in YES | NO)
        raise ValueError(
            f"{name}: column {short(called)} holds {short(odd)}, and not yes or no; for the rows of one group give "
            f"{name}=({short(called)}, value)"
        )
    return np.isin(said, list(YES))


def _group(column: np.ndarray, called: str, values: Any, name: str) -> np.ndarray:
    several = isinstance(values, (list, tuple, set, np.ndarray))
    wanted = [_text(value) for value in (cast(Any, values) if several else [values])]
    held = np.array([_text(value) for value in column.tolist()])
    for value in wanted:
        if value not in held:
            near = difflib.get_close_matches(value, set(held.tolist()), 1)
            hint = f"did you mean {near[0]!r}?" if near else f"it holds {_listed(sorted(set(held.tolist())))}"
            raise ValueError(f"{name}: no row of column {short(called)} is {short(value)}; {hint}")
    return np.isin(held, wanted)


def _text(value: Any) -> str:
    """A value as one writes it; 1.0 is 1, since a frame with a hole in a column holds floats there."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _class_names(label: np.ndarray, classes: Any, name: str) -> ClassNames:
    if classes is None:
        named: ClassNames = tuple(sorted(set(label.tolist())))
    elif isinstance(classes, (int, np.integer)) and not isinstance(classes, bool):
        named = tuple(range(whole("classes", int(classes), -MOST, MOST_CLASSES)))
    elif isinstance(classes, Sequence | np.ndarray) and not isinstance(classes, str):
        named = tuple(np.asarray(classes).tolist())
    else:
        raise ValueError(f"classes: {short(classes)} is no number and no list of the classes")
    if len(named) < 2:
        raise ValueError(f"{name}: there is one class, {_listed(named)}; a label must be able to be another")
    if len(set(named)) < len(named):
        raise ValueError("classes: one is named twice; name each once")
    return named


def _is_missing(value: Any) -> bool:
    """None, NaN, and pandas' NA, which is equal to nothing either."""
    return value is None or type(value).__name__ in ("NAType", "NaTType") or value != value


def _listed(names: Sequence[Any]) -> str:
    """At most five of them."""
    return ", ".join(short(name) for name in names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
