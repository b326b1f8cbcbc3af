"""The symbols of every formula, whose names are the keywords of numeric calls, and its functions."""

from typing import Any

import sympy
from sympy.codegen import cfunctions


# SymPy's operators are typed too narrowly for a strict checker: symbols, and what is built of them, are Any.
def _positive(name: str, **assumptions: bool) -> Any:
    return sympy.Symbol(name, positive=True, **assumptions)


def _nonnegative(name: str) -> Any:
    return sympy.Symbol(name, nonnegative=True)


def _indexed(name: str) -> Any:
    return sympy.IndexedBase(name, positive=True)


P, Q = _positive("p"), _positive("q")
"""Probabilities of one outcome under the two laws."""
TOTAL: Any = sympy.Symbol("T", real=True)
"""The sum over outcomes."""

EPSILON = _nonnegative("epsilon")
SMALLER = _nonnegative("smaller")
DELTA = _nonnegative("delta")
NEW_DELTA = _nonnegative("new_delta")
GAMMA = _nonnegative("gamma")
ORDER = _positive("order")
TV = _nonnegative("tv")
KL = _nonnegative("kl")
CHI_SQUARED = _nonnegative("chi_squared")
RENYI = _nonnegative("renyi")
DISTANCE = _nonnegative("distance")
PRICE = _nonnegative("lambda")
FALSE_ALARM = _nonnegative("false_alarm")
MISS = _nonnegative("miss")
SIZE = _nonnegative("size")
EPSILON_1, EPSILON_2, DELTA_1, DELTA_2 = map(_nonnegative, ("epsilon_1", "epsilon_2", "delta_1", "delta_2"))

OUTCOME: Any = sympy.Symbol("i", integer=True)
COUNT = _positive("n", integer=True)
P_LAW, Q_LAW = _indexed("p"), _indexed("q")
"""The two laws as indexed families, for statements over n outcomes."""


class NormalCdf(sympy.Function):
    """Φ, the standard normal distribution function."""

    nargs = 1

    def _eval_rewrite_as_erf(self, argument: sympy.Expr, **_: object) -> sympy.Expr:
        return (1 + sympy.erf(argument / sympy.sqrt(2))) / 2

    def _latex(self, printer: Any) -> str:
        return rf"\Phi\left({printer.doprint(self.args[0])}\right)"


class LogNormalCdf(sympy.Function):
    """log Φ, which stays finite where Φ underflows."""

    nargs = 1


class NormalQuantile(sympy.Function):
    """Φ⁻¹, the standard normal quantile function."""

    nargs = 1

    def _latex(self, printer: Any) -> str:
        return rf"\Phi^{{-1}}\left({printer.doprint(self.args[0])}\right)"


Phi: Any = NormalCdf
PhiInverse: Any = NormalQuantile
expm1: Any = cfunctions.expm1
log1p: Any = cfunctions.log1p
