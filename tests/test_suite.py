"""The suite: what its rows mean, what it spends, and what it prints, stores and returns."""

import dataclasses
import importlib
import json
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from cli_tools import Capture, one_line
from power_tools import IDLE, SAME, TELLS

import neverseen as ns
import neverseen.properties.suite._check_suite as module
from neverseen.formal.definitions._verdict import Power, Verdict
from neverseen.properties.checks import _question
from neverseen.properties.cli._main import main
from neverseen.properties.report import render
from neverseen.properties.suite._result import RowOutcome, SuiteRow

SATISFIED, REFUTED, INCONCLUSIVE = ns.Status
NOISY = ns.learners.noisy(ns.learners.ridge(), 0.1)


@pytest.fixture(scope="module")
def right() -> ns.Suite:
    return ns.check_suite(ns.removers.retrain(), NOISY, expected={"unlearning": "it is not told S_full"})


@pytest.fixture(scope="module")
def idle() -> ns.Suite:
    """Doing nothing, by somebody who claims that it untrains."""
    return ns.check_suite(dataclasses.replace(ns.removers.do_nothing(), name="idle", aims_at="untraining"), NOISY)


def outcomes(suite: ns.Suite, check: str) -> set[str]:
    return {row.outcome.name for row in suite.rows if row.check == check}


def test_a_right_remover_passes_and_its_declared_failure_is_found(right: ns.Suite) -> None:
    assert right.status is SATISFIED
    assert outcomes(right, "untraining") == {"PASSED"}
    assert outcomes(right, "unlearning") == {"EXPECTED"}
    assert [row.check for row in right.rows[:3]] == ["pure", "deterministic", "finite"]
    assert {row.check for row in right.rows[-8:]} == {"untraining", "unlearning"}
    assert str(right).startswith("SATISFIED: ")
    assert "declared to fail: unlearning (it is not told S_full)" in str(right)


def test_a_wrong_remover_fails_what_it_claims_and_no_more(idle: ns.Suite) -> None:
    assert idle.status is REFUTED
    assert "FAILED" in outcomes(idle, "untraining")
    assert outcomes(idle, "unlearning") == {"UNCLAIMED"}
    failed = [row for row in idle.rows if row.outcome is RowOutcome.FAILED]
    assert {row.check for row in failed} == {"untraining"}
    assert "size=0" not in "".join(row.where for row in failed)
    assert all(row.verdict is not None and row.verdict.status is REFUTED for row in failed)


def test_who_claims_nothing_is_told_so(right: ns.Suite) -> None:
    rows = tuple(
        dataclasses.replace(each, outcome=RowOutcome.UNCLAIMED) for each in right.rows if each.verdict is not None
    )
    made = dataclasses.replace(right, aims_at="neither", rows=rows)
    assert made.status is INCONCLUSIVE
    assert made.sentence.startswith(
        "INCONCLUSIVE: nothing was claimed, so nothing was judged, of retrain (aims at neither)"
    )
    assert made.sentence.endswith("name a notion, @ns.remover(aims_at='untraining').")


def test_a_declared_failure_that_holds_fails(right: ns.Suite) -> None:
    rows = [row for row in right.rows if row.check in ("pure", "untraining")]
    made = module._judged(rows, ns.removers.retrain(), {"untraining": "so they say"})  # pyright: ignore[reportPrivateUsage]
    assert [row.outcome for row in made if row.failed] == [RowOutcome.UNEXPECTED]
    assert made[-1].check == "untraining"
    assert "so they say" in made[-1].evidence


def row(check: str, status: ns.Status | None, power: Power = TELLS) -> SuiteRow:
    verdict = None
    if check in ("untraining", "unlearning") and status is not None:
        definition = ns.Untraining(1.0, 0.05) if check == "untraining" else ns.Unlearning(1.0, 0.05)
        verdict = dataclasses.replace(Verdict.example(), definition=definition, status=status, power=power)
    return SuiteRow(check, "", RowOutcome.INAPPLICABLE, status, "", 0, 0.0, verdict)


FINE = ("untraining", SATISFIED)


@pytest.mark.parametrize(
    ("aim", "expected", "rows", "meaning", "status"),
    [
        ("untraining", "", [FINE], "PASSED", SATISFIED),
        ("untraining", "", [("untraining", REFUTED)], "FAILED", REFUTED),
        ("untraining", "", [("untraining", INCONCLUSIVE)], "UNDECIDED", INCONCLUSIVE),
        ("untraining", "", [FINE, ("untraining", INCONCLUSIVE)], "PASSED UNDECIDED", INCONCLUSIVE),
        ("untraining", "", [("ignores-S_full", None), FINE], "INAPPLICABLE PASSED", SATISFIED),
        ("untraining", "", [("ignores-S_full", None), ("pure", SATISFIED)], "INAPPLICABLE PASSED", INCONCLUSIVE),
        ("untraining", "", [("unlearning", SATISFIED), FINE], "UNCLAIMED PASSED", SATISFIED),
        ("untraining", "", [("unlearning", SATISFIED)], "UNCLAIMED", INCONCLUSIVE),
        ("untraining", "", [("unlearning", REFUTED), FINE], "UNCLAIMED PASSED", SATISFIED),
        ("untraining", "", [("forget-set-invariant", REFUTED), FINE], "UNCLAIMED PASSED", SATISFIED),
        ("unlearning", "", [("forget-set-invariant", REFUTED)], "FAILED", REFUTED),
        ("unlearning", "", [("sequences", REFUTED)], "UNCLAIMED", INCONCLUSIVE),
        ("both", "", [("sequences", REFUTED), ("forget-set-invariant", REFUTED)], "FAILED FAILED", REFUTED),
        ("neither", "", [("coincidence", REFUTED), ("untraining", REFUTED)], "UNCLAIMED UNCLAIMED", INCONCLUSIVE),
        ("neither", "", [FINE, ("pure", SATISFIED)], "UNCLAIMED PASSED", INCONCLUSIVE),
        ("neither", "", [("pure", REFUTED)], "FAILED", REFUTED),
        ("neither", "pure", [("pure", REFUTED)], "EXPECTED", INCONCLUSIVE),
        ("neither", "untraining", [("untraining", REFUTED)], "EXPECTED", INCONCLUSIVE),
        ("neither", "untraining", [("untraining", REFUTED), FINE], "EXPECTED PASSED", INCONCLUSIVE),
        ("untraining", "unlearning", [("unlearning", REFUTED)], "EXPECTED", INCONCLUSIVE),
        ("both", "unlearning", [FINE, ("unlearning", REFUTED)], "PASSED EXPECTED", INCONCLUSIVE),
        ("untraining", "unlearning", [FINE, ("unlearning", REFUTED)], "PASSED EXPECTED", SATISFIED),
        ("untraining", "unlearning", [("unlearning", SATISFIED)], "PASSED UNEXPECTED", REFUTED),
        ("untraining", "unlearning", [("unlearning", INCONCLUSIVE)], "UNDECIDED", INCONCLUSIVE),
        ("untraining", "untraining", [FINE, ("untraining", REFUTED)], "PASSED EXPECTED", SATISFIED),
        (
            "untraining",
            "untraining",
            [("untraining", INCONCLUSIVE), ("untraining", REFUTED)],
            "UNCLAIMED EXPECTED",
            INCONCLUSIVE,
        ),
        ("untraining", "untraining", [("pure", REFUTED), ("single-row", REFUTED)], "FAILED EXPECTED", REFUTED),
        ("untraining", "pure", [("pure", REFUTED), FINE], "EXPECTED PASSED", SATISFIED),
        ("untraining", "pure", [("pure", REFUTED), ("single-row", REFUTED)], "EXPECTED FAILED", REFUTED),
        ("untraining", "ignores-S_full", [("ignores-S_full", None)], "INAPPLICABLE UNEXPECTED", REFUTED),
    ],
)
def test_what_a_row_means(aim: Any, expected: str, rows: list[Any], meaning: str, status: ns.Status) -> None:
    remover = ns.Remover(lambda: None, "mine", aim)
    made = module._judged([row(*each) for each in rows], remover, {expected: "why"} if expected else {})  # pyright: ignore[reportPrivateUsage]
    assert [each.outcome.name for each in made] == meaning.split()
    assert dataclasses.replace(ns.Suite.example(), aims_at=aim, rows=made).status is status


POWERLESS = [SAME, IDLE, Power(INCONCLUSIVE, 512), Power()]


@pytest.mark.parametrize("power", POWERLESS, ids=str)
@pytest.mark.parametrize("aim", ["untraining", "unlearning", "both"])
def test_a_suite_needs_a_pass_with_power_of_each_notion_it_claims(aim: Any, power: Power) -> None:
    remover = ns.Remover(lambda: None, "mine", aim)
    notions = ("untraining", "unlearning") if aim == "both" else (aim,)

    def suite(*rows: SuiteRow) -> ns.Suite:
        made = module._judged([*rows], remover, {})  # pyright: ignore[reportPrivateUsage]
        return dataclasses.replace(ns.Suite.example(), aims_at=aim, rows=made)

    passed = [row(notion, SATISFIED, power) for notion in notions for _ in range(2)]
    without = suite(*passed)
    assert (without.status, without.powerless) == (INCONCLUSIVE, notions)
    assert f"passed {' and '.join(notions)}, but nowhere with power" in without.sentence
    assert f"; {power}" in " ".join(str(without).split())
    told_of = [row(notion, SATISFIED) for notion in notions]
    assert suite(*passed, *told_of).status is SATISFIED
    assert suite(*passed, *told_of[1:]).status is INCONCLUSIVE
    assert suite(*passed, row(notions[0], REFUTED)).status is REFUTED


@pytest.mark.parametrize(
    ("power", "word"), [(TELLS, "yes"), *((each, "no") for each in POWERLESS[:3]), (Power(), "unknown")]
)
def test_power_is_in_table_page_and_json(power: Power, word: str) -> None:
    rows = tuple(
        dataclasses.replace(each, outcome=RowOutcome.PASSED) for each in (row("untraining", SATISFIED, power),)
    )
    made = dataclasses.replace(ns.Suite.example(), rows=rows)
    head, line, *_ = str(made).splitlines()[1:]
    assert line[head.index("power") :].split()[0] == word
    assert str(power) in " ".join(str(made).split())
    assert f"<td>{word}</td>" in render(made)
    assert str(power) in render(made)
    assert json.loads(made.to_json())["rows"][0]["power"] == word
    assert json.loads(made.to_json())["sentence"] == made.sentence
    assert ns.Suite.from_json(made.to_json()) == made


Asked = list[tuple[Any, ...]]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """What the suite asks `check`, which answers with the example."""
    made: Asked = []

    def stand_in(*given: Any, **terms: Any) -> Verdict:
        made.append((*given, terms))
        return Verdict.example()

    def no_rows(*given: Any) -> Iterator[SuiteRow]:
        yield from (row(relation.name, SATISFIED) for relation in module.RELATIONS)

    monkeypatch.setattr(_question, "check", stand_in)
    monkeypatch.setattr(module, "relation_rows", no_rows)
    return made


@pytest.mark.parametrize("learner", [None, ns.learners.ridge()])
def test_the_questions_share_alpha_and_go_from_cheap_to_dear(asked: Asked, learner: ns.Learner | None) -> None:
    ns.check_suite(ns.removers.retrain(), learner, alpha=0.01, budget=99, seed=5)
    assert len(asked) == (8 if learner else 9)
    shares = [terms["alpha"] for *_, terms in asked]
    assert 0.0099 < sum(map(Fraction, shares)) <= Fraction(0.01)
    assert len(set(shares)) == 1
    assert {(terms["budget"], terms["seed"]) for *_, terms in asked} == {(99, 5)}
    scenarios = [given[3] for given in asked]
    sizes = [scenario.rows.x.size for scenario in scenarios]
    assert sizes == sorted(sizes)
    assert all("seed=5" in repr(scenario) for scenario in scenarios)
    told_apart = [bool((s.forget != s.behaviour).any()) for s in scenarios]
    assert told_apart == ([False, False] + [True] * 6 if learner else [False, False, True, True, False] + [True] * 4)


def test_the_claim_and_the_notion_asked_where_both_are_one(asked: Asked) -> None:
    ns.check_suite(ns.removers.retrain_full(), ns.learners.ridge(), epsilon=2, delta=0.1)
    assert asked[0][0] == ns.Unlearning(2.0, 0.1)
    assert {given[0].name for given in asked} == {"untraining", "unlearning"}


def test_progress_counts_every_check(asked: Asked) -> None:
    seen: list[tuple[int, int]] = []
    suite = ns.check_suite(
        ns.removers.retrain(), ns.learners.ridge(), progress=lambda done, total, words: seen.append((done, total))
    )
    assert seen == [(i, len(suite.rows)) for i in range(len(suite.rows))]


@pytest.mark.parametrize(
    ("terms", "says"),
    [
        ({"expected": {"unlerning": ""}}, "expected: no check is called 'unlerning'; choose from untraining"),
        ({"alpha": 2.0}, r"2.0 is not in \(0, 1\)"),
        ({"epsilon": -1}, "epsilon: -1 is not a finite number"),
        ({"learner": ns.learners.ridge(), "remover": ns.removers.noisy()}, "declares no output noise"),
    ],
)
def test_bad_input_is_one_clear_line(terms: dict[str, Any], says: str) -> None:
    given: dict[str, Any] = {"remover": ns.removers.retrain(), "learner": ns.learners.ridge()}
    with pytest.raises(ValueError, match=says):
        ns.check_suite(**given | terms)


def test_json_both_ways(right: ns.Suite) -> None:
    assert ns.Suite.from_json(right.to_json()) == right
    assert json.loads(right.to_json())["status"] == "SATISFIED"
    with pytest.raises(ValueError, match="not the JSON of a Suite"):
        ns.Suite.from_json('{"rows": []}')


def test_a_page_shows_names_as_text(idle: ns.Suite) -> None:
    page = render(dataclasses.replace(idle, remover="<script>alert(1)</script>"))
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert page.count("<tr") == 1 + len(idle.rows)
    assert page.count('<tr class="failed">') == sum(row.failed for row in idle.rows)


# the command


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    made: dict[str, Any] = {"suite": ns.Suite.example()}

    def stand_in(*subject: Any, **terms: Any) -> ns.Suite:
        made.update(terms, subject=subject)
        terms["progress"](0, 2, "first")
        return made["suite"]

    monkeypatch.setattr(importlib.import_module("neverseen.properties.cli._suite"), "check_suite", stand_in)
    return made


SHORT = ["suite", "retrain", "--store", "none"]


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        (RowOutcome.PASSED, 0),
        (RowOutcome.EXPECTED, 3),
        (RowOutcome.FAILED, 1),
        (RowOutcome.UNEXPECTED, 1),
        (RowOutcome.UNDECIDED, 3),
        (RowOutcome.UNCLAIMED, 3),
        (RowOutcome.INAPPLICABLE, 3),
    ],
)
def test_the_worst_outcome_is_the_exit_status(
    outcome: RowOutcome, code: int, given: dict[str, Any], capsys: Capture
) -> None:
    rows = (row("pure", SATISFIED), dataclasses.replace(row("untraining", SATISFIED), outcome=outcome))
    given["suite"] = dataclasses.replace(ns.Suite.example(), rows=rows)
    assert main(SHORT) == code
    assert capsys.readouterr() == (f"{given['suite']}\n", "")


def test_arguments_reach_the_suite_and_are_recorded(given: dict[str, Any], capsys: Capture, tmp_path: Path) -> None:
    page = tmp_path / "suite.html"
    expect = ["--expect", "unlearning=it is not told S_full", "--expect", "permutation-invariant=it draws"]
    options = ["--learner", "ridge", "--alpha", "0.01", "--budget", "99", "--seed", "3", "--epsilon", "2"]
    assert main([*SHORT, *options, *expect, "--json", "--report", str(page)]) == 1
    made = ns.Suite.from_json(capsys.readouterr().out)
    assert given["subject"] == (ns.removers.retrain(), ns.learners.ridge())
    assert {name: given[name] for name in ("alpha", "budget", "seed", "epsilon", "delta")} == {
        "alpha": 0.01, "budget": 99, "seed": 3, "epsilon": 2.0, "delta": 0.05,
    }  # fmt: skip
    assert given["expected"] == {"unlearning": "it is not told S_full", "permutation-invariant": "it draws"}
    command = made.provenance["command"]
    assert command.startswith("neverseen suite retrain --learner ridge --epsilon 2.0")
    assert "--expect 'unlearning=it is not told S_full' --expect 'permutation-invariant=it draws'" in command
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["suite"], "the following arguments are required: REMOVER"),
        (["suite", "retrian"], "unknown remover 'retrian'; did you mean 'retrain'?"),
        ([*SHORT, "--learner", "rigde"], "unknown learner 'rigde'; did you mean 'ridge'?"),
        ([*SHORT, "--expect", "unlearning"], "--expect 'unlearning': write NAME=WHY"),
        ([*SHORT, "--report", "no/such/folder/a.html"], "report: 'no/such/folder' is not a directory"),
        ([*SHORT, "--seed", "x"], "argument --seed: invalid int value: 'x'"),
    ],
)
def test_what_is_wrong_is_one_line(arguments: list[str], says: str, capsys: Capture) -> None:
    assert main(arguments) == 2
    assert one_line(capsys).startswith(says)


def test_a_notion_that_a_remover_aims_at_and_declares_to_fail_is_no_pass() -> None:
    """Doing nothing, with every failure declared: what it aims at holds nowhere, whatever else passes."""
    lazy = dataclasses.replace(ns.removers.do_nothing(), name="lazy", aims_at="untraining")
    known: dict[str, str] = dict.fromkeys(
        ("coincidence", "single-row", "whole-dataset", "untraining"), "it does nothing"
    )
    suite = ns.check_suite(lazy, ns.learners.ridge(), expected=known)
    assert suite.status is INCONCLUSIVE
    assert suite.powerless == ("untraining",)


def test_doing_nothing_with_its_failure_declared_claims_nothing() -> None:
    suite = ns.check_suite(ns.removers.do_nothing(), NOISY, expected={"untraining": "it does nothing"})
    assert "EXPECTED" in outcomes(suite, "untraining")
    assert suite.status is INCONCLUSIVE
    said = "INCONCLUSIVE: nothing was claimed, so nothing was judged, of do_nothing (aims at neither)"
    assert suite.sentence.startswith(said)
