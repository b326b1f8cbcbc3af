"""What a check concludes, with its evidence: plain values that go to JSON and back."""

import dataclasses
import enum
import math
from typing import Any

from .. import _codec
from .._codec import Coded
from .._truth import Untruthful, UntruthfulEnum
from . import _words
from ._definitions import Definition, definition_from_dict, definition_to_dict
from ._words import pairs_of, percent


class Status(UntruthfulEnum):
    """The three outcomes; the value is the explanation.

    >>> Status.REFUTED.name
    'REFUTED'
    """

    SATISFIED = "no event of the stated scope exceeds the claim plus the tolerance"
    REFUTED = "an event whose probabilities break the claim was established"
    INCONCLUSIVE = "the budget ended before either could be established"


class Route(enum.Enum):
    """How a verdict was reached; the value is the explanation.

    >>> Route("black-box draws, stopped as soon as they decide").name
    'SEQUENTIAL'
    """

    EXACT = "finite laws in exact arithmetic"
    ANALYTIC = "output laws known in closed form"
    COUPLING = "known output noise and shared seeds"
    SEQUENTIAL = "black-box draws, stopped as soon as they decide"


_codec.register(Route, lambda route: route.name.lower(), lambda name: Route[name.upper()])
_codec.register(Definition, definition_to_dict, definition_from_dict)


@dataclasses.dataclass(frozen=True)
class Witness:
    """The event that tells the two laws apart best, and how often it occurred.

    Args:
        view: the observable it looks at.
        event: the event in words.
        removed: its frequency among removed models, in the pairs bet on after it was chosen.
        reference: its frequency among references there.
        runs: how many pairs those are; 0 where the frequencies are probabilities.
        past_removed, past_reference, past_runs: the same in the pairs before, among which it was chosen: descriptive.

    >>> print(Witness("loss on S", "loss on S > 2.5", 0.0, 1.0, 8, 0.0, 0.98, 32))
    'loss on S > 2.5' occurred in 0 % of removed models and 100 % of references (8 pairs bet on; 0 % and 98 % in the \
32 pairs it was chosen from)
    """

    view: str
    event: str
    removed: float
    reference: float
    runs: int
    past_removed: float = 0.0
    past_reference: float = 0.0
    past_runs: int = 0

    def __str__(self) -> str:
        if self.runs == 0:
            chances = f"{percent(self.removed)} among removed models and {percent(self.reference)} among references"
            return f"'{self.event}' has probability {chances}"
        rates = f"{percent(self.removed)} of removed models and {percent(self.reference)} of references"
        where = pairs_of(self.runs)
        if self.past_runs:
            past = f"{percent(self.past_removed)} and {percent(self.past_reference)}"
            where += f" bet on; {past} in the {pairs_of(self.past_runs)} it was chosen from"
        return f"'{self.event}' occurred in {rates} ({where})"


@dataclasses.dataclass(frozen=True)
class ViewRow:
    """One line of the table of views.

    Args:
        view: the observable.
        width: how many numbers it holds for one model.
        grain: the standard deviation of the noise added to both arms, in the view's own unit.
        removed, reference, original: the mean over runs (None: not drawn).
        log_wealth: natural log of the largest wealth that bets on this view alone reached.
        accepted: whether every declared event of the view was accepted (None: none declared).
        apart: of margins or losses, example by example: the share of pairs of runs in which the removed model's value
            is above a reference's, less the share in which it is below; in [−1, 1].
        original_apart: the same of the originals.

    >>> ViewRow("loss on S", 1, 0.001, 0.2, 3.1, 0.2, 12.5, False).width
    1
    """

    view: str
    width: int
    grain: float
    removed: float | None
    reference: float | None
    original: float | None
    log_wealth: float
    accepted: bool | None
    apart: tuple[float, ...] = ()
    original_apart: tuple[float, ...] = ()


@dataclasses.dataclass(frozen=True)
class Evidence:
    """What a report draws.

    Args:
        log_wealth: natural log of the wealth after each pair, as last looked at; REFUTED at ln(1/α).
        acceptance: natural log of the least wealth among declared events; SATISFIED at ln(1/β).
        views: the table of views.
        law_view: the one-dimensional view whose laws follow.
        removed, reference, original: that view's value in each run that the deciding event was bet on.
        threshold: where the deciding event cuts it.
        past_removed, past_reference: the view's values in the runs before, among which the event was chosen.

    >>> Evidence((), (), (), "loss on S", (), (), (), None).law_view
    'loss on S'
    """

    log_wealth: tuple[float, ...]
    acceptance: tuple[float, ...]
    views: tuple[ViewRow, ...]
    law_view: str
    removed: tuple[float, ...]
    reference: tuple[float, ...]
    original: tuple[float, ...]
    threshold: float | None
    past_removed: tuple[float, ...] = ()
    past_reference: tuple[float, ...] = ()


@dataclasses.dataclass(frozen=True)
class Power(Coded, Untruthful, outcome="tells", says=("sentence",)):
    """What the very check that passed says of the original, which never forgot anything.

    Args:
        original: its status for doing nothing, up to the budget (None: not known, as no originals were given).
        pairs: how many that took; 0 where no sample was drawn.
        same: whether the original is the reference itself, S or S_full being empty: doing nothing is right.
        withdrawn: whether a pass was withdrawn for want of it: the verdict is INCONCLUSIVE.

    >>> print(Power(Status.REFUTED, 49), Power(Status.INCONCLUSIVE, 512), Power(), sep="\\n")
    doing nothing would have been refuted here after 49 pairs
    doing nothing would not have been refuted here in 512 pairs: this scenario cannot tell
    what this check would say of doing nothing is unknown
    """

    original: Status | None = None
    pairs: int = 0
    same: bool = False
    withdrawn: bool = False

    @property
    def tells(self) -> bool:
        """Whether the check tells the original from the reference here: a pass without that says little."""
        return self.original is Status.REFUTED

    def __str__(self) -> str:
        return self.sentence

    @property
    def sentence(self) -> str:
        """The same in words."""
        if self.same:
            return "the original is the reference here, and doing nothing is right: this scenario cannot tell"
        if self.original is None:
            return "what this check would say of doing nothing is unknown"
        if self.original is Status.REFUTED:
            return f"doing nothing would have been refuted here{f' after {self.pairs} pairs' if self.pairs else ''}"
        if self.original is Status.SATISFIED:
            return "doing nothing would pass here too: this scenario cannot tell"
        return f"doing nothing would not have been refuted here in {self.pairs} pairs: this scenario cannot tell"


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
    power: Power = Power()
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
        return _words.sentence(self)

    def __str__(self) -> str:
        return self.sentence
