"""Bias and coverage of the Cramér distance at laws whose distance is known: `python benchmarks/distance.py`.

Raw: d² of arms P and R. Share: √(d²(P, R) / d²(O, R)), where P and O share seeds run by run. 2000 replications a
cell, at 64, 256 and 16 runs of each arm; the runs of a cell are seeded by its name. Rows of a run share a factor
(correlation .7 of the scores) unless the name says otherwise. Truths are closed forms or quadrature, never simulated. A
cell of 64 runs or more whose coverage is more than .02 below nominal is short: exit status 1; where a component of a
law has fewer than five expected runs there is no demand, and at 16 runs none either. "at the floor" is how often no
share was given, which counts as covering: the interval would have had no end. Writes distance.json cell by cell.
"""

import importlib.metadata
import itertools
import json
import math
import os
import pathlib
import sys
import time
import zlib
from collections.abc import Callable
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from scipy.special import expit, ndtr

from neverseen.properties.engine._cramer import Layout, apart, estimate
from neverseen.properties.engine._cramer_intervals import ratio_span, span

RUNS, REPLICATIONS, ROWS, COMMON = (64, 256, 16), 2000, 20, 0.7
LEVELS = (0.9, 0.95)
SLACK, ROUNDING = 0.02, 1e-4
Arm = Any
Draw = Callable[[np.random.Generator, int], list[Arm]]


def normal(rng: np.random.Generator, runs: int, shift: float, scale: float = 1.0, factor: Arm = None) -> Arm:
    """Chances whose logits are normal, with a factor that all rows of a run share."""
    factor = rng.normal(size=(runs, 1)) if factor is None else factor
    own = rng.normal(size=(runs, ROWS))
    return expit(shift + scale * (math.sqrt(COMMON) * factor + math.sqrt(1 - COMMON) * own))


def loose(rng: np.random.Generator, runs: int, shifts: Arm) -> Arm:
    """The same, rows independent of each other."""
    return expit(shifts + rng.normal(size=(runs, len(shifts))))


def atoms(rng: np.random.Generator, runs: int, chances: tuple[float, ...]) -> Arm:
    """Values 0, ½, 1 with these chances, the same in two rows."""
    return np.repeat(rng.choice([0.0, 0.5, 1.0], (runs, 1), p=chances), 2, axis=1)


def mixed(rng: np.random.Generator, share: float, one: Arm, other: Arm) -> Arm:
    """Runs of one arm, and with this chance of another."""
    return np.where(rng.random((len(one), 1)) < share, other, one)


def far(rng: np.random.Generator, runs: int, share: float) -> Arm:
    """Most runs as they should be, some far away."""
    return mixed(rng, share, normal(rng, runs, 0), normal(rng, runs, 6))


def between(shift: float, scale: float = 1.0, step: float = 0.01) -> float:
    """∫(F − G)² of logit-normal laws, N(shift, scale²) and N(0, 1), by the trapezoidal rule, exact to rounding here."""
    at = np.arange(-60, 60, step)
    apart_by = ndtr((at - shift) / scale) - ndtr(at)
    return float(step * (apart_by**2 * expit(at) * expit(-at)).sum())


SEVERAL = np.r_[1.0, np.zeros(99)]
CONSTANT = np.full((1, 3), 0.3)
RAW: dict[str, tuple[Draw, float, float]] = {
    # name: arms P and R, d², the chance of the rarest component
    "equal": (lambda g, n: [normal(g, n, 0), normal(g, n, 0)], 0.0, 1),
    "equal, rows apart": (lambda g, n: [loose(g, n, SEVERAL * 0), loose(g, n, SEVERAL * 0)], 0.0, 1),
    "constant, equal": (lambda g, n: [CONSTANT.repeat(n, 0), CONSTANT.repeat(n, 0)], 0.0, 1),
    "shift .1": (lambda g, n: [normal(g, n, 0.1), normal(g, n, 0)], between(0.1), 1),
    "shift .3": (lambda g, n: [normal(g, n, 0.3), normal(g, n, 0)], between(0.3), 1),
    "shift 1": (lambda g, n: [normal(g, n, 1), normal(g, n, 0)], between(1), 1),
    "shift 4": (lambda g, n: [normal(g, n, 4), normal(g, n, 0)], between(4), 1),
    "scale 1.5": (lambda g, n: [normal(g, n, 0, 1.5), normal(g, n, 0)], between(0, 1.5), 1),
    "mixture 5 %": (lambda g, n: [far(g, n, 0.05), normal(g, n, 0)], 0.05**2 * between(6), 0.05),
    "mixture 20 %": (lambda g, n: [far(g, n, 0.2), normal(g, n, 0)], 0.2**2 * between(6), 0.2),
    "atoms": (lambda g, n: [atoms(g, n, (0.5, 0.3, 0.2)), atoms(g, n, (0.4, 0.3, 0.3))], 0.01, 0.2),
    "atoms, rare": (lambda g, n: [atoms(g, n, (0.92, 0.0, 0.08)), atoms(g, n, (1.0, 0.0, 0.0))], 0.0064, 0.08),
    "two rows, opposite": (
        lambda g, n: [loose(g, n, np.array([0.5, -0.5])), loose(g, n, np.zeros(2))],
        (between(0.5) + between(-0.5)) / 2,
        1,
    ),
    "one row of 100": (lambda g, n: [loose(g, n, SEVERAL), loose(g, n, 0 * SEVERAL)], between(1) / 100, 1),
}  # fmt: skip


def paired(original: float, removed: Callable[[np.random.Generator, int, Arm, Arm], Arm]) -> Draw:
    """Removed models on the factor of the originals, references on their own."""

    def draw(rng: np.random.Generator, runs: int) -> list[Arm]:
        factor = rng.normal(size=(runs, 1))
        away = normal(rng, runs, original, 1.0, factor)
        return [removed(rng, runs, factor, away), normal(rng, runs, 0), away]

    return draw


SHARE: dict[str, tuple[Draw, float, float]] = {
    "doing nothing": (paired(2, lambda g, n, z, o: o), 1.0, 1),
    "retrain": (paired(2, lambda g, n, z, o: normal(g, n, 0, 1.0, z)), 0.0, 1),
    "30 % of originals": (paired(2, lambda g, n, z, o: mixed(g, 0.3, normal(g, n, 0, 1.0, z), o)), 0.09, 0.3),
    "half-way": (paired(2, lambda g, n, z, o: normal(g, n, 1, 1.0, z)), between(1) / between(2), 1),
    "worse than nothing": (paired(1, lambda g, n, z, o: normal(g, n, 3, 1.0, z)), between(3) / between(1), 1),
    "nothing hardly seen": (
        paired(0.5, lambda g, n, z, o: normal(g, n, 0.25, 1.0, z)), between(0.25) / between(0.5), 1,
    ),
}  # fmt: skip


LAWS = {"raw": RAW, "share": SHARE}


def cell(name: str, draw: Draw, truth: float, runs: int, share: bool) -> dict[str, float]:
    """Mean, bias in standard errors, coverage and mean width of one law at one number of runs."""
    rng = np.random.default_rng([zlib.crc32(name.encode()), runs])
    seen = np.array([reading(draw(rng, runs), truth, share) for _ in range(REPLICATIONS)])
    value = seen[:, 0]
    error = value.std() / math.sqrt(REPLICATIONS)
    bias = (value.mean() - truth) / error if error > 1e-15 else 0.0
    wide = seen[:, 3][np.isfinite(seen[:, 3])]
    found = {"mean": value.mean(), "bias/se": bias, "90 %": seen[:, 1].mean(), "95 %": seen[:, 2].mean()}
    found |= {"width of 95 %": float(np.median(wide)) if wide.size else math.nan}
    if share:  # a ratio has no mean to speak of
        found = {"median": math.sqrt(max(np.median(value), 0.0))} | {k: v for k, v in found.items() if "%" in k}
        found |= {"at the floor": float((~np.isfinite(seen[:, 3])).mean())}
    return {key: float(f"{number:.4g}") for key, number in found.items() if math.isfinite(number)}


def reading(arms: list[Arm], truth: float, share: bool) -> tuple[float, float, float, float]:
    """The estimate, whether both intervals hold the truth, and the width of the wider one."""
    layout = Layout(tuple(map(len, arms)), (0, 1, 0)[: len(arms)])
    found = estimate(apart(arms), layout, ((0, 1), (2, 1))[: len(arms) - 1])
    spans = [ratio_span(found, level) if share else span(found, 0, level) for level in LEVELS]
    none = spans[1] is None
    slack = ROUNDING * truth
    held = [each is None or none or each[0] - slack <= truth <= each[1] + slack for each in spans]
    value = found.value[0] / found.value[1] if share else found.value[0]
    low, high = spans[1] or (0.0, math.inf)
    return float(value), *map(float, held), math.sqrt(high) - math.sqrt(low) if share else high - low


def growth() -> dict[str, dict[str, float]]:
    """Where total variation saturates: shifts of the logit, their total variation, their share of a shift of 8."""
    shifts = (0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0)
    return {
        f"shift {shift:g}": {
            "total variation": float(f"{2 * ndtr(shift / 2) - 1:.4g}"),
            "share": float(f"{math.sqrt(between(shift) / between(8)):.4g}"),
        }
        for shift in shifts
    }


def main() -> int:
    """Run, print and write all cells."""
    started, over = time.process_time(), list[str]()
    assert math.isclose(between(0.3), between(0.3, 1.0, 0.007), rel_tol=1e-10)
    cells: dict[str, Any] = {"raw": {}, "share": {}}
    for runs, kind, name in itertools.product(RUNS, ("raw", "share"), (*RAW, *SHARE)):
        if name not in LAWS[kind]:
            continue
        draw, truth, rarest = LAWS[kind][name]
        made = cell(name, draw, truth, runs, kind == "share")
        asked = runs >= 64 and runs * rarest >= 5
        made = {"truth": float(f"{math.sqrt(truth) if kind == 'share' else truth:.4g}"), "demand": asked} | made
        cells[kind].setdefault(name, {})[f"{runs} runs"] = made
        short = asked and any(made[f"{100 * level:g} %"] < level - SLACK for level in LEVELS)
        over += [f"{kind}, {name}, {runs} runs"] if short else []
        print(f"{kind:6}{name:22}{runs:4}", made, "SHORT" if short else "", flush=True)
        write(cells, over, time.process_time() - started)
    print(f"{len(over)} cells fall short", *over, sep="\n")
    return 1 if over else 0


def write(cells: dict[str, Any], over: list[str], seconds: float) -> None:
    """The record so far."""
    found = {
        "command": "python benchmarks/distance.py",
        "replications": REPLICATIONS,
        "short": over,
        "processor seconds": round(seconds),
        "versions": {name: importlib.metadata.version(name) for name in ("neverseen", "numpy", "scipy")},
        "growth beyond total variation": growth(),
        **cells,
    }
    text = json.dumps(found, indent=1, ensure_ascii=False)
    pathlib.Path(__file__).with_suffix(".json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
