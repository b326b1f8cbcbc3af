"""`neverseen measure`: the field's metrics."""

import argparse

from ...formal import Definition
from ..checks import check
from ..metrics import Metric, measure, named
from . import _names, _terminal
from ._flags import Command, cli_options, flags, terms
from ._running import definition_of, publish, set_up, subject_of

_STATUS = """\
exit status: 0 measured, whatever the metrics say, 2 usage or bad input, 70 a fault of ours, 130 Ctrl-C

Each value stands beside its floor (fresh retrains) and its power (do-nothing), all against the same references. A
metric is no verdict: neverseen check decides.
Several removers, or both definitions, give a table each. `neverseen list metrics` shows the names."""


def _arguments(parser: argparse.ArgumentParser) -> None:
    """What it takes."""
    parser.add_argument(
        "removers", metavar="REMOVER", nargs="+", help="listed names, FILE.py:ATTRIBUTE or MODULE:ATTRIBUTE"
    )
    cli_options(parser, "--definition", choices=("untraining", "unlearning", "both"))
    cli_options(parser, "--level")
    parser.add_argument("--metrics", metavar="A,B", help="names, separated by commas (default all that apply)")
    cli_options(parser, "--learner", "--scenario", "--store")
    flags(parser, measure, like=check)
    cli_options(parser, "--json", "--report")


def _run(args: argparse.Namespace) -> int:
    """Resolve the names, draw the runs, publish the table."""
    claims, metrics = _claims(args.definition, args.level), chosen_metrics(args.metrics)
    asked = terms(args, MEASURE.function, store=set_up(args))
    removers = [_names.resolve("remover", spec) for spec in args.removers]
    learner, scenario = subject_of(args, "learner", "scenario")
    with _terminal.progress(args.runs * len(claims), "runs") as progress:
        tables = measure(metrics, claims, removers, learner, scenario, **asked, progress=progress)
    publish(tables if len(tables) > 1 else tables[0], args)
    return 0


def _claims(definition: str, level: str | None) -> list[Definition]:
    """One definition, or both; the level is then unlearning's."""
    if definition != "both":
        return [definition_of(definition, level)]
    return [definition_of("untraining", None), definition_of("unlearning", level)]


def chosen_metrics(names: str | None) -> list[Metric] | None:
    """The metrics that --metrics names; None for all that apply.

    >>> chosen_metrics("klom, tow")[1].name
    'tow'
    """
    return None if names is None else [named(name.strip()) for name in names.split(",")]


_SUMMARY = "take the field's metrics of removers, each beside its floor and its power"
MEASURE = Command("measure", measure, _SUMMARY, _STATUS, _arguments, _run)
