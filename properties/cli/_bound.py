"""`neverseen bound`: what ε saved runs show."""

import argparse

from ..saved import _folders, bound, check_samples
from ._flags import Command, cli_options, flags, terms
from ._running import publish, start

_STATUS = """\
exit status: 0 the question was answered, whatever the answer is: it is no verdict, and 0 is no pass; 2 usage or bad
input, 70 a fault of ours, 130 Ctrl-C

A bound is a lower one: ε is at least this. A small bound says that little was shown, not that ε is small. What so many
runs can show at most stands beside it; with --epsilon E it is said whether E is exceeded, and whether it could be."""


def _arguments(parser: argparse.ArgumentParser) -> None:
    """What it takes."""
    files = ".npy, .npz or .safetensors, or a folder of them, one for each view or for each run"
    parser.add_argument("removed", metavar="REMOVED", help=f"runs of the removed model, first axis runs: {files}")
    parser.add_argument("reference", metavar="REFERENCE", help="runs of the reference, under the same names")
    parser.add_argument("--delta", type=float, required=True, metavar="D", help="δ, at which ε is bounded")
    choices = {"layout": {"choices": ("runs", "views")}, "diverged": {"choices": ("refuse", "event")}}
    flags(parser, bound, like=check_samples, **choices)
    cli_options(parser, "--json", "--report")


def _run(args: argparse.Namespace) -> int:
    """Read the saved runs, bound ε, publish."""
    arms = [_folders.read(path, args.layout) for path in (args.removed, args.reference)]
    start()
    asked = terms(args, bound, delta=args.delta)
    del asked["layout"]  # the files have been read by it
    publish(bound(*arms, **asked), args)
    return 0


BOUND = Command(
    "bound", bound, "tell what ε saved runs of both arms show at δ, no claim named", _STATUS, _arguments, _run
)
