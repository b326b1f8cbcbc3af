"""Filling pools: workers give the bits of one process, from files alone, within memory."""

import ast
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import pytest
from executor_tools import Breaking, Noted, alone, noise
from store_tools import flip, warned

import neverseen as ns
import neverseen.algorithms.pools._draw as pools
import neverseen.algorithms.pools._pool as pool
from neverseen.algorithms.fill import _worker
from neverseen.algorithms.fill._published import published
from neverseen.algorithms.fill.executors import fill, needed, spawn
from neverseen.algorithms.pools._pool import Pool
from neverseen.algorithms.pools._recent import MEMORY
from neverseen.algorithms.store._quota import INPUTS, PROGRAM
from neverseen.algorithms.store._store import Store

ROWS = ns.scenarios.figure1()


def originals(learner: ns.Learner, *, kept: bool = True) -> Pool:
    return Pool(learner.fit, (jax.random.key(0),), (ROWS.rows,), name=str(learner), kept=kept)


def removals(*, kept: bool) -> Pool:
    above = originals(ns.learners.ridge(), kept=kept)
    shared = (ROWS.rows, ROWS.forget, {})
    return Pool(pools.removal(ns.removers.newton()), (jax.random.key(1),), shared, (above,), "newton")


SMALL: dict[str, Callable[[], Pool]] = {
    "ridge": lambda: originals(ns.learners.ridge()),
    "logistic": lambda: originals(ns.learners.logistic(bootstrap=True, epochs=3)),
    "mlp": lambda: originals(ns.learners.mlp(hidden=16, epochs=2)),
    "removal": lambda: removals(kept=True),
    "removal of unkept": lambda: removals(kept=False),
}


@pytest.mark.parametrize("name", SMALL)
def test_a_worker_draws_the_bits_of_this_process(name: str, tmp_path: Path) -> None:
    """One device there, two here."""
    made = SMALL[name]()
    there = fill(made, 64, Store(tmp_path / "there"), spawn(1))
    assert there.digest() == alone(made, 64, tmp_path / "here")
    above = [parent.shards(Store(tmp_path / "there")).present() for parent in made.parents]
    assert above == [[0, 1] if parent.kept else [] for parent in made.parents]


def test_tasks_carry_plain_values_alone(tmp_path: Path) -> None:
    crew = Noted()
    shards = fill(noise(), 70, Store(tmp_path), crew)
    assert {task[0] for task in crew.tasks} == {_worker.draw_job}
    assert [task[1:] for task in crew.tasks] == [(str(tmp_path), 2 * 1024**3, shards.id, n) for n in (0, 1, 2)]


def test_what_is_there_is_not_drawn_again(tmp_path: Path) -> None:
    crew = Noted()
    first = fill(noise(), 64, Store(tmp_path), crew).digest()
    more = fill(noise(), 128, Store(tmp_path), crew)
    assert [task[-1] for task in crew.tasks] == [0, 1, 2, 3]
    assert more.digest(2) == first
    assert fill(noise(), 128, Store(tmp_path), crew).digest() == more.digest()
    assert (len(crew.tasks), crew.made) == (4, 2)


def test_a_damaged_shard_is_drawn_again(tmp_path: Path) -> None:
    shards = fill(noise(), 96, Store(tmp_path))
    digest = shards.digest()
    flip(shards.folder / "shard-00001.safetensors", -1)
    crew = Noted()
    _, lines = warned(lambda: fill(noise(), 96, Store(tmp_path), crew))
    assert len(lines) == 1
    assert [task[-1] for task in crew.tasks] == [1]
    assert shards.digest() == digest


def test_shards_in_memory_are_written_too(tmp_path: Path) -> None:
    made = noise(3)
    made.shard(0)
    assert fill(made, 32, Store(tmp_path)).present() == [0]


# memory and room


def test_no_more_is_under_way_than_memory_allows(tmp_path: Path) -> None:
    made = noise(width=256)
    assert needed(made) == 32 * 256 * 4 + 8 + 4  # the shard, the root key, the scale
    for room, most in ((2 * needed(made), 2), (4 * needed(made) - 1, 3)):
        crew = Noted(8)
        fill(made, 20 * 32, Store(tmp_path / str(room)), crew, memory=room)
        assert crew.most <= most
        assert len(crew.tasks) == 20


def test_recent_shards_here_stay_within_memory(tmp_path: Path) -> None:
    made, seen, recent = noise(4, width=256), list[int](), pool.RECENT
    fill(made, 640, Store(tmp_path), memory=100_000, progress=lambda *_: seen.append(recent.used))
    assert (len(seen), max(seen) <= 100_000, recent.limit) == (20, True, MEMORY)


def test_a_shard_that_exceeds_memory_is_refused_with_its_bytes(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"memory: a shard of pool needs 1036 bytes, 1035 are allowed"):
        fill(noise(), 32, Store(tmp_path), Noted(), memory=1035)
    assert list(tmp_path.iterdir()) == []


def test_more_than_the_store_may_hold_is_refused_before_drawing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"64 runs of pool need 2048 bytes, the store's limit is 2000; raise it"):
        fill(noise(), 64, Store(tmp_path, 2000))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("executor", [None, Noted()])
def test_a_folder_that_cannot_be_written(executor: Noted | None, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    with pytest.raises(ValueError, match=r"file: cannot store runs \(Not a directory\); set NEVERSEEN_STORE"):
        fill(noise(), 64, Store(tmp_path / "file"), executor)


@pytest.mark.parametrize("executor", [None, Noted()])
def test_a_store_that_takes_no_more(executor: Noted | None, tmp_path: Path) -> None:
    """Bytes of shards fit the limit, headers do not."""
    with pytest.warns(match="does not fit"), pytest.raises(ValueError, match=r"shard \d of .* took no more; make room"):
        fill(noise(), 320, Store(tmp_path, 12000), executor, workers=1)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: fill(noise(), 0, Store("none")), "runs: 0 is not a number >= 1"),
        (lambda: fill(noise(kept=False), 1, Store("none")), "pool pool is one that no store keeps"),
        (lambda: spawn(0), "workers: 0 is not a number >= 1"),
    ],
)
def test_wrong_terms_are_told(make: Callable[[], object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        make()


# programs and inputs


@pytest.mark.parametrize("name", [PROGRAM, INPUTS])
@pytest.mark.parametrize("place", [0, 40, -1])
def test_a_damaged_program_is_published_again(name: str, place: int, tmp_path: Path) -> None:
    shards = fill(noise(), 32, Store(tmp_path), Noted())
    flip(shards.folder / name, place)
    published.cache_clear()
    filled, lines = warned(lambda: fill(noise(), 64, Store(tmp_path), Noted()))
    assert len(lines) == 1
    assert str(shards.folder / name) in lines[0]
    assert filled.digest() == alone(noise(), 64, tmp_path / "other")


def test_a_program_damaged_under_the_workers_is_mended(tmp_path: Path) -> None:
    log: list[list[int]] = []

    def late() -> Executor:
        if not log:
            [folder] = tmp_path.iterdir()
            (folder / PROGRAM).write_bytes(b"")
        return Breaking({}, log)

    published.cache_clear()
    filled = fill(noise(5), 64, Store(tmp_path), late, workers=1)
    assert filled.present() == [0, 1]
    assert log == [[0], [1], [0]]


def test_inputs_of_another_pool_are_not_believed(tmp_path: Path) -> None:
    one, two = (fill(noise(seed), 32, Store(tmp_path), Noted()) for seed in (0, 1))
    for name in (PROGRAM, INPUTS):
        (two.folder / name).write_bytes((one.folder / name).read_bytes())
    published.cache_clear()
    filled, [line] = warned(lambda: fill(noise(1), 64, Store(tmp_path), Noted()))
    assert "a file from elsewhere" in line
    assert filled.digest() == alone(noise(1), 64, tmp_path / "other")


def test_verify_and_prune_know_what_was_published(tmp_path: Path) -> None:
    shards = fill(noise(), 32, Store(tmp_path), Noted())
    size = sum(path.stat().st_size for path in shards.folder.iterdir())
    assert [one.bytes for one in Store(tmp_path).pools()] == [size]
    flip(shards.folder / PROGRAM, 9)
    [damaged] = Store(tmp_path).verify()
    assert "is not the program that its inputs were written with" in str(damaged)
    Store(tmp_path).prune()
    assert list(tmp_path.iterdir()) == []


def test_a_pool_is_the_same_wherever_it_is_made() -> None:
    """Files and lines of callers are no part of a program: another process, called from elsewhere, finds it."""
    script = f"import sys; sys.path.append({str(Path(__file__).parents[1])!r})\n" + (
        "import jax; jax.config.update('jax_num_cpu_devices', int(sys.argv[1])); from executor_tools import noise\n"
        "print(noise(6).identity)"
    )
    command = [sys.executable, "-c", script, str(len(jax.devices()))]
    there = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert ast.literal_eval(there) == noise(6).identity


def test_a_worker_of_another_version_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made, store = noise(7), Store(tmp_path)
    fill(made, 32, store)
    published.cache_clear()
    monkeypatch.setattr("neverseen.algorithms.fill._published.importlib.metadata.version", lambda name: "0.0")
    with pytest.raises(ValueError, match=r"shard 1 of .* is of jax .* on .*, a worker has jax 0.0, jaxlib 0.0"):
        fill(made, 64, store, Noted())


# learners that are no program of many runs


def branching(key: Any, rows: Any) -> Any:
    return ns.Trained(1.0 if jax.random.normal(key) > 0 else 2.0, None, ns.learners.ridge())


def ragged(key: Any, rows: Any) -> Any:
    return ns.Trained(rows.x[rows.x[:, 0] > jax.random.normal(key)], None, ns.learners.ridge())


@pytest.mark.parametrize("fit", [branching, ragged])
def test_a_learner_that_cannot_be_traced_is_named_with_the_mend(fit: Any, tmp_path: Path) -> None:
    learner = ns.Learner(fit, lambda p, x: x, lambda o, y: o, name="mine")
    words = r"learner mine: cannot run as one program of many runs \(.*\); let no Python branch"
    with pytest.raises(ValueError, match=words):
        pools.draw(learner, ROWS.rows, jax.random.split(jax.random.key(0), 2))
    for act in (lambda: originals(learner).shard(0), lambda: fill(originals(learner), 32, Store(tmp_path))):
        with pytest.raises(ValueError, match="mine: cannot run as one program of many runs"):
            act()


def test_a_program_that_calls_back_is_not_filled(tmp_path: Path) -> None:
    def program(key: Any) -> Any:
        shape = jax.ShapeDtypeStruct((), jnp.float32)
        return jax.pure_callback(lambda k: jnp.zeros(()), shape, jax.random.key_data(key), vmap_method="sequential")

    with pytest.raises(ValueError, match="calls back into Python"):
        fill(Pool(program, (jax.random.key(0),)), 32, Store(tmp_path))
