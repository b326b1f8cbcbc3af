"""Full-batch gradient descent with known constants: projected, checkpointed, and noisy at every step."""

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float, PRNGKeyArray

from ...formal._types import Real
from ...formal.definitions._scenario import Rows
from .._curvature import Schedule
from .._factory import factory
from .._own import own
from ..base import Learner, OutputNoise, Trained
from ._noisy import perturbed
from ._softmax import LOSSES, Loss, affine, curvature, scores, squares

Slope = Callable[[Any], Any]


@factory
def projected_descent(
    penalty: Real = 4.0, radius: Real = 1.0, ball: Real = 4.0, steps: int = 60, rows: int = 64
) -> Learner:
    r"""Logistic regression by projected gradient descent on all rows, from zero; deterministic.

    $$\theta \leftarrow \Pi_B\bigl(\theta - \eta \nabla J_D(\theta)\bigr), \qquad
      \eta = \frac{2}{N\beta + 2\Lambda}, \qquad J_D = \sum_D \mathrm{CE} + \tfrac\Lambda2\|\theta\|^2$$

    Π_B projects on ‖θ‖ ≤ B; rows are bounded as in `newton_logistic`. For n ≤ N rows each step brings any two points
    closer by ρ = 1 − ηΛ; it stops after `steps`, within ρ^steps·B of the constrained minimiser.

    Args:
        penalty: Λ > 0, in the sum form.
        radius: R > 0.
        ball: B > 0.
        steps: T ≥ 1.
        rows: N, the most rows for which the step size is right.

    Returns:
        The learner; parameters `[d + 1, c]`.

    Raises:
        ValueError: an argument is not positive.

    >>> projected_descent()
    projected_descent(penalty=4, radius=1, ball=4, steps=60, rows=64)
    """
    _require(penalty=penalty, ball=ball, steps=steps, rows=rows)
    constants = curvature("cross_entropy", radius, penalty)
    rate = 2 / (constants.modulus(rows) + constants.strong)

    def fit(key: PRNGKeyArray, data: Rows) -> Trained:
        del key
        start = origin(data)
        return Trained(descended(start, slope(learner, data), steps, rate, ball), None, learner)

    name = f"projected_descent(penalty={penalty:g}, radius={radius:g}, ball={ball:g}, steps={steps}, rows={rows})"
    plan = Schedule(steps, rate, rows, float(ball))
    learner = Learner(
        fit, scores(radius), LOSSES["cross_entropy"], squares(penalty), name, logits=True, random=False,
        curvature=constants, schedule=plan, numeric=True,
    )  # fmt: skip
    return own(learner, settled=True)


@factory
def checkpointed(
    penalty: Real = 4.0, radius: Real = 1.0, steps: int = 40, rewind: int = 20, rows: int = 64, sigma: Real = 1.0,
    loss: Loss = "cross_entropy",
) -> Learner:  # fmt: skip
    r"""Gradient descent on all rows from zero that keeps a checkpoint and publishes with noise.

    $$\theta_{t+1} = \theta_t - \eta \nabla J_D(\theta_t), \qquad \eta = \frac{2}{N\beta + 2\Lambda}, \qquad
      \text{publish } \theta_T + \mathcal N(0, \sigma^2 I)$$

    The record is (θ_T, θ_{T−K}): the model before the noise and the point to rewind to. Deterministic but for the
    noise, which a part of the run's key draws; stops after T steps.

    Args:
        penalty: Λ > 0, in the sum form.
        radius: R > 0, bound on the rows.
        steps: T.
        rewind: K, steps between the checkpoint and the end.
        rows: N, the most rows for which the step size is right.
        sigma: σ > 0.
        loss: "cross_entropy", or "brier", which is not convex.

    Returns:
        The learner, its output law declared; parameters `[d + 1, c]`.

    Raises:
        ValueError: an argument is not positive, or K is not in [1, T].

    >>> checkpointed(steps=10, rewind=20)
    Traceback (most recent call last):
    ValueError: rewind: 20 is not between 1 and steps 10
    """
    _require(penalty=penalty, steps=steps, rows=rows, sigma=sigma)
    if not 1 <= rewind <= steps:
        raise ValueError(f"rewind: {rewind} is not between 1 and steps {steps}")
    constants = curvature(loss, radius, penalty)
    rate = 2 / (constants.modulus(rows) + constants.strong)

    def path(data: Rows) -> tuple[Array, Array]:
        point = descended(origin(data), slope(learner, data), steps - rewind, rate)
        return descended(point, slope(learner, data), rewind, rate), point

    def fit(key: PRNGKeyArray, data: Rows) -> Trained:
        exact, point = path(data)
        return Trained(perturbed(key, exact, float(sigma)), (exact, point), learner)

    law = OutputNoise(float(sigma), lambda key, data: path(data)[0], random=False)
    name = (
        f"checkpointed(penalty={penalty:g}, radius={radius:g}, steps={steps}, rewind={rewind}, rows={rows}, "
        f"sigma={sigma:g}, loss={loss})"
    )
    plan = Schedule(steps, rate, rows, rewind=rewind)
    learner = Learner(
        fit, scores(radius), LOSSES[loss], squares(penalty), name, logits=True, noise=law,
        curvature=constants, schedule=plan, numeric=True,
    )  # fmt: skip
    return own(learner, settled=True)


def origin(rows: Rows) -> Float[Array, "d c"]:
    """Zero parameters for the rows.

    Raises:
        ValueError: targets are not one-hot.

    >>> import jax.numpy as jnp
    >>> origin(Rows(jnp.zeros((4, 2)), jnp.zeros((4, 3)), jnp.ones(4, bool))).shape
    (3, 3)
    """
    if getattr(rows.y, "ndim", 0) != 2:
        raise ValueError("y: a classifier needs one-hot targets [n, classes]; use jax.nn.one_hot(labels, classes)")
    return jnp.zeros((affine(rows.x[:1]).shape[1], rows.y.shape[1]))


def slope(learner: Learner, rows: Rows) -> Slope:
    """The gradient of the learner's objective on the rows present.

    >>> import jax.numpy as jnp, neverseen as ns
    >>> rows = Rows(jnp.ones((1, 1)), jnp.ones((1, 1)), jnp.ones(1, bool))
    >>> slope(ns.learners.ridge(), rows)(jnp.zeros((2, 1))).tolist()
    [[-1.0], [-1.0]]
    """
    return jax.grad(lambda params: learner.objective(params, rows))


def onto_ball(params: Array, ball: Real) -> Array:
    """The nearest point of norm at most `ball`.

    >>> import jax.numpy as jnp
    >>> onto_ball(jnp.array([3.0, 4.0]), 2.5).tolist()
    [1.5, 2.0]
    """
    norm = jnp.sqrt((params**2).sum())
    return params * jnp.where(norm > ball, ball / jnp.where(norm > 0, norm, 1), 1)


def descended(start: Array, gradient: Slope, steps: int, rate: Real, ball: Real = math.inf) -> Array:
    """So many steps θ ← Π_B(θ − η∇J(θ)).

    >>> import jax.numpy as jnp
    >>> descended(jnp.array([8.0]), lambda w: w, 3, 0.5).tolist()
    [1.0]
    """

    def step(params: Array, _: Any) -> tuple[Array, None]:
        moved = params - rate * gradient(params)
        return (moved if ball == math.inf else onto_ball(moved, ball)), None

    return lax.scan(step, start, length=steps)[0]


def _require(**positive: Real) -> None:
    for name, value in positive.items():
        if not 0 < value < math.inf:
            raise ValueError(f"{name}: {value} is not a finite number > 0")
