"""The command line `neverseen check | audit | …`; arguments are read before anything heavy is imported."""

import argparse
import importlib.metadata
import os
import sys
import traceback
import warnings
from collections.abc import Sequence
from typing import Any, NoReturn

from ._terminal import flush, printable

_KINDS = ("learners", "removers", "scenarios", "definitions", "theorems", "metrics")
_STATUS = """\
exit status: 0 SATISFIED, 1 REFUTED, 2 usage or bad input, 3 INCONCLUSIVE, 70 a fault of ours, 130 Ctrl-C

A name may carry arguments, digits:forget=class,size=16, or lie in a file of yours, mine.py:attribute, or in a
module, package.module:attribute. `neverseen list` shows the names and their arguments."""
_COMPARE = """\
exit status: 0 closer to the reference, 1 closer to the original, 2 usage or bad input, 3 undecided, 70 a fault of
ours, 130 Ctrl-C

For when (ε, δ) is out of reach: which of the two is nearer, not how near. Names are as in `neverseen check`."""
_PLAN = """\
exit status: 0 the plan was made, 2 usage or bad input, 70 a fault of ours, 130 Ctrl-C

An effect is how the removed models' law differs from the reference's N(0, 1) in one view: separated (they never
overlap), shift=D (N(D, 1)), share=R (with probability R far from all references) or none."""
_POOL = """\
exit status: 0 done and all sound, 1 verify found damaged files, 2 usage, or what cannot be read, drawn or kept, 70 a
fault of ours, 130 Ctrl-C (finished shards stay)

The store keeps pools of runs between checks. It lies in NEVERSEEN_STORE, or else among the user's caches."""
_PROVE = """\
exit status: 0 every theorem holds and every negative twin is refuted, 1 otherwise, 2 unknown id, 70 a fault of
ours, 130 Ctrl-C (what was finished is shown)

A negative twin is a false variant of the statement, one operand or operator away; a check that cannot refute it
would prove nothing. T2 stands for all parts of T2."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: the arguments; those of the process when left out.

    Returns:
        The exit status: 0 SATISFIED, 1 REFUTED, 2 usage or bad input, 3 INCONCLUSIVE, 70 a fault of ours,
        130 Ctrl-C. Errors are one line on stderr; NEVERSEEN_TRACEBACK=1 adds the traceback.

    >>> main(["--version"])  # doctest: +ELLIPSIS
    neverseen ...
    0
    """
    _encode()
    try:
        return _run(argv)
    except SystemExit as stop:  # argparse has printed its help or its line
        flush()
        return stop.code if isinstance(stop.code, int) else 0
    except KeyboardInterrupt as stop:
        return _fail(130, f"interrupted; {str(stop) or 'no pair was finished'}")
    except ValueError as error:
        return _fail(2, str(error))
    except Exception as error:
        if isinstance(error.__cause__ or error.__context__, KeyboardInterrupt):  # Ctrl-C while jaxlib loads
            return _fail(130, "interrupted; no pair was finished")
        kind = f"{type(error).__name__}: {error}".splitlines()[0]
        return _fail(70, f"a fault of ours, please report it ({kind}); NEVERSEEN_TRACEBACK=1 shows the traceback")


def _run(argv: Sequence[str] | None) -> int:
    args = _parser().parse_args(argv)
    from . import _commands, _pool_commands

    commands = {
        "check": _commands.check,
        "audit": _commands.audit,
        "compare": _commands.compare,
        "plan": _commands.plan,
        "list": _commands.listing,
        "prove": _commands.prove,
        "pool": _pool_commands.pool,
    }
    with warnings.catch_warnings():
        warnings.showwarning = _warn
        return commands[args.command](args)


def _warn(message: Warning | str, *where: Any) -> None:
    """A warning as one line, without the place in our code that it came from."""
    del where
    print(f"neverseen: warning: {printable(' '.join(str(message).split()))}", file=sys.stderr)


def _fail(status: int, message: str) -> int:
    if os.environ.get("NEVERSEEN_TRACEBACK") == "1":
        traceback.print_exc()
    print(f"neverseen: {printable(' '.join(message.split()))}", file=sys.stderr)
    return status


def _encode() -> None:
    """A terminal that lacks a letter such as ε shows its escape: no verdict is lost to an encoding."""
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")


class _Parser(argparse.ArgumentParser):
    """argparse with errors of one line."""

    def error(self, message: str) -> NoReturn:
        raise ValueError(f"{message}; {self.prog} --help shows the usage")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="neverseen",
        description="Property tests for removal algorithms: as if the model had never seen it.",
        epilog=_STATUS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"neverseen {importlib.metadata.version('neverseen')}")
    commands = parser.add_subparsers(dest="command", metavar="check|audit|compare|plan|list|prove|pool", required=True)
    for name, summary, epilog, add in (
        ("check", "decide whether a remover meets a definition, by fresh runs", _STATUS, _check),
        ("audit", "decide from saved runs of both arms", _STATUS, _audit),
        (
            "compare",
            "tell whether a remover's models are closer to the reference or to the original",
            _COMPARE,
            _compare,
        ),
        ("plan", "foretell how many pairs a verdict will need, before any training", _PLAN, _plan),
        ("list", "show the names that can be used", None, _list),
        ("prove", "check the theorems by machine, and refute their negative twins", _PROVE, _prove),
        ("pool", "look after the stored runs: list them, check them, make room, fill", _POOL, _pool),
    ):
        command = commands.add_parser(
            name,
            help=summary,
            description=f"{summary[0].upper()}{summary[1:]}.",
            epilog=epilog,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        add(command)
    return parser


def _check(parser: argparse.ArgumentParser) -> None:
    _remover(parser)
    _claim(parser)
    _runs(parser)
    _terms(parser, grain=1e-3)
    said = "say what share of originals would have been refuted (with --report always)"
    parser.add_argument("--resolution", action="store_true", help=said)


def _compare(parser: argparse.ArgumentParser) -> None:
    _remover(parser)
    _definition(parser)
    _runs(parser)
    parser.add_argument(
        "--alpha", type=float, default=1e-4, metavar="A", help="chance of a false side (default 0.0001)"
    )
    _drawing(parser, grain=1e-3)
    parser.add_argument("--json", action="store_true", help="print the result as JSON and nothing else")


def _plan(parser: argparse.ArgumentParser) -> None:
    number = parser.add_argument
    number("--effect", default="separated", metavar="F", help="separated, none, shift=D or share=R (default separated)")
    number("--views", type=int, default=1, metavar="K", help="one-dimensional views looked at (default 1)")
    number("--budget", type=int, default=512, metavar="N", help="pairs at most (default 512)")
    _closeness(parser)
    _levels(parser)
    number("--seed", type=int, default=0, metavar="K", help="of the replications (default 0)")
    number("--json", action="store_true", help="print JSON and nothing else")


def _remover(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("remover", metavar="REMOVER", help="a listed name, FILE.py:ATTRIBUTE or MODULE:ATTRIBUTE")


def _runs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--level", choices=("dataset", "distribution"), help="of unlearning (default dataset)")
    parser.add_argument("--learner", default="mlp", metavar="L", help="what trains the models (default mlp)")
    parser.add_argument("--scenario", default="digits", metavar="S", help="data and request (default digits)")
    parser.add_argument("--budget", type=int, default=512, metavar="N", help="pairs at most (default 512)")
    kept = "folder that keeps the runs, for later checks and to resume after Ctrl-C; none keeps nothing"
    parser.add_argument("--store", metavar="DIR", help=f"{kept} (default NEVERSEEN_STORE or the cache)")


def _audit(parser: argparse.ArgumentParser) -> None:
    files = ".npy, .npz or .safetensors, or a folder of them"
    parser.add_argument("removed", metavar="REMOVED", help=f"runs of the removed model, first axis runs: {files}")
    parser.add_argument("reference", metavar="REFERENCE", help="runs of the reference, under the same names")
    parser.add_argument("--original", metavar="ORIGINAL", help="runs of the original model, for the report")
    parser.add_argument("--paired", action="store_true", help="row i of both arms came from one seed: keep them paired")
    _claim(parser)
    _terms(parser, grain=0.0)


def _list(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("kind", choices=_KINDS, metavar="|".join(_KINDS), help="what to list")
    parser.add_argument("--json", action="store_true", help="print JSON")


def _prove(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("theorem", nargs="?", metavar="ID", help="a theorem, T2a, or all its parts, T2 (default all)")
    shown = parser.add_mutually_exclusive_group()
    shown.add_argument("--latex", action="store_true", help="print the statements as LaTeX and prove nothing")
    shown.add_argument("--json", action="store_true", help="print JSON and nothing else")


def _pool(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ls|verify|prune|digest|fill", required=True)
    for name, summary in (
        ("ls", "list the pools, least recently used first"),
        ("verify", "read and check every file, and set the damaged ones aside"),
        ("prune", "remove what was least recently used, and damaged files"),
        ("digest", "print the hash of a pool's runs"),
        ("fill", "draw runs of a learner into the store, those that check would draw; again resumes"),
    ):
        action = actions.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
        action.add_argument("--store", metavar="DIR", help="the store's folder (default NEVERSEEN_STORE or the cache)")
        if name == "prune":
            action.add_argument(
                "--limit", default="0", metavar="SIZE", help="what may stay: 0, 500MB, 2GiB (default 0)"
            )
        elif name == "digest":
            action.add_argument("id", metavar="ID", help="of the pool, or how it starts")
        else:
            action.add_argument("--json", action="store_true", help="print JSON and nothing else")
        if name == "fill":
            _filling(action)


def _filling(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--learner", default="mlp", metavar="L", help="what trains the models (default mlp)")
    add("--scenario", default="digits", metavar="S", help="data and request (default digits)")
    add("--runs", type=int, required=True, metavar="N", help="runs to have; whole shards of 32 are drawn")
    rows = ("none", "forget", "behaviour")
    add("--without", choices=rows, default="none", help="rows left out: none, S or S_full (default none)")
    add("--seed", type=int, default=0, metavar="K", help="root seed, as in check (default 0)")
    add("--workers", type=int, metavar="W", help="draw by W processes (default: in this one, on all cores)")
    add(
        "--ray", nargs="?", const="local", metavar="ADDRESS", help="draw by a Ray cluster (default one of this machine)"
    )
    add("--memory", default="256MiB", metavar="SIZE", help="of shards under way at most (default 256MiB)")
    add("--limit", default="2GiB", metavar="SIZE", help="what the store may hold (default 2GiB)")


def _claim(parser: argparse.ArgumentParser) -> None:
    _definition(parser)
    _closeness(parser)


def _definition(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--definition", choices=("untraining", "unlearning"), default="untraining", help="(default untraining)"
    )


def _closeness(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--epsilon", type=float, default=1.0, metavar="E", help="ε of the claim (default 1)")
    parser.add_argument("--delta", type=float, default=0.05, metavar="D", help="δ of the claim (default 0.05)")


def _terms(parser: argparse.ArgumentParser, grain: float) -> None:
    _levels(parser)
    _drawing(parser, grain)
    parser.add_argument("--json", action="store_true", help="print the verdict as JSON and nothing else")
    parser.add_argument("--report", metavar="FILE.html", help="also write the report, one page of HTML")


def _levels(parser: argparse.ArgumentParser) -> None:
    number = parser.add_argument
    number("--alpha", type=float, default=1e-4, metavar="A", help="chance of a false REFUTED (default 0.0001)")
    number("--beta", type=float, default=0.05, metavar="B", help="chance of a false SATISFIED (default 0.05)")
    number("--tolerance", type=float, default=0.1, metavar="T", help="SATISFIED claims δ + T (default 0.1)")


def _drawing(parser: argparse.ArgumentParser, grain: float) -> None:
    number = parser.add_argument
    number("--seed", type=int, default=0, metavar="K", help="root seed (default 0)")
    number("--grain", type=float, default=grain, metavar="G", help=f"noise added to all arms (default {grain:g})")
