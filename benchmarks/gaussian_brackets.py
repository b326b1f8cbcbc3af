"""Brackets of unequal Gaussians against 10⁷ samples: `python benchmarks/gaussian_brackets.py` (about two minutes).

For random pairs in d = 1 … 10, both directions: the bracket of H_{e^ε}, its width, and where a Monte Carlo estimate
lies, in its own standard errors beyond the bracket (0: inside). Writes `benchmarks/gaussian_brackets.json`.
"""

import json
import math
import pathlib
import time
from typing import Any

import numpy as np

from neverseen.formal.laws._gaussian import Gaussian, profile

EPSILON, SAMPLES, CHUNK, TOLERANCE = 0.5, 10_000_000, 500_000, 1e-3


def pair(d: int, rng: np.random.Generator) -> tuple[Gaussian, Gaussian]:
    """Two laws with different means and covariances."""
    roots = [np.eye(d) + 0.3 * rng.normal(size=(d, d)) / math.sqrt(d) for _ in range(2)]
    first, second = (Gaussian(rng.normal(size=d) / math.sqrt(d), root @ root.T) for root in roots)
    return first, second


def log_density(law: Gaussian, x: np.ndarray) -> np.ndarray:
    """ln density at each row."""
    root = np.linalg.cholesky(law.covariance)
    z = np.linalg.solve(root, (x - law.mean).T)
    return -0.5 * (z**2).sum(0) - np.log(np.diag(root)).sum()


def estimate(p: Gaussian, q: Gaussian, rng: np.random.Generator) -> tuple[float, float]:
    """E_P (1 − e^{ε − L})₊ with L the log likelihood ratio, and its standard error."""
    root, total, squares = np.linalg.cholesky(p.covariance), 0.0, 0.0
    for _ in range(SAMPLES // CHUNK):
        x = p.mean + rng.normal(size=(CHUNK, len(p.mean))) @ root.T
        value = np.maximum(-np.expm1(EPSILON - log_density(p, x) + log_density(q, x)), 0)
        total, squares = total + float(value.sum()), squares + float((value**2).sum())
    mean = total / SAMPLES
    return mean, math.sqrt((squares / SAMPLES - mean**2) / SAMPLES)


def row(d: int, rng: np.random.Generator) -> list[dict[str, Any]]:
    """Both directions of one pair."""
    p, q = pair(d, rng)
    out = []
    for name, first, second in (("forward", p, q), ("backward", q, p)):
        started = time.perf_counter()
        bracket = profile(first, second, EPSILON, TOLERANCE)
        seconds = time.perf_counter() - started
        mean, error = estimate(first, second, rng)
        beyond = max(bracket.lower - mean, mean - bracket.upper, 0.0) / max(error, 1e-12)
        seen = {"width": bracket.width, "seconds": round(seconds, 3), "estimate": mean}
        out.append({"d": d, "direction": name} | seen | {"standard_errors_outside": round(beyond, 2)})
    return out


def main() -> None:
    """All dimensions, printed and written."""
    rng = np.random.default_rng(0)
    rows = [line for d in (1, 2, 3, 5, 8, 10) for line in row(d, rng)]
    text = json.dumps({"epsilon": EPSILON, "samples": SAMPLES, "rows": rows}, indent=1)
    pathlib.Path(__file__).with_suffix(".json").write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
