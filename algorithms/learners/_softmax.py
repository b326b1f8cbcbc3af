"""Softmax regression on rows of bounded norm: the losses whose constants are known."""

import math
from collections.abc import Callable
from typing import Any, Literal

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Shaped

from ...formal._types import Real
from .._curvature import Curvature
from ..base import cross_entropy
from ._ridge import affine

Loss = Literal["cross_entropy", "brier"]
_BEND = math.sqrt(2) / (3 * math.sqrt(3))
"""Largest third derivative of log Σ exp in a unit direction: the third central moment of a law of range √2."""


def bounded(x: Float[Array, "m ..."], radius: Real) -> Float[Array, "m d"]:
    """The rows with a column of ones, scaled down where their norm exceeds the radius.

    >>> import jax.numpy as jnp
    >>> bounded(jnp.zeros((1, 2)), 0.5).tolist()
    [[0.0, 0.0, 0.5]]
    """
    raised = affine(x)
    norm = jnp.sqrt((raised**2).sum(1, keepdims=True))
    return raised * jnp.minimum(1, radius / norm)


def scores(radius: Real) -> Callable[[Array, Array], Array]:
    """`(params [d + 1, c], x) -> scores [m, c]` of bounded rows.

    >>> import jax.numpy as jnp
    >>> scores(1.0)(jnp.ones((2, 1)), jnp.zeros((1, 1))).tolist()
    [[1.0]]
    """
    return lambda params, x: bounded(x, radius) @ params


def brier(outputs: Float[Array, "m c"], y: Shaped[Array, "m c"]) -> Float[Array, " m"]:
    """½‖softmax(z) − y‖², smooth, bounded and not convex.

    >>> import jax.numpy as jnp
    >>> brier(jnp.zeros((1, 2)), jnp.array([[1.0, 0.0]])).tolist()
    [0.25]
    """
    return ((jax.nn.softmax(outputs) - y) ** 2).sum(-1) / 2


LOSSES: dict[Loss, Callable[[Array, Any], Array]] = {"cross_entropy": cross_entropy, "brier": brier}
"""The losses by name."""


def curvature(loss: Loss, radius: Real, penalty: Real) -> Curvature:
    r"""Constants of a loss of softmax scores z = Wᵀx, ‖x‖ ≤ R, y in the simplex, with p = softmax(z).

    Cross-entropy: $\|p - y\| \le \sqrt2$, $\|\mathrm{diag}(p) - pp^\top\| \le \tfrac12$, and the third derivative is a
    third central moment of a law of range √2, at most $\sqrt2/(3\sqrt3)$; times R, R² and R³.
    Brier: the gradient is $(\mathrm{diag}(p) - pp^\top)(p - y)$, its derivative at most ¼ + √2 times the former bound,
    and the next one, by the product rule with a fourth derivative of at most 1.

    Args:
        loss: "cross_entropy" or "brier".
        radius: R > 0.
        penalty: Λ ≥ 0.

    Raises:
        ValueError: R is not positive.

    >>> curvature("cross_entropy", 1.0, 2.0).smooth
    0.5
    """
    if not 0 < radius < math.inf:
        raise ValueError(f"radius: {radius} is not a finite number > 0")
    lipschitz, smooth, third = math.sqrt(2), 0.5, _BEND
    if loss == "brier":
        lipschitz, smooth, third = lipschitz / 2, 0.25 + math.sqrt(2) * _BEND, 1.5 * _BEND + math.sqrt(2)
    return Curvature(lipschitz * radius, smooth * radius**2, third * radius**3, float(penalty), loss == "cross_entropy")


def squares(penalty: Real) -> Callable[[Any], Array]:
    """Λ/2‖θ‖² of parameters in one array.

    >>> import jax.numpy as jnp
    >>> float(squares(2.0)(jnp.ones((1, 2))))
    2.0
    """
    return lambda params: penalty / 2 * jnp.sum(params**2)
