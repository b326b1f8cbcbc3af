"""What each command takes, and what its exit status says."""

import argparse

from ...formal._numbers import MOST, admit_grain, level, root_seed, whole

MOST_WORKERS = 4096
"""Processes that a filling starts at most."""

GRAIN = "noise on all arms, as a share of each column's size"
"""What the option --grain says of itself."""

_PATHS = ("report", "plot", "store", "removed", "reference", "original")
SCENARIO = "digits:size=8,full=16"
"""Where none is named: S is 8 of 16 mislabelled digits, so that the two notions ask for different things."""

_KINDS = ("learners", "removers", "scenarios", "definitions", "theorems", "metrics", "observables")
STATUS = """\
exit status: 0 SATISFIED, 1 REFUTED, 2 usage or bad input, 3 INCONCLUSIVE, 70 a fault of ours, 130 Ctrl-C

A name may carry arguments, digits:forget=class,size=16, or lie in a file of yours, mine.py:attribute, or in a
module, package.module:attribute. `neverseen list` shows the names and their arguments."""
SUITE = """\
exit status: 0 all that is claimed holds, 1 a check failed, 2 usage or bad input, 3 something claimed was not decided,
70 a fault of ours, 130 Ctrl-C

What is claimed follows from what the remover aims at. The other notion's rows are information, and never a pass."""
COMPARE = """\
exit status: 0 closer to the reference, 1 closer to the original, 2 usage or bad input, 3 undecided, or closer to
neither, 70 a fault of ours, 130 Ctrl-C

For when (ε, δ) is out of reach: which of the two is nearer, not how near; a model farther from the reference than the
original is, or that diverged, is closer to neither. Names are as in `neverseen check`."""
PLAN = """\
exit status: 0 the plan was made, 2 usage or bad input, 70 a fault of ours, 130 Ctrl-C

An effect is how the removed models' law differs from the reference's N(0, 1) in one view: separated (they never
overlap), shift=D (N(D, 1)), share=R (with probability R far from all references) or none."""
POOL = """\
exit status: 0 done and all sound, 1 verify found damaged files, 2 usage, or what cannot be read, drawn or kept, 70 a
fault of ours, 130 Ctrl-C (finished shards stay)

The store keeps pools of runs between checks. It lies in NEVERSEEN_STORE, or else among the user's caches."""
PROVE = """\
exit status: 0 every theorem holds and every negative twin is refuted, 1 otherwise, 2 unknown id, 70 a fault of
ours, 130 Ctrl-C (what was finished is shown)

A negative twin is a false variant of the statement, one operand or operator away; a check that cannot refute it
would prove nothing. T2 stands for all parts of T2."""


def check(parser: argparse.ArgumentParser) -> None:
    """Of `neverseen check`."""
    _remover(parser)
    _claim(parser)
    _runs(parser)
    _terms(parser, grain=1e-3)
    said = "say what share of originals would have been refuted (minutes)"
    parser.add_argument("--resolution", action="store_true", help=said)
    said = "answer INCONCLUSIVE in place of a SATISFIED that doing nothing would have got here as well"
    parser.add_argument("--require-power", action="store_true", help=said)
    said = "metrics for the report, separated by commas (default all that apply); none leaves them and the cost out"
    parser.add_argument("--metrics", dest="beside", metavar="A,B", help=said)


def compare(parser: argparse.ArgumentParser) -> None:
    """Of `neverseen compare`."""
    _remover(parser)
    _definition(parser)
    _runs(parser)
    parser.add_argument(
        "--alpha", type=float, default=1e-4, metavar="A", help="chance of a false side (default 0.0001)"
    )
    _drawing(parser, grain=1e-3)
    parser.add_argument("--json", action="store_true", help="print the result as JSON and nothing else")


def plan(parser: argparse.ArgumentParser) -> None:
    """Of `neverseen plan`."""
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
    parser.add_argument("--scenario", default=SCENARIO, metavar="S", help=f"data and request (default {SCENARIO})")
    parser.add_argument("--budget", type=int, default=512, metavar="N", help="pairs at most (default 512)")
    kept = "folder that keeps the runs, for later checks and to resume after Ctrl-C; none keeps nothing"
    parser.add_argument("--store", metavar="DIR", help=f"{kept} (default NEVERSEEN_STORE or the cache)")


def audit(parser: argparse.ArgumentParser) -> None:
    """Of `neverseen audit`."""
    files = ".npy, .npz or .safetensors, or a folder of them, one for each view or for each run"
    parser.add_argument("removed", metavar="REMOVED", help=f"runs of the removed model, first axis runs: {files}")
    parser.add_argument("reference", metavar="REFERENCE", help="runs of the reference, under the same names")
    parser.add_argument("--original", metavar="ORIGINAL", help="runs of the original model: would they pass?")
    parser.add_argument("--paired", action="store_true", help="row i of both arms came from one seed: keep them paired")
    parser.add_argument(
        "--layout", choices=("runs", "views"), help="what each file of a folder is, where names do not tell"
    )
    said = "what NaN and inf are: event takes them as an outcome (default: they are refused)"
    parser.add_argument("--diverged", choices=("refuse", "event"), help=said)
    said = "SATISFIED only where this check would have refuted --original"
    parser.add_argument("--require-power", action="store_true", help=said)
    _claim(parser)
    _terms(parser, grain=0.0)


def listing(parser: argparse.ArgumentParser) -> None:
    """Of `neverseen list`."""
    parser.add_argument("kind", choices=_KINDS, metavar="|".join(_KINDS), help="what to list")
    parser.add_argument("--json", action="store_true", help="print JSON")


def prove(parser: argparse.ArgumentParser) -> None:
    """Of `neverseen prove`."""
    parser.add_argument("theorem", nargs="?", metavar="ID", help="a theorem, T2a, or all its parts, T2 (default all)")
    shown = parser.add_mutually_exclusive_group()
    shown.add_argument("--latex", action="store_true", help="print the statements as LaTeX and prove nothing")
    shown.add_argument("--json", action="store_true", help="print JSON and nothing else")


def pool(parser: argparse.ArgumentParser) -> None:
    """Of `neverseen pool`."""
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
    add("--scenario", default=SCENARIO, metavar="S", help=f"data and request (default {SCENARIO})")
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
    number("--grain", type=float, default=grain, metavar="G", help=f"{GRAIN} (default {grain:g})")


def vet(args: argparse.Namespace) -> None:
    """Refuse numbers out of range and empty names, before anything heavy is imported.

    Raises:
        ValueError: one line that names the argument.

    >>> vet(argparse.Namespace(seed=-1))
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
            whole(name, given[name], 1, MOST_WORKERS if name == "workers" else MOST)
    for name in _PATHS:
        path = given.get(name)
        if path is not None and (not path or "\0" in path):
            raise ValueError(f"--{name}: {path!r} names nothing; give a path")
