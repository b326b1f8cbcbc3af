"""`audit_one_run`: one model, one removal of a set that coins drew."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.stats

import neverseen as ns

EPSILON, DELTA, ALPHA, GUESSES = 1.0, 0.01, 0.05, 40


def with_right(right: int, m: int = 2 * GUESSES) -> tuple[np.ndarray, np.ndarray]:
    """Scores and coins of which so many guesses are right: half the guesses for S, half against."""
    coins = np.tile([True, False], m // 2)
    ranked = np.zeros(m)
    heads, tails, half = np.flatnonzero(coins), np.flatnonzero(~coins), GUESSES // 2
    high = min(right, half)
    low = right - high
    ranked[heads[:high]], ranked[tails[: half - high]] = 1.0, 1.0
    ranked[tails[half : half + low]], ranked[heads[high : high + half - low]] = -1.0, -1.0
    return ranked, coins


def audit(right: int) -> ns.OneRunAudit:
    return ns.audit_one_run(*with_right(right), guesses=GUESSES, epsilon=EPSILON, delta=DELTA, alpha=ALPHA)


@pytest.fixture(scope="module")
def audits() -> list[ns.OneRunAudit]:
    """Of every number of right guesses."""
    return [audit(right) for right in range(GUESSES + 1)]


def test_guesses_are_counted(audits: list[ns.OneRunAudit]) -> None:
    assert [one.right for one in audits] == list(range(GUESSES + 1))
    assert sorted((one.p_value for one in audits), reverse=True) == [one.p_value for one in audits]


def independent(rng: np.random.Generator, runs: int) -> np.ndarray:
    """An exact untrainer: right guesses are heads of a coin."""
    return (rng.random((runs, GUESSES)) < 0.5).sum(1)


def publishes(rng: np.random.Generator, runs: int) -> np.ndarray:
    """(0, δ): it publishes S with probability δ."""
    return np.where(rng.random(runs) < DELTA, GUESSES, independent(rng, runs))


def at_the_boundary(rng: np.random.Generator, runs: int, least: int) -> np.ndarray:
    """Exactly (ε, δ): e^ε times as likely as under A(D₀) to be right `least` times or more, and δ of publishing S."""
    plain = independent(rng, 40 * runs)
    tail = scipy.stats.binom.sf(least - 1, GUESSES, 0.5)
    inside = rng.random(runs) < math.exp(EPSILON) * tail
    high, low = plain[plain >= least], plain[plain < least]
    found = np.where(inside, rng.choice(high, runs), rng.choice(low, runs))
    return np.where(rng.random(runs) < DELTA, GUESSES, found)


@pytest.mark.parametrize("mechanism", ["independent", "publishes", "boundary"])
def test_a_false_bound_is_no_more_frequent_than_its_level(mechanism: str, audits: list[ns.OneRunAudit]) -> None:
    """2·10⁴ simulated removals that keep the claim; the boundary's event is the very one that just refutes."""
    rng, runs = np.random.default_rng(0), 20_000
    least = next(one.right for one in audits if one.refuted)
    made = {"independent": independent, "publishes": publishes}
    right = made[mechanism](rng, runs) if mechanism in made else at_the_boundary(rng, runs, least)
    wrong = int(np.array([one.refuted or one.epsilon_lower > EPSILON for one in audits])[right].sum())
    assert scipy.stats.binomtest(wrong, runs).proportion_ci(0.998, "exact").low <= ALPHA
    if mechanism == "boundary":  # and nearly all of the level is used, so that a sharper formula would be wrong
        assert wrong > 0.5 * ALPHA * runs


def test_a_bound_as_computed_by_hand() -> None:
    """600 of 1000: ln(.05 / P[Bin(1000, ½) ≥ 600]), where the formula for differential privacy gives .29."""
    coins = np.tile([True, False], 500)
    scores = np.where(np.arange(1000) % 10 < 6, coins, ~coins) * 1.0
    found = ns.audit_one_run(scores, coins, guesses=1000, delta=0.0, alpha=0.05)
    assert found.right == 600
    assert found.epsilon_lower == pytest.approx(19.7, abs=0.05)


def test_a_bound_beyond_the_smallest_float_is_a_number() -> None:
    """All of 4000 right: 4000 ln 2 + ln α, where the tail itself is 0 in floating point."""
    coins = np.tile([True, False], 2000)
    found = ns.audit_one_run(coins * 1.0, coins, guesses=4000, delta=0.0, alpha=0.05)
    assert found.right == 4000
    assert found.epsilon_lower == pytest.approx(4000 * math.log(2) + math.log(0.05), rel=1e-9)


@pytest.mark.parametrize(
    ("m", "shift", "refuted"), [(100, 2.0, True), (1000, 0.5, True), (10_000, 0.2, True), (1000, 0.0, False)]
)
def test_power(m: int, shift: float, refuted: bool) -> None:
    """Losses that a model which kept S shifts by so many standard deviations."""
    rng = np.random.default_rng(m)
    coins = rng.random(m) < 0.5
    assert ns.audit_one_run(rng.normal(shift * coins), coins, guesses=m // 2, epsilon=3.0).refuted is refuted


def test_the_order_of_a_list_is_no_guess() -> None:
    """S listed first, or last, and scores that say nothing."""
    for coins in (np.arange(200) < 100, np.arange(200) >= 100):
        scores = np.zeros(200)
        scores[::100] = 1.0
        assert not ns.audit_one_run(scores, coins, guesses=100).refuted


RNG = np.random.default_rng(0)
COINS = RNG.random(100) < 0.5
GOOD: dict[str, Any] = {"scores": RNG.normal(size=100), "in_forget_set": COINS, "guesses": 20}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"delta": 0.05, "alpha": 0.05}, "can never refute it at this level"),
        ({"guesses": 21}, "guesses: 21 is odd"),
        ({"guesses": 102}, r"guesses: 102 is not in \[2, 100\]"),
        ({"in_forget_set": np.ones(100)}, "no fair coins, tossed for each candidate before training; a past request"),
        ({"in_forget_set": np.arange(100)}, "is no coin for each candidate"),
        ({"in_forget_set": COINS[:50]}, "give one of each a candidate"),
        ({"scores": np.zeros(100)}, "all are one number"),
        ({"scores": np.full(100, np.nan)}, "scores: NaN or inf"),
        ({"epsilon": -1.0}, "epsilon: -1.0 is not a finite number"),
    ],
)
def test_what_cannot_be_audited_is_one_line(changes: dict[str, Any], says: str) -> None:
    assert not ns.audit_one_run(**GOOD).refuted
    with pytest.raises(ValueError, match=says) as error:
        ns.audit_one_run(**GOOD | changes)
    assert "\n" not in str(error.value)


def test_its_sentence_says_what_it_is_not(audits: list[ns.OneRunAudit]) -> None:
    for one in audits:
        assert "in this design only, and says nothing of unlearning" in str(one)
        assert ns.OneRunAudit.from_json(one.to_json()) == one
    with pytest.raises(ValueError, match="has no truth value"):
        bool(audits[0])


def test_what_the_long_run_found() -> None:
    """`benchmarks/one_run.py`: no false bound beyond its level, and the power on digits with an MLP."""
    found = json.loads((Path(__file__).parents[1] / "benchmarks" / "one_run.json").read_text(encoding="utf-8"))
    for row in found["false bounds"]:
        assert row["nulls"] >= 10_000
        assert scipy.stats.binomtest(row["false"], row["nulls"]).proportion_ci(0.999).low <= row["alpha"]
    assert {row["mechanism"] for row in found["false bounds"]} >= {"boundary", "publishes S with probability δ"}
    power = {(row["remover"], row["canaries"]): row for row in found["power"]}
    for canaries in (100, 1000, 10_000):
        assert power["do-nothing", canaries]["refuted"] == 1.0
        retrain = power["retrain", canaries]
        false = round(retrain["refuted"] * retrain["audits"])
        assert scipy.stats.binomtest(false, retrain["audits"]).proportion_ci(0.99).low <= 0.01
