"""Whether a model answers each row by itself: what stands beside it in the batch must not move its output."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ...algorithms.base import Learner
from ...algorithms.programs._traced import traced
from ...formal.definitions._scenario import Rows
from ._quick import Quick
from ._trial import permuted, refilled

BATCH_MATES = 4
"""Rows whose outputs are compared, and so many stand beside them."""

_SAME = 1e-4
"""Outputs closer than this, relative to the largest, are one."""


def require_own_answers(learner: Learner, params: Any, rows: Rows) -> None:
    """Refuse a learner whose output for a row depends on the rows beside it, such as batch moments at evaluation.

    Views, metrics and removers read a model on sets of rows that differ in size and company: what it says of a row
    would be a property of the set.

    Args:
        learner: the learner.
        params: of a model of it.
        rows: of which the first few present ones are looked at, once beside others and once beside changed ones.

    Raises:
        ValueError: an output moved.

    >>> rows = Rows(jnp.arange(8.0)[:, None], jnp.zeros(8), jnp.ones(8, bool))
    >>> centred = Learner(print, lambda params, x: x - x.mean(0), lambda z, y: z[:, 0], name="centred")
    >>> require_own_answers(centred, (), rows)
    Traceback (most recent call last):
    ValueError: learner centred: its output for a row depends on the rows beside it; ...
    """
    moved = moved_by_others(learner, params, rows)
    if moved > _SAME:
        raise ValueError(
            f"learner {learner}: its output for a row depends on the rows beside it; evaluate with running statistics, "
            "as flax_module does, or with none of the batch"
        )


def moved_by_others(learner: Learner, params: Any, rows: Rows) -> float:
    """By how much outputs move when the rows beside them change, relative to the largest output; 0 for a single row.

    Args:
        learner, params, rows: as in `require_own_answers`.

    >>> rows = Rows(jnp.arange(8.0)[:, None], jnp.zeros(8), jnp.ones(8, bool))
    >>> moved_by_others(Learner(print, lambda params, x: 2 * x, lambda z, y: z[:, 0]), (), rows)
    0.0
    """
    here = np.flatnonzero(np.asarray(rows.present))[: 2 * BATCH_MATES]
    half = here.size // 2
    if not half:
        return 0.0
    x = permuted(rows.x, here)
    other = refilled(Rows(x, jnp.asarray(np.zeros(here.size)), jnp.asarray(np.arange(here.size) < half))).x
    apply = Quick(lambda params, x: learner.apply(params, x))
    with traced(f"learner {learner}"):
        pairs = [[np.asarray(a, float)[:half] for a in jax.tree.leaves(apply(params, each))] for each in (x, other)]
    return max((_apart(a, b) for a, b in zip(*pairs, strict=True)), default=0.0)


def _apart(a: np.ndarray, b: np.ndarray) -> float:
    differ = ~((a == b) | (np.isnan(a) & np.isnan(b)))
    if not differ.any():
        return 0.0
    with np.errstate(invalid="ignore"):
        share = np.abs(a - b)[differ].max() / max(np.abs(a).max(), np.abs(b).max())
    return float(share) if np.isfinite(share) else float("inf")
