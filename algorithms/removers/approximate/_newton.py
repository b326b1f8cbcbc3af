"""One Newton step: exact on quadratic objectives, an approximation on others."""

from typing import Any

import jax
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Bool, PRNGKeyArray

from ....formal._types import Real, Scalar
from ....formal.definitions._scenario import Rows
from ..._factory import factory
from ..._own import own
from ..._space import Range, space
from ...base import Remover, Trained
from ...learners._hessian import hessian_solve


@space(damping=Range(0.0, 10.0, source="ours; 0 where the objective is convex"))
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
    flat: Array, rebuild: Any, trained: Trained, rows: Rows, damping: Scalar, iterations: int | None = None
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
