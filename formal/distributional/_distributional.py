"""Distributional removal: a model law far from what is unwanted and close to what is kept, in KL divergence.

Source: Distributional Machine Unlearning via Selective Data Removal, arXiv 2507.15112. The definition is known
here second-hand, from notes and reviews; its (α, ε) are called `removal` and `preservation`, because ε
belongs to indistinguishability. It says which law a retrained model should follow, not how to remove.
"""

import math
from collections.abc import Collection, Hashable
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

import numpy as np
from jaxtyping import Float

from ..closeness import gaussian_kullback_leibler, kullback_leibler
from ..definitions._statement import Statement
from ..definitions._statements import STATEMENTS
from ..laws._finite import Law, Number, as_exact, integers, normalise
from ..laws._gaussian import Gaussian, distance


@dataclass(frozen=True)
class DistributionalRemoval:
    r"""As if the data had come from elsewhere than p₁, and still from p₂.

    $$\mathrm{KL}(p_1 \| p) \ge \text{removal}, \qquad \mathrm{KL}(p_2 \| p) \le \text{preservation}$$

    p₁ is the law of the unwanted data, p₂ of the data kept, p of what the model is trained on or generates.
    Nothing here is about datasets or keys: no model is compared with a retrained one.

    Args:
        removal: least KL(p₁‖p), nats, ≥ 0.
        preservation: largest KL(p₂‖p), nats, ≥ 0.

    Raises:
        ValueError: a threshold is negative or not finite.

    Source: definition of arXiv 2507.15112, second-hand.

    >>> coin = lambda heads: Law("ht", (Fraction(heads, 8), Fraction(8 - heads, 8)))
    >>> definition = DistributionalRemoval(removal=0.5, preservation=0.1)
    >>> definition.holds(coin(2), coin(6), coin(7)), definition.holds(coin(2), coin(6), coin(4))
    (True, False)
    """

    removal: Number
    preservation: Number
    id: ClassVar[str] = "distributional-removal-1"
    name: ClassVar[str] = "distributional removal"

    def __post_init__(self) -> None:
        for name in ("removal", "preservation"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0):
                raise ValueError(f"{name}: {value} is not a finite number >= 0")

    @property
    def statement(self) -> Statement:
        """The definition as an object: SymPy, LaTeX, prose, sources."""
        return STATEMENTS[self.id]

    def holds(self, unwanted: Law | Gaussian, retained: Law | Gaussian, model: Law | Gaussian) -> bool:
        """Whether a model law meets the definition.

        Finite laws: decided exactly, float thresholds taken as the rationals they are. Gaussians: in float64,
        so within rounding of a threshold either answer is possible.

        Args:
            unwanted: p₁.
            retained: p₂.
            model: p, of the same kind; Gaussians share one covariance.

        Raises:
            ValueError: kinds, dimensions or covariances differ.

        >>> normal = lambda mean: Gaussian(np.array([mean]), np.eye(1))
        >>> DistributionalRemoval(4.4, 0.5).holds(normal(0.0), normal(2.0), normal(2.99))
        True
        """
        thresholds = {"removal": Fraction(self.removal), "preservation": Fraction(self.preservation)}
        laws = {"unwanted": unwanted, "retained": retained, "published": model}
        if all(isinstance(law, Law) for law in laws.values()):
            return bool(self.statement(**laws, **thresholds))
        away, near = separation(unwanted, model), separation(retained, model)
        return away >= thresholds["removal"] and near <= thresholds["preservation"]


def separation(p: Law | Gaussian, q: Law | Gaussian) -> float:
    """KL(P‖Q) in nats, ∞ where P has mass and Q none.

    Args:
        p: a law.
        q: another of the same kind; Gaussians share one covariance.

    Raises:
        ValueError: kinds, dimensions or covariances differ.

    >>> round(separation(Law("ab", (1, 0)), Law("ab", (Fraction(1, 2), Fraction(1, 2)))), 6)
    0.693147
    """
    if isinstance(p, Law) and isinstance(q, Law):
        counts, total = integers((p, q))
        return float(kullback_leibler.host(*(row.astype(np.float64) / total for row in counts)))
    if not (isinstance(p, Gaussian) and isinstance(q, Gaussian)):
        raise ValueError("distributional removal: mixed kinds of law; give Laws only, or Gaussians only")
    if not np.array_equal(p.covariance, q.covariance):
        raise ValueError("distributional removal: Gaussian covariances differ; only a shared one is treated")
    return float(gaussian_kullback_leibler.host(distance=distance(p, q)))


def after_deletion(unwanted: Law, retained: Law, share: Number, deleted: Collection[Hashable]) -> Law:
    """The population law once a set S of unwanted outcomes is deleted: (π₁p₁·1{x∉S} + π₂p₂)/(1 − π₁p₁(S)).

    Args:
        unwanted: p₁.
        retained: p₂.
        share: π₁ = 1 − π₂, the unwanted share of the data, exact, in [0, 1].
        deleted: S; only p₁'s mass there goes.

    Raises:
        ValueError: the share is a float or out of range, or nothing is left.

    Source: setting of arXiv 2609.38929.

    >>> p1, p2 = Law("ab", (Fraction(1, 2), Fraction(1, 2))), Law("bc", (Fraction(1, 2), Fraction(1, 2)))
    >>> str(after_deletion(p1, p2, Fraction(1, 2), "a"))
    '{b: 2/3, c: 1/3}'
    """
    weight = as_exact(share, "share")
    if not 0 <= weight <= 1:
        raise ValueError(f"share is {weight}: the unwanted share of the data must lie in [0, 1]")
    gone = frozenset(deleted)
    masses = {
        outcome: (0 if outcome in gone else weight * unwanted.mass(outcome)) + (1 - weight) * retained.mass(outcome)
        for outcome in dict.fromkeys((*unwanted.outcomes, *retained.outcomes))
    }
    return normalise({outcome: mass for outcome, mass in masses.items() if mass})


def excess_log_loss(actual: Float[np.ndarray, "x y"], model: Float[np.ndarray, "rows columns"]) -> float:
    """Log-loss of the model's predictor beyond the least possible: E_P[−log q(y|x)] − H_P(Y|X), nats.

    By the chain rule it is KL(P‖Q) − KL(P_X‖Q_X) (T19): what a bound on KL says about a predictor trained on Q.

    Args:
        actual: joint law P of (x, y); rows are x.
        model: joint law Q, positive wherever P is.

    Raises:
        ValueError: shapes differ, a table is no law, or Q is 0 where P is not.

    Source: exact form of a statement of arXiv 2507.15112 (second-hand); derived.

    >>> excess_log_loss(np.array([[0.5, 0.5]]), np.array([[0.25, 0.75]])).__round__(6)
    0.143841
    """
    if actual.shape != model.shape:
        raise ValueError(f"excess_log_loss: shapes {actual.shape} and {model.shape} differ; give one table each")
    for name, table in (("actual", actual), ("model", model)):
        if not ((table >= 0).all() and abs(table.sum() - 1) < 1e-9):
            raise ValueError(f"excess_log_loss: {name} is no law; its entries must be >= 0 and sum to 1")
    if (actual[model == 0] > 0).any():
        raise ValueError("excess_log_loss: the model gives 0 to a pair that occurs; the loss is infinite")
    seen = actual > 0
    truth, guess = (table[seen] / np.broadcast_to(table.sum(1, keepdims=True), table.shape)[seen]
                    for table in (actual, model))  # fmt: skip
    return float(actual[seen] @ (np.log(truth) - np.log(guess)))
