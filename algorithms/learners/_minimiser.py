"""Logistic regression trained to its minimiser, and with a random linear term in its objective."""

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
from ..base import Learner, Trained, cross_entropy
from ._hessian import hessian_solve
from ._softmax import bounded, curvature, scores, squares

_HALVINGS = 8


@factory
def newton_logistic(penalty: Real = 1.0, radius: Real = 1.0, steps: int = 12) -> Learner:
    r"""Multinomial logistic regression on bounded rows, at its minimiser; one-hot targets, deterministic.

    $$W = \arg\min_W \sum_D \mathrm{CE}(W^\top x_i, y_i) + \tfrac\Lambda2\|W\|^2, \qquad
      x_i \leftarrow (x_i, 1)\min(1, R / \|(x_i, 1)\|)$$

    Newton steps from W = 0 over all rows at once, each at the best of the lengths 1, ½, …, 2⁻⁷; stops after `steps`.

    Args:
        penalty: Λ > 0, in the sum form.
        radius: R > 0, the largest norm of a row with its column of ones.
        steps: Newton steps.

    Returns:
        The learner, its constants declared; parameters `[d + 1, c]`.

    Raises:
        ValueError: Λ, R or the number of steps is not positive.

    >>> import jax, jax.numpy as jnp
    >>> from neverseen.formal import Rows
    >>> rows, learner = Rows(jnp.array([[-1.0], [1.0]]), jnp.eye(2), jnp.ones(2, bool)), newton_logistic()
    >>> w = learner.fit(jax.random.key(0), rows).params
    >>> bool(abs(jax.grad(learner.objective)(w, rows)).max() < 1e-5)
    True
    """
    _require(penalty)

    def fit(key: PRNGKeyArray, rows: Rows) -> Trained:
        del key
        start = jnp.zeros(_shape(rows))
        return Trained(minimised(start, lambda w: learner.objective(w, rows), steps), None, learner)

    name = f"newton_logistic(penalty={penalty:g}, radius={radius:g})"
    learner = Learner(
        fit, scores(radius), cross_entropy, squares(penalty), name, logits=True, random=False,
        curvature=curvature("cross_entropy", radius, penalty), numeric=True,
    )  # fmt: skip
    return own(learner, settled=True)


@factory
def objective_perturbed(penalty: Real = 4.0, radius: Real = 1.0, sigma: Real = 1.0, steps: int = 12) -> Learner:
    r"""`newton_logistic` whose objective has a random linear term, drawn in each run.

    $$W = \arg\min_W \sum_D \mathrm{CE}(W^\top x_i, y_i) + \tfrac\Lambda2\|W\|^2 + \langle b, W\rangle, \qquad
      b \sim \mathcal N(0, \sigma^2)$$

    b is drawn from the run's key, whatever the rows; it is not kept, and the objective that the learner declares is
    the one without it. Newton steps from W = 0, as in `newton_logistic`.

    Args:
        penalty: Λ > 0.
        radius: R > 0.
        sigma: σ > 0 of every entry of b, in the unit of the gradient of the sum.
        steps: Newton steps.

    Returns:
        The learner; parameters `[d + 1, c]`.

    Raises:
        ValueError: Λ, R, σ or the number of steps is not positive.

    Source: Chaudhuri et al. 2011 (arXiv 0912.0071); scale as in Guo et al. 2020 (arXiv 1911.03030).

    >>> objective_perturbed(sigma=0.5)
    objective_perturbed(penalty=4, radius=1, sigma=0.5)
    """
    _require(penalty)
    if not 0 < sigma < float("inf"):
        raise ValueError(f"sigma: {sigma} is not a finite number > 0")

    def fit(key: PRNGKeyArray, rows: Rows) -> Trained:
        tilt = sigma * jax.random.normal(key, _shape(rows))

        def tilted(w: Array) -> Array:
            return learner.objective(w, rows) + (tilt * w).sum()

        return Trained(minimised(jnp.zeros(tilt.shape), tilted, steps), None, learner)

    name = f"objective_perturbed(penalty={penalty:g}, radius={radius:g}, sigma={sigma:g})"
    learner = Learner(
        fit, scores(radius), cross_entropy, squares(penalty), name, logits=True,
        curvature=curvature("cross_entropy", radius, penalty), schedule=Schedule(steps, 1.0, 0, sigma=float(sigma)),
        numeric=True,
    )  # fmt: skip
    return learner


def minimised(start: Array, objective: Callable[[Array], Float[Array, ""]], steps: int) -> Array:
    """The minimiser of a smooth strongly convex objective, by Newton steps of the best of eight lengths.

    >>> import jax.numpy as jnp
    >>> minimised(jnp.zeros(2), lambda w: ((w - 3.0) ** 2).sum(), 2).tolist()
    [3.0, 3.0]
    """
    lengths = 0.5 ** jnp.arange(_HALVINGS)

    def flat(w: Array) -> Array:
        return objective(w.reshape(start.shape))

    def step(w: Array, _: Any) -> tuple[Array, None]:
        direction = hessian_solve(flat, w, jax.grad(flat)(w))
        reached = w - lengths[:, None] * direction
        # Near the minimum all lengths give one value up to rounding: the full step, listed first, is then taken.
        values = jax.vmap(flat)(reached)
        slack = 1e-6 * (1 + abs(values.min()))
        return reached[jnp.argmax(values <= values.min() + slack)], None

    return lax.scan(step, start.ravel(), length=steps)[0].reshape(start.shape)


def _shape(rows: Rows) -> tuple[int, int]:
    if getattr(rows.y, "ndim", 0) != 2:
        raise ValueError("y: a classifier needs one-hot targets [n, classes]; use jax.nn.one_hot(labels, classes)")
    return bounded(rows.x[:1], 1.0).shape[1], rows.y.shape[1]


def _require(penalty: Real) -> None:
    if not 0 < penalty < float("inf"):
        raise ValueError(f"penalty: {penalty} is not a finite number > 0; the minimiser needs it to be one")
