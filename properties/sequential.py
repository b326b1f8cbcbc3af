"""The sequential route: black-box pairs, block after block, until a verdict is established.

Both processes run on the same pairs. REFUTED takes precedence when both would decide at one pair.
"""

import dataclasses
from collections.abc import Iterator

import numpy as np
from jaxtyping import Float64

from ..formal.definitions import Definition
from ..formal.verdict import Evidence, Status, ViewRow, Witness
from . import refute
from .accept import Acceptor
from .refute import SLOTS, Refuter
from .views import Values
from .witnesses import QUANTILES, Feature, Lens, describe, finite, fit_lens

WARM_UP = 4
"""Pairs that place the first cuts and are not bet on."""

CALIBRATION = 16
"""Pairs that fix the declared class, before acceptance starts to bet."""

DIVERGENCE = "values that are not finite"
"""The view that counts NaN and ∞ among all other values of a run."""


@dataclasses.dataclass(frozen=True)
class Block:
    """Consecutive pairs: the views of removed models, references and, where drawn, originals.

    >>> one = {"a": np.zeros((2, 1))}
    >>> Block(one, one, None).removed["a"].shape
    (2, 1)
    """

    removed: Values
    reference: Values
    original: Values | None


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
            if not 0 < getattr(self, name) < 1:
                raise ValueError(f"{name}: {getattr(self, name)} is not in (0, 1)")
        delta = self.definition.delta
        if not (self.tolerance > 0 and delta + self.tolerance < 1):
            raise ValueError(f"tolerance: {self.tolerance} is not > 0 with delta + tolerance < 1; 0.1 is usual")
        needed = WARM_UP + refute.least_pairs(self.definition.epsilon, delta, self.alpha)
        if self.budget < needed:
            claim = f"({self.definition.epsilon:g}, {delta:g}) at alpha={self.alpha:g}"
            raise ValueError(f"budget: {self.budget} pairs cannot refute {claim}; at least {needed} are needed")


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What the sequential route established; the fields are those of `Verdict`.

    >>> Outcome.__name__
    'Outcome'
    """

    status: Status
    scope: str
    pairs: int
    epsilon_lower: float
    witness: Witness
    evidence: Evidence


def decide(terms: Terms, blocks: Iterator[Block], designated: tuple[str, ...], grain: float) -> Outcome:
    """Bet on pairs until REFUTED or SATISFIED is established or the blocks end.

    Args:
        terms: the claim and the error levels.
        blocks: independent pairs, the same views in each; none is drawn after the one that decides.
        designated: views that hold half the prior.
        grain: what was added to every view, for the table.

    Returns:
        The outcome.

    Raises:
        ValueError: the blocks end before the first bet.

    >>> import neverseen as ns
    >>> rng = np.random.default_rng(0)
    >>> far = Block({"a": rng.normal(9, 1, (64, 1))}, {"a": rng.normal(0, 1, (64, 1))}, None)
    >>> terms = Terms(ns.Untraining(1.0, 0.05), alpha=1e-4, beta=0.05, tolerance=0.1, budget=64)
    >>> decide(terms, iter([far]), (), 0.0).status.name
    'REFUTED'
    """
    pairs = _Pairs(blocks)
    if pairs.reach(WARM_UP + 1) <= WARM_UP:
        raise ValueError(f"{pairs.drawn} pairs are too few to bet on; more than {WARM_UP} are needed")
    claim = terms.definition
    refuter = Refuter(claim.epsilon, claim.delta, terms.alpha, pairs.views, designated)
    acceptor = Acceptor(claim.epsilon, claim.delta, terms.beta, terms.tolerance, len(pairs.views))
    declared: list[Lens] = []
    status, used = Status.INCONCLUSIVE, WARM_UP
    for start, wanted in rounds(terms.budget):
        end = pairs.reach(wanted)
        if end <= start or status is not Status.INCONCLUSIVE:
            break
        refuted = refuter.play(pairs.features(pairs.lenses(start), start, start, end))
        if start == CALIBRATION:
            declared = pairs.lenses(CALIBRATION)
        accepted = acceptor.play(pairs.features(declared, CALIBRATION, start, end)) if declared else None
        status, used = _first(refuted, accepted, start, end)
    lower = refuter.epsilon_lower()
    return Outcome(
        status, _scope(refuter), used, lower, _witness(refuter, used), _evidence(pairs, refuter, acceptor, used, grain)
    )


def rounds(budget: int) -> Iterator[tuple[int, int]]:
    """Spans of pairs between which cuts and discriminants are fitted anew: short at first, then an eighth longer.

    >>> list(rounds(40))
    [(4, 8), (8, 16), (16, 24), (24, 32), (32, 40)]
    """
    start, end = WARM_UP, 2 * WARM_UP
    while start < budget:
        yield start, min(end, budget)
        start, end = end, end + max(8, end // 8)


def _first(refuted: int | None, accepted: int | None, start: int, end: int) -> tuple[Status, int]:
    """The earlier decision of a round, REFUTED when both fall on one pair, and the pairs it used."""
    if refuted is not None and (accepted is None or refuted <= accepted):
        return Status.REFUTED, start + refuted + 1
    if accepted is not None:
        return Status.SATISFIED, start + accepted + 1
    return Status.INCONCLUSIVE, end


class _Pairs:
    """All pairs drawn so far, view by view."""

    def __init__(self, blocks: Iterator[Block]) -> None:
        self._blocks = blocks
        self.arms: list[Values] = [{}, {}, {}]
        self._bounded: list[Values] = [{}, {}, {}]

    def reach(self, wanted: int) -> int:
        """Draw until `wanted` pairs are there; how many of them are."""
        while self.drawn < wanted and (block := next(self._blocks, None)) is not None:
            for i, values in enumerate((block.removed, block.reference, block.original or {})):
                extra = {DIVERGENCE: _divergence(values)} if values else {}
                self.arms[i] = _joined(self.arms[i], values | extra)
                self._bounded[i] = _joined(self._bounded[i], {n: finite(v) for n, v in (values | extra).items()})
        return min(self.drawn, wanted)

    @property
    def drawn(self) -> int:
        return len(self.arms[0][DIVERGENCE]) if self.arms[0] else 0

    @property
    def views(self) -> list[str]:
        return list(self.arms[0])

    def lenses(self, known: int) -> list[Lens]:
        """Every view's lens, fitted on the first `known` pairs."""
        x, y, _ = self._bounded
        return [fit_lens(view, x[view][:known], y[view][:known]) for view in self.views]

    def features(self, lenses: list[Lens], known: int, start: int, end: int) -> list[Feature]:
        """The views through their lenses: the first `known` pairs as past, those from `start` to `end` as new."""
        spans = slice(0, known), slice(start, end)
        seen = [
            [tuple(lens.see(arm[lens.view][span]) for arm in self._bounded[:2]) for span in spans] for lens in lenses
        ]
        return [Feature(lens.view, lens.name, past, new) for lens, (past, new) in zip(lenses, seen, strict=True)]

    def originals(self, view: str, known: int, used: int) -> tuple[float, ...]:
        """The originals through the view's lens fitted on the first `known` pairs."""
        x, y, original = self._bounded
        if view not in original:
            return ()
        lens = fit_lens(view, x[view][:known], y[view][:known])
        return tuple(lens.see(original[view][WARM_UP:used]).tolist())


def _joined(before: Values, more: Values) -> Values:
    return {name: np.concatenate([before[name], rows]) if before else rows for name, rows in more.items()}


def _divergence(values: Values) -> Float64[np.ndarray, "runs 1"]:
    """How many values of each run are NaN or infinite."""
    return np.sum([(~np.isfinite(rows)).sum(1) for rows in values.values()], axis=0, dtype=float)[:, None]


def _scope(refuter: Refuter) -> str:
    """The declared class in words."""
    names = [f.view for f in refuter.rounds[-1] if f.name == f.view]
    fitted = [f.view for f in refuter.rounds[-1] if f.name != f.view]
    parts = names + ([f"a linear discriminant of {', '.join(fitted)}"] if fitted else [])
    return (
        f"{QUANTILES * (len(names) + len(fitted))} declared events and their complements ({QUANTILES} cuts on each of: "
        f"{'; '.join(parts)}; fixed by the first {CALIBRATION} pairs)"
    )


def _witness(refuter: Refuter, used: int) -> Witness:
    """The slot with most wealth, and how often its event occurred in the pairs it was bet on."""
    slot, bet, _ = refuter.best
    view, cut = divmod(slot, SLOTS)
    made = refuter.rounds[-1][view]
    flip = bet >= 2
    x, y = (np.concatenate([h[arm][:, slot] for h in refuter.history])[: used - WARM_UP] ^ flip for arm in (0, 1))
    event = describe(made.name, float(refuter.cuts[view, cut]), flip)
    return Witness(made.view, event, float(x.mean()), float(y.mean()), len(x))


def _evidence(pairs: _Pairs, refuter: Refuter, acceptor: Acceptor, used: int, grain: float) -> Evidence:
    """What a report draws: both wealths, the table of views, and the deciding feature's two laws."""
    view, cut = divmod(refuter.best[0], SLOTS)
    made = refuter.rounds[-1][view]
    if made.name == made.view:
        laws = [arm[made.view][WARM_UP:used, 0] for arm in pairs.arms[:2]]
    else:
        laws = [np.concatenate([r[view].new[arm] for r in refuter.rounds])[: used - WARM_UP] for arm in (0, 1)]
    decided = acceptor.accepted() if acceptor.path else [None] * len(pairs.views)
    table = [
        ViewRow(
            name,
            pairs.arms[0][name].shape[1],
            grain if name != DIVERGENCE else 0.0,
            *_means(pairs, name, used),
            float(wealth),
            ok,
        )
        for name, wealth, ok in zip(pairs.views, refuter.best_by_view, decided, strict=True)
    ]
    threshold = float(refuter.cuts[view, cut])
    return Evidence(
        tuple(np.concatenate([np.zeros(WARM_UP), *refuter.path])[:used].tolist()),
        tuple(np.concatenate([np.zeros(CALIBRATION), *acceptor.path])[:used].tolist()),
        tuple(table),
        made.name,
        *(tuple(law.tolist()) for law in laws),
        pairs.originals(made.view, len(made.past[0]), used),
        threshold if abs(threshold) < 1e290 else None,
    )


def _means(pairs: _Pairs, view: str, used: int) -> list[float | None]:
    return [float(arm[view][:used].mean()) if view in arm else None for arm in pairs.arms]
