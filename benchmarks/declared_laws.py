"""What the tests of a declared noise promise and see: `python benchmarks/declared_laws.py [--quick]`.

- *false alarms*: right noise in both arms, float32 models around random centres, in blocks of 32 as a check sees them,
  and once with a σ as near to their rounding as is admitted. The p-value of the whole test, all looks and both arms, is
  below the level in at most that share: with the exact 99.9 % upper bound of the rate, and whether its 99.9 % lower
  bound is at most the level.
- *power*: one arm publishes something else; the share of series doubted (level 1e-3 a check) by so many runs, and the
  least runs at which that is .9 ("short" where 512 are not enough). A mean is given by its length, spread over all
  parameters alike.
- *stated*: the departures that a certificate's sentence says would have been seen with probability 90 %, drawn.
- *cost*: pairs until equal laws are certified, where the library draws the noise and where a user declares it, by
  claim: what bounding σ of both arms costs.

Writes `benchmarks/declared_laws.json`.
"""

import json
import os
import pathlib
import sys
import time
from collections.abc import Callable
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import scipy.special

from neverseen.properties.engine._coupling import KNOWN, Coupler, Noise
from neverseen.properties.engine._residuals import LEVEL, Residuals, seen_off
from neverseen.properties.selftest._calibration import lower_bound, upper_bound

SIGMA, BLOCK, MOST = 0.1, 32, 16
LEVELS = (0.05, 0.01, 1e-3, 1e-9)
RUNS = (32, 64, 128, 256, 512)
SIZES = (1, 3, 8, 62)
FINE = 5e-4
CELLS = (
    (1, 2, SIGMA, 1.0), (3, 2, SIGMA, 1.0), (8, 2, SIGMA, 1.0), (62, 2, SIGMA, 1.0), (2, 2, SIGMA, 0.2),
    (1, 2, FINE, 0.5), (8, 2, FINE, 0.3), (1, 16, SIGMA, 0.2), (3, 8, SIGMA, 0.1), (62, 8, SIGMA, 0.04),
)  # fmt: skip
"""Parameters, blocks, σ, and the share of the series asked for."""

Draw = Callable[[np.random.Generator, int], np.ndarray]
"""`(rng, p) -> [BLOCK, p]`: a block of standardised noise."""


def ideal(rng: np.random.Generator, p: int) -> np.ndarray:
    return rng.normal(size=(BLOCK, p))


def scaled(by: float) -> Draw:
    return lambda rng, p: by * ideal(rng, p)


def moved(by: float) -> Draw:
    return lambda rng, p: ideal(rng, p) + by / np.sqrt(p)


def copied(sign: float) -> Draw:
    def draw(rng: np.random.Generator, p: int) -> np.ndarray:
        half = rng.normal(size=(BLOCK, (p + 1) // 2))
        return np.concatenate([half, sign * half], 1)[:, :p]

    return draw


def one_length(rng: np.random.Generator, p: int) -> np.ndarray:
    noise = ideal(rng, p)
    return noise / np.linalg.norm(noise, axis=1, keepdims=True) * np.sqrt(p)


def quantiles(rng: np.random.Generator, p: int) -> np.ndarray:
    return rng.permuted(np.tile(scipy.special.ndtri((np.arange(p) + 0.5) / p), (BLOCK, 1)), axis=1)


def regular(rng: np.random.Generator, p: int) -> np.ndarray:
    """Permuted quantiles, with the norm of each run drawn as it should be."""
    noise = quantiles(rng, p)
    return noise / np.linalg.norm(noise[0]) * np.sqrt(rng.chisquare(p, size=(BLOCK, 1)))


def random_scale(rng: np.random.Generator, p: int) -> np.ndarray:
    """Each run has .5 or 1.32 σ: right in the mean square."""
    return ideal(rng, p) * rng.choice([0.5, np.sqrt(1.75)], size=(BLOCK, 1))


def bare_half(rng: np.random.Generator, p: int) -> np.ndarray:
    return ideal(rng, p) * (np.arange(p) < p // 2)


def used_again(rng: np.random.Generator, p: int) -> np.ndarray:
    """Eight draws for all runs of a block."""
    return ideal(rng, p)[rng.integers(8, size=BLOCK)]


WRONG: dict[str, Draw] = {
    "σ 5 % too large": scaled(1.05),
    "σ 5 % too small": scaled(0.95),
    "σ 10 % too large": scaled(1.1),
    "σ 10 % too small": scaled(0.9),
    "halves copied": copied(1.0),
    "halves mirrored": copied(-1.0),
    "no noise": scaled(0.0),
    "noise on half of the coordinates": bare_half,
    "one length": one_length,
    "permuted quantiles": quantiles,
    "permuted quantiles, right norms": regular,
    "a random scale": random_scale,
    "draws used again": used_again,
} | {f"another centre, {by:g} σ away": moved(by) for by in (0.5, 0.9, 1.5, 3.0)}
ALONE = ("halves copied", "halves mirrored", "noise on half of the coordinates", "permuted quantiles, right norms")
"""What needs two parameters at least."""


def seen(arm: Residuals, rng: np.random.Generator, p: int, draw: Draw) -> float:
    """The p-value after one more block of float32 models around random centres."""
    centres = rng.normal(size=(BLOCK, p)).astype(np.float32)
    published = (centres + arm.sigma * draw(rng, p)).astype(np.float32)
    try:
        arm.see(published, centres)
    except ValueError:
        return 0.0
    return arm.chance


def alarms(p: int, blocks: int, sigma: float, series: int) -> dict[str, Any]:
    """Rates at which right noise is doubted, at several levels."""
    rng, least = np.random.default_rng([p, blocks]), np.ones(series)
    for i in range(series):
        arms = [Residuals(name, sigma) for name in ("removed", "reference")]
        for _ in range(blocks):
            least[i] = min(least[i], *(seen(arm, rng, p, ideal) for arm in arms))
    rows = {}
    for level in LEVELS:
        count = int((least < level).sum())
        low = lower_bound(count, series)
        high = upper_bound(count, series, 0.999)
        rows[f"{level:g}"] = {"alarms": count, "rate": count / series, "upper": high, "kept": low <= level}
    return {"parameters": p, "runs": blocks * BLOCK, "σ": sigma, "series": series, "levels": rows}


def power(p: int, name: str, series: int) -> dict[str, Any]:
    """By runs, the share of series doubted by then."""
    rng, found = np.random.default_rng([p, len(name)]), np.zeros(MOST + 1)
    for _ in range(series):
        arm = Residuals("removed", SIGMA)
        at = next((b for b in range(1, MOST + 1) if seen(arm, rng, p, WRONG[name]) < LEVEL), None)
        if at is not None:
            found[at:] += 1
    shares = {runs: float(found[runs // BLOCK] / series) for runs in RUNS}
    enough = next((b * BLOCK for b in range(1, MOST + 1) if found[b] >= 0.9 * series), "short")
    return {"parameters": p, "law": name, "series": series, "power": shares, "runs for .9": enough}


def stated(p: int, blocks: int, series: int) -> dict[str, Any]:
    """How often the departures of the sentence are seen by so many runs."""
    off, mean = seen_off(blocks * BLOCK, p, blocks)
    rng, rates = np.random.default_rng([p, blocks, 1]), {}
    for name, draw in {"σ larger": scaled(1 + off), "σ smaller": scaled(1 - off), "mean": moved(mean)}.items():
        hit = 0
        for _ in range(series):
            arm = Residuals("removed", SIGMA)
            hit += any(seen(arm, rng, p, draw) < LEVEL for _ in range(blocks))
        rates[name] = hit / series
    return {"parameters": p, "runs": blocks * BLOCK, "σ off by": off, "mean off by": mean, "seen": rates}


def cost(epsilon: float, delta: float, declared: bool, seed: int = 0, p: int = 62, most: int = 320) -> float:
    """Pairs until equal laws are certified; ∞: more than 10 240."""
    coupler, rng, squares = Coupler(epsilon, delta, 0.025), np.random.default_rng(seed), np.zeros(2)
    for block in range(1, most + 1):
        freedom = block * BLOCK * p
        squares += rng.chisquare(BLOCK * p, 2)
        noise = Noise(p, block, tuple((freedom, float(s)) for s in squares)) if declared else KNOWN
        at = coupler.play(np.zeros(BLOCK), noise)
        if at is not None:
            return (block - 1) * BLOCK + at + 1
    return np.inf


def costs(epsilon: float, delta: float, series: int) -> dict[str, Any]:
    """The same as a median with its range over series, and where σ is known."""
    found = [cost(epsilon, delta, True, seed) for seed in range(series)]
    shown = {name: str(float(f(found))) for name, f in (("least", min), ("median", np.median), ("most", max))}
    return {"epsilon": epsilon, "delta": delta, "known": cost(epsilon, delta, False), "declared": shown}


def main() -> None:
    """Run all and write the table."""
    share, started = (0.02 if "--quick" in sys.argv else 1.0), time.perf_counter()
    found: dict[str, Any] = {"level": LEVEL, "share": share}
    found["false alarms"] = [_told(alarms(p, b, sigma, int(10_000 * share * part))) for p, b, sigma, part in CELLS]
    wanted = [(p, name) for p in SIZES for name in WRONG if p > 1 or name not in ALONE]
    found["power"] = [_told(power(p, name, max(int(100 * share), 10))) for p, name in wanted]
    cells = ((1, 4), (3, 4), (62, 2), (62, 4))
    found["stated"] = [_told(stated(p, blocks, max(int(300 * share), 20))) for p, blocks in cells]
    claims = ((0.0, 0.05), (0.1, 0.05), (0.5, 0.05), (1.0, 0.05), (3.0, 0.05), (1.0, 0.01))
    found["cost"] = [_told(costs(e, d, 5 if e == 0 or share < 1 else 21)) for e, d in claims]
    found["seconds"] = round(time.perf_counter() - started)
    path = pathlib.Path(__file__).with_suffix(".json")
    path.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")


def _told(row: dict[str, Any]) -> dict[str, Any]:
    print(json.dumps(row, ensure_ascii=False), flush=True)
    return row


if __name__ == "__main__":
    main()
