"""`neverseen list`: the names that can be used."""

import argparse
import inspect
import json
from collections.abc import Callable
from typing import Any, cast

from ...algorithms.removers import KINDS
from ...formal import Unlearning, Untraining, definitions, theorems
from ...formal._tabled import aligned
from ...formal.catalogue import METRICS
from ..metrics import implementing
from ..runs.observables import DEFAULTS, OBSERVABLES
from . import _names, _terminal
from ._flags import Command, cli_options

_KINDS = ("learners", "removers", "scenarios", "definitions", "theorems", "metrics", "observables")
_NOTES = ("kind", "arguments", "notion", "unseen")


def _arguments(parser: argparse.ArgumentParser) -> None:
    """What it takes."""
    parser.add_argument("kind", choices=_KINDS, metavar="|".join(_KINDS), help="what to list")
    cli_options(parser, "--json")


def _run(args: argparse.Namespace) -> int:
    """Names, first lines, and arguments or kinds."""
    rows = listed(args.kind)
    if args.json:
        _terminal.write_json(json.dumps(rows, ensure_ascii=False, indent=1))
        return 0
    notes = (" · ".join(row[key] for key in _NOTES if row.get(key)) for row in rows)
    about = (f"{row['summary']}{note and f'  [{note}]'}{_measured(row)}" for row, note in zip(rows, notes, strict=True))
    cells = [(row["name"], words) for row, words in zip(rows, about, strict=True)]
    _terminal.write("\n".join(aligned(cells)))
    return 0


def listed(kind: str) -> list[dict[str, str]]:
    """What is listed of a kind.

    >>> listed("theorems")[0]["name"]
    'T1'
    """
    if kind == "theorems":
        return [{"name": t.id, "summary": t.title, "kind": t.kind, "scope": t.scope} for t in theorems.THEOREMS]
    if kind == "metrics":
        about = ({"name": e.id, "summary": e.title, "notion": e.notion, "why": e.why} for e in METRICS.values())
        return [row | {"measured": ", ".join(implementing(row["name"]))} for row in about]
    if kind == "observables":
        return _observables()
    if kind == "removers":
        return [_row(name, make) | {"kind": kind} for kind, makes in KINDS.items() for name, make in makes.items()]
    claims: dict[str, Callable[..., Any]] = {"untraining": Untraining, "unlearning": Unlearning}
    table = claims if kind == "definitions" else _names.registry(cast(_names.Kind, kind.removesuffix("s")))
    rows = [_row(name, factory) for name, factory in table.items()]
    return rows + _statements() if kind == "definitions" else rows


def _measured(row: dict[str, str]) -> str:
    """For a metric: under which names it is measured."""
    if "measured" not in row:
        return ""
    return f"  measured as {row['measured']}" if row["measured"] else "  not implemented"


def _statements() -> list[dict[str, str]]:
    """The definitions under their permanent ids, after the names that --definition takes."""
    return [
        {"name": s.id, "summary": s.title, "unseen": s.unseen, "source": s.source, "latex": s.latex()}
        for s in definitions.STATEMENTS.values()
    ]


def _observables() -> list[dict[str, str]]:
    """What is looked at of a model, what a value belongs to, and by whom it is looked at without being named."""
    return [
        {
            "name": name,
            "summary": one.summary,
            "kind": f"per {one.per}" + (", looked at by every check" if one in DEFAULTS else ""),
            "needs": "class scores" if one.needs_logits else "",
        }
        for name, one in OBSERVABLES.items()
    ]


def _row(name: str, factory: Callable[..., Any]) -> dict[str, str]:
    parameters = inspect.signature(factory).parameters.values()
    words = (p.name if p.default is p.empty else f"{p.name}={p.default!r}" for p in parameters)
    summary = (inspect.getdoc(factory) or "").partition("\n")[0].replace("*", "")
    return {"name": name, "summary": summary, "arguments": ", ".join(words)}


LIST = Command("list", listed, "show the names that can be used", "", _arguments, _run)
