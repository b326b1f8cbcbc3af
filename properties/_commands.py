"""The three commands, from parsed arguments to an exit status."""

import argparse
import dataclasses
import inspect
import json
import shlex
import sys
from collections.abc import Callable
from typing import Any

from ..formal.definitions import Definition, Unlearning, Untraining
from ..formal.verdict import Status, Verdict
from . import _names, _npz, _terminal
from .report import writable, write_report

_EXIT = {Status.SATISFIED: 0, Status.REFUTED: 1, Status.INCONCLUSIVE: 3}
_POSITIONAL = ("remover", "removed", "reference")
_PRESENTATION = ("command", "json", "report")


def check(args: argparse.Namespace) -> int:
    """`neverseen check`: resolve the names, draw pairs until they decide, publish."""
    definition = _definition(args.definition, args.epsilon, args.delta, args.level)
    if args.report:
        writable(args.report)
    from ..algorithms.pools import use_host_cores

    use_host_cores()
    subject = [_names.resolve(kind, getattr(args, kind)) for kind in ("remover", "learner", "scenario")]
    from .check import check as decide

    with _terminal.progress(args.budget) as progress:
        verdict = decide(definition, *subject, budget=args.budget, **_terms(args), progress=progress)
    return _publish(verdict, args)


def audit(args: argparse.Namespace) -> int:
    """`neverseen audit`: read the saved runs, decide, publish."""
    definition = _definition(args.definition, args.epsilon, args.delta, None)
    if args.report:
        writable(args.report)
    paths = [args.removed, args.reference] + ([args.original] if args.original else [])
    arms = _arms(paths)
    from ..algorithms.pools import use_host_cores

    use_host_cores()
    from .samples import check_samples

    with _terminal.progress(_runs(arms)) as progress:
        verdict = check_samples(definition, *arms, **_terms(args), progress=progress)
    return _publish(verdict, args)


def listing(args: argparse.Namespace) -> int:
    """`neverseen list`: names, first lines and arguments."""
    definitions: dict[str, Callable[..., Any]] = {"untraining": Untraining, "unlearning": Unlearning}
    table = definitions if args.kind == "definitions" else _names.registry(args.kind.removesuffix("s"))
    rows = [_row(name, factory) for name, factory in table.items()]
    if args.json:
        _terminal.write(json.dumps(rows, ensure_ascii=False, indent=1))
        return 0
    width = max(len(row["name"]) for row in rows)
    for row in rows:
        arguments = f"  [{row['arguments']}]" if row["arguments"] else ""
        _terminal.write(f"{row['name']:<{width}}  {row['summary']}{arguments}")
    return 0


def _definition(name: str, epsilon: float, delta: float, level: str | None) -> Definition:
    if name == "untraining":
        if level == "distribution":
            raise ValueError("--level distribution is one of unlearning; add --definition unlearning")
        return Untraining(epsilon, delta)
    return Unlearning(epsilon, delta, "distribution" if level == "distribution" else "dataset")


def _terms(args: argparse.Namespace) -> dict[str, Any]:
    return {name: getattr(args, name) for name in ("alpha", "beta", "tolerance", "seed", "grain")}


def _arms(paths: list[str]) -> list[Any]:
    """The samples of each file. A single array saved without a name is a view without a name."""
    files = [_npz.read(path) for path in paths]
    unnamed = all(list(samples) == ["arr_0"] for samples in files)
    return [samples["arr_0"] for samples in files] if unnamed else files


def _runs(arms: list[Any]) -> int:
    """The pairs that the two arms can give."""
    return min(len(next(iter(arm.values())) if isinstance(arm, dict) else arm) for arm in arms[:2])


def _publish(verdict: Verdict, args: argparse.Namespace) -> int:
    """The verdict first, the report after it: a full disk must not cost the result."""
    verdict = dataclasses.replace(verdict, provenance={**verdict.provenance, "command": _again(args)})
    if args.json:
        _terminal.write(verdict.to_json())
    else:
        _terminal.write(_terminal.printable(str(verdict)))
        _views(verdict)
    if args.report:
        write_report(verdict, args.report)
    return _EXIT[verdict.status]


def _views(verdict: Verdict) -> None:
    """The table of views, where standard output is a terminal."""
    if not sys.stdout.isatty() or not verdict.evidence.views:
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    shown = Table("view", box=None, pad_edge=False)
    for head in ("removed", "reference", "log wealth"):
        shown.add_column(head, justify="right")
    for row in verdict.evidence.views:
        means = ("–" if mean is None else f"{mean:.4g}" for mean in (row.removed, row.reference))
        shown.add_row(Text(_terminal.printable(row.view)), *means, f"{row.log_wealth:.3g}")
    Console().print(shown)


def _again(args: argparse.Namespace) -> str:
    """The command with every default written out; how it was shown is left out."""
    given = {name: value for name, value in vars(args).items() if value is not None and name not in _PRESENTATION}
    words = ["neverseen", args.command, *(given[name] for name in _POSITIONAL if name in given)]
    for name, value in given.items():
        if name not in _POSITIONAL:
            words += [f"--{name}", str(value)]
    return shlex.join(words)


def _row(name: str, factory: Callable[..., Any]) -> dict[str, str]:
    parameters = inspect.signature(factory).parameters.values()
    arguments = (p.name if p.default is p.empty else f"{p.name}={p.default!r}" for p in parameters)
    summary = (inspect.getdoc(factory) or "").partition("\n")[0].replace("*", "")
    return {"name": name, "summary": summary, "arguments": ", ".join(arguments)}
