"""The planner: forecasts against the engine itself, and what a claim makes impossible."""

import dataclasses
import json
import math
import shlex

import numpy as np
import pytest
from cli_tools import Capture, one_line

import neverseen as ns
from neverseen.formal.definitions._verdict import Evidence, Status, Verdict
from neverseen.properties.checks._plan import Forecast, Plan, _forecast  # pyright: ignore[reportPrivateUsage]
from neverseen.properties.cli._main import main
from neverseen.properties.engine._bets import least_pairs
from neverseen.properties.engine._decide import decide
from neverseen.properties.engine._effects import Effect, effect_of
from neverseen.properties.engine._pairs import Block
from neverseen.properties.engine._sequential import Terms

CLAIM = ns.Untraining(1.0, 0.05)


def median(effect: str, **terms: int) -> float:
    made = ns.plan(CLAIM, effect, replications=60, **terms).refuted
    assert made is not None
    return math.inf if made.median is None else made.median


def test_separated_arms_need_little_more_than_the_least() -> None:
    """The prior over events, directions and stakes costs some pairs beyond those of a perfect witness."""
    for epsilon, delta in [(1.0, 0.05), (0.5, 0.01), (2.0, 0.1)]:
        made = ns.plan(ns.Untraining(epsilon, delta), "separated", replications=20)
        assert made.least == 4 + least_pairs(epsilon, delta, 1e-4)
        assert made.refuted is not None
        assert made.refuted.median is not None
        assert made.least < made.refuted.median <= 1.4 * made.least


def test_harder_questions_need_more_pairs() -> None:
    assert median("shift=4") < median("shift=3") < median("shift=2")
    assert median("share=0.9") < median("share=0.5")
    assert median("shift=3") < median("shift=3", views=12)
    assert median("shift=2", budget=64) == math.inf


def law(effect: str, rng: np.random.Generator) -> np.ndarray:
    """The removed law of an effect, written down apart from the planner."""
    noise = rng.standard_normal((512, 1))
    return {
        "shift=2.5": noise + 2.5,
        "share=0.5": np.where(rng.random((512, 1)) < 0.5, 50.0, noise),
        "none": noise,
    }[effect]


@pytest.mark.parametrize("effect", ["shift=2.5", "share=0.5", "none"])
def test_the_median_is_that_of_real_checks(effect: str) -> None:
    rng, terms = np.random.default_rng(7), Terms(CLAIM, 1e-4, 0.05, 0.1, 512)
    blocks = (Block({"a": law(effect, rng)}, {"a": rng.standard_normal((512, 1))}, None) for _ in range(41))
    pairs = np.median([decide(terms, iter([block]), ()).pairs for block in blocks])
    made = ns.plan(CLAIM, effect)
    found = made.satisfied if effect == "none" else made.refuted
    assert found is not None
    assert found.median == pytest.approx(pairs, rel=0.25)


@pytest.mark.parametrize(
    ("effect", "theta"),
    [("separated", 1.0), ("none", 0.0), ("share=0.3", 0.3), ("shift=1", 0.126936), ("shift=1e-3", 0.0)],
)
def test_theta_of_an_effect(effect: str, theta: float) -> None:
    """A shift by d = 1 at ε = 1: Φ(−½) − e Φ(−3/2) = 0.308538 − 0.181602."""
    assert effect_of(effect).theta(1.0) == pytest.approx(theta, abs=1e-6)


def test_an_impossible_effect_says_so() -> None:
    never = ns.plan(CLAIM, "share=0.04", replications=5)
    assert never.refuted is None
    assert "θ = 0.04 ≤ δ = 0.05: the effect meets the claim and can never be refuted" in str(never)
    between, beyond = (ns.plan(CLAIM, f"share={share}", replications=5, budget=40) for share in (0.1, 0.2))
    assert "either verdict is legitimate" in between.note
    assert "only REFUTED is right" in beyond.note


def test_draws_have_the_law_of_the_effect() -> None:
    rng = np.random.default_rng(8)
    for effect, centre in [(Effect("none"), 0.0), (Effect("shift", 2.0), 2.0), (Effect("separated"), 1000.0)]:
        assert effect.draw(rng, (1, 1, 4000)).mean() == pytest.approx(centre, abs=0.08)
    assert (Effect("share", 0.3).draw(rng, (1, 1, 4000)) > 100).mean() == pytest.approx(0.3, abs=0.03)


def test_quantiles_count_the_replications_that_never_got_there() -> None:
    made = ns.plan(CLAIM, "shift=2", budget=128, replications=60).refuted
    assert made is not None
    assert 0.1 < made.share < 0.9
    assert made.ninety is None
    assert (made.median is None) == (made.share < 0.5)


def test_a_forecast_is_the_least_number_of_pairs_within_which_so_many_decided() -> None:
    pairs, yes = np.arange(10, 0, -1) * 10, np.ones(10, bool)
    assert _forecast(yes, ~yes, pairs) == Forecast(1.0, 50, 90, 0.0)
    most = pairs <= 80
    assert _forecast(most, ~most, pairs) == Forecast(0.8, 50, None, 0.2)
    assert _forecast(pairs <= 40, ~yes, pairs) == Forecast(0.4, None, None, 0.0)


# how far a stopped check was


def stopped(against: tuple[float, ...], towards: tuple[float, ...]) -> Verdict:
    """An INCONCLUSIVE verdict at α = e⁻¹⁰ and β = e⁻²."""
    evidence = Evidence(against, towards, (), "", (), (), (), None)
    example = dataclasses.replace(Verdict.example(), status=Status.INCONCLUSIVE, pairs=len(against))
    return dataclasses.replace(example, evidence=evidence, alpha=math.exp(-10), beta=math.exp(-2))


def test_remaining_pairs_follow_the_growth_of_the_second_half() -> None:
    rising, falling = tuple(np.arange(41) / 10), tuple(-np.arange(41) / 10)
    assert ns.remaining(stopped(rising, falling)) == 60
    assert ns.remaining(stopped(falling, tuple(np.arange(41) / 50))) == 60
    late = (0.0,) * 20 + tuple(np.arange(1, 21) / 10)
    assert ns.remaining(stopped(late, falling)) == 80
    assert ns.remaining(stopped(falling, falling)) is None
    assert ns.remaining(Verdict.example()) == 0


def test_the_sentence_says_how_far_it_was() -> None:
    rising, falling = tuple(np.arange(41) / 10), tuple(-np.arange(41) / 10)
    assert "reached 40 % of what it needs, acceptance 0 %; at this rate about 60 more pairs refute." in str(
        stopped(rising, falling)
    )
    assert "about 60 more pairs satisfy" in str(stopped(falling, tuple(np.arange(41) / 50)))
    assert "acceptance 0 %. Raise the budget" in str(stopped(falling, falling))
    assert "had reached" not in str(stopped((), ()))


def test_a_stopped_check_comes_near_its_forecast() -> None:
    """N(2, 1) stopped after 80 pairs: with as many more as it says, and half as many again, most are decided."""
    rng, right = np.random.default_rng(9), 0
    for _ in range(10):
        x, y = rng.normal(2, 1, (400, 1)), rng.normal(0, 1, (400, 1))
        runs = iter([Block({"a": x}, {"a": y}, None)])
        short = decide(Terms(CLAIM, 1e-4, 0.05, 0.1, 80), runs, ())
        full = decide(Terms(CLAIM, 1e-4, 0.05, 0.1, 400), iter([Block({"a": x}, {"a": y}, None)]), ())
        verdict = dataclasses.replace(Verdict.example(), status=short.status, evidence=short.evidence, pairs=80)
        more = ns.remaining(verdict)
        right += more is not None and full.pairs <= 80 + 1.5 * more
    assert right >= 8


# the command


def test_the_command_prints_the_plan(capsys: Capture) -> None:
    assert main(shlex.split("plan --effect shift=3 --epsilon .5 --delta .01 --views 2 --budget 128")) == 0
    wanted = ns.plan(ns.Untraining(0.5, 0.01), "shift=3", views=2, budget=128)
    assert capsys.readouterr() == (f"{wanted}\n", "")
    assert main(shlex.split("plan --effect none --budget 64 --json")) == 0
    made = json.loads(capsys.readouterr().out)
    assert (made["effect"], made["refuted"], made["least"]) == ("none", None, 36)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ("--effect shift=0", "effect: 'shift=0' is unknown; name separated"),
        ("--effect share=1.5", "effect: 'share=1.5' is unknown"),
        ("--effect none=1", "effect: 'none=1' is unknown"),
        ("--effect shift=inf", "effect: 'shift=inf' is unknown"),
        ("--budget 20", "budget: 20 pairs cannot refute (1, 0.05)"),
        ("--views 0", "views: 0 is not in [1, 1000000000]"),
        ("--epsilon nan", "epsilon: nan is not a finite number"),
        ("--tolerance 1", "tolerance: 1.0 is not > 0"),
        ("--alpha 2", "alpha: 2.0 is not in (0, 1)"),
    ],
)
def test_bad_input_is_one_line(arguments: str, line: str, capsys: Capture) -> None:
    assert main(["plan", *arguments.split()]) == 2
    assert one_line(capsys).startswith(line)


def test_a_plan_is_what_it_says() -> None:
    """A forecast of nothing within the budget is spelled out."""
    assert str(Forecast(0.0, None, None, 0.0)) == "median not within budget, 90 %: not within budget (reached by 0 %)"
    assert [field.name for field in dataclasses.fields(Plan)][:2] == ["definition", "alpha"]
