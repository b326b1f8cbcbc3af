"""Forgetting networks: hidden units fade, folded into the weights that read them."""

from collections.abc import Callable
from typing import Any, Literal

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from ....formal._types import Real, Scalar
from ....formal.definitions._scenario import Rows
from ..._factory import factory, fits
from ..._space import Choice, Range, space
from ...base import Remover, Trained
from .._layers import Order, features, head, with_head
from .._steps import balanced, follow, mean_of, named

Form = Literal["fixed", "ladder", "random", "rank"]


@space(
    form=Choice(("fixed", "ladder", "random", "rank"), "all there are"),
    time=Range(0.0, 8.0, source="ours, up to the largest time constant"),
    rounds=Range(1, 4, whole=True, source="ours"),
    epochs=Choice((0, 1, 2, 5), "ours"),
    rate=Range(1e-3, 0.5, log=True, source="ours"),
)
@factory
def forgetting(
    form: Form = "rank",
    time: Real = 1.0,
    fast: Real = 0.5,
    slow: Real = 8.0,
    rounds: int = 2,
    epochs: Real = 1,
    batch: int = 64,
    rate: Real = 0.05,
    hidden: Callable[[Any, Array], Array] = features,
    order: Order = (),
) -> Remover:
    r"""Fade the units below the last layer, fine-tune on D∖S, and again.

    A reconstruction from the theme of the paper, whose text was not seen.

    $$h_j \leftarrow \phi_j h_j, \quad \phi_j = e^{-t/\tau_j}, \qquad
      \text{folded: } W \leftarrow W \,\mathrm{diag}(\phi)$$

    so that the published network has no extra layer. Forms: *fixed*, one τ for all; *ladder* (per neuron), τ_j rising
    geometrically with j; *random*, τ_j log-uniform and drawn anew in each round; *rank*, the ladder by mean
    activation on S, the most active unit fading fastest.

    Args:
        form: which.
        time: t ≥ 0 of each round; 0 fades nothing and leaves fine-tuning.
        fast, slow: the smallest τ and the largest; *fixed* uses their geometric mean.
        rounds: of fading and fine-tuning.
        epochs, batch, rate: of each fine-tuning on D∖S; 0 epochs only fade. All defaults ours.
        hidden: `(params, x) -> units [m, h]`, what the last layer reads.
        order: see `layers`.

    Raises:
        ValueError: t negative, or not 0 < fast ≤ slow; when run, the units of the model are not known.

    Aim: unlearning. Guarantee: none declared. Cost: rounds · epochs over the learner's own. Limits: φ → 0 leaves a
    model whose outputs ignore x; fading suppresses, it does not delete; equal activations are ranked by position.
    Source: the theme of Hatua et al. 2024 (arXiv 2410.22374); forms and names are ours.

    >>> forgetting(form="fixed").name
    'forgetting(fixed)'
    """
    if not fits(time >= 0, fast > 0, fast <= slow):
        raise ValueError(f"time, fast, slow: {time}, {fast}, {slow} are not t >= 0 and 0 < fast <= slow")

    def remove(key: PRNGKeyArray, trained: Trained, rows: Rows, forget: Bool[Array, " n"]) -> Any:
        learner, retained, away = trained.learner, rows.without(forget), named(rows, forget)

        def fade_and_mend(params: Any, key: PRNGKeyArray) -> tuple[Any, None]:
            fade_key, order_key = jax.random.split(key)
            units = jax.vmap(lambda column: mean_of(column, away), 1)(hidden(params, rows.x))
            phi = jnp.exp(-time / time_constants(fade_key, form, units, fast, slow))
            faded = Trained(with_head(params, head(params, order) * jnp.append(phi, 1)[:, None], order), None, learner)
            objective = balanced(learner, 1)
            mended = follow(order_key, faded, (retained,), objective, epochs=epochs, batch=batch, rate=rate)
            return mended, None

        return lax.scan(fade_and_mend, trained.params, jax.random.split(key, rounds))[0]

    return Remover(remove, f"forgetting({form})", "unlearning", random=form == "random" or epochs != 0)


def time_constants(
    key: PRNGKeyArray, form: Form, units: Float[Array, " h"], fast: Scalar, slow: Scalar
) -> Float[Array, " h"]:
    """The time constants τ_j of a form, from the units' mean activations on S.

    >>> import jax, jax.numpy as jnp
    >>> time_constants(jax.random.key(0), "rank", jnp.array([1.0, 9.0, 5.0]), 1.0, 4.0).tolist()
    [4.0, 1.0, 2.0]
    """
    ladder = fast * (slow / fast) ** jnp.linspace(0, 1, len(units))
    if form == "random":
        return fast * (slow / fast) ** jax.random.uniform(key, units.shape)
    if form == "rank":
        return jnp.zeros_like(ladder).at[jnp.argsort(-units, stable=True)].set(ladder)
    return ladder if form == "ladder" else jnp.full_like(ladder, (fast * slow) ** 0.5)
