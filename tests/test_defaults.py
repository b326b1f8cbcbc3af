"""Defaults of a project: read, overruled by what is typed, recorded in the command, refused where they are slips."""

from pathlib import Path

import pytest
from cli_tools import COMMAND, Capture, one_line, record

from neverseen.properties.cli import main
from neverseen.properties.cli._defaults import project_defaults, take_defaults
from neverseen.properties.cli._main import commands, parser


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(folder: Path, text: str, name: str = "neverseen.toml") -> None:
    (folder / name).write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("neverseen.toml", "alpha = 0.01\n[check]\nbudget = 64\n[suite]\nbudget = 32\n"),
        ("pyproject.toml", "[tool.neverseen]\nalpha = 0.01\n[tool.neverseen.check]\nbudget = 64\n"),
    ],
)
def test_they_are_taken_said_and_recorded(
    name: str, text: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    write(folder, text, name)
    calls = record(monkeypatch)
    assert main([*COMMAND, "--json"]) == 1
    assert (calls[0]["alpha"], calls[0]["budget"]) == (0.01, 64)
    out, err = capsys.readouterr()
    assert f"defaults of {name}: alpha = 0.01, budget = 64" in err
    assert "--alpha 0.01" in out
    assert "--budget 64" in out


def test_what_is_typed_overrules_them(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(folder, "alpha = 0.01\nbudget = 64\n")
    calls = record(monkeypatch)
    assert main([*COMMAND, "--alpha", "0.02"]) == 1
    assert (calls[0]["alpha"], calls[0]["budget"]) == (0.02, 64)


def test_neverseen_toml_stands_before_pyproject_toml_and_none_is_none(folder: Path) -> None:
    assert project_defaults(folder) == ("", {})
    write(folder, "[tool.other]\nx = 1\n", "pyproject.toml")
    assert project_defaults(folder) == ("", {})
    write(folder, "[tool.neverseen]\nalpha = 0.5\n", "pyproject.toml")
    assert project_defaults(folder) == ("pyproject.toml", {"alpha": 0.5})
    write(folder, "alpha = 0.1\n")
    assert project_defaults(folder) == ("neverseen.toml", {"alpha": 0.1})


def test_a_key_of_another_command_is_no_slip(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(folder, "trials = 8\nworkers = 2\n")  # of tune, and of audit
    record(monkeypatch)
    assert main(COMMAND) == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("alhpa = 0.1\n", "alhpa is neither a command nor an option of one"),
        ("[chek]\nalpha = 0.1\n", "chek is neither a command nor an option of one"),
        ("[check]\ntrials = 8\n", "trials is no option of neverseen check"),
        ("alpha = 'small'\n", "alpha = 'small' is no value of --alpha"),
        ("budget = 2.5\n", "budget = 2.5 is no value of --budget"),
        ("definition = 'removal'\n", "is no value of --definition, one of untraining, unlearning"),
        ("json = 1\n", "json = 1 is no switch; write true or false"),
        ("alpha = \n", "Invalid value"),
    ],
)
def test_slips_are_one_line_and_status_2(text: str, says: str, folder: Path, capsys: Capture) -> None:
    write(folder, text)
    assert main(COMMAND) == 2
    line = one_line(capsys)
    assert line.startswith("neverseen.toml: ")
    assert says in line


def test_an_option_that_can_be_repeated_is_replaced_and_not_added_to(folder: Path) -> None:
    write(folder, "scenario = 'figure1'\n")
    every = parser(commands(["compare"]))
    repeated = take_defaults(every, parser)
    assert repeated == {"scenario": ["figure1"]}
    assert every.parse_args(["compare", "retrain", "--scenario", "digits"]).scenario == ["digits"]


def test_levels_are_admitted_as_if_typed(folder: Path, capsys: Capture) -> None:
    write(folder, "alpha = 2\n")
    assert main(COMMAND) == 2
    assert "alpha: 2" in capsys.readouterr().err
