"""Exact (ε,δ) between finite laws: hockey-stick, total variation, the profile δ(γ) and its inverse.

γ = e^ε is irrational for every rational ε ≠ 0, so exact answers take γ; what takes ε returns a rational
bracket. Nothing here is floating point.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import floor

from ._finite import Law, Number, as_exact

_LARGEST_EPSILON = 10_000


def _gamma(value: Number) -> Fraction:
    if not isinstance(value, int | Fraction):
        raise ValueError(f"gamma must be a Fraction, got {value!r}: γ = e^ε is meant, not ε; from ε use delta_bracket")
    gamma = as_exact(value, "gamma (γ = e^ε is meant)")
    if gamma < 1:
        raise ValueError(f"gamma is {gamma}, below 1: γ = e^ε is meant, not ε; from ε use delta_bracket")
    return gamma


def _delta(value: Number) -> Fraction:
    delta = as_exact(value, "delta")
    if not 0 <= delta <= 1:
        raise ValueError(f"delta is {delta}: it must lie in [0, 1]")
    return delta


def _outcomes(p: Law, q: Law) -> dict[Hashable, None]:
    return dict.fromkeys((*p.outcomes, *q.outcomes))


def exact_hockey_stick(p: Law, q: Law, *, gamma: Number) -> Fraction:
    """The hockey-stick divergence H_γ(P‖Q) = Σ (p − γq)₊, one direction, exact.

    Args:
        p, q: laws; outcomes one of them does not list have mass zero there.
        gamma: γ = e^ε ≥ 1, an exact rational. Not ε.

    Raises:
        ValueError: γ is a float or below 1.

    >>> exact_hockey_stick(Law("ab", (Fraction(3, 4), Fraction(1, 4))), Law("ab", (Fraction(1, 2),) * 2), gamma=1)
    Fraction(1, 4)
    """
    above, below = _gamma(gamma).as_integer_ratio()
    (p_counts, p_total), (q_counts, q_total) = p.scaled, q.scaled
    left, right = below * q_total, above * p_total
    gaps = (left * count - right * q_counts.get(outcome, 0) for outcome, count in p_counts.items())
    return Fraction(sum(gap for gap in gaps if gap > 0), below * p_total * q_total)


def exact_total_variation(p: Law, q: Law) -> Fraction:
    """TV(P, Q) = ½ Σ |p − q|, exact.

    >>> exact_total_variation(Law("ab", (Fraction(3, 4), Fraction(1, 4))), Law("ab", (Fraction(1, 2),) * 2))
    Fraction(1, 4)
    """
    (p_counts, p_total), (q_counts, q_total) = p.scaled, q.scaled
    gaps = (abs(q_total * p_counts.get(o, 0) - p_total * q_counts.get(o, 0)) for o in _outcomes(p, q))
    return Fraction(sum(gaps), 2 * p_total * q_total)


def delta_between(p: Law, q: Law, *, gamma: Number) -> Fraction:
    """The least δ with P ≈_{ε,δ} Q at γ = e^ε: max(H_γ(P‖Q), H_γ(Q‖P)), both directions.

    Raises:
        ValueError: γ is a float or below 1.

    >>> p, q = Law("ab", (1, 0)), Law("ab", (Fraction(1, 2), Fraction(1, 2)))
    >>> delta_between(p, q, gamma=2), exact_hockey_stick(p, q, gamma=2)
    (Fraction(1, 2), Fraction(0, 1))
    """
    return max(exact_hockey_stick(p, q, gamma=gamma), exact_hockey_stick(q, p, gamma=gamma))


def exactly_indistinguishable(p: Law, q: Law, *, gamma: Number, delta: Number) -> bool:
    """Whether P ≈_{ε,δ} Q at γ = e^ε, in both directions (Definition 2's closeness; Neel 2021, 2007.02923).

    Raises:
        ValueError: γ is a float or below 1; δ is a float or outside [0, 1].

    >>> p, q = Law("ab", (Fraction(2, 3), Fraction(1, 3))), Law("ab", (Fraction(1, 3), Fraction(2, 3)))
    >>> [exactly_indistinguishable(p, q, gamma=gamma, delta=0) for gamma in (2, Fraction(3, 2))]
    [True, False]
    """
    return delta_between(p, q, gamma=gamma) <= _delta(delta)


@dataclass(frozen=True)
class Profile:
    """The exact privacy profile γ ↦ H_γ(P‖Q), γ ≥ 1: convex, non-increasing, piecewise linear.

    Args:
        knots: pairs (γ, δ), γ increasing from 1, where the slope changes; constant after the last.
    """

    knots: tuple[tuple[Fraction, Fraction], ...]

    def delta(self, gamma: Number) -> Fraction:
        """H_γ(P‖Q) read off the polyline; `ValueError` if γ is a float or below 1."""
        at = _gamma(gamma)
        for (left, high), (right, low) in pairwise(self.knots):
            if at <= right:
                return high + (low - high) * (at - left) / (right - left)
        return self.knots[-1][1]

    def gamma(self, delta: Number) -> Fraction | None:
        """The least γ ≥ 1 with H_γ(P‖Q) ≤ δ; None when no γ is large enough (mass of P where q = 0)."""
        target = _delta(delta)
        if target >= self.knots[0][1]:
            return Fraction(1)
        for (left, high), (right, low) in pairwise(self.knots):
            if target >= low:
                return left + (right - left) * (high - target) / (high - low)
        return None


def exact_profile(p: Law, q: Law) -> Profile:
    """The whole profile of one direction, from the likelihood ratios p/q > 1 in decreasing order.

    Beyond the largest ratio only the mass P puts where q = 0 remains; passing a ratio downwards adds
    that outcome's q to the slope.

    >>> exact_profile(Law("ab", (Fraction(3, 4), Fraction(1, 4))), Law("ab", (Fraction(1, 2),) * 2)).knots
    ((Fraction(1, 1), Fraction(1, 4)), (Fraction(3, 2), Fraction(0, 1)))
    """
    pairs = [(p.mass(outcome), q.mass(outcome)) for outcome in _outcomes(p, q)]
    ratios = sorted(((a / b, b) for a, b in pairs if b and a > b), reverse=True)
    at, value, slope = None, sum((a for a, b in pairs if not b), Fraction(0)), Fraction(0)
    knots: list[tuple[Fraction, Fraction]] = []
    for ratio, mass in [*ratios, (Fraction(1), Fraction(0))]:
        value += slope * ((at or ratio) - ratio)
        if ratio != at:
            knots.append((ratio, value))
        at, slope = ratio, slope + mass
    return Profile(tuple(reversed(knots)))


def gamma_between(p: Law, q: Law, *, delta: Number) -> Fraction | None:
    """The least γ = e^ε ≥ 1 with P ≈_{ε,δ} Q, both directions, exact; None when there is none.

    Raises:
        ValueError: δ is a float or outside [0, 1].

    >>> p, q = Law("ab", (Fraction(2, 3), Fraction(1, 3))), Law("ab", (Fraction(1, 3), Fraction(2, 3)))
    >>> gamma_between(p, q, delta=0), gamma_between(p, Law("ab", (1, 0)), delta=0)
    (Fraction(2, 1), None)
    """
    both = exact_profile(p, q).gamma(delta), exact_profile(q, p).gamma(delta)
    return None if both[0] is None or both[1] is None else max(both[0], both[1])


def _outward(low: Fraction, high: Fraction, bits: int) -> tuple[Fraction, Fraction]:
    # Rounding away from the truth keeps the bracket while the denominators stay small.
    return Fraction(floor(low * 2**bits), 2**bits), Fraction(-floor(-high * 2**bits), 2**bits)


def _exp_small(x: Fraction, bits: int) -> tuple[Fraction, Fraction]:
    # 0 < x ≤ 1: the tail after the last term t is at most 2t·x/(n+1) < 2t.
    total, term, n = Fraction(1), Fraction(1), 0
    while term > Fraction(1, 2**bits):
        n += 1
        term = term * x / n
        total += term
    return _outward(total, total + 2 * term, bits)


def exp_bracket(epsilon: Number, *, bits: int = 128) -> tuple[Fraction, Fraction]:
    """Rationals lo ≤ e^ε ≤ hi, with hi − lo ≤ lo·2^(16−bits); equal only at ε = 0.

    Args:
        epsilon: exact ε, at most 10 000 in absolute value.
        bits: binary digits carried.

    Raises:
        ValueError: ε is a float or too large.

    >>> lo, hi = exp_bracket(1)
    >>> float(lo), hi - lo < Fraction(1, 10**30)
    (2.718281828459045, True)
    """
    exact = as_exact(epsilon, "epsilon")
    if abs(exact) > _LARGEST_EPSILON:
        raise ValueError(f"epsilon is {exact}: it must lie in [-{_LARGEST_EPSILON}, {_LARGEST_EPSILON}]")
    if exact == 0:
        return Fraction(1), Fraction(1)
    if exact < 0:
        low, high = exp_bracket(-exact, bits=bits)
        return 1 / high, 1 / low
    halvings = floor(exact).bit_length()
    carried = bits + halvings
    low, high = _exp_small(exact / 2**halvings, carried)
    for _ in range(halvings):
        low, high = _outward(low * low, high * high, carried)
    return low, high


def log_bracket(gamma: Number, *, bits: int = 128) -> tuple[Fraction, Fraction]:
    """Rationals lo ≤ ln γ ≤ hi for γ ≥ 1, from ln m = 2 artanh((m−1)/(m+1)) after dividing out powers of 2.

    Raises:
        ValueError: γ is a float or below 1.

    >>> lo, hi = log_bracket(2)
    >>> float(lo), hi - lo < Fraction(1, 10**30)
    (0.6931471805599453, True)
    """
    exact = _gamma(gamma)
    twos = floor(exact).bit_length() - 1
    carried = bits + twos.bit_length() + 8
    parts = [_log_small(exact / 2**twos, carried)] + ([_log_small(Fraction(2), carried)] if twos else [])
    low, high = (parts[0][i] + (twos * parts[1][i] if twos else 0) for i in (0, 1))
    return _outward(low, high, carried)


def _log_small(m: Fraction, bits: int) -> tuple[Fraction, Fraction]:
    # 1 ≤ m ≤ 2, so z ≤ 1/3 and the tail is below (9/8) times its first term.
    z = (m - 1) / (m + 1)
    total, power, n = Fraction(0), 2 * z, 1
    while power > Fraction(1, 2**bits):
        total += power / n
        power, n = power * z * z, n + 2
    return _outward(total, total + Fraction(9, 8) * power / n, bits)


def delta_bracket(p: Law, q: Law, *, epsilon: Number, bits: int = 128) -> tuple[Fraction, Fraction]:
    """Rationals lo ≤ δ(ε) ≤ hi, δ(ε) the least δ with P ≈_{ε,δ} Q in both directions.

    δ does not increase with γ, so the bracket of e^ε gives it, exactly.

    Raises:
        ValueError: ε is a float, negative or above 10 000.

    >>> p, q = Law("ab", (Fraction(3, 4), Fraction(1, 4))), Law("ab", (Fraction(1, 4), Fraction(3, 4)))
    >>> lo, hi = delta_bracket(p, q, epsilon=Fraction(1, 2))
    >>> round(float(lo), 6), hi - lo < Fraction(1, 10**30)
    (0.33782, True)
    """
    exact = as_exact(epsilon, "epsilon")
    if exact < 0:
        raise ValueError(f"epsilon is {exact}: it must be nonnegative")
    low, high = exp_bracket(exact, bits=bits)
    return delta_between(p, q, gamma=high), delta_between(p, q, gamma=low)


def epsilon_bracket(p: Law, q: Law, *, delta: Number, bits: int = 128) -> tuple[Fraction, Fraction] | None:
    """Rationals lo ≤ ε(δ) ≤ hi, ε(δ) the least ε with P ≈_{ε,δ} Q; None when there is none.

    Raises:
        ValueError: δ is a float or outside [0, 1].

    >>> p, q = Law("ab", (Fraction(2, 3), Fraction(1, 3))), Law("ab", (Fraction(1, 3), Fraction(2, 3)))
    >>> bracket = epsilon_bracket(p, q, delta=0)
    >>> bracket is not None and float(bracket[0])
    0.6931471805599453
    """
    gamma = gamma_between(p, q, delta=delta)
    return None if gamma is None else log_bracket(gamma, bits=bits)
