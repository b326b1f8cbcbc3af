"""KLOM: how far the law of each row's margin is from its law under the references."""

import numpy as np
from jaxtyping import Float64

from ..runs.observables import MARGINS
from ._metric import Arm, Metric

_MARGINS = MARGINS.on("S")

BINS = 10
"""Bins of a histogram, each with about as many runs of both arms together."""


def shares(
    values: Float64[np.ndarray, "runs points"], edges: Float64[np.ndarray, "edges points"]
) -> Float64[np.ndarray, "bins points"]:
    """The share of runs in each bin, half a run added to every bin: outer bins have no end, so that none is lost.

    Args:
        values: a line for each run.
        edges: inner edges, ascending; a value on an edge is above it.

    Returns:
        `[edges + 1, points]`; each column sums to 1.

    >>> shares(np.array([[-9.0], [0.0], [9.0]]), np.array([[0.0]])).round(3).tolist()
    [[0.375], [0.625]]
    """
    runs, points = values.shape
    above = (values[:, None, :] >= edges).sum(0)
    ends = np.vstack([np.full((1, points), runs), above, np.zeros((1, points), int)])
    counts = (ends[:-1] - ends[1:]).astype(np.float64)
    return (counts + 0.5) / (runs + len(counts) / 2)


def divergences(
    removed: Float64[np.ndarray, "runs points"], reference: Float64[np.ndarray, "more points"]
) -> Float64[np.ndarray, " points"]:
    r"""KL(P ‖ R) of each point's margins, over bins that cut both arms together into tenths.

    Args:
        removed, reference: margins of P and R. The order matters: of two public codes one swaps them.

    >>> wide, narrow = np.linspace(-10, 10, 40)[:, None], np.linspace(-1, 1, 40)[:, None]
    >>> divergences(wide, narrow).round(2).tolist(), divergences(narrow, wide).round(2).tolist()
    ([1.9], [1.59])
    """
    edges = np.quantile(np.concatenate([removed, reference]), np.linspace(0, 1, BINS + 1)[1:-1], axis=0)
    p, r = shares(removed, edges), shares(reference, edges)
    return (p * np.log(p / r)).sum(0)


def _klom(removed: Arm, reference: Arm, original: Arm) -> float:
    del original
    return float(divergences(removed[_MARGINS], reference[_MARGINS]).mean())


KLOM = Metric(
    "klom", "klom",
    "Kullback-Leibler divergence of the law of a row's margin under removed models from its law under references, "
    "mean over S; histograms that lose no run. With few runs it is above 0 for equal laws: read it beside its floor.",
    r"\frac{1}{|S|}\sum_{x \in S} \mathrm{KL}\bigl(P_{m_x} \,\|\, R_{m_x}\bigr)",
    "higher: margins further from the references'", "up", (0.0, np.inf), (_MARGINS,), _klom,
)  # fmt: skip
