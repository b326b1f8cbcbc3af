"""Unified concept editing, on the last layer: one linear system, no training."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from ....formal._types import Real, Scalar
from ....formal.definitions._scenario import Rows
from ..._factory import factory, fits
from ..._space import Range, space
from ...base import Remover, Trained
from .._layers import Order, features, head, with_head
from .._steps import mean_of, named


@space(
    preserve=Range(0.01, 100.0, log=True, source="ours, around 1"),
    anchor=Range(1e-3, 10.0, log=True, source="ours, around the default"),
)
@factory
def uce(
    preserve: Real = 1.0,
    anchor: Real = 0.1,
    hidden: Callable[[Any, Array], Array] = features,
    order: Order = (),
) -> Remover:
    r"""Edit the last layer in closed form: S is mapped to the mean output on D∖S, which is held in place.

    $$\min_W \sum_{i \in S} \|W^\top a_i - v\|^2 + \rho \sum_{j \in D \setminus S} \|(W - W_0)^\top a_j\|^2
      + \lambda \|W - W_0\|^2, \qquad v = \operatorname{mean}_{D \setminus S} W_0^\top a_j$$

    $$W = W_0 + \big(A_S^\top A_S + \rho A_R^\top A_R + \lambda I\big)^{-1} A_S^\top (\mathbf 1 v^\top - A_S W_0)$$

    a are the units that the last layer reads, with a one for its bias; W holds the bias as its last row.

    Args:
        preserve: ρ ≥ 0.
        anchor: λ > 0, so that there is one solution.
        hidden: `(params, x) -> units [m, h]`, what the last layer reads.
        order: see `layers`.

    Raises:
        ValueError: λ is not positive; when run, the units of the model are not known.

    Aim: unlearning. Guarantee: none declared. Cost: one pass, one system of h + 1 unknowns. Limits: S=∅ is the
    identity, exactly; the layers below are left as they are. Source: Gandikota et al. 2024 (arXiv 2308.14761), for the
    attention of a diffusion model; here for a classifier's head, with the mean output as the destination, ours.

    >>> uce(anchor=0)
    Traceback (most recent call last):
    ValueError: anchor: 0 is not > 0; the system needs it to have one solution
    """
    if not fits(anchor > 0):
        raise ValueError(f"anchor: {anchor} is not > 0; the system needs it to have one solution")

    def remove(key: PRNGKeyArray, trained: Trained, rows: Rows, forget: Bool[Array, " n"]) -> Any:
        del key
        units = hidden(trained.params, rows.x)
        a = jnp.concatenate([units, jnp.ones((len(units), 1), units.dtype)], 1)
        return with_head(
            trained.params,
            edited(head(trained.params, order), a, named(rows, forget), rows.without(forget), preserve, anchor),
            order,
        )

    return Remover(remove, "uce", "unlearning", random=False)


def edited(
    matrix: Float[Array, "h c"], a: Float[Array, "n h"], away: Rows, retained: Rows, preserve: Scalar, anchor: Scalar
) -> Float[Array, "h c"]:
    """The minimiser W of `uce`'s objective, from W₀ and the units of all rows.

    >>> import jax.numpy as jnp, neverseen as ns
    >>> rows = ns.Rows(jnp.zeros(2), jnp.zeros(2), jnp.array([True, False]))
    >>> moved = edited(jnp.eye(2), jnp.eye(2), rows.without(rows.present), rows, 1.0, 1.0)
    >>> bool((moved == jnp.eye(2)).all())
    True
    """
    s, r = (jnp.where(part.present[:, None], a, 0) for part in (away, retained))
    target = jax.vmap(lambda column: mean_of(column, retained), 1)(a @ matrix)
    gram = s.T @ s + preserve * r.T @ r + anchor * jnp.eye(a.shape[1])
    pull = s.T @ jnp.where(away.present[:, None], target - a @ matrix, 0)
    return matrix + jax.scipy.linalg.solve(gram, pull, assume_a="pos")
