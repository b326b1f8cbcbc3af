"""What commands share: starting JAX, the values that names stand for, and publishing a result."""

import argparse
import dataclasses
import logging
import os
import shlex
from collections.abc import Callable
from typing import Any, cast

import jax

from ...algorithms.pools import keep_compiled, use_host_cores
from ...algorithms.store import Store
from ...formal import Definition, Status, Unlearning, Untraining
from ..report import write_report
from ..scenarios._file import FILES, from_file
from . import _names, _terminal
from ._blame import said
from ._flags import OF_FILES

EXIT = {Status.SATISFIED: 0, Status.REFUTED: 1, Status.INCONCLUSIVE: 3}
_POSITIONAL = ("remover", "removed", "reference", "removers")
_PRESENTATION = ("command", "json", "report", "plot", "csv", "store", "beside")


def set_up(args: argparse.Namespace) -> Store | None:
    """Every core a device and compiled programs kept; the store of runs, unless it is not wanted."""
    start()
    keep_compiled()
    return None if args.store == "none" else Store(args.store)


def start() -> None:
    """Start JAX, every core of the host a device.

    Raises:
        ValueError: it has no device to run on, such as CUDA asked for and absent.
    """
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


def definition_of(name: str, level: str | None, epsilon: float = 1.0, delta: float = 0.05) -> Definition:
    """The definition that --definition and --level name; ε and δ where they have a part in it.

    Raises:
        ValueError: a level that the definition does not have.
    """
    if name == "untraining":
        if level == "distribution":
            raise ValueError("--level distribution is one of unlearning; add --definition unlearning")
        return Untraining(epsilon, delta)
    return Unlearning(epsilon, delta, "distribution" if level == "distribution" else "dataset")


def subject_of(args: argparse.Namespace, *kinds: _names.Kind) -> list[Any]:
    """The values that the names stand for; remover, learner and scenario when no kind is named."""
    return [
        scenario_of(args, args.scenario) if kind == "scenario" else _names.resolve(kind, getattr(args, kind))
        for kind in kinds or ("remover", "learner", "scenario")
    ]


def scenario_of(args: argparse.Namespace, spec: str) -> Any:
    """The scenario that a name stands for, or a file of the user's own with the columns that options name.

    Raises:
        ValueError: as `_names.resolve`; a file without its columns, or columns without a file.
    """
    given = {name: getattr(args, name) for name in (option.lstrip("-") for option in OF_FILES)}
    if not spec.lower().endswith(FILES):
        for name in (name for name, value in given.items() if value is not None):
            raise ValueError(f"--{name} is of a scenario that is a file; add --scenario FILE.csv, or leave it out")
        return _names.resolve("scenario", spec)
    for name in ("labels", "forget"):
        if not given[name]:
            raise ValueError(f"--scenario {spec} is a file; add --{name} COLUMN, a name in its first line")
    inputs = given.pop("inputs")
    return from_file(spec, **given, inputs=None if inputs is None else [name.strip() for name in inputs.split(",")])


def publish(result: Any, args: argparse.Namespace, beside: Callable[[], dict[str, Any]] = dict) -> None:
    """The result first, its page and what is measured for it after it: a full disk must not cost the result."""
    result = (
        [with_command(one, args) for one in cast(list[Any], result)]
        if isinstance(result, list)
        else with_command(result, args)
    )
    _terminal.show(result, args.json)
    if args.report:
        write_report(result, args.report, **beside())


def with_command(result: Any, args: argparse.Namespace) -> Any:
    """The result, its provenance with the command that made it."""
    if not hasattr(result, "provenance"):
        return result
    return dataclasses.replace(result, provenance={**result.provenance, "command": again(args)})


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
