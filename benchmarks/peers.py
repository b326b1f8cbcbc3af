"""Pairs to refute a claim, ours against tests that assume nothing either: `python benchmarks/peers.py [replications]`.

The same claim at the same α and power on the same laws, side by side in one run: ours as the median and 90 % quantile
of the pairs used, fixed-n rules as the smallest n of a 12 % grid with 50 % and with 90 % power. Where a rule has
several settings the best is shown, chosen afterwards in its favour. jax-privacy comes with `pip install -e
'.[benchmarks]'`. Writes `benchmarks/peers.json`; about eight minutes on one busy core.
"""

import functools
import json
import math
import os
import pathlib
import platform
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import jax
import numpy as np
import peers_rules as rules
import scipy
from peers_laws import POOL, SEED, Draw, normal, pools, shuffled, vector
from peers_rules import Question, Rule

import neverseen as ns
from neverseen.properties.engine._decide import decide
from neverseen.properties.engine._pairs import Block
from neverseen.properties.engine._replicate import replicate
from neverseen.properties.engine._sequential import Terms
from neverseen.properties.selftest._calibration import shift_of

ALPHA, NEVER, STEP = 0.05, 1e-6, 1.12

NOTES = (
    "ours: median and 90 % quantile of pairs to REFUTED; rules: smallest n of the grid with 50 % and with 90 % power",
    "n includes the pairs held out for cuts and those a split is fitted on; no rule knows the sign of a difference",
    "views: of α, Clopper–Pearson with Bonferroni gives half to the loss on S, as our prior does, the rest evenly",
    "jax-privacy's own Bonferroni looks at the loss on S alone with all of α, which favours it on real models",
    "jax-privacy divides by a number of thresholds that depends on the data: right in practice, not proved",
    "independent real pairs take the two arms from different halves of the pool, so 200 pairs is the largest n",
    "apart: GDP and MMD test something else; jax-privacy's epsilon_from_gdp in 2.0.0 is invalid at P = Q",
)


@dataclass(frozen=True)
class Row:
    """A pair of laws and a claim about them."""

    name: str
    ask: Question
    draw: Draw
    top: int
    rules: dict[str, dict[str, Rule]]
    apart: dict[str, dict[str, Rule]]
    runs: int
    ours: int

    @property
    def several(self) -> bool:
        """Whether models are seen through more than one number."""
        return any(values.shape[1] > 1 for values in self.draw(0, 2)[0].values())

    def terms(self) -> Terms:
        claim = ns.Untraining(self.ask.epsilon, self.ask.delta)
        return Terms(claim, alpha=self.ask.alpha, beta=0.05, tolerance=NEVER, budget=self.top)


def cuts_of_a_number() -> dict[str, Rule]:
    """The settings of Clopper–Pearson with Bonferroni: of one number also a grid that happens to suit the laws."""
    grids = {f"{m} cuts on −2 … 3": rules.bonferroni(m, 0, (-2.0, 3.0)) for m in (6, 11)}
    return cuts_of_views() | grids


def cuts_of_views() -> dict[str, Rule]:
    settings = ((1, 4), (4, 8), (16, 8), (16, 16))
    return {f"{m} quantiles of {held} pairs held out": rules.bonferroni(m, held) for m, held in settings}


def peers(views: str) -> dict[str, dict[str, Rule]]:
    """Every valid rule of a row, with its settings; `views` is "number", "vector" or the one-number view to look at."""
    jax_rules: dict[str, Rule] = {}
    if views != "vector":
        jax_rules["one number, own Bonferroni"] = rules.jax_bonferroni("v" if views == "number" else views)
    if views != "number":
        jax_rules["half to fit number and sign"] = rules.jax_fitted
    found = {
        "Clopper–Pearson, Bonferroni": cuts_of_a_number() if views == "number" else cuts_of_views(),
        "Clopper–Pearson, split": {"halves": rules.split},
        "single binomial, split": {"halves": rules.binomial},
    }
    return found | ({"jax-privacy, Clopper–Pearson": jax_rules} if rules.auditing else {})


def rows_of_numbers(runs: int) -> Iterator[Row]:
    """Four claims on the mean of a normal law, with either sign, and one whose pairs share a seed."""
    four = (((0.5, 0.01), 1.0, 1200), ((1.0, 0.01), 1.0, 5500), ((1.0, 0.01), 2.0, 600), ((0.0, 0.05), 0.5, 3000))
    for claim, mean, top in four:
        for sign in (1, -1):
            first = claim == (0.5, 0.01) and sign == 1
            apart = {"GDP (parametric)": {"16 cuts": rules.gdp}} if sign == 1 else {}
            apart |= {"MMD, 99 permutations (P = Q)": {"": rules.mmd}} if first else {}
            kinds, name = peers("number"), f"{claim}, N({sign * mean:g}, 1)"
            if first and rules.auditing:  # it takes long, and its other way is better on every row
                kinds["jax-privacy, its own split"] = {"": rules.jax_split}
            yield Row(name, Question(*claim, ALPHA), normal(sign * mean), top, kinds, apart, runs, 4 * runs)
    ask = Question(0.5, 0.01, 1e-4)
    yield Row(f"{(0.5, 0.01)}, N(1, 1), α = 0.0001", ask, normal(1.0), 2400, peers("number"), {}, runs, 4 * runs)
    ask = Question(0.5, 0.01, ALPHA, shared=True)
    yield Row(
        f"{(0.5, 0.01)}, N(1, 1), correlation .9", ask, normal(1.0, 0.9), 1200, peers("number"), {}, runs, 4 * runs
    )


def rows_of_vectors(runs: int) -> Iterator[Row]:
    for width, mean in ((10, 1.0), (50, 1.0), (50, 2.0)):
        name, ask = f"{(0.5, 0.01)}, N({mean:g} u, I), d = {width}", Question(0.5, 0.01, ALPHA)
        yield Row(name, ask, vector(width, mean), 4000, peers("vector"), {}, max(20, 2 * runs // 5), max(4, runs // 5))


def rows_of_pools(runs: int) -> Iterator[Row]:
    removers = {"do nothing": ns.removers.do_nothing(), "fine-tune": ns.removers.finetune()}
    removers["NegGrad+"] = ns.removers.neg_grad_plus()
    for forget in ("mislabelled", "random"):
        some = removers if forget == "mislabelled" else dict(list(removers.items())[:2])
        for name, x, y in pools(forget, some):
            for shared, alpha in ((True, ALPHA), (False, ALPHA), (True, 1e-4)):
                if alpha == ALPHA or "do nothing" in name:
                    label = f"{name}, {'shared seeds' if shared else 'independent'}, α = {alpha:g}"
                    ask, law = Question(1.0, 0.05, alpha, "loss on S", shared), shuffled(x, y, shared)
                    top, orders = POOL if shared else POOL // 2, max(4, runs // (5 if forget == "random" else 10))
                    yield Row(label, ask, law, top, peers("loss on S"), {}, max(20, 2 * runs // 5), orders)


def sizes(top: int) -> list[int]:
    """The grid of n."""
    return sorted({round(8 * STEP**i) for i in range(80) if 8 * STEP**i <= top} | {top})


def least(row: Row, rule: Rule, wanted: tuple[float, float]) -> list[int | None]:
    """The smallest n of the grid with each power: by bisection, then down the grid as long as the power holds."""
    grid = sizes(row.top)

    @functools.cache
    def power(i: int) -> float:
        draws = (row.draw(r, grid[i]) for r in range(row.runs))
        return float(np.mean([rule(x, y, row.ask, np.random.default_rng([SEED, r])) for r, (x, y) in enumerate(draws)]))

    def smallest(target: float) -> int | None:
        low, high = 0, len(grid) - 1
        if max(power(high), power(high - 1)) < target:
            return None
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if power(middle) >= target else (middle + 1, high)
        below = [i for i in range(max(0, low - 2), low) if power(i) >= target]
        return grid[min([*below, low])]

    return [smallest(target) for target in wanted]


def ours(row: Row) -> list[float]:
    """Pairs to REFUTED in every replication; infinity where the budget ended first."""
    if row.several:
        return [_decided(row, r) for r in range(row.ours)]
    drawn = [row.draw(r, row.top) for r in range(row.ours)]
    x, y = (np.stack([pair[arm]["v"].T for pair in drawn]) for arm in (0, 1))
    found = replicate(row.terms(), x, y)
    return np.where(found.refuted, found.pairs, np.inf).tolist()


def _decided(row: Row, r: int) -> float:
    x, y = row.draw(r, row.top)
    blocks = (
        Block(*({view: values[i : i + 32] for view, values in arm.items()} for arm in (x, y)), None)
        for i in range(0, row.top, 32)
    )
    outcome = decide(row.terms(), blocks, (row.ask.designated,), 1e-3)
    return float(outcome.pairs) if outcome.status is ns.Status.REFUTED else math.inf


def compare(row: Row) -> dict[str, Any]:
    """Ours and every rule on one row."""
    started, used = time.perf_counter(), ours(row)
    median, p90 = np.median(used), np.quantile(used, 0.9, method="higher")
    seconds = {"ours": time.perf_counter() - started}
    out: dict[str, Any] = {"ours": {"median": tidy(median), "p90": tidy(p90), "replications": len(used)}}
    for part, kinds in (("peers", row.rules), ("apart", row.apart)):
        out[part] = {}
        for name, settings in kinds.items():
            began = time.perf_counter()
            found = {setting: least(row, rule, (0.5, 0.9)) for setting, rule in settings.items()}
            out[part][name] = best = {}
            for i, power in enumerate(("50 %", "90 %")):
                n, setting = min((f[i] or math.inf, setting) for setting, f in found.items())
                best[power] = {"n": tidy(n), "setting": setting if n < math.inf else ""}
            seconds[name] = time.perf_counter() - began
    for power, mine, label in (("50 %", median, "median"), ("90 %", p90, "p90")):
        best = {name: peer[power]["n"] or math.inf for name, peer in out["peers"].items()}
        out["ours"][f"{label} beaten by"] = [name for name, n in best.items() if n < mine]
    limits = {"largest n": row.top, "replications of rules": row.runs}
    return out | limits | {"seconds": {name: round(s, 1) for name, s in seconds.items()}}


def tidy(n: float) -> float | None:
    return None if math.isinf(n) else float(n)


def false_refutations(runs: int, pairs: int = 300) -> dict[str, Any]:
    """How often each rule refutes on the claim's edge and at P = Q; and what jax_privacy's GDP bound claims there."""
    out: dict[str, Any] = {"runs": runs, "pairs": pairs, "alpha": ALPHA}
    for name, shift in (("θ = δ", shift_of(0.5, 0.01)), ("P = Q", 0.0)):
        kinds = peers("number")
        row = Row(name, Question(0.5, 0.01, ALPHA), normal(shift), pairs, kinds, {}, runs, runs)
        drawn = [row.draw(r, pairs) for r in range(runs)]
        out[name] = {"ours": sum(n < math.inf for n in ours(row))}
        for kind, settings in kinds.items():
            for setting, rule in settings.items():
                hits = [rule(x, y, row.ask, np.random.default_rng([SEED, r])) for r, (x, y) in enumerate(drawn)]
                out[name][f"{kind}: {setting}"] = int(sum(hits))
    if rules.auditing:
        bounds = [
            rules.auditing.CanaryScoreAuditor(x["v"][:, 0], y["v"][:, 0]).epsilon_from_gdp(ALPHA, 0.01)
            for x, y in drawn
        ]
        claims = {"claims ε > 0": int(sum(b > 0 for b in bounds)), "median ε": float(np.median(bounds))}
        out["invalid: jax-privacy epsilon_from_gdp at P = Q"] = claims | {"version": rules.JAX_PRIVACY}
    return out


def show(name: str, found: dict[str, Any]) -> None:
    mine = found["ours"]
    print(f"\n{name}\n  {'ours':34s} {cell(mine['median']):>8s} {cell(mine['p90']):>8s}")
    for part in ("peers", "apart"):
        for peer, best in found[part].items():
            left, right = best["50 %"], best["90 %"]
            mark = "apart: " if part == "apart" else ""
            print(f"  {mark + peer:34s} {cell(left['n']):>8s} {cell(right['n']):>8s}  {left['setting']}", flush=True)


def cell(n: float | None) -> str:
    return "–" if n is None else f"{n:.0f}"


def main() -> None:
    """Compare on every row, print the table and write it."""
    started, load = time.perf_counter(), os.getloadavg()[0]
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    ns.pools.use_host_cores()
    print("row; pairs at 50 % (median) and 90 % power; – is more than the largest n")
    table: dict[str, Any] = {}
    for rows in (rows_of_numbers, rows_of_vectors, rows_of_pools):
        for row in rows(runs):
            table[row.name] = compare(row)
            show(row.name, table[row.name])
    beaten = {
        f"{name}, {label}": found["ours"][f"{label} beaten by"]
        for name, found in table.items()
        for label in ("median", "p90")
        if found["ours"][f"{label} beaten by"]
    }
    versions = {"python": platform.python_version(), "jax-privacy": rules.JAX_PRIVACY}
    versions |= {m.__name__: m.__version__ for m in (np, scipy, jax)}
    results = {
        "notes": NOTES,
        "command": f"python benchmarks/peers.py {runs}",
        "machine": {"cores": os.cpu_count(), "load at start": round(load, 1), "platform": platform.machine()},
        "versions": versions,
        "terms": {"alpha": ALPHA, "tolerance": NEVER, "grid": STEP, "pool": POOL, "seed": SEED},
        "rows": table,
        "rows where a valid peer needs fewer": beaten,
        "false refutations": false_refutations(4 * runs),
        "seconds": round(time.perf_counter() - started, 1),
    }
    pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")
    print(f"\na valid peer needs fewer on: {json.dumps(beaten, ensure_ascii=False, indent=1)}\n{results['seconds']} s")


if __name__ == "__main__":
    main()
