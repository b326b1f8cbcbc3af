"""`neverseen audit`: files of saved runs, or a program that makes them."""

import argparse
from typing import Any

from ...algorithms.fill import executors
from ...formal import Definition, Verdict
from ..checks import check
from ..external import check_program
from ..report import _streams
from ..saved import _folders, check_samples
from ..saved._sources import Saved
from . import _terminal
from ._audit_beside import publish_beside
from ._check import show_views
from ._flags import EPILOG, Command, cli_options, closeness, flags, terms
from ._running import EXIT, definition_of, publish, start

_OF_FILES = ("grain", "paired", "layout", "diverged", "original", "exhaust")
_OF_PROGRAMS = ("budget", "workers", "timeout", "retries", "devices", "originals", "deterministic", "ray")


def _arguments(parser: argparse.ArgumentParser) -> None:
    """What it takes."""
    files = ".npy, .npz or .safetensors, or a folder of them, one for each view or for each run"
    parser.add_argument(
        "removed", metavar="REMOVED", nargs="?", help=f"runs of the removed model, first axis runs: {files}"
    )
    parser.add_argument("reference", metavar="REFERENCE", nargs="?", help="runs of the reference, under the same names")
    parser.add_argument(
        "--original",
        metavar="ORIGINAL",
        help="runs of the original model: would they pass, and how far is doing nothing?",
    )
    cli_options(parser, "--definition")
    closeness(parser)
    choices = {"layout": {"choices": ("runs", "views")}, "diverged": {"choices": ("refuse", "event")}}
    flags(parser, AUDIT.function, like=check, **choices)
    program = parser.add_argument_group("a program, in place of files")
    said = "a command that makes one run, with places {arm}, {seed} and {out}: the file that it writes"
    program.add_argument("--run", metavar="COMMAND", help=said)
    program.add_argument("--folder", metavar="DIR", help="where its runs are kept, ARM/SEED; without --run, only read")
    flags(program, check_program, *_OF_PROGRAMS, like=check)
    program.add_argument(
        "--ray", metavar="ADDRESS", help="make runs by a Ray cluster, or by one that starts here: local"
    )
    cli_options(parser, "--json", "--report")


def _run(args: argparse.Namespace) -> int:
    """Read the saved runs, or make them; decide, publish."""
    definition = definition_of(args.definition, None, args.epsilon, args.delta)
    by_program = args.run is not None or args.folder is not None
    _admit(args, by_program)
    if by_program:
        # How many runs a program makes is decided by what they show, and a bound at a fixed number would be none.
        publish(verdict := _of_program(args, definition), args)
    else:
        arms = _arms(args)
        publish_beside(verdict := _of_files(args, definition, arms), arms, args)
    if not args.json:
        show_views(verdict)
    return EXIT[verdict.status]


def _arms(args: argparse.Namespace) -> list[Saved]:
    paths = [args.removed, args.reference] + ([args.original] if args.original else [])
    return [_folders.read(path, args.layout) for path in paths]


def _of_files(args: argparse.Namespace, definition: Definition, arms: list[Saved]) -> Verdict:
    start()
    pairs = min(next(iter(arm.values())).shape[0] for arm in arms[:2])
    asked = terms(args, AUDIT.function)
    del asked["layout"]  # the files have been read by it
    with _terminal.progress(pairs) as progress:
        return check_samples(definition, *arms, **asked, progress=progress)


def _of_program(args: argparse.Namespace, definition: Definition) -> Verdict:
    start()
    crew = None if args.ray is None else executors.ray(args.ray, args.workers or None)
    asked = terms(args, check_program, executor=crew, told=_told)
    with _terminal.progress(args.budget, first="making runs") as progress:
        return check_program(definition, args.run, args.folder, **asked, progress=progress)


def _told(arm: str, seed: int, attempt: Any, attempts: int) -> None:
    """A run that failed, as it happens: with days of them to come, its user wants to know now."""
    if attempt.kind != "finished":
        last = attempt.log.strip().splitlines()[-1:]
        again = f" (attempt {attempts})" if attempts > 1 else ""
        _streams.say("; its log ends: ".join([f"{arm}, seed {seed}{again}: {attempt.reason}", *last]))


def _admit(args: argparse.Namespace, by_program: bool) -> None:
    """Refuse a call without a subject, or with two, and options of the other kind."""
    named = [name.upper() for name in ("removed", "reference") if getattr(args, name) is None]
    if named and not by_program:
        words = ", ".join(named)
        raise ValueError(f"the following arguments are required: {words}; neverseen audit --help shows the usage")
    if by_program and len(named) < 2:
        raise ValueError("--run and --folder make or read the runs themselves; leave REMOVED and REFERENCE out")
    if args.run is not None and args.folder is None:
        raise ValueError("--run needs a folder to keep the runs in; add --folder DIR")
    parser = argparse.ArgumentParser()
    AUDIT.arguments(parser)
    usual = parser.parse_args([])
    for name in _OF_FILES if by_program else _OF_PROGRAMS:
        if getattr(args, name) != getattr(usual, name):
            kind = "files of runs, not for a program" if by_program else "a program (--run, --folder), not for files"
            raise ValueError(f"--{name} is for {kind}; leave it out")


AUDIT = Command(
    "audit", check_samples, "decide from saved runs of both arms, or from a program's", EPILOG, _arguments, _run
)
