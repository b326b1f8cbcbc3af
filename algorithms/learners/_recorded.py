"""Gradient descent that keeps its whole path: what replaying methods need."""

import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float, PRNGKeyArray

from ...formal._pytree import pytree
from ...formal._types import Real
from ...formal.definitions._scenario import Rows
from .._curvature import Schedule
from .._factory import factory
from .._own import own
from ..base import Learner, Trained, cross_entropy
from ._projected import origin, slope
from ._softmax import curvature, scores, squares


@pytree()
class Path:
    """Every model of a training run but the last, and the gradient of the objective at each.

    >>> import jax.numpy as jnp
    >>> Path(jnp.zeros((2, 3, 1)), jnp.zeros((2, 3, 1))).models.shape
    (2, 3, 1)
    """

    models: Float[Array, "*runs steps d c"]
    gradients: Float[Array, "*runs steps d c"]


@factory
def recorded_descent(penalty: Real = 4.0, radius: Real = 1.0, steps: int = 20, rows: int = 64) -> Learner:
    r"""Logistic regression by gradient descent on all rows, from zero; the path is recorded. Deterministic.

    $$\theta_{t+1} = \theta_t - \eta \nabla J_D(\theta_t), \qquad \eta = \frac{2}{N\beta + 2\Lambda}$$

    Args:
        penalty: Λ > 0, in the sum form.
        radius: R > 0, bound on the rows, as in `newton_logistic`.
        steps: T; it stops after them.
        rows: N, the most rows for which the step size is right.

    Returns:
        The learner; parameters `[d + 1, c]`, record `Path`.

    Raises:
        ValueError: Λ, R, T or N is not positive.

    >>> recorded_descent()
    recorded_descent(penalty=4, radius=1, steps=20, rows=64)
    """
    if not (0 < penalty < float("inf") and steps >= 1 and rows >= 1):
        raise ValueError(f"recorded_descent: penalty {penalty}, steps {steps} and rows {rows} must be positive")
    constants = curvature("cross_entropy", radius, penalty)
    plan = Schedule(steps, 2 / (constants.modulus(rows) + constants.strong), rows)

    def fit(key: PRNGKeyArray, data: Rows) -> Trained:
        del key
        gradient = slope(learner, data)

        def step(w: Array, _: None) -> tuple[Array, tuple[Array, Array]]:
            g = gradient(w)
            return w - plan.rate * g, (w, g)

        last, (models, gradients) = lax.scan(step, jnp.asarray(origin(data)), length=steps)
        return Trained(last, Path(models, gradients), learner)

    name = f"recorded_descent(penalty={penalty:g}, radius={radius:g}, steps={steps}, rows={rows})"
    learner = Learner(
        fit, scores(radius), cross_entropy, squares(penalty), name, logits=True, random=False,
        curvature=constants, schedule=plan, numeric=True,
    )  # fmt: skip
    return own(learner, settled=True)
