"""F28: data edited by a deletion, tested against the law that was to stay."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations, product
from typing import Any

from ..catalogue._bibliography import cite
from ..laws._finite import Law
from ..laws._worlds import all_laws
from ._base import Case, Theorem, place
from ._over_cases import OverCases
from ._sentence import Sentence
from ._sympy import sp
from ._terms import H, laws

_DESIRED, _EDITED = laws("p_2 p_{-S}")
_KEPT, _SHARE = sp.symbols("Z pi_2", positive=True)
_EDITS = {_KEPT: "Z"}


def _edits() -> Iterator[tuple[str, Case]]:
    """p₋ₛ is (π₁p₁ + π₂p₂)/Z off S and π₂p₂/Z on it, Z = 1 − π₁p₁(S): nowhere below π₂p₂/Z."""
    atoms = range(3)
    for first, second in product(all_laws(atoms, 4), repeat=2):
        for share in (Fraction(1, 4), Fraction(1, 2)):
            for gone in (s for n in range(4) for s in combinations(atoms, n)):
                kept = 1 - (1 - share) * sum((first.mass(x) for x in gone), Fraction(0))
                masses = [(1 - share) * first.mass(x) * (x not in gone) + share * second.mass(x) for x in atoms]
                edited = Law(tuple(atoms), tuple(mass / kept for mass in masses))
                levels = {_KEPT / _SHARE: kept / share, _KEPT: kept}
                gaps = {H(_DESIRED, _EDITED, name): _excess(second, edited, g) for name, g in levels.items()}
                yield f"p1 = {first}, p2 = {second}, π2 = {share}, S = {gone}", gaps


def _excess(law: Law, other: Law, gamma: Fraction) -> Fraction:
    # Here γ may be below 1.
    return sum((max(mass - gamma * other.mass(x), Fraction(0)) for x, mass in law.table.items()), Fraction(0))


def _f28_says(level: Any) -> Any:
    return sp.Eq(H(_DESIRED, _EDITED, level), 0)


_F28_SAYS = Sentence(_f28_says(_KEPT / _SHARE), names=_EDITS)

EDITED = (
    Theorem(
        id="F28",
        title="deleting from p₁ alone preserves p₂, as a test sees it",
        statement=_F28_SAYS,
        twin_statement=_F28_SAYS.but(_f28_says(_KEPT)),
        hypotheses="p₋ₛ ∝ the mixture π₁p₁ + π₂p₂ once S is deleted from p₁, Z = 1 − π₁p₁(S): p₂(R) ≤ (Z/π₂)·p₋ₛ(R) "
        "for every R, so that no test of p₋ₛ against p₂ has both errors below that line",
        status="ours",
        source=f"the setting of {cite('pandey2026')}, of which the abstract was read; proof in {place(_edits)}",
        kind="exhaustive",
        scope="p₁, p₂ on 3 outcomes with masses in (1/4)Z, π₂ ∈ {1/4, 1/2}, all S",
        size=15 * 15 * 2 * 8,
        search=OverCases(_edits),
    ),
)
