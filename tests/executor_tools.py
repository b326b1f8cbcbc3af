"""What the tests of executors share: small pools, and executors that note, break and kill."""

import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp

from neverseen.algorithms.fill.executors import Spawn, fill
from neverseen.algorithms.pools._pool import Pool
from neverseen.algorithms.store._store import Store


def noise(seed: int = 0, scale: float = 1.0, width: int = 8, **options: Any) -> Pool:
    """Runs that cost nothing; a lambda, which no pickle takes."""
    shared = (jnp.full((), scale),)
    return Pool(lambda key, s: s * jax.random.normal(key, (width,)), (jax.random.key(seed),), shared, **options)


def alone(pool: Pool, runs: int, folder: Path) -> str:
    """The digest of an uninterrupted filling in one process."""
    return fill(pool, runs, Store(folder)).digest()


class Noted:
    """Threads; notes every task, and how many were under way."""

    def __init__(self, workers: int = 2) -> None:
        self.workers, self.tasks, self.most, self.made = workers, list[tuple[Any, ...]](), 0, 0
        self.lock, self.now = threading.Lock(), 0

    def __call__(self) -> Executor:
        self.made += 1
        outer = self

        class Threads(ThreadPoolExecutor):
            def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
                if args:
                    outer.begin((fn, *args))
                future = super().submit(fn, *args, **kwargs)
                if args:
                    future.add_done_callback(lambda done: outer.end())
                return future

        return Threads(self.workers)

    def begin(self, task: tuple[Any, ...]) -> None:
        with self.lock:
            self.tasks.append(task)
            self.now += 1
            self.most = max(self.most, self.now)

    def end(self) -> None:
        with self.lock:
            self.now -= 1


class Breaking(Executor):
    """Runs tasks at once; those of some shards break it, as often as is said."""

    def __init__(self, deaths: dict[int, int], log: list[list[int]]) -> None:
        self.deaths, self.broken, self.log = deaths, False, log
        log.append([])

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        if self.broken:
            raise BrokenExecutor
        future = Future[Any]()
        number = args[-1] if args else -1
        if args:
            self.log[-1].append(number)
        if self.deaths.get(number, 0) > 0:
            self.deaths[number] -= 1
            self.broken = True
            future.set_exception(BrokenExecutor("worker gone"))
        else:
            try:
                future.set_result(fn(*args, **kwargs))
            except Exception as error:
                future.set_exception(error)
        return future


class Deadly(ProcessPoolExecutor):
    """Processes in which the task of one shard ends the worker."""

    def __init__(self, spawned: Executor, number: int) -> None:
        assert isinstance(spawned, ProcessPoolExecutor)
        self.inner, self.number = spawned, number

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> "Future[Any]":
        return self.inner.submit(os._exit, 1) if args and args[-1] == self.number else self.inner.submit(fn, *args)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self.inner.shutdown(wait=wait, cancel_futures=cancel_futures)


class Killing:
    """Spawned processes, one of which is killed after a number of tasks, once."""

    def __init__(self, workers: int, after: int) -> None:
        self.workers, self.after, self.killed, self.submitted = workers, after, 0, 0

    def __call__(self) -> Executor:
        executor, outer = Spawn(self.workers)(), self
        submit = executor.submit

        def counted(fn: Any, /, *args: Any, **kwargs: Any) -> "Future[Any]":
            future = submit(fn, *args, **kwargs)
            outer.submitted += bool(args)
            if outer.submitted == outer.after and not outer.killed:
                outer.killed = next(iter(executor._processes))  # pyright: ignore
                os.kill(outer.killed, signal.SIGKILL)
            return future

        executor.submit = counted  # pyright: ignore
        return executor
