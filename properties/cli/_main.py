"""The command line `neverseen check | suite | …`: one command to a file."""

import argparse
import importlib
import importlib.metadata
import os
import sys
import traceback
import warnings
from collections.abc import Sequence
from typing import Any, NoReturn

from ..report import _streams
from . import _blame, _interrupt
from ._defaults import take_defaults
from ._flags import EPILOG, Command, admit_arguments

NAMES = (
    "check", "suite", "compare", "check-relative", "audit", "bound", "sweep", "tune", "measure", "plan",
    "prove", "pool", "list", "doctor", "completion",
)  # fmt: skip
"""In the order of the help; each is a module of this package."""


def commands(names: Sequence[str] = NAMES) -> tuple[Command, ...]:
    """The commands of these names, loaded: each brings along what it calls.

    >>> [command.name for command in commands(["plan"])]
    ['plan']
    """
    plain = [name.replace("-", "_") for name in names]
    return tuple(getattr(importlib.import_module(f"._{name}", __package__), name.upper()) for name in plain)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Standard output gets the result and nothing else; what anybody prints meanwhile goes to standard error.

    Args:
        argv: the arguments; those of the process when left out.

    Returns:
        The exit status: 0 SATISFIED, 1 REFUTED, 2 usage or bad input, 3 INCONCLUSIVE, 70 a fault of ours,
        130 Ctrl-C. Errors are one line on stderr; NEVERSEEN_TRACEBACK=1 adds the traceback.

    >>> main(["--version"])  # doctest: +ELLIPSIS
    neverseen ...
    0
    """
    _encode()
    try:
        asked = _asked(sys.argv[1:] if argv is None else argv)
        every = parser(asked)
        repeated = take_defaults(every, parser) if len(asked) == 1 else {}
        args = every.parse_args(argv)
        vars(args).update({name: value for name, value in repeated.items() if not vars(args)[name]})
    except SystemExit as stop:  # the help was printed
        return stop.code if isinstance(stop.code, int) else 0
    except ValueError as error:
        return _fail(error)
    with _streams.result_apart():
        try:
            status = _run(args)
            _streams.flush()  # no status of a verdict's that nobody can read
            return status
        except BaseException as error:  # a user's code may raise anything, SystemExit(0) among it
            return _fail(error)


def _run(args: argparse.Namespace) -> int:
    command: Command = vars(args).pop("of")
    admit_arguments(args)
    args.command = command.name
    with warnings.catch_warnings():
        warnings.showwarning = _warn
        return command.run(args)


def _warn(message: Warning | str, *where: Any) -> None:
    """A warning as one line, without the place in our code that it came from."""
    del where
    _streams.say(f"warning: {message}")


def _fail(error: BaseException) -> int:
    status, line = _blame.blame(error)
    if status == _interrupt.STATUS:
        _interrupt.answered()
    if os.environ.get("NEVERSEEN_TRACEBACK") == "1":
        _streams.complete()
        traceback.print_exception(error)
    _streams.say(line)
    return status


def _encode() -> None:
    """A terminal that lacks a letter such as ε shows its escape: no verdict is lost to an encoding."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


class _Parser(argparse.ArgumentParser):
    """argparse with errors of one line."""

    def error(self, message: str) -> NoReturn:
        raise ValueError(f"{message}; {self.prog} --help shows the usage")

    def _print_message(self, message: str, file: Any = None) -> None:
        """The help; argparse's own way says nothing where it cannot be written."""
        del file
        _streams.write(message.removesuffix("\n"))


def _asked(argv: Sequence[str]) -> tuple[Command, ...]:
    """The one command that is called by its name; all where the help, or a mistake, may need any of them."""
    first = next(iter(argv), "")
    if first == "--version":
        return ()
    return commands([first] if first in NAMES else NAMES)


def parser(known: Sequence[Command] | None = None) -> argparse.ArgumentParser:
    """The parser of all commands, or of those given: what the help, completion and the site are made of.

    >>> parser(commands(["plan"])).parse_args(["plan", "--budget", "64"]).budget
    64
    """
    every = _Parser(
        prog="neverseen",
        description="Property tests for removal algorithms: as if the model had never seen it.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    every.add_argument("--version", action="version", version=f"neverseen {importlib.metadata.version('neverseen')}")
    offered = every.add_subparsers(dest="command", metavar="|".join(NAMES), required=True)
    for one in commands() if known is None else known:
        command = offered.add_parser(
            one.name,
            help=one.summary,
            description=f"{one.summary[0].upper()}{one.summary[1:]}.",
            epilog=one.status,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        one.arguments(command)
        command.set_defaults(of=one)
    return every
