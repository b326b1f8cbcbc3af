"""The command line `neverseen check | audit | …`; arguments are read before anything heavy is imported."""

import argparse
import importlib.metadata
import os
import sys
import traceback
import warnings
from collections.abc import Sequence
from typing import Any, NoReturn

from ..report import _streams
from . import _blame, _compare_removers_command, _interrupt, _measure_command, _suite_command, _sweep_command
from . import _options as _arguments


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
        args = _parser().parse_args(argv)
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
    _arguments.vet(args)
    from . import _commands, _pool_commands

    commands = {
        "check": _commands.check,
        "audit": _commands.audit,
        "compare": _commands.compare,
        "compare-removers": _compare_removers_command.compare_removers,
        "plan": _commands.plan,
        "list": _commands.listing,
        "prove": _commands.prove,
        "suite": _suite_command.suite,
        "measure": _measure_command.measure,
        "sweep": _sweep_command.sweep,
        "pool": _pool_commands.pool,
    }
    with warnings.catch_warnings():
        warnings.showwarning = _warn
        return commands[args.command](args)


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


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="neverseen",
        description="Property tests for removal algorithms: as if the model had never seen it.",
        epilog=_arguments.STATUS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"neverseen {importlib.metadata.version('neverseen')}")
    commands = parser.add_subparsers(
        dest="command",
        metavar="check|audit|compare|plan|list|prove|pool|suite|measure|sweep|compare-removers",
        required=True,
    )
    for name, summary, epilog, add in (
        ("check", "decide whether a remover meets a definition, by fresh runs", _arguments.STATUS, _arguments.check),
        ("audit", "decide from saved runs of both arms", _arguments.STATUS, _arguments.audit),
        (
            "compare",
            "tell whether a remover's models are closer to the reference or to the original",
            _arguments.COMPARE,
            _arguments.compare,
        ),
        ("plan", "foretell how many pairs a verdict will need, before any training", _arguments.PLAN, _arguments.plan),
        ("list", "show the names that can be used", None, _arguments.listing),
        ("prove", "check the theorems by machine, and refute their negative twins", _arguments.PROVE, _arguments.prove),
        (
            "pool",
            "look after the stored runs: list them, check them, make room, fill",
            _arguments.POOL,
            _arguments.pool,
        ),
        (
            "suite",
            "put a remover to every question: relations, then definitions",
            _arguments.SUITE,
            _suite_command.arguments,
        ),
        (
            "measure",
            "take the field's metrics of a remover, each beside its floor and its power",
            _measure_command.STATUS,
            _measure_command.arguments,
        ),
        (
            "sweep",
            "find how much of S_full a remover must be given to unlearn it",
            _sweep_command.STATUS,
            _sweep_command.arguments,
        ),
        (
            "compare-removers",
            "put several removers to the definitions in one scenario, as one table",
            _compare_removers_command.STATUS,
            _compare_removers_command.arguments,
        ),
    ):
        command = commands.add_parser(
            name,
            help=summary,
            description=f"{summary[0].upper()}{summary[1:]}.",
            epilog=epilog,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        add(command)
    return parser
