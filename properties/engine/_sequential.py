"""The sequential route: black-box pairs, round after round, until a verdict is established.

Refutation and acceptance run on the same pairs. Within a round REFUTED takes precedence, whichever pair is the earlier:
both levels hold whatever is looked at first, and what the evidence shows decides.
"""

import dataclasses
import math
from collections.abc import Iterator
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float64, Int64

from ...formal._numbers import MOST, level, real, shown, whole
from ...formal.definitions._definitions import Definition
from ...formal.definitions._verdict import Status
from ._accept import Acceptor
from ._bets import Outcomes, least_pairs, looks
from ._pairs import WARM_UP as WARM_UP
from ._pairs import FeatureBatch
from ._refute import Refuter
from ._witnesses import Events, chosen_events, fixed_events

FROZEN = 64
"""Pairs that fix the declared class, before acceptance starts to bet.

Where the functions of a class are chosen from fewer, a violation hides: what tells two arms apart by the product of two
signs (true θ = .5) has an estimated θ of .14 after 16 pairs, .26 after 32 and .33 after 64.
"""


@dataclasses.dataclass(frozen=True)
class Terms:
    """The terms of a decision: the claim, both error levels, the tolerance and the budget.

    Raises:
        ValueError: a level outside (0, 1); τ ≤ 0 or δ + τ ≥ 1; a budget below what any refutation needs.

    >>> import neverseen as ns
    >>> Terms(ns.Untraining(1.0, 0.05), alpha=1e-4, beta=0.05, tolerance=0.1, budget=20)
    Traceback (most recent call last):
    ValueError: budget: 20 pairs cannot refute (1, 0.05) at alpha=0.0001; at least 36 are needed
    """

    definition: Definition
    alpha: float
    beta: float
    tolerance: float
    budget: int

    def __post_init__(self) -> None:
        for name in ("alpha", "beta"):
            level(name, getattr(self, name))
        whole("budget", self.budget, -MOST)
        delta = self.definition.delta
        if not (real(self.tolerance) and self.tolerance > 0 and delta + self.tolerance < 1):
            raise ValueError(f"tolerance: {shown(self.tolerance)} is not > 0 with delta + tolerance < 1; 0.1 is usual")
        needed = WARM_UP + least_pairs(self.definition.epsilon, delta, self.alpha)
        if self.budget < needed:
            claim = f"({self.definition.epsilon:g}, {delta:g}) at alpha={self.alpha:g}"
            least = min(needed, MOST)  # not hundreds of digits
            raise ValueError(f"budget: {self.budget} pairs cannot refute {claim}; at least {least} are needed")


@runtime_checkable
class Source(Protocol):
    """Where pairs come from: one check's own, or the saved pairs of many replications."""

    def reach(self, count: int) -> int:
        """Draw until `count` pairs are available; returns the number available, at most `count`."""
        ...

    def adaptive_features(self, start: int, end: int) -> FeatureBatch:
        """Features to refute with: maps fitted on the pairs before `start`; past up to there, new up to `end`."""
        ...

    def fixed_class_features(self, start: int, end: int) -> FeatureBatch:
        """Features to accept with: maps fitted on the first 64 pairs, which are the past; new from `start`."""
        ...

    def keep(self, rows: Int64[np.ndarray, " k"]) -> None:
        """Go on with some of the replications only."""
        ...


@dataclasses.dataclass(frozen=True)
class RoundResult:
    """A round that has been played, for the replications still undecided before it.

    Args:
        start, end: the pairs it bet on.
        rows: the replications.
        batch, events, outcomes: what refutation bet on.
        after: pairs of the round after which wealth was looked at.
        against, towards: the log wealths then: refutation's, and the least of acceptance's (none before pair 64).
        refuted, accepted: the pair of the round (1 …) that decides each way, 0 where none does.
        at_refuted, at_accepted: the log wealth of either there; −∞ where none does.

    >>> [field.name for field in dataclasses.fields(RoundResult)][:3]
    ['start', 'end', 'rows']
    """

    start: int
    end: int
    rows: Int64[np.ndarray, " b"]
    batch: FeatureBatch
    events: Events
    outcomes: Outcomes
    after: Int64[np.ndarray, " c"]
    log_wealth_reject: Float64[np.ndarray, "b c"]
    log_wealth_accept: Float64[np.ndarray, "b c"] | None
    refuted: Int64[np.ndarray, " b"]
    accepted: Int64[np.ndarray, " b"]
    at_refuted: Float64[np.ndarray, " b"]
    at_accepted: Float64[np.ndarray, " b"]

    def status(self, row: int) -> Status:
        """What the round established for a replication: REFUTED if any of its pairs refuted."""
        if self.refuted[row]:
            return Status.REFUTED
        return Status.SATISFIED if self.accepted[row] else Status.INCONCLUSIVE

    def pairs(self, row: int) -> int:
        """How many pairs had been used then."""
        decided = {Status.REFUTED: self.refuted, Status.SATISFIED: self.accepted}.get(self.status(row))
        return self.end if decided is None else self.start + int(decided[row])


def run_sequential(terms: Terms, source: Source, refuter: Refuter, acceptor: Acceptor) -> Iterator[RoundResult]:
    """Play rounds until every replication is decided, the pairs end or the budget does.

    Args:
        terms: the claim, the levels and the budget.
        source: independent pairs; none is asked for after the round that decides.
        refuter, acceptor: with as many replications as the source has.

    Yields:
        Each round as it has been played.

    >>> import neverseen as ns
    >>> from ._replicate import replicate
    >>> far = np.random.default_rng(0).normal(9, 1, (2, 1, 64))
    >>> terms = Terms(ns.Untraining(1.0, 0.05), alpha=1e-4, beta=0.05, tolerance=0.1, budget=64)
    >>> replicate(terms, far, far - 9).refuted.tolist()
    [True, True]
    """
    gamma = float(np.exp(terms.definition.epsilon))
    rows = np.arange(len(refuter.wealth))
    for start, count in rounds(terms.budget):
        end = source.reach(count)
        if end <= start:
            return
        batch = source.adaptive_features(start, end)
        events = chosen_events(batch.past_x, batch.past_y, gamma)
        outcomes = events.outcomes(batch.x, batch.y)
        refuted, accepted, late = refuter.play(outcomes), np.zeros(len(rows), np.int64), start >= FROZEN
        if late:
            other = source.fixed_class_features(start, end)
            declared = fixed_events(other.past_x, other.past_y).outcomes(other.x, other.y)
            accepted = acceptor.play(declared, refuter.best_wealth >= math.log(1 / terms.beta))
        log_wealth_accept, final = (acceptor.path, acceptor.final) if late else (None, np.full(len(rows), -np.inf))
        after = looks(end - start)
        yield RoundResult(
            start, end, rows, batch, events, outcomes, after, refuter.path, log_wealth_accept, refuted, accepted,
            refuter.final, final,
        )  # fmt: skip
        open_ = np.flatnonzero((refuted == 0) & (accepted == 0))
        if not open_.size:
            return
        if len(open_) < len(rows):
            rows = rows[open_]
            for part in (source, refuter, acceptor):
                part.keep(open_)


def rounds(budget: int) -> Iterator[tuple[int, int]]:
    """Spans of pairs between which events and feature maps are chosen anew: eight pairs to 64, then a quarter longer.

    >>> list(rounds(100))[-4:]
    [(48, 56), (56, 64), (64, 80), (80, 100)]
    """
    start, end = WARM_UP, 2 * WARM_UP
    while start < budget:
        yield start, min(end, budget)
        start, end = end, end + (8 if end < FROZEN else end // 4)


def step_function(
    values: list[Float64[np.ndarray, " _"]], after: list[Int64[np.ndarray, " _"]], pairs: int
) -> tuple[float, ...]:
    """A path known at some pairs, as it was last known after each pair; 0 before the first.

    >>> step_function([np.array([1.0, 2.0])], [np.array([2, 4])], 5)
    (0.0, 1.0, 1.0, 2.0, 2.0)
    """
    at = np.concatenate([np.zeros(1, np.int64), *after])
    padded = np.concatenate([np.zeros(1), *values])
    return tuple(padded[np.searchsorted(at, np.arange(1, pairs + 1), side="right") - 1].tolist())
