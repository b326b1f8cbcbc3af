"""Amnesiac unlearning: take back what the batches with S contributed."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, PRNGKeyArray

from ....formal._types import Real
from ....formal.definitions._scenario import Rows
from ..._factory import factory
from ..._space import Choice, Range, space
from ...base import Remover, Trained
from .._steps import balanced, follow


@space(
    epochs=Choice((0, 1, 2, 5), "ours; of Graves et al. 2021 (arXiv 2010.10981) the mending"),
    rate=Range(1e-3, 0.5, log=True, source="ours"),
)
@factory
def amnesiac(epochs: Real = 0, batch: int = 64, rate: Real = 0.05) -> Remover:
    r"""Subtract the updates of the batches that held a row of S, then mend on D∖S.

    $$\theta \leftarrow \theta - \sum_{t:\, B_t \cap S \ne \varnothing} u_t, \qquad
      \theta \leftarrow \theta - \eta \nabla L_{D \setminus S}(\theta)$$

    Args:
        epochs: mending passes over D∖S; 0 for none.
        batch, rate: of the mending. Defaults ours.

    Raises:
        ValueError: when run, the learner kept no log of its updates.

    Returns:
        The remover; it publishes no log, since what is left of one names S.

    Aim: untraining. Guarantee: none declared. Cost: one sum, and storage of every update. Limits: equal to skipping
    those batches only where updates do not depend on θ; where S is in most batches little is left of the model. S=∅
    without mending is the identity. Source: Graves et al. 2021 (arXiv 2010.10981).

    >>> amnesiac().aims_at
    'untraining'
    """

    def remove(key: PRNGKeyArray, trained: Trained, rows: Rows, forget: Bool[Array, " n"]) -> Trained:
        log = trained.record
        if not (isinstance(log, dict) and {"updates", "drawn"} <= set(log)):
            raise ValueError(f"learner: {trained.learner} keeps no log of its updates; use learners.logged")
        touched = forget[log["drawn"]].any(1)
        back = jax.tree.map(
            lambda w, u: w - jnp.tensordot(touched.astype(u.dtype), u, 1), trained.params, log["updates"]
        )
        left = Trained(back, None, trained.learner)
        if epochs == 0:
            return left
        mended = follow(
            key, left, (rows.without(forget),), balanced(trained.learner, 1), epochs=epochs, batch=batch, rate=rate
        )
        return Trained(mended, None, trained.learner)

    return Remover(remove, "amnesiac", "untraining", random=epochs != 0)
