"""Closer to the reference or to the original: the bets exactly, by enumeration; decisions on laws that are known."""

import itertools
import math
import re
import shlex
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from cli_tools import Capture, one_line
from jaxtyping import Array, Bool, Float64, PRNGKeyArray

import neverseen as ns
import neverseen.properties.engine._contest as contest
from neverseen.formal.definitions._relative import Relative, Side
from neverseen.formal.definitions._scenario import Rows
from neverseen.properties.cli._main import main
from neverseen.properties.engine._bets import STAKES, log_sum
from neverseen.properties.engine._mmd import Arms, Kernel, KernelPart, standing, statistics
from neverseen.properties.engine._round_robin import growth, matchings, mean
from neverseen.properties.engine._standing import Standing
from neverseen.properties.selftest._calibration import lower_bound

Square = Float64[np.ndarray, "n n"]

# Four triples (u, r, o): P is half R and half O, and the removed run shares its triple's reference or original.
HALFWAY = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 1.0], [2.0, 2.0, 5.0], [5.0, 2.0, 5.0]])
CHANCES = np.array([0.3, 0.3, 0.2, 0.2])
PLAIN = Kernel({"a": KernelPart(1.0, np.zeros(1), np.ones(1), (1.0,))})


def arms_of(triples: Float64[np.ndarray, "n 3"]) -> Arms:
    """Three arms of one view."""
    u, r, o = ({"a": triples[:, i : i + 1]} for i in range(3))
    return u, r, o


def expected_factor(h: Square, largest: float, block: int = 4) -> Float64[np.ndarray, " l"]:
    """E of a block's factor for every stake, over all sequences of the four triples."""
    total = np.zeros(len(STAKES))
    for sequence in itertools.product(range(len(h)), repeat=block):
        met = h[np.ix_(sequence, sequence)]
        total += CHANCES[list(sequence)].prod() * np.exp(growth(met, np.array(largest)))
    return total


def squared_mmd(a: Float64[np.ndarray, " n"], b: Float64[np.ndarray, " n"]) -> float:
    """MMD² of two marginal laws with the same chances, from its definition."""

    def inner(x: Float64[np.ndarray, " n"], y: Float64[np.ndarray, " n"]) -> float:
        return float(CHANCES @ np.exp(-((x[:, None] - y) ** 2) / 2) @ CHANCES)

    return inner(a, a) + inner(b, b) - 2 * inner(a, b)


def test_the_statistics_are_unbiased_whatever_joins_the_runs_of_a_triple() -> None:
    triples = np.array([[0.0, 0.5, 1.0], [0.3, 0.3, 4.0], [2.0, 2.0, 5.0], [5.0, -1.0, 5.0]])
    u, r, o = triples.T
    h, m = statistics(PLAIN, arms_of(triples))
    assert float(CHANCES @ h @ CHANCES) == pytest.approx(squared_mmd(u, o) - squared_mmd(u, r), abs=1e-12)
    assert float(CHANCES @ m @ CHANCES) == pytest.approx(squared_mmd(r, o), abs=1e-12)
    for p in (0.0, 0.2, 0.5, 1.0):
        assert abs(h + (2 * p - 1) * m).max() <= 3 + abs(2 * p - 1)


def test_wealth_has_mean_one_half_way_and_only_there() -> None:
    h, m = statistics(PLAIN, arms_of(HALFWAY))
    for sign in (1, -1):
        assert expected_factor(sign * h, 3.0) == pytest.approx(np.ones(len(STAKES)), abs=1e-12)
    # At position 0 or 1 instead of ½ one direction gains and the other loses; so it does without one term of h.
    assert (expected_factor(h + 0.2 * m, 3.2) > 1.0005).all()
    assert (expected_factor(-h - 0.2 * m, 3.2) < 0.9995).all()
    r = np.exp(-((HALFWAY[:, 1][:, None] - HALFWAY[:, 1]) ** 2) / 2)
    assert (expected_factor(h + r, 3.0) > 1.01).all()


def test_couples_that_share_a_run_would_not_keep_the_mean() -> None:
    """The twin of the matchings: two bets in a row against one past triple multiply to more than 1 on average."""
    h, _ = statistics(PLAIN, arms_of(HALFWAY))
    factor = 1 + h / 3
    chained = sum(CHANCES[a] * float(CHANCES @ factor[a]) ** 2 for a in range(len(h)))
    assert chained > 1.001
    assert sum(CHANCES[a] * float(CHANCES @ factor[a]) for a in range(len(h))) == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize("size", [2, 4, 8])
def test_a_tournament_has_every_couple_once_in_disjoint_rounds(size: int) -> None:
    rounds = matchings(size)
    assert all(sorted(of_round.ravel().tolist()) == list(range(size)) for of_round in rounds)
    met = sorted(tuple(sorted(couple)) for couple in rounds.reshape(-1, 2).tolist())
    assert met == list(itertools.combinations(range(size), 2))


def test_growth_agrees_with_a_loop() -> None:
    h = np.random.default_rng(0).uniform(-3, 3, (6, 6))
    h = (h + h.T) / 2
    for stake, found in zip(STAKES, growth(h, np.array(3.0)), strict=True):
        products = [np.prod([1 + stake * h[i, j] / 3 for i, j in of_round]) for of_round in matchings(6)]
        assert np.exp(found) == pytest.approx(np.mean(products))
    assert mean(h) == pytest.approx(np.mean([h[i, j] for i, j in itertools.permutations(range(6), 2)]))


# decisions on known laws


def at_most(hits: int, runs: int, level: float) -> bool:
    """Whether so many hits are compatible with a rate of at most `level`: the Clopper–Pearson lower bound at 99.9 %."""
    return lower_bound(hits, runs) <= level


def mixtures(share: float, runs: int, alpha: float) -> list[Relative]:
    """Comparisons of (1 − ρ) R + ρ O with R and O far apart; each removed run is its own triple's."""
    rng, found = np.random.default_rng(1), list[Relative]()
    for seed in range(runs):
        r, o = rng.normal(0, 1, (96, 1)), rng.normal(8, 1, (96, 1))
        u = np.where(rng.random((96, 1)) < share, o, r)
        found.append(ns.compare_samples(u, r, o, alpha=alpha, seed=seed, paired=True))
    return found


def test_half_way_neither_side_is_established() -> None:
    found = mixtures(0.5, 40, 0.2)
    assert at_most(sum(one.side is not Side.UNDECIDED for one in found), 40, 0.2)
    assert sum(one.triples == 96 for one in found) >= 30


@pytest.mark.parametrize("share", [0.1, 0.9])
def test_the_bounds_hold_the_position_of_a_mixture_and_come_near_it(share: float) -> None:
    found = mixtures(share, 30, 0.2)
    wrong = sum(not (one.lower or -1) < share < (one.upper or 2) for one in found)
    assert at_most(wrong, 30, 0.2)
    side = Side.CLOSER_TO_REFERENCE if share < 0.5 else Side.CLOSER_TO_ORIGINAL
    assert [one.side for one in found] == [side] * 30
    assert np.median([one.position or 0.0 for one in found]) == pytest.approx(share, abs=0.1)


@pytest.mark.parametrize(("at", "part"), [(0.5, 0.39), (9.0, 0.02)], ids=["a bound", "farther"])
def test_a_level_is_reached_with_its_own_part_of_alpha_and_with_no_more(at: float, part: float) -> None:
    """α at which the wealth of one and the same bets lies just short of what its part asks for, and just beyond."""
    rng = np.random.default_rng(3)
    arms = [rng.normal(mean, 1, (200, 1)) for mean in (at, 0.0, 3.0)]

    def compared(alpha: float) -> Relative:
        return ns.compare_samples(*arms, alpha=alpha, paired=True, grain=0.0)

    def shown(made: Relative) -> bool:
        return made.side is Side.NEITHER if part == 0.02 else made.upper is not None and made.upper <= 0.5

    undecided = compared(1e-20)
    assert undecided.side is Side.UNDECIDED
    wealth = (undecided.farther if part == 0.02 else undecided.to_reference)[-1]
    assert not shown(compared(math.exp(-wealth) / part / 1.02))
    assert shown(compared(math.exp(-wealth) / part * 1.02))


def test_the_standing_is_established_with_its_own_part_of_alpha_and_with_no_more() -> None:
    """The least of two statistics decides: 0.2 α for each, whichever end of the line."""
    near = np.broadcast_to(np.array([0.4, 0.4, 0.3, 0.3])[:, None, None], (4, 64, 64))
    least = min(float(log_sum(growth(near[i], np.array(low)))) for i, low in ((0, 3.0), (2, 0.5))) - math.log(4)
    assert least > 2
    for slack, shown in ((1 / 1.02, False), (1.02, True)):
        made = Standing(math.exp(-least) / 0.2 * slack)
        made.play(near)
        assert made.by_reference is shown
        assert made.by_original(1.0) is shown
        assert not made.by_original(1.2)
        assert not made.farther


def test_swapping_reference_and_original_swaps_the_side() -> None:
    rng = np.random.default_rng(2)
    u, r, o = (rng.normal(at, 1, (200, 3)) for at in (1.0, 0.0, 4.0))
    one, other = ns.compare_samples(u, r, o, paired=True), ns.compare_samples(u, o, r, paired=True)
    assert (one.side, other.side) == (Side.CLOSER_TO_REFERENCE, Side.CLOSER_TO_ORIGINAL)
    assert one.to_reference == pytest.approx(other.to_original)
    assert (one.position or 0.0) == pytest.approx(1 - (other.position or 0.0))


# removers


def decided(remover: ns.Remover, claim: ns.Untraining | ns.Unlearning | None = None) -> Relative:
    scenario = ns.scenarios.figure1()
    claim = claim or ns.Untraining(1.0, 0.05)
    return ns.check_relative(claim, remover, ns.learners.nearest_neighbour(), scenario, budget=128)


def test_doing_nothing_is_closer_to_the_original_and_retraining_to_the_reference() -> None:
    nothing, retrained = decided(ns.removers.do_nothing()), decided(ns.removers.retrain())
    assert (nothing.side, retrained.side) == (Side.CLOSER_TO_ORIGINAL, Side.CLOSER_TO_REFERENCE)
    assert (nothing.lower or 0.0) >= 0.5 >= (retrained.upper or 1.0)
    assert nothing.triples <= 112
    # The definition chooses the reference: without S alone is far from without all of S_full.
    assert decided(ns.removers.retrain(), ns.Unlearning(1.0, 0.05)).side is not Side.CLOSER_TO_REFERENCE


def test_a_flipped_statistic_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin of the test above: with h negated do-nothing would pass for a retrain."""

    def flipped(kernel: Kernel, arms: Arms) -> tuple[Square, Square]:
        h, m = statistics(kernel, arms)
        return -h, m

    monkeypatch.setattr(contest, "statistics", flipped)
    found = decided(ns.removers.do_nothing())
    assert found.upper is not None
    # Its half of the line is wrong, and still no side: that its end is near is another bet.
    assert found.side is Side.UNDECIDED


def test_two_equal_calls_agree_and_blocks_end_with_the_decision() -> None:
    seen: list[int] = []
    subject = ns.removers.do_nothing(), ns.learners.nearest_neighbour(), ns.scenarios.figure1()
    terms = (ns.Untraining(1.0, 0.05), *subject)
    first = ns.check_relative(*terms, budget=256, progress=lambda pairs, budget, message: seen.append(pairs))
    second = ns.check_relative(*terms, budget=256)
    assert (first.looks, first.to_original) == (second.looks, second.to_original)
    assert seen[-1] - 32 < first.triples <= seen[-1] < 256


def test_a_diverged_run_is_an_outcome() -> None:
    """NaN lies far from numbers and on NaN; a remover that always diverges has a verdict, and no warning."""
    bad, good = {"a": np.full((16, 2), np.nan)}, {"a": np.random.default_rng(3).normal(size=(16, 2))}
    kernel = Kernel.fit((bad, good, good), ())
    assert kernel.gram(bad, bad) == pytest.approx(1.0)
    assert (kernel.gram(bad, good) < 0.2).all()

    @ns.remover
    def diverging(key: PRNGKeyArray, trained: ns.Trained, rows: Rows, forget: Bool[Array, " n"]) -> object:
        return jax.tree.map(lambda leaf: leaf * jnp.nan, trained.params)

    made = ns.check_relative(
        ns.Untraining(1.0, 0.05), diverging, ns.learners.ridge(), ns.scenarios.figure1(), budget=64
    )
    assert (made.side, made.triples) == (Side.NEITHER, 24)
    assert made.why == "24 of 24 removed models hold NaN or infinity"


# no side for a wreck


def sided(u: Square, r: Square, o: Square, seed: int = 0) -> Relative:
    return ns.compare_samples(u, r, o, alpha=0.05, seed=seed, paired=True, diverged="event")


def wrecked(kind: str, rng: np.random.Generator, runs: int, dims: int) -> Square:
    """Removed models that are neither like references, N(0, 1), nor like originals, N(3, 0.8) in the first number."""
    noise = rng.normal(0, 1, (runs, dims))
    return {
        "far away": noise + 40,
        "away at a right angle": noise + np.eye(dims)[1] * 40,
        "scattered": noise * 100,
        "scattered by orders of magnitude": noise * 10.0 ** rng.uniform(0, 9, (runs, 1)),
        "all the same": np.full((runs, dims), -7.0),
        "beyond the reference": noise - np.eye(dims)[0] * 9,
        "beyond the original": 0.8 * noise + np.eye(dims)[0] * 9,
    }[kind]


WRECKS = (
    "far away", "away at a right angle", "scattered", "scattered by orders of magnitude", "all the same",
    "beyond the reference", "beyond the original",
)  # fmt: skip


@pytest.mark.parametrize("kind", WRECKS)
@pytest.mark.parametrize("dims", [2, 4])
def test_a_wreck_has_no_side(kind: str, dims: int) -> None:
    rng = np.random.default_rng(7)
    for seed in range(4):
        r, o = (rng.normal(0, 1, (384, dims)) for _ in range(2))
        o = np.eye(dims)[0] * 3 + 0.8 * o
        found = sided(wrecked(kind, rng, 384, dims), r, o, seed)
        assert found.side in (Side.NEITHER, Side.UNDECIDED)
        assert found.why or found.side is Side.UNDECIDED
        twins = sided(rng.normal(0, 1, (384, dims)), r, o, seed), sided(o + 0, r, o, seed)
        assert [twin.side for twin in twins] == [Side.CLOSER_TO_REFERENCE, Side.CLOSER_TO_ORIGINAL]


@pytest.mark.parametrize("part", [0.3, 0.45])
@pytest.mark.parametrize("kind", [*WRECKS, "NaN"])
@pytest.mark.parametrize("end", ["reference", "original"])
def test_a_part_that_is_wrecked_keeps_every_side_back(end: str, kind: str, part: float) -> None:
    """Means are blind to it: where the rest of the runs are references, they lie nearer to these on average."""
    rng = np.random.default_rng(7)
    r, o, rest = (rng.normal(0, 1, (160, 2)) for _ in range(3))
    o, rest = (np.eye(2)[0] * 3 + 0.8 * o), rest if end == "reference" else np.eye(2)[0] * 3 + 0.8 * rest
    bad = np.full((160, 2), np.nan) if kind == "NaN" else wrecked(kind, rng, 160, 2)
    found = sided(np.where(rng.random((160, 1)) < part, bad, rest), r, o)
    assert found.side in (Side.NEITHER, Side.UNDECIDED)
    if kind == "far away" and part < 0.4:
        assert re.search(r"\d+ of 144 removed models are like no reference and no original", found.why)
    whole = sided(rest, r, o)
    assert (whole.side.name, whole.why) == (f"CLOSER_TO_{end.upper()}", "")


@pytest.mark.parametrize("views", [1, 6])
def test_laws_with_heavy_tails_have_sides(views: int) -> None:
    """A run far out is no wreck where the references have as many: the share beyond theirs counts."""
    rng = np.random.default_rng(5)
    u, r, o = (rng.standard_cauchy((384, views)) + at for at in (0, 0, 9))
    for end, removed in (("REFERENCE", u), ("ORIGINAL", u + 9)):
        assert sided(removed, r, o).side.name == f"CLOSER_TO_{end}"


def test_as_many_wrecks_as_the_references_have_are_no_reason() -> None:
    """Training itself may go astray now and then: what counts is how many more do after a removal."""
    rng = np.random.default_rng(5)
    u, r, o = (
        np.where(rng.random((384, 1)) < 0.25, rng.uniform(1e3, 1e9, (384, 1)), rng.normal(at, 1, (384, 1)))
        for at in (0, 0, 6)
    )
    assert sided(u, r, o).side is Side.CLOSER_TO_REFERENCE


def test_a_law_between_both_ends_is_no_wreck() -> None:
    rng = np.random.default_rng(5)
    u, r, o = (rng.normal(0, 1, (384, 12)) + at for at in (0.7, 0, 2))
    assert sided(u, r, o).side is Side.CLOSER_TO_REFERENCE


def test_a_scattered_wreck_is_not_on_the_side_of_the_more_spread_law() -> None:
    """A bounded kernel saturates: to what lies scattered, the more spread of two laws is always the nearer one."""
    rng = np.random.default_rng(11)
    spread, narrow, wreck = rng.normal(0, 1, (256, 2)), rng.normal(8, 0.1, (256, 2)), rng.normal(0, 30, (256, 2))
    for end, found in (("reference", sided(wreck, spread, narrow)), ("original", sided(wreck, narrow, spread))):
        assert (found.side, found.triples) == (Side.UNDECIDED, 256)
        assert found.why.startswith(f"it lies on the {end}'s half of the line, but is not shown to be nearer")


def test_a_little_beyond_the_original_is_no_side_either() -> None:
    rng = np.random.default_rng(11)
    r, o = rng.normal(0, 1, (256, 1)), rng.normal(2, 1, (256, 1))
    assert [sided(u, r, o).side for u in (o + 0.8, o)] == [Side.NEITHER, Side.CLOSER_TO_ORIGINAL]


def test_a_model_farther_than_the_original_is_said_to_be() -> None:
    rng = np.random.default_rng(8)
    u, r, o = (rng.normal(at, 0.5, (384, 1)) for at in (9.0, 0.0, 2.0))
    found = sided(u, r, o)
    assert (found.side, found.why) == (Side.NEITHER, "it lies farther from the reference than the original does")
    assert (found.distance or 0) > 1
    assert max(found.farther) >= np.log(50 / found.alpha)
    assert str(found).startswith("NEITHER: the law of the removed samples is closer to neither (it lies farther")


def test_the_standing_has_the_means_that_it_is_said_to_have() -> None:
    triples = np.array([[0.0, 0.5, 1.0], [0.3, 0.3, 4.0], [2.0, 2.0, 5.0], [5.0, -1.0, 5.0]])
    u, r, o = triples.T
    found = [float(CHANCES @ s @ CHANCES) for s in standing(PLAIN, arms_of(triples))]
    m = squared_mmd(r, o)

    def alike(x: Float64[np.ndarray, " n"], y: Float64[np.ndarray, " n"]) -> float:
        return float(CHANCES @ np.exp(-((x[:, None] - y) ** 2) / 2) @ CHANCES)

    wanted = [
        m - squared_mmd(u, r),
        m - squared_mmd(u, o),
        alike(u, r) - alike(r, r) / 2,
        alike(u, o) - alike(o, o) / 2,
    ]
    assert found == pytest.approx(wanted, abs=1e-12)
    for s, least in zip(standing(PLAIN, arms_of(triples)), (-3, -3, -0.5, -0.5), strict=True):
        assert s.min() >= least


@pytest.mark.parametrize("scale", [1.0, 3.0])
def test_bets_on_the_standing_do_not_gain_where_nothing_is_to_be_gained(scale: float) -> None:
    """P = O: "nearer to the reference than the original" and "farther" both have a mean of 0."""
    rng, hits = np.random.default_rng(9), 0
    for _ in range(200):
        r, o, u = rng.normal(0, 1, (48, 1)), rng.normal(1, scale, (48, 1)), rng.normal(1, scale, (48, 1))
        bets, arms = Standing(0.5), tuple({"a": v} for v in (u, r, o))
        for start in range(0, 48, 8):
            u8, r8, o8 = ({"a": arm["a"][start : start + 8]} for arm in arms)
            bets.play(standing(PLAIN, (u8, r8, o8)))
        hits += bets.by_reference or bets.farther
    assert at_most(hits, 200, 0.22 * 0.5)


# results


def test_results_survive_json() -> None:
    made = Relative.example()
    for one in (made, mixtures(0.9, 1, 0.2)[0]):
        assert Relative.from_json(one.to_json()) == one
    with pytest.raises(ValueError, match="not the JSON of a Relative"):
        Relative.from_json("{}")


@pytest.mark.parametrize(
    ("terms", "line"),
    [
        ({"alpha": 0.0}, "alpha: 0.0 is not in"),
        ({"grain": -1}, "grain: -1 is not a finite number"),
        ({"original": np.zeros((20, 1))}, "budget: 20 triples cannot decide at alpha=0.0001; at least 50 are needed"),
        ({"original": np.zeros((99, 1)), "paired": True}, "paired: 200 removed, 200 reference, 99 original runs; pair"),
        ({"original": np.zeros((200, 2))}, "original: columns"),
        ({"original": np.full((200, 1), np.nan)}, "original: run 0 is NaN or inf"),
    ],
)
def test_bad_input_is_one_line(terms: dict[str, Any], line: str) -> None:
    arms: dict[str, Any] = {name: np.zeros((200, 1)) for name in ("removed", "reference", "original")}
    with pytest.raises(ValueError, match=f"^{line}"):
        ns.compare_samples(**{**arms, **terms})


@pytest.mark.parametrize("who", [("removed", "reference"), ("removed", "original"), ("original",), ("reference",)])
def test_paired_arms_have_identities_all_or_none(who: tuple[str, ...]) -> None:
    """Files in different orders: whoever takes row i of one for the partner of row i of another mispairs."""
    rng = np.random.default_rng(5)
    rows = {arm: rng.permutation(200) for arm in ("removed", "reference", "original")}
    full = {arm: rng.normal(at, 1, 200) for arm, at in zip(rows, (1.0, 0.0, 6.0), strict=True)}
    tables: dict[str, Any] = {
        arm: {"loss": full[arm][at]} | ({"seed": at} if arm in who else {}) for arm, at in rows.items()
    }
    missing = next(arm for arm in rows if arm not in who)
    with pytest.raises(
        ValueError, match=f"^paired: {missing} has no ids, and other arms have; give it a column 'seed'"
    ):
        ns.compare_samples(**tables, paired=True)
    named: dict[str, Any] = {arm: {"loss": full[arm][at], "seed": at} for arm, at in rows.items()}
    made = ns.compare_samples(**named, paired=True)
    in_order: dict[str, Any] = {arm: {"loss": values} for arm, values in full.items()}
    plain = ns.compare_samples(**in_order, ids=range(200), paired=True)
    assert (made.to_reference, made.to_original) == (plain.to_reference, plain.to_original)


@pytest.mark.parametrize(("remover", "code"), [("do_nothing", 1), ("retrain", 0)])
def test_the_side_is_the_exit_status(remover: str, code: int, capsys: Capture) -> None:
    command = f"check-relative {remover} --scenario figure1 --learner nearest_neighbour --budget 128 --json"
    assert main(shlex.split(command)) == code
    made = Relative.from_json(capsys.readouterr().out)
    assert made.provenance["command"].startswith(f"neverseen check-relative {remover} --definition untraining")


def test_an_undecided_comparison_exits_with_3_and_a_short_budget_with_2(capsys: Capture) -> None:
    base = ["check-relative", "do_nothing", "--scenario", "figure1", "--learner", "nearest_neighbour", "--budget"]
    assert main([*base, "52"]) == 3
    assert capsys.readouterr().out.startswith("UNDECIDED: 52 triples of runs do not tell whether do_nothing")
    assert main([*base, "40"]) == 2
    assert one_line(capsys).startswith("budget: 40 triples cannot decide")
