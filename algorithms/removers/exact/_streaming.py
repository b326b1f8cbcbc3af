"""A stream of deletions served from sums, without the rows that stay: reconstructions of ours.

The theme is that of arXiv 2507.15280, whose method is not known here; none of these is its algorithm.
"""

import math
from typing import Any

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Bool, PRNGKeyArray

from ....formal._types import Real
from ....formal.definitions._scenario import Rows
from ..._factory import factory
from ...base import Guarantee, Remover, Trained
from ...learners._summed import Statistics, Surrogate, naive_bayes, streaming_ridge, summarised

_EXACT = Guarantee(
    "untraining",
    ("the learner is a function of its sums", "exact arithmetic: sums drift by rounding"),
    lambda delta: 0.0,
)


@factory
def stream_ridge() -> Remover:
    """Take the rows of S off X'X and X'Y, and solve again: streaming is batch is retraining, in any order.

    Returns:
        The remover, for `learners.streaming_ridge`; the penalty stays fixed in the sum form. With no row left the sums,
        and the model, are 0: A(∅).

    Raises:
        ValueError: when run, the model keeps no sums.

    >>> stream_ridge().guarantee.epsilon(0.0)
    0.0
    """
    return _subtracting("stream_ridge", streaming_ridge())


@factory
def stream_moments() -> Remover:
    """Take the rows of S off counts, sums and sums of squares of each class, and read the Gaussians off again.

    Returns:
        The remover, for `learners.naive_bayes`; a class whose last row goes has mean 0 and the least variance.

    Raises:
        ValueError: when run, the model keeps no sums.

    >>> stream_moments().guarantee.epsilon(0.0)
    0.0
    """
    return _subtracting("stream_moments", naive_bayes())


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
        wanted = state.hessian @ state.at - state.gradient + state.pull
        return jnp.linalg.solve(state.hessian - state.bend, wanted)

    return _surrogate("stream_quadratic", move)


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
    if not (rate > 0 and horizon >= 1):
        raise ValueError(f"stream_online: rate {rate} must be > 0 and horizon {horizon} at least 1")

    def move(state: Surrogate, w: Array) -> Array:
        slope = state.gradient + state.hessian @ (w - state.at) - state.pull - state.bend @ w
        return w - rate / math.sqrt(horizon) * slope / jnp.maximum(state.count, 1)

    return _surrogate("stream_online", move)


def _subtracting(name: str, made_for: Any) -> Remover:
    def remove(key: PRNGKeyArray, trained: Trained, rows: Rows, forget: Bool[Array, " n"]) -> Trained:
        del key
        kept = trained.record
        if not isinstance(kept, Statistics):
            raise ValueError(
                f"{name}: {trained.learner} keeps no sums; train by learners.streaming_ridge or naive_bayes"
            )
        gone = kept.totals(rows.only(forget))
        sums = {part: kept.sums[part] - gone[part] for part in gone}
        return Trained(kept.solve(sums), Statistics(sums, kept.totals, kept.solve), trained.learner)

    return Remover(remove, name, "untraining", _EXACT, random=False, made_for=made_for)


def _surrogate(name: str, move: Any) -> Remover:
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
