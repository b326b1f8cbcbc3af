"""A user's own layers, with convolutions and poolings that stay fast on a CPU when many networks train side by side."""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import jax
from jax import lax
from jax.extend.core import ClosedJaxpr, Jaxpr, JaxprEqn, Literal, jaxpr_as_fun

from ._convolution import convolve, max_pool


def for_cpus(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, with `convolve` for its convolutions and `max_pool` for its poolings, the same up to rounding.

    It is traced, and the trace is computed anew step by step. What lies inside loops, branches and functions with a
    derivative of their own stays as it is, and so does all of it on a GPU or TPU.

    Args:
        function: of pytrees of arrays.

    >>> import jax.numpy as jnp
    >>> from flax import linen
    >>> pooled = for_cpus(lambda x: {"pooled": linen.max_pool(x, (2, 2), (2, 2))})
    >>> pooled(jnp.arange(16.0).reshape(1, 4, 4, 1))["pooled"].ravel().tolist()
    [5.0, 7.0, 13.0, 15.0]
    """

    @functools.wraps(function)
    def run(*arguments: Any) -> Any:
        trace: Any = jax.make_jaxpr(function, return_shape=True)
        program, shapes = trace(*arguments)
        return jax.tree.unflatten(jax.tree.structure(shapes), _run(program, jax.tree.leaves(arguments)))

    return run


def _run(program: Any, given: Sequence[Any]) -> list[Any]:
    body: Jaxpr = program.jaxpr
    known: dict[Any, Any] = dict(zip([*body.constvars, *body.invars], [*program.consts, *given], strict=True))

    def read(atom: Any) -> Any:
        return atom.val if isinstance(atom, Literal) else known[atom]

    for step in body.eqns:
        known.update(zip(step.outvars, _step(step, body, list(map(read, step.invars))), strict=True))
    return list(map(read, body.outvars))


def _step(step: JaxprEqn, body: Jaxpr, given: list[Any]) -> Sequence[Any]:
    name = step.primitive.name
    if name in ("jit", "pjit"):
        return _run(step.params["jaxpr"], given)
    if name == "conv_general_dilated":
        return [convolve(*given, **step.params)]
    alone = _alone(step, body)
    if name == "reduce_window_max" and _side_by_side(**step.params):
        window = step.params["window_dimensions"][1:3]
        return [
            lax.platform_dependent(*given, cpu=lambda x: max_pool(x, window, window), default=lambda x: alone(x)[0])
        ]
    return alone(*(each for each, atom in zip(given, step.invars, strict=True) if not isinstance(atom, Literal)))


def _alone(step: JaxprEqn, body: Jaxpr) -> Callable[..., Sequence[Any]]:
    """A step as a function of what it reads of other steps, one argument for each time that it reads."""
    read = [atom for atom in step.invars if not isinstance(atom, Literal)]
    own = body.replace(constvars=[], invars=read, outvars=step.outvars, eqns=[step], effects=step.effects)
    return jaxpr_as_fun(ClosedJaxpr(own, []))


def _side_by_side(window_dimensions: Any, window_strides: Any, padding: Any, **dilations: Any) -> bool:
    """Whether windows `[1, h, w, 1]` lie side by side, as those that `max_pool` splits do."""
    flat = [*window_dimensions[:1], *window_dimensions[3:], *(each for every in dilations.values() for each in every)]
    edges = [edge for pair in padding for edge in pair]
    return len(window_dimensions) == 4 and window_dimensions == window_strides and {*flat} == {1} and not any(edges)
