"""How far defaults move a model, those of before and those of now: `python benchmarks/defaults.py`.

512 rows of digits, an MLP of 64 units, S all 32 rows of a behaviour: of a class, of near-duplicates. Distances to a
retrain without S, 1 being doing nothing, as in `ns.compare`, of 32 runs on which nothing was tuned. Where the settings
come from stands in each docstring; the "five tunings" are those without the reference of the cells near-duplicates/16,
class/16, class/32, near-duplicates/32 and mislabelled/16 of `chooser.json`, the first that were measured. Then `unsir`
on a whole class, 8 runs: accuracy on S and on the rest of D, for Adam, for the plain SGD of before, and for a retrain.
It writes `benchmarks/defaults.json`.
"""

import json
import math
import pathlib
import time
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import neverseen as ns
from neverseen.algorithms.removers import HEURISTIC, REMOVERS
from neverseen.properties.checks._tuning_objective import label_distance
from neverseen.properties.checks._tuning_runs import Phase, with_reference
from neverseen.properties.runs._run_pools import streams

OUT, RUNS, LEARNER = pathlib.Path(__file__).with_suffix(".json"), 32, ns.learners.mlp()
BEHAVIOURS = ("class", "near-duplicates")
NAMES = (*(n for n in HEURISTIC if n not in ("do_nothing", "amnesiac", "distributional")), "fisher_forgetting")
BEFORE: dict[str, dict[str, Any]] = {
    "bad_teacher": {"epochs": 2, "rate": 0.05},
    "gradient_difference": {"keep": 1.0, "rate": 0.02},
    "l1_sparse": {"sparsity": 5e-3, "rate": 0.05},
    "masked_small_gradients": {"rate": 0.05},
    "neg_grad": {"rate": 0.01},
    "neg_grad_plus": {"keep": 0.95, "rate": 0.05},
    "npo": {"keep": 0.0, "rate": 0.05},
    "rum": {"parts": (ns.removers.do_nothing(), ns.removers.neg_grad_plus(0.95, rate=0.05), ns.removers.scrub(3, 2))},
    "scrub": {"epochs": 3, "climbs": 2, "rate": 0.05},
    "simnpo": {"keep": 0.0, "rate": 0.05},
}
"""Defaults that changed, as they were."""


def share(phase: Phase, remover: ns.Remover) -> dict[str, float]:
    """The distance, and by how much the chance of the given label exceeds a retrain's: on S and on fresh points."""
    said = phase.removed(remover)
    apart = label_distance(said, phase.targets) / label_distance(phase.nothing(), phase.targets)
    more = {block: float(np.mean(said[block]) - np.mean(phase.targets[block])) for block in ("S", "fresh rest")}
    return {"distance": round(math.sqrt(max(apart, 0.0)), 3)} | {block: round(gap, 3) for block, gap in more.items()}


def distances(behaviour: str) -> dict[str, Any]:
    """Every heuristic at its defaults, and at those of before where they changed."""
    scenario = ns.scenarios.digits(forget=behaviour, size=32, full=32, rows=512)
    phase = with_reference(ns.Unlearning(1.0, 0.05), LEARNER, scenario, streams(scenario, 0), RUNS, None)
    rows: dict[str, Any] = {}
    for name in NAMES:
        rows[name] = {"now": share(phase, REMOVERS[name]())}
        if name in BEFORE:
            rows[name]["before"] = share(phase, REMOVERS[name](**BEFORE[name]))
        told = "  ".join(f"{when} {row['distance']:.3f}" for when, row in sorted(rows[name].items()))
        print(f"{behaviour:16} {name:24} {told}", flush=True)
    return rows


def whole_class() -> dict[str, Any]:
    """`unsir` where its authors use it: S all of a class, 100 of 1024 rows."""
    scenario = ns.scenarios.digits(forget="class", size=100, full=100, rows=1024)
    rows, forget = scenario.rows, scenario.forget
    keys, left = jax.random.split(jax.random.key(0), 8), rows.without(forget)
    originals = jax.jit(jax.vmap(LEARNER.fit, (0, None)))(keys, rows)
    made = {
        "original": originals.params,
        "unsir": _removed(ns.removers.unsir(), keys, originals, scenario),
        "unsir by SGD, as before": _removed(ns.removers.unsir(optimiser="sgd"), keys, originals, scenario),
        "retrain": jax.jit(jax.vmap(lambda key: LEARNER.fit(key, left).params))(keys),
    }
    found = {
        who: {"S": _accuracy(params, rows, forget), "rest": _accuracy(params, rows, ~forget)}
        for who, params in made.items()
    }
    print("\n".join(f"{who:24} S {row['S']:.3f}  rest {row['rest']:.3f}" for who, row in found.items()))
    return found


def _removed(remover: ns.Remover, keys: Any, originals: ns.Trained, scenario: ns.Scenario) -> Any:
    call = jax.jit(jax.vmap(lambda key, model: remover(key, model, scenario.rows, scenario.forget).params))
    return call(keys, originals)


def _accuracy(params: Any, rows: ns.Rows, where: Any) -> float:
    right = jax.vmap(lambda p: LEARNER.apply(p, rows.x).argmax(1) == rows.y.argmax(1))(params)
    return float(right[:, jnp.asarray(where & rows.present)].mean())


def main() -> None:
    """Measure, print and write."""
    ns.pools.keep_compiled()
    started = time.process_time()
    results: dict[str, Any] = {"command": "python benchmarks/defaults.py", "runs": RUNS, "unsir": whole_class()}
    results |= {behaviour: distances(behaviour) for behaviour in BEHAVIOURS}
    results["cpu minutes"] = round((time.process_time() - started) / 60, 1)
    OUT.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
