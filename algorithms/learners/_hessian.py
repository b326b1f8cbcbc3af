"""A Hessian's inverse on a vector: solved directly when it fits, by conjugate gradient when asked."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ...formal._types import Scalar

WIDEST = 2048
"""Parameters up to which p × p numbers are formed and solved in each of a batch of runs (16 MB, 6 GFLOP a run)."""


def hessian_solve(
    loss: Callable[[Array], Array],
    at: Float[Array, " p"],
    right: Float[Array, " p"],
    damping: Scalar = 0.0,
    iterations: int | None = None,
) -> Float[Array, " p"]:
    r"""$(\nabla^2 J(w) + \mu I)^{-1} v$.

    Args:
        loss: J, from `[p]` to a number.
        at: w.
        right: v.
        damping: μ ≥ 0. Conjugate gradient needs a positive definite sum, which a network's J only has when damped.
        iterations: None: form the Hessian and factor it; otherwise steps of conjugate gradient from zero, which form
            Hessian-vector products only (Pearlmutter 1994; used for influence by Koh & Liang 2017, arXiv 1703.04730).

    Raises:
        ValueError: there are more than 2048 parameters and no number of iterations.

    >>> import jax.numpy as jnp
    >>> direct = hessian_solve(lambda w: (w**2).sum() + w[0] * w[1], jnp.zeros(2), jnp.ones(2))
    >>> [round(float(x), 3) for x in direct]
    [0.333, 0.333]
    """
    if iterations is None:
        if at.size > WIDEST:
            raise ValueError(
                f"{at.size} parameters: their Hessian is too large to form in each run (the limit is {WIDEST}); "
                f"use a smaller learner, or a remover that takes iterations: 50 of conjugate gradient, say"
            )
        return jax.scipy.linalg.solve(jax.hessian(loss)(at) + damping * jnp.eye(at.size), right, assume_a="pos")

    def bent(v: Array) -> Array:
        return jax.jvp(jax.grad(loss), (at,), (v,))[1] + damping * v

    return jax.scipy.sparse.linalg.cg(bent, right, maxiter=iterations)[0]
