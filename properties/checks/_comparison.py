"""What a comparison of removers found: rows of plain values that go to JSON and back, and print as a table."""

import dataclasses
from collections import Counter
from typing import Any

from ...formal._codec import Coded
from ...formal._tabled import Tabled, aligned
from ...formal._truth import Untruthful
from ...formal.definitions._definitions import Definition
from ...formal.definitions._verdict import Status, Verdict
from ..metrics import Interval
from ..metrics._graded import Distance
from ..runs._cost import Cost
from ..runs._eval_sets import CHECKED
from ._compared import Compared, claim_words, share_words, worded
from ._grade import Accuracy, Grade


@dataclasses.dataclass(frozen=True)
class Comparison(
    Coded, Untruthful, Tabled[Compared], outcome="rows", named="remover", says=("sentence", "named", "beta_each")
):
    """Removers under the same definitions in the same scenario: which, how far, at what cost.

    Args:
        learner, scenario: where.
        definitions: the columns.
        alpha: bound on the probability that any REFUTED or any side of the table is false; each has its part of it.
        budget: pairs at most for each verdict.
        seed: root seed.
        rows: the original and fresh retrains first, then the others, nearest first.
        provenance: seed, grain, versions, platform.
        seconds: wall time.
        beta: bound, for each definition, on the probability that any SATISFIED of the removers named is false; each of
            the k named has β/k.
        training: the part of the wall time that drew the runs graded; pairs that verdicts need beyond are not in it.

    >>> made = Comparison.example()
    >>> Comparison.from_json(made.to_json()) == made
    True
    """

    learner: str
    scenario: str
    definitions: tuple[Definition, ...]
    alpha: float
    budget: int
    seed: int
    rows: tuple[Compared, ...]
    provenance: dict[str, Any]
    seconds: float
    beta: float = 0.05
    training: float | None = None

    @staticmethod
    def example() -> "Comparison":
        """A small comparison, for documentation and tests.

        >>> print(Comparison.example())
        Removers on ridge in blobs: of 1, 1 is REFUTED as (1, 0.05)-untraining.
        remover     (1, 0.05)-untraining  distance           pairs  cost
        do_nothing  REFUTED               0.90 [0.70, 1.00]     40  0.25
        mine        REFUTED               0.90 [0.70, 1.00]     40  0.25
        Distance: 0 is a fresh retrain without the rows that the definition names, 1 doing nothing, more is worse than \
nothing. Cost: the operations of a removal over those of a retrain.
        Accuracy minus that of the reference of (1, 0.05)-untraining, with 95 % intervals:
        remover     S                     S_full∖S  fresh behaviour  fresh rest
        do_nothing  +0.10 [+0.05, +0.15]  –         –                –
        mine        +0.10 [+0.05, +0.15]  –         –                –
        α = 0.001 over the 2 findings of the table, 0.0005 each; β = 0.05 over the 1 remover named, 0.05 each; \
512 pairs at most for each verdict; 0.5 s.
        Judged on the references of root seed 0; another table on them is not independent of this one: take another.
        """
        verdict = Verdict.example()
        grade = Grade(Distance.example(), {"S": Interval(0.1, 0.05, 0.15)})
        accuracy, cost = Accuracy({"S": 0.95, "fresh rest": 0.9}, (0.01, 0.0025, 0.0)), Cost(0.25, 5.0)
        original = Compared("do_nothing", "the original", False, (verdict,), "", (grade,), accuracy, cost)
        rows = original, dataclasses.replace(original, remover="mine", anchor="", asked=True)
        return Comparison("ridge", "blobs", (verdict.definition,), 1e-3, 512, 0, rows, {"seed": 0}, 0.5)

    @property
    def sentence(self) -> str:
        """The result in a line; rows that are always there count where they were named."""
        rows = [row for row in self.rows if row.asked]
        verdicts = [[row.verdicts[i] for row in rows if row.verdicts] for i, _ in self._claims()]
        counts = [_counted(claim, verdicts[i], self.original(i)) for i, claim in self._claims()]
        none = sum(bool(row.why) for row in rows)
        also = f"; {none} did not run" if none else ""
        return f"Removers on {self.learner} in {self.scenario}: of {len(rows)}, {'; '.join(counts)}{also}."

    @property
    def named(self) -> int:
        """How many removers were named in the call: β is divided by it and by nothing else."""
        return sum(row.asked for row in self.rows)

    @property
    def beta_each(self) -> float:
        """The bound on a false SATISFIED of each remover named."""
        return self.beta / max(self.named, 1)

    @property
    def judged(self) -> int:
        """How many findings share α: verdicts and, where asked, sides, those of the rows that are always there, too."""
        sided = 2 if any(row.sides for row in self.rows) else 1
        return max(len(self.rows) * len(self.definitions) * sided, 2)

    @property
    def levels(self) -> str:
        """How α and β are divided, in words."""
        plural = "" if self.named == 1 else "s"
        return (
            f"α = {self.alpha:g} over the {self.judged} findings of the table, {self.alpha / self.judged:.3g} each; "
            f"β = {self.beta:g} over the {self.named} remover{plural} named, {self.beta_each:.3g} each"
        )

    def original(self, i: int) -> Verdict | None:
        """What definition i says of doing nothing; None where that does not run."""
        return next((row.verdicts[i] for row in self.rows if row.anchor == "the original" and row.verdicts), None)

    def records(self) -> list[dict[str, Any]]:
        """A flat record for each remover and definition, for data frames and CSV.

        >>> record = Comparison.example().records()[1]
        >>> record["remover"], record["status"], record["distance"], record["gap on S"]
        ('mine', 'REFUTED', 0.9, 0.1)
        """
        return [
            _record(self, row, i) for row in self.rows if not row.why for i in range(len(self.definitions))
        ]  # fmt: skip

    @property
    def cells(self) -> list[tuple[str, ...]]:
        """The rows that ran as words, the heads first."""
        sided = any(row.sides for row in self.rows)
        heads = [claim_words(claim) for claim in self.definitions]
        claims = (cell for head in heads for cell in (head, "distance", *(["nearer to"] if sided else []), "pairs"))
        return [
            ("remover", *claims, "cost"),
            *((row.remover, *_cells(self, row, sided)) for row in self.rows if not row.why),
        ]

    def gaps(self, i: int) -> list[tuple[str, ...]]:
        """Accuracy minus that of the reference of definition i, as words, the heads first; none without classes."""
        rows = [row for row in self.rows if row.grades and row.grades[i].gaps]
        found = [(row.remover, *(_gap(row.grades[i].gaps.get(name)) for name in CHECKED)) for row in rows]
        return [("remover", *CHECKED), *found] if found else []

    def __str__(self) -> str:
        right = {i for i, head in enumerate(self.cells[0]) if head in ("pairs", "cost")}
        none = [f"{row.remover}: {row.why}" for row in self.rows if row.why]
        gaps = [line for i, claim in self._claims() if self.gaps(i) for line in (_of(claim), *aligned(self.gaps(i)))]
        scale = [MEANING] if any(row.grades for row in self.rows) else []
        time = "" if self.training is None else f", of which {self.training:.1f} s drew the runs graded"
        terms = f"{self.levels}; {self.budget} pairs at most for each verdict; {self.seconds:.1f} s{time}."
        table = aligned(self.cells, right)
        return "\n".join([self.sentence, *table, *none, *scale, *gaps, terms, judged_on(self.seed)])

    def _claims(self) -> list[tuple[int, Definition]]:
        return list(enumerate(self.definitions))


MEANING = (
    "Distance: 0 is a fresh retrain without the rows that the definition names, 1 doing nothing, more is worse than "
    "nothing. Cost: the operations of a removal over those of a retrain."
)
"""What the two numbers of a row are."""


def judged_on(seed: int) -> str:
    """What the references of a table were drawn from, and what a second table on them would not be."""
    again = "another table on them is not independent of this one: take another"
    return f"Judged on the references of root seed {seed}; {again}."


def _counted(claim: Definition, verdicts: list[Verdict], original: Verdict | None) -> str:
    counts = Counter(worded(verdict, original) for verdict in verdicts)
    words = dict.fromkeys([*(status.name for status in Status), *sorted(counts)])
    parts = [f"{counts[word]} {'is' if counts[word] == 1 else 'are'} {word}" for word in words if counts[word]]
    return f"{', '.join(parts) or 'none was judged'} as {claim_words(claim)}"


def _of(claim: Definition) -> str:
    return f"Accuracy minus that of the reference of {claim_words(claim)}, with 95 % intervals:"


def _gap(gap: Interval | None) -> str:
    if gap is None:
        return "–"
    value, low, high = (round(each, 2) + 0.0 for each in (gap.value, gap.low, gap.high))  # no −0
    return f"{value:+.2f} [{low:+.2f}, {high:+.2f}]"


def cost_words(cost: Cost | None) -> str:
    """A cost in retrains, as a table shows it.

    >>> cost_words(Cost(0.25, None)), cost_words(None)
    ('0.25', '–')
    """
    return "–" if cost is None or cost.retrains != cost.retrains else f"{cost.retrains:.2g}"


NEARER = {
    "CLOSER_TO_REFERENCE": "reference", "CLOSER_TO_ORIGINAL": "original", "NEITHER": "neither", "UNDECIDED": "undecided"
}  # fmt: skip
"""Sides as a table shows them."""


def _cells(comparison: Comparison, row: Compared, sided: bool) -> list[str]:
    cells: list[str] = []
    for i, verdict in enumerate(row.verdicts):
        side = [NEARER[row.sides[i].side.name] if row.sides else "–"] if sided else []
        cells += [worded(verdict, comparison.original(i)), share_words(row, i), *side, str(verdict.pairs)]
    return [*cells, cost_words(row.cost)]


def _record(comparison: Comparison, row: Compared, i: int) -> dict[str, Any]:
    verdict, share = row.verdicts[i], row.share(i)
    grade, cost = (row.grades[i] if row.grades else None), row.cost
    low, high = (None, None) if share is None else share.ninety_five
    record: dict[str, Any] = {
        "remover": row.remover, "anchor": row.anchor, "learner": comparison.learner, "scenario": comparison.scenario,
        "definition": verdict.definition.id, "epsilon": verdict.definition.epsilon, "delta": verdict.definition.delta,
        "status": verdict.status.name, "said": worded(verdict, comparison.original(i)), "pairs": verdict.pairs,
        "epsilon_lower": verdict.epsilon_lower, "distance": None if share is None else share.value,
        "distance_low": low, "distance_high": high,
        "raw": grade and grade.distance.removed.value, "nearer to": row.sides[i].side.name if row.sides else None,
        "cost": cost and cost.retrains, "gradients": cost and cost.gradients, "seconds": cost and cost.seconds,
    }  # fmt: skip
    for name in CHECKED:
        gap = grade.gaps.get(name) if grade else None
        record |= {f"gap on {name}": gap and gap.value, f"gap on {name}, low": gap and gap.low}
        record |= {f"gap on {name}, high": gap and gap.high}
    return record
