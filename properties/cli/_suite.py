"""`neverseen suite`: a remover put to every question."""

import argparse

from ..checks import check
from ..suite import check_suite, relations
from . import _names, _terminal
from ._flags import Command, cli_options, flags, terms
from ._running import EXIT, publish, set_up, subject_of

_STATUS = """\
exit status: 0 all that is claimed holds, 1 a check failed, 2 usage or bad input, 3 something claimed was not decided,
70 a fault of ours, 130 Ctrl-C

What is claimed follows from what the remover aims at. The other notion's rows are information, and never a pass."""


def _arguments(parser: argparse.ArgumentParser) -> None:
    """What it takes."""
    cli_options(parser, "remover", "--store")
    said = "what trains the models (default what it is made for, or ridge and logistic)"
    cli_options(parser, "--learner", default=None, help=said)
    flags(parser, SUITE.function, like=check)
    said = "a check, untraining or unlearning that is to fail, and why; may be given again"
    parser.add_argument("--expect", action="append", default=[], metavar="NAME=WHY", help=said)
    cli_options(parser, "--json", "--report")


def _run(args: argparse.Namespace) -> int:
    """Resolve the names, ask everything, publish."""
    expected = dict(_declared(text) for text in args.expect)
    asked = terms(args, SUITE.function, expected=expected, store=set_up(args))
    (remover,) = subject_of(args, "remover")
    learner = None if args.learner is None else _names.resolve("learner", args.learner)
    with _terminal.progress(len(relations.RELATIONS), "checks", "starting") as progress:
        suite = check_suite(remover, learner, **asked, progress=progress)
    publish(suite, args)
    return EXIT[suite.status]


def _declared(text: str) -> tuple[str, str]:
    name, equals, why = text.partition("=")
    if not (equals and name and why):
        raise ValueError(f"--expect {text!r}: write NAME=WHY, such as unlearning='it is not told S_full'")
    return name, why


_SUMMARY = "put a remover to every question: relations, then definitions"
SUITE = Command("suite", check_suite, _SUMMARY, _STATUS, _arguments, _run)
