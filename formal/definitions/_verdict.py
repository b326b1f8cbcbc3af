"""What a check concludes, with its evidence: plain values that go to JSON and back, and a sentence to act on."""

import dataclasses
import math
from typing import Any

from .. import _codec
from .._codec import Coded
from .._truth import Untruthful
from ._definitions import Definition, definition_from_dict, definition_to_dict
from ._evidence import UNKNOWN_POWER
from ._evidence import Evidence as Evidence
from ._evidence import Power as Power
from ._evidence import Route as Route
from ._evidence import Status as Status
from ._evidence import ViewRow as ViewRow
from ._evidence import Witness as Witness
from ._outlook import outlook
from ._words import percent

_codec.register(Definition, definition_to_dict, definition_from_dict)


@dataclasses.dataclass(frozen=True)
class Verdict(Coded, Untruthful, outcome="status", says=("sentence",)):
    """A decision about one claim in one scenario; it has no truth value.

    Args:
        status: SATISFIED, REFUTED or INCONCLUSIVE.
        definition: the definition with its (ε, δ).
        route: how it was reached.
        scope: what SATISFIED covers: "all events", with the condition where one is assumed, or the declared class in
            words.
        subject: what was checked, for the sentence (remover, learner, scenario).
        alpha: probability bound of a false REFUTED.
        beta: probability bound of a false SATISFIED.
        tolerance: SATISFIED claims δ + tolerance over the scope.
        pairs: pairs the verdict used.
        budget: pairs it might have used.
        epsilon_lower: with confidence 1 − α, ε is at least this at δ (0: nothing established).
        epsilon_upper: an upper bound, where the route gives one.
        witness: the deciding event; for the other outcomes the best one found.
        evidence: what a report draws.
        provenance: root seed, versions, platform, x64, …: all that determines the numbers.
        seconds: wall time; the one field that differs between two equal runs.
        delta_lower: with confidence 1 − α, δ is at least this at ε (0: nothing established).
        delta_upper: an upper bound on δ at ε over all events, where the route gives one.
        resolution: about the smallest share ρ of originals among references that this check would have refuted with a
            probability of 80 % or more (None: not computed, inf: none would have been).
        power: of a SATISFIED, what the same check says of doing nothing.
        assumptions: what the verdict takes for granted, each in a phrase that follows "if"; none as a rule.
        sizes: |D|, |S| and |S_full|, where a scenario was given.

    >>> verdict = Verdict.example()
    >>> Verdict.from_json(verdict.to_json()) == verdict
    True
    """

    status: Status
    definition: Definition
    route: Route
    scope: str
    subject: str
    alpha: float
    beta: float
    tolerance: float
    pairs: int
    budget: int
    epsilon_lower: float
    epsilon_upper: float | None
    witness: Witness | None
    evidence: Evidence
    provenance: dict[str, Any]
    seconds: float
    delta_lower: float = 0.0
    delta_upper: float | None = None
    resolution: float | None = None
    power: Power = UNKNOWN_POWER
    assumptions: tuple[str, ...] = ()
    sizes: tuple[int, int, int] | None = None

    @staticmethod
    def example() -> "Verdict":
        """A small verdict, for documentation and tests.

        >>> print(Verdict.example())
        REFUTED: do-nothing on blobs is not (1, 0.05)-untraining. 'loss on S > 2.5' occurred in 0 % of \
removed models and 100 % of references (40 pairs). At δ = 0.05, ε is at least 2; a false alarm has \
probability at most 0.0001.
        """
        from ._definitions import Untraining

        witness = Witness("loss on S", "loss on S > 2.5", 0.0, 1.0, 40)
        row = ViewRow("loss on S", 1, 0.001, 0.2, 3.1, 0.2, 12.5, False)
        evidence = Evidence((0.0, 9.5), (0.0, -1.0), (row,), "loss on S", (0.1,), (math.inf,), (0.1,), 2.5)
        return Verdict(
            Status.REFUTED, Untraining(1.0, 0.05), Route.SEQUENTIAL, "1 event", "do-nothing on blobs",
            1e-4, 0.05, 0.1, 40, 512, 2.0, None, witness, evidence, {"seed": 0}, 0.5,
        )  # fmt: skip

    @property
    def sentence(self) -> str:
        """What was decided, of what, and on which evidence."""
        return _sentence(self)

    def __str__(self) -> str:
        return self.sentence


def _sentence(v: Verdict) -> str:
    """What was decided, on what evidence, and what was not looked at."""
    claim = f"({v.definition.epsilon:g}, {v.definition.delta:g})-{v.definition.name}"
    say = {"REFUTED": _refuted, "SATISFIED": _satisfied}.get(v.status.name, _inconclusive)
    return f"{say(v, claim)}{_looked_at(v)}{_sets(v)}"


def _looked_at(v: Verdict) -> str:
    """What was not examined: differences below the grain, which is coarser where rounding is."""
    grain, coarsest = v.provenance.get("grain"), v.provenance.get("coarsest", 0.0)
    if not grain:
        return ""
    rounded = f", of the number that rounding moves most {percent(coarsest)}," if coarsest > grain else ""
    return f" Differences below {percent(grain)} of a number's size{rounded} were not examined."


def _sets(v: Verdict) -> str:
    """How many rows, and whether they tell the two notions apart."""
    if v.sizes is None:
        return ""
    rows, forget, full = v.sizes
    if forget == full and not v.definition.redraws:
        return f" Here |D| = {rows} and |S| = |S_full| = {forget}: untraining and unlearning are one statement."
    return f" Here |D| = {rows}, |S| = {forget} and |S_full| = {full}."


def _assumed(v: Verdict) -> str:
    """What the verdict takes for granted, after its claim; what the scope says already is not said twice."""
    return "".join(f", if {assumption}" for assumption in v.assumptions if assumption not in v.scope)


def _refuted(v: Verdict, claim: str) -> str:
    if v.alpha == 0:
        return f"REFUTED: {v.subject} is not {claim}. {v.witness}. At δ = {v.definition.delta:g}, {_bounds(v)}."
    bound = f"At δ = {v.definition.delta:g}, ε is at least {v.epsilon_lower:g}; a false alarm has probability at most"
    return f"REFUTED: {v.subject} is not {claim}. {v.witness}. {bound} {v.alpha:g}."


def _bounds(v: Verdict) -> str:
    """ε without sampling error, and how it was reached."""
    upper = "no finite ε does" if v.epsilon_upper is None else f"ε is {v.epsilon_upper:.6g}"
    return f"{upper} ({v.route.value}; no sample was drawn)"


def _satisfied(v: Verdict, claim: str) -> str:
    if v.beta == 0:
        known = f"at δ = {v.definition.delta:g}, {_bounds(v)}"
        return f"SATISFIED: {v.subject} is {claim}{_assumed(v)}, for {v.scope}: {known}. {_powered(v)}"
    held = f"{v.subject} is {claim}{_slack(v)}{_assumed(v)}, for {v.scope}"
    return f"SATISFIED: {held}; {_error(v)}. {_powered(v)}{_seen(v)}"


def _slack(v: Verdict) -> str:
    """The tolerance, after the claim that it widens."""
    return "" if v.tolerance == 0 else f" with δ + {v.tolerance:g} in place of δ"


def _error(v: Verdict) -> str:
    """How sure a pass is; one without sampling error says how it was reached."""
    if v.beta == 0:
        return f"{v.route.value}; no sample was drawn"
    return f"in error with probability at most {v.beta:g}, after {v.pairs} pairs"


def _powered(v: Verdict) -> str:
    """What the pass is worth, as a sentence."""
    said = str(v.power)
    return f"{said[0].upper()}{said[1:]}."


def _inconclusive(v: Verdict, claim: str) -> str:
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


def _seen(v: Verdict) -> str:
    """What the check could have refuted in the pairs it drew, where that was computed; its power has the budget."""
    if v.resolution is None:
        return ""
    drawn = " With as many pairs as were drawn,"
    if v.resolution == math.inf:
        return f"{drawn} not even the original itself would have been refuted 8 times in 10."
    share = f"about {percent(v.resolution)} originals among references"
    return f"{drawn} {share} would have been refuted 8 times in 10 or more."
