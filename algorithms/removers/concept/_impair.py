"""UNSIR: impair the model with noise it takes for S, then repair it."""

from typing import Any, Literal

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from ....formal._types import Real
from ....formal.definitions._scenario import Rows
from ..._factory import factory
from ..._space import Choice, Range, space
from ...base import Remover, Trained
from ...learners._descent import descend
from .._steps import balanced, follow, mean_of, ranks


@space(
    epochs=Choice((1, 2, 5), "ours; Tarun et al. 2021 (arXiv 2111.08947) pass once"),
    impair=Range(1e-3, 0.5, log=True, source="ours, around the 0.02 of Tarun et al. 2021"),
    repair=Range(1e-3, 0.5, log=True, source="ours, around the 0.01 of Tarun et al. 2021"),
    size=Range(0.01, 1.0, log=True, source="ours, around the 0.1 of Tarun et al. 2021"),
)
@factory
def unsir(
    epochs: Real = 1,
    batch: int = 64,
    impair: Real = 0.02,
    repair: Real = 0.01,
    learning: int = 40,
    noise_rate: Real = 0.1,
    size: Real = 0.1,
    optimiser: Literal["adam", "sgd"] = "adam",
) -> Remover:
    r"""Learn inputs that the model gets most wrong under S's labels, train on them with D∖S, then on D∖S alone.

    $$\max_N\; \operatorname{mean}_i \ell(f_{\theta_0}(N_i), y_i) - \lambda \|N_i\|^2, \qquad
      \text{impair: } \min_\theta L_N + L_{D \setminus S}, \qquad \text{repair: } \min_\theta L_{D \setminus S}$$

    One noise input for each row of S, with its label, from N(0, 1). The authors' step sizes are meant for Adam: through
    plain SGD they hurt everything but S (`benchmarks/defaults.py`). Differs from the public code: its minibatches are
    drawn from noise and kept rows together, and of kept rows it takes a sample of 1000 of each class.

    Args:
        epochs: passes over D∖S, of impairing and of repairing.
        batch: rows in a minibatch of each.
        impair, repair: step sizes of the two phases.
        learning: Adam steps on the noise.
        noise_rate: their size.
        size: λ.
        optimiser: of the two phases, with fresh state in each; the noise is always learnt by Adam. Adam, the rates, λ,
            the passes and the noise steps (5 times 8) are the authors'.

    Aim: unlearning, of a class: S is meant to be all of it. Guarantee: none declared. Cost: 3 epochs over the learner's
    own, and 40 gradients on S. Limits: from S short of its class the label stays in D∖S, which teaches it again; S=∅ is
    fine-tuning, S=D takes no step. x must be real numbers. Source: Tarun et al. 2021 (arXiv 2111.08947).

    >>> unsir().aims_at
    'unlearning'
    """

    rule = optax.adam if optimiser == "adam" else optax.sgd

    def remove(key: PRNGKeyArray, trained: Trained, rows: Rows, forget: Bool[Array, " n"]) -> Any:
        noise_key, impair_key, repair_key = jax.random.split(key, 3)
        learner, retained = trained.learner, rows.without(forget)
        start = jax.random.normal(noise_key, rows.x.shape, rows.x.dtype)[ranks(forget)]

        def harmless(noise: Array) -> Float[Array, ""]:
            noise_rows = Rows(noise, rows.y, forget)
            bulk = (noise.reshape(len(noise), -1) ** 2).sum(1)
            return mean_of(size * bulk - learner.row_losses(trained.params, noise_rows), noise_rows)

        steps = jnp.where(forget.any(), learning, 0)
        noise = descend(
            noise_key, start, (), harmless, optimiser=optax.adam(noise_rate), batch=batch, due=steps, longest=learning
        )
        taught = follow(
            impair_key, trained, (retained, Rows(noise, rows.y, forget)), balanced(learner, 1, 1),
            epochs=epochs, batch=batch, rate=impair, rule=rule,
        )  # fmt: skip
        hurt = Trained(taught, None, learner)
        return follow(
            repair_key, hurt, (retained,), balanced(learner, 1),
            epochs=epochs, batch=batch, rate=repair, rule=rule,
        )  # fmt: skip

    return Remover(remove, "unsir", "unlearning")
