"""What the README claims about verdicts, measured: `python benchmarks/end_to_end.py` (about twenty minutes on 2 cores).

Writes `benchmarks/end_to_end.json` beside itself. Every row is a command's count, with exact binomial bounds.
"""

import json
import pathlib
import platform
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import jax
import numpy as np
from hypothesis import given, settings
from scipy.stats import beta as beta_law

import neverseen as ns

UNTRAINING, UNLEARNING = ns.Untraining(1.0, 0.05), ns.Unlearning(1.0, 0.05)
MLP = ns.learners.mlp()


def upper(hits: int, runs: int, confidence: float = 0.95) -> float:
    """Clopper–Pearson's one-sided upper bound on a rate."""
    return 1.0 if hits == runs else float(beta_law.ppf(confidence, hits + 1, runs - hits))


def statuses(runs: Iterator[ns.Verdict]) -> dict[str, Any]:
    """Counts of each status, and the pairs used."""
    verdicts = list(runs)
    counted = Counter(v.status.name for v in verdicts)
    return dict(counted) | {"runs": len(verdicts), "median_pairs": float(np.median([v.pairs for v in verdicts]))}


def controls() -> dict[str, Any]:
    """Do-nothing, retrain and full deletion where S is all or half of the behaviour."""
    cases = {
        "do_nothing, mislabelled, untraining": (UNTRAINING, ns.removers.do_nothing(), ns.scenarios.digits()),
        "do_nothing, mislabelled, unlearning": (UNLEARNING, ns.removers.do_nothing(), ns.scenarios.digits()),
    }
    half = ns.scenarios.digits(forget="near-duplicates", size=8, full=16)
    for remover in (ns.removers.retrain(), ns.removers.retrain_full()):
        for claim in (UNTRAINING, UNLEARNING):
            cases[f"{remover}, half of near-duplicates, {claim.name}"] = (claim, remover, half)
    return {
        name: statuses(ns.check(claim, remover, MLP, scenario, seed=seed) for seed in range(5))
        for name, (claim, remover, scenario) in cases.items()
    }


def false_alarms() -> dict[str, Any]:
    """Retraining against retraining, all 256 pairs: a tolerance nobody can meet keeps acceptance from stopping it."""
    digits, tumours = ns.scenarios.digits(), ns.scenarios.breast_cancer()
    cases = {
        "retrain, mlp on digits": (MLP, digits, 20),
        "retrain, ridge on breast cancer": (ns.learners.ridge(), tumours, 100),
        "retrain, logistic SGD on breast cancer": (ns.learners.logistic(batch=32, epochs=5), tumours, 100),
    }
    out = {}
    for name, (learner, scenario, roots) in cases.items():
        runs = [
            ns.check(UNTRAINING, ns.removers.retrain(), learner, scenario, seed=s, budget=256, tolerance=1e-9)
            for s in range(roots)
        ]
        refuted = sum(v.status is ns.Status.REFUTED for v in runs)
        out[name] = {"roots": roots, "refuted": refuted, "upper": upper(refuted, roots), "alpha": 1e-4}
    return out


def exact_removal() -> dict[str, Any]:
    """Newton on ridge in float32, and both levels of unlearning on a population."""
    ridge, mixture = ns.learners.ridge(), ns.scenarios.mixture()
    tumours = ns.scenarios.breast_cancer()
    key = jax.random.key(0)
    model = ridge.fit(key, tumours.rows)
    step = ns.removers.newton()(key, model, tumours.rows, tumours.forget).params
    target = ridge.fit(key, tumours.rows.without(tumours.forget)).params
    out: dict[str, Any] = {
        "newton on ridge, largest error": float(abs(step - target).max()),
        "newton on ridge, 20 roots": statuses(
            ns.check(UNTRAINING, ns.removers.newton(), ridge, tumours, seed=s) for s in range(20)
        ),
    }
    logistic = ns.learners.logistic(batch=32)
    for remover in (ns.removers.do_nothing(), ns.removers.retrain_full()):
        for level in ("dataset", "distribution"):
            claim = ns.Unlearning(1.0, 0.05, level)
            runs = (ns.check(claim, remover, logistic, mixture, seed=s) for s in range(5))
            out[f"{remover}, population, level {level}"] = statuses(runs)
    return out


def generated() -> dict[str, Any]:
    """Fifty Hypothesis examples: compiled programs and wall time."""
    before, seen = ns.pools.compiled_programs(), Counter[str]()

    @settings(max_examples=50, derandomize=True, database=None, deadline=None)
    @given(scenario=ns.strategies.scenarios())
    def holds(scenario: ns.Scenario) -> None:
        verdict = ns.assert_holds(UNTRAINING, ns.removers.retrain(), ns.learners.ridge(), scenario, budget=256)
        seen[verdict.status.name] += 1

    holds()
    return {"verdicts": dict(seen), "compiled_programs": ns.pools.compiled_programs() - before}


def main() -> None:
    """Run every part, or those named on the command line, and write the JSON."""
    ns.pools.use_host_cores()
    parts: list[Callable[[], dict[str, Any]]] = [controls, false_alarms, exact_removal, generated]
    path = pathlib.Path(__file__).with_suffix(".json")
    wanted = sys.argv[1:] or [part.__name__ for part in parts]
    results: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    for part in parts:
        if part.__name__ in wanted:
            started = time.perf_counter()
            results[part.__name__] = part() | {"seconds": round(time.perf_counter() - started, 1)}
            print(part.__name__, json.dumps(results[part.__name__], indent=1, ensure_ascii=False), flush=True)
    here = {"cores": len(jax.devices()), "platform": jax.devices()[0].platform}
    results["machine"] = here | {"python": platform.python_version(), "jax": jax.__version__}
    path.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
