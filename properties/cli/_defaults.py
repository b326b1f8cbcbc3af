"""Defaults of a project: `neverseen.toml`, or `[tool.neverseen]` in `pyproject.toml`, in the folder where one works.

A key is an option's name, for every command that has it; a table of a command's name is for that command alone. The
command that a verdict records has every value written out, so that it can be rerun where the file is not.
"""

import argparse
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..report import _streams

_APPEND = argparse._AppendAction  # pyright: ignore[reportPrivateUsage]
_FILES = {"neverseen.toml": (), "pyproject.toml": ("tool", "neverseen")}


def project_defaults(folder: Path) -> tuple[str, Mapping[str, Any]]:
    """The file that has defaults, and what it says; ("", {}) where none has.

    Args:
        folder: where to look; not above it.

    Raises:
        ValueError: a file that cannot be read, or is no TOML.

    >>> project_defaults(Path("nowhere"))
    ('', {})
    """
    for name, tables in _FILES.items():
        try:
            found: Any = tomllib.loads((folder / name).read_text(encoding="utf-8"))
        except FileNotFoundError:
            continue
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            if name == "pyproject.toml":  # others read it too, and say so
                continue
            raise ValueError(f"{name}: {str(error).splitlines()[0]}; mend the file") from error
        for table in tables:
            found = found.get(table, {}) if isinstance(found, dict) else {}
        if found:
            return name, found
    return "", {}


def take_defaults(
    every: argparse.ArgumentParser, others: Callable[[], argparse.ArgumentParser], folder: Path | None = None
) -> dict[str, Any]:
    """Give the command that is called the defaults of the project, and say on standard error which were taken.

    Args:
        every: the parser, with that one command.
        others: makes the parser of all commands; asked only for a key that this one has no option for.
        folder: the current one when left out.

    Returns:
        Those of options that can be repeated: what is given on the command line takes their place.

    Raises:
        ValueError: a key that no option has, or a value that the option does not take.
    """
    file, said = project_defaults(folder or Path.cwd())
    ((name, command),) = commands_of(every).items()
    shared = {key: value for key, value in said.items() if not isinstance(value, dict)}
    others_keys = [key for key in said if (_option(command, key) is None if key in shared else key != name)]
    if others_keys:
        _refuse_slips(file, others_keys, shared, commands_of(others()))
    chosen = {key: value for key, value in shared.items() if _option(command, key)} | said.get(name, {})
    read = {key.replace("-", "_"): _value(file, command, key, value) for key, value in chosen.items()}
    if read:
        _streams.say(f"defaults of {file}: {', '.join(f'{key} = {value}' for key, value in read.items())}")
    repeated = {key: [value] for key, value in read.items() if isinstance(_option(command, key), _APPEND)}
    command.set_defaults(**{key: value for key, value in read.items() if key not in repeated})
    return repeated


def _refuse_slips(
    file: str, keys: list[str], shared: Mapping[str, Any], every: Mapping[str, argparse.ArgumentParser]
) -> None:
    """Keys that are none of the called command's must be another's: a command's name, or an option of one."""
    for key in keys:
        if not (any(_option(one, key) for one in every.values()) if key in shared else key in every):
            raise ValueError(f"{file}: {key} is neither a command nor an option of one; neverseen --help shows them")


def commands_of(every: argparse.ArgumentParser) -> Mapping[str, argparse.ArgumentParser]:
    """The parsers of the commands, by name."""
    kind = argparse._SubParsersAction  # pyright: ignore[reportPrivateUsage]
    return next(one for one in every._actions if isinstance(one, kind)).choices


def _option(command: argparse.ArgumentParser, key: str) -> argparse.Action | None:
    name = f"--{key.replace('_', '-')}"
    return next((one for one in command._actions if name in one.option_strings and key != "help"), None)


def _value(file: str, command: argparse.ArgumentParser, key: str, value: Any) -> Any:
    """The value as the option reads it."""
    option = _option(command, key)
    if option is None:
        raise ValueError(f"{file}: {key} is no option of {command.prog}; {command.prog} --help shows them")
    if option.nargs == 0:
        if isinstance(value, bool):
            return value
        raise ValueError(f"{file}: {key} = {value!r} is no switch; write true or false")
    try:
        if isinstance(value, bool | list | dict):
            raise ValueError
        read: Any = option.type(str(value)) if callable(option.type) else str(value)
        if option.choices is not None and read not in option.choices:
            raise ValueError
    except (ValueError, argparse.ArgumentTypeError):
        wanted = f", one of {', '.join(map(str, option.choices))}" if option.choices else ""
        raise ValueError(f"{file}: {key} = {value!r} is no value of {option.option_strings[0]}{wanted}") from None
    return read
