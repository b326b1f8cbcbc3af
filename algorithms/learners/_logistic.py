"""Logistic regression on one-hot targets: full batch in closed-form steps, or minibatch SGD."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import optax
from jax import lax
from jaxtyping import Array, Float, PRNGKeyArray, Shaped

from ...formal._types import Real
from ...formal.definitions._scenario import Rows
from .._factory import factory
from ..base import Learner, Trained, cross_entropy
from ._descent import draws
from ._gradient import minibatch, require_one_hot
from ._ridge import affine, linear


@factory
def logistic(
    penalty: Real = 1.0, epochs: Real = 30, batch: int | None = None, rate: Real = 0.5, bootstrap: bool = False
) -> Learner:
    r"""Multinomial logistic regression from zero; one-hot targets.

    Full batch (`batch=None`): `epochs` gradient steps on the mean objective; deterministic, unless each run trains on a
    bootstrap sample of its own. Otherwise minibatch SGD. The objective in the sum form, with weights w = 1 or the
    number of times that the bootstrap drew a row:

    $$\sum_i w_i\,\mathrm{CE}_i + \frac\Lambda2\|W\|^2, \qquad
      W \leftarrow W - \frac\eta n \Big(\sum_i w_i\,x_i (p_i - y_i)^\top + \Lambda W\Big)$$

    Args:
        penalty: Λ ≥ 0.
        epochs: passes over the rows present; steps, in full batch.
        batch: rows in a minibatch; None for all rows.
        rate: η.
        bootstrap: whether each run draws as many rows as are present, with replacement, and trains on these.

    Returns:
        The learner; parameters `[d + 1, c]`.

    Raises:
        ValueError: a bootstrap of minibatches, which are drawn with replacement already.

    >>> import jax, jax.numpy as jnp
    >>> from neverseen.formal import Rows
    >>> rows = Rows(jnp.array([[-1.0], [1.0]]), jnp.eye(2), jnp.ones(2, bool))
    >>> logistic(penalty=0.01).fit(jax.random.key(0), rows).params.shape
    (2, 2)
    """
    if batch is not None:
        if bootstrap:
            raise ValueError("bootstrap: minibatches are drawn with replacement already; leave out batch or bootstrap")
        return _sgd(penalty, epochs, batch, rate)

    def fit(key: PRNGKeyArray, rows: Rows) -> Trained:
        return jax.tree.map(lambda leaf: leaf[0], fit_many(key[None], rows))

    def fit_many(keys: Shaped[PRNGKeyArray, " runs"], rows: Rows) -> Trained:
        require_one_hot(rows)
        weights = jax.vmap(lambda key: _counts(key, rows))(keys) if bootstrap else rows.present[None]
        params = _full_batch(weights.astype(rows.x.dtype), rows, penalty, int(epochs), rate)
        return Trained(jnp.broadcast_to(params, (len(keys), *params.shape[1:])), None, learner)

    sample = ", bootstrap=True" if bootstrap else ""
    name = f"logistic(penalty={penalty:g}, epochs={epochs:g}, rate={rate:g}{sample})"
    learner = Learner(
        fit,
        linear,
        cross_entropy,
        _squares(penalty),
        name,
        logits=True,
        random=bootstrap,
        fit_many=fit_many,
        numeric=True,
    )
    return learner


def _full_batch(
    weights: Float[Array, "runs n"], rows: Rows, penalty: Real, steps: int, rate: Real
) -> Float[Array, "runs d c"]:
    """Gradient descent of all runs at once: each step is two matrix products, scores and gradient.

    Two classes from zero keep W = (−v, v), so one column is enough.
    """
    x, y = affine(rows.x), rows.y.T
    total, weights = y.sum(0), weights / jnp.maximum(rows.count(), 1)
    shrink, classes = 1 - rate * penalty / jnp.maximum(rows.count(), 1), len(y)
    pulled = jnp.einsum("rn,cn,nd->rcd", weights, y, x)

    def step(w: Array, _: None) -> tuple[Array, None]:
        if classes == 2:
            shares = (weights * total / (1 + jnp.exp(w[:, 0] @ (-2 * x.T))))[:, None]
        else:
            shares = jax.nn.softmax(jnp.einsum("rcd,nd->rcn", w, x), 1) * (weights * total)[:, None]
        return w * shrink - rate * (jnp.einsum("rcn,nd->rcd", shares, x) - target), None

    target = pulled[:, 1:] if classes == 2 else pulled
    final, _ = lax.scan(step, jnp.zeros_like(target), length=steps)
    return (jnp.concatenate([-final, final], 1) if classes == 2 else final).swapaxes(1, 2)


def _counts(key: PRNGKeyArray, rows: Rows) -> Float[Array, " n"]:
    """How often each row is drawn, in as many draws with replacement as rows are present."""
    size = len(rows.present)
    indices = draws(key, rows, size)
    return jnp.zeros(size, rows.x.dtype).at[indices].add(jnp.arange(size) < rows.count())


def _squares(penalty: Real) -> Callable[[Any], Float[Array, ""]]:
    return lambda params: penalty / 2 * jnp.sum(params**2)


def _sgd(penalty: Real, epochs: Real, batch: int, rate: Real) -> Learner:
    def zeros(key: PRNGKeyArray, rows: Rows) -> Array:
        del key
        require_one_hot(rows)
        return jnp.zeros((affine(rows.x[:1]).shape[1], rows.y.shape[1]))

    name = f"logistic(penalty={penalty:g}, epochs={epochs:g}, batch={batch}, rate={rate:g})"
    return minibatch(
        zeros,
        linear,
        optimiser=optax.sgd(rate),
        epochs=epochs,
        batch=batch,
        penalty=_squares(penalty),
        name=name,
        numeric=True,
    )
