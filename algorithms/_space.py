"""Spaces: the ranges in which a remover's settings may be searched, published where its factory stands."""

import dataclasses
import functools
import inspect
import itertools
import types
from collections.abc import Callable, Mapping
from typing import Any, ParamSpec, TypeVar

from ..formal._numbers import real, shown
from ..formal._types import Real

_P = ParamSpec("_P")
_T = TypeVar("_T")

Plain = bool | int | float | str | None
"""What the value of a setting may be, so that a study can be written down."""


@dataclasses.dataclass(frozen=True)
class Range:
    """The values of a numeric setting, both ends included.

    Args:
        low, high: the ends, low < high.
        log: whether it is searched on a logarithmic scale.
        whole: whether the values are whole numbers.
        source: who gives the range: author and year, or "ours"; a user need not say.

    Raises:
        ValueError: an end that is no number, low ≥ high, a logarithm of 0, a whole range with a broken end.

    >>> Range(1e-3, 1.0, log=True)
    Range(0.001 to 1, log)
    >>> Range(1.0, 0.5)
    Traceback (most recent call last):
    ValueError: Range: low = 1.0 is not below high = 0.5
    >>> Range(0, 1, log=True)
    Traceback (most recent call last):
    ValueError: Range: low = 0 has no logarithm; give a number > 0, or leave log out
    """

    low: Real
    high: Real
    log: bool = False
    whole: bool = False
    source: str = ""

    def __post_init__(self) -> None:
        for name, end in (("low", self.low), ("high", self.high)):
            if not real(end):
                raise ValueError(f"Range: {name} = {shown(end)} is not a finite number")
            if self.whole and int(end) != end:
                raise ValueError(f"Range: {name} = {shown(end)} is not a whole number; leave whole out for real ones")
        if not self.low < self.high:
            raise ValueError(f"Range: low = {shown(self.low)} is not below high = {shown(self.high)}")
        if self.log and not self.low > 0:
            raise ValueError(f"Range: low = {shown(self.low)} has no logarithm; give a number > 0, or leave log out")

    @property
    def ends(self) -> tuple[Plain, ...]:
        """The values that a factory must admit for it to admit the range.

        >>> Range(1, 4, whole=True).ends
        (1, 4)
        """
        return (int(self.low), int(self.high)) if self.whole else (self.low, self.high)

    def holds(self, value: Any) -> bool:
        """Whether it is one of the values.

        >>> Range(1, 4, whole=True).holds(2.5), Range(1, 4).holds(2.5)
        (False, True)
        """
        return real(value) and self.low <= value <= self.high and (not self.whole or int(value) == value)

    def __str__(self) -> str:
        return f"{self.low:g} to {self.high:g}{', whole' * self.whole}{', log' * self.log}"

    def __repr__(self) -> str:
        return f"Range({self})"


@dataclasses.dataclass(frozen=True)
class Choice:
    """The few values of a setting.

    Args:
        options: truth values, numbers, words or None.
        source: as in `Range`.

    Raises:
        ValueError: no option, one given twice, or one that cannot be written down.

    >>> Choice((1, 2, 5, 10)), Choice((True, False)).ordered
    (Choice(1, 2, 5, 10), False)
    """

    options: tuple[Any, ...]
    source: str = ""

    def __post_init__(self) -> None:
        if not self.options:
            raise ValueError("Choice: no option is given")
        for place, option in enumerate(self.options):
            if not isinstance(option, Plain) or (isinstance(option, float) and not real(option)):
                raise ValueError(f"Choice: {shown(option)} is no truth value, number, word or None")
            if any(type(option) is type(other) and option == other for other in self.options[:place]):
                raise ValueError(f"Choice: {shown(option)} is given twice")

    @property
    def ordered(self) -> bool:
        """Whether they are numbers that rise, so that neighbours are alike."""
        numbers = all(real(option) for option in self.options)
        return numbers and all(a < b for a, b in itertools.pairwise(self.options))

    @property
    def ends(self) -> tuple[Plain, ...]:
        """The values that a factory must admit: all of them."""
        return self.options

    def holds(self, value: Any) -> bool:
        """Whether it is one of the values; True is not 1.

        >>> Choice((1, 2)).holds(2.0), Choice((1, 2)).holds(True)
        (True, False)
        """
        return any(isinstance(value, bool) == isinstance(each, bool) and value == each for each in self.options)

    def __str__(self) -> str:
        return ", ".join(map(str, self.options))

    def __repr__(self) -> str:
        return f"Choice({self})"


Setting = Range | Choice
"""What is searched for one setting."""


def space(**settings: Setting) -> Callable[[Callable[_P, _T]], Callable[_P, _T]]:
    """Publish a factory's space, as its attribute `space`.

    Args:
        settings: by the factory's arguments.

    Raises:
        ValueError: the factory has no such argument.

    >>> @space(rate=Range(0.1, 1.0, source="ours"))
    ... def mine(rate=0.5): ...
    >>> space_of(mine)
    {'rate': Range(0.1 to 1)}
    """

    def publish(make: Callable[_P, _T]) -> Callable[_P, _T]:
        unknown = sorted(settings.keys() - inspect.signature(make).parameters)
        if unknown:
            raise ValueError(f"space: {make.__name__} has no setting {unknown[0]!r}")
        vars(make).update(space=types.MappingProxyType(settings))
        return make

    return publish


def no_space(why: str) -> Callable[[Callable[_P, _T]], Callable[_P, _T]]:
    """Publish that a factory has nothing to search, and why, as its attribute `no_space`.

    >>> @no_space("it has no settings")
    ... def mine(): ...
    >>> space_of(mine), mine.no_space
    ({}, 'it has no settings')
    """

    def publish(make: Callable[_P, _T]) -> Callable[_P, _T]:
        vars(make).update(space=types.MappingProxyType({}), no_space=why)
        return make

    return publish


def space_of(make: Callable[..., Any]) -> dict[str, Setting]:
    """The space that a factory publishes; of a `functools.partial` what it leaves open.

    >>> import functools, neverseen as ns
    >>> list(space_of(ns.removers.finetune)), list(space_of(functools.partial(ns.removers.finetune, rate=0.1)))
    (['epochs', 'rate'], ['epochs'])
    """
    if isinstance(make, functools.partial):
        return {name: each for name, each in space_of(make.func).items() if name not in make.keywords}
    published: Mapping[str, Setting] = getattr(make, "space", {})
    return dict(published)
