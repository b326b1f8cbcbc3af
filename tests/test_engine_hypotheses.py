"""What each theorem of the engine asks of it, worked out on its code: a failure names the theorem that is lost."""

import copy
import itertools
import math

import numpy as np
import pytest

import neverseen.properties.engine._bets as bets
from neverseen.formal.theorems import find
from neverseen.formal.theorems._coq import coq_names
from neverseen.properties.engine._accept import Acceptor
from neverseen.properties.engine._coupling import excess, log_wealth
from neverseen.properties.engine._grain import add_grain
from neverseen.properties.engine._refute import Refuter
from neverseen.properties.engine._witnesses import FIXED, SLOTS

EPSILON, DELTA, TOLERANCE = 0.5, 0.05, 0.1
GAMMA = math.exp(EPSILON)
ROUNDING = 1e-5  # of sums in single precision


def lost(name: str) -> str:
    """A theorem, its name in Coq, and that its hypothesis fails."""
    (theorem,) = find(name)
    return f"{name} ({', '.join(coq_names(name))}), {theorem.title}: its hypothesis fails"


def chances(p: float, q: float) -> np.ndarray:
    """Of the four outcomes of a pair of independent arms."""
    return np.array([(1 - p) * (1 - q), (1 - p) * q, p * (1 - q), p * q])


def edge(q: float, slack: float = 0.0) -> np.ndarray:
    """Chances of the outcomes where an event's P is e^ε Q + δ + slack."""
    return chances(GAMMA * q + DELTA + slack, q)


def wealth(refuter: Refuter) -> float:
    return math.exp(float(bets.log_sum(refuter.wealth_by_strategy)[0]))


def one_pair(outcome: int, slots: int) -> np.ndarray:
    return np.full((1, 1, 1, slots), outcome, np.uint8)


def refuter(alpha: float = 1e-300) -> Refuter:
    return Refuter([(EPSILON, DELTA)], alpha, np.ones(1))


@pytest.mark.parametrize("alpha", [0.5, 1e-4])
def test_refuted_is_said_where_the_wealth_has_been_at_the_level(alpha: float) -> None:
    player = refuter(alpha)
    assert player.level >= math.log(1 / alpha), lost("E1")
    decided = int(player.play(np.full((1, 80, 1, SLOTS), 2, np.uint8))[0])
    again = refuter()
    again.play(np.full((1, decided, 1, SLOTS), 2, np.uint8))
    assert decided, lost("E1")
    assert wealth(again) * (1 + ROUNDING) >= 1 / alpha, lost("E1")


@pytest.mark.parametrize("rounds", [1, 5])
def test_the_threshold_is_raised_by_what_single_precision_may_add(rounds: int) -> None:
    player = refuter(0.01)
    for outcome in range(rounds - 1):
        player.play(one_pair(outcome % 4, SLOTS))
    slack = player.level - math.log(100)
    assert slack >= 0.999 * rounds * (player.prior.size + 128) * 2.0**-24, lost("E2")


@pytest.mark.parametrize("q", [0.0, 0.2, 0.3])
def test_a_bet_against_the_claim_is_fair_and_loses_no_more_than_there_is(q: float) -> None:
    with np.errstate(invalid="ignore", divide="ignore"):
        factors = np.exp(bets.against(EPSILON, DELTA))
    assert (factors >= 0).all(), lost("E3")  # and none is NaN
    assert np.einsum("o,obl->bl", edge(q), factors).max() <= 1 + 1e-12, lost("E3")


@pytest.mark.parametrize("q", [0.0, 0.2, 0.3])
def test_a_bet_towards_the_claim_is_fair_beyond_it_and_loses_no_more_than_there_is(q: float) -> None:
    with np.errstate(invalid="ignore", divide="ignore"):
        factors = np.exp(bets.towards(EPSILON, DELTA, TOLERANCE))
    assert (factors >= 0).all(), lost("E4")
    assert np.einsum("o,ol->l", edge(q, TOLERANCE), factors[:, 0]).max() <= 1 + 1e-12, lost("E4")


def test_the_grain_is_one_kernel_of_a_run() -> None:
    """What a run becomes depends on that run, on the scale and on its own noise: on no other run of its arm."""
    first, others = np.array([[1.0, -2.0]]), np.arange(6.0).reshape(3, 2)
    arms = (np.concatenate([first, rest]) for rest in (others, 9 - others))
    one, other = (add_grain({"a": arm}, 0.5, np.random.default_rng(0))["a"] for arm in arms)
    assert (one[0] == other[0]).all(), lost("E5")
    assert (one[0] != first[0]).all(), lost("E5")


@pytest.mark.parametrize("past", [(), (2,), (2, 2, 0), (1, 3)])
def test_what_is_held_on_the_bets_is_all_there_is_and_is_spread_by_the_past(past: tuple[int, ...]) -> None:
    player = refuter()
    for outcome in past:
        player.play(one_pair(outcome, SLOTS))
    np.testing.assert_allclose(np.exp(player.weights()).sum(-1), 1.0, err_msg=lost("E6"))
    later = [copy.deepcopy(player) for _ in range(4)]
    for outcome, each in enumerate(later):
        each.play(one_pair(outcome, SLOTS))
    mean = sum(chance * wealth(each) for chance, each in zip(edge(0.2), later, strict=True))
    assert mean <= wealth(player) * (1 + ROUNDING), lost("E6")


def test_the_class_is_accepted_where_each_null_has_been_rejected_and_no_sooner() -> None:
    good = np.tile(np.array([0, 3], np.uint8), 200).reshape(1, 400, 1, 1).repeat(FIXED, 3)
    one_bad = good.copy()
    one_bad[..., 0] = 2
    made = [Acceptor(EPSILON, DELTA, 0.05, TOLERANCE, 1) for _ in range(3)]
    assert not made[0].play(one_bad)[0], lost("E7")
    assert made[1].play(good)[0], lost("E7")
    # Each at its own time: the first event long before the others, and ruined since.
    for pairs in (good, one_bad):
        made[2].play(pairs)
    assert made[2].play(one_bad)[0], lost("E7")


@pytest.mark.parametrize("mean", [0.1, 0.4])
def test_the_coupling_s_bets_are_fair_on_a_bounded_term(mean: float) -> None:
    total = 0.0
    with np.errstate(invalid="ignore", divide="ignore"):
        for terms in itertools.product([0.0, 1.0], repeat=4):
            won = math.exp(log_wealth(np.array(terms), mean)[-1])
            assert won >= 0, lost("E8")  # and is not NaN
            total += math.prod(mean if term else 1 - mean for term in terms) * won
    assert total <= 1 + 1e-12, lost("E8")


def test_the_coupling_s_term_bounds_what_a_pair_exceeds_by() -> None:
    terms = excess(np.array([0.0, 0.5, 3.0, 1e9, np.inf, np.nan]), EPSILON)
    assert ((terms >= 0) & (terms <= 1)).all(), lost("E8")
    assert (terms[-2:] == 1).all(), lost("E8")


@pytest.mark.parametrize("q", [0.0, 0.2])
def test_a_false_refuted_has_chance_alpha_at_most(q: float) -> None:
    """Over every sequence of four pairs at the edge; the bettors begin with 1 together."""
    assert wealth(refuter()) == pytest.approx(1.0), lost("E9")
    total, alpha = 0.0, 0.5
    for pairs in itertools.product(range(4), repeat=4):
        said = refuter(alpha).play(np.array(pairs, np.uint8).reshape(1, 4, 1, 1).repeat(SLOTS, 3))[0]
        total += math.prod(edge(q)[list(pairs)]) * bool(said)
    assert total <= alpha, lost("E9")


def test_a_false_satisfied_has_chance_beta_at_most() -> None:
    """In one pair at δ + τ the least wealth, which all must bring to 1/β, is 1 at most on average."""
    least = []
    for outcome in range(4):
        acceptor = Acceptor(EPSILON, DELTA, 1e-300, TOLERANCE, 1)
        acceptor.play(one_pair(outcome, FIXED))
        least.append(math.exp(float(acceptor.path[0, -1])))
    assert edge(0.2, TOLERANCE) @ np.array(least) <= 1 + 1e-12, lost("E10")


@pytest.mark.parametrize("alpha", [0.05, 1e-4])
def test_the_planner_s_least_number_of_pairs_is_the_least(alpha: float) -> None:
    most, count = (GAMMA + 1) / (GAMMA + DELTA), bets.least_pairs(EPSILON, DELTA, alpha)
    assert alpha * most**count >= 1 > alpha * most ** (count - 1), lost("E11")
