"""The hardest request on the same D: the rows of S_full that a learner memorises most."""

import dataclasses
from typing import Any, cast

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ...algorithms.base import Learner
from ...formal._numbers import real, root_seed, whole
from ...formal._types import Real
from ...formal.definitions._given import short
from ...formal.definitions._scenario import Rows, Scenario

MOST_RUNS = 4096
FEWEST = 4
"""Runs with and without a row, below which its estimate is no number."""


def hardest(
    scenario: Scenario, learner: Learner, size: int, runs: int = 64, share: Real = 0.75, seed: int = 0
) -> Scenario:
    r"""The same D and S_full, S the `size` rows of S_full that are memorised most: a bad case for removal.

    $$\mathrm{mem}(i) = \mathbb E[p_i(A(R)) \mid i \in R] - \mathbb E[p_i(A(R)) \mid i \notin R]$$

    over random subsets R of D, of which every row is a part with chance `share`, the same runs for all rows; p_i is the
    chance that the model gives row i's label, or a token of its text, and minus its loss for numbers. S is chosen by
    runs of its own; what is checked on it later are others.

    Args:
        scenario: S_full are the rows to choose from; `forget="random", full=rows` makes that all of D.
        learner: whose memory it is.
        size: |S|, at most |S_full| in D.
        runs: on subsets, at least 16.
        share: of D in a subset, in [.1, .9].
        seed: draws the subsets, and the runs.

    Returns:
        The scenario; a smaller S lies inside a larger one.

    Raises:
        ValueError: S_full has not so many rows in D; numbers out of range; too few runs with or without a row.

    Source: Feldman and Zhang 2020 (arXiv 2008.03703); forget sets of it: Zhao et al. 2024 (arXiv 2406.01257).

    >>> import neverseen as ns
    >>> s = ns.scenarios.blobs(forget="random", size=2, full=32)
    >>> int(hardest(s, ns.learners.nearest_neighbour(), 4).forget.sum())
    4
    """
    asked: tuple[tuple[str, Any, type], ...] = (("scenario", scenario, Scenario), ("learner", learner, Learner))
    for name, given, kind in asked:
        if not isinstance(cast(Any, given), kind):
            raise ValueError(f"{name}: {type(given).__name__} is no {kind.__name__}; give one")
    full = np.flatnonzero(scenario.behaviour & scenario.rows.present)
    whole("runs", runs, 16, MOST_RUNS)
    if not (real(share) and 0.1 <= share <= 0.9):
        raise ValueError(f"share: {short(share)} of D is in no subset that tells; give .1 to .9")
    if not 0 <= whole("size", size, 0) <= len(full):
        raise ValueError(f"size: S cannot have {size} of the {len(full)} rows of S_full in D; give 0 to {len(full)}")
    scores = _memorised(scenario.rows, learner, runs, float(share), root_seed(seed))[full]
    if not np.isfinite(scores).all():
        raise ValueError(f"runs: {runs} hold a row fewer than {FEWEST} times with or without; give more, or share=.5")
    forget = np.zeros(len(scenario.forget), bool)
    forget[full[np.argsort(-scores, kind="stable")[:size]]] = True
    recipe = f"ns.scenarios.hardest({scenario}, {learner}, {size}, runs={runs}, share={share}, seed={seed})"
    return dataclasses.replace(scenario, forget=jnp.asarray(forget), recipe=recipe)


def _memorised(rows: Rows, learner: Learner, runs: int, share: float, seed: int) -> Float[np.ndarray, " n"]:
    """How much more of a row is known by models that saw it; NaN where too few did, or did not."""
    pick, train = jax.random.split(jax.random.key(seed))
    inside = rows.present & jax.random.bernoulli(pick, share, (runs, len(rows.present)))

    def run(key: Array, present: Array) -> Array:
        subset = Rows(rows.x, rows.y, present)
        return _known(learner, learner.fit(key, subset).params, rows)

    known = jax.jit(lambda keys, kept: jax.lax.map(lambda one: run(*one), (keys, kept), batch_size=8))
    value, kept = np.asarray(known(jax.random.split(train, runs), inside), float), np.asarray(inside)
    value, seen = np.where(np.isfinite(value), value, 0), kept.sum(0)
    # A row that few saw, or few did not, has no estimate; those that are padding are among them.
    few = np.minimum(seen, runs - seen) < FEWEST
    with_it, without = (value * kept).sum(0) / np.maximum(seen, 1), (value * ~kept).sum(0) / np.maximum(runs - seen, 1)
    return np.where(few, np.nan, with_it - without)


def _known(learner: Learner, params: Any, rows: Rows) -> Float[Array, " n"]:
    """How well a model knows each row: the chance of its label, that of a token of it, or minus its loss."""
    outputs, losses = learner.apply(params, rows.x), learner.row_losses(params, rows)
    if learner.tokens is not None:
        return jnp.exp(-losses)
    if learner.logits and outputs.ndim == 2 and outputs.shape[-1] > 1 and jnp.shape(rows.y) == outputs.shape:
        return (jax.nn.softmax(outputs) * rows.y).sum(-1)
    return -losses
