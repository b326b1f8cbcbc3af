"""What `neverseen audit` says beside a verdict on saved runs: how far they are, and the ε that they show."""

import argparse
import math
from collections.abc import Mapping, Sequence
from typing import Any

from ...formal import Verdict
from ...formal._codec import to_json, to_plain
from ..report import write_report
from ..saved import Bound, bound, distance_of_samples
from . import _terminal
from ._running import with_command

MOST_COUNTED = 100_000
"""Runs of an arm up to which a bound counts them all unasked: of as many it takes seconds."""

MOST_NUMBERS_COUNTED = 1 << 23
"""Numbers of an arm up to which it does."""

_APART = "it moves neither the verdict nor the exit status"

AuditArms = Sequence[Mapping[str, Any]]
AuditLine = tuple[Any, str]
"""A result, None where there is none, and a line on it."""


def publish_beside(verdict: Verdict, arms: AuditArms, args: argparse.Namespace) -> None:
    """The verdict first, then a line each on distance and bound; as JSON, fields beside the verdict's.

    Args:
        verdict: what was decided.
        arms: removed, reference and, where there are some, original.
        args: of the audit.
    """
    made = with_command(verdict, args)
    if not args.json:
        _terminal.show(made, False)
    distance, bounded = distance_told(arms, args), bound_told(arms, args)
    if args.json:
        beside = {"distance": distance[0], "bound": bounded[0], "beside": [distance[1], bounded[1]]}
        _terminal.write_json(to_json(to_plain(made) | beside))
    else:
        _terminal.write("\n".join(_terminal.printable(line) for _, line in (distance, bounded)))
    if args.report:
        write_report(made, args.report, distance=distance[0], bound=bounded[0])


def distance_told(arms: AuditArms, args: argparse.Namespace) -> AuditLine:
    """The distance of saved arms and a line on it, the reason where there is none.

    >>> given = argparse.Namespace(seed=0, paired=False)
    >>> print(distance_told([{"loss": [0.0, 1.0]}, {"loss": [0.5, 2.0]}], given)[1])
    Distance: none; removed: 2 runs are too few; give 8 or more (it moves neither the verdict nor the exit status).
    """
    try:
        found = distance_of_samples(*arms, seed=args.seed, paired=args.paired)
    except ValueError as error:
        return None, f"Distance: none; {error} ({_APART})."
    rough = "; rough, an arm has fewer than 64 runs" if found.rough else ""
    mend = "" if found.original else "; give them with --original"
    return found, f"Distance: {found.sentence.removesuffix('.')}{mend}{rough} ({_APART})."


def bound_told(arms: AuditArms, args: argparse.Namespace) -> AuditLine:
    """The ε that saved arms show at the claim's δ and a line on it, the reason where there is none.

    The bound is that of `neverseen bound`, at its level, and its look is counted as one of that command's.

    >>> given = argparse.Namespace(delta=0.05, seed=0, grain=0.0, paired=False, diverged="refuse")
    >>> print(bound_told([{"loss": [0.0, 1.0]}, {"loss": [0.5, 2.0]}], given)[1])  # doctest: +ELLIPSIS
    Bound: none; removed: 2 runs are too few to choose an event ...
    """
    names = ("delta", "seed", "grain", "paired", "diverged")
    shapes = [source.shape for arm in arms[:2] for source in arm.values() if hasattr(source, "shape")]
    if (
        max((shape[0] for shape in shapes), default=0) > MOST_COUNTED
        or sum(map(math.prod, shapes)) > 2 * MOST_NUMBERS_COUNTED
    ):
        return None, f"Bound: none unasked of arms as large as these; neverseen bound counts every run ({_APART})."
    try:
        found = bound(arms[0], arms[1], **{name: getattr(args, name) for name in names})
    except ValueError as error:
        return None, f"Bound: none; {error} ({_APART})."
    return found, f"Bound: {_shown(found)} ({_APART})."


def _shown(found: Bound) -> str:
    at, sure = f"at δ = {found.delta:g}", f"with confidence {1 - found.alpha:.12g}"
    look = found.provenance["look"]
    sure += f" (look {look} at these runs)" if look > 1 else ""
    if not found.epsilon:
        return f"{at}, these runs show nothing of ε {sure}, which is no sign that it is small"
    most = math.ceil(100 * found.most) / 100
    return (
        f"{at}, these runs show ε ≥ {found.epsilon_words} {sure}, and so many could show at most {most:g} in this way"
    )
