"""Results as JSON and back, by the type hints of their fields: one codec for all of them.

A dataclass is written as its fields, after them what it `says` (properties, for whoever reads the JSON; not read back).
An enum is its name, a tuple a list, and a number that is not finite one of the words 'nan', 'inf', '-inf'.
"""

import dataclasses
import enum
import functools
import importlib.metadata
import json
import math
import types
import typing
from collections.abc import Callable, Iterable
from typing import Any, ClassVar, Literal, TypeVar, Union

_T = TypeVar("_T")

SPARSE = {"sparse": True}
"""Metadata of a field that is written only where it is not None: JSON without it is as older versions wrote it."""

_WORDS = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}
_NUMBERS: dict[Any, tuple[type, ...]] = {float: (float, int), int: (int,), bool: (bool,), str: (str,)}
_CODECS: dict[Any, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {}


class Coded:
    """A frozen dataclass that goes to JSON and back.

    Subclasses name the properties that are written beside their fields: `class Suite(Coded, says=("status",))`.

    >>> @dataclasses.dataclass(frozen=True)
    ... class Pair(Coded, says=("total",)):
    ...     first: int
    ...     second: float = math.inf
    ...     @property
    ...     def total(self):
    ...         return self.first + self.second
    >>> Pair(1, 2.5).to_dict(), Pair(1).to_dict()
    ({'first': 1, 'second': 2.5, 'total': 3.5}, {'first': 1, 'second': 'inf', 'total': 'inf'})
    >>> Pair.from_json(Pair(1).to_json()) == Pair(1)
    True
    """

    _says: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls, says: Iterable[str] = (), **rest: Any) -> None:
        super().__init_subclass__(**rest)
        cls._says = tuple(says)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; non-finite numbers become the strings 'nan', 'inf', '-inf'."""
        return to_plain(self)

    def to_json(self) -> str:
        """The result as strict JSON."""
        return to_json(self)

    @classmethod
    def from_json(cls: type[_T], text: str) -> _T:
        """The inverse of `to_json`; a field that an older version did not know has its default.

        Raises:
            ValueError: not the JSON of such a result; one line that names what is wrong, and the version that wrote it.
        """
        return from_json(cls, text)


def register(kind: Any, write: Callable[[Any], Any], read: Callable[[Any], Any]) -> None:
    """Let values of a kind be written in a way of their own.

    Args:
        kind: a class or a union of classes, as type hints name it.
        write: the value as plain values.
        read: the inverse; it raises ValueError where there is none.

    >>> register(complex, str, complex)
    >>> from_plain(complex, to_plain(1j))
    1j
    >>> del _CODECS[complex]
    """
    _CODECS[kind] = (write, read)


def to_plain(value: Any) -> Any:
    """A value as what JSON has.

    >>> to_plain({"a": (1.0, math.inf)})
    {'a': [1.0, 'inf']}
    """
    for kind, (write, _) in _CODECS.items():
        if isinstance(value, kind):
            return write(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = dataclasses.fields(value)
        names = [f.name for f in fields if not (f.metadata.get("sparse") and getattr(value, f.name) is None)]
        says: tuple[str, ...] = getattr(value, "_says", ())
        return {name: to_plain(getattr(value, name)) for name in (*names, *says)}
    if isinstance(value, enum.Enum):
        return value.name
    if isinstance(value, dict):
        return {key: to_plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_plain(item) for item in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def from_plain(hint: Any, plain: Any, place: str = "") -> Any:
    """The value of a type that was written as these plain values.

    Args:
        hint: the type, as in an annotation.
        plain: of `to_plain`.
        place: where in the whole it stands, for the message.

    Raises:
        ValueError: it is none.

    >>> from_plain(tuple[float, ...], [1.0, "inf"])
    (1.0, inf)
    >>> from_plain(dict[str, int], {"runs": "many"})
    Traceback (most recent call last):
    ValueError: runs: 'many' is no int
    """
    if hint in _CODECS:
        return _own(hint, plain, place)
    if hint is Any:
        return _unworded(plain)
    if dataclasses.is_dataclass(hint):
        return _dataclass(typing.cast(type, hint), plain, place)
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (Union, types.UnionType):
        return _either(hint, inner, plain, place)
    if origin in (tuple, list, dict):
        return _several(origin, inner, plain, place)
    if origin is Literal and plain in inner:
        return plain
    if isinstance(hint, type) and issubclass(hint, enum.Enum) and plain in hint.__members__:
        return hint[plain]
    if hint is float and isinstance(plain, str):
        plain = _WORDS.get(plain, plain)
    if type(plain) in _NUMBERS.get(hint, ()):
        return plain
    raise _wrong(hint, plain, place)


def to_json(value: Any) -> str:
    """A result, or several, as strict JSON.

    >>> to_json([])
    '[]'
    """
    return json.dumps(to_plain(value), ensure_ascii=False, allow_nan=False, indent=1)


def from_json(kind: Any, text: str) -> Any:
    """The inverse of `to_json`.

    Args:
        kind: what is expected: a dataclass, or a list of one.
        text: the JSON.

    Raises:
        ValueError: it is the JSON of something else.

    >>> from_json(list[int], "[1, 2.5]")
    Traceback (most recent call last):
    ValueError: not the JSON of a list (1: 2.5 is no int; an unknown version wrote it, ...); write one with to_json()
    """
    plain = None
    try:
        plain = json.loads(text)
        return from_plain(kind, plain)
    except (ValueError, TypeError, RecursionError) as error:
        by = "" if plain is None else f"; {_writer(plain)} wrote it, this is {importlib.metadata.version('neverseen')}"
        raise ValueError(f"not the JSON of a {kind.__name__} ({error}{by}); write one with to_json()") from None


def _dataclass(kind: type, plain: Any, place: str) -> Any:
    if not isinstance(plain, dict):
        raise _wrong(kind, plain, place)
    row, hints, fields = typing.cast(dict[str, Any], plain), _hints(kind), dict[str, Any]()
    for field in dataclasses.fields(kind):
        if field.name in row:
            fields[field.name] = from_plain(hints[field.name], row[field.name], _at(place, field.name))
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise ValueError(f"{_at(place, field.name)} is missing")
    return kind(**fields)


@functools.cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _own(hint: Any, plain: Any, place: str) -> Any:
    try:
        return _CODECS[hint][1](plain)
    except (KeyError, TypeError, AttributeError) as error:
        raise _wrong(hint, plain, place) from error


def _either(hint: Any, inner: tuple[Any, ...], plain: Any, place: str) -> Any:
    if plain is None and type(None) in inner:
        return None
    kinds = [kind for kind in inner if kind is not type(None)]
    if len(kinds) == 1:
        return from_plain(kinds[0], plain, place)
    for kind in kinds:
        try:
            return from_plain(kind, plain, place)
        except ValueError:
            continue
    raise _wrong(hint, plain, place)


def _several(origin: type, inner: tuple[Any, ...], plain: Any, place: str) -> Any:
    if not isinstance(plain, dict if origin is dict else list):
        raise _wrong(origin, plain, place)
    if isinstance(plain, dict):
        row = typing.cast(dict[str, Any], plain)
        return {key: from_plain(inner[1], item, _at(place, key)) for key, item in row.items()}
    items = typing.cast(list[Any], plain)
    kinds = inner if origin is tuple and inner[-1] is not Ellipsis else (inner[0],) * len(items)
    if len(kinds) != len(items):
        raise ValueError(f"{place or 'it'}: {len(items)} values stand where {len(kinds)} belong")
    return origin(
        from_plain(kind, item, _at(place, i)) for i, (kind, item) in enumerate(zip(kinds, items, strict=True))
    )


def _unworded(value: Any) -> Any:
    """Words as the numbers they stand for, where nothing says what a value is; lists stay lists."""
    if isinstance(value, dict):
        return {key: _unworded(item) for key, item in typing.cast(dict[str, Any], value).items()}
    if isinstance(value, list):
        return [_unworded(item) for item in typing.cast(list[Any], value)]
    return _WORDS.get(value, value) if isinstance(value, str) else value


def _writer(plain: Any) -> str:
    """The version that wrote it, which provenance names."""
    try:
        return f"neverseen {plain['provenance']['versions']['neverseen']!s:.20}"
    except (KeyError, TypeError, IndexError):
        return "an unknown version"


def _at(place: str, name: object) -> str:
    return f"{place}.{name}" if place else str(name)


def _wrong(hint: Any, plain: Any, place: str) -> ValueError:
    names = [getattr(kind, "__name__", str(kind)) for kind in typing.get_args(hint) or (hint,)]
    return ValueError(f"{f'{place}: ' if place else ''}{plain!r:.40} is no {' | '.join(names)}")
