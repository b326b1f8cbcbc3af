"""A learner that standardises its inputs first, by statistics of the rows that are present."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from ...formal._pytree import pytree
from ...formal.definitions._scenario import Rows
from .._factory import factory
from .._own import is_settled, own
from ..base import Learner, Trained
from ..programs._numbers import as_floats
from ._gradient import mlp


@pytree()
class RescaledParams:
    """A model and the units in which it reads its inputs.

    Args:
        model: parameters of the base learner.
        centre, spread: `[...]` in the shape of a row, the mean and the standard deviation of the rows trained on.

    >>> RescaledParams(jnp.zeros(2), jnp.zeros(3), jnp.ones(3)).read(jnp.full((1, 3), 2.0)).tolist()
    [[2.0, 2.0, 2.0]]
    """

    model: Any
    centre: Float[Array, "..."]
    spread: Float[Array, "..."]

    def read(self, x: Any) -> Array:
        """Inputs in these units, which nothing descends on: a remover that fine-tunes leaves them as they are."""
        return (as_floats(x) - jax.lax.stop_gradient(self.centre)) / jax.lax.stop_gradient(self.spread)


@factory
def rescaled(base: Learner | None = None) -> Learner:
    r"""Standardise the inputs, then train a learner on them; the statistics are part of A, and of the model.

    $$x \mapsto \frac{x - m_D}{s_D}, \qquad m_D = \frac1n \sum_D x, \qquad s_D^2 = \frac1n \sum_D (x - m_D)^2$$

    Scaling a table by its own mean before a scenario is built lets every row of S move every row of D∖S, and no
    retrain takes that back. Here a reference computes the statistics of its own rows. A column that does not vary is
    only centred. They are published with the parameters; what a remover descends on are the parameters alone.

    Args:
        base: any learner on numbers; `mlp()` when left out.

    Returns:
        The learner; parameters `RescaledParams`.

    Raises:
        ValueError: a learner of texts; one with declared output noise, which would not cover the statistics.

    >>> import jax, neverseen as ns
    >>> rows = ns.Rows(jnp.array([[1e3], [3e3]]), jnp.array([[0.0], [1.0]]), jnp.ones(2, bool))
    >>> made = rescaled(ns.learners.ridge()).fit(jax.random.key(0), rows).params
    >>> made.centre.tolist(), made.spread.tolist()
    ([2000.0], [1000.0])
    """
    base = mlp() if base is None else base
    if base.tokens is not None:
        raise ValueError(f"base: {base} reads texts, whose numbers are names; give a learner on numbers")
    if base.noise is not None:
        raise ValueError(f"base: {base} publishes with noise, and the statistics would go without; put it outside")

    def fit(key: PRNGKeyArray, rows: Rows) -> Trained:
        x = as_floats(rows.x)
        units = RescaledParams(None, *moments(x, rows.present))
        # Absent rows stay finite: a learner multiplies them by zero.
        inside = jnp.where(_along(rows.present, x), units.read(x), 0)
        trained = base.fit(key, Rows(inside, rows.y, rows.present))
        return Trained(RescaledParams(trained.params, units.centre, units.spread), trained.record, learner)

    def apply(params: RescaledParams, x: Array) -> Array:
        return base.apply(params.model, params.read(x))

    def penalty(params: RescaledParams) -> Float[Array, ""]:
        return base.penalty(params.model)

    learner = dataclasses.replace(
        base, fit=fit, apply=apply, penalty=penalty, name=f"rescaled({base})", curvature=None, schedule=None
    )
    return own(learner, settled=is_settled(base))


def moments(x: Float[Array, "n *d"], present: Array) -> tuple[Float[Array, "*d"], Float[Array, "*d"]]:
    """The mean and the standard deviation of the rows present; 0 and 1 where there are none, 1 where nothing varies.

    >>> [part.tolist() for part in moments(jnp.array([[1.0, 5.0], [3.0, 5.0], [9.0, 9.0]]), jnp.array([1, 1, 0]) > 0)]
    [[2.0, 5.0], [1.0, 1.0]]
    """
    inside, count = _along(present, x), jnp.maximum(present.sum(), 1)
    centre = jnp.where(inside, x, 0).sum(0) / count
    spread = jnp.sqrt(jnp.where(inside, (x - centre) ** 2, 0).sum(0) / count)
    # What rounding leaves of a constant column is no spread.
    return centre, jnp.where(spread > 1e-6 * jnp.abs(centre), spread, 1)


def _along(present: Array, x: Array) -> Array:
    """The mask in the shape of the rows."""
    return present.reshape(-1, *(1,) * (x.ndim - 1))
