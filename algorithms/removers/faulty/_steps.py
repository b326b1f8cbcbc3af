"""Faults of one Newton step: exact on a quadratic objective but for one term."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from ....formal._types import Real
from ....formal.definitions._scenario import Rows
from ..._factory import factory
from ...base import Remover, Trained
from ..approximate._newton import newton_step

_Mask = Bool[Array, " n"]
Objective = Callable[[Any], Float[Array, ""]]


@factory
def wrong_sign(sign: int = 1) -> Remover:
    """The Newton step taken uphill.

    Args:
        sign: −1 mends it.

    >>> wrong_sign()
    wrong_sign
    """

    def remove(key: PRNGKeyArray, trained: Trained, rows: Rows, forget: _Mask) -> Any:
        del key
        flat, rebuild = ravel_pytree(trained.params)
        return rebuild(flat + sign * newton_step(flat, rebuild, trained, rows.without(forget), 0.0))

    return Remover(remove, "wrong_sign", "untraining", random=False)


@factory
def wrong_leverage(sign: int = 1) -> Remover:
    r"""Closed-form deletion with the leverage of S added instead of taken away.

    $$\theta + H^{-1} X_S^\top (I + X_S H^{-1} X_S^\top)^{-1} (X_S \theta - y_S) = \theta + (H + X_S^\top X_S)^{-1}
      \nabla \ell_S(\theta)$$

    on ridge, H its Hessian on D; with minus it is A(D∖S).

    Args:
        sign: −1 mends it.

    >>> wrong_leverage()
    wrong_leverage
    """
    return _stepping(
        "wrong_leverage",
        gradient=lambda trained, rows, forget: _weighted(trained, rows, rows.present & ~forget),
        hessian=lambda trained, rows, forget: _weighted(trained, rows, rows.present + 1.0 * sign * forget),
    )


@factory
def stale_hessian(kept: bool = True) -> Remover:
    """The Newton step with the Hessian on D in place of D∖S: on ridge, one point of leverage h, 1 − h of the way.

    Args:
        kept: whether S stays in the Hessian; False mends it.

    Source: the influence step of Koh & Liang 2017 (arXiv 1703.04730), taken for an exact one.

    >>> stale_hessian()
    stale_hessian
    """
    return _stepping(
        "stale_hessian",
        gradient=lambda trained, rows, forget: _weighted(trained, rows, rows.present & ~forget),
        hessian=lambda trained, rows, forget: _weighted(trained, rows, rows.present & ~(forget & (not kept))),
    )


@factory
def scaled_penalty(scaled: bool = True) -> Remover:
    """The Newton step with the penalty taken per row: Λ shrinks to Λ(n − |S|)/n as rows leave.

    Args:
        scaled: False mends it.

    >>> scaled_penalty()
    scaled_penalty
    """

    def objective(trained: Trained, rows: Rows, forget: _Mask) -> Objective:
        return _weighted(trained, rows, rows.present & ~forget, _share(rows, forget) if scaled else 1.0)

    return _stepping("scaled_penalty", objective, objective)


@factory
def averaged_over_all(scaled: bool = True) -> Remover:
    """The Newton step on a retain loss averaged over n rows instead of n − |S|: n was never decremented.

    Args:
        scaled: False mends it.

    >>> averaged_over_all()
    averaged_over_all
    """

    def objective(trained: Trained, rows: Rows, forget: _Mask) -> Objective:
        share = _share(rows, forget) if scaled else 1.0
        return _weighted(trained, rows, (rows.present & ~forget) * share)

    return _stepping("averaged_over_all", objective, objective)


@factory
def ridge_for_least_squares(penalty: Real = 1.0) -> Remover:
    """The Newton step with ½Λ‖θ‖² added to the objective: ridge in place of least squares.

    Args:
        penalty: Λ; 0 mends it.

    >>> ridge_for_least_squares()
    ridge_for_least_squares
    """

    def objective(trained: Trained, rows: Rows, forget: _Mask) -> Objective:
        retained_loss = _weighted(trained, rows, rows.present & ~forget)
        return lambda params: retained_loss(params) + penalty / 2 * jnp.sum(ravel_pytree(params)[0] ** 2)

    return _stepping("ridge_for_least_squares", objective, objective)


@factory
def wrong_round(round_used: int = 0) -> Remover:
    """S leaves in two rounds, its odd rows and its even ones; the second subtracts the statistics of the first again.

    The objective is Σ_D − 2 Σ_{S₁} in place of Σ_D − Σ_{S₁} − Σ_{S₂}.

    Args:
        round_used: whose statistics the second round subtracts; 1 mends it.

    >>> wrong_round()
    wrong_round
    """

    def objective(trained: Trained, rows: Rows, forget: _Mask) -> Objective:
        rounds = [forget & (jnp.cumsum(forget) % 2 == odd) for odd in (1, 0)]
        return _weighted(trained, rows, rows.present - 1.0 * rounds[0] - rounds[round_used])

    return _stepping("wrong_round", objective, objective)


def _stepping(
    name: str,
    gradient: Callable[[Trained, Rows, _Mask], Objective],
    hessian: Callable[[Trained, Rows, _Mask], Objective],
) -> Remover:
    """One Newton step, the gradient of one objective and the Hessian of another."""

    def remove(key: PRNGKeyArray, trained: Trained, rows: Rows, forget: _Mask) -> Any:
        del key
        flat, rebuild = ravel_pytree(trained.params)
        slope = jax.grad(lambda w: gradient(trained, rows, forget)(rebuild(w)))(flat)
        bend = jax.hessian(lambda w: hessian(trained, rows, forget)(rebuild(w)))(flat)
        return rebuild(flat - jnp.linalg.solve(bend, slope))

    return Remover(remove, name, "untraining", random=False)


def _weighted(trained: Trained, rows: Rows, weights: Array, penalised: Any = 1.0) -> Objective:
    """Σ weight · loss + share · penalty."""
    learner = trained.learner
    return lambda params: (weights * learner.row_losses(params, rows)).sum() + penalised * learner.penalty(params)


def _share(rows: Rows, forget: _Mask) -> Float[Array, ""]:
    """(n − |S|) / n, as if one row were left where none is."""
    return jnp.maximum(rows.without(forget).count(), 1) / jnp.maximum(rows.count(), 1)
