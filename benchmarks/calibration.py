"""How often the engine is wrong about laws it is judged by: `python benchmarks/calibration.py [runs] [long] [name …]`.

Every cell of `properties/calibration.py`, 10⁵ checks of 512 pairs and 10⁴ of 5000 (one path serves all smaller budgets:
wealth is looked at all along, and a false verdict at any time counts). Refutations are counted where the claim holds,
with a tolerance that keeps acceptance from ending a path; acceptances where it is exceeded by the whole tolerance.
Results go to calibration.json cell by cell; a cell that is there with as many runs is not run again.
"""

import dataclasses
import json
import multiprocessing
import os
import platform
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from neverseen.properties.calibration import Cell, edge_cells, null_cells, trial, upper_bound

OUT = Path(__file__).with_suffix(".json")
EPSILON, DELTA, TOLERANCE, LEVEL = 0.5, 0.01, 0.1, 0.05
LONG = ("normal", "normal, shifted up", "randomised response", "Cauchy", "five values, the largest favoured")


@dataclasses.dataclass(frozen=True)
class Task:
    """A cell with what is counted in it."""

    kind: str
    cell: Cell
    runs: int
    pairs: int

    @property
    def id(self) -> str:
        return f"{self.kind}: {self.cell.name}; {self.pairs} pairs"


def tasks(runs: int, long_runs: int) -> Iterator[Task]:
    edge, beyond = edge_cells(EPSILON, DELTA, DELTA), edge_cells(EPSILON, DELTA, DELTA + TOLERANCE)
    kinds = {"refuted at P = Q": null_cells(), "refuted at θ = δ": edge, "accepted at θ = δ + τ": beyond}
    for pairs, count in ((512, runs), (5000, long_runs)):
        for kind, cells in kinds.items():
            wanted = [cell for cell in cells if pairs == 512 or cell.name in LONG]
            yield from (Task(kind, cell, count // cell.features, pairs) for cell in wanted)


def run(number: int) -> tuple[str, dict[str, Any]]:
    task = list(tasks(*_sizes()))[number]
    accepting = task.kind.startswith("accepted")
    started = time.perf_counter()
    levels = {"alpha": 1e-12, "beta": LEVEL} if accepting else {"alpha": LEVEL, "beta": LEVEL}
    found = trial(task.cell, task.runs, task.pairs, tolerance=TOLERANCE if accepting else 1e-6, seed=0, **levels)
    hits = int((found.satisfied if accepting else found.refuted).sum())
    return task.id, {
        "kind": task.kind, "cell": task.cell.name, "theta": task.cell.theta, "pairs": task.pairs, "runs": task.runs,
        "false verdicts": hits if task.cell.declared or not accepting else None,
        "class-scoped acceptances": hits if accepting and not task.cell.declared else None,
        "upper bound 95 %": upper_bound(hits, task.runs), "seconds": round(time.perf_counter() - started, 1),
    }  # fmt: skip


def main() -> None:
    known = json.loads(OUT.read_text(encoding="utf-8"))["cells"] if OUT.exists() else {}
    todo, names = list(tasks(*_sizes())), sys.argv[3:]
    wanted = [
        i for i, task in enumerate(todo) if known.get(task.id, {}).get("runs", 0) < task.runs and _named(task, names)
    ]
    with multiprocessing.Pool(int(os.environ.get("PROCESSES", "2"))) as pool:
        for name, found in pool.imap_unordered(run, wanted):
            known[name] = found
            print(f"{name}: {found}", flush=True)
            _write({task.id: known[task.id] for task in todo if task.id in known})


def _write(cells: dict[str, Any]) -> None:
    made = {
        "command": "python benchmarks/calibration.py",
        "claim": [EPSILON, DELTA], "alpha and beta": LEVEL, "tolerance": TOLERANCE,
        "machine": f"{os.cpu_count()} cores, Python {platform.python_version()}", "cells": cells,
    }  # fmt: skip
    OUT.write_text(json.dumps(made, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _named(task: Task, names: list[str]) -> bool:
    return not names or task.cell.name in names


def _sizes() -> tuple[int, int]:
    given = [int(word) for word in sys.argv[1:3]]
    return given[0] if given else 100_000, given[1] if len(given) > 1 else 10_000


if __name__ == "__main__":
    main()
