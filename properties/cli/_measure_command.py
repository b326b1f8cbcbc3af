"""`neverseen measure`: its arguments, and from them to an exit status."""

import argparse
import dataclasses
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from . import _terminal
from ._options import GRAIN, SCENARIO

if TYPE_CHECKING:
    from ...formal.definitions._definitions import Definition
    from ..metrics import Metric

BESIDE = 64
"""Runs of each arm for the metrics in the report of a check: enough to tell do-nothing, and mostly drawn already."""

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
    add("--scenario", default=SCENARIO, metavar="S", help=f"data and request (default {SCENARIO})")
    add("--runs", type=int, default=128, metavar="N", help="runs of each arm (default 128)")
    add("--seed", type=int, default=0, metavar="K", help="root seed, as in check (default 0)")
    add("--grain", type=float, default=1e-3, metavar="G", help=f"{GRAIN} (default 0.001)")
    kept = "folder that keeps the runs; none keeps nothing (default NEVERSEEN_STORE or the cache)"
    add("--store", metavar="DIR", help=kept)
    add("--json", action="store_true", help="print the table as JSON and nothing else")


def measure(args: argparse.Namespace) -> int:
    """`neverseen measure`: resolve the names, draw the runs, print the table."""
    from . import _names
    from ._commands import again, definition_of, set_up

    definition = definition_of(args.definition, 1.0, 0.05, args.level)  # ε and δ have no part in it
    from ..metrics import measure as measured

    asked = chosen(args.metrics)
    terms = {name: getattr(args, name) for name in ("runs", "seed", "grain")} | {"store": set_up(args)}
    subject = [_names.resolve(kind, getattr(args, kind)) for kind in ("remover", "learner", "scenario")]
    with _terminal.progress(args.runs, "runs") as progress:
        made = measured(asked, definition, *subject, **terms, progress=progress)
    made = dataclasses.replace(made, provenance=made.provenance | {"command": again(args)})
    _terminal.show(made, args.json)
    return 0


def chosen(names: str | None) -> "list[Metric] | None":
    """The metrics that --metrics names; None for all that apply.

    >>> chosen("klom, tow")[1].name
    'tow'
    """
    from ..metrics import named

    return None if names is None else [named(name.strip()) for name in names.split(",")]


def vet(names: str | None, report: str | None, definition: "Definition") -> None:
    """Before any run: what --metrics of a check names has a page to go to, and may judge the notion.

    Raises:
        ValueError: no report; an unknown metric, or one of the other notion.

    >>> import neverseen as ns
    >>> vet("klom", None, ns.Untraining(1.0, 0.05))
    Traceback (most recent call last):
    ValueError: --metrics is for the report; add --report FILE.html, or use neverseen measure
    """
    if names is not None and not report:
        raise ValueError("--metrics is for the report; add --report FILE.html, or use neverseen measure")
    for one in [] if names in (None, "none") else chosen(names) or []:
        one.admit(definition.name)


def beside(names: str | None, definition: "Definition", *subject: Any, **terms: Any) -> dict[str, Any]:
    """What a report says beside a verdict that is there already: the metrics, and the cost against a retrain.

    What cannot be taken is left out with a warning; with the metrics "none", both are.

    >>> import neverseen as ns
    >>> beside("none", ns.Untraining(1.0, 0.05))
    {}
    """
    if names == "none":
        return {}
    from ..metrics import measure as measured
    from ..runs._cost import behaviour_of

    with _terminal.progress(BESIDE, "runs", "measuring") as progress:
        each = {
            "metrics": lambda: measured(chosen(names), definition, *subject, runs=BESIDE, **terms, progress=progress),
            "behaviour": lambda: behaviour_of(*subject, seed=terms["seed"]),
        }
        return {name: made for name, take in each.items() if (made := _or_warning(name, take)) is not None}


def _or_warning(name: str, take: Callable[[], Any]) -> Any:
    try:
        return take()
    except ValueError as error:
        warnings.warn(f"the report is without {name}: {error}", stacklevel=4)
        return None
