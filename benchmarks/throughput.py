"""Verdicts per second of the statistical engine, and its share of a whole check: `python benchmarks/throughput.py`.

The engine alone on 512 saved pairs seen through 100 views of one number: with every pair played (a tolerance and a
level that nobody can meet keep acceptance from ending it), and ended early either way. A whole `check` on digits: the
time inside `decide` less the time in which it waited for pairs to be trained and observed. Medians of three. Writes
`benchmarks/throughput.json`; about two minutes on one busy core.
"""

import importlib
import json
import os
import pathlib
import platform
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import jax
import numpy as np

import neverseen as ns
from neverseen.properties.engine._decide import Outcome, decide
from neverseen.properties.engine._pairs import Block
from neverseen.properties.engine._sequential import Terms

CLAIM, PAIRS, VIEWS, TIMES = ns.Untraining(1.0, 0.05), 512, 100, 3


def saved(shift: float, seed: int) -> Iterator[Block]:
    """Blocks of 32 pairs of N(shift, 1) and N(0, 1) in every view."""
    rng = np.random.default_rng(seed)
    x, y = rng.normal(shift, 1, (PAIRS, VIEWS)), rng.normal(0, 1, (PAIRS, VIEWS))
    names = [f"view {j}" for j in range(VIEWS)]
    for i in range(0, PAIRS, 32):
        removed, reference = ({v: arm[i : i + 32, [j]] for j, v in enumerate(names)} for arm in (x, y))
        yield Block(removed, reference, None)


def engine(shift: float, tolerance: float = 0.1, beta: float = 0.05) -> dict[str, Any]:
    """Seconds, and how the verdict ended."""
    terms = Terms(CLAIM, alpha=1e-4, beta=beta, tolerance=tolerance, budget=PAIRS)
    seconds, outcomes = zip(*(timed(lambda s=s: decide(terms, saved(shift, s), ())) for s in range(TIMES)), strict=True)
    return {
        "verdicts per second": round(1 / statistics.median(seconds), 2),
        "seconds": [round(s, 3) for s in seconds],
        "status": [outcome.status.name for outcome in outcomes],
        "pairs": [outcome.pairs for outcome in outcomes],
    }


def timed(run: Callable[[], Any]) -> tuple[float, Any]:
    started = time.perf_counter()
    result = run()
    return time.perf_counter() - started, result


class Clock:
    """`decide` as `check` calls it, with the time inside it and the time in which it waited for blocks."""

    def __init__(self) -> None:
        self.inside = self.waited = 0.0

    def decide(self, terms: Terms, blocks: Iterator[Block], designated: tuple[str, ...]) -> Outcome:
        self.inside, outcome = timed(lambda: decide(terms, self._watched(blocks), designated))
        return outcome

    def _watched(self, blocks: Iterator[Block]) -> Iterator[Block]:
        while True:
            seconds, block = timed(lambda: next(blocks, None))
            self.waited += seconds
            if block is None:
                return
            yield block


def whole(remover: ns.Remover) -> dict[str, Any]:
    """A check on digits, its programs compiled beforehand; seeds 0, 1 and 2."""
    module, scenario, learner = (
        importlib.import_module("neverseen.properties.checks._check"),
        ns.scenarios.digits(),
        ns.learners.mlp(),
    )
    cold, _ = timed(lambda: ns.check(CLAIM, remover, learner, scenario, seed=TIMES))
    rows = []
    for seed in range(TIMES):
        clock = Clock()
        module.decide = clock.decide
        seconds, verdict = timed(lambda s=seed: ns.check(CLAIM, remover, learner, scenario, seed=s))
        module.decide = decide
        own = clock.inside - clock.waited
        rows.append({"seconds": seconds, "engine": own, "share": own / seconds, "pairs": verdict.pairs})
        rows[-1]["status"] = verdict.status.name
    middle = {
        name: round(statistics.median(row[name] for row in rows), 4) for name in ("seconds", "engine", "share", "pairs")
    }
    return middle | {"status": [row["status"] for row in rows], "first check, with compilation": round(cold, 1)}


def main() -> None:
    """Measure, print and write."""
    started, load = time.perf_counter(), os.getloadavg()[0]
    decide(Terms(CLAIM, alpha=1e-4, beta=0.05, tolerance=0.1, budget=PAIRS), saved(3.0, 9), (), 0.0)  # imports
    results: dict[str, Any] = {
        "command": "python benchmarks/throughput.py",
        "machine": {"cores": os.cpu_count(), "load at start": round(load, 1), "platform": platform.machine()},
        "versions": {"python": platform.python_version(), "numpy": np.__version__, "jax": jax.__version__},
        "terms": {"claim": CLAIM.id, "alpha": 1e-4, "pairs": PAIRS, "views": VIEWS, "times": TIMES},
        "engine, every pair played": engine(0.0, 1e-6, 1e-12),
        "engine, P = Q, ended by acceptance": engine(0.0),
        "engine, N(3, 1), ended by refutation": engine(3.0),
    }
    for name, remover in {"do nothing": ns.removers.do_nothing(), "retrain": ns.removers.retrain()}.items():
        results[f"check on digits, {name}"] = whole(remover)
    results["seconds"] = round(time.perf_counter() - started, 1)
    text = json.dumps(results, indent=1, ensure_ascii=False)
    pathlib.Path(__file__).with_suffix(".json").write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
