"""The command line: each exit status, what reaches the library, what is printed and where."""

import dataclasses
import io
import json
import os
import re
import shlex
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cli_tools import COMMAND, Calls, Capture, Outcome, decide, one_line, record, save

from neverseen.algorithms.learners import LEARNERS
from neverseen.algorithms.removers import KINDS, REMOVERS
from neverseen.algorithms.store._store import Store
from neverseen.formal.definitions._definitions import Unlearning, Untraining
from neverseen.formal.definitions._statements import STATEMENTS
from neverseen.formal.definitions._verdict import Status, Verdict
from neverseen.properties.cli import _names, main
from neverseen.properties.metrics import Table
from neverseen.properties.scenarios import FORMATS, SCENARIOS


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    return record(monkeypatch)


@pytest.mark.parametrize(("status", "code"), [(Status.SATISFIED, 0), (Status.REFUTED, 1), (Status.INCONCLUSIVE, 3)])
def test_the_status_is_the_exit_status(
    status: Status, code: int, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    verdict = dataclasses.replace(Verdict.example(), status=status)
    decide(monkeypatch, lambda: verdict)
    assert main(COMMAND) == code
    assert capsys.readouterr() == (f"{verdict}\n", "")


def raises(error: BaseException) -> Outcome:
    def outcome() -> Verdict:
        raise error

    return outcome


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (ValueError("alpha: 2.0 is not\nin (0, 1)"), 2, "alpha: 2.0 is not in (0, 1)"),
        (KeyboardInterrupt(), 130, "interrupted; 64 of 512 pairs were finished"),
        (RuntimeError("deep\nfault"), 70, "a fault of ours, please report it (RuntimeError: deep); "),
        (MemoryError(), 2, "out of memory (nothing more is known); ask for fewer rows, runs or parameters"),
        (SystemExit(0), 2, "code that was called gave up with SystemExit: 0; let it return, or raise an error"),
        (SystemExit(3), 2, "code that was called gave up with SystemExit: 3; "),
        (GeneratorExit(), 2, "code that was called gave up with GeneratorExit; "),
        (type("Stop", (KeyboardInterrupt,), {})("x"), 2, "code that was called gave up with Stop: x; "),
        (type("Skipped", (BaseException,), {})("no"), 2, "code that was called gave up with Skipped: no; "),
    ],
)
def test_what_goes_wrong_is_one_line(
    error: BaseException, code: int, line: str, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    decide(monkeypatch, raises(error))
    assert main(COMMAND) == code
    assert one_line(capsys).startswith(line)


def test_ctrl_c_before_the_first_pair(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    def interrupt(kind: str, spec: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(_names, "resolve", interrupt)
    assert main(COMMAND) == 130
    assert one_line(capsys) == "interrupted; no pair was finished"


def test_ctrl_c_that_a_library_turned_into_its_own_error(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    error = ImportError("an extension could not be initialised")
    error.__cause__ = KeyboardInterrupt()
    decide(monkeypatch, raises(error))
    assert main(COMMAND) == 130
    assert one_line(capsys) == "interrupted; no pair was finished"


def test_the_traceback_is_shown_on_request(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setenv("NEVERSEEN_TRACEBACK", "1")
    decide(monkeypatch, raises(RuntimeError("deep")))
    assert main(COMMAND) == 70
    err = capsys.readouterr().err
    assert err.startswith("Traceback")
    assert "NEVERSEEN_TRACEBACK=1" in err.splitlines()[-1]


def test_every_flag_of_check_reaches_the_library(calls: Calls) -> None:
    flags = "--definition unlearning --level distribution --epsilon 2 --delta .1 --alpha .01 --beta .02 --tolerance .2"
    rest = "--budget 99 --seed 7 --grain .5 --require-power --exhaust --scenario mixture --store none"
    assert main(shlex.split(f"check finetune {flags} {rest}")) == 1
    call = calls[0]
    definition, remover, learner, scenario = call.pop("given")
    assert definition == Unlearning(2.0, 0.1, "distribution")
    assert (str(remover), str(learner)) == ("finetune", str(LEARNERS["mlp"]()))
    assert str(scenario) == str(SCENARIOS["mixture"]())
    assert not call.pop("resolution")
    assert call.pop("require_power")
    assert call.pop("exhaust")
    assert call.pop("store") is None
    assert call == {"budget": 99, "alpha": 0.01, "beta": 0.02, "tolerance": 0.2, "seed": 7, "grain": 0.5}


def test_the_defaults_are_those_of_the_design(calls: Calls) -> None:
    assert main(["check", "retrain"]) == 1
    call = calls[0]
    definition, _, learner, scenario = call.pop("given")
    assert definition == Untraining(1.0, 0.05)
    assert str(learner) == str(LEARNERS["mlp"]())
    assert str(scenario) == str(SCENARIOS["digits"](size=8, full=16))
    assert 0 < int(scenario.forget.sum()) < int(scenario.behaviour.sum())
    assert not call.pop("resolution")
    assert not call.pop("require_power")
    assert not call.pop("exhaust")
    assert call.pop("store") == Store()
    assert call == {"budget": 512, "alpha": 1e-4, "beta": 0.05, "tolerance": 0.1, "seed": 0, "grain": 1e-3}


def test_json_is_the_verdict_and_nothing_else(calls: Calls, capsys: Capture) -> None:
    assert main([*COMMAND, "--json"]) == 1
    out, err = capsys.readouterr()
    verdict = Verdict.from_json(out)
    command = verdict.provenance.pop("command")
    assert (verdict, err) == (Verdict.example(), "")
    assert command.startswith("neverseen check retrain --definition untraining --epsilon 1.0")


@pytest.mark.parametrize("shown", [[], ["--json"], ["--report", "r.html"]])
def test_the_recorded_command_repeats_the_call(
    shown: list[str], calls: Calls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.chdir(tmp_path)
    first = ["check", "finetune:rate=0.1", "--alpha", "1e-5", "--scenario", "blobs:forget=random"]
    commands: list[str] = []
    for argv in (first + shown, None):
        argv = argv or shlex.split(commands[0])[1:]
        assert main(argv) == 1
        capsys.readouterr()
        assert main([*argv, "--json"]) == 1
        commands.append(json.loads(capsys.readouterr().out)["provenance"]["command"])
    assert len(set(commands)) == 1
    assert not {"--json", "--report"} & set(shlex.split(commands[0]))
    assert all(str(call) == str(calls[0]) for call in calls)


def test_a_report_is_written_beside_the_sentence(calls: Calls, tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "r.html"
    assert main([*COMMAND, "--report", str(path)]) == 1
    assert capsys.readouterr() == (f"{Verdict.example()}\n", "")
    assert "neverseen check retrain" in path.read_text(encoding="utf-8")
    assert "Metrics, each with its floor" in path.read_text(encoding="utf-8")
    assert not calls[0]["resolution"]  # minutes: asked for by name; power is in every SATISFIED


def test_a_report_of_a_real_check_has_metrics_with_their_floors_and_the_cost(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "r.html"
    command = ["check", "do_nothing", *COMMAND[2:], "--store", "none", "--metrics", "forget-gap"]
    assert main([*command, "--report", str(path)]) == 1
    page, err = path.read_text(encoding="utf-8"), capsys.readouterr().err
    assert err == ""
    assert "Metrics, each with its floor" in page
    assert "<tr><td>forget-gap" in page
    assert re.search(r"A removal took [\d.e-]+ ms and a retrain without S [\d.e-]+ ms", page)
    assert main(command) == 2
    assert one_line(capsys) == "--metrics is for the report; add --report FILE.html, or use neverseen measure"


def test_a_report_without_metrics_is_written_and_says_why(
    calls: Calls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    def measure(*given: Any, **options: Any) -> Table:
        raise ValueError("a run is NaN")

    monkeypatch.setattr("neverseen.properties.metrics.measure", measure)
    path = tmp_path / "r.html"
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        assert main([*COMMAND, "--report", str(path)]) == 1
    assert capsys.readouterr().err == "neverseen: warning: the report is without metrics: a run is NaN\n"
    page = path.read_text(encoding="utf-8")
    assert "Metrics, each with its floor" not in page
    assert "A removal took" in page


def test_names_from_outside_cannot_drive_the_terminal(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    verdict = dataclasses.replace(Verdict.example(), subject="a\x1b[31m\nb\udc80")
    decide(monkeypatch, lambda: verdict)
    assert main(COMMAND) == 1
    out = capsys.readouterr().out
    assert out.startswith("REFUTED: a\\x1b[31m\\nb\\udc80 is not")
    assert out.count("\n") == 1


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_a_table_and_a_bar(monkeypatch: pytest.MonkeyPatch, calls: Calls) -> None:
    row = dataclasses.replace(Verdict.example().evidence.views[0], view="[bold]loss[/bold]\x1b[31m")
    verdict = dataclasses.replace(
        Verdict.example(), evidence=dataclasses.replace(Verdict.example().evidence, views=(row,))
    )
    decide(monkeypatch, lambda: verdict)
    out, err = Terminal(), Terminal()
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    monkeypatch.setenv("COLUMNS", "120")
    assert main(COMMAND) == 1
    assert out.getvalue().startswith(f"{verdict}\n")
    assert "[bold]loss[/bold]\\x1b[31m" in out.getvalue()
    assert "64/512 pairs" in err.getvalue()
    assert "[red]second[/red]\\x1b" in err.getvalue()


def test_audit_passes_views_by_name_and_a_single_array_as_it_is(tmp_path: Path, calls: Calls) -> None:
    named = [save(tmp_path / f"{k}.npz", loss=np.full(4, k), margin=np.full((4, 2), k)) for k in (1.0, 2.0, 3.0)]
    assert main(["audit", *named[:2], "--original", named[2], "--epsilon", ".5", "--definition", "unlearning"]) == 1
    definition, *arms = calls[0].pop("given")
    assert definition == Unlearning(0.5, 0.05)
    assert [sorted(arm) for arm in arms] == [["loss", "margin"]] * 3
    assert [arm["loss"][0] for arm in arms] == [1.0, 2.0, 3.0]
    assert calls[0] == {"alpha": 1e-4, "beta": 0.05, "tolerance": 0.1, "seed": 0, "grain": 0.0} | {
        "paired": False,
        "diverged": "refuse",
        "require_power": False,
        "exhaust": False,
    }

    np.savez(tmp_path / "bare.npz", np.arange(6.0).reshape(3, 2))
    bare = str(tmp_path / "bare.npz")
    assert main(["audit", bare, bare]) == 1
    assert [arm[""].shape for arm in calls[1]["given"][1:]] == [(3, 2), (3, 2)]


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("removers", list(REMOVERS)),
        ("learners", list(LEARNERS)),
        ("scenarios", [*SCENARIOS, *FORMATS]),
        ("definitions", ["untraining", "unlearning", *STATEMENTS]),
    ],
)
def test_a_list_shows_each_name_with_its_first_line(kind: str, names: list[str], capsys: Capture) -> None:
    assert main(["list", kind]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == names
    assert main(["list", kind, "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["name"] for row in rows] == names
    assert all(row["summary"] and row["summary"] in line for row, line in zip(rows, lines, strict=True))


def test_a_remover_is_listed_with_its_kind(capsys: Capture) -> None:
    assert main(["list", "removers"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert next(line for line in lines if line.startswith("retrain ")).endswith("  [exact]")
    assert next(line for line in lines if line.startswith("newton ")).endswith(
        "  [approximate · damping=0.0, iterations=None]"
    )
    assert main(["list", "removers", "--json"]) == 0
    assert {row["kind"] for row in json.loads(capsys.readouterr().out)} == set(KINDS)


def test_arguments_are_listed(capsys: Capture) -> None:
    assert main(["list", "definitions"]) == 0
    assert capsys.readouterr().out.splitlines()[1].endswith("  [epsilon, delta, level='dataset']")


def test_help_is_printed_and_is_no_error(capsys: Capture) -> None:
    assert main(["check", "--help"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert "exit status: 0 SATISFIED, 1 REFUTED" in out


def test_a_real_check_from_end_to_end(capsys: Capture) -> None:
    assert main(["check", "do_nothing", "--scenario", "figure1", "--learner", "nearest_neighbour", "--json"]) == 1
    assert Verdict.from_json(capsys.readouterr().out).status is Status.REFUTED


def test_a_real_audit_from_end_to_end(tmp_path: Path, capsys: Capture) -> None:
    rng = np.random.default_rng(0)
    arms = [save(tmp_path / f"{k}.npz", loss=rng.normal(k, 1, 400)) for k in (0, 3)]
    assert main(["audit", *arms, "--delta", ".01", "--epsilon", ".5"]) == 1
    assert capsys.readouterr().out.startswith("REFUTED: ")


def test_a_terminal_that_lacks_letters_gets_their_escapes(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(out, encoding="ascii"))
    assert main(["list", "removers"]) == 0
    assert b"D\\u2216S" in out.getvalue()


def test_a_full_disk_does_not_cost_the_verdict(monkeypatch: pytest.MonkeyPatch, calls: Calls, capsys: Capture) -> None:
    with open("/dev/full", "w", encoding="utf-8") as full:
        monkeypatch.setattr(sys, "stdout", full)
        assert main(COMMAND) == 2
    meant, verdict, line = capsys.readouterr().err.splitlines()
    assert meant.startswith("neverseen: standard output cannot be written (No space left on device); what follows was")
    assert verdict.startswith("REFUTED: ")
    assert line == "neverseen: standard output: cannot write (No space left on device); redirect it elsewhere"


def test_a_process_outlives_its_reader() -> None:
    code = "import sys\nfrom neverseen.properties.cli._main import main\nsys.exit(main(['list', 'removers']))"
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as gone:
        ends = subprocess.run([sys.executable, "-c", code], stdout=gone, stderr=subprocess.PIPE, check=False)
    assert (ends.returncode, ends.stderr) == (0, b"")
