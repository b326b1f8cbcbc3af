"""The control table: what a check must say of removers whose verdicts are known: `python benchmarks/controls.py`.

Figure 1 under one nearest neighbour, where S ⊊ S_full and A(D), A(D∖S) and A(D∖S_full) are three different points:
nothing is random but the removers, so every θ is known. The claim is (0.1, 0.3): "original with probability 2δ" breaks
it by δ, with δ/2 it keeps it. Output-perturbed ridge stands for a private learner: its noise is so large that doing
nothing keeps both claims (q = ‖centres‖/σ, δ(0.1) by Balle & Wang 2018). Writes `benchmarks/controls.json`.
"""

import dataclasses
import json
import pathlib
import time
from collections import Counter
from typing import Any

import numpy as np

import neverseen as ns
from neverseen.formal.laws._gaussian import Gaussian, profile
from neverseen.properties.selftest._faults import centres, undeclared

EPSILON, DELTA, SIGMA = 0.1, 0.3, 4.0
ROOTS, BUDGET = 10, 512
CLAIMS = {"untraining": ns.Untraining(EPSILON, DELTA), "unlearning": ns.Unlearning(EPSILON, DELTA)}
KEPT, BROKEN = ("SATISFIED",), ("REFUTED",)
NOT_REFUTED = ("SATISFIED", "INCONCLUSIVE")


@dataclasses.dataclass(frozen=True)
class Control:
    """A remover, its learner, and the verdicts that are right for each claim."""

    remover: ns.Remover
    learner: ns.Learner
    untraining: tuple[str, ...]
    unlearning: tuple[str, ...]


def controls() -> dict[str, Control]:
    """The rows of the table."""
    exact, private = ns.learners.nearest_neighbour(), ns.learners.noisy(ns.learners.ridge(), SIGMA)
    nothing, now_and_then = ns.removers.do_nothing(), ns.removers.original_sometimes
    return {
        "do nothing": Control(nothing, exact, BROKEN, BROKEN),
        "forget-set deletion": Control(ns.removers.retrain(), exact, KEPT, BROKEN),
        "full deletion": Control(ns.removers.retrain_full(), exact, BROKEN, KEPT),
        "private learner, do nothing": Control(nothing, private, KEPT, KEPT),
        "private learner, do nothing, by runs alone": Control(undeclared(nothing), private, KEPT, KEPT),
        "original with probability 2δ": Control(now_and_then(2 * DELTA), exact, BROKEN, BROKEN),
        "original with probability δ/2": Control(now_and_then(DELTA / 2), exact, NOT_REFUTED, BROKEN),
    }


def verdicts(control: Control, name: str, scenario: ns.Scenario) -> dict[str, Any]:
    """One cell: the verdict expected and those found."""
    expected: tuple[str, ...] = getattr(control, name)
    runs = [
        ns.check(CLAIMS[name], control.remover, control.learner, scenario, seed=seed, budget=BUDGET)
        for seed in range(ROOTS)
    ]
    found = Counter(v.status.name for v in runs)
    return {
        "expected": " or ".join(expected),
        "found": dict(found),
        "route": runs[0].route.value,
        "pairs, median": float(np.median([v.pairs for v in runs])),
        "pairs, worst": max(v.pairs for v in runs),
        "right": set(found) <= set(expected),
    }


def private_delta(definition: ns.Untraining | ns.Unlearning, scenario: ns.Scenario) -> float:
    """δ(0.1) of doing nothing on the private learner, in closed form."""
    learner = controls()["private learner, do nothing"].learner
    c_u, c_r, _ = centres(ns.removers.do_nothing(), learner, scenario, definition)
    far = Gaussian(np.array([float(np.linalg.norm(c_u - c_r)) / SIGMA]), np.eye(1))
    return profile(far, Gaussian(np.zeros(1), np.eye(1)), EPSILON).upper


def main() -> None:
    """Fill the table, print it and write it."""
    started, scenario = time.perf_counter(), ns.scenarios.figure1()
    table: dict[str, Any] = {}
    for label, control in controls().items():
        table[label] = cells = {name: verdicts(control, name, scenario) for name in CLAIMS}
        shown = (
            f"{n}: {c['found']} (expected {c['expected']}, {c['pairs, median']:.0f} pairs)" for n, c in cells.items()
        )
        print(f"{label:44s} {'; '.join(shown)}", flush=True)
    wrong = [f"{label}, {name}" for label, cells in table.items() for name, c in cells.items() if not c["right"]]
    results = {
        "scenario": repr(scenario),
        "claim": {"epsilon": EPSILON, "delta": DELTA, "alpha": 1e-4, "beta": 0.05, "tolerance": 0.1, "roots": ROOTS},
        "private learner, delta in closed form": {
            name: round(private_delta(claim, scenario), 4) for name, claim in CLAIMS.items()
        },
        "controls": table,
        "wrong": wrong,
        "seconds": round(time.perf_counter() - started, 1),
    }
    pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")
    print(f"wrong: {', '.join(wrong) or 'none'}; {results['seconds']} s")


if __name__ == "__main__":
    main()
