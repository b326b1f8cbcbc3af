"""`neverseen plan`: how many pairs a verdict will need."""

import argparse

from ...formal import Untraining
from ..checks import check, plan
from ._flags import Command, cli_options, closeness, flags, terms
from ._running import publish

_STATUS = """\
exit status: 0 the plan was made, 2 usage or bad input, 70 a fault of ours, 130 Ctrl-C

An effect is how the removed models' law differs from the reference's N(0, 1) in one view: separated (they never
overlap), shift=D (N(D, 1)), share=R (with probability R far from all references) or none."""


def _arguments(parser: argparse.ArgumentParser) -> None:
    """What it takes."""
    closeness(parser)
    flags(parser, plan, like=check)
    cli_options(parser, "--json", "--report")


def _run(args: argparse.Namespace) -> int:
    """Replay the engine on the effect's laws, publish the forecast."""
    publish(plan(Untraining(args.epsilon, args.delta), **terms(args, PLAN.function)), args)
    return 0


PLAN = Command(
    "plan", plan, "foretell how many pairs a verdict will need, before any training", _STATUS, _arguments, _run
)
