"""The baselines: nothing, descent on what to keep, ascent on what to forget, and both."""

from typing import Any

from jaxtyping import Array, Bool, PRNGKeyArray

from ....formal._types import Real
from ....formal.definitions._scenario import Rows
from ..._factory import factory, fits
from ..._own import own
from ..._space import Choice, Range, no_space, space
from ...base import Learner, Remover, Trained
from .._steps import Mean, balanced, follow, named


@no_space("it has no settings: it does nothing")
@factory
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

    nothing = Remover(remove, "do_nothing", "neither", random=False, centre=centre, centre_random=False)
    return own(nothing, settled=True)


@space(
    epochs=Choice((1, 2, 5, 10), "ours; Fan et al. 2024 (arXiv 2310.12508) pass 10 times in their code"),
    rate=Range(1e-3, 1.0, log=True, source="ours; Fan et al. 2024 take 0.01 in their code"),
)
@factory
def finetune(epochs: Real = 2, batch: int = 64, rate: Real = 0.05) -> Remover:
    r"""Keep training on D∖S, with fresh optimiser state.

    $$\theta \leftarrow \theta - \eta \nabla L_{D \setminus S}(\theta)$$

    Args:
        epochs: passes over D∖S.
        batch: rows in a minibatch, drawn with replacement.
        rate: η. Defaults ours, for `learners.mlp`.

    Aim: untraining. Guarantee: none declared. Cost: epochs over the learner's own epochs. Limits: S=D takes no step;
    a few steps leave the model near A(D), many on a strongly convex objective reach A(D∖S); a network that fits D∖S has
    next to no gradient to go by, whatever the rate (`benchmarks/chooser.json`). A baseline since Golatkar et al. 2020
    (arXiv 1911.04933).

    >>> finetune().aims_at
    'untraining'
    """

    def remove(key: PRNGKeyArray, trained: Trained, rows: Rows, forget: Bool[Array, " n"]) -> Any:
        objective = balanced(trained.learner, 1)
        return follow(key, trained, (rows.without(forget),), objective, epochs=epochs, batch=batch, rate=rate)

    return Remover(remove, "finetune", "untraining")


@space(
    epochs=Choice((1, 2, 5, 10), "ours; Fan et al. 2024 (arXiv 2310.12508) pass 5 times in their code"),
    rate=Range(1e-4, 0.3, log=True, source="ours; Fan et al. 2024 take 0.0001 in their code"),
)
@factory
def neg_grad(epochs: Real = 2, batch: int = 64, rate: Real = 0.28, mean: Mean = "rows") -> Remover:
    r"""Climb the loss on S.

    $$\theta \leftarrow \theta + \eta \nabla L_S(\theta)$$

    Differs from the public code: of a language model it climbs the mean over all tokens of a batch, where here
    rows count alike unless `mean="tokens"`.

    Args:
        epochs: passes over S, at least one step.
        batch: rows in a minibatch.
        rate: η. Defaults ours, for `learners.mlp`: η the median of five tunings without the reference
            (`benchmarks/chooser.json`), where .01 moved next to nothing.
        mean: what counts alike in L, of a language model: rows, or the tokens of a batch.

    Aim: untraining. Guarantee: none declared. Cost: epochs · |S| over the learner's epochs · n. Limits: S=∅ is the
    identity; the loss it climbs has no maximum, so many steps diverge. Gradient ascent of Golatkar et al. 2020 (arXiv
    1911.04933) and Jang et al. 2023 (arXiv 2210.01504).

    >>> neg_grad().aims_at
    'untraining'
    """

    def remove(key: PRNGKeyArray, trained: Trained, rows: Rows, forget: Bool[Array, " n"]) -> Any:
        objective = balanced(trained.learner, -1, mean=mean)
        return follow(key, trained, (named(rows, forget),), objective, epochs=epochs, batch=batch, rate=rate)

    return Remover(remove, "neg_grad", "untraining")


@space(
    keep=Range(0.5, 1.0, source="ours; at 1 it is fine-tuning"),
    epochs=Choice((1, 2, 5, 10), "ours"),
    rate=Range(1e-3, 0.5, log=True, source="ours"),
)
@factory
def neg_grad_plus(keep: Real = 0.75, epochs: Real = 2, batch: int = 64, rate: Real = 0.06) -> Remover:
    r"""Descend on D∖S while climbing on S.

    $$\min_\theta\; \beta L_{D \setminus S}(\theta) - (1 - \beta) L_S(\theta)$$

    Args:
        keep: β in [0, 1]; 1 is fine-tuning, 0 gradient ascent for as many steps as D∖S asks for.
        epochs: passes over D∖S.
        batch: rows in a minibatch of each.
        rate: step size. Defaults ours, for `learners.mlp`: β and the rate are medians of five tunings without the
            reference (`benchmarks/chooser.json`).

    Raises:
        ValueError: β outside [0, 1].

    Aim: both, points and classes. Guarantee: none declared. Cost: 2 epochs over the learner's own. Limits: S=D
    takes no step. Source: Kurmanji et al. 2023 (arXiv 2302.09880).

    >>> neg_grad_plus(keep=2.0)
    Traceback (most recent call last):
    ValueError: keep: 2.0 is not in [0, 1]
    """
    if not fits(keep >= 0, keep <= 1):
        raise ValueError(f"keep: {keep} is not in [0, 1]")

    def remove(key: PRNGKeyArray, trained: Trained, rows: Rows, forget: Bool[Array, " n"]) -> Any:
        sources = rows.without(forget), named(rows, forget)
        objective = balanced(trained.learner, keep, keep - 1)
        return follow(key, trained, sources, objective, epochs=epochs, batch=batch, rate=rate)

    return Remover(remove, "neg_grad_plus", "both")


@space(
    keep=Range(0.1, 10.0, log=True, source="ours, around the 1 of Maini et al. 2024 (arXiv 2401.06121)"),
    epochs=Choice((2, 5, 10, 20), "ours"),
    rate=Range(1e-3, 0.5, log=True, source="ours"),
)
@factory
def gradient_difference(
    keep: Real = 3.0, epochs: Real = 10, batch: int = 64, rate: Real = 0.08, mean: Mean = "rows"
) -> Remover:
    r"""Climb on S while descending on D∖S, for passes over S.

    $$\min_\theta\; \lambda L_{D \setminus S}(\theta) - L_S(\theta)$$

    The direction of `neg_grad_plus` at β = λ/(1+λ), scaled by 1 + λ; the number of steps is that of S, not of D∖S.
    Differs from the public code: of a language model both means are over all tokens of a batch, where here
    rows count alike unless `mean="tokens"`.

    Args:
        keep: λ ≥ 0; 0 is gradient ascent.
        epochs: passes over S.
        batch: rows in a minibatch of each.
        rate: step size. Defaults ours, for `learners.mlp`: λ, 1 in TOFU, and the rate are medians of five tunings
            without the reference (`benchmarks/chooser.json`).
        mean: as in `neg_grad`.

    Aim: both. Guarantee: none declared. Cost: 2 epochs · |S| over the learner's epochs · n. Limits: S=∅ is the
    identity; the loss on S has no maximum, so many steps diverge. Source: Liu et al. 2022 (arXiv 2203.12817); as a
    baseline Maini et al. 2024 (arXiv 2401.06121).

    >>> gradient_difference().aims_at
    'both'
    """

    def remove(key: PRNGKeyArray, trained: Trained, rows: Rows, forget: Bool[Array, " n"]) -> Any:
        sources = named(rows, forget), rows.without(forget)
        objective = balanced(trained.learner, -1, keep, mean=mean)
        return follow(key, trained, sources, objective, epochs=epochs, batch=batch, rate=rate)

    return Remover(remove, "gradient_difference", "both")
