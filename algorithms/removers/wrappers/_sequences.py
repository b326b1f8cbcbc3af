"""Requests one after the other: a remover served S in batches, each chosen from what was published before it."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from ....formal.definitions._scenario import Rows
from ....formal.distributional._selection import select
from ..._factory import factory
from ...base import Learner, Remover, Trained
from ..exact import stream_ridge

Choose = Callable[[Learner, Any, Rows], Float[Array, " n"]]
"""`(learner, published params, rows left) -> scores`: of the rows still to be asked for, the largest go next."""


def in_order(learner: Learner, params: Any, rows: Rows) -> Float[Array, " n"]:
    """Requests by row number, whatever was published.

    >>> import jax.numpy as jnp, neverseen as ns
    >>> in_order(ns.learners.ridge(), None, ns.Rows(jnp.eye(3), jnp.eye(3), jnp.ones(3, bool))).tolist()
    [-0.0, -1.0, -2.0]
    """
    del learner, params
    return -jnp.arange(len(rows.present), dtype=float)


def latest_first(learner: Learner, params: Any, rows: Rows) -> Float[Array, " n"]:
    """The other way round.

    >>> import jax.numpy as jnp, neverseen as ns
    >>> latest_first(ns.learners.ridge(), None, ns.Rows(jnp.eye(3), jnp.eye(3), jnp.ones(3, bool))).tolist()
    [0.0, 1.0, 2.0]
    """
    return -in_order(learner, params, rows)


def worst_fitted(learner: Learner, params: Any, rows: Rows) -> Float[Array, " n"]:
    """Adaptive requests: whatever the model just published fits worst is asked for next.

    >>> import jax.numpy as jnp, neverseen as ns
    >>> rows = ns.Rows(jnp.zeros((2, 1)), jnp.array([[1.0], [3.0]]), jnp.ones(2, bool))
    >>> worst_fitted(ns.learners.ridge(), jnp.zeros((2, 1)), rows).tolist()
    [0.5, 4.5]
    """
    return learner.row_losses(params, rows)


ORDERS: dict[str, Choose] = {f.__name__: f for f in (in_order, latest_first, worst_fitted)}
"""Ways to choose the next request, by name."""


@factory
def sequence(base: Remover | None = None, requests: int = 2, choose: Choose | str = in_order) -> Remover:
    r"""Serve S by a remover in T requests, F_1 ∪ … ∪ F_T = S, each on the rows and the record that the last one left.

    $$\theta_t = U(\theta_{t-1}, F_t, D \setminus (F_1 \cup \dots \cup F_{t-1})), \qquad
      F_t = \text{the rows of } S \text{ still waiting that score highest on } \theta_{t-1}$$

    Requests are as even as they can be. Whatever their order, D_T = D∖S: so is the reference A(D∖S), and a remover that
    claims to serve sequences must come to it from each of them (T24). Adaptive orders read published parameters only.

    Args:
        base: any remover; `stream_ridge` when left out.
        requests: T ≥ 1; those beyond |S| are empty.
        choose: `(learner, params, rows) -> scores [n]`, or one of in_order, latest_first, worst_fitted.

    Returns:
        The remover; its record is the one that the base left. Its output law is not declared, even where the base's is.

    Raises:
        ValueError: T < 1, or an unknown order.

    Cost: T times the base's. One request is the base remover, with another part of the key. Adaptive requests: the
    setting of Gupta et al. 2021 (arXiv 2106.04378), here with S fixed and its order and batches adaptive.

    >>> sequence(requests=4, choose="worst_fitted")
    sequence(stream_ridge, requests=4, worst_fitted)
    """
    base, next_rows = stream_ridge() if base is None else base, _order(choose)

    def remove(key: PRNGKeyArray, trained: Trained, rows: Rows, forget: Bool[Array, " n"], **extra: Any) -> Trained:
        waiting = forget
        # A loop, not a scan: the first request may turn the learner's record into one of the remover's own.
        for turn, part in enumerate(jax.random.split(key, requests)):
            left = rows.without(forget & ~waiting)
            due = -(-waiting.sum() // (requests - turn))
            request = select(next_rows(trained.learner, trained.params, left), due, waiting)
            trained, waiting = base(part, trained, left, request, **extra), waiting & ~request
        return trained

    name = f"sequence({base}, requests={requests}, {next_rows.__name__})"
    return Remover(remove, name, base.aims_at, needs=base.needs, random=base.random, made_for=base.made_for)


def _order(choose: Choose | str) -> Choose:
    if not isinstance(choose, str):
        return choose
    if choose not in ORDERS:
        raise ValueError(f"choose: {choose!r} is unknown; give one of {', '.join(ORDERS)}, or a function")
    return ORDERS[choose]
