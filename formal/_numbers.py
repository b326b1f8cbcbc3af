"""Numbers as people give them, checked before anything is computed: what does not fit is one line that names it."""

import math
import numbers
from fractions import Fraction
from typing import Any

SEEDS = 2**32
"""Root seeds are smaller than this: the word that JAX's keys and NumPy's frozen stream both hold whole."""

LEAST_LEVEL = 1e-300
"""Error levels are no smaller: of 5e-324 the inverse is no number."""

MOST = 10**9
"""Counts are no larger: of pairs, runs, rows, views."""

MOST_GRAIN = 1000.0
"""The grain, a share of each column's size, is no larger: beside such noise nothing can be seen."""

MOST_EPSILON = 700.0
"""ε is no larger: e^ε must be a number."""


def whole(name: str, value: Any, least: int = 1, most: int = MOST) -> int:
    """A whole number in [least, most].

    Args:
        name: of the argument, for the message.
        value: what was given; a truth value is no number.
        least, most: the bounds, both allowed.

    Raises:
        ValueError: it is another.

    >>> whole("rows", 3)
    3
    >>> whole("rows", 1.5)
    Traceback (most recent call last):
    ValueError: rows: 1.5 is not a whole number; give 1 to 1000000000
    >>> whole("rows", 0)
    Traceback (most recent call last):
    ValueError: rows: 0 is not in [1, 1000000000]
    """
    if isinstance(value, bool) or not isinstance(value, numbers.Integral):
        raise ValueError(f"{name}: {shown(value)} is not a whole number; give {least} to {most}")
    if not least <= int(value) <= most:
        raise ValueError(f"{name}: {shown(value)} is not in [{least}, {most}]")
    return int(value)


def root_seed(seed: Any) -> int:
    """A root seed, in [0, 2**32).

    Larger ones would lose bits without a word, so that two seeds gave one answer.

    Raises:
        ValueError: another number.

    >>> root_seed(7)
    7
    >>> root_seed(-1)
    Traceback (most recent call last):
    ValueError: seed: -1 is not in [0, 2**32)
    """
    if isinstance(seed, bool) or not isinstance(seed, numbers.Integral):
        raise ValueError(f"seed: {shown(seed)} is not a whole number in [0, 2**32)")
    if not 0 <= int(seed) < SEEDS:
        raise ValueError(f"seed: {shown(seed)} is not in [0, 2**32)")
    return int(seed)


def level(name: str, value: Any) -> float:
    """An error level, in [1e-300, 1).

    Raises:
        ValueError: another number.

    >>> level("alpha", 0.05)
    0.05
    >>> level("alpha", 5e-324)
    Traceback (most recent call last):
    ValueError: alpha: 5e-324 is not in [1e-300, 1)
    >>> level("alpha", 1.0)
    Traceback (most recent call last):
    ValueError: alpha: 1.0 is not in (0, 1)
    """
    if not (real(value) and 0 < value < 1):
        raise ValueError(f"{name}: {shown(value)} is not in (0, 1)")
    if value < LEAST_LEVEL:
        raise ValueError(f"{name}: {shown(value)} is not in [{LEAST_LEVEL:g}, 1)")
    return float(value)


def at_least_zero(name: str, value: Any, most: float = math.inf) -> float:
    """A finite number in [0, most].

    Raises:
        ValueError: another.

    >>> at_least_zero("grain", 0)
    0.0
    >>> at_least_zero("grain", float("inf"))
    Traceback (most recent call last):
    ValueError: grain: inf is not a finite number >= 0
    >>> at_least_zero("epsilon", 1000, MOST_EPSILON)
    Traceback (most recent call last):
    ValueError: epsilon: 1000 is more than 700
    """
    if not (real(value) and value >= 0):
        raise ValueError(f"{name}: {shown(value)} is not a finite number >= 0")
    if value > most:
        raise ValueError(f"{name}: {shown(value)} is more than {most:g}")
    return float(value)


def admit_grain(grain: Any) -> None:
    """Raise ValueError where it is no share.

    >>> admit_grain(-1)
    Traceback (most recent call last):
    ValueError: grain: -1 is not a finite number >= 0; it is a share of each column's size, 0.001 as a rule
    """
    try:
        at_least_zero("grain", grain, MOST_GRAIN)
    except ValueError as error:
        raise ValueError(f"{error}; it is a share of each column's size, 0.001 as a rule") from None


def real(value: Any) -> bool:
    """Whether it is a number that fits a float, and neither NaN nor infinite.

    >>> real(1), real(10**400), real("1"), real(float("nan"))
    (True, False, False, False)
    """
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def flag(name: str, value: Any) -> bool:
    """A truth value, Python's or NumPy's.

    Raises:
        ValueError: something else, which would count as true by what it is and not by what it says.

    >>> flag("paired", True)
    True
    >>> flag("paired", "no")
    Traceback (most recent call last):
    ValueError: paired: 'no' is neither True nor False
    """
    if not (isinstance(value, bool) or type(value).__name__ in ("bool", "bool_")):
        raise ValueError(f"{name}: {shown(value)} is neither True nor False")
    return bool(value)


def shown(value: Any) -> str:
    """A value as a message names it; of a long one the beginning.

    >>> shown("0.1"), shown(10**5000)
    ("'0.1'", 'a number of thousands of digits')
    """
    try:
        said = str(value) if isinstance(value, numbers.Number) else repr(value)
    except ValueError:  # a whole number of more digits than Python prints
        return "a number of thousands of digits"
    said = " ".join(said.split())  # an array's words are lines
    return said if len(said) <= 60 else f"{said[:59]}…"


def share_of(total: float, parts: int) -> float:
    """total / parts, rounded so that the parts never sum to more: what each of several verdicts may spend of α.

    >>> share_of(0.01, 4)
    0.0025
    """
    share = total / parts
    return share if Fraction(share) * parts <= Fraction(total) else math.nextafter(share, 0.0)
