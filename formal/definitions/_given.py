"""Rows and row numbers as people give them: read, or refused in one line."""

import warnings
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

Held = tuple[np.ndarray, Any]
"""x and y as host arrays."""


def rows_given(x: Any, y: Any, x_name: str, y_name: str) -> Held:
    """Both as host arrays, checked for dtype, finiteness and equal length.

    >>> rows_given([[1], [2]], [True, False], "x", "y")[1].tolist()
    [True, False]
    """
    x = _finite(x, x_name)
    # A list is meant as one column of targets, not as a pytree of scalars.
    y = jax.tree.map(lambda leaf: _finite(leaf, y_name), y, is_leaf=lambda node: isinstance(node, list))
    for leaf in jax.tree.leaves(y):
        if leaf.shape[:1] != x.shape[:1]:
            raise ValueError(f"{y_name}: shape {leaf.shape} does not fit {x_name} of shape {x.shape}; one row each")
    return x, y


def mask_given(which: Any, size: int, name: str) -> np.ndarray:
    """A boolean mask, from a mask or from row numbers.

    What could be either is neither: `size` integers that are all 0 or 1 are refused, unless there is one row only.

    >>> mask_given([0, 2], 3, "forget").tolist()
    [True, False, True]
    >>> mask_given([0, 1, 1], 3, "forget")
    Traceback (most recent call last):
    ValueError: forget: 3 integers 0 or 1 for 3 rows look like a mask; give a boolean one, mask.astype(bool)
    """
    array = host(which, name)
    if array.ndim == 0:
        raise ValueError(f"{name}: {short(which)} is no list; give row numbers, [3, 5], or a boolean mask of all rows")
    if array.dtype.kind == "b":
        if array.shape != (size,):
            raise ValueError(f"{name}: mask of shape {array.shape} for {size} rows; give one flag per row")
        return array
    if array.size and array.dtype.kind not in "iu":
        hint = "; a mask of numbers is not taken for one, give mask.astype(bool)" if array.shape == (size,) else ""
        raise ValueError(f"{name}: a boolean mask or whole row numbers are needed, not {array.dtype}{hint}")
    if array.ndim > 1:
        raise ValueError(f"{name}: row numbers of shape {array.shape}; give them in one list, np.flatnonzero(mask)")
    if len(array) == size > 1 and bool(((array == 0) | (array == 1)).all()):
        raise ValueError(
            f"{name}: {size} integers 0 or 1 for {size} rows look like a mask; give a boolean one, mask.astype(bool)"
        )
    return _from_numbers(array, size, name)


def fresh_given(points: Any, name: str) -> tuple[Any, Any]:
    """The inputs and the targets of fresh points.

    >>> fresh_given(np.zeros((2, 3)), "fresh_rest")
    Traceback (most recent call last):
    ValueError: fresh_rest: ndarray is no pair (x, y); give inputs and targets, fresh_rest=(x, y)
    """
    # Two rows unpack as a pair does; so do two lists of numbers.
    pair = isinstance(points, tuple) or (isinstance(points, list) and not any(isinstance(p, list) for p in points))
    if not pair or len(points) != 2 or any(np.ndim(p) == 0 for p in points[:1]):
        raise ValueError(f"{name}: {type(points).__name__} is no pair (x, y); give inputs and targets, {name}=(x, y)")
    return points[0], points[1]


def _from_numbers(numbers: np.ndarray, size: int, name: str) -> np.ndarray:
    outside = numbers[(numbers < 0) | (numbers >= size)] if numbers.size else numbers
    if outside.size:
        raise ValueError(
            f"{name}: row {outside.flat[0]} is outside the {size} rows given; they are numbered from 0 to {size - 1}"
        )
    mask = np.zeros(size, bool)
    mask[numbers.astype(int)] = True
    if mask.sum() < len(numbers):
        found, times = np.unique(numbers, return_counts=True)
        raise ValueError(f"{name}: row {found[times > 1][0]} is named twice; name each row once")
    return mask


def host(values: Any, name: str) -> np.ndarray:
    """A host array; masked and sparse ones hold more than NumPy would keep of them.

    >>> host([1, 2], "x").dtype.kind
    'i'
    """
    if isinstance(values, np.ma.MaskedArray):
        raise ValueError(f"{name}: a masked array's holes would be filled unasked; fill or drop them first")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", np.exceptions.VisibleDeprecationWarning)
            return np.asarray(values)
    except Exception as error:  # whatever a foreign array's own conversion raises
        if isinstance(error, ValueError) and isinstance(values, (list, tuple)):
            raise ValueError(f"{name}: the rows are not all of one shape; pad or drop the odd ones") from error
        why = " ".join(str(error).split())[:120] or type(error).__name__
        raise ValueError(f"{name}: {type(values).__name__} cannot be read as an array: {why}") from error


def _finite(values: Any, name: str) -> np.ndarray:
    array = host(values, name)
    kind = _kind(array)
    if array.ndim == 0 or not kind:
        raise ValueError(
            f"{name}: numbers with rows on the leading axis are needed, not {array.dtype} of shape {array.shape}"
        )
    if array.shape[0] and not array.size:
        raise ValueError(f"{name}: rows of shape {array.shape[1:]} hold no number; give each at least one")
    if kind == "f" and array.dtype.kind != "f":
        array = array.astype(np.float32)  # bfloat16 and its like, exactly
    _refuse(~np.isfinite(array), f"{name}: row {{}} holds NaN or inf; repair the row, or leave it out of the data")
    wide = {"f": jnp.result_type(float), "i": jnp.result_type(int), "u": jnp.uint32}.get(kind)
    if wide is None or (array.dtype.kind == "u" and array.itemsize < 8):
        return array
    with np.errstate(over="ignore", under="ignore"):
        held = array.astype(wide)
    mend = "rescale it or turn on jax_enable_x64" if held.dtype.itemsize < 8 else "rescale it"
    lost = ~np.isfinite(held) if kind == "f" else held != array
    _refuse(lost, f"{name}: row {{}} does not fit {held.dtype}; {mend}")
    if kind == "f":
        _refuse(_vanished(array, held), f"{name}: row {{}} is so small that it becomes 0 in {held.dtype}; {mend}")
    return held


def _vanished(array: np.ndarray, held: np.ndarray) -> np.ndarray:
    """Numbers of columns of which nothing is left; beside larger ones of its column a tiny number is as good as 0."""
    smallest = np.finfo(held.dtype).tiny  # what is smaller is 0 to XLA
    return (array != 0) & (np.abs(held).max(0, initial=0.0) < smallest)


def _kind(array: np.ndarray) -> str:
    """NumPy's letter for booleans, integers and floats, those of JAX included; "" for all else."""
    if array.dtype.kind in "fiub":
        return array.dtype.kind
    letters = {jnp.floating: "f", jnp.unsignedinteger: "u", jnp.signedinteger: "i"}
    known = array.dtype.kind == "V" and array.dtype.fields is None and array.dtype.name != f"void{array.itemsize * 8}"
    return next((letter for kind, letter in letters.items() if known and jnp.issubdtype(array.dtype, kind)), "")


def _refuse(bad: np.ndarray, message: str) -> None:
    if bad.any():
        raise ValueError(message.format(np.argwhere(bad)[0][0]))


def short(given: Any) -> str:
    """At most 40 characters in one line.

    >>> short("a word")
    "'a word'"
    """
    return " ".join(f"{given!r:.40}".split())
