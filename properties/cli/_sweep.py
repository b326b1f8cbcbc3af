"""`neverseen sweep`: how much of S_full is enough."""

import argparse
import re
from fractions import Fraction

from ...algorithms.base import Remover
from ...algorithms.removers import FAULTY, REMOVERS
from ..checks import check, sweep, sweep_all
from ..checks._sweep import EIGHTHS
from ..report._page import write_page
from ..report._sweep_drawing import drawing
from . import _names, _terminal
from ._flags import Command, cli_options, flags, terms
from ._running import publish, set_up, subject_of

_STATUS = """\
exit status: 0 the sweep was made, whatever its verdicts, 2 usage or bad input, 70 a fault of ours, 130 Ctrl-C

D and S_full stay, S grows; one pool of originals and one of references serve all requests. `all` stands for every
listed remover that is not deliberately wrong, each on the learner it is made for where there is one. The levels are
for all verdicts of a remover together."""

_RATIO = re.compile(r"[0-9]{1,9}(/[0-9]{1,9}|[.][0-9]{0,9})?|[.][0-9]{1,9}", re.ASCII)
_OF_CHECK = ("budget", "tolerance", "seed", "grain")


def _arguments(parser: argparse.ArgumentParser) -> None:
    """What it takes."""
    cli_options(parser, "remover", help="a listed name, FILE.py:ATTRIBUTE or MODULE:ATTRIBUTE, or all")
    where, eighths = "digits:forget=class", ",".join(map(str, EIGHTHS))
    cli_options(parser, "--learner", "--store")
    cli_options(parser, "--scenario", default=where, help=f"D and S_full (default {where})")
    said = f"|S|/|S_full|, separated by commas (default {eighths})"
    parser.add_argument("--ratios", default=eighths, metavar="R", help=said)
    flags(parser, sweep)
    flags(parser, check, *_OF_CHECK)
    parser.add_argument("--plot", metavar="FILE.svg", help="also draw the sweep")
    cli_options(parser, "--json", "--report")


def _run(args: argparse.Namespace) -> int:
    """Resolve the names, check each request, publish the table and draw it."""
    ratios = _ratios(args.ratios)
    asked = terms(args, sweep, check, ratios=ratios, store=set_up(args))
    learner, scenario = subject_of(args, "learner", "scenario")
    removers = _removers(args.remover)
    with _terminal.progress(len(ratios) * len(removers), "verdicts") as progress:
        if args.remover == "all":
            sweeps = sweep_all(removers, learner, scenario, progress=progress, **asked)
        else:
            sweeps = [sweep(removers[0], learner, scenario, progress=progress, **asked)]
    publish(sweeps, args)
    if args.plot:
        write_page(drawing(sweeps), args.plot)
    return 0


def _removers(spec: str) -> list[Remover]:
    if spec != "all":
        return [_names.resolve("remover", spec)]
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


_SUMMARY = "find how much of S_full a remover must be given to unlearn it"
SWEEP = Command("sweep", sweep, _SUMMARY, _STATUS, _arguments, _run)
