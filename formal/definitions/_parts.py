"""The parts of a scenario, from the arguments of `Scenario.build`."""

from typing import Any

import numpy as np

from ._columns import ClassNames, Frame, group_given, labels_given, same_rows, set_given
from ._given import rows_given, short


def called(name: Any, rows: int, size: int, full: int) -> str:
    """What messages and reports call a scenario that no code is known of.

    Raises:
        ValueError: a name that is none.

    >>> called("patients", 64, 4, 8)
    'patients(n=64, |S|=4, |S_full|=8)'
    """
    if name is not None and not (isinstance(name, str) and name.strip() and name.isprintable() and len(name) <= 80):
        raise ValueError(f"name: {short(name)} is no name; give a word or a few in one line")
    return f"{name or 'Scenario.build'}(n={rows}, |S|={size}, |S_full|={full})"


def asked_for(frame: Frame | None, **given: Any) -> set[str]:
    """The columns that arguments name, and that so are no inputs.

    Args:
        frame: where they are.
        given: the arguments, by their names.

    Raises:
        ValueError: no such column.

    >>> sorted(asked_for(Frame.of({"ill": [0], "clinic": [1], "age": [2]}), y="ill", behaviour=("clinic", "B")))
    ['clinic', 'ill']
    """
    found: set[str] = set()
    for argument, one in given.items():
        named = one[:1] if isinstance(one, tuple) and len(one) == 2 else [one]
        if frame is not None and _all_columns(one, frame):
            named = one
        for column in (each for each in named if isinstance(each, str)):
            if frame is not None and column not in frame.names:
                frame.column(column, argument)  # says so
            found.add(column)
    return found if frame is not None else set()


def rows_of(x: Any, y: Any, frame: Frame | None, taken: set[str], classes: Any, of: str) -> tuple[Any, ClassNames]:
    """Inputs and targets as host arrays, and the classes where y are labels.

    Args:
        x, y: see `Scenario.build`.
        frame: what x is, where it is a frame.
        taken: columns that are no inputs.
        classes: as in `labels_given`.
        of: the fresh points they are; "" for D.

    Raises:
        ValueError: what does not fit.

    >>> rows_of([[1], [2]], ["no", "yes"], None, set(), None, "")[1]
    ('no', 'yes')
    """
    x_name, y_name = (f"{of} x", f"{of} y") if of else ("x", "y")
    if isinstance(y, str) and frame is None:
        raise ValueError(
            f"{y_name}: {short(y)} names a column, and {x_name} is no data frame; give the targets themselves"
        )
    if frame is not None:
        same_rows(y, y_name, frame)
        y = _targets(y, frame, y_name)
        x = frame.inputs(taken)
    targets, named = labels_given(y, classes, y_name)
    return rows_given(x, targets, x_name, y_name), named


def _targets(y: Any, frame: Frame, name: str) -> Any:
    """One column or several, where y names them."""
    if isinstance(y, str):
        return frame.column(y, name)
    if _all_columns(y, frame):
        return np.column_stack([frame.column(each, name) for each in y])
    return y


def full_set(behaviour: Any, groups: Any, wanted: np.ndarray, frame: Frame | None) -> np.ndarray:
    """S_full as a mask: said by itself, by groups, or S.

    >>> full_set([0, 1], None, np.array([True, False, False]), None).tolist()
    [True, True, False]
    """
    if behaviour is not None and groups is not None:
        raise ValueError("groups: behaviour= is given too; S_full is said by one of them")
    if groups is not None:
        return group_given(groups, wanted, frame)
    return wanted if behaviour is None else set_given(behaviour, len(wanted), "behaviour", frame)


def _all_columns(given: Any, frame: Frame) -> bool:
    """Whether a list names columns; one of labels does not."""
    return isinstance(given, list) and bool(given) and all(isinstance(n, str) and n in frame.names for n in given)
