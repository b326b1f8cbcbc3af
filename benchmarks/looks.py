"""Looking again while runs come in: `python benchmarks/looks.py [folders]`.

2000 folders of up to 400 runs an arm, looked at 18 times (at 60, 80, …, 400 runs), at α = β = .05 and ε = 1. How often
is any of the looks falsely SATISFIED (θ = δ + τ) or falsely REFUTED (θ = δ)? Runs arrive in an order that has nothing
to do with what they hold (iid), or the sooner the larger their value is in one arm and the smaller in the other, which
feigns a difference, or hides one.
They are read

- by seed, up to the first that is missing (what `check_samples` does with runs that have an identity),
- anonymously, each look going on from the record of the one before (what it does with arrays),
- anonymously and without a record, every look permuted anew (what it did before, and does no more),
- in order of arrival, as a queue of whatever is finished would read them,
- sorted oppositely in the two arms, all 400 in one look.

The laws are coins, so that θ is known and the event that attains it is in the declared class. The engine is the
check's own, many folders at a time (`properties/engine/_replicate.py`); `properties/saved/_identity.py` says in which
order seeds are read.
"""

import json
import math
import os
import platform
import sys
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from scipy import stats

import neverseen as ns
from neverseen.properties.engine._replicate import replicate
from neverseen.properties.engine._sequential import Terms
from neverseen.properties.saved._check_samples import whole_rounds
from neverseen.properties.saved._identity import queues

OUT = Path(__file__).with_suffix(".json")
EPSILON, DELTA, TAU, LEVEL = 1.0, 0.05, 0.3, 0.05
RUNS, LOOKS = 400, tuple(range(60, 401, 20))
CLAIM = ns.Untraining(EPSILON, DELTA)


def laws(wanted: float) -> dict[str, tuple[float, float]]:
    """Chances (p, q) of an event in the two arms with p − e^ε q = wanted, the larger of both directions."""
    return {"against nothing": (wanted, 0.0), "against a tenth": (wanted + 0.1 * math.exp(EPSILON), 0.1)}


def arrival(values: np.ndarray, side: int, rng: np.random.Generator, tied: bool) -> np.ndarray:
    """Seeds in the order in which their runs are finished; tied: the outcome is nine tenths of the time it takes."""
    noise = rng.random(values.shape)
    if not tied:
        return noise.argsort(1)
    ranks = (values + 1e-3 * noise).argsort(1).argsort(1) / values.shape[1]
    return (0.9 * side * ranks + 0.1 * noise).argsort(1)


def by_seed(values: list[np.ndarray], order: list[np.ndarray]) -> np.ndarray:
    """How many pairs each folder offers at each look `[look, folder]`: those before the first missing seed."""
    offered = np.zeros((len(LOOKS), len(values[0])), int)
    for look, count in enumerate(LOOKS):
        for folder in range(len(values[0])):
            ids = {arm: tuple(order[i][folder, :count].tolist()) for i, arm in enumerate(("removed", "reference"))}
            lined = [0 if min(ids[arm]) else len(queue.order) for arm, queue in queues(ids, paired=False).items()]
            offered[look, folder] = whole_rounds(min(lined))
    return offered


def decided(values: list[np.ndarray], accepting: bool, pairs: int) -> np.ndarray:
    """The pair after which each folder is decided in the wrong way; a pair beyond all where it is not."""
    levels = (1e-4, LEVEL, TAU) if accepting else (LEVEL, LEVEL, 1e-6)
    found = replicate(Terms(CLAIM, *levels, pairs), *(v[:, None, :pairs] for v in values))
    wrong = found.satisfied if accepting else found.refuted
    return np.where(wrong, found.pairs, RUNS + 1)


def taken(values: list[np.ndarray], order: list[np.ndarray]) -> list[np.ndarray]:
    return [np.take_along_axis(v, o, 1) for v, o in zip(values, order, strict=True)]


def permuted(values: list[np.ndarray], rng: np.random.Generator) -> list[np.ndarray]:
    return [np.take_along_axis(v, rng.random(v.shape).argsort(1), 1) for v in values]


def ever(
    reading: str, values: list[np.ndarray], order: list[np.ndarray], accepting: bool, rng: np.random.Generator
) -> np.ndarray:
    """Whether any look at a folder is in error."""
    arrived = taken(values, order)
    if reading == "by seed":
        offered = by_seed(values, order)
        return (decided(values, accepting, whole_rounds(RUNS))[None] <= offered).any(0)
    if reading == "sorted oppositely, one look":
        ends = [np.sort(values[0], 1), np.sort(values[1], 1)[:, ::-1]]
        return decided(permuted(ends, rng), accepting, RUNS) <= RUNS
    if reading == "in order of arrival":
        return decided(arrived, accepting, whole_rounds(RUNS)) <= RUNS
    wrong = np.zeros(len(values[0]), bool)
    for look, count in enumerate(LOOKS):
        if reading == "permuted anew":
            lined = permuted([v[:, :count] for v in arrived], rng)
        else:  # recorded: what was there before keeps its order, and the new rows are permuted
            before = LOOKS[look - 1] if look else 0
            new = permuted([v[:, before:count] for v in arrived], rng)
            lined = [np.concatenate([a, b], 1) for a, b in zip(lined, new, strict=True)] if look else new
        wrong |= decided(lined, accepting, count) <= count
    return wrong


CELLS = (
    ("by seed", False),
    ("by seed", True),
    ("with a record", False),
    ("permuted anew", False),
    ("in order of arrival", False),
    ("in order of arrival", True),
    ("sorted oppositely, one look", False),
)


def main() -> None:
    """Every cell, into looks.json."""
    folders = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    rows: list[dict[str, Any]] = []
    started = time.perf_counter()
    for kind, wanted in (("SATISFIED at θ = δ + τ", DELTA + TAU), ("REFUTED at θ = δ", DELTA)):
        for law, draw in laws(wanted).items():
            for reading, tied in CELLS:
                rng = np.random.default_rng([len(rows), 7])
                values = [(rng.random((folders, RUNS)) < chance).astype(float) for chance in draw]
                # Early events in one arm and late ones in the other feign a difference, or hide one.
                sides = (1, -1) if kind.startswith("SAT") else (-1, 1)
                order = [arrival(v, side, rng, tied) for v, side in zip(values, sides, strict=True)]
                wrong = int(ever(reading, values, order, kind.startswith("SAT"), rng).sum())
                low, high = stats.binomtest(wrong, folders).proportion_ci(0.999)
                finished = "tied to the outcome" if tied else "iid"
                rows.append(
                    {"error": f"falsely {kind}", "law": law, "read": reading, "arrival": finished, "folders": folders,
                     "wrong": wrong, "rate": wrong / folders, "at least": round(float(low), 4),
                     "at most": round(float(high), 4), "level": LEVEL, "holds": bool(low <= LEVEL)}
                )  # fmt: skip
                print(rows[-1], flush=True)
    made = {"looks": LOOKS, "epsilon": EPSILON, "delta": DELTA, "tolerance": TAU, "interval": "exact, 99.9 %"}
    about = {
        "machine": platform.machine(),
        "python": platform.python_version(),
        "seconds": round(time.perf_counter() - started),
    }
    OUT.write_text(json.dumps({**made, **about, "rows": rows}, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
