"""What the tests of the command line share: stand-ins for the deciding functions, saved samples, the one line."""

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neverseen.formal.definitions._verdict import Verdict
from neverseen.properties.metrics import Table

Outcome = Callable[[], Verdict]
Calls = list[dict[str, Any]]
Capture = pytest.CaptureFixture[str]

COMMAND = ["check", "retrain", "--scenario", "figure1", "--learner", "nearest_neighbour"]


def record(monkeypatch: pytest.MonkeyPatch) -> Calls:
    """Let both deciding functions record their arguments and return the example."""
    made: Calls = []
    decide(monkeypatch, Verdict.example, made)
    return made


def decide(monkeypatch: pytest.MonkeyPatch, outcome: Outcome, made: Calls | None = None) -> None:
    """Let `check` and `check_samples` report two blocks and then do as told; a report shows the example's metrics."""

    def stand_in(*given: Any, progress: Callable[[int, int, str], None], **options: Any) -> Verdict:
        if made is not None:
            made.append({"given": given, **options})
        progress(32, 512, "first")
        progress(64, 512, "[red]second[/red]\x1b[31m")
        return outcome()

    for module, name in (("cli._check", "check"), ("cli._audit", "check_samples")):
        monkeypatch.setattr(importlib.import_module(f"neverseen.properties.{module}"), name, stand_in)
    monkeypatch.setattr(
        importlib.import_module("neverseen.properties.metrics"), "measure", lambda *_, **__: Table.example()
    )


def save(path: Path, **arrays: Any) -> str:
    np.savez(path, **arrays)
    return str(path)


def one_line(capsys: Capture) -> str:
    """The single line on stderr; nothing on stdout."""
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("neverseen: ")
    assert err.endswith("\n")
    assert err.count("\n") == 1
    return err.removeprefix("neverseen: ").rstrip("\n")
