"""Removers on a language model, under both definitions: `python benchmarks/language_model.py [pairs] [store folder]`.

A transformer on sentences about people who do not exist among real text (`ns.scenarios.people`): S is four sentences
about one person, S_full all sixteen in D. Originals and references are drawn once and serve every remover; a folder
keeps them between runs. Step sizes of the heuristics were chosen by hand and not for a verdict: that the loss on S
ends near the reference's, on two runs of other seeds (NegGrad's and gradient difference's follow from NPO's, whose
first step is theirs). Losses are means over 32 runs, nats a token, with their standard deviations. Cost is CPU time
against retraining's. Writes `benchmarks/language_model.json` after each row.
"""

import json
import pathlib
import sys
import time
from typing import Any

import jax

import neverseen as ns
from neverseen.algorithms.pools._pool import Pool, shard_keys
from neverseen.properties.runs._run_pools import arms, streams
from neverseen.properties.runs._views import Views, observe_many
from neverseen.properties.runs.observables import parts

CLAIMS = {"untraining": ns.Untraining(1.0, 0.05), "unlearning": ns.Unlearning(1.0, 0.05)}
ns.pools.use_host_cores()  # before the scenario is made: that starts JAX
SCENARIO, LEARNER = ns.scenarios.people(), ns.learners.transformer()
SEED = 0
ON_S: dict[str, Any] = {"epochs": 20, "batch": 8}
"""Ten steps of eight texts of S, and of eight of what is kept."""

SETTINGS: dict[str, tuple[str, dict[str, Any]]] = {
    "retrain without S": ("retrain", {}),
    "retrain without S_full": ("retrain_full", {}),
    "do nothing": ("do_nothing", {}),
    "fine-tune": ("finetune", {"epochs": 2, "batch": 16, "rate": 0.1}),
    "NegGrad": ("neg_grad", {**ON_S, "rate": 0.004}),
    "gradient difference": ("gradient_difference", {**ON_S, "rate": 0.004}),
    "NPO": ("npo", {"keep": 1.0, **ON_S, "rate": 0.00015}),
    "SimNPO": ("simnpo", {"keep": 0.1375, **ON_S, "rate": 0.8}),
    "RMU": ("rmu", {**ON_S, "rate": 0.006}),
}


def looked_at() -> Views:
    """The texts whose losses are reported."""
    s = SCENARIO
    parts = {"S": s.forget, "S_full without S": s.behaviour & ~s.forget, "D without S_full": ~s.behaviour}
    points = {name: s.rows.only(which) for name, which in parts.items()}
    points |= {"fresh about the person": s.fresh_behaviour, "fresh real": s.fresh_rest}
    return Views(points)


def losses(models: ns.Trained) -> dict[str, list[float]]:
    """Mean and standard deviation over runs of the loss on each part."""
    values = observe_many(LEARNER, models, looked_at())
    means = {parts(view)[1]: v for view, v in values.items() if parts(view)[0] == "loss"}
    return {part: [round(float(v.mean()), 3), round(float(v.std(ddof=1)), 3)] for part, v in means.items()}


def pools(remover: ns.Remover) -> tuple[Pool, Pool]:
    """The removed models and the originals that every check of this process shares."""
    removed, _, original = arms(CLAIMS["untraining"], remover, LEARNER, SCENARIO, streams(SCENARIO, SEED))
    return removed, original


def seconds(remover: ns.Remover, models: ns.Trained) -> float:
    """CPU seconds of one removal, compiled already."""
    (keys,) = shard_keys((jax.random.key(1),), 0)
    extra = {need: getattr(SCENARIO, need) for need in remover.needs}
    began = time.process_time()
    made = ns.pools.remove(remover, models, SCENARIO.rows, SCENARIO.forget, keys, extra)
    jax.block_until_ready(made.params)
    return (time.process_time() - began) / len(keys)


def cell(name: str, remover: ns.Remover, budget: int, store: ns.Store | None) -> dict[str, Any]:
    """What one check says."""
    claim = CLAIMS[name]
    verdict = ns.check(
        claim, remover, LEARNER, SCENARIO, budget=budget, seed=SEED, store=store, progress=told
    )  # fmt: skip
    return {
        "verdict": verdict.status.name,
        "epsilon lower bound": verdict.epsilon_lower,
        "pairs": verdict.pairs,
        "witness": str(verdict.witness),
    }


def told(done: int, budget: int, message: str) -> None:
    """A line for every block, apart from the table."""
    print(f"  {message}: {done} of {budget} pairs", file=sys.stderr, flush=True)


def row(label: str, budget: int, store: ns.Store | None, retrain: float | None) -> dict[str, Any]:
    """One line of the table."""
    name, settings = SETTINGS[label]
    remover: ns.Remover = getattr(ns.removers, name)(**settings)
    cells = {name: cell(name, remover, budget, store) for name in CLAIMS}
    removed, original = pools(remover)
    taken = seconds(remover, original.shard(0, store))
    cost = {"CPU seconds": round(taken, 3), "cost of one retrain": round(taken / (retrain or taken), 3)}
    return {"remover": name, "settings": settings, **cells, **cost, "loss": losses(removed.shard(0, store))}


def main() -> None:
    """Fill the table, print it and write it."""
    budget = int(sys.argv[1]) if len(sys.argv) > 1 else 128
    store = ns.Store(sys.argv[2]) if len(sys.argv) > 2 else None
    terms = {"epsilon": 1.0, "delta": 0.05, "alpha": 1e-4, "beta": 0.05, "tolerance": 0.1, "budget": budget}
    results: dict[str, Any] = {"scenario": repr(SCENARIO), "learner": repr(LEARNER), "claim": terms, "rows": {}}
    began, retrain = time.perf_counter(), None
    for label in SETTINGS:
        results["rows"][label] = made = row(label, budget, store, retrain)
        retrain = retrain or made["CPU seconds"]
        results["seconds"] = round(time.perf_counter() - began, 1)
        text = json.dumps(results, indent=1, ensure_ascii=False)
        pathlib.Path(__file__).with_suffix(".json").write_text(text + "\n", encoding="utf-8")
        found = "; ".join(
            f"{name} {made[name]['verdict']}, ε ≥ {made[name]['epsilon lower bound']:g}, {made[name]['pairs']} pairs"
            for name in CLAIMS
        )
        print(f"{label:24s} {found}; {made['cost of one retrain']} of a retrain", flush=True)
    print(f"{results['seconds']} s")


if __name__ == "__main__":
    main()
