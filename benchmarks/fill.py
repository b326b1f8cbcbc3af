"""Filling a pool under kills: `python benchmarks/fill.py [RUNS]`; with the extra `ray`, by Ray as well.

RUNS (10 000) of W2: mlp of 64 hidden units, minibatches of 64 out of 1000 rows of 20 features, 300 steps. Filled
 (a) in this process on all cores, uninterrupted;
 (b) by spawned processes, uninterrupted;
 (c) by spawned processes whose driver is killed -9 at ten random moments, and called again each time;
 (d) by Ray, a worker killed, then the driver, and called again.
All digests must agree. Shards drawn beyond those needed are counted from the tasks begun; peak memory is the largest
resident set of the driver and of a worker (Linux). Writes `benchmarks/fill.json`.
"""

import contextlib
import importlib.util
import json
import os
import pathlib
import platform
import random
import signal
import subprocess
import sys
import tempfile
import time
from typing import Any

import jax
import numpy as np

KILLS = 10
CORES = os.cpu_count() or 1


def pool() -> Any:
    import neverseen as ns
    from neverseen.algorithms.pools._pool import Pool

    rng = np.random.default_rng(0)
    x = rng.normal(size=(1000, 20)).astype(np.float32)
    labels = (x @ rng.normal(size=20) + rng.normal(size=1000) > 0).astype(int)
    rows = ns.Rows(jax.numpy.asarray(x), jax.numpy.eye(2)[labels], jax.numpy.ones(1000, bool))
    learner = ns.learners.mlp(hidden=64, epochs=300 * 64 / 1000, batch=64, rate=0.1, momentum=0.9)
    return Pool(learner.fit, (jax.random.key(0),), (rows,), name="W2")


def drive(kind: str, folder: str, runs: int, log: str) -> None:
    """One driver: fills, notes the tasks begun, prints the digest and the peaks."""
    jax.config.update("jax_num_cpu_devices", CORES)
    from neverseen.algorithms.fill.executors import fill, ray, spawn
    from neverseen.algorithms.pools._draw import keep_compiled
    from neverseen.algorithms.store._store import Store

    keep_compiled(str(pathlib.Path(log).parent / "compiled"))
    made: Any = {"here": None, "spawn": spawn(CORES), "ray": None}[kind]
    factory = ray(workers=CORES) if kind == "ray" else made

    def noted() -> Any:
        executor = factory()
        submit = executor.submit

        def submitted(fn: Any, *args: Any) -> Any:
            with open(log, "a") as file:
                print(args[-1] if args else "start", file=file)
            return submit(fn, *args)

        executor.submit = submitted
        return executor

    started = time.perf_counter()
    shards = fill(pool(), runs, Store(folder), noted if factory else None, workers=CORES)
    seconds = time.perf_counter() - started
    print(json.dumps({"digest": shards.digest(), "seconds": round(seconds, 1), "driver MiB": peak(os.getpid())}))


def peak(process: int) -> int:
    """The largest resident set of a process so far, in MiB."""
    with contextlib.suppress(OSError):
        for line in pathlib.Path(f"/proc/{process}/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) // 1024
    return 0


def start(kind: str, folder: pathlib.Path, runs: int) -> "subprocess.Popen[str]":
    command = [sys.executable, __file__, kind, str(folder), str(runs), str(folder) + ".log"]
    os.environ["JAX_COMPILATION_CACHE_DIR"] = str(folder.parent / "compiled")
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def descendants(process: int) -> list[int]:
    table: dict[int, list[int]] = {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                table.setdefault(parent, []).append(int(entry.name))
    found, left = list[int](), [process]
    while left:
        left += (below := table.get(left.pop(), []))
        found += below
    return found


def finished(process: "subprocess.Popen[str]") -> dict[str, Any]:
    """What the driver printed, with the peak of its largest worker."""
    worker = 0
    while process.poll() is None:
        worker = max([worker, *map(peak, descendants(process.pid))])
        time.sleep(0.3)
    assert process.stdout is not None
    return json.loads(process.stdout.read().splitlines()[-1]) | {"worker MiB": worker}


def stored(folder: pathlib.Path) -> int:
    return len(list(folder.rglob("shard-*.safetensors")))


def until(folder: pathlib.Path, goal: int) -> None:
    while stored(folder) < goal:
        time.sleep(0.02)


def extra(folder: pathlib.Path, shards: int) -> int:
    """Tasks begun beyond the shards there are."""
    lines = pathlib.Path(str(folder) + ".log").read_text().splitlines()
    return len([line for line in lines if line != "start"]) - shards


def killed(folder: pathlib.Path, runs: int, shards: int) -> dict[str, Any]:
    """Ten kills of the driver at moments drawn over the work."""
    draw, began = random.Random(0), time.perf_counter()
    for goal in sorted(draw.randrange(1, shards) for _ in range(KILLS)):
        process = start("spawn", folder, runs)
        until(folder, goal)
        time.sleep(draw.uniform(0, 0.3))
        process.send_signal(signal.SIGKILL)
        process.wait()
    last = finished(start("spawn", folder, runs))
    whole = round(time.perf_counter() - began, 1)
    return last | {"kills": KILLS, "seconds with all restarts": whole, "tasks begun in vain": extra(folder, shards)}


def by_ray(folder: pathlib.Path, runs: int, shards: int) -> dict[str, Any]:
    """A worker killed, then the driver, then called again."""
    process = start("ray", folder, runs)
    until(folder, max(shards // 4, 1))
    workers = [p for p in descendants(process.pid) if "ray::" in comm(p)]
    os.kill(max(workers, key=peak), signal.SIGKILL)
    until(folder, max(shards // 2, 2))
    process.send_signal(signal.SIGKILL)
    process.wait()
    time.sleep(10)  # Ray notices, and ends the processes it left
    last = finished(start("ray", folder, runs))
    return last | {"workers seen": len(workers), "tasks begun in vain": extra(folder, shards)}


def comm(process: int) -> str:
    with contextlib.suppress(OSError):
        return pathlib.Path(f"/proc/{process}/cmdline").read_text(errors="replace")
    return ""


def main(runs: int) -> None:
    shards = -(-runs // 32)
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        home = pathlib.Path(folder)
        found["in process"] = finished(start("here", home / "here", runs))
        print(found, flush=True)
        found["spawn"] = finished(start("spawn", home / "spawn", runs))
        print(found["spawn"], flush=True)
        found["spawn, driver killed"] = killed(home / "killed", runs, shards)
        print(found["spawn, driver killed"], flush=True)
        if importlib.util.find_spec("ray"):
            found["Ray, worker and driver killed"] = by_ray(home / "ray", runs, shards)
            print(found["Ray, worker and driver killed"], flush=True)
    digests = {each["digest"] for each in found.values()}
    record = {
        "machine": f"{CORES} cores, Python {platform.python_version()}, jax {jax.__version__}",
        "runs": runs,
        "shards": shards,
        "digests agree": len(digests) == 1,
        "fillings": found,
    }
    pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(record, indent=1) + "\n")
    assert len(digests) == 1, digests


if __name__ == "__main__":
    if len(sys.argv) > 2:
        drive(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4])
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
