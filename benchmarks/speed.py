"""Models trained per second, ours against PyTorch's: `python benchmarks/speed.py [rounds] [--full] [W1 W2 W3]`.

W1, W2 and W3 as `speed_work.py` defines them. Every contestant lives in a process of its own, is warmed by two calls
and then trains in turn, round after round, drawing its own initial values, bootstrap weights and minibatch orders
inside the timed span. Between, each trains the same eight runs, given equal draws; their final losses are compared.
The baseline of all ratios is the fastest form of the eager loop in one process. An eager loop is linear in the models:
it is timed on some of them, on all with `--full`. PyTorch comes with `pip install -e '.[benchmarks]'`. Writes
`benchmarks/speed.json` and adds the ratios to `benchmarks/speed_history.json`; minutes on two idle cores, and no figure
on busy ones (`quiet.py`).
"""

import importlib.metadata
import json
import os
import pathlib
import platform
import statistics
import sys
import time
from typing import Any

from quiet import record, require_idle
from speed_process import Crew
from speed_work import WORKS, Work

MEMBERS = 8

NOTES = (
    "ratios: models per second relative to the fastest eager form of the same round, and the same per user CPU second",
    "peak: share of the fastest single-precision matrix product of this run; useful FLOP as counted in speed_work.py",
    "cold: the first call of a fresh process, with compilation, less a warm call of the same size",
    "equal draws: the largest difference of final losses on all rows over eight runs, and the tolerance asserted",
    "draws are timed on both sides: with replacement, each run its own",
)

EAGER = {
    "eager, plain tensors": ({"way": "plain"}, 1),
    "eager, torch.optim.SGD": ({"way": "optim"}, 1),
    "eager, plain tensors, 2 processes": ({"way": "plain"}, 2),
}
LAST = {
    "eager, plain tensors, channels last": ({"way": "plain", "last": True}, 1),
    "eager, plain tensors, channels last, 2 processes": ({"way": "plain", "last": True}, 2),
}
TOGETHER = {
    "torch.func": ({"way": "func"}, 1),
}
BATCHED = {
    "torch batched by hand": ({"way": "batched"}, 1),
    "torch batched by hand, 2 threads": ({"way": "batched", "threads": 2}, 1),
}
OURS = {
    "ours, shipped learner": ({"way": "shipped"}, 1),
    "ours, plain fit": ({"way": "plain"}, 1),
    "plain fit, jax.vmap without the library": ({"way": "plain", "bare": True}, 1),
}
OUR_CONVOLUTION = {"ours, plain fit, our convolution": ({"way": "plain, our convolution"}, 1)}


def contestants(work: Work) -> dict[str, tuple[str, dict[str, Any], int]]:
    """Name → module, arguments and processes."""
    torch = EAGER | (LAST if work.name == "W3" else {}) | TOGETHER | (BATCHED if work.name != "W3" else {})
    mine = OURS | (OUR_CONVOLUTION if work.name == "W3" else {})
    return {
        name: (module, {"work": work} | arguments, processes)
        for module, group in (("speed_torch", torch), ("speed_ours", mine))
        for name, (arguments, processes) in group.items()
    }


def enter(work: Work) -> tuple[dict[str, Crew], dict[str, str]]:
    """The contestants that there are, and why the others are not."""
    crews = {name: Crew(*described) for name, described in contestants(work).items()}
    missing = {name: crew.missing() for name, crew in crews.items()}
    absent = {name: why for name, why in missing.items() if why}
    return {name: crew for name, crew in crews.items() if name not in absent}, absent


def compare(work: Work, crews: dict[str, Crew]) -> dict[str, float]:
    """The largest difference of final losses from each of ours, given the draws of its runs; asserted to be small."""
    found: dict[str, float] = {}
    mine = [name for name in crews if name.startswith("ours")]
    for own in mine:
        draws, losses = crews[own].ask("given", MEMBERS), crews[own].ask("check", MEMBERS)
        for name, crew in crews.items():
            if name not in OURS | OUR_CONVOLUTION:
                theirs = crew.ask("check", draws)
                found[f"{own}: {name}"] = max(abs(a - b) for a, b in zip(losses, theirs, strict=True))
    wrong = {name: apart for name, apart in found.items() if not apart <= work.tolerance}
    if wrong:
        raise AssertionError(f"{work.name}: final losses differ by more than {work.tolerance}: {wrong}")
    return found


def counts(work: Work, name: str, full: bool) -> int:
    """Models a contestant is timed on: more in two processes, few in two threads, which are slow and only wait."""
    if work.name == "W3" and name in (*OURS, "torch.func") and "shipped" not in name:
        return 2  # native convolutions on a CPU take seconds a model
    if not name.startswith("eager") or full:
        return work.models
    times = 2 if "processes" in name else 0.2 if "threads" in name else 1
    return min(work.models, max(2, int(work.alone * times)))


def warm_up(work: Work, crews: dict[str, Crew], full: bool) -> dict[str, dict[str, Any]]:
    """A row for every contestant, after its first two calls."""
    rows: dict[str, dict[str, Any]] = {}
    for name, crew in crews.items():
        models = counts(work, name, full)
        first, warm = (crew.train(models, seed)[0] for seed in (1, 2))
        print(f"{work.name} {name}: first call {first:.2f} s, second {warm:.2f} s", file=sys.stderr, flush=True)
        rows[name] = {"models": models, "cold seconds": max(0.0, first - warm), "seconds": [], "user CPU": []}
    return rows


def race(crews: dict[str, Crew], rows: dict[str, dict[str, Any]], rounds: int) -> None:
    """Add every contestant's seconds in every round, one after another."""
    for i in range(rounds):
        for name, crew in crews.items():
            seconds, used = crew.train(rows[name]["models"], 3 + i)
            rows[name]["seconds"].append(seconds)
            rows[name]["user CPU"].append(used)


def relate(work: Work, rows: dict[str, dict[str, Any]], peak: float) -> str:
    """Add rates, ratios and shares of the peak to the rows; the baseline's name."""
    for row in rows.values():
        row["ms per model"] = 1e3 * statistics.median(row["seconds"]) / row["models"]
        row["user CPU ms per model"] = 1e3 * statistics.median(row["user CPU"]) / row["models"]
    alone = [name for name in rows if name.startswith("eager") and "processes" not in name]
    base = rows[min(alone, key=lambda name: rows[name]["ms per model"])]
    for row in rows.values():
        scale = row["models"] / base["models"]
        ratios = {
            part: [scale * b / max(r, 1e-9) for b, r in zip(base[part], row[part], strict=True)]
            for part in ("seconds", "user CPU")
        }
        row["ratio"], row["ratio per CPU"] = (statistics.median(ratio) for ratio in ratios.values())
        row["ratio of each round"] = ratios["seconds"]
        row["share of peak"] = work.flop / (1e6 * row["ms per model"]) / peak
    return next(name for name, row in rows.items() if row is base)


def measure(work: Work, rounds: int, full: bool) -> dict[str, Any]:
    """One workload."""
    started, load = time.perf_counter(), os.getloadavg()[0]
    crews, absent = enter(work)
    try:
        rows = warm_up(work, crews, full)
        peak, equal = crews["ours, plain fit"].ask("peak", 0), compare(work, crews)
        race(crews, rows, rounds)
    finally:
        for crew in crews.values():
            crew.leave()
    base = relate(work, rows, peak)
    return {
        "useful MFLOP per model": work.flop / 1e6,
        "baseline": base,
        "peak, GFLOP/s": peak,
        "equal draws": {"tolerance": work.tolerance, "members": MEMBERS} | equal,
        "not there": absent,
        "contestants": rows,
        "load at start": load,
        "seconds": time.perf_counter() - started,
    }


def show(name: str, found: dict[str, Any]) -> None:
    rows = found["contestants"]
    print(
        f"\n{name}: baseline {found['baseline']}, peak {found['peak, GFLOP/s']:.0f} GFLOP/s, {found['seconds']:.0f} s"
    )
    print(f"  {'':50s} {'ms/model':>9s} {'×':>7s} {'×/cpu':>7s} {'peak':>6s} {'cold s':>7s}")
    for who, row in sorted(rows.items(), key=lambda item: item[1]["ratio"]):
        shown = f"{row['ms per model']:9.3f} {row['ratio']:7.2f} {row['ratio per CPU']:7.2f}"
        print(f"  {who:50s} {shown} {row['share of peak']:6.1%} {row['cold seconds']:7.1f}", flush=True)
    for who, why in found["not there"].items():
        print(f"  {who:50s} not there: {why}")


def rounded(value: Any) -> Any:
    """Four digits are more than the machine repeats."""
    if isinstance(value, dict):
        return {key: rounded(part) for key, part in value.items()}
    if isinstance(value, list):
        return [rounded(part) for part in value]
    return float(f"{value:.4g}") if isinstance(value, float) else value


def main() -> None:
    """Measure, print and write."""
    given = sys.argv[1:]
    machine = require_idle(given)
    rounds = next((int(word) for word in given if word.isdigit()), 3)
    names = [word for word in given if word in WORKS] or ["W1", "W2", "W3"]
    path = pathlib.Path(__file__).with_suffix(".json")
    results: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    results |= {
        "notes": NOTES,
        "machine": machine,
        "versions": {"python": platform.python_version()}
        | {name: importlib.metadata.version(name) for name in ("numpy", "jax", "flax", "optax", "torch")},
    }
    for name in names:
        found = measure(WORKS[name], rounds, "--full" in given)
        show(name, found)
        flags = " --full" * ("--full" in given)
        results[name] = {"command": f"python benchmarks/speed.py {rounds} {name}{flags}"} | rounded(found)
        path.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")
        ratios = {who: round(row["ratio"], 2) for who, row in found["contestants"].items()}
        record(
            path.with_name("speed_history.json"), machine | {"ratios": {name: ratios}, "baseline": found["baseline"]}
        )


if __name__ == "__main__":
    main()
