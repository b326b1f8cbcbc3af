"""Divergences between two laws on a finite set: one SymPy term each, run in three arithmetics."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from numbers import Rational
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import scipy.special
import sympy
from jax.core import Tracer
from jax.typing import ArrayLike
from jaxtyping import Float
from sympy import Max, exp, log, oo
from sympy.core.relational import Relational

from ._formula import Backend, check_domain, compiled, latex
from ._symbols import COUNT, EPSILON, GAMMA, ORDER, OUTCOME, P_LAW, Q_LAW, TOTAL, P, Q

_LOGSUMEXP = {"jax": jax.scipy.special.logsumexp, "float64": scipy.special.logsumexp}


@dataclass(frozen=True)
class Divergence:
    """D(P‖Q) = outer(Σᵢ term(pᵢ, qᵢ)) between two laws on a finite set, last axis of each array.

    Args:
        id: permanent name; a changed meaning gets a new number.
        symbol: LaTeX of the left-hand side.
        term: one outcome's share where p > 0 and q > 0.
        without_q: its share where p > 0 and q = 0, the limit q → 0.
        without_p: its share where p = 0 and q > 0, the limit p → 0.
        outer: what is done to the sum T.
        parameters: keywords of every call besides p and q.
        domain: conditions on the parameters.
        source: author, year, arXiv id; or "textbook".
        in_logs: `term` is the logarithm of the share and T the logarithm of the sum.
        both_ways: the larger of D(P‖Q) and D(Q‖P).

    >>> import numpy as np
    >>> p, q = np.array([0.5, 0.5]), np.array([0.75, 0.25])
    >>> float(hockey_stick.host(p, q, gamma=1.5))
    0.125
    >>> total_variation.exact([Fraction(1, 3), Fraction(2, 3)], [Fraction(1, 2), Fraction(1, 2)])
    1/6
    >>> print(total_variation.latex())
    \\mathrm{TV}(P, Q) = \\frac{\\sum_{i=1}^{n} \\left|{{p}_{i} - {q}_{i}}\\right|}{2}
    """

    id: str
    symbol: str
    term: sympy.Expr
    without_q: sympy.Expr
    without_p: sympy.Expr
    outer: sympy.Expr = TOTAL
    parameters: tuple[sympy.Symbol, ...] = ()
    domain: tuple[Relational, ...] = ()
    source: str = "textbook"
    in_logs: bool = False
    both_ways: bool = False

    @property
    def statement(self) -> sympy.Expr:
        """The right-hand side in SymPy, for n outcomes of positive probability under both laws."""
        forward = self._sum(P_LAW[OUTCOME], Q_LAW[OUTCOME])
        return Max(forward, self._sum(Q_LAW[OUTCOME], P_LAW[OUTCOME])) if self.both_ways else forward

    def latex(self) -> str:
        """The definition as LaTeX."""
        return f"{self.symbol} = {latex(self.statement)}"

    def __call__(
        self,
        p: Float[jax.Array | np.ndarray, "*#batch n"],
        q: Float[jax.Array | np.ndarray, "*#batch m"],
        **parameters: ArrayLike,
    ) -> Float[jax.Array, "..."]:
        """D(P‖Q) in JAX: traceable, 0·log(0/q) = 0, p > 0 = q handled without NaN; see `host` for float64.

        Args:
            p: probabilities, last axis sums to 1.
            q: probabilities on the same support, m = n.
            parameters: scalars or arrays over the batch, by name.

        Raises:
            ValueError: supports differ in size, a concrete array is no law, a parameter is out of domain.
        """
        self._check(p, q, parameters)
        return jnp.asarray(_evaluate(self, jnp.asarray(p), jnp.asarray(q), parameters, "jax"))

    def host(
        self,
        p: Float[np.ndarray, "*#batch n"],
        q: Float[np.ndarray, "*#batch m"],
        **parameters: ArrayLike,
    ) -> Float[np.ndarray, "..."]:
        """D(P‖Q) in numpy float64, whatever JAX's x64 setting; arguments as for a call."""
        self._check(p, q, parameters)
        wide = {name: np.asarray(value, np.float64) for name, value in parameters.items()}
        with np.errstate(over="ignore", divide="ignore", under="ignore", invalid="ignore"):
            return np.asarray(_evaluate(self, np.asarray(p, np.float64), np.asarray(q, np.float64), wide, "float64"))

    def exact(self, p: Sequence[Fraction | int], q: Sequence[Fraction | int], **parameters: object) -> sympy.Expr:
        """D(P‖Q) of rational laws as a SymPy number; rational whenever the term is.

        e^ε stays exact when ε is given as `sympy.log(γ)`.

        Raises:
            ValueError: lengths differ, a probability is negative, or a law does not sum to exactly 1.
        """
        _check_exact(self.id, p, q)
        values: dict[Any, Any] = {s: sympy.sympify(parameters[s.name]) for s in self.parameters}
        forward = self._exact(p, q, values)
        return Max(forward, self._exact(q, p, values)) if self.both_ways else forward

    def _sum(self, p: Any, q: Any) -> Any:
        share = self.term.subs({P: p, Q: q}, simultaneous=True)
        total = sympy.Sum(exp(share).expand() if self.in_logs else share, (OUTCOME, 1, COUNT))
        return self.outer.subs(TOTAL, log(total) if self.in_logs else total)

    def _exact(
        self,
        p: Sequence[Fraction | int],
        q: Sequence[Fraction | int],
        values: Mapping[Any, Any],
    ) -> Any:
        pairs = [(sympy.Rational(a), sympy.Rational(b)) for a, b in zip(p, q, strict=True) if a or b]
        shares = [self._case(a, b).subs({P: a, Q: b, **values}) for a, b in pairs]
        total = sympy.Add(*(map(exp, shares) if self.in_logs else shares))
        if self.in_logs:
            total = log(total) if total else -oo
        return self.outer.subs({TOTAL: total, **values})

    def _case(self, p: Any, q: Any) -> Any:
        return self.term if p and q else (self.without_q if p else self.without_p)

    def _check(self, p: Any, q: Any, parameters: Mapping[str, Any]) -> None:
        names = {s.name for s in self.parameters}
        if set(parameters) != names:
            raise ValueError(f"{self.id} takes the keywords {sorted(names)}; got {sorted(parameters)}")
        if p.shape[-1] != q.shape[-1]:
            raise ValueError(f"{self.id} needs one support; p has {p.shape[-1]} outcomes, q has {q.shape[-1]}")
        check_domain(self.id, self.parameters, self.domain, parameters)
        for name, law in (("p", p), ("q", q)):
            if not isinstance(law, Tracer):
                _check_law(self.id, name, np.asarray(law, np.float64))


def _check_exact(owner: str, p: Sequence[Fraction | int], q: Sequence[Fraction | int]) -> None:
    if not all(isinstance(v, Rational) for v in (*p, *q)):
        raise ValueError(f"{owner}: exact laws are made of Fraction or int, never float; convert them")
    if len(p) != len(q) or sum(p) != 1 or sum(q) != 1 or min(*p, *q) < 0:
        raise ValueError(
            f"{owner} needs two laws on one support; got {len(p)} and {len(q)} outcomes, "
            f"sums {sum(p)} and {sum(q)}, least {min(*p, *q)}"
        )


def _check_law(owner: str, name: str, law: np.ndarray) -> None:
    if not np.all(law >= 0):
        raise ValueError(f"{owner}: {name} has a negative or NaN probability; give a law")
    # Room for float32 laws normalised in float32; a forgotten outcome is far outside it.
    if not np.allclose(law.sum(-1), 1.0, rtol=0, atol=1e-5):
        raise ValueError(f"{owner}: {name} sums to {law.sum(-1)} over the last axis; normalise it to 1")


def _evaluate(divergence: Divergence, p: Any, q: Any, parameters: Mapping[str, Any], backend: Backend) -> Any:
    xp = jnp if backend == "jax" else np
    values = [xp.asarray(parameters[s.name], dtype=p.dtype) for s in divergence.parameters]
    forward = _one_way(divergence, p, q, values, backend)
    return xp.maximum(forward, _one_way(divergence, q, p, values, backend)) if divergence.both_ways else forward


def _one_way(divergence: Divergence, p: Any, q: Any, values: list[Any], backend: Backend) -> Any:
    xp = jnp if backend == "jax" else np
    both, inner = (p > 0) & (q > 0), [v[..., None] for v in values]

    def share(expression: sympy.Expr, where: Any) -> ArrayLike:
        # The branch not taken is evaluated at p = q = 1, so no NaN arises in it, nor in its gradient.
        run = compiled(expression, (P, Q, *divergence.parameters), backend)
        return run(xp.where(where, p, 1), xp.where(where, q, 1), *inner)

    nothing = -xp.inf if divergence.in_logs else 0.0
    alone = xp.where(q > 0, share(divergence.without_p, ~both), nothing)
    alone = xp.where(p > 0, share(divergence.without_q, ~both), alone)
    terms = xp.where(both, share(divergence.term, both), xp.where((p > 0) | (q > 0), alone, nothing))
    total = _LOGSUMEXP[backend](terms, axis=-1) if divergence.in_logs else terms.sum(-1)
    return compiled(divergence.outer, (TOTAL, *divergence.parameters), backend)(total, *values)


_ZERO = sympy.Integer(0)
_NOT_ONE: Any = sympy.Ne(ORDER, 1)
hockey_stick = Divergence(
    "hockey-stick-1", r"H_\gamma(P\|Q)", Max(P - GAMMA * Q, 0), P, _ZERO,
    parameters=(GAMMA,),
)  # fmt: skip
indistinguishability = Divergence(
    "indistinguishability-1", r"\delta_\varepsilon(P, Q)", Max(P - exp(EPSILON) * Q, 0), P, _ZERO,
    parameters=(EPSILON,), both_ways=True, source="Dwork & Roth 2014, Definition 2.4",
)  # fmt: skip
total_variation = Divergence("total-variation-1", r"\mathrm{TV}(P, Q)", sympy.Abs(P - Q), P, Q, TOTAL / 2)
kullback_leibler = Divergence("kullback-leibler-1", r"\mathrm{KL}(P\|Q)", P * (log(P) - log(Q)), oo, _ZERO)
chi_squared = Divergence("chi-squared-1", r"\chi^2(P\|Q)", (P - Q) ** 2 / Q, oo, Q)
renyi = Divergence(
    "renyi-1", r"D_\alpha(P\|Q)", ORDER * log(P) + (1 - ORDER) * log(Q), oo * sympy.sign(ORDER - 1), -oo,
    TOTAL / (ORDER - 1), (ORDER,), (_NOT_ONE,), "Mironov 2017, 1702.07476", in_logs=True,
)  # fmt: skip

DIVERGENCES = (hockey_stick, indistinguishability, total_variation, kullback_leibler, chi_squared, renyi)


def indistinguishable(
    p: Float[jax.Array | np.ndarray, "*#batch n"],
    q: Float[jax.Array | np.ndarray, "*#batch n"],
    epsilon: ArrayLike,
    delta: ArrayLike,
) -> Any:
    """P ≈_{ε,δ} Q: H_{e^ε}(P‖Q) ≤ δ and H_{e^ε}(Q‖P) ≤ δ, traceable.

    Args:
        p: probabilities, last axis sums to 1.
        q: probabilities, last axis sums to 1.
        epsilon: privacy loss, ≥ 0.
        delta: additive slack.

    >>> bool(indistinguishable(np.array([0.5, 0.5]), np.array([0.75, 0.25]), 0.0, 0.3))
    True
    """
    return indistinguishability(p, q, epsilon=epsilon) <= delta
