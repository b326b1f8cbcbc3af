"""Gradient descent on what is left, from the trained model or from a checkpoint, published with noise."""

import math
from typing import Any

import jax.numpy as jnp
from jaxtyping import Array

from ....formal._types import Real
from ....formal.definitions._scenario import Rows
from ..._curvature import Curvature, Schedule
from ..._factory import factory
from ...base import Learner, Remover
from ...learners._noisy import noisy
from ...learners._projected import checkpointed, descended, projected_descent, slope
from ._calibrate import declared, noise_for
from ._preconditions import constants, require, require_counts, require_noise, scheduled, within
from ._publish import RemovalState, publishing

_ASSUMED = (
    "targets are in the simplex",
    "what is published is covered, the unpublished model in the record is not",
)


def descent_error(curvature: Curvature, plan: Schedule, steps: int, capacity: int) -> float:
    r"""How far projected descent on D∖S lands from A(D∖S), for any number of requests.

    $$\|\theta_u - \theta_r\| \le \frac{\rho^I}{1 - \rho^I}\cdot\frac{mL}\Lambda + (\rho^I + 1)\rho^T B, \qquad
      \rho = 1 - \eta\Lambda$$

    T steps of training end within ρᵀB of the minimiser on the ball, and that of D∖S is at most mL/Λ away; each request
    takes I steps, which bring the distance to ρᴵ times what it was.

    Args:
        curvature: L, β and Λ.
        plan: η, B, T and N of training.
        steps: I ≥ 0; none leaves no bound but 2B.
        capacity: m.

    Source: Neel et al. 2021 (arXiv 2007.02923), theorem on strongly convex losses; constants derived for a penalty in
    the sum form.

    >>> plan = Schedule(steps=50, rate=0.5, rows=4, ball=4.0)
    >>> round(descent_error(Curvature(1.0, 0.5, 0.0, 1.0), plan, 1, 1), 8)
    1.0
    """
    contraction = 1 - plan.rate * curvature.strong
    start, now = contraction**plan.steps * plan.ball, contraction**steps
    if now >= 1:
        return 2 * plan.ball
    return now / (1 - now) * capacity * curvature.lipschitz / curvature.strong + (now + 1) * start


@factory
def descent_to_delete(
    learner: Learner | None = None, epsilon: Real = 1.0, delta: Real = 0.05, capacity: int = 1, steps: int = 30
) -> Remover:
    r"""Projected gradient descent on D∖S from the unpublished model, published with the learner's noise.

    $$\theta \leftarrow \Pi_B(\theta - \eta\nabla J_{D\setminus S}(\theta)) \quad I \text{ times}, \qquad
      \text{publish } \theta + \mathcal N(0, \sigma^2 I)$$

    A further request starts from the unpublished model; the guarantee holds for each one of any sequence. More than
    `capacity` rows in one request, or more rows than the step size was made for, are served by retraining, and the
    record says so.

    Args:
        learner: `noisy` of a `projected_descent`; by default with the least σ that meets the claim.
        epsilon, delta: the claim.
        capacity: m, rows that one request may delete.
        steps: I.

    Returns:
        The remover.

    Raises:
        ValueError: constants do not hold, or σ is too small for the claim: as it is with no steps.

    Cost: I full gradients. Source: Neel et al. 2021 (arXiv 2007.02923); noise by the exact Gaussian profile.

    >>> descent_to_delete().guarantee.epsilon(0.05) <= 1.0
    True
    """
    base = projected_descent() if learner is None else learner
    curvature, plan = constants(base), scheduled("descent_to_delete", base)
    require(plan.ball < math.inf, f"descent_to_delete: {base} does not project; use learners.projected_descent")
    require_counts("descent_to_delete", plan.rows, capacity)
    error = descent_error(curvature, plan, steps, capacity)
    if learner is None:
        learner = noisy(base, noise_for(epsilon, delta, error))
    sigma = require_noise("descent_to_delete", learner)
    guarantee = declared("descent_to_delete", error / sigma, epsilon, delta, (*_ASSUMED, f"|S| <= {capacity}"))

    def step(state: RemovalState, data: Rows, forget: Array) -> tuple[Any, Array, Array]:
        retained, gone = data.without(forget), data.only(forget).count()
        model = descended(state.exact, slope(learner, retained), steps, plan.rate, plan.ball)
        return model, jnp.asarray(error), within(data, plan.rows, gone, capacity)

    return publishing("descent_to_delete", learner, guarantee, step, slack=error)


def rewind_error(curvature: Curvature, plan: Schedule, capacity: int) -> float:
    r"""How far K steps on D∖S from the checkpoint end from training on D∖S alone.

    $$\|\theta_u - \theta_r\| \le \rho^K \cdot \eta m L\,(1 + \rho + \dots + \rho^{T-K-1})$$

    The gradients of J on D and on D∖S differ by at most mL, and a step stretches distances by ρ: 1 − ηΛ where the loss
    is convex, 1 + η(Nβ − Λ) at most where it is not.

    Args:
        curvature: L, β, Λ and convexity.
        plan: η, T, K and N of training.
        capacity: m, in all requests together.

    Source: Mu & Klabjan (arXiv 2409.09778) for the mean form; derived for the sum form.

    >>> rewind_error(Curvature(1.0, 0.5, 0.0, 1.0), Schedule(steps=3, rate=0.5, rows=4, rewind=2), 1)
    0.125
    """
    bend = 0.0 if curvature.convex else plan.rows * curvature.smooth
    stretch = 1 + plan.rate * (bend - curvature.strong)
    amplification = sum(stretch**t for t in range(plan.steps - plan.rewind))
    return stretch**plan.rewind * plan.rate * capacity * curvature.lipschitz * amplification


@factory
def rewind_to_delete(
    learner: Learner | None = None, epsilon: Real = 1.0, delta: Real = 0.05, capacity: int = 1, steps: int | None = None
) -> Remover:
    r"""Back to the checkpoint θ_{T−K}, K steps of gradient descent on D∖S, published with the learner's noise.

    A further request rewinds to the same checkpoint; what all requests together deleted counts. More than `capacity`
    rows in all, or more rows than the step size was made for, are served by retraining, and the record says so.

    Args:
        learner: `checkpointed`; by default with the least σ that meets the claim.
        epsilon, delta: the claim.
        capacity: m, rows that all requests together may delete.
        steps: K steps after rewinding; another number than the learner's has no guarantee, and is refused.

    Returns:
        The remover. Convex or not; where the checkpoint is the start, it is retraining.

    Raises:
        ValueError: constants do not hold, σ is too small for the claim, or the numbers of steps differ.

    Cost: K full gradients. Source: Mu & Klabjan (arXiv 2409.09778).

    >>> rewind_to_delete().guarantee.epsilon(0.05) <= 1.0
    True
    """
    base = checkpointed() if learner is None else learner
    curvature, plan = constants(base, convex=False), scheduled("rewind_to_delete", base)
    again = plan.rewind if steps is None else steps
    require_counts("rewind_to_delete", plan.rows, capacity)
    require(
        1 <= plan.rewind == again,
        f"rewind_to_delete: {base} keeps a checkpoint {plan.rewind} steps before its end, and {again} were asked for; "
        "A(D∖S) takes as many as A(D)",
    )
    error = rewind_error(curvature, plan, capacity)
    if learner is None:
        learner = checkpointed(sigma=noise_for(epsilon, delta, error))
    sigma = require_noise("rewind_to_delete", learner)
    guarantee = declared(
        "rewind_to_delete", error / sigma, epsilon, delta, (*_ASSUMED, f"|S| <= {capacity} in all requests together")
    )

    def restore(exact: Any, data: Rows) -> Any:
        return exact, descended(jnp.zeros_like(exact), slope(learner, data), plan.steps - plan.rewind, plan.rate)

    def step(state: RemovalState, data: Rows, forget: Array) -> tuple[Any, Array, Array]:
        retained, gone = data.without(forget), state.deleted + data.only(forget).count()
        model = descended(state.point, slope(learner, retained), plan.rewind, plan.rate)
        # The checkpoint saw the rows of earlier requests too.
        return model, jnp.asarray(error), within(data, plan.rows - state.deleted, gone, capacity)

    return publishing("rewind_to_delete", learner, guarantee, step, slack=error, restore=restore)
