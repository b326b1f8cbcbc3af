"""`neverseen measure`: the field's metrics."""

import argparse

from ..checks import check
from ..metrics import Metric, measure, named
from . import _terminal
from ._flags import Command, cli_options, flags, terms
from ._running import definition_of, publish, set_up, subject_of

_STATUS = """\
exit status: 0 measured, whatever the metrics say, 2 usage or bad input, 70 a fault of ours, 130 Ctrl-C

Each value stands beside its floor (fresh retrains) and its power (do-nothing), all against the same references. A
metric is no verdict: neverseen check decides. `neverseen list metrics` shows the names."""


def _arguments(parser: argparse.ArgumentParser) -> None:
    """What it takes."""
    cli_options(parser, "remover", "--definition", "--level")
    parser.add_argument("--metrics", metavar="A,B", help="names, separated by commas (default all that apply)")
    cli_options(parser, "--learner", "--scenario", "--store")
    flags(parser, measure, like=check)
    cli_options(parser, "--json", "--report")


def _run(args: argparse.Namespace) -> int:
    """Resolve the names, draw the runs, publish the table."""
    definition, metrics = definition_of(args.definition, args.level), chosen_metrics(args.metrics)
    asked = terms(args, MEASURE.function, store=set_up(args))
    subject = subject_of(args)
    with _terminal.progress(args.runs, "runs") as progress:
        table = measure(metrics, definition, *subject, **asked, progress=progress)
    publish(table, args)
    return 0


def chosen_metrics(names: str | None) -> list[Metric] | None:
    """The metrics that --metrics names; None for all that apply.

    >>> chosen_metrics("klom, tow")[1].name
    'tow'
    """
    return None if names is None else [named(name.strip()) for name in names.split(",")]


_SUMMARY = "take the field's metrics of a remover, each beside its floor and its power"
MEASURE = Command("measure", measure, _SUMMARY, _STATUS, _arguments, _run)
