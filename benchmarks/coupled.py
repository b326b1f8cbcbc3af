"""Certificates over all events from shared seeds: `python benchmarks/coupled.py [pairs]`.

SGD logistic regression on breast_cancer, ten deletions, 50 steps of fine-tuning on what is kept, output noise σ = 0.1.
Reference and original share their training seed in the coupled arm, and in the uncoupled one nothing. Two learners: one
starts at random, so that seeds fix the start and the minibatches, the other from zero, so that they fix the minibatches
alone. Writes `benchmarks/coupled.json`.
"""

import json
import pathlib
import sys
import time
from typing import Any

import jax
import numpy as np
import optax

import neverseen as ns
from neverseen.algorithms.learners._ridge import linear
from neverseen.properties.engine._coupling import Coupler, excess
from neverseen.properties.engine._residuals import Residuals, flattened
from neverseen.properties.runs._run_pools import centred_learner, centred_remover

EPSILON, DELTA, BETA, SIGMA = 0.5, 0.05, 0.05, 0.1
STEPS, BATCH, RATE, EPOCHS, DELETIONS = 50, 64, 0.003, 120, 10


def sgd(spread: float) -> ns.Learner:
    """SGD logistic regression from N(0, spread²), with output noise."""

    def start(key: Any, rows: ns.Rows) -> Any:
        return spread * jax.random.normal(key, (rows.x.shape[1] + 1, rows.y.shape[1]))

    name = f"logistic(epochs={EPOCHS}, batch={BATCH}, rate={RATE:g}, start={spread:g})"
    base = ns.learners.minibatch(start, linear, optimiser=optax.sgd(RATE), epochs=EPOCHS, batch=BATCH, name=name)
    return ns.learners.noisy(base, SIGMA)


def distances(learner: ns.Learner, remover: ns.Remover, scenario: ns.Scenario, pairs: int) -> dict[str, np.ndarray]:
    """‖θ_u − θ_r‖ / σ of so many pairs, with shared and with independent training seeds; the noise is tested."""
    streams = [jax.random.split(jax.random.fold_in(jax.random.key(0), i), pairs) for i in range(3)]
    a, u, rows = centred_learner(learner), centred_remover(remover), scenario.rows
    original = ns.pools.draw(a, rows, streams[0])
    removed = ns.pools.remove(u, original, rows, scenario.forget, streams[1])
    Residuals("removed", SIGMA).see(removed.params, removed.record[1])
    found = {}
    for name, keys in (("coupled", streams[0]), ("uncoupled", streams[2])):
        reference = ns.pools.draw(a, rows.without(scenario.forget), keys)
        Residuals("reference", SIGMA).see(reference.params, reference.record[1])
        shift = flattened(removed.record[1]) - flattened(reference.record[1])
        found[name] = np.linalg.norm(shift, axis=1) / SIGMA
    return found


def certificate(found: np.ndarray) -> dict[str, Any]:
    """What so many pairs certify."""
    coupler = Coupler(EPSILON, DELTA, BETA)
    at = coupler.play(found)
    return {
        "median distance": float(np.median(found)),
        "mean term": float(excess(found, EPSILON).mean()),
        "certified delta at epsilon": coupler.delta_upper,
        "certified epsilon at delta": coupler.epsilon_upper,
        "pairs to certify the claim": None if at is None else at + 1,
    }


def main() -> None:
    """Certify with and without shared seeds, and write both."""
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    scenario = ns.scenarios.breast_cancer(forget="random", size=DELETIONS)
    kept = int(scenario.rows.present.sum()) - DELETIONS
    # ⌈epochs · kept / batch⌉ = STEPS, half a step away from rounding.
    tuned = ns.removers.finetune(epochs=(STEPS - 0.5) * BATCH / kept, batch=BATCH, rate=RATE)
    remover, results = ns.removers.noisy(tuned), {}
    for start, spread in (("random start", 0.02), ("start at zero", 0.0)):
        began = time.perf_counter()
        found = distances(sgd(spread), remover, scenario, pairs)
        results[start] = {name: certificate(q) for name, q in found.items()}
        results[start]["seconds"] = round(time.perf_counter() - began, 1)
    terms = {"epsilon": EPSILON, "delta": DELTA, "beta": BETA, "sigma": SIGMA, "pairs": pairs}
    made = {"deletions": DELETIONS, "rows": kept + DELETIONS, "fine-tuning steps": STEPS, "training epochs": EPOCHS}
    text = json.dumps({"terms": terms | made, "floor": floor(pairs), **results}, indent=1)
    pathlib.Path(__file__).with_suffix(".json").write_text(text + "\n")
    print(text)


def floor(pairs: int) -> float:
    """The certified δ where all centres coincide."""
    coupler = Coupler(EPSILON, DELTA, BETA)
    coupler.play(np.zeros(pairs))
    return coupler.delta_upper


if __name__ == "__main__":
    main()
