"""The calibration suite in small: how often the engine is wrong about laws whose violation is known, and its parts.

The null hypothesis of every rate here is that it is at most the level promised; a test fails where the Clopper–Pearson
lower bound at 99.9 % is above that. `benchmarks/calibration.py` runs the same trials at 10⁵ replications, and
`benchmarks/mutants.py` breaks the engine line by line to see which of these tests notices.
"""

import dataclasses
import itertools
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jaxtyping import Float64, Shaped

import neverseen as ns
import neverseen.properties.engine._bets as bets
from neverseen.formal.definitions._scenario import Rows
from neverseen.properties.engine._accept import Acceptor
from neverseen.properties.engine._coupling import Coupler, log_wealth
from neverseen.properties.engine._decide import Outcome, decide
from neverseen.properties.engine._features import LEARNED, LINEAR
from neverseen.properties.engine._pairs import DIVERGENCE, Block, PairBuffer
from neverseen.properties.engine._refute import Refuter
from neverseen.properties.engine._replicate import _ReplaySource, replicate  # pyright: ignore[reportPrivateUsage]
from neverseen.properties.engine._sequential import FROZEN, WARM_UP, Terms, rounds, run_sequential
from neverseen.properties.engine._witnesses import FIXED, fixed_events
from neverseen.properties.runs._draw import blocks
from neverseen.properties.runs._views import Views, observe_many, views_of
from neverseen.properties.selftest._calibration import Cell, edge_cells, null_cells, trial, upper_bound

Series = Shaped[np.ndarray, " n"]

EPSILON, DELTA, TOLERANCE, LEVEL = 0.5, 0.01, 0.1, 0.05
CLAIM = ns.Untraining(EPSILON, DELTA)


def rarely(hits: int, runs: int) -> bool:
    """Whether so many hits are compatible with a rate of at most LEVEL."""
    return 1 - upper_bound(runs - hits, runs, 0.999) <= LEVEL


def named(cells: list[Cell], name: str) -> Cell:
    return next(cell for cell in cells if cell.name == name)


def exchanged(cell: Cell, arms: bool, values: bool) -> Cell:
    """The cell with its arms swapped, its values turned in sign, or both: the violation moves to another bet."""

    def draw(rng: np.random.Generator, size: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray]:
        x, y = cell.draw(rng, size)
        x, y = (-x, -y) if values else (x, y)
        return (y, x) if arms else (x, y)

    return dataclasses.replace(cell, draw=draw)


EXCHANGES = list(itertools.product([False, True], repeat=2))
BINARY = "randomised response"


# false verdicts


@pytest.mark.parametrize("name", ["normal", "five values", "rare event, 2 %", "constant"])
def test_equal_laws_are_rarely_refuted(name: str) -> None:
    found = trial(named(null_cells(), name), 600, 48, tolerance=1e-6, alpha=LEVEL, beta=LEVEL, seed=0)
    assert rarely(int(found.refuted.sum()), 600)


@pytest.mark.parametrize("name", ["normal, shifted up", "Laplace, shifted up", "five values, the largest favoured"])
def test_laws_at_the_edge_are_rarely_refuted_and_laws_beyond_it_are(name: str) -> None:
    edge, beyond = (named(edge_cells(EPSILON, DELTA, theta), name) for theta in (DELTA, 0.4))
    found = trial(edge, 600, 64, tolerance=1e-6, alpha=LEVEL, beta=LEVEL, seed=1)
    assert rarely(int(found.refuted.sum()), 600)
    assert trial(beyond, 50, 200, tolerance=1e-6, alpha=LEVEL, beta=LEVEL, seed=1).refuted.all()


@pytest.mark.parametrize(("arms", "values"), EXCHANGES)
def test_a_class_with_a_violating_event_is_rarely_accepted(arms: bool, values: bool) -> None:
    """The event lies in the class, at θ = δ + τ, and may break the claim in any of four ways."""
    edge = exchanged(named(edge_cells(EPSILON, DELTA, DELTA + TOLERANCE), BINARY), arms, values)
    found = trial(edge, 400, 200, tolerance=TOLERANCE, alpha=1e-12, beta=LEVEL, seed=2)
    assert rarely(int(found.satisfied.sum()), 400)


@pytest.mark.parametrize("name", ["normal, shifted up", "Laplace, shifted up", "five values, the largest favoured"])
def test_acceptance_keeps_its_level_and_comes_about(name: str) -> None:
    edge, null = named(edge_cells(EPSILON, DELTA, DELTA + TOLERANCE), name), named(null_cells(), "normal")
    found = trial(edge, 400, 200, tolerance=TOLERANCE, alpha=1e-12, beta=LEVEL, seed=3)
    assert rarely(int(found.satisfied.sum()), 400)
    assert trial(null, 40, 400, tolerance=TOLERANCE, alpha=1e-12, beta=LEVEL, seed=3).satisfied.mean() > 0.9


@pytest.mark.parametrize(("arms", "values"), EXCHANGES)
def test_each_of_the_four_bets_is_needed(arms: bool, values: bool) -> None:
    """P(1) = .3 against Q(1) = 0 at ε = 1, or its mirror images: one bet of the four can win."""

    def draw(rng: np.random.Generator, size: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray]:
        return (rng.random(size) < 0.3).astype(float), np.zeros(size)

    cell = exchanged(Cell("one atom", 1.0, 0.01, 0.3, draw), arms, values)
    assert trial(cell, 50, 200, tolerance=1e-6, alpha=LEVEL, beta=LEVEL, seed=4).refuted.mean() > 0.9


# e-values


def wealths(cell: Cell, runs: int, pairs: int) -> tuple[Float64[np.ndarray, " runs"], Acceptor]:
    """What refutation has after so many pairs that nothing ends, and the acceptor."""
    terms = Terms(ns.Untraining(cell.epsilon, cell.delta), 0.5, LEVEL, TOLERANCE, pairs)
    refuter = Refuter([(cell.epsilon, cell.delta)], 1e-300, np.full(cell.features, 1 / cell.features), runs)
    acceptor = Acceptor(cell.epsilon, cell.delta, 1e-300, TOLERANCE, cell.features, runs)
    saved = _ReplaySource(*cell.draw(np.random.default_rng(5), (runs, cell.features, pairs)))
    assert len(list(run_sequential(terms, saved, refuter, acceptor))) == len(list(rounds(pairs)))
    return np.exp(bets.log_sum(refuter.wealth_by_strategy)), acceptor


def at_most_one(values: np.ndarray) -> bool:
    """Whether a mean of at most 1 is compatible with the values: within five standard errors."""
    return bool(values.mean() <= 1 + 5 * values.std() / math.sqrt(len(values)))


def every_event_at_the_edge() -> Cell:
    """Equal laws at ε = δ = 0: no event gains or loses, so that a glance at what is bet on shows at once."""
    return dataclasses.replace(named(null_cells(), "normal"), epsilon=0.0, delta=0.0)


def test_wealth_is_at_most_one_on_average_at_the_edge() -> None:
    binary = named(edge_cells(EPSILON, DELTA, DELTA), BINARY)
    for cell in (every_event_at_the_edge(), *(exchanged(binary, *way) for way in EXCHANGES)):
        assert at_most_one(wealths(cell, 1000, 24)[0])
    # The twin: beyond the edge it is not.
    assert not at_most_one(wealths(named(edge_cells(EPSILON, DELTA, 0.4), BINARY), 1000, 24)[0])


@pytest.mark.parametrize(("arms", "values"), EXCHANGES)
def test_acceptance_wealth_is_at_most_one_on_average_where_the_slack_is_used_up(arms: bool, values: bool) -> None:
    """Of the cut between both values; its bets are forward, backward, and these on the complement."""
    edge = exchanged(named(edge_cells(EPSILON, DELTA, DELTA + TOLERANCE), BINARY), arms, values)
    won = np.exp(wealths(edge, 1000, FROZEN + 36)[1].wealth[:, 0, 0]).mean(-1)
    assert at_most_one(won[:, 2 * values + arms])
    inside = exchanged(named(edge_cells(EPSILON, DELTA, DELTA), BINARY), arms, values)
    assert not at_most_one(np.exp(wealths(inside, 1000, FROZEN + 36)[1].wealth[:, 0, 0]).mean(-1)[:, 2 * values + arms])


def test_coupling_wealth_is_one_on_average_at_the_edge() -> None:
    """Terms of 0 or 1 with mean m, over every sequence of four."""
    mean, total = 0.3, 0.0
    for terms in itertools.product([0.0, 1.0], repeat=4):
        chance = math.prod(mean if term else 1 - mean for term in terms)
        total += chance * math.exp(log_wealth(np.array(terms), mean)[-1])
    assert total == pytest.approx(1.0, abs=1e-12)


def test_no_stake_can_lose_more_than_there_is() -> None:
    with np.errstate(invalid="ignore", divide="ignore"):
        for epsilon, delta, tolerance in itertools.product([0.0, 0.5, 3.0], [0.0, 0.1, 0.6], [0.01, 0.3]):
            assert np.isfinite(bets.against(epsilon, delta)).all()
            assert np.isfinite(bets.towards(epsilon, delta, tolerance)).all()


# what a check does with them


def judge(
    removed: Series,
    reference: Series,
    distance: Series | None = None,
    beta: float = LEVEL,
    claim: ns.Untraining | ns.Unlearning = CLAIM,
) -> Outcome:
    """One view of one number, all pairs in one block."""
    x, y = ({"a": arm[:, None].astype(float)} for arm in (removed, reference))
    terms = Terms(claim, 1e-4, beta, TOLERANCE, len(removed))
    return decide(terms, iter([Block(x, y, None, distance)]), ())


def test_few_pairs_of_equal_laws_establish_nothing() -> None:
    rng = np.random.default_rng(6)
    assert judge(rng.normal(size=40), rng.normal(size=40)).status is ns.Status.INCONCLUSIVE


@pytest.mark.parametrize("seed", range(6))
def test_a_leak_below_one_run_is_never_a_claim_about_all_events(seed: int) -> None:
    """P = (1 − θ) Q + θ · a far point with θ < 1/N breaks (½, 0); no black-box verdict may say that it holds."""
    pairs, rng = 250, np.random.default_rng([7, seed])
    leak = named(edge_cells(EPSILON, DELTA, 1 / (2 * pairs)), "Cauchy, a leak of mass θ")
    x, y = (arm[0, 0] for arm in leak.draw(rng, (1, 1, pairs)))
    outcome = judge(x, y)
    assert outcome.status in (ns.Status.INCONCLUSIVE, ns.Status.SATISFIED)
    assert "all events" not in outcome.scope
    assert "declared events" in outcome.scope
    assert (outcome.epsilon_upper, outcome.delta_upper) == (None, None)


def test_the_declared_class_is_fixed_by_the_first_pairs() -> None:
    """Later pairs spread tenfold, yet the events stay: acceptance falls on the pair that a loop over them finds."""
    rng = np.random.default_rng(8)
    spread = np.where(np.arange(400) < FROZEN, 1.0, 10.0)
    x, y = rng.normal(size=(2, 400)) * spread
    events = fixed_events(x[None, None, :FROZEN], y[None, None, :FROZEN])
    growth, shown = (
        bets.towards(EPSILON, DELTA, TOLERANCE),
        events.outcomes(x[None, None], y[None, None])[0, FROZEN:, 0],
    )
    path = np.logaddexp.reduce(growth[shown].cumsum(0), axis=-1) - math.log(len(bets.CAREFUL))  # pair, event, bet
    accepted = FROZEN + 1 + int((np.maximum.accumulate(path, 0).min((1, 2)) >= math.log(1 / LEVEL)).argmax())
    one, terms = judge(x, y), Terms(CLAIM, 1e-4, LEVEL, TOLERANCE, 400)
    # What was reached before the latest look is kept as a maximum, so that looks may only be later than pairs.
    assert accepted <= one.pairs <= accepted + bets.STRIDE
    assert replicate(terms, x[None, None], y[None, None]).pairs.tolist() == [one.pairs]


def test_every_lens_sees_the_past_alone() -> None:
    """Futures that differ after pair 8 share all features of earlier pairs, those of all views together included."""
    rng = np.random.default_rng(13)
    x, y, other = (rng.normal(m, 1, (16, 3)) for m in (0.5, 0.0, 9.0))
    shown: list[np.ndarray] = []
    for removed in (x, np.concatenate([x[:8], other[8:]])):
        pairs = PairBuffer(iter([Block({"v": removed}, {"v": y}, None)]))
        pairs.reach(16)
        feature_maps = pairs.feature_maps(8)
        assert {feature_map.kind for feature_map in feature_maps} >= {LINEAR, LEARNED}
        shown.append(pairs.batch(feature_maps, 4, 4, 8).x)
    assert (shown[0] == shown[1]).all()


def test_what_acceptance_has_reached_it_keeps() -> None:
    """Each bet's best wealth counts, over rounds as within one."""
    good, bad = np.zeros((1, 64, 1, FIXED), np.uint8), np.full((1, 64, 1, FIXED), 2, np.uint8)
    acceptor = Acceptor(EPSILON, DELTA, 1e-300, TOLERANCE, 1)
    acceptor.play(np.where(np.arange(64)[None, :, None, None] % 2, good, good + 3).astype(np.uint8))
    reached = float(acceptor.path[0, -1])
    acceptor.play(bad)
    assert reached > 0
    assert float(acceptor.path[0, -1]) >= reached


def test_two_ways_to_accept_share_the_level() -> None:
    rng, claim = np.random.default_rng(9), ns.Untraining(1.0, 0.05)
    x, y = rng.normal(size=(2, 300))
    useless, certain = judge(x, y, np.full(300, np.inf)), np.full(300, 0.1)
    assert useless.pairs == judge(x, y, beta=LEVEL / 2).pairs > judge(x, y).pairs
    near = judge(x + 0.8, y, certain, claim=claim)  # so far apart that events alone would take longer
    assert near.scope == "all events"
    half, whole = (Coupler(1.0, 0.05, beta).play(certain) for beta in (LEVEL / 2, LEVEL))
    assert half is not None
    assert whole is not None
    assert near.pairs == WARM_UP + half + 1 > WARM_UP + whole + 1


def test_the_witness_tells_the_arms_apart() -> None:
    rng = np.random.default_rng(10)
    for removed, reference in ((1.0, 0.0), (0.0, 1.0)):
        found = judge(rng.random(200) < 0.5 * removed, rng.random(200) < 0.5 * reference)
        assert found.status is ns.Status.REFUTED
        flipped = "≤" in found.witness.event
        assert ((found.witness.removed > found.witness.reference) ^ flipped) == (removed > reference)


def test_values_that_are_not_finite_are_events_and_are_counted() -> None:
    lost, zeros = np.where(np.arange(200) % 2, np.nan, 0.0), np.zeros(200)
    found = judge(lost, zeros)
    assert found.status is ns.Status.REFUTED
    assert (found.witness.view, found.witness.event) == ("a", "a is NaN or infinite")
    row = next(row for row in found.evidence.views if row.view == DIVERGENCE)
    assert row.removed == np.isnan(lost[: found.pairs]).mean()
    assert row.reference == 0.0


def test_absent_rows_of_an_eval_set_weigh_nothing() -> None:
    """Three rows present among sixteen: the loss is that of three, and there are three margins."""
    learner, scenario = ns.learners.ridge(), ns.scenarios.blobs()
    models = ns.pools.draw(learner, scenario.rows, jax.random.split(jax.random.key(0), 1))
    some = Rows(scenario.rows.x[:16], scenario.rows.y[:16], jnp.arange(16) < 3)
    seen = observe_many(learner, models, Views({"S": some}))
    one = jax.tree.map(lambda leaf: leaf[0], models.params)
    losses = learner.loss(learner.apply(one, some.x), some.y)[:3]
    assert seen["loss on S"][0, 0] == pytest.approx(float(losses.mean()), rel=1e-5)


def test_the_grain_lies_on_both_arms() -> None:
    """One rounding error apart: with a grain far above it, nothing is refuted; without one, everything is."""
    x = np.ones(400)
    found = {g: ns.check_samples(CLAIM, x + 1e-7, x, grain=g, alpha=LEVEL, paired=True).status for g in (0.0, 1e-3)}
    assert found == {0.0: ns.Status.REFUTED, 1e-3: ns.Status.SATISFIED}


def test_drawn_pairs_carry_the_grain_on_both_arms() -> None:
    scenario, learner = ns.scenarios.figure1(), ns.learners.ridge()
    without, with_ = (
        next(
            blocks(
                CLAIM, ns.removers.retrain(), learner, scenario, views_of(scenario, CLAIM), seed=0, grain=g, budget=32
            )
        )
        for g in (0.0, 0.5)
    )
    assert with_.grain is not None
    for arm in ("removed", "reference", "original"):
        plain, noisy = getattr(without, arm), getattr(with_, arm)
        noise = [(noisy[view] - plain[view]) / with_.grain[view] for view in plain if with_.grain[view].all()]
        assert np.concatenate(noise, 1).std() == pytest.approx(1.0, rel=0.2)
    # What doing nothing would publish carries the noise of what was published.
    one = next(
        blocks(
            CLAIM, ns.removers.do_nothing(), learner, scenario, views_of(scenario, CLAIM), seed=0, grain=0.5, budget=32
        )
    )
    assert one.original is not None
    assert all((one.removed[view] == one.original[view]).all() for view in one.removed)
