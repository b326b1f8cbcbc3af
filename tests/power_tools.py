"""Stand-ins for `check` that say what doing nothing would have got, for tests of what is made of it."""

import dataclasses
from collections.abc import Callable
from typing import Any

import neverseen as ns
from neverseen.formal.definitions._verdict import Power, Verdict
from neverseen.properties.checks import _question

TELLS, SAME = Power(ns.Status.REFUTED, 49), Power(same=True)
IDLE = Power(ns.Status.SATISFIED, 121)


def told(power: Callable[[Verdict], Power], check: Callable[..., Verdict] = _question.check) -> Callable[..., Verdict]:
    """`check`, with a power of its own for every SATISFIED."""

    def answer(*asked: Any, **terms: Any) -> Verdict:
        made = check(*asked, **terms)
        return dataclasses.replace(made, power=power(made)) if made.status is ns.Status.SATISFIED else made

    return answer


def known(made: Verdict) -> Power:
    """What the check said itself; where it said nothing, that it tells."""
    return TELLS if made.power == Power() else made.power
