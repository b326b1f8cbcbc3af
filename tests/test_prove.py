"""`neverseen prove`: what it runs, what it prints, and that a false theorem or a standing twin is a failure."""

import dataclasses
import io
import json
import sys
from collections.abc import Callable
from typing import Any

import pytest
from cli_tools import Capture, one_line

from neverseen.formal import theorems
from neverseen.formal.catalogue import METRICS
from neverseen.formal.definitions._statements import STATEMENTS
from neverseen.formal.proofs import CoqProof, CoqReport, CoqTheorem
from neverseen.formal.theorems import Theorem
from neverseen.properties.checks import _prove as proving
from neverseen.properties.checks import _ways as running
from neverseen.properties.cli._main import main

QUICK = ("T2a", "T2b", "T8a", "T11")


def quick(name: str) -> Theorem:
    (theorem,) = theorems.find(name)
    return theorem


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Put other theorems in the registry's place."""

    def replace(*instead: Theorem) -> None:
        monkeypatch.setattr(theorems, "THEOREMS", instead)
        monkeypatch.setattr("neverseen.formal.theorems._registry.THEOREMS", instead)
        monkeypatch.setattr(running, "coq_names", {}.get)  # Coq takes a minute: its own tests run it

    return replace


def false(theorem: Theorem) -> Theorem:
    """The theorem with its false neighbour as its claim."""
    return dataclasses.replace(theorem, statement=theorem.twin_statement)


def toothless(theorem: Theorem) -> Theorem:
    """The theorem with itself as its negative twin, which no check refutes."""
    return dataclasses.replace(theorem, twin_statement=theorem.statement)


def test_what_holds_exits_with_0(registry: Callable[..., None], capsys: Capture) -> None:
    registry(*map(quick, QUICK))
    assert main(["prove"]) == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert err == ""
    assert [line.split()[0] for line in lines[:-1]] == list(QUICK)
    for line, name in zip(lines, QUICK, strict=False):
        theorem = quick(name)
        scope = theorem.solver.scope if theorem.solver else theorem.scope
        shown = ("holds", theorem.kind, str(theorem.check().worlds), "twin refuted", theorem.title, scope)
        assert all(part in line for part in shown)
    assert "smt + exhaustive" in lines[0]
    assert "464 of them vacuous" in lines[-2]
    assert lines[-1].startswith("4 of 4 theorems hold: 3 by a solver (3 formulas), 1 by exhaustion (500 cases); ")
    assert lines[-1].endswith("; 4 of 4 negative twins refuted")


@pytest.mark.parametrize("shown", [[], ["--json"]])
@pytest.mark.parametrize("spoil", [false, toothless])
def test_one_fault_among_many_exits_with_1(
    spoil: Callable[[Theorem], Theorem], shown: list[str], registry: Callable[..., None], capsys: Capture
) -> None:
    registry(quick("T8a"), spoil(quick("T11")), quick("T2a"))
    assert main(["prove", *shown]) == 1
    assert capsys.readouterr().err == ""
    assert main(["prove", "T2a"]) == 0
    assert main(["prove", "T11"]) == 1


def test_a_false_theorem_shows_its_counterexample(registry: Callable[..., None], capsys: Capture) -> None:
    registry(false(quick("T11")))
    assert main(["prove"]) == 1
    line, complaint, summary = capsys.readouterr().out.splitlines()
    assert " FAILS " in line
    assert complaint == f"T11 FAILS ({quick('T11').title}): {quick('T11').twin().counterexample}"
    assert summary == "0 of 1 theorems hold; 1 of 1 negative twins refuted"


def test_a_twin_that_stands_is_a_complaint(registry: Callable[..., None], capsys: Capture) -> None:
    registry(toothless(quick("T11")))
    assert main(["prove"]) == 1
    line, complaint, summary = capsys.readouterr().out.splitlines()
    assert " holds " in line
    assert "twin STANDS" in line
    assert complaint.startswith("T11: its negative twin was NOT refuted")
    assert summary.endswith("; 0 of 1 negative twins refuted")


def said(name: str, state: Any, axioms: tuple[str, ...] = ()) -> CoqProof:
    theorem = CoqTheorem(name, name.partition("_")[0], name.partition("_")[2], "Chains.v", "", "")
    return CoqProof(theorem, state, axioms, "", "" if state == "proved" else "line 3: no", 1.0)


@pytest.fixture
def coq(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Put words into Coq's mouth."""

    def says(*proofs: CoqProof, missing: str = "") -> None:
        report = CoqReport("8.16.1", missing, 1.0, proofs)
        monkeypatch.setattr(running, "coq_names", lambda name: ("T2a",) if name == "T2a" else ())
        monkeypatch.setattr(running, "_heard", lambda name: report)
        monkeypatch.setattr("neverseen.properties.cli._prove.hear", lambda asked: None)

    return says


def test_coq_is_the_strongest_kind_and_its_axioms_are_shown(coq: Callable[..., None], capsys: Capture) -> None:
    coq(said("T2a", "proved", ("classic",)), said("T2a_twin", "proved"))
    assert main(["prove", "T2a", "--strict"]) == 0
    line, summary = capsys.readouterr().out.splitlines()
    assert "coq + smt + exhaustive" in line
    assert "all finite types of outcomes" in line
    assert "axioms: classic" in line
    assert summary.startswith("1 of 1 theorems hold: 1 by Coq; ")


@pytest.mark.parametrize(
    ("proofs", "words"),
    [
        ((said("T2a", "failed"),), "T2a FAILS (independence of the two notions): Coq: T2a: line 3: no"),
        ((), "Coq: no theorem T2a"),
        ((said("T2a", "proved"), said("T2a_twin", "failed")), "its negative twin was NOT refuted"),
    ],
)
def test_what_coq_refuses_is_a_failure(
    proofs: tuple[CoqProof, ...], words: str, coq: Callable[..., None], capsys: Capture
) -> None:
    coq(*proofs)
    assert main(["prove", "T2a"]) == 1
    assert words in capsys.readouterr().out


def test_what_was_not_run_is_named_and_fails_only_when_strict(coq: Callable[..., None], capsys: Capture) -> None:
    coq(missing="Coq is not installed")
    assert main(["prove", "T2a"]) == 0
    assert "not run: Coq, of 1 theorems: Coq is not installed\n" in capsys.readouterr().out
    assert main(["prove", "T2a", "--strict"]) == 1
    assert "--strict counts them as not proved" in capsys.readouterr().out
    assert main(["prove", "T22", "--strict"]) == 0


def test_without_a_solver_the_search_is_all(
    monkeypatch: pytest.MonkeyPatch, registry: Callable[..., None], capsys: Capture
) -> None:
    registry(quick("T8a"))
    monkeypatch.setattr(running, "solver_installed", lambda: False)
    assert main(["prove"]) == 0
    out = capsys.readouterr().out
    assert "not run: a solver, of 1 theorems: pip install 'neverseen[proofs]'" in out
    assert "1 by exhaustion" in out
    assert main(["prove", "--strict"]) == 1


def test_random_cases_are_not_called_a_proof(registry: Callable[..., None], capsys: Capture) -> None:
    registry(dataclasses.replace(quick("T11"), kind="property"))
    assert main(["prove"]) == 0
    assert "1 by random cases (no proof) (" in capsys.readouterr().out


def test_json_holds_every_field(registry: Callable[..., None], capsys: Capture) -> None:
    registry(quick("T2a"), quick("T2b"), quick("T11"))
    assert main(["prove", "T2", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["holds"], found["asked"], found["finished"]) == (True, 2, 2)
    for row, name in zip(found["theorems"], ("T2a", "T2b"), strict=True):
        theorem = quick(name)
        for field in (
            "id",
            "title",
            "statement_latex",
            "hypotheses",
            "status",
            "source",
            "twin_latex",
        ):
            assert row[field] == getattr(theorem, field)
        assert row["digest"] == theorem.statement.digest == theorem.check().digest
        assert [way["kind"] for way in row["ways"]] == ["smt", theorem.kind]
        assert row["kind"] == "smt"
        assert row["cases"] == theorem.check().worlds
        assert (row["holds"], row["counterexample"], row["twin_refuted"]) == (True, None, True)
        assert row["twin_counterexample"] == theorem.twin().counterexample
        assert row["seconds"] > 0
    assert found["seconds"] == pytest.approx(sum(row["seconds"] for row in found["theorems"]))


def test_latex_is_the_statement_and_proves_nothing(registry: Callable[..., None], capsys: Capture) -> None:
    registry(quick("T2a"), false(quick("T2b")), quick("T11"))
    assert main(["prove", "T2", "--latex"]) == 0
    assert capsys.readouterr() == (f"{quick('T2a').statement_latex}\n{quick('T2b').statement_latex}\n", "")


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        ("T2x", "unknown theorem 'T2x'; did you mean 'T2'? (neverseen list theorems)"),
        ("T20", "unknown theorem 'T20'; did you mean 'T2'? (neverseen list theorems)"),
        ("f111", "unknown theorem 'f111'; did you mean 'F11'? (neverseen list theorems)"),
        ("coincidence", "unknown theorem 'coincidence'; 'neverseen list theorems' shows the ids"),
        ("T2 --latex --json", "--latex proves nothing; leave out --json, --report and --strict"),
        ("T2 T3", "unrecognized arguments: T3"),
    ],
)
def test_bad_input_is_one_line(argv: str, words: str, registry: Callable[..., None], capsys: Capture) -> None:
    registry(*map(quick, ("T2a", "T2b", "T11", "F11")))
    assert main(["prove", *argv.split()]) == 2
    assert words in one_line(capsys)


def interrupting(theorem: Theorem) -> Theorem:
    def search(claim: object) -> theorems.Outcome:
        raise KeyboardInterrupt

    return dataclasses.replace(theorem, search=search)


def test_ctrl_c_keeps_what_was_finished(registry: Callable[..., None], capsys: Capture) -> None:
    registry(quick("T2a"), interrupting(quick("T11")), quick("T8a"))
    assert main(["prove"]) == 130
    out, err = capsys.readouterr()
    assert [line.split()[0] for line in out.splitlines()[:-1]] == ["T2a"]
    assert err == "neverseen: interrupted; 1 of 3 theorems were finished\n"
    assert main(["prove", "--json"]) == 130
    found = json.loads(capsys.readouterr().out)
    assert (found["holds"], found["asked"], found["finished"]) == (False, 3, 1)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_a_table_and_a_bar(monkeypatch: pytest.MonkeyPatch, registry: Callable[..., None]) -> None:
    registry(dataclasses.replace(quick("T11"), title="[bold]all[/bold]\x1b[31m"), toothless(quick("T8a")))
    out, err = Terminal(), Terminal()
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    monkeypatch.setenv("COLUMNS", "160")
    assert main(["prove"]) == 1
    rows = [line.split("  ") for line in out.getvalue().splitlines()[:2]]
    assert [row[0] for row in rows] == ["T11", "T8a"]
    assert "[bold]all[/bold]\\x1b[31m" in out.getvalue()
    assert "STANDS" in out.getvalue()
    assert "2 of 2 theorems hold" in out.getvalue()
    assert "0/2 theorems" in err.getvalue()


def test_no_bar_in_a_pipe(registry: Callable[..., None], capsys: Capture) -> None:
    registry(quick("T11"))
    assert main(["prove"]) == 0
    assert capsys.readouterr().err == ""


def test_theorems_metrics_and_statements_are_listed(capsys: Capture) -> None:
    rows: dict[str, list[dict[str, str]]] = {}
    for kind in ("theorems", "metrics", "definitions"):
        assert main(["list", kind, "--json"]) == 0
        rows[kind] = json.loads(capsys.readouterr().out)
        assert main(["list", kind]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert [line.split()[0] for line in lines] == [row["name"] for row in rows[kind]]
        assert all(row["summary"] in line for row, line in zip(rows[kind], lines, strict=True))
    assert [row["name"] for row in rows["theorems"]] == [t.id for t in theorems.THEOREMS]
    assert {row["name"]: row["notion"] for row in rows["metrics"]} == {k: e.notion for k, e in METRICS.items()}
    assert [row["name"] for row in rows["definitions"]] == ["untraining", "unlearning", *STATEMENTS]
    latex = {row["name"]: row["latex"] for row in rows["definitions"] if "latex" in row}
    assert latex == {name: statement.latex() for name, statement in STATEMENTS.items()}


def test_a_name_without_its_part_means_all_parts() -> None:
    assert [t.id for t in proving.chosen("T2")] == ["T2a", "T2b"]
    assert [t.id for t in proving.chosen("t11")] == ["T11"]
    assert proving.chosen(None) == theorems.THEOREMS
