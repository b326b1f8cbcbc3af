"""Distributional unlearning: select the rows of S that part the two laws most, delete them, train again."""

import difflib
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from ....formal._types import Real
from ....formal.definitions._scenario import Rows
from ....formal.distributional._selection import RULES, Rule, random, select
from ..._factory import factory
from ..._space import Choice, space
from ...base import Remover, Trained

Hidden = Callable[[Any, Array], Array]


@space(
    rule=Choice((*RULES, "random"), "all there are"),
    share=Choice((0.25, 0.5, 0.75, 1.0), "ours"),
)
@factory
def distributional(rule: str = "distance", share: Real = 0.5, hidden: Hidden | None = None) -> Remover:
    r"""Delete the share of S that a rule puts first, and train again on all that is left.

    $$S' = \text{the } f \text{ rows of } S \text{ with the largest } \mathrm{score}(x; S, D \setminus S_{full}), \quad
      f = \mathrm{round}(\text{share} \cdot |S|), \qquad \theta \leftarrow A(D \setminus S')$$

    S is the sample of the unwanted law p₁, D∖S_full that of the law p₂ to keep. The published setting has S = S_full:
    the two samples come separated, and S_full must be known to separate them.

    Args:
        rule: one of `formal.selection.RULES`, or "random".
        share: of S that is deleted, in [0, 1].
        hidden: `(params, x) -> units [n, d]` that the rule looks at, such as `layers.features`; the inputs themselves
            when left out.

    Returns:
        The remover. Its model is NaN where compiled code finds that the rule has no value: a Mahalanobis rule on
        coordinates that determine one another.

    Raises:
        ValueError: an unknown rule, a share out of range.

    Aim: unlearning, for which it deletes *less* than S. Guarantee: none declared. Cost: one training run, and the
    scores. Limits: share=1 is `retrain` run by run; share=0 trains anew on D. Source: arXiv 2507.15112 (rules
    second-hand), and arXiv 2609.38929 for the likelihood ratio.

    >>> distributional("likelihood-ratio", share=0.25)
    distributional(likelihood-ratio, share=0.25)
    >>> distributional("distance", share=1.5)
    Traceback (most recent call last):
    ValueError: share: 1.5 is more than 1
    """
    _known(rule)

    def remove(
        key: PRNGKeyArray, trained: Trained, rows: Rows, forget: Bool[Array, " n"], *, behaviour: Bool[Array, " n"]
    ) -> Trained:
        forget_set, retain_set = rows.only(forget).present, rows.without(behaviour | forget).present
        x = rows.x.reshape(len(rows.x), -1) if hidden is None else hidden(trained.params, rows.x)
        scores = _rule(rule, key)(x, x, forget_set, retain_set)
        gone = select(scores, jnp.round(share * forget_set.sum()).astype(int), forget_set)
        model = trained.learner.fit(key, rows.without(gone))
        return Trained(_unless(_undefined(scores, forget_set), model.params), model.record, model.learner)

    return Remover(remove, f"distributional({rule}, share={share:g})", "unlearning", needs=("behaviour",))


def _known(rule: str) -> None:
    names = [*RULES, "random"]
    if rule not in names:
        near = difflib.get_close_matches(rule, names, 1, 0)[0]
        raise ValueError(f"rule: {rule!r} is unknown; did you mean {near!r}? known: {', '.join(names)}")


def _rule(name: str, key: PRNGKeyArray) -> Rule:
    # Training takes the key as it is, so that deleting all of S is `retrain`, run by run.
    return random(jax.random.fold_in(key, 1)) if name == "random" else RULES[name]


def _undefined(scores: Float[Array, " n"], forget_set: Bool[Array, " n"]) -> Bool[Array, ""]:
    return (jnp.isnan(scores) & forget_set).any()


def _unless(bad: Bool[Array, ""], params: Any) -> Any:
    return jax.tree.map(lambda w: jnp.where(bad, jnp.nan, w) if jnp.issubdtype(w.dtype, jnp.inexact) else w, params)
