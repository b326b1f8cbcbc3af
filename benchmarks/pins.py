"""Twenty answers held bit for bit: whoever moves code shows with it that nothing else moved.

`python benchmarks/pins.py` runs them and compares each with `pins.json`: 0 where all are equal, 1 where one is not.
`python benchmarks/pins.py --write` writes the file; `--full FILE` keeps the whole answers beside it, to see what moved.
What is compared is an answer's JSON without its timings and the versions it was reached with. Last digits differ
between kinds of processors, so the file says where it was written.
"""

import hashlib
import json
import pathlib
import sys
from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from quiet import processor

import neverseen as ns

HERE = pathlib.Path(__file__).with_suffix(".json")
FLUID = {"seconds", "provenance", "retrain", "removal", "retrain_seconds", "training"}
OF_A_VERDICT = ("status", "pairs", "epsilon_lower", "delta_lower", "witness", "sentence", "alpha", "beta")
UNTRAINING, UNLEARNING = ns.Untraining(1.0, 0.05), ns.Unlearning(1.0, 0.05)


def blobs(**given: Any) -> ns.Scenario:
    return ns.scenarios.blobs(**({"rows": 32, "seed": 0} | given))


def gaussian(shift: float, runs: int = 200, width: int = 3, seed: int = 0) -> Any:
    return np.random.default_rng(seed).normal(shift, 1.0, (runs, width))


def check(definition: Any, remover: Any, learner: Any, scenario: Any = None, **given: Any) -> Callable[[], Any]:
    settings = {"budget": 128, "seed": 0} | given
    return lambda: ns.check(definition, remover, learner, blobs() if scenario is None else scenario, **settings)


def sgd() -> ns.Learner:
    return ns.learners.mlp(hidden=8, epochs=4)


ASKED: dict[str, Callable[[], Any]] = {
    "do_nothing, ridge": check(UNTRAINING, ns.removers.do_nothing(), ns.learners.ridge()),
    "retrain, mlp": check(UNTRAINING, ns.removers.retrain(), sgd(), alpha=0.01),
    "retrain, mlp, half of the behaviour asked": check(
        UNLEARNING, ns.removers.retrain(), sgd(), blobs(size=2, full=6), tolerance=0.2
    ),
    "retrain_full, mlp": check(UNLEARNING, ns.removers.retrain_full(), sgd(), blobs(size=2, full=6), alpha=0.01),
    "finetune, mlp, digits": check(
        UNTRAINING, ns.removers.finetune(), ns.learners.mlp(hidden=16, epochs=3), ns.scenarios.digits(rows=64, seed=1)
    ),
    "finetune, mlp, with resolution": check(UNTRAINING, ns.removers.finetune(), sgd(), resolution=True, alpha=0.05),
    "neg_grad, logistic": check(UNTRAINING, ns.removers.neg_grad(), ns.learners.logistic()),
    "newton, ridge: analytic or not": check(UNTRAINING, ns.removers.newton(), ns.learners.ridge()),
    "noisy, noisy: known laws": check(UNTRAINING, ns.removers.noisy(), ns.learners.noisy()),
    "noisy_once, noisy": check(UNTRAINING, ns.removers.noisy_once(), ns.learners.noisy()),
    "dare, forest": check(UNTRAINING, ns.removers.dare(), ns.learners.forest(), alpha=0.01),
    "level distribution": check(
        ns.Unlearning(1.0, 0.05, level="distribution"),
        ns.removers.do_nothing(),
        ns.learners.ridge(),
        ns.scenarios.mixture(),
    ),
    "require_power": check(UNTRAINING, ns.removers.retrain(), sgd(), require_power=True, budget=96),
    "saved runs, apart": lambda: ns.check_samples(UNTRAINING, gaussian(0.0, seed=1), gaussian(3.0), seed=0),
    "saved runs, alike": lambda: ns.check_samples(
        UNTRAINING, gaussian(0.0, 400, seed=1), gaussian(0.0, 400), gaussian(3.0, 400, seed=2), seed=0
    ),
    "saved runs, closer to": lambda: ns.compare_samples(
        gaussian(0.2, seed=1), gaussian(0.0), gaussian(2.0, seed=2), seed=0
    ),
    "closer to, finetune": lambda: ns.check_relative(UNTRAINING, ns.removers.finetune(), sgd(), blobs(), budget=128),
    "compare": lambda: ns.compare(
        [UNTRAINING], [ns.removers.do_nothing(), ns.removers.retrain()], sgd(), blobs(), budget=96, runs=8
    ),
    "sweep": lambda: ns.sweep(ns.removers.retrain(), ns.learners.ridge(), blobs(size=4, full=4), budget=64),
    "metrics": lambda: ns.metrics.measure(None, UNTRAINING, ns.removers.finetune(), sgd(), blobs(), runs=16),
    "plan": lambda: ns.plan(UNTRAINING, "shift=1", replications=20, budget=256),
    "suite": lambda: ns.check_suite(ns.removers.finetune(), budget=64),
}


def steady(value: Any) -> Any:
    """An answer without what differs from run to run."""
    if isinstance(value, dict):
        return {key: steady(item) for key, item in value.items() if key not in FLUID}
    return [steady(item) for item in value] if isinstance(value, list) else value


def answer(asked: Callable[[], Any]) -> Any:
    return steady(as_pinned(json.loads(asked().to_json())))


def as_pinned(plain: Any) -> Any:
    """JSON as it was when the pins were taken: a sweep held no whole verdicts, and a plan its claim's ε and δ alone."""
    if "points" in plain:
        points = [row | {name: row["verdict"][name] for name in OF_A_VERDICT} for row in plain["points"]]
        return plain | {"points": [{name: row[name] for name in row if name != "verdict"} for row in points]}
    if "replications" in plain:
        claim = plain.pop("definition")
        return plain | {"epsilon": claim["epsilon"], "delta": claim["delta"]}
    return plain


def digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]


def main(given: list[str]) -> int:
    answers = {name: answer(asked) for name, asked in ASKED.items()}
    if "--full" in given:
        pathlib.Path(given[given.index("--full") + 1]).write_text(json.dumps(answers, indent=1), encoding="utf-8")
    pins = {name: digest(value) for name, value in answers.items()}
    if "--write" in given:
        where = {"processor": processor(), "jax": jax.__version__, "command": "python benchmarks/pins.py --write"}
        HERE.write_text(json.dumps(where | {"pins": pins}, indent=1) + "\n", encoding="utf-8")
        return 0
    kept = json.loads(HERE.read_text(encoding="utf-8"))["pins"]
    moved = [name for name in kept | pins if kept.get(name) != pins.get(name)]
    print("\n".join(f"moved: {name}" for name in moved) or f"all {len(pins)} equal")
    return int(bool(moved))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
