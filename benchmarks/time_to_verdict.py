"""Seconds to the same verdict, ours against a fixed number of eager models: `python benchmarks/time_to_verdict.py`.

Do-nothing on digits (eight mislabelled rows, seed 0), a perceptron of 64 units, the claim (1, .05)-untraining. Ours:
`ns.check` in a fresh process, its first call (with compilation) and its median warm call. The other side: 512 originals
and 512 retrains of the same perceptron, with the same rows, steps, batch and optimiser, in an eager loop in its fastest
form (`speed_torch.py`); the loss on S of each; then the classical fixed-n rule: half of the pairs choose a threshold,
the other half test it by two Clopper–Pearson bounds (`peers_rules.split`). An eager loop is linear in the models: it is
timed on 64 + 64 and scaled by eight, and its rule sees 64 pairs, with `--full` on all. Writes
`benchmarks/time_to_verdict.json` and adds the ratios to `time_to_verdict_history.json`; nothing on a busy machine
(`quiet.py`).
"""

import dataclasses
import importlib.metadata
import json
import pathlib
import platform
import statistics
import sys
import time
from typing import Any

import numpy as np
from peers_rules import Question, split
from quiet import record, require_idle
from speed_process import Crew
from speed_work import HIDDEN, WORKS

import neverseen as ns

CLAIM, PAIRS, SOME, TIMES = ns.Untraining(1.0, 0.05), 512, 64, 3
ALPHAS = (1e-4, 0.05)


class Contestant:
    """Ours, in a process of its own."""

    def __init__(self) -> None:
        ns.pools.use_host_cores()
        self.scenario, self.learner = scenario(), ns.learners.mlp(hidden=HIDDEN, epochs=20)

    def verdict(self, alpha: float, seed: int) -> dict[str, Any]:
        started = time.perf_counter()
        found = ns.check(CLAIM, ns.removers.do_nothing(), self.learner, self.scenario, alpha=alpha, seed=seed)
        return {"seconds": time.perf_counter() - started, "status": found.status.name, "pairs": found.pairs}


def crewed(module: str, arguments: dict[str, Any]) -> Crew:
    """A process that is ready."""
    crew = Crew(module, arguments)
    if why := crew.missing():
        raise LookupError(why)
    return crew


def scenario() -> ns.Scenario:
    return ns.scenarios.digits(forget="mislabelled", size=8, seed=0)


def ours(alpha: float) -> dict[str, Any]:
    """The first check of a process, and the warm ones after it."""
    crew = crewed("time_to_verdict", {})
    first, *warm = [crew.ask("verdict", alpha, seed) for seed in (TIMES, *range(TIMES))]
    crew.leave()
    return {
        "cold seconds": first["seconds"],
        "warm seconds": statistics.median(run["seconds"] for run in warm),
        "pairs": [run["pairs"] for run in warm],
        "status": [run["status"] for run in warm],
    }


def eager(models: int) -> dict[str, Any]:
    """Seconds to train both arms and to see the losses on S; both arms' losses."""
    drawn = scenario()
    x, label = np.asarray(drawn.rows.x), np.asarray(drawn.rows.y).argmax(1)
    forget, present = np.asarray(drawn.forget), np.asarray(drawn.rows.present)
    on_s, seconds = (x[forget], label[forget]), 0.0
    losses: list[np.ndarray] = []
    for arm, kept in enumerate((present, present & ~forget)):
        # As many steps as `mlp` takes on the rows present: ⌈epochs · n / batch⌉.
        n = int(kept.sum())
        work = dataclasses.replace(WORKS["digits"], n=n, steps=-(-20 * n // 64))
        crew = crewed("speed_torch", {"work": work, "way": "plain", "given": (x[kept], label[kept])})
        crew.train(2, 99)
        started = time.perf_counter()
        crew.train(models, arm)
        losses.append(np.asarray(crew.ask("losses", *on_s))[:, None])
        seconds += time.perf_counter() - started
        crew.leave()
    return {"seconds": seconds, "losses": losses}


def judged(found: dict[str, Any], alpha: float) -> dict[str, Any]:
    """What the fixed-n rule says, and its own seconds."""
    started = time.perf_counter()
    x, y = ({"loss on S": arm} for arm in found["losses"])
    refuted = split(x, y, Question(CLAIM.epsilon, CLAIM.delta, alpha), np.random.default_rng(0))
    return {"status": "REFUTED" if refuted else "not refuted", "seconds": time.perf_counter() - started}


def main() -> None:
    """Measure, print and write."""
    machine, full = require_idle(sys.argv), "--full" in sys.argv
    models = PAIRS if full else SOME
    found = eager(models)
    trained = found["seconds"] * PAIRS / models
    rows: dict[str, Any] = {}
    for alpha in ALPHAS:
        mine, theirs = ours(alpha), judged(found, alpha)
        total = trained + theirs["seconds"]
        ratios = {"ratio, warm": total / mine["warm seconds"], "ratio, cold": total / mine["cold seconds"]}
        fixed = {"seconds": total, "pairs trained": models, "pairs counted": PAIRS, "status": theirs["status"]}
        rows[f"α = {alpha:g}"] = {"ours": mine, "eager, fixed n": fixed} | ratios
    results = {
        "command": "python benchmarks/time_to_verdict.py" + " --full" * full,
        "machine": machine,
        "versions": {"python": platform.python_version()}
        | {name: importlib.metadata.version(name) for name in ("numpy", "jax", "torch")},
        "eager ms per model": round(1e3 * found["seconds"] / (2 * models), 2),
    }
    results |= json.loads(json.dumps(rows), parse_float=lambda text: float(f"{float(text):.4g}"))
    text = json.dumps(results, indent=1, ensure_ascii=False)
    path = pathlib.Path(__file__).with_suffix(".json")
    path.write_text(text + "\n")
    kept = {
        alpha: {name: round(row[name], 1) for name in row if name.startswith("ratio")} for alpha, row in rows.items()
    }
    record(path.with_name("time_to_verdict_history.json"), machine | {"ratios": kept})
    print(text)


if __name__ == "__main__":
    main()
