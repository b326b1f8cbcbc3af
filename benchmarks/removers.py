"""Every remover on digits, under both definitions: `python benchmarks/removers.py [LEARNER …]`.

S is half of 16 near-duplicates among 512 images. A row is a remover at its defaults, a block of rows a learner; a
remover made for one learner is judged on that one, a certified one with what 512 rows and requests of 8 demand.
Verdicts at (ε, δ) = (1, .05), α = 10⁻⁴, β = .05, τ = .1, from at most 256 pairs. Doing nothing is the original's row,
`retrain` that of a fresh retrain. Cost is that of a run against a retrain's, medians of three rounds of 32 runs side
by side; accuracy is on images that no model saw. On networks, whose Hessian is neither definite nor small,
`influence` and `newton` are damped and solved by conjugate gradient. Rows found in `benchmarks/removers.json` are
kept, and it is written after each row; `--again` starts over.
"""

import json
import pathlib
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

import neverseen as ns
from neverseen.algorithms.removers import FAULTY, REMOVERS

RUNS, ROUNDS, BUDGET = 32, 3, 256
CLAIMS = {"untraining": ns.Untraining(1.0, 0.05), "unlearning": ns.Unlearning(1.0, 0.05)}
LEARNERS: dict[str, Callable[[], ns.Learner]] = {
    "ridge": ns.learners.ridge,
    "logistic": ns.learners.logistic,
    "mlp": ns.learners.mlp,
    "cnn": ns.learners.cnn,
}
ON_NETWORKS = {make.__name__: make(damping=10.0, iterations=30) for make in (ns.removers.influence, ns.removers.newton)}
ROWS, SIZE = 512, 8
OUT = pathlib.Path(__file__).with_suffix(".json")


def scenario() -> ns.Scenario:
    return ns.scenarios.digits(forget="near-duplicates", size=SIZE, full=16, rows=ROWS)


def particular() -> dict[str, tuple[ns.Remover, ns.Learner]]:
    """Removers that need a log or noise of their learner, or one made for so many rows.

    With certified ones the penalty is what lets the noise be small.
    """
    learners, removers = ns.learners, ns.removers
    terms = {"capacity": SIZE}
    made = {
        "descent_to_delete": removers.descent_to_delete(
            learners.noisy(learners.projected_descent(rows=ROWS, steps=400), 0.19), steps=100, **terms
        ),
        "langevin_unlearning": removers.langevin_unlearning(learners.langevin(rows=ROWS, sigma=1.0), **terms),
        "newton_noise": removers.newton_noise(
            learners.noisy(learners.newton_logistic(penalty=64.0), 0.2), rows=ROWS, **terms
        ),
        # From zero, three steps reach the minimiser to the last bit under such a penalty.
        "newton_removal": removers.newton_removal(
            learners.objective_perturbed(penalty=4000.0, steps=3), rows=ROWS, params=650, **terms
        ),
        "rewind_to_delete": removers.rewind_to_delete(learners.checkpointed(rows=ROWS), **terms),
    }
    pairs = {name: (remover, remover.made_for) for name, remover in made.items() if remover.made_for is not None}
    return pairs | {
        "amnesiac": (removers.amnesiac(), learners.logged()),
        "deltagrad": (removers.deltagrad(), learners.recorded_descent(rows=ROWS, steps=60)),
        "noisy": (removers.noisy(), learners.noisy()),
    }


def seconds(call: Callable[[], Any]) -> float:
    """The median of some calls, after one that compiles."""
    jax.block_until_ready(call())
    taken: list[float] = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        jax.block_until_ready(call())
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)


def behaviour(remover: ns.Remover, learner: ns.Learner) -> dict[str, Any]:
    """Cost of a run against a retrain's, and accuracy on rows that no model saw."""
    here = scenario()
    keys = jax.random.split(jax.random.key(0), RUNS)
    extra = {need: getattr(here, need) for need in remover.needs}
    trained = ns.pools.draw(learner, here.rows, keys)
    left = here.rows.without(here.forget)
    made = ns.pools.remove(remover, trained, here.rows, here.forget, keys, extra)
    right = jax.vmap(lambda p: (learner.apply(p, here.fresh_rest.x).argmax(1) == here.fresh_rest.y.argmax(1)).mean())
    once = seconds(lambda: ns.pools.draw(learner, left, keys).params)
    mine = seconds(lambda: ns.pools.remove(remover, trained, here.rows, here.forget, keys, extra).params)
    return {"cost": mine / once, "accuracy": float(jnp.nanmean(right(made.params)))}


def judged(remover: ns.Remover, learner: ns.Learner) -> dict[str, Any]:
    """One row: both verdicts, cost and accuracy; or why there is none."""
    row: dict[str, Any] = {}
    try:
        for name, claim in CLAIMS.items():
            found = ns.check(claim, remover, learner, scenario(), budget=BUDGET)
            row[name] = {
                "status": found.status.name,
                "route": found.route.value,
                "epsilon lower": found.epsilon_lower,
                "pairs": found.pairs,
                "witness": str(found.witness) if found.witness else None,
            }
        return row | behaviour(remover, learner)
    except ValueError as why:
        return {"none": str(why).splitlines()[0]}


def wanted(chosen: list[str]) -> list[tuple[str, str, ns.Remover, ns.Learner]]:
    """Learner's name, remover's name, both."""
    rows: list[tuple[str, str, ns.Remover, ns.Learner]] = []
    sized = particular()
    for name, make in REMOVERS.items():
        remover = make()
        if name in FAULTY:
            continue
        remover, own = sized.get(name, (remover, remover.made_for))
        suited = {"its own": own} if own else {k: make() for k, make in LEARNERS.items()}
        here = {k: ON_NETWORKS.get(name, remover) if k in ("mlp", "cnn") else remover for k in suited}
        rows += [(k, name, here[k], learner) for k, learner in suited.items() if not chosen or k in chosen]
    first = ("do_nothing", "retrain", "retrain_full")
    return sorted(rows, key=lambda row: (row[0], row[1] not in first, row[1]))


def told(row: dict[str, Any]) -> str:
    if "none" in row:
        return f"— {row['none'][:90]}"
    both = (f"{row[c]['status']:12s} ε ≥ {row[c]['epsilon lower'] or 0:<5.3g} {row[c]['pairs']:4d}" for c in CLAIMS)
    return f"{' | '.join(both)} | {row['cost']:6.2f} × | {100 * row['accuracy']:5.1f} %"


def main() -> None:
    """Fill what is missing, print and write."""
    ns.pools.use_host_cores()
    flags, chosen = [a for a in sys.argv[1:] if a[0] == "-"], [a for a in sys.argv[1:] if a[0] != "-"]
    kept = {} if "--again" in flags or not OUT.exists() else json.loads(OUT.read_text())["rows"]
    for block, name, remover, learner in wanted(chosen):
        label = f"{block}, {name}"
        if label not in kept:
            kept[label] = {"learner": str(learner)} | judged(remover, learner)
            about = {"scenario": repr(scenario()), "command": "python benchmarks/removers.py", "budget": BUDGET}
            OUT.write_text(
                json.dumps(about | {"rows": dict(sorted(kept.items()))}, indent=1, ensure_ascii=False) + "\n"
            )
        print(f"{label:40s} {told(kept[label])}", flush=True)


if __name__ == "__main__":
    main()
