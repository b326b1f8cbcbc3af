"""Formulas: one SymPy expression each, printed as LaTeX and run as JAX, as float64 and as certified balls."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, cast

import jax
import jax.numpy as jnp
import numpy as np
import scipy.special
import sympy
from jax.core import Tracer
from jax.typing import ArrayLike
from sympy.core.relational import Relational

from ._symbols import LogNormalCdf, NormalCdf, expm1

Backend = Literal["jax", "float64", "ball"]


def _ball_cdf(x: Any) -> Any:
    """Φ on a ball, by erfc so that the left tail keeps its relative accuracy."""
    return (-x / type(x)(2).sqrt()).erfc() / 2


# Plain `erf` in lambdified code is scipy's under JAX and cannot be traced: name the JAX one.
_JAX = {
    "NormalCdf": jax.scipy.special.ndtr,
    "LogNormalCdf": jax.scipy.special.log_ndtr,
    "NormalQuantile": jax.scipy.special.ndtri,
    "erf": jax.scipy.special.erf,
}
_FLOAT64 = {
    "NormalCdf": scipy.special.ndtr,
    "LogNormalCdf": scipy.special.log_ndtr,
    "NormalQuantile": scipy.special.ndtri,
    "erf": scipy.special.erf,
}
# Rationals with a power of two below are exact as floats; no other rational may enter a ball formula.
_BALL = {"NormalCdf": _ball_cdf, "exp": lambda x: x.exp(), "sqrt": lambda x: x.sqrt()}
_MODULES: dict[Backend, list[Any]] = {"jax": [_JAX, "jax"], "float64": [_FLOAT64, "numpy"], "ball": [_BALL]}


@cache
def compiled(expression: sympy.Basic, arguments: tuple[sympy.Symbol, ...], backend: Backend) -> Callable[..., Any]:
    """The numeric function of a SymPy expression, made once per backend.

    Args:
        expression: the single source.
        arguments: its free symbols, in calling order.
        backend: "jax" (traceable), "float64" (numpy and scipy on the host) or "ball" (python-flint `arb`).

    >>> x = sympy.Symbol("x")
    >>> float(compiled(NormalCdf(x), (x,), "float64")(0.0))
    0.5
    """
    return cast(Callable[..., Any], sympy.lambdify(arguments, expression, modules=_MODULES[backend]))


def in_logs(difference: sympy.Expr) -> Any:
    """Rewrite A − B as exp(log A)·(1 − exp(log B − log A)), log Φ standing for each logarithm of Φ.

    Equal in mathematics; in floating point it keeps the relative accuracy of a difference of tiny terms.

    Args:
        difference: a sum of one positive and one negative product of positive factors.

    >>> a, b = sympy.symbols("a b", real=True)
    >>> in_logs(NormalCdf(a) - NormalCdf(b))
    -exp(LogNormalCdf(a))*expm1(-LogNormalCdf(a) + LogNormalCdf(b))
    """
    terms: Any = difference.args
    negative, positive = sorted(terms, key=lambda term: not term.could_extract_minus_sign())
    first, second = _log(positive), _log(-negative)
    return -sympy.exp(first) * expm1(second - first)


def _log(product: Any) -> Any:
    expanded: Any = sympy.expand_log(sympy.log(product), force=True)
    x: Any = sympy.Wild("x")
    return expanded.replace(sympy.log(NormalCdf(x)), LogNormalCdf(x))


@dataclass(frozen=True)
class Edge:
    """Where an expression is not to be evaluated as it stands.

    Args:
        inside: the condition under which it is.
        symbol: set to 1 elsewhere, so that the branch not taken makes no NaN, in values or gradients.
        value: the value elsewhere.
    """

    inside: Relational
    symbol: sympy.Symbol
    value: sympy.Expr


@dataclass(frozen=True)
class Formula:
    """A relation `quantity` ≤, ≥ or = `expression`: printed, traced and run from one SymPy expression.

    Args:
        id: permanent name; a changed meaning gets a new number.
        given: what must hold for the relation, in words.
        quantity: the left-hand side.
        relation: "<=", ">=" or "==".
        expression: the right-hand side.
        arguments: its free symbols; the keywords of every call.
        source: author, year, arXiv id; or "textbook", or "derived".
        domain: conditions on the arguments beyond the signs in their assumptions.
        numeric: the same expression in a form that loses no digits; `expression` when None.
        edge: where to use another value; None when nowhere.

    >>> from neverseen.formal.closeness import pinsker
    >>> round(float(pinsker.host(kl=2.0)), 12)
    1.0
    >>> print(pinsker.latex())
    \\mathrm{TV} \\leq \\frac{\\sqrt{2} \\sqrt{\\mathrm{KL}}}{2}
    """

    id: str
    given: str
    quantity: sympy.Symbol
    relation: Literal["<=", ">=", "=="]
    expression: sympy.Expr
    arguments: tuple[sympy.Symbol, ...]
    source: str
    domain: tuple[Relational, ...] = ()
    numeric: sympy.Expr | None = None
    edge: Edge | None = None

    @property
    def statement(self) -> Relational:
        """The relation as one SymPy object."""
        return cast(Relational, sympy.Rel(self.quantity, self.expression, self.relation))

    def latex(self) -> str:
        """The statement as LaTeX."""
        return latex(self.statement)

    def __call__(self, **values: ArrayLike) -> jax.Array:
        """The right-hand side in JAX: traceable, differentiable, broadcasting; see `host` for float64.

        Raises:
            ValueError: a keyword is missing or unknown, or a concrete value lies outside the domain.
        """
        self._check(values)
        return jnp.asarray(_evaluate(self, values, "jax"))

    def host(self, **values: ArrayLike) -> np.ndarray:
        """The right-hand side in numpy float64, whatever JAX's x64 setting.

        Raises:
            ValueError: a keyword is missing or unknown, or a value lies outside the domain.
        """
        self._check(values)
        exact = {name: np.asarray(value, np.float64) for name, value in values.items()}
        # Infinities at the ends of the range are answers here, not accidents.
        with np.errstate(over="ignore", divide="ignore", under="ignore"):
            return np.asarray(_evaluate(self, exact, "float64"))

    def exact(self, **values: object) -> Any:
        """The right-hand side as a SymPy number: rational in, rational out where the formula allows.

        e^ε stays exact when ε is given as `sympy.log(γ)`.
        """
        substitution: Any = {s: sympy.sympify(values[s.name]) for s in self.arguments}
        if self.edge is not None and not self.edge.inside.subs(substitution):
            return self.edge.value.subs(substitution)
        return self.expression.subs(substitution)

    def _check(self, values: Mapping[str, Any]) -> None:
        names = [s.name for s in self.arguments]
        if set(values) != set(names):
            raise ValueError(f"{self.id} takes the keywords {', '.join(names)}; got {', '.join(values) or 'none'}")
        check_domain(self.id, self.arguments, self.domain, values)


def check_domain(
    owner: str,
    symbols: tuple[sympy.Symbol, ...],
    domain: tuple[Relational, ...],
    values: Mapping[str, Any],
) -> None:
    """Raise unless every concrete value meets its symbol's sign and every condition; NaN meets none.

    Traced values pass: a traced function checks nothing.

    Args:
        owner: id named in the message.
        symbols: arguments, each non-negative or positive by assumption.
        domain: further conditions on them.
        values: numbers or arrays, by name.

    Raises:
        ValueError: a condition fails.

    >>> check_domain("pinsker", (sympy.Symbol("kl", nonnegative=True),), (), {"kl": 0.5})
    """
    for symbol in symbols:
        bare = sympy.Symbol(symbol.name)
        _require(owner, bare > 0 if symbol.is_positive else bare >= 0, values)
    for condition in domain:
        _require(owner, condition, values)


def _require(owner: str, condition: Relational, values: Mapping[str, Any]) -> None:
    symbols = tuple(sorted((cast(sympy.Symbol, s) for s in condition.free_symbols), key=str))
    given = [values[s.name] for s in symbols]
    if any(isinstance(v, Tracer) for v in given):
        return
    if not np.all(compiled(condition, symbols, "float64")(*map(np.asarray, given))):
        shown = ", ".join(f"{s.name} = {v}" for s, v in zip(symbols, given, strict=True))
        raise ValueError(f"{owner} needs {sympy.sstr(condition)}; got {shown}")


def _evaluate(formula: Formula, values: Mapping[str, Any], backend: Backend) -> Any:
    xp = jnp if backend == "jax" else np
    names = formula.arguments
    arrays = [xp.asarray(values[s.name]) for s in names]
    numeric = formula.expression if formula.numeric is None else formula.numeric
    if formula.edge is None:
        return compiled(numeric, names, backend)(*arrays)
    inside = compiled(formula.edge.inside, names, backend)(*arrays)
    safe = [xp.where(inside, a, 1) if s == formula.edge.symbol else a for s, a in zip(names, arrays, strict=True)]
    edge = compiled(formula.edge.value, names, backend)(*arrays)
    return xp.where(inside, compiled(numeric, names, backend)(*safe), edge)


_NAMES = {
    "tv": r"\mathrm{TV}", "kl": r"\mathrm{KL}", "chi_squared": r"\chi^2", "order": r"\alpha",
    "renyi": r"D_{\alpha}", "epsilon": r"\varepsilon", "epsilon_1": r"\varepsilon_{1}",
    "epsilon_2": r"\varepsilon_{2}", "smaller": r"\varepsilon'", "new_delta": r"\delta'", "size": "k",
    "distance": r"\mu", "false_alarm": "a", "miss": r"\beta",
}  # fmt: skip


def latex(expression: sympy.Basic) -> str:
    """LaTeX of an expression, with the library's names for its symbols.

    >>> latex(sympy.Symbol("kl") + 1)
    '\\\\mathrm{KL} + 1'
    """
    named = {s: _NAMES[str(s)] for s in expression.free_symbols if str(s) in _NAMES}
    return cast(str, sympy.latex(expression, symbol_names=named))
