"""Whether a declared output noise is there: what the coupling route needs, tested on the very runs it uses."""

import math
from typing import Any

import jax
import numpy as np
import scipy.special

from ._noise_tests import (
    SHOWN,
    TESTS,
    Finding,
    Namer,
    NoiseRuns,
    between,
    lengths,
    magnitudes,
    moments,
    pairs,
    regularity,
    shape,
    spaced,
    ties,
    twins,
)

LEVEL = 1e-3
"""Bound on the probability that right noise is ever doubted in a check: all runs, coordinates, tests and both arms."""

ERROR = 1e-9
"""The same of an error in place of a doubt."""

_ARMS = 2
_ROUNDED = 8  # units of rounding between published − centre and the noise that was drawn
_LOST = 0.01
_MENDED = {
    "removed": "mend its noise, or drop `centre` from the remover",
    "reference": "mend its noise, or drop `noise` from the learner",
}


def flattened(params: Any) -> NoiseRuns:
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

    After every block, on all runs so far: the spread and the mean of each coordinate and of all together; the shape of
    the law, of all and inside each run; the norms of runs; correlations between coordinates, of noise and of its size,
    between runs, and with the centre, by coordinate and along its deviations; coordinates that repeat each other, runs
    that do. Each level holds exactly or more than that for ideal noise, over all looks and both arms.

    `chance` is a p-value of all that was seen so far: below any a with probability at most a, for right noise. Below
    1e-3 the noise is doubted: no certificate rests on it, and `doubt` says why. Below 1e-9 it is bad input, an error
    and no verdict. What so many runs cannot tell from N(0, 1) passes, and is assumed (`assumed`). A run whose centre is
    not finite is left out, for its distance counts as the term 1.

    Args:
        arm: "removed" or "reference", for messages.
        sigma: the declared σ.

    >>> rng, noise, centres = np.random.default_rng(0), Residuals("removed", 0.5), np.zeros((32, 3))
    >>> noise.see(centres + 0.5 * rng.normal(size=(32, 3)), centres)
    >>> noise.doubt, noise.chance > 1e-3
    ('', True)
    >>> bare = Residuals("removed", 0.5)
    >>> bare.see(centres + 0.5 * rng.normal(size=(32, 3)) * [1, 0, 1], centres)
    Traceback (most recent call last):
    ValueError: removed models: published − centre at params[1] has spread 0 σ, not 1 (32 runs); mend its noise, or \
drop `centre` from the remover
    """

    def __init__(self, arm: str, sigma: float) -> None:
        self.arm, self.sigma = arm, sigma
        self.runs = self.looks = self.size = 0
        self.chance, self.doubt = 1.0, ""
        self.grain = 0.0
        self._sums = np.zeros((5, 1))
        self._start = np.zeros(1)
        self._shown: NoiseRuns = np.zeros((0, 1))
        self._sizes: NoiseRuns = np.zeros((0, 1))
        self._lengths = self._regularity = np.zeros(0)

    @property
    def squares(self) -> float:
        """Σ r² over all runs and coordinates: σ² / σ₀² times χ² with runs × p degrees of freedom."""
        return float(self._sums[1].sum())

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
        if self.grain > _LOST:
            self._doubt(0.0, f"σ = {self.sigma:g} is lost in the rounding of {published_dtype(published)} parameters")
        elif self.runs >= 3:
            self.looks += 1
            self._judge(self._tests(residuals), _namer(published))

    def _tests(self, fresh: NoiseRuns) -> list[Finding]:
        findings = [*moments(self.runs, self._sums), shape(self._shown), *pairs(self._shown, self._sizes, self.size)]
        findings += [*between(self._lengths, self._regularity), ties(self._shown[:, 0], self.grain)]
        return [*findings, twins(fresh)] if self.looks == 1 else findings

    def _judge(self, tests: list[Finding], at: Namer) -> None:
        share = _share(self.looks)
        worst = min(tests, key=lambda test: test.chance)
        chance = worst.chance / share
        self.chance = min(self.chance, chance)
        if chance < ERROR:
            self._complain(worst.says(at))
        if chance < LEVEL:
            self._doubt(chance, worst.says(at))

    def _doubt(self, chance: float, what: str) -> None:
        self.chance = min(self.chance, chance)
        self.doubt = self.doubt or f"{self.arm} models: {what} ({self.runs} runs, chance {chance:.2g})"

    def _finite(self, published: Any, centre: Any) -> tuple[NoiseRuns, NoiseRuns]:
        """Residuals and centres of the runs with a finite centre."""
        out, centres = flattened(published), flattened(centre)
        finite = np.isfinite(centres).all(1)
        residuals, centres = (out[finite] - centres[finite]) / self.sigma, centres[finite]
        if not np.isfinite(residuals).all():
            at = _namer(published)(int((~np.isfinite(residuals)).any(0).argmax()))
            self._complain(f"published at {at} is not finite although its centre is")
        if len(residuals):
            unit = max(float(np.finfo(leaf.dtype).eps) for leaf in jax.tree.leaves(published))
            largest = max(float(abs(out[finite]).max()), float(abs(centres).max()))
            self.grain = max(self.grain, _ROUNDED * unit * largest / self.sigma)
        return residuals, centres

    def _add(self, residuals: NoiseRuns, centres: NoiseRuns) -> None:
        columns = residuals[:, spaced(residuals.shape[1], SHOWN)]
        if self.runs == 0:
            self._start, self._shown, self._sizes = centres[0], columns[:0], columns[:0]
            self.size = residuals.shape[1]
        moved = centres - self._start
        products = (residuals, residuals**2, moved, moved**2, residuals * moved)
        self._sums = self._sums + np.stack([x.sum(0) for x in products])
        self._shown = np.concatenate([self._shown, columns])
        self._sizes = np.concatenate([self._sizes, magnitudes(columns)])
        self._lengths = np.append(self._lengths, lengths(residuals))
        self._regularity = np.append(self._regularity, regularity(residuals))
        self.runs += len(residuals)

    def _complain(self, what: str) -> None:
        raise ValueError(f"{self.arm} models: {what} ({self.runs} runs); {_MENDED[self.arm]}")


def assumed(runs: int, size: int, looks: int, power: float = 0.9) -> str:
    """What a certificate takes for granted of a declared noise, and what the tests of so many runs would have seen.

    Args:
        runs: N, of each arm.
        size: p, parameters of a run.
        looks: at the runs so far.
        power: the probability with which each departure named would have been seen, at level 1e-3.

    >>> print(assumed(64, 62, 2))
    the noise is as declared (64 runs would have seen, with probability 90 %, a σ off by 6.7 %, a mean off by 1.2 σ, \
copied coordinates, noise of one length; dependence of three coordinates at once, or on the seed but in a line, would \
not have been seen)
    """
    spread, mean = seen_off(runs, size, looks, power)
    rest = ", copied coordinates, noise of one length" if size > 1 else ", no noise"
    # Said, since it cannot be tested against all ways to depend: two of three signs may fix the third.
    blind = "dependence of three coordinates at once, or on the seed but in a line, would not have been seen"
    return (
        f"the noise is as declared ({runs} runs would have seen, with probability {100 * power:.2g} %, "
        f"a σ off by {100 * spread:.2g} %, a mean off by {mean:.2g} σ{rest}; {blind})"
    )


def seen_off(runs: int, size: int, looks: int, power: float = 0.9) -> tuple[float, float]:
    """The least relative error of σ, in either direction, and length of a mean in σ, that are seen with this power.

    Each by its own test at its share of 1e-3 in the last look: exact for that test, and the others only add to it.

    Args:
        runs, size, looks, power: as in `assumed`.

    >>> [round(x, 3) for x in seen_off(512, 1, 16)]
    [0.218, 0.29]
    """
    level, freedom = LEVEL * _share(looks), runs * size
    above, below = scipy.special.chdtri(freedom, level / 2), scipy.special.chdtri(freedom, 1 - level / 2)
    wider = math.sqrt(above / scipy.special.chdtri(freedom, power)) - 1
    narrower = 1 - math.sqrt(below / scipy.special.chdtri(freedom, 1 - power))
    cut = scipy.special.chdtri(size, level)
    return max(wider, narrower), math.sqrt(float(scipy.special.chndtrinc(cut, size, 1 - power)) / runs)


def published_dtype(params: Any) -> str:
    """The least precise type among parameters, for messages.

    >>> published_dtype({"a": np.zeros(2, np.float32), "b": np.zeros(2)})
    'float32'
    """
    return str(max((leaf.dtype for leaf in jax.tree.leaves(params)), key=lambda kind: float(np.finfo(kind).eps)))


def _share(look: int) -> float:
    """One test's share of the level, at one look at one arm."""
    return 1 / (_ARMS * TESTS * look * (look + 1))


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
