"""`neverseen compare-removers`: its arguments, and from them to an exit status."""

import argparse
import dataclasses
from typing import TYPE_CHECKING

from . import _terminal
from ._options import GRAIN

if TYPE_CHECKING:
    from ...formal.definitions._definitions import Definition
    from ...formal.definitions._verdict import Status
    from ..checks._comparison import Comparison

STATUS = """\
exit status: the worst of the removers named, under the definitions asked: 0 all SATISFIED, 1 one is REFUTED, 2 usage or
bad input, 3 one is INCONCLUSIVE, has no power or does not run on the learner, 70 a fault of ours, 130 Ctrl-C

Doing nothing and fresh retrains are rows too, and count where they are named. "SATISFIED, no power": doing nothing is
not refuted here either, so that nothing is shown. A remover that you choose after reading a table needs fresh
references: another --seed. Cost is in retrains, and differs from call to call. Which side of one remover its reference
lies on: neverseen compare."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes; nothing heavy is imported."""
    add = parser.add_argument
    add("removers", metavar="REMOVER", nargs="+", help="listed names, FILE.py:ATTRIBUTE or MODULE:ATTRIBUTE")
    add("--definition", choices=("untraining", "unlearning", "both"), default="both", help="(default both)")
    add("--level", choices=("dataset", "distribution"), help="of unlearning (default dataset)")
    add("--learner", default="mlp", metavar="L", help="what trains the models (default mlp)")
    default = "digits:forget=near-duplicates"
    add("--scenario", default=default, metavar="S", help=f"data and request (default {default})")
    for name, value, what in (
        ("epsilon", 1.0, "ε of the claims"),
        ("delta", 0.05, "δ of the claims"),
        ("alpha", 1e-3, "chance that any REFUTED of the table is false"),
        ("beta", 0.05, "chance that any SATISFIED of a definition is false: β/k for each of the k removers named"),
        ("tolerance", 0.1, "SATISFIED claims δ + T"),
        ("grain", 1e-3, GRAIN),
    ):
        add(f"--{name}", type=float, default=value, metavar=name[0].upper(), help=f"{what} (default {value:g})")
    add("--budget", type=int, default=512, metavar="N", help="pairs at most for each verdict (default 512)")
    add("--seed", type=int, default=0, metavar="K", help="root seed (default 0)")
    kept = "folder that keeps the runs; none keeps nothing (default NEVERSEEN_STORE or the cache)"
    add("--store", metavar="DIR", help=kept)
    add("--json", action="store_true", help="print the table as JSON and nothing else")
    add("--report", metavar="FILE.html", help="also write the table, one page of HTML")


def compare_removers(args: argparse.Namespace) -> int:
    """`neverseen compare-removers`: resolve the names, check each under each definition, publish."""
    from ..report import writable, write_report
    from . import _names
    from ._commands import EXIT, again, set_up

    claims = _claims(args)
    if args.report:
        writable(args.report)
    terms = {name: getattr(args, name) for name in ("alpha", "beta", "tolerance", "budget", "seed", "grain")}
    terms["store"] = set_up(args)
    removers = [_names.resolve("remover", spec) for spec in args.removers]
    learner, scenario = (_names.resolve(kind, getattr(args, kind)) for kind in ("learner", "scenario"))
    from ..checks._compare_removers import compare_removers as compared

    with _terminal.progress(len(removers), "removers", "starting") as progress:
        made = compared(claims, removers, learner, scenario, **terms, progress=progress)
    made = dataclasses.replace(made, provenance=made.provenance | {"command": again(args)})
    _terminal.show(made, args.json)
    if args.report:
        write_report(made, args.report)
    return EXIT[worst(made)]


def worst(made: "Comparison") -> "Status":
    """The worst verdict of the rows asked for; one that does not run was not decided, nor one without power.

    >>> from neverseen import Comparison
    >>> worst(Comparison.example()).name
    'REFUTED'
    """
    from ...formal.definitions._verdict import Status
    from ..checks._comparison import powerless

    rows = [row for row in made.rows if row.asked]
    told = [(v, powerless(v, made.original(i))) for row in rows for i, v in enumerate(row.verdicts)]
    found = {Status.INCONCLUSIVE if without else verdict.status for verdict, without in told}
    if any(row.why for row in rows):
        found.add(Status.INCONCLUSIVE)
    return next((status for status in (Status.REFUTED, Status.INCONCLUSIVE) if status in found), Status.SATISFIED)


def _claims(args: argparse.Namespace) -> "list[Definition]":
    """One definition, or both; the level is unlearning's."""
    from ._commands import definition_of

    names = ("untraining", "unlearning") if args.definition == "both" else (args.definition,)
    single = args.definition == "untraining"
    levels = {"untraining": args.level if single else None, "unlearning": args.level}
    return [definition_of(name, args.epsilon, args.delta, levels[name]) for name in names]
