"""A stream of deletions served from a quadratic of the objective, without the rows that stay: reconstructions of ours.

The theme is that of arXiv 2507.15280, whose method is not known here; neither of these is its algorithm.
"""

import math
from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from ....formal._types import Real
from ....formal.definitions._scenario import Rows
from ..._factory import factory, fits
from ..._space import Range, no_space, space
from ...base import Remover, Trained
from ...learners._summed import Surrogate, summarised

_Move = Callable[[Surrogate, Float[Array, " p"]], Float[Array, " p"]]
"""From the surrogate of what is left and the parameters published before to those published now."""


@no_space("it has no settings")
@factory
def stream_quadratic() -> Remover:
    r"""Minimise the stored quadratic of the objective on D, less the quadratic of all that was forgotten.

    $$(H_0 - B_t)\,w_t = H_0w_0 - g_0 + a_t, \qquad a_t = a_{t-1} + \nabla\ell_F(w_{t-1}) -
    \nabla^2\ell_F(w_{t-1})w_{t-1},
      \quad B_t = B_{t-1} + \nabla^2\ell_F(w_{t-1})$$

    Exact where the loss is quadratic; otherwise it drifts with the distance from w₀, and nothing is declared. Only the
    rows of S are looked at.

    Returns:
        The remover, for `learners.summarised`.

    Raises:
        ValueError: when run, the model keeps no surrogate.

    >>> stream_quadratic().guarantee is None
    True
    """

    def move(state: Surrogate, w: Array) -> Array:
        del w
        right_hand_side = state.hessian @ state.at - state.gradient + state.pull
        return jnp.linalg.solve(state.hessian - state.bend, right_hand_side)

    return _surrogate("stream_quadratic", move)


@space(rate=Range(0.01, 2.0, log=True, source="ours"))
@factory
def stream_online(rate: Real = 0.5, horizon: int = 16) -> Remover:
    r"""One gradient step for each request, on the surrogate of the risk that is left.

    $$w_t = w_{t-1} - \frac{\eta}{\sqrt T}\cdot\frac{1}{n_t}\bigl(g_0 + H_0(w_{t-1} - w_0) - a_t - B_tw_{t-1}\bigr)$$

    with a_t and B_t as in `stream_quadratic`. Online gradient descent of this kind has regret of order √T(1 + V_T)
    against the moving optimum; no more is claimed, and nothing is declared.

    Args:
        rate: η.
        horizon: T, the requests expected.

    Returns:
        The remover, for `learners.summarised`.

    Raises:
        ValueError: η or T is not positive; when run, the model keeps no surrogate.

    >>> stream_online()
    stream_online
    """
    if not fits(rate > 0, horizon >= 1):
        raise ValueError(f"stream_online: rate {rate} must be > 0 and horizon {horizon} at least 1")

    def move(state: Surrogate, w: Array) -> Array:
        slope = state.gradient + state.hessian @ (w - state.at) - state.pull - state.bend @ w
        return w - rate / math.sqrt(horizon) * slope / jnp.maximum(state.count, 1)

    return _surrogate("stream_online", move)


def _surrogate(name: str, move: _Move) -> Remover:
    def remove(key: PRNGKeyArray, trained: Trained, rows: Rows, forget: Bool[Array, " n"]) -> Trained:
        del key
        state, learner, gone = trained.record, trained.learner, rows.only(forget)
        if not isinstance(state, Surrogate):
            raise ValueError(f"{name}: {learner} keeps no surrogate; train by learners.summarised")
        flat, rebuild = ravel_pytree(trained.params)

        def lost(w: Array) -> Array:
            return jnp.where(gone.present, learner.row_losses(rebuild(w), gone), 0).sum()

        curved = jax.hessian(lost)(flat)
        after = Surrogate(
            state.at, state.gradient, state.hessian, state.pull + jax.grad(lost)(flat) - curved @ flat,
            state.bend + curved, state.count - gone.count(), state.turn + 1,
        )  # fmt: skip
        return Trained(rebuild(move(after, flat)), after, learner)

    return Remover(remove, name, "untraining", random=False, made_for=summarised())
