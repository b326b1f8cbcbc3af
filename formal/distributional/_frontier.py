"""The removal–preservation frontier: the least KL(p₂‖p) once KL(p₁‖p) ≥ removal, p in the family of p₁ and p₂."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.optimize
import sympy
from sympy import Max, exp, log, sqrt

from .._types import Real
from ..closeness import Edge, Formula, compiled
from ..laws._gaussian import Gaussian
from ._distributional import separation

REMOVAL: Any = sympy.Symbol("removal", nonnegative=True)
PRESERVATION: Any = sympy.Symbol("preservation", nonnegative=True)
SEPARATION: Any = sympy.Symbol("separation", nonnegative=True)
"""κ = KL(p₁‖p₂)."""
KEPT: Any = sympy.Symbol("kept", nonnegative=True)
RETAINED: Any = sympy.Symbol("retained", positive=True)
UNWANTED: Any = sympy.Symbol("unwanted", positive=True)
SHARE: Any = sympy.Symbol("share", positive=True)
_DELETED: Any = sympy.Symbol("deleted", nonnegative=True)

_SHARED = "p₁, p₂, p Gaussian with one covariance, κ = KL(p₁‖p₂), nats"
_REFIT = _SHARED + "; mean refit on `kept` random rows of p₁ and `retained` rows of p₂, many of each"
gaussian_frontier = Formula(
    "gaussian-frontier-1", _SHARED, PRESERVATION, "==", (sqrt(REMOVAL) - sqrt(SEPARATION)) ** 2,
    (REMOVAL, SEPARATION), "2507.15112 Prop. 1 (second-hand), factor corrected; derived (T17)",
    # The difference of roots would cancel near removal = κ; up to κ retraining on p₂ costs nothing.
    numeric=((REMOVAL - SEPARATION) / (sqrt(REMOVAL) + sqrt(SEPARATION))) ** 2,
    edge=Edge(REMOVAL > SEPARATION, REMOVAL, sympy.Integer(0)),
)  # fmt: skip
gaussian_removal = Formula(
    "gaussian-removal-1", _SHARED + "; the largest KL(p₁‖p) with KL(p₂‖p) ≤ preservation", REMOVAL, "==",
    (sqrt(SEPARATION) + sqrt(PRESERVATION)) ** 2, (PRESERVATION, SEPARATION), "derived (T17)",
)  # fmt: skip
random_removal = Formula(
    "random-removal-1", _REFIT, REMOVAL, "==", (RETAINED / (KEPT + RETAINED)) ** 2 * SEPARATION,
    (KEPT, RETAINED, SEPARATION), "derived (T20)",
)  # fmt: skip
random_preservation = Formula(
    "random-preservation-1", _REFIT, PRESERVATION, "==", (KEPT / (KEPT + RETAINED)) ** 2 * SEPARATION,
    (KEPT, RETAINED, SEPARATION), "derived (T20)",
)  # fmt: skip
random_deletion = Formula(
    "random-deletion-1", _REFIT + "; fraction of p₁'s rows to delete at random until KL(p₁‖p) ≥ share·κ",
    _DELETED, "==", Max(0, 1 - RETAINED / UNWANTED * (1 / sqrt(SHARE) - 1)), (UNWANTED, RETAINED, SHARE),
    "derived (T20)", (SHARE <= 1,),
)  # fmt: skip
FRONTIER = (gaussian_frontier, gaussian_removal, random_removal, random_preservation, random_deletion)


def gaussian_optimum(unwanted: Gaussian, retained: Gaussian, removal: Real) -> Gaussian:
    """The best Gaussian at a removal level: mean μ₂ + (√(removal/κ) − 1)₊·(μ₂ − μ₁), beyond μ₂ seen from μ₁.

    Args:
        unwanted: p₁ = N(μ₁, Σ).
        retained: p₂ = N(μ₂, Σ).
        removal: least KL(p₁‖p), nats, finite, ≥ 0.

    Raises:
        ValueError: removal out of range, covariances differ, or the means agree so that no direction is best.

    Source: arXiv 2507.15112 Prop. 1 (second-hand); derived (T17).

    >>> p1, p2 = (Gaussian(np.array([m]), np.eye(1)) for m in (0.0, 2.0))
    >>> gaussian_optimum(p1, p2, 4.5).mean.tolist(), gaussian_optimum(p1, p2, 1.0).mean.tolist()
    ([3.0], [2.0])
    """
    _check_removal(removal)
    kappa = separation(unwanted, retained)
    if kappa == 0:
        raise ValueError("gaussian_optimum: unwanted and retained are one law; every direction is as good")
    step = max(math.sqrt(removal / kappa) - 1, 0.0)
    return Gaussian(retained.mean + step * (retained.mean - unwanted.mean), retained.covariance)


def _check_removal(removal: Real) -> None:
    if not (math.isfinite(removal) and removal >= 0):
        raise ValueError(f"removal: {removal} is not a finite number >= 0")


THETA: Any = sympy.Symbol("theta", real=True)
MEAN: Any = sympy.Symbol("m", positive=True)


@dataclass(frozen=True)
class ExponentialFamily:
    """Laws p_θ(x) ∝ h(x)·exp(θx) of one parameter, named by their mean m = A′(θ).

    KL(p_{θ₁}‖p_θ) = A(θ) − A(θ₁) − A′(θ₁)(θ − θ₁), the Bregman divergence of A.

    Args:
        name: of the family.
        log_partition: A(θ).
        natural: θ as a function of m.
        means: the open interval of means.
        ceiling: least upper bound of θ.

    >>> round(POISSON.divergence(1.0, 2.0), 6)
    0.306853
    """

    name: str
    log_partition: sympy.Expr
    natural: sympy.Expr
    means: tuple[float, float]
    ceiling: float = math.inf

    def parameter(self, mean: float) -> float:
        """θ(m); `ValueError` outside the open interval of means."""
        low, high = self.means
        if not low < mean < high:
            raise ValueError(f"{self.name}: mean {mean} is outside the open interval ({low}, {high})")
        return float(compiled(self.natural, (MEAN,), "float64")(mean))

    def mean(self, parameter: float) -> float:
        """m = A′(θ)."""
        return float(compiled(sympy.diff(self.log_partition, THETA), (THETA,), "float64")(parameter))

    def divergence(self, first: float, second: float) -> float:
        """KL in nats between the members of means `first` and `second`."""
        return self.from_mean(first)(self.parameter(second))

    def from_mean(self, mean: float) -> Callable[[float], float]:
        """θ ↦ KL(member of that mean ‖ p_θ)."""
        value, start = compiled(self.log_partition, (THETA,), "float64"), self.parameter(mean)

        def kl(parameter: float) -> float:
            # Past the range of float64 the answer is ∞; whoever needs a number checks for it.
            with np.errstate(over="ignore"):
                return float(value(np.float64(parameter)) - value(start) - mean * (parameter - start))

        return kl


BERNOULLI = ExponentialFamily("Bernoulli", log(1 + exp(THETA)), log(MEAN / (1 - MEAN)), (0.0, 1.0))
POISSON = ExponentialFamily("Poisson", exp(THETA), log(MEAN), (0.0, math.inf))
EXPONENTIAL = ExponentialFamily("exponential", -log(-THETA), -1 / MEAN, (0.0, math.inf), 0.0)
NORMAL = ExponentialFamily("unit normal", THETA**2 / 2, MEAN, (-math.inf, math.inf))
FAMILIES = (BERNOULLI, POISSON, EXPONENTIAL, NORMAL)


@dataclass(frozen=True)
class FrontierPoint:
    """One point of a frontier.

    Args:
        mean: of the best law.
        preservation: its KL(p₂‖p), the least possible, nats.
        price: λ in [0, 1), the slope of preservation in removal there.
    """

    mean: float
    preservation: float
    price: float


def least_preservation(family: ExponentialFamily, unwanted: Real, retained: Real, removal: Real) -> FrontierPoint:
    """The frontier of a one-parameter family: the least KL(p₂‖p) among its members with KL(p₁‖p) ≥ removal.

    Stationarity A′(θ) − m₂ = λ(A′(θ) − m₁), λ in [0, 1), puts the mean at m₂ + λ/(1−λ)·(m₂ − m₁): beyond m₂ seen
    from m₁, where KL(p₁‖·) grows, so one root is sought. It is the global optimum (T18).

    Args:
        family: the family of p₁, p₂ and p.
        unwanted: m₁, mean of p₁.
        retained: m₂, mean of p₂.
        removal: nats, finite, ≥ 0.

    Raises:
        ValueError: a mean is out of range, the means agree, removal is negative or beyond float64's reach.

    Source: derived; the paper's appendix (arXiv 2507.15112) was not seen.

    >>> point = least_preservation(NORMAL, 0.0, 2.0, 4.5)
    >>> round(point.mean, 9), round(point.preservation, 9), round(point.price, 9)
    (3.0, 0.5, 0.333333333)
    """
    _check_removal(removal)
    if unwanted == retained:
        raise ValueError(f"least_preservation: both means are {unwanted}; the frontier needs two laws")
    away, near = family.from_mean(float(unwanted)), family.from_mean(float(retained))
    start = family.parameter(float(retained))
    if away(start) >= removal:
        return FrontierPoint(float(retained), 0.0, 0.0)
    far = _beyond(family, away, family.parameter(float(unwanted)), start, removal)
    root: Any = scipy.optimize.brentq(lambda t: away(t) - removal, start, far)
    found = float(root)
    mean = family.mean(found)
    return FrontierPoint(mean, near(found), (mean - retained) / (mean - unwanted))


def _beyond(
    family: ExponentialFamily, away: Callable[[float], float], origin: float, start: float, removal: Real
) -> float:
    """A parameter past `start`, seen from `origin`, where KL(p₁‖·) exceeds removal."""
    rising = start > origin and math.isfinite(family.ceiling)
    for doubling in range(1, 200):
        scale = 2.0**doubling
        far = family.ceiling - (family.ceiling - start) / scale if rising else start + (start - origin) * scale
        if not math.isfinite(away(far)):
            break
        if away(far) > removal:
            return far
    raise ValueError(f"{family.name}: removal {removal} is beyond the range of float64; ask for less")
