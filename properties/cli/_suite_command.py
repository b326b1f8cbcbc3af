"""`neverseen suite`: its arguments, and from them to an exit status."""

import argparse
import dataclasses

from . import _terminal


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes; nothing heavy is imported."""
    add = parser.add_argument
    add("remover", metavar="REMOVER", help="a listed name, FILE.py:ATTRIBUTE or MODULE:ATTRIBUTE")
    add("--learner", metavar="L", help="what trains the models (default what it is made for, or ridge and logistic)")
    add("--epsilon", type=float, default=1.0, metavar="E", help="ε of the claim (default 1)")
    add("--delta", type=float, default=0.05, metavar="D", help="δ of the claim (default 0.05)")
    said = "chance that any REFUTED of a definition is false (default 0.001)"
    add("--alpha", type=float, default=1e-3, metavar="A", help=said)
    add("--budget", type=int, default=512, metavar="N", help="pairs at most for each definition (default 512)")
    add("--seed", type=int, default=0, metavar="K", help="root seed; it draws the scenarios too (default 0)")
    said = "a check, untraining or unlearning that is to fail, and why; may be given again"
    add("--expect", action="append", default=[], metavar="NAME=WHY", help=said)
    kept = "folder that keeps the runs; none keeps nothing (default NEVERSEEN_STORE or the cache)"
    add("--store", metavar="DIR", help=kept)
    add("--json", action="store_true", help="print the suite as JSON and nothing else")
    add("--report", metavar="FILE.html", help="also write the table, one page of HTML")


def suite(args: argparse.Namespace) -> int:
    """`neverseen suite`: resolve the names, ask everything, publish."""
    from ..report import writable, write_report
    from . import _names
    from ._commands import EXIT, again, set_up

    expected = dict(_declared(text) for text in args.expect)
    if args.report:
        writable(args.report)
    store = set_up(args)
    remover = _names.resolve("remover", args.remover)
    learner = None if args.learner is None else _names.resolve("learner", args.learner)
    from ..suite._check_suite import check_suite
    from ..suite.relations import RELATIONS

    terms = {name: getattr(args, name) for name in ("epsilon", "delta", "alpha", "budget", "seed")}
    with _terminal.progress(len(RELATIONS), "checks", "starting") as progress:
        made = check_suite(remover, learner, **terms, expected=expected, store=store, progress=progress)
    made = dataclasses.replace(made, provenance=made.provenance | {"command": again(args)})
    _terminal.show(made, args.json)
    if args.report:
        write_report(made, args.report)
    return EXIT[made.status]


def _declared(text: str) -> tuple[str, str]:
    name, equals, why = text.partition("=")
    if not (equals and name and why):
        raise ValueError(f"--expect {text!r}: write NAME=WHY, such as unlearning='it is not told S_full'")
    return name, why
