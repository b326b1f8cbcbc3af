"""The engine on trial: laws whose violation θ is known exactly, and how often it is wrong about them."""

import dataclasses
import math
from collections.abc import Callable

import numpy as np
from jaxtyping import Float64
from scipy.optimize import root_scalar
from scipy.stats import beta as beta_law

from ...formal._types import Real
from ...formal.closeness import gaussian_profile
from ...formal.definitions._definitions import Untraining
from ...formal.laws._gaussian import Gaussian, least_delta
from ..engine._replicate import Replications, replicate
from ..engine._sequential import Terms
from ..engine._witnesses import Feature

Draw = Callable[[np.random.Generator, tuple[int, int, int]], tuple[Feature, Feature]]
"""Features of both arms, `[replication, feature, pair]`, of the shape asked for."""

_AT_ONCE = 1000


@dataclasses.dataclass(frozen=True)
class Cell:
    """Two laws at a known violation θ = max over events and directions of P(h) − e^ε Q(h).

    Args:
        name: the laws in words.
        epsilon, delta: the claim.
        theta: θ; 0 for equal laws, δ at the edge of the claim, δ + τ at the edge of what may be accepted.
        draw: pairs from P × Q (or with dependence inside a pair).
        features: how many features a run has.
        declared: whether a declared class (cuts, outer intervals) holds the event with violation θ, or one next to it:
            only then is SATISFIED false at θ = δ + τ.

    >>> [cell.theta for cell in null_cells()][:1]
    [0.0]
    """

    name: str
    epsilon: float
    delta: float
    theta: float
    draw: Draw
    features: int = 1
    declared: bool = True


def null_cells() -> list[Cell]:
    """P = Q: smooth, heavy-tailed, tied, rare, constant, with an atom; several claims; many features.

    >>> len(null_cells())
    9
    """
    normal = _same(lambda rng, size: rng.normal(size=size))
    return [
        Cell("normal", 0.5, 0.01, 0.0, normal),
        Cell("normal, at ε = 0", 0.0, 0.05, 0.0, normal),
        Cell("normal, at δ = 0", 0.5, 0.0, 0.0, normal),
        Cell("normal, 6 features", 0.5, 0.01, 0.0, normal, 6),
        Cell("Cauchy", 0.5, 0.01, 0.0, _same(lambda rng, size: rng.standard_cauchy(size))),
        Cell("five values", 0.5, 0.01, 0.0, _same(lambda rng, size: rng.integers(0, 5, size).astype(float))),
        Cell("rare event, 2 %", 0.5, 0.01, 0.0, _same(lambda rng, size: (rng.random(size) < 0.02).astype(float))),
        Cell("constant", 0.5, 0.01, 0.0, _same(lambda rng, size: np.zeros(size))),
        Cell("half an atom", 0.5, 0.01, 0.0, _same(lambda rng, size: np.maximum(rng.normal(size=size), 0.0))),
    ]


def edge_cells(epsilon: float, delta: float, theta: float) -> list[Cell]:
    """Laws with the violation θ exactly: shifts of either sign, spreads, discrete laws, leaks, shared seeds.

    Args:
        epsilon, delta: the claim.
        theta: the violation that every cell has, in (0, 1).

    Raises:
        ValueError: ε or θ so large that the discrete laws violate the claim more in the other direction.

    >>> [cell.name for cell in edge_cells(0.5, 0.01, 0.01)][0]
    'normal, shifted up'
    """
    most = math.exp(epsilon) / 5 + theta
    if not 0.8 - math.exp(epsilon) * (1 - most) <= theta < 1:
        raise ValueError(f"theta: {theta:g} at epsilon={epsilon:g} is out of reach of the cells; lower either")
    normal, shift = _same(lambda rng, size: rng.normal(size=size)), shift_of(epsilon, theta)
    laplace, wide = epsilon - 2 * math.log1p(-theta), spread_of(epsilon, theta)

    def moved(by: float) -> Draw:
        return _after(normal, lambda x: x + by)

    def cell(name: str, draw: Draw, declared: bool = True) -> Cell:
        return Cell(name, epsilon, delta, theta, draw, 1, declared)

    return [
        cell("normal, shifted up", moved(shift)),
        cell("normal, shifted down", moved(-shift)),
        cell("normal, shared seeds (correlation .9)", _shared(shift)),
        cell("normal, wider", _after(normal, lambda x: x * wide), False),
        cell("Laplace, shifted up", _after(_same(lambda rng, size: rng.laplace(size=size)), lambda x: x + laplace)),
        cell("randomised response", _coins(epsilon, theta, 0.2)),
        cell("five values, the largest favoured", _five(epsilon, theta, 4)),
        cell("five values, the middle one favoured", _five(epsilon, theta, 2), False),
        cell("Cauchy, a leak of mass θ", _leak(theta), False),
    ]


def shift_of(epsilon: Real, theta: Real) -> float:
    """The d at which N(d, 1) against N(0, 1) has violation θ (Balle & Wang 2018, arXiv 1805.06530).

    >>> round(shift_of(1.0, 0.12693674), 6)
    1.0
    """

    def violation(d: float) -> float:
        return float(gaussian_profile.host(epsilon=epsilon, distance=d)) - theta

    return root_scalar(violation, bracket=(1e-9, 60)).root


def spread_of(epsilon: Real, theta: Real) -> float:
    """The s > 1 at which N(0, s²) against N(0, 1) has violation θ, in the direction that exceeds it first.

    >>> round(spread_of(0.5, 0.11), 3)
    1.495
    """

    def violation(s: float) -> float:
        wide, narrow = Gaussian(np.zeros(1), np.eye(1) * s**2), Gaussian(np.zeros(1), np.eye(1))
        return least_delta(wide, narrow, float(epsilon)).upper - theta

    return root_scalar(violation, bracket=(1 + 1e-6, 200)).root


def trial(cell: Cell, runs: int, pairs: int, *, tolerance: float, alpha: float, beta: float, seed: int) -> Replications:
    """Whole checks of one cell, a thousand at a time.

    Args:
        cell: the laws and the claim.
        runs: how many checks.
        pairs: budget of each; one path serves every smaller budget.
        tolerance, alpha, beta: see `check`; a tiny tolerance keeps acceptance from ending a path.
        seed: root seed.

    >>> null = null_cells()[0]
    >>> int(trial(null, 20, 64, tolerance=1e-6, alpha=0.05, beta=0.05, seed=0).refuted.sum()) <= 4
    True
    """
    rng = np.random.default_rng([seed, *cell.name.encode()])
    terms = Terms(Untraining(cell.epsilon, cell.delta), alpha, beta, tolerance, pairs)
    parts = [
        replicate(terms, *cell.draw(rng, (min(_AT_ONCE, runs - done), cell.features, pairs)))
        for done in range(0, runs, _AT_ONCE)
    ]
    return Replications.join(parts)


def lower_bound(hits: int, runs: int, confidence: float = 0.999) -> float:
    """The Clopper–Pearson lower bound on a rate.

    >>> lower_bound(0, 100), round(lower_bound(50, 100), 3)
    (0.0, 0.345)
    """
    return 0.0 if hits == 0 else float(beta_law.ppf(1 - confidence, hits, runs - hits + 1))


def upper_bound(hits: int, runs: int, confidence: float = 0.95) -> float:
    """The Clopper–Pearson upper bound on a rate.

    >>> round(upper_bound(0, 100), 4)
    0.0295
    """
    return 1.0 if hits == runs else float(beta_law.ppf(confidence, hits + 1, runs - hits))


def _same(one: Callable[[np.random.Generator, tuple[int, int, int]], Feature]) -> Draw:
    return lambda rng, size: (one(rng, size), one(rng, size))


def _after(draw: Draw, change: Callable[[Feature], Feature]) -> Draw:
    """The same pairs with the removed arm changed."""

    def changed(rng: np.random.Generator, size: tuple[int, int, int]) -> tuple[Feature, Feature]:
        x, y = draw(rng, size)
        return change(x), y

    return changed


def _shared(shift: float) -> Draw:
    def draw(rng: np.random.Generator, size: tuple[int, int, int]) -> tuple[Feature, Feature]:
        common = math.sqrt(0.9) * rng.normal(size=size)
        x, y = (common + math.sqrt(0.1) * rng.normal(size=size) for _ in range(2))
        return x + shift, y

    return draw


def _coins(epsilon: float, theta: float, q: float) -> Draw:
    """P(1) = e^ε q + θ against Q(1) = q."""
    p = math.exp(epsilon) * q + theta
    return lambda rng, size: ((rng.random(size) < p).astype(float), (rng.random(size) < q).astype(float))


def _five(epsilon: float, theta: float, place: int) -> Draw:
    """Q uniform on five values; P gives one of them e^ε/5 + θ and shares the rest."""
    most = math.exp(epsilon) / 5 + theta
    law: Float64[np.ndarray, " 5"] = np.full(5, (1 - most) / 4)
    law[place] = most
    edges = np.cumsum(law)[:-1]

    def draw(rng: np.random.Generator, size: tuple[int, int, int]) -> tuple[Feature, Feature]:
        x = np.searchsorted(edges, rng.random(size), side="right").astype(float)
        return x, rng.integers(0, 5, size).astype(float)

    return draw


def _leak(theta: float) -> Draw:
    """P = (1 − θ) Q + θ · a far point, Q Cauchy."""

    def draw(rng: np.random.Generator, size: tuple[int, int, int]) -> tuple[Feature, Feature]:
        x, y = rng.standard_cauchy(size), rng.standard_cauchy(size)
        return np.where(rng.random(size) < theta, 1e9, x), y

    return draw
