"""What one model and one removal can show: `python benchmarks/one_run.py [audits [nulls]]`.

*Power.* An MLP on 1024 digits (D₀) and S, drawn by a fair coin for each of 100, 1000 or 10 000 canaries: other digits
under some noise, with a label drawn at random. All of S is removed in one request, by doing nothing, by ten epochs
of fine-tuning on D₀, or by a retrain on D₀. A canary's score is minus the loss of its label; half of the candidates are
guessed, as was fixed beforehand. How often is (1, 1e-5) refuted at α = .01, over audits with coins and seeds of their
own, and how large is the bound of ε?

*False bounds.* Removals that keep (ε, δ) exactly, simulated through `audit_one_run`'s own p-value and bound: the exact
untrainer, one that publishes S with probability δ, and the mechanism at the boundary, e^ε times as likely as A(D₀) to
give just as many right guesses as refute, or more, and S with probability δ. How often is the claim refuted or the
bound above ε? Exact 99.9 % intervals.
"""

import functools
import json
import math
import platform
import sys
import time
from pathlib import Path
from typing import Any

import jax
import numpy as np
from scipy import stats

import neverseen as ns
from neverseen.formal.definitions._scenario import Rows
from neverseen.properties.external._one_run import _p_and_bound

OUT = Path(__file__).with_suffix(".json")
EPSILON, ALPHA = 1.0, 0.01
LEARNER = ns.learners.mlp(epochs=40)
CANARIES = (100, 1000, 10_000)
REMOVERS = ("do-nothing", "fine-tune", "retrain")


@functools.cache
def digits() -> tuple[Rows, np.ndarray]:
    """D₀, and the pictures that canaries are made of."""
    whole = ns.scenarios.digits(forget="random", rows=1760)
    x, y = np.asarray(whole.rows.x), np.asarray(whole.rows.y)
    return Rows(x[:1024], y[:1024], np.ones(1024, bool)), x[1024:]


def candidates(m: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Pictures `[m, 64]` and labels `[m, 10]`, which no other row explains."""
    _, pictures = digits()
    x = pictures[rng.integers(0, len(pictures), m)] + rng.normal(0, 0.3, (m, 64))
    return x.astype(np.float32), np.eye(10, dtype=np.float32)[rng.integers(0, 10, m)]


@functools.cache
def trained() -> Any:
    """Training, compiled once for each number of rows."""
    return jax.jit(LEARNER.fit)


@functools.cache
def finetuned() -> Any:
    """Ten epochs on D₀, compiled as well."""
    remover = ns.removers.finetune(epochs=10)
    return jax.jit(
        lambda key, model, rows, forget: getattr(found := remover(key, model, rows, forget), "params", found)
    )


def published(remover: str, coins: np.ndarray, x: np.ndarray, y: np.ndarray, seed: int) -> Any:
    """The model after the removal of S."""
    base, _ = digits()
    every = Rows(np.concatenate([base.x, x]), np.concatenate([base.y, y]), np.concatenate([base.present, coins]))
    kept = Rows(every.x, every.y, np.concatenate([base.present, np.zeros(len(coins), bool)]))
    key = jax.random.key(seed)
    if remover == "retrain":
        return trained()(jax.random.fold_in(key, 1), kept)
    model = trained()(key, every)
    if remover == "do-nothing":
        return model
    forget = np.concatenate([np.zeros(1024, bool), coins])
    return finetuned()(jax.random.fold_in(key, 2), model, every, forget)


def audited(remover: str, m: int, seed: int) -> ns.OneRunAudit:
    """One audit, from the coins to the bound."""
    rng = np.random.default_rng([seed, m])
    coins, (x, y) = rng.random(m) < 0.5, candidates(m, rng)
    model = published(remover, coins, x, y, seed)
    params = getattr(model, "params", model)
    scores = -np.asarray(LEARNER.loss(LEARNER.apply(params, x), y))
    return ns.audit_one_run(scores, coins, guesses=m // 2, epsilon=EPSILON, alpha=ALPHA)


def power(audits: int) -> list[dict[str, Any]]:
    """How often each removal is refuted, and the bounds."""
    rows: list[dict[str, Any]] = []
    for m in CANARIES:
        for remover in REMOVERS:
            found = [audited(remover, m, seed) for seed in range(audits)]
            rows.append({
                "remover": remover, "canaries": m, "guesses": m // 2, "audits": audits,
                "refuted": sum(one.refuted for one in found) / audits,
                "right guesses": round(float(np.mean([one.right / one.guesses for one in found])), 4),
                "median bound of epsilon": round(float(np.median([one.epsilon_lower for one in found])), 3),
            })  # fmt: skip
            print(rows[-1], flush=True)
    return rows


def rights(mechanism: str, guesses: int, delta: float, least: int, nulls: int, rng: np.random.Generator) -> np.ndarray:
    """How many guesses are right of removals that keep the claim."""
    plain = rng.binomial(guesses, 0.5, nulls)
    if mechanism == "boundary":
        tail = float(stats.binom.sf(least - 1, guesses, 0.5))
        at = np.arange(guesses + 1)
        law = stats.binom.pmf(at, guesses, 0.5)
        inside = law * (at >= least) / tail
        outside = law * (at < least) / (1 - tail)
        share = min(1.0, math.exp(EPSILON) * tail)
        plain = rng.choice(at, nulls, p=share * inside + (1 - share) * outside)
    if mechanism == "exact":
        return plain
    return np.where(rng.random(nulls) < delta, guesses, plain)


def false_bounds(nulls: int) -> list[dict[str, Any]]:
    """How often a removal that keeps the claim is refuted, or its bound above ε."""
    rows: list[dict[str, Any]] = []
    for guesses in (50, 500, 5000):
        for alpha, delta in ((0.01, 1e-5), (0.05, 0.01)):
            tests = [_p_and_bound(guesses, right, EPSILON, delta, alpha) for right in range(guesses + 1)]
            wrong = np.array([p <= alpha or bound > EPSILON for p, bound in tests])
            least = int(np.argmax(wrong))
            for mechanism in ("exact", "publishes S with probability δ", "boundary"):
                rng = np.random.default_rng([len(rows), 18])
                count = int(wrong[rights(mechanism, guesses, delta, least, nulls, rng)].sum())
                low, high = stats.binomtest(count, nulls).proportion_ci(0.999)
                rows.append({
                    "mechanism": mechanism, "guesses": guesses, "alpha": alpha, "delta": delta, "nulls": nulls,
                    "false": count, "rate": count / nulls, "at least": round(float(low), 5),
                    "at most": round(float(high), 5), "holds": bool(low <= alpha),
                })  # fmt: skip
    return rows


def main() -> None:
    """Both tables, into one_run.json."""
    audits, nulls = ([int(word) for word in sys.argv[1:]] + [20, 100_000][len(sys.argv) - 1 :])[:2]
    started = time.perf_counter()
    found = {"epsilon": EPSILON, "machine": platform.machine(), "false bounds": false_bounds(nulls)}
    print(max(row["rate"] / row["alpha"] for row in found["false bounds"]), flush=True)
    found |= {"power": power(audits), "seconds": round(time.perf_counter() - started)}
    OUT.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
