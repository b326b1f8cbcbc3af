"""What training costs against runs, rows and features: `python benchmarks/cost_growth.py`.

The plain fits of W1 and W2 (`speed_plain.py`) through the public path, one quantity varied at a time, medians of three
warm calls; the exponent is the slope of log seconds on log size by least squares, and that of the upper half of the
sizes, where fixed costs weigh less. Memory: how much training raises the resident size of a fresh process, warmed by
a few runs, at its peak (Linux). Writes `benchmarks/cost_growth.json`; minutes on two idle cores.
"""

import dataclasses
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import time
from typing import Any

import jax
import numpy as np
from speed_ours import Contestant
from speed_work import WORKS, Work

SIZES = {
    "W1": {"models": (64, 128, 256, 512, 1024), "n": (125, 250, 500, 1000, 2000), "d": (5, 10, 20, 40, 80)},
    "W2": {"models": (16, 32, 64, 128, 256), "n": (125, 250, 500, 1000, 2000), "d": (5, 10, 20, 40, 80)},
}
MODELS = {"W1": 256, "W2": 32}
STEPS, TIMES, FEWEST = 100, 3, 16


def sized(name: str, what: str, size: int) -> Work:
    """A workload of 100 steps with one size changed."""
    return dataclasses.replace(WORKS[name], **({"steps": STEPS, "models": MODELS[name]} | {what: size}))


def seconds(work: Work, contestant: Contestant) -> float:
    """A warm call."""
    contestant.train(work.models, 0)
    taken: list[float] = []
    for i in range(TIMES):
        started = time.perf_counter()
        contestant.train(work.models, 1 + i)
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)


def grown(name: str, what: str) -> dict[str, Any]:
    """Seconds at every size and the exponents."""
    sizes = SIZES[name][what]
    taken = [seconds(work, Contestant(work, "plain")) for work in (sized(name, what, size) for size in sizes)]
    half = len(sizes) // 2
    return {
        "seconds": {size: round(s, 4) for size, s in zip(sizes, taken, strict=True)},
        "exponent": round(slope(sizes, taken), 2),
        "exponent of the larger sizes": round(slope(sizes[half:], taken[half:]), 2),
    }


def slope(sizes: tuple[int, ...], taken: list[float]) -> float:
    return float(np.polyfit(np.log(sizes), np.log(taken), 1)[0])


def memory(name: str, runs: int) -> dict[str, int]:
    """In this process: bytes by which training so many runs raises the resident size at its peak."""
    contestant = Contestant(dataclasses.replace(WORKS[name], steps=STEPS), "plain")
    contestant.train(FEWEST, 0)
    # Compilation has the highest peak; Linux forgets it when told to.
    pathlib.Path("/proc/self/clear_refs").write_text("5")
    before = _status("VmRSS")
    contestant.train(runs, 1)
    return {"bytes": _status("VmHWM") - before}


def _status(field: str) -> int:
    lines = pathlib.Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(field + ":"))


def memories(name: str) -> dict[str, Any]:
    """Growth for a number of runs and four times as many; the bytes that each further run takes."""
    few, many = 4 * SIZES[name]["models"][-1], 16 * SIZES[name]["models"][-1]
    found: dict[int, int] = {}
    for runs in (few, many):
        done = subprocess.run(
            [sys.executable, __file__, "--memory", name, str(runs)], capture_output=True, text=True, check=True
        )
        found[runs] = json.loads(done.stdout.splitlines()[-1])["bytes"]
    return {"peak growth, bytes": found, "bytes of a further run": round((found[many] - found[few]) / (many - few))}


def main() -> None:
    """Measure, print and write."""
    if "--memory" in sys.argv:
        print(json.dumps(memory(sys.argv[-2], int(sys.argv[-1]))))
        return
    load = os.getloadavg()[0]
    results: dict[str, Any] = {}
    for name, sizes in SIZES.items():
        results[name] = {what: grown(name, what) for what in sizes} | {"memory": memories(name)}
        print(name, json.dumps(results[name], indent=1), flush=True)
    out = {
        "command": "python benchmarks/cost_growth.py",
        "machine": {"cores": os.cpu_count(), "load at start": round(load, 1), "platform": platform.machine()},
        "versions": {"python": platform.python_version(), "numpy": np.__version__, "jax": jax.__version__},
        "terms": {"steps": STEPS, "times": TIMES, "models where not varied": MODELS},
    } | results
    pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(out, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
