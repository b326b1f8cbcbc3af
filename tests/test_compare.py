"""`neverseen compare`: the table, its page and its pictures, the worst status as exit status, bad input as one line."""

import csv
import dataclasses
import importlib
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from cli_tools import Capture, one_line
from power_tools import IDLE, SAME

import neverseen as ns
from neverseen.algorithms.pools._pool import Pool
from neverseen.formal.definitions._verdict import Status, Verdict
from neverseen.properties.checks._compared import Compared, ordered
from neverseen.properties.cli._main import main
from neverseen.properties.metrics._graded import Graded
from neverseen.properties.runs._cost import Cost

WHERE = ["--learner", "nearest_neighbour", "--scenario", "figure1", "--store", "none", "--budget", "320"]
MINE = """
from neverseen import remover

@remover
def retrain(key, trained, rows, forget):
    return trained.params
"""


def test_the_table_the_page_and_the_command(tmp_path: Path, capsys: Capture) -> None:
    page = tmp_path / "table.html"
    assert main(["compare", "retrain", "scrub", "retrain_full", *WHERE, "--json", "--report", str(page)]) == 1
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
    assert "ns.compare([" in page.read_text(encoding="utf-8")
    words = shlex.split(made.provenance["command"])
    assert words[:5] == ["neverseen", "compare", "retrain", "scrub", "retrain_full"]
    assert not {"--json", "--report", "--removers"} & set(words)


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> list[Compared]:
    """Rows that stand for what a comparison finds: the anchors, of which doing nothing is REFUTED, and one's own."""
    verdict = Verdict.example()
    rows = [Compared(name, "an anchor", False, (with_status(verdict, name),)) for name in ("do_nothing", "retrain")]
    made = lambda *_, **__: dataclasses.replace(ns.Comparison.example(), rows=tuple(rows))  # noqa: E731
    monkeypatch.setattr(importlib.import_module("neverseen.properties.cli._compare"), "compare", made)
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
    table += [Compared(name, "", True, (with_status(example, name),)) for name in ("newton", "scrub", "finetune")]
    for name, power in (("retrain_full", IDLE), ("noisy", SAME)):
        passed = dataclasses.replace(with_status(example, name), power=power)
        table.append(Compared(name, "", True, (passed,)))
    table.append(Compared("npo", "", True, (), "remover npo: raised"))
    table[:] = [dataclasses.replace(row, asked=row.remover in named) for row in table]
    assert main(["compare", *named, *WHERE]) == code
    assert capsys.readouterr().out.startswith(f"Removers on ridge in blobs: of {len(named)}, ")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ([], "the following arguments are required: REMOVER"),
        (["retrian"], "unknown remover 'retrian'; did you mean 'retrain'?"),
        (["retrain", "--alpha", "2"], "alpha"),
        (["retrain", "--sort", "price"], "sort: 'price' is none of untraining, unlearning, named, cost"),
        (["retrain", "--runs", "2"], "runs: 2 is not in [8, 1000000000]"),
        (["retrain", "--csv", "no/such/a.csv"], "report: 'no/such' is not a directory"),
        (["retrain", "--budget", "3"], "budget: 3 pairs cannot refute"),
        (["retrain", "--report", "no/such/folder/a.html"], "report: 'no/such/folder' is not a directory"),
        (["finetune", "finetune:rate=0.5"], "compare: two removers are called 'finetune'"),
        (["mine.py:retrain"], "compare: two removers are called 'retrain'"),
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
    assert main(["compare", *WHERE, *arguments]) == 2
    assert one_line(capsys).startswith(line)


CLAIMS = ns.Untraining(1.0, 0.05), ns.Unlearning(1.0, 0.05)
NEAREST, FIGURE = ns.learners.nearest_neighbour(), ns.scenarios.figure1()


def compared(*removers: ns.Remover, **options: Any) -> ns.Comparison:
    return ns.compare(CLAIMS, removers, NEAREST, FIGURE, budget=320, runs=8, **options)


def test_the_scale_is_fixed_by_the_rows_that_are_always_there() -> None:
    """Doing nothing is 1 from both references; each retrain is 0 from its own; nobody named either."""
    made = compared(ns.removers.finetune())
    away = {row.remover: tuple(row.away(i) for i in (0, 1)) for row in made.rows if row.anchor}
    assert away["do_nothing"] == (1.0, 1.0)
    assert abs(away["retrain"][0]) < 1e-6
    assert abs(away["retrain_full"][1]) < 1e-6
    assert away["retrain"][1] > 0.1
    assert made["retrain"].accuracy is not None
    assert made["do_nothing"].grades[1].gaps["S"].value == 1.0  # of rows that nearest neighbours know by heart


def test_nothing_is_trained_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Verdicts, distances, accuracies and sides ask for shards of equal pools: each is drawn once."""
    drawn: list[tuple[str, int]] = []
    draw = Pool._drawn  # pyright: ignore[reportPrivateUsage]

    def noted(pool: Pool, number: int, store: object) -> object:
        drawn.append((pool.key, number))
        return draw(pool, number, store)  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(Pool, "_drawn", noted)
    learner, scenario = ns.learners.ridge(penalty=0.53), ns.scenarios.blobs(size=2, full=4, rows=24, dims=2, seed=7)
    ns.compare(CLAIMS, [ns.removers.newton()], learner, scenario, budget=64, runs=40, sides=True)
    assert len(drawn) == len(set(drawn)) > 4


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        (None, "near far"),
        ("untraining", "near far"),
        ("unlearning", "far near"),
        ("cost", "far near"),
        ("named", "far near"),
    ],
)
def test_rows_are_sorted_by_what_was_asked_for(sort: str | None, order: str) -> None:
    """The far one unlearns, and is cheaper; who does not run is last, whatever is asked for; the scale is first."""
    example = ns.Comparison.example().rows[1]
    grade = example.grades[0]
    nearer = dataclasses.replace(
        grade, distance=dataclasses.replace(grade.distance, ratio=Graded(0.01, (0.0, 1.0), (0.0, 1.0)))
    )
    far = dataclasses.replace(example, remover="far", grades=(grade, nearer), cost=Cost(0.1, None))
    near = dataclasses.replace(example, remover="near", grades=(nearer, grade), cost=Cost(0.2, None))
    rows = [Compared("broken", "", True, (), "why"), far, near, dataclasses.replace(far, anchor="the original")]
    found = [row.remover for row in ordered(rows, sort, ["untraining", "unlearning"])]
    assert found == ["far", *order.split(), "broken"]


def test_the_picture_says_which_untrains_and_which_unlearns() -> None:
    """Asked of the page of three removers: which untrains, which unlearns, which neither? Its facts must be there."""
    made = compared(ns.removers.finetune(rate=0.1), ns.removers.retrain(), ns.removers.retrain_full())
    page = ns.report.render(made)
    facts = (
        "distance to A(D∖S): 0 untrains, 1 does nothing", "distance to A(D∖S_full): 0 unlearns, 1 does nothing",
        "untrains: as if it had never seen S", "unlearns: as if it had never seen the behaviour",
        "retrain (0.00, ", "do_nothing (1.00, 1.00)", "A place near an edge is a distance, no verdict",
    )  # fmt: skip
    assert [fact for fact in facts if fact not in page] == []
    spots = dict(re.findall(r'class="row" text-anchor="start">(\w+) \(([-\d.]+, [-\d.]+)\)', page))
    assert spots["retrain_full"].endswith(", 0.00")
    assert page.count('class="spot reference"') == 2


def test_one_notion_has_no_plane_and_what_has_no_classes_no_accuracy() -> None:
    learner, scenario = ns.learners.ridge(logits=False), ns.scenarios.blobs(size=2, full=4, rows=24, dims=2, seed=7)
    made = ns.compare(CLAIMS[0], ns.removers.newton(), learner, scenario, budget=64, runs=8)
    assert made["newton"].accuracy is None
    assert made["newton"].grades[0].gaps == {}
    page = ns.report.render(made)
    assert "How far from both references" not in page
    assert "newton (0.00)" in page  # a line of distances stands in its place
    assert "Accuracy beside" not in page


def test_records_and_csv_hold_each_remover_and_definition(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "table.csv"
    where = [*WHERE, "--runs", "8", "--csv", str(path)]
    assert main(["compare", "retrain", *where, "--sort", "cost"]) == 1
    assert "distance" in capsys.readouterr().out
    with path.open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    assert [(row["remover"], row["definition"]) for row in rows] == [
        (name, claim.id) for name in ("do_nothing", "retrain", "retrain_full") for claim in CLAIMS
    ]
    assert rows[0]["distance"] == "1.0"


def test_several_scenarios_are_ranked(tmp_path: Path, capsys: Capture) -> None:
    page = tmp_path / "ranks.html"
    where = ["--learner", "ridge", "--store", "none", "--budget", "64", "--runs", "8", "--report", str(page)]
    one = "blobs:size=2,full=4,rows=24,dims=2"
    several = ["--scenario", one, "--scenario", f"{one},seed=1"]
    assert main(["compare", "newton", "finetune", *where, *several, "--json"]) in (0, 1, 3)
    made = ns.Ranking.from_json(capsys.readouterr().out)
    assert len(made.comparisons) == 2
    assert {place.remover for place in made.rows} == {"do_nothing", "newton", "finetune"}
    for i in (0, 1):
        assert sum(place.ranks[i] for place in made.rows[:3]) == 6
    assert [place.mean for place in made.rows[:3]] == sorted(place.mean for place in made.rows[:3])
    assert made[made.rows[0].name] == made.rows[0]
    assert "Mean rank by distance" in page.read_text(encoding="utf-8")
    assert made.comparisons[0].alpha == 1e-3 / 2


def test_doing_nothing_where_it_passes_too_does_not_exit_with_0(capsys: Capture) -> None:
    where = ["--learner", "ridge", "--scenario", "blobs:size=0,full=0", "--definition", "untraining"]
    assert main(["compare", "do_nothing", *where, "--store", "none"]) == 3
    assert "SATISFIED, no power" in " ".join(capsys.readouterr().out.split())
