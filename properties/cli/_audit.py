"""`neverseen audit`: files of saved runs."""

import argparse

from ..checks import check
from ..saved import _folders, check_samples
from . import _terminal
from ._check import show_views
from ._flags import EPILOG, Command, cli_options, closeness, flags, terms
from ._running import EXIT, definition_of, publish, start


def _arguments(parser: argparse.ArgumentParser) -> None:
    """What it takes."""
    files = ".npy, .npz or .safetensors, or a folder of them, one for each view or for each run"
    parser.add_argument("removed", metavar="REMOVED", help=f"runs of the removed model, first axis runs: {files}")
    parser.add_argument("reference", metavar="REFERENCE", help="runs of the reference, under the same names")
    parser.add_argument("--original", metavar="ORIGINAL", help="runs of the original model: would they pass?")
    cli_options(parser, "--definition")
    closeness(parser)
    choices = {"layout": {"choices": ("runs", "views")}, "diverged": {"choices": ("refuse", "event")}}
    flags(parser, AUDIT.function, like=check, **choices)
    cli_options(parser, "--json", "--report")


def _run(args: argparse.Namespace) -> int:
    """Read the saved runs, decide, publish."""
    definition = definition_of(args.definition, None, args.epsilon, args.delta)
    paths = [args.removed, args.reference] + ([args.original] if args.original else [])
    arms = [_folders.read(path, args.layout) for path in paths]
    start()
    pairs = min(next(iter(arm.values())).shape[0] for arm in arms[:2])
    asked = terms(args, AUDIT.function)
    del asked["layout"]  # the files have been read by it
    with _terminal.progress(pairs) as progress:
        verdict = check_samples(definition, *arms, **asked, progress=progress)
    publish(verdict, args)
    if not args.json:
        show_views(verdict)
    return EXIT[verdict.status]


AUDIT = Command("audit", check_samples, "decide from saved runs of both arms", EPILOG, _arguments, _run)
