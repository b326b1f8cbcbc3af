"""Pairs to refute and pairs to accept, version beside version: `python benchmarks/pairs_used.py NAME [replications]`.

The same seeds, and so the same features, for every version: the script uses only what all versions have, and is run in
a checkout of each. Medians and 90 % quantiles over the replications that were decided; rows of one number, and of
vectors through whole checks (`check_samples`), a tenth as many of those. Results go to pairs_used.json under NAME;
`increases` lists each row whose median is more than 5 % above that of the version called "before".
"""

import json
import pathlib
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import neverseen as ns
from neverseen.properties.engine._replicate import replicate
from neverseen.properties.engine._sequential import Terms
from neverseen.properties.selftest._calibration import edge_cells, null_cells, shift_of

OUT = pathlib.Path(__file__).with_suffix(".json")
PAIRS, SOME = 512, 10
Draw = Callable[[np.random.Generator, tuple[int, int, int]], tuple[np.ndarray, np.ndarray]]


def shifted(by: float) -> Draw:
    return lambda rng, size: (rng.normal(by, 1, size), rng.normal(0, 1, size))


def one_number() -> dict[str, tuple[float, float, float, float, Draw]]:
    """Name → ε, δ, α, τ and the laws."""
    by_name = {cell.name: cell for cell in edge_cells(0.5, 0.01, 0.3)}
    null = {cell.name: cell for cell in null_cells()}
    return {
        "refute: normal, shift 1, (.5, .01), α = .05": (0.5, 0.01, 0.05, 0.1, shifted(1.0)),
        "refute: normal, shift 2, (1, .01), α = .05": (1.0, 0.01, 0.05, 0.1, shifted(2.0)),
        "refute: separated, (1, .05), α = 1e-4": (1.0, 0.05, 1e-4, 0.1, shifted(12.0)),
        "refute: normal, θ = .4, (1, .05), α = 1e-4": (1.0, 0.05, 1e-4, 0.1, shifted(shift_of(1.0, 0.4))),
        "refute: randomised response, θ = .3": (0.5, 0.01, 0.05, 0.1, by_name["randomised response"].draw),
        "refute: five values, θ = .3": (0.5, 0.01, 0.05, 0.1, by_name["five values, the largest favoured"].draw),
        "accept: equal normals, (1, .05)": (1.0, 0.05, 1e-4, 0.1, shifted(0.0)),
        "accept: equal normals, (.5, .01)": (0.5, 0.01, 1e-4, 0.1, shifted(0.0)),
        "accept: equal five values, (1, .05)": (1.0, 0.05, 1e-4, 0.1, null["five values"].draw),
        "accept: constants, (1, .05)": (1.0, 0.05, 1e-4, 0.1, null["constant"].draw),
    }


def of_one_number(replications: int) -> dict[str, Any]:
    rows: dict[str, Any] = {}
    for place, (name, (epsilon, delta, alpha, tolerance, draw)) in enumerate(one_number().items()):
        rng = np.random.default_rng([2026, place])
        terms = Terms(ns.Untraining(epsilon, delta), alpha, 0.05, tolerance, PAIRS)
        found = replicate(terms, *draw(rng, (replications, 1, PAIRS)))
        rows[name] = summed(found.pairs[found.refuted if name.startswith("refute") else found.satisfied], replications)
    return rows


def of_vectors(replications: int) -> dict[str, Any]:
    rows: dict[str, Any] = {}
    for place, (name, shift) in enumerate(
        {"refute: 8 numbers, shift .8 along one": 0.8, "accept: 8 numbers": 0.0}.items()
    ):
        pairs: list[int] = []
        wanted = "REFUTED" if name.startswith("refute") else "SATISFIED"
        for seed in range(replications):
            rng = np.random.default_rng([2027, place, seed])
            x, y = rng.normal(size=(2, PAIRS, 8))
            x[:, 0] += shift
            verdict = ns.check_samples(ns.Untraining(1.0, 0.05), x, y, alpha=1e-4)
            pairs += [verdict.pairs] * (verdict.status.name == wanted)
        rows[name] = summed(np.array(pairs), replications)
    return rows


def summed(pairs: np.ndarray, asked: int) -> dict[str, Any]:
    known = {"replications": asked, "decided so": len(pairs)}
    return known if not len(pairs) else known | {
        "median": float(np.median(pairs)), "90 %": float(np.quantile(pairs, 0.9))
    }  # fmt: skip


def main() -> None:
    name, count = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    started = time.perf_counter()
    rows = of_one_number(count) | of_vectors(count // SOME)
    known: dict[str, Any] = json.loads(OUT.read_text(encoding="utf-8")) if OUT.exists() else {}
    known[name] = {"command": f"python benchmarks/pairs_used.py {name} {count}", "rows": rows}
    known[name]["seconds"] = round(time.perf_counter() - started, 1)
    before = known.get("before", {}).get("rows", {})
    known["increases"] = {
        row: f"{before[row]['median']:g} → {found['median']:g}"
        for row, found in rows.items()
        if "median" in found and "median" in before.get(row, {}) and found["median"] > 1.05 * before[row]["median"]
    }
    OUT.write_text(json.dumps(known, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(json.dumps(known["increases"] if name != "before" else rows, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
