"""`measure` of several removers and both definitions: each table as asked for alone, the other arms drawn once."""

import dataclasses
import json
from pathlib import Path
from typing import Any, cast

import jax
import pytest
from cli_tools import Capture, one_line

import neverseen as ns
from neverseen.algorithms.pools import _pool as pools
from neverseen.algorithms.pools._recent import MEMORY, Recent
from neverseen.formal._codec import from_json, to_json
from neverseen.properties.checks._sweep import Sweep
from neverseen.properties.cli._main import main
from neverseen.properties.metrics import Table
from neverseen.properties.report import render

BOTH: list[Any] = [ns.Untraining(1.0, 0.05), ns.Unlearning(1.0, 0.05)]
REMOVERS = [ns.removers.do_nothing(), ns.removers.retrain()]
WHERE = ns.learners.noisy(sigma=0.3), ns.scenarios.blobs(forget="near-duplicates", size=2, full=4, rows=32, seed=0)
NAMES = ["klom", "tow"]


def still(table: Table) -> Table:
    return dataclasses.replace(table, seconds=0.0)


@pytest.fixture(scope="module")
def tables() -> list[Table]:
    return ns.metrics.measure(NAMES, BOTH, REMOVERS, *WHERE, runs=32, exchanges=9)


def test_each_table_is_the_one_of_its_remover_and_definition_alone(tables: list[Table]) -> None:
    alone = [ns.metrics.measure(NAMES, by, one, *WHERE, runs=32, exchanges=9) for by in BOTH for one in REMOVERS]
    assert [still(table) for table in tables] == [still(table) for table in alone]
    assert [table.definition for table in tables] == ["untraining-1"] * 2 + ["unlearning-dataset-2"] * 2
    assert [table.subject.partition(" on ")[0] for table in tables[:2]] == [str(one) for one in REMOVERS]
    # Different questions, different answers.
    assert len({str(table["klom"].value) for table in tables}) == 4


def test_a_list_of_one_is_a_list_and_no_list_is_a_table() -> None:
    asked: dict[str, Any] = {"runs": 8, "exchanges": 1}
    alone = ns.metrics.measure("forget-gap", BOTH[0], REMOVERS[0], *WHERE, **asked)
    for listed in (
        ns.metrics.measure("forget-gap", BOTH[0], REMOVERS[:1], *WHERE, **asked),
        ns.metrics.measure("forget-gap", BOTH[:1], REMOVERS[0], *WHERE, **asked),
        ns.metrics.measure(iter(["forget-gap"]), tuple(BOTH[:1]), tuple(REMOVERS[:1]), *WHERE, **asked),
    ):
        assert [still(table) for table in listed] == [still(alone)]


def test_originals_references_and_fresh_retrains_are_drawn_once(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn, told = list[str](), list[tuple[int, int]]()
    draw = pools.Pool._drawn  # pyright: ignore[reportPrivateUsage]

    def counted(pool: pools.Pool, number: int, store: Any) -> Any:
        drawn.append(pool.name)
        return draw(pool, number, store)

    monkeypatch.setattr(pools, "RECENT", Recent(MEMORY))
    monkeypatch.setattr(pools.Pool, "_drawn", counted)
    terms: dict[str, Any] = {"runs": 40, "exchanges": 1, "progress": lambda *at: told.append(at[:2])}
    ns.metrics.measure("forget-gap", BOTH, REMOVERS, *WHERE, **terms)
    fitted = [name for name in drawn if " after " not in name]
    # In two blocks: the originals, and under each definition references and fresh retrains.
    assert len(fitted) == 2 * (1 + 2 * 2)
    assert len(drawn) - len(fitted) == 2 * len(REMOVERS)
    assert told == [(32, 80), (40, 80), (72, 80), (80, 80)]


def test_what_one_of_several_cannot_be_is_told_before_any_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pools.Pool, "_drawn", lambda *given: pytest.fail("a run was drawn"))
    wrong: list[tuple[Any, Any, Any, str]] = [
        ("u-lira", BOTH, REMOVERS, "^u-lira judges untraining, not unlearning: "),
        ("klom", BOTH[0], [], "^remover: none is given, so nothing would be measured; give at least one$"),
        ("klom", [], REMOVERS, "^definition: none is given, so nothing would be measured; give at least one$"),
    ]
    for metrics, definition, removers, words in wrong:
        with pytest.raises(ValueError, match=words):
            ns.metrics.measure(metrics, definition, removers, *WHERE, runs=16)


def test_the_remover_whose_runs_are_nan_is_named() -> None:
    @ns.remover
    def broken(key: jax.Array, trained: ns.Trained, rows: ns.Rows, forget: jax.Array) -> object:
        return jax.tree.map(lambda leaf: leaf * float("nan"), trained.params)

    with pytest.raises(ValueError, match=r"^broken: klom: run 0 of the removed arm is NaN or infinite"):
        ns.metrics.measure("klom", BOTH[0], [REMOVERS[0], broken], *WHERE, runs=8)


def test_a_list_of_tables_is_one_json_and_one_page(tables: list[Table]) -> None:
    assert from_json(list[Table], to_json(tables)) == tables
    page = render(tables)
    assert page.count("<td>klom") == 4
    for one in REMOVERS:
        assert page.count(f"<td>{one}</td>") == 4
    assert "2 removers on noisy(" in page
    assert "each against the reference of untraining-1 and of unlearning-dataset-2" in page
    assert render(tables[:1]).replace(" ", "") == render(tables[0]).replace(" ", "")
    with pytest.raises(ValueError, match="report: a list holds sweeps alone, or tables of metrics alone"):
        render([tables[0], Sweep("retrain", "ridge", "blobs", 4, ())])
    with pytest.raises(ValueError, match="report: no sweep is given"):
        render(cast(list[Table], []))


COMMAND = [
    "measure", "do_nothing", "retrain", "--scenario", "figure1", "--learner", "nearest_neighbour", "--store", "none",
    "--runs", "8", "--exchanges", "1", "--metrics", "forget-gap",
]  # fmt: skip


def test_the_command_takes_several_removers_and_both_definitions(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "metrics.html"
    assert main([*COMMAND, "--definition", "both", "--json", "--report", str(path)]) == 0
    found: Any = json.loads(capsys.readouterr().out)
    heads = [(one["subject"].partition(" ")[0], one["definition"]) for one in found]
    claims = ("untraining-1", "unlearning-dataset-2")
    assert heads == [(name, claim) for claim in claims for name in ("do_nothing", "retrain")]
    command = found[3]["provenance"]["command"]
    assert command.startswith("neverseen measure do_nothing retrain --definition both ")
    assert path.read_text(encoding="utf-8").count("<td>forget-gap") == 4
    assert main(COMMAND) == 0
    heads = [line for line in capsys.readouterr().out.splitlines() if ": metrics for " in line]
    assert [line.partition(" ")[0] for line in heads] == ["do_nothing", "retrain"]


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        ("measure", "required: REMOVER"),
        ("measure do_nothing nwton", "unknown remover 'nwton'; did you mean 'newton'"),
        ("measure do_nothing --definition all", "'untraining', 'unlearning', 'both'"),
        (
            "measure do_nothing --definition both --metrics u-lira --scenario figure1 --learner nearest_neighbour",
            "u-lira judges untraining, not unlearning: ",
        ),
    ],
)
def test_bad_input_is_one_line(argv: str, words: str, capsys: Capture) -> None:
    assert main([*argv.split(), "--store", "none"]) == 2
    assert words in one_line(capsys)
