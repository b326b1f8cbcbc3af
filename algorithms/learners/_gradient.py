"""Learners trained by minibatch descent: any model of yours, and a network with one hidden layer."""

import functools
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import linen
from jax import lax
from jaxtyping import Array, Float, PRNGKeyArray

from ...formal._types import Real
from ...formal.definitions._scenario import Rows
from .._factory import factory
from .._tokens import Tokens
from ..base import Learner, Trained, cross_entropy, no_penalty
from ._collections import with_collections
from ._descent import descend, steps_for


def minibatch(
    start: Callable[[PRNGKeyArray, Rows], Any],
    apply: Callable[[Any, Array], Array],
    *,
    optimiser: optax.GradientTransformation,
    epochs: Real,
    batch: int,
    loss: Callable[[Array, Any], Array] = cross_entropy,
    penalty: Callable[[Any], Array] = no_penalty,
    name: str = "minibatch",
    logits: bool = True,
    tokens: Tokens | None = None,
    numeric: bool = False,
    train: Callable[[Any, Array, PRNGKeyArray], tuple[Array, Any]] | None = None,
) -> Learner:
    r"""A learner of your own model: ⌈epochs · n / batch⌉ optimiser steps from a random start.

    Each step follows the gradient of $\frac1{|B|}\sum_{i\in B}\ell_i + \frac1n\,\mathrm{penalty}(\theta)$ for a
    batch B drawn with replacement from the n rows present: no absent row is ever in it.

    Args:
        start: `(key, rows) -> params`; may look at the shapes of the rows only.
        apply: `(params, x) -> outputs`.
        optimiser: any optax transformation; its state starts fresh and is not published.
        epochs: passes over the rows present.
        batch: rows in a minibatch.
        loss: `(outputs, y) -> [m]`.
        penalty: `params -> scalar`, in the sum form.
        name: for sentences.
        logits: whether outputs are class scores.
        tokens: how a language model reads its rows.
        numeric: whether x and y are numbers, to be read as floats whatever dtype holds them; False where your model
            looks something up by them. See `Learner`.
        train: where training computes otherwise than `apply`, which then answers at evaluation alone:
            `(params, x, key) -> (outputs, kept)`. `params` are collections, a dict: "params" is descended on, any
            other becomes what `kept` says of it; step i's key is `fold_in(fold_in(key, 2), i)` of the run's key.

    Returns:
        The learner. Keep and reuse it: every call makes a new one, which compiles anew.

    Raises:
        ValueError: (when it is fitted) `kept` lacks a collection, or has it in other shapes than `start`.

    >>> import jax, jax.numpy as jnp, optax
    >>> from neverseen.formal import Rows
    >>> rows = Rows(jnp.array([[-1.0], [1.0]]), jnp.eye(2), jnp.ones(2, bool))
    >>> zero = lambda key, rows: jnp.zeros((1, 2))
    >>> mine = minibatch(zero, lambda w, x: x @ w, optimiser=optax.sgd(1.0), epochs=20, batch=2)
    >>> float(mine.row_losses(mine.fit(jax.random.key(0), rows).params, rows).max()) < 0.1
    True
    """

    def fit(key: PRNGKeyArray, rows: Rows) -> Trained:
        start_key, order_key = jax.random.split(key)
        count = jnp.maximum(rows.count(), 1)

        def objective(params: Any, sample: Rows) -> Float[Array, ""]:
            return learner.mean_loss(params, sample) + penalty(params) / count

        due, longest = steps_for(epochs, rows, batch)
        terms: dict[str, Any] = {"optimiser": optimiser, "batch": batch, "due": due, "longest": longest}
        begin, how = start(start_key, rows), objective
        if train is not None:
            how, own = None, with_collections(train, learner, optimiser, jax.random.fold_in(key, 2), count)
            terms |= own
        return Trained(descend(order_key, begin, (rows,), how, **terms), None, learner)

    learner = Learner(fit, apply, loss, penalty, name, logits, tokens=tokens, numeric=numeric)
    return learner


class Perceptron(linen.Module):
    """A network with one hidden layer of rectified units.

    Args:
        hidden: units.
        classes: outputs.

    >>> import jax, jax.numpy as jnp
    >>> model = Perceptron(hidden=3, classes=2)
    >>> model.apply(model.init(jax.random.key(0), jnp.zeros((1, 4))), jnp.zeros((5, 4))).shape
    (5, 2)
    """

    hidden: int
    classes: int

    @linen.compact
    def __call__(self, x: Array) -> Array:
        """Scores `[m, classes]` of the rows, flattened."""
        h = linen.relu(linen.Dense(self.hidden, name="body")(x.reshape(x.shape[0], -1)))
        return linen.Dense(self.classes, name="head")(h)


@factory
def mlp(hidden: int = 64, epochs: Real = 20, batch: int = 64, rate: Real = 0.3, momentum: Real = 0.9) -> Learner:
    """A one-hidden-layer network in flax, trained by SGD with momentum from `uniform_start`; one-hot targets.

    Args:
        hidden: units.
        epochs: passes over the rows present.
        batch: rows in a minibatch, drawn with replacement.
        rate: step size.
        momentum: of SGD.

    Returns:
        The learner; parameters are flax's.

    >>> mlp(hidden=8)
    mlp(hidden=8, epochs=20, batch=64, rate=0.3, momentum=0.9)
    """

    def fit(key: PRNGKeyArray, rows: Rows) -> Trained:
        require_one_hot(rows)
        start_key, order_key = jax.random.split(key)
        start = uniform_start(start_key, Perceptron(hidden, rows.y.shape[1]), rows.x[:1])
        due, longest = steps_for(epochs, rows, batch)
        packed = descend(
            order_key, pack(start), (_with_ones(rows),), None, gradient=backward,
            optimiser=optax.sgd(rate, momentum), batch=batch, due=due, longest=longest,
        )  # fmt: skip
        return Trained(unpack(packed), None, learner)

    def apply(params: Any, x: Array) -> Any:
        return Perceptron(hidden, params["params"]["head"]["bias"].shape[-1]).apply(params, x)

    name = f"mlp(hidden={hidden}, epochs={epochs:g}, batch={batch}, rate={rate:g}, momentum={momentum:g})"
    learner = Learner(fit, apply, cross_entropy, no_penalty, name, logits=True, numeric=True)
    return learner


class PackedParams(NamedTuple):
    """A `Perceptron`'s parameters in the layout that its training multiplies fastest.

    Args:
        body: weights and, as the last row, biases of the hidden units.
        head: weights of the outputs, an output a row.
        bias: of the outputs.

    >>> PackedParams(jnp.zeros((5, 3)), jnp.zeros((2, 3)), jnp.zeros(2)).head.shape
    (2, 3)
    """

    body: Float[Array, "features_and_one hidden"]
    head: Float[Array, "classes hidden"]
    bias: Float[Array, " classes"]


def pack(params: Any) -> PackedParams:
    """A `Perceptron`'s parameters, packed.

    >>> params = Perceptron(3, 2).init(jax.random.key(0), jnp.ones((1, 4)))
    >>> pack(params).body.shape, bool(jax.tree.all(jax.tree.map(jnp.array_equal, unpack(pack(params)), params)))
    ((5, 3), True)
    """
    body, head = params["params"]["body"], params["params"]["head"]
    return PackedParams(jnp.concatenate([body["kernel"], body["bias"][None]]), head["kernel"].T, head["bias"])


def unpack(packed: PackedParams) -> Any:
    """The inverse of `pack`.

    >>> unpack(PackedParams(jnp.zeros((5, 3)), jnp.zeros((2, 3)), jnp.zeros(2)))["params"]["body"]["kernel"].shape
    (4, 3)
    """
    body = {"kernel": packed.body[:-1], "bias": packed.body[-1]}
    return {"params": {"body": body, "head": {"kernel": packed.head.T, "bias": packed.bias}}}


def _with_ones(rows: Rows) -> Rows:
    flat = rows.x.reshape(len(rows.present), -1)
    return Rows(jnp.concatenate([flat, jnp.ones((len(flat), 1), flat.dtype)], axis=1), rows.y, rows.present)


def backward(params: PackedParams, sample: Rows) -> PackedParams:
    r"""The gradient of a `Perceptron`'s mean cross-entropy, by hand.

    With $z = xA$ for x that end in a 1, $h = \max(z, 0)$, $p = \mathrm{softmax}(hB^\top + b)$ and the mean over the m
    rows present, $\Delta = (p - y)/m$: $\;\nabla_B = \Delta^\top h$ and $\nabla_A = x^\top(\Delta B \circ [z > 0])$.

    Args:
        params: of a `Perceptron`.
        sample: a minibatch whose rows end in a 1.

    Returns:
        The gradient, packed likewise.

    >>> x, y = jnp.ones((1, 4)), jnp.eye(2)[:1]
    >>> params = pack(Perceptron(3, 2).init(jax.random.key(0), x[:, :3]))
    >>> bool(backward(params, Rows(x, y, jnp.zeros(1, bool))).bias.any())
    False
    """
    z = sample.x @ params.body
    h = jnp.maximum(z, 0)
    p = jax.nn.softmax(h @ params.head.T + params.bias)
    share = sample.present[:, None] / jnp.maximum(sample.count(), 1)
    out = (p * sample.y.sum(1, keepdims=True) - sample.y) * share
    hidden = _outer(out, params.head) * (z > 0)
    # XLA's fast kernel for CPUs contracts the last axis of its left operand; without the barrier the transpose is
    # folded back into the product, which then takes the slow one.
    xt, outt = lax.optimization_barrier((sample.x.T, out.T))
    return PackedParams(xt @ hidden, outt @ h, out.sum(0))


def _outer(out: Float[Array, "m c"], head: Float[Array, "c h"]) -> Float[Array, "m h"]:
    # A product over so few classes costs less as a sum, which the mask after it is fused into.
    if len(head) > 4:
        return out @ head
    return sum((out[:, k, None] * head[k] for k in range(len(head))), jnp.zeros(()))


def uniform_start(key: PRNGKeyArray, module: linen.Module, x: Array, **told: Any) -> Any:
    r"""Initial parameters of a flax module: kernels uniform with variance 1 / fan-in, scales and variances 1, else 0.

    $w \sim \mathcal U(-\sqrt{3/f}, \sqrt{3/f})$ for a kernel `[..., out]` of fan-in f. One draw serves all
    kernels: a module's own `init` draws each apart, and compiling that costs more than compiling the training.

    Args:
        key: the only randomness.
        module: whose parameter shapes are wanted.
        x: an input, for its shape.
        told: other arguments of the module.

    Returns:
        The module's variables.

    >>> import jax, jax.numpy as jnp
    >>> params = uniform_start(jax.random.key(0), Perceptron(2, 3), jnp.zeros((1, 300)))
    >>> bool(abs(params["params"]["body"]["kernel"]).max() <= 0.1), params["params"]["head"]["bias"].tolist()
    (True, [0.0, 0.0, 0.0])
    """
    paths, rebuild = jax.tree.flatten_with_path(jax.eval_shape(functools.partial(module.init, **told), key, x))
    ones, shapes = [path[-1].key in ("scale", "var") for path, _ in paths], [leaf for _, leaf in paths]
    sizes = [math.prod(leaf.shape) if len(leaf.shape) > 1 else 0 for leaf in shapes]
    values = jnp.split(jax.random.uniform(key, (sum(sizes),), minval=-1.0), np.cumsum(sizes)[:-1])
    leaves = [
        part.reshape(leaf.shape) * math.sqrt(3 * leaf.shape[-1] / part.size)
        if part.size
        else jnp.full(leaf.shape, float(one))
        for leaf, part, one in zip(shapes, values, ones, strict=True)
    ]
    return jax.tree.unflatten(rebuild, leaves)


def require_one_hot(rows: Rows) -> None:
    """Refuse targets that are not one-hot rows.

    Raises:
        ValueError: y is not `[n, classes]`.

    >>> require_one_hot(Rows(jnp.zeros((2, 1)), jnp.zeros((2, 3)), jnp.ones(2, bool)))
    """
    if getattr(rows.y, "ndim", 0) != 2:
        raise ValueError("y: a classifier needs one-hot targets [n, classes]; use jax.nn.one_hot(labels, classes)")
