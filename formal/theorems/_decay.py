"""T26, T27: neurons that decay after their activation, h ← φ(t)·h, φ_j(t) = e^{−t/τ_j}.

Our reconstruction of a theme of arXiv 2410.22374, of which abstracts were read: nothing here is its result.
"""

from __future__ import annotations

from typing import Any

from ..catalogue._bibliography import cite
from ._base import Case, Theorem, place
from ._sentence import Sentence
from ._symbolic import Symbolic
from ._sympy import sp

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


_DECAYED, _FOLDED, _PREVIOUS, _FACTOR = sp.symbols("decayed folded previous phi", positive=True)
_AT_0, _SLOPE, _AT_END, _BIAS, _OUTPUT, _GRADIENT = sp.symbols("start slope end bias output gradient")
_NAMES = {
    _DECAYED: r"W(\varphi \circ \sigma(Vx)) + b",
    _FOLDED: r"(W \operatorname{diag} \varphi)\, \sigma(Vx) + b",
    _PREVIOUS: r"W\, \sigma((\operatorname{diag} \varphi) Vx) + b",
    _FACTOR: r"\varphi",
    _AT_0: r"\varphi(0)",
    _SLOPE: r"\varphi'",
    _AT_END: r"\varphi(\infty)",
    _BIAS: "b",
    _OUTPUT: r"\text{output at } \varphi = 0",
    _GRADIENT: r"\partial_x\, \text{output at } \varphi = 0",
}


def _networks(sentence: Sentence) -> tuple[Case, ...]:
    """Entry i of W(φ∘h) is Σ_j W_ij φ_j h_j, whatever h is, and so is entry i of (W diag φ)h."""
    ones = sp.ones(3, 1)
    decayed = _output(_NEXT, ones, _FACTORS)
    folded = _output(_NEXT * sp.diag(*_FACTORS), ones, ones)
    previous = _output(_NEXT, _FACTORS, ones)
    return tuple({_DECAYED: decayed[i], _FOLDED: folded[i], _PREVIOUS: previous[i]} for i in range(2))


_T26_SAYS = Sentence(sp.Eq(_DECAYED, _FOLDED), names=_NAMES)


def _limits(sentence: Sentence) -> tuple[Case, ...]:
    """φ = e^{−t/τ} at its ends, and its slope; where every φ_j is 0 the output is W·0 + b, which x does not enter."""
    factor = sp.exp(-_T / _TAU)
    silent = _output(_NEXT, sp.ones(3, 1), _FACTORS).subs(dict.fromkeys(_FACTORS, 0))
    along: Case = {
        _AT_0: factor.subs(_T, 0), _SLOPE: sp.diff(factor, _T), _FACTOR: factor, _AT_END: sp.limit(factor, _T, sp.oo)
    }  # fmt: skip
    gradients = tuple({_GRADIENT: entry} for entry in silent.jacobian(_INPUTS))
    return (along, *({_OUTPUT: silent[i], _BIAS: _BIASES[i]} for i in range(2)), *gradients)


def _t27_says(left: Any) -> Any:
    ends = sp.Eq(_AT_0, 1), sp.Eq(_SLOPE, -_FACTOR / _TAU), sp.Eq(_AT_END, 0)
    return sp.And(*ends, sp.Eq(_OUTPUT, left), sp.Eq(_GRADIENT, 0))


_T27_SAYS = Sentence(_t27_says(_BIAS), ranges=(sp.Gt(_TAU, 0),), names=_NAMES)


_SYMBOLS = (*_INPUTS, *_FIRST, *_NEXT, *_BIASES, *_FACTORS)
_SAMPLE: Any = {symbol: sp.Rational(1, n) for n, symbol in enumerate(_SYMBOLS, 1)}
_WITH_TANH: Any = {_ACTIVATION: sp.Lambda(_T, sp.tanh(_T)), **_SAMPLE}

DECAY = (
    Theorem(
        id="T26",
        title="decay folds into the next weights",
        statement=_T26_SAYS,
        twin_statement=_T26_SAYS.but(sp.Eq(_DECAYED, _PREVIOUS)),
        hypotheses="any activation; folding into the previous weights is another network, except for activations "
        "such as ReLU that commute with positive factors",
        status="derived",
        source=f"proof in {place(_networks)}; our reconstruction of {cite('hatua2024')}",
        kind="symbolic",
        scope="two inputs, three neurons, two outputs, an unspecified activation; all real weights",
        search=Symbolic(_networks, (_WITH_TANH,)),
    ),
    Theorem(
        id="T27",
        title="where decay begins and ends",
        statement=_T27_SAYS,
        twin_statement=_T27_SAYS.but(_t27_says(0)),
        hypotheses="φ(t) = e^{−t/τ}, τ > 0; the output ends at the next layer's bias, not at zero",
        status="derived",
        source=f"proof in {place(_limits)}; our reconstruction of {cite('hatua2024')}",
        kind="symbolic",
        scope="all t ≥ 0, τ > 0; the network of T26",
        search=Symbolic(_limits, (_SAMPLE,)),
    ),
)
