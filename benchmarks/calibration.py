"""How often the engine is wrong about laws it is judged by: `python benchmarks/calibration.py [runs] [long] [name …]`.

Every cell of `properties/calibration.py`, 10⁵ checks of 512 pairs and 10⁴ of 5000 (one path serves all smaller budgets:
wealth is looked at all along, and a false verdict at any time counts). Refutations are counted where the claim holds,
with a tolerance that keeps acceptance from ending a path; acceptances where it is exceeded by the whole tolerance. At
levels .05 and .01 a cell is over its level where the exact 99.9 % lower bound of its rate is; at 10⁻⁴, where so many
runs hold hardly an error, each cell has at least 30 000 and is over also where the mean of the final wealth, less three
standard errors, is above 1. Results go to calibration.json cell by cell; a cell that is there with as many runs is not
run again. Exit status 1: a cell is over.
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

import numpy as np

from neverseen.properties.calibration import Cell, edge_cells, lower_bound, null_cells, trial, upper_bound

OUT = Path(__file__).with_suffix(".json")
EPSILON, DELTA, TOLERANCE = 0.5, 0.01, 0.1
LEVELS, SMALLEST, LEAST = (0.05, 0.01), 1e-4, 30_000
LONG = ("normal", "normal, shifted up", "randomised response", "Cauchy", "five values, the largest favoured")


@dataclasses.dataclass(frozen=True)
class Task:
    """A cell with what is counted in it."""

    kind: str
    cell: Cell
    runs: int
    pairs: int
    level: float

    @property
    def id(self) -> str:
        return f"{self.kind}: {self.cell.name}; {self.pairs} pairs, level {self.level:g}"


def tasks(runs: int, long_runs: int) -> Iterator[Task]:
    edge, beyond = edge_cells(EPSILON, DELTA, DELTA), edge_cells(EPSILON, DELTA, DELTA + TOLERANCE)
    kinds = {"refuted at P = Q": null_cells(), "refuted at θ = δ": edge, "accepted at θ = δ + τ": beyond}
    for kind, cells in kinds.items():
        for cell in cells:
            yield from (Task(kind, cell, runs // cell.features, 512, level) for level in LEVELS)
            if cell.name in LONG:
                yield Task(kind, cell, long_runs, 5000, LEVELS[0])
    yield from (Task("refuted at θ = δ", cell, max(runs, LEAST), 512, SMALLEST) for cell in edge)


def run(number: int) -> tuple[str, dict[str, Any]]:
    task = list(tasks(*_sizes()))[number]
    accepting = task.kind.startswith("accepted")
    started = time.perf_counter()
    levels = {"alpha": 1e-12 if accepting else task.level, "beta": task.level}
    found = trial(task.cell, task.runs, task.pairs, tolerance=TOLERANCE if accepting else 1e-6, seed=0, **levels)
    hits = int((found.satisfied if accepting else found.refuted).sum())
    return task.id, {
        "kind": task.kind, "cell": task.cell.name, "theta": task.cell.theta, "pairs": task.pairs, "runs": task.runs,
        "level": task.level,
        "false verdicts": hits if task.cell.declared or not accepting else None,
        "class-scoped acceptances": hits if accepting and not task.cell.declared else None,
        "lower bound 99.9 %": lower_bound(hits, task.runs), "upper bound 95 %": upper_bound(hits, task.runs),
        "seconds": round(time.perf_counter() - started, 1),
    } | ({} if accepting else _mean_wealth(found.wealth))  # fmt: skip


def _mean_wealth(log_wealth: Any) -> dict[str, float]:
    """The mean of the final wealth, which is at most 1 where the claim holds."""
    wealth = np.exp(log_wealth)
    return {"mean wealth": float(wealth.mean()), "its standard error": float(wealth.std() / np.sqrt(len(wealth)))}


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
    over = [task.id for task in todo if task.id in known and _over(known[task.id])]
    print("\n".join(["over their level:", *over]) if over else f"{len(known)} cells, none over its level")
    sys.exit(bool(over))


def _over(found: dict[str, Any]) -> bool:
    """Whether a cell errs more often than its level allows."""
    hits = found["false verdicts"]
    if hits is None:
        return False
    richer = found["level"] == SMALLEST and found["mean wealth"] - 3 * found["its standard error"] > 1
    return richer or found["lower bound 99.9 %"] > found["level"]


def _write(cells: dict[str, Any]) -> None:
    made = {
        "command": "python benchmarks/calibration.py",
        "claim": [EPSILON, DELTA], "tolerance": TOLERANCE,
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
