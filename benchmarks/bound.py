"""How large an ε runs are shown to have, and by whom: `python benchmarks/bound.py [replications] [splits]`.

n runs of each arm, one number a run, at level .05: the lower bound of ε at δ by

- `ns.bound`, which is not told which arm is higher, nor where;
- jax-privacy's `epsilon_clopper_pearson`, told that the removed arm is higher, the larger of both forms: with its own
  split (half, its default; a quarter), and with the median over several splits at half the level. These are proved: a
  threshold chosen on other runs, two Clopper–Pearson bounds at half the level each, Markov's inequality for the median;
- the band of Dvoretzky, Kiefer, Wolfowitz and Massart around both distribution functions, over all thresholds (proved);
- apart, since nobody proved it: jax-privacy's `Bonferroni`, whose divisor is the number of corners of a hull that it
  sees in the same runs;
- an oracle: the joint test of `ns.bound` on all n runs, at the cut that a forecast from the true laws puts first.

Laws: N(q, 1) against N(0, 1); Laplace(a) against Laplace(0); randomised response; and equal laws, of which every bound
above 0 is false. The true ε at δ is known (of normal laws at δ = 0 it is infinite), and a bound is false where it is
above that; at the edge of randomised response the exact probability of it stands beside the shares.

Target: the median of ours is never more than .1 below that of the best proved rival, and above it by more than .005 in
60 % of the cells where any of the medians is above 0; ties, within .005, stand apart. It wants jax-privacy installed.
One core; the whole takes about a quarter of an hour.
"""

import hashlib
import json
import math
import os
import platform
import sys
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import importlib.metadata

import numpy as np
from jax_privacy import auditing  # pyright: ignore[reportMissingImports]
from scipy import stats

from neverseen.properties.engine._choice import forecast
from neverseen.properties.engine._joint import Hits, joint_bound
from neverseen.properties.saved._arms import SavedArm
from neverseen.properties.saved._bound import BAND
from neverseen.properties.saved._bound_result import gaussian_epsilon
from neverseen.properties.saved._counting import choosing_runs, count_events

OUT = Path(__file__).with_suffix(".json")
ALPHA, TIED, NEAR = 0.05, 0.005, 0.1
SIZES, DELTAS = (256, 1024, 4096), (0.0, 1e-5, 0.05)
NORMAL, LAPLACE, RESPONSE, EQUAL = "N(q, 1)", "Laplace(a)", "randomised response, ε =", "equal: N(0, 1)"
LAWS = (
    *((NORMAL, size) for size in (0.5, 1.0, 2.0, 4.0)),
    *((kind, size) for kind in (LAPLACE, RESPONSE) for size in (1.0, 3.0)),
    (EQUAL, 0.0),
)
PROVED = ("jax-privacy, split 1/2", "jax-privacy, split 1/4", "jax-privacy, several splits", "DKW band")
APART = "jax-privacy, Bonferroni"

Arms = tuple[np.ndarray, np.ndarray]


def draw(kind: str, size: float, n: int, rng: np.random.Generator) -> Arms:
    """Runs of both arms."""
    if kind == LAPLACE:
        return rng.laplace(size, 1, n), rng.laplace(0, 1, n)
    if kind == RESPONSE:
        rate = 1 / (1 + math.exp(-size))
        return (rng.random(n) < rate) * 1.0, (rng.random(n) < 1 - rate) * 1.0
    return rng.normal(size, 1, n), rng.normal(0, 1, n)


def truth(kind: str, size: float, delta: float) -> float:
    """The least ε that holds at δ."""
    if kind == LAPLACE:
        return max(0.0, size + 2 * math.log1p(-delta))
    if kind == RESPONSE:
        rate = 1 / (1 + math.exp(-size))
        return max(0.0, math.log((rate - delta) / (1 - rate)))
    return 0.0 if not size else math.inf if not delta else gaussian_epsilon(size, delta)


def best_cut(kind: str, size: float, n: int, delta: float) -> float:
    """The cut that true probabilities put first, of both arms' upper tails."""
    if kind == RESPONSE:
        return 0.5
    law = stats.laplace if kind == LAPLACE else stats.norm
    cuts = np.linspace(-3, size + 3, 601)
    shares = law.sf(cuts - size), law.sf(cuts)
    return float(cuts[forecast(*shares, (float(n), float(n)), delta, np.full(len(cuts), 1.3)).argmax()])


def rivals(x: np.ndarray, y: np.ndarray, delta: float, splits: int, seed: int) -> dict[str, float]:
    """The bounds of all that are not ours."""
    ways = (
        auditing.Split(0.5, seed),
        auditing.Split(0.25, seed),
        auditing.MultiSplit(num_samples=splits, threshold_estimation_frac=0.5, seed=seed),
    )
    auditor = auditing.CanaryScoreAuditor(x, y)
    found = [auditor.epsilon_clopper_pearson(ALPHA, delta, False, threshold_strategy=way) for way in ways]
    last = auditor.epsilon_clopper_pearson(ALPHA, delta, False, threshold_strategy=auditing.Bonferroni())
    return dict(zip(PROVED, [*map(float, found), band(x, y, delta)], strict=True)) | {APART: float(last)}


def ours(x: np.ndarray, y: np.ndarray, delta: float) -> float:
    """What `ns.bound` makes of runs that are read, vetted and in order; these come in a random one."""
    rng, every = np.random.default_rng(0), np.arange(len(x))
    arms = [SavedArm(name, {"": values}, every, rng) for name, values in (("removed", x), ("reference", y))]
    found = count_events(arms, None, choosing_runs(len(x), 1), (delta, *BAND), hashlib.sha256())
    return joint_bound(found[0].hits, delta, ALPHA)


def band(x: np.ndarray, y: np.ndarray, delta: float) -> float:
    """Both distribution functions to within √(ln(4/α)/2n), each with probability 1 − α/2."""
    cuts = np.union1d(x, y)
    wide = math.sqrt(math.log(4 / ALPHA) / (2 * len(x)))
    p, q = ((len(arm) - np.searchsorted(np.sort(arm), cuts, "right")) / len(arm) for arm in (x, y))
    ways = ((p - wide - delta, q + wide), (1 - q - wide - delta, 1 - p + wide))
    return max(0.0, *(float(np.log(np.maximum(a, 1e-9) / b).max()) for a, b in ways))


def cell(law: tuple[str, float], n: int, delta: float, runs: int, splits: int) -> dict[str, Any]:
    """The medians of all bounds, and how many of them are false."""
    true, cut = truth(*law, delta), best_cut(*law, n, delta)
    found: dict[str, list[float]] = {}
    for r in range(runs):
        x, y = draw(*law, n, np.random.default_rng([r, n, int(10 * law[1]), len(law[0])]))
        hits = Hits(int((x > cut).sum()), n, int((y > cut).sum()), n)
        row = {"ours": ours(x, y, delta)} | rivals(x, y, delta, splits, r)
        for name, value in (row | {"oracle": joint_bound(hits, delta, ALPHA)}).items():
            found.setdefault(name, []).append(value)
    median = {name: round(float(np.median(values)), 3) for name, values in found.items()}
    false = {name: int((np.array(values) > true + 1e-9).sum()) for name, values in found.items()}
    about = {
        "law": f"{law[0]} {law[1]:g}",
        "n": n,
        "delta": delta,
        "true": None if math.isinf(true) else round(true, 4),
    }
    return about | {"median": median, "false": false}


def at_the_edge(epsilon: float, runs: int) -> float:
    """The exact probability of a false bound at δ = 0 under randomised response, so many runs of each arm counted."""
    rate = 1 / (1 + math.exp(-epsilon))
    low, high = stats.binom.ppf([1e-7, 1 - 1e-7], runs, 1 - rate).astype(int)
    false = 2e-7
    for seldom in range(low, high + 1):
        first, last = 0, runs + 1  # the fewest hits in the other arm whose bound is too large
        while first < last:
            middle = (first + last) // 2
            above = joint_bound(Hits(middle, runs, seldom, runs), 0.0, ALPHA) > epsilon
            first, last = (first, middle) if above else (middle + 1, last)
        false += stats.binom.pmf(seldom, runs, 1 - rate) * stats.binom.sf(first - 1, runs, rate)
    return float(false)


def summary(cells: list[dict[str, Any]], runs: int) -> dict[str, Any]:
    """Whether the targets are met."""
    gaps = [one["median"]["ours"] - max(one["median"][name] for name in PROVED) for one in cells]
    live = [max(one["median"]["ours"], *(one["median"][name] for name in PROVED)) > 0 for one in cells]
    above = sum(gap > TIED for gap, alive in zip(gaps, live, strict=True) if alive)
    worst = {name: max(one["false"][name] for one in cells) for name in cells[0]["false"]}
    return {
        "cells": len(cells),
        "cells where a bound is above 0": sum(live),
        "ours above": above,
        "ties": sum(abs(gap) <= TIED for gap, alive in zip(gaps, live, strict=True) if alive),
        "ours above, share": round(above / sum(live), 3),
        "ours below by more than 0.1": sum(gap < -NEAR for gap in gaps),
        "largest lag": round(max(0.0, -min(gaps)), 3),
        "median lead": round(float(np.median([gap for gap, alive in zip(gaps, live, strict=True) if alive])), 3),
        "ours below the unproved": sum(one["median"]["ours"] < one["median"][APART] - TIED for one in cells),
        "most false bounds in a cell": worst,
        "of": runs,
    }


def main() -> None:
    runs, splits = (int(word) for word in (*sys.argv[1:], *("200", "5")[len(sys.argv) - 1 :]))
    started, cells = time.perf_counter(), []
    for law in LAWS:
        for n in SIZES if law[0] != EQUAL else SIZES[1:2]:
            # Where the true ε at δ = 0 is finite, bounds at 1e-5 are the same in all digits that are kept.
            for delta in DELTAS if law[0] == NORMAL else DELTAS[::2]:
                cells.append(cell(law, n, delta, runs, splits))
                print(json.dumps(cells[-1], ensure_ascii=False), flush=True)
    found = {
        "command": f"python benchmarks/bound.py {runs} {splits}",
        "versions": {name: importlib.metadata.version(name) for name in ("jax-privacy", "numpy", "scipy")},
        "machine": platform.machine(),
        "alpha": ALPHA,
        "seconds": round(time.perf_counter() - started),
        "summary": summary(cells, runs),
        "exact probability of a false bound, 821 runs counted": {
            f"{RESPONSE} {size:g}": round(at_the_edge(size, 821), 4) for size in (1.0, 3.0)
        },
        "cells": cells,
    }
    OUT.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(json.dumps(found["summary"], indent=1))


if __name__ == "__main__":
    main()
