"""`neverseen check-relative`: which side a remover's models lie on."""

import argparse

from ..checks import check, check_relative
from . import _terminal
from ._flags import Command, cli_options, flags, terms
from ._running import definition_of, publish, set_up, subject_of

_STATUS = """\
exit status: 0 closer to the reference, 1 closer to the original, 2 usage or bad input, 3 undecided, or closer to
neither, 70 a fault of ours, 130 Ctrl-C

For when (ε, δ) is out of reach: which of the two is nearer, not how near; a model farther from the reference than the
original is, or that diverged, is closer to neither. Names are as in `neverseen check`."""


def _arguments(parser: argparse.ArgumentParser) -> None:
    """What it takes."""
    cli_options(parser, "remover", "--definition", "--level", "--learner", "--scenario", "--store")
    flags(parser, check_relative, like=check)
    cli_options(parser, "--json", "--report")


def _run(args: argparse.Namespace) -> int:
    """Resolve the names, draw triples until they decide, publish."""
    definition = definition_of(args.definition, args.level)
    asked = terms(args, CHECK_RELATIVE.function, store=set_up(args))
    subject = subject_of(args)
    with _terminal.progress(args.budget, "triples") as progress:
        relative = check_relative(definition, *subject, **asked, progress=progress)
    publish(relative, args)
    return {"CLOSER_TO_REFERENCE": 0, "CLOSER_TO_ORIGINAL": 1}.get(relative.side.name, 3)


_SUMMARY = "tell whether a remover's models are closer to the reference or to the original"
CHECK_RELATIVE = Command("check-relative", check_relative, _SUMMARY, _STATUS, _arguments, _run)
