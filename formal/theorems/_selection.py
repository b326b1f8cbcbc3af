"""T21, T22: deleting what is likeliest under p₁ relative to p₂, against deleting what is far from p₂."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from fractions import Fraction
from functools import cache
from itertools import combinations
from typing import Any

import numpy as np
import scipy.optimize
import scipy.stats

from ..catalogue._bibliography import cite
from ..distributional._distributional import after_deletion
from ..laws._finite import Law, uniform
from ..laws._worlds import all_laws
from ._base import Case, Theorem, place
from ._over_cases import OverCases, power
from ._over_laws import partitions
from ._sentence import Sentence
from ._symbolic import Symbolic
from ._sympy import sp
from ._terms import KLD as KL
from ._terms import laws

_SHARES = (Fraction(1, 4), Fraction(1, 2), Fraction(2, 3))
Grids = tuple[tuple[int, int], ...]
GRIDS: Grids = ((4, 12), (5, 10), (6, 8))
"""(atoms, denominator of p₂'s masses)."""
_UNEVEN = (3, 2, 2, 1, 1, 1)


def _ordered_laws(atoms: int, denominator: int) -> Iterator[Law]:
    """Laws of non-increasing masses: with p₁ uniform, relabelling atoms gives all others."""
    for law in all_laws(range(atoms), denominator):
        masses = list(law.table.values())
        if masses == sorted(masses, reverse=True):
            yield law


_WHOLE, _LEFT, _LOST = sp.symbols("whole left lost")
_I, _FITTED, _MIXTURE = laws("p_i p_{-S} m")
_TERM_NAMES = {
    _MIXTURE: r"\pi_1 p_1 + \pi_2 p_2",
    _LEFT: r"\log(1 - \pi_1 p_1(S))",
    _LOST: r"\sum_{x \in S} p_i \log\left(1 + \tfrac{\pi_1}{\pi_2} \tfrac{p_1}{p_2}\right)",
}
_P1, _P2, _Z, _SHARE_1, _SHARE_2 = sp.symbols("p_1 p_2 Z a b", positive=True)


def _deleted(sentence: Sentence) -> tuple[Case, ...]:
    """With m = π₁p₁ + π₂p₂ and Z = 1 − π₁p₁(S), p₋ₛ is m/Z off S and π₂p₂/Z on it.

    So log pᵢ/p₋ₛ = log pᵢ/m + log Z, and on S there is log m/(π₂p₂) = log(1 + π₁p₁/(π₂p₂)) more.
    """
    # π₁ = a/(a+b). All four are sums over x of what pᵢ puts there times a logarithm: equal term by term, on S and
    # off it.
    first, second = _SHARE_1 / (_SHARE_1 + _SHARE_2), _SHARE_2 / (_SHARE_1 + _SHARE_2)
    mixture = first * _P1 + second * _P2

    def case(p: Any, gone: bool) -> Case:
        after = (second * _P2 if gone else mixture) / _Z
        return {
            KL(_I, _FITTED): p * sp.log(p / after),
            KL(_I, _MIXTURE): p * sp.log(p / mixture),
            _LEFT: p * sp.log(_Z),
            _LOST: p * sp.log(1 + first * _P1 / (second * _P2)) if gone else sp.Integer(0),
        }

    return tuple(case(p, gone) for p in (_P1, _P2) for gone in (False, True))


def _settled(difference: Any) -> Any:
    together = sp.expand_log(sp.logcombine(sp.expand_log(difference, force=True), force=True), force=True)
    return sp.simplify(sp.expand_log(sp.simplify(together), force=True))


def _t21a_says(left: Any) -> Any:
    return sp.Eq(KL(_I, _FITTED), KL(_I, _MIXTURE) + left + _LOST)


_T21A_SAYS = Sentence(_t21a_says(_LEFT), names=_TERM_NAMES)


def budgets(grids: Grids = GRIDS) -> Iterator[tuple[str, Case]]:
    """Each p₂, share and budget; p₁ uniform, and p₁ uneven on the same atoms for the twin."""
    for atoms, denominator in grids:
        uneven = Law(tuple(range(atoms)), tuple(Fraction(n, sum(_UNEVEN[:atoms])) for n in _UNEVEN[:atoms]))
        for second in _ordered_laws(atoms, denominator):
            for share in _SHARES:
                for size in range(1, atoms):
                    words = f"p2 = {second}, π1 = {share}, |S| = {size}; uneven p1 = {uneven}"
                    yield words, Compared(second, share, size, uniform(range(atoms)), uneven)


class Compared(dict[Any, Any]):
    """The words of one comparison, worked out when they are asked for: the twin's are not needed by the theorem."""

    def __init__(self, second: Law, share: Fraction, size: int, *firsts: Law) -> None:
        super().__init__(dict.fromkeys(_WORDS[0] + _WORDS[1]))
        self.given = second, share, size, firsts

    def __getitem__(self, word: Any) -> Any:
        second, share, size, firsts = self.given
        which = int(word in _WORDS[1])
        return optimality(second, share, size, firsts[which])[_WORDS[which].index(word)]


@cache
def optimality(second: Law, share: Fraction, size: int, first: Law) -> tuple[Any, Any, Any, Any]:
    """e^{N·KL} of both laws when the largest ratios are deleted up to a budget, and the best of the sets that spend it.

    Returns:
        Removal and preservation of the largest ratios; the most removal and the least preservation of any set.
    """
    atoms = tuple(first.outcomes)
    # The budget is what the `size` last atoms weigh: with equal atoms, what any `size` atoms weigh.
    budget = _mass(first, atoms[-size:])
    removal, preservation = _powers(first, second, share, _likeliest(first, second, budget))
    rivals = (gone for n in range(len(atoms) + 1) for gone in combinations(atoms, n))
    others = [_powers(first, second, share, gone) for gone in rivals if _mass(first, gone) == budget]
    return removal, preservation, max(away for away, _ in others), min(near for _, near in others)


def _mass(law: Law, atoms: Collection[Any]) -> Fraction:
    return sum((law.mass(x) for x in atoms), Fraction(0))


def _likeliest(first: Law, second: Law, budget: Fraction) -> list[Any]:
    """Atoms by falling p₁/p₂ (p₂ = 0 first), each one that the budget still pays for."""

    def ratio(x: Any) -> tuple[bool, Fraction]:
        bare = not second.mass(x)
        return bare, first.mass(x) if bare else first.mass(x) / second.mass(x)

    chosen: list[Any] = []
    for x in sorted(first.outcomes, key=ratio, reverse=True):
        if _mass(first, [*chosen, x]) <= budget:
            chosen.append(x)
    return chosen


def _powers(first: Law, second: Law, share: Fraction, gone: Collection[Any]) -> tuple[Fraction | float, Fraction]:
    """e^{N·KL(p₁‖·)}, infinite when an atom of p₁ alone is gone, and e^{N·KL(p₂‖·)}."""
    after = after_deletion(first, second, share, gone)
    lost = any(not after.mass(x) for x, _ in first.support)
    away = float("inf") if lost else power(first, lambda x: first.mass(x) / after.mass(x))
    return away, power(second, lambda x: second.mass(x) / after.mass(x))


_WORDS = tuple(tuple(sp.symbols(f"a{mark} b{mark} c{mark} d{mark}")) for mark in ("", "'"))
_NAMES = {
    word: rf"{extreme}\mathrm{{KL}}(p_{i}{mark} \,\|\, p_{{-{which}}})"
    for mark, words in zip(("", "'"), _WORDS, strict=True)
    for word, (extreme, i, which) in zip(
        words, (("", 1, "S^*"), ("", 2, "S^*"), (r"\max_S ", 1, "S"), (r"\min_S ", 2, "S")), strict=True
    )
}


def _t21b_says(words: tuple[Any, ...]) -> Sentence:
    """With ℓ = p₁/p₂, c = π₁/π₂ and p₁(S) fixed, only Σ_S pᵢ·log(1 + cℓ) of T21a depends on S.

    For i = 1 that is a mean, over the mass that p₁ spends, of what rises with ℓ: largest on the largest ℓ. For i = 2
    it is Σ_S p₁·log(1 + cℓ)/ℓ, of what falls with ℓ: least on the same rows. Atoms with p₂ = 0 are the limit ℓ = ∞.
    """
    removal, preservation, most, least = words
    return Sentence(sp.And(sp.Eq(removal, most), sp.Eq(preservation, least)), names=_NAMES)


GAPS = (0.1, 0.25, 0.5, 1.0, 1.5)
"""Separations d of T22; beyond, the two rules differ by less than 10⁻³."""


def kept_by_ratio(cut: Any, gap: float) -> tuple[Any, Any]:
    """(mass, first moment) of N(0, 1) above `cut`: what the likelihood ratio against N(d, 1) keeps."""
    del gap
    return scipy.stats.norm.sf(cut), scipy.stats.norm.pdf(cut)


def kept_by_distance(cut: Any, gap: float) -> tuple[Any, Any]:
    """(mass, first moment) of N(0, 1) within −`cut` of d, `cut` < 0."""
    low, high = gap + cut, gap - cut
    law = scipy.stats.norm
    return law.cdf(high) - law.cdf(low), law.pdf(low) - law.pdf(high)


def _refit(kept: Callable[[Any, float], tuple[Any, Any]], cut: Any, gap: float) -> Any:
    """The refitted mean, in units of d, from equally many rows of N(0, 1), selected, and of N(d, 1)."""
    mass, moment = kept(cut, gap)
    return (moment + gap) / (mass + 1) / gap


def needed(kept: Callable[[Any, float], tuple[Any, Any]], gap: float) -> float:
    """The fraction of p₁ to delete, in the population limit, before KL(p₁‖p) ≥ κ/2.

    >>> round(needed(kept_by_ratio, 1.0), 3), round(needed(kept_by_distance, 1.0), 3)
    (0.195, 0.201)
    """
    # KL(p₁‖p)/κ is the square of the refit in units of d. From −12 almost nothing is deleted; at −10⁻⁶ and at
    # d/√2 the target is met, and up to there the refit rises.
    end = gap / 2**0.5 if kept is kept_by_ratio else -1e-6
    cut: Any = scipy.optimize.brentq(lambda t: _refit(kept, t, gap) - 0.5**0.5, -12.0 - gap, end)
    return 1 - float(kept(cut, gap)[0])


_NEEDED = sp.symbols("ratio distance")
_REACHED, _STAYED = sp.symbols("reached stayed")
_RULE_NAMES = {
    _NEEDED[0]: r"f_{\mathrm{ratio}}(d)",
    _NEEDED[1]: r"f_{\mathrm{distance}}(d)",
    _REACHED: r"\max_f \mathrm{KL}(p_1 \,\|\, p)/\kappa \text{ by ratio}",
    _STAYED: r"\max_f \mathrm{KL}(p_1 \,\|\, p)/\kappa \text{ by distance}",
}


def _rules() -> Iterator[tuple[str, Case]]:
    for gap in GAPS:
        by_ratio, by_distance = (_refit(k, _CUTS, gap).max() ** 2 for k in (kept_by_ratio, _kept_inside))
        fractions = needed(kept_by_ratio, gap), needed(kept_by_distance, gap)
        words = (
            f"d = {gap}: needed {fractions[0]:.4f} by likelihood ratio, {fractions[1]:.4f} by distance; "
            f"largest removal {by_ratio:.4f}κ and {by_distance:.4f}κ"
        )
        # To nine digits: what stays at κ is computed a rounding above or below it.
        reached = {_REACHED: round(float(by_ratio), 9), _STAYED: round(float(by_distance), 9)}
        yield words, dict(zip(_NEEDED, fractions, strict=True)) | reached


def _kept_inside(cut: Any, gap: float) -> tuple[Any, Any]:
    return kept_by_distance(np.minimum(cut, -1e-6), gap)


_CUTS = np.linspace(-8, 8, 3201)


def _t22_says(relation: Any) -> Any:
    return sp.And(relation(*_NEEDED), sp.Gt(_REACHED, 1), sp.Eq(_STAYED, 1))


_T22_SAYS = Sentence(_t22_says(sp.Lt), names=_RULE_NAMES)

_ATOMS = "p₁ uniform on 4, 5 or 6 atoms with p₂ in (1/12)Z, (1/10)Z or (1/8)Z, up to relabelling; π₁ ∈ {1/4, 1/2, 2/3}"

SELECTION = (
    Theorem(
        id="T21a",
        title="what a deletion does to both divergences",
        statement=_T21A_SAYS,
        twin_statement=_T21A_SAYS.but(_t21a_says(0)),
        hypotheses="p₂ > 0; p₋ₛ the mixture once S is deleted from p₁; π₂ > 0, i = 1, 2",
        status="derived",
        source=f"proof in {place(_deleted)}",
        kind="symbolic",
        scope="all laws, finite or not, and all S, term by term, on S and off it",
        search=Symbolic(_deleted, ({_P1: sp.Integer(1), _P2: sp.Integer(1), _Z: sp.Rational(1, 2)},), _settled),
    ),
    Theorem(
        id="T21b",
        title="thresholding the likelihood ratio is optimal at a fixed budget",
        statement=_t21b_says(_WORDS[0]),
        twin_statement=_t21b_says(_WORDS[1]),
        hypotheses="S* the largest p₁/p₂ up to the budget, rows with p₂ = 0 first, S any set of that mass under p₁, "
        "which is uniform; KL(p₁‖·) = ∞ where a row of p₁ alone is gone, so that such rows go first. In Coq p₁ is any "
        "law, p₂ too: S* need only have that mass. Unequal atoms, p₁′ ∝ (3, 2, 2, 1, …), make it a knapsack, in which "
        "taking the best ratios first is not optimal",
        status="read",
        source=f"{cite('mohanty2026')}; proof in {place(_t21b_says)}",
        kind="exhaustive",
        scope=f"{_ATOMS}; every budget, every rival set of that mass; compared exactly, infinite where it is",
        size=sum(partitions(denominator, atoms) * len(_SHARES) * (atoms - 1) for atoms, denominator in GRIDS),
        search=OverCases(budgets),
    ),
    Theorem(
        id="T22",
        title="distance to μ₂ is not the best rule",
        statement=_T22_SAYS,
        twin_statement=_T22_SAYS.but(_t22_says(sp.Gt)),
        hypotheses="p₁ = N(0, 1), p₂ = N(d, 1), equally many rows, population limit, mean refit; f the fraction of p₁ "
        "deleted when KL(p₁‖p) reaches κ/2",
        status="derived",
        source=f"no proof: computed in {place(needed)}",
        kind="property",
        scope=f"d ∈ {{{', '.join(map(str, GAPS))}}} and 3201 thresholds, in float64: a computation, not a proof",
        size=len(GAPS),
        search=OverCases(_rules),
    ),
)
