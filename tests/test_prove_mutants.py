"""Mutants of statements: each fits the source it edits, and the record says that `prove` itself noticed every one."""

import importlib
import json
from pathlib import Path
from typing import Any

import pytest

from neverseen.formal.theorems import THEOREMS

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def mutants(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    return list(importlib.import_module("prove_mutants").MUTANTS)


def test_every_mutant_fits_the_source_and_names_theorems(mutants: list[Any]) -> None:
    ids = {theorem.id for theorem in THEOREMS}
    assert {name for mutant in mutants for name in mutant.theorems} == ids
    for mutant in mutants:
        assert (ROOT / mutant.file).read_text(encoding="utf-8").count(mutant.old) == 1, mutant.name
        assert mutant.old != mutant.new
        assert set(mutant.theorems) <= ids, mutant.name
        assert mutant.theorems, mutant.name


def test_the_record_is_of_these_mutants_and_all_were_killed(mutants: list[Any]) -> None:
    found = json.loads((ROOT / "benchmarks" / "prove_mutants.json").read_text(encoding="utf-8"))["mutants"]
    assert list(found) == [mutant.name for mutant in mutants], "run benchmarks/prove_mutants.py: its record lacks some"
    for mutant in mutants:
        assert [found[mutant.name][part] for part in ("old", "new")] == [mutant.old, mutant.new]
        assert found[mutant.name]["outcome"] == "killed", mutant.name
        assert found[mutant.name]["complaint"]
