"""T21, T22: deleting what is likeliest under p₁ relative to p₂, against deleting what is far from p₂."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from fractions import Fraction
from itertools import combinations
from typing import Any

import numpy as np
import scipy.optimize
import scipy.stats

from ..catalogue._bibliography import cite
from ..distributional._distributional import after_deletion
from ..laws._finite import Law, mixed_law, uniform
from ..laws._worlds import all_laws
from ._base import Case, Theorem, place
from ._over_cases import OverCases, power

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


def terms(grids: Grids = GRIDS) -> Iterator[Case]:
    """Both sides of the decomposition, as e^{N·…}, for every deleted set S and i = 1, 2."""
    for atoms, denominator in grids:
        first = uniform(range(atoms))
        for second in filter(lambda law: all(law.table.values()), _ordered_laws(atoms, denominator)):
            for share in _SHARES:
                for size in range(1, atoms + 1):
                    for gone in combinations(range(atoms), size):
                        yield from _decomposed(first, second, share, gone)


def _decomposed(first: Law, second: Law, share: Fraction, gone: Collection[int]) -> Iterator[Case]:
    after = after_deletion(first, second, share, gone)
    whole = mixed_law((share, 1 - share), (first, second))
    odds = share / (1 - share)
    budget = sum((first.mass(x) for x in gone), Fraction(0))
    for name, law in (("p1", first), ("p2", second)):
        if name == "p1" or share * budget < 1:
            yield Case(
                words=f"p2 = {second}, π1 = {share}, S = {gone}, KL({name}‖·)",
                kl=power(law, lambda x, p=law: p.mass(x) / after.mass(x)),
                whole=power(law, lambda x, p=law: p.mass(x) / whole.mass(x)),
                total=(1 - share * budget) ** law.scaled[1],
                none=Fraction(1),
                lost=power(law, lambda x: 1 + odds * first.mass(x) / second.mass(x) if x in gone else Fraction(1)),
            )


def _t21a(c: Case) -> Any:
    """With m = π₁p₁ + π₂p₂ and Z = 1 − π₁p₁(S), p₋ₛ is m/Z off S and π₂p₂/Z on it.

    So log pᵢ/p₋ₛ = log pᵢ/m + log Z, and on S there is log m/(π₂p₂) = log(1 + π₁p₁/(π₂p₂)) more.
    """
    return c.kl == c.whole * c.total * c.lost


def _t21a_twin(c: Case) -> Any:
    return c.kl == c.whole * c.none * c.lost


def budgets(grids: Grids = GRIDS) -> Iterator[Case]:
    """Each p₂, share and budget; p₁ uniform, and p₁ uneven on the same atoms for the twin."""
    for atoms, denominator in grids:
        uneven = Law(tuple(range(atoms)), tuple(Fraction(n, sum(_UNEVEN[:atoms])) for n in _UNEVEN[:atoms]))
        for second in _ordered_laws(atoms, denominator):
            for share in _SHARES:
                for size in range(1, atoms):
                    yield Case(
                        words=f"p2 = {second}, π1 = {share}, |S| = {size}; uneven p1 = {uneven}",
                        uniform=uniform(range(atoms)),
                        uneven=uneven,
                        optimal=optimality(second, share, size),
                    )


def optimality(second: Law, share: Fraction, size: int) -> Callable[[Law], bool]:
    """Whether the largest likelihood ratios, deleted up to a budget, beat every set that spends it in full."""

    def optimal(first: Law) -> bool:
        atoms = tuple(first.outcomes)
        # The budget is what the `size` last atoms weigh: with equal atoms, what any `size` atoms weigh.
        budget = _mass(first, atoms[-size:])
        best = _likeliest(first, second, budget)
        removal, preservation = _powers(first, second, share, best)
        rivals = (gone for n in range(len(atoms) + 1) for gone in combinations(atoms, n))
        others = (_powers(first, second, share, gone) for gone in rivals if _mass(first, gone) == budget)
        return all(removal >= away and preservation <= near for away, near in others)

    return optimal


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


def _t21b(c: Case) -> Any:
    """With ℓ = p₁/p₂, c = π₁/π₂ and p₁(S) fixed, only Σ_S pᵢ·log(1 + cℓ) of T21a depends on S.

    For i = 1 that is a mean, over the mass that p₁ spends, of what rises with ℓ: largest on the largest ℓ. For i = 2
    it is Σ_S p₁·log(1 + cℓ)/ℓ, of what falls with ℓ: least on the same rows. Atoms with p₂ = 0 are the limit ℓ = ∞.
    """
    return c.optimal(c.uniform)


def _t21b_twin(c: Case) -> Any:
    return c.optimal(c.uneven)


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


def _rules() -> Iterator[Case]:
    for gap in GAPS:
        by_ratio, by_distance = (_refit(k, _CUTS, gap).max() ** 2 for k in (kept_by_ratio, _kept_inside))
        fractions = needed(kept_by_ratio, gap), needed(kept_by_distance, gap)
        yield Case(
            words=f"d = {gap}: needed {fractions[0]:.4f} by likelihood ratio, {fractions[1]:.4f} by distance; "
            f"largest removal {by_ratio:.4f}κ and {by_distance:.4f}κ",
            ratio=fractions[0],
            distance=fractions[1],
            reached=by_ratio,
            stayed=by_distance,
        )


def _kept_inside(cut: Any, gap: float) -> tuple[Any, Any]:
    return kept_by_distance(np.minimum(cut, -1e-6), gap)


_CUTS = np.linspace(-8, 8, 3201)


def _t22(c: Case) -> Any:
    return c.ratio < c.distance and c.reached > 1 and c.stayed < 1 + 1e-12


def _t22_twin(c: Case) -> Any:
    return c.ratio > c.distance and c.reached > 1 and c.stayed < 1 + 1e-12


_ATOMS = "p₁ uniform on 4, 5 or 6 atoms with p₂ in (1/12)Z, (1/10)Z or (1/8)Z, up to relabelling; π₁ ∈ {1/4, 1/2, 2/3}"

SELECTION = (
    Theorem(
        id="T21a",
        title="what a deletion does to both divergences",
        statement_latex=r"\mathrm{KL}(p_i \| p_{-S}) = \mathrm{KL}(p_i \| \pi_1 p_1 + \pi_2 p_2) + \log(1 - \pi_1 "
        r"p_1(S)) + \sum_{x \in S} p_i \log\left(1 + \tfrac{\pi_1}{\pi_2} \tfrac{p_1}{p_2}\right)",
        hypotheses="finite laws, p₂ > 0; p₋ₛ the mixture once S is deleted from p₁; π₂ > 0",
        status="derived",
        source=f"proof in {place(_t21a)}; the setting of {cite('mohanty2026')}",
        kind="exhaustive",
        scope=f"{_ATOMS}; p₂ > 0; every nonempty S; logarithms compared exactly, as rationals e^{{N·…}}",
        search=OverCases(terms),
        claim=_t21a,
        twin_latex=r"\text{the same without } \log(1 - \pi_1 p_1(S))",
        twin_claim=_t21a_twin,
    ),
    Theorem(
        id="T21b",
        title="thresholding the likelihood ratio is optimal",
        statement_latex=r"S = \{p_1/p_2 \text{ largest}\},\ p_1(S') = p_1(S) \Rightarrow \mathrm{KL}(p_1 \| p_{-S}) "
        r"\ge \mathrm{KL}(p_1 \| p_{-S'}),\ \mathrm{KL}(p_2 \| p_{-S}) \le \mathrm{KL}(p_2 \| p_{-S'})",
        hypotheses="p₁ uniform over its atoms, so that the threshold spends the budget exactly; unequal atoms make it "
        "a knapsack, in which taking the best ratios first is not optimal",
        status="read",
        source=f"{cite('mohanty2026')}; proof in {place(_t21b)}",
        kind="exhaustive",
        scope=f"{_ATOMS}; every budget, every rival set of that mass; compared exactly",
        search=OverCases(budgets),
        claim=_t21b,
        twin_latex=r"\text{the same for unequal atoms, } p_1 \propto (3, 2, 2, 1, \ldots)",
        twin_claim=_t21b_twin,
    ),
    Theorem(
        id="T22",
        title="distance to μ₂ is not the best rule",
        statement_latex=r"f_{\mathrm{ratio}}(d) < f_{\mathrm{distance}}(d),\quad \max_f \mathrm{KL}(p_1 \| p) > \kappa "
        r"\text{ by ratio},\ \le \kappa \text{ by distance}",
        hypotheses="p₁ = N(0, 1), p₂ = N(d, 1), equally many rows, population limit, mean refit; f the fraction of p₁ "
        "deleted when KL(p₁‖p) reaches κ/2",
        status="derived",
        source=f"no proof: computed in {place(needed)}",
        kind="property",
        scope=f"d ∈ {{{', '.join(map(str, GAPS))}}} and 3201 thresholds, in float64: a computation, not a proof",
        search=OverCases(_rules),
        claim=_t22,
        twin_latex=r"f_{\mathrm{ratio}}(d) > f_{\mathrm{distance}}(d)",
        twin_claim=_t22_twin,
    ),
)
