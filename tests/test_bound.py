"""`bound`: no ε above the truth more often than α, exactly; as much as so many runs can show; and no word of praise."""

import functools
import hashlib
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cli_tools import Capture, one_line
from jaxtyping import Float64
from scipy import stats

import neverseen as ns
from neverseen.formal.closeness import gaussian_profile
from neverseen.properties.cli import main
from neverseen.properties.engine import _joint
from neverseen.properties.engine._choice import Tails, choose_event
from neverseen.properties.engine._joint import (
    Hits,
    ceiling,
    epsilon_needed,
    extreme_outcomes,
    joint_bound,
    most_shown,
    separate_bound,
    surely_shown,
)
from neverseen.properties.report import render
from neverseen.properties.saved._arms import SavedArm
from neverseen.properties.saved._counting import count_events
from neverseen.properties.saved._looks import PAIR
from neverseen.properties.saved._records import MEMORY

ALPHA = 0.05
Rule = Callable[[Hits, float, float], float]
Table = Float64[np.ndarray, "k l"]


@pytest.fixture(autouse=True)
def forgotten() -> None:
    """No look of another test's."""
    MEMORY.clear()


def table(rule: Rule, m: int, n: int, delta: float, alpha: float = ALPHA) -> Table:
    """The bound at every outcome."""
    return np.array([[rule(Hits(k, m, hits, n), delta, alpha) for hits in range(n + 1)] for k in range(m + 1)])


@functools.cache
def ours(m: int, n: int, delta: float) -> Table:
    return table(joint_bound, m, n, delta)


def most_false(found: Table, delta: float) -> float:
    """The largest probability of a bound above the truth: over coins on the claim's edge, all outcomes enumerated."""
    m, n = (size - 1 for size in found.shape)
    worst = 0.0
    for epsilon in (0.0, 0.1, 0.3, 0.7, 1.0, 2.0, 3.0):
        q = np.concatenate([np.linspace(0, 1, 61), np.geomspace(1e-4, 0.1, 25)])
        p = ceiling(q, epsilon, delta)
        often, seldom = (stats.binom.pmf(np.arange(size + 1), size, of[:, None]) for size, of in ((m, p), (n, q)))
        worst = max(worst, float(np.einsum("ik,kl,il->i", often, found > epsilon + 1e-9, seldom).max()))
    return worst


@pytest.mark.parametrize(("m", "n"), [(10, 10), (14, 5)])
@pytest.mark.parametrize("delta", [0.0, 0.05])
def test_a_bound_is_false_no_more_often_than_its_level(m: int, n: int, delta: float) -> None:
    assert 0.5 * ALPHA < most_false(ours(m, n, delta), delta) <= ALPHA


def plug_in(hits: Hits, delta: float, alpha: float) -> float:
    del alpha
    return max(
        0.0, epsilon_needed((hits.often + 0.5) / (hits.runs + 1), (hits.seldom + 0.5) / (hits.others + 1), delta)
    )


def test_a_wrong_rule_is_false_more_often() -> None:
    """Frequencies for probabilities; the larger of both directions, as if the counted runs had chosen the side."""
    either = np.maximum(ours(10, 10, 0.0), ours(10, 10, 0.0)[::-1, ::-1])
    for wrong in (table(plug_in, 10, 10, 0.0), either):
        assert most_false(wrong, 0.0) > 1.5 * ALPHA


def test_a_region_without_its_own_outcome_is_too_small(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = extreme_outcomes

    def strict(hits: Hits, delta: float, error: float) -> np.ndarray:
        cuts = whole(hits, delta, error)
        return np.where(np.arange(len(cuts)) <= hits.seldom, np.maximum(cuts, hits.often + 1), cuts)

    monkeypatch.setattr(_joint, "extreme_outcomes", strict)
    assert most_false(table(joint_bound, 10, 10, 0.0), 0.0) > 1.5 * ALPHA


def test_outcomes_that_tie_lie_in_each_other_s_region() -> None:
    for often, seldom in ((9, 2), (11, 1), (7, 0), (12, 5)):
        for delta in (0.0, 0.05):
            cuts = extreme_outcomes(Hits(often, 12, seldom, 12), delta, 0.1)
            assert cuts[12 - often] <= 12 - seldom


def test_the_bound_is_that_of_a_plain_search() -> None:
    """An independent computation: the order outcome by outcome, the supremum over a fine grid of the null's edge."""
    m, n, delta = 20, 15, 0.02
    q = np.linspace(0, 1, 20001)
    sizes = np.arange(m + 1), np.arange(n + 1)

    def order(k: Any, hits: Any) -> float:
        low = 0.0 if k == 0 else stats.beta.ppf(2 * ALPHA, k, m - k + 1)
        high = 1.0 if hits == n else stats.beta.ppf(1 - 2 * ALPHA, hits + 1, n - hits)
        return epsilon_needed(float(low), float(high), delta)

    all_orders = np.array([[order(k, hits) for hits in sizes[1]] for k in sizes[0]])
    for k, hits in ((18, 3), (20, 0), (9, 0), (15, 6)):
        inside = all_orders >= all_orders[k, hits] - 1e-9
        sides = [stats.beta.interval(1 - ALPHA / 200, *ends) for ends in ((k, m - k + 1), (k + 1, m - k))]
        p_low, p_high = (0.0 if k == 0 else sides[0][0]), (1.0 if k == m else sides[1][1])
        q_low = 0.0 if hits == 0 else stats.beta.ppf(ALPHA / 400, hits, n - hits + 1)
        q_high = 1.0 if hits == n else stats.beta.isf(ALPHA / 400, hits + 1, n - hits)
        found = joint_bound(Hits(k, m, hits, n), delta, ALPHA)
        chances: list[float] = []
        for epsilon in (found, found + 0.03):
            p = np.minimum(ceiling(q, epsilon, delta), p_high)
            there = (q >= q_low) & (q <= q_high) & (p >= p_low)
            often, seldom = (
                stats.binom.pmf(size, size[-1], of[there][:, None]) for size, of in zip(sizes, (p, q), strict=True)
            )
            chances.append(float(np.einsum("ik,kl,il->i", often, inside, seldom).max()) + ALPHA / 100)
        assert chances[0] <= ALPHA < chances[1], (k, hits)


@pytest.mark.parametrize("delta", [0.0, 0.05])
def test_more_hits_show_more_and_a_larger_slack_less(delta: float) -> None:
    found = ours(10, 10, delta)
    assert (np.diff(found, axis=0) >= -2e-3).all()
    assert (np.diff(found, axis=1) <= 2e-3).all()
    for hits in (Hits(90, 100, 20, 100), Hits(30, 100, 0, 100), Hits(100, 100, 60, 100)):
        by_delta = [joint_bound(hits, slack, ALPHA) for slack in (0.0, 1e-5, 0.01, 0.05, 0.2)]
        by_level = [joint_bound(hits, delta, level) for level in (1e-9, 1e-4, 0.01, 0.05, 0.2)]
        assert (np.diff(by_delta) <= 2e-3).all()
        assert (np.diff(by_level) >= -2e-3).all()


def test_the_joint_test_shows_more_than_two_intervals() -> None:
    for hits in (Hits(90, 100, 20, 100), Hits(30, 100, 0, 100), Hits(400, 1000, 300, 1000), Hits(99, 100, 90, 100)):
        for delta in (0.0, 1e-5, 0.05):
            joint, separate = (rule(hits, delta, ALPHA) for rule in (joint_bound, separate_bound))
            assert joint > separate or joint == separate == 0


def test_what_so_many_runs_can_show_at_most() -> None:
    for delta in (0.0, 1e-5, 0.05):
        least = surely_shown(4000, delta, ALPHA)
        mixed = (1 - delta) / (1 + math.exp(least))
        assert (1 - mixed) ** 4000 == pytest.approx(ALPHA)
        assert least - 0.01 < most_shown(2000, 2000, delta, ALPHA) <= least
    assert 7.1 < most_shown(2000, 2000, 1e-5, ALPHA) < 7.2 < 8  # so 8 cannot be shown by 2000 runs of each arm
    assert 6.29 < most_shown(2000, 2000, 1e-5, ALPHA, paired=True) < surely_shown(2000, 1e-5, ALPHA) < 6.51


def test_arms_far_apart_show_the_most_and_8_is_more_than_that() -> None:
    rng = np.random.default_rng(0)
    found = ns.bound(rng.normal(99, 1, 2000), rng.normal(0, 1, 2000), delta=1e-5, epsilon=8)
    assert found.epsilon == found.most
    assert 6.9 < found.most < found.limit < 7.2
    sure = "and no other audit of them is sure to show it"
    assert found.answer == f"ε = 8 is more than so many runs can show in this way, {sure}"
    assert "So many runs can show at most" in str(found)


def test_equal_laws_show_nothing_as_a_rule_and_it_does_not_read_as_good() -> None:
    shown = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        found = ns.bound(rng.normal(size=64), rng.normal(size=64), delta=0.0, epsilon=1)
        shown += found.epsilon > 0
        if not found.epsilon:
            assert "nothing is shown of ε with confidence 0.95, which is no sign that it is small" in str(found)
            assert "not exceeded by what is shown, which does not say that it holds" in found.answer
            assert not {"safe", "private", "SATISFIED", "pass"} & set(str(found).split())
    assert shown <= stats.binom.isf(1e-4, 40, ALPHA)


def test_exchanged_arms_show_the_same() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(1, 1, (200, 3)), rng.normal(0, 1, (200, 3))
    one, other = (ns.bound(*arms, delta=0.01, ids=range(200)) for arms in ((x, y), (y, x)))
    assert one.epsilon == pytest.approx(other.epsilon, abs=2e-3)
    found = one.removed_hits, one.reference_hits
    # A discriminant of exchanged arms has the other sign: its event is the complement, and is as telling.
    assert found in ((other.reference_hits, other.removed_hits), (150 - other.reference_hits, 150 - other.removed_hits))


def test_all_runs_of_arms_that_are_not_as_many_are_counted() -> None:
    rng = np.random.default_rng(0)
    few, many = rng.normal(3, 1, 100), rng.normal(0, 1, 900)
    found = ns.bound(few, many, delta=0.0)
    assert (found.removed_runs, found.reference_runs, found.chosen_on) == (75, 875, 25)
    assert found.epsilon > ns.bound(few, many[:100], delta=0.0, seed=0).epsilon


def test_an_event_that_hardly_ever_occurs_in_one_arm_is_found() -> None:
    """Of 317 choosing runs, those of N(0, 1) reach about 3; the event that shows most at large ε lies further out."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(4, 1, 317), rng.normal(0, 1, 317)
    event = choose_event(x, y, (1683, 1683), 1e-5)
    assert event.in_removed
    assert 3.0 < event.low < 4.0
    assert Tails.of(y).above(np.array([3.0, 3.5])).max() < 1 / 317


def test_the_event_is_that_of_the_question_whatever_else_the_curve_asks() -> None:
    rng = np.random.default_rng(0)
    values = [rng.normal(at, 1, 1000) for at in (0.5, 0.0)]
    found: list[Any] = []
    for deltas in ((0.05,), (0.05, 0.0, 0.01, 0.05, 0.2)):
        arms = [SavedArm(name, {"": each}, np.arange(1000), rng) for name, each in zip(PAIR, values, strict=True)]
        found.append(count_events(arms, None, 200, deltas, hashlib.sha256()))
    assert found[0][0] == found[1][0] != found[1][1]


def test_a_run_that_diverged_is_an_event() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 200, 2))
    x[:120, 1] = np.nan
    found = ns.bound(x, y, delta=0.0, diverged="event")
    assert found.epsilon > 2
    with pytest.raises(ValueError, match="is NaN or inf"):
        ns.bound(x, y, delta=0.0)


def test_one_column_of_many_and_a_joint_difference_are_found() -> None:
    rng = np.random.default_rng(0)
    wide = rng.normal(size=(2, 160, 200))
    wide[0, :, 131] += 3
    assert "131" in ns.bound(*wide, delta=0.0).event
    x, y = rng.normal(size=(2, 400, 2))
    x[:, 1] = x[:, 0] + 0.1 * rng.normal(size=400)  # each column is alike in both arms
    found = ns.bound(x, y, delta=0.0)
    assert found.epsilon > 0.5
    assert "of all columns" in found.event or "joint" in found.event or "views together" in found.event


def test_the_curve_lies_below_the_truth_at_every_point() -> None:
    for seed in range(5):
        rng = np.random.default_rng(seed)
        found = ns.bound(rng.normal(1, 1, 400), rng.normal(0, 1, 400), delta=0.01, alpha=0.01)
        assert found.epsilon_at(0.01) <= found.epsilon
        assert 0.1 < found.delta_at(0.0) < float(gaussian_profile.host(epsilon=0.0, distance=1.0))
        assert 0 < found.mu < 1.0
        assert found.gaussian_epsilon is not None
        for epsilon, delta in found.curve:
            assert delta <= float(gaussian_profile.host(epsilon=epsilon, distance=1.0))
            assert not delta or found.epsilon_at(delta) == pytest.approx(epsilon, abs=1e-9)


def test_paired_runs_get_two_bounds() -> None:
    rng = np.random.default_rng(0)
    shared = rng.normal(size=300)
    found = ns.bound(shared + rng.normal(2, 1, 300), shared, delta=0.01, paired=True)
    hits = Hits(found.removed_hits, found.removed_runs, found.reference_hits, found.reference_runs)
    if found.commoner == "reference":
        hits = Hits(hits.seldom, hits.others, hits.often, hits.runs)
    assert found.epsilon == separate_bound(hits, 0.01, ALPHA) > 0
    assert found.limit == surely_shown(300, 0.01, ALPHA)


def test_json_and_a_page_and_no_truth_value() -> None:
    rng = np.random.default_rng(0)
    found = ns.bound({"loss": rng.normal(1, 1, 99)}, {"loss": rng.normal(0, 1, 99)}, delta=0.0, epsilon=0.5)
    for value in (found, ns.Bound.example()):
        assert ns.Bound.from_json(value.to_json()) == value
        assert "A lower bound and no verdict" in render(value)
        with pytest.raises(ValueError, match=r"a Bound has no truth value; read its \.epsilon"):
            bool(value)
    assert "unbounded at δ = 0; that is a model, and no bound" in str(found)


def test_another_look_has_less_and_the_same_look_the_same() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(1, 1, 300), rng.normal(0, 1, 300)
    claim = ns.Untraining(0.2, 0.05)
    before = ns.check_samples(claim, x, y, alpha=0.05).to_dict() | {"seconds": 0}
    MEMORY.clear()
    first = ns.bound(x, y, delta=0.0)
    assert ns.bound(x, y, delta=0.0).epsilon == first.epsilon
    assert ns.bound(x, y, delta=0.05).alpha == ALPHA
    assert ns.check_samples(claim, x, y, alpha=0.05).to_dict() | {"seconds": 0} == before
    assert ns.bound(x, y, delta=0.0).alpha == ALPHA
    more = ns.bound(np.append(x, rng.normal(1, 1, 9)), np.append(y, rng.normal(0, 1, 9)), delta=0.0)
    seed = ns.bound(x, y, delta=0.0, seed=1)
    assert (more.alpha, seed.alpha) == pytest.approx((ALPHA / 20, ALPHA / 60))
    assert "look 3 at these runs: α was spent already" in seed.subject
    assert ns.bound(x, y, delta=0.0).alpha == ALPHA


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"delta": 1.0}, "delta: 1.0 is not in [0, 1)"),
        ({"delta": math.nan}, "delta: nan is not in [0, 1)"),
        ({"delta": 0.0, "alpha": 1.0}, "alpha: 1.0 is not in (0, 1)"),
        ({"delta": 0.0, "epsilon": -1.0}, "epsilon: -1.0 is not a finite number >= 0"),
        ({"delta": 0.0, "grain": -1.0}, "grain: -1.0 is not a finite number >= 0"),
        ({"delta": 0.0, "paired": True}, "paired: 99 removed runs and 20 references; pair them one to one"),
        ({"delta": 0.0, "reference": np.arange(15.0) ** 2}, "reference: 15 runs are too few to choose an event"),
        ({"delta": 0.0, "reference": np.zeros((20, 2))}, "reference: columns"),
        ({"delta": 0.0, "reference": None}, "reference: None is given"),
    ],
)
def test_bad_input_is_one_line(options: dict[str, Any], words: str) -> None:
    rng = np.random.default_rng(0)
    asked: dict[str, Any] = {"removed": rng.normal(size=99), "reference": rng.normal(size=20)} | options
    with pytest.raises(ValueError, match=f"^{re.escape(words)}") as caught:
        ns.bound(**asked)
    assert "\n" not in str(caught.value)


def test_a_check_that_cannot_refute_names_it() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match=r"cannot refute \(8, 1e-05\) .* can show at most, is told by ns.bound"):
        ns.check_samples(ns.Untraining(8.0, 1e-5), rng.normal(9, 1, 2000), rng.normal(0, 1, 2000), alpha=0.05)


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    np.save("removed.npy", rng.normal(2, 1, 200))
    np.save("reference.npy", rng.normal(0, 1, 200))
    np.save("few.npy", rng.normal(0, 1, 9))
    return tmp_path


@pytest.mark.usefixtures("files")
def test_the_command_answers(capsys: Capture) -> None:
    base = ["bound", "removed.npy", "reference.npy", "--delta", "1e-5"]
    assert main([*base, "--epsilon", "8", "--report", "page.html"]) == 0
    said = capsys.readouterr().out
    assert "ε = 8 is more than so many runs can show in this way" in said
    assert said.startswith("At δ = 1e-05, ε is at least ")
    assert "no verdict" in Path("page.html").read_text(encoding="utf-8")
    assert main([*base, "--json"]) == 0
    made = ns.Bound.from_json(capsys.readouterr().out)
    assert str(made)[:40] == said[:40]
    assert made.provenance["command"].startswith("neverseen bound removed.npy reference.npy --delta 1e-05")


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(
    ("argv", "words"),
    [
        ("removed.npy reference.npy", "the following arguments are required: --delta"),
        ("removed.npy", "required: REFERENCE, --delta"),
        ("removed.npy reference.npy --delta 2", "delta: 2.0 is not in [0, 1)"),
        ("removed.npy few.npy --delta 0", "reference: 9 runs are too few"),
        ("removed.npy nowhere.npy --delta 0", "nowhere.npy: cannot be read"),
        ("removed.npy removed.npy --delta 0", "removed and reference are one file"),
        ("removed.npy reference.npy --delta 0 --alpha 2", "alpha: 2.0 is not in (0, 1)"),
    ],
)
def test_bad_input_to_the_command_is_one_line(argv: str, words: str, capsys: Capture) -> None:
    assert main(["bound", *argv.split()]) == 2
    assert words in one_line(capsys)


def test_the_help_says_that_it_is_no_verdict(capsys: Capture) -> None:
    assert main(["bound", "--help"]) == 0
    assert "it is no verdict, and 0 is no pass" in capsys.readouterr().out
