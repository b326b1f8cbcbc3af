"""Distillation on S to what a model says there itself, with the given label put down or left out."""

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from ....formal._types import Real, Scalar
from ....formal.definitions._scenario import Rows
from ..._factory import factory
from ..._space import Choice, Range, space
from ...base import Learner, Remover, Trained
from .._predictions import by_row, given
from .._steps import follow, mean_of, named


def apart(method: str, learner: Learner, params: Any, teacher: Any, rows: Rows, strength: Scalar) -> Float[Array, ""]:
    r"""The mean cross-entropy to a teacher's outputs, whose given label has its score lowered; ∞ leaves it out.

    $$-\sum_c t_c \log f_\theta(x)_c, \qquad t = \mathrm{softmax}(z - \gamma 1_y)$$

    >>> import jax.numpy as jnp, neverseen as ns
    >>> rows = Rows(jnp.zeros((1, 1)), jnp.array([[0.0, 1.0]]), jnp.ones(1, bool))
    >>> scores = jnp.log(jnp.array([[0.1, 0.2], [0.1, 0.2]]))
    >>> learner = ns.learners.logistic()
    >>> round(float(jnp.exp(-apart("delete", learner, scores, scores, rows, jnp.inf))), 4)
    0.3333
    """
    said = learner.apply(teacher, rows.x)
    target = jax.lax.stop_gradient(jax.nn.softmax(said - jnp.where(given(method, learner, rows, said), strength, 0)))
    each = -(target * jax.nn.log_softmax(learner.apply(params, rows.x))).sum(-1)
    return mean_of(by_row(learner, each, rows), rows)


@space(
    strength=Range(1.0, 30.0, log=True, source="ours, around the 10 of public code"),
    keep=Range(0.0, 4.0, source="ours; 0, as published, leaves D∖S out"),
    epochs=Choice((5, 10, 20, 40), "ours, around the 10 of public code"),
    rate=Range(1e-3, 1.0, log=True, source="ours"),
)
@factory
def undial(strength: Real = 10.0, keep: Real = 0.0, epochs: Real = 10, batch: int = 64, rate: Real = 0.2) -> Remover:
    r"""Self-distillation on S to the original's outputs with the given label's score lowered.

    $$\min_\theta\; \mathbb E_S\, \mathrm{CE}\big(\mathrm{softmax}(f_{\theta_0}(x) - \gamma 1_y), f_\theta(x)\big)
      + \lambda L_{D \setminus S}(\theta)$$

    The least is known beforehand, so that no number of steps diverges: the odds of the label are those of the original
    times e^−γ, the other classes among themselves as before. Of texts it is so token by token. Differs from the public
    code: of a language model its mean is over all tokens of a batch, those of padding too, where here rows count alike.

    Args:
        strength: γ ≥ 0; 0 is the identity where λ is 0, and γ → ∞ is `delete`.
        keep: λ ≥ 0; 0, as published, leaves D∖S out.
        epochs: passes over S.
        batch: rows in a minibatch of each.
        rate: step size. γ, λ and the epochs are those of public code, the rate is ours, for `learners.mlp`.

    Raises:
        ValueError: when run, the learner reads no texts and declares no class scores, or its targets are not one-hot.

    Aim: both. Guarantee: none declared. Cost: 3 epochs · |S| over the learner's epochs · n. Limits: S=∅ is the
    identity; a label that is surer than γ nats keeps most of its chance; with λ = 0 nothing holds what D∖S taught.
    Source: Dong et al. 2025 (arXiv 2402.10052).

    >>> undial().aims_at
    'both'
    """

    def remove(key: PRNGKeyArray, trained: Trained, rows: Rows, forget: Bool[Array, " n"]) -> Any:
        learner = trained.learner

        def objective(params: Any, away: Rows, retain_batch: Rows) -> Float[Array, ""]:
            gap = apart("undial", learner, params, trained.params, away, strength)
            return gap + keep * learner.mean_loss(params, retain_batch)

        sources = named(rows, forget), rows.without(forget)
        return follow(key, trained, sources, objective, epochs=epochs, batch=batch, rate=rate)

    return Remover(remove, "undial", "both")


@space(
    epochs=Choice((5, 10, 20, 40), "ours, around the 20 of Zhou et al. 2025 (arXiv 2503.23751)"),
    rate=Range(1e-3, 1.0, log=True, source="ours; Zhou et al. 2025 take 0.0001 in their code"),
)
@factory
def delete(epochs: Real = 20, batch: int = 64, rate: Real = 0.1) -> Remover:
    r"""Decoupled distillation to erase: on S the original's outputs without the given class, and nothing of D∖S.

    $$\min_\theta\; \mathbb E_S\, \mathrm{KL}(t \,\|\, f_\theta(x)), \qquad
      t = \mathrm{softmax}(f_{\theta_0}(x) - \infty\, 1_y)$$

    The class loses all of its chance, and the others keep theirs among themselves. Differs from the public code: its
    SGD has a momentum of nine tenths, here none.

    Args:
        epochs: passes over S.
        batch: rows in a minibatch.
        rate: step size. The epochs are the authors', the rate is ours, for `learners.mlp`.

    Raises:
        ValueError: when run, the learner reads no texts and declares no class scores, or its targets are not one-hot.

    Aim: unlearning, of a class. Guarantee: none declared. Cost: 2 epochs · |S| over the learner's epochs · n. Limits:
    S=∅ is the identity; S which A(D∖S) predicts is over-forgotten; with two classes S gets the other label. Source:
    Zhou et al. 2025 (arXiv 2503.23751).

    >>> delete().aims_at
    'unlearning'
    """
    return _without_label("delete", True, epochs, batch, rate)


@space(
    epochs=Choice((2, 5, 10, 20), "ours"),
    rate=Range(1e-3, 1.0, log=True, source="ours"),
)
@factory
def ce_u(epochs: Real = 10, batch: int = 64, rate: Real = 0.05) -> Remover:
    r"""Cross-entropy unlearning: on S the model's own outputs of now without the given label, and nothing of D∖S.

    $$\nabla_\theta \mathbb E_S\, \mathrm{CE}\big(\bar t, f_\theta(x)\big)
      = -\mathbb E_S \frac{\pi_\theta}{1 - \pi_\theta} \nabla \ell_\theta, \qquad
      t = \mathrm{softmax}(f_\theta(x) - \infty\, 1_y)$$

    Barred, t is a number to the gradient. The first step is that of `delete`, whose teacher stays the original; each is
    ascent by the odds of the label, which are large while the model is sure of it and fade with it. Differs from the
    public code: of a language model it leaves out the first token of an answer, and its mean is over all tokens of a
    batch, where here rows count alike.

    Args:
        epochs: passes over S.
        batch: rows in a minibatch.
        rate: step size. Defaults ours, for `learners.mlp`.

    Raises:
        ValueError: when run, the learner reads no texts and declares no class scores, or its targets are not one-hot.

    Aim: unlearning. Guarantee: none declared. Cost: 2 epochs · |S| over the learner's epochs · n. Limits: S=∅ is the
    identity; S which A(D∖S) predicts is over-forgotten; nothing holds what D∖S taught. Source: Yang 2025 (arXiv
    2503.01224).

    >>> ce_u().aims_at
    'unlearning'
    """
    return _without_label("ce_u", False, epochs, batch, rate)


def _without_label(name: str, original: bool, epochs: Real, batch: int, rate: Scalar) -> Remover:
    def remove(key: PRNGKeyArray, trained: Trained, rows: Rows, forget: Bool[Array, " n"]) -> Any:
        def objective(params: Any, away: Rows) -> Float[Array, ""]:
            teacher = trained.params if original else params
            return apart(name, trained.learner, params, teacher, away, jnp.inf)

        return follow(key, trained, (named(rows, forget),), objective, epochs=epochs, batch=batch, rate=rate)

    return Remover(remove, name, "unlearning")
