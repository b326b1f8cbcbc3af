"""Newton removal: with output noise (Sekhari et al. 2021), and under objective perturbation (Guo et al. 2020)."""

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Bool, PRNGKeyArray

from ....formal._pytree import pytree
from ....formal._types import Real
from ....formal.definitions._scenario import Rows
from ..._curvature import Curvature
from ..._factory import factory
from ...base import Guarantee, Learner, Remover, Trained
from ...learners._hessian import hessian_solve
from ...learners._minimiser import newton_logistic, objective_perturbed
from ...learners._noisy import noisy
from ..approximate._newton import newton_step
from ._calibrate import declared, least, noise_for, widest
from ._preconditions import constants, require, require_counts, require_noise
from ._publish import RemovalState, publishing


def newton_error(curvature: Curvature, rows: Real, capacity: Real, slack: Real = 0.0) -> float:
    r"""How far one Newton step on D∖S lands from the minimiser, started from within `slack` of that on D.

    $$\|\theta_u - \theta^*_{D\setminus S}\| \le \frac{(n - m)\gamma}{2\Lambda}
      \Bigl(e + \frac{mL}{\Lambda}\Bigr)^2, \qquad m = |S|$$

    as J is Λ-strongly convex with an (n − m)γ-Lipschitz Hessian, and the minimisers lie at most mL/Λ apart. With Λ = nλ
    and e = 0 it is γm²L²/2λ³n², a quarter of what Sekhari et al. 2021 (arXiv 2103.03279) use.

    Args:
        curvature: L, γ and Λ.
        rows: n, at most.
        capacity: m, at most.
        slack: e.

    >>> newton_error(Curvature(1.0, 1.0, 2.0, 4.0), 9, 1)
    0.125
    """
    remaining = max(rows - 1, 0) if capacity >= 1 else rows
    moved = slack + capacity * curvature.lipschitz / curvature.strong
    return remaining * curvature.third / (2 * curvature.strong) * moved**2


@factory
def newton_noise(
    learner: Learner | None = None, epsilon: Real = 1.0, delta: Real = 0.05, capacity: int = 1, rows: int = 64
) -> Remover:
    r"""One Newton step on D∖S, published with the learner's noise.

    $$\theta \leftarrow \theta - (\nabla^2 J_{D\setminus S}(\theta))^{-1} \nabla J_{D\setminus S}(\theta), \qquad
      \text{publish } \theta + \mathcal N(0, \sigma^2 I)$$

    A further request starts from the unpublished model; its error grows as in `newton_error`, and is accumulated in the
    record from the actual n and |S|. Where it would exceed q(ε, δ)·σ, the request is served by retraining, and the
    record says so.

    Args:
        learner: `noisy` of a learner that reaches the minimiser, with constants declared; by default `newton_logistic`
            with the least σ that meets the claim.
        epsilon, delta: the claim.
        capacity: rows that one request may delete from at most `rows`.
        rows: n, at most, for which the claim is made without retraining.

    Returns:
        The remover, guaranteed up to float rounding of the minimisers.

    Raises:
        ValueError: constants do not hold, or σ is too small for the claim.

    Cost: one Hessian and one solve, as compiled also one training run. Source: Sekhari et al. 2021 (arXiv 2103.03279);
    the bound is derived, the noise by the exact Gaussian profile instead of their √(2 ln 1.25/δ).

    >>> newton_noise().guarantee.epsilon(0.05) <= 1.0
    True
    """
    base = newton_logistic(penalty=4.0)
    curvature = constants(base if learner is None else learner)
    require_counts("newton_noise", rows, capacity)
    error = newton_error(curvature, rows, capacity)
    if learner is None:
        learner = noisy(base, noise_for(epsilon, delta, error))
    sigma = require_noise("newton_noise", learner)
    reach = widest(epsilon, delta) * sigma
    declared("newton_noise", error / sigma, epsilon, delta, _ASSUMED)
    # Later requests, and larger ones, may use the whole reach: so the claim is about it.
    guarantee = Guarantee("untraining", _ASSUMED, least(reach / sigma))

    def step(state: RemovalState, data: Rows, forget: Array) -> tuple[Any, Array, Array]:
        retained, gone = data.without(forget), data.only(forget).count()
        flat, rebuild = ravel_pytree(state.exact)
        model = rebuild(flat - newton_step(flat, rebuild, Trained(state.exact, None, learner), retained, 0.0))
        moved = (state.error_bound + gone * curvature.lipschitz / curvature.strong) ** 2
        bound = retained.count() * curvature.third / (2 * curvature.strong) * moved
        return model, bound, bound <= reach * (1 + 1e-5)

    return publishing("newton_noise", learner, guarantee, step)


_ASSUMED = (
    "targets are in the simplex",
    "training reaches the minimiser, up to rounding",
    "what is published is covered, the unpublished model in the record is not",
)


@pytree()
class Budget:
    """What `newton_removal` keeps: the accumulated bound on the gradient left over, and whether it last retrained.

    >>> import jax.numpy as jnp
    >>> Budget(jnp.zeros(()), jnp.zeros((), bool)).spent.tolist()
    0.0
    """

    spent: Array
    retrained: Array


def residual(curvature: Curvature, rows: Real, capacity: Real) -> tuple[float, float]:
    r"""Bounds on the gradient that one Newton removal leaves, and on how fast it varies with b.

    $$u = \nabla J_{D\setminus S}(\theta + \Delta) + b, \quad \|\Delta\| \le \frac{mL}\Lambda, \quad
      \|u\| \le \tfrac M2\|\Delta\|^2, \quad
      \Bigl\|\frac{\partial u}{\partial b}\Bigr\| \le \frac{M\|\Delta\|}{\Lambda}
      \Bigl(2 + \frac{m\beta + M\|\Delta\|}{\Lambda}\Bigr), \quad M = (n - m)\gamma$$

    Args:
        curvature: L, β, γ and Λ.
        rows: n, at most.
        capacity: m, at most.

    Source: the first bound as in theorem 1 of Guo et al. 2020 (arXiv 1911.03030); the second, derived.

    >>> residual(Curvature(1.0, 1.0, 2.0, 4.0), 9, 1)
    (0.5, 3.25)
    """
    moved, bend = capacity * curvature.lipschitz / curvature.strong, max(rows - 1, 0) * curvature.third
    slope = bend * moved / curvature.strong * (2 + (capacity * curvature.smooth + bend * moved) / curvature.strong)
    return bend / 2 * moved**2, slope


@factory
def newton_removal(
    learner: Learner | None = None, epsilon: Real = 1.0, delta: Real = 0.05, capacity: int = 1, rows: int = 64,
    params: int = 8, requests: int = 1,
) -> Remover:  # fmt: skip
    r"""The step of Guo et al. on an objective with a random linear term; no noise is added to the model.

    $$\theta \leftarrow \theta + (\nabla^2 J_{D\setminus S}(\theta))^{-1} \nabla\ell_S(\theta)$$

    θ minimises J_D + ⟨b, θ⟩ for a hidden b ~ N(0, σ²I); what the step leaves of the gradient, u, is drowned in b.
    Bounds on ‖u‖ are accumulated in the record; a request that would exceed the budget is served by retraining, and the
    record says so. The bound depends on n and |S| alone: a decision that looked at the model would be part of what
    is published.

    The penalty is fixed: J_{D∖S} has all of it, whatever is deleted. Differs from the public code: its penalty is
    counted by rows, so that its step has an additional |S|λθ, and the objective it is for loses a part with each row.

    The published proof takes u as independent of b, which it is not: it is a function of the model. What is declared
    here is for the first request only, from a change of variables. With κ the bound on ‖∂u/∂b‖ and q = ‖u‖/σ,

    $$\delta(\varepsilon) = \Pr\bigl[\chi_p > (\varepsilon + p\ln(1 - \kappa) - q^2/2) / q\bigr],$$

    which holds for p parameters, and is infinite where κ ≥ 1.

    Args:
        learner: `objective_perturbed`; by default with the least σ that meets the claim, by bisection.
        epsilon, delta: the claim.
        capacity: rows one request may delete.
        rows: n, at most.
        params: p, at most.
        requests: how many requests of that size the budget pays for; the declared guarantee is about the first.

    Returns:
        The remover.

    Raises:
        ValueError: constants do not hold, κ ≥ 1, or σ is too small for the claim.

    Source: Guo et al. 2020 (arXiv 1911.03030); the guarantee is derived.

    >>> newton_removal().guarantee.epsilon(0.05) <= 1.0
    True
    """
    base = objective_perturbed(penalty=40.0) if learner is None else learner
    curvature = constants(base)
    require_counts("newton_removal", rows, capacity)
    require(requests >= 1, f"newton_removal: requests {requests} is not at least 1")
    left, slope = residual(curvature, rows, capacity)
    epsilon_at = _tilted_epsilon(left, slope, params, delta)
    if learner is None:
        learner = objective_perturbed(penalty=40.0, sigma=_sigma_for(epsilon_at, epsilon))
    sigma = _sigma_of(learner)
    require(
        epsilon_at(sigma) <= epsilon * (1 + 1e-9),
        f"newton_removal: sigma {sigma:.3g} gives epsilon {epsilon_at(sigma):.3g} at delta {delta:g}, not {epsilon:g}; "
        "use more noise, a larger penalty or a smaller capacity",
    )
    guarantee = Guarantee(
        "untraining", (*_ASSUMED[:2], "one request after training", f"n <= {rows}, |S| <= {capacity}, p <= {params}"),
        lambda at: _tilted_epsilon(left, slope, params, at)(sigma),
    )  # fmt: skip

    def remove(key: PRNGKeyArray, trained: Trained, data: Rows, forget: Bool[Array, " n"]) -> Trained:
        model, retained, gone = trained.learner, data.without(forget), data.only(forget)
        require(model.name == learner.name, f"newton_removal is made for {learner}; it was given {model}")
        spent = trained.record.spent if isinstance(trained.record, Budget) else jnp.zeros(())
        flat, rebuild = ravel_pytree(trained.params)
        move = removal_step(flat, rebuild, model, retained, gone)
        moved = gone.count() * curvature.lipschitz / curvature.strong
        total = spent + retained.count() * curvature.third / 2 * moved**2
        holds = (total <= requests * left * (1 + 1e-5)) & (data.count() <= rows) & (flat.size <= params)
        anew, _ = ravel_pytree(model.fit(key, retained).params)
        record = Budget(jnp.where(holds, total, 0.0), ~holds)
        return Trained(rebuild(jnp.where(holds, flat + move, anew)), record, model)

    return Remover(remove, "newton_removal", "untraining", guarantee, made_for=learner)


def removal_step(flat: Array, rebuild: Any, learner: Learner, retained: Rows, gone: Rows) -> Array:
    """H_{D∖S}⁻¹ ∇ℓ_S: the Newton step where the gradient on D, with its linear term, is 0.

    >>> import jax, jax.numpy as jnp, neverseen as ns
    >>> rows, learner = ns.Rows(jnp.eye(2), jnp.eye(2), jnp.ones(2, bool)), ns.learners.newton_logistic()
    >>> flat, none = learner.fit(jax.random.key(0), rows).params.ravel(), jnp.zeros(2, bool)
    >>> float(abs(removal_step(flat, lambda w: w.reshape(3, 2), learner, rows, rows.only(none))).max())
    0.0
    """

    def lost(w: Array) -> Array:
        return jnp.where(gone.present, learner.row_losses(rebuild(w), gone), 0).sum()

    return hessian_solve(lambda w: learner.objective(rebuild(w), retained), flat, jax.grad(lost)(flat))


def _tilted_epsilon(left: float, slope: float, params: int, delta: Real) -> Callable[[float], float]:
    """σ ↦ ε at δ of the change of variables; ∞ where the map may fold."""

    def at(sigma: float) -> float:
        if slope >= 1 or delta <= 0:
            return math.inf
        from scipy.stats import chi  # slow to load

        q = left / sigma
        tail = float(chi.isf(min(float(delta), 1.0), params)) if delta < 1 else 0.0
        return q * tail + q**2 / 2 - params * math.log1p(-slope)

    return at


def _sigma_for(epsilon_at: Callable[[float], float], epsilon: Real) -> float:
    """A hundredth above the least σ at which ε is met."""
    require(epsilon_at(math.inf) < epsilon, f"newton_removal: no sigma gives epsilon {epsilon:g}; use a larger penalty")
    low, high = 1e-9, 1e9
    for _ in range(200):
        middle = math.sqrt(low * high)
        low, high = (low, middle) if epsilon_at(middle) <= epsilon else (middle, high)
    return high * 1.01


def _sigma_of(learner: Learner) -> float:
    plan = learner.schedule
    if plan is None or not plan.sigma > 0:
        raise ValueError(f"newton_removal: {learner} has no random linear term; use learners.objective_perturbed")
    return plan.sigma
