"""T2b, F11: identities settled by SymPy for all real arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy as sp

from ..catalogue._bibliography import cite
from ._base import Case, Claim, Outcome, Theorem, place


@dataclass(frozen=True)
class Symbolic:
    """A search over identities: each claim is a SymPy expression that must simplify to zero.

    Args:
        measure: no argument → the symbolic quantities of each identity.
        samples: substitutions tried, in order, to show a nonzero difference as numbers.
    """

    measure: Callable[[], Sequence[Case]]
    samples: Sequence[Mapping[Any, sp.Expr]]

    def __call__(self, claim: Claim) -> Outcome:
        """Simplify every difference; a nonzero one is shown at the first sample where it does not vanish."""
        cases = self.measure()
        for n, case in enumerate(cases, start=1):
            difference = sp.simplify(claim(case))
            if difference != 0:
                return Outcome(n, self._words(difference))
        return Outcome(len(cases), None)

    def _words(self, difference: Any) -> str:
        for sample in self.samples:
            value = difference.subs(dict(sample))
            if value != 0:
                return f"difference {difference} = {value} at {sample}"
        return f"difference {difference} does not simplify to 0"


_S, _F = sp.symbols("s f", real=True)
_A, _B = sp.symbols("a b", positive=True)
_MIX_SAMPLE = {_S: sp.Integer(1), _F: sp.Integer(0), _A: sp.Integer(1), _B: sp.Integer(2)}


def _mixture() -> tuple[Case, ...]:
    # t = a/(a+b) runs over (0, 1); TV is a sum over outcomes, so one outcome settles every finite law.
    t = _A / (_A + _B)
    u = (1 - t) * _S + t * _F
    return (
        Case(distance=sp.Abs(sp.factor(u - _S)), weight=t, other=1 - t, gap=sp.Abs(_F - _S)),
        Case(distance=sp.Abs(sp.factor(u - _F)), weight=1 - t, other=t, gap=sp.Abs(_F - _S)),
    )


def _t2b(c: Case) -> Any:
    """P_U − P_S = t(P_F − P_S) and P_U − P_F = (1 − t)(P_S − P_F); TV is half the sum of the absolute values."""
    return c.distance - c.weight * c.gap


def _t2b_twin(c: Case) -> Any:
    return c.distance - c.other * c.gap


_X = sp.Symbol("x", positive=True)
_RESPONSE_SAMPLE = {_X: sp.Integer(1)}


def _response() -> tuple[Case, ...]:
    # γ = 1 + x > 1; the truth is told with probability γ/(1+γ): the laws are (γ, 1)/(1+γ) and its swap.
    gamma = 1 + _X
    truth, lie = gamma / (1 + gamma), 1 / (1 + gamma)
    delta = sum(sp.Max(0, sp.simplify(p - gamma * q)) for p, q in ((truth, lie), (lie, truth)))
    distance = (sp.Abs(sp.simplify(truth - lie)) + sp.Abs(sp.simplify(lie - truth))) / 2
    return (
        Case(left=delta, ceiling=sp.Integer(0), near=sp.Integer(0)),
        Case(left=distance, ceiling=(gamma - 1 + 2 * delta) / (gamma + 1), near=(gamma - 1) / gamma),
    )


def _f11(c: Case) -> Any:
    """p − γq is 0 at the first outcome and 1 − γ at the second, and backwards alike: δ = 0. TV = (γ − 1)/(γ + 1)."""
    return c.left - c.ceiling


def _f11_twin(c: Case) -> Any:
    return c.left - c.near


SYMBOLIC = (
    Theorem(
        id="T2b",
        title="independence is tight",
        statement_latex=r"P_U = (1-t)P_S + tP_F \Rightarrow \mathrm{TV}(P_U, P_S) = t\tau,\ "
        r"\mathrm{TV}(P_U, P_F) = (1-t)\tau",
        hypotheses="0 < t < 1 (at 0 and 1 it is plain); so for τ > 0 neither notion implies the other",
        status="derived",
        source=f"proof in {place(_t2b)}",
        kind="symbolic",
        scope="all finite laws and all t: the identity at one outcome, for all real masses",
        search=Symbolic(_mixture, (_MIX_SAMPLE,)),
        claim=_t2b,
        twin_latex=r"\mathrm{TV}(P_U, P_S) = (1-t)\tau",
        twin_claim=_t2b_twin,
    ),
    Theorem(
        id="F11",
        title="randomised response attains the total-variation ceiling",
        statement_latex=r"P = \left(\tfrac{\gamma}{1+\gamma}, \tfrac{1}{1+\gamma}\right),\ Q \text{ its "
        r"swap} \Rightarrow H_\gamma(P \| Q) = 0,\ "
        r"\mathrm{TV}(P, Q) = \frac{\gamma - 1 + 2\delta}{\gamma + 1}",
        hypotheses="γ > 1; so the constant of T13b and T10 cannot be improved",
        status="ours",
        source=f"the mechanism of {cite('warner1965')}; proof in {place(_f11)}",
        kind="symbolic",
        scope="all real γ > 1",
        search=Symbolic(_response, (_RESPONSE_SAMPLE,)),
        claim=_f11,
        twin_latex=r"\mathrm{TV}(P, Q) = \frac{\gamma - 1}{\gamma}",
        twin_claim=_f11_twin,
    ),
)
