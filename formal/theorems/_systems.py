"""F23–F27: systems that keep state, hear requests one after another, and hold rows that nobody asked to delete."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations, product
from typing import Any

import numpy as np

from ..catalogue._bibliography import cite
from ..laws._finite import Law, point
from ..laws._finite_closeness import exact_total_variation
from ._base import EVENT, Case, Reduction, Theorem, place
from ._distances import (
    P_S,
    P,
    Q,
    U,
    V,
    law_theorem,
)
from ._over_cases import OverCases
from ._over_laws import EACH, Gammas, Grid, Laws, OverLaws, best_event, half_l1
from ._over_laws import through as through_rows
from ._references import P_D
from ._sentence import Sentence
from ._sympy import sp
from ._terms import TVD as TV
from ._terms import KernelSymbol, Made, Through

_ABSTRACT = "of which the abstract was read"
_OVERLAP = sp.Symbol("overlap", integer=True, nonnegative=True)
_CORE = {_OVERLAP: r"|S \cap C(D)|"}


def _cores() -> Iterator[tuple[str, Case]]:
    """A(D) is a function of C(D), and C(D∖S) = C(D) where S misses it."""
    rows = range(4)
    for size in range(1, 5):
        for data in combinations(rows, size):
            for gone in (s for n in range(size + 1) for s in combinations(data, n)):
                kept = tuple(x for x in data if x not in gone)
                core = set(sorted(data)[-2:])
                gap = exact_total_variation(_from_core(data), _from_core(kept))
                yield (
                    f"D = {data}, S = {gone}, C(D) = {sorted(core)}",
                    {
                        _OVERLAP: len(core & set(gone)),
                        TV(P_D, P_S): gap,
                    },
                )


def _from_core(data: tuple[int, ...]) -> Law:
    # One of the two largest rows, the largest twice as often; what was never trained, where there is none.
    core = sorted(data)[-2:]
    thirds = (Fraction(1, 3), Fraction(2, 3))
    return Law(tuple(core), thirds) if len(core) == 2 else point(core[0] if core else "untrained")


_F23_SAYS = Sentence(sp.Eq(TV(P_D, P_S), 0), given=sp.Eq(_OVERLAP, 0), names=_CORE)
_F23_TWIN = Sentence(sp.Eq(TV(P_D, P_S), 0), given=sp.Le(_OVERLAP, 1), names=_CORE)

_K = KernelSymbol("K")


def _paths(laws: Laws, gammas: Gammas) -> Case:
    """The triangle inequality from P to UK, to VK, to Q; and K tells U from V no better than an event can."""
    first, second, one, other, *rows = laws
    return {
        TV(P, Q): best_event(one, other, 1.0),
        TV(U, V): half_l1(first, second),
        TV(Through(U, _K), P): best_event(through_rows(first, rows), one, 1.0),
        TV(Through(V, _K), Q): best_event(through_rows(second, rows), other, 1.0),
    }


def _f24_says(apart: Any) -> Any:
    return sp.Le(TV(P, Q), apart + TV(Through(U, _K), P) + TV(Through(V, _K), Q))


_F24_SAYS = Sentence(_f24_says(TV(U, V)))

_BEFORE, _AFTER, _FIXED, _CHOSEN = sp.symbols("before after fixed chosen")
_MODULUS = sp.Symbol("m", integer=True, positive=True)
_UNDELETED = {
    _BEFORE: r"\mathrm{TV}(A(\{x, s\}), A(\{y, s\}))",
    _AFTER: r"\mathrm{TV}(A(\{x\}), A(\{y\}))",
}


def _sums() -> Iterator[tuple[str, Case]]:
    """x + s is uniform, whatever x is, for s uniform; and without s the sum is x."""
    for size in range(2, 7):
        for x, y in combinations(range(size), 2):
            before = [Law(tuple((z + s) % size for s in range(size)), (Fraction(1, size),) * size) for z in (x, y)]
            gaps = exact_total_variation(*before), exact_total_variation(point(x), point(y))
            yield f"sums modulo {size}, x = {x}, y = {y}", dict(zip((_BEFORE, _AFTER), gaps, strict=True))


def _f25_says(after: Any) -> Any:
    return sp.And(sp.Eq(_BEFORE, 0), sp.Eq(_AFTER, after))


_F25_SAYS = Sentence(_f25_says(1), names=_UNDELETED)
_ADAPTIVE = {
    _FIXED: r"\mathrm{TV}(U(A(D), S, D), A(D \setminus S))",
    _CHOSEN: r"\mathrm{TV}((\theta, U(\theta, S_\theta, D)), (\theta, A(D \setminus S_\theta)))",
}


def _requests() -> Iterator[tuple[str, Case]]:
    """A draws one of m models without a look at the data: nothing to do; but θ twice is not two draws of it."""
    for size in range(2, 8):
        models = range(size)
        pairs = tuple(product(models, models))
        served = Law(pairs, tuple(Fraction(int(a == b), size) for a, b in pairs))
        retrained = Law(pairs, (Fraction(1, size * size),) * size**2)
        uniform = Law(tuple(models), (Fraction(1, size),) * size)
        fixed = exact_total_variation(uniform, uniform)
        yield f"{size} models", {_MODULUS: size, _FIXED: fixed, _CHOSEN: exact_total_variation(served, retrained)}


def _f26_says(models: Any) -> Any:
    return sp.And(sp.Eq(_FIXED, 0), sp.Eq(_MODULUS * _CHOSEN, models))


_F26_SAYS = Sentence(_f26_says(_MODULUS - 1), names=_ADAPTIVE)


class Shown(Made):
    """Of a model and what is kept beside it, the model."""

    nargs = 1

    def _latex(self, printer: Any) -> str:
        return rf"{printer.doprint(self.args[0])}^{{\theta}}"


def _states(laws: Laws, gammas: Gammas) -> Case:
    """The next call is a kernel on (model, state): T13a."""
    first, second, *rows = laws
    shown = [np.stack([law[:, :2].sum(-1), law[:, 2:].sum(-1)], -1) for law in (first, second)]
    return {
        TV(Through(P, _K), Through(Q, _K)): best_event(through_rows(first, rows), through_rows(second, rows), 1.0),
        TV(P, Q): half_l1(first, second),
        TV(Shown(P), Shown(Q)): half_l1(*shown),
    }


def _f27_says(known: Any) -> Any:
    return sp.Le(TV(Through(P, _K), Through(Q, _K)), known)


_F27_SAYS = Sentence(_f27_says(TV(P, Q)))


_F24 = OverLaws(_paths, ((Grid(2, 4),) * 6,), EACH, "U V P Q")
_F27 = OverLaws(_states, ((Grid(4, 4),) * 2 + (Grid(2, 2),) * 4,), EACH, "P Q")

SYSTEMS = (
    Theorem(
        id="F23",
        title="rows that the system never kept cost nothing to delete",
        statement=_F23_SAYS,
        twin_statement=_F23_TWIN,
        hypotheses="A(D) depends on a core C(D) of D, all that is stored, and C(D∖S) = C(D) where S misses it: doing "
        "nothing is exact, against whoever sees all that is stored too. Here C keeps the two largest rows",
        status="ours",
        source=f"the attacker of {cite('lu2025')}, {_ABSTRACT}; proof in {place(_cores)}",
        kind="exhaustive",
        scope="all S ⊆ D ⊆ {0, 1, 2, 3}, D not empty: 80 cases",
        size=3**4 - 1,
        search=OverCases(_cores),
    ),
    law_theorem(
        _F24,
        Reduction("event", f"{EVENT.scope}, all kernels"),
        id="F24",
        title="one remover cannot follow two paths of training",
        statement=_F24_SAYS,
        twin_statement=_F24_SAYS.but(_f24_says(0)),
        hypotheses="U, V the models that two orders of training end with, P, Q the same orders retrained without S; K "
        "is not told which: where the models agree and the references do not, one is missed by half of what separates "
        "them. A must name its order",
        status="ours",
        source=f"statement and proof ours; the question of {cite('yu2025')}, {_ABSTRACT}; proof in {place(_paths)}",
    ),
    Theorem(
        id="F25",
        title="exact untraining can expose the rows that stay",
        statement=_F25_SAYS,
        twin_statement=_F25_SAYS.but(_f25_says(0)),
        hypotheses="A publishes the sum of its rows modulo m; x ≠ y; s uniform, unknown to whoever looks, and deleted "
        "by exact retraining",
        status="ours",
        source=f"the question of {cite('cohen2026')}, {_ABSTRACT}; proof in {place(_sums)}",
        kind="exhaustive",
        scope="m ∈ {2, …, 6}, all x < y",
        size=sum(m * (m - 1) // 2 for m in range(2, 7)),
        search=OverCases(_sums),
    ),
    Theorem(
        id="F26",
        title="exact for every fixed request, and not for one chosen from the model",
        statement=_F26_SAYS,
        twin_statement=_F26_SAYS.but(_f26_says(0)),
        hypotheses="A draws one of m models, whatever D is; U publishes it again; the request S_θ depends on the first "
        "model θ, and both models are seen",
        status="ours",
        source=f"adaptive requests of {cite('gupta2021')}; proof in {place(_requests)}",
        kind="exhaustive",
        scope="m ∈ {2, …, 7}",
        size=6,
        search=OverCases(_requests),
    ),
    law_theorem(
        _F27,
        None,
        id="F27",
        title="hidden state: what is kept bounds what comes next, what is shown does not",
        statement=_F27_SAYS,
        twin_statement=_F27_SAYS.but(_f27_says(TV(Shown(P), Shown(Q)))),
        hypotheses="P, Q laws of a model and of what is kept beside it, P^θ, Q^θ of the model alone, K the next call",
        status="ours",
        source=f"hidden state of {cite('gupta2021')}; proof in {place(_states)}",
    ),
)
