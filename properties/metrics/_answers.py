"""What a model says of a row as a number in [0, 1], and how much each block of rows counts."""

import dataclasses
from collections.abc import Sequence

import jax
import numpy as np
from jaxtyping import Float64

from ...algorithms.base import Learner
from ...algorithms.programs._programs import trace
from ...formal.definitions._scenario import Scenario
from ..runs._eval_sets import GRADED
from ..runs.observables import CHANCES, LOSSES, Observable

CHANCE = "the chance of the given label"
"""What stands between 0 and 1 where there are class scores."""

BEHAVIOUR_SIDE = GRADED[:3]
"""The rows that a remover is to change its mind about; the others are those that it is not."""


def answer_of(learner: Learner, scenario: Scenario) -> Observable:
    """What is looked at: the chance of the given label where there are class scores, the loss where there are none.

    Args:
        learner, scenario: whose models, and on which rows.

    >>> import neverseen as ns
    >>> scenario = ns.scenarios.figure1()
    >>> answer_of(ns.learners.ridge(), scenario), answer_of(ns.learners.ridge(logits=False), scenario)
    (chance of the given label, losses)
    """
    if not learner.logits:
        return LOSSES
    params = trace(learner.fit, jax.random.key(0), scenario.rows).shapes.params
    return CHANCES if jax.eval_shape(learner.apply, params, scenario.rows.x).shape[-1] > 1 else LOSSES


@dataclasses.dataclass(frozen=True)
class Scale:
    r"""How answers become numbers in [0, 1]: chances are, a loss ℓ is taken as 1/(1 + e^{−(ℓ−m)/s}).

    Args:
        middle, size: m and s; None of chances.
        answer: what is taken so, in words.

    >>> Scale(None, None).words, Scale(2.0, 1.0).of(np.array([[2.0, np.inf]])).tolist()
    ('the chance of the given label', [[0.5, 1.0]])
    """

    middle: float | None
    size: float | None
    answer: str = "loss ℓ"

    @property
    def words(self) -> str:
        """What stands between 0 and 1."""
        if self.size is None:
            return CHANCE
        return f"the {self.answer} as 1/(1 + exp(−({self.answer[-1]} − {self.middle:.3g})/{self.size:.3g}))"

    def of(self, values: Float64[np.ndarray, "_ _"]) -> Float64[np.ndarray, "_ _"]:
        """Answers on this scale; what is NaN stays NaN."""
        if self.middle is None or self.size is None:
            return values
        with np.errstate(over="ignore"):  # e^∞ is a loss of 0
            return 1 / (1 + np.exp(-(values - self.middle) / self.size))


CHANCES_AS_THEY_ARE = Scale(None, None)


def scale_of(reference: Float64[np.ndarray, "_ _"], losses: bool) -> Scale:
    """The scale that references fix: m their median and s their interquartile range, so that they fill the middle.

    Args:
        reference: what references say of a block, `[runs, rows]`.
        losses: whether these are losses.

    >>> scale_of(np.array([[1.0], [2.0], [3.0]]), True)
    Scale(middle=2.0, size=1.0, answer='loss ℓ')
    """
    if not losses:
        return CHANCES_AS_THEY_ARE
    known = reference[np.isfinite(reference)]
    low, middle, high = np.quantile(known, (0.25, 0.5, 0.75)) if known.size else (0.0, 0.0, 1.0)
    size = float(high - low) or float(abs(known - middle).max(initial=0.0)) or 1.0
    return Scale(float(middle), size)


COLUMN_BY_COLUMN = (
    "each column v as 1/(1 + exp(−(v − m)/s)), m the median and s the interquartile range of its references"
)
"""What stands between 0 and 1 where columns have nothing in common."""


def column_by_column(
    reference: Float64[np.ndarray, "_ k"], values: Float64[np.ndarray, "_ k"]
) -> Float64[np.ndarray, "_ k"]:
    """Values of columns that have no unit in common, each on the scale that references fix for it alone.

    Args:
        reference: what references say, `[runs, k]`.
        values: of an arm.

    >>> column_by_column(np.array([[1.0, 10.0], [2.0, 20.0], [3.0, 30.0]]), np.array([[2.0, 20.0]])).tolist()
    [[0.5, 0.5]]
    """
    finite = np.isfinite(reference)
    ordered, last = np.sort(np.where(finite, reference, np.inf), axis=0), np.maximum(finite.sum(0) - 1, 0)
    ordered[0, ~finite.any(0)] = 0.0
    low, middle, high = (_between(ordered, share * last) for share in (0.25, 0.5, 0.75))
    widest = np.where(finite, abs(np.where(finite, reference, 0.0) - middle), 0.0).max(0)
    size = np.where(high > low, high - low, np.where(widest > 0, widest, 1.0))
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-(values - middle) / size))


def _between(ordered: Float64[np.ndarray, "_ k"], place: Float64[np.ndarray, " k"]) -> Float64[np.ndarray, " k"]:
    """The value at a place of each column, linear between its neighbours."""
    below, above = (np.take_along_axis(ordered, end(place).astype(np.int64)[None], 0)[0] for end in (np.floor, np.ceil))
    return below + (place - np.floor(place)) * (above - below)


def block_weights(blocks: Sequence[str]) -> dict[str, float]:
    """Both sides weigh the same, and within one its blocks; a side without any leaves all to the other.

    >>> block_weights(["S", "fresh behaviour", "rest of D"])
    {'S': 0.25, 'fresh behaviour': 0.25, 'rest of D': 0.5}
    """
    sides = [[b for b in blocks if (b in BEHAVIOUR_SIDE) == behaviour] for behaviour in (True, False)]
    there = [side for side in sides if side]
    return {block: 1 / (len(there) * len(side)) for side in there for block in side}
