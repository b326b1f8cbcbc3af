"""Removers without a declared guarantee: descent on what to keep, ascent on what to forget."""

import functools
from typing import Any

import jax
import optax
from jaxtyping import Array, Bool, PRNGKeyArray

from ..formal._types import Real
from ..formal.scenario import Rows
from .base import Learner, Remover, Trained
from .descent import descend, steps_for


@functools.lru_cache
def do_nothing() -> Remover:
    """Return the model as it is: the control that every check must refute where D∖S differs from D.

    >>> do_nothing()
    do_nothing
    """

    def remove(key: PRNGKeyArray, trained: Trained, rows: Rows, forget: Bool[Array, " n"]) -> Trained:
        del key, rows, forget
        return trained

    def centre(key: PRNGKeyArray, learner: Learner, start: Any, rows: Rows, forget: Bool[Array, " n"]) -> Any:
        del key, learner, rows, forget
        return start

    return Remover(remove, "do_nothing", "neither", random=False, centre=centre, centre_random=False)


@functools.lru_cache
def finetune(epochs: Real = 2, batch: int = 64, rate: Real = 0.05) -> Remover:
    r"""Keep training on D∖S, with fresh optimiser state.

    $$\theta \leftarrow \theta - \eta \nabla L_{D \setminus S}(\theta)$$

    Args:
        epochs: passes over D∖S.
        batch: rows in a minibatch, drawn with replacement.
        rate: η.

    Cost: epochs over the learner's own epochs. A baseline since Golatkar et al. 2020 (arXiv 1911.04933).

    >>> finetune().aims_at
    'untraining'
    """

    def remove(key: PRNGKeyArray, trained: Trained, rows: Rows, forget: Bool[Array, " n"]) -> Any:
        return _follow(key, trained, ((1.0, rows.without(forget)),), epochs, batch, rate)

    return Remover(remove, "finetune", "untraining")


@functools.lru_cache
def neg_grad(epochs: Real = 2, batch: int = 64, rate: Real = 0.01) -> Remover:
    r"""Climb the loss on S.

    $$\theta \leftarrow \theta + \eta \nabla L_S(\theta)$$

    Args:
        epochs: passes over S, at least one step.
        batch: rows in a minibatch.
        rate: η.

    Source: gradient ascent of Golatkar et al. 2020 (arXiv 1911.04933) and Jang et al. 2023 (arXiv 2210.01504).

    >>> neg_grad().aims_at
    'untraining'
    """

    def remove(key: PRNGKeyArray, trained: Trained, rows: Rows, forget: Bool[Array, " n"]) -> Any:
        return _follow(key, trained, ((-1.0, Rows(rows.x, rows.y, forget)),), epochs, batch, rate)

    return Remover(remove, "neg_grad", "untraining")


@functools.lru_cache
def neg_grad_plus(keep: Real = 0.95, epochs: Real = 2, batch: int = 64, rate: Real = 0.05) -> Remover:
    r"""Descend on D∖S while climbing on S.

    $$\min_\theta\; \beta L_{D \setminus S}(\theta) - (1 - \beta) L_S(\theta)$$

    Args:
        keep: β in [0, 1]; 1 is fine-tuning.
        epochs: passes over D∖S.
        batch: rows in a minibatch of each.
        rate: step size.

    Raises:
        ValueError: β outside [0, 1].

    Source: Kurmanji et al. 2023 (arXiv 2302.09880).

    >>> neg_grad_plus(keep=2.0)
    Traceback (most recent call last):
    ValueError: keep: 2.0 is not in [0, 1]
    """
    if not 0 <= keep <= 1:
        raise ValueError(f"keep: {keep} is not in [0, 1]")

    def remove(key: PRNGKeyArray, trained: Trained, rows: Rows, forget: Bool[Array, " n"]) -> Any:
        terms = ((keep, rows.without(forget)), (keep - 1, Rows(rows.x, rows.y, forget)))
        return _follow(key, trained, terms, epochs, batch, rate)

    return Remover(remove, "neg_grad_plus", "untraining")


def _follow(
    key: PRNGKeyArray,
    trained: Trained,
    terms: tuple[tuple[float, Rows], ...],
    epochs: Real,
    batch: int,
    rate: Real,
) -> Any:
    """SGD on Σ weight · mean loss, for so many passes over the rows of the first term."""
    learner = trained.learner

    def objective(params: Any, *batches: Rows) -> Any:
        return sum(w * learner.mean_loss(params, b) for (w, _), b in zip(terms, batches, strict=True))

    sources = tuple(rows for _, rows in terms)
    due, longest = steps_for(epochs, sources[0], batch)
    return descend(
        key,
        trained.params,
        sources,
        jax.grad(objective),
        optimiser=optax.sgd(rate),
        batch=batch,
        due=due,
        longest=longest,
    )
