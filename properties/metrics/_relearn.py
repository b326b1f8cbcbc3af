"""Relearn time: how many steps on S bring a model back to where the originals stand."""

import numpy as np
from jaxtyping import Float64

from ..runs.observables import RELEARNING, RELEARNING_RATE, RELEARNING_STEPS
from ._metric import Arm, Metric

SLACK = 0.1
"""A model has relearnt once its loss exceeds the originals' median by at most this share."""

_CURVES = RELEARNING.on("S")


def steps(curves: Float64[np.ndarray, "runs steps"], target: float) -> Float64[np.ndarray, " runs"]:
    """The first step at which each curve is at or below the target; one past the last where it never is.

    Args:
        curves: the loss on S after 0, 1, 2, … steps.
        target: to be reached.

    >>> steps(np.array([[3.0, 2.0, 1.0], [3.0, 3.0, 3.0]]), 2.0).tolist()
    [1.0, 3.0]
    """
    reached = curves <= target
    return np.where(reached.any(1), reached.argmax(1), curves.shape[1]).astype(float)


def _time(removed: Arm, reference: Arm, original: Arm) -> float:
    del reference
    target = (1 + SLACK) * float(np.median(original[_CURVES][:, 0]))
    return float(steps(removed[_CURVES], target).mean())


RELEARN_TIME = Metric(
    "relearn-time", "relearn-time",
    f"Mean number of gradient steps on S (full batch, size {RELEARNING_RATE:g}) until the loss there is within "
    f"{100 * SLACK:.0f} % of the originals' median; {RELEARNING_STEPS + 1} where {RELEARNING_STEPS} are not enough. "
    "Anchors: fresh retrains (the floor) and originals (do-nothing).",
    r"\mathbb{E}_{P}\, \min\{t : L_S(\theta_t) \le (1 + a)\,\mathrm{med}_{O} L_S(\theta)\}",
    "lower than the floor: S was hidden rather than removed; higher: more than a retrain has to learn; both count",
    "both", (0.0, RELEARNING_STEPS + 1.0), (_CURVES,), _time, original=True,
)  # fmt: skip
