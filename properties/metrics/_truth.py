"""TOFU's two: the truth ratio, and forget quality, a Kolmogorov–Smirnov test on it."""

import functools
import math

import numpy as np
from jaxtyping import Float64, Int64

from ..runs.observables import RATIOS
from ._metric import ANY, Arm, Metric

_RATIOS = RATIOS.on("S")


def distance(
    first: Float64[np.ndarray, "runs rows"], second: Float64[np.ndarray, "runs rows"]
) -> Int64[np.ndarray, " runs"]:
    """Kolmogorov–Smirnov's statistic of two samples of equal size, times that size, run by run.

    Args:
        first, second: a sample in each line.

    >>> distance(np.array([[1.0, 2.0]]), np.array([[1.5, 3.0]])).tolist()
    [1]
    """
    both = np.concatenate([first, second], axis=1)
    order = both.argsort(axis=1, kind="stable")
    walk = np.where(order < first.shape[1], 1, -1).cumsum(1)
    values = np.take_along_axis(both, order, axis=1)
    # Inside a tie the two distribution functions are not compared.
    walk[:, :-1][values[:, :-1] == values[:, 1:]] = 0
    return np.abs(walk).max(1)


@functools.cache
def chance(rows: int, k: int) -> float:
    r"""P(D ≥ k/m) of two samples of m from one continuous law, exactly.

    $$2 \sum_{j \ge 1} (-1)^{j+1} \binom{2m}{m - jk} \Big/ \binom{2m}{m}$$

    Args:
        rows: m.
        k: of the statistic D = k/m.

    Source: Gnedenko and Korolyuk 1951.

    >>> chance(3, 0), chance(3, 3)
    (1.0, 0.1)
    """
    if k == 0:
        return 1.0
    # Whole numbers: the terms alternate, and a p-value of 1e-20 is to be that.
    total = sum((-1) ** (j + 1) * math.comb(2 * rows, rows - j * k) for j in range(1, rows // k + 1))
    return 2 * total / math.comb(2 * rows, rows)


def quality(
    removed: Float64[np.ndarray, "runs rows"], reference: Float64[np.ndarray, "runs rows"]
) -> Float64[np.ndarray, " runs"]:
    """Forget quality of each removed model against one reference model: the test's p-value.

    >>> quality(np.array([[1.0, 2.0, 3.0]]), np.array([[4.0, 5.0, 6.0]])).tolist()
    [0.1]
    """
    table = np.array([chance(removed.shape[1], k) for k in range(removed.shape[1] + 1)])
    return table[distance(removed, reference)]


def _quality(removed: Arm, reference: Arm, original: Arm) -> float:
    del original
    return float(quality(removed[_RATIOS], reference[_RATIOS]).mean())


def _means(arm: Arm) -> Arm:
    return {name: values.mean(1) for name, values in arm.items()}


def _difference(removed: Arm, reference: Arm, original: Arm) -> float:
    del original
    return float(removed[_RATIOS].mean() - reference[_RATIOS].mean())


TRUTH_RATIO = Metric(
    "truth-ratio", "truth-ratio",
    "Logarithm of the mean probability of the wrong labels over the probability of the given one, mean over S; "
    "removed models minus references. Differs from the public code: the mean over wrong labels is arithmetic, as in "
    "the paper, that of TOFU and open-unlearning geometric.",
    r"\mathbb{E}_{P} \overline{\log \rho} - \mathbb{E}_{R} \overline{\log \rho}, \qquad "
    r"\rho(x) = \frac{\frac{1}{c-1}\sum_{k \ne y} p_k(x)}{p_y(x)}",
    "0 at the reference; higher: the given labels are less believed than by a retrain, lower: more; both count",
    "both", ANY, (_RATIOS,), _difference, _means,
)  # fmt: skip

FORGET_QUALITY = Metric(
    "forget-quality-ks", "forget-quality-ks",
    "p-value of a Kolmogorov-Smirnov test between the truth ratios of S under one removed model and under one "
    "reference, mean over pairs of independent runs. Large with few rows, whatever the laws: read it beside its floor.",
    r"\mathbb{E}_{(\theta, \theta') \sim P \times R}\; \Pr\bigl[D_{|S|} \ge D(\rho_\theta(S), \rho_{\theta'}(S))\bigr]",
    "higher: closer to the references", "down", (0.0, 1.0), (_RATIOS,), _quality,
)  # fmt: skip
