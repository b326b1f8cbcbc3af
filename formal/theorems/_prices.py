"""T6b, T7a, T24, F12a: what the triangle inequality says of removers that are called, and called again."""

from __future__ import annotations

from typing import Any

from ._base import Case, place
from ._distances import TRIPLES, P, R, U, V, law_theorem
from ._over_laws import EACH, Gammas, Grid, Laws, OverLaws, best_event, half_l1
from ._over_laws import through as through_rows
from ._sentence import Sentence
from ._sympy import sp
from ._terms import TVD as TV
from ._terms import KernelSymbol, Through, laws

_P_S1, _P_S2 = laws("P_{S} P_{S'}")
A_D, A_EMPTY, U_EMPTY = laws("A(D) A(\\emptyset) U_{\\emptyset}")
_K = KernelSymbol("K")


def _dependence(laws: Laws, gammas: Gammas) -> Case:
    """The triangle inequality twice: from P_S to U(·, S, ·), to U(·, S′, ·), to P_S′."""
    u, v, s, other = laws
    return {
        TV(_P_S1, _P_S2): best_event(s, other, 1.0),
        TV(U, V): half_l1(u, v),
        TV(U, _P_S1): half_l1(u, s),
        TV(V, _P_S2): half_l1(v, other),
    }


_T6B_SAYS = Sentence(sp.Ge(TV(U, V), TV(_P_S1, _P_S2) - TV(U, _P_S1) - TV(V, _P_S2)))


def _last_call(laws: Laws, gammas: Gammas) -> Case:
    """K is the last call. TV(UK, R) ≤ TV(UK, PK) + TV(PK, R), and K cannot tell U from P better than an event can."""
    output, retrained, target, *rows = laws
    return {
        TV(Through(U, _K), R): best_event(through_rows(output, rows), target, 1.0),
        TV(U, P): half_l1(output, retrained),
        TV(Through(P, _K), R): half_l1(through_rows(retrained, rows), target),
    }


def _t7a_says(join: Any) -> Any:
    return sp.Le(TV(Through(U, _K), R), join(TV(U, P), TV(Through(P, _K), R)))


_T7A_SAYS = Sentence(_t7a_says(sp.Add))


def _orders(laws: Laws, gammas: Gammas) -> Case:
    """Both streams end at A(D_T), and the two triangles are one: TV(U, V) ≤ TV(U, P) + TV(P, V)."""
    u, v, p = laws
    return {TV(U, V): best_event(u, v, 1.0), TV(U, P): half_l1(u, p), TV(V, P): half_l1(v, p)}


def _t24_says(join: Any) -> Any:
    return sp.Le(TV(U, V), join(TV(U, P), TV(V, P)))


_T24_SAYS = Sentence(_t24_says(sp.Add))


def _vacuous(laws: Laws, gammas: Gammas) -> Case:
    """The printed quantifier allows S = ∅ with S_full = ∅ and with S_full = D.

    U(A(D), ∅, D) has one law U_∅, whose references are then A(D) and A(∅); T8a.
    """
    u, full, empty = laws
    return {
        TV(A_D, A_EMPTY): best_event(full, empty, 1.0),
        TV(U_EMPTY, A_D): half_l1(u, full),
        TV(U_EMPTY, A_EMPTY): half_l1(u, empty),
    }


def _f12a_says(factor: Any) -> Any:
    return sp.Le(TV(A_D, A_EMPTY), factor * sp.Max(TV(U_EMPTY, A_D), TV(U_EMPTY, A_EMPTY)))


_F12A_SAYS = Sentence(_f12a_says(sp.Integer(2)))

_T6B = OverLaws(_dependence, ((Grid(2, 8),) * 4, (Grid(3, 4),) * 4), EACH, "U U' P_S P_S'")
_T7A = OverLaws(_last_call, ((Grid(2, 8),) * 5, (Grid(3, 2),) * 6), EACH, "U P R")
_T24 = OverLaws(_orders, TRIPLES, EACH, "U V P")
_F12A = OverLaws(_vacuous, TRIPLES, EACH, "U_∅ A(D) A(∅)")

PRICES = (
    law_theorem(
        _T6B,
        id="T6b",
        title="untraining must heed which rows were named",
        statement=_T6B_SAYS,
        twin_statement=_T6B_SAYS.but(sp.Ge(TV(U, V), TV(_P_S1, _P_S2) - TV(U, _P_S1))),
        hypotheses="U, V what it publishes for S, S′; so a remover that ignores the request (U = V) is at least "
        "half of "
        "TV(P_S, P_S′) from untraining at one of them",
        status="derived",
        source=f"proof in {place(_dependence)}",
    ),
    law_theorem(
        _T7A,
        id="T7a",
        title="the last call of a sequence repairs nothing of the ones before, and adds its own error",
        statement=_T7A_SAYS,
        twin_statement=_T7A_SAYS.but(_t7a_says(sp.Max)),
        hypotheses="U published by the calls before, P = law A(D_{t−1}) their target, K the last call, R = law "
        "A(D_t); so "
        "errors add up along a sequence, and exact calls are exact together. The call is given D_{t−1}, not D",
        status="derived",
        source=f"proof in {place(_last_call)}",
    ),
    law_theorem(
        _T24,
        id="T24",
        title="in which order requests are served matters no more than their errors",
        statement=_T24_SAYS,
        twin_statement=_T24_SAYS.but(_t24_says(sp.Max)),
        hypotheses="U, V what two orders of one stream end with, P = law A(D_T), which no order changes; by T7a either "
        "distance is at most the sum of its calls' errors, 0 where they are exact",
        status="derived",
        source=f"proof in {place(_orders)}",
    ),
    law_theorem(
        _F12A,
        id="F12a",
        title="unlearning-dataset-1 cannot be met",
        statement=_F12A_SAYS,
        twin_statement=_F12A_SAYS.but(_f12a_says(sp.Integer(1))),
        hypotheses="U_∅ the law of U(A(D), ∅, D), for which version 1 has two references: so it asks A to ignore D, "
        "up to 2δ, "
        "whatever U is",
        status="ours",
        source=f"proof in {place(_vacuous)}",
    ),
)
