"""The error budget of a test run: what every evaluation spends, and what was found for it."""

import contextlib
import dataclasses
import hashlib
import math
import threading
from collections import Counter
from collections.abc import Callable, Generator, Hashable
from typing import Any

from ...formal._numbers import MOST, level, real, share_of, whole
from ...formal._public import dir_of as _dir_of
from ...formal._truth import Untruthful
from ...formal._types import Real
from ...formal.definitions._verdict import Status, Verdict
from ..checks._question import Question
from ._slots import Slots


@dataclasses.dataclass
class Failure(Untruthful, outcome="confirmed"):
    """A property that was refuted: where first, where at last, and whether a second look agreed.

    Args:
        test: the test that asked; "" outside of one.
        first: the verdict that refuted it first.
        minimal: the verdict on the example the search ended with; None until it has.
        confirmation: the verdict on that example from an independent stream of runs; None without one.

    >>> from neverseen.formal.definitions._verdict import Verdict
    >>> found = Failure("", Verdict.example())
    >>> found.confirmed is None, dataclasses.replace(found, confirmation=Verdict.example()).confirmed
    (True, True)
    """

    test: str
    first: Verdict
    minimal: Verdict | None = None
    confirmation: Verdict | None = None

    @property
    def confirmed(self) -> bool | None:
        """Whether the confirmation held; None without one. A route without error needs none."""
        if self.minimal is not None and self.minimal.alpha == 0:
            return True
        return None if self.confirmation is None else self.confirmation.status is Status.REFUTED

    def to_dict(self) -> dict[str, Any]:
        """Plain values: the test, the three sentences, and whether the confirmation held."""
        verdicts = {name: getattr(self, name) for name in ("first", "minimal", "confirmation")}
        words = {name: None if verdict is None else str(verdict) for name, verdict in verdicts.items()}
        return {"test": self.test, **words, "confirmed": self.confirmed}


class Ledger:
    r"""α for a whole run, handed out in equal parts: no order of evaluations changes what one of them may spend.

    $$\alpha_i = \alpha_{total} / N, \qquad P(\text{any false REFUTED}) \le \sum_i \alpha_i \le \alpha_{total}$$

    by the union bound, whoever chose the scenarios and however. N slots; the exact accounting:

    - An evaluation takes one slot: of an example generated, tried while shrinking, replayed from a database, or
      written out. It spends α_i, or less if it asks for less, and nothing if its route draws no sample. One that
      raises has no verdict and takes no slot.
    - The same question again is answered from memory: the same verdict, no slot, no α.
    - A confirmation asks on another stream what was REFUTED on the first. Where it is false the first was false too,
      so that it adds nothing to the probability of any false REFUTED: no slot, no α.
    - After N nothing is bet on: the answer is INCONCLUSIVE from 0 pairs. It stays so, as slots never return.

    Args:
        alpha_total: bound on the probability of any false REFUTED in the run.
        evaluations: N, all evaluations of the run.
        slots: the N slots, where several processes share them; its own when left out.
        options: options of `check` for evaluations that do not name them (`budget`, `seed`, ...).
        allow_inconclusive: whether INCONCLUSIVE fails nowhere, 0 pairs past N excepted.
        require_power: whether SATISFIED counts as INCONCLUSIVE wherever doing nothing is not known to be refuted.
        keep: called with each new verdict.

    Raises:
        ValueError: alpha_total outside (0, 1); no evaluation.

    Source: union bound over adaptively chosen scenarios at a constant level; Hypothesis replays, so that the level
    must not depend on order.

    >>> ledger = Ledger(0.01, 1000)
    >>> f"{ledger.alpha:g}", ledger.spent
    ('1e-05', 0.0)
    """

    def __init__(
        self,
        alpha_total: Real = 0.01,
        evaluations: int = 1000,
        *,
        slots: Slots | None = None,
        options: dict[str, Any] | None = None,
        allow_inconclusive: bool = False,
        require_power: bool = False,
        keep: Callable[[Verdict], None] | None = None,
    ) -> None:
        level("alpha_total", alpha_total)
        if whole("evaluations", evaluations, -MOST) < 1:
            raise ValueError(f"evaluations: {evaluations} leaves none; at least 1 is needed")
        self.alpha_total, self.evaluations = float(alpha_total), evaluations
        self.alpha = share_of(self.alpha_total, evaluations)
        self.options = options or {}
        self.allow_inconclusive, self.require_power = allow_inconclusive, require_power
        self.verdicts: list[Verdict] = []
        self.failures: dict[Hashable, Failure] = {}
        self.memo_hits = self.past_cap = 0
        self.spent = 0.0
        self._memo: dict[Hashable, Verdict] = {}
        self._keep = keep
        self._slots = slots or Slots(evaluations)
        # Tests may run in threads; a slot must not be given twice.
        self._lock = threading.RLock()

    def question(self, *subject: Any, options: dict[str, Any], test: str = "") -> Question:
        """A question at this ledger's price: α is α_i, or the one asked for if that is less."""
        merged = self.options | options
        alpha = merged.get("alpha", self.alpha)
        dear = real(alpha) and self.alpha < alpha < 1
        price = {"alpha": self.alpha if dear else alpha}  # out of range stays so, for `check` to say
        return Question(*subject, options=merged | price, test=test)

    def evaluate(self, question: Question) -> Verdict:
        """The verdict: from memory, or from a slot, or INCONCLUSIVE from 0 pairs when none is free."""
        with self._lock:
            if question.key in self._memo:
                self.memo_hits += 1
            elif self._slots.take():
                self._spend(question)
            else:
                self.past_cap += 1
                return question.undrawn()
            verdict = self._memo[question.key]
            if verdict.status is Status.REFUTED:
                self.failures.setdefault(question.subject, Failure(question.test, verdict))
            return verdict

    def confirm(self, question: Question, verdict: Verdict) -> Failure:
        """Look again at a refuted example that the search ended with, on a stream of its own.

        Args:
            question: what `evaluate` answered REFUTED.
            verdict: that answer.

        Returns:
            The property's failure, with this example as the minimal one, and the confirmation unless the route has no
            error.
        """
        with self._lock:
            failure = self.failures[question.subject]
            failure.minimal, failure.confirmation = verdict, None
            if verdict.alpha > 0:
                other = question.with_seed(confirmation_seed(question.term("seed")))
                if other.key not in self._memo:
                    self._remember(other, other.decide(), len(self.verdicts))
                failure.confirmation = self._memo[other.key]
            return failure

    def totals(self) -> dict[str, Any]:
        """All that was spent and found, as plain values."""
        counted = Counter(verdict.status.name for verdict in self.verdicts)
        passed = [verdict for verdict in self.verdicts if verdict.status is Status.SATISFIED]
        return {
            "alpha_total": self.alpha_total,
            "evaluations": self.evaluations,
            "alpha": self.alpha,
            "used": len(self.verdicts),
            "spent": self.spent,
            "verdicts": {status.name: counted[status.name] for status in Status},
            "with_power": sum(verdict.power.tells for verdict in passed),
            "memo_hits": self.memo_hits,
            "past_cap": self.past_cap,
            "failures": [failure.to_dict() for failure in self.failures.values()],
        }

    def _spend(self, question: Question) -> None:
        """Decide what a slot was taken for."""
        try:
            verdict = question.decide()
        except BaseException:
            self._slots.give_back()
            raise
        self.spent = math.fsum([*(v.alpha for v in self.verdicts), verdict.alpha])
        self.verdicts.append(self._remember(question, verdict, len(self.verdicts) + 1))

    def _remember(self, question: Question, verdict: Verdict, used: int) -> Verdict:
        account = {name: getattr(self, name) for name in ("alpha_total", "evaluations", "alpha", "spent")}
        entry = dataclasses.replace(verdict, provenance=verdict.provenance | {"ledger": account | {"used": used}})
        self._memo[question.key] = entry
        if self._keep is not None:
            self._keep(entry)
        return entry


def confirmation_seed(seed: int) -> int:
    """The root seed of the stream that confirms what the stream of `seed` refuted.

    >>> confirmation_seed(0) != 0, confirmation_seed(0) == confirmation_seed(0)
    (True, True)
    """
    return int.from_bytes(hashlib.sha256(f"confirmation of {seed}".encode()).digest()[:4]) >> 1


_OPEN: list[Ledger] = []


@contextlib.contextmanager
def spending(ledger: Ledger) -> Generator[Ledger, None, None]:
    """Let every `assert_holds` inside spend from one ledger, in whatever thread it runs.

    >>> import neverseen as ns
    >>> claim, learner = ns.Untraining(1.0, 0.05), ns.learners.nearest_neighbour()
    >>> with spending(Ledger(0.01, 1000)) as ledger:
    ...     for _ in range(2):
    ...         _ = ns.assert_holds(claim, ns.removers.retrain(), learner, ns.scenarios.figure1())
    >>> ledger.totals()["used"], ledger.memo_hits, ledger.spent == ledger.alpha
    (1, 1, True)
    """
    _OPEN.append(ledger)
    try:
        yield ledger
    finally:
        _OPEN.remove(ledger)


def active() -> Ledger | None:
    """The ledger of the innermost `spending`; None outside.

    >>> active() is None
    True
    """
    return _OPEN[-1] if _OPEN else None


__dir__ = _dir_of(__name__)
