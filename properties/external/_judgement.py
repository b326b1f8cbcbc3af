"""What a pass by a program's runs is worth: withdrawn where failures could hide behind it, or it says nothing."""

import dataclasses

from ...formal.definitions._verdict import Power, Status, Verdict
from ..engine._power import power_of, require_power, withdrawn
from ._pairing import Pairing


def judged_program(verdict: Verdict, pairing: Pairing, originals: bool, needed: bool) -> Verdict:
    """A verdict on runs that are all vetted; of a pass, what the same check says of doing nothing.

    Args:
        verdict: of the bets.
        pairing: where its pairs came from.
        originals: whether to draw originals.
        needed: whether a pass needs power.

    Raises:
        ValueError: see `Pairing.vetted`.
    """
    pairing.vetted()
    if verdict.status is not Status.SATISFIED:
        return verdict
    share = max(pairing.failed.values(), default=0) / pairing.pairs
    if share:
        verdict = dataclasses.replace(verdict, assumptions=(*verdict.assumptions, _FAILED))
    if share > pairing.terms.tolerance:
        return withdrawn(verdict)
    power = power_of(pairing.terms, pairing.originals(), ()) if originals else Power()
    powered = dataclasses.replace(verdict, power=power)
    # A program that does not look at `arm` gives equal pairs, and so does an exact remover: only originals tell.
    return withdrawn(powered) if pairing.equal and not power.tells else require_power(powered, needed)


_FAILED = "the runs that failed were bound to by their seeds, and not by the machine"
