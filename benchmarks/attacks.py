"""W5, likelihood-ratio attacks on 1000 rows of S by 512 runs, side by side: `python benchmarks/attacks.py`.

The metric U-LiRA as `ns.metrics` computes it, against a loop over rows (SciPy's Gaussian densities, scikit-learn's area
under the curve: how it is usually written) and against numpy on all rows at once with ranks from one `argsort`. Equal
margins, values compared. Medians of five rounds, contestants interleaved, the loop timed on 100 rows and scaled by
ten. Writes `benchmarks/attacks.json`.

W4, a permutation test by the MMD, has no counterpart here: shared-seed pairs must not be fed to a permutation test
(their arms are not exchangeable), and the engine bets instead.
"""

import json
import os
import pathlib
import platform
import statistics
import time
from collections.abc import Callable

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from neverseen.properties.metrics._membership import U_LIRA

RUNS, ROWS, SOME, ROUNDS = 512, 1000, 100, 5
Array = np.ndarray


def library(p: Array, r: Array) -> float:
    removed, reference = {"margins on S": p}, {"margins on S": r}
    return U_LIRA.value(removed, reference, reference)


def folds(p: Array, r: Array) -> list[tuple[Array, Array, Array, Array]]:
    """Runs that give the moments, and runs that are scored, both ways round."""
    even, odd = slice(0, None, 2), slice(1, None, 2)
    return [(p[a], r[a], p[b], r[b]) for a, b in ((odd, even), (even, odd))]


def loop(p: Array, r: Array) -> float:
    """Row by row."""
    found: list[float] = []
    for fitted_p, fitted_r, scored_p, scored_r in folds(p, r):
        label = np.repeat([1, 0], [len(scored_p), len(scored_r)])
        for row in range(p.shape[1]):
            a, b = fitted_p[:, row], fitted_r[:, row]
            scored = np.concatenate([scored_p[:, row], scored_r[:, row]])
            score = norm.logpdf(scored, a.mean(), a.std()) - norm.logpdf(scored, b.mean(), b.std())
            found.append(roc_auc_score(label, score))
    return float(np.mean(found))


def at_once(p: Array, r: Array) -> float:
    """All rows as columns: the area is a sum of ranks."""
    found: list[float] = []
    for fitted_p, fitted_r, scored_p, scored_r in folds(p, r):
        scored = np.concatenate([scored_p, scored_r])
        logs = [-0.5 * ((scored - a.mean(0)) / a.std(0)) ** 2 - np.log(a.std(0)) for a in (fitted_p, fitted_r)]
        order = np.argsort(logs[0] - logs[1], axis=0)
        ranks = np.empty_like(order)
        np.put_along_axis(ranks, order, np.arange(len(scored))[:, None], axis=0)
        n, m = len(scored_p), len(scored_r)
        found.append(float((ranks[:n].sum(0) - n * (n - 1) / 2).mean() / (n * m)))
    return float(np.mean(found))


def seconds(call: Callable[[Array, Array], float], *given: Array) -> float:
    started = time.perf_counter()
    call(*given)
    return time.perf_counter() - started


def main() -> None:
    """Measure, print and write."""
    rng = np.random.default_rng(0)
    p, r = rng.normal(rng.normal(0, 0.5, ROWS), 1, (RUNS, ROWS)), rng.normal(0, 1, (RUNS, ROWS))
    few = p[:, :SOME], r[:, :SOME]
    apart = max(abs(library(*few) - other(*few)) for other in (loop, at_once))
    taken: dict[str, list[float]] = {"library": [], "numpy at once": [], "loop over rows": []}
    for _ in range(ROUNDS):
        taken["library"].append(seconds(library, p, r))
        taken["numpy at once"].append(seconds(at_once, p, r))
        taken["loop over rows"].append(seconds(loop, *few) * ROWS / SOME)
    medians = {name: statistics.median(each) for name, each in taken.items()}
    results = {
        "command": "python benchmarks/attacks.py",
        "machine": {"cores": os.cpu_count(), "platform": platform.machine()},
        "runs": RUNS,
        "rows": ROWS,
        "largest difference of values": apart,
        "seconds": {name: round(value, 4) for name, value in medians.items()},
        "times the library's": {name: round(value / medians["library"], 2) for name, value in medians.items()},
    }
    pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(results, indent=1) + "\n")
    print(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
