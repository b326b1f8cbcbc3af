"""The forgetting-quality score of the NeurIPS 2023 challenge, corrected."""

import numpy as np
from jaxtyping import Float64, Int64

from ..runs.observables import RATIOS
from ._metric import Arm, Metric
from ._resample import bounds

CUTS = 16
"""Cuts on the line of a row's truth ratio; events are the intervals between any two, and their complements."""

DELTA = 1e-5
"""δ of the challenge."""

WIDTH = 0.5
"""Width of a bucket of ε: each one further halves the points."""

_RATIOS = RATIOS.on("S")


def counts(
    values: Float64[np.ndarray, "runs rows"], cuts: Float64[np.ndarray, "cuts rows"]
) -> Int64[np.ndarray, "events rows"]:
    """How many runs lie in each event: between any two cuts, the ends of the line included, and outside of them.

    >>> counts(np.array([[0.0], [1.0], [2.0]]), np.array([[0.5]]))[:, 0].tolist()
    [1, 3, 2, 2, 0, 1]
    """
    below = (values[:, None, :] < cuts).sum(0)
    ends = np.vstack([np.zeros_like(below[:1]), below, np.full_like(below[:1], len(values))])
    start, stop = np.triu_indices(len(ends), 1)
    inside = ends[stop] - ends[start]
    return np.concatenate([inside, len(values) - inside])


def epsilon(
    numerator: Float64[np.ndarray, "..."], denominator: Float64[np.ndarray, "..."]
) -> Float64[np.ndarray, "..."]:
    """ln((p − δ)/q), and 0 where that is less.

    >>> epsilon(np.array([1.0, 0.5]), np.array([0.5, 1.0])).round(2).tolist()
    [0.69, 0.0]
    """
    return np.maximum(0.0, np.log(np.maximum(numerator - DELTA, 1e-300) / denominator))


def held_out(
    choosing: tuple[Float64[np.ndarray, "n rows"], Float64[np.ndarray, "n rows"]],
    judging: tuple[Float64[np.ndarray, "m rows"], Float64[np.ndarray, "m rows"]],
) -> Float64[np.ndarray, " rows"]:
    """A lower bound of each row's ε: the event is chosen on some runs of both arms and judged on others.

    Args:
        choosing, judging: truth ratios under removed and reference models.

    >>> far = np.arange(256.0)[:, None]
    >>> held_out((far, far + 999), (far, far + 999)).round(1).tolist(), held_out((far, far), (far, far)).tolist()
    ([4.1], [0.0])
    """
    cuts = np.quantile(np.concatenate(choosing), np.linspace(0, 1, CUTS + 2)[1:-1], axis=0)
    p, r = ((counts(arm, cuts) + 0.5) / (len(arm) + 1) for arm in choosing)
    best = np.concatenate([epsilon(p, r), epsilon(r, p)]).argmax(0)
    event, reverse = best % len(p), best >= len(p)
    p, r = (counts(arm, cuts)[event, np.arange(len(event))] for arm in judging)
    runs = len(judging[0])
    return epsilon(bounds(np.where(reverse, r, p), runs)[0], bounds(np.where(reverse, p, r), runs)[1])


def points(epsilons: Float64[np.ndarray, " rows"]) -> float:
    """1 for ε < ½, ½ for ε < 1, ¼ for ε < 1½, …; the mean over rows.

    >>> points(np.array([0.0, 0.7]))
    0.75
    """
    return float((0.5 ** np.floor(epsilons / WIDTH)).mean())


def _score(removed: Arm, reference: Arm, original: Arm) -> float:
    del original
    p, r = removed[_RATIOS], reference[_RATIOS]
    halves = [slice(0, None, 2), slice(1, None, 2)]
    ways = (halves, halves[::-1])
    scores = [points(held_out((p[fit], r[fit]), (p[judge], r[judge]))) for fit, judge in ways]
    return float(np.mean(scores))


FORGETTING_QUALITY = Metric(
    "forgetting-quality", "forgetting-quality",
    "Points for each row of S by its ε at δ = 1e-5, mean over S. The event is chosen on half of the runs and judged on "
    "the other half (and the reverse) by Clopper-Pearson bounds, so that each ε is a lower bound at 95 %; laws without "
    "spread are compared like others, and both orders of the arms count. Differs from the public code: it takes the "
    "largest of some 10⁵ plug-in ε on the same runs, and so gives a retrain a fifth of the points, discards events "
    "with a count of 0, fails in an assertion where several survive, and multiplies by a factor for utility, which "
    "retain-gap and test-gap have.",
    r"\frac{1}{|S|}\sum_{x \in S} 2^{-\lfloor 2 \hat\varepsilon_x \rfloor}, \qquad "
    r"\hat\varepsilon_x = \ln\frac{(p^- - \delta)_+}{q^+}",
    "1 where no row is told from a retrain; lower: removed models are told from references", "down", (0.0, 1.0),
    (_RATIOS,), _score,
)  # fmt: skip
