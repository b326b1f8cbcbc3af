"""Learners that keep sums instead of rows: what a stream of deletions is served from."""

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float, PRNGKeyArray

from ...formal._pytree import pytree
from ...formal._types import Real
from ...formal.definitions._scenario import Rows
from .._factory import factory
from ..base import Learner, Trained, cross_entropy
from ._ridge import affine, ridge

Sums = dict[str, Array]


@pytree(static=("totals", "solve"))
class Statistics:
    """Sums over the rows present, and how a model follows from them.

    Args:
        sums: their values.
        totals: `rows -> sums`, additive over rows.
        solve: `sums -> params`.

    >>> Statistics({}, lambda rows: {}, lambda sums: 0).solve({})
    0
    """

    sums: Sums
    totals: Callable[[Rows], Sums]
    solve: Callable[[Sums], Any]


@pytree()
class Surrogate:
    r"""A quadratic in place of the objective on D, at the trained model, and what was forgotten since.

    Args:
        at: w₀ `[p]`.
        gradient: ∇J₀(w₀) `[p]`.
        hessian: ∇²J₀(w₀) `[p, p]`.
        pull: Σ of ∇ℓ_F(w) − ∇²ℓ_F(w)·w over the requests so far, each at its own w.
        bend: Σ of ∇²ℓ_F(w).
        count: rows left.
        turn: requests so far.

    >>> import jax.numpy as jnp
    >>> one, many = jnp.zeros(1), jnp.zeros((1, 1))
    >>> Surrogate(one, one, many, one, many, jnp.ones(()), jnp.zeros(())).count.tolist()
    1.0
    """

    at: Array
    gradient: Array
    hessian: Array
    pull: Array
    bend: Array
    count: Array
    turn: Array


@factory
def streaming_ridge(penalty: Real = 1.0, logits: bool = True) -> Learner:
    r"""`ridge`, from $X^\top X$ and $X^\top Y$, which it records; deterministic, solved exactly.

    Args:
        penalty: Λ > 0, in the sum form: deletions leave it as it is.
        logits: whether the targets are one-hot classes.

    Returns:
        The learner; parameters `[d + 1, c]`, record `Statistics`.

    Raises:
        ValueError: Λ is not positive.

    >>> streaming_ridge()
    streaming_ridge(penalty=1)
    """
    base = ridge(penalty, logits)

    def totals(rows: Rows) -> Sums:
        x = affine(rows.x) * rows.present[:, None]
        return {"gram": x.T @ x, "cross": x.T @ rows.y.reshape(len(x), -1).astype(float)}

    def solve(sums: Sums) -> Array:
        gram = sums["gram"] + penalty * jnp.eye(len(sums["gram"]))
        return jax.scipy.linalg.solve(gram, sums["cross"], assume_a="pos")

    name = f"streaming_ridge(penalty={penalty:g})"
    return _summed(totals, solve, base.apply, base.loss, base.penalty, name, logits)


@factory
def naive_bayes(floor: Real = 0.1) -> Learner:
    r"""Class-conditional Gaussians with diagonal covariance; one-hot targets; deterministic, in closed form.

    $$z_c = \ln\frac{n_c + 1}{n + C} - \tfrac12\sum_j \Bigl(\ln v_{cj} + \frac{(x_j - \mu_{cj})^2}{v_{cj}}\Bigr), \qquad
      v = \max(\text{variance}, f)$$

    from counts, sums and sums of squares, which it records. A class without rows has mean 0 and variance f.

    Args:
        floor: f > 0.

    Returns:
        The learner; parameters `{"mean" [c, d], "variance" [c, d], "count" [c]}`, record `Statistics`.

    Raises:
        ValueError: f is not positive.

    >>> naive_bayes()
    naive_bayes(floor=0.1)
    """
    if not floor > 0:
        raise ValueError(f"floor: {floor} is not > 0; a variance may be 0")

    def totals(rows: Rows) -> Sums:
        x, y = rows.x.reshape(len(rows.present), -1), rows.y * rows.present[:, None]
        # Absent rows may hold anything: their squares are kept out, not multiplied by 0.
        x = jnp.where(rows.present[:, None], x, 0)
        return {"count": y.sum(0), "first": y.T @ x, "second": y.T @ x**2}

    def solve(sums: Sums) -> Any:
        # Counts are whole numbers, so that no rounding makes them negative.
        count = jnp.maximum(jnp.round(sums["count"]), 0)
        mean = jnp.where(count[:, None] > 0, sums["first"] / jnp.maximum(count, 1)[:, None], 0)
        square = jnp.where(count[:, None] > 0, sums["second"] / jnp.maximum(count, 1)[:, None], 0)
        return {"mean": mean, "variance": jnp.maximum(square - mean**2, floor), "count": count}

    return _summed(totals, solve, _class_scores, cross_entropy, None, f"naive_bayes(floor={floor:g})", True)


@factory
def summarised(base: Learner | None = None) -> Learner:
    """Any learner, recording a quadratic surrogate of its objective at the trained model.

    Args:
        base: `ridge` when left out.

    Returns:
        The learner; parameters as the base's, record `Surrogate`.

    >>> summarised()
    summarised(ridge(penalty=1))
    """
    base = ridge() if base is None else base

    def fit(key: PRNGKeyArray, rows: Rows) -> Trained:
        params = base.fit(key, rows).params
        flat, rebuild = ravel_pytree(params)

        def objective(w: Array) -> Array:
            return base.objective(rebuild(w), rows)

        gradient, hessian = jax.grad(objective)(flat), jax.hessian(objective)(flat)
        blank = (jnp.zeros_like(gradient), jnp.zeros_like(hessian))
        record = Surrogate(flat, gradient, hessian, *blank, rows.count().astype(float), jnp.zeros(()))
        return Trained(params, record, learner)

    learner = dataclasses.replace(base, fit=fit, name=f"summarised({base})")
    return learner


def _summed(
    totals: Callable[[Rows], Sums], solve: Callable[[Sums], Any], apply: Any, loss: Any, penalty: Any, name: str,
    logits: bool,
) -> Learner:  # fmt: skip
    def fit(key: PRNGKeyArray, rows: Rows) -> Trained:
        del key
        record = Statistics(totals(rows), totals, solve)
        return Trained(solve(record.sums), record, learner)

    more = {} if penalty is None else {"penalty": penalty}
    learner = Learner(fit, apply, loss, name=name, logits=logits, random=False, **more, numeric=True)
    return learner


def _class_scores(params: Any, x: Float[Array, "m ..."]) -> Float[Array, "m c"]:
    variance, count = params["variance"], params["count"]
    off = (x.reshape(x.shape[0], 1, -1) - params["mean"]) ** 2 / variance
    prior = jnp.log((count + 1) / (count.sum() + len(count)))
    return prior - (jnp.log(variance) + off).sum(-1) / 2
