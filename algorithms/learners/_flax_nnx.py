"""How a flax nnx module is called in training and at evaluation."""

import inspect
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, PRNGKeyArray

from ._collections import PARAMS, at_rest, others
from ._cpu_layers import for_cpus
from ._flax_calls import Calls, told

STATE = "state"
"""The collection of all that an nnx module keeps beside its parameters and its random streams."""


def nnx_calls(make: Any, mode: Any, name: str) -> Calls:
    """Those of an nnx module.

    Args:
        make: `rngs -> module`.
        mode: see `flax_module`.
        name: of the learner, for errors.

    Raises:
        ValueError: `make` is a module, or makes none.

    >>> from flax import nnx
    >>> calls = nnx_calls(lambda rngs: nnx.BatchNorm(2, rngs=rngs), None, "normal")
    >>> variables = calls.start(jax.random.key(0), jnp.ones((1, 2)))
    >>> {collection: sorted(part) for collection, part in variables.items()}
    {'params': ['bias', 'scale'], 'state': ['mean', 'var']}
    >>> calls.train(variables, jnp.ones((1, 2)), jax.random.key(0))[1]["state"]["mean"].round(2)
    Array([0.01, 0.01], dtype=float32)
    """
    from flax import nnx

    def new(key: PRNGKeyArray) -> Any:
        return make(rngs=nnx.Rngs(key)) if by_name else make(nnx.Rngs(key))

    def parts(model: Any) -> tuple[Any, ...]:
        return nnx.split(model, nnx.Param, nnx.RngState, nnx.Intermediate, ...)

    by_name = _takes_rngs(make, nnx.Module)
    model = nnx.eval_shape(lambda: new(jax.random.key(0)))
    if not isinstance(model, nnx.Module):
        raise ValueError(f"module: {make!r:.60} makes {type(model).__name__}, no flax module; {_MEND}")
    training, evaluation = told(type(model).__call__, mode, name)
    graph, *shapes = parts(model)

    def merged(variables: Any, streams: list[Any], train: bool) -> Any:
        given = [variables[PARAMS], streams, [], variables.get(STATE, [])]
        model = nnx.merge(graph, *map(_shaped, shapes, given))
        (model.train if train else model.eval)()
        return model

    def published(model: Any) -> dict[str, Any]:
        _, params, _, _, state = parts(model)
        kept = {PARAMS: _plain(params), STATE: _plain(state)}
        return kept if jax.tree.leaves(kept[STATE]) else {PARAMS: kept[PARAMS]}

    def start(key: PRNGKeyArray, x: Array) -> Any:
        del x
        return published(new(key))

    def apply(variables: Any, x: Array) -> Any:
        return merged(at_rest(variables), _streams(shapes[1], jax.random.key(0)), False)(x, **evaluation)

    def train(variables: Any, x: Array, key: PRNGKeyArray) -> Any:
        model = merged(variables, _streams(shapes[1], key), True)
        outputs = model(x, **training)
        return outputs, others(published(model))

    return Calls(start, for_cpus(apply), for_cpus(train))


_REST = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
_MEND = "give a linen module, or what makes an nnx one: lambda rngs: Net(rngs=rngs)"


def _takes_rngs(make: Any, kind: type) -> bool:
    """Whether its argument is called `rngs`; what is no function of one argument is refused."""
    if isinstance(make, kind):
        raise ValueError(
            f"module: {type(make).__name__} is an nnx module with parameters of its own, and each run draws others; "
            f"give what makes it, lambda rngs: {type(make).__name__}(…, rngs=rngs)"
        )
    if not callable(make):
        raise ValueError(f"module: {make!r:.60} is no flax module; {_MEND}")
    # The signature of an nnx class is that of its metaclass.
    arguments = list(inspect.signature(make.__init__ if isinstance(make, type) else make).parameters.values())
    arguments = arguments[isinstance(make, type) :]
    needed = [each.name for each in arguments if each.default is each.empty and each.kind not in _REST]
    by_name = any(each.name == "rngs" for each in arguments)
    if len(needed) > 1 or not (needed or by_name):
        raise ValueError(f"module: {make!r:.60} takes {', '.join(needed) or 'nothing'}; {_MEND}")
    return by_name


def _plain(state: Mapping[Any, Any]) -> dict[Any, Any]:
    """Arrays in nested dicts, under the names of an nnx state."""

    def held(variable: Any) -> Any:
        leaves = jax.tree.leaves(variable)
        return leaves[0] if len(leaves) == 1 else leaves

    return {name: _plain(part) if isinstance(part, Mapping) else held(part) for name, part in state.items()}


def _shaped(like: Any, given: Any) -> Any:
    return jax.tree.unflatten(jax.tree.structure(like), jax.tree.leaves(given))


def _streams(shapes: Any, key: PRNGKeyArray) -> list[Array]:
    """The leaves of all random streams, started anew: stream j has the key `fold_in(key, j)` and count 0."""

    def leaf(number: int, shape: Any) -> Array:
        if not jnp.issubdtype(shape.dtype, jax.dtypes.prng_key):
            return jnp.zeros(shape.shape, shape.dtype)
        own = jax.random.fold_in(key, number)
        return jax.random.split(own, shape.shape) if shape.shape else own

    keys = [jnp.issubdtype(each.dtype, jax.dtypes.prng_key) for each in jax.tree.leaves(shapes)]
    numbers = [sum(keys[:i]) for i in range(len(keys))]
    return [leaf(number, each) for number, each in zip(numbers, jax.tree.leaves(shapes), strict=True)]
