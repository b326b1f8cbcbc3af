"""`neverseen compare-removers`: several removers as one table."""

import argparse

from ...formal import Definition, Status
from ..checks import Comparison, check, compare_removers
from ..checks._comparison import powerless
from . import _names, _terminal
from ._flags import Command, cli_options, closeness, flags, terms
from ._running import EXIT, definition_of, publish, set_up, subject_of

_STATUS = """\
exit status: the worst of the removers named, under the definitions asked: 0 all SATISFIED, 1 one is REFUTED, 2 usage or
bad input, 3 one is INCONCLUSIVE, has no power or does not run on the learner, 70 a fault of ours, 130 Ctrl-C

Doing nothing and fresh retrains are rows too, and count where they are named. "SATISFIED, no power": doing nothing is
not refuted here either, so that nothing is shown. A remover that you choose after reading a table needs fresh
references: another --seed. Cost is in retrains, and differs from call to call. Which side of one remover its reference
lies on: neverseen check-relative."""


def _arguments(parser: argparse.ArgumentParser) -> None:
    """What it takes."""
    parser.add_argument(
        "removers", metavar="REMOVER", nargs="+", help="listed names, FILE.py:ATTRIBUTE or MODULE:ATTRIBUTE"
    )
    cli_options(
        parser, "--definition", choices=("untraining", "unlearning", "both"), default="both", help="(default both)"
    )
    closeness(parser)
    cli_options(parser, "--level", "--learner", "--store")
    where = "digits:forget=near-duplicates"
    cli_options(parser, "--scenario", default=where, help=f"data and request (default {where})")
    flags(parser, COMPARE_REMOVERS.function, like=check)
    cli_options(parser, "--json", "--report")


def _run(args: argparse.Namespace) -> int:
    """Resolve the names, check each under each definition, publish."""
    claims = _claims(args)
    asked = terms(args, COMPARE_REMOVERS.function, store=set_up(args))
    removers = [_names.resolve("remover", spec) for spec in args.removers]
    learner, scenario = subject_of(args, "learner", "scenario")
    with _terminal.progress(len(removers), "removers", "starting") as progress:
        comparison = compare_removers(claims, removers, learner, scenario, **asked, progress=progress)
    publish(comparison, args)
    return EXIT[worst(comparison)]


def worst(comparison: Comparison) -> Status:
    """The worst verdict of the rows asked for; one that does not run was not decided, nor one without power.

    >>> worst(Comparison.example()).name
    'REFUTED'
    """
    rows = [row for row in comparison.rows if row.asked]
    judged = [(v, powerless(v, comparison.original(i))) for row in rows for i, v in enumerate(row.verdicts)]
    statuses = {Status.INCONCLUSIVE if without else verdict.status for verdict, without in judged}
    if any(row.why for row in rows):
        statuses.add(Status.INCONCLUSIVE)
    return next((status for status in (Status.REFUTED, Status.INCONCLUSIVE) if status in statuses), Status.SATISFIED)


def _claims(args: argparse.Namespace) -> list[Definition]:
    """One definition, or both; the level is unlearning's."""
    names = ("untraining", "unlearning") if args.definition == "both" else (args.definition,)
    levels = {"untraining": args.level if args.definition == "untraining" else None, "unlearning": args.level}
    return [definition_of(name, levels[name], args.epsilon, args.delta) for name in names]


_SUMMARY = "put several removers to the definitions in one scenario, as one table"
COMPARE_REMOVERS = Command(
    "compare-removers", compare_removers, _SUMMARY, _STATUS, _arguments, _run, aliases=("compare",)
)
