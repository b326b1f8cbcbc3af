"""How far a remover is from a reference, on the scale of two retrains and of doing nothing: the value."""

import dataclasses
import math
from typing import Any

from ...formal._codec import Coded
from ...formal._tabled import Tabled, aligned
from ...formal._truth import Untruthful
from ._answers import CHANCE

ROUGH = 64
"""Runs of each arm below which intervals are called rough: their coverage is not shown."""

AT_THE_FLOOR = "doing nothing is at the floor: it cannot be told from fresh retrains here, and nothing is divided by it"
"""Why there is no share."""

ROW_BY_ROW = (
    "It compares rows one at a time: arms with equal margins and another joint law are at distance 0. An interval that "
    "holds 0 is no pass: for a claim, use check."
)
"""What the number does not see."""


@dataclasses.dataclass(frozen=True)
class Graded:
    """A number with its intervals over runs.

    Args:
        value: without bias where it is a squared distance, hence below 0 now and then.
        ninety, ninety_five: the least and the largest value that the runs allow at 90 and at 95 %; none is below 0.

    >>> print(Graded(0.04, (0.01, 0.09), (0.0, 0.1)), Graded(-0.04, (0.0, 0.09), (0.0, 0.16)).root)
    0.04 [0, 0.1] -0.2 [0, 0.4]
    """

    value: float
    ninety: tuple[float, float]
    ninety_five: tuple[float, float]

    @property
    def root(self) -> "Graded":
        """Its square root, with the sign of the value."""
        ends = [(math.sqrt(low), math.sqrt(high)) for low, high in (self.ninety, self.ninety_five)]
        return Graded(math.copysign(math.sqrt(abs(self.value)), self.value), *ends)

    def __str__(self) -> str:
        low, high = self.ninety_five
        return f"{self.value:.3g} [{low:.3g}, {high:.3g}]"


@dataclasses.dataclass(frozen=True)
class Part:
    """What a block of rows adds.

    Args:
        block: its name.
        rows: how many.
        weight: of its mean; the weights of all blocks sum to 1.
        removed: the squared distance of removed models from references.
        original: that of the originals; None where there are none.
        scale: what stands between 0 and 1.

    >>> Part("S", 8, 0.5, Graded(0.04, (0.0, 0.1), (0.0, 0.1)), None, "the chance of the given label").rows
    8
    """

    block: str
    rows: int
    weight: float
    removed: Graded
    original: Graded | None
    scale: str


@dataclasses.dataclass(frozen=True)
class Distance(Coded, Untruthful, Tabled[Part], outcome="share", named="block", says=("share", "sentence", "rough")):
    r"""How far removed models are from a reference: 0 is a fresh retrain, 1 is doing nothing, more is worse than that.

    $$\sqrt{d^2(P, R) / d^2(O, R)}, \qquad d^2 = \sum_b w_b \operatorname{mean}_{x \in b} \int (F_x - G_x)^2,$$

    with P the removed models, R the references and O the originals; F_x and G_x are the laws of what a model says of
    row x. See `engine/_cramer.py` for the estimate, `engine/_cramer_intervals.py` for the intervals.

    Args:
        subject: what was compared.
        definition: the definition's id; "" where none was named.
        reference: the reference, in symbols.
        runs: of removed models, references and originals.
        removed: d²(P, R).
        original: d²(O, R); None where no originals are at hand.
        ratio: d²(P, R) / d²(O, R), its intervals by Fieller's method; None where there is a reason.
        why: the reason.
        rows: the blocks.
        absent: blocks that have no row here, or may not be looked at.
        provenance: seed, versions, platform.
        seconds: wall time.

    >>> made = Distance.example()
    >>> Distance.from_json(made.to_json()) == made
    True
    """

    subject: str
    definition: str
    reference: str
    runs: tuple[int, int, int]
    removed: Graded
    original: Graded | None
    ratio: Graded | None
    why: str
    rows: tuple[Part, ...]
    absent: tuple[str, ...]
    provenance: dict[str, Any]
    seconds: float

    @staticmethod
    def example() -> "Distance":
        """A small one, for documentation and tests.

        >>> print(Distance.example())
        finetune on mlp: 0.9 [0.7, 1] of doing nothing away from A(D∖S); 0 is a fresh retrain, 1 doing nothing.
        block      rows  weight  d²(removed)      d²(nothing)
        S             8     0.5  0.081 [0, 0.16]  0.1 [0.04, 0.16]
        rest of D    56     0.5  0.081 [0, 0.16]  0.1 [0.04, 0.16]
        together     64       1  0.081 [0, 0.16]  0.1 [0.04, 0.16]
        Of 32, 32 and 32 runs (removed, reference, original), with 95 % intervals: rough, an arm has fewer than 64.
        d² is the Cramér distance of the chance of the given label, a row at a time.
        Not looked at: fresh behaviour, fresh rest.
        It compares rows one at a time: arms with equal margins and another joint law are at distance 0. An interval \
that holds 0 is no pass: for a claim, use check.
        """
        near, far = Graded(0.081, (0.01, 0.09), (0.0, 0.16)), Graded(0.1, (0.05, 0.15), (0.04, 0.16))
        parts = [Part(block, n, 0.5, near, far, CHANCE) for block, n in (("S", 8), ("rest of D", 56))]
        ratio, absent = Graded(0.81, (0.64, 0.81), (0.49, 1.0)), ("fresh behaviour", "fresh rest")
        return Distance(
            "finetune on mlp", "untraining-1", "A(D∖S)", (32, 32, 32), near, far, ratio, "", tuple(parts), absent,
            {"seed": 0}, 0.5,
        )  # fmt: skip

    @property
    def share(self) -> Graded | None:
        """The share of doing nothing, on the scale of distances: the signed root of the ratio."""
        return None if self.ratio is None else self.ratio.root

    @property
    def rough(self) -> bool:
        """Whether some arm has too few runs for intervals whose coverage is shown."""
        return min(n for n in self.runs if n) < ROUGH

    @property
    def sentence(self) -> str:
        """The result in a line."""
        if self.share is None:
            return f"{self.subject}: no share of doing nothing away from {self.reference}; {self.why}."
        scale = "0 is a fresh retrain, 1 doing nothing"
        return f"{self.subject}: {self.share} of doing nothing away from {self.reference}; {scale}."

    @property
    def cells(self) -> list[tuple[str, ...]]:
        """The blocks as words, the heads first."""
        heads = ("block", "rows", "weight", "d²(removed)", "d²(nothing)")
        whole = Part("together", sum(part.rows for part in self.rows), 1.0, self.removed, self.original, "")
        return [heads, *(_cells(part) for part in (*self.rows, whole))]

    @property
    def notes(self) -> list[str]:
        """How it was estimated, and what was not looked at."""
        sizes = "{}, {} and {} runs (removed, reference, original)".format(*self.runs)
        rough = f": rough, an arm has fewer than {ROUGH}" if self.rough else ""
        scales = "; ".join(dict.fromkeys(part.scale for part in self.rows))
        absent = [f"Not looked at: {', '.join(self.absent)}."] if self.absent else []
        intervals = f"Of {sizes}, with 95 % intervals{rough}."
        return [intervals, f"d² is the Cramér distance of {scales}, a row at a time.", *absent]

    def __str__(self) -> str:
        return "\n".join([self.sentence, *aligned(self.cells, right=(1, 2)), *self.notes, ROW_BY_ROW])


def _cells(part: Part) -> tuple[str, ...]:
    original = "–" if part.original is None else str(part.original)
    return part.block, str(part.rows), f"{part.weight:.3g}", str(part.removed), original
