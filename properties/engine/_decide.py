"""`decide`: the sequential route on one check's own pairs."""

import dataclasses
import math
from collections.abc import Callable, Iterator

import numpy as np
from jaxtyping import Int64

from ...formal.definitions._verdict import Evidence, Route, Status, Witness
from ._accept import Acceptor
from ._coupling import Coupler
from ._evidence import best_event, evidence, scope
from ._features import FeatureMap
from ._pairs import RESERVED_PRIOR, Block, FeatureBatch, PairBuffer, feature_shares
from ._refute import Prior, Refuter, delta_lower, epsilon_lower, feature_prior
from ._sequential import FROZEN, WARM_UP, RoundResult, Terms, rounds, run_sequential
from ._witnesses import chosen_events


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What the sequential route established; the fields are those of `Verdict`.

    >>> Outcome.__name__
    'Outcome'
    """

    status: Status
    route: Route
    scope: str
    pairs: int
    epsilon_lower: float
    epsilon_upper: float | None
    delta_lower: float
    delta_upper: float | None
    witness: Witness
    evidence: Evidence
    assumptions: tuple[str, ...] = ()
    withdrawn: str = ""
    exhausted: int = 0


Played = Callable[[RoundResult, float], None]
"""Told of each round, and of the share of β that acceptance's bets have."""


def decide(
    terms: Terms, blocks: Iterator[Block], designated: tuple[str, ...], *, exhaust: bool = False,
    played: Played | None = None,
) -> Outcome:  # fmt: skip
    """Bet on pairs until REFUTED or SATISFIED is established or the blocks end.

    Args:
        terms: the claim and the error levels.
        blocks: independent pairs, the same views in each; none is drawn after the one that decides.
        designated: views that hold half the prior; where there are none, those of several numbers do.
        exhaust: after REFUTED, go on to the budget, for larger bounds of ε and δ.
        played: told of each round.

    Returns:
        The outcome.

    Raises:
        ValueError: the blocks end before the first bet.

    >>> import numpy as np, neverseen as ns
    >>> rng = np.random.default_rng(0)
    >>> far = Block({"a": rng.normal(9, 1, (64, 1))}, {"a": rng.normal(0, 1, (64, 1))}, None)
    >>> terms = Terms(ns.Untraining(1.0, 0.05), alpha=1e-4, beta=0.05, tolerance=0.1, budget=64)
    >>> decide(terms, iter([far]), ()).status.name
    'REFUTED'
    """
    source = _LiveSource(PairBuffer(blocks))
    if source.reach(WARM_UP + 1) <= WARM_UP:
        raise ValueError(f"{source.pairs.available} pairs are too few to bet on; more than {WARM_UP} are needed")
    refuter, acceptor, coupler = _processes(terms, source, designated)
    steps = _heard(run_sequential(terms, source, refuter, acceptor), acceptor.beta, played)
    turns = _played(steps, source, refuter, coupler, terms.beta)
    outcome = _outcome(terms, source, turns, refuter, acceptor, coupler)
    if not exhaust or outcome.status is not Status.REFUTED:
        return outcome
    return _exhausted(outcome, terms, source, [turn.step for turn in turns], refuter.features)


def judged(terms: Terms, blocks: Iterator[Block], designated: tuple[str, ...]) -> tuple[Status, int]:
    """What `decide` would say and after how many pairs, without the evidence; undecided where pairs are too few.

    >>> import numpy as np, neverseen as ns
    >>> same = Block({"a": np.zeros((64, 1))}, {"a": np.zeros((64, 1))}, None)
    >>> judged(Terms(ns.Untraining(1.0, 0.05), 1e-4, 0.05, 0.1, 64), iter([same]), ())
    (<Status.INCONCLUSIVE: 'the budget ended before either could be established'>, 64)
    """
    source = _LiveSource(PairBuffer(blocks))
    ready = source.reach(WARM_UP + 1)
    if ready <= WARM_UP:
        return Status.INCONCLUSIVE, ready
    refuter, acceptor, coupler = _processes(terms, source, designated)
    turns = _played(run_sequential(terms, source, refuter, acceptor), source, refuter, coupler, terms.beta)
    status, _, used = turns[-1].ended()
    return status, used


def _processes(terms: Terms, source: "_LiveSource", designated: tuple[str, ...]) -> tuple[Refuter, Acceptor, Coupler]:
    """All three start from the terms; the ways to accept share β."""
    claim, maps = terms.definition, source.pairs.feature_maps(WARM_UP)
    first = designated or tuple(one.view for one in maps if one.kind)
    prior = feature_prior([one.view for one in maps], first, feature_shares(maps), RESERVED_PRIOR)
    beta = terms.beta / 2 if source.coupled else terms.beta
    return (
        Refuter([(claim.epsilon, claim.delta)], terms.alpha, prior),
        Acceptor(claim.epsilon, claim.delta, beta, terms.tolerance, source.pairs.declared_count()),
        Coupler(claim.epsilon, claim.delta, beta),
    )


def _heard(rounds: Iterator[RoundResult], beta: float, played: Played | None) -> Iterator[RoundResult]:
    for step in rounds:
        if played is not None:
            played(step, beta)
        yield step


def _played(
    rounds: Iterator[RoundResult], source: "_LiveSource", refuter: Refuter, coupler: Coupler, beta: float
) -> list["_Turn"]:
    """The rounds up to the one that decides, the coupling's certificate included, which a veto withholds too."""
    turns: list[_Turn] = []
    for step in rounds:
        distance = source.pairs.distance[step.start : step.end]
        place = coupler.play(distance, source.pairs.noise) if source.coupled else None
        place = None if refuter.best_wealth[0, -1] >= math.log(1 / beta) else place
        turns.append(_Turn(step, 0 if place is None else place + 1))
        if place is not None:
            break
    return turns


@dataclasses.dataclass(frozen=True)
class _Turn:
    """A round, and the pair of it (1 …) by which the coupling certified the claim; 0 where it did not."""

    step: RoundResult
    certified: int

    def ended(self) -> tuple[Status, Route, int]:
        """What it established, by which route, and the pairs used: REFUTED first, then the earliest."""
        status, used = self.step.status(0), self.step.pairs(0)
        certain = self.step.start + self.certified
        if self.certified and status is not Status.REFUTED and certain <= used:
            return Status.SATISFIED, Route.COUPLING, certain
        return status, Route.SEQUENTIAL, used


def _outcome(
    terms: Terms, source: "_LiveSource", turns: list[_Turn], refuter: Refuter, acceptor: Acceptor, coupler: Coupler
) -> Outcome:  # fmt: skip
    claim, steps = terms.definition, [turn.step for turn in turns]
    status, route, used = turns[-1].ended()
    played = [step.outcomes for step in steps[:-1]] + [steps[-1].outcomes[:, : used - steps[-1].start]]
    event = best_event(refuter, steps, source.fitted[-1], used)
    declared_scope = scope(source.declared_maps or source.pairs.declared(min(FROZEN, source.pairs.available)))
    noise = coupler.noise
    # Bounds that rest on a user's word belong to the certificate whose sentence says so, and to no other verdict.
    assumed = (noise.assumption,) if route is Route.COUPLING and noise.assumption else ()
    # A scope that is read by itself, as in JSON, must not promise more than the sentence.
    every = ", if ".join(["all events", *assumed])
    bounded = source.coupled and not noise.doubt and (route is Route.COUPLING or not noise.assumption)
    return Outcome(
        status,
        route,
        every if route is Route.COUPLING else declared_scope,
        used,
        epsilon_lower(played, refuter.features, claim.delta, terms.alpha, claim.epsilon),
        coupler.epsilon_upper if bounded else None,
        delta_lower(played, refuter.features, claim.epsilon, terms.alpha, claim.delta),
        coupler.delta_upper if bounded else None,
        event.witness,
        evidence(
            source.pairs, steps, source.fitted[-1], source.declared_maps, refuter, acceptor, event, used, terms.beta
        ),
        assumed,
        noise.doubt,
    )


def _exhausted(
    outcome: Outcome, terms: Terms, source: "_LiveSource", steps: list[RoundResult], prior: Prior
) -> Outcome:
    """The bounds of ε and δ after all pairs of the budget; the verdict stays that of the pair that decided.

    Every (ε, δ) has an e-process of its own, whose wealth reaches 1/α at any time with probability at most α while it
    holds: what is rejected after some round is rejected for good, and the largest of the bounds after each round holds
    with confidence 1 − α. Events are chosen against the ε shown so far, which the past alone determines.
    """
    claim, played = terms.definition, [step.outcomes for step in steps]
    epsilon, end = outcome.epsilon_lower, steps[-1].end
    for start, count in rounds(terms.budget):
        if start < end or source.reach(count) <= start:
            continue
        end = source.reach(count)
        batch = source.adaptive_features(start, end)
        gamma = math.exp(max(epsilon, claim.epsilon))
        played.append(chosen_events(batch.past_x, batch.past_y, gamma).outcomes(batch.x, batch.y))
        epsilon = max(epsilon, epsilon_lower(played, prior, claim.delta, terms.alpha, claim.epsilon))
    delta = max(outcome.delta_lower, delta_lower(played, prior, claim.epsilon, terms.alpha, claim.delta))
    return dataclasses.replace(outcome, epsilon_lower=epsilon, delta_lower=delta, exhausted=end)


class _LiveSource:
    """One check's own pairs: feature maps are fitted anew before every round, and those of the declared class once."""

    def __init__(self, pairs: PairBuffer) -> None:
        self.pairs = pairs
        self.fitted: list[list[FeatureMap]] = []
        self.declared_maps: list[FeatureMap] = []

    @property
    def coupled(self) -> bool:
        """Whether the pairs come with the distance of their centres."""
        return self.pairs.distance.size > 0

    def reach(self, count: int) -> int:
        return self.pairs.reach(count)

    def adaptive_features(self, start: int, end: int) -> FeatureBatch:
        self.fitted.append(self.pairs.feature_maps(start))
        return self.pairs.batch(self.fitted[-1], start, start, end)

    def fixed_class_features(self, start: int, end: int) -> FeatureBatch:
        if not self.declared_maps:
            self.declared_maps = self.pairs.declared(FROZEN)
        return self.pairs.batch(self.declared_maps, FROZEN, start, end)

    def keep(self, rows: Int64[np.ndarray, " k"]) -> None:
        """There is one replication, and it ends with its decision."""
