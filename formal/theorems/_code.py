"""C1, C2, C3, C6, C7: what the library computes of finite laws is what its definitions say, by independent code.

A supremum over events is taken over all 2^k of them; a trade-off by filling tests up, best outcome first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import combinations, product
from math import log
from typing import Any

import numpy as np

from ..closeness import hockey_stick, indistinguishability, total_variation, trade_off
from ..definitions._statements import STATEMENTS
from ..distributional._distributional import after_deletion
from ..laws._finite import Law
from ..laws._finite_closeness import (
    delta_between,
    exact_hockey_stick,
    exact_profile,
    exact_total_variation,
    exactly_indistinguishable,
)
from ..laws._worlds import all_laws, count_laws
from ._base import Case, Theorem, place
from ._distances import P, Q
from ._over_cases import OverCases
from ._sentence import Sentence
from ._sympy import sp
from ._terms import GAMMA, D, H
from ._terms import TVD as TV

_ALPHABET = "abc"
_GAMMAS = (Fraction(1), Fraction(3, 2), Fraction(2))
_PLACES = 10
"""To how many digits float64 is compared with what is exact."""


def _words(names: str) -> dict[str, Any]:
    return {name: sp.Symbol(name) for name in names.split()}


def _printed(words: dict[str, Any]) -> dict[Any, str]:
    return {symbol: rf"\texttt{{{name.replace('_', chr(92) + '_')}}}(P, Q)" for name, symbol in words.items()}


def _pairs(denominator: int) -> Iterator[tuple[Law, Law]]:
    found = list(all_laws(_ALPHABET, denominator))
    return product(found, found)


def at_best_event(p: Law, q: Law, gamma: Fraction) -> Fraction:
    """sup_R P(R) − γQ(R), over every set R of outcomes.

    >>> at_best_event(Law("ab", (Fraction(1, 2), Fraction(1, 2))), Law("ab", (1, 0)), Fraction(1))
    Fraction(1, 2)
    """
    events = (event for n in range(len(_ALPHABET) + 1) for event in combinations(_ALPHABET, n))
    return max(sum((p.mass(x) - gamma * q.mass(x) for x in event), Fraction(0)) for event in events)


def _distances(p: Law, q: Law, gamma: Fraction) -> dict[Any, Any]:
    forward, backward = at_best_event(p, q, gamma), at_best_event(q, p, gamma)
    one = at_best_event(p, q, Fraction(1))
    return {H(P, Q, GAMMA): forward, D(P, Q, GAMMA): max(forward, backward), TV(P, Q): one, H(P, Q, 1): one}


_EXACT = _words("exact_hockey_stick exact_profile delta_between exact_total_variation exactly_indistinguishable")
_CLOSE: Any = sp.Symbol("close")


def _exact_cases() -> Iterator[tuple[str, Case]]:
    """Every pair of laws on three outcomes with masses in (1/4)Z, γ ∈ {1, 3/2, 2}; the events are listed."""
    for (p, q), gamma in product(_pairs(4), _GAMMAS):
        made = (
            exact_hockey_stick(p, q, gamma=gamma),
            exact_profile(p, q).delta(gamma),
            delta_between(p, q, gamma=gamma),
            exact_total_variation(p, q),
            exactly_indistinguishable(p, q, gamma=gamma, delta=Fraction(1, 4)),
        )
        distances = _distances(p, q, gamma)
        close = distances[D(P, Q, GAMMA)] <= Fraction(1, 4)
        yield (
            f"P = {p}, Q = {q}, γ = {gamma}",
            dict(zip(_EXACT.values(), made, strict=True)) | distances | {_CLOSE: close},
        )


def _c1_says(gamma: Any) -> Any:
    stick, profile, both, tv, close = _EXACT.values()
    return sp.And(
        sp.Eq(stick, H(P, Q, gamma)),
        sp.Eq(profile, H(P, Q, gamma)),
        sp.Eq(both, D(P, Q, GAMMA)),
        sp.Eq(tv, TV(P, Q)),
        sp.Equivalent(close, _CLOSE, evaluate=False),
    )


_C1_SAYS = Sentence(_c1_says(GAMMA), names={**_printed(_EXACT), _CLOSE: r"P \approx_{\ln\gamma,\,1/4} Q"})

_FLOAT = _words("hockey_stick indistinguishability total_variation hockey_stick_traced total_variation_traced")


def _float_cases() -> Iterator[tuple[str, Case]]:
    """As C1, in float64 and traced by JAX, to six digits."""
    pairs = list(_pairs(4))
    p, q = (np.array([[float(m) for m in law.table.values()] for law in side]) for side in zip(*pairs, strict=True))
    for gamma in _GAMMAS:
        made = (
            hockey_stick.host(p, q, gamma=float(gamma)),
            indistinguishability.host(p, q, epsilon=log(gamma)),
            total_variation.host(p, q),
            np.asarray(hockey_stick(p, q, gamma=float(gamma)), float),
            np.asarray(total_variation(p, q), float),
        )
        for i, (first, second) in enumerate(pairs):
            values = {name: round(float(column[i]), 6) for name, column in zip(_FLOAT.values(), made, strict=True)}
            distances = {name: round(float(d), 6) for name, d in _distances(first, second, gamma).items()}
            yield f"P = {first}, Q = {second}, γ = {gamma}", values | distances


def _c2_says(gamma: Any) -> Any:
    stick, both, tv, traced, tv_traced = _FLOAT.values()
    return sp.And(
        sp.Eq(stick, H(P, Q, gamma)),
        sp.Eq(traced, H(P, Q, gamma)),
        sp.Eq(both, D(P, Q, GAMMA)),
        sp.Eq(tv, TV(P, Q)),
        sp.Eq(tv_traced, TV(P, Q)),
    )


_C2_SAYS = Sentence(_c2_says(GAMMA), names=_printed(_FLOAT))

_TRADE, _MISS, _OTHER_MISS = sp.symbols("trade_off miss swapped")


def _least_miss(p: Law, q: Law, rate: Fraction) -> Fraction:
    """The least 1 − Q(test) over tests with P(test) ≤ rate: outcomes by falling q/p, the last one in part."""
    left, miss = rate, Fraction(1)
    for x in sorted(_ALPHABET, key=lambda x: -(q.mass(x) / p.mass(x)) if p.mass(x) else -(10**9)):
        share = min(Fraction(1), left / p.mass(x)) if p.mass(x) else Fraction(1)
        left, miss = left - share * p.mass(x), miss - share * q.mass(x)
    return miss


def _trade_cases() -> Iterator[tuple[str, Case]]:
    """Every pair of laws on three outcomes with masses in (1/3)Z, nine rates; the best test by Neyman and Pearson."""
    rates = tuple(Fraction(n, 8) for n in range(9))
    for p, q in _pairs(3):
        first, second = (np.array([float(law.mass(x)) for x in _ALPHABET]) for law in (p, q))
        found = trade_off.host(first, second, np.array(rates, float))
        for rate, value in zip(rates, found, strict=True):
            words = {_TRADE: round(float(value), _PLACES)}
            words |= {_MISS: round(float(_least_miss(p, q, rate)), _PLACES)}
            yield f"P = {p}, Q = {q}, a = {rate}", words | {_OTHER_MISS: round(float(_least_miss(q, p, rate)), _PLACES)}


_MISS_NAMES = {
    _TRADE: r"\texttt{trade\_off}(P, Q)(a)",
    _MISS: r"\min\{1 - \mathbb{E}_Q f : \mathbb{E}_P f \le a\}",
    _OTHER_MISS: r"\min\{1 - \mathbb{E}_P f : \mathbb{E}_Q f \le a\}",
}
_C3_SAYS = Sentence(sp.Eq(_TRADE, _MISS), names=_MISS_NAMES)

_DECIDED, _EVENTS, _ONE_WAY = sp.symbols("decided events one_way")


def _definition_cases() -> Iterator[tuple[str, Case]]:
    """Both definitions on every pair of laws on three outcomes with masses in (1/4)Z, γ = 2, δ = 1/4; events listed."""
    for name in ("untraining-1", "unlearning-dataset-2"):
        for (p, q), gamma in product(_pairs(4), _GAMMAS[2:]):
            decided = STATEMENTS[name](removed=p, reference=q, gamma=gamma, delta=Fraction(1, 4))
            forward, backward = (at_best_event(*pair, gamma) <= Fraction(1, 4) for pair in ((p, q), (q, p)))
            words = {_DECIDED: decided, _EVENTS: forward and backward, _ONE_WAY: forward}
            yield f"{name}: P_U = {p}, reference {q}, γ = {gamma}", words


_DEFINITION_NAMES = {
    _DECIDED: r"\text{the statement is decided true}",
    _EVENTS: r"\forall R:\ P(R) \le \gamma Q(R) + \delta,\ Q(R) \le \gamma P(R) + \delta",
    _ONE_WAY: r"\forall R:\ P(R) \le \gamma Q(R) + \delta",
}


def _c6_says(events: Any) -> Any:
    return sp.Equivalent(_DECIDED, events, evaluate=False)


_C6_SAYS = Sentence(_c6_says(_EVENTS), names=_DEFINITION_NAMES)

_AFTER, _MIXED, _KEPT = sp.symbols("after mixed kept")


def _deletion_cases() -> Iterator[tuple[str, Case]]:
    """Every pair of laws on three outcomes with masses in (1/2)Z, two shares, every S of at most two outcomes."""
    shares = (Fraction(1, 4), Fraction(1, 2))
    sets = [gone for n in range(3) for gone in combinations(_ALPHABET, n)]
    for (p, q), share, gone in product(_pairs(2), shares, sets):
        weights = {x: (share * p.mass(x) if x not in gone else 0) + (1 - share) * q.mass(x) for x in _ALPHABET}
        total = sum(weights.values())
        law = Law(tuple(weights), tuple(weight / total for weight in weights.values()))
        made = after_deletion(p, q, share, gone)
        yield f"p1 = {p}, p2 = {q}, π1 = {share}, S = {gone}", {_AFTER: made, _MIXED: law, _KEPT: q}


_DELETION_NAMES = {
    _AFTER: r"\texttt{after\_deletion}(p_1, p_2, \pi_1, S)",
    _MIXED: r"\tfrac{\pi_1 p_1 \mathbf{1}\{x \notin S\} + \pi_2 p_2}{1 - \pi_1 p_1(S)}",
    _KEPT: "p_2",
}
_C7_SAYS = Sentence(sp.Eq(_AFTER, _MIXED), names=_DELETION_NAMES)

_AT_4, _AT_3, _AT_2 = (count_laws(3, n) ** 2 for n in (4, 3, 2))


def code_theorem(
    name: str, title: str, statements: tuple[Sentence, Any], cases: Callable[..., Any], size: int
) -> Theorem:
    """A theorem about the code: a statement and the conclusion of its twin, the cases, and how many there are."""
    statement, twin = statements
    return Theorem(
        id=name,
        title=title,
        statement=statement,
        twin_statement=statement.but(twin),
        hypotheses="of the code: what it computes, against the definition worked out by code of another kind",
        status="ours",
        source=f"proof in {place(cases)}",
        kind="exhaustive",
        scope=f"{size} cases: {' '.join((cases.__doc__ or '').split())}".rstrip("."),
        size=size,
        search=OverCases(cases),
    )


CODE = (
    code_theorem("C1", "exact distances of finite laws", (_C1_SAYS, _c1_says(1)), _exact_cases, 3 * _AT_4),
    code_theorem("C2", "distances in float64, and traced", (_C2_SAYS, _c2_says(1)), _float_cases, 3 * _AT_4),
    code_theorem("C3", "the trade-off function", (_C3_SAYS, sp.Eq(_TRADE, _OTHER_MISS)), _trade_cases, 9 * _AT_3),
    code_theorem("C6", "what the definitions decide", (_C6_SAYS, _c6_says(_ONE_WAY)), _definition_cases, 2 * _AT_4),
    code_theorem("C7", "the law after a deletion", (_C7_SAYS, sp.Eq(_AFTER, _KEPT)), _deletion_cases, 14 * _AT_2),
)
