"""Floor and power of every metric at 32, 128 and 512 runs: `python benchmarks/metric_floors.py`.

Digits, 256 rows, half of 32 near-duplicates with wrong labels in S, a perceptron of 32 units trained for 20 epochs in
batches of 32 at rate .1. The floor is what fresh retrains get against references, the power what do-nothing gets; both
with a 95 % interval over runs and the p-value of exchanging runs. Each definition has its own reference, and the
metrics that may judge it. Cheap settings: the figures are of this scenario and this learner, others have theirs
(`neverseen measure`). Writes `benchmarks/metric_floors.json` after each cell.
"""

import importlib.metadata
import json
import os
import pathlib
import platform
import time
from typing import Any

import neverseen as ns

RUNS = (32, 128, 512)
SCENARIO = ns.scenarios.digits(forget="near-duplicates", size=16, full=32, rows=256)
LEARNER = ns.learners.mlp(hidden=32, epochs=20, batch=32, rate=0.1)
CLAIMS = (ns.Untraining(1.0, 0.05), ns.Unlearning(1.0, 0.05))


def rounded(reading: ns.metrics.Reading) -> dict[str, float | bool]:
    """A reading as plain numbers of three digits."""
    parts = {"value": reading.interval.value, "low": reading.interval.low, "high": reading.interval.high}
    return {name: float(f"{value:.3g}") for name, value in parts.items()} | {
        "p": reading.p,
        "told apart": reading.distinguishes,
    }


def cell(claim: ns.Untraining | ns.Unlearning, runs: int) -> dict[str, Any]:
    """Every metric that may judge the notion, at one number of runs; processor seconds, training included."""
    started = time.process_time()
    table = ns.metrics.measure(None, claim, ns.removers.do_nothing(), LEARNER, SCENARIO, runs=runs)
    rows = {row.metric: {"floor": rounded(row.floor), "power": rounded(row.power)} for row in table.rows}
    return {"processor seconds": round(time.process_time() - started, 1), "metrics": rows}


def main() -> None:
    """Measure, print and write."""
    ns.pools.use_host_cores()
    found: dict[str, Any] = {
        "command": "python benchmarks/metric_floors.py",
        "scenario": repr(SCENARIO),
        "learner": repr(LEARNER),
        "machine": {"cores": os.cpu_count(), "load at start": round(os.getloadavg()[0], 1)},
        "versions": {"python": platform.python_version()}
        | {name: importlib.metadata.version(name) for name in ("neverseen", "numpy", "scipy", "jax")},
    }
    for runs in RUNS:
        for claim in CLAIMS:
            found.setdefault(claim.name, {})[f"{runs} runs"] = cell(claim, runs)
            text = json.dumps(found, indent=1, ensure_ascii=False)
            pathlib.Path(__file__).with_suffix(".json").write_text(text + "\n")
            print(claim.name, runs, found[claim.name][f"{runs} runs"]["processor seconds"], flush=True)


if __name__ == "__main__":
    main()
