"""Many replications of a check at once, on one-dimensional features that are given: for calibration and planning."""

import dataclasses

import numpy as np
from jaxtyping import Bool, Float64, Int64

from ...formal.definitions._verdict import Status
from ._accept import Acceptor
from ._pairs import FeatureBatch
from ._refute import Refuter
from ._sequential import FROZEN, Terms, run_sequential
from ._witnesses import Feature

_NUMBERS = 2**19


@dataclasses.dataclass(frozen=True)
class Replications:
    """What each of r replications established.

    Args:
        refuted, satisfied: which way; neither is INCONCLUSIVE.
        pairs: used.
        wealth: the log of refutation's when it ended; its exponential has a mean of at most 1 while the claim holds.
        highest: the log of refutation's at its highest look: what would have refuted at any level above its inverse.

    >>> one = np.array([9.3])
    >>> Replications(np.array([True]), np.array([False]), np.array([40]), one, one).pairs.tolist()
    [40]
    """

    refuted: Bool[np.ndarray, " r"]
    satisfied: Bool[np.ndarray, " r"]
    pairs: Int64[np.ndarray, " r"]
    wealth: Float64[np.ndarray, " r"]
    highest: Float64[np.ndarray, " r"]

    @staticmethod
    def join(parts: "list[Replications]") -> "Replications":
        """The replications of all parts.

        >>> one = Replications(*np.zeros((2, 1), bool), np.ones(1, np.int64), *np.zeros((2, 1)))
        >>> len(Replications.join([one, one]).pairs)
        2
        """
        names = [field.name for field in dataclasses.fields(Replications)]
        return Replications(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def replicate(
    terms: Terms, removed: Feature, reference: Feature, prior: Float64[np.ndarray, " f"] | None = None
) -> Replications:
    """The sequential route on the same claim, many times: the very rounds, bets and events of a check.

    Args:
        terms: the claim, the levels; its budget caps the pairs.
        removed, reference: one-dimensional features of independent pairs, `[replication, feature, pair]`.
        prior: of the features; even when left out.

    Returns:
        Status and pairs of every replication.

    >>> import neverseen as ns
    >>> rng = np.random.default_rng(0)
    >>> terms = Terms(ns.Untraining(1.0, 0.05), alpha=1e-4, beta=0.05, tolerance=0.1, budget=256)
    >>> same = replicate(terms, rng.normal(size=(20, 1, 256)), rng.normal(size=(20, 1, 256)))
    >>> bool(same.refuted.any()), bool(same.satisfied.all())
    (False, True)
    """
    features = removed.shape[1]
    prior = np.full(features, 1 / features) if prior is None else prior
    each = max(1, _NUMBERS // (features * 440 * max(8, removed.shape[2] // 40)))
    parts = [
        _replicate(terms, removed[i : i + each], reference[i : i + each], prior) for i in range(0, len(removed), each)
    ]
    return Replications.join(parts)


def _replicate(terms: Terms, removed: Feature, reference: Feature, prior: Float64[np.ndarray, " f"]) -> Replications:
    claim, runs = terms.definition, len(removed)
    refuter = Refuter([(claim.epsilon, claim.delta)], terms.alpha, prior, runs)
    acceptor = Acceptor(claim.epsilon, claim.delta, terms.beta, terms.tolerance, len(prior), runs)
    status = np.full(runs, Status.INCONCLUSIVE, object)
    pairs = np.full(runs, min(terms.budget, removed.shape[2]))
    wealth, highest = np.zeros((2, runs))
    for step in run_sequential(terms, _ReplaySource(removed, reference), refuter, acceptor):
        wealth[step.rows] = np.where(step.refuted > 0, step.at_refuted, step.log_wealth_reject[:, -1])
        highest[step.rows] = np.maximum(highest[step.rows], step.log_wealth_reject.max(1))
        for i in np.flatnonzero((step.refuted > 0) | (step.accepted > 0)):
            status[step.rows[i]], pairs[step.rows[i]] = step.status(int(i)), step.pairs(int(i))
    return Replications(status == Status.REFUTED, status == Status.SATISFIED, pairs, wealth, highest)


class _ReplaySource:
    """Features that are there from the start."""

    def __init__(self, x: Feature, y: Feature) -> None:
        self.x, self.y = x, y

    def reach(self, count: int) -> int:
        return min(count, self.x.shape[2])

    def adaptive_features(self, start: int, end: int) -> FeatureBatch:
        return self._batch(start, start, end)

    def fixed_class_features(self, start: int, end: int) -> FeatureBatch:
        return self._batch(FROZEN, start, end)

    def keep(self, rows: Int64[np.ndarray, " k"]) -> None:
        self.x, self.y = self.x[rows], self.y[rows]

    def _batch(self, past: int, start: int, end: int) -> FeatureBatch:
        return FeatureBatch(self.x[..., :past], self.y[..., :past], self.x[..., start:end], self.y[..., start:end])
