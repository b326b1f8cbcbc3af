"""Influence functions: one step with the Hessian on D, and its exact projection on linear models."""

from typing import Any

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from ....formal._types import Real
from ....formal.definitions._scenario import Rows
from ..._factory import factory
from ..._own import own
from ..._space import Range, no_space, space
from ...base import Remover, Trained
from ...learners._hessian import hessian_solve
from ...learners._ridge import affine, ridge


@space(damping=Range(0.0, 10.0, source="ours; 0 where the objective is convex"))
@factory
def influence(damping: Real = 0.0, iterations: int | None = None) -> Remover:
    r"""One step along the influence of S, with the Hessian on all of D.

    $$\theta \leftarrow \theta + (\nabla^2 J_D(\theta) + \mu I)^{-1} \nabla\ell_S(\theta)$$

    First order in S: on ridge regression and one row of leverage h it makes the fraction 1 − h of the right step, so
    it is not exact, and nothing is declared.

    Args:
        damping: μ ≥ 0; a network's Hessian needs some.
        iterations: of conjugate gradient, for models whose p × p Hessian is too large; None forms it.

    Raises:
        ValueError: when run, the model has more than 2048 parameters and no iterations are given.

    Cost: one Hessian and one solve, or a Hessian-vector product an iteration. Source: Koh & Liang 2017 (arXiv
    1703.04730).

    >>> influence()
    influence
    """

    def remove(key: PRNGKeyArray, trained: Trained, rows: Rows, forget: Bool[Array, " n"]) -> Any:
        del key
        flat, rebuild = ravel_pytree(trained.params)
        learner, gone = trained.learner, rows.only(forget)

        def lost(w: Array) -> Array:
            return jnp.where(gone.present, learner.row_losses(rebuild(w), gone), 0).sum()

        def retained_objective(w: Array) -> Array:
            return learner.objective(rebuild(w), rows)

        return rebuild(flat + hessian_solve(retained_objective, flat, jax.grad(lost)(flat), damping, iterations))

    return own(Remover(remove, "influence", "untraining", random=False), settled=True)


@no_space("it has no settings")
@factory
def projective_residual() -> Remover:
    r"""The exact update of ridge regression, projected on the span of the deleted rows.

    $$\theta \leftarrow \theta + X_S^+\,G(I - G)^{-1}(X_S\theta - y_S), \qquad G = X_S H^{-1} X_S^\top,\;
      H = X^\top X + \Lambda I$$

    The residuals of the model without S come in closed form from those of the model with it; X_S⁺ then finds the least
    step that gives them. What the exact update does outside the span is not done, so nothing is declared.

    Raises:
        ValueError: when run, the learner is not ridge regression.

    Cost: one solve of |S| equations, here with absent rows as zeros. Source: Izzo et al. 2021 (arXiv 2002.10077).

    >>> projective_residual()
    projective_residual
    """

    def remove(key: PRNGKeyArray, trained: Trained, rows: Rows, forget: Bool[Array, " n"]) -> Any:
        del key
        learner, theta = trained.learner, trained.params
        if learner.loss != ridge().loss:
            raise ValueError(f"projective_residual: is for ridge regression; it was given {learner}")
        x, present = affine(rows.x), rows.present[:, None]
        gone = x * rows.only(forget).present[:, None]
        # The penalty is Λ/2‖W‖², so its gradient at ones is Λ.
        penalty = jax.grad(learner.penalty)(jnp.ones_like(theta))[0, 0]
        gram = (x * present).T @ (x * present) + penalty * jnp.eye(x.shape[1])
        return theta + jnp.linalg.pinv(gone) @ _shift(gram, gone, gone @ theta - _hidden(rows, forget))

    return Remover(remove, "projective_residual", "untraining", random=False, made_for=ridge())


def _shift(gram: Float[Array, "d d"], gone: Float[Array, "n d"], residual: Float[Array, "n c"]) -> Array:
    """How the predictions on S move when S is deleted: G(I − G)⁻¹(X_Sθ − y_S)."""
    leverage = gone @ jnp.linalg.solve(gram, gone.T)
    return leverage @ jnp.linalg.solve(jnp.eye(len(gone)) - leverage, residual)


def _hidden(rows: Rows, forget: Array) -> Array:
    return rows.y.reshape(len(forget), -1) * rows.only(forget).present[:, None]
