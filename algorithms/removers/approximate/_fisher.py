"""Fisher forgetting: noise in the directions that what is left does not need."""

from collections.abc import Callable
from typing import Any, Literal

import jax
import jax.numpy as jnp
from jax import lax
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from ....formal._pytree import pytree
from ....formal._types import Real
from ....formal.definitions._scenario import Rows
from ..._factory import factory, fits
from ..._space import Range, space
from ...base import Remover, Trained

Source = Literal["model", "data"]
"""Whose labels the Fisher information is taken over: the model's own, y ~ p_θ, or those of the rows."""


@pytree()
class Spectrum:
    """What Fisher forgetting saw: the condition number of F_r, and the share of its entries below the floor.

    >>> import jax.numpy as jnp
    >>> Spectrum(jnp.ones(()), jnp.zeros(())).floored.tolist()
    0.0
    """

    condition: Array
    floored: Array


@space(
    scale=Range(1e-4, 1.0, log=True, source="ours"),
    floor=Range(1e-8, 1e-2, log=True, source="ours"),
)
@factory
def fisher_forgetting(scale: Real = 1e-2, floor: Real = 1e-6, labels: Source = "model", power: Real = 0.25) -> Remover:
    r"""Add noise to every parameter, the more the less the loss on D∖S depends on it.

    $$\theta \leftarrow \theta + c\,\max(F_r, f)^{-a} \mathcal N(0, I), \qquad F_r =
      \frac{1}{|D\setminus S|}\sum_{D\setminus S} \mathbb E_{y \sim p_\theta(\cdot|x_i)} (\nabla\ell(x_i, y))^2$$

    F_r is a mean over rows. Below the floor f the noise stays at c·f^(−a): without one, a parameter that no row needs
    would be drowned, which is collapse and not forgetting; the record says what share was floored. Differs from the
    public code: its exponent is ½, and it caps variances and averages those of the weights into a unit.

    Args:
        scale: c ≥ 0; 0 leaves the model as it is.
        floor: f > 0.
        labels: "model" takes the Fisher information, over labels that the model draws; "data" the empirical one, over
            the labels that are given.
        power: a ≥ 0, ¼ in the paper.

    Returns:
        The remover. Its paper bounds a KL divergence under a quadratic loss around one minimiser and a Newton step
        before the noise; the constants could not be checked here, and nothing is declared.

    Raises:
        ValueError: c negative or f not positive; when run, a language model, whose labels are too many to sum over:
            use "data" there.

    Source: Golatkar et al. 2020 (arXiv 1911.04933).

    >>> fisher_forgetting().guarantee is None
    True
    """
    if not fits(floor > 0):
        raise ValueError(f"fisher_forgetting: floor {floor} is not > 0; F_r may be 0")

    def remove(key: PRNGKeyArray, trained: Trained, rows: Rows, forget: Bool[Array, " n"]) -> Trained:
        flat, rebuild = ravel_pytree(trained.params)
        fisher = (information if labels == "model" else mean_squares)(trained, rows.without(forget))
        spread = scale * jnp.maximum(fisher, floor) ** -power
        record = Spectrum(fisher.max() / fisher.min(), (fisher < floor).mean())
        noise = spread * jax.random.normal(key, flat.shape, flat.dtype)
        return Trained(rebuild(flat + noise), record, trained.learner)

    return Remover(remove, "fisher_forgetting", "untraining")


def information(trained: Trained, rows: Rows) -> Float[Array, " p"]:
    r"""The diagonal of the Fisher information of the rows present, a mean over them; it takes no label.

    $$\operatorname{diag}(J^\top H J), \qquad J = \partial f / \partial \theta, \;
      H = \partial^2 \ell / \partial f^2$$

    which is $\mathbb E_{y \sim p}(\nabla\ell)^2$ where ℓ = −log p and f are natural parameters: class scores under
    cross-entropy, predictions under squares.

    Raises:
        ValueError: a language model.

    >>> import jax, jax.numpy as jnp, neverseen as ns
    >>> rows = Rows(jnp.array([[1.0], [9.0]]), 7 * jnp.ones((2, 1)), jnp.array([True, False]))
    >>> information(ns.Trained(jnp.zeros((2, 1)), None, ns.learners.ridge()), rows).tolist()
    [1.0, 1.0]
    """
    flat, rebuild = ravel_pytree(trained.params)
    learner = trained.learner
    if learner.tokens is not None:
        raise ValueError(f'fisher_forgetting: {learner} has too many labels to sum over; give labels="data"')

    def square(x: Array, y: Any) -> Array:
        scores, back = jax.vjp(lambda w: learner.apply(rebuild(w), x), flat)
        bend = jax.hessian(lambda z: learner.loss(z.reshape(scores.shape), y)[0])(scores.ravel())
        slopes = lax.map(lambda e: back(e.reshape(scores.shape))[0], jnp.eye(scores.size, dtype=scores.dtype))
        return (bend @ slopes * slopes).sum(0)

    return _mean_over(rows, flat, square)


def mean_squares(trained: Trained, rows: Rows) -> Float[Array, " p"]:
    """The mean over rows present of the squared gradient of the row's loss: the diagonal empirical Fisher information.

    >>> import jax, jax.numpy as jnp, neverseen as ns
    >>> rows = Rows(jnp.array([[1.0], [9.0]]), jnp.ones((2, 1)), jnp.array([True, False]))
    >>> model = ns.Trained(jnp.zeros((2, 1)), None, ns.learners.ridge())
    >>> mean_squares(model, rows).tolist()
    [1.0, 1.0]
    """
    flat, rebuild = ravel_pytree(trained.params)
    learner = trained.learner

    def square(x: Array, y: Any) -> Array:
        return jax.grad(lambda w: learner.loss(learner.apply(rebuild(w), x), y)[0])(flat) ** 2

    return _mean_over(rows, flat, square)


def _mean_over(rows: Rows, flat: Array, square: Callable[[Array, Any], Array]) -> Array:
    """The mean of a value of each row present, of the parameters' shape."""

    def add(total: Array, row: Any) -> tuple[Array, None]:
        x, y, present = jax.tree.map(lambda leaf: leaf[None], row)
        return total + jnp.where(present[0], square(x, y), 0), None

    # Row by row: under `vmap` over runs, JAX has no rule for a convolution that is mapped over rows too.
    total, _ = lax.scan(add, jnp.zeros_like(flat), (rows.x, rows.y, rows.present))
    return total / jnp.maximum(rows.count(), 1)
