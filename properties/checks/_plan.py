"""`plan`: how many pairs a verdict will need, told before any training."""

import dataclasses
import math

import numpy as np
from jaxtyping import Bool, Float64, Int64

from ...formal._codec import Coded
from ...formal._numbers import root_seed, whole
from ...formal._tabled import aligned
from ...formal._truth import Untruthful
from ...formal.definitions._definitions import Definition
from ...formal.definitions._outlook import more_pairs
from ...formal.definitions._verdict import Status, Verdict
from ..engine._bets import least_pairs
from ..engine._effects import Effect, effect_of
from ..engine._pairs import DIVERGENCE, RESERVED_PRIOR, TOGETHER
from ..engine._refute import feature_prior
from ..engine._replicate import Replications, replicate
from ..engine._sequential import WARM_UP, Terms

_MOST_NUMBERS = 5 * 10**7
"""Numbers of each arm that a forecast draws at most: some gigabytes in all."""

_Outcome = Bool[np.ndarray, " r"]


@dataclasses.dataclass(frozen=True)
class Forecast:
    """How many pairs one verdict took in the replications.

    Args:
        share: of the replications that reached it within the budget.
        median, ninety: pairs within which half and 90 % of all replications did (None: not within the budget).
        other: share of the replications that reached the other verdict first.

    >>> str(Forecast(0.7, 210, None, 0.25))
    'median 210 pairs, 90 %: not within budget (reached by 70 %, the other verdict by 25 %)'
    """

    share: float
    median: int | None
    ninety: int | None
    other: float

    def __str__(self) -> str:
        words = ["not within budget" if pairs is None else f"{pairs} pairs" for pairs in (self.median, self.ninety)]
        other = f", the other verdict by {100 * self.other:.3g} %" if self.other else ""
        return f"median {words[0]}, 90 %: {words[1]} (reached by {100 * self.share:.3g} %{other})"


@dataclasses.dataclass(frozen=True)
class Plan(Coded, Untruthful, outcome="refuted", says=("note",)):
    """What a check of a claim would need.

    Args:
        definition: the claim.
        alpha, beta, tolerance, budget: as in `check`.
        effect: how the removed law differs from the reference's.
        views: features looked at, of which the first shows the effect.
        theta: θ of the effect at ε.
        least: pairs without which nothing is refuted.
        refuted: REFUTED under the effect (None: θ ≤ δ, so that no number of pairs refutes).
        satisfied: SATISFIED where the removed law is the reference's.
        replications, seed: of the forecasts.

    >>> import neverseen as ns
    >>> ns.plan(ns.Untraining(1.0, 0.05), "none", replications=20).refuted is None
    True
    """

    definition: Definition
    alpha: float
    beta: float
    tolerance: float
    budget: int
    effect: Effect
    views: int
    theta: float
    least: int
    refuted: Forecast | None
    satisfied: Forecast
    replications: int
    seed: int

    @property
    def note(self) -> str:
        """What θ means for the claim."""
        claim, theta = f"δ = {self.definition.delta:g}", f"θ = {self.theta:.3g}"
        if self.refuted is None:
            return f"{theta} ≤ {claim}: the effect meets the claim and can never be refuted; ask for a smaller ε or δ"
        if self.theta <= self.definition.delta + self.tolerance:
            return f"{theta} lies between {claim} and δ + τ: either verdict is legitimate"
        return f"{theta} > δ + τ = {self.definition.delta + self.tolerance:g}: only REFUTED is right"

    @property
    def cells(self) -> list[tuple[str, ...]]:
        """The forecast as words."""
        claim = f"({self.definition.epsilon:g}, {self.definition.delta:g})"
        terms = f"α = {self.alpha:g}, β = {self.beta:g}, τ = {self.tolerance:g}, budget {self.budget}"
        return [
            ("claim", f"{claim}, {terms}, {self.views} view{'s' if self.views > 1 else ''}"),
            ("least", f"{self.least} pairs: fewer cannot refute anything"),
            (f"REFUTED at {self.effect}", "never" if self.refuted is None else str(self.refuted)),
            ("SATISFIED at P = Q", str(self.satisfied)),
            ("effect", self.note),
        ]

    def __str__(self) -> str:
        return "\n".join(aligned(self.cells))


def plan(
    definition: Definition,
    effect: str = "separated",
    *,
    alpha: float = 1e-4,
    beta: float = 0.05,
    tolerance: float = 0.1,
    budget: int = 512,
    views: int = 1,
    replications: int = 200,
    seed: int = 0,
) -> Plan:
    """Foretell how many pairs a verdict will take, by replaying the engine on laws that are known.

    The very rounds, bets and events of a check, on one-dimensional views of which the first shows the effect: other
    views dilute the prior. A designated view has a larger share in `check`, a vector a discriminant that must first
    be learned: read the forecast as a size, not as a promise.

    Args:
        definition: the claim; only its ε and δ matter.
        effect: `separated` (the arms never overlap), `shift=D` (N(D, 1) against N(0, 1)), `share=R` (with probability
            R a removed model is far from all references) or `none`.
        alpha, beta, tolerance, budget: as in `check`.
        views: how many one-dimensional views are looked at, at least 1.
        replications: of every law.
        seed: of the replications.

    Returns:
        The plan; its `str` is a small table.

    Raises:
        ValueError: an unknown effect; levels, tolerance or counts out of range; a budget too small to refute anything.

    >>> import neverseen as ns
    >>> made = ns.plan(ns.Untraining(1.0, 0.05), "shift=3", replications=20)
    >>> made.least, made.refuted.share
    (36, 1.0)
    """
    for name, count in (("views", views), ("replications", replications)):
        whole(name, count)
    hypothesis, terms = effect_of(effect), Terms(definition, alpha, beta, tolerance, budget)
    if views * replications * budget > _MOST_NUMBERS:
        request = f"{replications} times {views} views of {budget} pairs"
        raise ValueError(f"views, budget: {request} are more than {_MOST_NUMBERS:g} numbers; ask for fewer")
    theta, rng = hypothesis.theta(definition.epsilon), np.random.default_rng(root_seed(seed))
    same = _replayed(Effect("none"), terms, views, replications, rng)
    refutable = theta > definition.delta
    differing = _replayed(hypothesis, terms, views, replications, rng) if refutable else None
    return Plan(
        definition, alpha, beta, tolerance, budget, hypothesis, views, theta,
        WARM_UP + least_pairs(definition.epsilon, definition.delta, alpha),
        None if differing is None else _forecast(differing.refuted, differing.satisfied, differing.pairs),
        _forecast(same.satisfied, same.refuted, same.pairs), replications, seed,
    )  # fmt: skip


def remaining(verdict: Verdict) -> int | None:
    """About how many more pairs would have decided an INCONCLUSIVE check.

    At the growth of log wealth over the second half of its pairs, up to ln(1/α) for a refutation or ln(1/β) for an
    acceptance, whichever comes sooner.

    Args:
        verdict: of a sequential check.

    Returns:
        The pairs; 0 where the verdict is decided, None where neither wealth grows (or ten times the pairs so far would
        not do).

    >>> import neverseen as ns
    >>> remaining(ns.Verdict.example())
    0
    """
    if verdict.status is not Status.INCONCLUSIVE:
        return 0
    paths = ((verdict.evidence.log_wealth, verdict.alpha), (verdict.evidence.acceptance, verdict.beta))
    forecasts = [pairs for path, level in paths if (pairs := more_pairs(path, level)) is not None]
    return min(forecasts, default=None)


def _replayed(effect: Effect, terms: Terms, views: int, count: int, rng: np.random.Generator) -> Replications:
    """Checks of laws that differ by the effect in the first view, and not at all in the others."""
    prior = _prior(views)
    size = (count, 1, terms.budget)
    others = [[rng.normal(size=(count, views - 1, terms.budget)), np.zeros(size)] for _ in range(2)]
    together = [[rng.normal(size=size)] if views > 1 else [] for _ in range(2)]
    first = [effect.draw(rng, size), rng.normal(size=size)]
    removed, reference = (np.concatenate([f, *o, *t], 1) for f, o, t in zip(first, others, together, strict=True))
    return replicate(terms, removed, reference, prior)


def _prior(views: int) -> Float64[np.ndarray, " f"]:
    """The engine's: views alike, with the count of accidents and, of several views, all together set apart."""
    names = [f"view {i}" for i in range(views)] + [DIVERGENCE] + [TOGETHER] * (views > 1)
    return feature_prior(names, (), [1.0] * len(names), RESERVED_PRIOR)


def _forecast(reached: _Outcome, other: _Outcome, pairs: Int64[np.ndarray, " r"]) -> Forecast:
    stops = np.sort(np.where(reached, pairs, np.inf))
    at = (float(stops[math.ceil(level * len(stops)) - 1]) for level in (0.5, 0.9))
    median, ninety = (int(value) if math.isfinite(value) else None for value in at)
    return Forecast(float(reached.mean()), median, ninety, float(other.mean()))
