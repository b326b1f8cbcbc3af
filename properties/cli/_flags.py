"""What commands take: options that a function has, read off its signature and docstring, and those of ours alone."""

import argparse
import dataclasses
import functools
import inspect
import itertools
import re
import types
import typing
from collections.abc import Callable
from typing import Any

from ...formal._numbers import MOST, admit_grain, level, root_seed, whole
from ..report import writable
from ..suite import check_suite

MOST_WORKERS = 4096
"""Processes that a filling starts at most."""

SCENARIO = "digits:size=8,full=16"
"""Where none is named: S is 8 of 16 mislabelled digits, so that the two notions ask for different things."""

EPILOG = """\
exit status: 0 SATISFIED, 1 REFUTED, 2 usage or bad input, 3 INCONCLUSIVE, 70 a fault of ours, 130 Ctrl-C

A name may carry arguments, digits:forget=class,size=16, or lie in a file of yours, mine.py:attribute, or in a
module, package.module:attribute. `neverseen list` shows the names and their arguments."""

OF_FILES = ("--labels", "--forget", "--behaviour", "--inputs")
"""What a scenario that is a file needs."""

_OWN: dict[str, dict[str, Any]] = {
    "remover": {"metavar": "REMOVER", "help": "a listed name, FILE.py:ATTRIBUTE or MODULE:ATTRIBUTE"},
    "--definition": {"choices": ("untraining", "unlearning"), "default": "untraining", "help": "(default untraining)"},
    "--level": {"choices": ("dataset", "distribution"), "help": "of unlearning (default dataset)"},
    "--learner": {"default": "mlp", "metavar": "L", "help": "what trains the models (default mlp)"},
    "--scenario": {"default": SCENARIO, "metavar": "S", "help": f"data and request, or FILE.csv (default {SCENARIO})"},
    "--labels": {
        "metavar": "COLUMN",
        "help": "of a scenario that is a .csv, .tsv, .parquet or .npz file: what to predict",
    },
    "--forget": {"metavar": "COLUMN", "help": "of the file, S: a column of flags, or COLUMN=VALUE for a group"},
    "--behaviour": {"metavar": "COLUMN", "help": "of the file, S_full: likewise (default S)"},
    "--inputs": {"metavar": "A,B", "help": "of the file, what models are given (default all other columns)"},
    "--store": {
        "metavar": "DIR",
        "help": "folder that keeps the runs, for later and to resume after Ctrl-C; none keeps nothing "
        "(default NEVERSEEN_STORE or the cache)",
    },
    "--json": {"action": "store_true", "help": "print the result as JSON and nothing else"},
    "--report": {"metavar": "FILE.html", "help": "also write the result as one page of HTML"},
}
_PATHS = ("report", "plot", "csv", "store", "folder", "run", "removed", "reference", "original")
_READERS = {frozenset(kinds): kinds[-1] for kinds in ((bool,), (int,), (str,), (float,), (int, float))}


@dataclasses.dataclass(frozen=True)
class Command:
    """A command: how it is called, the function that it calls, and how.

    Args:
        name: on the command line.
        function: whose options it has.
        summary: in a line.
        status: what its exit status says, and more.
        arguments: what it takes.
        run: from parsed arguments to an exit status.

    >>> Command("plan", len, "foretell", "", print, int).name
    'plan'
    """

    name: str
    function: Callable[..., Any]
    summary: str
    status: str
    arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]


def cli_options(parser: argparse.ArgumentParser, *names: str, **changes: Any) -> None:
    """Options of the command line's own, by name; changes are for all of them.

    >>> parser = argparse.ArgumentParser()
    >>> cli_options(parser, "remover", "--learner", "--json")
    >>> parser.parse_args(["retrain"])
    Namespace(remover='retrain', learner='mlp', json=False)
    """
    for name in names:
        parser.add_argument(name, **_OWN[name] | changes)
        if name == "--scenario":
            cli_options(parser, *OF_FILES)


def flags(
    parser: Any, function: Callable[..., Any], *names: str,
    like: Callable[..., Any] | None = None, **changes: dict[str, Any],
) -> None:  # fmt: skip
    """The options that a function has: name, type and default as in its signature, help as in its docstring.

    Args:
        parser: of the command, or a group of its arguments.
        function: whose options.
        names: which ones; all that are numbers, texts or switches when none is named.
        like: the function whose docstring tells what this one's refers to.
        changes: of single options, as `add_argument` takes them.

    >>> def measure(pool, *, runs: int = 128, paired: bool = False):
    ...     '''Measure.
    ...
    ...     Args:
    ...         runs: of each arm.
    ...         paired: one seed
    ...             for both.
    ...     '''
    >>> parser = argparse.ArgumentParser()
    >>> flags(parser, measure)
    >>> parser.parse_args(["--paired"]), [action.help for action in parser._actions[1:]]
    (Namespace(runs=128, paired=True), ['of each arm (default 128)', 'one seed for both'])
    """
    for name, (reader, default) in options(function).items():
        if names and name not in names:
            continue
        said = _said(function, name, like)
        if reader is bool:
            shown: dict[str, Any] = {"action": "store_true", "help": said}
        else:
            number = f"{default:g}" if isinstance(default, float) else default
            shown = {"type": reader, "default": default}
            shown["help"] = said if default is None else f"{said} (default {number})"
            if "choices" not in changes.get(name, {}):
                shown["metavar"] = "N" if reader is int else name[0].upper()
        parser.add_argument(f"--{name.replace('_', '-')}", **shown | changes.get(name, {}))


def closeness(parser: argparse.ArgumentParser) -> None:
    """ε and δ of a claim, which a definition has no default for: the suite's.

    >>> parser = argparse.ArgumentParser()
    >>> closeness(parser)
    >>> parser.parse_args([])
    Namespace(epsilon=1.0, delta=0.05)
    """
    flags(parser, check_suite, "epsilon", "delta")


def options(function: Callable[..., Any]) -> dict[str, tuple[type, Any]]:
    """The parameters that can be options: the type of each, and its default.

    >>> from neverseen import plan
    >>> options(plan)["views"]
    (<class 'int'>, 1)
    """
    found = {
        parameter.name: (_reader(parameter.annotation), parameter.default)
        for parameter in inspect.signature(function).parameters.values()
        if parameter.default is not parameter.empty
    }
    return {name: (reader, default) for name, (reader, default) in found.items() if reader is not None}


def terms(args: argparse.Namespace, *functions: Callable[..., Any], **others: Any) -> dict[str, Any]:
    """What was given for the options of functions, and what else they take.

    >>> from neverseen import plan
    >>> terms(argparse.Namespace(views=3, json=True), plan, store=None)
    {'views': 3, 'store': None}
    """
    names = dict.fromkeys(name for function in functions for name in options(function))
    return {name: getattr(args, name) for name in names if hasattr(args, name)} | others


def admit_arguments(args: argparse.Namespace) -> None:
    """Refuse numbers out of range, empty names and files that cannot be written, before any work.

    Raises:
        ValueError: one line that names the argument.

    >>> admit_arguments(argparse.Namespace(seed=-1))
    Traceback (most recent call last):
    ValueError: seed: -1 is not in [0, 2**32)
    """
    given = vars(args)
    for name, value in given.items():
        if value == [[]] or (value == [] and name != "expect"):  # Python's argparse takes the text "--" for no text
            raise ValueError(f"--{name}: '--' is no value")
    for name in ("alpha", "beta"):
        if name in given:
            level(name, given[name])
    if "seed" in given:
        root_seed(given["seed"])
    if "grain" in given:
        admit_grain(given["grain"])
    for name in ("budget", "runs", "views", "workers"):
        if given.get(name) is not None:
            # Without workers a program's runs are made in this process; a store's need some.
            least = 0 if name == "workers" and "folder" in given else 1
            whole(name, given[name], least, MOST_WORKERS if name == "workers" else MOST)
    for name in _PATHS:
        path = given.get(name)
        if path is not None and (not path or "\0" in path):
            raise ValueError(f"--{name}: {path!r} names nothing; give a path")
    for path in (given.get("report"), given.get("plot"), given.get("csv")):
        if path is not None:
            writable(path)


def _reader(annotation: Any) -> type | None:
    kinds = set(typing.get_args(annotation) or (annotation,)) - {types.NoneType}
    return _READERS.get(frozenset(kinds))


def _said(function: Callable[..., Any], name: str, like: Callable[..., Any] | None) -> str:
    """What the docstring says of an option; where it refers to `like`'s, what that says."""
    text = _arguments(function).get(name, "")
    if like is not None and f"`{like.__name__}`" in text:
        text = _arguments(like).get(name, text)
    return re.sub(r" \(see [^)]*\)", "", text).rstrip(".").replace("%", "%%")


@functools.cache
def _arguments(function: Callable[..., Any]) -> dict[str, str]:
    """What the docstring's Args say, by name."""
    lines = (inspect.getdoc(function) or "").partition("Args:\n")[2].splitlines()
    told: dict[str, str] = {}
    names: list[str] = []
    for line in itertools.takewhile(str.strip, lines):
        if not line.startswith("     "):
            head, _, line = line.partition(":")
            names = head.strip().split(", ")
        told |= {name: f"{told.get(name, '')} {line.strip()}".strip() for name in names}
    return told
