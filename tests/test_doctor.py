"""`neverseen doctor` and `neverseen completion`: what they say, and when they do not say that all is well."""

import dataclasses
import importlib
import importlib.metadata
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from neverseen.formal.definitions._verdict import Status, Verdict
from neverseen.properties.cli import main
from neverseen.properties.cli._completion import completion as script
from neverseen.properties.cli._main import NAMES
from neverseen.properties.cli._requirements import met, missing
from neverseen.properties.cli._terminal import progress

Capture = pytest.CaptureFixture[str]
doctor = importlib.import_module("neverseen.properties.cli._doctor")
RIGHT = {"right": True, "found": {"doing nothing": "REFUTED", "a retrain": "INCONCLUSIVE"}, "seconds": 1.5}


def stub(monkeypatch: pytest.MonkeyPatch, lacking: dict[str, list[str]], **own: Any) -> None:
    monkeypatch.setattr(doctor, "_self_check", lambda: RIGHT | own)
    monkeypatch.setattr(doctor, "missing", lambda: lacking)


def test_a_sound_installation_is_status_0(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Capture) -> None:
    stub(monkeypatch, {"": [], "torch": ["torch>=2.5"], "tune": []})
    monkeypatch.setenv("NEVERSEEN_STORE", str(tmp_path / "kept"))
    assert main(["doctor"]) == 0
    shown = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert shown["store"].startswith(str(tmp_path / "kept"))
    assert shown["python"] == ".".join(map(str, sys.version_info[:3]))
    assert "cpu" in shown["devices"]
    assert shown["self-check"].startswith("right: doing nothing is REFUTED")
    assert main(["doctor", "--json", "--store", "none"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["store"], found["missing"]["torch"]) == ("none", ["torch>=2.5"])


def test_what_is_missing_is_named_with_its_remedy(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    stub(monkeypatch, {"": [], "torch": ["torch>=2.5"], "tune": []})
    assert main(["doctor", "--store", "none"]) == 0
    out = capsys.readouterr().out
    assert "not installed: torch>=2.5; pip install 'neverseen[torch]'" in out
    assert "extra tune" in out


@pytest.mark.parametrize(("lacking", "right"), [({"": ["numpy>=2.0"]}, True), ({"": []}, False)])
def test_an_unsound_installation_is_status_1(
    lacking: dict[str, list[str]], right: bool, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    stub(monkeypatch, lacking, right=right)
    assert main(["doctor", "--store", "none"]) == 1
    out, err = capsys.readouterr()
    assert ("MISSING" in out) == bool(lacking[""])
    assert ("WRONG" in out) == (not right)
    assert "not sound" in err


@pytest.mark.parametrize(
    ("nothing", "again", "right"),
    [("REFUTED", "INCONCLUSIVE", True), ("INCONCLUSIVE", "INCONCLUSIVE", False), ("REFUTED", "REFUTED", False)],
)
def test_the_self_check_is_right_only_where_doing_nothing_alone_is_refuted(
    nothing: str, again: str, right: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    statuses = iter([nothing, again])

    def stand_in(*_: Any, **__: Any) -> Verdict:
        return dataclasses.replace(Verdict.example(), status=Status[next(statuses)])

    monkeypatch.setattr(doctor, "check", stand_in)
    assert doctor._self_check()["right"] is right


@pytest.mark.parametrize(
    ("limits", "keeps"),
    [("", True), (">=1", True), (">=999", False), ("!=1.*,>=1", True), ("<1", False), ("<=1", False)],
)
def test_limits_of_versions(limits: str, keeps: bool) -> None:
    assert met("numpy", limits) is keeps


def test_an_extra_of_another_package_is_looked_into(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = {"jax": ["jax-cuda13-plugin>=0; extra == 'cuda13'"]}
    monkeypatch.setattr(importlib.metadata, "requires", asked.get)
    assert missing(["jax[cuda13]; extra == 'cuda'", "jax>=0"]) == {"": [], "cuda": ["jax-cuda13-plugin>=0"]}


def completed(script_of_bash: Path, *words: str) -> list[str]:
    """What bash offers for the last word."""
    line = f"source {script_of_bash}; COMP_WORDS=({' '.join(words)}); COMP_CWORD={len(words) - 1}; "
    call = "COMPREPLY=(); _shtab_neverseen; printf '%s\\n' ${COMPREPLY[@]}"
    shell = ["bash", "--norc", "-c", line + call]
    return subprocess.run(shell, capture_output=True, text=True, check=True).stdout.split()


def test_bash_completes_commands_options_and_choices(tmp_path: Path) -> None:
    path = tmp_path / "neverseen.bash"
    path.write_text(script("bash"), encoding="utf-8")
    assert set(completed(path, "neverseen", "che")) == {"check", "check-relative"}
    assert "--tolerance" in completed(path, "neverseen", "check", "--to")
    assert completed(path, "neverseen", "check", "--definition", "unl") == ["unlearning"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_command_is_in_every_script(shell: str, capsys: Capture) -> None:
    assert main(["completion", shell]) == 0
    out = capsys.readouterr().out
    assert [name for name in NAMES if name not in out] == []


def test_another_shell_is_refused(capsys: Capture) -> None:
    assert main(["completion", "tcsh"]) == 2
    assert "tcsh" in capsys.readouterr().err


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("value", "coloured"), [("1", False), (None, True)])
def test_the_bar_has_no_colour_where_none_is_wanted(
    value: str | None, coloured: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    for name, text in (("TERM", "xterm-256color"), ("COLUMNS", "80"), ("NO_COLOR", value)):
        monkeypatch.setenv(name, text) if text is not None else monkeypatch.delenv(name, raising=False)
    with progress(8) as report:
        report(4, 8, "half")
    shown = stream.getvalue()
    assert "4/8 pairs" in shown
    assert ("\x1b[38;5;" in shown or "\x1b[3" in shown) == coloured
