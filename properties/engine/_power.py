"""What a check that passed says of doing nothing: a pass where the original would pass too shows little."""

import dataclasses
from collections.abc import Iterator

from ...formal.definitions._verdict import Power, Status, Verdict
from ._decide import judged
from ._pairs import Block
from ._sequential import Terms


def power_of(terms: Terms, blocks: Iterator[Block], designated: tuple[str, ...]) -> Power:
    """What the same check, up to its budget, says of the original.

    A replay on the same references with the same grain: doing nothing is replayed to the last bit. It goes on past the
    pair that decided, since SATISFIED can come before anything could be refuted. It is a test of its own, whose error
    is α, and never feeds back into the bets: it can withdraw a pass, and nothing else.

    Args:
        terms: of the check.
        blocks: pairs of an original, as `removed`, and a reference.
        designated: as in the check.

    >>> import numpy as np, neverseen as ns
    >>> rng = np.random.default_rng(0)
    >>> far = Block({"a": rng.normal(9, 1, (64, 1))}, {"a": rng.normal(0, 1, (64, 1))}, None)
    >>> print(power_of(Terms(ns.Untraining(1.0, 0.05), 1e-4, 0.05, 0.1, 64), iter([far]), ()))
    doing nothing would have been refuted here after 46 pairs
    """
    return Power(*judged(terms, blocks, designated))


def require_power(verdict: Verdict, required: bool) -> Verdict:
    """The same verdict, or INCONCLUSIVE where power is required and a SATISFIED has none.

    >>> verdict = dataclasses.replace(Verdict.example(), status=Status.SATISFIED)
    >>> require_power(verdict, True).status.name, require_power(verdict, False).status.name
    ('INCONCLUSIVE', 'SATISFIED')
    """
    if not required or verdict.status is not Status.SATISFIED or verdict.power.tells:
        return verdict
    return withdrawn(verdict)


def withdrawn(verdict: Verdict) -> Verdict:
    """INCONCLUSIVE in place of a SATISFIED that shows nothing, and said so.

    >>> print(withdrawn(Verdict.example()).power.withdrawn)
    True
    """
    power = dataclasses.replace(verdict.power, withdrawn=True)
    return dataclasses.replace(verdict, status=Status.INCONCLUSIVE, power=power)
