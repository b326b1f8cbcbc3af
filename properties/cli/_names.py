"""Removers, learners and scenarios by name: listed ones with arguments, or an attribute of a user's file or module."""

import ast
import difflib
import functools
import importlib
import importlib.util
import inspect
import os
import sys
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

from ...algorithms.base import Learner, Remover
from ...formal.definitions._scenario import Scenario
from ._blame import LineError, foreign, said, theirs

Kind = Literal["remover", "learner", "scenario"]

_TYPES: dict[str, type] = {"remover": Remover, "learner": Learner, "scenario": Scenario}


def registry(kind: Kind) -> Mapping[str, Callable[..., Any]]:
    """The listed factories of a kind.

    >>> "ridge" in registry("learner")
    True
    """
    if kind == "remover":
        from ...algorithms.removers import REMOVERS

        return REMOVERS
    if kind == "learner":
        from ...algorithms.learners import LEARNERS

        return LEARNERS
    from ..scenarios import FORMATS, SCENARIOS

    return SCENARIOS | FORMATS


def resolve(kind: Kind, spec: str) -> Any:
    """The value that a name on the command line stands for.

    Args:
        kind: what is wanted.
        spec: `name`, `name:key=value,...`, `file.py:attribute` or `package.module:attribute`.

    Returns:
        A `Remover`, `Learner` or `Scenario`.

    Raises:
        ValueError: one line saying what is wrong with the name, the arguments, the file or the attribute.

    >>> resolve("learner", "ridge:penalty=2.0")
    ridge(penalty=2)
    >>> resolve("learner", "rescaled:base=ridge")
    rescaled(ridge(penalty=1))
    >>> resolve("remover", "retrian")
    Traceback (most recent call last):
    ValueError: unknown remover 'retrian'; did you mean 'retrain'? (neverseen list removers)
    """
    table = registry(kind)
    name, colon, rest = spec.partition(":")
    if name in table:
        return _build(kind, name, table[name], rest if colon else None)
    place, colon, attribute = spec.rpartition(":")
    if colon and (place.endswith(".py") or os.sep in place):
        return _take(kind, place, _load_file(place), attribute)
    if spec.endswith(".py") or os.sep in spec:
        raise ValueError(f"{kind} {spec!r} names a file but nothing in it; write {spec}:ATTRIBUTE")
    if colon and _dotted(place) and _dotted(attribute):
        return _take(kind, place, _load_module(kind, place, table), attribute)
    raise ValueError(_unknown(kind, name, table))


def factory_of(spec: str) -> Callable[..., Any]:
    """The factory of removers that a name on the command line stands for; what the name sets is fixed.

    Args:
        spec: as in `resolve`; an attribute is taken as it is, and not called.

    Raises:
        ValueError: as `resolve`.

    >>> factory_of("finetune") is registry("remover")["finetune"], factory_of("scrub:climbs=1").keywords
    (True, {'climbs': 1})
    """
    table = registry("remover")
    name, colon, rest = spec.partition(":")
    if name in table:
        given = parse_arguments(rest) if colon else {}
        _admit_names("remover", name, table[name], given)
        return functools.partial(table[name], **given) if given else table[name]
    place, colon, attribute = spec.rpartition(":")
    if colon and (place.endswith(".py") or os.sep in place):
        module = _load_file(place)
    elif colon and _dotted(place) and _dotted(attribute):
        module = _load_module("remover", place, table)
    else:
        raise ValueError(_unknown("remover", name, table))
    with theirs(f"{place}:{attribute}", "when it was asked for"):
        return _attribute(place, module, attribute, _TYPES["remover"])


def parse_arguments(text: str) -> dict[str, Any]:
    """`key=value,...` with Python literals as values; what is no literal is a string.

    Raises:
        ValueError: a part without `=`, without a value, or a key given twice.

    >>> parse_arguments("forget=class,size=16,shape=(2,3)")
    {'forget': 'class', 'size': 16, 'shape': (2, 3)}
    """
    found: dict[str, Any] = {}
    for part in _split(text):
        key, equals, value = (piece.strip() for piece in part.partition("="))
        if not (equals and key and value):
            raise ValueError(f"argument {part.strip()!r}: write key=value, several separated by commas")
        if key in found:
            raise ValueError(f"argument {key!r} is given twice; keep one")
        found[key] = _literal(value)
    return found


def _build(kind: Kind, name: str, factory: Callable[..., Any], text: str | None) -> Any:
    """A listed factory called with the arguments of the name."""
    given = {} if text is None else parse_arguments(text)
    known = _admit_names(kind, name, factory, given)
    if isinstance(given.get("base"), str):  # a wrapper's base is of its own kind, by name
        given["base"] = resolve(kind, given["base"])
    missing = [p.name for p in known.values() if p.default is p.empty and p.name not in given]
    if missing:
        raise ValueError(f"{kind} {name!r} needs {missing[0]}; write {name}:{missing[0]}=...")
    if not given:
        return factory()
    try:
        return factory(**given)
    except ValueError:
        raise
    except TypeError as error:
        raise ValueError(f"{kind} {name}:{text} has an argument of the wrong kind ({error})") from error
    except Exception as error:  # a number that no array, loop or float can be made of
        raise ValueError(f"{kind} {name}:{text} cannot be made ({type(error).__name__}: {said(error)})") from error


def _admit_names(kind: Kind, name: str, factory: Callable[..., Any], given: Mapping[str, Any]) -> Mapping[str, Any]:
    """The parameters of a listed factory, after a look at the names of arguments."""
    known = inspect.signature(factory).parameters
    for key in given:
        if key not in known:
            valid = f"it takes {', '.join(known)}" if known else "it takes no arguments"
            raise ValueError(f"{kind} {name!r} has no argument {key!r}; {valid}")
    return known


def _load_file(place: str) -> ModuleType:
    """A Python file, run once under a name of its own; its folder becomes importable, as for `python file.py`."""
    try:
        path = Path(place).resolve()
        if not path.is_file():
            raise ValueError(f"{place}: no such file")
    except OSError as error:
        raise ValueError(f"{place}: no such file ({error.strerror})") from error
    name = f"_neverseen_{path.stem}_{zlib.crc32(str(path).encode()):08x}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ValueError(f"{place}: not a Python file; its name must end in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    _importable(path.parent)
    foreign(module)
    try:
        with theirs(place, "while it was loaded"):
            spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _load_module(kind: Kind, place: str, table: Mapping[str, Any]) -> ModuleType:
    _importable(Path.cwd())
    with theirs(place, "while it was loaded"):
        try:
            module = importlib.import_module(place)
        except ModuleNotFoundError as error:
            if error.name is None or not f"{place}.".startswith(f"{error.name}."):
                raise
            known = _unknown(kind, place, table)
            raise LineError(f"{known}, and no module {error.name!r} can be imported") from error
    foreign(module)
    return module


def _take(kind: Kind, place: str, module: ModuleType, attribute: str) -> Any:
    """The attribute, or what it returns when it is a factory without arguments."""
    with theirs(f"{place}:{attribute}", "when it was asked for"):
        return _taken(kind, place, module, attribute)


def _taken(kind: Kind, place: str, module: ModuleType, attribute: str) -> Any:
    wanted = _TYPES[kind]
    value = _attribute(place, module, attribute, wanted)
    made = value if isinstance(value, wanted) else _call(f"{place}:{attribute}", value)
    if isinstance(made, wanted):
        return made
    hint = (
        "decorate it with @neverseen.remover"
        if kind == "remover" and inspect.isfunction(value)
        else (f"give a {wanted.__name__}, or a function without arguments that returns one")
    )
    raise LineError(f"{place}:{attribute} is of type {type(value).__name__}, not {wanted.__name__}; {hint}")


def _attribute(place: str, module: ModuleType, attribute: str, wanted: type) -> Any:
    value: Any = module
    for part in attribute.split("."):
        if not hasattr(value, part):
            others = [name for name, item in vars(module).items() if isinstance(item, wanted)]
            listed = ", ".join(others) or f"no {wanted.__name__}"
            raise LineError(f"{place} has no attribute {attribute!r}; it holds {listed}")
        value = getattr(value, part)
    return value


def _call(name: str, value: Any) -> Any:
    """What a factory without required arguments returns; None for everything else."""
    if not callable(value) or isinstance(value, Remover):
        return None
    try:
        parameters = inspect.signature(value).parameters.values()
    except (TypeError, ValueError):
        return None
    variadic = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    if any(p.default is p.empty and p.kind not in variadic for p in parameters):
        return None
    with theirs(name, "when called"):
        return value()


def _unknown(kind: Kind, name: str, table: Mapping[str, Any]) -> str:
    close = difflib.get_close_matches(name, list(table), 1)
    if close:
        return f"unknown {kind} {name!r}; did you mean {close[0]!r}? (neverseen list {kind}s)"
    return f"unknown {kind} {name!r}; 'neverseen list {kind}s' shows the names"


def _dotted(name: str) -> bool:
    return all(part.isidentifier() for part in name.split("."))


def _importable(folder: Path) -> None:
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))


def _split(text: str) -> list[str]:
    """Parts between the commas that lie outside brackets and quotes."""
    parts, depth, quote = [""], 0, ""
    for letter in text:
        quote = "" if letter == quote else quote or (letter if letter in "'\"" else "")
        depth += 0 if quote else (letter in "([{") - (letter in ")]}")
        if letter == "," and depth == 0 and not quote:
            parts.append("")
        else:
            parts[-1] += letter
    return parts


def _literal(value: str) -> Any:
    try:
        return ast.literal_eval(value)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return value
