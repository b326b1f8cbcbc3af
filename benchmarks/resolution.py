"""Whether the resolution of a check is what fresh checks see: `python benchmarks/resolution.py [bases] [fresh]`.

`resolution` says, from the runs of one check, about which share ρ of originals among references the check would have
refuted with 80 % probability. Here the laws are known: from each of several base samples ρ is computed, then fresh
checks of (1 − ρ)·reference + ρ·original are made, with new runs, and the share of them that refute is counted. A cell
confirms where at least 85 % of its fresh checks refute; the exact 95 % interval is beside it. Writes
`benchmarks/resolution.json`; exit status 1 where fewer than six cells confirm.
"""

import json
import multiprocessing
import os
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

import neverseen as ns
from neverseen.properties.engine._decide import judged
from neverseen.properties.engine._pairs import Block
from neverseen.properties.engine._resolution import resolution
from neverseen.properties.engine._sequential import Terms
from neverseen.properties.selftest._calibration import lower_bound, upper_bound

OUT = Path(__file__).with_suffix(".json")
LEAST, CELLS = 0.85, 6

Law = Callable[[np.random.Generator, int], tuple[np.ndarray, np.ndarray]]


def shifted(by: float, columns: int = 1) -> Law:
    """References N(0, 1), originals N(by, 1) in the first of the columns."""
    return lambda rng, n: (
        rng.normal(size=(n, columns)),
        rng.normal(size=(n, columns)) + by * np.eye(columns)[0],
    )


def skewed(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Losses: references around 1, originals that remember, around .05."""
    return rng.gamma(2, 0.5, (n, 1)), rng.gamma(2, 0.025, (n, 1))


def wider(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Originals of the same centre, ten times as spread."""
    return rng.normal(size=(n, 1)), rng.normal(0, 10, (n, 1))


def discrete(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows of eight that are right: few with references, nearly all with originals."""
    return rng.binomial(8, 0.3, (n, 1)) * 1.0, rng.binomial(8, 0.95, (n, 1)) * 1.0


CELLS_OF: dict[str, tuple[Law, float, float, float, int]] = {
    "normals 9 apart, (1, .05), 128 pairs": (shifted(9), 1.0, 0.05, 1e-4, 128),
    "normals 9 apart, (1, .05), 256 pairs": (shifted(9), 1.0, 0.05, 1e-4, 256),
    "normals 3 apart, (1, .05), 256 pairs": (shifted(3), 1.0, 0.05, 1e-4, 256),
    "normals 3 apart, (0, .1), 256 pairs, α = .05": (shifted(3), 0.0, 0.1, 0.05, 256),
    "losses, (1, .05), 128 pairs": (skewed, 1.0, 0.05, 1e-4, 128),
    "spread, (1, .05), 256 pairs": (wider, 1.0, 0.05, 1e-4, 256),
    "counts of eight, (1, .05), 128 pairs": (discrete, 1.0, 0.05, 1e-4, 128),
    "three columns, 4 apart in one, (1, .05), 128 pairs": (shifted(4, 3), 1.0, 0.05, 1e-4, 128),
}


def refuted(terms: Terms, law: Law, share: float, seed: list[int]) -> bool:
    """A fresh check of a contaminated law."""
    rng = np.random.default_rng(seed)
    (clean, original), (reference, _) = law(rng, terms.budget), law(rng, terms.budget)
    removed = np.where(rng.random((terms.budget, 1)) < share, original, clean)
    return judged(terms, iter([Block({"a": removed}, {"a": reference}, None)]), ())[0] is ns.Status.REFUTED


def run(asked: tuple[str, int, int]) -> tuple[str, dict[str, Any]]:
    """One cell."""
    name, bases, fresh = asked
    law, epsilon, delta, alpha, pairs = CELLS_OF[name]
    terms = Terms(ns.Untraining(epsilon, delta), alpha, 0.05, 0.1, pairs)
    started, hits, number = time.perf_counter(), 0, list(CELLS_OF).index(name)
    shares: list[Any] = []
    for base in range(bases):
        rng = np.random.default_rng([number, base])
        (removed, original), (reference, _) = law(rng, pairs), law(rng, pairs)
        share = resolution(terms, [Block({"a": removed}, {"a": reference}, {"a": original})], (), seed=base)
        shares.append(share if share is not None and share <= 1 else "none of them")
        if share is not None and share <= 1:
            hits += sum(refuted(terms, law, share, [number, base, i + 1]) for i in range(fresh))
    runs = fresh * sum(isinstance(share, float) for share in shares)
    return name, {
        "resolutions": shares, "fresh checks": runs, "refuted": hits, "rate": hits / max(runs, 1),
        "95 %": [lower_bound(hits, runs, 0.975), upper_bound(hits, runs, 0.975)] if runs else None,
        "confirms": runs > 0 and hits >= LEAST * runs, "seconds": round(time.perf_counter() - started, 1),
    }  # fmt: skip


def main() -> None:
    """Run all cells, print and write."""
    bases, fresh = ([int(word) for word in sys.argv[1:3]] + [4, 50][len(sys.argv) - 1 :])[:2]
    found: dict[str, Any] = {}
    with multiprocessing.Pool(int(os.environ.get("PROCESSES", "2"))) as pool:
        for name, cell in pool.imap_unordered(run, [(name, bases, fresh) for name in CELLS_OF]):
            found[name] = cell
            print(f"{name}: {cell}", flush=True)
    made = {
        "command": f"python benchmarks/resolution.py {bases} {fresh}",
        "machine": f"{os.cpu_count()} cores, Python {platform.python_version()}",
        "cells": {name: found[name] for name in CELLS_OF},
    }
    OUT.write_text(json.dumps(made, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    confirmed = sum(cell["confirms"] for cell in found.values())
    print(f"{confirmed} of {len(found)} cells confirm")
    sys.exit(confirmed < CELLS)


if __name__ == "__main__":
    main()
