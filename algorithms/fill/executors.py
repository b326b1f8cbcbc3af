"""Filling pools: every missing shard is drawn into a store, in this process or by workers that only read files."""

import contextlib
import dataclasses
import functools
import importlib
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from typing import Any

import jax

from ...formal._public import dir_of as _dir_of
from ..pools._pool import SHARD, Pool, plain
from ..pools._recent import MEMORY, recent_within
from ..store._store import Shards, Store
from . import _worker
from ._crew import Crew, Job
from ._published import publish
from ._ray import LOCAL, Ray, secure

Progress = Callable[[int, int, str], None]


@dataclasses.dataclass(frozen=True)
class Spawn:
    """Processes of this machine, started afresh; each has one device and one thread. Called, it makes an executor.

    >>> Spawn(2).workers
    2
    """

    workers: int

    def __call__(self) -> Executor:
        """A pool of processes that end when this one does."""
        return Processes(self.workers)


class Processes(ProcessPoolExecutor):
    """Spawned workers on a lease: they end when its other end closes, by shutting down or by this process's death.

    Python's own pool can wait forever for a worker that was started while the pool broke; one without a lease is gone.

    >>> with Processes(1) as made:
    ...     made.submit(abs, -1).result()
    1
    """

    def __init__(self, workers: int) -> None:
        fresh = multiprocessing.get_context("spawn")
        receiver, self._lease = fresh.Pipe(duplex=False)
        compiled = jax.config.jax_compilation_cache_dir  # pyright: ignore[reportAttributeAccessIssue]
        super().__init__(workers, fresh, initializer=_worker.begin_worker, initargs=(receiver, compiled))

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        """One task; a worker that is started for it never hears Ctrl-C."""
        with _deaf():
            return super().submit(fn, *args, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the workers: after their tasks, or at once where nobody waits for them.

        Either way until they have ended: a process that leaves before its pool leaves the pool's semaphores behind.
        """
        if not wait:
            self._lease.close()
        super().shutdown(wait=True, cancel_futures=cancel_futures)
        self._lease.close()


@contextlib.contextmanager
def _deaf() -> Generator[None]:
    """Hold Ctrl-C back from this thread, and for good from the processes that it starts meanwhile."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def spawn(workers: int | None = None) -> Spawn:
    """Draw by processes of this machine.

    Args:
        workers: how many; by default one for each core.

    Raises:
        ValueError: fewer than one.

    >>> spawn(2)
    Spawn(workers=2)
    """
    return Spawn(_at_least_one(workers))


def ray(address: str = "local", workers: int | None = None) -> Callable[[], Executor]:
    """Draw by a Ray cluster. Where Ray runs in this process, that Ray is used.

    A cluster that starts here asks for a token that only this process knows, unless Ray's own settings say otherwise;
    a cluster elsewhere is reached with the token that those settings name.

    Args:
        address: of the cluster, or "local" to start one for the time of the filling.
        workers: tasks under way at a time; by default one for each core of this machine.

    Raises:
        ValueError: fewer than one worker; Ray is not installed.

    >>> ray(workers=0)
    Traceback (most recent call last):
    ValueError: workers: 0 is not a number >= 1
    """
    size = _at_least_one(workers)
    if address == LOCAL and "ray" not in sys.modules:
        secure(os.environ)
    try:
        importlib.import_module("ray")
    except ImportError as error:
        raise ValueError("ray is not installed; install it with: pip install 'neverseen[ray]'") from error
    return Ray(address, size)


def fill(
    pool: Pool,
    runs: int,
    store: Store,
    executor: Callable[[], Executor] | None = None,
    *,
    memory: int = MEMORY,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Shards:
    """Draw every shard that a store lacks of a pool and of its parents.

    The store is the only state: what is finished stays, and calling again resumes. Workers read the pool's program and
    inputs from the store; a task is a folder, an id and a number, so no code of the learner's travels.

    Args:
        pool: whose runs.
        runs: how many; whole shards of 32 are drawn.
        store: where they are kept.
        executor: a callable without arguments that makes an executor, such as `spawn(4)` or Dask's `get_executor`; None
            draws in this process, on all of its devices.
        memory: bytes of shards at most, recent ones in this process or those under way in workers.
        workers: shards under way at a time; by default as many as the executor says it has, or cores.
        progress: called with (runs done, all runs, the pool's name).

    Returns:
        Where the store keeps the pool.

    Raises:
        ValueError: one line: what cannot be drawn, kept or afforded, and what to do.

    >>> import jax, jax.numpy as jnp, tempfile
    >>> pool = Pool(lambda key, scale: scale * jax.random.normal(key), (jax.random.key(0),), (jnp.ones(()),))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     fill(pool, 50, Store(folder)).present()
    [0, 1]
    """
    count = _shards(pool, runs)
    pools = [each for each in lineage(pool) if each.kept]
    homes = {each.shards(store).id: each for each in pools}
    _afford(pools, count, store, memory)
    report = _Reporter(pool.name, count * len(pools), progress)
    jobs = [(home, number) for home, each in homes.items() for number in _missing(each, count, store, report)]
    if jobs and executor is None:
        with recent_within(memory):
            _draw_here(homes, sorted(jobs, key=lambda job: job[1]), store, report)
    elif jobs and executor is not None:
        window = min(workers or getattr(executor, "workers", os.cpu_count() or 1), memory // needed(pool))
        _crew(pool, homes, store, executor, window, report).do(jobs)
    return pool.shards(store)


def lineage(pool: Pool) -> list[Pool]:
    """A pool and all that its runs are made of, parents first, each once.

    >>> import jax
    >>> above = Pool(lambda key: 1.0, (jax.random.key(0),))
    >>> len(lineage(Pool(lambda key, a, b: a, (jax.random.key(1),), (), (above, above))))
    2
    """
    pools: dict[Any, Pool] = {}
    for parent in pool.parents:
        pools |= {each.key: each for each in lineage(parent)}
    return [*(pools | {pool.key: pool}).values()]


def needed(pool: Pool) -> int:
    """Bytes that one shard under way takes: what goes in and what comes out, of the pool and of its parents.

    >>> import jax
    >>> needed(Pool(lambda key: 1.0, (jax.random.key(0),)))
    136
    """
    return sum(_shard_bytes(each) + sum(a.nbytes for a in plain((each.roots, each.shared))) for each in lineage(pool))


def _afford(pools: list[Pool], count: int, store: Store, memory: int) -> None:
    """Refuse, before anything is drawn, a shard that exceeds the memory, and runs that exceed the store's limit."""
    one, total = needed(pools[-1]), count * sum(_shard_bytes(each) for each in pools)
    if one > memory:
        raise ValueError(f"memory: a shard of {pools[-1].name} needs {one} bytes, {memory} are allowed; allow more")
    if total > store.limit:
        words = f"{count * SHARD} runs of {pools[-1].name} need {total} bytes, the store's limit is {store.limit}"
        raise ValueError(f"store: {words}; raise it: Store(limit=…), or --limit")


@dataclasses.dataclass
class _Reporter:
    """Counts the runs that are done."""

    name: str
    shards: int
    progress: Progress | None
    done: int = 0

    def __call__(self, job: object = None) -> None:
        del job
        self.done += 1
        if self.progress is not None:
            self.progress(self.done * SHARD, self.shards * SHARD, self.name)


def _missing(pool: Pool, count: int, store: Store, report: _Reporter) -> Iterator[int]:
    """Numbers of the shards that are absent or, as reading shows, damaged."""
    shards, present = pool.shards(store), set(pool.shards(store).present())
    for number in range(count):
        if number in present and shards.read(number, pool.stored_shapes) is not None:
            report()
        else:
            yield number


def _draw_here(homes: dict[str, Pool], jobs: list[Job], store: Store, report: _Reporter) -> None:
    for pool in homes.values():
        pool.shards(store).accompany({})
    for home, number in jobs:
        if not homes[home].shards(store).holds(number) and not homes[home].keep(number, store):
            where = f"shard {number} of {homes[home].name}"
            raise ValueError(f"{where}: {store.folder} took no more; make room, or raise its limit, and call again")
        report()


def _crew(
    pool: Pool, homes: dict[str, Pool], store: Store, factory: Callable[[], Executor], window: int, report: _Reporter
) -> Crew:
    shards = {home: each.shards(store) for home, each in homes.items()}
    parents = {home: frozenset(p.shards(store).id for p in lineage(each)[:-1]) for home, each in homes.items()}
    mend = functools.partial(publish, pool, store)
    mend()

    def there(job: Job) -> bool:
        return shards[job[0]].holds(job[1])

    return Crew(factory, str(store.folder), store.limit, window, parents, there, report, mend)


def _shards(pool: Pool, runs: int) -> int:
    if runs < 1:
        raise ValueError(f"runs: {runs} is not a number >= 1")
    if not pool.kept:
        raise ValueError(f"pool {pool.name} is one that no store keeps; make it with kept=True to fill it")
    return -(-runs // SHARD)


def _shard_bytes(pool: Pool) -> int:
    return sum(leaf.size * leaf.dtype.itemsize for leaf in pool.stored_shapes)


def _at_least_one(workers: int | None) -> int:
    if workers is not None and workers < 1:
        raise ValueError(f"workers: {workers} is not a number >= 1")
    return workers or os.cpu_count() or 1


__dir__ = _dir_of(__name__)
