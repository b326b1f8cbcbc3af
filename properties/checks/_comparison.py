"""What a comparison of removers found: rows of plain values that go to JSON and back, and print as a table."""

import dataclasses
from collections import Counter
from typing import Any

from ...formal._codec import Coded
from ...formal._tabled import Tabled, aligned
from ...formal._truth import Untruthful
from ...formal.definitions._definitions import Definition
from ...formal.definitions._verdict import Status, Verdict
from ..runs._cost import Behaviour


@dataclasses.dataclass(frozen=True)
class Compared:
    """A remover's row.

    Args:
        remover: its name.
        anchor: which of the rows that are always there it is; "" for the others.
        asked: whether it was named, and counts.
        verdicts: one for each definition; none where it does not run.
        behaviour: cost and accuracy.
        why: why it does not run.

    >>> Compared("mine", "", True, (), None, "remover mine: raised TypeError").why
    'remover mine: raised TypeError'
    """

    remover: str
    anchor: str
    asked: bool
    verdicts: tuple[Verdict, ...]
    behaviour: Behaviour | None
    why: str


@dataclasses.dataclass(frozen=True)
class Comparison(
    Coded, Untruthful, Tabled[Compared], outcome="rows", named="remover", says=("sentence", "named", "beta_each")
):
    """Removers under the same definitions in the same scenario.

    Args:
        learner, scenario: where.
        definitions: the columns.
        alpha: bound on the probability that any REFUTED of the table is false; each verdict has its part of it.
        budget: pairs at most for each verdict.
        seed: root seed.
        rows: the original and a fresh retrain first.
        provenance: seed, grain, versions, platform.
        seconds: wall time.
        beta: bound, for each definition, on the probability that any SATISFIED of the removers named is false; each of
            the k named has β/k.

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

    @staticmethod
    def example() -> "Comparison":
        """A small comparison, for documentation and tests.

        >>> print(Comparison.example())
        Removers on ridge in blobs: of 1, 1 is REFUTED as (1, 0.05)-untraining.
        remover     (1, 0.05)-untraining  ε ≥  pairs  cost  retained  unseen
        do_nothing  REFUTED               2       40  0.25       95%       –
        mine        REFUTED               2       40  0.25       95%       –
        α = 0.001 over the 2 verdicts of the table, 0.0005 each; β = 0.05 over the 1 remover named, 0.05 each; \
512 pairs at most for each verdict; cost in retrains; 0.5 s.
        Judged on the references of root seed 0; another table on them is not independent of this one: take another.
        """
        verdict = Verdict.example()
        original = Compared("do_nothing", "the original", False, (verdict,), Behaviour.example(), "")
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
        """How many verdicts share α: those of the rows that are always there, too."""
        return max(len(self.rows) * len(self.definitions), 2)

    @property
    def levels(self) -> str:
        """How α and β are divided, in words."""
        plural = "" if self.named == 1 else "s"
        return (
            f"α = {self.alpha:g} over the {self.judged} verdicts of the table, {self.alpha / self.judged:.3g} each; "
            f"β = {self.beta:g} over the {self.named} remover{plural} named, {self.beta_each:.3g} each"
        )

    def original(self, i: int) -> Verdict | None:
        """What definition i says of doing nothing; None where that does not run."""
        return next((row.verdicts[i] for row in self.rows if row.anchor == "the original" and row.verdicts), None)

    @property
    def cells(self) -> list[tuple[str, ...]]:
        """The rows that ran as words, the heads first."""
        claims = (cell for _, claim in self._claims() for cell in (claim_words(claim), "ε ≥", "pairs"))
        heads = ("remover", *claims, "cost", "retained", "unseen")
        return [heads, *((row.remover, *_cells(self, row)) for row in self.rows if not row.why)]

    def __str__(self) -> str:
        right = {i for i, head in enumerate(self.cells[0]) if head in ("pairs", "cost", "retained", "unseen")}
        none = [f"{row.remover}: {row.why}" for row in self.rows if row.why]
        terms = f"{self.levels}; {self.budget} pairs at most for each verdict; cost in retrains; {self.seconds:.1f} s."
        return "\n".join([self.sentence, *aligned(self.cells, right), *none, terms, judged_on(self.seed)])

    def _claims(self) -> list[tuple[int, Definition]]:
        return list(enumerate(self.definitions))


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


def judged_on(seed: int) -> str:
    """What the references of a table were drawn from, and what a second table on them would not be."""
    again = "another table on them is not independent of this one: take another"
    return f"Judged on the references of root seed {seed}; {again}."


def _counted(claim: Definition, verdicts: list[Verdict], original: Verdict | None) -> str:
    counts = Counter(worded(verdict, original) for verdict in verdicts)
    words = dict.fromkeys([*(status.name for status in Status), *sorted(counts)])
    parts = [f"{counts[word]} {'is' if counts[word] == 1 else 'are'} {word}" for word in words if counts[word]]
    return f"{', '.join(parts) or 'none was judged'} as {claim_words(claim)}"


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.3g}%"


def figures(row: Compared) -> tuple[str, str, str]:
    """Cost, retained and fresh accuracy of a row as words; dashes where it did not run."""
    behaviour = row.behaviour
    if behaviour is None:
        return "–", "–", "–"
    return f"{behaviour.cost:.2g}", _percent(behaviour.retained), _percent(behaviour.fresh)


def _cells(comparison: Comparison, row: Compared) -> list[str]:
    words = (worded(v, comparison.original(i)) for i, v in enumerate(row.verdicts))
    three = ((word, f"{v.epsilon_lower:.3g}", str(v.pairs)) for word, v in zip(words, row.verdicts, strict=True))
    return [*(cell for cells in three for cell in cells), *figures(row)]
