"""`neverseen measure`: its arguments, and from them to an exit status."""

import argparse
import dataclasses

from . import _terminal

STATUS = """\
exit status: 0 measured, whatever the metrics say, 2 usage or bad input, 70 a fault of ours, 130 Ctrl-C

Each value stands beside its floor (fresh retrains) and its power (do-nothing), all against the same references. A
metric is no verdict: neverseen check decides. `neverseen list metrics` shows the names."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes; nothing heavy is imported."""
    add = parser.add_argument
    add("remover", metavar="REMOVER", help="a listed name, FILE.py:ATTRIBUTE or MODULE:ATTRIBUTE")
    add("--definition", choices=("untraining", "unlearning"), default="untraining", help="(default untraining)")
    add("--level", choices=("dataset", "distribution"), help="of unlearning (default dataset)")
    add("--metrics", metavar="A,B", help="names, separated by commas (default all that apply)")
    add("--learner", default="mlp", metavar="L", help="what trains the models (default mlp)")
    add("--scenario", default="digits", metavar="S", help="data and request (default digits)")
    add("--runs", type=int, default=128, metavar="N", help="runs of each arm (default 128)")
    add("--seed", type=int, default=0, metavar="K", help="root seed, as in check (default 0)")
    add("--grain", type=float, default=1e-3, metavar="G", help="noise added to what metrics read (default 0.001)")
    kept = "folder that keeps the runs; none keeps nothing (default NEVERSEEN_STORE or the cache)"
    add("--store", metavar="DIR", help=kept)
    add("--json", action="store_true", help="print the table as JSON and nothing else")


def measure(args: argparse.Namespace) -> int:
    """`neverseen measure`: resolve the names, draw the runs, print the table."""
    from . import _names
    from ._commands import again, definition_of, set_up

    definition = definition_of(args.definition, 1.0, 0.05, args.level)  # ε and δ have no part in it
    from .metrics import measure as measured
    from .metrics import named

    asked = None if args.metrics is None else [named(name.strip()) for name in args.metrics.split(",")]
    terms = {name: getattr(args, name) for name in ("runs", "seed", "grain")} | {"store": set_up(args)}
    subject = [_names.resolve(kind, getattr(args, kind)) for kind in ("remover", "learner", "scenario")]
    with _terminal.progress(args.runs, "runs") as progress:
        made = measured(asked, definition, *subject, **terms, progress=progress)
    made = dataclasses.replace(made, provenance=made.provenance | {"command": again(args)})
    _terminal.write(made.to_json() if args.json else "\n".join(map(_terminal.printable, str(made).split("\n"))))
    return 0
