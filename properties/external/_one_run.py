"""`audit_one_run`: what one model can show of one removal, where the set that was removed was drawn by coin."""

import dataclasses
import math
from typing import Any

import numpy as np
import scipy
from jaxtyping import Bool, Float

from ...formal._codec import Coded
from ...formal._numbers import at_least_zero, level, shown, whole
from ...formal._truth import Untruthful
from ..saved._sources import source_of

Coins = Any
"""`[m]` of truth values, or of 0 and 1."""

Scores = Any
"""`[m]` real numbers."""

_PAST = "a past request, whose set nobody drew by coin, shows nothing: one model is one draw"


@dataclasses.dataclass(frozen=True)
class OneRunAudit(Coded, Untruthful, outcome="refuted", says=("sentence",)):
    """What the guesses of one run show of ε; it has no truth value.

    Args:
        epsilon, delta: of the claim.
        alpha: its level.
        candidates: how many coins were tossed.
        guesses: how many of them were guessed; the others were abstained from.
        right: how many guesses were right.
        p_value: at most the probability of so many under the claim.
        epsilon_lower: with confidence 1 − α, ε is at least this at δ (0: nothing established).

    >>> audit = OneRunAudit(1.0, 1e-5, 0.01, 100, 40, 36, 1e-6, 3.2)
    >>> OneRunAudit.from_json(audit.to_json()) == audit
    True
    """

    epsilon: float
    delta: float
    alpha: float
    candidates: int
    guesses: int
    right: int
    p_value: float
    epsilon_lower: float

    @staticmethod
    def example() -> "OneRunAudit":
        """A small one, for documentation and tests.

        >>> print(OneRunAudit.example())  # doctest: +ELLIPSIS
        REFUTED: 36 of 40 guesses of who was in S were right, ...
        """
        return OneRunAudit(1.0, 1e-5, 0.01, 100, 40, 36, *_p_and_bound(40, 36, 1.0, 1e-5, 0.01))

    @property
    def refuted(self) -> bool:
        """Whether the claim is refuted at level α."""
        return self.p_value <= self.alpha

    @property
    def sentence(self) -> str:
        """What was shown, of what, and of what nothing was."""
        claim = f"({self.epsilon:g}, {self.delta:g})-untraining of this set"
        found = f"{self.right} of {self.guesses} guesses of who was in S were right"
        if self.refuted:
            said = f"REFUTED: {found}, which {claim} allows with probability at most {self.p_value:.2g}"
        else:
            said = f"INCONCLUSIVE: {found}, which does not refute {claim} (p = {self.p_value:.2g}, α = {self.alpha:g})"
        bound = f"at δ = {self.delta:g}, ε is at least {self.epsilon_lower:.3g} with confidence {1 - self.alpha:g}"
        return (
            f"{said}; {bound}. It holds for the set that the coins drew, in this design only, and says nothing of "
            f"unlearning; {_PAST}."
        )

    def __str__(self) -> str:
        return self.sentence


def audit_one_run(
    scores: Scores,
    in_forget_set: Coins,
    *,
    guesses: int,
    epsilon: float = 1.0,
    delta: float = 1e-5,
    alpha: float = 0.01,
) -> OneRunAudit:
    r"""Audit one model and one removal by guessing which candidates had been in S.

    *Design.* Before training, an independent fair coin is tossed for each of m candidates: heads are S, and the model
    is trained on D = D₀ ∪ S; tails are never in. All of S is removed in one request. Each candidate then gets a score
    from the published model and D₀, not from the coins. The r/2 highest are guessed to have been in S and the r/2
    lowest not to have been; r is fixed beforehand.

    *Bound.* Under A(D₀) the model is independent of the coins, so that v of r guesses are right with the probability
    P[Bin(r, ½) ≥ v]. If U(A(D₀ ∪ S), S, D₀ ∪ S) is (ε, δ)-indistinguishable from A(D₀) for each S, then

    $$P(\text{at least } v \text{ of } r \text{ right}) \le e^{\varepsilon} P[\mathrm{Bin}(r, ½) \ge v] + \delta .$$

    It bounds ε of untraining *the set S*, in this design only. The published one-run audits of differential privacy
    (Steinke, Nasr and Jagielski 2023, arXiv:2305.08846) have another null: two sets of removed rows are each within ε
    of the same reference, so that they differ by 2ε, and not by ε for each row.

    Args:
        scores: `[m]`; the higher, the likelier that the candidate was in S. They may use the published model and D₀.
        in_forget_set: `[m]`; the coins, tossed before training: heads are S.
        guesses: r, fixed before any score was seen; even, at most m.
        epsilon, delta: of the claim.
        alpha: level of the test and of the bound.

    Returns:
        The p-value and the bound.

    Raises:
        ValueError: δ ≥ α, when no single run can refute; coins that are no coins; scores that are not finite, or that
            are one number; r that is odd or more than m.

    >>> rng = np.random.default_rng(0)
    >>> coins = rng.random(1000) < 0.5
    >>> audit_one_run(rng.normal(1.0 * coins), coins, guesses=200).refuted
    True
    >>> audit_one_run(rng.normal(size=1000), coins, guesses=200).refuted
    False
    """
    level("alpha", alpha)
    at_least_zero("epsilon", epsilon)
    at_least_zero("delta", delta)
    if delta >= alpha:
        raise ValueError(
            f"delta: {shown(delta)} is not below alpha={alpha:g}: a remover that publishes S with probability delta is "
            "within the claim, so that one run, whatever it shows, can never refute it at this level"
        )
    ranked, coins = _admitted(scores, in_forget_set)
    whole("guesses", guesses, 2, len(coins))
    if guesses % 2:
        raise ValueError(f"guesses: {guesses} is odd; half of them are for S and half against")
    # Ties are broken at random: a list with S first would otherwise be guessed by its order.
    order = np.lexsort((np.random.default_rng(0).permutation(len(coins)), ranked))
    right = int(coins[order[-guesses // 2 :]].sum() + (~coins[order[: guesses // 2]]).sum())
    tested = _p_and_bound(guesses, right, float(epsilon), float(delta), alpha)
    return OneRunAudit(float(epsilon), float(delta), alpha, len(coins), guesses, right, *tested)


def _p_and_bound(guesses: int, right: int, epsilon: float, delta: float, alpha: float) -> tuple[float, float]:
    """The p-value of a claim, and the largest ε that is refuted at its level."""
    # Term by term: scipy's own logarithm of this tail is −∞ where the tail itself is below 1e-308.
    tail = np.asarray(scipy.stats.binom.logpmf(np.arange(right, guesses + 1), guesses, 0.5))
    log_tail = min(0.0, float(np.logaddexp.reduce(tail)))
    p = min(1.0, math.exp(min(0.0, epsilon + log_tail)) + delta)
    return p, max(0.0, math.log(alpha - delta) - log_tail)


def _admitted(scores: Scores, coins: Coins) -> tuple[Float[np.ndarray, " m"], Bool[np.ndarray, " m"]]:
    """Scores and coins, one of each for every candidate.

    Raises:
        ValueError: see `audit_one_run`.
    """
    values, tossed = np.asarray(source_of(scores)), np.asarray(source_of(coins))
    if values.ndim != 1 or values.shape != tossed.shape or values.dtype.kind not in "fiub":
        raise ValueError(f"scores of shape {values.shape}, coins of shape {tossed.shape}: give one of each a candidate")
    if not np.isin(tossed, (0, 1)).all():
        raise ValueError("in_forget_set: is no coin for each candidate; give True where it was in S, False elsewhere")
    values, heads = values.astype(np.float64), tossed.astype(bool)
    if not np.isfinite(values).all():
        raise ValueError("scores: NaN or inf; a candidate without a score cannot be ranked")
    if len(values) and (values == values[0]).all():
        raise ValueError("scores: all are one number, which ranks nobody")
    least = min(heads.sum(), (~heads).sum())
    if scipy.stats.binom.cdf(least, len(heads), 0.5) < _LOPSIDED:
        raise ValueError(
            f"in_forget_set: {heads.sum()} of {len(heads)} heads are no fair coins, tossed for each candidate before "
            f"training; {_PAST}"
        )
    return values, heads


_LOPSIDED = 1e-9
"""Coins that are fair fall so one-sidedly with twice this probability: such an audit is refused."""
