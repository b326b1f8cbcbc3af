"""The list of mutants names what is there: an edit that no longer fits kills nothing, and says nothing either."""

import dataclasses
import importlib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def mutants(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    return list(importlib.import_module("mutants").MUTANTS)


def stale(mutant: Any) -> list[str]:
    """What a mutant names that is not there: its file, the piece it edits, the tests that are to notice."""
    source = ROOT / mutant.file
    if not source.exists():
        return [f"{mutant.name}: no file {mutant.file}"]
    count = source.read_text(encoding="utf-8").count(mutant.old)
    complaints = [] if count == 1 else [f"{mutant.name}: {mutant.old!r} occurs {count} times in {mutant.file}"]
    for test in mutant.tests:
        name, _, function = test.partition("::")
        place = ROOT / "tests" / name
        known = place.exists() and f"def {function.split('[')[0]}(" in place.read_text(encoding="utf-8")
        complaints += [] if known else [f"{mutant.name}: no test {test}"]
    return complaints


def test_every_mutant_fits_the_source_and_names_tests_that_exist(mutants: list[Any]) -> None:
    assert len(mutants) >= 154
    complaints = [complaint for mutant in mutants for complaint in stale(mutant)]
    assert not complaints, "\n".join(complaints)


def test_the_rule_accepts_and_rejects(mutants: list[Any]) -> None:
    fits = mutants[0]
    assert stale(fits) == []
    for change in ({"file": "formal/no.py"}, {"old": "no such line"}, {"tests": ("test_engine.py::test_no",)}):
        assert len(stale(dataclasses.replace(fits, **change))) == 1
