"""`ns.torch.subsets` on data of any size: the rows that pad a scenario are nobody's. PyTorch itself is stood in for."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import neverseen as ns

ROWS = 120


@pytest.fixture(autouse=True)
def without_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    data = SimpleNamespace(Subset=lambda rows, places: [rows[i] for i in places])
    monkeypatch.setattr(ns.torch, "_torch", lambda: SimpleNamespace(utils=SimpleNamespace(data=data)))


def scenario(rows: int = ROWS, **given: Any) -> ns.Scenario:
    return ns.Scenario.build(np.zeros((rows, 2)), np.zeros(rows), forget=range(4), behaviour=range(8), **given)


def test_data_that_a_scenario_was_built_from_fit_it() -> None:
    found = ns.torch.subsets(list(range(ROWS)), scenario())
    assert {name: len(rows) for name, rows in found.items()} == {
        "original": 120, "untraining": 116, "unlearning": 112, "S": 4, "S_full": 8
    }  # fmt: skip
    assert found["unlearning"] == list(range(8, 120))
    assert len(ns.torch.subsets(list(range(128)), scenario(128))["original"]) == 128


@pytest.mark.parametrize("size", [3, 64, 119, 129, 256])
def test_other_data_are_refused(size: int) -> None:
    with pytest.raises(ValueError, match=f"data: {size} rows, and the scenario has 128"):
        ns.torch.subsets(list(range(size)), scenario())
