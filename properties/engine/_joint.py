r"""An event in two arms against (ε, δ): an exact joint test of its two probabilities, and the ε that it rules out.

An event that was fixed beforehand occurs in k of m runs of one arm and in l of n of the other, k ~ Bin(m, p) and
l ~ Bin(n, q) independent. If the arms are (ε, δ)-indistinguishable, then $p \le F_\varepsilon(q)$ (`ceiling`): the
event in one direction, its complement in the other. Against this null, for each ε, runs one test.

1. *Order.* T(k, l) is the least ε whose null holds at p⁻(k), q⁺(l), Clopper–Pearson bounds at level min(2α, ½) each. T
   depends on no ε that is tested; it rises with k and falls with l, and so does the region $R = \{T \ge T(k, l)\}$ of
   outcomes that are at least as extreme (`extreme_outcomes`).
2. *Rectangle.* C holds both probabilities with probability at least 1 − α/100: Clopper–Pearson, α/400 on each side.
3. *p-value.* $\alpha/100 + \sup\{P_{p,q}(R) : (p, q) \in C, p \le F_\varepsilon(q)\}$ (Berger & Boos 1994): wherever in
   the null the truth lies, it is outside of C, or the supremum is at least the probability of R. R being monotone, P(R)
   rises with p and falls with q (Barnard 1947; Röhmel & Mansmann 1999), so that the supremum lies on the edge p = F(q)
   or on C's, a line; between neighbouring points q < q′ of it P(R) is at most that at (F(q′), q), the bound that is
   computed (`_worst`). No grid is trusted.
4. *Bound.* The null grows with ε, and R and C do not move, so that the p-value rises with ε (Buehler 1957). The bound
   is an ε whose p-value is at most α. It exceeds the true ε* only if the p-value at ε* is at most α: with probability
   at most α. That holds for every event, and so for one that other runs have chosen.

The test is joint: two intervals at α/2 each show less (`separate_bound`).
"""

import dataclasses
import functools
import math
from collections.abc import Callable

import numpy as np
from jaxtyping import Float64, Int64
from scipy.special import betaincinv, gammaln, ndtri, xlog1py, xlogy

from ...formal._types import Real

_ASIDE = 0.01
"""The part of the level that keeps both probabilities in a rectangle."""

_ORDER = 2.0
"""Outcomes are ordered by bounds at this multiple of the level: of ½, 1, 2, 4 and 6 it gave the largest on average."""

_COARSE, _FINE = 48, 320
"""Points on the null's edge: to find where a bound lies, and to state it."""

_NEAR, _STEP = 0.02, 2e-3
"""A bound is so near to the largest that is proved with these points."""

_CHUNK = 32
_TINY = 1e-4
_TIED = 1e-10

_Vector = Float64[np.ndarray, " _"]
Cuts = Int64[np.ndarray, " _"]


@dataclasses.dataclass(frozen=True)
class Hits:
    """How often an event occurred: in `often` of `runs` of the arm where it was to be commoner, `seldom` of `others`.

    >>> Hits(9, 10, 1, 12).others
    12
    """

    often: int
    runs: int
    seldom: int
    others: int


def ceiling(q: _Vector, epsilon: Real, delta: Real) -> _Vector:
    r"""The largest probability that (ε, δ) leaves an event in one arm, whose probability in the other is q.

    $$F_\varepsilon(q) = \min\{\delta + e^\varepsilon q,\; 1 - e^{-\varepsilon}(1 - \delta - q),\; 1\}$$

    It rises with q and with ε.

    Source: Kairouz, Oh & Viswanath 2015, arXiv 1311.0776 (the error rates that (ε, δ) leaves).

    >>> ceiling(np.array([0.0, 0.5, 1.0]), math.log(2), 0.1).round(9).tolist()
    [0.1, 0.8, 1.0]
    """
    gamma = math.exp(epsilon)
    return np.clip(np.minimum(delta + gamma * q, 1 - np.maximum(1 - delta - q, 0.0) / gamma), 0.0, 1.0)


def epsilon_needed(p: float, q: float, delta: Real) -> float:
    """The least ε, below 0 too, at which (ε, δ) allows the probabilities p and q; −∞ where every one does.

    >>> round(epsilon_needed(0.8, 0.5, 0.1), 9) == round(math.log(2), 9), epsilon_needed(0.0, 0.9, 0.1)
    (True, -inf)
    """
    return max(_log_ratio(p - delta, q), _log_ratio(1 - q - delta, 1 - p))


@functools.lru_cache(maxsize=64)
def below(runs: int, error: float) -> _Vector:
    """Clopper and Pearson's lower bounds of a probability at 0 … n hits of n runs, too large so often at most.

    >>> below(2, 0.25).round(3).tolist()
    [0.0, 0.134, 0.5]
    """
    hits = np.arange(1.0, runs + 1)
    found = np.append(0.0, betaincinv(hits, runs - hits + 1, error))
    found.setflags(write=False)
    return found


def corner(hits: Hits, error: float) -> tuple[float, float]:
    """A lower bound of p and an upper bound of q, each in error so often at most.

    >>> tuple(round(bound, 3) for bound in corner(Hits(2, 2, 0, 2), 0.25))
    (0.5, 0.5)
    """
    return float(below(hits.runs, error)[hits.often]), 1 - float(below(hits.others, error)[hits.others - hits.seldom])


def separate_bound(hits: Hits, delta: Real, alpha: Real) -> float:
    """ε by two bounds at α/2 each, of p and of q: valid however the arms depend on each other, and smaller.

    Source: Jagielski, Ullman & Oprea 2020, arXiv 2006.07709; Nasr et al. 2021, arXiv 2101.04535.

    >>> round(separate_bound(Hits(2000, 2000, 0, 2000), 0.0, 0.05), 2)
    6.29
    """
    return max(0.0, epsilon_needed(*corner(hits, alpha / 2), delta))


def joint_bound(hits: Hits, delta: Real, alpha: Real) -> float:
    """The ε that the joint test of the module's text rules out at level α, for arms that are independent.

    Args:
        hits: of an event that was fixed beforehand.
        delta: δ.
        alpha: the bound exceeds the least ε that holds at δ with at most this probability.

    Returns:
        0 where nothing is ruled out.

    >>> round(joint_bound(Hits(2000, 2000, 0, 2000), 0.0, 0.05), 2), joint_bound(Hits(5, 10, 5, 10), 0.0, 0.05)
    (7.19, 0.0)
    """
    cuts = extreme_outcomes(hits, delta, min(_ORDER * alpha, 0.5))
    top = surely_shown(hits.runs + hits.others, delta, alpha) + 1e-6

    def out(points: int) -> Callable[[float], bool]:
        return lambda epsilon: _worst(hits, cuts, (epsilon, float(delta)), float(alpha), points) <= (1 - _ASIDE) * alpha

    low = _last(out(_COARSE), 0.0, top, _NEAR) if out(_COARSE)(0.0) else 0.0
    fine, step = out(_FINE), 2 * _NEAR
    if not low and not fine(0.0):
        return 0.0
    while low + step < top and fine(low + step):
        low, step = low + step, 2 * step
    return _last(fine, low, min(low + step, top), _STEP)


def most_shown(runs: int, others: int, delta: Real, alpha: Real, *, paired: bool = False) -> float:
    """The bound if an event occurs in all of one arm and in none of the other: no event shows more in so many runs.

    >>> round(most_shown(2000, 2000, 1e-5, 0.05), 2), round(most_shown(2000, 2000, 1e-5, 0.05, paired=True), 2)
    (7.19, 6.29)
    """
    test = separate_bound if paired else joint_bound
    return max(test(Hits(m, m, 0, n), delta, alpha) for m, n in {(runs, others), (others, runs)})


def surely_shown(runs: int, delta: Real, alpha: Real) -> float:
    r"""The ε from which on no audit at level α of so many independent runs in all is sure to refute (ε, δ).

    $$\varepsilon = \ln\Bigl(\frac{1-\delta}{a} - 1\Bigr), \qquad (1 - a)^N = \alpha .$$

    Whatever the laws P and Q, (1 − a) P + a Q and (1 − a) Q + a P are (ε, δ)-indistinguishable, as
    (1 − a) − e^ε a = δ. All N runs of theirs come from P and Q with probability (1 − a)^N, which is more than α beyond
    this ε, and an audit that always refutes P and Q would refute the mixtures as often. Of pairs that share seeds N is
    the number of pairs, since both mixtures may err together: `LeastPairs.v: least_pairs_of_any_audit`.

    >>> round(surely_shown(4000, 1e-5, 0.05), 2), round(surely_shown(2000, 1e-5, 0.05), 2)
    (7.2, 6.5)
    """
    mixed = -math.expm1(math.log(alpha) / runs)
    return math.log(max((1 - delta) / mixed - 1, 1.0))


def gaussian_distance(hits: Hits, alpha: Real) -> float:
    """A lower bound of the μ of Gaussian differential privacy: Φ⁻¹(p⁻) − Φ⁻¹(q⁺), at α/2 each.

    Source: Dong, Roth & Su 2019, arXiv 1905.02383 (a test of error rates 1 − p and q shows μ ≥ Φ⁻¹(p) − Φ⁻¹(q)).

    >>> round(gaussian_distance(Hits(90, 100, 10, 100), 0.05), 2)
    1.86
    """
    low, high = corner(hits, alpha / 2)
    return max(0.0, float(ndtri(low) - ndtri(high)))


def extreme_outcomes(hits: Hits, delta: Real, error: Real) -> Cuts:
    """The outcomes at least as extreme: for each number of hits in the other arm, from how many in this one on.

    >>> extreme_outcomes(Hits(2, 2, 0, 2), 0.0, 0.25).tolist()
    [2, 3, 3]
    """
    low, high = below(hits.runs, float(error)), 1 - below(hits.others, float(error))[::-1]
    extreme = epsilon_needed(float(low[hits.often]), float(high[hits.seldom]), delta)
    if extreme == -math.inf:
        return np.zeros(hits.others + 1, np.int64)
    # Outcomes that tie belong to it, however their bounds are rounded: of equal arms, each has a mirror image.
    cuts = np.searchsorted(low, ceiling(high, extreme, delta) - _TIED, "left")
    return np.where(np.arange(len(cuts)) <= hits.seldom, np.minimum(cuts, hits.often), cuts)


def _worst(hits: Hits, cuts: Cuts, claim: tuple[float, float], alpha: float, points: int) -> float:
    """At least the probability of the region wherever the null meets the rectangle."""
    error = _ASIDE * alpha / 4
    p_low, p_high = _interval(hits.often, hits.runs, error)
    q_low, q_high = _interval(hits.seldom, hits.others, error)
    # The null meets it between the q of its lowest and of its highest p on the edge.
    first, last = _floor(np.array([p_low, p_high]), claim)
    start, end = max(q_low, first), min(q_high, last)
    if start > q_high:
        return 0.0
    if end <= start:
        return _largest(cuts, hits, np.array([p_high]), np.array([start]), alpha)
    # Evenly in the angles of both probabilities, in which their standard deviations are the same everywhere.
    tops = np.minimum(ceiling(np.array([start, end]), *claim), p_high).tolist()
    others = _floor(_even(tops[0], tops[1], points // 2), claim)
    q = np.concatenate([_even(start, end, points // 2), others, [start, end]])
    q = np.sort(np.clip(q, start, end))
    return _largest(cuts, hits, np.minimum(ceiling(q, *claim), p_high)[1:], q[:-1], alpha)


def _largest(cuts: Cuts, hits: Hits, p: _Vector, q: _Vector, alpha: float) -> float:
    """The largest probability of the region at any of these points, and what the sums leave out."""
    far, most = math.log(1 / (_TINY * alpha)), 0.0
    for some in (slice(i, i + _CHUNK) for i in range(0, len(p), _CHUNK)):
        first, seldom = _law(hits.others, q[some], far)
        lowest, often = _law(hits.runs, p[some], far)
        tail = np.concatenate([often[:, ::-1].cumsum(1)[:, ::-1], np.zeros((len(often), 1))], 1)
        places = np.clip(cuts[first : first + seldom.shape[1]] - lowest, 0, tail.shape[1] - 1)
        most = max(most, float((seldom * tail[:, places]).sum(1).max()))
    return most + 4 * _TINY * alpha


def _law(runs: int, p: _Vector, far: float) -> tuple[int, Float64[np.ndarray, "b k"]]:
    """Bin(runs, p) at each p, from one number of hits on; e^−far of either tail may be missing (Bernstein's bound)."""
    wide = math.sqrt(2 * runs * float((p * (1 - p)).max()) * far) + far
    start, end = max(0, math.floor(runs * p.min() - wide)), min(runs, math.ceil(runs * p.max() + wide))
    k = np.arange(start, end + 1.0)
    logs = _ways(runs)[start : end + 1] + xlogy(k, p[:, None]) + xlog1py(runs - k, -p[:, None])
    return start, np.exp(logs)


@functools.lru_cache(maxsize=16)
def _ways(runs: int) -> _Vector:
    k = np.arange(runs + 1.0)
    return gammaln(runs + 1) - gammaln(k + 1) - gammaln(runs - k + 1)


def _interval(hits: int, runs: int, error: float) -> tuple[float, float]:
    low = below(runs, error)
    return float(low[hits]), 1 - float(low[runs - hits])


def _floor(p: _Vector, claim: tuple[float, float]) -> _Vector:
    """The least q with F(q) ≥ p: F mirrored."""
    return 1 - ceiling(1 - p, *claim)


def _even(low: float, high: float, points: int) -> _Vector:
    return np.sin(np.linspace(math.asin(math.sqrt(low)), math.asin(math.sqrt(high)), points)) ** 2


def _log_ratio(a: float, b: float) -> float:
    if a <= 0:
        return -math.inf
    return math.inf if b <= 0 else math.log(a / b)


def _last(holds: Callable[[float], bool], low: float, high: float, near: float) -> float:
    """The last point found true between one that is and one that need not be."""
    while high - low > near:
        middle = (low + high) / 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low
