"""Trade-off functions (f-differential privacy): least miss rate at each false-alarm rate; conjugates."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import sympy
from jax.typing import ArrayLike
from jaxtyping import Float
from sympy import Max, Min, exp, sqrt

from ._bracket import Bracket
from ._formula import Edge, Formula, compiled, in_logs, latex
from ._symbols import (
    COUNT,
    DELTA,
    DISTANCE,
    EPSILON,
    FALSE_ALARM,
    KL,
    MISS,
    ORDER,
    OUTCOME,
    P_LAW,
    PRICE,
    Q_LAW,
    RENYI,
    TV,
    P,
    Phi,
    PhiInverse,
    Q,
)


@dataclass(frozen=True)
class TradeOff:
    """T(P,Q)(a) = sup_{λ≥0} Σᵢ share(pᵢ, qᵢ, λ) − price(a, λ): the least miss rate of tests of P against Q.

    Σᵢ min(λpᵢ, qᵢ) = 1 − H_λ(Q‖P), so T is the conjugate of the hockey-stick profile. The sup is attained at
    λ = 0 or at a likelihood ratio qᵢ/pᵢ: the numeric form takes the maximum over those.

    Args:
        id: permanent name.
        symbol: LaTeX of the left-hand side.
        share: one outcome's share of the Lagrangian.
        price: what a false-alarm rate a costs.
        source: author, year, arXiv id.

    >>> p, q = np.array([0.75, 0.25]), np.array([0.25, 0.75])
    >>> trade_off.host(p, q, np.array([0.0, 0.25, 0.5])).tolist()
    [1.0, 0.25, 0.16666666666666666]
    """

    id: str
    symbol: str
    share: sympy.Expr
    price: sympy.Expr
    source: str

    @property
    def statement(self) -> sympy.Expr:
        """The Lagrangian whose supremum over λ ≥ 0 is the trade-off function."""
        return sympy.Sum(self.share.subs({P: P_LAW[OUTCOME], Q: Q_LAW[OUTCOME]}), (OUTCOME, 1, COUNT)) - self.price

    def latex(self) -> str:
        """The definition as LaTeX."""
        return rf"{self.symbol} = \sup_{{\lambda \geq 0}} \left[ {latex(self.statement)} \right]"

    def __call__(
        self,
        p: Float[jax.Array | np.ndarray, " n"],
        q: Float[jax.Array | np.ndarray, " n"],
        false_alarm: ArrayLike,
    ) -> Float[jax.Array, "..."]:
        """The least miss rate in JAX, traceable; laws of one support, false-alarm rates of any shape."""
        arrays = jnp.asarray(p), jnp.asarray(q), jnp.asarray(false_alarm)
        return _trade_off(self, *arrays, xp=jnp)

    def host(
        self,
        p: Float[np.ndarray, " n"],
        q: Float[np.ndarray, " n"],
        false_alarm: Float[np.ndarray, "..."],
    ) -> Float[np.ndarray, "..."]:
        """The least miss rate in numpy float64; arguments as for a call."""
        return _trade_off(self, *(np.asarray(v, np.float64) for v in (p, q, false_alarm)), xp=np)


def _trade_off(function: TradeOff, p: Any, q: Any, false_alarm: Any, xp: Any) -> Any:
    backend = "jax" if xp is jnp else "float64"
    ratios = xp.concatenate([xp.where(p > 0, q / xp.where(p > 0, p, 1), 0), xp.zeros_like(p[:1])])
    sums = compiled(function.share, (P, Q, PRICE), backend)(p, q, ratios[:, None]).sum(-1)
    price = compiled(function.price, (FALSE_ALARM, PRICE), backend)
    return (sums - price(false_alarm[..., None], ratios)).max(-1)


trade_off = TradeOff(
    "trade-off-1", "T(P, Q)(a)", Min(PRICE * P, Q), PRICE * FALSE_ALARM, "Dong, Roth & Su 2019, 1905.02383"
)

_RATE = (FALSE_ALARM <= 1,)
indistinguishability_trade_off = Formula(
    "indistinguishability-trade-off-1", "P ≈_{ε,δ} Q, and conversely: T(P,Q) and T(Q,P) are at least this",
    MISS, ">=", Max(0, 1 - DELTA - exp(EPSILON) * FALSE_ALARM, exp(-EPSILON) * (1 - DELTA - FALSE_ALARM)),
    (EPSILON, DELTA, FALSE_ALARM), "Dong, Roth & Su 2019, 1905.02383", (DELTA <= 1, *_RATE),
)  # fmt: skip

_NORMALS = "N(m, Σ) against N(m', Σ), Mahalanobis distance μ; an upper bound for every μ-GDP pair"
_PROFILE = Phi(DISTANCE / 2 - EPSILON / DISTANCE) - exp(EPSILON) * Phi(-DISTANCE / 2 - EPSILON / DISTANCE)
gaussian_profile = Formula(
    "gaussian-profile-1", _NORMALS + "; δ(ε) in both directions", DELTA, "==", _PROFILE,
    (EPSILON, DISTANCE), "Balle & Wang 2018, 1805.06530",
    # At ε/μ ≥ 1000, δ < e^(−10⁵) is 0 in every float; the edge also covers μ = 0, where δ = 0.
    numeric=in_logs(_PROFILE), edge=Edge(DISTANCE > EPSILON / 1000, DISTANCE, sympy.Integer(0)),
)  # fmt: skip
gaussian_trade_off = Formula(
    "gaussian-trade-off-1", _NORMALS.replace("an upper", "a lower"), MISS, "==",
    Phi(-PhiInverse(FALSE_ALARM) - DISTANCE), (DISTANCE, FALSE_ALARM),
    "Dong, Roth & Su 2019, 1905.02383", _RATE,
)  # fmt: skip
gaussian_total_variation = Formula(
    "gaussian-total-variation-1", _NORMALS, TV, "==", sympy.erf(DISTANCE / (2 * sqrt(2))),
    (DISTANCE,), "textbook",
)  # fmt: skip
gaussian_kullback_leibler = Formula(
    "gaussian-kullback-leibler-1", _NORMALS, KL, "==", DISTANCE**2 / 2, (DISTANCE,), "textbook"
)
gaussian_renyi = Formula(
    "gaussian-renyi-1",
    _NORMALS,
    RENYI,
    "==",
    ORDER * DISTANCE**2 / 2,
    (ORDER, DISTANCE),
    "textbook",
)
GAUSSIAN = (
    gaussian_profile,
    gaussian_trade_off,
    gaussian_total_variation,
    gaussian_kullback_leibler,
    gaussian_renyi,
)


def profile_from_trade_off(function: Callable[[np.ndarray], np.ndarray], epsilon: float, points: int = 4097) -> Bracket:
    """Bracket δ(ε) = 1 + f*(−e^ε) = 1 − inf_a (e^ε·a + f(a)) of a trade-off function f.

    H_{e^ε}(Q‖P) when f = T(P,Q); both directions when f is symmetric. The grid includes 0 and 1; f is
    non-increasing, so f(right end) bounds it below on each cell.

    Args:
        function: f, mapping false-alarm rates in [0, 1] to miss rates; convex, non-increasing.
        epsilon: privacy loss, ≥ 0.
        points: size of the grid of rates, denser towards 0.

    Returns:
        Bracket of δ; its lower end is exact when every kink of f is on the grid.

    >>> profile_from_trade_off(lambda a: 1 - a, 0.0).lower
    0.0
    """
    rates = np.linspace(0.0, 1.0, points) ** 2
    misses, gamma = function(rates), np.exp(epsilon)
    lower = 1 - np.min(gamma * rates + misses)
    upper = 1 - np.min(gamma * rates[:-1] + misses[1:])
    rounding = 2.0**-50
    return Bracket(float(np.clip(lower - rounding, 0, 1)), float(np.clip(upper + rounding, 0, 1)))


def trade_off_from_profile(
    epsilons: Float[np.ndarray, " k"],
    deltas: Float[np.ndarray, " k"],
    false_alarm: Float[np.ndarray, " m"],
) -> Float[np.ndarray, " m"]:
    """The trade-off function guaranteed by P ≈_{εⱼ,δⱼ} Q for every j: the pointwise maximum of f_{εⱼ,δⱼ}.

    Args:
        epsilons: privacy losses, ≥ 0.
        deltas: slacks, one per loss.
        false_alarm: rates in [0, 1].

    Returns:
        A lower bound on both T(P,Q) and T(Q,P); equal to the smaller symmetrisation as the εⱼ fill [0, ∞).

    >>> trade_off_from_profile(np.array([0.0]), np.array([0.25]), np.array([0.5])).tolist()
    [0.25]
    """
    pairs = {"epsilon": epsilons[:, None], "delta": deltas[:, None], "false_alarm": false_alarm[None, :]}
    return indistinguishability_trade_off.host(**pairs).max(0)
