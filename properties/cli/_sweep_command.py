"""`neverseen sweep`: its arguments, and from them to an exit status."""

import argparse
import re
from fractions import Fraction
from typing import TYPE_CHECKING

from . import _terminal
from ._options import GRAIN

if TYPE_CHECKING:
    from ...algorithms.base import Remover

STATUS = """\
exit status: 0 the sweep was made, whatever its verdicts, 2 usage or bad input, 70 a fault of ours, 130 Ctrl-C

D and S_full stay, S grows; one pool of originals and one of references serve all requests. `all` stands for every
listed remover that is not deliberately wrong, each on the learner it is made for where there is one. The levels are
for all verdicts of a remover together."""

_RATIO = re.compile(r"[0-9]{1,9}(/[0-9]{1,9}|[.][0-9]{0,9})?|[.][0-9]{1,9}", re.ASCII)

EIGHTHS = "1/8,1/4,3/8,1/2,5/8,3/4,7/8,1"


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes; nothing heavy is imported."""
    add = parser.add_argument
    add("remover", metavar="REMOVER", help="a listed name, FILE.py:ATTRIBUTE or MODULE:ATTRIBUTE, or all")
    add("--learner", default="mlp", metavar="L", help="what trains the models (default mlp)")
    add("--scenario", default="digits:forget=class", metavar="S", help="D and S_full (default digits:forget=class)")
    add("--ratios", default=EIGHTHS, metavar="R", help=f"|S|/|S_full|, separated by commas (default {EIGHTHS})")
    add("--plot", metavar="FILE.svg", help="also draw the sweep")
    add("--json", action="store_true", help="print JSON and nothing else")
    add("--budget", type=int, default=256, metavar="N", help="pairs for each verdict at most (default 256)")
    for name, default, what in (
        ("epsilon", 1.0, "ε of the claim"),
        ("delta", 0.05, "δ of the claim"),
        ("alpha", 1e-4, "chance of a false REFUTED"),
        ("beta", 0.05, "chance of a false SATISFIED"),
        ("tolerance", 0.1, "SATISFIED claims δ + τ"),
        ("grain", 1e-3, GRAIN),
    ):
        add(f"--{name}", type=float, default=default, metavar=name[0].upper(), help=f"{what} (default {default:g})")
    add("--seed", type=int, default=0, metavar="K", help="root seed (default 0)")
    kept = "folder that keeps the runs; none keeps nothing (default NEVERSEEN_STORE or the cache)"
    add("--store", metavar="DIR", help=kept)


def sweep(args: argparse.Namespace) -> int:
    """`neverseen sweep`: resolve the names, check each request, print the table and draw it."""
    from ..report._page import writable, write_page
    from . import _names
    from ._commands import set_up

    ratios = _ratios(args.ratios)
    if args.plot:
        writable(args.plot)
    options = {name: getattr(args, name) for name in ("epsilon", "delta", "alpha", "beta", "tolerance", "grain")}
    options |= {"budget": args.budget, "seed": args.seed, "ratios": ratios, "store": set_up(args)}
    learner, scenario = (_names.resolve(kind, getattr(args, kind)) for kind in ("learner", "scenario"))
    removers = _removers(args.remover)
    from ...formal._codec import to_json
    from ..checks._sweep import sweep as sweep_one
    from ..checks._sweep import sweep_all
    from ..report._sweep_drawing import drawing

    with _terminal.progress(len(ratios) * len(removers), "verdicts") as progress:
        if args.remover == "all":
            made = sweep_all(removers, learner, scenario, progress=progress, **options)
        else:
            made = [sweep_one(removers[0], learner, scenario, progress=progress, **options)]
    if args.json:
        _terminal.write_json(to_json(made))
    else:
        _terminal.write("\n".join(_terminal.printable(line) for one in made for line in str(one).split("\n")))
    if args.plot:
        write_page(drawing(made), args.plot)
    return 0


def _removers(spec: str) -> "list[Remover]":
    from . import _names

    if spec != "all":
        return [_names.resolve("remover", spec)]
    from ...algorithms.removers import FAULTY, REMOVERS

    return [make() for name, make in REMOVERS.items() if name not in FAULTY]


def _ratios(text: str) -> tuple[Fraction, ...]:
    parts = [part.strip() for part in text.split(",")]
    try:
        # 1e999999999 is a number of a thousand million digits to Fraction.
        if all(_RATIO.fullmatch(part) for part in parts):
            return tuple(map(Fraction, parts))
    except ZeroDivisionError:
        pass
    raise ValueError(f"--ratios: {text!r} is not a list of numbers in (0, 1]; write 1/8,1/2,1")
