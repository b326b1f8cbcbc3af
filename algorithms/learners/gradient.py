"""Learners trained by minibatch descent: any model of yours, flax modules, and a network with one hidden layer."""

import functools
import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import linen
from jax import lax
from jaxtyping import Array, Float, PRNGKeyArray

from ...formal._types import Real
from ...formal.scenario import Rows
from ..base import Learner, Trained, cross_entropy, no_penalty
from ..descent import descend, steps_for


def minibatch(
    start: Callable[[PRNGKeyArray, Rows], Any],
    apply: Callable[[Any, Array], Array],
    *,
    optimiser: optax.GradientTransformation,
    epochs: Real,
    batch: int,
    loss: Callable[[Array, Any], Array] = cross_entropy,
    penalty: Callable[[Any], Array] = no_penalty,
    gradient: Callable[[Any, Rows], Any] | None = None,
    name: str = "minibatch",
    logits: bool = True,
) -> Learner:
    r"""A learner of your own model: ⌈epochs · n / batch⌉ optimiser steps from a random start.

    Each step follows the gradient of $\frac1{|B|}\sum_{i\in B}\ell_i + \frac1n\,\mathrm{penalty}(\theta)$ for a
    batch B drawn with replacement from the n rows present.

    Args:
        start: `(key, rows) -> params`; may look at the shapes of the rows only.
        apply: `(params, x) -> outputs`.
        optimiser: any optax transformation; its state starts fresh and is not published.
        epochs: passes over the rows present.
        batch: rows in a minibatch.
        loss: `(outputs, y) -> [m]`.
        penalty: `params -> scalar`, in the sum form.
        gradient: `(params, drawn rows) -> gradient of their mean loss`, where you have it in closed form; by automatic
            differentiation when left out.
        name: for sentences.
        logits: whether outputs are class scores.

    Returns:
        The learner. Keep and reuse it: every call makes a new one, which compiles anew.

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

        def objective(params: Any, drawn: Rows) -> Float[Array, ""]:
            return learner.mean_loss(params, drawn) + penalty(params) / count

        def slope(params: Any, drawn: Rows) -> Any:
            pulled = jax.grad(lambda w: penalty(w) / count)(params)
            return jax.tree.map(jnp.add, gradient and gradient(params, drawn), pulled)

        due, longest = steps_for(epochs, rows, batch)
        params = descend(
            order_key, start(start_key, rows), (rows,), objective, gradient=gradient and slope,
            optimiser=optimiser, batch=batch, due=due, longest=longest,
        )  # fmt: skip
        return Trained(params, None, learner)

    learner = Learner(fit, apply, loss, penalty, name, logits)
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


@functools.lru_cache
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

    def start(key: PRNGKeyArray, rows: Rows) -> Any:
        require_one_hot(rows)
        return uniform_start(key, Perceptron(hidden, rows.y.shape[1]), rows.x[:1])

    def apply(params: Any, x: Array) -> Any:
        return Perceptron(hidden, params["params"]["head"]["bias"].shape[-1]).apply(params, x)

    name = f"mlp(hidden={hidden}, epochs={epochs:g}, batch={batch}, rate={rate:g}, momentum={momentum:g})"
    return minibatch(
        start, apply, optimiser=optax.sgd(rate, momentum), epochs=epochs, batch=batch, gradient=backward, name=name
    )


def backward(params: Any, drawn: Rows) -> Any:
    r"""The gradient of a `Perceptron`'s mean cross-entropy, by hand.

    With $z = xA + a$, $h = \max(z, 0)$, $p = \mathrm{softmax}(hB + b)$ and the mean over the m rows present,
    $\Delta = (p - y)/m$: $\;\nabla_B = h^\top\Delta$ and $\nabla_A = x^\top(\Delta B^\top \circ [z > 0])$.

    Args:
        params: of a `Perceptron`.
        drawn: a minibatch.

    Returns:
        The same tree.

    >>> x, y = jnp.ones((1, 4)), jnp.eye(2)[:1]
    >>> params = Perceptron(3, 2).init(jax.random.key(0), x)
    >>> bool(backward(params, Rows(x, y, jnp.zeros(1, bool)))["params"]["head"]["bias"].any())
    False
    """
    body, head = params["params"]["body"], params["params"]["head"]
    x = drawn.x.reshape(len(drawn.present), -1)
    z = x @ body["kernel"] + body["bias"]
    h = jnp.maximum(z, 0)
    p = jax.nn.softmax(h @ head["kernel"] + head["bias"])
    share = drawn.present[:, None] / jnp.maximum(drawn.count(), 1)
    out = (p * drawn.y.sum(1, keepdims=True) - drawn.y) * share
    hidden = (out @ head["kernel"].T) * (z > 0)
    # XLA's fast kernel for CPUs contracts the last axis of its left operand; without the barrier the transpose is
    # folded back into the product, which then takes the slow one.
    xt, outt = lax.optimization_barrier((x.T, out.T))
    grads = {
        "body": {"kernel": xt @ hidden, "bias": hidden.sum(0)},
        "head": {"kernel": (outt @ h).T, "bias": outt.sum(1)},
    }
    return {"params": grads}


def uniform_start(key: PRNGKeyArray, module: linen.Module, x: Array) -> Any:
    r"""Initial parameters of a flax module: kernels uniform with variance 1 / fan-in, all else zero.

    $w \sim \mathcal U(-\sqrt{3/f}, \sqrt{3/f})$ for a kernel `[..., out]` of fan-in f. One draw serves all
    kernels: a module's own `init` draws each apart, and compiling that costs more than compiling the training.

    Args:
        key: the only randomness.
        module: whose parameter shapes are wanted.
        x: an input, for its shape.

    Returns:
        The module's variables.

    >>> import jax, jax.numpy as jnp
    >>> params = uniform_start(jax.random.key(0), Perceptron(2, 3), jnp.zeros((1, 300)))
    >>> bool(abs(params["params"]["body"]["kernel"]).max() <= 0.1), params["params"]["head"]["bias"].tolist()
    (True, [0.0, 0.0, 0.0])
    """
    shapes, rebuild = jax.tree.flatten(jax.eval_shape(module.init, key, x))
    sizes = [math.prod(leaf.shape) if len(leaf.shape) > 1 else 0 for leaf in shapes]
    drawn = jnp.split(jax.random.uniform(key, (sum(sizes),), minval=-1.0), np.cumsum(sizes)[:-1])
    leaves = [
        part.reshape(leaf.shape) * math.sqrt(3 * leaf.shape[-1] / part.size) if part.size else jnp.zeros(leaf.shape)
        for leaf, part in zip(shapes, drawn, strict=True)
    ]
    return jax.tree.unflatten(rebuild, leaves)


def flax_module(
    module: linen.Module,
    *,
    optimiser: optax.GradientTransformation,
    epochs: Real,
    batch: int,
    loss: Callable[[Array, Any], Array] = cross_entropy,
    logits: bool = True,
    name: str = "flax_module",
) -> Learner:
    """A learner of your own flax module, without mutable collections.

    Args:
        module: `module.apply(variables, x)` gives the outputs.
        optimiser, epochs, batch, loss, logits, name: see `minibatch`.

    Returns:
        The learner. Keep and reuse it: every call makes a new one, which compiles anew.

    >>> from flax import linen
    >>> import optax
    >>> flax_module(linen.Dense(10), optimiser=optax.adam(1e-2), epochs=5, batch=32, name="dense")
    dense
    """

    def start(key: PRNGKeyArray, rows: Rows) -> Any:
        return module.init(key, rows.x[:1])

    def apply(params: Any, x: Array) -> Any:
        return module.apply(params, x)

    return minibatch(start, apply, optimiser=optimiser, epochs=epochs, batch=batch, loss=loss, logits=logits, name=name)


def require_one_hot(rows: Rows) -> None:
    """Refuse targets that are not one-hot rows.

    Raises:
        ValueError: y is not `[n, classes]`.

    >>> require_one_hot(Rows(jnp.zeros((2, 1)), jnp.zeros((2, 3)), jnp.ones(2, bool)))
    """
    if getattr(rows.y, "ndim", 0) != 2:
        raise ValueError("y: a classifier needs one-hot targets [n, classes]; use jax.nn.one_hot(labels, classes)")
