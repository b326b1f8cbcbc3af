"""Which unwanted rows to delete: scoring rules; the `budget` rows of largest score go.

The rules of arXiv 2507.15112 are known here second-hand. Which covariance its Mahalanobis variants use is not:
distances to μ̂₂ alone take p₂'s own, ratios the pooled one of the two samples.

Every rule is called as `rule(x1, x2, in1, in2)`: `in1` and `in2` are masks of the rows that exist, all of them when
left out. Both samples may so be two masks on one array, and a rule is compiled once for all of them. Rows that do not
exist are not read; the scores in their places mean nothing.
"""

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
from jax.core import Tracer
from jaxtyping import Array, Bool, Float, Int, PRNGKeyArray

Mask = Bool[Array, " _"] | None

Rule = Callable[..., Float[Array, " n1"]]
"""(unwanted rows `[n1, d]`, retained rows `[n2, d]`, masks of both) → one score per unwanted row."""


def to_retained(
    x1: Float[Array, "n1 d"], x2: Float[Array, "n2 d"], in1: Mask = None, in2: Mask = None
) -> Float[Array, " n1"]:
    """Euclidean distance to the retained mean, ‖x − μ̂₂‖: the paper's main rule.

    Args:
        x1: unwanted rows.
        x2: retained rows; with none that exist, their mean is 0.
        in1: which unwanted rows exist; all when left out.
        in2: which retained rows exist.

    Source: arXiv 2507.15112, second-hand.

    >>> to_retained(jnp.array([[1.0], [5.0]]), jnp.array([[1.0], [3.0]])).tolist()
    [1.0, 3.0]
    """
    del in1
    return jnp.linalg.norm(x1 - _mean(x2, in2), axis=1)


def mahalanobis(
    x1: Float[Array, "n1 d"], x2: Float[Array, "n2 d"], in1: Mask = None, in2: Mask = None
) -> Float[Array, " n1"]:
    """Mahalanobis distance to the retained mean, ‖Σ̂₂^{−½}(x − μ̂₂)‖ (MAHA-MU2).

    Args and source as for `to_retained`.

    Raises:
        ValueError: the retained rows do not span all coordinates.

    >>> mahalanobis(jnp.array([[1.0], [6.0]]), jnp.array([[1.0], [3.0], [5.0]])).tolist()
    [1.0, 1.5]
    """
    del in1
    return jnp.linalg.norm(_whitened(x1 - _mean(x2, in2), _factor([(x2, in2)])), axis=1)


def cosine(
    x1: Float[Array, "n1 d"], x2: Float[Array, "n2 d"], in1: Mask = None, in2: Mask = None
) -> Float[Array, " n1"]:
    """Cosine distance to the retained mean, 1 − cos(x, μ̂₂) (COS-MU2); a zero vector counts as orthogonal.

    Args and source as for `to_retained`.

    >>> cosine(jnp.array([[2.0, 0.0], [0.0, 3.0]]), jnp.array([[1.0, 0.0]])).tolist()
    [0.0, 1.0]
    """
    del in1
    return 1 - _cosines(x1, _mean(x2, in2))


def likelihood_ratio(
    x1: Float[Array, "n1 d"], x2: Float[Array, "n2 d"], in1: Mask = None, in2: Mask = None
) -> Float[Array, " n1"]:
    """ℓ* = log p₁/p₂ for Gaussians of one covariance, (μ̂₁ − μ̂₂)ᵀΣ̂⁻¹(x − (μ̂₁ + μ̂₂)/2): the optimal order (T21).

    Half the difference of *squared* Mahalanobis distances, which `lr_mahalanobis` is not.

    Args as for `to_retained`.

    Raises:
        ValueError: the rows do not span all coordinates.

    Source: optimality proved in arXiv 2609.38929.

    >>> likelihood_ratio(jnp.array([[-1.0], [1.0]]), jnp.array([[1.0], [3.0]])).round(3)
    Array([ 2., -0.], dtype=float32)
    """
    first, second, factor = _mean(x1, in1), _mean(x2, in2), _factor([(x1, in1), (x2, in2)])
    gap = _whitened((first - second)[None], factor)
    return _whitened(x1 - (first + second) / 2, factor) @ gap[0]


def lr_mahalanobis(
    x1: Float[Array, "n1 d"], x2: Float[Array, "n2 d"], in1: Mask = None, in2: Mask = None
) -> Float[Array, " n1"]:
    """d(x, μ̂₂) − d(x, μ̂₁), d the Mahalanobis distance of the pooled covariance (LR-MAHA).

    Not monotone in the likelihood ratio: in one dimension it is constant beyond μ̂₁.

    Args and source as for `to_retained`.

    Raises:
        ValueError: the rows do not span all coordinates.

    >>> lr_mahalanobis(jnp.array([[-1.0], [1.0]]), jnp.array([[1.0], [3.0]])).round(3)
    Array([1.414, 0.   ], dtype=float32)
    """
    samples = [(x1, in1), (x2, in2)]
    factor = _factor(samples)
    near, far = (jnp.linalg.norm(_whitened(x1 - _mean(*sample), factor), axis=1) for sample in samples)
    return far - near


def lr_cosine(
    x1: Float[Array, "n1 d"], x2: Float[Array, "n2 d"], in1: Mask = None, in2: Mask = None
) -> Float[Array, " n1"]:
    """cos(x, μ̂₁) − cos(x, μ̂₂), the difference of cosine distances (LR-COS); a zero vector is orthogonal to all.

    Args and source as for `to_retained`.

    >>> lr_cosine(jnp.array([[2.0, 0.0]]), jnp.array([[0.0, 3.0]])).tolist()
    [1.0]
    """
    return _cosines(x1, _mean(x1, in1)) - _cosines(x1, _mean(x2, in2))


def coreset(
    x1: Float[Array, "n1 d"], x2: Float[Array, "n2 d"], in1: Mask = None, in2: Mask = None
) -> Float[Array, " n1"]:
    """Nearness to the unwanted centroid, −‖x − μ̂₁‖: what is most typical of p₁ goes first (a baseline).

    Args and source as for `to_retained`.

    >>> coreset(jnp.array([[0.0], [1.0], [5.0]]), jnp.array([[9.0]])).tolist()
    [-2.0, -1.0, -3.0]
    """
    del x2, in2
    return -jnp.linalg.norm(x1 - _mean(x1, in1), axis=1)


def norm(x1: Float[Array, "n1 d"], x2: Float[Array, "n2 d"], in1: Mask = None, in2: Mask = None) -> Float[Array, " n1"]:
    """The row's own length, ‖x‖: the longest goes first (a baseline of the follow-up, second-hand).

    Args as for `to_retained`.

    Source: arXiv 2609.38929.

    >>> norm(jnp.array([[3.0, 4.0], [0.0, 1.0]]), jnp.zeros((1, 2))).tolist()
    [5.0, 1.0]
    """
    del x2, in1, in2
    return jnp.linalg.norm(x1, axis=1)


def k_centre(
    x1: Float[Array, "n1 d"], x2: Float[Array, "n2 d"], in1: Mask = None, in2: Mask = None
) -> Float[Array, " n1"]:
    """Farthest-first order within the unwanted rows, from the one nearest to their centroid on (a baseline).

    The score is minus the row's turn; the first k rows cover all of them within twice the least radius that any k
    rows can.

    Args as for `to_retained`.

    Source: the order of Gonzalez 1985; the baseline of arXiv 2609.38929 by its name.

    >>> k_centre(jnp.array([[0.0], [1.0], [5.0], [-9.0]]), jnp.zeros((1, 1))).tolist()
    [-0.0, -3.0, -2.0, -1.0]
    """
    del x2, in2
    left = _there(x1, in1)
    apart: Array = jnp.linalg.norm(x1 - _mean(x1, in1), axis=1)
    first = jnp.where(left, apart, jnp.inf).argmin()

    def choose(turn: Any, state: Any) -> Any:
        left, distance, pick, scores = state
        left, scores = left.at[pick].set(False), scores.at[pick].set(-turn.astype(x1.dtype))
        distance = jnp.minimum(distance, jnp.linalg.norm(x1 - x1[pick], axis=1))
        return left, distance, jnp.where(left, distance, -jnp.inf).argmax(), scores

    far = jnp.full(len(x1), jnp.inf, x1.dtype)
    state = (left, far, first, jnp.zeros_like(far))
    return jax.lax.fori_loop(0, left.sum(), choose, state)[-1]


def random(key: PRNGKeyArray) -> Rule:
    """The rule that deletes uniformly at random, one draw per key (a baseline).

    Args:
        key: a JAX key.

    Source: arXiv 2507.15112, second-hand.

    >>> random(jax.random.key(0))(jnp.zeros((3, 1)), jnp.zeros((2, 1))).shape
    (3,)
    """
    return lambda x1, x2, in1=None, in2=None: jax.random.uniform(key, x1.shape[:1])


RULES: Mapping[str, Rule] = {
    "distance": to_retained,
    "mahalanobis": mahalanobis,
    "cosine": cosine,
    "likelihood-ratio": likelihood_ratio,
    "lr-mahalanobis": lr_mahalanobis,
    "lr-cosine": lr_cosine,
    "coreset": coreset,
    "norm": norm,
    "k-centre": k_centre,
}
"""The deterministic rules by name; `random` needs a key."""


def select(scores: Float[Array, " n1"], budget: int | Int[Array, ""], among: Mask = None) -> Bool[Array, " n1"]:
    """The rows to delete: the `budget` largest scores, ties by row number.

    Args:
        scores: one per unwanted row.
        budget: how many rows go, in [0, n₁]; a traced one is cut to that.
        among: which unwanted rows exist, n₁ of them; all when left out.

    Returns:
        A mask, true where a row is deleted.

    Raises:
        ValueError: the budget is out of range, or a score is NaN.

    >>> select(jnp.array([1.0, 3.0, 3.0, 2.0]), 2).tolist()
    [False, True, True, False]
    >>> select(jnp.array([1.0, 3.0, 3.0, 2.0]), 2, jnp.array([True, False, True, True])).tolist()
    [False, False, True, True]
    """
    here = _there(scores, among)
    if not isinstance(here, Tracer) and not isinstance(budget, Tracer) and not 0 <= budget <= here.sum():
        raise ValueError(f"budget: {budget} rows cannot be deleted out of {here.sum()}")
    bad = jnp.isnan(scores) & here
    if not isinstance(bad, Tracer) and bool(bad.any()):
        raise ValueError(f"scores: row {int(bad.argmax())} has the score NaN; mend the rule")
    # Rows that do not exist come after all others, NaN and -inf among them.
    rank = jnp.argsort(jnp.lexsort((-scores, ~here)), stable=True)
    return here & (rank < budget)


def _there(x: Array, present: Mask) -> Bool[Array, " n"]:
    return jnp.ones(x.shape[0], bool) if present is None else present


def _mean(x: Float[Array, "n d"], present: Mask) -> Float[Array, " d"]:
    if present is None:
        return x.mean(0)
    return jnp.where(present[:, None], x, 0).sum(0) / jnp.maximum(present.sum(), 1)


def _cosines(x: Float[Array, "n d"], direction: Float[Array, " d"]) -> Float[Array, " n"]:
    norms: Array = jnp.linalg.norm(x, axis=1) * jnp.linalg.norm(direction)
    return jnp.where(norms > 0, x @ direction / jnp.where(norms > 0, norms, 1), 0)


def _factor(samples: list[tuple[Float[Array, "_ d"], Mask]]) -> Float[Array, "d d"]:
    """Cholesky factor of the covariance pooled within the samples; NaN where traced samples have none."""
    freedom = sum((jnp.maximum(_there(x, here).sum() - 1, 0) for x, here in samples), jnp.zeros((), int))
    centred = [jnp.where(_there(x, here)[:, None], x - _mean(x, here), 0) for x, here in samples]
    covariance = sum((c.T @ c for c in centred), jnp.zeros(())) / jnp.maximum(freedom, 1)
    factor: Array = jnp.linalg.cholesky(covariance)
    # A pivot of rounding size, relative to its coordinate, is a coordinate that the others determine.
    floor = 8 * len(factor) * jnp.finfo(factor.dtype).eps * jnp.diag(covariance)
    regular = (jnp.diag(factor) ** 2 > floor).all()
    if isinstance(regular, Tracer):
        return jnp.where(regular, factor, jnp.nan)
    _check_factor(int(freedom), bool(regular))
    return factor


def _check_factor(freedom: int, regular: bool) -> None:
    if freedom < 1:
        raise ValueError("selection: too few rows for a covariance; give at least two, or use another rule")
    if not regular:
        raise ValueError(
            "selection: the sample covariance is singular; drop dependent coordinates, or use `to_retained`"
        )


def _whitened(x: Float[Array, "n d"], factor: Float[Array, "d d"]) -> Float[Array, "n d"]:
    return jax.scipy.linalg.solve_triangular(factor, x.T, lower=True).T
