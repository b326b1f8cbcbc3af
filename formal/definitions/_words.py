"""A verdict in words: a sentence a person can act on."""

import math
from typing import TYPE_CHECKING

from ._outlook import outlook

if TYPE_CHECKING:
    from ._verdict import Verdict


def sentence(v: "Verdict") -> str:
    """What was decided, on what evidence, and what was not looked at.

    >>> from neverseen.formal.definitions._verdict import Verdict
    >>> sentence(Verdict.example())[:49]
    'REFUTED: do-nothing on blobs is not (1, 0.05)-unt'
    """
    claim = f"({v.definition.epsilon:g}, {v.definition.delta:g})-{v.definition.name}"
    say = {"REFUTED": _refuted, "SATISFIED": _satisfied}.get(v.status.name, _inconclusive)
    return f"{say(v, claim)}{_looked_at(v)}{_sets(v)}"


def pairs_of(count: int) -> str:
    """So many pairs, in words.

    >>> pairs_of(1), pairs_of(2)
    ('1 pair', '2 pairs')
    """
    return f"{count} pair" if count == 1 else f"{count} pairs"


def percent(share: float) -> str:
    """A share as a percentage, never rounded onto 0 or 100 unless it is exactly that.

    >>> percent(0.5), percent(0.99999)
    ('50 %', '99.999 %')
    """
    text = f"{100 * share:.3g}"
    return f"{100 * share:.6g} %" if text == "100" and share < 1 else f"{text} %"


def _looked_at(v: "Verdict") -> str:
    """What was not examined: differences below the grain, which is coarser where rounding is."""
    grain, coarsest = v.provenance.get("grain"), v.provenance.get("coarsest", 0.0)
    if not grain:
        return ""
    rounded = f", of the number that rounding moves most {percent(coarsest)}," if coarsest > grain else ""
    return f" Differences below {percent(grain)} of a number's size{rounded} were not examined."


def _sets(v: "Verdict") -> str:
    """How many rows, and whether they tell the two notions apart."""
    if v.sizes is None:
        return ""
    rows, forget, full = v.sizes
    if forget == full and not v.definition.redraws:
        return f" Here |D| = {rows} and |S| = |S_full| = {forget}: untraining and unlearning are one statement."
    return f" Here |D| = {rows}, |S| = {forget} and |S_full| = {full}."


def _assumed(v: "Verdict") -> str:
    """What the verdict takes for granted, after its claim; what the scope says already is not said twice."""
    return "".join(f", if {assumption}" for assumption in v.assumptions if assumption not in v.scope)


def _refuted(v: "Verdict", claim: str) -> str:
    if v.alpha == 0:
        return f"REFUTED: {v.subject} is not {claim}. {v.witness}. At δ = {v.definition.delta:g}, {_bounds(v)}."
    bound = f"At δ = {v.definition.delta:g}, ε is at least {v.epsilon_lower:g}; a false alarm has probability at most"
    return f"REFUTED: {v.subject} is not {claim}. {v.witness}. {bound} {v.alpha:g}."


def _bounds(v: "Verdict") -> str:
    """ε without sampling error, and how it was reached."""
    upper = "no finite ε does" if v.epsilon_upper is None else f"ε is {v.epsilon_upper:.6g}"
    return f"{upper} ({v.route.value}; no sample was drawn)"


def _satisfied(v: "Verdict", claim: str) -> str:
    if v.beta == 0:
        known = f"at δ = {v.definition.delta:g}, {_bounds(v)}"
        return f"SATISFIED: {v.subject} is {claim}{_assumed(v)}, for {v.scope}: {known}. {_powered(v)}"
    held = f"{v.subject} is {claim}{_slack(v)}{_assumed(v)}, for {v.scope}"
    return f"SATISFIED: {held}; {_error(v)}. {_powered(v)}{_seen(v)}"


def _slack(v: "Verdict") -> str:
    """The tolerance, after the claim that it widens."""
    return "" if v.tolerance == 0 else f" with δ + {v.tolerance:g} in place of δ"


def _error(v: "Verdict") -> str:
    """How sure a pass is; one without sampling error says how it was reached."""
    if v.beta == 0:
        return f"{v.route.value}; no sample was drawn"
    return f"in error with probability at most {v.beta:g}, after {v.pairs} pairs"


def _powered(v: "Verdict") -> str:
    """What the pass is worth, as a sentence."""
    said = str(v.power)
    return f"{said[0].upper()}{said[1:]}."


def _inconclusive(v: "Verdict", claim: str) -> str:
    if v.power.withdrawn:
        none = f"no event of {v.scope}".replace("no event of all events", "no event")
        found = f"{none} was found to break {claim}{_slack(v)} on {v.subject}{_assumed(v)} ({_error(v)})"
        return f"INCONCLUSIVE: {found}, but the pass is withdrawn: {v.power}."
    best = "" if v.witness is None else f" The best event found: {v.witness}."
    far = outlook(v.evidence.log_wealth, v.alpha, v.evidence.acceptance, v.beta)
    advice = "Raise the budget or the tolerance, or name a weaker claim."
    return (
        f"INCONCLUSIVE: {v.pairs} pairs neither refute nor establish that {v.subject} is {claim}.{best}{far} {advice}"
    )


def _seen(v: "Verdict") -> str:
    """What the check could have refuted in the pairs it drew, where that was computed; its power has the budget."""
    if v.resolution is None:
        return ""
    drawn = " With as many pairs as were drawn,"
    if v.resolution == math.inf:
        return f"{drawn} not even the original itself would have been refuted 8 times in 10."
    share = f"about {percent(v.resolution)} originals among references"
    return f"{drawn} {share} would have been refuted 8 times in 10 or more."
