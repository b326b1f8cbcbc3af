"""`decide`: the sequential route on one check's own pairs."""

import dataclasses
import math
from collections.abc import Iterator

import numpy as np
from jaxtyping import Int64

from ...formal.definitions._verdict import Evidence, Route, Status, Witness
from ._accept import Acceptor
from ._coupling import Coupler
from ._evidence import best_event, evidence, scope
from ._features import Lens
from ._pairs import APART, Block, Gathered, Seen, lens_shares
from ._refute import Refuter, delta_lower, epsilon_lower, feature_prior
from ._sequential import FROZEN, WARM_UP, Step, Terms, contest


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


def decide(terms: Terms, blocks: Iterator[Block], designated: tuple[str, ...]) -> Outcome:
    """Bet on pairs until REFUTED or SATISFIED is established or the blocks end.

    Args:
        terms: the claim and the error levels.
        blocks: independent pairs, the same views in each; none is drawn after the one that decides.
        designated: views that hold half the prior; where there are none, those of several numbers do.

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
    source = _Own(Gathered(blocks))
    if source.reach(WARM_UP + 1) <= WARM_UP:
        raise ValueError(f"{source.pairs.drawn} pairs are too few to bet on; more than {WARM_UP} are needed")
    refuter, acceptor, coupler = _bettors(terms, source, designated)
    turns = _played(contest(terms, source, refuter, acceptor), source, refuter, coupler, terms.beta)
    return _outcome(terms, source, turns, refuter, acceptor, coupler)


def judged(terms: Terms, blocks: Iterator[Block], designated: tuple[str, ...]) -> tuple[Status, int]:
    """What `decide` would say and after how many pairs, without the evidence; undecided where pairs are too few.

    >>> import numpy as np, neverseen as ns
    >>> same = Block({"a": np.zeros((64, 1))}, {"a": np.zeros((64, 1))}, None)
    >>> judged(Terms(ns.Untraining(1.0, 0.05), 1e-4, 0.05, 0.1, 64), iter([same]), ())
    (<Status.INCONCLUSIVE: 'the budget ended before either could be established'>, 64)
    """
    source = _Own(Gathered(blocks))
    ready = source.reach(WARM_UP + 1)
    if ready <= WARM_UP:
        return Status.INCONCLUSIVE, ready
    refuter, acceptor, coupler = _bettors(terms, source, designated)
    turns = _played(contest(terms, source, refuter, acceptor), source, refuter, coupler, terms.beta)
    status, _, used = turns[-1].ended()
    return status, used


def _bettors(terms: Terms, source: "_Own", designated: tuple[str, ...]) -> tuple[Refuter, Acceptor, Coupler]:
    """All three start from the terms; the ways to accept share β."""
    claim, lenses = terms.definition, source.pairs.lenses(WARM_UP)
    first = designated or tuple(lens.view for lens in lenses if lens.kind)
    prior = feature_prior([lens.view for lens in lenses], first, lens_shares(lenses), APART)
    beta = terms.beta / 2 if source.coupled else terms.beta
    return (
        Refuter([(claim.epsilon, claim.delta)], terms.alpha, prior),
        Acceptor(claim.epsilon, claim.delta, beta, terms.tolerance, source.pairs.declared_count()),
        Coupler(claim.epsilon, claim.delta, beta),
    )


def _played(rounds: Iterator[Step], source: "_Own", refuter: Refuter, coupler: Coupler, beta: float) -> list["_Turn"]:
    """The rounds up to the one that decides, the coupling's certificate included, which a veto withholds too."""
    turns: list[_Turn] = []
    for step in rounds:
        distance = source.pairs.distance[step.start : step.end]
        place = coupler.play(distance, source.pairs.noise) if source.coupled else None
        place = None if refuter.held[0, -1] >= math.log(1 / beta) else place
        turns.append(_Turn(step, 0 if place is None else place + 1))
        if place is not None:
            break
    return turns


@dataclasses.dataclass(frozen=True)
class _Turn:
    """A round, and the pair of it (1 …) by which the coupling certified the claim; 0 where it did not."""

    step: Step
    certified: int

    def ended(self) -> tuple[Status, Route, int]:
        """What it established, by which route, and the pairs used: REFUTED first, then the earliest."""
        status, used = self.step.status(0), self.step.pairs(0)
        certain = self.step.start + self.certified
        if self.certified and status is not Status.REFUTED and certain <= used:
            return Status.SATISFIED, Route.COUPLING, certain
        return status, Route.SEQUENTIAL, used


def _outcome(
    terms: Terms, source: "_Own", turns: list[_Turn], refuter: Refuter, acceptor: Acceptor, coupler: Coupler
) -> Outcome:  # fmt: skip
    claim, steps = terms.definition, [turn.step for turn in turns]
    status, route, used = turns[-1].ended()
    played = [step.outcomes for step in steps[:-1]] + [steps[-1].outcomes[:, : used - steps[-1].start]]
    event = best_event(refuter, steps, source.fitted[-1], used)
    declared_scope = scope(source.declared_lenses or source.pairs.declared(min(FROZEN, source.pairs.drawn)))
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
            source.pairs, steps, source.fitted[-1], source.declared_lenses, refuter, acceptor, event, used, terms.beta
        ),
        assumed,
        noise.doubt,
    )


class _Own:
    """One check's own pairs: lenses are fitted anew before every round, and those of the declared class once."""

    def __init__(self, pairs: Gathered) -> None:
        self.pairs = pairs
        self.fitted: list[list[Lens]] = []
        self.declared_lenses: list[Lens] = []

    @property
    def coupled(self) -> bool:
        """Whether the pairs come with the distance of their centres."""
        return self.pairs.distance.size > 0

    def reach(self, count: int) -> int:
        return self.pairs.reach(count)

    def chosen(self, start: int, end: int) -> Seen:
        self.fitted.append(self.pairs.lenses(start))
        return self.pairs.seen(self.fitted[-1], start, start, end)

    def declared(self, start: int, end: int) -> Seen:
        if not self.declared_lenses:
            self.declared_lenses = self.pairs.declared(FROZEN)
        return self.pairs.seen(self.declared_lenses, FROZEN, start, end)

    def keep(self, rows: Int64[np.ndarray, " k"]) -> None:
        """There is one replication, and it ends with its decision."""
