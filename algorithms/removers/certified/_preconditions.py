"""Declared constants held against the objective itself."""

import functools
import math

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from jaxtyping import Array

from ....formal._types import Real
from ....formal.definitions._scenario import Rows
from ..._curvature import Curvature, Schedule
from ...base import Learner
from ...programs._programs import trace
from ...programs._reach import reach

_DIMS, _CLASSES, _POINTS = 3, 3, 96
_ROUNDING = 1e-3


def constants(learner: Learner, *, convex: bool = True) -> Curvature:
    """A learner's declared constants, after they were held against its own loss and penalty.

    Losses, gradients and Hessians are taken at 96 rows and parameters of all sizes; so this finds constants that are
    wrong by a factor, and proves none: the proof is beside the declaration.

    Args:
        learner: with `curvature` declared.
        convex: whether a convex loss with Λ > 0 is wanted.

    Returns:
        The constants.

    Raises:
        ValueError: none are declared, one does not hold, or the loss is not convex where it must be.

    >>> from neverseen.algorithms.learners import newton_logistic, ridge
    >>> constants(newton_logistic(penalty=2.0)).strong
    2.0
    >>> constants(ridge())
    Traceback (most recent call last):
    ValueError: learner ridge(penalty=1): declares no constants of its objective; use one that does, as newton_logistic
    """
    curvature = learner.curvature
    if curvature is None:
        raise ValueError(
            f"learner {learner}: declares no constants of its objective; use one that does, as newton_logistic"
        )
    if convex and not (curvature.convex and curvature.strong > 0):
        raise ValueError(f"learner {learner}: a convex loss and a penalty > 0 are needed for strong convexity")
    _hold(learner, reach(learner))
    return curvature


def require(condition: bool, message: str) -> None:
    """Raise a ValueError with the message unless the condition holds.

    >>> require(True, "")
    """
    if not condition:
        raise ValueError(message)


def require_counts(name: str, rows: int, capacity: int) -> None:
    """Raise unless 1 ≤ capacity ≤ rows.

    >>> require_counts("mine", 4, 5)
    Traceback (most recent call last):
    ValueError: mine: capacity 5 is not between 1 and rows 4
    """
    require(1 <= capacity <= rows, f"{name}: capacity {capacity} is not between 1 and rows {rows}")


def require_noise(name: str, learner: Learner) -> float:
    """The σ of a learner that publishes with Gaussian noise around a deterministic centre.

    Raises:
        ValueError: it does not.

    >>> from neverseen.algorithms.learners import noisy
    >>> require_noise("mine", noisy(sigma=0.5))
    0.5
    """
    noise = learner.noise
    if noise is None or noise.random:
        raise ValueError(f"{name}: {learner} must publish a deterministic model plus noise; use learners.noisy on one")
    return noise.sigma


def scheduled(name: str, learner: Learner) -> Schedule:
    """A learner's declared schedule, whose rate must suit its constants: η(Nβ + Λ) ≤ 2 − ηΛ.

    Raises:
        ValueError: it declares none, or the rate is too large.

    >>> from neverseen.algorithms.learners import projected_descent
    >>> scheduled("mine", projected_descent(steps=7)).steps
    7
    """
    plan, curvature = learner.schedule, learner.curvature
    if plan is None or curvature is None:
        raise ValueError(f"{name}: {learner} declares no schedule; use the learner that it is made for")
    limit = 2 / (curvature.modulus(plan.rows) + curvature.strong)
    require(
        plan.rate <= limit * (1 + 1e-9),
        f"{name}: the rate {plan.rate:.3g} of {learner} is too large for its smoothness; at most {limit:.3g}",
    )
    return plan


@functools.lru_cache(maxsize=64)
def _hold(learner: Learner, reached: str) -> None:
    """Compare the largest values met with the declared ones; raise on the first that is exceeded.

    Once for all that the learner can look at: what changes there may change its loss.
    """
    del reached
    curvature = learner.curvature
    assert curvature is not None
    # The caller may be tracing: these are numbers all the same.
    with jax.ensure_compile_time_eval():
        met = _met(learner)
    slack = 1 + _ROUNDING
    for name in ("lipschitz", "smooth", "third"):
        declared = getattr(curvature, name)
        if not met[name] <= declared * slack + _ROUNDING * math.sqrt(declared):
            raise ValueError(f"learner {learner}: {name} is declared {declared:.4g}, but {met[name]:.4g} occurs")
    if curvature.convex and not met["least"] >= -_ROUNDING * curvature.smooth:
        raise ValueError(f"learner {learner}: the loss is declared convex, but has curvature {met['least']:.4g}")
    if not met["penalty"] <= _ROUNDING * max(curvature.strong, 1):
        raise ValueError(
            f"learner {learner}: the penalty is not {curvature.strong:g}/2 times the squared norm, as strong says says"
        )


def _met(learner: Learner) -> dict[str, float]:
    """The largest gradient, Hessian, change of Hessian per step, and error of the penalty, over the probes."""
    rng, sizes = np.random.default_rng(20), 10.0 ** np.linspace(-1, 1, _POINTS)
    x = jnp.asarray(rng.normal(size=(_POINTS, _DIMS)) * sizes[::-1, None], jnp.float32)
    y = jax.nn.one_hot(jnp.arange(_POINTS) % _CLASSES, _CLASSES)
    shapes = trace(learner.fit, jax.random.key(0), Rows(x[:4], y[:4], jnp.ones(4, bool))).shapes.params
    flat, rebuild = ravel_pytree(jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), shapes))
    params = sizes[np.arange(_POINTS) * 37 % _POINTS, None] * rng.normal(size=(_POINTS, flat.size))
    steps = 0.03 * rng.normal(size=params.shape)

    @jax.jit
    @jax.vmap
    def at(w: Array, row: Array, label: Array) -> tuple[Array, Array, Array]:
        def loss(v: Array) -> Array:
            return learner.loss(learner.apply(rebuild(v), row[None]), label[None])[0]

        return jax.grad(loss)(w), jax.hessian(loss)(w), jax.grad(lambda v: learner.penalty(rebuild(v)))(w)

    both = (
        jnp.asarray(np.concatenate([params, params + steps]), jnp.float32),
        *(jnp.tile(a, (2, 1)) for a in (x, y)),
    )
    gradients, hessians, pulls = (np.asarray(a, np.float64) for a in at(*both))
    spectrum, moved = np.linalg.eigvalsh(hessians), hessians[_POINTS:] - hessians[:_POINTS]
    strong = learner.curvature.strong if learner.curvature else 0.0
    return {
        "lipschitz": float(np.linalg.norm(gradients, axis=1).max()),
        "smooth": float(abs(spectrum).max()),
        "least": float(spectrum.min()),
        "third": float((np.linalg.norm(moved, 2, (1, 2)) / np.linalg.norm(steps, axis=1)).max()),
        "penalty": float(np.linalg.norm(pulls[:_POINTS] - strong * params, axis=1).max() / 10),
    }


def within(rows: Rows, most: Real | Array, deleted: Array, capacity: Real) -> Array:
    """Whether a request keeps to its declared bounds: n ≤ most rows, |S| ≤ capacity.

    >>> import jax.numpy as jnp
    >>> bool(within(Rows(jnp.zeros((2, 1)), jnp.zeros(2), jnp.ones(2, bool)), 2, jnp.array(1), 1))
    True
    """
    return (rows.count() <= most) & (deleted <= capacity)
