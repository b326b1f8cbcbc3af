"""Wrong labels for S: random ones, on all weights or on the salient ones."""

from typing import Any, Literal

import jax
import jax.numpy as jnp
import optax
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from ....formal._types import Real, Scalar
from ....formal.definitions._scenario import Rows
from ..._factory import factory
from ..._space import Choice, Range, space
from ...base import Remover, Trained
from ...learners._descent import descend
from ...learners._gradient import require_one_hot
from .._steps import balanced, follow, named, ranks, require_scores, scaled

Passes = Literal["joint", "in turn"]
"""Whether each step looks at S and at D∖S, or a pass over one follows a pass over the other."""


def relabelled(
    key: PRNGKeyArray, y: Float[Array, "n c"], forget: Bool[Array, " n"], exclude: bool
) -> Float[Array, "n c"]:
    """One-hot labels drawn uniformly, one for each row of S; the true label excluded or not.

    >>> import jax, jax.numpy as jnp
    >>> y = jnp.eye(2)
    >>> relabelled(jax.random.key(0), y, jnp.ones(2, bool), exclude=True).tolist()
    [[0.0, 1.0], [1.0, 0.0]]
    """
    classes = y.shape[1]
    uniform = jax.random.uniform(key, (len(y),))[ranks(forget)]
    if not exclude:
        return jax.nn.one_hot(jnp.floor(uniform * classes).astype(int), classes, dtype=y.dtype)
    shift = 1 + jnp.floor(uniform * (classes - 1)).astype(int)
    return jax.nn.one_hot((y.argmax(1) + shift) % classes, classes, dtype=y.dtype)


@space(
    keep=Range(0.0, 4.0, source="ours, around 1"),
    exclude=Choice((True, False), "all there are; public code draws from all classes"),
    epochs=Choice((2, 5, 10, 20), "ours; Fan et al. 2024 (arXiv 2310.12508) pass 10 times in their code"),
    rate=Range(5e-3, 1.0, log=True, source="ours; Fan et al. 2024 take 0.1 in their code"),
)
@factory
def random_label(
    keep: Real = 1.0,
    exclude: bool = True,
    epochs: Real = 10,
    batch: int = 64,
    rate: Real = 0.2,
    passes: Passes = "joint",
) -> Remover:
    r"""Descend on S with random labels, and on D∖S with the right ones.

    $$\min_\theta\; \mathrm{CE}(f_\theta(x), \tilde y) \text{ on } S + \lambda L_{D \setminus S}(\theta), \qquad
      \tilde y \sim \mathcal U\{1..c\} \setminus \{y\}$$

    Differs from the public code: it passes over S, then over D∖S, and again (`passes="in turn"`), and draws labels from
    all classes (`exclude=False`).

    Args:
        keep: λ ≥ 0; 0 leaves D∖S out.
        exclude: whether the true label is excluded from the draw. Labels are drawn once, not anew in every pass.
        epochs: passes over S.
        batch: rows in a minibatch of each.
        rate: step size. Defaults ours, for `learners.mlp`.
        passes: "joint", one batch of each in every step; "in turn", a pass over S and one over D∖S in every epoch.

    Raises:
        ValueError: when run, the learner's outputs are no class scores or the targets are not one-hot.

    Aim: unlearning. Guarantee: none declared. Cost: 2 epochs · |S| over the learner's epochs · n. Limits: S=∅ is the
    identity; S is driven to chance or below, so that S which A(D∖S) predicts is over-forgotten. Source: Golatkar et al.
    2020 (arXiv 1911.04933), Graves et al. 2021 (arXiv 2010.10981); with passes over D∖S, successive random labels.

    >>> random_label().aims_at
    'unlearning'
    """

    def remove(key: PRNGKeyArray, trained: Trained, rows: Rows, forget: Bool[Array, " n"]) -> Any:
        return _mislead(key, trained, rows, forget, keep, exclude, epochs, batch, rate, passes)

    return Remover(remove, "random_label", "unlearning")


@space(
    share=Choice((0.1, 0.3, 0.5, 0.7, 0.9, 1.0), "ours, around the half of Fan et al. 2024 (arXiv 2310.12508)"),
    keep=Range(0.0, 4.0, source="ours, around 1"),
    epochs=Choice((2, 5, 10, 20), "ours; Fan et al. 2024 pass 10 times in their code"),
    rate=Range(5e-3, 1.0, log=True, source="ours; Fan et al. 2024 take 0.1 in their code"),
)
@factory
def salun(
    share: Real = 0.5,
    keep: Real = 1.0,
    exclude: bool = True,
    epochs: Real = 10,
    batch: int = 64,
    rate: Real = 0.2,
    passes: Passes = "joint",
) -> Remover:
    r"""Random labels, on the weights that matter to S only.

    $$m = 1\{|\nabla L_S(\theta_0)| \ge \gamma\}, \qquad \theta \leftarrow \theta - \eta\, m \odot \nabla
      \big(\mathrm{CE}(f_\theta(x), \tilde y) \text{ on } S + \lambda L_{D \setminus S}(\theta)\big)$$

    Differs from the public code: as in `random_label`; and its mask cuts the number of weights down where here it is
    rounded, and ties at zero by position.

    Args:
        share: of the weights that change: γ is the quantile 1 − share of |∇L_S| over all weights, of which all that
            reach it change. 1 is `random_label`, 0 the identity.
        keep, exclude, epochs, batch, rate, passes: as in `random_label`.

    Raises:
        ValueError: share outside [0, 1]; when run, the learner's outputs are no class scores.

    Aim: unlearning. Guarantee: none declared. Cost: that of `random_label`, and one gradient on S. Limits: those of
    `random_label`; weights outside the mask keep the law they have under A(D). Source: Fan et al. 2024 (arXiv
    2310.12508), where half of the weights is the default too.

    >>> salun(share=1.5)
    Traceback (most recent call last):
    ValueError: share: 1.5 is more than 1
    """

    def remove(key: PRNGKeyArray, trained: Trained, rows: Rows, forget: Bool[Array, " n"]) -> Any:
        slope = jax.grad(trained.learner.mean_loss)(trained.params, named(rows, forget))
        return _mislead(
            key, trained, rows, forget, keep, exclude, epochs, batch, rate, passes, (scaled(salient(slope, share)),)
        )

    return Remover(remove, "salun", "unlearning")


def salient(slope: Any, share: Real) -> Any:
    """Which entries of a tree are among the given share of largest magnitude; ties at the threshold all are.

    >>> import jax.numpy as jnp
    >>> salient({"a": jnp.array([3.0, -1.0]), "b": jnp.array([-2.0, 0.0])}, 0.5)["b"].tolist()
    [True, False]
    """
    flat, rebuild = ravel_pytree(jax.tree.map(jnp.abs, slope))
    count = round(share * flat.size)
    threshold = jnp.sort(flat)[flat.size - count] if count else jnp.inf
    return jax.tree.map(lambda size: size >= threshold, rebuild(flat))


def _mislead(
    key: PRNGKeyArray,
    trained: Trained,
    rows: Rows,
    forget: Bool[Array, " n"],
    keep: Scalar,
    exclude: bool,
    epochs: Real,
    batch: int,
    rate: Scalar,
    passes: Passes,
    then: tuple[optax.GradientTransformation, ...] = (),
) -> Any:
    """SGD on random labels for S and right ones for D∖S."""
    require_scores("random_label", trained.learner)
    require_one_hot(rows)
    label_key, order_key = jax.random.split(key)
    sources = Rows(rows.x, relabelled(label_key, rows.y, forget, exclude), forget), rows.without(forget)
    joint = balanced(trained.learner, 1, keep)
    if passes == "joint":
        return follow(order_key, trained, sources, joint, epochs=epochs, batch=batch, rate=rate, then=then)
    first, second = (jnp.ceil(part.count() / batch).astype(int) for part in sources)

    def alternating(params: Any, step: Array, wrong: Rows, right: Rows) -> Array:
        on_s = step % jnp.maximum(first + second, 1) < first
        return balanced(trained.learner, jnp.where(on_s, 1.0, 0.0), jnp.where(on_s, 0.0, keep))(params, wrong, right)

    return descend(
        order_key, trained.params, sources, alternating, optimiser=optax.chain(optax.sgd(rate), *then), batch=batch,
        due=jnp.where(first > 0, jnp.ceil(epochs * (first + second)).astype(int), 0), numbered=True,
        longest=int(-(-epochs * (-(-len(forget) // batch) + 1) // 1)),
    )  # fmt: skip
