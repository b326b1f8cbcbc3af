"""`parametrize_with_checks` in a session of its own: ids, outcomes, declared failures, and the ledger."""

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
from power_tools import IDLE, SAME, TELLS

import neverseen as ns
import neverseen.properties.testing._parametrize as testing
from neverseen.formal.definitions._verdict import Power, Verdict
from neverseen.properties.checks import _question
from neverseen.properties.suite.relations import Found, Relation

pytest_plugins = ["pytester"]

SOURCE = """
import dataclasses
import neverseen as ns
NOISY, RIGHT = ns.learners.noisy(ns.learners.ridge(), 0.1), ns.removers.retrain()
IDLE = dataclasses.replace(ns.removers.do_nothing(), name="idle", aims_at="untraining")

@ns.testing.parametrize_with_checks({arguments})
def test_removers(remover, check):
    check(remover)
"""

Run = Callable[..., pytest.RunResult]


@pytest.fixture
def run(pytester: pytest.Pytester) -> Run:
    def inside(arguments: str, *options: str) -> pytest.RunResult:
        pytester.makepyfile(SOURCE.replace("{arguments}", arguments))
        return pytester.runpytest_inprocess("-p", "no:cacheprovider", "-p", "no:randomly", "-rA", *options)

    return inside


def test_a_right_remover_and_a_wrong_one(run: Run) -> None:
    result = run(
        "[RIGHT, IDLE], learner=NOISY", "-k", "deterministic or ignores-S_full or idle-untraining", "--neverseen-seed=2"
    )
    found = {line.rpartition("::")[2]: line.split()[0] for line in result.outlines if "::test_removers[" in line}
    assert [name.partition("]")[0] for name, word in found.items() if word == "FAILED"] == [
        "test_removers[idle-untraining"
    ]
    assert {"test_removers[retrain-deterministic]", "test_removers[idle-deterministic]"} <= found.keys()
    result.assert_outcomes(passed=2, failed=1, skipped=2)
    result.stdout.fnmatch_lines(["E*AssertionError: REFUTED: idle on noisy(*seed=2*"])
    result.stdout.fnmatch_lines(["SKIPPED*it is never told S_full"])
    result.stdout.fnmatch_lines(["* of 1000 evaluations; α spent * of 0.01, 1e-05 each; root seed 2"])


def test_declared_failures_are_xfailed_and_one_that_holds_fails(run: Run) -> None:
    declared = (
        "{'idle': {'untraining': 'it does nothing'}, 'retrain': {'unlearning': 'wants S_full', 'ignores-S_full': 'no'}}"
    )
    result = run(f"[RIGHT, IDLE], learner=NOISY, expected={declared}", "-k", "training or learning or ignores-S_full")
    result.assert_outcomes(passed=1, xfailed=2, skipped=1)
    result.stdout.fnmatch_lines(["XFAIL*idle-untraining* - it does nothing: REFUTED: idle*"])


def test_a_remover_that_does_not_run_on_the_learner_fails(run: Run) -> None:
    result = run("[ns.removers.noisy()], learner=ns.learners.ridge()", "-k", "pure or permutation-invariant")
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["E*ValueError: remover noisy(newton): raised ValueError: learner: ridge*"])


def test_whoever_aims_at_nothing_fails_for_that(run: Run) -> None:
    result = run(
        "[ns.removers.do_nothing(), RIGHT], learner=NOISY", "-k", "pure or claim", "--neverseen-allow-inconclusive"
    )
    result.assert_outcomes(passed=2, failed=1)
    said = (
        "nothing was claimed, so nothing was judged, of do_nothing: name a notion, @ns.remover(aims_at='untraining')."
    )
    result.stdout.fnmatch_lines([f"E*AssertionError: INCONCLUSIVE: {said}"])


@pytest.mark.parametrize("idle", ["IDLE", "dataclasses.replace(IDLE, aims_at='neither')"])
def test_whoever_declares_its_only_aim_to_fail_or_has_none_is_not_green(idle: str, run: Run) -> None:
    declared = "{'idle': {'untraining': 'known'}}"
    result = run(f"[{idle}], learner=NOISY, expected={declared}", "-k", "pure or untraining or claim")
    result.assert_outcomes(passed=1, xfailed=1, failed=1)
    said = "aims at untraining, which failed as declared and passed nowhere with power" if idle == "IDLE" else "nothing"
    result.stdout.fnmatch_lines([f"E*AssertionError: INCONCLUSIVE: *{said}*"])


def test_what_is_undecided_fails_unless_it_is_allowed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    undecided = dataclasses.replace(Verdict.example(), status=INCONCLUSIVE)
    monkeypatch.setattr(_question, "check", lambda *asked, **terms: undecided)  # pyright: ignore[reportUnknownLambdaType]
    source = "[RIGHT], learner=NOISY"
    failed = run(source, "-k", "untraining")
    failed.assert_outcomes(failed=1)
    failed.stdout.fnmatch_lines(["E*AssertionError: untraining of retrain: INCONCLUSIVE: 40 pairs neither refute*"])
    run(source, "-k", "untraining", "--neverseen-allow-inconclusive").assert_outcomes(passed=1)
    run(f"{source}, allow_inconclusive=True", "-k", "untraining").assert_outcomes(passed=1)


def test_past_the_cap_no_definition_passes(run: Run) -> None:
    result = run(
        "[RIGHT], learner=NOISY", "-k", "untraining", "--neverseen-evaluations=3", "--neverseen-allow-inconclusive"
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E*AssertionError: INCONCLUSIVE: the error budget of this run is used up*"])


BODIES = {
    "check": "pass",
    "other": """
        with contextlib.suppress(AssertionError):
            check(RIGHT)""",
    "taken": "check.evaluate(remover)",
    "copied": """
        with contextlib.suppress(AssertionError):
            dataclasses.replace(check)(remover)""",
    "caught": """
        with contextlib.suppress(BaseException):
            check(remover)""",
    "skipped": """
        import pytest
        try:
            check(remover)
        except AssertionError:
            pytest.skip("later")""",
    "skipped by unittest": """
        import unittest
        try:
            check(remover)
        except AssertionError:
            raise unittest.SkipTest("later")""",
    "xfailed": """
        import pytest
        try:
            check(remover)
        except AssertionError:
            pytest.xfail("known")""",
    "retried": """
        with contextlib.suppress(AssertionError):
            check(remover)
        with monkeypatch.context() as patch:
            patch.setattr(testing, "RELATIONS", ())
            patch.setattr(testing.Check, "_judge", lambda check, remover: None)
            check(remover)""",
}
HIDES = ("caught", "retried", "skipped", "skipped by unittest", "xfailed")
HANDED = """
import contextlib
import dataclasses
import neverseen as ns
import neverseen.properties.testing._parametrize as testing
RIGHT = ns.removers.retrain()
STRAY = dataclasses.replace(ns.removers.do_nothing(), name="stray")  # claims nothing: its check of that fails

@ns.testing.parametrize_with_checks([STRAY], learner=ns.learners.ridge())
class TestRemovers:
    def test_it(self, remover, check, monkeypatch):
        {body}
"""


@pytest.mark.parametrize("body", BODIES)
def test_a_test_that_judges_nothing_or_hides_it_fails(body: str, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(HANDED.replace("{body}", BODIES[body]))
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider", "-p", "no:randomly", "-k", "claim")
    result.assert_outcomes(failed=1)
    if body in HIDES:
        result.stdout.fnmatch_lines(
            ["E*AssertionError: INCONCLUSIVE: nothing was claimed*", "E*The test caught this; *"]
        )
    elif body != "bare":
        result.stdout.fnmatch_lines(["E*claim of stray: check was not called on it, so nothing was judged; call*"])


def test_a_caught_skip_is_a_skip_and_a_test_of_its_own_fails_of_its_own(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(HANDED.replace("{body}", BODIES["caught"]).replace("[STRAY]", "[RIGHT]"))
    terms = ("-p", "no:cacheprovider", "-p", "no:randomly", "-k", "ignores-S_full")
    pytester.runpytest_inprocess(*terms).assert_outcomes(skipped=1)
    pytester.makepyfile(HANDED.replace("{body}", "import pytest; pytest.skip('not here')"))
    pytester.runpytest_inprocess("-p", "no:cacheprovider", "-p", "no:randomly", "-k", "claim").assert_outcomes(
        skipped=1
    )
    pytester.makepyfile(HANDED.replace("{body}", "raise OSError('mine')"))
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider", "-p", "no:randomly", "-k", "claim")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E*OSError: mine"])


def test_relations_share_runs_until_what_they_look_at_changes_or_the_session_ends(run: Run) -> None:
    factor = [1.0]

    def scaled(key: Any, trained: Any, rows: Any, forget: Any) -> Any:
        return trained.params * factor[0]

    remover = ns.remover(scaled)
    first = testing.shared_trial(remover, ns.learners.ridge(), 0, testing.reach(remover))
    assert testing.shared_trial(remover, ns.learners.ridge(), 0, testing.reach(remover)) is first
    factor[0] = 2.0
    assert testing.shared_trial(remover, ns.learners.ridge(), 0, testing.reach(remover)) is not first
    run("[RIGHT], learner=NOISY", "-k", "pure").assert_outcomes(passed=1)
    assert testing.shared_trial.cache_info().currsize == 0


# one check by itself


def check(name: str, why: str = "", allow_inconclusive: bool = False) -> testing.Check:
    definitions = ns.Untraining(1.0, 0.05), ns.Unlearning(1.0, 0.05)
    return testing.Check(name, ns.learners.ridge(), definitions, why, allow_inconclusive)


def answer(monkeypatch: pytest.MonkeyPatch, *found: ns.Status | Power | str) -> list[Any]:
    """Let `assert_holds` answer with these, the last one from then on; a text is raised, a power is of SATISFIED."""
    asked: list[Any] = []

    def stand_in(*given: Any, **options: Any) -> Verdict:
        one = found[min(len(asked), len(found) - 1)]
        asked.append((given, options))
        if isinstance(one, str):
            raise AssertionError(one)
        status, power = (SATISFIED, one) if isinstance(one, Power) else (one, TELLS)
        return dataclasses.replace(Verdict.example(), status=status, power=power)

    monkeypatch.setattr(testing, "assert_holds", stand_in)
    return asked


SATISFIED, REFUTED, INCONCLUSIVE = ns.Status


def test_a_definition_is_asked_in_every_scenario_of_the_suite(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = answer(monkeypatch, SATISFIED)
    check("untraining")(ns.removers.retrain())
    assert len(asked) == 5
    assert {given[0].name for given, _ in asked} == {"untraining"}
    check("unlearning")(ns.removers.retrain())
    assert len(asked) == 5 + 3


def test_a_definition_stops_at_the_first_scenario_that_refutes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = answer(monkeypatch, SATISFIED, "REFUTED: so")
    with pytest.raises(AssertionError, match="REFUTED: so"):
        check("untraining")(ns.removers.retrain())
    assert len(asked) == 2


@pytest.mark.parametrize(
    ("found", "passes", "allowed"),
    [
        ((SAME, TELLS, SAME), True, True),
        ((SAME, IDLE, Power()), False, True),
        ((Power(),), False, True),
        ((TELLS, INCONCLUSIVE, TELLS), False, True),
        ((TELLS, "INCONCLUSIVE: the error budget of this run is used up"), False, False),
    ],
)
def test_a_definition_passes_where_all_is_decided_and_something_tells(
    found: Any, passes: bool, allowed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for allow, good in ((False, passes), (True, allowed)):
        answer(monkeypatch, *found)
        if good:
            check("untraining", "", allow)(ns.removers.retrain())
            continue
        with pytest.raises(AssertionError, match="INCONCLUSIVE"):
            check("untraining", "", allow)(ns.removers.retrain())


@pytest.mark.parametrize(
    ("found", "outcome"),
    [
        ("REFUTED: so", pytest.xfail.Exception),
        (SATISFIED, AssertionError),
        ("INCONCLUSIVE: the error budget of this run is used up", AssertionError),
        (INCONCLUSIVE, AssertionError),
    ],
)
def test_a_declared_failure(
    found: ns.Status | str, outcome: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    answer(monkeypatch, SATISFIED, found)
    with pytest.raises(outcome, match=r"so they say|INCONCLUSIVE"):
        check("untraining", "so they say")(ns.removers.retrain())


def test_a_declared_failure_is_looked_for_beyond_what_is_undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, INCONCLUSIVE, "REFUTED: so")
    with pytest.raises(pytest.xfail.Exception, match="so they say"):
        check("untraining", "so they say")(ns.removers.retrain())


@pytest.mark.parametrize(
    ("found", "passes"),
    [
        (("REFUTED: so",), False),
        (("REFUTED: so", SAME, INCONCLUSIVE), False),
        (("REFUTED: so", TELLS), True),
        ((TELLS, "REFUTED: so"), True),
        (("INCONCLUSIVE: the error budget of this run is used up",), False),
    ],
)
def test_an_aim_declared_to_fail_is_no_pass_unless_it_holds_somewhere_with_power(
    found: Any, passes: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in `check_suite`; what may be undecided claims nothing either."""
    answer(monkeypatch, *found)
    if passes:
        check(testing.CLAIM)(ns.removers.retrain())
        return
    with pytest.raises(AssertionError, match="INCONCLUSIVE"):
        check(testing.CLAIM, "", True)(ns.removers.retrain())


@pytest.mark.parametrize(
    ("status", "why", "outcome"),
    [
        (SATISFIED, "", None),
        (REFUTED, "", AssertionError),
        (None, "", pytest.skip.Exception),
        (REFUTED, "why", pytest.xfail.Exception),
        (SATISFIED, "why", AssertionError),
    ],
)
def test_a_relation(
    status: ns.Status | None, why: str, outcome: type[BaseException] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    relation = Relation("mine", "it holds", "contract", lambda trial: Found(status, "as told"))
    monkeypatch.setattr(testing, "RELATIONS", (relation,))
    if outcome is None:
        check("mine", why)(ns.removers.retrain())
    else:
        with pytest.raises(outcome, match=r"as told|drop it from expected"):
            check("mine", why)(ns.removers.retrain())


def test_names_are_unique_and_known() -> None:
    retrain = ns.removers.retrain()
    with pytest.raises(ValueError, match="'retrain' is given twice"):
        ns.testing.parametrize_with_checks([retrain, retrain])
    with pytest.raises(ValueError, match="removers: none is given"):
        ns.testing.parametrize_with_checks([])
    with pytest.raises(ValueError, match="no remover is called 'retrian'; choose from retrain"):
        ns.testing.parametrize_with_checks([retrain], expected={"retrian": {}})
    with pytest.raises(ValueError, match="no check is called 'unlerning'"):
        ns.testing.parametrize_with_checks([retrain], expected={"retrain": {"unlerning": "why"}})


NOTIONS = ("untraining", "unlearning")


@pytest.mark.parametrize(
    ("aim", "declared", "asked"),
    [
        ("neither", {}, {"claim"}),
        ("neither", {"unlearning": "why"}, {"claim", "unlearning"}),
        ("both", {"unlearning": "why"}, {"claim", "ignores-S_full", "sequences", *NOTIONS}),
        ("neither", {"pure": "why"}, {"claim"}),
        ("untraining", {}, {"empty-request", "ignores-S_full", "sequences", "untraining"}),
        ("unlearning", {}, {"empty-request", "forget-set-invariant", "unlearning"}),
        ("untraining", {"unlearning": "why"}, {"empty-request", "ignores-S_full", "sequences", *NOTIONS}),
        ("untraining", {"untraining": "why"}, {"claim", "untraining"}),
    ],
)
def test_what_is_claimed_is_asked(aim: str, declared: dict[str, str], asked: set[str]) -> None:
    remover = ns.Remover(lambda: None, "mine", aim)  # pyright: ignore[reportArgumentType]
    mark = ns.testing.parametrize_with_checks([remover], expected={"mine": declared})
    checks = {str(case.values[1]) for case in mark.args[1]}
    assert {"pure", "deterministic", "permutation-invariant"} <= checks
    told_apart = {"claim", "empty-request", "ignores-S_full", "sequences", "forget-set-invariant", *NOTIONS}
    assert checks & told_apart == asked
