"""T26, T27: neurons that decay after their activation, h ← φ(t)·h, φ_j(t) = e^{−t/τ_j}.

Our reconstruction of a theme of arXiv 2410.22374, of which abstracts were read: nothing here is its result.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from ..catalogue._bibliography import cite
from ._base import Case, Theorem, place
from ._symbolic import Symbolic

_ACTIVATION: Any = sp.Function("sigma")
_T: Any = sp.Symbol("t", nonnegative=True)
_TAU: Any = sp.Symbol("tau", positive=True)
_INPUTS: Any = sp.Matrix(sp.symbols("x:2", real=True))
_FIRST: Any = sp.Matrix(3, 2, sp.symbols("v:3:2", real=True))
_NEXT: Any = sp.Matrix(2, 3, sp.symbols("w:2:3", real=True))
_BIASES: Any = sp.Matrix(sp.symbols("b:2", real=True))
_FACTORS: Any = sp.Matrix(sp.symbols("phi:3", positive=True))


def _output(weights: Any, before: Any, after: Any) -> Any:
    """weights·(after ∘ σ(before ∘ Vx)) + b, ∘ by neurons."""
    hidden = before.multiply_elementwise(_FIRST * _INPUTS).applyfunc(_ACTIVATION)
    return weights * after.multiply_elementwise(hidden) + _BIASES


def _networks() -> tuple[Case, ...]:
    ones = sp.ones(3, 1)
    decayed = _output(_NEXT, ones, _FACTORS)
    folded = _output(_NEXT * sp.diag(*_FACTORS), ones, ones)
    previous = _output(_NEXT, _FACTORS, ones)
    return tuple(Case(decayed=decayed[i], folded=folded[i], previous=previous[i]) for i in range(2))


def _t26(c: Case) -> Any:
    """Entry i of W(φ∘h) is Σ_j W_ij φ_j h_j, whatever h is, and so is entry i of (W diag φ)h."""
    return c.decayed - c.folded


def _t26_twin(c: Case) -> Any:
    return c.decayed - c.previous


def _limits() -> tuple[Case, ...]:
    factor = sp.exp(-_T / _TAU)
    decayed = _output(_NEXT, sp.ones(3, 1), _FACTORS)
    silent = decayed.subs(dict.fromkeys(_FACTORS, 0))
    ends = ((factor.subs(_T, 0), 1), (sp.diff(factor, _T) / factor, -1 / _TAU), (sp.limit(factor, _T, sp.oo), 0))
    slopes = [(entry, 0) for entry in silent.jacobian(_INPUTS)]
    return (
        *(Case(value=value, limit=sp.sympify(limit), slip=sp.sympify(limit)) for value, limit in (*ends, *slopes)),
        *(Case(value=silent[i], limit=_BIASES[i], slip=sp.Integer(0)) for i in range(2)),
    )


def _t27(c: Case) -> Any:
    """φ = e^{−t/τ} at its ends, and its slope; where every φ_j is 0 the output is W·0 + b, which x does not enter."""
    return c.value - c.limit


def _t27_twin(c: Case) -> Any:
    return c.value - c.slip


_SYMBOLS = (*_INPUTS, *_FIRST, *_NEXT, *_BIASES, *_FACTORS)
_SAMPLE: Any = {symbol: sp.Rational(1, n) for n, symbol in enumerate(_SYMBOLS, 1)}
_WITH_TANH: Any = {_ACTIVATION: sp.Lambda(_T, sp.tanh(_T)), **_SAMPLE}

DECAY = (
    Theorem(
        id="T26",
        title="decay folds into the next weights",
        statement_latex=r"W(\varphi \circ \sigma(Vx)) + b = (W \operatorname{diag} \varphi)\, \sigma(Vx) + b",
        hypotheses="any activation; folding into the previous weights is another network, except for activations "
        "such as ReLU that commute with positive factors",
        status="derived",
        source=f"proof in {place(_t26)}; our reconstruction of {cite('hatua2024')}",
        kind="symbolic",
        scope="two inputs, three neurons, two outputs, an unspecified activation; all real weights",
        search=Symbolic(_networks, (_WITH_TANH,)),
        claim=_t26,
        twin_latex=r"W(\varphi \circ \sigma(Vx)) + b = W\, \sigma((\operatorname{diag} \varphi) Vx) + b",
        twin_claim=_t26_twin,
    ),
    Theorem(
        id="T27",
        title="where decay begins and ends",
        statement_latex=r"\varphi(0) = 1,\ \varphi' = -\varphi/\tau < 0,\ \varphi(\infty) = 0;\quad "
        r"\varphi = 0 \Rightarrow \text{output} = b,\ \partial_x\, \text{output} = 0",
        hypotheses="φ(t) = e^{−t/τ}, τ > 0; the output ends at the next layer's bias, not at zero",
        status="derived",
        source=f"proof in {place(_t27)}; our reconstruction of {cite('hatua2024')}",
        kind="symbolic",
        scope="all t ≥ 0, τ > 0; the network of T26",
        search=Symbolic(_limits, (_SAMPLE,)),
        claim=_t27,
        twin_latex=r"\varphi = 0 \Rightarrow \text{output} = 0",
        twin_claim=_t27_twin,
    ),
)
