"""The programs of the page "Four loops": that of PyTorch is run by tests/stages/pytorch.py."""

import importlib.util
import os
import re
import shlex
import shutil
from pathlib import Path
from types import ModuleType

import pytest
from cli_tools import Capture

import neverseen as ns
from neverseen.properties.cli import main

EXAMPLES = Path(__file__).parents[1] / "docs" / "examples"
MARK = "# [check]\n"


def loaded(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_what_the_page_shows_is_short() -> None:
    page = (EXAMPLES.parent / "your_loop.md").read_text(encoding="utf-8")
    included = re.findall(r"{literalinclude} examples/(\S+)", page)
    assert len(included) > 3
    for name in included:
        example = EXAMPLES / name
        shown = example.read_text(encoding="utf-8").partition(MARK)[2] or example.read_text(encoding="utf-8")
        assert len([line for line in shown.splitlines() if line.strip()]) < 15, example.name


def test_an_nnx_loop_that_removes_nothing_is_refuted() -> None:
    assert loaded("nnx_loop").check().status is ns.Status.REFUTED


def test_a_command_and_then_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """The lines as they stand; the folder that the first has filled is read by the second."""
    shutil.copy(EXAMPLES / "train.py", tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "fsync", lambda handle: None)
    said: list[ns.Verdict] = []
    for name in ("command", "folder"):
        words = shlex.split((EXAMPLES / f"{name}.sh").read_text(encoding="utf-8"))
        assert words[0] == "neverseen"
        assert main([*words[1:], "--json"]) == 1
        said.append(ns.Verdict.from_json(capsys.readouterr().out))
    assert said[0].status is ns.Status.REFUTED
    assert (said[0].pairs, said[0].evidence) == (said[1].pairs, said[1].evidence)
