"""What a relative check concludes, closer to the reference or to the original: plain values, to JSON and back."""

import dataclasses
from typing import Any

from .._codec import Coded
from .._truth import Untruthful, UntruthfulEnum


class Side(UntruthfulEnum):
    """The four outcomes of a relative check; the value is the explanation. Two of them name no side.

    >>> Side.CLOSER_TO_ORIGINAL.value
    'closer to the original than to the reference'
    """

    CLOSER_TO_ORIGINAL = "closer to the original than to the reference"
    CLOSER_TO_REFERENCE = "closer to the reference than to the original"
    NEITHER = "farther from the reference than the original is, or diverged: neither side means anything"
    UNDECIDED = "the budget ended before either could be established"


@dataclasses.dataclass(frozen=True)
class Relative(Coded, Untruthful, outcome="side", says=("sentence",)):
    r"""Where the law P of removed models lies between reference R and original O, under a fixed bounded kernel.

    $$\text{position} = \tfrac12 + \frac{\mathrm{MMD}^2(P, R) - \mathrm{MMD}^2(P, O)}{2\,\mathrm{MMD}^2(R, O)}:$$

    the foot of the perpendicular from P's mean embedding to the line from R's (0) to O's (1); ρ where
    P = (1 − ρ) R + ρ O. Closer to the original is a position above ½. It says nothing about the distance from that
    line; a side does: it is named only where P also stands nearer to that end than the other end does, and resembles
    its runs. A model that lies farther from the reference than the original does, or that diverged, has no side: a
    wreck is not "closer to" anything.

    Args:
        side: closer to the original, closer to the reference, neither, or undecided.
        subject: what was checked, for the sentence.
        reference: the reference, in symbols; "" for samples.
        alpha: probability bound of a false side, of a false "farther", or of a position outside its bounds.
        triples: of a removed model, a reference and an original, used.
        budget: triples it might have used.
        position: an estimate of the position (None: reference and original do not differ in these runs).
        lower: the position is above this (None: not above 0 for sure).
        upper: the position is below this (None: not below 1 for sure).
        looks: after how many triples wealth was looked at.
        to_original, to_reference: the log wealths there; either half of the line at ln(1/0.39α).
        provenance: root seed, versions, platform, …: all that determines the numbers.
        seconds: wall time; the one field that differs between two equal runs.
        why: what keeps a side from being named, or is to be known beside it; "" where nothing does.
        distance: √(MMD²(P, R) / MMD²(R, O)), an estimate: 1 is as far from the reference as the original (None: as
            position).
        farther: the log wealth of "farther from the reference than the original" at each look; established at
            ln(50/α).

    >>> relative = Relative.example()
    >>> Relative.from_json(relative.to_json()) == relative
    True
    """

    side: Side
    subject: str
    reference: str
    alpha: float
    triples: int
    budget: int
    position: float | None
    lower: float | None
    upper: float | None
    looks: tuple[int, ...]
    to_original: tuple[float, ...]
    to_reference: tuple[float, ...]
    provenance: dict[str, Any]
    seconds: float
    why: str = ""
    distance: float | None = None
    farther: tuple[float, ...] = ()

    @staticmethod
    def example() -> "Relative":
        """A small result, for documentation and tests.

        >>> print(Relative.example())
        CLOSER_TO_ORIGINAL: do-nothing on blobs is closer to the original than to the reference A(D∖S). From the \
reference (0) to the original (1) its position is about 0.98, above 0.6, and it lies 0.99 times as far from the \
reference as the original does; in error with probability at most 0.0001, after 72 triples of runs.
        """
        return Relative(
            Side.CLOSER_TO_ORIGINAL, "do-nothing on blobs", "A(D∖S)", 1e-4, 72, 512, 0.98, 0.6, None,
            (24, 72), (1.5, 10.1), (-1.9, -9.0), {"seed": 0}, 0.5,
            "", 0.99, (-0.7, -1.1),
        )  # fmt: skip

    def __str__(self) -> str:
        return self.sentence

    @property
    def sentence(self) -> str:
        """Which side, why none, and where the position lies."""
        reference = f"the reference {self.reference}".rstrip()
        error = f"in error with probability at most {self.alpha:g}, after {self.triples} triples of runs"
        either = f"closer to {reference} or to the original"
        said = {
            Side.CLOSER_TO_ORIGINAL: f"{self.subject} is closer to the original than to {reference}",
            Side.CLOSER_TO_REFERENCE: f"{self.subject} is closer to {reference} than to the original",
            Side.NEITHER: f"{self.subject} is closer to neither",
            Side.UNDECIDED: f"{self.triples} triples of runs do not tell whether {self.subject} is {either}",
        }[self.side]
        why = f" ({self.why})" if self.why else ""
        return f"{self.side.name}: {said}{why}. {_place(self)}; {error}."


def _place(r: Relative) -> str:
    """The position and its bounds in words."""
    about = "cannot be estimated" if r.position is None else f"is about {r.position:.2g}"
    bounds = [f"{word} {at:g}" for word, at in (("above", r.lower), ("below", r.upper)) if at is not None]
    said = [f"From the reference (0) to the original (1) its position {about}", *bounds]
    if r.distance is not None:
        said.append(f"and it lies {r.distance:.2g} times as far from the reference as the original does")
    return ", ".join(said)
