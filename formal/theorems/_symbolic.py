"""T2b, F11: identities settled by SymPy for all real arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..catalogue._bibliography import cite
from ..closeness import NormalCdf
from ._base import EVENT, Case, Outcome, Theorem, place
from ._distances import P_F, P_S, P, Q
from ._sentence import Sentence
from ._sympy import sp
from ._terms import GAMMA, WEIGHT, Blend, D
from ._terms import TVD as TV


@dataclass(frozen=True)
class Symbolic:
    """A search over identities: both sides of each equation of a statement, expressed in each case, must be equal.

    Args:
        measure: statement → what its words are in each case, as SymPy expressions; an equation is settled in the
        cases that
            give all the words it uses.
        samples: substitutions tried, in order, to show a nonzero difference as numbers.
        settle: what simplifies a difference.
    """

    measure: Callable[[Sentence], Sequence[Case]]
    samples: Sequence[Mapping[Any, Any]]
    settle: Callable[[Any], Any] = sp.simplify

    def __call__(self, sentence: Sentence) -> Outcome:
        """Simplify every difference; a nonzero one is shown at the first sample where it does not vanish."""
        cases = self.measure(sentence)
        words = {word for case in cases for word in case}
        count, settled = 0, set[Any]()
        for case in cases:
            for equation in sentence.relations:
                if {node for node in sp.preorder_traversal(equation) if node in words} <= case.keys():
                    settled.add(equation)
                    count += 1
                    difference = self._difference(equation, case)
                    if difference != 0:
                        return Outcome(count, self._words(difference))
        return Outcome(count, None, 0, tuple(sp.sstr(r) for r in sentence.relations if r not in settled))

    def _difference(self, equation: Any, case: Case) -> Any:
        left, right = (side.doit().xreplace(dict(case)).doit() for side in equation.args)
        return self.settle((left - right).replace(NormalCdf, lambda z: (1 + sp.erf(z / sp.sqrt(2))) / 2))

    def _words(self, difference: Any) -> str:
        for sample in self.samples:
            value = difference.subs(dict(sample))
            if value != 0:
                return f"difference {difference} = {value} at {dict(sample)}"
        return f"difference {difference} does not simplify to 0"


_S, _F = sp.symbols("s f", real=True)
_A, _B = sp.symbols("a b", positive=True)
_MIX_SAMPLE = {_S: sp.Integer(1), _F: sp.Integer(0), _A: sp.Integer(1), _B: sp.Integer(2)}
_MIXED = Blend(1 - WEIGHT, P_S, WEIGHT, P_F)


def _mixture(sentence: Sentence) -> tuple[Case, ...]:
    """P_U − P_S = t(P_F − P_S) and P_U − P_F = (1 − t)(P_S − P_F); TV is half the sum of the absolute values."""
    # t = a/(a+b) runs over (0, 1); TV is a sum over outcomes, so one outcome settles every finite law.
    t = _A / (_A + _B)
    u = (1 - t) * _S + t * _F
    return (
        {
            WEIGHT: t,
            TV(_MIXED, P_S): sp.Abs(sp.factor(u - _S)),
            TV(_MIXED, P_F): sp.Abs(sp.factor(u - _F)),
            TV(P_S, P_F): sp.Abs(_F - _S),
        },
    )


def _t2b_says(first: Any) -> Any:
    return sp.And(sp.Eq(TV(_MIXED, P_S), first * TV(P_S, P_F)), sp.Eq(TV(_MIXED, P_F), (1 - WEIGHT) * TV(P_S, P_F)))


_T2B_SAYS = Sentence(_t2b_says(WEIGHT), ranges=(sp.Ge(WEIGHT, 0), sp.Le(WEIGHT, 1)))

_X = sp.Symbol("x", positive=True)
_RESPONSE_SAMPLE = {_X: sp.Integer(1)}


def _response(sentence: Sentence) -> tuple[Case, ...]:
    """p − γq is 0 at the first outcome and 1 − γ at the second, and backwards alike: δ = 0. TV = (γ − 1)/(γ + 1)."""
    # γ = 1 + x > 1; the truth is told with probability γ/(1+γ): the laws are (γ, 1)/(1+γ) and its swap.
    gamma = 1 + _X
    truth, lie = gamma / (1 + gamma), 1 / (1 + gamma)
    delta = sum(sp.Max(0, sp.simplify(p - gamma * q)) for p, q in ((truth, lie), (lie, truth)))
    distance = (sp.Abs(sp.simplify(truth - lie)) + sp.Abs(sp.simplify(lie - truth))) / 2
    return ({GAMMA: gamma, D(P, Q, GAMMA): delta, TV(P, Q): distance},)


def _f11_says(ceiling: Any) -> Any:
    return sp.And(sp.Eq(D(P, Q, GAMMA), 0), sp.Eq(TV(P, Q), ceiling))


_F11_SAYS = Sentence(_f11_says((GAMMA - 1) / (GAMMA + 1)), ranges=(sp.Gt(GAMMA, 1),))

SYMBOLIC = (
    Theorem(
        id="T2b",
        title="independence is tight",
        statement=_T2B_SAYS,
        twin_statement=_T2B_SAYS.but(_t2b_says(1 - WEIGHT)),
        hypotheses="a remover that unlearns with probability t and untrains otherwise; so for τ > 0 neither notion "
        "implies the other",
        status="derived",
        source=f"proof in {place(_mixture)}",
        kind="symbolic",
        scope="all finite laws and all t: the identity at one outcome, for all real masses",
        search=Symbolic(_mixture, (_MIX_SAMPLE,)),
        solver=EVENT,
    ),
    Theorem(
        id="F11",
        title="randomised response attains the total-variation ceiling",
        statement=_F11_SAYS,
        twin_statement=_F11_SAYS.but(_f11_says((GAMMA - 1) / GAMMA)),
        hypotheses="P = (γ, 1)/(1 + γ), Q its swap; so the constant of T13b and T10 cannot be improved",
        status="ours",
        source=f"the mechanism of {cite('warner1965')}; proof in {place(_response)}",
        kind="symbolic",
        scope="all real γ > 1",
        search=Symbolic(_response, (_RESPONSE_SAMPLE,)),
    ),
)
