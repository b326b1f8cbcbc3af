"""A learner that keeps a log of its updates, for removers that take them back."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, PRNGKeyArray

from ...formal._types import Real
from ...formal.definitions._scenario import Rows
from .._factory import factory
from ..base import Learner, Trained, cross_entropy, no_penalty
from ._descent import descend, steps_for
from ._gradient import Perceptron, mlp, require_one_hot, uniform_start


def logging(
    start: Callable[[PRNGKeyArray, Rows], Any],
    apply: Callable[[Any, Array], Array],
    *,
    optimiser: optax.GradientTransformation,
    epochs: Real,
    batch: int,
    loss: Callable[[Array, Any], Array] = cross_entropy,
    penalty: Callable[[Any], Array] = no_penalty,
    name: str = "logging",
    logits: bool = True,
    numeric: bool = False,
) -> Learner:
    """A `minibatch` learner that keeps every update, and the rows it came from.

    The record is {"updates": `[steps, ...]` for every parameter, "drawn": row numbers `[steps, batch]`}. With the same
    key it trains the same model. Steps that were not due hold zeros.

    Args:
        start, apply, optimiser, epochs, batch, loss, penalty, name, logits, numeric: as in `minibatch`.

    Returns:
        The learner. Keep and reuse it: every call makes a new one, which compiles anew.

    >>> import jax, jax.numpy as jnp, optax
    >>> rows = Rows(jnp.array([[-1.0], [1.0]]), jnp.eye(2), jnp.ones(2, bool))
    >>> zero = lambda key, rows: jnp.zeros((1, 2))
    >>> mine = logging(zero, lambda w, x: x @ w, optimiser=optax.sgd(1.0), epochs=3, batch=2)
    >>> made = mine.fit(jax.random.key(0), rows)
    >>> bool(jnp.allclose(made.record["updates"].sum(0), made.params)), made.record["drawn"].shape
    (True, (3, 2))
    """

    def fit(key: PRNGKeyArray, rows: Rows) -> Trained:
        start_key, order_key = jax.random.split(key)
        count = jnp.maximum(rows.count(), 1)

        def objective(params: Any, sample: Rows) -> Float[Array, ""]:
            return learner.mean_loss(params, Rows(sample.x, sample.y[0], sample.present)) + penalty(params) / count

        due, longest = steps_for(epochs, rows, batch)
        # The rows' numbers travel with them, so that each batch names what it holds.
        indexed = Rows(rows.x, (rows.y, jnp.arange(len(rows.present))), rows.present)
        params, (updates, indices) = descend(
            order_key, start(start_key, rows), (indexed,), objective, optimiser=optimiser, batch=batch, due=due,
            longest=longest, watch=lambda update, minibatch_rows: (update, minibatch_rows.y[1]),
        )  # fmt: skip
        return Trained(params, {"updates": updates, "drawn": indices}, learner)

    learner = Learner(fit, apply, loss, penalty, name, logits, numeric=numeric)
    return learner


@factory
def logged(hidden: int = 64, epochs: Real = 20, batch: int = 64, rate: Real = 0.3, momentum: Real = 0.9) -> Learner:
    """`learners.mlp` with a log of its updates: the same models, key by key, and the record `amnesiac` needs.

    Args:
        hidden, epochs, batch, rate, momentum: those of `learners.mlp`.

    Returns:
        The learner; its record holds every update, so it takes steps times the model's memory.

    Source: the bookkeeping of Graves et al. 2021 (arXiv 2010.10981).

    >>> logged(hidden=8)
    logged(mlp(hidden=8, epochs=20, batch=64, rate=0.3, momentum=0.9))
    """
    plain = mlp(hidden, epochs, batch, rate, momentum)

    def start(key: PRNGKeyArray, rows: Rows) -> Any:
        require_one_hot(rows)
        return uniform_start(key, Perceptron(hidden, rows.y.shape[1]), rows.x[:1])

    return logging(
        start,
        plain.apply,
        optimiser=optax.sgd(rate, momentum),
        epochs=epochs,
        batch=batch,
        name=f"logged({plain})",
        numeric=True,
    )
