"""`neverseen compare`: several removers as one table."""

import argparse
import csv
import io
from typing import Any

from ...formal import Definition, Status
from ..checks import Comparison, check, compare, rank
from ..checks._compared import powerless
from ..report._page import write_page
from . import _names, _terminal
from ._flags import Command, cli_options, closeness, flags, terms
from ._running import EXIT, definition_of, publish, scenario_of, set_up, subject_of

_STATUS = """\
exit status: the worst of the removers named, under the definitions asked: 0 all SATISFIED, 1 one is REFUTED, 2 usage or
bad input, 3 one is INCONCLUSIVE, has no power or does not run on the learner, 70 a fault of ours, 130 Ctrl-C

Doing nothing and fresh retrains are rows too, and count where they are named. "SATISFIED, no power": doing nothing is
not refuted here either, so that nothing is shown. A remover that you choose after reading a table needs fresh
references: another --seed. A distance or a rank is no verdict, and does not move the exit status. Cost is counted in
retrains. --sides adds what check-relative says of each."""


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
    told = f"data and request; several, and removers are ranked in each (default {_WHERE})"
    cli_options(parser, "--scenario", action="append", default=None, help=told)
    flags(parser, COMPARE.function, like=check)
    parser.add_argument("--csv", metavar="FILE.csv", help="also write a record for each remover and definition")
    cli_options(parser, "--json", "--report")


def _run(args: argparse.Namespace) -> int:
    """Resolve the names, check each under each definition, publish."""
    claims = _claims(args)
    asked = terms(args, COMPARE.function, store=set_up(args))
    removers = [_names.resolve("remover", spec) for spec in args.removers]
    [learner] = subject_of(args, "learner")
    args.scenario = args.scenario or [_WHERE]
    scenarios = [scenario_of(args, spec) for spec in args.scenario]
    with _terminal.progress(len(removers) * len(scenarios), "removers", "starting") as progress:
        if len(scenarios) == 1:
            result = compare(claims, removers, learner, scenarios[0], **asked, progress=progress)
        else:
            result = rank(claims, removers, learner, scenarios, **asked, progress=progress)
    publish(result, args)
    tables = (result,) if isinstance(result, Comparison) else result.comparisons
    if args.csv:
        write_page(csv_of([record for table in tables for record in table.records()]), args.csv)
    # The worst of all tables, as of all rows of one.
    return EXIT[min((worst(table) for table in tables), key=_GRAVEST.index)]


def csv_of(records: list[dict[str, Any]]) -> str:
    """Records as comma-separated values, what is not known left empty.

    >>> csv_of([{"remover": "a, b", "cost": None}])
    'remover,cost\\r\\n"a, b",\\r\\n'
    """
    lines = io.StringIO()
    writer = csv.DictWriter(lines, list(records[0]) if records else [])
    writer.writeheader()
    writer.writerows(records)
    return lines.getvalue()


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
    return min(statuses or {Status.INCONCLUSIVE}, key=_GRAVEST.index)


_GRAVEST = (Status.REFUTED, Status.INCONCLUSIVE, Status.SATISFIED)
_WHERE = "digits:forget=near-duplicates"


def _claims(args: argparse.Namespace) -> list[Definition]:
    """One definition, or both; the level is unlearning's."""
    names = ("untraining", "unlearning") if args.definition == "both" else (args.definition,)
    levels = {"untraining": args.level if args.definition == "untraining" else None, "unlearning": args.level}
    return [definition_of(name, levels[name], args.epsilon, args.delta) for name in names]


_SUMMARY = "put several removers to the definitions in one scenario, as one table"
COMPARE = Command("compare", compare, _SUMMARY, _STATUS, _arguments, _run)
