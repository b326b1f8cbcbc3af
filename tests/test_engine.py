"""The verdict engine against laws that are known: every property holds exactly or at a stated error."""

import itertools
import math
from collections.abc import Iterator

import numpy as np
import pytest
from jaxtyping import Float64
from scipy.stats import norm

import neverseen as ns
import neverseen.properties.engine._bets as bets
import neverseen.properties.engine._refute as refute
from neverseen.properties.engine._accept import Acceptor
from neverseen.properties.engine._decide import Outcome, decide
from neverseen.properties.engine._pairs import RESERVED_PRIOR, Block
from neverseen.properties.engine._refute import Refuter, feature_prior
from neverseen.properties.engine._replicate import Replications, replicate
from neverseen.properties.engine._sequential import Terms, rounds
from neverseen.properties.engine._witnesses import FIXED, SLOTS, Events, chosen_events, fixed_events
from neverseen.properties.selftest._calibration import lower_bound

Arm = Float64[np.ndarray, "n k"]


def judge(
    removed: Arm, reference: Arm, epsilon: float = 1.0, delta: float = 0.05, alpha: float = 1e-4, tolerance: float = 0.1
) -> Outcome:
    """One view, all pairs in one block."""
    terms = Terms(ns.Untraining(epsilon, delta), alpha, 0.05, tolerance, len(removed))
    return decide(terms, iter([Block({"a": removed}, {"a": reference}, None)]), ())


def at_most(hits: int, runs: int, level: float) -> bool:
    """Whether so many hits are compatible with a rate of at most `level`: the Clopper–Pearson lower bound at 99.9 %."""
    return lower_bound(hits, runs) <= level


# e-values, exactly


def expected_growth(p: float, q: float, growth: np.ndarray) -> np.ndarray:
    """E[factor] of every bet and stake in one pair of Bernoulli(p) × Bernoulli(q), from its log growth."""
    return np.einsum("o,obl->bl", [(1 - p) * (1 - q), (1 - p) * q, p * (1 - q), p * q], np.exp(growth))


@pytest.mark.parametrize("q", [0.0, 0.1, 0.3])
def test_wealth_has_mean_one_at_the_boundary(q: float) -> None:
    """P(1) = e^ε Q(1) + δ is the edge of the claim: no bet may gain there, and one must break even."""
    epsilon, delta = 0.5, 0.05
    p, growth = math.exp(epsilon) * q + delta, bets.against(epsilon, delta)
    assert expected_growth(p, q, growth).max() == pytest.approx(1.0, abs=1e-12)
    # The twins: the same enumeration sees a forgotten δ, and a law outside the claim.
    assert expected_growth(p, q, bets.against(epsilon, 0.0)).max() > 1.004
    assert expected_growth(p + 0.05, q, growth).max() > 1.004


def test_acceptance_wealth_has_mean_one_where_the_slack_is_used_up() -> None:
    """P(1) = e^ε Q(1) + δ + τ is the edge of what may be accepted: no bet gains there, and none beyond it."""
    epsilon, delta, tolerance, q = 0.5, 0.05, 0.1, 0.2
    growth, edge = bets.towards(epsilon, delta, tolerance), math.exp(epsilon) * q + delta + tolerance
    assert expected_growth(edge, q, growth)[0] == pytest.approx(np.ones(len(bets.CAREFUL)), abs=1e-12)
    assert (expected_growth(edge + 0.05, q, growth)[0] < 1).all()
    # The twin: a law inside the slack is one the bets may grow on.
    assert (expected_growth(edge - 0.05, q, growth)[0] > 1).all()


def mean_purses(p: float, q: float, pairs: int) -> float:
    """E of the whole process at the boundary, over every sequence of one event: bettors reweigh after each pair."""
    total = 0.0
    chances = [(1 - p) * (1 - q), (1 - p) * q, p * (1 - q), p * q]
    for sequence in itertools.product(range(4), repeat=pairs):
        refuter = Refuter([(0.5, 0.05)], 1e-300, np.ones(1))
        for outcome in sequence:
            refuter.play(np.full((1, 1, 1, SLOTS), outcome, np.uint8))
        total += math.prod(chances[o] for o in sequence) * math.exp(float(bets.log_sum(refuter.wealth_by_strategy)[0]))
    return total


def test_reweighing_on_the_past_keeps_the_mean_at_most_one() -> None:
    """The bettors' weights follow wealth and evidence; as long as they look back only, nothing is won on average."""
    q = 0.2
    edge = math.exp(0.5) * q + 0.05
    assert mean_purses(edge, q, 4) <= 1.0
    assert mean_purses(0.95, 0.02, 4) > 1.0  # the twin: a law outside the claim


def test_least_pairs_is_what_a_perfect_witness_needs() -> None:
    for epsilon, delta, alpha in [(1.0, 0.05, 1e-4), (0.0, 0.0, 0.05), (2.0, 0.1, 1e-9)]:
        gain = math.log1p((1 - delta) / (math.exp(epsilon) + delta))
        needed = bets.least_pairs(epsilon, delta, alpha)
        assert (needed - 1) * gain < math.log(1 / alpha) <= needed * gain


def test_four_bets_cover_both_directions_and_the_complement() -> None:
    assert bets.gains(1.0, 0.0)[2].round(3).tolist() == [1.0, -2.718, -2.718, 1.0]
    assert bets.gains(1.0, 0.0)[1].round(3).tolist() == [-2.718, 1.0, 1.0, -2.718]


# witnesses


def cuts(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The sixteen cuts of one feature's past."""
    return fixed_events(x[None, None], y[None, None]).low[0, 0, :16]


def test_an_event_holds_its_upper_end_and_not_its_lower_one() -> None:
    events = Events(np.full((1, 1, 1), 1.0), np.full((1, 1, 1), 2.0))
    at = np.array([[[0.9, 1.0, 1.1, 2.0, 2.1]]])
    assert (events.outcomes(at, at)[0, :, 0, 0] == [0, 0, 3, 3, 0]).all()
    assert (events.outcomes(at, at[..., ::-1])[0, :, 0, 0] == [0, 1, 3, 2, 0]).all()  # removed counts two


def test_cuts_fall_between_atoms() -> None:
    rare = np.zeros(100)
    rare[0] = 1.0
    for arms in [(rare, np.zeros(100)), (1 - rare, np.ones(100))]:
        assert set(cuts(*arms)) == {0.5}
    only = cuts(np.full(3, 7.0), np.full(3, 7.0))
    assert sorted({c < 7.0 for c in only}) == [False, True]


def test_cuts_lie_nearest_to_their_quantiles() -> None:
    """Against a plain search over the places between distinct values, with ties."""
    rng = np.random.default_rng(11)
    for _ in range(50):
        x, y = (rng.integers(0, 9, 13).astype(float) for _ in range(2))
        pooled, distinct = np.concatenate([x, y]), np.unique(np.concatenate([x, y]))
        between = (distinct[:-1] + distinct[1:]) / 2
        share = np.array([(pooled < c).mean() for c in between])
        for level, cut in zip(np.arange(1, 17) / 17, cuts(x, y), strict=True):
            assert abs(share[between == cut][0] - level) == pytest.approx(abs(share - level).min())


def worst(x: np.ndarray, y: np.ndarray, gamma: float, low: float, high: float) -> float:
    """How far an event and its complement break the claim in a sample, in either direction."""
    p, q = (((a > low) & (a <= high)).mean() for a in (x, y))
    return max(p - gamma * q, q - gamma * p, (1 - p) - gamma * (1 - q), (1 - q) - gamma * (1 - p))


def test_the_best_cut_and_interval_maximise_the_violation() -> None:
    rng, gamma = np.random.default_rng(1), math.exp(0.5)
    x, y = rng.normal(0.3, 2, 40), rng.normal(0, 1, 40)
    chosen = chosen_events(x[None, None], y[None, None], gamma)
    places = np.sort(np.concatenate([x, y]))
    cut, interval = (tuple(float(side[0, 0, slot]) for side in (chosen.low, chosen.high)) for slot in (-2, -1))
    assert worst(x, y, gamma, *cut) >= max(worst(x, y, gamma, c, np.inf) for c in places) - 1e-12
    low, high = interval
    inside = [abs(((a > low) & (a <= high)).mean()) for a in (x, y)]
    gained = max(inside[0] - gamma * inside[1], inside[1] - gamma * inside[0])
    for a, b in itertools.combinations(places[:-1], 2):  # up to the last it would be a cut
        p, q = (((v > a) & (v <= b)).mean() for v in (x, y))
        assert max(p - gamma * q, q - gamma * p) <= gained + 1e-12


def test_a_batch_chooses_what_each_replication_would() -> None:
    rng = np.random.default_rng(12)
    x, y = rng.integers(0, 6, (5, 2, 20)).astype(float), rng.normal(size=(5, 2, 20))
    many = chosen_events(x, y, 1.5)
    for i, j in itertools.product(range(5), range(2)):
        one = chosen_events(x[i : i + 1, j : j + 1], y[i : i + 1, j : j + 1], 1.5)
        assert (many.low[i, j] == one.low[0, 0]).all()
        assert (many.high[i, j] == one.high[0, 0]).all()


# the sequential test


def test_bets_depend_on_the_past_alone() -> None:
    """Two futures that differ after pair 72, at a look inside a round, share every wealth up to there."""
    rng = np.random.default_rng(3)
    x, y, other = (rng.normal(m, 1, (128, 3)) for m in (0.3, 0.0, 5.0))
    changed = np.concatenate([x[:72], other[72:]])
    first, second = (judge(a, y, alpha=1e-12).evidence.log_wealth for a in (x, changed))
    assert first[:72] == second[:72]
    assert first[71] != first[70]  # it was looked at there
    assert first[72:] != second[72 : len(first)]


def test_no_block_is_drawn_after_the_one_that_decides() -> None:
    drawn = []

    def blocks() -> Iterator[Block]:
        rng = np.random.default_rng(4)
        for i in range(16):
            drawn.append(i)
            yield Block({"a": rng.normal(9, 1, (32, 1))}, {"a": rng.normal(0, 1, (32, 1))}, None)

    terms = Terms(ns.Untraining(1.0, 0.05), 1e-4, 0.05, 0.1, 512)
    outcome = decide(terms, blocks(), ())
    assert (outcome.status, drawn) == (ns.Status.REFUTED, [0, 1])
    assert 36 <= outcome.pairs <= 64


def repeated(shift: Float64[np.ndarray, " runs"], terms: Terms) -> Replications:
    """Checks of N(shift, 1) against N(0, 1), one for each shift."""
    rng = np.random.default_rng(6)
    size = (len(shift), 1, terms.budget)
    return replicate(terms, rng.normal(shift[:, None, None], 1, size), rng.normal(0, 1, size))


@pytest.mark.parametrize("shift", [1.0, -1.0])
def test_a_shift_is_refuted_whichever_way_it_goes(shift: float) -> None:
    found = repeated(np.full(200, shift), Terms(ns.Untraining(0.5, 0.01), 0.05, 0.05, 0.1, 600))
    assert np.median(found.pairs) <= 150
    assert found.refuted.mean() >= 0.95


def test_identical_laws_are_rarely_refuted_and_mostly_accepted() -> None:
    found = repeated(np.zeros(400), Terms(ns.Untraining(0.5, 0.01), 0.05, 0.05, 0.1, 500))
    assert at_most(int(found.refuted.sum()), 400, 0.05)
    assert found.satisfied.mean() >= 0.95


def test_one_check_is_one_replication() -> None:
    """`decide` and `replicate` play the same rounds: same status, same pair, on one view without its accidents."""
    rng = np.random.default_rng(14)
    x, y = rng.normal(0.8, 1, (6, 1, 300)), rng.normal(0, 1, (6, 1, 300))
    terms = Terms(ns.Untraining(0.5, 0.01), 0.05, 0.05, 0.1, 300)
    many = replicate(terms, np.concatenate([x, x * 0], 1), np.concatenate([y, y * 0], 1), np.array([63 / 64, 1 / 64]))
    for i in range(6):
        one = decide(terms, iter([Block({"a": x[i].T}, {"a": y[i].T}, None)]), ())
        assert (one.status is ns.Status.REFUTED, one.pairs) == (many.refuted[i], many.pairs[i])


def boundary_mean(epsilon: float, delta: float) -> float:
    """The shift μ of N(μ,1) against N(0,1) at which δ(ε) is exactly δ (Balle–Wang, arXiv 1805.06530)."""
    low, high = 1e-6, 10.0
    for _ in range(80):
        mid = (low + high) / 2
        value = norm.cdf(mid / 2 - epsilon / mid) - math.exp(epsilon) * norm.cdf(-mid / 2 - epsilon / mid)
        low, high = (mid, high) if value < delta else (low, mid)
    return low


def test_false_verdicts_at_the_exact_boundary() -> None:
    """At θ = δ a refutation is false; at θ = δ + τ an acceptance is. Half the runs shift up, half down."""
    signs = np.where(np.arange(1000) % 2, 1.0, -1.0)
    claim = ns.Untraining(0.5, 0.05)
    refuting = repeated(signs * boundary_mean(0.5, 0.05), Terms(claim, 0.05, 0.05, 1e-6, 200))
    accepting = repeated(signs * boundary_mean(0.5, 0.15), Terms(claim, 1e-9, 0.05, 0.1, 200))
    assert at_most(int(refuting.refuted.sum()), 1000, 0.05)
    assert at_most(int(accepting.satisfied.sum()), 1000, 0.05)


def test_the_lower_bound_on_epsilon_stays_below_the_truth_and_comes_near_it() -> None:
    """Randomised response: P(1) = e^ε Q(1), so that ε at δ = 0 is known."""
    rng, truth = np.random.default_rng(8), 2.0
    q = 1 / (1 + math.exp(truth))
    bounds = []
    for _ in range(20):
        x, y = rng.random((400, 1)) < 1 - q, rng.random((400, 1)) < q
        bounds.append(judge(x.astype(float), y.astype(float), 3.0, 0.0, alpha=0.01, tolerance=1e-6).epsilon_lower)
    assert at_most(sum(bound > truth for bound in bounds), 20, 0.01)
    assert np.median(bounds) >= 0.5 * truth


def test_an_accepted_tail_is_no_claim_about_all_events() -> None:
    """A leak of mass below 1/N goes unseen: the verdict may be SATISFIED, but for its class alone."""
    rng = np.random.default_rng(9)
    leak = rng.normal(size=(500, 1))
    leak[250] = 1e6
    outcome = judge(leak, rng.normal(size=(500, 1)))
    assert outcome.status is ns.Status.SATISFIED
    assert "declared events" in outcome.scope
    assert "all events" not in outcome.scope


def test_designated_views_hold_half_the_prior() -> None:
    assert feature_prior(["a", "b", "c", "d"], ("b",), [1.0] * 4, {}) == pytest.approx([1 / 6, 1 / 2, 1 / 6, 1 / 6])
    rare = next(iter(RESERVED_PRIOR))
    assert feature_prior(["a", rare], (), [1.0] * 2, RESERVED_PRIOR) == pytest.approx(
        [1 - RESERVED_PRIOR[rare], RESERVED_PRIOR[rare]]
    )


def test_rounds_tile_the_budget() -> None:
    spans = list(rounds(500))
    assert spans[0][0] == 4
    assert spans[-1][1] == 500
    assert all(a[1] == b[0] for a, b in itertools.pairwise(spans))


def by_hand(growth: np.ndarray, outcomes: np.ndarray, start: np.ndarray, prior: np.ndarray) -> float:
    """Three bettors' average wealth over two rounds, bet by bet and pair by pair; the second is reweighed."""
    slots, bet, stake = (range(n) for n in prior.shape)
    wealth, purses, counts = np.ones(prior.shape), [1.0, 1.0, 1.0], np.zeros((len(slots), 4))
    for of_round in outcomes:
        n = max(counts[0].sum(), 1)
        p, q = (counts[:, 2] + counts[:, 3]) / n, (counts[:, 1] + counts[:, 3]) / n
        log = np.vectorize(lambda a, b: a * math.log(a / b) if a > 0 else 0.0)
        middle = (p + q) / 2
        ratio = n * (log(p, middle) + log(1 - p, 1 - middle) + log(q, middle) + log(1 - q, 1 - middle)).max()
        for a, (eta, kappa) in enumerate(refute.STRATEGIES):
            weight = prior * wealth**eta * math.exp(kappa * ratio)
            weight /= weight.sum()
            won = sum(
                weight[s, b, k] * math.exp(sum(growth[o, b, k] for o in of_round[:, s]))
                for s, b, k in itertools.product(slots, bet, stake)
            )
            purses[a] *= won
        for row in of_round:
            for s in slots:
                wealth[s] *= np.exp(growth[row[s]])
                counts[s, row[s]] += 1
    return sum(purses) / 3


def test_the_refuter_agrees_with_a_loop_over_pairs_and_bets() -> None:
    rng = np.random.default_rng(10)
    outcomes = rng.choice(4, (2, 12, SLOTS), p=[0.3, 0.1, 0.4, 0.2]).astype(np.uint8)
    refuter = Refuter([(0.5, 0.05)], 1e-300, np.ones(1))
    for of_round in outcomes:
        refuter.play(of_round[None, :, None])
    expected = by_hand(bets.against(0.5, 0.05), outcomes, np.ones(1), np.exp(refuter.prior[0]))
    assert float(refuter.path[0, -1]) == pytest.approx(math.log(expected), abs=2e-5)  # single precision, two rounds


def test_the_acceptor_agrees_with_a_loop_over_pairs_and_bets() -> None:
    rng = np.random.default_rng(13)
    outcomes = rng.choice(4, (40, FIXED), p=[0.45, 0.05, 0.05, 0.45]).astype(np.uint8)
    acceptor, growth = Acceptor(0.5, 0.05, 0.05, 0.1, 1), bets.towards(0.5, 0.05, 0.1)
    acceptor.play(outcomes[None, :, None])
    paths = np.exp(np.cumsum(growth[outcomes], 0)).mean(-1)  # pair, event, bet
    looked = paths[bets.looks(40) - 1]
    assert float(acceptor.path[0, -1]) == pytest.approx(math.log(looked.max(0).min()), abs=1e-9)


def test_the_richest_bettor_holds_at_least_what_all_of_them_average() -> None:
    """Each began with 1: so one of them has what refutation, their average, has, whatever the outcomes."""
    rng, refuter = np.random.default_rng(9), Refuter([(0.5, 0.01)], 1e-9, np.array([0.5, 0.5]))
    for bias in (0.5, 0.9, 0.1):
        refuter.play((2 * (rng.random((1, 40, 2, SLOTS)) < bias)).astype(np.uint8))
        assert (refuter.best_wealth >= refuter.path - 1e-9).all()
        assert (refuter.best_wealth <= refuter.path + math.log(3) + 1e-9).all()


def test_a_decision_is_dated_to_the_pair() -> None:
    """Looks are eight pairs apart; the pair reported is the first at which the wealth is there."""
    refuter = Refuter([(1.0, 0.05)], 1e-4, np.ones(1))
    always = np.full((1, 64, 1, SLOTS), 2, np.uint8)
    found = int(refuter.play(always)[0])
    shorter = [int(Refuter([(1.0, 0.05)], 1e-4, np.ones(1)).play(always[:, :n])[0]) for n in (found - 1, found)]
    assert shorter == [0, found]


def test_four_stakes_are_nearly_as_good_as_all() -> None:
    """What the docstring of STAKES says."""
    gamma, delta = np.exp(1.0), 0.05
    p, q = np.meshgrid(*2 * [np.linspace(0, 1, 21)], indexing="ij")
    chance = np.stack([(1 - p) * (1 - q), (1 - p) * q, p * (1 - q), p * q], -1)[p - gamma * q - delta >= 0.05]

    def best(stakes: Float64[np.ndarray, " l"]) -> Float64[np.ndarray, " e"]:
        won = np.array([0, -gamma, 1, 1 - gamma]) - delta
        return (chance @ np.log1p(won[:, None] * stakes / (gamma + delta))).max(1)

    share = best(bets.STAKES) / best(np.linspace(0.001, 0.999, 999))
    assert 0.74 <= share.min() < 0.8


def test_single_precision_is_in_the_threshold() -> None:
    """In double precision the wealth of a round is never lower than the computed one by more than the slack."""
    rng = np.random.default_rng(0)
    refuter = Refuter([(1.0, 0.05)], 1e-4, np.full(50, 1 / 50))
    for _ in range(3):
        counts = bets.tally(rng.integers(0, 4, (1, 64, 50, SLOTS)).astype(np.uint8), np.array([64]))
        weights, level = refuter.weights(), refuter.level
        won = refute.log_growth(counts, refuter.growth).reshape(1, 1, -1) + weights
        exact = refuter.wealth_by_strategy + bets.log_sum(won)
        refuter.settle(counts[:, 0])
        slack = refuter.level - level
        assert 0 < abs(refuter.wealth_by_strategy - exact).max() < slack < 2e-3
