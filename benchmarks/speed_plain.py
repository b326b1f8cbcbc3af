"""The workloads as a researcher writes them in JAX: `fit(key, rows)` by autodiff, no batched step, no tricks.

`neverseen.Learner(fit, apply, loss)` is all that ties them to the library. What a fit draws from its key is drawn by
`ordered` and `weighted`, so that another contestant can be given the same.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import optax
from flax import linen
from jax import lax
from speed_work import HIDDEN, Work

import neverseen as ns


class Network(linen.Module):
    """One hidden layer."""

    classes: int

    @linen.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        h = linen.relu(linen.Dense(HIDDEN)(x))
        return linen.Dense(self.classes)(h)


class Convolutions(linen.Module):
    """3×3×16, pool, 3×3×32, pool, dense; the convolution is flax's own or the one given."""

    convolve: Callable[..., jax.Array] | None = None

    @linen.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        x = x.reshape(-1, 8, 8, 1)
        for features in (16, 32):
            x = linen.relu(linen.Conv(features, (3, 3), conv_general_dilated=self.convolve)(x))
            x = (ns.learners.max_pool if self.convolve else linen.max_pool)(x, (2, 2), (2, 2))
        return linen.Dense(10)(x.reshape(x.shape[0], -1))


def plain(work: Work, convolve: Callable[..., jax.Array] | None = None) -> ns.Learner:
    """The learner of a workload."""
    if work.batch == 0:
        return logistic(work)
    return network(work, Convolutions(convolve) if work.name == "W3" else Network(work.classes))


def logistic(work: Work) -> ns.Learner:
    """Bootstrap-weighted logistic regression of two classes, full batch.

    One column of parameters, where `learners.logistic` and the torch loops of two have (−v, v): half the step, half the
    penalty, and the same scores.
    """

    def fit(key: jax.Array, rows: ns.Rows) -> ns.Trained:
        weights = weighted(key, rows)

        def objective(theta: jax.Array) -> jax.Array:
            return weights @ log_loss(affine(theta, rows.x), rows.y) + work.penalty / work.n / 4 * (theta**2).sum()

        def step(theta: jax.Array, _: None) -> tuple[jax.Array, None]:
            return theta - 2 * work.rate * jax.grad(objective)(theta), None

        theta, _ = lax.scan(step, jnp.zeros(rows.x.shape[1] + 1), length=work.steps)
        return ns.Trained(theta, None, learner)

    learner = ns.Learner(fit, affine, log_loss, name="plain logistic regression")
    return learner


def network(work: Work, module: linen.Module) -> ns.Learner:
    """A flax network, minibatch SGD with momentum."""
    sgd = optax.sgd(work.rate, work.momentum)

    def fit(key: jax.Array, rows: ns.Rows) -> ns.Trained:
        start, order = jax.random.split(key)

        def mean_loss(params: Any, x: jax.Array, y: jax.Array) -> jax.Array:
            return cross_entropy(module.apply(params, x), y).mean()

        def step(carry: Any, chosen: jax.Array) -> tuple[Any, None]:
            params, state = carry
            gradient = jax.grad(mean_loss)(params, rows.x[chosen], rows.y[chosen])
            update, state = sgd.update(gradient, state, params)
            return (optax.apply_updates(params, update), state), None

        params = module.init(start, rows.x[:1])
        (params, _), _ = lax.scan(step, (params, sgd.init(params)), ordered(order, rows, work.steps, work.batch))
        return ns.Trained(params, None, learner)

    learner = ns.Learner(fit, module.apply, cross_entropy, name=f"plain {type(module).__name__}", logits=True)
    return learner


def affine(theta: jax.Array, x: jax.Array) -> jax.Array:
    return x @ theta[:-1] + theta[-1]


def log_loss(scores: jax.Array, y: jax.Array) -> jax.Array:
    return jnp.logaddexp(0.0, scores) - y[:, 1] * scores


def cross_entropy(scores: jax.Array, y: jax.Array) -> jax.Array:
    return -(y * jax.nn.log_softmax(scores)).sum(-1)


def weighted(key: jax.Array, rows: ns.Rows) -> jax.Array:
    """Bootstrap weights of the rows present, summing to 1: the law of as many draws as there are rows."""
    n, count = rows.present.shape[0], rows.count()
    drawn = places(rows)[jax.random.randint(key, (n,), 0, count)]
    return jnp.zeros(n).at[drawn].add(jnp.arange(n) < count) / count


def ordered(key: jax.Array, rows: ns.Rows, steps: int, batch: int) -> jax.Array:
    """Minibatches `[steps, batch]`, drawn with replacement from the rows present."""
    return places(rows)[jax.random.randint(key, (steps, batch), 0, rows.count())]


def places(rows: ns.Rows) -> jax.Array:
    return jnp.flatnonzero(rows.present, size=rows.present.shape[0], fill_value=0)
