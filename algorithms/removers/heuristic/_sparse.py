"""ℓ1-sparse fine-tuning."""

from typing import Any

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Bool, PRNGKeyArray

from ....formal._types import Real, Scalar
from ....formal.definitions._scenario import Rows
from ..._factory import factory
from ..._space import Choice, Range, space
from ...base import Remover, Trained
from .._steps import balanced, follow


@space(
    sparsity=Range(1e-5, 0.1, log=True, source="ours; Jia et al. 2023 (arXiv 2304.04934) let theirs decay"),
    epochs=Choice((1, 2, 5, 10), "ours"),
    rate=Range(1e-3, 1.0, log=True, source="ours"),
)
@factory
def l1_sparse(sparsity: Real = 0.03, epochs: Real = 2, batch: int = 64, rate: Real = 0.2) -> Remover:
    r"""Fine-tune on D∖S under an ℓ1 penalty, by proximal steps.

    $$\theta \leftarrow \mathcal S_{\eta\gamma}(\theta - \eta \nabla L_{D \setminus S}(\theta)), \qquad
      \mathcal S_t(w) = \mathrm{sign}(w) \max(|w| - t, 0)$$

    minimises $L_{D \setminus S} + \gamma \|\theta\|_1$: a proximal step reaches zeros, and γ → ∞ gives θ = 0. Differs
    from the public code: it takes subgradient steps, and lets γ decay.

    Args:
        sparsity: γ ≥ 0; 0 is fine-tuning.
        epochs, batch, rate: as in `finetune`. γ and the rate are medians of five tunings of `learners.mlp` without the
            reference (`benchmarks/chooser.json`).

    Raises:
        ValueError: γ is negative.

    Aim: untraining. Guarantee: none declared. Cost: that of fine-tuning. Limits: S=D takes no step, so nothing shrinks.
    Source: Jia et al. 2023 (arXiv 2304.04934); the proximal step, soft thresholding, is textbook.

    >>> l1_sparse(-1)
    Traceback (most recent call last):
    ValueError: sparsity: -1 is not a finite number >= 0
    """
    reach = rate * sparsity

    def towards_zero(updates: Any, params: Any) -> Any:
        return jax.tree.map(lambda u, w: _shrunk(w + u, reach) - w, updates, params)

    def remove(key: PRNGKeyArray, trained: Trained, rows: Rows, forget: Bool[Array, " n"]) -> Any:
        return follow(
            key, trained, (rows.without(forget),), balanced(trained.learner, 1),
            epochs=epochs, batch=batch, rate=rate, then=(optax.stateless(towards_zero),),
        )  # fmt: skip

    return Remover(remove, "l1_sparse", "untraining")


def _shrunk(w: Array, reach: Scalar) -> Array:
    return jnp.sign(w) * jnp.maximum(abs(w) - reach, 0)
