"""The verdict engine against laws that are known: every property holds exactly or at a stated error."""

import itertools
import math
from collections.abc import Iterator

import numpy as np
import pytest
from jaxtyping import Float64
from scipy.stats import beta as beta_law
from scipy.stats import norm

import neverseen as ns
from neverseen.properties import accept, refute
from neverseen.properties.sequential import Block, Outcome, Terms, decide, rounds
from neverseen.properties.witnesses import Feature, best_cut, finite, fit_lens, quantile_cuts

Arm = Float64[np.ndarray, "n k"]


def judge(
    removed: Arm, reference: Arm, epsilon: float = 1.0, delta: float = 0.05, alpha: float = 1e-4, tolerance: float = 0.1
) -> Outcome:
    """One view, all pairs in one block."""
    terms = Terms(ns.Untraining(epsilon, delta), alpha, 0.05, tolerance, len(removed))
    return decide(terms, iter([Block({"a": removed}, {"a": reference}, None)]), (), 0.0)


def at_most(hits: int, runs: int, level: float) -> bool:
    """Whether so many hits are compatible with a rate of at most `level`: the Clopper–Pearson lower bound at 99.9 %."""
    return hits == 0 or float(beta_law.ppf(0.001, hits, runs - hits + 1)) <= level


# e-values, exactly


def expected_wealth(p: float, q: float, epsilon: float, delta: float, subtract: float) -> float:
    """E[wealth] after three independent pairs of Bernoulli(p) × Bernoulli(q), by enumeration, at its worst bet."""
    total = np.zeros((1, 4, len(refute.STAKES)))
    for outcome in itertools.product([0, 1], repeat=6):
        x, y = (np.array(outcome[i::2], bool)[:, None] for i in (0, 1))
        chance = math.prod((p if a else 1 - p) * (q if b else 1 - q) for a, b in zip(x[:, 0], y[:, 0], strict=True))
        won = refute.gains(x, y, epsilon, delta) + (delta - subtract)
        total += chance * np.exp(refute.log_growth(won, epsilon, delta).sum(0))
    return float(total.max())


@pytest.mark.parametrize("q", [0.0, 0.1, 0.3])
def test_wealth_has_mean_one_at_the_boundary(q: float) -> None:
    """P(1) = e^ε Q(1) + δ is the edge of the claim: no bet may gain there, and one must break even."""
    epsilon, delta = 0.5, 0.05
    p = math.exp(epsilon) * q + delta
    assert expected_wealth(p, q, epsilon, delta, delta) == pytest.approx(1.0, abs=1e-12)
    # The twins: the same enumeration sees a forgotten δ, and a law outside the claim.
    assert expected_wealth(p, q, epsilon, delta, 0.0) > 1.01
    assert expected_wealth(p + 0.05, q, epsilon, delta, delta) > 1.01


def accepting_means(p: float, q: float, epsilon: float, delta: float, tolerance: float) -> np.ndarray:
    """E[1 − λ(W − τ)] of the forward bet for every stake, by enumeration."""
    total = np.zeros(len(refute.STAKES))
    for a, b in itertools.product([False, True], repeat=2):
        chance = (p if a else 1 - p) * (q if b else 1 - q)
        won = refute.gains(np.array([[a]]), np.array([[b]]), epsilon, delta)
        total += chance * np.exp(accept.log_growth(won, delta, tolerance))[0, 0, 0]
    return total


def test_acceptance_wealth_has_mean_one_where_the_slack_is_used_up() -> None:
    """P(1) = e^ε Q(1) + δ + τ is the edge of what may be accepted: no bet gains there, and none beyond it."""
    epsilon, delta, tolerance, q = 0.5, 0.05, 0.1, 0.2
    edge = math.exp(epsilon) * q + delta + tolerance
    assert accepting_means(edge, q, epsilon, delta, tolerance) == pytest.approx(np.ones(5), abs=1e-12)
    assert (accepting_means(edge + 0.05, q, epsilon, delta, tolerance) < 1).all()
    # The twin: a law inside the slack is one the bets may grow on.
    assert (accepting_means(edge - 0.05, q, epsilon, delta, tolerance) > 1).all()


def test_least_pairs_is_what_a_perfect_witness_needs() -> None:
    for epsilon, delta, alpha in [(1.0, 0.05, 1e-4), (0.0, 0.0, 0.05), (2.0, 0.1, 1e-9)]:
        gain = math.log1p((1 - delta) / (math.exp(epsilon) + delta))
        needed = refute.least_pairs(epsilon, delta, alpha)
        assert (needed - 1) * gain < math.log(1 / alpha) <= needed * gain


def test_four_bets_cover_both_directions_and_the_complement() -> None:
    yes, no = np.array([[True]]), np.array([[False]])
    assert refute.gains(yes, no, 1.0, 0.0)[0, 0].round(3).tolist() == [1.0, -2.718, -2.718, 1.0]
    assert refute.gains(no, yes, 1.0, 0.0)[0, 0].round(3).tolist() == [-2.718, 1.0, 1.0, -2.718]


# witnesses


def test_cuts_fall_between_atoms() -> None:
    rare = np.zeros(100)
    rare[0] = 1.0
    for arms in [(rare, np.zeros(100)), (1 - rare, np.ones(100))]:
        assert set(quantile_cuts(arms)) == {0.5}
    only = quantile_cuts((np.full(3, 7.0), np.full(3, 7.0)))
    assert sorted({c < 7.0 for c in only}) == [False, True]


def test_the_best_cut_maximises_the_violation() -> None:
    rng = np.random.default_rng(1)
    x, y = rng.normal(1, 1, 200), rng.normal(0, 1, 200)
    gamma = math.exp(0.5)

    def violation(cut: float) -> float:
        p, q = (x > cut).mean(), (y > cut).mean()
        return max(p - gamma * q, q - gamma * p, (1 - p) - gamma * (1 - q), (1 - q) - gamma * (1 - p))

    everywhere = np.concatenate([x, y]) + 1e-9
    assert violation(best_cut((x, y), gamma)) >= max(map(violation, everywhere)) - 1e-12


def test_the_discriminant_finds_a_rotated_shift() -> None:
    rng = np.random.default_rng(2)
    turn = np.linalg.qr(rng.normal(size=(10, 10)))[0]
    x, y = (rng.normal(m, 1, (400, 10)) * np.linspace(0.1, 10, 10) @ turn for m in (np.eye(10)[0] * 2, np.zeros(10)))
    lens = fit_lens("v", x[:200], y[:200])
    new = lens.see(x[200:]), lens.see(y[200:])
    separation = (new[0].mean() - new[1].mean()) / np.concatenate(new).std()
    assert separation > 1.2
    single = max(abs(x[:, i].mean() - y[:, i].mean()) / np.concatenate([x, y])[:, i].std() for i in range(10))
    assert single < 0.6


def test_diverged_values_are_events_and_break_nothing() -> None:
    wild = np.array([[np.nan, 1.0], [np.inf, 2.0], [-np.inf, 3.0], [0.0, 4.0]])
    assert np.isfinite(finite(wild)).all()
    lens = fit_lens("v", finite(wild), finite(wild[::-1]))
    assert np.isfinite(lens.see(finite(wild))).all()
    assert np.isfinite(lens.direction).all()
    assert (lens.scale > 0).all()
    assert finite(wild)[:3, 0].tolist() == [1e300, 1e300, -1e300]


# the sequential test


def test_bets_depend_on_the_past_alone() -> None:
    """Two futures that differ after pair 60, inside a round, share every wealth up to there."""
    rng = np.random.default_rng(3)
    x, y, other = (rng.normal(m, 1, (128, 3)) for m in (0.3, 0.0, 5.0))
    changed = np.concatenate([x[:60], other[60:]])
    first, second = (judge(a, y, alpha=1e-12).evidence.log_wealth for a in (x, changed))
    assert first[:60] == second[:60]
    assert first[60:] != second[60 : len(first)]


def test_no_block_is_drawn_after_the_one_that_decides() -> None:
    drawn = []

    def blocks() -> Iterator[Block]:
        rng = np.random.default_rng(4)
        for i in range(16):
            drawn.append(i)
            yield Block({"a": rng.normal(9, 1, (32, 1))}, {"a": rng.normal(0, 1, (32, 1))}, None)

    terms = Terms(ns.Untraining(1.0, 0.05), 1e-4, 0.05, 0.1, 512)
    outcome = decide(terms, blocks(), (), 0.0)
    assert (outcome.status, drawn) == (ns.Status.REFUTED, [0, 1])
    assert 36 <= outcome.pairs <= 64


@pytest.mark.parametrize("shift", [1.0, -1.0])
def test_a_shift_is_refuted_whichever_way_it_goes(shift: float) -> None:
    rng = np.random.default_rng(5)
    pairs = [
        judge(rng.normal(shift, 1, (600, 1)), rng.normal(0, 1, (600, 1)), 0.5, 0.01, alpha=0.05).pairs
        for _ in range(40)
    ]
    assert np.median(pairs) <= 150


def test_identical_laws_are_rarely_refuted_and_mostly_accepted() -> None:
    rng = np.random.default_rng(6)
    outcomes = [judge(rng.normal(size=(500, 1)), rng.normal(size=(500, 1)), 0.5, 0.01, 0.05) for _ in range(60)]
    refuted = sum(o.status is ns.Status.REFUTED for o in outcomes)
    accepted = sum(o.status is ns.Status.SATISFIED for o in outcomes)
    assert at_most(refuted, 60, 0.05)
    assert accepted >= 55


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
    rng, runs = np.random.default_rng(7), 100
    signs = np.where(np.arange(runs) % 2, 1.0, -1.0)

    def verdicts(edge: float) -> list[ns.Status]:
        arms = ((rng.normal(edge * s, 1, (200, 1)), rng.normal(0, 1, (200, 1))) for s in signs)
        return [judge(x, y, 0.5, 0.05, 0.05).status for x, y in arms]

    assert at_most(verdicts(boundary_mean(0.5, 0.05)).count(ns.Status.REFUTED), runs, 0.05)
    assert at_most(verdicts(boundary_mean(0.5, 0.15)).count(ns.Status.SATISFIED), runs, 0.05)


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
    prior = np.exp(refute.log_prior(["a", "b", "c", "d"], ("b",)))
    by_view = prior.reshape(4, -1).sum(1)
    assert by_view == pytest.approx([1 / 6, 1 / 2, 1 / 6, 1 / 6])
    assert prior.sum() == pytest.approx(1.0)


def test_rounds_tile_the_budget() -> None:
    spans = list(rounds(500))
    assert spans[0][0] == 4
    assert spans[-1][1] == 500
    assert all(a[1] == b[0] for a, b in itertools.pairwise(spans))


def test_refuter_and_acceptor_agree_with_a_loop_over_pairs() -> None:
    """The vectorised wealth equals the definition, bet by bet and pair by pair."""
    rng = np.random.default_rng(10)
    past = (rng.normal(size=8), rng.normal(size=8))
    new = (rng.normal(0.5, 1, 12), rng.normal(size=12))
    refuter = refute.Refuter(0.5, 0.05, 1e-9, ["a"], ())
    refuter.play([Feature("a", "a", past, new)])
    acceptor = accept.Acceptor(0.5, 0.05, 0.05, 0.1, 1)
    acceptor.play([Feature("a", "a", past, new)])
    gamma, cuts = math.exp(0.5), np.append(quantile_cuts(past), best_cut(past, math.exp(0.5)))
    mixed, least = 0.0, math.inf
    for slot, cut in enumerate(cuts):
        share = 0.25 if slot == 16 else 0.75 / 16
        for flip, backward in itertools.product([False, True], repeat=2):
            wealths, accepting = [], np.ones((13, 5))
            for stake, part in enumerate(refute.STAKES):
                wealth = 1.0
                for t, (a, b) in enumerate(zip(*new, strict=True)):
                    h, g = (float((v > cut) != flip) for v in ((b, a) if backward else (a, b)))
                    w = h - gamma * g - 0.05
                    wealth *= 1 + part / (gamma + 0.05) * w
                    accepting[t + 1, stake] = accepting[t, stake] * (1 - part / (1 - 0.15) * (w - 0.1))
                wealths.append(wealth)
            mixed += share * np.mean(wealths) / 4
            if slot < 16:
                least = min(least, accepting.mean(1)[1:].max())
    assert refuter.path[0][-1] == pytest.approx(math.log(mixed), abs=1e-10)
    assert acceptor.path[0][-1] == pytest.approx(math.log(least), abs=1e-10)
