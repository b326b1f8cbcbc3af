"""CF-k and EU-k: only the last layers are trained on, or trained anew."""

from typing import Any

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Bool, PRNGKeyArray

from ....formal._types import Real
from ....formal.definitions._scenario import Rows
from ..._factory import factory
from ..._space import Choice, Range, space
from ...base import Remover, Trained
from ...learners._descent import descend, steps_for
from .._layers import Order, last_layers
from .._steps import balanced, follow, scaled, untrained


@space(
    last=Choice((1, 2), "ours, for networks of two layers; of Goel et al. 2022 (arXiv 2201.06640) the idea"),
    epochs=Choice((1, 2, 5, 10), "ours"),
    rate=Range(1e-3, 1.0, log=True, source="ours"),
)
@factory
def cf_k(last: int | None = 1, epochs: Real = 2, batch: int = 64, rate: Real = 0.05, order: Order = ()) -> Remover:
    r"""Catastrophic forgetting of the last k layers: fine-tune those on D∖S, freeze the rest.

    $$\theta_{>l-k} \leftarrow \theta_{>l-k} - \eta \nabla_{\theta_{>l-k}} L_{D \setminus S}(\theta)$$

    Args:
        last: k, layers counted from the output; None for all, which is fine-tuning.
        epochs, batch, rate: as in `finetune`.
        order: the layers' names from input to output, see `layers`; natural order when empty.

    Aim: untraining. Guarantee: none declared. Cost: that of fine-tuning at most. Limits: the frozen layers keep the
    law they have under A(D), so their distance to A(D∖S)'s bounds δ from below. Source: Goel et al. 2022 (arXiv
    2201.06640); k and defaults ours.

    >>> cf_k(last=2).name
    'cf_k'
    """

    def remove(key: PRNGKeyArray, trained: Trained, rows: Rows, forget: Bool[Array, " n"]) -> Any:
        freeze = scaled(last_layers(trained.params, last, order))
        return follow(
            key, trained, (rows.without(forget),), balanced(trained.learner, 1),
            epochs=epochs, batch=batch, rate=rate, then=(freeze,),
        )  # fmt: skip

    return Remover(remove, "cf_k", "untraining")


@space(
    last=Choice((1, 2), "ours, for networks of two layers; of Goel et al. 2022 (arXiv 2201.06640) the idea"),
    epochs=Choice((5, 10, 20, 40), "ours, around those of learners.mlp"),
    rate=Range(0.03, 1.0, log=True, source="ours, around that of learners.mlp"),
)
@factory
def eu_k(
    last: int | None = 1,
    epochs: Real = 20,
    batch: int = 64,
    rate: Real = 0.3,
    momentum: Real = 0.9,
    order: Order = (),
) -> Remover:
    r"""Exact unlearning of the last k layers: give them fresh initial values, train them on D∖S, freeze the rest.

    $$\theta_{>l-k} \sim A(\varnothing), \qquad \theta_{>l-k} \leftarrow \theta_{>l-k} - \eta\, v, \quad
      v \leftarrow \mu v + \nabla_{\theta_{>l-k}} (L_{D \setminus S} + \mathrm{penalty} / |D \setminus S|)$$

    Args:
        last: k, layers counted from the output; None for all.
        epochs, batch, rate, momentum: the learner's own; the defaults are those of `learners.mlp`.
        order: the layers' names from input to output, see `layers`; natural order when empty.

    Aim: untraining. Guarantee: none declared. Cost: one training run at most. Limits: with all layers and the settings
    of a `minibatch` learner it is a retrain, run by run; the frozen layers keep the law they have under A(D). Source:
    Goel et al. 2022 (arXiv 2201.06640).

    >>> eu_k(last=None).name
    'eu_k'
    """

    def remove(key: PRNGKeyArray, trained: Trained, rows: Rows, forget: Bool[Array, " n"]) -> Any:
        learner, retained = trained.learner, rows.without(forget)
        layers = last_layers(trained.params, last, order)
        fresh = untrained(key, learner, rows)
        start = jax.tree.map(lambda new, old, redone: new if redone else old, fresh, trained.params, layers)
        due, longest = steps_for(epochs, retained, batch)
        count = jnp.maximum(retained.count(), 1)
        # The half of the key that `minibatch` takes its order from: all layers repeat the learner's own run.
        order_key = jax.random.split(key)[1]
        return descend(
            order_key, start, (retained,), lambda p, sample: learner.mean_loss(p, sample) + learner.penalty(p) / count,
            optimiser=optax.chain(optax.sgd(rate, momentum), scaled(layers)), batch=batch, due=due, longest=longest,
        )  # fmt: skip

    return Remover(remove, "eu_k", "untraining")
