"""The error budget: what a run spends, what it remembers, and what it says of a failure."""

import contextlib
import dataclasses
import functools
import gc
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import hypothesis.control
import hypothesis.errors
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st
from hypothesis.internal import scrutineer

import _neverseen_pytest
import neverseen as ns
from neverseen.formal.definitions._verdict import Power, Verdict
from neverseen.formal.laws._worlds import World
from neverseen.properties.checks import _question
from neverseen.properties.checks._question import Question, identity
from neverseen.properties.testing import _search
from neverseen.properties.testing._assert_holds import last_replay
from neverseen.properties.testing._slots import Slots, used_slots
from neverseen.properties.testing.ledger import Failure, Ledger, active, confirmation_seed, spending

CLAIM = ns.Untraining(1.0, 0.05)
OTHER_CLAIM = ns.Unlearning(1.0, 0.05)
NEIGHBOUR = ns.learners.nearest_neighbour()
SEARCH = settings(max_examples=60)


@ns.remover
def two_at_once(key: Any, trained: ns.Trained, rows: ns.Rows, forget: Any) -> Any:
    """Right for a single row, does nothing for more."""
    again = trained.learner.fit(key, rows.without(forget)).params
    return jax.tree.map(lambda new, old: jnp.where(forget.sum() > 1, old, new), again, trained.params)


def world(*row: int) -> World:
    """A scenario that costs nothing."""
    return World(row, row, row)


WORLDS = st.builds(world, st.integers(0, 99), st.integers(0, 99))
SMALLEST = world(0, 30)


def bug(question: Question) -> bool:
    """Where the stand-in for `check` refutes."""
    return isinstance(question.scenario, World) and sum(question.scenario.data) >= 30


class Judge:
    """Stands in for `check`: refutes at once where it is told to, and counts what it was asked."""

    def __init__(self, wrong: Callable[[Question], bool] = bug) -> None:
        self.wrong = wrong
        self.undecided: Callable[[Question], bool] = lambda question: False
        self.power = Power()
        self.asked: list[Question] = []

    def __call__(self, definition: Any, remover: Any, learner: Any, scenario: Any, **options: Any) -> Verdict:
        question = Question(definition, remover, learner, scenario, options)
        self.asked.append(question)
        status = ns.Status.REFUTED if self.wrong(question) else ns.Status.SATISFIED
        status = ns.Status.INCONCLUSIVE if self.undecided(question) else status
        return dataclasses.replace(
            Verdict.example(),
            status=status,
            power=self.power if status is ns.Status.SATISFIED else Power(),
            definition=definition,
            alpha=question.term("alpha"),
            budget=question.term("budget"),
            provenance={"seed": question.term("seed"), "scenario": repr(scenario)},
        )


@pytest.fixture
def judge(monkeypatch: pytest.MonkeyPatch) -> Judge:
    made = Judge()
    monkeypatch.setattr(_question, "check", made)
    return made


def holds(scenario: ns.Scenario | World, **options: Any) -> Verdict:
    return ns.assert_holds(CLAIM, ns.removers.retrain(), NEIGHBOUR, scenario, **options)


@SEARCH
@given(scenario=WORLDS)
def everywhere(scenario: World) -> None:
    holds(scenario)


def outcome(run: Callable[[], Any]) -> str:
    """What an assertion says; "" where none fails. Anything else that is raised, Flaky above all, goes through."""
    try:
        run()
    except AssertionError as failure:
        return str(failure)
    return ""


def message(ledger: Ledger, run: Callable[[], Any] = everywhere) -> str:
    with spending(ledger), pytest.raises(AssertionError) as failure:
        run()
    return str(failure.value)


# what is spent


@pytest.mark.parametrize(("total", "cap"), [(0.01, 1000), (0.3, 3), (0.1, 7), (1e-6, 999_983), (0.7, 49)])
def test_the_parts_never_sum_to_more_than_the_whole(total: float, cap: int) -> None:
    from fractions import Fraction

    assert 0 <= Fraction(total) - cap * Fraction(Ledger(total, cap).alpha) < Fraction(total) / 10**15


@pytest.mark.parametrize("cap", [1, 2, 3, 4, 5, 6, 8, 11, 14, 17, 20, 23, 26, 29])
def test_a_search_with_its_shrinking_and_confirmation_keeps_to_the_cap(judge: Judge, cap: int) -> None:
    """Nothing flaky either: where the search finds the bug, AssertionError is all that comes out, at any cap."""
    ledger = Ledger(0.01, cap)
    with spending(ledger):
        caught = outcome(everywhere)
    assert ("minimal failing scenario" in caught, "confirmation: held" in caught) == (bool(ledger.failures),) * 2
    assert caught.startswith("REFUTED" if ledger.failures else "INCONCLUSIVE: the error budget of this run is used up")
    assert len(judge.asked) - len(ledger.failures) == ledger.totals()["used"] <= cap
    assert ledger.spent <= ledger.alpha_total
    assert {question.term("alpha") for question in judge.asked} == {ledger.alpha}


def test_without_a_cap_in_the_way_the_search_needs_more(judge: Judge) -> None:
    """The test above has shrinks to count: the search asks for more than its caps."""
    ledger = Ledger(0.01, 1000)
    _, minimal, first, _ = message(ledger).splitlines()
    assert minimal == f"minimal failing scenario: {SMALLEST}"
    assert first == f"first failing scenario: {next(filter(bug, judge.asked)).scenario}"
    assert first.removeprefix("first") != minimal.removeprefix("minimal")
    assert ledger.totals()["used"] > 30


def test_the_cap_stops_the_shrinker_at_what_it_has_found(judge: Judge) -> None:
    free = Ledger(0.01, 1000)
    message(free)
    (failure,) = free.failures.values()
    first = next(i for i, question in enumerate(judge.asked) if bug(question))
    judge.asked.clear()
    tight = Ledger(0.01, first + 1)
    lines = message(tight).splitlines()
    assert lines[1].removeprefix("minimal") == lines[2].removeprefix("first")
    assert failure.first.provenance["scenario"] in lines[1]
    assert tight.totals()["past_cap"] > 0
    assert len(judge.asked) == first + 2


@pytest.mark.parametrize("allowed", [False, True])
def test_past_the_cap_fails_with_that_reason_whatever_is_allowed(judge: Judge, allowed: bool) -> None:
    judge.wrong = lambda question: False
    ledger = Ledger(0.01, 2, allow_inconclusive=allowed)
    with spending(ledger):
        assert [holds(world(i)).status for i in (0, 1, 0)] == [ns.Status.SATISFIED] * 3
        for _ in range(2):
            with pytest.raises(
                AssertionError, match=r"^INCONCLUSIVE: the error budget of this run is used up.*-evalua"
            ):
                holds(world(2), allow_inconclusive=allowed)
    assert (len(judge.asked), ledger.totals()["used"], ledger.totals()["past_cap"]) == (2, 2, 2)
    assert ledger.totals()["verdicts"] == {"SATISFIED": 2, "REFUTED": 0, "INCONCLUSIVE": 0}


def test_a_search_for_a_right_remover_fails_past_the_cap(judge: Judge) -> None:
    judge.wrong = lambda question: False
    assert message(Ledger(0.01, 12)).startswith("INCONCLUSIVE: the error budget of this run is used up")
    assert len(judge.asked) == 12


@pytest.mark.parametrize("cap", [12, 1000])
def test_what_is_undecided_does_not_mislead_the_shrinker(judge: Judge, cap: int) -> None:
    """A search that has a refutation ends with one, and with nothing else."""
    judge.undecided = lambda question: sum(question.scenario.data) % 2 == 1
    ledger = Ledger(0.01, cap, allow_inconclusive=False)

    @SEARCH
    @example(scenario=world(40, 40))
    @given(scenario=WORLDS)
    def search(scenario: World) -> None:
        if sum(scenario.data) >= 30:
            holds(scenario)

    assert message(ledger, search).startswith("REFUTED")


@pytest.mark.parametrize("again", [False, True], ids=["another test", "the same one again"])
@pytest.mark.parametrize("named", [False, True], ids=["outside pytest", "under pytest"])
def test_what_one_search_refuted_excuses_nothing_in_the_next(
    again: bool, named: bool, judge: Judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Outside pytest every test has one name, and under it a test that is run again."""
    options = {"alpha": 1e-6}

    def search() -> Callable[[], None]:
        @settings(SEARCH, database=None)
        @given(scenario=WORLDS)
        def wanted(scenario: World) -> None:
            holds(scenario, **options)

        return wanted

    if not named:
        monkeypatch.delenv("PYTEST_CURRENT_TEST")
    first, kept = search(), len(_search._REFUTED)  # pyright: ignore[reportPrivateUsage]
    second = first if again else search()
    with spending(Ledger()):
        assert outcome(first).startswith("REFUTED")
        judge.undecided, options["alpha"] = lambda question: True, 1e-7  # another price: memory answers nothing
        assert outcome(second).startswith("INCONCLUSIVE")
    gc.collect()
    assert len(_search._REFUTED) <= kept  # pyright: ignore[reportPrivateUsage]


def test_undecided_is_no_pass_unless_asked_for_by_name(judge: Judge) -> None:
    judge.undecided = lambda question: True
    for ledger, options in ((Ledger(), {}), (Ledger(allow_inconclusive=False), {"allow_inconclusive": False})):
        with spending(ledger), pytest.raises(AssertionError, match=r"^INCONCLUSIVE: 40 pairs neither"):
            holds(world(0), **options)
        with spending(ledger), pytest.raises(AssertionError, match=r"^INCONCLUSIVE"):
            holds(world(0), **options)
    with spending(Ledger()):
        assert holds(world(0), allow_inconclusive=True).status is ns.Status.INCONCLUSIVE
    with spending(Ledger(allow_inconclusive=True)):
        assert holds(world(0)).status is ns.Status.INCONCLUSIVE


POWERS = [
    (Power(), False),
    (Power(same=True), False),
    *((Power(status, 49), status is ns.Status.REFUTED) for status in ns.Status),
]


@pytest.mark.parametrize(("power", "tells"), POWERS, ids=str)
def test_power_is_required_on_request(judge: Judge, power: Power, tells: bool) -> None:
    judge.wrong, judge.power = lambda question: False, power
    with spending(Ledger()) as free:
        assert holds(world(0)).power == power
    assert free.totals()["with_power"] == int(tells)
    for ledger, options in ((Ledger(), {"require_power": True}), (Ledger(require_power=True), {})):
        with spending(ledger):
            if tells:
                assert holds(world(0), **options).status is ns.Status.SATISFIED
                continue
            with pytest.raises(AssertionError) as failure:
                holds(world(0), **options)
            assert str(failure.value).startswith(
                f"INCONCLUSIVE: it passed, but power is required, and {power}. It said: SATIS"
            )
            assert holds(world(0), **options, allow_inconclusive=True).status is ns.Status.SATISFIED
    with spending(Ledger(require_power=True)):
        assert holds(world(0), require_power=False).status is ns.Status.SATISFIED


def test_an_explicit_alpha_counts_only_where_it_is_smaller(judge: Judge) -> None:
    with spending(Ledger(0.01, 1000)) as ledger:
        stated = [holds(ns.scenarios.figure1(), alpha=alpha).alpha for alpha in (0.05, 1e-4, 1e-7)]
    assert stated == [ledger.alpha, ledger.alpha, 1e-7]


def test_without_a_ledger_alpha_is_checks_own(judge: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_neverseen_pytest, "SESSIONS", [])
    assert holds(ns.scenarios.figure1(), alpha=0.04).alpha == 0.04
    assert holds(ns.scenarios.figure1()).alpha == 1e-4
    with pytest.raises(AssertionError) as failure:
        holds(SMALLEST)
    assert "\n" not in str(failure.value)


def test_the_ledgers_options_fill_in_what_is_not_named(judge: Judge) -> None:
    with spending(Ledger(0.01, 1000, options={"seed": 5, "budget": 99})):
        holds(ns.scenarios.figure1())
        holds(ns.scenarios.figure1(), seed=6)
    assert [(q.term("seed"), q.term("budget")) for q in judge.asked] == [(5, 99), (6, 99)]


def test_an_evaluation_that_raises_spends_nothing() -> None:
    with spending(Ledger(0.01, 1000)) as ledger:
        with pytest.raises(ValueError, match="budget: 8 pairs cannot refute"):
            holds(ns.scenarios.figure1(), budget=8)
        with pytest.raises(ValueError, match=r"alpha: 2\.0 is not in"):
            holds(ns.scenarios.figure1(), alpha=2.0)
    assert (ledger.totals()["used"], ledger.spent) == (0, 0.0)


def test_a_route_without_error_spends_a_slot_and_no_alpha() -> None:
    learner = ns.learners.noisy(ns.learners.ridge(), sigma=0.1)
    with spending(Ledger(0.01, 1000)) as ledger:
        asked = CLAIM, ns.removers.do_nothing(), learner, ns.scenarios.breast_cancer()
        with pytest.raises(AssertionError, match="confirmation: not needed: no sample was drawn"):
            ns.assert_holds(*asked)
    assert (ledger.totals()["used"], ledger.spent) == (1, 0.0)
    assert ledger.totals()["failures"][0]["confirmed"] is True


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((0.0, 10), "alpha_total: 0.0 is not in"),
        ((1.0, 10), "alpha_total: 1.0 is not in"),
        ((float("nan"), 10), "alpha_total: nan is not in"),
        ((0.01, 0), "evaluations: 0 leaves none"),
    ],
)
def test_bad_budgets_are_refused(arguments: tuple[float, int], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Ledger(*arguments)


def test_a_confirmation_takes_no_slot_and_no_alpha(judge: Judge) -> None:
    """It can be false only where what it confirms is: all evaluations are left to the tests."""
    ledger = Ledger(0.01, 2)
    wrong = [
        ledger.question(claim, ns.removers.retrain(), NEIGHBOUR, SMALLEST, options={}) for claim in (CLAIM, OTHER_CLAIM)
    ]
    refuted = [ledger.evaluate(question) for question in wrong]
    late = ledger.question(CLAIM, ns.removers.retrain(), NEIGHBOUR, world(0), options={})
    assert ledger.evaluate(late).provenance["past_cap"]
    assert [ledger.confirm(*asked).confirmed for asked in zip(wrong, refuted, strict=True)] == [True, True]
    assert [question.term("seed") for question in judge.asked] == [0, 0, confirmation_seed(0), confirmation_seed(0)]
    assert (ledger.totals()["used"], ledger.spent) == (2, 2 * ledger.alpha)


def test_an_evaluation_that_is_broken_off_leaves_its_slot(judge: Judge) -> None:
    def stops(question: Question) -> bool:
        raise KeyboardInterrupt

    judge.wrong = stops
    with spending(Ledger(0.01, 1)) as ledger:
        with pytest.raises(KeyboardInterrupt):
            holds(world(0))
        judge.wrong = lambda question: False
        assert holds(world(0)).status is ns.Status.SATISFIED
    assert ledger.totals()["used"] == 1


# what others share


def claims(folder: str, owner: str, count: int) -> int:
    slots = Slots(count, Path(folder), owner)
    return sum(slots.take() for _ in range(count + 3))


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_processes_share_all_slots_and_no_more(tmp_path: Path, workers: int) -> None:
    with ThreadPoolExecutor(workers) as pool:
        got = list(pool.map(claims, [str(tmp_path)] * workers, map("gw{}".format, range(workers)), [200] * workers))
    assert sum(got) == 200
    assert [used_slots(tmp_path, f"gw{i}") for i in range(workers)] == got


def test_one_process_may_use_all_that_the_others_leave(tmp_path: Path) -> None:
    first, second = (Slots(5, tmp_path, owner) for owner in ("gw0", "gw1"))
    assert [first.take(), *(second.take() for _ in range(5)), first.take()] == [True] * 5 + [False] * 2
    first.give_back()
    assert (second.take(), first.take(), first.take()) == (False, True, False)


# what is remembered


def test_a_replay_gives_the_identical_verdict_and_spends_nothing() -> None:
    with spending(Ledger(0.01, 1000)) as ledger:
        first = holds(ns.scenarios.figure1())
        assert holds(ns.scenarios.figure1()) is first
        assert holds(ns.scenarios.figure1(), budget=512, seed=0) is first
    assert (ledger.totals()["used"], ledger.memo_hits, ledger.spent) == (1, 2, ledger.alpha)
    assert first.provenance["ledger"] == {
        "alpha_total": 0.01, "evaluations": 1000, "alpha": ledger.alpha, "spent": ledger.alpha, "used": 1,
    }  # fmt: skip
    assert ns.Verdict.from_json(first.to_json()) == first


OTHERS: dict[str, Callable[[Question], Question]] = {
    "claim": lambda q: dataclasses.replace(q, definition=OTHER_CLAIM),
    "epsilon": lambda q: dataclasses.replace(q, definition=ns.Untraining(2.0, 0.05)),
    "level": lambda q: dataclasses.replace(q, definition=ns.Unlearning(1.0, 0.05, "distribution")),
    "remover": lambda q: dataclasses.replace(q, remover=ns.removers.do_nothing()),
    "learner": lambda q: dataclasses.replace(q, learner=ns.learners.ridge()),
    "scenario": lambda q: dataclasses.replace(q, scenario=ns.scenarios.blobs()),
    **{
        name: functools.partial(lambda q, change: dataclasses.replace(q, options=change), change={name: value})
        for name, value in {
            "budget": 64, "alpha": 1e-6, "beta": 0.01, "tolerance": 0.2, "seed": 1, "grain": 0.0, "resolution": True,
            "require_power": True, "exhaust": True,
            "keyed_as": ns.scenarios.blobs(), "observables": (ns.Observable("twice", lambda model: 2 * model.losses),),
        }.items()
    },
}  # fmt: skip


@pytest.mark.parametrize("part", OTHERS)
def test_another_question_is_another_evaluation(judge: Judge, part: str) -> None:
    ledger = Ledger(0.01, 1000)
    asked = CLAIM, ns.removers.retrain(), NEIGHBOUR, ns.scenarios.figure1()
    base = ledger.question(*asked, options={})
    other = OTHERS[part](base)
    answers = [ledger.evaluate(question) for question in (base, other, base, other)]
    assert len(judge.asked) == 2
    assert (answers[0] is answers[2], answers[1] is answers[3], answers[0] is answers[1]) == (True, True, False)


def test_every_option_of_check_is_in_the_key() -> None:
    missing = set(_question._DEFAULTS) - set(OTHERS)  # pyright: ignore[reportPrivateUsage]
    assert not missing


def test_other_versions_are_another_question(monkeypatch: pytest.MonkeyPatch) -> None:
    def ask() -> Question:
        return Question(CLAIM, ns.removers.retrain(), NEIGHBOUR, ns.scenarios.figure1(), {})

    before = ask().key
    assert ask().key == before
    with jax.enable_x64(True):
        assert ask().key != before
    _question._made_with.cache_clear()  # pyright: ignore[reportPrivateUsage]
    monkeypatch.setattr(_question, "environment", lambda: {"versions": {}})
    assert ask().key != before
    _question._made_with.cache_clear()  # pyright: ignore[reportPrivateUsage]


def made(rate: float, table: Any = None) -> ns.Remover:
    @ns.remover
    def mine(key: Any, trained: ns.Trained, rows: ns.Rows, forget: Any) -> Any:
        return jax.tree.map(lambda w: rate * w if table is None else w, trained.params)

    return mine


def test_a_remover_made_anew_is_the_same_remover() -> None:
    assert made(0.5) != made(0.5)
    assert identity(made(0.5)) == identity(made(0.5)) != identity(made(0.25))
    tables = np.arange(3.0), np.arange(3.0), np.arange(3.0) + 1, jnp.arange(3.0)
    keys = [identity(made(0.5, table)) for table in tables]
    assert (keys[0] == keys[1], keys[0] == keys[2], keys[0] == keys[3]) == (True, False, False)


def test_what_has_no_value_is_itself_alone() -> None:
    held: list[Any] = [{1, 2}, {1, 2}]
    assert identity(held[0]) == identity(held[0]) != identity(held[1])
    key = jax.random.key(0)
    assert identity(key) == identity(key) != identity(jax.random.key(0))

    def again(n: int) -> int:
        return again(n - 1) if n else 0

    assert identity(again) == identity(again)
    assert identity(again.__get__(3)) == identity(again.__get__(3)) != identity(again.__get__(4))
    assert identity(functools.partial(again, 3)) != identity(functools.partial(again, 4))


# what is found


def test_a_seeded_bug_is_found_shrunk_and_confirmed() -> None:
    ledger = Ledger(0.01, 1000)

    @settings(max_examples=10)
    @given(size=st.integers(0, 4))
    def search(size: int) -> None:
        ns.assert_holds(CLAIM, two_at_once, NEIGHBOUR, ns.scenarios.blobs(size=size, rows=8))

    sentence, minimal, first, confirmation = message(ledger, search).splitlines()
    smallest = str(ns.scenarios.blobs(size=2, rows=8))
    assert sentence.startswith(f"REFUTED: two_at_once on {NEIGHBOUR} in {smallest}")
    assert minimal == f"minimal failing scenario: {smallest}"
    assert first.startswith("first failing scenario: ns.scenarios.blobs(")
    assert confirmation.startswith(
        f"confirmation: held on an independent stream (seed {confirmation_seed(0)}): REFUTED"
    )
    (failure,) = ledger.failures.values()
    assert failure.confirmation is not None
    assert failure.confirmation.provenance["seed"] == confirmation_seed(0)
    assert failure.confirmation.alpha == ledger.alpha
    assert ledger.spent <= ledger.alpha_total
    assert ledger.memo_hits > 0


@functools.cache
def on_the_stream_of(seed: int) -> ns.Remover:
    """A remover that is wrong in the runs that `check` draws from one root seed, and right in all others."""
    seen: list[np.ndarray] = []

    @ns.remover
    def listens(key: Any, trained: ns.Trained, rows: ns.Rows, forget: Any) -> Any:
        jax.debug.callback(lambda data: seen.append(np.asarray(data)), jax.random.key_data(key))
        return trained.params

    ns.check(CLAIM, listens, NEIGHBOUR, ns.scenarios.figure1(), seed=seed)
    jax.effects_barrier()
    known = jnp.asarray(np.stack(seen))

    @ns.remover
    def wrong_there(key: Any, trained: ns.Trained, rows: ns.Rows, forget: Any) -> Any:
        here = (known == jax.random.key_data(key)).all(-1).any()
        right = trained.learner.fit(key, rows.without(forget)).params
        return jax.tree.map(lambda new, old: jnp.where(here, old, new), right, trained.params)

    return wrong_there


@pytest.mark.parametrize("in_hypothesis", [False, True])
def test_a_failure_that_another_stream_does_not_show_says_so(in_hypothesis: bool) -> None:
    remover = on_the_stream_of(0)

    def run() -> None:
        ns.assert_holds(CLAIM, remover, NEIGHBOUR, ns.scenarios.figure1())

    # Nothing depends on what is drawn: to explain that, Hypothesis would ask a hundred times more.
    @settings(max_examples=2, phases=[Phase.generate, Phase.shrink])
    @given(scenario=WORLDS)
    def search(scenario: World) -> None:
        run()

    ledger = Ledger(0.01, 1000)
    said = message(ledger, search if in_hypothesis else run).splitlines()[-1]
    assert said.startswith(f"confirmation: DID NOT HOLD on an independent stream (seed {confirmation_seed(0)}): SAT")
    assert ledger.totals()["failures"][0]["confirmed"] is False
    assert ledger.totals()["used"] == 1


def test_a_confirmation_that_is_undecided_confirms_nothing() -> None:
    first, statuses = Verdict.example(), (ns.Status.REFUTED, ns.Status.INCONCLUSIVE, ns.Status.SATISFIED)
    looks = [Failure("", first, first, dataclasses.replace(first, status=status)) for status in statuses]
    assert [failure.confirmed for failure in looks] == [True, False, False]


def test_an_example_written_out_is_confirmed_at_once(judge: Judge) -> None:
    @settings(max_examples=1)
    @example(scenario=world(50))
    @given(scenario=WORLDS)
    def search(scenario: World) -> None:
        holds(scenario)

    assert "confirmation: held" in message(Ledger(0.01, 10), search)
    assert len(judge.asked) == 2


@pytest.mark.parametrize("missing", [AttributeError, ImportError])
def test_where_hypothesis_is_silent_there_is_no_confirmation(
    judge: Judge, monkeypatch: pytest.MonkeyPatch, missing: type[Exception]
) -> None:
    def silent() -> Any:
        raise missing

    @settings(max_examples=60)
    @given(scenario=WORLDS)
    def search(scenario: World) -> None:
        monkeypatch.setattr(hypothesis.control, "current_build_context", silent)
        try:
            assert last_replay() is None
            holds(scenario)
        finally:
            monkeypatch.undo()
            monkeypatch.setattr(_question, "check", judge)

    ledger = Ledger(0.01, 1000)
    said = message(ledger, search)
    assert "confirmation: none: this version of Hypothesis" in said
    assert f"minimal failing scenario: {SMALLEST}" in said
    assert ledger.totals()["failures"][0]["confirmed"] is None


def test_hypothesis_says_which_replay_is_the_last() -> None:
    told: list[bool | None] = []

    @settings(max_examples=5)
    @given(scenario=WORLDS)
    def search(scenario: World) -> None:
        told.append(last_replay())
        raise AssertionError

    with pytest.raises(AssertionError):
        search()
    assert told == [False] * (len(told) - 1) + [True]


def test_the_status_is_counted_as_an_event(judge: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    events: list[str] = []
    monkeypatch.setattr(hypothesis, "event", events.append)
    judge.wrong = lambda question: False
    assert message(Ledger(0.01, 4)).startswith("INCONCLUSIVE")
    assert set(events) == {"untraining-1: SATISFIED", "untraining-1: INCONCLUSIVE (past the cap)"}


@pytest.mark.parametrize("ledger", [None, Ledger()], ids=["alone", "ledger"])
def test_a_deadline_counts_everything_but_the_check(
    judge: Judge, ledger: Ledger | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a clock that is set forward by hand."""
    ahead, clock = [0.0], time.perf_counter

    def pass_seconds(count: float) -> bool:
        ahead[0] += count
        return False

    def search(seconds: float) -> None:
        @settings(max_examples=3, deadline=5000, phases=[Phase.generate])
        @given(scenario=WORLDS)
        def run(scenario: World) -> None:
            holds(scenario)
            pass_seconds(seconds)

        with spending(ledger) if ledger else contextlib.nullcontext():
            run()

    judge.wrong = lambda question: pass_seconds(20)
    monkeypatch.setattr(_neverseen_pytest, "SESSIONS", [])
    monkeypatch.setattr(time, "perf_counter", lambda: clock() + ahead[0])
    search(0)
    assert len(judge.asked) >= 3
    with pytest.raises(hypothesis.errors.DeadlineExceeded):
        search(20)


def watching() -> bool:
    """Whether Hypothesis looks at each line that runs."""
    monitoring, number = getattr(sys, "monitoring", None), scrutineer.MONITORING_TOOL_ID
    if monitoring is not None:
        return monitoring.get_tool(number) == "scrutineer" and bool(monitoring.get_events(number))
    return isinstance(getattr(sys.gettrace(), "__self__", None), scrutineer.Tracer)


def test_lines_of_a_check_are_not_watched_while_it_is_shrunk(judge: Judge) -> None:
    """Watched line by line, a check takes ten times as long; the lines of the test are watched as before."""
    inside, outside = list[bool](), list[tuple[bool, bool]]()

    @SEARCH
    @given(scenario=WORLDS)
    def search(scenario: World) -> None:
        before = watching()
        try:
            holds(scenario)
        finally:
            outside.append((before, watching()))

    judge.wrong = lambda question: inside.append(watching()) or bug(question)
    message(Ledger(0.01, 1000), search)
    assert len(inside) > 30
    assert not any(inside)
    assert set(outside) == {(False, False), (True, True)}


def test_a_debugger_sees_everything(judge: Judge) -> None:
    seen = list[Any]()
    judge.wrong = lambda question: bool(seen.append(sys.gettrace()))
    found, mine = sys.gettrace(), lambda *_: None
    sys.settrace(mine)
    try:
        holds(SMALLEST)
    finally:
        sys.settrace(found)
    assert seen == [mine]


def test_ledgers_nest(judge: Judge) -> None:
    before = active()
    with spending(Ledger()) as outer, spending(Ledger()) as inner:
        assert active() is inner
        holds(ns.scenarios.figure1())
    assert (active(), outer.totals()["used"], inner.totals()["used"]) == (before, 0, 1)


@pytest.fixture(autouse=True)
def nothing_stays_open() -> Iterator[None]:
    yield
    assert active() is None
