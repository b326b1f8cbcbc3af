"""`exhaust`: after REFUTED the bounds of ε and δ grow with the budget, and nothing else of the verdict moves."""

import dataclasses
import functools
import importlib
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cli_tools import Capture, one_line

import neverseen as ns
from neverseen.properties.cli import main
from neverseen.properties.engine._pairs import Block
from neverseen.properties.saved._records import MEMORY

CLAIM = ns.Untraining(0.5, 0.01)
RATE = 1 / (1 + math.exp(-2.0))


@pytest.fixture(autouse=True)
def forgotten() -> None:
    """No look of another test's."""
    MEMORY.clear()


def coins(seed: int, runs: int) -> list[np.ndarray]:
    """Randomised response at ε = 2 exactly, for δ = 0."""
    rng = np.random.default_rng(seed)
    return [(rng.random(runs) < rate) * 1.0 for rate in (RATE, 1 - RATE)]


def test_only_the_bounds_move_and_they_stay_below_the_truth() -> None:
    true = math.log((RATE - CLAIM.delta) / (1 - RATE))
    for seed in range(4):
        arms = coins(seed, 300)
        plain, played = (ns.check_samples(CLAIM, *arms, exhaust=exhaust) for exhaust in (False, True))
        assert plain.status is ns.Status.REFUTED
        assert plain.epsilon_lower == CLAIM.epsilon < 1.0 < played.epsilon_lower <= true
        assert plain.delta_lower < played.delta_lower <= RATE - math.exp(CLAIM.epsilon) * (1 - RATE)
        assert played.provenance["bounds after"] == 300 > played.pairs
        moved = ("epsilon_lower", "delta_lower", "seconds", "provenance")
        rest = [{k: v for k, v in dataclasses.asdict(one).items() if k not in moved} for one in (plain, played)]
        assert rest[0] == rest[1]


def test_what_is_not_refuted_is_the_same() -> None:
    rng = np.random.default_rng(0)
    arms = rng.normal(size=(2, 120, 1))
    plain, played = (ns.check_samples(CLAIM, *arms, exhaust=exhaust) for exhaust in (False, True))
    assert plain.status is not ns.Status.REFUTED
    assert dataclasses.replace(played, seconds=plain.seconds) == plain


def answer(value: Any, *_: Any, **__: Any) -> Any:
    return iter(value) if isinstance(value, list) else value


def test_a_check_by_fresh_runs_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """With runs that are there already, so that nothing is compiled."""
    rng = np.random.default_rng(0)
    far = Block({"loss": rng.normal(9, 1, (128, 1))}, {"loss": rng.normal(0, 1, (128, 1))}, None)
    module = importlib.import_module("neverseen.properties.checks._check")
    for name, value in (("rehearse", None), ("dry_run", {}), ("blocks", [far]), ("_known", None)):
        monkeypatch.setattr(module, name, functools.partial(answer, value))
    asked = CLAIM, ns.removers.do_nothing(), ns.learners.nearest_neighbour(), ns.scenarios.figure1()
    plain, played = (ns.check(*asked, budget=128, exhaust=exhaust) for exhaust in (False, True))
    assert plain.epsilon_lower == CLAIM.epsilon < 1.5 < played.epsilon_lower
    assert played.provenance["bounds after"] == 128 > played.pairs == plain.pairs


def test_a_program_is_not_exhausted(tmp_path: Path, capsys: Capture) -> None:
    assert main(["audit", "--folder", str(tmp_path), "--exhaust"]) == 2
    assert "--exhaust is for files of runs, not for a program" in one_line(capsys)
