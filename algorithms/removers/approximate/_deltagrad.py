"""DeltaGrad: gradient descent replayed without S, most gradients corrected rather than computed."""

from typing import Any

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from ....formal.definitions._scenario import Rows
from ..._factory import factory
from ..._space import no_space
from ...base import Remover, Trained
from ...learners._projected import slope
from ...learners._recorded import Path, recorded_descent

Pairs = Float[Array, "memory p"]


@no_space("its settings buy time: with a period of 1 it replays every gradient")
@factory
def deltagrad(period: int = 4, burn_in: int = 3, memory: int = 2) -> Remover:
    r"""Replay training on D∖S along the recorded path.

    $$\theta'_{t+1} = \theta'_t - \eta\Bigl(\nabla J_D(\theta_t) + B_t(\theta'_t - \theta_t)
      - \nabla\ell_S(\theta'_t)\Bigr)$$

    B_t is the BFGS matrix of the last pairs (s, y) = (θ′ − θ, ∇J_D(θ′) − ∇J_D(θ)), from yᵀs / sᵀs times the identity,
    as in the authors' code: which multiple the paper starts from could not be read. In the first steps and at every
    `period`-th, ∇J_D(θ′) is computed, and gives a new pair. The new path replaces the record, so that a further request
    starts from it. With `period=1` it is gradient descent on D∖S.

    Args:
        period: steps from one full gradient to the next.
        burn_in: first steps with full gradients.
        memory: pairs kept.

    Returns:
        The remover. Its paper bounds the error for strongly convex losses; that is not (ε, δ), and none is declared.

    Raises:
        ValueError: an argument below 1, or when run, no recorded path.

    Source: Wu et al. 2020 (arXiv 2006.14755); the correction by dense BFGS updates, for few parameters.

    >>> deltagrad().guarantee is None
    True
    """
    if min(period, burn_in, memory) < 1:
        raise ValueError("deltagrad: period, burn_in and memory must be at least 1")

    def remove(key: PRNGKeyArray, trained: Trained, rows: Rows, forget: Bool[Array, " n"]) -> Trained:
        del key
        path, plan, learner = trained.record, trained.learner.schedule, trained.learner
        if not isinstance(path, Path) or plan is None:
            raise ValueError(f"deltagrad: {learner} keeps no path; train by learners.recorded_descent")
        shape, full = trained.params.shape, slope(learner, rows)

        def lost(w: Array) -> Array:
            gone = rows.only(forget)
            return jax.grad(lambda v: jnp.where(gone.present, learner.row_losses(v, gone), 0).sum())(w.reshape(shape))

        def step(carry: Any, at: Any) -> tuple[Any, Any]:
            w, (s, y) = carry
            i, model, gradient = at
            moved, exact = w - model, (i < burn_in) | (i % period == 0)
            right = full(w.reshape(shape)).ravel()
            on_all = jnp.where(exact, right, gradient + bfgs(s, y, moved))
            newer = [jnp.concatenate([old[1:], new[None]]) for old, new in ((s, moved), (y, right - gradient))]
            # A step that has not moved tells nothing of the curvature.
            informative = exact & (jnp.linalg.norm(moved) > 0)
            history = tuple(jnp.where(informative, new, old) for new, old in zip(newer, (s, y), strict=True))
            g = on_all - lost(w).ravel()
            return (w - plan.rate * g, history), (w.reshape(shape), g.reshape(shape))

        flat = tuple(part.reshape(plan.steps, -1) for part in (path.models, path.gradients))
        blank = jnp.zeros((memory, flat[0].shape[1]))
        (last, _), again = lax.scan(step, (flat[0][0], (blank, blank)), (jnp.arange(plan.steps), *flat))
        return Trained(last.reshape(shape), Path(*again), learner)

    return Remover(remove, "deltagrad", "untraining", random=False, made_for=recorded_descent())


def bfgs(s: Pairs, y: Pairs, v: Float[Array, " p"]) -> Float[Array, " p"]:
    """B·v, B the BFGS matrix of the pairs, oldest first, from (yᵀs / sᵀs)·I of the newest; without pairs, 0.

    >>> import jax.numpy as jnp
    >>> bfgs(jnp.array([[1.0, 0.0]]), jnp.array([[3.0, 4.0]]), jnp.array([1.0, 0.0])).tolist()
    [3.0, 4.0]
    """

    def over(a: Array, b: Array) -> Array:
        return a / jnp.where(b > 0, b, 1)

    scale = jnp.maximum(over(s[-1] @ y[-1], s[-1] @ s[-1]), 0)
    matrix = scale * jnp.eye(v.size)
    for one, other in zip(s, y, strict=True):
        curved, pull = one @ other, matrix @ one
        update = over(jnp.outer(other, other), curved) - over(jnp.outer(pull, pull), one @ pull)
        matrix = matrix + jnp.where((curved > 0) & (one @ pull > 0), update, 0)
    return matrix @ v
