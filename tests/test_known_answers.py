"""Known answers: laws whose ε and δ dp-accounting computes, in both directions, against our cells and lower bounds."""

import itertools
import math

import numpy as np
import pytest
from dp_accounting.pld import privacy_loss_distribution as pld
from jaxtyping import Float64
from scipy.stats import laplace, norm

import neverseen as ns
import neverseen.properties.engine._bets as bets
from neverseen.formal.closeness import hockey_stick
from neverseen.formal.laws._gaussian import Gaussian, profile
from neverseen.properties.engine._decide import decide
from neverseen.properties.engine._pairs import Block
from neverseen.properties.engine._refute import Refuter, epsilon_lower
from neverseen.properties.engine._sequential import Terms
from neverseen.properties.engine._witnesses import SLOTS
from neverseen.properties.selftest._calibration import Cell, edge_cells, shift_of, spread_of, upper_bound

Series = Float64[np.ndarray, " n"]

LEVEL = 0.05
BINARY, FIVE = "randomised response", "five values, the largest favoured"
LAWS = ["normal, shifted up", "normal, shifted down", "normal, wider", "Laplace, shifted up", BINARY, FIVE]


def named(name: str, epsilon: float = 1.0, theta: float = 0.05) -> Cell:
    return next(cell for cell in edge_cells(epsilon, 0.05, theta) if cell.name == name)


def masses(name: str, epsilon: float, theta: float) -> tuple[Series, Series, Series]:
    """Both laws of a cell on points or narrow bins, and the right ends of these."""
    edges = np.linspace(-30, 30, 6001)
    continuous = {
        "normal, shifted up": (norm(shift_of(epsilon, theta)), norm()),
        "normal, shifted down": (norm(-shift_of(epsilon, theta)), norm()),
        "normal, wider": (norm(0, spread_of(epsilon, theta)), norm()),
        "Laplace, shifted up": (laplace(epsilon - 2 * math.log(1 - theta)), laplace()),
    }
    if name in continuous:
        p, q = (np.diff(law.cdf(edges)) for law in continuous[name])
        return p, q, edges[1:]
    size, q = {BINARY: (2, 0.2), FIVE: (5, 0.2)}[name]
    laws = [np.append(np.full(size - 1, (1 - most) / (size - 1)), most) for most in (math.exp(epsilon) * q + theta, q)]
    return laws[0], laws[1], np.arange(size, dtype=float)


def violation(p: Series, q: Series, epsilon: float, pessimistic: bool) -> float:
    """dp-accounting's H_{e^ε}(P‖Q), rounded up or down."""
    given = ({i: math.log(mass) for i, mass in enumerate(law) if mass > 0} for law in (q, p))
    losses = pld.from_two_probability_mass_functions(
        *given, pessimistic_estimate=pessimistic, value_discretization_interval=1e-4
    )
    return float(losses.get_delta_for_epsilon(epsilon))


@pytest.mark.parametrize("name", LAWS)
@pytest.mark.parametrize(("epsilon", "theta"), [(0.5, 0.01), (0.5, 0.11), (1.0, 0.05)])
def test_dp_accounting_brackets_the_violation_of_a_cell(name: str, epsilon: float, theta: float) -> None:
    """The larger of both directions; bins of .01 lose less than 2·10⁻⁵."""
    p, q, _ = masses(name, epsilon, theta)
    low, high = (
        max(violation(a, b, epsilon, pessimistic) for a, b in ((p, q), (q, p))) for pessimistic in (False, True)
    )
    assert low - 1e-9 <= theta <= high + 2e-5
    assert high - low < 2e-4


@pytest.mark.parametrize("epsilon", [0.5, 1.0])
def test_dp_accounting_brackets_closed_forms_in_each_direction(epsilon: float) -> None:
    """Unequal Gaussians and a finite law differ by direction; ours is the same number, not the larger one."""
    wide, narrow = Gaussian(np.zeros(1), np.eye(1) * 2.25), Gaussian(np.zeros(1), np.eye(1))
    binned = [np.diff(norm(0, s).cdf(np.linspace(-30, 30, 6001))) for s in (1.5, 1.0)]
    uneven = [np.array([0.5, 0.3, 0.15, 0.05]), np.array([0.1, 0.2, 0.3, 0.4])]
    for a, b in ((0, 1), (1, 0)):
        ours = profile((wide, narrow)[a], (wide, narrow)[b], epsilon)
        low, high = (violation(binned[a], binned[b], epsilon, pessimistic) for pessimistic in (False, True))
        assert low - 1e-9 <= ours.upper
        assert ours.lower <= high + 2e-5
        exact = float(hockey_stick.host(uneven[a], uneven[b], gamma=math.exp(epsilon)))
        low, high = (violation(uneven[a], uneven[b], epsilon, pessimistic) for pessimistic in (False, True))
        assert low - 1e-9 <= exact <= high + 1e-9
    assert abs(profile(wide, narrow, epsilon).lower - profile(narrow, wide, epsilon).lower) > 0.01


@pytest.mark.parametrize("name", LAWS)
def test_the_draws_of_a_cell_have_its_law(name: str) -> None:
    """The likelihood ratio exceeds e^ε on an event; in 10⁵ draws it happens as often as the masses say."""
    p, q, ends = masses(name, 1.0, 0.05)
    event = p > math.e * q
    assert (p - math.e * q)[event].sum() == pytest.approx(0.05, abs=2e-5)
    drawn = named(name).draw(np.random.default_rng(11), (1, 1, 100_000))
    for mass, arm in zip((p, q), drawn, strict=True):
        chance = mass[event].sum()
        seen = event[np.minimum(np.searchsorted(ends, arm.ravel()), len(ends) - 1)].mean()
        assert abs(seen - chance) <= 5 * math.sqrt(chance * (1 - chance) / 100_000) + 1e-6


def test_lower_bounds_stay_below_the_truth_and_leave_zero() -> None:
    """ε_lower at δ = .05 exceeds the true 1 at most at its level, over six laws and both orders of the arms."""
    rng, bounds = np.random.default_rng(12), list[float]()
    terms = Terms(ns.Untraining(3.0, 0.05), LEVEL, LEVEL, 1e-6, 300)
    for name, order in itertools.product(LAWS, (1, -1)):
        arms = named(name).draw(rng, (4, 1, 300))[::order]
        for x, y in zip(*(arm[:, 0, :, None] for arm in arms), strict=True):
            bounds.append(decide(terms, iter([Block({"a": x}, {"a": y}, None)]), ()).epsilon_lower)
    false = sum(bound > 1.0 for bound in bounds)
    assert 1 - upper_bound(len(bounds) - false, len(bounds), 0.999) <= LEVEL
    assert np.median(bounds) > 0


def test_the_lower_bound_is_the_end_of_an_unbroken_row() -> None:
    """Wealth is not monotone in ε: where 0 stands, what is rejected above it says nothing."""
    counts, delta = np.broadcast_to(np.array([460, 0, 540, 0]), (8, 1, SLOTS, 4)), 0.4
    refuter = Refuter([(0.05 * i, delta) for i in range(8)], LEVEL, np.ones(1), 8)
    refuter.settle(counts)
    wealth = bets.log_sum(refuter.wealth_by_strategy)
    level = float(wealth[0] + wealth.max()) / 2
    assert wealth[0] < level < wealth.max()
    outcomes = np.repeat(np.array([0, 2], np.uint8), [460, 540]).reshape(1, 1000, 1, 1)
    shown = np.broadcast_to(outcomes, (1, 1000, 1, SLOTS))
    assert epsilon_lower([shown], np.ones(1), delta, math.exp(-level), 1.0) == 0.0
    assert epsilon_lower([shown], np.ones(1), delta, math.exp(1 - wealth.min()), 1.0) > 0.35
