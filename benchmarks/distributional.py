"""Distributional unlearning, measured: `python benchmarks/distributional.py`. Writes `benchmarks/distributional.json`.

- frontier: p₁ = N(μ₁, Σ), p₂ = N(μ₂, Σ), Σ random; both divergences estimated from 200 000 draws of each; the least
  KL(p₂‖p) at KL(p₁‖p) ≥ α found by a solver over all means, next to (√α − √κ)² (T17).
- fractions: one dimension, unit variance, n₁ = n₂ = 200 000, mean refit; the least share of p₁ to delete until
  KL(p₁‖p) ≥ κ/2, over 5 draws, next to an earlier simulation's (`TABLE`) and to the population's limit.
- digits: p₁ is one class, p₂ the other nine. The rules look at the hidden units of the MLP trained on all rows; the
  share of p₁ in D to delete until the retrained MLP's recall on held-out rows of p₁ is half of what it was, in steps of
  5 %, for three classes and four draws of each.
"""

import json
import math
import pathlib
import time
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import scipy.optimize

import neverseen as ns
from neverseen.algorithms.removers._layers import features
from neverseen.formal.distributional._frontier import gaussian_frontier
from neverseen.formal.distributional._selection import RULES, random, select
from neverseen.formal.theorems._selection import kept_by_distance, kept_by_ratio, needed

ROWS = 200_000
GAPS = (0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0)
TABLE = {
    "distance": (0.115, 0.11, 0.13, 0.205, 0.33, 0.405, 0.45, 0.475),
    "likelihood-ratio": (0.015, 0.045, 0.10, 0.20, 0.33, 0.405, 0.45, 0.475),
}
LIMITS = {"distance": kept_by_distance, "likelihood-ratio": kept_by_ratio}
SHARES = np.arange(21) / 20


def frontier(dims: int, seed: int) -> list[dict[str, float]]:
    """The sampled frontier of two random Gaussians at five removal levels."""
    rng = np.random.default_rng([dims, seed])
    mix, shift = rng.normal(size=(dims, dims)) + 2 * np.eye(dims), rng.normal(size=dims)
    x1, x2 = (rng.normal(size=(ROWS, dims)) @ mix.T + mean for mean in (0.0, shift))
    precision = np.linalg.inv(mix @ mix.T)
    kappa = shift @ precision @ shift / 2

    def divergence(x: np.ndarray, own: np.ndarray) -> Any:
        """m ↦ the mean over draws of log pᵢ(x)/p(x), p of mean m: quadratic in m, so only the draws' mean is needed."""
        centre = x.mean(0)
        return lambda m: float((m @ precision @ m - own @ precision @ own) / 2 - (m - own) @ precision @ centre)

    away, near = divergence(x1, np.zeros(dims)), divergence(x2, shift)
    rows: list[dict[str, float]] = []
    for level in (0.5, 1.0, 1.5, 2.0, 4.0):
        alpha = level * kappa
        far = {"type": "ineq", "fun": lambda m, a=alpha: away(m) - a}
        starts = [shift + step * rng.normal(size=dims) for step in (0.1, 0.5, 1.0, 2.0)]
        found = [scipy.optimize.minimize(near, start, method="SLSQP", constraints=far) for start in starts]
        best = min(float(one.fun) for one in found if one.success and away(one.x) >= alpha * (1 - 1e-6))
        rows.append({
            "alpha": alpha, "kappa": kappa, "formula": float(gaussian_frontier.host(removal=alpha, separation=kappa)),
            "sampled": best,
        })  # fmt: skip
    return rows


def fraction(rule: str, gap: float, seed: int) -> float:
    """The least share of p₁ to delete, by a rule, until KL(p₁‖p) = (refitted mean)²/2 ≥ κ/2."""
    rng = np.random.default_rng([seed, round(100 * gap)])
    x1, x2 = rng.normal(0, 1, ROWS), rng.normal(gap, 1, ROWS)
    scorer = random(jax.random.key(seed)) if rule == "random" else RULES[rule]
    scores = np.asarray(scorer(jnp.asarray(x1)[:, None], jnp.asarray(x2)[:, None]))
    kept = x1.sum() - np.concatenate([[0.0], np.cumsum(x1[np.argsort(-scores, kind="stable")])])
    means = (kept + x2.sum()) / (2 * ROWS - np.arange(ROWS + 1))
    return float(np.argmax(means >= gap / math.sqrt(2))) / ROWS


def fractions() -> dict[str, Any]:
    """The table, rule by rule."""
    made: dict[str, Any] = {}
    for rule in ("distance", "likelihood-ratio", "random"):
        for i, gap in enumerate(GAPS):
            found = [fraction(rule, gap, seed) for seed in range(5)]
            row = {"mean": round(float(np.mean(found)), 4), "error": round(float(np.std(found, ddof=1) / 5**0.5), 4)}
            if rule in TABLE:
                row |= {"reference": TABLE[rule][i], "limit": round(float(needed(LIMITS[rule], gap)), 4)}
            else:
                row |= {"limit": round(2 - math.sqrt(2), 4)}
            made.setdefault(rule, {})[str(gap)] = row
        print(rule, " ".join(f"{d}:{row['mean']:.3f}" for d, row in made[rule].items()), flush=True)
    return made


LEARNER = ns.learners.mlp(hidden=16, epochs=10)


@jax.jit
def recalls(scenario: ns.Scenario, scores: Any) -> Any:
    """Recall on held-out rows of p₁, and accuracy on the others, after each share is deleted."""

    def after(share: Any) -> Any:
        budget = jnp.round(share * scenario.behaviour.sum()).astype(int)
        kept = scenario.rows.without(select(scores, budget, scenario.behaviour))
        params = LEARNER.fit(jax.random.key(1), kept).params

        def accuracy(rows: ns.Rows) -> Any:
            right = LEARNER.apply(params, rows.x).argmax(1) == rows.y.argmax(1)
            return (right & rows.present).sum() / rows.present.sum()

        return accuracy(scenario.fresh_behaviour), accuracy(scenario.fresh_rest)

    return jax.lax.map(after, jnp.asarray(SHARES))


def digits(label: int, seed: int) -> dict[str, Any]:
    """For each rule, the least share whose deletion halves the recall on held-out rows of the class."""
    full = ns.scenarios.digits("class", 1, seed=seed, label=label)
    rows, asked = full.rows, full.behaviour
    units = features(LEARNER.fit(jax.random.key(0), rows).params, rows.x)
    made: dict[str, Any] = {}
    for name in [*RULES, "random"]:
        rule = random(jax.random.key(seed)) if name == "random" else RULES[name]
        try:
            scores = rule(units, units, asked, rows.present & ~asked)
        except ValueError as error:
            made[name] = str(error)
            continue
        recall, rest = (np.asarray(column) for column in recalls(full, scores))
        low = recall <= recall[0] / 2
        at = int(np.argmax(low)) if low.any() else len(SHARES) - 1
        made[name] = {"share": float(SHARES[at]), "recall": recall.round(3).tolist(), "rest": round(float(rest[at]), 3)}
    return made


def summary(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Mean and standard error over classes and draws of the share that each rule needs."""
    made: dict[str, Any] = {}
    for name in runs[0]:
        shares = [run[name]["share"] for run in runs if isinstance(run[name], dict)]
        if len(shares) < 2:
            made[name] = f"no value in {len(runs) - len(shares)} of {len(runs)} runs: dependent hidden units"
            continue
        error = float(np.std(shares, ddof=1) / len(shares) ** 0.5)
        rest = float(np.mean([run[name]["rest"] for run in runs if isinstance(run[name], dict)]))
        found = {"deleted": round(float(np.mean(shares)), 3), "error": round(error, 3), "runs": len(shares)}
        made[name] = found | {"accuracy on the rest": round(rest, 3)}
    return made


def main() -> None:
    """All three, printed and written."""
    started = time.perf_counter()
    sampled = {f"dims={d}": [row for seed in range(3) for row in frontier(d, seed)] for d in (1, 2, 5)}
    worst = max(
        abs(math.sqrt(max(row["sampled"], 0)) - math.sqrt(row["formula"])) for rows in sampled.values() for row in rows
    )
    print(f"frontier: largest difference of square roots {worst:.4f} over {sum(map(len, sampled.values()))} points")
    table = fractions()
    runs = [digits(label, seed) for label in (0, 3, 8) for seed in range(4)]
    found = summary(runs)
    print(json.dumps(found, indent=1, ensure_ascii=False))
    results = {
        "command": "python benchmarks/distributional.py",
        "frontier": {"draws": ROWS, "largest difference of square roots": round(worst, 5), "points": sampled},
        "fractions": {"draws": ROWS, "target": "KL(p1||p) >= kappa/2", "repeats": 5, "rules": table},
        "digits": {
            "learner": repr(LEARNER), "classes": [0, 3, 8], "draws": 4, "target": "recall on held-out p1 halved",
            "share of p1 deleted": found, "runs": runs,
        },
        "seconds": round(time.perf_counter() - started, 1),
    }  # fmt: skip
    pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")
    print(f"{results['seconds']} s")


if __name__ == "__main__":
    main()
