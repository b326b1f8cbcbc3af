"""What a conformance suite concludes: rows of plain values that go to JSON and back."""

import dataclasses
from collections.abc import Iterable
from typing import Any

from ...formal._codec import Coded
from ...formal._tabled import aligned
from ...formal._truth import Untruthful, UntruthfulEnum
from ...formal.definitions._verdict import Status, Verdict


class RowOutcome(UntruthfulEnum):
    """What a row means for its remover; the value is the explanation.

    >>> RowOutcome.UNCLAIMED.value
    'nobody claims it: information, neither pass nor failure'
    """

    FAILED = "refuted, though it is claimed"
    UNEXPECTED = "declared to fail, but nothing refuted it"
    UNDECIDED = "claimed, and the budget ended before either could be established"
    PASSED = "claimed, and it holds"
    EXPECTED = "refuted, as its author declared"
    UNCLAIMED = "nobody claims it: information, neither pass nor failure"
    INAPPLICABLE = "it does not apply here, or single runs cannot tell"


_WORST = {
    RowOutcome.FAILED: Status.REFUTED,
    RowOutcome.UNEXPECTED: Status.REFUTED,
    RowOutcome.UNDECIDED: Status.INCONCLUSIVE,
}


@dataclasses.dataclass(frozen=True)
class SuiteRow(Coded, Untruthful, outcome="status", says=("power",)):
    """One check of a suite.

    Args:
        check: the relation's or the definition's name.
        where: learner and scenario.
        outcome: what it means.
        status: what was found, whatever it means; None where nothing could be.
        evidence: in a sentence.
        runs: trained or removed models it cost.
        seconds: wall time.
        verdict: of a definition, whole.

    >>> SuiteRow("pure", "ridge · blobs", RowOutcome.PASSED, Status.SATISFIED, "one program", 16, 0.1).failed
    False
    """

    check: str
    where: str
    outcome: RowOutcome
    status: Status | None
    evidence: str
    runs: int
    seconds: float
    verdict: Verdict | None = None

    @property
    def failed(self) -> bool:
        """Whether it makes the suite fail."""
        return _WORST.get(self.outcome) is Status.REFUTED

    @property
    def power(self) -> str:
        """Whether a pass of a definition has power, in a word; "" for rows that are none."""
        if self.verdict is None or self.status is not Status.SATISFIED:
            return ""
        if self.verdict.power.tells:
            return "yes"
        return "no" if self.verdict.power.same or self.verdict.power.original is not None else "unknown"


@dataclasses.dataclass(frozen=True)
class Suite(Coded, Untruthful, outcome="status", says=("status", "sentence")):
    """The conformance suite of one remover.

    Args:
        remover: its name.
        aims_at: what it claims.
        learners: the learners it was run on.
        alpha: bound on the probability that any REFUTED of a definition is false.
        budget: pairs at most for each.
        seed: root seed.
        expected: declared failures with their reasons.
        rows: the checks, in the order they were run.
        provenance: versions, platform, devices, precision.
        seconds: wall time.

    >>> suite = Suite.example()
    >>> suite.status.name, Suite.from_json(suite.to_json()) == suite
    ('REFUTED', True)
    """

    remover: str
    aims_at: str
    learners: tuple[str, ...]
    alpha: float
    budget: int
    seed: int
    expected: dict[str, str]
    rows: tuple[SuiteRow, ...]
    provenance: dict[str, Any]
    seconds: float

    @staticmethod
    def example() -> "Suite":
        """A small suite, for documentation and tests.

        >>> print(Suite.example())
        REFUTED: 1 of 2 checks of mine (aims at untraining) failed: untraining.
        check       outcome  power  runs  seconds  evidence
        pure        passed            16      0.1  one program
        untraining  FAILED            80      0.5  'loss on S > 2.5' occurred in 0 % of removed models and 100 % of
                                                   references (40 pairs) · ridge · blobs
        α = 0.001 over all definitions, 512 pairs at most for each, root seed 0; 0.6 s.
        """
        verdict = Verdict.example()
        rows = (
            SuiteRow("pure", "ridge · blobs", RowOutcome.PASSED, Status.SATISFIED, "one program", 16, 0.1),
            SuiteRow(
                "untraining", "ridge · blobs", RowOutcome.FAILED, verdict.status, str(verdict.witness), 80, 0.5, verdict
            ),
        )
        return Suite("mine", "untraining", ("ridge",), 1e-3, 512, 0, {}, rows, {}, 0.6)

    @property
    def status(self) -> Status:
        """The worst of REFUTED (a check failed), INCONCLUSIVE and SATISFIED.

        INCONCLUSIVE is what was not decided, and what was not asked: no notion is claimed, or of one that is no pass
        has power. What fails as declared is no pass of what is claimed.
        """
        worst = {_WORST.get(row.outcome) for row in self.rows}
        if Status.REFUTED in worst:
            return Status.REFUTED
        open_ends = Status.INCONCLUSIVE in worst or not self.judged or self.powerless
        return Status.INCONCLUSIVE if open_ends else Status.SATISFIED

    @property
    def judged(self) -> tuple[str, ...]:
        """The notions that it aims at, and that were asked: a failure declared of another one claims nothing."""
        checks = _once(row.check for row in self.rows if row.verdict is not None)
        return tuple(name for name in checks if name in self._aims)

    @property
    def powerless(self) -> tuple[str, ...]:
        """The notions that it aims at, of which no pass is known to be one that doing nothing would not get."""
        # What its author declared to fail shows power too, but of a notion that the remover aims at it is no pass.
        informative = {row.check for row in self.rows if _tells(row)}
        return tuple(name for name in self._aims if name not in informative)

    @property
    def _aims(self) -> tuple[str, ...]:
        notions = ("untraining", "unlearning")
        return notions if self.aims_at == "both" else tuple(name for name in notions if name == self.aims_at)

    @property
    def cells(self) -> list[tuple[str, ...]]:
        """The rows as words, the heads first."""
        heads = ("check", "outcome", "power", "runs", "seconds", "evidence")
        each = ((row, (row.check, word(row.outcome), row.power)) for row in self.rows)
        return [heads, *((*names, str(row.runs), f"{row.seconds:.1f}", finding_words(row)) for row, names in each)]

    def __str__(self) -> str:
        return "\n".join([self.sentence, *aligned(self.cells, right=(3, 4), fold=112), *_notes(self)])

    @property
    def sentence(self) -> str:
        """The result in a line."""
        subject = f"{self.remover} (aims at {self.aims_at})"
        bad = [row for row in self.rows if row.failed]
        if bad:
            return f"REFUTED: {len(bad)} of {len(self.rows)} checks of {subject} failed: {_names(bad)}."
        if self.status is Status.INCONCLUSIVE:
            left = [row for row in self.rows if row.outcome is RowOutcome.UNDECIDED]
            return f"INCONCLUSIVE: {self._open(left, subject)}"
        passed = sum(row.outcome is RowOutcome.PASSED for row in self.rows)
        expected = sum(row.outcome is RowOutcome.EXPECTED for row in self.rows)
        also = f", {expected} failed as declared" if expected else ""
        return f"SATISFIED: {passed} checks of {subject} passed{also}."

    def _open(self, left: list[SuiteRow], subject: str) -> str:
        """Why it is INCONCLUSIVE."""
        if left:
            return f"{len(left)} of {len(self.rows)} checks of {subject} were not decided: {_names(left)}."
        if not self.judged:
            return UNCLAIMED.format(subject)
        names = " and ".join(self.powerless)
        if any(row.outcome is RowOutcome.EXPECTED and row.check in self.powerless for row in self.rows):
            return NO_PASS.format(subject, names)
        return (
            f"{subject} passed {names}, but nowhere with power: in no scenario of the suite is it known that doing "
            "nothing would have been refuted."
        )


UNCLAIMED = "nothing was claimed, so nothing was judged, of {}: name a notion, @ns.remover(aims_at='untraining')."
"""What a remover that aims at neither notion is told."""

NO_PASS = "{} aims at {}, which failed as declared and passed nowhere with power: that is no pass."
"""What a remover is told whose own aim is declared to fail, and holds nowhere."""


def _tells(row: SuiteRow) -> bool:
    return row.outcome is RowOutcome.PASSED and row.verdict is not None and row.verdict.power.tells


def _once(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _names(rows: list[SuiteRow]) -> str:
    return ", ".join(_once(row.check for row in rows))


def word(outcome: RowOutcome) -> str:
    """The outcome as a table shows it: what makes a suite fail stands out.

    >>> word(RowOutcome.FAILED), word(RowOutcome.PASSED)
    ('FAILED', 'passed')
    """
    words = {
        RowOutcome.EXPECTED: "failed as declared",
        RowOutcome.UNCLAIMED: "not claimed",
        RowOutcome.INAPPLICABLE: "not applicable",
        RowOutcome.UNEXPECTED: "DID NOT FAIL",
    }
    loud = _WORST.get(outcome) is Status.REFUTED
    return words.get(outcome, outcome.name if loud else outcome.name.lower())


def finding_words(row: SuiteRow) -> str:
    """What a row found, and where: the status of rows that count neither way comes first."""
    prefix = f"{row.status.name}: " if row.outcome is RowOutcome.UNCLAIMED and row.status is not None else ""
    return " · ".join([f"{prefix}{evidence_words(row)}", *([row.where] if row.verdict is not None else [])])


def evidence_words(row: SuiteRow) -> str:
    """The evidence, and of a pass of a definition what the same check says of doing nothing."""
    return f"{row.evidence}; {row.verdict.power}" if row.verdict is not None and row.power else row.evidence


def _notes(suite: Suite) -> list[str]:
    """Declared failures with their reasons, and the terms."""
    declared = [f"declared to fail: {name} ({why})" for name, why in suite.expected.items()]
    terms = f"α = {suite.alpha:g} over all definitions, {suite.budget} pairs at most for each, root seed {suite.seed}"
    return [*declared, f"{terms}; {suite.seconds:.1f} s."]
