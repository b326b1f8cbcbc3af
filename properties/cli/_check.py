"""`neverseen check`: a remover, by fresh runs."""

import argparse
import warnings
from collections.abc import Callable
from typing import Any

from ...formal import Definition, Verdict
from ...formal._tabled import aligned
from .. import metrics
from ..checks import check
from ..runs import behaviour_of
from . import _terminal
from ._flags import EPILOG, Command, cli_options, closeness, flags, terms
from ._measure import chosen_metrics
from ._running import EXIT, definition_of, publish, set_up, subject_of

BESIDE = 64
"""Runs of each arm for the metrics in the report of a check: enough to tell do-nothing, and mostly drawn already."""


def _arguments(parser: argparse.ArgumentParser) -> None:
    """What it takes."""
    cli_options(parser, "remover", "--definition")
    closeness(parser)
    cli_options(parser, "--level", "--learner", "--scenario", "--store")
    flags(parser, CHECK.function)
    cli_options(parser, "--json", "--report")
    said = "metrics for the report, separated by commas (default all that apply); none leaves them and the cost out"
    parser.add_argument("--metrics", dest="beside", metavar="A,B", help=said)


def _run(args: argparse.Namespace) -> int:
    """Resolve the names, draw pairs until they decide, publish."""
    definition = definition_of(args.definition, args.level, args.epsilon, args.delta)
    asked = terms(args, CHECK.function, store=set_up(args))
    admit_metrics(args.beside, args.report, definition)
    subject = subject_of(args)
    with _terminal.progress(args.budget) as progress:
        verdict = check(definition, *subject, **asked, progress=progress)
    same = {name: asked[name] for name in ("seed", "grain", "store")}
    publish(verdict, args, lambda: measured_beside(args.beside, definition, *subject, **same))
    if not args.json:
        show_views(verdict)
    return EXIT[verdict.status]


def show_views(verdict: Verdict) -> None:
    """The table of views, where standard output is a terminal."""
    if not _terminal.isatty() or not verdict.evidence.views:
        return
    rows: list[tuple[str, ...]] = [("view", "removed", "reference", "log wealth")]
    for row in verdict.evidence.views:
        means = ("–" if mean is None else f"{mean:.4g}" for mean in (row.removed, row.reference))
        rows.append((_terminal.printable(row.view), *means, f"{row.log_wealth:.3g}"))
    _terminal.write("\n".join(aligned(rows, right=(1, 2, 3))))


def admit_metrics(names: str | None, report: str | None, definition: Definition) -> None:
    """Before any run: what --metrics of a check names has a page to go to, and may judge the notion.

    Raises:
        ValueError: no report; an unknown metric, or one of the other notion.

    >>> import neverseen as ns
    >>> admit_metrics("klom", None, ns.Untraining(1.0, 0.05))
    Traceback (most recent call last):
    ValueError: --metrics is for the report; add --report FILE.html, or use neverseen measure
    """
    if names is not None and not report:
        raise ValueError("--metrics is for the report; add --report FILE.html, or use neverseen measure")
    for one in [] if names in (None, "none") else chosen_metrics(names) or []:
        one.admit(definition.name)


def measured_beside(names: str | None, definition: Definition, *subject: Any, **same: Any) -> dict[str, Any]:
    """What a report says beside a verdict that is there already: the metrics, and the cost against a retrain.

    What cannot be taken is left out with a warning; with the metrics "none", both are.

    >>> import neverseen as ns
    >>> measured_beside("none", ns.Untraining(1.0, 0.05))
    {}
    """
    if names == "none":
        return {}
    with _terminal.progress(BESIDE, "runs", "measuring") as progress:
        each: dict[str, Callable[[], Any]] = {
            "metrics": lambda: metrics.measure(
                chosen_metrics(names), definition, *subject, runs=BESIDE, **same, progress=progress
            ),
            "behaviour": lambda: behaviour_of(*subject, seed=same["seed"]),
        }
        return {name: value for name, take in each.items() if (value := _or_warning(name, take)) is not None}


def _or_warning(name: str, take: Callable[[], Any]) -> Any:
    try:
        return take()
    except ValueError as error:
        warnings.warn(f"the report is without {name}: {error}", stacklevel=4)
        return None


CHECK = Command("check", check, "decide whether a remover meets a definition, by fresh runs", EPILOG, _arguments, _run)
