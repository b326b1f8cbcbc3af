"""How often the engine is wrong about laws it is judged by: `python benchmarks/calibration.py [runs] [long] [name …]`.

Every cell of `properties/selftest/_calibration.py`, 10⁵ checks of 512 pairs and 10⁴ of 5000
(one path serves all smaller budgets:
wealth is looked at all along, and a false verdict at any time counts). Refutations are counted where the claim holds,
with a tolerance that keeps acceptance from ending a path; acceptances where it is exceeded by the whole tolerance. At
levels .05, .01 and 10⁻⁴ (at θ = δ of at least 30 000 runs) a cell is over where the exact 99.9 % lower bound of its
rate is above the level, or where the mean of the final wealth, less three standard errors, is above 1. Results go to
calibration.json cell by cell; a cell that is there with as many runs is not run again. Exit status 1: a cell is over.
"""

import dataclasses
import json
import math
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

from neverseen.properties.engine._replicate import Replications
from neverseen.properties.selftest._calibration import Cell, edge_cells, lower_bound, null_cells, trial, upper_bound

OUT = Path(__file__).with_suffix(".json")
EPSILON, DELTA, TOLERANCE = 0.5, 0.01, 0.1
LEVELS, SMALLEST, LEAST = (0.05, 0.01), 1e-4, 30_000
LONG = ("normal", "normal, shifted up", "randomised response", "Cauchy", "five values, the largest favoured")


@dataclasses.dataclass(frozen=True)
class Task:
    """A cell with what is counted in it; refutation at all levels at once, acceptance at one."""

    kind: str
    cell: Cell
    runs: int
    pairs: int
    level: float | None = None

    @property
    def id(self) -> str:
        at = "" if self.level is None else f", level {self.level:g}"
        return f"{self.kind}: {self.cell.name}; {self.pairs} pairs{at}"


def tasks(runs: int, long_runs: int) -> Iterator[Task]:
    edge, beyond = edge_cells(EPSILON, DELTA, DELTA), edge_cells(EPSILON, DELTA, DELTA + TOLERANCE)
    for cell in beyond:
        yield from (Task("accepted at θ = δ + τ", cell, runs, 512, level) for level in LEVELS)
    yield from (Task("refuted at θ = δ", cell, max(runs, LEAST), 512) for cell in edge)
    yield from (Task("refuted at P = Q", cell, runs, 512) for cell in null_cells())
    yield from (Task("accepted at θ = δ + τ", cell, long_runs, 5000, 0.05) for cell in beyond if cell.name in LONG)
    yield from (Task("refuted at θ = δ", cell, long_runs, 5000) for cell in edge if cell.name in LONG)
    yield from (Task("refuted at P = Q", cell, long_runs, 5000) for cell in null_cells() if cell.name in LONG)


def run(number: int) -> tuple[str, dict[str, Any]]:
    """A cell by its number among the tasks."""
    task, started = list(tasks(*_sizes()))[number], time.perf_counter()
    # The other side's level, or its tolerance, keeps it from ending a path.
    beta, tolerance = (0.05, 1e-6) if task.level is None else (task.level, TOLERANCE)
    found = trial(task.cell, task.runs, task.pairs, alpha=1e-12, beta=beta, tolerance=tolerance, seed=0)
    told = _refutations(found) if task.level is None else _acceptances(found, task)
    about = {"kind": task.kind, "cell": task.cell.name, "theta": task.cell.theta, "pairs": task.pairs}
    return task.id, about | {"runs": task.runs, **told, "seconds": round(time.perf_counter() - started, 1)}


def _refutations(found: Replications) -> dict[str, Any]:
    """What would have refuted at each level, and the mean of the final wealth, at most 1 where the claim holds."""
    wealth, runs = np.exp(found.wealth), len(found.wealth)
    hits = {level: int((found.highest >= -math.log(level)).sum()) for level in (*LEVELS, SMALLEST)}
    return {
        "false verdicts": {f"{level:g}": _judged(count, runs, level) for level, count in hits.items()},
        "mean wealth": float(wealth.mean()), "its standard error": float(wealth.std() / math.sqrt(runs)),
    }  # fmt: skip


def _acceptances(found: Replications, task: Task) -> dict[str, Any]:
    """False ones where the declared class holds the event that breaks the claim."""
    assert task.level is not None
    kind = "false verdicts" if task.cell.declared else "class-scoped acceptances"
    hits = int(found.satisfied.sum())
    judged = _judged(hits, task.runs, task.level) if task.cell.declared else {"count": hits}
    return {kind: {f"{task.level:g}": judged}}


def _judged(hits: int, runs: int, level: float) -> dict[str, Any]:
    low, high = lower_bound(hits, runs), upper_bound(hits, runs)
    return {"count": hits, "lower bound 99.9 %": low, "upper bound 95 %": high, "over": low > level}


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
    """Whether a cell errs more often than a level allows."""
    richer = found.get("mean wealth", 0.0) - 3 * found.get("its standard error", 0.0) > 1
    return richer or any(judged["over"] for judged in found.get("false verdicts", {}).values())


def _write(cells: dict[str, Any]) -> None:
    made = {
        "command": " ".join(["python benchmarks/calibration.py", *sys.argv[1:]]),
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
