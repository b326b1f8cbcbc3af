"""Tests of residuals against independent N(0, 1), each of a level that is exact or larger than the chance it bounds."""

import dataclasses
import functools
import math
from collections.abc import Callable

import numpy as np
import scipy.special
from jaxtyping import Float64

SHOWN = 256
"""Coordinates, evenly spaced, kept of every run for the tests of pairs and of the shape of the law."""

TWINS, NEIGHBOURS = 8, 4
"""Runs in which coordinates are compared for being the same; neighbours of each, in the order of the first run."""

TESTS = 14
"""How many tests share the level of one look."""

_SORTED = 1 << 14
_NODES = 400
# Scores end here: right noise goes beyond once in a million values, and a residual of 0 that float32 rounded to 0 is
# no surprise. Ending them makes sums of squares smaller, and small ones no likelier.
_FAR = 5.0

NoiseRuns = Float64[np.ndarray, "runs p"]
Line = Float64[np.ndarray, " k"]
Chances = Float64[np.ndarray, "..."]
Namer = Callable[[int], str]


@dataclasses.dataclass(frozen=True)
class Finding:
    """A bound on the chance, under the declared law, of the most extreme of all that a test compared; and its words.

    >>> Finding(0.5, lambda at: at(0)).says(str)
    '0'
    """

    chance: float
    says: Callable[[Namer], str]


def scores(below: Chances, above: Chances) -> Chances:
    """Normal scores Φ⁻¹, in [−5, 5], of values with these chances of less and of more.

    >>> scores(np.array([0.5, 0.0]), np.array([0.5, 1.0])).tolist()
    [0.0, -5.0]
    """
    values = np.where(below <= above, scipy.special.ndtri(below), -scipy.special.ndtri(above))
    return np.clip(values, -_FAR, _FAR)


def lengths(residuals: NoiseRuns) -> Line:
    """The normal score of each run's squared norm, which is χ² with p degrees of freedom.

    >>> abs(lengths(np.ones((1, 3)))).round(1).tolist()
    [0.3]
    """
    squares, width = (residuals**2).sum(1), residuals.shape[1]
    return scores(scipy.special.chdtr(width, squares), scipy.special.chdtrc(width, squares))


def regularity(residuals: NoiseRuns) -> Line:
    """The normal score of the Kolmogorov distance of each run's own coordinates from N(0, 1): low where too regular.

    >>> regularity(scipy.special.ndtri(np.arange(0.5, 62) / 62)[None]).tolist()
    [-5.0]
    """
    width = residuals.shape[1]
    columns = residuals if width <= _SORTED else residuals[:, spaced(width, _SORTED)]
    values = scipy.special.ndtr(np.sort(columns, axis=1))
    count = values.shape[1]
    steps = np.arange(count + 1) / count
    gaps = np.maximum((steps[1:] - values).max(1), (values - steps[:-1]).max(1))
    beyond = np.minimum(2 * (1 - gaps) ** count, 1.0)  # exact from 1 − 1/n on, where the two sides exclude each other
    return np.where(gaps >= max(0.5, 1 - 1 / count), scores(1 - beyond, beyond), np.interp(gaps, *_kolmogorov(count)))


def magnitudes(residuals: Chances) -> Chances:
    """The normal score of each |r|: equal for copies of either sign, and for signs that change from run to run.

    >>> magnitudes(np.array([[3.0, -3.0]])).round(6).tolist()
    [[2.782175, 2.782175]]
    """
    above = 2 * scipy.special.ndtr(-abs(residuals))
    return scores(scipy.special.erf(abs(residuals) / math.sqrt(2)), above)


def moments(n: int, sums: Float64[np.ndarray, "5 p"]) -> list[Finding]:
    """Spread and mean of each coordinate and of all, and the correlations with the centre.

    Args:
        n: runs.
        sums: over runs, of r, r², the centre c less the first one, its square, and r·c.

    >>> [round(test.chance, 2) for test in moments(4, np.array([[0.0], [4.0], [0.0], [0.0], [0.0]]))][:3]
    [0.52, 1.0, 0.81]
    """
    r, rr, c, cc, rc = sums
    within, deviation, joint = np.maximum(rr - r**2 / n, 0), np.maximum(cc - c**2 / n, 0), rc - r * c / n
    means, varied = r / n, within * deviation > 0
    share = np.where(varied, joint**2 / np.where(varied, within * deviation, 1), 0.0)
    whole = math.sqrt(float(rr.sum()) / (n * r.size))
    along = float(joint.sum()) / math.sqrt(float(deviation.sum())) if varied.any() else 0.0
    spread, i = _spread(within, n - 1)
    moved, led = int(np.argmax(abs(means))), int(np.argmax(share))
    length = math.sqrt(float((means**2).sum()))
    return [
        Finding(
            spread,
            lambda at: f"published − centre at {at(i)} has spread {math.sqrt(within[i] / (n - 1)):.3g} σ, not 1",
        ),
        Finding(
            _normal(float(means[moved]) * math.sqrt(n)) * r.size,
            lambda at: f"published − centre at {at(moved)} has mean {means[moved]:.3g} σ, not 0",
        ),
        Finding(
            _spread(rr.sum(keepdims=True), n * r.size)[0],
            lambda at: f"published − centre has spread {whole:.4g} σ over all parameters, not 1",
        ),
        Finding(
            float(scipy.special.chdtrc(r.size, n * length**2)),
            lambda at: f"the mean of published − centre is {length:.3g} σ long over all parameters, not 0",
        ),
        Finding(
            _square(float(share[led]), n - 1) * r.size,
            lambda at: f"the noise at {at(led)} has correlation {math.sqrt(share[led]):.2g} with its centre",
        ),
        Finding(_normal(along), lambda at: f"the noise leans along its centre by {along:.3g} standard errors"),
    ]


def shape(residuals: NoiseRuns) -> Finding:
    """The largest gap between the law of all residuals shown and N(0, 1), by the bound of Massart (1990).

    >>> shape(np.zeros((8, 4))).chance < 1e-6
    True
    """
    values = scipy.special.ndtr(np.sort(residuals, axis=None))
    steps = np.arange(values.size + 1) / values.size
    gap = max(float((steps[1:] - values).max()), float((values - steps[:-1]).max()))
    return Finding(
        2 * math.exp(-2 * values.size * gap**2),
        lambda at: f"the law of published − centre is {gap:.3g} away from N(0, σ²) in distribution",
    )


def ties(column: Line, grain: float) -> Finding:
    r"""Whether an eighth of the gaps between the values that runs gave one coordinate are too small: draws used again.

    Gaps of n uniforms are negatively associated, each below g with chance 1 − (1 − g)ⁿ: the chance that m of them are
    is at most $\binom{n-1}{m}(1 - (1 - g)^n)^m$.

    Args:
        column: of all runs.
        grain: what rounding may have moved a value by; every gap is taken to be so much larger, on either side.

    >>> ties(np.repeat(np.arange(8.0), 4), 0.0).chance < 1e-9 < ties(np.linspace(-2, 2, 32), 0.0).chance
    True
    """
    gaps = np.diff(np.sort(scipy.special.ndtr(column)))
    count = max(2, column.size // 8)
    if gaps.size < count:
        return Finding(1.0, lambda at: "")
    gap = min(float(np.partition(gaps, count - 1)[count - 1]) + 2 * grain, 1.0)
    each = -math.expm1(column.size * math.log1p(-gap)) if gap < 1 else 1.0
    ways = math.lgamma(gaps.size + 1) - math.lgamma(count + 1) - math.lgamma(gaps.size - count + 1)
    chance = math.exp(min(ways + count * math.log(each), 0.0)) if each > 0 else 0.0
    return Finding(
        chance, lambda at: f"runs share their noise: of {column.size} runs, {count} pairs of draws are the same"
    )


def pairs(residuals: NoiseRuns, sizes: NoiseRuns, width: int) -> list[Finding]:
    """Correlations between coordinates over runs, of the noise and of its size, and between runs over coordinates.

    Args:
        residuals: residuals at the coordinates shown.
        sizes: their `magnitudes`.
        width: p.

    >>> copied = np.random.default_rng(0).normal(size=(40, 1)) * [1.0, -1.0]
    >>> [test.chance < 1e-9 for test in pairs(copied, magnitudes(copied), 2)][:2]
    [True, True]
    """
    places = spaced(width, SHOWN)

    def apart(i: int, j: int, at: Namer) -> str:
        return f"the noise at {at(places[i])} and at {at(places[j])} is not independent"

    def run(i: int, j: int, at: Namer) -> str:
        return f"runs {i} and {j} do not draw their noise independently"

    return [_correlated(residuals.T, apart), _correlated(sizes.T, apart), _correlated(residuals, run)]


def twins(residuals: NoiseRuns) -> Finding:
    """Coordinates next to each other by size in the first run: how near in the others, of all coordinates.

    >>> once = np.random.default_rng(0).normal(size=(8, 50))
    >>> twins(np.hstack([once, -once])).chance < 1e-9
    True
    """
    runs, width = residuals.shape
    sizes = magnitudes(residuals[:TWINS])
    order = np.argsort(sizes[0])
    lags = range(1, min(NEIGHBOURS, width - 1) + 1)
    if runs < 2 or not lags:
        return Finding(1.0, lambda at: "")
    apart = [((sizes[1:, order[k:]] - sizes[1:, order[:-k]]) ** 2).sum(0) for k in lags]
    lag, least = min(enumerate(apart, 1), key=lambda lag_gaps: float(lag_gaps[1].min()))
    i = int(least.argmin())
    chance = float(scipy.special.chdtr(len(sizes) - 1, least[i] / 2)) * sum(map(len, apart))
    return Finding(
        chance, lambda at: f"the noise at {at(int(order[i]))} and at {at(int(order[i + lag]))} is the same up to sign"
    )


def between(longest: Line, regular: Line) -> list[Finding]:
    """Whether norms vary from run to run as they should, and whether runs' own laws are as irregular as they should be.

    Args:
        longest: `lengths` of all runs.
        regular: `regularity` of all runs.

    >>> [test.chance < 1e-9 for test in between(np.zeros(32), np.full(32, -3.0))]
    [True, True]
    """
    n, mean = len(longest), float(regular.mean()) * math.sqrt(len(regular))
    varied = float(((longest - longest.mean()) ** 2).sum())
    alternative = "one length" if varied < n - 1 else "a scale that changes from run to run"
    law = "too regular, as permuted quantiles are" if mean < 0 else "not that of N(0, σ²)"
    return [
        Finding(_spread(np.array([varied]), n - 1)[0], lambda at: f"the noise has {alternative}"),
        Finding(_normal(mean), lambda at: f"the law of the noise inside each run is {law}"),
    ]


def spaced(width: int, most: int) -> list[int]:
    """At most so many coordinates, evenly spaced.

    >>> spaced(5, 3)
    [0, 2, 4]
    """
    return np.unique(np.linspace(0, width - 1, min(width, most)).astype(int)).tolist()


@functools.lru_cache(maxsize=64)
def _kolmogorov(count: int) -> tuple[Line, Line]:
    """Distances of so many values from their law, and the normal scores of those: exact there, 3e-4 off between."""
    from scipy.stats import kstwo  # slow to load, and few removers publish noise

    at = 0.5 / count + min(4 / math.sqrt(count), 1 - 0.5 / count) * np.linspace(0, 1, _NODES) ** 2
    law = kstwo(count)
    return at, scores(law.cdf(at), law.sf(at))


def _correlated(lines: NoiseRuns, says: Callable[[int, int, Namer], str]) -> Finding:
    count, length = lines.shape
    if count < 2 or length < 2:
        return Finding(1.0, lambda at: "")
    unit = lines / np.maximum(np.linalg.norm(lines, axis=1, keepdims=True), np.finfo(float).tiny)
    squares = np.triu((unit @ unit.T) ** 2, 1)
    i, j = divmod(int(squares.argmax()), count)
    return Finding(_square(float(squares[i, j]), length) * count * (count - 1) / 2, lambda at: says(i, j, at))


def _spread(squares: Line, freedom: int) -> tuple[float, int]:
    """Two-sided tail of χ² at the most extreme of some, for all of them; and its place."""
    low, high = int(squares.argmin()), int(squares.argmax())
    below = float(scipy.special.chdtr(freedom, squares[low]))
    above = float(scipy.special.chdtrc(freedom, squares[high]))
    return 2 * min(below, above) * squares.size, low if below < above else high


def _normal(z: float) -> float:
    """Two-sided tail of N(0, 1)."""
    return 2 * float(scipy.special.ndtr(-abs(z)))


def _square(square: float, length: int) -> float:
    """Tail of the squared correlation of a Gaussian vector with a fixed one, in so many dimensions."""
    return float(scipy.special.betainc((length - 1) / 2, 0.5, min(max(1 - square, 0.0), 1.0)))
