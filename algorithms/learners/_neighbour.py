"""The nearest neighbour rule."""

from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from ...formal.definitions._scenario import Rows
from .._factory import factory
from ..base import Learner, Trained, cross_entropy


@factory
def nearest_neighbour() -> Learner:
    """1-nearest-neighbour in Euclidean distance: the one-hot label of the nearest training row.

    The model is its training rows; the place of a deleted one holds zeros. The first of equally near rows
    decides. With no row at all, every score is 0.

    Returns:
        The learner; parameters `{"x", "y", "present"}`.

    >>> import jax, jax.numpy as jnp
    >>> from neverseen.formal import Rows
    >>> rows = Rows(jnp.array([[0.0], [4.0]]), jnp.eye(2), jnp.ones(2, bool))
    >>> model = nearest_neighbour().fit(jax.random.key(0), rows)
    >>> nearest_neighbour().apply(model.params, jnp.array([[3.0]])).tolist()
    [[0.0, 1.0]]
    """

    def fit(key: PRNGKeyArray, rows: Rows) -> Trained:
        del key
        x = jnp.where(rows.present.reshape(-1, *(1,) * (rows.x.ndim - 1)), rows.x, 0)
        params = {"x": x, "y": jnp.where(rows.present[:, None], rows.y, 0), "present": rows.present}
        return Trained(params, None, learner)

    learner = Learner(fit, _vote, cross_entropy, name="nearest_neighbour()", logits=True, random=False, numeric=True)
    return learner


def _vote(params: Any, x: Float[Array, "m ..."]) -> Float[Array, "m c"]:
    points: Array = params["x"]
    apart = x.reshape(x.shape[0], 1, -1) - points.reshape(1, points.shape[0], -1)
    distance = jnp.where(params["present"], (apart**2).sum(-1), jnp.inf)
    return params["y"][distance.argmin(1)]
