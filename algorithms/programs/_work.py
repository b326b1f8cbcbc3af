"""How much arithmetic a program does: counted while it runs, loops by the turns they take."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax
from jax.extend import core
from jaxtyping import Array, Float

from ._programs import Program, bodies

_EACH = frozenset(
    {
        "add", "add_any", "sub", "mul", "div", "rem", "neg", "abs", "sign", "max", "min", "clamp", "pow", "integer_pow",
        "square", "sqrt", "rsqrt", "cbrt", "exp", "exp2", "log", "log1p", "expm1", "logistic", "tanh", "sinh", "cosh",
        "sin", "cos", "tan", "asin", "acos", "atan", "atan2", "erf", "erfc", "erf_inv", "lgamma", "digamma",
    }
)  # fmt: skip
"""One operation for each number that comes out."""

_OVER = frozenset(
    {
        "reduce_sum", "reduce_max", "reduce_min", "reduce_prod", "argmax", "argmin",
        "cumsum", "cumprod", "cumlogsumexp", "cummax", "cummin", "scatter-add",
    }
)  # fmt: skip
"""One operation for each number that goes in."""

_CUBIC = {"cholesky": 1 / 3, "lu": 2 / 3, "qr": 4 / 3, "eigh": 9.0, "svd": 12.0, "householder_product": 4 / 3}
"""Multiples of n³, to leading order. Source: Golub and Van Loan 2013, Matrix Computations."""

Counted = tuple[list[Any], Float[Array, ""]]
"""What a program returns, and the operations it took."""


def operations(program: Program, *arguments: Any) -> float:
    """The floating-point operations of one call, two to a multiply-add; what moves data or compares costs nothing.

    It is a count, not a time: equal programs on equal arguments count equally, on any machine. A loop counts for the
    turns that it takes with these arguments, a branch for the one that is taken. NaN where a step calls back into
    Python, or holds programs of a kind that is not looked into.

    Args:
        program: a trace.
        arguments: of the shapes it was traced with.

    >>> import jax.numpy as jnp
    >>> from ._programs import trace
    >>> a, b = jnp.ones((2, 3)), jnp.ones((3, 4))
    >>> operations(trace(lambda a, b: a @ b + 1, a, b), a, b)  # 2 · 2 · 3 · 4 + 2 · 4
    56.0
    >>> halve = lambda n: lax.fori_loop(0, n, lambda i, x: x / 2, 8.0)
    >>> operations(trace(halve, 3), 3), operations(trace(halve, 3), 9)
    (3.0, 9.0)
    """
    leaves = jax.tree.leaves(arguments)
    count = jax.jit(lambda *given: _run(program.jaxpr.jaxpr, program.jaxpr.consts, given)[1])
    return float(count(*leaves))


def _run(jaxpr: core.Jaxpr, consts: Sequence[Any], given: Sequence[Any]) -> Counted:
    """Interpret a program, and count."""
    values: dict[Any, Any] = {}

    def read(atom: Any) -> Any:
        return atom.val if isinstance(atom, core.Literal) else values[atom]

    values.update(zip(jaxpr.constvars, consts, strict=True))
    values.update(zip(jaxpr.invars, given, strict=True))
    total = jnp.zeros(())
    for step in jaxpr.eqns:
        outs, count = _HOLDS.get(step.primitive.name, _plain)(step, [read(atom) for atom in step.invars])
        values.update(zip(step.outvars, outs, strict=True))
        total += count
    return [read(atom) for atom in jaxpr.outvars], total


def _plain(step: Any, given: list[Any]) -> Counted:
    outs = step.primitive.bind(*given, **step.params)
    return (list(outs) if step.primitive.multiple_results else [outs]), jnp.asarray(_cost(step), float)


_CALLED = ("jaxpr", "call_jaxpr", "fun_jaxpr", "call")
"""Under which a step holds the function that it calls."""


def _called(step: Any, given: list[Any]) -> Counted:
    """A function that is called: looked into, its derivative being no part of what runs."""
    return _inside(
        next(step.params[name] for name in ("jaxpr", "call_jaxpr", "fun_jaxpr", "call") if name in step.params), given
    )


def _inside(inner: Any, given: Sequence[Any]) -> Counted:
    closed = hasattr(inner, "consts")
    return _run(inner.jaxpr if closed else inner, inner.consts if closed else (), given)


def _solve(step: Any, given: list[Any]) -> Counted:
    """A linear solve, by the program that solves: the others are for its derivative."""
    counts, programs = step.params["const_lengths"], step.params["jaxprs"]
    first = counts.matvec + counts.vecmat
    return _inside(programs.solve, [*given[first : first + counts.solve], *given[sum(counts) :]])


def _scan(step: Any, given: list[Any]) -> Counted:
    params = step.params
    held, carried = params["num_consts"], params["num_carry"]
    consts, carry, xs = given[:held], given[held : held + carried], given[held + carried :]

    def body(state: Any, x: Any) -> Any:
        outs, count = _inside(params["jaxpr"], [*consts, *state[1], *x])
        return (state[0] + count, outs[:carried]), outs[carried:]

    start = jnp.zeros(()), carry
    (total, carry), ys = lax.scan(body, start, xs, length=params["length"], reverse=params["reverse"])
    return [*carry, *ys], total


def _while(step: Any, given: list[Any]) -> Counted:
    params = step.params
    first, second = params["cond_nconsts"], params["body_nconsts"]
    asked, held, carry = given[:first], given[first : first + second], given[first + second :]

    def goes_on(old: list[Any]) -> Any:
        return _inside(params["cond_jaxpr"], [*asked, *old])[0][0]

    def body(state: Any) -> Any:
        (new, count), going = _inside(params["body_jaxpr"], [*held, *state[1]]), goes_on(state[1])
        # Loops side by side turn until the last one ends; what has ended stays as it is.
        return state[0] + count, [_where(going, *pair) for pair in zip(new, state[1], strict=True)]

    total, outs = lax.while_loop(lambda state: goes_on(state[1]).any(), body, (jnp.zeros(()), carry))
    return outs, total


def _where(going: Any, new: Any, old: Any) -> Any:
    return jnp.where(jnp.reshape(going, going.shape + (1,) * (jnp.ndim(new) - going.ndim)), new, old)


def _branch(step: Any, given: list[Any]) -> Counted:
    def taken(branch: Any) -> Callable[..., Any]:
        return lambda *operands: _inside(branch, operands)

    return lax.switch(given[0], [taken(each) for each in step.params["branches"]], *given[1:])


_HOLDS: dict[str, Callable[[Any, list[Any]], Counted]] = {
    **dict.fromkeys(("pjit", "jit", "closed_call", "core_call", "remat", "checkpoint", "remat2"), _called),
    **dict.fromkeys(("custom_jvp_call", "custom_vjp_call", "custom_vjp_call_jaxpr", "custom_vmap_call"), _called),
    "scan": _scan,
    "while": _while,
    "cond": _branch,
    "custom_linear_solve": _solve,
}
"""Steps that hold programs; any other one is taken as it is."""


def _cost(step: Any) -> float:
    """The operations of one step, from its shapes."""
    name = step.primitive.name
    shapes: list[tuple[int, ...]] = [getattr(atom.aval, "shape", ()) for atom in step.invars]
    if "callback" in name or (any(bodies(step)) and "scatter" not in name and "reduce" not in name):
        return math.nan  # what nobody looks into is not counted, and so not free
    out = math.prod(getattr(step.outvars[0].aval, "shape", ()))
    special = _SPECIAL.get(name)
    if special is not None:
        return special(step, shapes, out)
    if name in _CUBIC:
        return _CUBIC[name] * math.prod(shapes[0][:-2]) * shapes[0][-2] * shapes[0][-1] ** 2
    if not jnp.issubdtype(step.outvars[0].aval.dtype, jnp.inexact):
        return 0.0
    taken_in = math.prod(shapes[-1 if "scatter" in name else 0]) if name in _OVER else 0
    return float(taken_in + out * (name in _EACH))


def _product(step: Any, shapes: list[Any], out: int) -> float:
    (contracted, _), _ = step.params["dimension_numbers"]
    return 2.0 * out * math.prod(shapes[0][axis] for axis in contracted)


def _convolution(step: Any, shapes: list[Any], out: int) -> float:
    outputs = shapes[1][step.params["dimension_numbers"].rhs_spec[0]]
    return 2.0 * out * math.prod(shapes[1]) / outputs


def _triangular(step: Any, shapes: list[Any], out: int) -> float:
    return float(out * shapes[0][-1])


_SPECIAL: dict[str, Callable[..., float]] = {
    "dot_general": _product,
    "conv_general_dilated": _convolution,
    "triangular_solve": _triangular,
}
