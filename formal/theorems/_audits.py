"""E11: the least number of pairs that any audit needs."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations, product
from math import comb
from typing import Any

from ._base import Case, Theorem, place
from ._over_cases import OverCases
from ._pairs import CLAIMS, excess, pair_laws, told
from ._sentence import Sentence
from ._sympy import sp

_POWER, _SIZE, _COUNT, _MOST = sp.symbols("power size n most", positive=True)
_GAP, _DELTA, _TOTAL = sp.symbols("gap delta total", real=True)
_AUDIT = {
    _POWER: r"\Pr_r[\text{rejects}]",
    _SIZE: r"\Pr_{r'}[\text{rejects}]",
    _MOST: "m",
    _GAP: r"\delta_{\gamma}(r')",
    _DELTA: r"\delta",
    _TOTAL: "r'(\\Omega)",
}


def _audits() -> Iterator[tuple[str, Case]]:
    """Arms exchanged with chance (1 − δ)/(γ + 1), any law of pairs meets the claim; it keeps the share 1/most of each.

    So a test of n pairs rejects under that law with at least most⁻ⁿ of its chance under r.
    """
    outcomes = list(product((0, 1), repeat=2))
    tests: list[set[Any]] = [set(t) for n in range(1, 5) for t in combinations(outcomes, n)]
    for pair in pair_laws():
        for gamma, delta in product(CLAIMS, (Fraction(0), Fraction(1, 4))):
            keep, swap = (gamma + delta) / (gamma + 1), (1 - delta) / (gamma + 1)
            mixed = {(x, y): keep * pair[x, y] + swap * pair[y, x] for x, y in outcomes}
            most = (gamma + 1) / (gamma + delta)
            told_of = {_MOST: most, _GAP: excess(mixed, gamma), _DELTA: delta, _TOTAL: sum(mixed.values())}
            for count, rejects in product((1, 2), tests):
                power, size = (sum(law[xy] for xy in rejects) ** count for law in (pair, mixed))
                if power:
                    words = f"{told(pair)}; γ = {gamma}, δ = {delta}; {count} pairs, each in {sorted(rejects)}"
                    yield words, told_of | {_POWER: power, _SIZE: size, _COUNT: count}


def _e11_says(count: Any) -> Any:
    return sp.And(sp.Le(_POWER, _SIZE * _MOST**count), sp.Le(_GAP, _DELTA), sp.Eq(_TOTAL, 1))


_E11_SAYS = Sentence(_e11_says(_COUNT), sharp=sp.Gt(_COUNT, 1), names=_AUDIT)

AUDITS = (
    Theorem(
        id="E11",
        title="no audit needs fewer pairs than the planner says",
        statement=_E11_SAYS,
        twin_statement=_E11_SAYS.but(_e11_says(_COUNT - 1)),
        hypotheses="r any law of pairs, r′ the same with the arms exchanged with chance (1 − δ)/(γ + 1), which meets "
        "(ln γ, δ); m = (γ + 1)/(γ + δ). So a test of n pairs at level α rejects with chance αmⁿ at most, whatever the "
        "pairs are: certain refutation takes ln(1/α)/ln m of them, and one fewer does not do (twin). In "
        "Coq all tests, sequential ones too. Relied on by properties/engine/_bets.py: least_pairs",
        status="ours",
        source=f"proof in {place(_audits)}",
        kind="exhaustive",
        scope="laws of a pair with masses in (1/4)Z, γ ∈ {1, 2, 3}, δ ∈ {0, 1/4}; n ∈ {1, 2}, every test "
        "of one pair, met by each, where r rejects at all",
        # Of s outcomes there are C(4, s)·C(3, s − 1) laws, each met by all but 2^{4−s} of 16 tests.
        size=12 * sum(comb(4, s) * comb(3, s - 1) * (16 - 2 ** (4 - s)) for s in range(1, 5)),
        search=OverCases(_audits),
    ),
)
