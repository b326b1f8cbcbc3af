"""Whether a declared output noise is there: what the coupling route needs, tested on the very runs it uses."""

import math
from collections.abc import Callable
from typing import Any

import jax
import numpy as np
import scipy.special
from jaxtyping import Float64

LEVEL = 1e-9
"""Bound on the probability that right noise is ever called wrong, over all runs, coordinates and tests of one arm."""

SHOWN = 256
"""Coordinates, evenly spaced, kept of every run for the tests of pairs and of the shape of the law."""

TWINS = 8
"""Runs in which coordinates are compared for being the same."""

_TESTS = 9
_MENDED = {
    "removed": "mend its noise, or drop `centre` from the remover",
    "reference": "mend its noise, or drop `noise` from the learner",
}

Runs = Float64[np.ndarray, "runs p"]
Namer = Callable[[int], str]
Test = tuple[np.ndarray, Callable[[int, Namer], str]]
"""The chances of what was seen under the declared law, and what to say of the least."""


def flattened(params: Any) -> Runs:
    """All parameters of every run in a line, in double precision.

    Args:
        params: pytree with a leading axis of runs.

    >>> flattened({"a": np.zeros((3, 2, 2)), "b": np.ones((3, 1))}).shape
    (3, 5)
    """
    leaves = [np.asarray(leaf, np.float64) for leaf in jax.tree.leaves(params)]
    return np.concatenate([leaf.reshape(len(leaf), -1) for leaf in leaves], 1)


class Residuals:
    """The residuals r = (published − centre) / σ of one arm, which must be independent N(0, 1).

    After every block, on all runs so far: the spread and the mean of each coordinate; the spread of all together; the
    shape of the law; correlations between coordinates, between runs (a shared noise vector has correlation 1) and with
    the centre, by coordinate and along its deviations; coordinates that repeat each other. Each level holds exactly for
    ideal noise, and together they sum to 1e-9. What so many runs cannot tell from N(0, 1) passes: a σ a few per cent
    off in one coordinate, a dependence on the seed without a linear trace.

    A noise that is declared and not there is bad input, an error and no verdict: it says nothing about the claim, and
    to go on without it would be to answer by another route than the one that was asked for. A run whose centre is not
    finite is left out, for its distance counts as the term 1.

    Args:
        arm: "removed" or "reference", for messages.
        sigma: the declared σ.

    >>> rng, noise, centres = np.random.default_rng(0), Residuals("removed", 0.5), np.zeros((32, 3))
    >>> noise.see(centres + 0.5 * rng.normal(size=(32, 3)), centres)
    >>> bare = Residuals("removed", 0.5)
    >>> bare.see(centres + 0.5 * rng.normal(size=(32, 3)) * [1, 0, 1], centres)
    Traceback (most recent call last):
    ValueError: removed models: published − centre at params[1] has spread 0 σ, not 1 (32 runs); mend its noise, or \
drop `centre` from the remover
    """

    def __init__(self, arm: str, sigma: float) -> None:
        self.arm, self.sigma = arm, sigma
        self.runs = self.looks = 0
        self._sums = np.zeros((5, 1))
        self._start = np.zeros(1)
        self._shown: Runs = np.zeros((0, 1))

    def see(self, published: Any, centre: Any) -> None:
        """Take new runs and test all so far.

        Args:
            published, centre: pytrees of parameters with a leading axis of runs.

        Raises:
            ValueError: the noise is not as declared: in which arm, at which coordinate, what is wrong.
        """
        residuals, centres = self._finite(published, centre)
        if not len(residuals):
            return
        self._add(residuals, centres)
        if self.runs < 3:
            return
        self.looks += 1
        tests = _moments(self.runs, self._sums) + _shape(self._shown) + _pairs(self._shown, centres.shape[1])
        if self.looks == 1:
            tests += _twins(residuals)
        for chances, says in tests:
            worst = int(np.argmin(chances))
            if chances.flat[worst] * chances.size * _TESTS * self.looks * (self.looks + 1) < LEVEL:
                self._complain(says(worst, _namer(published)))

    def _finite(self, published: Any, centre: Any) -> tuple[Runs, Runs]:
        """Residuals and centres of the runs with a finite centre."""
        out, centres = flattened(published), flattened(centre)
        kept = np.isfinite(centres).all(1)
        residuals, centres = (out[kept] - centres[kept]) / self.sigma, centres[kept]
        if not np.isfinite(residuals).all():
            at = _namer(published)(int((~np.isfinite(residuals)).any(0).argmax()))
            self._complain(f"published at {at} is not finite although its centre is")
        return residuals, centres

    def _add(self, residuals: Runs, centres: Runs) -> None:
        shown = residuals[:, _spaced(residuals.shape[1])]
        if self.runs == 0:
            self._start, self._shown = centres[0], shown[:0]
        moved = centres - self._start
        products = (residuals, residuals**2, moved, moved**2, residuals * moved)
        self._sums = self._sums + np.stack([x.sum(0) for x in products])
        self._shown = np.concatenate([self._shown, shown])
        self.runs += len(residuals)

    def _complain(self, what: str) -> None:
        raise ValueError(f"{self.arm} models: {what} ({self.runs} runs); {_MENDED[self.arm]}")


def _moments(n: int, sums: Float64[np.ndarray, "5 p"]) -> list[Test]:
    """Spread and mean of each coordinate, the spread of all, and the correlations with the centre."""
    r, rr, c, cc, rc = sums
    within, deviation, joint = np.maximum(rr - r**2 / n, 0), np.maximum(cc - c**2 / n, 0), rc - r * c / n
    spreads, means, varied = np.sqrt(within / (n - 1)), r / n, within * deviation > 0
    share = joint**2 / np.where(varied, within * deviation, 1)
    centred = np.where(varied, _chance_of_square(share, n - 1), 1.0)
    whole = np.sqrt(rr.sum() / (n * r.size))
    along = joint.sum() / math.sqrt(deviation.sum()) if varied.any() else 0.0
    return [
        (
            _chance_of_spread(within, n - 1),
            lambda i, at: f"published − centre at {at(i)} has spread {spreads[i]:.3g} σ, not 1",
        ),
        (
            _chance_of_normal(means * math.sqrt(n)),
            lambda i, at: f"published − centre at {at(i)} has mean {means[i]:.3g} σ, not 0",
        ),
        (
            _chance_of_spread(rr.sum(keepdims=True), n * r.size),
            lambda i, at: f"published − centre has spread {whole:.4g} σ over all parameters, not 1",
        ),
        (centred, lambda i, at: f"the noise at {at(i)} has correlation {math.sqrt(share[i]):.2g} with its centre"),
        (
            _chance_of_normal(np.array([along])),
            lambda i, at: f"the noise leans along its centre by {along:.3g} standard errors",
        ),
    ]


def _shape(shown: Runs) -> list[Test]:
    """The largest gap between the law of all residuals shown and N(0, 1), by the bound of Massart (1990)."""
    values = scipy.special.ndtr(np.sort(shown, axis=None))
    steps = np.arange(values.size + 1) / values.size
    gap = max(float((steps[1:] - values).max()), float((values - steps[:-1]).max()))
    chance = np.array([2 * math.exp(-2 * values.size * gap**2)])
    return [(chance, lambda i, at: f"the law of published − centre is {gap:.3g} away from N(0, σ²) in distribution")]


def _pairs(shown: Runs, width: int) -> list[Test]:
    """Correlations between coordinates over runs, and between runs over coordinates."""
    tests: list[Test] = []
    places = _spaced(width)
    for lines, says in (
        (shown.T, lambda i, j, at: f"the noise at {at(places[i])} and at {at(places[j])} is not independent"),
        (shown, lambda i, j, at: f"runs {i} and {j} do not draw their noise independently"),
    ):
        count, length = lines.shape
        if count < 2 or length < 2:
            continue
        unit = lines / np.maximum(np.linalg.norm(lines, axis=1, keepdims=True), np.finfo(float).tiny)
        i, j = np.triu_indices(count, 1)
        chances = _chance_of_square(((unit @ unit.T) ** 2)[i, j], length)
        tests.append((chances, lambda k, at, i=i, j=j, says=says: says(int(i[k]), int(j[k]), at)))
    return tests


def _twins(residuals: Runs) -> list[Test]:
    """Coordinates next to each other in the first run: how near they are in the others, of all coordinates."""
    if min(residuals.shape) < 2:
        return []
    order = np.argsort(residuals[0])
    apart = np.diff(residuals[1:TWINS][:, order], axis=1)
    chances = scipy.special.chdtr(len(apart), (apart**2).sum(0) / 2)
    return [(chances, lambda i, at: f"the noise at {at(int(order[i]))} and at {at(int(order[i + 1]))} is the same")]


def _chance_of_spread(squares: Float64[np.ndarray, " k"], freedom: int) -> Float64[np.ndarray, " k"]:
    """Two-sided tail of χ²."""
    below, above = scipy.special.chdtr(freedom, squares), scipy.special.chdtrc(freedom, squares)
    return np.minimum(1.0, 2 * np.minimum(below, above))


def _chance_of_normal(z: Float64[np.ndarray, " k"]) -> Float64[np.ndarray, " k"]:
    """Two-sided tail of N(0, 1)."""
    return 2 * scipy.special.ndtr(-np.abs(z))


def _chance_of_square(square: Float64[np.ndarray, " k"], length: int) -> Float64[np.ndarray, " k"]:
    """Tail of the squared correlation of a Gaussian vector with a fixed one, in so many dimensions."""
    return scipy.special.betainc((length - 1) / 2, 0.5, np.clip(1 - square, 0.0, 1.0))


def _spaced(width: int) -> list[int]:
    """At most `SHOWN` coordinates, evenly spaced."""
    return np.unique(np.linspace(0, width - 1, min(width, SHOWN)).astype(int)).tolist()


def _namer(params: Any) -> Namer:
    """From a place in the flattened parameters to its name in their tree."""
    leaves = [
        (jax.tree_util.keystr(path), leaf.shape[1:]) for path, leaf in jax.tree_util.tree_leaves_with_path(params)
    ]
    ends = np.cumsum([math.prod(shape) for _, shape in leaves])

    def name(place: int) -> str:
        k = int(np.searchsorted(ends, place, side="right"))
        path, shape = leaves[k]
        inside = np.unravel_index(place - (int(ends[k - 1]) if k else 0), shape)
        return f"params{path}[{', '.join(str(int(i)) for i in inside)}]"

    return name
