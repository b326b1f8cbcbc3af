"""What tuning is worth, with the reference and without: `python benchmarks/tuning.py`.

Untraining 16 of 32 rows of digits (512 rows, MLP), two behaviours, two untrainers. Settings are tuned in 24 trials on
32 runs in either mode; then defaults, both tuned removers and doing nothing are measured on 32 other runs *against the
reference*, also those whose tuner never saw it. It writes `benchmarks/tuning.json`.
"""

import json
import pathlib
import time
from typing import Any

import neverseen as ns
from neverseen.formal._codec import to_plain
from neverseen.properties.checks._tune import _gain, _interval  # pyright: ignore[reportPrivateUsage]
from neverseen.properties.checks._tuning_runs import Phase, with_reference
from neverseen.properties.runs._run_pools import streams

CLAIM, LEARNER, RUNS, TRIALS = ns.Untraining(1.0, 0.05), ns.learners.mlp(), 32, 24


def main() -> None:
    """Tune each in both modes, and measure all against the reference."""
    ns.pools.use_host_cores()
    ns.pools.keep_compiled()
    started, rows = time.perf_counter(), list[dict[str, Any]]()
    for behaviour in ("class", "near-duplicates"):
        scenario = ns.scenarios.digits(forget=behaviour, size=16, full=32, rows=512)
        fresh = with_reference(CLAIM, LEARNER, scenario, streams(scenario, 0), RUNS, None)
        for name in ("npo", "neg_grad_plus"):
            rows.append({"behaviour": behaviour, "remover": name} | row(name, scenario, fresh))
            print(json.dumps(rows[-1], ensure_ascii=False), flush=True)
    results = {"command": "python benchmarks/tuning.py", "runs": RUNS, "trials": TRIALS, "rows": rows}
    results |= {"seconds": round(time.perf_counter() - started, 1)}
    pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")


def row(name: str, scenario: ns.Scenario, fresh: Phase) -> dict[str, Any]:
    """Squared distances to A(D∖S), with 95 % intervals."""
    make = ns.removers.REMOVERS[name]
    without, seen = (
        ns.tune(make, CLAIM, LEARNER, scenario, trials=TRIALS, runs=RUNS, mode=mode)
        for mode in ("without-reference", "with-reference")
    )
    arms = {"nothing": fresh.nothing(), "defaults": fresh.removed(make())}
    arms |= {"tuned without": fresh.removed(without.remover), "tuned with": fresh.removed(seen.remover)}
    gains = {
        f"defaults less {arm}": _gain(fresh, arms["defaults"], arms[arm]) for arm in ("tuned without", "tuned with")
    }
    values = {arm: _interval(fresh, chances) for arm, chances in arms.items()} | gains
    said = {"without, in words": without.word, "with, in words": seen.word}
    return to_plain(values) | said | {"settings without": without.settings, "settings with": seen.settings}


if __name__ == "__main__":
    main()
