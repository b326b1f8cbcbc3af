"""T23, T25: requests that arrive one after the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..catalogue._bibliography import cite
from ._base import Case, Theorem, place
from ._sentence import Sentence
from ._symbolic import Symbolic
from ._sympy import sp

_LOSS: Any = sp.IndexedBase("l")
_I: Any = sp.Symbol("i", integer=True)
_STAY, _GO = sp.symbols("m k", integer=True, positive=True)


_RISK, _EARLIER, _FORGOTTEN = sp.symbols("R_t R_{t-1} R_{F_t}")
_NOW, _BEFORE, _GONE = sp.symbols("n_t n_{t-1} f", positive=True)
_NAMES = {_GONE: "|F_t|"}


def _risks(sentence: Sentence) -> tuple[Case, ...]:
    """n_{t−1}R_{t−1} sums the losses of the rows that stay, n_t·R_t, and of those that go, |F_t|·R_{F_t}."""

    # Rows 1 … m stay and m+1 … m+k go: the order of rows is free, and the losses are those of any model.
    def mean(first: Any, last: Any, rows: Any) -> Any:
        return sp.Sum(_LOSS[_I], (_I, first, last)) / rows

    return (
        {
            _RISK: mean(1, _STAY, _STAY),
            _BEFORE: _STAY + _GO,
            _EARLIER: mean(1, _STAY + _GO, _STAY + _GO),
            _GONE: _GO,
            _FORGOTTEN: mean(_STAY + 1, _STAY + _GO, _GO),
            _NOW: _STAY,
        },
    )


def _t23_says(rows: Any) -> Any:
    return sp.Eq(_RISK, (_BEFORE * _EARLIER - _GONE * _FORGOTTEN) / rows)


_T23_SAYS = Sentence(_t23_says(_NOW), given=sp.Eq(_NOW, _BEFORE - _GONE), names=_NAMES)

_X: Any = sp.Matrix(4, 2, sp.symbols("x:4:2", real=True))
_Y: Any = sp.Matrix(sp.symbols("y:4", real=True))
_PENALTY: Any = sp.Symbol("Lambda", positive=True)


_LAMBDA, _GRADIENT, _START = sp.symbols("lambda_t gradient n_0", positive=True)
_RIDGE_NAMES = {
    _GRADIENT: r"\nabla\left[R_t(w) + \tfrac{\lambda_t}{2} \|w\|^2\right]_{w = (G_t + \Lambda I)^{-1} b_t}",
    _PENALTY: r"\Lambda",
}


def _ridge(sentence: Sentence) -> tuple[Case, ...]:
    """The gradient at w is (G_t w − b_t)/n_t + λ_t·w: with λ_t = Λ/n_t it is ((G_t + ΛI)w − b_t)/n_t.

    In each case: a coordinate of the retrained mean-form normal equations at the streamed solution, times its det.
    """
    gram, moment = _X.T * _X, _X.T * _Y
    cases: list[Case] = []
    for row in (3, 2):
        gram, moment = gram - _X[row, :].T * _X[row, :], moment - _X[row, :].T * _Y[row]
        system = gram + _PENALTY * sp.eye(2)
        penalty = sentence.given.rhs.subs({_NOW: row, _START: 4})
        solution = system.adjugate() * moment, system.det(), row
        cases += [{_GRADIENT: _residual(*solution, coordinate)(penalty)} for coordinate in range(2)]
    return tuple(cases)


def _t25a_says(rows: Any) -> Sentence:
    return Sentence(sp.Eq(_GRADIENT, 0, evaluate=False), given=sp.Eq(_LAMBDA, _PENALTY / rows), names=_RIDGE_NAMES)


def _residual(scaled: Any, det: Any, rows: int, coordinate: int) -> Callable[[Any], Any]:
    x, y = _X[:rows, :], _Y[:rows, :]

    def residual(penalty: Any) -> Any:
        gradient = x.T * (x * scaled - det * y) / rows + penalty * scaled
        return sp.expand(gradient[coordinate])

    return residual


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


_UPDATED: Any = sp.Symbol("theta'", commutative=False)
_BLOCK_NAMES = {_INVERSE: "H^{-1}", _ROWS_T: r"X^\top", _SOLVE: r"(I - X H^{-1} X^\top)^{-1}", _UPDATED: r"\theta'"}


def _group(sentence: Sentence) -> tuple[Case, ...]:
    """With K = XH⁻¹Xᵀ, W = (I − K)⁻¹ and r = Xθ − y the left side is Hθ − XᵀXθ + XᵀWr − XᵀKWr.

    W − KW = I, so that it is Hθ − XᵀXθ + Xᵀr = Hθ − Xᵀy.
    """
    # θ solves Hθ = Xᵀ_D y_D. The retrained equations are (H − XᵀX)θ′ = Hθ − Xᵀy, X and y the rows of S.
    return ({_UPDATED: sentence.given.rhs},)


def _t25b_says(middle: Any) -> Sentence:
    update = _THETA + _INVERSE * _ROWS_T * middle * (_ROWS * _THETA - _LABELS)
    retrained = sp.Eq((_HESSIAN - _ROWS_T * _ROWS) * _UPDATED, _HESSIAN * _THETA - _ROWS_T * _LABELS)
    return Sentence(retrained, given=sp.Eq(_UPDATED, update), names=_BLOCK_NAMES)


_AT_ONES = dict(zip((*_X, *_Y, _PENALTY), map(sp.Integer, (1, 0, 0, 1, 1, 1, 1, 2, 1, 2, 3, 4, 1)), strict=True))

STREAMING = (
    Theorem(
        id="T23",
        title="the risk of what stays, from the risks of what was there and what went",
        statement=_T23_SAYS,
        twin_statement=_T23_SAYS.but(_t23_says(_BEFORE)),
        hypotheses="R the mean loss of any one model; F_t ⊆ D_{t−1}, n_t > 0",
        status="derived",
        source=f"proof in {place(_risks)}; streams are the setting of {cite('shen2025')}",
        kind="symbolic",
        scope="all losses, all numbers m of rows that stay and k that go",
        search=Symbolic(_risks, ({_STAY: sp.Integer(1), _GO: sp.Integer(1)},)),
    ),
    Theorem(
        id="T25a",
        title="ridge: streaming is retraining, if the penalty keeps its meaning",
        statement=_t25a_says(_NOW),
        twin_statement=_t25a_says(_START),
        hypotheses="running sums G_t = G_{t−1} − Σxxᵀ, b_t = b_{t−1} − Σxy over F_t; R_t half the mean squared "
        "error on the n_t rows kept; a batch deletion has the same sums",
        status="derived",
        source=f"proof in {place(_ridge)}",
        kind="symbolic",
        scope="d = 2, n = 4, two requests of one row; all real x, y and Λ > 0",
        search=Symbolic(_ridge, (_AT_ONES,)),
    ),
    Theorem(
        id="T25b",
        title="ridge: deletion of a group in one step",
        statement=_t25b_says(_SOLVE),
        twin_statement=_t25b_says(sp.Integer(1)),
        hypotheses="H the penalised Gram matrix on D, X and y the rows of S; no leverage 1: I − XH⁻¹Xᵀ invertible. "
        "The twin is "
        "the influence step",
        status="derived",
        source=f"the Newton step of {cite('guo2020')}; proof in {place(_group)}",
        kind="symbolic",
        scope="all d, n and |S|: noncommuting blocks, by HH⁻¹ = I, K = XH⁻¹Xᵀ and K(I − K)⁻¹ = (I − K)⁻¹ − I",
        search=Symbolic(_group, (_SCALARS,), rewritten),
    ),
)
