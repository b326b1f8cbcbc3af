"""T23, T24, T25: requests that arrive one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import permutations
from typing import Any

import sympy as sp

from ..catalogue._bibliography import cite
from ..laws._finite import Law, push
from ..laws._finite_learners import Dataset, FiniteLearner, retrain, without
from ..laws._worlds import World, sub_multisets
from ._base import Case, Theorem, place
from ._over_worlds import OverWorlds, show
from ._symbolic import Symbolic

_LOSS: Any = sp.IndexedBase("l")
_I: Any = sp.Symbol("i", integer=True)
_STAY, _GO = sp.symbols("m k", integer=True, positive=True)


def _risks() -> tuple[Case, ...]:
    # Rows 1 … m stay and m+1 … m+k go: the order of rows is free, and the losses are those of any model.
    def mean(first: Any, last: Any, rows: Any) -> Any:
        return sp.Sum(_LOSS[_I], (_I, first, last)) / rows

    return (
        Case(
            risk=mean(1, _STAY, _STAY),
            before=_STAY + _GO,
            earlier=mean(1, _STAY + _GO, _STAY + _GO),
            gone=_GO,
            forgotten=mean(_STAY + 1, _STAY + _GO, _GO),
            after=_STAY,
        ),
    )


def _t23(c: Case) -> Any:
    """n_{t−1}R_{t−1} sums the losses of the rows that stay, n_t·R_t, and of those that go, |F_t|·R_{F_t}."""
    return c.risk - (c.before * c.earlier - c.gone * c.forgotten) / c.after


def _t23_twin(c: Case) -> Any:
    return c.risk - (c.before * c.earlier - c.gone * c.forgotten) / c.before


def streams(learner: FiniteLearner, world: World) -> Iterator[Case]:
    """Three disjoint requests, S, S_full ∖ S and each part of the rest, served in every order."""
    surplus, rest = without(world.behaviour, world.forget), without(world.data, world.behaviour)
    for third in sub_multisets(rest):
        requests = world.forget, surplus, third
        laws = [_served(learner, world.data, order) for order in permutations(requests)]
        batch = learner.law(without(rest, third))
        yield Case(
            requests=" then ".join(map(show, requests)),
            final=len({law[-1] for law in laws}),
            middle=len({law[-2] for law in laws}),
            batch=batch == laws[0][-1],
        )


def _served(learner: FiniteLearner, data: Dataset, requests: tuple[Dataset, ...]) -> list[Law]:
    """The law after each request, each served by retraining from the previous model and dataset."""
    laws = [learner.law(data)]
    for request in requests:
        now = data
        laws.append(push(laws[-1], lambda model, r=request, d=now: retrain(learner).law(model, r, d)))
        data = without(data, request)
    return laws


def _t24(c: Case) -> Any:
    """By T7a each call leaves the law of A(D_t), and D_T = D∖(F₁ ∪ … ∪ F_T) does not depend on their order."""
    return c.final == 1 and c.batch


def _t24_twin(c: Case) -> Any:
    return c.middle == 1 and c.batch


_X: Any = sp.Matrix(4, 2, sp.symbols("x:4:2", real=True))
_Y: Any = sp.Matrix(sp.symbols("y:4", real=True))
_PENALTY: Any = sp.Symbol("Lambda", positive=True)


def _ridge() -> tuple[Case, ...]:
    """Each coordinate of the retrained mean-form normal equations at the streamed solution, times its det."""
    gram, moment = _X.T * _X, _X.T * _Y
    cases: list[Case] = []
    for row in (3, 2):
        gram, moment = gram - _X[row, :].T * _X[row, :], moment - _X[row, :].T * _Y[row]
        system = gram + _PENALTY * sp.eye(2)
        cases += [
            Case(
                residual=_residual(system.adjugate() * moment, system.det(), row, coordinate),
                total=_PENALTY,
                now=row,
                start=4,
            )
            for coordinate in range(2)
        ]
    return tuple(cases)


def _residual(scaled: Any, det: Any, rows: int, coordinate: int) -> Callable[[Any], Any]:
    x, y = _X[:rows, :], _Y[:rows, :]

    def residual(penalty: Any) -> Any:
        gradient = x.T * (x * scaled - det * y) / rows + penalty * scaled
        return sp.expand(gradient[coordinate])

    return residual


def _t25a(c: Case) -> Any:
    """The gradient at w is (G_t w − b_t)/n_t + λ_t·w: with λ_t = Λ/n_t it is ((G_t + ΛI)w − b_t)/n_t."""
    return c.residual(c.total / c.now)


def _t25a_twin(c: Case) -> Any:
    return c.residual(c.total / c.start)


BLOCKS: Any = sp.symbols("H G X X^T K W theta y", commutative=False)
_HESSIAN, _INVERSE, _ROWS, _ROWS_T, _LEVERAGE, _SOLVE, _THETA, _LABELS = BLOCKS
_SCALARS = dict(zip(BLOCKS, map(sp.Rational, (2, "1/2", 1, 1, "1/2", 2, 1, 0)), strict=True))


def rewritten(expression: Any) -> Any:
    """An expression in blocks simplified by HG = I, XGXᵀ = K and KW = W − I, for W = (I − K)⁻¹.

    >>> rewritten(_LEVERAGE * _SOLVE - _SOLVE)
    -1
    """
    rules = ((_HESSIAN * _INVERSE, 1), (_ROWS * _INVERSE * _ROWS_T, _LEVERAGE), (_LEVERAGE * _SOLVE, _SOLVE - 1))
    for block, value in rules:
        expression = sp.expand(sp.expand(expression).subs(block, value))
    return expression


def _group() -> tuple[Case, ...]:
    # θ solves Hθ = Xᵀ_D y_D. The retrained equations are (H − XᵀX)θ′ = Hθ − Xᵀy, X and y the rows of S.
    def residual(middle: Any) -> Any:
        updated = _THETA + _INVERSE * _ROWS_T * middle * (_ROWS * _THETA - _LABELS)
        left = (_HESSIAN - _ROWS_T * _ROWS) * updated
        return rewritten(left - (_HESSIAN * _THETA - _ROWS_T * _LABELS))

    return (Case(residual=residual, exact=_SOLVE, influence=sp.Integer(1)),)


def _t25b(c: Case) -> Any:
    """With K = XH⁻¹Xᵀ, W = (I − K)⁻¹ and r = Xθ − y the left side is Hθ − XᵀXθ + XᵀWr − XᵀKWr.

    W − KW = I, so that it is Hθ − XᵀXθ + Xᵀr = Hθ − Xᵀy.
    """
    return c.residual(c.exact)


def _t25b_twin(c: Case) -> Any:
    return c.residual(c.influence)


_T24 = OverWorlds(streams, rows=3)
_AT_ONES = dict(zip((*_X, *_Y, _PENALTY), map(sp.Integer, (1, 0, 0, 1, 1, 1, 1, 2, 1, 2, 3, 4, 1)), strict=True))

STREAMING = (
    Theorem(
        id="T23",
        title="the risk of what stays, from the risks of what was there and what went",
        statement_latex=r"R_t = \frac{n_{t-1} R_{t-1} - |F_t| R_{F_t}}{n_t}",
        hypotheses="R the mean loss of any one model; F_t ⊆ D_{t−1}, n_t = n_{t−1} − |F_t| > 0",
        status="derived",
        source=f"proof in {place(_t23)}; streams are the setting of {cite('shen2025')}",
        kind="symbolic",
        scope="all losses, all numbers m of rows that stay and k that go",
        search=Symbolic(_risks, ({_STAY: sp.Integer(1), _GO: sp.Integer(1)},)),
        claim=_t23,
        twin_latex=r"R_t = \frac{n_{t-1} R_{t-1} - |F_t| R_{F_t}}{n_{t-1}}",
        twin_claim=_t23_twin,
    ),
    Theorem(
        id="T24",
        title="the order of the requests does not matter in the end",
        statement_latex=r"\mathrm{law}\,A(D_T) \text{ is the same for every order of } F_1, \ldots, F_T, "
        r"\text{ and that of one batch}",
        hypotheses="exact untraining, request after request, each from the previous model; three disjoint requests",
        status="derived",
        source=f"proof in {place(_t24)}",
        kind="exhaustive",
        scope=_T24.scope + "; requests S, S_full ∖ S and every part of the rest, in all 6 orders",
        search=_T24,
        claim=_t24,
        twin_latex=r"\mathrm{law}\,A(D_{T-1}) \text{ is the same for every order}",
        twin_claim=_t24_twin,
    ),
    Theorem(
        id="T25a",
        title="ridge: streaming is retraining, if the penalty keeps its meaning",
        statement_latex=r"(G_t + \Lambda I) w_t = b_t \Rightarrow \nabla\left[R_t(w) + \tfrac{\lambda_t}{2} "
        r"\|w\|^2\right]_{w = w_t} = 0,\quad \lambda_t = \Lambda / n_t",
        hypotheses="running sums G_t = G_{t−1} − Σxxᵀ, b_t = b_{t−1} − Σxy over F_t; R_t half the mean squared "
        "error on the rows kept; a batch deletion has the same sums",
        status="derived",
        source=f"proof in {place(_t25a)}",
        kind="symbolic",
        scope="d = 2, n = 4, two requests of one row; all real x, y and Λ > 0",
        search=Symbolic(_ridge, (_AT_ONES,)),
        claim=_t25a,
        twin_latex=r"\lambda_t = \Lambda / n_0",
        twin_claim=_t25a_twin,
    ),
    Theorem(
        id="T25b",
        title="ridge: deletion of a group in one step",
        statement_latex=r"\theta' = \theta + H^{-1} X^\top (I - X H^{-1} X^\top)^{-1} (X\theta - y) \Rightarrow "
        r"(H - X^\top X)\,\theta' = H\theta - X^\top y",
        hypotheses="H the penalised Gram matrix on D, X and y the rows of S; no leverage 1: I − XH⁻¹Xᵀ invertible",
        status="derived",
        source=f"the Newton step of {cite('guo2020')}; proof in {place(_t25b)}",
        kind="symbolic",
        scope="all d, n and |S|: noncommuting blocks, by HH⁻¹ = I, K = XH⁻¹Xᵀ and K(I − K)⁻¹ = (I − K)⁻¹ − I",
        search=Symbolic(_group, (_SCALARS,)),
        claim=_t25b,
        twin_latex=r"\theta' = \theta + H^{-1} X^\top (X\theta - y) \Rightarrow \ldots \text{ (the influence step)}",
        twin_claim=_t25b_twin,
    ),
)
