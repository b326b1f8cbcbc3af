"""How much of S_full each shipped remover must be given: `python benchmarks/sweep.py [--minutes M] [names]`.

Unlearning at (1, 0.05) on nested requests, |S|/|S_full| = 1/8, 1/2, 7/8 and 1: 16 rows of one of four blobs, 64 rows in
all, 192 pairs for each verdict at most. Removers that are made for one learner run on it, the others on a small MLP.
Originals and references are drawn once for each learner. After M minutes (10 when left out) no further remover is
begun; what was not reached is named. Without names it writes `benchmarks/sweep.json` and `benchmarks/sweep.svg`.
"""

import argparse
import json
import pathlib
import time
from fractions import Fraction
from typing import Any

import neverseen as ns
from neverseen.algorithms.removers import FAULTY, REMOVERS
from neverseen.properties.checks._sweep import Sweep, sweep_all
from neverseen.properties.report._sweep_drawing import drawing

RATIOS = (Fraction(1, 8), Fraction(1, 2), Fraction(7, 8), Fraction(1))
FIRST = ("retrain", "retrain_full", "do_nothing", "finetune", "distributional", "with_neighbours", "stream_ridge")
BUDGET = 192
KEPT = ("status", "pairs", "epsilon_lower", "delta_lower", "witness", "sentence", "alpha", "beta")


def main() -> None:
    """Sweep the removers named, or all but the faulty ones; in the second case write what was found."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("names", nargs="*")
    args = parser.parse_args()
    ns.pools.use_host_cores()
    ns.pools.keep_compiled()
    started, made, left = time.perf_counter(), list[Sweep](), list[str]()
    learner = ns.learners.mlp(hidden=8, epochs=5, batch=16)
    scenario = ns.scenarios.blobs("class", 2, rows=64, classes=4)
    shipped = [name for name in REMOVERS if name not in FAULTY]
    for name in args.names or sorted(shipped, key=lambda name: name not in FIRST):
        if time.perf_counter() - started > 60 * args.minutes:
            left.append(name)
            continue
        begun = time.perf_counter()
        made += sweep_all([REMOVERS[name]()], learner, scenario, ratios=RATIOS, budget=BUDGET)
        print(f"{name:24s} {made[-1].result}  ({time.perf_counter() - begun:.0f} s)", flush=True)
    seconds = round(time.perf_counter() - started, 1)
    print(f"{len(made)} removers in {seconds} s; not reached: {', '.join(left) or 'none'}")
    if args.names:
        return
    results = {
        "command": "python benchmarks/sweep.py",
        "claim": "unlearning-dataset-2 (1, 0.05)",
        "ratios": [str(ratio) for ratio in RATIOS],
        "budget": BUDGET,
        "sweeps": [row(one) for one in made],
        "not reached": left,
        "seconds": seconds,
    }
    here = pathlib.Path(__file__)
    here.with_suffix(".json").write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")
    here.with_suffix(".svg").write_text(drawing(made))


def row(sweep: Sweep) -> dict[str, Any]:
    """A sweep without the evidence that each verdict's report would draw."""
    plain = sweep.to_dict()
    points = [
        {"size": p["size"], "word": p["word"], **{name: p["verdict"][name] for name in KEPT}} for p in plain["points"]
    ]
    return plain | {"points": points}


if __name__ == "__main__":
    main()
