"""Workers and drivers that die: nothing finished is lost, at most a shard for each worker is drawn anew."""

import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from executor_tools import Breaking, Deadly, Killing, alone, noise

from neverseen.algorithms.fill.executors import fill, spawn
from neverseen.algorithms.store._store import Store


def test_suspects_come_last_and_alone(tmp_path: Path) -> None:
    log, deaths = list[list[int]](), {1: 2}
    shards = fill(noise(), 6 * 32, Store(tmp_path), lambda: Breaking(deaths, log), workers=3)
    assert shards.present() == [0, 1, 2, 3, 4, 5]
    assert (log[:2], sorted(log[2:])) == ([[0, 1], [3, 4, 5]], [[1], [1], [2]])


def test_a_shard_that_always_kills_its_worker_is_named_after_the_others(tmp_path: Path) -> None:
    log: list[list[int]] = []
    with pytest.raises(ValueError, match=r"shard 1 of pool [0-9a-f]{12}: kills its worker each time, alone as well"):
        fill(noise(), 6 * 32, Store(tmp_path), lambda: Breaking({1: 99}, log))
    assert noise().shards(Store(tmp_path)).present() == [0, 2, 3, 4, 5]
    assert [each for each in log if 1 in each][1:] == [[1], [1]]


def test_workers_that_all_die_end_the_filling_soon(tmp_path: Path) -> None:
    log: list[list[int]] = []
    with pytest.raises(ValueError, match=r"shard 0 of pool .*, 1 of pool .*, 2 of pool"):
        fill(noise(), 100 * 32, Store(tmp_path), lambda: Breaking(dict.fromkeys(range(100), 99), log), workers=1)
    assert len(log) == 3 + 2 * 3


def test_a_real_death_of_a_real_worker_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="shard 1 of pool"):
        fill(noise(), 96, Store(tmp_path), lambda: Deadly(spawn(1)(), 1))
    assert noise().shards(Store(tmp_path)).present() == [0, 2]


def test_a_killed_worker_costs_nothing_but_time(tmp_path: Path) -> None:
    crew = Killing(2, after=5)
    filled = fill(noise(), 12 * 32, Store(tmp_path / "a"), crew)
    assert crew.killed
    assert crew.submitted <= 12 + crew.workers
    assert filled.digest() == alone(noise(), 12 * 32, tmp_path / "b")


@pytest.mark.parametrize(
    ("factory", "words"),
    [
        (lambda: 1 / 0, r"executor: it could not be made \(ZeroDivisionError: division by zero\)"),
        (lambda: None, "executor: it made a NoneType; give a callable without arguments"),
        (lambda: Breaking({-1: 1}, []), "executor: its workers die as they start; in a script, put the call below"),
    ],
)
def test_an_executor_that_cannot_be_had(factory: Callable[[], Any], words: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=words):
        fill(noise(), 32, Store(tmp_path), factory)


DRIVER = """
    import os, sys
    import jax, jax.numpy as jnp
    jax.config.update("jax_num_cpu_devices", 2)
    from neverseen.algorithms.fill.executors import fill, spawn
    from neverseen.algorithms.pools._pool import Pool
    from neverseen.algorithms.store._store import Store

    def slow(key, scale):
        start = scale * jax.random.normal(key, (4096,))
        return jax.lax.fori_loop(0, 100, lambda i, x: jnp.sin(x + i), start)[:8]

    def crew():
        executor = spawn(2)()
        submit = executor.submit

        def noted(fn, *args):
            future = submit(fn, *args)
            with open(sys.argv[2], "a") as log:
                print(args[-1] if args else "start", *executor._processes, file=log, flush=True)
            return future

        executor.submit, crew.workers = noted, 2
        return executor

    crew.workers = 2
    pool = Pool(slow, (jax.random.key(0),), (jnp.ones(()),))
    print(fill(pool, 30 * 32, Store(sys.argv[1]), crew if len(sys.argv) > 2 else None).digest())
"""


def driver(*args: object) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", textwrap.dedent(DRIVER), *map(str, args)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def shards_in(folder: Path) -> int:
    return len(list(folder.rglob("shard-*.safetensors")))


def gone(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


def within(seconds: float, happened: Callable[[], bool]) -> bool:
    end = time.monotonic() + seconds
    while not happened() and time.monotonic() < end:
        time.sleep(0.02)
    return happened()


def test_a_killed_driver_loses_at_most_a_shard_for_each_worker(tmp_path: Path) -> None:
    """Killed at two moments spread over the work; the last driver finishes, a second one fills along with it."""
    folder, log, draw, kills = tmp_path / "killed", tmp_path / "log", random.Random(0), 2
    for _ in range(kills):
        goal = shards_in(folder) + draw.randrange(1, 8)
        with driver(folder, log) as process:
            assert within(90, lambda goal=goal: shards_in(folder) >= goal)
            process.send_signal(signal.SIGKILL)
        workers = {int(word) for line in log.read_text().splitlines() for word in line.split()[1:]}
        assert within(20, lambda workers=workers: all(map(gone, workers)))
    assert 0 < shards_in(folder) < 30
    last = driver(folder, log).communicate()[0]
    both = [driver(tmp_path / "two") for _ in range(2)]
    assert {process.communicate()[0] for process in both} == {last}
    started = [line.split()[0] for line in log.read_text().splitlines() if line[0] != "s"]
    assert set(started) == {str(number) for number in range(30)}
    assert 30 <= len(started) <= 30 + kills * 2
