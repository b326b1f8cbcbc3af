"""The sequential route judged by the exact one: `python benchmarks/exact_against_sequential.py [worlds]`.

Random finite worlds (a learner, D, S, a remover between doing nothing and retraining) whose laws are known as
rationals. The sequential route sees samples alone: an indicator for every event up to complement, so that its
declared class is all events. Writes `benchmarks/exact_against_sequential.json`.
"""

import itertools
import json
import pathlib
import sys
import time
from collections import Counter
from fractions import Fraction
from typing import Any

import numpy as np
from scipy.stats import beta as beta_law

import neverseen as ns
from neverseen.formal.laws._finite import Law, uniform
from neverseen.formal.laws._finite_closeness import delta_bracket, epsilon_bracket
from neverseen.formal.laws._finite_learners import (
    FiniteLearner,
    empirical_histogram,
    gibbs,
    identity,
    majority,
    mixed,
    randomised_response,
    removed_law,
    retrain,
    without,
)
from neverseen.formal.laws._worlds import World, worlds

EPSILON, DELTA, TOLERANCE, ALPHA, BETA, PAIRS = 0.5, 0.05, 0.1, 0.05, 0.05, 400
POINTS = ((0, "a"), (1, "a"), (0, "b"))


def learners(rng: np.random.Generator) -> FiniteLearner:
    """One of four learners, with random rational parameters."""
    weights = {(t, x): Fraction(int(rng.integers(1, 9)), 2) for t in "uvw" for x in POINTS}
    made = (
        gibbs(dict.fromkeys("uvw", 1), lambda t, x: weights[t, x]),
        empirical_histogram(uniform(POINTS)),
        majority(("a", "b")),
        randomised_response(POINTS[:2], Fraction(int(rng.integers(5, 10)), 10)),
    )
    return made[int(rng.integers(len(made)))]


def events(law: Law, outcomes: list[Any], runs: int, rng: np.random.Generator) -> np.ndarray:
    """Draws from a law as indicators of every event up to complement, `[runs, 2^(k−1) − 1]`."""
    drawn = rng.choice(len(outcomes), size=runs, p=[float(law.table.get(o, 0)) for o in outcomes])
    rest = range(1, len(outcomes))
    chosen = [c for size in rest for c in itertools.combinations(rest, size)]
    return np.stack([np.isin(drawn, c) for c in chosen], 1)


def compare(learner: FiniteLearner, world: World, weight: Fraction, rng: np.random.Generator) -> tuple[str, str, bool]:
    """The exact zone of a world, the sequential verdict, and whether its lower bound on ε exceeds the truth."""
    removed = removed_law(learner, mixed(weight, identity(), retrain(learner)), world.data, world.forget)
    reference = learner.law(without(world.data, world.forget))
    theta = float(delta_bracket(removed, reference, epsilon=Fraction(EPSILON))[1])
    zone = "holds" if theta <= DELTA else "grey" if theta <= DELTA + TOLERANCE else "violated"
    exact = epsilon_bracket(removed, reference, delta=Fraction(DELTA))
    outcomes = list(dict.fromkeys([*removed.table, *reference.table]))
    if len(outcomes) < 2:
        return zone, "SATISFIED", False
    x, y = (events(law, outcomes, PAIRS, rng) for law in (removed, reference))
    verdict = ns.check_samples(ns.Untraining(EPSILON, DELTA), x, y, alpha=ALPHA, beta=BETA, tolerance=TOLERANCE)
    return zone, verdict.status.name, exact is not None and verdict.epsilon_lower > float(exact[1])


def bounded(hits: int, runs: int) -> dict[str, Any]:
    """A count with Clopper–Pearson's one-sided 95 % bounds on its rate."""
    upper = 1.0 if hits == runs else float(beta_law.ppf(0.95, hits + 1, runs - hits))
    return {"hits": hits, "runs": runs, "upper": upper}


def main() -> None:
    """Compare on so many random worlds, and write the counts."""
    started, rng = time.perf_counter(), np.random.default_rng(0)
    every = [w for w in worlds(POINTS, 4) if w.forget]
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    table, above = Counter[tuple[str, str]](), 0
    for _ in range(runs):
        world, weight = every[int(rng.integers(len(every)))], Fraction(int(rng.integers(0, 11)), 10)
        zone, status, exceeds = compare(learners(rng), world, weight, rng)
        table[zone, status] += 1
        above += exceeds
    zones = {z: sum(n for (zone, _), n in table.items() if zone == z) for z in ("holds", "grey", "violated")}
    results = {
        "claim": {
            "epsilon": EPSILON,
            "delta": DELTA,
            "tolerance": TOLERANCE,
            "alpha": ALPHA,
            "beta": BETA,
            "pairs": PAIRS,
        },
        "worlds": runs,
        "table": {f"{zone}, {status}": count for (zone, status), count in sorted(table.items())},
        "lower bound above the exact epsilon": bounded(above, runs),
        "false refutations where the claim holds": bounded(table["holds", "REFUTED"], zones["holds"]),
        "false acceptances where it is violated": bounded(table["violated", "SATISFIED"], zones["violated"]),
        "seconds": round(time.perf_counter() - started, 1),
    }
    text = json.dumps(results, indent=1)
    pathlib.Path(__file__).with_suffix(".json").write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
