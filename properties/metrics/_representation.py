"""Representations of S below the last layer: one similarity of geometry, one of neighbourhoods."""

import numpy as np
from jaxtyping import Float64

from ..runs.observables import UNITS
from ._metric import Arm, Metric

NEIGHBOURS = 4
"""Neighbours of a row that are compared; fewer where S has fewer rows."""

Units = Float64[np.ndarray, "runs rows units"]
Grams = Float64[np.ndarray, "runs rows rows"]

_UNITS = UNITS.on("S")
_CLOSER = "lower: further from the references; two references are not alike either, see the floor"


def gram(units: Units) -> Grams:
    """HKH/‖HKH‖ of the linear kernel K, H removing the mean over rows; zeros where all rows are alike.

    >>> gram(np.array([[[0.0], [2.0]]])).tolist()
    [[[0.5, -0.5], [-0.5, 0.5]]]
    """
    centred = units - units.mean(1, keepdims=True)
    kernel = centred @ centred.transpose(0, 2, 1)
    norm = np.sqrt((kernel**2).sum((1, 2), keepdims=True))
    return np.divide(kernel, norm, out=np.zeros_like(kernel), where=norm > 0)


def neighbours(units: Units) -> Grams:
    """1/k where row j is among the k nearest others of row i, by Euclidean distance, k = min(4, rows − 1).

    >>> neighbours(np.arange(6.0).reshape(1, 6, 1) ** 2)[0, 0].tolist()
    [0.0, 0.25, 0.25, 0.25, 0.25, 0.0]
    """
    squares = (units**2).sum(-1)
    apart = squares[:, :, None] + squares[:, None, :] - 2 * units @ units.transpose(0, 2, 1)
    rows = units.shape[1]
    apart[:, np.arange(rows), np.arange(rows)] = np.inf
    k = min(NEIGHBOURS, rows - 1)
    nearest = apart.argsort(axis=2, kind="stable")[:, :, :k]
    weights = np.zeros_like(apart)
    np.put_along_axis(weights, nearest, 1 / max(k, 1), axis=2)
    return weights


def _grams(arm: Arm) -> Arm:
    return {_UNITS: gram(arm[_UNITS])}


def _neighbours(arm: Arm) -> Arm:
    return {_UNITS: neighbours(arm[_UNITS])}


def _aligned(removed: Arm, reference: Arm, original: Arm) -> float:
    """⟨K, L⟩ of normalised kernels: 1 where they are equal."""
    del original
    return float(np.einsum("rij,rij->r", removed[_UNITS], reference[_UNITS]).mean())


def _overlap(removed: Arm, reference: Arm, original: Arm) -> float:
    """The share of common neighbours."""
    del original
    p, r = removed[_UNITS], reference[_UNITS]
    return float(np.minimum(p, r).sum(2).mean())


CKA = Metric(
    "cka", "representation-similarity",
    "Linear centred kernel alignment of the units below the last layer on S, one removed model with one reference, "
    "mean over pairs of independent runs: all pairs of rows at once, ruled by the directions of largest variance.",
    r"\mathbb{E}_{(\theta, \theta') \sim P \times R}\; "
    r"\frac{\langle HKH, HLH \rangle}{\|HKH\|\,\|HLH\|}, \qquad K = Z_\theta Z_\theta^\top,\; "
    r"L = Z_{\theta'} Z_{\theta'}^\top",
    _CLOSER, "down", (0.0, 1.0), (_UNITS,), _aligned, _grams,
)  # fmt: skip

NEIGHBOUR_OVERLAP = Metric(
    "neighbour-overlap", "representation-similarity",
    "Share of each row's nearest other rows of S that it keeps in a reference, by the units below the last layer, mean "
    "over S and over pairs of independent runs: ranks of distances close by, whatever the variance far off.",
    r"\mathbb{E}_{(\theta, \theta') \sim P \times R}\; \frac{1}{|S|}\sum_{x \in S} "
    r"\frac{|N_k^\theta(x) \cap N_k^{\theta'}(x)|}{k}",
    _CLOSER, "down", (0.0, 1.0), (_UNITS,), _overlap, _neighbours,
)  # fmt: skip
