"""C4, C5, C8: the library's formulas are those of the theorems, and give what integrals and searches give."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from math import exp, pi, sqrt
from typing import Any

import numpy as np
import scipy.integrate

from ..closeness import gaussian_profile, indistinguishability_to_total_variation
from ..closeness._calculus import chain_delta, group_delta
from ..closeness._symbols import DELTA, DELTA_1, DELTA_2, EPSILON, EPSILON_1, EPSILON_2, SIZE
from ..distributional._frontier import gaussian_frontier, gaussian_removal
from ._base import Case, Theorem, place
from ._code import code_theorem
from ._distances import chained
from ._sentence import Sentence
from ._symbolic import Symbolic
from ._sympy import sp
from ._terms import GAMMA_1, GAMMA_2

_G1, _G2, _G = sp.exp(EPSILON_1), sp.exp(EPSILON_2), sp.exp(EPSILON)


def _calculus(sentence: Sentence) -> tuple[Case, ...]:
    """The same expressions, up to simplification: both sides are the library's own, one from each place."""
    return ({},)


def _c4_says(join: Any) -> Any:
    chain = chained(DELTA_1, DELTA_2, join).subs({GAMMA_1: _G1, GAMMA_2: _G2})
    total = {k: DELTA * sum(_G**j for j in range(k)) for k in (1, 2, 3)}
    return sp.And(
        sp.Eq(chain_delta.expression, chain, evaluate=False),
        *(sp.Eq(group_delta.expression.subs(SIZE, k), total[k], evaluate=False) for k in total),
        sp.Eq((_G + 1) * indistinguishability_to_total_variation.expression, _G - 1 + 2 * DELTA, evaluate=False),
    )


_C4_SAYS = Sentence(
    _c4_says(sp.Max),
    names={EPSILON_1: r"\varepsilon_1", EPSILON_2: r"\varepsilon_2", EPSILON: r"\varepsilon"},
)
_AT_HALVES: dict[Any, Any] = {
    **{EPSILON_1: sp.log(2), EPSILON_2: sp.log(3), EPSILON: sp.log(2)},
    **{DELTA_1: sp.Rational(1, 8), DELTA_2: sp.Rational(1, 4), DELTA: sp.Rational(1, 8)},
}

_COMPUTED, _INTEGRAL, _WITHOUT = sp.symbols("computed integral without")


def _profile_cases() -> Iterator[tuple[str, Case]]:
    """ε ∈ {0, 1/2, 1, 2}, q ∈ {1/2, 1, 2}, to nine digits; the densities are integrated by quadrature."""

    def density(x: float, mean: float = 0.0) -> float:
        return exp(-((x - mean) ** 2) / 2) / sqrt(2 * pi)

    for epsilon, distance in product((0.0, 0.5, 1.0, 2.0), (0.5, 1.0, 2.0)):
        cut = distance / 2 + epsilon / distance
        parts = [scipy.integrate.quad(density, cut, np.inf, args=(mean,))[0] for mean in (distance, 0.0)]
        words = {_COMPUTED: float(gaussian_profile.host(epsilon=epsilon, distance=distance))}
        words |= {_INTEGRAL: parts[0] - exp(epsilon) * parts[1], _WITHOUT: parts[0] - parts[1]}
        yield f"ε = {epsilon}, q = {distance}", {name: round(number, 9) for name, number in words.items()}


_PROFILE_NAMES = {
    _COMPUTED: r"\texttt{gaussian\_profile}(\varepsilon, q)",
    _INTEGRAL: r"\int_{x > q/2 + \varepsilon/q} p - e^{\varepsilon} q",
    _WITHOUT: r"\int_{x > q/2 + \varepsilon/q} p - q",
}
_C5_SAYS = Sentence(sp.Eq(_COMPUTED, _INTEGRAL), names=_PROFILE_NAMES)

_FOUND, _SOUGHT, _HALF = sp.symbols("found sought half")


def _frontier_cases() -> Iterator[tuple[str, Case]]:
    """Four pairs (κ, α), both ways, to three digits, by search over means on the line through μ₁ = 0 and μ₂ = √(2κ)."""
    reach = np.linspace(-4, 12, 160_001)
    for kappa, removal in ((0.5, 1.0), (2.0, 3.0), (2.0, 2.0), (1.0, 4.0)):
        away, near = reach**2 / 2, (reach - sqrt(2 * kappa)) ** 2 / 2
        least, level = (
            near[away >= removal - 1e-12].min(),
            float(gaussian_frontier.host(removal=removal, separation=kappa)),
        )
        most = away[near <= level + 1e-12].max()
        back = float(gaussian_removal.host(preservation=level, separation=kappa))
        for found, sought in ((level, least), (back, most)):
            yield (
                f"κ = {kappa}, removal {removal}",
                {
                    name: round(float(number), 3)
                    for name, number in ((_FOUND, found), (_SOUGHT, sought), (_HALF, sought / 2))
                },
            )


_FRONTIER_NAMES = {
    _FOUND: r"\texttt{gaussian\_frontier},\ \texttt{gaussian\_removal}",
    _SOUGHT: r"\min\{\mathrm{KL}(p_2 \,\|\, p) : \mathrm{KL}(p_1 \,\|\, p) \ge \alpha\},\ \max\ldots",
    _HALF: r"\text{half of it}",
}
_C8_SAYS = Sentence(sp.Eq(_FOUND, _SOUGHT), names=_FRONTIER_NAMES)

_C4 = Theorem(
    id="C4",
    title="the calculus of (ε, δ) says what T3, T5 and T13b say",
    statement=_C4_SAYS,
    twin_statement=_C4_SAYS.but(_c4_says(sp.Min)),
    hypotheses="of the code: the formulas of `chain`, `group` and of total variation from (ε, δ); groups of 1, 2 "
    "and 3 rows",
    status="ours",
    source=f"proof in {place(_calculus)}",
    kind="symbolic",
    scope="all real ε > 0 and δ",
    search=Symbolic(_calculus, (_AT_HALVES,)),
)
_C5_PAIR, _C8_PAIR = (_C5_SAYS, sp.Eq(_COMPUTED, _WITHOUT)), (_C8_SAYS, sp.Eq(_FOUND, _HALF))

FORMULAS = (
    _C4,
    code_theorem("C5", "the Gaussian profile in float64", _C5_PAIR, _profile_cases, 12),
    code_theorem("C8", "the Gaussian frontier in float64", _C8_PAIR, _frontier_cases, 8),
)
