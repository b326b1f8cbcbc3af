"""What is predicted, one by one: the class of a row, or each token of a text."""

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from ...formal.definitions._scenario import Rows
from ..base import Learner
from ..learners._gradient import require_one_hot
from ._steps import require_scores


def given(method: str, learner: Learner, rows: Rows, scores: Float[Array, "m *t c"]) -> Bool[Array, "m *t c"]:
    """Where the scores of the given labels stand: one in each prediction.

    Raises:
        ValueError: the learner reads no texts and declares no class scores, or its targets are not one-hot.

    >>> import jax.numpy as jnp, neverseen as ns
    >>> rows = Rows(jnp.zeros((1, 1)), jnp.array([[0.0, 1.0]]), jnp.ones(1, bool))
    >>> given("delete", ns.learners.mlp(), rows, jnp.zeros((1, 2))).tolist()
    [[False, True]]
    """
    if learner.tokens is not None:
        return jax.nn.one_hot(rows.y, scores.shape[-1], dtype=bool)
    require_scores(method, learner)
    require_one_hot(rows)
    return jax.nn.one_hot(rows.y.argmax(-1), scores.shape[-1], dtype=bool)


def by_row(learner: Learner, each: Float[Array, "m *t"], rows: Rows) -> Float[Array, " m"]:
    """The mean of a value per prediction over those that the loss of each row is the mean of.

    >>> import jax.numpy as jnp, neverseen as ns
    >>> text = jnp.array([[7, 8, 0]])
    >>> rows = Rows(text, text, jnp.ones(1, bool))
    >>> by_row(ns.learners.transformer(), jnp.array([[1.0, 3.0, 9.0]]), rows).tolist()
    [2.0]
    """
    if learner.tokens is None:
        return each
    counted = learner.tokens.counted(rows.y)
    return jnp.where(counted, each, 0).sum(-1) / jnp.maximum(counted.sum(-1), 1)


def surprise(method: str, learner: Learner, params: Any, rows: Rows) -> Float[Array, "m *t"]:
    """The loss of every prediction: of a row where there are no texts, −log π of each token where there are.

    >>> import jax.numpy as jnp, neverseen as ns
    >>> rows = Rows(jnp.ones((1, 1)), jnp.ones((1, 1)), jnp.ones(1, bool))
    >>> surprise("wga", ns.learners.ridge(), jnp.zeros((2, 1)), rows).tolist()
    [0.5]
    """
    if learner.tokens is None:
        return learner.row_losses(params, rows)
    scores = learner.apply(params, rows.x)
    return -jnp.where(given(method, learner, rows, scores), jax.nn.log_softmax(scores), 0).sum(-1)
