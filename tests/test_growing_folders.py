"""Folders that grow while they are looked at: `benchmarks/growing_folders.py` with few folders, and what it found."""

import importlib
import json
import os
from pathlib import Path
from typing import Any

import pytest
from scipy import stats

ROOT = Path(__file__).parents[1]
FOLDERS = 5


@pytest.fixture
def growing(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    monkeypatch.setattr(os, "fsync", lambda handle: None)
    return importlib.import_module("growing_folders")


def too_many(wrong: int, folders: int, level: float) -> bool:
    return bool(stats.binomtest(wrong, folders).proportion_ci(0.999).low > level)


def test_runs_that_finish_as_their_outcome_has_it_deceive_no_look(growing: Any) -> None:
    """At the boundary, with gaps and failures that the outcome decides: the rate at which a look is in error."""
    cells = [cell for cell in growing.CELLS if cell.beside and not cell.arrival]
    for error in ("REFUTED", "SATISFIED"):
        some = [cell for cell in cells if cell.error == error]
        wrong = sum(growing.count(cell, 100, FOLDERS) for cell in some)
        assert not too_many(wrong, FOLDERS * len(some), growing.LEVEL), error


def test_read_in_order_of_arrival_they_would(growing: Any) -> None:
    """The same runs, by the rule that is not kept: so that the test above can fail."""
    refuted = next(cell for cell in growing.CELLS if cell.arrival and cell.error == "REFUTED")
    assert too_many(growing.count(refuted, 100, FOLDERS), FOLDERS, growing.LEVEL)


def test_what_the_long_run_found() -> None:
    found = json.loads((ROOT / "benchmarks" / "growing_folders.json").read_text(encoding="utf-8"))["rows"]
    for row in found:
        assert row["folders"] >= (2000 if row["read"] == "by seed" else 200)
        assert row["holds"] is not too_many(row["wrong"], row["folders"], row["level"])
        assert row["holds"] or row["read"] != "by seed", row
    arrived = [row for row in found if row["read"] != "by seed" and row["error"].endswith("REFUTED")]
    assert not any(row["holds"] for row in arrived)
    assert arrived
    assert len({row["error"] for row in found if row["failing"]}) == 2
