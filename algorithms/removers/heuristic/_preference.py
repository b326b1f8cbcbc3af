"""Negative preference: S as the answer not to give, with and without a reference model."""

from typing import Any

import jax
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from ....formal._types import Real, Scalar
from ....formal.definitions._scenario import Rows
from ..._factory import factory, fits
from ..._space import Choice, Range, space
from ...base import Remover, Trained
from .._steps import follow, mean_of, named, predictions


@space(
    beta=Range(0.05, 0.5, log=True, source="ours, around the 0.1 of Zhang et al. 2024 (arXiv 2404.05868)"),
    keep=Range(0.0, 4.0, source="ours; 0 is plain NPO"),
    epochs=Choice((2, 5, 10, 20), "ours"),
    rate=Range(1e-3, 1.0, log=True, source="ours"),
)
@factory
def npo(beta: Real = 0.1, keep: Real = 1.0, epochs: Real = 10, batch: int = 64, rate: Real = 0.15) -> Remover:
    r"""Negative preference optimisation: climb on S, ever slower as S becomes less likely than it was.

    $$\min_\theta\; -\frac2\beta\, \mathbb E_S \log \sigma\Big(-\beta \log \frac{\pi_\theta}{\pi_{\theta_0}}\Big)
      + \lambda L_{D \setminus S}(\theta), \qquad -\log \pi_\theta = \ell$$

    π is the probability of the given label, or of a whole text, whose −log π is the sum over its tokens: all it takes
    is a loss that is −log π up to a constant. The gradient on S is that of ascent, each row weighted by
    2π^β / (π^β + π₀^β): 1 at the start.

    Args:
        beta: β > 0; β → 0 gives gradient ascent.
        keep: λ ≥ 0; 0 is plain NPO, 1 the authors' with a retain term.
        epochs: passes over S.
        batch: rows in a minibatch of each.
        rate: step size. β and λ the authors', the rest ours, for `learners.mlp`: the rate is the median of five tunings
            without the reference, whose λ is 1 and a quarter (`benchmarks/chooser.json`).

    Raises:
        ValueError: β is not positive.

    Aim: both. Guarantee: none declared; slower divergence than ascent. Cost: 2 epochs · |S| over the learner's epochs
    · n. Limits: S=∅ is the identity. Source: Zhang et al. 2024 (arXiv 2404.05868).

    >>> npo(beta=0)
    Traceback (most recent call last):
    ValueError: beta: 0 is not > 0
    """
    return _preferring_not("npo", beta, 0.0, True, keep, epochs, batch, rate)


@space(
    beta=Range(0.5, 5.0, log=True, source="ours, around the 2.5 of Fan et al. 2024 (arXiv 2410.07163)"),
    margin=Range(0.0, 2.0, source="ours; Fan et al. 2024 take 0"),
    keep=Range(0.0, 4.0, source="ours"),
    epochs=Choice((2, 5, 10, 20), "ours"),
    rate=Range(1e-3, 1.0, log=True, source="ours"),
)
@factory
def simnpo(
    beta: Real = 2.5, margin: Real = 0.0, keep: Real = 1.0, epochs: Real = 10, batch: int = 64, rate: Real = 0.2
) -> Remover:
    r"""NPO without a reference model: rows that are unlikely already are left alone.

    $$\min_\theta\; -\frac2\beta\, \mathbb E_S \log \sigma\big(-\beta \log \pi_\theta - \gamma\big)
      + \lambda L_{D \setminus S}(\theta), \qquad -\log \pi_\theta = \ell$$

    The authors divide log π by the length of the answer: so is a language model's loss, the mean over its tokens.
    The gradient on S is that of ascent, each row weighted by 2σ(β log π + γ). Differs from the public code: its γ
    stands inside, β(ℓ − γ), so that its γ is margin = βγ here.

    Args:
        beta: β > 0; β → 0 with γ = 0 gives gradient ascent.
        margin: γ ≥ 0.
        keep: λ ≥ 0.
        epochs: passes over S.
        batch: rows in a minibatch of each.
        rate: step size. β, γ and the retain term are the authors', the rest ours, for `learners.mlp`: the rate is of
            a tuning without the reference, on a whole class and on near-duplicates.

    Raises:
        ValueError: β is not positive.

    Aim: both. Guarantee: none declared. Cost: 2 epochs · |S| over the learner's epochs · n. Limits: S=∅ is the
    identity. Source: Fan et al. 2024 (arXiv 2410.07163).

    >>> simnpo().aims_at
    'both'
    """
    return _preferring_not("simnpo", beta, margin, False, keep, epochs, batch, rate)


def _preferring_not(
    name: str, beta: Scalar, margin: Scalar, referred: bool, keep: Scalar, epochs: Real, batch: int, rate: Scalar
) -> Remover:
    if not fits(beta > 0):
        raise ValueError(f"beta: {beta} is not > 0")

    def remove(key: PRNGKeyArray, trained: Trained, rows: Rows, forget: Bool[Array, " n"]) -> Any:
        learner = trained.learner

        def objective(params: Any, away: Rows, retain_batch: Rows) -> Float[Array, ""]:
            unlikely = learner.row_losses(params, away)
            if referred:
                # −log π, less that of the model before, so that large constants cancel.
                unlikely = (unlikely - learner.row_losses(trained.params, away)) * predictions(learner, away)
            preferred = -2 / beta * jax.nn.log_sigmoid(beta * unlikely - margin)
            return mean_of(preferred, away) + keep * learner.mean_loss(params, retain_batch)

        sources = named(rows, forget), rows.without(forget)
        return follow(key, trained, sources, objective, epochs=epochs, batch=batch, rate=rate)

    return Remover(remove, name, "both")
