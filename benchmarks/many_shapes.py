"""Fifty scenarios of different shapes, cold and warm: `python benchmarks/many_shapes.py`.

64 perceptrons on each of 50 scenarios of 20 to 400 rows and 2 to 30 features, 67 to 133 steps each, in two processes:
with an empty persistent cache, with the cache that the first one filled, and in each once more when all is compiled.
The same for one hundred scenarios that Hypothesis draws. Writes `benchmarks/many_shapes.json`; a few minutes on two
idle cores.
"""

import json
import os
import pathlib
import platform
import subprocess
import sys
import tempfile
import time
from typing import Any

import jax
import numpy as np
from hypothesis import Phase, given, settings

import neverseen as ns

RUNS, STEPS, BATCH = 64, 133, 32


def shaped() -> list[ns.Scenario]:
    """Fifty scenarios: rows and features uniform on their ranges."""
    rng = np.random.default_rng(0)
    made: list[ns.Scenario] = []
    for _ in range(50):
        n, d = int(rng.integers(20, 401)), int(rng.integers(2, 31))
        x = rng.normal(size=(n, d))
        made.append(ns.Scenario.build(x, np.eye(2)[(x[:, 0] > 0).astype(int)], forget=[0]))
    return made


def generated() -> list[ns.Scenario]:
    """One hundred examples of `ns.strategies.scenarios()`."""
    made: list[ns.Scenario] = []

    @settings(max_examples=100, derandomize=True, database=None, deadline=None, phases=[Phase.generate])
    @given(scenario=ns.strategies.scenarios())
    def collect(scenario: ns.Scenario) -> None:
        made.append(scenario)

    collect()
    return made


PARTS = {"50 shapes": shaped, "100 from Hypothesis": generated}


def learner(scenario: ns.Scenario) -> ns.Learner:
    """133 steps on a power of two of rows, half as many on hardly more than half of it: one learner a padded shape."""
    epochs = STEPS * BATCH / scenario.rows.present.shape[0]
    return ns.learners.mlp(hidden=64, epochs=epochs, batch=BATCH, rate=0.05)


def train(scenarios: list[ns.Scenario]) -> float:
    """Seconds to train all."""
    started = time.perf_counter()
    for i, scenario in enumerate(scenarios):
        keys = jax.random.split(jax.random.key(i), RUNS)
        jax.block_until_ready(ns.pools.draw(learner(scenario), scenario.rows, keys).params)
    return time.perf_counter() - started


def once(part: str) -> dict[str, Any]:
    """In this process: first and second time, and programs compiled."""
    ns.pools.use_host_cores()
    scenarios, programs = PARTS[part](), ns.pools.compiled_programs()
    first, compiled = train(scenarios), ns.pools.compiled_programs() - programs
    second = train(scenarios)
    return {
        "scenarios": len(scenarios),
        "padded shapes": len({s.rows.x.shape for s in scenarios}),
        "first": first,
        "second": second,
        "programs": compiled,
        "programs of the second time": ns.pools.compiled_programs() - programs - compiled,
    }


def apart(part: str, cache: str) -> dict[str, Any]:
    """`once` in a fresh process with a persistent cache."""
    options = {"COMPILATION_CACHE_DIR": cache, "PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0"}
    options |= {"PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1"}
    environment = os.environ | {f"JAX_{name}": value for name, value in options.items()}
    done = subprocess.run(
        [sys.executable, __file__, "--once", part], env=environment, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    """Measure, print and write."""
    if "--once" in sys.argv:
        print(json.dumps(once(sys.argv[-1])))
        return
    load, results = os.getloadavg()[0], {}
    for part in PARTS:
        with tempfile.TemporaryDirectory() as cache:
            cold, hit = apart(part, cache), apart(part, cache)
        seconds = {
            "cold": cold["first"],
            "persistent-cache hit": hit["first"],
            "warm": min(cold["second"], hit["second"]),
        }
        counted = {key: cold[key] for key in ("scenarios", "padded shapes", "programs", "programs of the second time")}
        results[part] = counted | {"seconds": {name: round(s, 2) for name, s in seconds.items()}}
    out = {
        "command": "python benchmarks/many_shapes.py",
        "machine": {"cores": os.cpu_count(), "load at start": round(load, 1), "platform": platform.machine()},
        "versions": {"python": platform.python_version(), "numpy": np.__version__, "jax": jax.__version__},
        "terms": {"runs": RUNS, "most steps": STEPS, "batch": BATCH},
    } | results
    text = json.dumps(out, indent=1, ensure_ascii=False)
    pathlib.Path(__file__).with_suffix(".json").write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
