"""`check_program` of PyTorch, where torch is installed: models trained on digits by a plain loop.

`pytest -n 0 tests/stages/pytorch.py`
"""

import functools
import importlib.util
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import neverseen as ns
from neverseen.properties.external._command import CommandProgram

torch.set_num_threads(1)
SCENARIO = ns.scenarios.digits(forget="mislabelled", size=8, full=16)
X = torch.tensor(np.asarray(SCENARIO.rows.x).reshape(-1, 1, 8, 8), dtype=torch.float32)
Y = torch.tensor(np.asarray(SCENARIO.rows.y).argmax(-1))
DATA = TensorDataset(X, Y)
FAST: dict[str, Any] = {"alpha": 0.01, "beta": 0.2, "tolerance": 0.3, "budget": 303}


def mlp() -> nn.Module:
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))


def cnn() -> nn.Module:
    layers = [nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(128, 10))


def fit(model: nn.Module, data: Any, generator: torch.Generator, epochs: int = 12) -> nn.Module:
    """A plain loop."""
    optimiser = torch.optim.Adam(model.parameters(), 0.01)
    for _ in range(epochs):
        for x, y in DataLoader(data, 64, shuffle=True, generator=generator):
            optimiser.zero_grad()
            nn.functional.cross_entropy(model(x), y).backward()
            optimiser.step()
    return model


@functools.cache
def trained(make: Callable[[], nn.Module], rows: str, seed: int) -> nn.Module:
    """A model of the rows that a definition leaves."""
    generator = ns.torch.seed_all(seed)
    return fit(make(), ns.torch.subsets(DATA, SCENARIO)[rows], generator)


def finetuned(make: Callable[[], nn.Module], rows: str, seed: int) -> nn.Module:
    """The original, trained on for an epoch without them."""
    model = make()
    model.load_state_dict(trained(make, "original", seed).state_dict())
    return fit(model, ns.torch.subsets(DATA, SCENARIO)[rows], ns.torch.seed_all(seed + 1), epochs=1)


def program(make: Callable[[], nn.Module], remove: str, notion: str) -> Callable[[str, int], Any]:
    """`run(arm, seed)` of a remover: the whole of a user's own code is what stands above and here."""
    sets = {name: DataLoader(ns.torch.subsets(DATA, SCENARIO)[name], 64) for name in ("S", "S_full")}

    def run(arm: str, seed: int) -> Any:
        if arm == "original" or (arm, remove) == ("removed", "nothing"):
            model = trained(make, "original", seed)
        elif (arm, remove) == ("removed", "finetune"):
            model = finetuned(make, notion, seed)
        else:  # a retrain of the removed arm has a seed of its own: shared ones would make it the reference
            model = trained(make, notion, seed + 10_000 * (arm == "removed"))
        return ns.torch.observe_module(model, sets)

    return run


def test_verdicts_of_a_plain_loop() -> None:
    """The CNN, fine-tuning and the other definition are run by benchmarks/pytorch_runs.py."""
    found = {remove: ns.check_program(ns.Untraining(1.0, 0.05), program(mlp, remove, "untraining"), **FAST)
             for remove in ("nothing", "retrain")}  # fmt: skip
    assert {remove: verdict.status.name for remove, verdict in found.items()} == {
        "nothing": "REFUTED", "retrain": "SATISFIED",
    }  # fmt: skip


def test_the_page_s_loop_that_removes_nothing_is_refuted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = importlib.util.spec_from_file_location("loop", Path(__file__).parents[2] / "docs/examples/pytorch_loop.py")
    assert spec is not None
    assert spec.loader is not None
    loop = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loop)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(loop, "train", functools.partial(loop.train, epochs=6))  # half of it, for time
    assert loop.check().status is ns.Status.REFUTED


def test_what_the_long_run_found() -> None:
    found = json.loads((Path(__file__).parents[2] / "benchmarks/pytorch_runs.json").read_text())["rows"]
    assert {row["model"] for row in found} == {"mlp", "cnn"}
    assert {row["definition"] for row in found} == {"untraining", "unlearning"}
    assert all(row["verdict"] == row["wanted"] for row in found)


def test_the_seed_decides_a_model() -> None:
    one, again, other = (fit(*made(seed), epochs=1) for seed in (0, 0, 1))
    seen = [ns.torch.observe_module(model, {"S": [(X[:9], Y[:9])]})["losses on S"] for model in (one, again, other)]
    assert np.array_equal(seen[0], seen[1])
    assert not np.array_equal(seen[0], seen[2])


def made(seed: int) -> tuple[nn.Module, Any, torch.Generator]:
    generator = ns.torch.seed_all(seed)
    return cnn(), DATA, generator


def test_what_is_observed_is_the_loss_and_the_model_stays_as_it_was() -> None:
    ns.torch.seed_all(0)
    model = nn.Sequential(nn.Flatten(), nn.Dropout(0.5), nn.Linear(64, 10)).train()
    seen = ns.torch.observe_module(model, {"a": DataLoader(DATA, 7)})
    again = ns.torch.observe_module(model, {"a": DataLoader(DATA, 64)})
    assert np.allclose(seen["losses on a"], again["losses on a"], atol=1e-5)
    assert model.training
    losses = nn.functional.cross_entropy(model.eval()(X), Y, reduction="none").detach()
    assert np.allclose(seen["losses on a"], losses.numpy(), atol=1e-5)


def test_a_loader_that_shuffles_and_other_rows_are_refused() -> None:
    with pytest.raises(ValueError, match="its loader shuffles"):
        ns.torch.observe_module(mlp(), {"S": DataLoader(DATA, 7, shuffle=True)})
    with pytest.raises(ValueError, match="3 rows, and the scenario has"):
        ns.torch.subsets(TensorDataset(X[:3], Y[:3]), SCENARIO)


SCRIPT = """
import sys
sys.path[:0] = {path!r}
import numpy as np
from pytorch import mlp, program
arm, seed, out = sys.argv[1:]
np.savez(out, **program(mlp, "nothing", "untraining")(arm, int(seed)))
"""


def test_by_command_as_by_function(tmp_path: Path) -> None:
    """One run: a process that imports PyTorch takes seconds."""
    script = tmp_path / "train.py"
    script.write_text(SCRIPT.format(path=[str(Path(__file__).parent), *sys.path]))
    command = f"{sys.executable} {script} {{arm}} {{seed}} {{out}}"
    attempt = CommandProgram(command, str(tmp_path)).attempt("removed", 3, 0)
    assert attempt.arrays is not None, attempt.log
    wanted = program(mlp, "nothing", "untraining")("removed", 3)
    assert all(np.allclose(attempt.arrays[name], wanted[name]) for name in wanted)
