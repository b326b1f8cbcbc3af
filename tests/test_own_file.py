"""From one's own file to a report by one command; a wrong file or column is one line and exit status 2."""

import inspect
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from cli_tools import Capture

import neverseen as ns
from neverseen.properties.cli import main

ROWS = 40
COLUMNS: dict[str, Any] = {
    "age": [30.0 + i for i in range(ROWS)],
    "dose": [i % 7 for i in range(ROWS)],
    "ill": ["yes" if i % 2 else "no" for i in range(ROWS)],
    "stage": [i % 3 for i in range(ROWS)],
    "clinic": ["B" if i < 8 else "A" for i in range(ROWS)],
    "asked": [int(i < 4) for i in range(ROWS)],
    "weight": [50 + i / 2 for i in range(ROWS)],
}
SAID: dict[str, Any] = {"labels": "ill", "forget": "asked", "behaviour": "clinic=B"}


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder, the current one, with the same table in each form."""
    monkeypatch.chdir(tmp_path)
    frame = pd.DataFrame(COLUMNS)
    frame.to_csv("p.csv", index=False)
    frame.to_csv("p.tsv", index=False, sep="\t")
    arrays: dict[str, Any] = {name: np.array(values) for name, values in COLUMNS.items()}
    np.savez("p.npz", **arrays)
    return tmp_path


@pytest.mark.parametrize("name", ["p.csv", "p.tsv", "p.npz"])
def test_each_form_gives_the_scenario_of_its_frame(files: Path, name: str) -> None:
    asked: Any = {"forget": range(4), "behaviour": range(8)}
    x = np.column_stack([COLUMNS[column] for column in ("age", "dose", "stage", "weight")])
    made = ns.scenarios.from_file(files / name, **SAID)
    assert made == ns.Scenario.build(x, COLUMNS["ill"], **asked)
    assert repr(made) == f"{name}(n=40, |S|=4, |S_full|=8)"
    said: dict[str, Any] = SAID | {"inputs": ["weight"], "labels": "stage", "name": "mine"}
    few = ns.scenarios.from_file(name, **said)
    assert (few.classes, few.rows.x.shape[1], repr(few)) == ((0, 1, 2), 1, "mine(n=40, |S|=4, |S_full|=8)")
    said |= {"inputs": ["age"], "labels": "weight"}
    numbers = ns.scenarios.from_file(name, **said)
    np.testing.assert_allclose(numbers.rows.y[:ROWS], COLUMNS["weight"])


def test_an_array_called_x_is_the_inputs(files: Path) -> None:
    images = np.random.default_rng(0).random((ROWS, 4, 4))
    others: dict[str, Any] = {name: np.array(COLUMNS[name]) for name in ("ill", "asked", "clinic")}
    np.savez(files / "i.npz", x=images, **others)
    assert ns.scenarios.from_file("i.npz", **SAID).rows.x.shape == (64, 4, 4)


def test_one_command_from_a_file_to_a_report(files: Path, capsys: Capture) -> None:
    words = "check do_nothing --scenario p.csv --labels ill --forget asked --behaviour clinic=B --inputs age,dose"
    rest = "--learner nearest_neighbour --budget 64 --store none --json --report r.html"
    assert main([*words.split(), *rest.split()]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["provenance"]["scenario"] == "p.csv(n=40, |S|=4, |S_full|=8)"
    assert "--labels ill --forget asked --behaviour clinic=B --inputs age,dose" in found["provenance"]["command"]
    assert "p.csv(n=40, |S|=4, |S_full|=8)" in (files / "r.html").read_text(encoding="utf-8")


RIGHT = "--scenario p.csv --labels ill --forget asked"


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("--scenario p.csv --forget asked", "--scenario p.csv is a file; add --labels COLUMN"),
        ("--scenario p.csv --labels ill", "--scenario p.csv is a file; add --forget COLUMN"),
        ("--scenario figure1 --forget asked", "--forget is of a scenario that is a file; add --scenario FILE.csv"),
        ("--scenario figure1 --inputs a", "--inputs is of a scenario that is a file"),
        (f"{RIGHT} --scenario no.csv", "no.csv: there is no such file"),
        (f"{RIGHT} --scenario no.parquet", "no.parquet: there is no such file"),
        (f"{RIGHT} --labels il", "p.csv: labels: no column is called 'il'; did you mean 'ill'?"),
        (f"{RIGHT} --forget askd", "p.csv: forget: no column is called 'askd'; did you mean 'asked'?"),
        (f"{RIGHT} --forget clinic", "p.csv: forget: column 'clinic' holds 'b', and not yes or no"),
        (f"{RIGHT} --behaviour clinic=C", "p.csv: behaviour: no row of column 'clinic' is 'C'; it holds 'A', 'B'"),
        (f"{RIGHT} --behaviour clinic=A", "p.csv: forget: row 0 is in S but not in S_full"),
        (f"{RIGHT} --inputs age,town", "p.csv: inputs: no column is called 'town'"),
        (RIGHT, "p.csv: x: column 'clinic' holds words; make numbers of it"),
        (f"{RIGHT} --scenario empty.csv", "empty.csv: it holds no line under its names"),
        (f"{RIGHT} --scenario bytes.csv", "bytes.csv: it is no text in columns"),
        (f"{RIGHT} --scenario bytes.npz", "bytes.npz: "),
        (f"{RIGHT} --scenario objects.npz", "objects.npz: Object arrays cannot be loaded"),
        (f"{RIGHT} --scenario ragged.csv", "ragged.csv: line 3 has 1 columns, the first has 2"),
        (f"{RIGHT} --scenario hole.csv", "hole.csv: x: column 'age' holds NaN or inf in row 1"),
        (f"{RIGHT} --scenario .csv", ".csv: a table's name ends in .csv, .tsv, .parquet, .npz"),
    ],
)
def test_a_wrong_file_or_column_is_one_line(words: str, line: str, files: Path, capsys: Capture) -> None:
    (files / "empty.csv").write_text("ill,asked\n")
    for name in ("bytes.csv", "bytes.npz"):
        (files / name).write_bytes(b"\xff\xfe\x00PK\x03\x04")
    np.savez(files / "objects.npz", ill=np.array([{}], object))
    (files / "ragged.csv").write_text("ill,asked\n1,0\n1\n")
    (files / "hole.csv").write_text("age,ill,asked\n1,0,1\n,1,0\n3,0,0\n")
    assert main(["check", "do_nothing", *words.split(), "--store", "none", "--learner", "nearest_neighbour"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert line in said.err
    assert said.err.count("\n") == 1


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"path": 3}, "path: 3 names no file; give a path"),
        ({"path": "a\nb.csv"}, "path: 'a\\nb.csv' names no file"),
        ({"path": "a" * 300}, "path: 'aaa"),
        ({"labels": 3}, "labels: 3 is no word; give the name of a column"),
        ({"forget": ""}, "forget: '' is no word"),
        ({"behaviour": ["clinic"]}, "behaviour: ['clinic'] is no word"),
        ({"inputs": "age"}, "inputs: 'age' is no list of columns; give their names"),
        ({"inputs": []}, "inputs: [] is no list of columns"),
        ({"inputs": [3]}, "inputs: 3 is no word"),
    ],
)
def test_what_is_no_word_is_one_line(given: dict[str, Any], message: str, files: Path) -> None:
    with pytest.raises(ValueError) as refusal:  # noqa: PT011 - the whole message is compared below
        # As users call it: without the type checks of tests.
        inspect.unwrap(ns.scenarios.from_file)(**{"path": files / "p.csv"} | SAID | given)
    assert str(refusal.value).startswith(message)
