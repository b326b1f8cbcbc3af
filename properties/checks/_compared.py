"""A row of a comparison: a remover's verdicts, its distances, its accuracy and its cost; and their words."""

import dataclasses
import math
from collections.abc import Callable, Sequence

from ...formal._numbers import shown
from ...formal.definitions._definitions import Definition
from ...formal.definitions._relative import Relative
from ...formal.definitions._verdict import Status, Verdict
from ..metrics._graded import Graded
from ..runs._cost import Cost
from ._grade import Accuracy, Grade


@dataclasses.dataclass(frozen=True)
class Compared:
    """A remover's row.

    Args:
        remover: its name.
        anchor: which of the rows that are always there it is; "" for the others.
        asked: whether it was named, and counts.
        verdicts: one for each definition; none where it does not run.
        why: why it does not run.
        grades: one for each definition: how far from its reference, and how much less or more is right.
        accuracy: of its models; None without classes.
        cost: of a removal.
        sides: one for each definition, where asked: closer to its reference or to the original.

    >>> Compared("mine", "", True, (), "remover mine: raised TypeError").why
    'remover mine: raised TypeError'
    """

    remover: str
    anchor: str
    asked: bool
    verdicts: tuple[Verdict, ...]
    why: str = ""
    grades: tuple[Grade, ...] = ()
    accuracy: Accuracy | None = None
    cost: Cost | None = None
    sides: tuple[Relative, ...] = ()

    def share(self, i: int) -> Graded | None:
        """The share of doing nothing under definition i; None if it was not graded or doing nothing is at the floor.

        >>> Compared("mine", "", True, ()).share(0) is None
        True
        """
        return self.grades[i].distance.share if self.grades else None

    def away(self, i: int) -> float:
        """The distance that rows are sorted by; ∞ where there is none.

        >>> Compared("mine", "", True, ()).away(0)
        inf
        """
        share = self.share(i)
        return math.inf if share is None else share.value


SORTS = ("named", "cost")
"""What rows may be sorted by, beside the definitions' names."""


def ordered(rows: Sequence[Compared], sort: str | None, names: Sequence[str]) -> tuple[Compared, ...]:
    """Rows that are always there first, those that did not run last, the others by what was asked for.

    Args:
        rows: in the order in which they were named.
        sort: a definition's name (nearest to its reference first), "cost" (cheapest first), "named" (as they are); None
            for the first definition.
        names: of the definitions.

    Raises:
        ValueError: an order that is none.

    >>> rows = Compared("broken", "", True, (), "why"), Compared("mine", "", True, ())
    >>> [row.remover for row in ordered(rows, None, [])]
    ['mine', 'broken']
    """
    if sort is not None and sort not in (*names, *SORTS):
        raise ValueError(f"sort: {shown(sort)} is none of {', '.join((*dict.fromkeys(names), *SORTS))}")
    place = names.index(sort) if sort in names else 0
    keys: dict[str | None, Callable[[Compared], float]] = {"named": lambda _: 0.0, "cost": _work}
    key = keys.get(sort, lambda row: row.away(place))
    return tuple(sorted(rows, key=lambda row: (not row.anchor, bool(row.why), 0.0 if row.anchor else key(row))))


def _work(row: Compared) -> float:
    return math.inf if row.cost is None or math.isnan(row.cost.retrains) else row.cost.retrains


def claim_words(claim: Definition) -> str:
    """A claim as the head of a column.

    >>> import neverseen as ns
    >>> claim_words(ns.Unlearning(1.0, 0.05, "distribution"))
    '(1, 0.05)-unlearning, D redrawn'
    """
    return f"({claim.epsilon:g}, {claim.delta:g})-{claim.name}{', D redrawn' if claim.redraws else ''}"


def worded(verdict: Verdict, original: Verdict | None) -> str:
    """A status as the table shows it: a pass that doing nothing would have had too is no more than that.

    Args:
        verdict: of a remover.
        original: of doing nothing under the same claim, where the verdict does not know its own power.

    >>> passed = dataclasses.replace(Verdict.example(), status=Status.SATISFIED)
    >>> worded(passed, Verdict.example()), worded(passed, passed), worded(passed, None)
    ('SATISFIED', 'SATISFIED, no power', 'SATISFIED, power unknown')
    """
    if powerless(verdict, original):
        return "SATISFIED, no power"
    silent = verdict.power.original is None and not verdict.power.same
    unknown = verdict.status is Status.SATISFIED and original is None and silent
    return "SATISFIED, power unknown" if unknown else verdict.status.name


def powerless(verdict: Verdict, original: Verdict | None) -> bool:
    """Whether it is a pass where doing nothing is known not to be refuted either.

    Args:
        verdict, original: as in `worded`.

    >>> passed = dataclasses.replace(Verdict.example(), status=Status.SATISFIED)
    >>> powerless(passed, Verdict.example()), powerless(passed, passed), powerless(passed, None)
    (False, True, False)
    """
    if verdict.status is not Status.SATISFIED or verdict.power.tells:
        return False
    if verdict.power.original is not None or verdict.power.same:
        return True
    return original is not None and original.status is not Status.REFUTED


def share_words(row: Compared, i: int) -> str:
    """The share of doing nothing with its interval, in words.

    Args:
        row: of a remover.
        i: the definition's place.

    >>> share_words(Compared("mine", "", True, ()), 0)
    '–'
    """
    if not row.grades:
        return "–"
    share = row.share(i)
    return (
        "at the floor"
        if share is None
        else f"{share.value:.2f} [{share.ninety_five[0]:.2f}, {share.ninety_five[1]:.2f}]"
    )
