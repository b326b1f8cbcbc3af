"""`neverseen compare-removers`: the table and its page, the worst status as exit status, bad input as one line."""

import dataclasses
import importlib
import shlex
from pathlib import Path

import pytest
from cli_tools import Capture, one_line
from power_tools import IDLE, SAME

import neverseen as ns
from neverseen.formal.definitions._verdict import Status, Verdict
from neverseen.properties.checks._comparison import Compared
from neverseen.properties.cli._main import main

WHERE = ["--learner", "nearest_neighbour", "--scenario", "figure1", "--store", "none", "--budget", "320"]
MINE = """
from neverseen import remover

@remover
def retrain(key, trained, rows, forget):
    return trained.params
"""


def test_the_table_the_page_and_the_command(tmp_path: Path, capsys: Capture) -> None:
    page = tmp_path / "table.html"
    assert main(["compare-removers", "retrain", "scrub", "retrain_full", *WHERE, "--json", "--report", str(page)]) == 1
    out, err = capsys.readouterr()
    assert err == ""
    made = ns.Comparison.from_json(out)
    assert [row.remover for row in made.rows] == ["do_nothing", "retrain", "retrain_full", "scrub"]
    assert [claim.name for claim in made.definitions] == ["untraining", "unlearning"]
    told = {row.remover: [verdict.status.name for verdict in row.verdicts] for row in made.rows}
    assert told == {
        "do_nothing": ["REFUTED", "REFUTED"],
        "retrain": ["SATISFIED", "REFUTED"],
        "retrain_full": ["REFUTED", "SATISFIED"],
        "scrub": [],
    }
    assert "ns.compare_removers([" in page.read_text(encoding="utf-8")
    words = shlex.split(made.provenance["command"])
    assert words[:5] == ["neverseen", "compare-removers", "retrain", "scrub", "retrain_full"]
    assert not {"--json", "--report", "--removers"} & set(words)


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> list[Compared]:
    """Rows that stand for what a comparison finds: the anchors, of which doing nothing is REFUTED, and one's own."""
    verdict = Verdict.example()
    rows = [
        Compared(name, "an anchor", False, (with_status(verdict, name),), None, "")
        for name in ("do_nothing", "retrain")
    ]
    made = lambda *_, **__: dataclasses.replace(ns.Comparison.example(), rows=tuple(rows))  # noqa: E731
    monkeypatch.setattr(importlib.import_module("neverseen.properties.cli._compare_removers"), "compare_removers", made)
    return rows


def with_status(verdict: Verdict, name: str) -> Verdict:
    status = {"do_nothing": Status.REFUTED, "finetune": Status.REFUTED, "scrub": Status.INCONCLUSIVE}
    return dataclasses.replace(verdict, status=status.get(name, Status.SATISFIED))


@pytest.mark.parametrize(
    ("removers", "code"),
    [
        ("retrain", 0),  # the anchor that was not asked for is REFUTED, and does not count
        ("retrain newton", 0),
        ("do_nothing", 1),  # it counts where it is named
        ("newton scrub", 3),
        ("newton npo", 3),  # npo does not run
        ("scrub npo finetune newton", 1),
        ("retrain_full", 3),  # where doing nothing passes as well
        ("newton noisy", 3),
        ("retrain_full finetune", 1),
    ],
)
def test_the_worst_of_the_named_is_the_exit_status(
    removers: str, code: int, table: list[Compared], capsys: Capture
) -> None:
    example, named = Verdict.example(), removers.split()
    table += [
        Compared(name, "", True, (with_status(example, name),), None, "") for name in ("newton", "scrub", "finetune")
    ]
    for name, power in (("retrain_full", IDLE), ("noisy", SAME)):
        passed = dataclasses.replace(with_status(example, name), power=power)
        table.append(Compared(name, "", True, (passed,), None, ""))
    table.append(Compared("npo", "", True, (), None, "remover npo: raised"))
    table[:] = [dataclasses.replace(row, asked=row.remover in named) for row in table]
    assert main(["compare-removers", *named, *WHERE]) == code
    assert capsys.readouterr().out.startswith(f"Removers on ridge in blobs: of {len(named)}, ")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ([], "the following arguments are required: REMOVER"),
        (["retrian"], "unknown remover 'retrian'; did you mean 'retrain'?"),
        (["retrain", "--alpha", "2"], "alpha"),
        (["retrain", "--budget", "3"], "budget: 3 pairs cannot refute"),
        (["retrain", "--report", "no/such/folder/a.html"], "report: 'no/such/folder' is not a directory"),
        (["finetune", "finetune:rate=0.5"], "compare_removers: two removers are called 'finetune'"),
        (["mine.py:retrain"], "compare_removers: two removers are called 'retrain'"),
        (
            ["retrain", "--definition", "untraining", "--level", "distribution"],
            "--level distribution is one of unlearning",
        ),
    ],
)
def test_what_is_wrong_is_one_line(
    arguments: list[str], line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(MINE, encoding="utf-8")
    assert main(["compare-removers", *WHERE, *arguments]) == 2
    assert one_line(capsys).startswith(line)


def test_doing_nothing_where_it_passes_too_does_not_exit_with_0(capsys: Capture) -> None:
    where = ["--learner", "ridge", "--scenario", "blobs:size=0,full=0", "--definition", "untraining"]
    assert main(["compare-removers", "do_nothing", *where, "--store", "none"]) == 3
    assert "SATISFIED, no power" in " ".join(capsys.readouterr().out.split())
