"""Looking at folders while a program's runs come in: `python benchmarks/growing_folders.py [folders [processes]]`.

2000 folders a cell, each looked at by `check_program` with some, more and all of its runs finished, at α = β = .05 and
ε = 1, the mechanism exactly at the claim: θ = δ for a false REFUTED, θ = δ + τ for a false SATISFIED at any look. 48
workers an arm begin runs in the order of their seeds; how long one takes is its outcome, so that what is finished
feigns a difference or hides one, and some take very long, whatever they hold (gaps). In the cells with failures the
outcome decides which runs fail, and the violating event is that they fail, or that they fail or show a 1. Read

- by seed up to the first gap: the folder as it is, `ARM/SEED`;
- in order of arrival: the same runs, named by when they finished, as a queue of whatever is there would read them. It
  is wrong, and must be seen to be, for which a tenth of the folders is enough.

Files are written and read as a cluster's scheduler and a look would (in TMPDIR: memory is faster than a disk); no
process is started for a run.
Cells found in `growing_folders.json` are kept. `tests/test_growing_folders.py` is the same with few folders.
"""

import dataclasses
import heapq
import json
import math
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from scipy import stats

import neverseen as ns
from neverseen.properties.external._attempt import Attempt
from neverseen.properties.external._shelf import Shelf

OUT = Path(__file__).with_suffix(".json")
EPSILON, DELTA, TAU, LEVEL = 1.0, 0.05, 0.3, 0.05
RUNS, LOOKS, WIDTH, LATE = 150, (0.6, 0.8, 1.0), 48, 0.02
BUDGETS = {"REFUTED": 96, "SATISFIED": 147}
"""Pairs: acceptance has its first bet after 64."""

CLAIM = ns.Untraining(EPSILON, DELTA)


@dataclasses.dataclass(frozen=True)
class Folders:
    """A cell: the law of the arms, which verdict is an error, and how folders are read.

    Args:
        error: the verdict that would be false.
        failing: the share of the event's runs that fail instead of showing a 1.
        beside: the event's probability under the reference.
        arrival: read in order of arrival, which is wrong.

    >>> Folders("REFUTED").chances
    (0.05, 0.0)
    """

    error: str
    failing: float = 0.0
    beside: float = 0.0
    arrival: bool = False

    @property
    def chances(self) -> tuple[float, float]:
        """Of the event, in the removed and the reference arm: p − e^ε q is exactly δ, or δ + τ."""
        theta = DELTA + (TAU if self.error == "SATISFIED" else 0.0)
        return theta + self.beside * math.exp(EPSILON), self.beside

    @property
    def terms(self) -> dict[str, Any]:
        """Levels; the one that is not looked at is so small that it hides nothing."""
        other = {"REFUTED": {"alpha": LEVEL, "beta": 1e-6}, "SATISFIED": {"alpha": 1e-4, "beta": LEVEL}}[self.error]
        return other | {"tolerance": TAU, "budget": BUDGETS[self.error], "deterministic": True}


CELLS = (
    *(
        Folders(error, failing, beside)
        for error in ("REFUTED", "SATISFIED")
        for failing, beside in ((0.0, 0.0), (0.0, 0.1), (1.0, 0.0), (0.5, 0.1))
    ),
    Folders("REFUTED", beside=0.1, arrival=True),
    Folders("SATISFIED", arrival=True),
)


def finished(events: np.ndarray, early: bool, rng: np.random.Generator) -> list[int]:
    """Seeds in the order in which their runs finish: begun in order, one for each worker, ended as outcomes have it."""
    lasting = np.where(events == early, 0.1, 1.0) + 0.2 * rng.random(len(events))
    lasting += 2.0 * (rng.random(len(events)) < LATE)
    workers, ended = [0.0] * WIDTH, np.zeros(len(events))
    for seed, time_taken in enumerate(lasting):
        ended[seed] = heapq.heappop(workers) + time_taken
        heapq.heappush(workers, float(ended[seed]))
    return ended.argsort().tolist()


def arms_of(cell: Folders, rng: np.random.Generator) -> Iterator[tuple[str, np.ndarray, np.ndarray, list[int]]]:
    """Arm, which runs show the event, which of these fail, and the order in which they finish."""
    for arm, chance in zip(("removed", "reference"), cell.chances, strict=True):
        events = rng.random(RUNS) < chance
        failed = events & (rng.random(RUNS) < cell.failing)
        # The event's runs first in one arm and last in the other feign a difference; the other way round they hide it.
        early = (arm == "removed") == (cell.error == "REFUTED")
        yield arm, events, failed, finished(events, early, rng)


def falls(cell: Folders, folder: Path, rng: np.random.Generator) -> bool:
    """Whether any look at one growing folder is in error."""
    runs = list(arms_of(cell, rng))
    shelf, done = Shelf(folder, durable=False), 0
    for arm in ("removed", "reference"):
        (folder / arm).mkdir()
    for look in LOOKS:
        until = round(look * RUNS)
        for arm, events, failed, order in runs:
            for place, run in enumerate(order[done:until], done):
                seed = place if cell.arrival else run
                if failed[run]:
                    shelf.keep(arm, seed, Attempt("failed", reason="exit status 1"), "", 1)
                else:
                    np.save(folder / arm / f"{seed}.npy", np.float64(events[run]))
        done = until
        if _status(cell, folder) == cell.error:
            return True
    return False


def _status(cell: Folders, folder: Path) -> str:
    """The verdict; a look before the first eight pairs are there is none."""
    try:
        return ns.check_program(CLAIM, None, folder, **cell.terms).status.name
    except ValueError as error:
        if "pairs are needed before the first bet" not in str(error):
            raise
        return "too early"


def count(cell: Folders, seed: int, folders: int) -> int:
    """How many of some folders are ever in error; the first is drawn from `seed`, the next from the next."""
    with tempfile.TemporaryDirectory() as scratch:
        wrong = 0
        for number in range(seed, seed + folders):
            folder = Path(scratch, str(number))
            folder.mkdir()
            wrong += falls(cell, folder, np.random.default_rng([number, 18]))
        return wrong


def row_of(cell: Folders, folders: int, pool: ProcessPoolExecutor, share: int = 50) -> dict[str, Any]:
    """What a cell says of itself, and how many of its folders were in error."""
    parts = [pool.submit(count, cell, seed, share) for seed in range(0, folders, share)]
    wrong = sum(part.result() for part in parts)
    low, high = stats.binomtest(wrong, folders).proportion_ci(0.999)
    return name_of(cell) | {
        "folders": folders, "wrong": wrong, "rate": wrong / folders, "at least": round(float(low), 4),
        "at most": round(float(high), 4), "level": LEVEL, "holds": bool(low <= LEVEL),
    }  # fmt: skip


def name_of(cell: Folders) -> dict[str, Any]:
    """What tells a cell from the others."""
    read = "in order of arrival" if cell.arrival else "by seed"
    return {"error": f"falsely {cell.error}", "failing": cell.failing, "beside": cell.beside, "read": read}


def main() -> None:
    """Every cell that growing_folders.json lacks, written there one by one."""
    folders, processes = ([int(word) for word in sys.argv[1:]] + [2000, 2][len(sys.argv) - 1 :])[:2]
    made = {"looks at a share of": LOOKS, "runs": RUNS, "epsilon": EPSILON, "delta": DELTA, "tolerance": TAU}
    made |= {"budgets": BUDGETS, "interval": "exact, 99.9 %", "machine": platform.machine()}
    rows: list[dict[str, Any]] = json.loads(OUT.read_text(encoding="utf-8"))["rows"] if OUT.exists() else []
    with ProcessPoolExecutor(processes) as pool:
        for cell in CELLS:
            if any(name_of(cell).items() <= row.items() for row in rows):
                continue
            rows.append(row_of(cell, folders // 10 if cell.arrival else folders, pool))
            print(rows[-1], flush=True)
            OUT.write_text(json.dumps(made | {"rows": rows}, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
