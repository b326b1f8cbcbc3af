"""Which unwanted rows to delete: scoring rules; the `budget` rows of largest score go.

The rules of arXiv 2507.15112 are known here second-hand. Which covariance its Mahalanobis variants use is not:
distances to μ̂₂ alone take p₂'s own, ratios the pooled one of the two samples.
"""

from collections.abc import Callable, Mapping

import jax
import jax.numpy as jnp
from jax.core import Tracer
from jaxtyping import Array, Bool, Float, PRNGKeyArray

Rule = Callable[[Float[Array, "n1 d"], Float[Array, "n2 d"]], Float[Array, " n1"]]
"""(unwanted rows, retained rows) → one score per unwanted row."""


def to_retained(x1: Float[Array, "n1 d"], x2: Float[Array, "n2 d"]) -> Float[Array, " n1"]:
    """Euclidean distance to the retained mean, ‖x − μ̂₂‖: the paper's main rule.

    Args:
        x1: unwanted rows.
        x2: retained rows.

    Source: arXiv 2507.15112, second-hand.

    >>> to_retained(jnp.array([[1.0], [5.0]]), jnp.array([[1.0], [3.0]])).tolist()
    [1.0, 3.0]
    """
    return jnp.linalg.norm(x1 - x2.mean(0), axis=1)


def mahalanobis(x1: Float[Array, "n1 d"], x2: Float[Array, "n2 d"]) -> Float[Array, " n1"]:
    """Mahalanobis distance to the retained mean, ‖Σ̂₂^{−½}(x − μ̂₂)‖ (MAHA-MU2).

    Args and source as for `to_retained`.

    Raises:
        ValueError: the retained rows do not span all coordinates.

    >>> mahalanobis(jnp.array([[1.0], [6.0]]), jnp.array([[1.0], [3.0], [5.0]])).tolist()
    [1.0, 1.5]
    """
    return jnp.linalg.norm(_whitened(x1 - x2.mean(0), _factor([x2])), axis=1)


def cosine(x1: Float[Array, "n1 d"], x2: Float[Array, "n2 d"]) -> Float[Array, " n1"]:
    """Cosine distance to the retained mean, 1 − cos(x, μ̂₂) (COS-MU2); a zero vector counts as orthogonal.

    Args and source as for `to_retained`.

    >>> cosine(jnp.array([[2.0, 0.0], [0.0, 3.0]]), jnp.array([[1.0, 0.0]])).tolist()
    [0.0, 1.0]
    """
    return 1 - _cosines(x1, x2.mean(0))


def likelihood_ratio(x1: Float[Array, "n1 d"], x2: Float[Array, "n2 d"]) -> Float[Array, " n1"]:
    """ℓ* = log p₁/p₂ for Gaussians of one covariance, (μ̂₁ − μ̂₂)ᵀΣ̂⁻¹(x − (μ̂₁ + μ̂₂)/2): the optimal order (T21).

    Half the difference of *squared* Mahalanobis distances, which `lr_mahalanobis` is not.

    Args as for `to_retained`.

    Raises:
        ValueError: the rows do not span all coordinates.

    Source: optimality proved in arXiv 2609.38929.

    >>> likelihood_ratio(jnp.array([[-1.0], [1.0]]), jnp.array([[1.0], [3.0]])).round(3)
    Array([ 2., -0.], dtype=float32)
    """
    first, second, factor = x1.mean(0), x2.mean(0), _factor([x1, x2])
    gap = _whitened((first - second)[None], factor)
    return _whitened(x1 - (first + second) / 2, factor) @ gap[0]


def lr_mahalanobis(x1: Float[Array, "n1 d"], x2: Float[Array, "n2 d"]) -> Float[Array, " n1"]:
    """d(x, μ̂₂) − d(x, μ̂₁), d the Mahalanobis distance of the pooled covariance (LR-MAHA).

    Not monotone in the likelihood ratio: in one dimension it is constant beyond μ̂₁.

    Args and source as for `to_retained`.

    Raises:
        ValueError: the rows do not span all coordinates.

    >>> lr_mahalanobis(jnp.array([[-1.0], [1.0]]), jnp.array([[1.0], [3.0]])).round(3)
    Array([1.414, 0.   ], dtype=float32)
    """
    factor = _factor([x1, x2])
    far, near = (jnp.linalg.norm(_whitened(x1 - x.mean(0), factor), axis=1) for x in (x2, x1))
    return far - near


def lr_cosine(x1: Float[Array, "n1 d"], x2: Float[Array, "n2 d"]) -> Float[Array, " n1"]:
    """cos(x, μ̂₁) − cos(x, μ̂₂), the difference of cosine distances (LR-COS); a zero vector is orthogonal to all.

    Args and source as for `to_retained`.

    >>> lr_cosine(jnp.array([[2.0, 0.0]]), jnp.array([[0.0, 3.0]])).tolist()
    [1.0]
    """
    return _cosines(x1, x1.mean(0)) - _cosines(x1, x2.mean(0))


def coreset(x1: Float[Array, "n1 d"], x2: Float[Array, "n2 d"]) -> Float[Array, " n1"]:
    """Nearness to the unwanted centroid, −‖x − μ̂₁‖: what is most typical of p₁ goes first (a baseline).

    Args and source as for `to_retained`.

    >>> coreset(jnp.array([[0.0], [1.0], [5.0]]), jnp.array([[9.0]])).tolist()
    [-2.0, -1.0, -3.0]
    """
    del x2
    return -jnp.linalg.norm(x1 - x1.mean(0), axis=1)


def random(key: PRNGKeyArray) -> Rule:
    """The rule that deletes uniformly at random, one draw per key (a baseline).

    Args:
        key: a JAX key.

    Source: arXiv 2507.15112, second-hand.

    >>> random(jax.random.key(0))(jnp.zeros((3, 1)), jnp.zeros((2, 1))).shape
    (3,)
    """
    return lambda x1, x2: jax.random.uniform(key, x1.shape[:1])


RULES: Mapping[str, Rule] = {
    "distance": to_retained,
    "mahalanobis": mahalanobis,
    "cosine": cosine,
    "likelihood-ratio": likelihood_ratio,
    "lr-mahalanobis": lr_mahalanobis,
    "lr-cosine": lr_cosine,
    "coreset": coreset,
}
"""The deterministic rules by name; `random` needs a key."""


def select(scores: Float[Array, " n1"], budget: int) -> Bool[Array, " n1"]:
    """The rows to delete: the `budget` largest scores, ties by row number.

    Args:
        scores: one per unwanted row.
        budget: how many rows go, in [0, n₁].

    Returns:
        A mask, true where a row is deleted.

    Raises:
        ValueError: the budget is out of range, or a score is NaN.

    >>> select(jnp.array([1.0, 3.0, 3.0, 2.0]), 2).tolist()
    [False, True, True, False]
    """
    if not 0 <= budget <= len(scores):
        raise ValueError(f"budget: {budget} rows cannot be deleted out of {len(scores)}")
    if not isinstance(scores, Tracer) and bool(jnp.isnan(scores).any()):
        raise ValueError(f"scores: row {int(jnp.isnan(scores).argmax())} has the score NaN; mend the rule")
    rank = jnp.argsort(jnp.argsort(-scores, stable=True), stable=True)
    return rank < budget


def _cosines(x: Float[Array, "n d"], direction: Float[Array, " d"]) -> Float[Array, " n"]:
    norms = jnp.linalg.norm(x, axis=1) * jnp.linalg.norm(direction)
    return jnp.where(norms > 0, x @ direction / jnp.where(norms > 0, norms, 1), 0)


def _factor(samples: list[Float[Array, "_ d"]]) -> Float[Array, "d d"]:
    """Cholesky factor of the covariance pooled within the samples."""
    freedom = sum(len(x) - 1 for x in samples)
    if freedom < 1:
        raise ValueError("selection: too few rows for a covariance; give at least two, or use another rule")
    centred = [x - x.mean(0) for x in samples]
    covariance = sum((c.T @ c for c in centred), jnp.zeros(())) / freedom
    factor = jnp.linalg.cholesky(covariance)
    if not isinstance(factor, Tracer):
        _check_factor(factor, covariance)
    return factor


def _check_factor(factor: Float[Array, "d d"], covariance: Float[Array, "d d"]) -> None:
    # A pivot of rounding size, relative to its coordinate, is a coordinate that the others determine.
    floor = 8 * len(factor) * jnp.finfo(factor.dtype).eps * jnp.diag(covariance)
    if not bool((jnp.diag(factor) ** 2 > floor).all()):
        raise ValueError(
            "selection: the sample covariance is singular; drop dependent coordinates, or use `to_retained`"
        )


def _whitened(x: Float[Array, "n d"], factor: Float[Array, "d d"]) -> Float[Array, "n d"]:
    return jax.scipy.linalg.solve_triangular(factor, x.T, lower=True).T
