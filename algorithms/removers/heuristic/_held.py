"""Ascent that is held back: by how unlikely S has become, or by the original's outputs on D∖S."""

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from ....formal._types import Real
from ....formal.definitions._scenario import Rows
from ..._factory import factory
from ..._space import Choice, Range, space
from ...base import Remover, Trained
from .._predictions import by_row, surprise
from .._steps import follow, mean_of, named, require_scores
from ._distil import divergence


@space(
    power=Range(0.25, 4.0, log=True, source="ours, around the 1 of public code; at 0 it is gradient difference"),
    keep=Range(0.0, 4.0, source="ours; 0 leaves D∖S out"),
    epochs=Choice((2, 5, 10, 20), "ours"),
    rate=Range(1e-3, 1.0, log=True, source="ours"),
)
@factory
def wga(power: Real = 1.0, keep: Real = 1.0, epochs: Real = 10, batch: int = 64, rate: Real = 0.5) -> Remover:
    r"""Weighted gradient ascent: climb on S, each prediction by a power of its own probability.

    $$\min_\theta\; -\mathbb E_S\big[\,\overline{\pi_\theta^\alpha}\, \ell_\theta\,\big]
      + \lambda L_{D \setminus S}(\theta), \qquad -\log \pi_\theta = \ell_\theta$$

    The weight, barred, is a number to the gradient: what the model no longer believes is climbed no further.
    Predictions are rows, and the tokens of a text. Differs from the public code: of a language model its means are over
    all tokens of a batch, where here rows count alike.

    Args:
        power: α ≥ 0; 0 is `gradient_difference`, run by run.
        keep: λ ≥ 0; 0 leaves D∖S out.
        epochs: passes over S.
        batch: rows in a minibatch of each.
        rate: step size. α is 1 in the public code, λ too; the rest is ours, for `learners.mlp`.

    Aim: both. Guarantee: none declared. Cost: 2 epochs · |S| over the learner's epochs · n. Limits: S=∅ is the
    identity; a row that is given no chance at the start does not move; where losses are not −log π the weight is
    exp(−αℓ) all the same. Source: Wang et al. 2025 (arXiv 2502.19301).

    >>> wga().aims_at
    'both'
    """

    def remove(key: PRNGKeyArray, trained: Trained, rows: Rows, forget: Bool[Array, " n"]) -> Any:
        learner = trained.learner

        def objective(params: Any, away: Rows, retain_batch: Rows) -> Float[Array, ""]:
            each = surprise("wga", learner, params, away)
            climbed = by_row(learner, jax.lax.stop_gradient(jnp.exp(-power * each)) * each, away)
            return keep * learner.mean_loss(params, retain_batch) - mean_of(climbed, away)

        sources = named(rows, forget), rows.without(forget)
        return follow(key, trained, sources, objective, epochs=epochs, batch=batch, rate=rate)

    return Remover(remove, "wga", "both")


@space(
    keep=Range(0.1, 10.0, log=True, source="ours, around the 1 of Maini et al. 2024 (arXiv 2401.06121)"),
    epochs=Choice((2, 5, 10, 20), "ours"),
    rate=Range(1e-3, 0.5, log=True, source="ours"),
)
@factory
def kl_minimisation(keep: Real = 1.0, epochs: Real = 10, batch: int = 64, rate: Real = 0.4) -> Remover:
    r"""Climb on S while staying near the original's outputs on D∖S.

    $$\min_\theta\; -L_S(\theta) + \lambda\, \mathbb E_{D \setminus S}\, \mathrm{KL}(f_{\theta_0} \| f_\theta)$$

    `gradient_difference` with the original's outputs for labels, so that what it said of D∖S is kept, right or wrong.
    Differs from the public code: of a language model both means are over all tokens of a batch, in the divergence those
    of padding too, where here rows count alike.

    Args:
        keep: λ ≥ 0; 0 is gradient ascent.
        epochs: passes over S.
        batch: rows in a minibatch of each.
        rate: step size. λ is the authors', the rest ours, for `learners.mlp`.

    Raises:
        ValueError: when run, the learner reads no texts and declares no class scores.

    Aim: both. Guarantee: none declared. Cost: 3 epochs · |S| over the learner's epochs · n. Limits: S=∅ is the
    identity; the divergence has no gradient in the first step; the loss on S has no maximum, so many steps diverge, and
    few at a rate that removes one S can ruin the rest on another. Source: Maini et al. 2024 (arXiv 2401.06121).

    >>> kl_minimisation().aims_at
    'both'
    """

    def remove(key: PRNGKeyArray, trained: Trained, rows: Rows, forget: Bool[Array, " n"]) -> Any:
        learner = trained.learner
        if learner.tokens is None:
            require_scores("kl_minimisation", learner)

        def objective(params: Any, away: Rows, retain_batch: Rows) -> Float[Array, ""]:
            said, says = (learner.apply(p, retain_batch.x) for p in (trained.params, params))
            apart = mean_of(by_row(learner, divergence(said, says), retain_batch), retain_batch)
            return keep * apart - learner.mean_loss(params, away)

        sources = named(rows, forget), rows.without(forget)
        return follow(key, trained, sources, objective, epochs=epochs, batch=batch, rate=rate)

    return Remover(remove, "kl_minimisation", "both")
