"""The layers of a model, in a declared order, and the last one's inputs and weights."""

import re
from typing import Any

import jax
import jax.numpy as jnp
from jax.tree_util import tree_flatten_with_path, tree_map_with_path
from jaxtyping import Array, Float

from ..learners._cnn import Convolutions
from ..learners._ridge import affine

Order = tuple[str, ...]


def layers(params: Any, order: Order = ()) -> tuple[str, ...]:
    """The names of a model's layers, from input to output.

    A layer is a module that holds arrays (a dense or convolutional one: kernel and bias); its name is its path. A
    linear model, one array, is one layer "". Without `order` they come in the natural order of their names: body
    before head, Dense_2 before Dense_10; all convolutions before all dense layers, as flax names them.

    Args:
        params: any pytree of arrays.
        order: prefixes of names from input to output, where the natural order is not the model's.

    Returns:
        The names, each once.

    Raises:
        ValueError: `order` leaves a layer out.

    >>> import jax.numpy as jnp
    >>> layers({"params": {"Dense_10": {"kernel": 0}, "Dense_2": {"kernel": 0}, "Conv_0": {"kernel": 0, "bias": 0}}})
    ('params/Conv_0', 'params/Dense_2', 'params/Dense_10')
    >>> layers(jnp.zeros((3, 2)))
    ('',)
    >>> layers({"embed": {"w": 0}, "block_1": {"w": 0}, "block_0": {"w": 0}}, order=("embed", "block"))
    ('embed', 'block_0', 'block_1')
    """
    names = {_layer(path) for path, _ in tree_flatten_with_path(params)[0]}
    lost = [name for name in sorted(names) if order and not any(map(name.startswith, order))]
    if lost:
        raise ValueError(f"order: no prefix in {order} fits the layer {lost[0]!r}; name all layers, input first")
    rank = {name: next((i for i, prefix in enumerate(order) if name.startswith(prefix)), 0) for name in names}
    return tuple(sorted(names, key=lambda name: (rank[name], _natural(name))))


def last_layers(params: Any, last: int | None, order: Order = ()) -> Any:
    """The params tree with, for every array, whether it belongs to the last so many layers.

    Args:
        params: any pytree of arrays.
        last: how many layers; None for all, and so is more than there are.
        order: see `layers`.

    >>> last_layers({"body": {"kernel": 1.0}, "head": {"bias": 1.0, "kernel": 1.0}}, 1)
    {'body': {'kernel': False}, 'head': {'bias': True, 'kernel': True}}
    """
    names = layers(params, order)
    last_names = set(names if last is None else names[max(len(names) - last, 0) :])
    return tree_map_with_path(lambda path, leaf: _layer(path) in last_names, params)


def features(params: Any, x: Float[Array, "m ..."]) -> Float[Array, "m h"]:
    """What the last layer of a shipped model is given: the inputs of a linear one, the last hidden units of a network.

    Args:
        params: an array `[d + 1, c]`, or the parameters of `Perceptron` or `Convolutions`.
        x: inputs.

    Raises:
        ValueError: any other model; methods that need hidden units take them as `hidden=`.

    >>> import jax.numpy as jnp
    >>> body = {"kernel": jnp.array([[1.0, -1.0]]), "bias": jnp.zeros(2)}
    >>> features({"params": {"body": body, "head": {}}}, jnp.array([[3.0]])).tolist()
    [[3.0, 0.0]]
    """
    if isinstance(params, Array):
        return affine(x)[:, :-1]
    names = set(params.get("params", ())) - {"head"}
    if names == {"body"}:
        body = params["params"]["body"]
        return jax.nn.relu(affine(x)[:, :-1] @ body["kernel"] + body["bias"])
    if names and names == {f"convolution_{i}" for i in range(len(names))}:
        channels = tuple(params["params"][f"convolution_{i}"]["bias"].shape[-1] for i in range(len(names)))
        return jnp.asarray(Convolutions(channels, None).apply(params, x))
    raise ValueError(
        f"hidden: the units below the last layer of {layers(params)} are not known here; "
        "pass hidden=, a function (params, x) -> units"
    )


def head(params: Any, order: Order = ()) -> Float[Array, "h1 c"]:
    """The last layer as one matrix `[h + 1, c]`: its kernel, and below it its bias.

    Raises:
        ValueError: the last layer is not a kernel and a bias.

    >>> import jax.numpy as jnp
    >>> head({"body": {"kernel": 0}, "head": {"kernel": jnp.ones((2, 1)), "bias": jnp.zeros(1)}}).tolist()
    [[1.0], [1.0], [0.0]]
    """
    if isinstance(params, Array):
        return params
    name = layers(params, order)[-1]
    parts = {_key(path[-1]): leaf for path, leaf in tree_flatten_with_path(params)[0] if _layer(path) == name}
    if set(parts) != {"kernel", "bias"}:
        raise ValueError(f"params: the last layer {name!r} holds {sorted(parts)}, not a kernel and a bias")
    return jnp.concatenate([parts["kernel"], parts["bias"][None]])


def with_head(params: Any, matrix: Float[Array, "h1 c"], order: Order = ()) -> Any:
    """The params with the last layer replaced by a matrix as `head` gives it.

    >>> import jax.numpy as jnp
    >>> tree = {"head": {"kernel": jnp.ones((2, 1)), "bias": jnp.zeros(1)}}
    >>> with_head(tree, 2 * head(tree))["head"]["kernel"].tolist()
    [[2.0], [2.0]]
    """
    if isinstance(params, Array):
        return matrix
    name, parts = layers(params, order)[-1], {"kernel": matrix[:-1], "bias": matrix[-1]}
    return tree_map_with_path(lambda path, leaf: parts[_key(path[-1])] if _layer(path) == name else leaf, params)


def _layer(path: Any) -> str:
    return "/".join(_key(entry) for entry in path[:-1])


def _key(entry: Any) -> str:
    return str(getattr(entry, "key", getattr(entry, "idx", getattr(entry, "name", entry))))


def _natural(name: str) -> list[Any]:
    """The name with its numbers as numbers; text and numbers alternate, so that two lists always compare."""
    return [int(part) if i % 2 else part for i, part in enumerate(re.split(r"(\d+)", name))]
