"""Ridge regression in closed form."""

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray, Shaped

from ...formal._types import Real
from ...formal.definitions._scenario import Rows
from .._factory import factory
from .._own import own
from ..base import Learner, Trained


@factory
def ridge(penalty: Real = 1.0, logits: bool = True) -> Learner:
    r"""Ridge regression on the targets, one-hot ones for classification; deterministic.

    $$W = (X^\top X + \Lambda I)^{-1} X^\top Y \quad\text{minimises}\quad
      \tfrac12\|XW - Y\|^2 + \tfrac{\Lambda}{2}\|W\|^2$$

    with a column of ones in X. Λ belongs to the sum form: deleting rows leaves it as it is.

    Args:
        penalty: Λ > 0.
        logits: whether the targets are one-hot classes, so that scores have margins.

    Returns:
        The learner; parameters `[d + 1, c]`.

    Raises:
        ValueError: Λ is not positive.

    >>> import jax, jax.numpy as jnp
    >>> from neverseen.formal import Rows
    >>> rows = Rows(jnp.array([[0.0], [2.0]]), jnp.array([[1.0], [5.0]]), jnp.ones(2, bool))
    >>> ridge(1e-6).fit(jax.random.key(0), rows).params.round(3).tolist()
    [[2.0], [1.0]]
    """
    if not penalty > 0:
        raise ValueError(f"penalty: {penalty} is not > 0; ridge needs it to have one solution")

    def fit(key: PRNGKeyArray, rows: Rows) -> Trained:
        del key
        x = affine(rows.x) * rows.present[:, None]
        gram = x.T @ x + penalty * jnp.eye(x.shape[1])
        params = jax.scipy.linalg.solve(gram, x.T @ _targets(rows.y), assume_a="pos")
        return Trained(params, None, learner)

    def squares(params: Any) -> Array:
        return penalty / 2 * jnp.sum(params**2)

    learner = Learner(
        fit, linear, _half_squares, squares, f"ridge(penalty={penalty:g})", logits, random=False, numeric=True
    )
    return own(learner, settled=True)


def affine(x: Float[Array, "m ..."]) -> Float[Array, "m d"]:
    """The rows flattened, with a column of ones.

    >>> import jax.numpy as jnp
    >>> affine(jnp.zeros((1, 2))).tolist()
    [[0.0, 0.0, 1.0]]
    """
    return jnp.concatenate([x.reshape(x.shape[0], -1), jnp.ones((x.shape[0], 1), x.dtype)], 1)


def linear(params: Float[Array, "d c"], x: Float[Array, "m ..."]) -> Float[Array, "m c"]:
    """Affine scores.

    >>> import jax.numpy as jnp
    >>> linear(jnp.array([[2.0], [1.0]]), jnp.array([[3.0]])).tolist()
    [[7.0]]
    """
    return affine(x) @ params


def _targets(y: Shaped[Array, "m *c"]) -> Float[Array, "m c"]:
    return y.reshape(y.shape[0], -1).astype(float)


def _half_squares(outputs: Float[Array, "m c"], y: Any) -> Float[Array, " m"]:
    return jnp.sum((outputs - _targets(y)) ** 2, 1) / 2
