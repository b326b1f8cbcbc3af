"""What a verdict rests on: witness, evidence, power."""

import dataclasses
import enum

from .. import _codec
from .._codec import Coded
from .._truth import Untruthful, UntruthfulEnum
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


UNKNOWN_POWER = Power()
"""Where no originals were given."""
