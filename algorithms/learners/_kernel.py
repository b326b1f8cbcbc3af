"""Kernel ridge regression with a Gaussian kernel."""

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from ...formal._types import Real
from ...formal.definitions._scenario import Rows
from .._factory import factory
from .._own import own
from ..base import Learner, Trained


@factory
def kernel_ridge(penalty: Real = 0.1, width: Real = 1.0, logits: bool = True) -> Learner:
    r"""Kernel ridge regression on the targets, one-hot ones for classification; solved exactly, deterministic.

    $$\alpha = (K + \Lambda I)^{-1} Y, \qquad f(x) = \sum_i \alpha_i k(x_i, x), \qquad
      k(x, x') = e^{-\gamma\|x - x'\|^2}$$

    minimises $\tfrac12\|K\alpha - Y\|^2 + \tfrac\Lambda2\alpha^\top K\alpha$ over the rows present. The model keeps its
    rows; the place of a deleted one holds zeros, and its α is 0.

    Args:
        penalty: Λ > 0.
        width: γ > 0.
        logits: whether the targets are one-hot classes.

    Returns:
        The learner; parameters `{"x" [n, d], "alpha" [n, c], "present" [n]}`.

    Raises:
        ValueError: Λ or γ is not positive.

    >>> import jax, jax.numpy as jnp
    >>> rows = Rows(jnp.array([[0.0], [9.0]]), jnp.eye(2), jnp.ones(2, bool))
    >>> model = kernel_ridge(penalty=1.0).fit(jax.random.key(0), rows)
    >>> abs(model.params["alpha"]).round(3).tolist()
    [[0.5, 0.0], [0.0, 0.5]]
    """
    if not (penalty > 0 and width > 0):
        raise ValueError(f"kernel_ridge: penalty {penalty} and width {width} must be > 0")

    def fit(key: PRNGKeyArray, rows: Rows) -> Trained:
        del key
        present = rows.present[:, None]
        x, y = rows.x.reshape(len(present), -1) * present, rows.y.reshape(len(present), -1) * present
        gram = gaussian(x, x, width) * present * present.T + penalty * jnp.eye(len(present))
        alpha = jax.scipy.linalg.solve(gram, y.astype(float), assume_a="pos")
        return Trained({"x": x, "alpha": alpha, "present": rows.present}, None, learner)

    def apply(params: Any, x: Array) -> Array:
        return gaussian(x.reshape(x.shape[0], -1), params["x"], width) @ params["alpha"]

    def bent(params: Any) -> Array:
        return penalty / 2 * (params["alpha"] * (gaussian(params["x"], params["x"], width) @ params["alpha"])).sum()

    learner = Learner(
        fit,
        apply,
        _half_squares,
        bent,
        f"kernel_ridge(penalty={penalty:g}, width={width:g})",
        logits,
        random=False,
        numeric=True,
    )
    return own(learner, settled=True)


def gaussian(x: Float[Array, "m d"], z: Float[Array, "n d"], width: Real) -> Float[Array, "m n"]:
    """exp(−γ‖x − z‖²) of all pairs.

    >>> import jax.numpy as jnp
    >>> gaussian(jnp.zeros((1, 1)), jnp.array([[0.0]]), 1.0).tolist()
    [[1.0]]
    """
    return jnp.exp(-width * ((x[:, None] - z[None]) ** 2).sum(-1))


def _half_squares(outputs: Float[Array, "m c"], y: Any) -> Float[Array, " m"]:
    return ((outputs - y.reshape(outputs.shape)) ** 2).sum(1) / 2
