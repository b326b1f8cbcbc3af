"""Memory over many removers made anew, equal ones and different ones: `python benchmarks/memory.py --removers 1000`.

A remover is defined and checked, and another, as in a notebook or a Hypothesis run. What a process keeps must not grow
with their number: resident memory is read after each tenth of them, and the growth of a remover is the slope of a line
through the second half.
"""

import argparse
import gc
import json
import os
import sys
from pathlib import Path
from typing import Any

import jax
import numpy as np

import neverseen as ns


def resident() -> float:
    """MiB that this process holds in memory (Linux)."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def fresh(rate: float) -> ns.Remover:
    """A remover made anew: another function object each time, another program for another rate."""

    @ns.remover(aims_at="untraining")
    def shrunk(key: Any, trained: ns.Trained, rows: ns.Rows, forget: Any) -> Any:
        return jax.tree.map(lambda w: rate * w, trained.params)

    return shrunk


def grown(removers: int, different: bool) -> dict[str, Any]:
    """MiB after each tenth, and KiB that a remover adds in the second half."""
    claim, learner, scenario = ns.Untraining(1.0, 0.05), ns.learners.ridge(), ns.scenarios.figure1()
    held: list[tuple[int, float]] = []
    for number in range(removers):
        ns.check(claim, fresh(1 + number / 1e4 if different else 1.0), learner, scenario, budget=64)
        if (number + 1) % max(removers // 10, 1) == 0:
            gc.collect()
            held.append((number + 1, round(resident(), 1)))
    later = np.array(held[len(held) // 2 :])
    slope = float(np.polyfit(later[:, 0], later[:, 1], 1)[0]) if len(later) > 1 else float("nan")
    return {"removers": removers, "different": different, "MiB": held, "KiB a remover": round(1024 * slope, 1)}


def main() -> None:
    """Measure and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--removers", type=int, default=1000)
    parser.add_argument("--different", action="store_true", help="give each another constant, so another program")
    args = parser.parse_args()
    told = grown(args.removers, args.different) | {"jax": jax.__version__, "python": sys.version.split()[0]}
    print(json.dumps(told))


if __name__ == "__main__":
    main()
