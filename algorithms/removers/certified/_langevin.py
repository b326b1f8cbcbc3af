"""Noisy gradient descent on what is left: the noise of each step hides where it started."""

from typing import Any

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Bool, PRNGKeyArray

from ....formal._pytree import pytree
from ....formal._types import Real
from ....formal.definitions._scenario import Rows
from ..._curvature import Curvature, Schedule
from ..._factory import factory
from ..._own import own
from ...base import Learner, Remover, Trained
from ...learners._noisy import perturbed
from ...learners._noisy_steps import clipped_step, langevin, last_noise, noisy_tail, projected_step, walked
from ...learners._projected import onto_ball
from ._calibrate import amplified, declared
from ._preconditions import constants, require, require_counts, scheduled, within


@pytree()
class LangevinState:
    """What noisy steps keep for the next request.

    Args:
        exact: the model before its last noise: in law, the published one is this with that noise drawn anew.
        deleted: rows deleted since training, this request's among them.

    >>> walked_from(1.0).deleted.tolist()
    0
    """

    exact: Any
    deleted: Array


def walked_from(record: Any) -> LangevinState:
    """The state of a request, from what the learner or the last request recorded.

    >>> walked_from(walked_from(1.0)).exact
    1.0
    """
    return record if isinstance(record, LangevinState) else LangevinState(record, jnp.zeros((), int))


def langevin_distance(curvature: Curvature, plan: Schedule, steps: int, capacity: int) -> float:
    r"""Distance in σ of Gaussians at least as far apart as K noisy steps on D∖S and A(D∖S).

    The last K of A's T steps are the same map, ρ-Lipschitz with ρ = 1 − ηΛ, on two starting points in the ball: at most
    2B apart, and with all rows at a time at most $2B\rho^{T-K} + \eta mL\frac{1-\rho^{T-K}}{1-\rho}$, for they came
    from the ball by T − K steps with the same noise whose gradients differ by at most mL. Then `amplified`. Among the
    T − K steps before a further request are those of earlier ones and of training, which saw rows that are gone by now:
    so m is what all requests together deleted.

    Args:
        curvature: L and Λ.
        plan: η, B, T and σ of training, and the minibatch.
        steps: K ≤ T.
        capacity: m, in all requests together.

    >>> plan = Schedule(steps=1, rate=0.25, rows=2, ball=1.0, sigma=1.0)
    >>> langevin_distance(Curvature(1.0, 1.0, 0.0, 2.0), plan, 1, 1)
    1.0
    """
    contraction = 1 - plan.rate * curvature.strong
    apart, before = 2 * plan.ball, plan.steps - steps
    if plan.batch is None:
        drifted = sum(contraction**t for t in range(before)) * plan.rate * capacity * curvature.lipschitz
        apart = min(apart, 2 * plan.ball * contraction**before + drifted)
    return amplified(contraction, apart, 0.0, steps, plan.sigma)


@factory
def langevin_unlearning(
    learner: Learner | None = None, epsilon: Real = 1.0, delta: Real = 0.05, capacity: int = 1, steps: int = 8
) -> Remover:
    r"""K more steps of projected noisy gradient descent, on D∖S.

    $$\theta \leftarrow \Pi_B\theta - \eta\nabla J_{D\setminus S}(\Pi_B\theta) + \mathcal N(0, \sigma^2 I)$$

    Starts from the recorded model before its last noise, with that noise drawn anew: in law, from the published one.
    The guarantee holds for each of a sequence of requests that do not look at what was published, while they delete
    `capacity` rows or fewer in all. Beyond that, or where n exceeds what the step size was made for, the model is NaN:
    an outcome, and a refutation.

    Args:
        learner: `langevin`.
        epsilon, delta: the claim.
        capacity: m, rows that all requests together may delete.
        steps: K, between 1 and the learner's T.

    Returns:
        The remover, its output law declared with random centres. The guarantee assumes no stationarity: see
        `langevin_distance` and `amplified`.

    Raises:
        ValueError: constants do not hold, or noise and steps are too few for the claim.

    Differs from the public code: its projection puts every iterate on the sphere, here those outside alone.

    Cost: K gradients. Source: Chien et al. 2024 (arXiv 2401.10371; minibatches 2403.17105); their Rényi bound is
    replaced by a derived one on the trade-off of Gaussians.

    >>> langevin_unlearning().guarantee.epsilon(0.05) <= 1.0
    True
    """
    learner = langevin() if learner is None else learner
    curvature, plan = constants(learner), scheduled("langevin_unlearning", learner)
    require(plan.sigma > 0, f"langevin_unlearning: {learner} trains without noise; use learners.langevin")
    require(1 <= steps <= plan.steps, f"langevin_unlearning: steps {steps} are not between 1 and {plan.steps}")
    require_counts("langevin_unlearning", plan.rows, capacity)
    ratio = langevin_distance(curvature, plan, steps, capacity)
    assumed = ("targets are in the simplex", f"n <= {plan.rows}, |S| <= {capacity} in all requests together")
    guarantee = declared("langevin_unlearning", ratio, epsilon, delta, assumed)

    def walk(key: PRNGKeyArray, start: Array, rows: Rows, forget: Array, deleted: Array) -> Array:
        holds = within(rows, plan.rows, deleted, capacity)
        model = walked(key, start, projected_step(learner, rows.without(forget)), steps, plan.sigma)
        return jnp.where(holds, model, jnp.nan)

    return _walking("langevin_unlearning", learner, guarantee, walk)


def tail_distance(plan: Schedule) -> float:
    r"""Distance in σ of Gaussians at least as far apart as two noisy tails, whatever the losses.

    Two models in the ball are at most 2B apart, the steps contract by ρ = 1 − ηλ, and their clipped gradients differ
    by at most 2C, hence `amplified` with z = 2B and d = 2ηC.

    Args:
        plan: η, λ, B, C, K and σ.

    Source: Koloskova et al. 2025 (arXiv 2506.06985) for the algorithm; bound derived.

    >>> tail_distance(Schedule(0, 0.5, 0, ball=1.0, rewind=1, sigma=1.0, clip=1.0, decay=1.0))
    2.0
    """
    contraction = 1 - plan.rate * plan.decay
    return amplified(contraction, 2 * plan.ball, 2 * plan.rate * plan.clip, plan.rewind, plan.sigma)


@factory
def noisy_finetuning(learner: Learner | None = None, epsilon: Real = 1.0, delta: Real = 0.1) -> Remover:
    r"""Clip the model, then K steps of clipped gradients on D∖S, decay and noise: the tail of training again.

    $$\theta \leftarrow (1 - \eta\lambda)\theta - \eta\,\mathrm{clip}_C(\nabla L_{D\setminus S}(\theta))
      + \mathcal N(0, \sigma^2 I)$$

    The guarantee holds for every loss, every S and every n, and for each of any sequence of requests: it rests on
    clipping and noise alone, and it covers the reference A(D∖S) because A ends with the same K steps. It treats the
    gradients of the two as if they had nothing in common, which on D∖S they have.

    Args:
        learner: `noisy_tail` of any learner.
        epsilon, delta: the claim.

    Returns:
        The remover, its output law declared with random centres.

    Raises:
        ValueError: the learner has no such tail, or its noise is too small for the claim.

    Cost: K full gradients. Source: Koloskova et al. 2025 (arXiv 2506.06985); guarantee derived, see `tail_distance`.

    >>> noisy_finetuning().guarantee.epsilon(0.1) <= 1.0
    True
    """
    learner = noisy_tail(sigma=1.8) if learner is None else learner
    plan = learner.schedule
    if plan is None or not (plan.sigma > 0 and plan.clip < float("inf") and plan.ball < float("inf") and plan.rewind):
        raise ValueError(f"noisy_finetuning: {learner} does not end with clipped noisy steps; use learners.noisy_tail")
    guarantee = declared(
        "noisy_finetuning", tail_distance(plan), epsilon, delta, ("clipping is applied to every step",)
    )

    def walk(key: PRNGKeyArray, start: Any, rows: Rows, forget: Array, deleted: Array) -> Any:
        del deleted  # the bound asks nothing of S
        flat, rebuild = ravel_pytree(start)
        move = clipped_step(learner, rows.without(forget), rebuild)
        # A model that is not finite has no place in the ball: it is put at its centre.
        inside = onto_ball(jnp.where(jnp.isfinite(flat).all(), flat, 0), plan.ball)
        return rebuild(walked(key, inside, move, plan.rewind, plan.sigma))

    return _walking("noisy_finetuning", learner, guarantee, walk)


def _walking(name: str, learner: Learner, guarantee: Any, walk: Any) -> Remover:
    """A remover that starts from the published model, in law, and publishes its last noisy step."""
    noise = learner.noise
    assert noise is not None

    def serve(key: PRNGKeyArray, state: LangevinState, rows: Rows, forget: Bool[Array, " n"]) -> LangevinState:
        # In law the published model; drawn here, so that the last noise alone stands between centre and output.
        published = perturbed(jax.random.fold_in(key, 0), state.exact, noise.sigma)
        deleted = state.deleted + rows.only(forget).count()
        return LangevinState(walk(jax.random.fold_in(key, 1), published, rows, forget, deleted), deleted)

    def centre(key: PRNGKeyArray, other: Learner, start: Any, rows: Rows, forget: Bool[Array, " n"]) -> Any:
        _made_for(name, learner, other)
        return serve(key, walked_from(start), rows, forget).exact

    def remove(key: PRNGKeyArray, trained: Trained, rows: Rows, forget: Bool[Array, " n"]) -> Trained:
        _made_for(name, learner, trained.learner)
        after = serve(key, walked_from(trained.record), rows, forget)
        return Trained(perturbed(last_noise(key), after.exact, noise.sigma), after, trained.learner)

    return own(Remover(remove, name, "untraining", guarantee, centre=centre, made_for=learner), settled=True)


def _made_for(name: str, expected: Learner, actual: Learner) -> None:
    require(
        (expected.name, expected.loss, expected.schedule) == (actual.name, actual.loss, actual.schedule),
        f"{name} is made for {expected}, and its guarantee for no other; it was given {actual}",
    )
