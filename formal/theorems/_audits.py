"""E11: the least number of pairs that any audit needs."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations, product
from typing import Any

from ._base import Case, Theorem, place
from ._over_cases import OverCases
from ._pairs import CLAIMS, pair_laws, told
from ._sentence import Sentence
from ._sympy import sp

_POWER, _SIZE, _COUNT, _MOST = sp.symbols("power size n most", positive=True)
_AUDIT = {
    _POWER: r"\Pr_r[\text{rejects}]",
    _SIZE: r"\max_{\text{claim}} \Pr[\text{rejects}]",
    _MOST: "m",
}


def _audits() -> Iterator[tuple[str, Case]]:
    """Arms exchanged with chance (1 − δ)/(γ + 1), any law of pairs meets the claim; it keeps the share 1/most of each.

    So a test of n pairs rejects under that law with at least most⁻ⁿ of its chance under r.
    """
    outcomes = list(product((0, 1), repeat=2))
    tests = [set(t) for n in range(1, 5) for t in combinations(outcomes, n)]
    for pair in pair_laws():
        for gamma, delta in product(CLAIMS, (Fraction(0), Fraction(1, 4))):
            keep, swap = (gamma + delta) / (gamma + 1), (1 - delta) / (gamma + 1)
            mixed = {(x, y): keep * pair[x, y] + swap * pair[y, x] for x, y in outcomes}
            for count, rejects in product((1, 2), tests):
                power, size = (sum(law[xy] for xy in rejects) ** count for law in (pair, mixed))
                if power:
                    words = f"{told(pair)}; γ = {gamma}, δ = {delta}; {count} pairs, each in {sorted(rejects)}"
                    yield words, {_POWER: power, _SIZE: size, _COUNT: count, _MOST: 1 / keep}


def _e11_says(count: Any) -> Any:
    return sp.Le(_POWER, _SIZE * _MOST**count)


_E11_SAYS = Sentence(_e11_says(_COUNT), sharp=sp.Gt(_COUNT, 1), names=_AUDIT)

AUDITS = (
    Theorem(
        id="E11",
        title="no audit needs fewer pairs than the planner says",
        statement=_E11_SAYS,
        twin_statement=_E11_SAYS.but(_e11_says(_COUNT - 1)),
        hypotheses="a test of n pairs that rejects with chance α at most wherever (ln γ, δ) is met rejects "
        "with chance α·mⁿ at most, m = (γ + 1)/(γ + δ), whatever the pairs are: certain refutation takes ln(1/α)/ln m "
        "pairs, and one fewer does not do (twin). "
        "In Coq all tests, sequential ones too. Relied on by properties/engine/_bets.py: least_pairs",
        status="ours",
        source=f"proof in {place(_audits)}",
        kind="exhaustive",
        scope="laws of a pair with masses in (1/4)Z, γ ∈ {1, 2, 3}, δ ∈ {0, 1/4}; n ∈ {1, 2}, every test "
        "of one pair, met by each; the chance under the claim at one law that meets it, where r rejects at all",
        search=OverCases(_audits),
    ),
)
