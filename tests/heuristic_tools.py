"""A world of two rows, one kept and one to forget, so that every minibatch is known; and its calculus in NumPy."""

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

import neverseen as ns
from neverseen.algorithms.removers._origins import ORIGINS
from neverseen.properties.runs._quick import quickly as compiled

KEY = jax.random.key(3)
FORGET = jnp.array([True, False])
X = np.array([[2.0, -1.0], [-0.5, 1.5]])
Y = np.eye(3)[[0, 2]]
W = np.array([[0.3, -0.2, 0.1], [0.05, 0.4, -0.6], [-0.1, 0.2, 0.7]])
A = np.c_[X, np.ones(2)]
"""The rows with their column of ones; row 0 is S, row 1 is kept."""


def rows(x: Any = X, y: Any = Y) -> ns.Rows:
    return ns.Rows(jnp.asarray(x, float), jnp.asarray(y, float), jnp.ones(len(x), bool))


def linear(params: Any = W, record: Any = None) -> ns.Trained:
    return ns.Trained(jnp.asarray(params, float), record, ns.learners.logistic())


def network(seed: int = 0, hidden: int = 4) -> ns.Trained:
    """An untrained MLP with biases that are not zero."""
    learner = ns.learners.mlp(hidden=hidden)
    draw = np.random.default_rng(seed)
    body = {"kernel": draw.normal(size=(2, hidden)), "bias": draw.normal(size=hidden)}
    head = {"kernel": draw.normal(size=(hidden, 3)), "bias": draw.normal(size=3)}
    params = jax.tree.map(lambda leaf: jnp.asarray(leaf, float), {"params": {"body": body, "head": head}})
    return ns.Trained(params, None, learner)


def removed(
    remover: ns.Remover, trained: ns.Trained | None = None, data: ns.Rows | None = None, forget: Any = FORGET
) -> Any:
    """What the remover publishes."""
    call = compiled(lambda model, d, f: remover(KEY, model, d, f).params)
    return call(linear() if trained is None else trained, rows() if data is None else data, forget)


def gap(a: Any, b: Any) -> float:
    first, second = (np.asarray(ravel_pytree(jax.tree.map(jnp.asarray, tree))[0]) for tree in (a, b))
    return float(abs(first - second).max())


def agrees(name: str, made: Any, expected: Any) -> None:
    """A hand-made case of a remover, in float64, is as near to its rule as its row of `ORIGINS` says, and the table.

    What is allowed beyond is rounding, which differs between machines: a hundredth of the 1e-12 that rules must reach.
    """
    found, listed = gap(made, expected), ORIGINS[name].difference
    assert listed is not None
    assert found <= listed + 1e-14 <= 1e-12, f"{name}: {found}"


def softmax(z: Any) -> Any:
    raised = np.exp(z - z.max(-1, keepdims=True))
    return raised / raised.sum(-1, keepdims=True)


def slope(w: Any, row: int, target: Any = None) -> Any:
    """∇ of the cross-entropy of one row: a (p − y)ᵀ."""
    return np.outer(A[row], softmax(A[row] @ w) - (Y[row] if target is None else target))


@functools.cache
def blobs() -> tuple[ns.Rows, Any]:
    """32 rows of three classes, 4 of them absent, and an S of 4."""
    draw = np.random.default_rng(1)
    label = np.arange(32) % 3
    x = draw.normal(size=(32, 2)) + 2 * np.array([[0, 0], [1, 0], [0, 1]])[label]
    here = jnp.arange(32) < 28
    data = ns.Rows(jnp.asarray(x, float), jnp.asarray(np.eye(3)[label], float), here)
    return data, jnp.isin(jnp.arange(32), jnp.array([2, 6, 11, 19]))
