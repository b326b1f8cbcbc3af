"""The commands, from parsed arguments to an exit status."""

import argparse
import dataclasses
import inspect
import json
import logging
import os
import shlex
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from ...formal._tabled import aligned
from ...formal.definitions._definitions import Definition, Unlearning, Untraining
from ...formal.definitions._verdict import Status, Verdict
from ..report import writable, write_report
from ..saved import _folders
from . import _measure_command, _names, _terminal
from ._blame import said

if TYPE_CHECKING:
    from ...algorithms.store._store import Store

EXIT = {Status.SATISFIED: 0, Status.REFUTED: 1, Status.INCONCLUSIVE: 3}
_POSITIONAL = ("remover", "removed", "reference", "removers")
_PRESENTATION = ("command", "json", "report", "store", "beside")
_NOTES = ("arguments", "kind", "notion", "unseen")


def check(args: argparse.Namespace) -> int:
    """`neverseen check`: resolve the names, draw pairs until they decide, publish."""
    definition = definition_of(args.definition, args.epsilon, args.delta, args.level)
    if args.report:
        writable(args.report)
    asked = {name: getattr(args, name) for name in ("budget", "resolution", "require_power")}
    terms = _terms(args) | asked | {"store": set_up(args)}
    _measure_command.vet(args.beside, args.report, definition)
    subject = [_names.resolve(kind, getattr(args, kind)) for kind in ("remover", "learner", "scenario")]
    from ..checks._check import check as decide

    with _terminal.progress(args.budget) as progress:
        verdict = decide(definition, *subject, **terms, progress=progress)
    same = {"seed": args.seed, "grain": args.grain, "store": terms["store"]}
    return _publish(verdict, args, lambda: _measure_command.beside(args.beside, definition, *subject, **same))


def audit(args: argparse.Namespace) -> int:
    """`neverseen audit`: read the saved runs, decide, publish."""
    definition = definition_of(args.definition, args.epsilon, args.delta, None)
    if args.report:
        writable(args.report)
    paths = [args.removed, args.reference] + ([args.original] if args.original else [])
    arms = [_folders.read(path, args.layout) for path in paths]
    start()
    from ..saved._check_samples import check_samples

    pairs = min(next(iter(arm.values())).shape[0] for arm in arms[:2])
    with _terminal.progress(pairs) as progress:
        asked = {name: getattr(args, name) for name in ("diverged", "require_power") if getattr(args, name)}
        verdict = check_samples(definition, *arms, **_terms(args), paired=args.paired, **asked, progress=progress)
    return _publish(verdict, args)


def compare(args: argparse.Namespace) -> int:
    """`neverseen compare`: resolve the names, draw triples until they decide, print the side."""
    definition = definition_of(args.definition, 1.0, 0.05, args.level)  # ε and δ have no part in it
    terms = {name: getattr(args, name) for name in ("alpha", "budget", "seed", "grain")} | {"store": set_up(args)}
    subject = [_names.resolve(kind, getattr(args, kind)) for kind in ("remover", "learner", "scenario")]
    from ..checks._relative import check_relative

    with _terminal.progress(args.budget, "triples") as progress:
        found = check_relative(definition, *subject, **terms, progress=progress)
    found = dataclasses.replace(found, provenance={**found.provenance, "command": again(args)})
    _terminal.show(found, args.json)
    return {"CLOSER_TO_REFERENCE": 0, "CLOSER_TO_ORIGINAL": 1}.get(found.side.name, 3)


def plan(args: argparse.Namespace) -> int:
    """`neverseen plan`: replay the engine on the effect's laws, print the forecast."""
    from ..checks._plan import plan as foretell

    levels = {name: getattr(args, name) for name in ("alpha", "beta", "tolerance", "budget", "views", "seed")}
    made = foretell(Untraining(args.epsilon, args.delta), args.effect, **levels)
    _terminal.show(made, args.json)
    return 0


def listing(args: argparse.Namespace) -> int:
    """`neverseen list`: names, first lines, and arguments or kinds."""
    rows = _rows(args.kind)
    if args.json:
        _terminal.write_json(json.dumps(rows, ensure_ascii=False, indent=1))
        return 0
    notes = (next((f"  [{row[key]}]" for key in _NOTES if row.get(key)), "") for row in rows)
    cells = [(row["name"], f"{row['summary']}{note}{_measured(row)}") for row, note in zip(rows, notes, strict=True)]
    _terminal.write("\n".join(aligned(cells)))
    return 0


def _measured(row: dict[str, str]) -> str:
    """For a metric: under which names it is measured."""
    if "measured" not in row:
        return ""
    return f"  measured as {row['measured']}" if row["measured"] else "  not implemented"


def prove(args: argparse.Namespace) -> int:
    """`neverseen prove`: run the theorems, show what each check did. Ctrl-C keeps the finished ones."""
    from ..checks import _prove as proving

    theorems = proving.chosen(args.theorem)
    if args.latex:
        _terminal.write("\n".join(theorem.statement_latex for theorem in theorems))
        return 0
    proved: list[proving.Proved] = []
    try:
        with _terminal.progress(len(theorems), "theorems", "starting") as report:
            for theorem in theorems:
                report(len(proved), len(theorems), f"{theorem.id} {theorem.title}")
                proved.append(proving.run_theorem(theorem))
    finally:
        proofs = proving.Proofs(len(theorems), tuple(proved))
        _terminal.show(proofs, args.json)
    return 0 if proofs.holds else 1


def set_up(args: argparse.Namespace) -> "Store | None":
    """Every core a device and compiled programs kept; the store of runs, unless it is not wanted."""
    from ...algorithms.pools._draw import keep_compiled
    from ...algorithms.store._store import Store

    start()
    keep_compiled()
    return None if args.store == "none" else Store(args.store)


def start() -> None:
    """Start JAX, every core of the host a device.

    Raises:
        ValueError: it has no device to run on, such as CUDA asked for and absent.
    """
    import jax

    from ...algorithms.pools._draw import use_host_cores

    # It writes the traceback of what a callback raises; ours is one line.
    quiet = os.environ.get("NEVERSEEN_TRACEBACK") != "1"
    for name in ("jax._src.callback", "jax._src.debugging"):
        logging.getLogger(name).setLevel(logging.CRITICAL if quiet else logging.NOTSET)
    use_host_cores()
    try:
        jax.devices()
    except Exception as error:
        asked = os.environ.get("JAX_PLATFORMS") or "the platforms it knows"
        reason = said(error).partition("\n")[0] or "none is there"
        raise ValueError(f"JAX cannot start on {asked} ({reason}); mend JAX_PLATFORMS, or install it") from error


def definition_of(name: str, epsilon: float, delta: float, level: str | None) -> Definition:
    """The definition that --definition and --level name.

    Raises:
        ValueError: a level that the definition does not have.
    """
    if name == "untraining":
        if level == "distribution":
            raise ValueError("--level distribution is one of unlearning; add --definition unlearning")
        return Untraining(epsilon, delta)
    return Unlearning(epsilon, delta, "distribution" if level == "distribution" else "dataset")


def _terms(args: argparse.Namespace) -> dict[str, Any]:
    return {name: getattr(args, name) for name in ("alpha", "beta", "tolerance", "seed", "grain")}


def _publish(verdict: Verdict, args: argparse.Namespace, beside: Callable[[], dict[str, Any]] = dict) -> int:
    """The verdict first, the report and what is measured for it after it: a full disk must not cost the result."""
    verdict = dataclasses.replace(verdict, provenance={**verdict.provenance, "command": again(args)})
    if args.json:
        _terminal.write_json(verdict.to_json())
    else:
        _terminal.write(_terminal.printable(str(verdict)))
        _views(verdict)
    if args.report:
        write_report(verdict, args.report, **beside())
    return EXIT[verdict.status]


def _views(verdict: Verdict) -> None:
    """The table of views, where standard output is a terminal."""
    if not _terminal.isatty() or not verdict.evidence.views:
        return
    rows: list[tuple[str, ...]] = [("view", "removed", "reference", "log wealth")]
    for row in verdict.evidence.views:
        means = ("–" if mean is None else f"{mean:.4g}" for mean in (row.removed, row.reference))
        rows.append((row.view, *means, f"{row.log_wealth:.3g}"))
    for line in aligned(rows, right=(1, 2, 3)):
        _terminal.write(_terminal.printable(line))


def again(args: argparse.Namespace) -> str:
    """The command with every default written out; how it was shown is left out."""
    given = {name: value for name, value in vars(args).items() if value is not None and name not in _PRESENTATION}
    words = ["neverseen", args.command, *(word for name in _POSITIONAL for word in _several(given.get(name, [])))]
    for name, value in given.items():
        if name not in _POSITIONAL and value is not False:
            option = f"--{name.replace('_', '-')}"
            words += [option] if value is True else [w for one in _several(value) for w in (option, str(one))]
    return shlex.join(words)


def _several(value: Any) -> list[Any]:
    return cast(list[Any], value) if isinstance(value, list) else [value]


def _rows(kind: str) -> list[dict[str, str]]:
    if kind == "theorems":
        from ...formal.theorems import THEOREMS

        return [{"name": t.id, "summary": t.title, "kind": t.kind, "scope": t.scope} for t in THEOREMS]
    if kind == "metrics":
        return _metrics()
    claims: dict[str, Callable[..., Any]] = {"untraining": Untraining, "unlearning": Unlearning}
    table = claims if kind == "definitions" else _names.registry(cast(_names.Kind, kind.removesuffix("s")))
    rows = [_row(name, factory) for name, factory in table.items()]
    return rows + _statements() if kind == "definitions" else rows


def _metrics() -> list[dict[str, str]]:
    """The catalogued metrics, each with the names under which it is measured."""
    from ...formal.catalogue import METRICS
    from ..metrics import implementing

    return [
        {"name": e.id, "summary": e.title, "notion": e.notion, "why": e.why, "measured": ", ".join(implementing(e.id))}
        for e in METRICS.values()
    ]


def _statements() -> list[dict[str, str]]:
    """The definitions under their permanent ids, after the names that --definition takes."""
    from ...formal.definitions._statements import STATEMENTS

    return [
        {"name": s.id, "summary": s.title, "unseen": s.unseen, "source": s.source, "latex": s.latex()}
        for s in STATEMENTS.values()
    ]


def _row(name: str, factory: Callable[..., Any]) -> dict[str, str]:
    parameters = inspect.signature(factory).parameters.values()
    arguments = (p.name if p.default is p.empty else f"{p.name}={p.default!r}" for p in parameters)
    summary = (inspect.getdoc(factory) or "").partition("\n")[0].replace("*", "")
    return {"name": name, "summary": summary, "arguments": ", ".join(arguments)}
