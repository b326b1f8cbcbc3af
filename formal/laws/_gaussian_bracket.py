"""H_{e^ε} of two Gaussians with different covariances, held between two discretised privacy losses.

Each whitened coordinate's log likelihood ratio Lᵢ is cut into cells of one width, the last one open above.

Below: to see only the sum of the cells' indices is post-processing, which cannot raise H; its laws under P
and Q are convolutions of the cells' masses.
Above: H = E_P[(1 − e^ε·u)₊], u = e^{−L} = ∏ᵢ uᵢ, is convex and decreasing in each uᵢ, so moving a cell's mass
to its two ends with the mean of uᵢ kept (both masses kept) raises it. Mass outside the grid counts as L = +∞.

Both errors are of second order in the width. Upper half: Doroshenko et al. 2022, 2207.04380; lower: derived.
"""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from ..closeness import Bracket
from ..closeness._bracket import Curve
from ._gaussian_ratio import Coordinate

_DEVIATIONS = 8.3  # leaves 1e-16 of each coordinate outside
_TAIL = 37.0  # P(L < −t) ≤ e^−t and Q(L > t) ≤ e^−t, and e^−37 = 1e-16
_ROUNDING = 2.0**-52

Masses = Float[np.ndarray, "..."]


@dataclass(frozen=True)
class Cells:
    """One coordinate cut at low, low + step, …: what the two bounds need of it.

    Args:
        low: lower end of the first cell.
        p: P-mass of each cell; the last cell is open above.
        tilted: Q-mass of each cell times e^{its lower end}, of the size of p and so free of underflow.
        spread: P-mass moved to the cells' ends, for the upper bound.
        infinite: P-mass outside the grid.
    """

    low: float
    p: Masses
    tilted: Masses
    spread: Masses
    infinite: float


def _range(coordinate: Coordinate, largest: float) -> tuple[float, float]:
    low, high = coordinate.span(_DEVIATIONS)
    low = max(low, -_TAIL)
    return low, max(low, min(high, largest + _TAIL))


def _cut(coordinate: Coordinate, step: float, largest: float) -> Cells:
    low, high = _range(coordinate, largest)
    edges = low + step * np.arange(math.ceil((high - low) / step) + 2)
    p, q = coordinate.cells(edges)
    over_p, over_q = coordinate.above(edges[-1:])
    under = coordinate.below(edges[:1])[0].item()
    tilted = np.append(q, over_q) * np.exp(edges)
    spread, lost = _spread(p, q, edges, step)
    return Cells(low, np.append(p, over_p), tilted, spread, under + over_p.item() + lost)


def _spread(p: Masses, q: Masses, edges: Masses, step: float) -> tuple[Masses, float]:
    """Each cell's P-mass on its two ends so that its Q-mass is kept; and the mass too small to place."""
    kept = (p > 0) & (q > 0)
    loss = np.log(np.where(kept, p, 1.0)) - np.log(np.where(kept, q, 1.0))
    placed = np.where(kept, p, 0.0)
    high = placed * np.expm1(-np.clip(loss - edges[:-1], 0.0, step)) / np.expm1(-step)
    return np.append(placed - high, 0.0) + np.append(0.0, high), float(p[~kept].sum())


def _convolve(parts: list[Masses]) -> tuple[Masses, float]:
    """The convolution of all parts, and a bound on the sum of its entries' rounding errors."""
    count = sum(len(part) - 1 for part in parts) + 1
    size = 1 << (count - 1).bit_length()
    product = np.ones(size // 2 + 1, complex)
    for part in parts:
        product *= np.fft.rfft(part, size)
    largest = max(float(np.linalg.norm(part)) for part in parts)
    error = 8 * _ROUNDING * len(parts) * math.log2(2 * size) * math.sqrt(size) * largest
    return np.maximum(np.fft.irfft(product, size)[:count], 0.0), error


def loss_curve(coordinates: list[Coordinate], largest: float, bins: int) -> Curve:
    """The bracket of H_{e^ε}(P‖Q) as a function of ε ≤ largest, from one discretisation.

    Args:
        coordinates: at least one whitened coordinate.
        largest: the greatest ε the curve will be asked for; beyond it the bracket is valid but wide.
        bins: cells over all coordinates together.

    >>> curve = loss_curve([Coordinate(1.0, 2.0), Coordinate(0.0, 0.5)], 1.0, 4096)
    >>> curve(0.5).width < 1e-4
    True
    """
    ranges = [_range(c, largest) for c in coordinates]
    step = sum(high - low for low, high in ranges) / bins
    cut = [_cut(c, step, largest) for c in coordinates]
    (p, p_error), (tilted, q_error) = _convolve([c.p for c in cut]), _convolve([c.tilted for c in cut])
    spread, spread_error = _convolve([c.spread for c in cut])
    infinite = -math.expm1(sum(math.log1p(-min(c.infinite, 1 - _ROUNDING)) for c in cut))
    losses = sum(c.low for c in cut) + step * np.arange(len(p))
    reach = step * len(cut)

    def curve(epsilon: float) -> Bracket:
        # Index sums whose loss is surely below ε are left out: leaving an event out only lowers.
        seen = losses > epsilon - reach
        below = np.maximum(p[seen] - np.exp(epsilon - losses[seen]) * tilted[seen], 0.0).sum()
        above = -(spread @ np.expm1(np.minimum(epsilon - losses, 0.0))) + infinite
        error = p_error + math.exp(reach) * q_error
        return Bracket(max(float(below) - error, 0.0), min(float(above) + spread_error, 1.0))

    return curve
