"""Retraining, and one Newton step: exact by definition, and on quadratic objectives."""

from typing import Any

import jax
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Bool, PRNGKeyArray

from ....formal._types import Real
from ....formal.definitions._scenario import Rows
from ..._factory import factory
from ..._own import is_settled, own
from ...base import Guarantee, Learner, OutputNoise, Remover, Trained
from ...learners._hessian import hessian_solve
from ...learners._noisy import perturbed, unpublished

_EXACT = Guarantee("untraining", ("the reference is the same learner",), lambda delta: 0.0)
_EXACT_FULL = Guarantee("unlearning", ("the reference is the same learner", "S_full is given"), lambda delta: 0.0)


@factory
def retrain() -> Remover:
    """Train again without S: A(D∖S), with fresh randomness. Untraining at (0, 0), by definition.

    Cost: one training run. Source: Cao & Yang 2015; the reference of Neel et al. 2021 (arXiv 2007.02923).

    >>> retrain().guarantee.epsilon(0.0)
    0.0
    """

    def remove(key: PRNGKeyArray, trained: Trained, rows: Rows, forget: Bool[Array, " n"]) -> Trained:
        return trained.learner.fit(key, rows.without(forget))

    def centre(key: PRNGKeyArray, learner: Learner, start: Any, rows: Rows, forget: Bool[Array, " n"]) -> Any:
        del start
        return _noise(learner).centre(key, rows.without(forget))

    made = Remover(remove, "retrain", "untraining", _EXACT, centre=centre, centre_random=False)
    return own(made, settled=True)


@factory
def retrain_full() -> Remover:
    """Train again without S_full, which it must be given: A(D∖S_full). Unlearning at (0, 0), by definition.

    A control: S_full is what a remover does not have. Cost: one training run.

    >>> retrain_full().needs
    ('behaviour',)
    """

    def remove(
        key: PRNGKeyArray,
        trained: Trained,
        rows: Rows,
        forget: Bool[Array, " n"],
        *,
        behaviour: Bool[Array, " n"],
    ) -> Trained:
        del forget
        return trained.learner.fit(key, rows.without(behaviour))

    return Remover(remove, "retrain_full", "unlearning", _EXACT_FULL, needs=("behaviour",))


@factory
def noisy(base: Remover | None = None) -> Remover:
    """A remover for output-perturbed learners: run another one on the unpublished model, publish with fresh noise.

    The base remover sees the unpublished model and a learner that publishes without noise, so that what it trains
    anew carries the noise once. Its part of the key and the noise's are split from the run's.

    Args:
        base: any remover; Newton when left out.

    Returns:
        The remover, with the centre of its output law declared: where that is random, verdicts over all events come
        from pairs of runs, otherwise from no run at all. On `noisy(ridge())` with Newton it is A(D∖S) in law.

    Raises:
        ValueError: when run, the learner declares no output noise.

    >>> noisy()
    noisy(newton)
    """
    base = newton() if base is None else base

    def centre(
        key: PRNGKeyArray, learner: Learner, start: Any, rows: Rows, forget: Bool[Array, " n"], **extra: Any
    ) -> Any:
        seed, _ = jax.random.split(key)
        return base(seed, Trained(start, None, unpublished(learner)), rows, forget, **extra).params

    def remove(key: PRNGKeyArray, trained: Trained, rows: Rows, forget: Bool[Array, " n"], **extra: Any) -> Trained:
        sigma = _noise(trained.learner).sigma
        exact = centre(key, trained.learner, trained.record, rows, forget, **extra)
        _, fresh = jax.random.split(key)
        return Trained(perturbed(fresh, exact, sigma), exact, trained.learner)

    name = f"noisy({base})"
    made = Remover(remove, name, base.aims_at, needs=base.needs, centre=centre, centre_random=base.random)
    return own(made, settled=is_settled(base))


def _noise(learner: Learner) -> OutputNoise:
    if learner.noise is None:
        raise ValueError(f"learner: {learner} declares no output noise; use learners.noisy")
    return learner.noise


@factory
def newton(damping: Real = 0.0, iterations: int | None = None) -> Remover:
    r"""One Newton step on the objective without S.

    $$\theta \leftarrow \theta - (\nabla^2 J_{D\setminus S}(\theta) + \mu I)^{-1} \nabla J_{D\setminus S}(\theta),
      \qquad J_{D\setminus S} = \sum_{D\setminus S} \ell_i + \mathrm{penalty}$$

    At the minimiser of $J_D$ the gradient is $-\nabla \ell_S$: the removal step of Guo et al. 2020 (arXiv
    1911.03030), here without its perturbed objective, so no guarantee is declared. On a quadratic
    objective (ridge) the step lands on A(D∖S) exactly.

    Args:
        damping: μ ≥ 0, for objectives whose Hessian may be singular.
        iterations: of conjugate gradient, for models whose p × p Hessian is too large; None forms it.

    Raises:
        ValueError: when run, the model has more than 2048 parameters and no iterations are given.

    Cost: one Hessian of p × p for p parameters and one solve, or a Hessian-vector product an iteration.

    >>> newton()
    newton
    """

    def remove(key: PRNGKeyArray, trained: Trained, rows: Rows, forget: Bool[Array, " n"]) -> Any:
        del key
        flat, rebuild = ravel_pytree(trained.params)
        return rebuild(flat - newton_step(flat, rebuild, trained, rows.without(forget), damping, iterations))

    return own(Remover(remove, "newton", "untraining", random=False), settled=True)


def newton_step(
    flat: Array, rebuild: Any, trained: Trained, rows: Rows, damping: Real, iterations: int | None = None
) -> Array:
    """The Newton direction of the objective on the rows present: (∇²J + μI)⁻¹ ∇J.

    Args:
        flat: parameters `[p]`.
        rebuild: `[p] -> params`.
        trained: whose learner's objective is meant.
        rows: what the objective sums over.
        damping: μ.
        iterations: of conjugate gradient; None solves directly.

    Returns:
        The direction `[p]`.

    >>> import jax, jax.numpy as jnp, neverseen as ns
    >>> rows = ns.Rows(jnp.array([[0.0], [2.0]]), jnp.array([[1.0], [5.0]]), jnp.ones(2, bool))
    >>> model = ns.learners.ridge(1.0).fit(jax.random.key(0), rows)
    >>> step = newton_step(jnp.zeros(2), lambda w: w[:, None], model, rows, 0.0)
    >>> bool(jnp.allclose(-step, model.params[:, 0], atol=1e-5))
    True
    """

    def objective(w: Array) -> Array:
        return trained.learner.objective(rebuild(w), rows)

    return hessian_solve(objective, flat, jax.grad(objective)(flat), damping, iterations)
