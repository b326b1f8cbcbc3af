"""`neverseen tune`: settings of a remover, searched on runs that are not reported."""

import argparse

from ..checks import check, tune
from ..checks._tuning import MODES
from . import _names, _terminal
from ._flags import Command, cli_options, flags, terms
from ._running import definition_of, publish, set_up, subject_of

_STATUS = """\
exit status: 0 on fresh runs the tuned settings are better than the defaults and than doing nothing, 3 they are not,
2 usage or bad input, 70 a fault of ours, 130 Ctrl-C

An argument of the name is fixed: scrub:climbs=1. A factory of yours, mine.py:make, publishes a space as its attribute
`space`. A tuned point is no verdict: neverseen check decides, and with the same seed on the runs reported here."""


def _arguments(parser: argparse.ArgumentParser) -> None:
    """What it takes."""
    cli_options(parser, "remover", "--definition", "--level", "--learner", "--scenario", "--store")
    flags(parser, tune, like=check, mode={"choices": tuple(MODES)})
    cli_options(parser, "--json", "--report")


def _run(args: argparse.Namespace) -> int:
    """Resolve the names, try the settings, publish the table; the status says whether they are better."""
    definition, make = definition_of(args.definition, args.level), _names.factory_of(args.remover)
    asked = terms(args, tune, store=set_up(args))
    learner, scenario = subject_of(args, "learner", "scenario")
    with _terminal.progress(args.trials, "trials") as progress:
        tuning = tune(make, definition, learner, scenario, **asked, progress=progress)
    publish(tuning, args)
    return 0 if tuning.better else 3


_SUMMARY = "search a remover's settings, and report the best on fresh runs beside the defaults"
TUNE = Command("tune", tune, _SUMMARY, _STATUS, _arguments, _run)
