"""Who makes the runs: this process, processes of this machine, or an executor of somebody else's."""

import queue
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from typing import Protocol, runtime_checkable

from ._attempt import Attempt, Run, attempt_call
from ._command import Alive, CommandProgram
from ._function import FunctionProcess

Program = CommandProgram | Run
"""A command, or a function."""


@runtime_checkable
class Hands(Protocol):
    """What makes runs, so many at a time.

    >>> isinstance(Here(len), Hands)
    True
    """

    @property
    def width(self) -> int:
        """Runs under way at a time."""
        ...

    def start(self, arm: str, seed: int) -> "Future[Attempt]":
        """Begin a run."""
        ...

    def close(self) -> None:
        """End what is under way."""
        ...


class Here:
    """One run after the other, in this process.

    >>> Here(lambda arm, seed: seed).start("removed", 3).result().arrays
    {'': array(3)}
    """

    width = 1

    def __init__(self, run: Run) -> None:
        self._run = run

    def start(self, arm: str, seed: int) -> "Future[Attempt]":
        """Make a run."""
        future: Future[Attempt] = Future()
        future.set_result(attempt_call(self._run, arm, seed))
        return future

    def close(self) -> None:
        """Nothing is under way."""


class Workers:
    """Processes of this machine, a thread here waiting for each.

    Args:
        program: what they run.
        width: how many.
        timeout: of a function's run; a command has its own.
        devices: see `CommandProgram`.

    >>> Workers(len, 2).close()
    """

    def __init__(self, program: Program, width: int, timeout: float | None = None, devices: int = 0) -> None:
        self.width = width
        self._free: queue.SimpleQueue[int] = queue.SimpleQueue()
        for worker in range(width):
            self._free.put(worker)
        self._threads = ThreadPoolExecutor(width, "neverseen-run")
        self._alive, self._processes = Alive(), list[FunctionProcess]()
        self._attempt = self._of(program, timeout, devices)

    def start(self, arm: str, seed: int) -> "Future[Attempt]":
        """Begin a run by the worker that has been free for longest."""
        return self._threads.submit(self._by_one, arm, seed)

    def close(self) -> None:
        """End every process at once, and wait for the threads."""
        self._alive.end()
        for process in self._processes:
            process.close()
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _of(self, program: Program, timeout: float | None, devices: int) -> Callable[[str, int, int], Attempt]:
        if isinstance(program, CommandProgram):
            return lambda arm, seed, worker: program.attempt(arm, seed, worker, self._alive)
        seen = [worker % devices if devices else None for worker in range(self.width)]
        self._processes = [FunctionProcess(program, device, timeout) for device in seen]
        return lambda arm, seed, worker: self._processes[worker].attempt(arm, seed)

    def _by_one(self, arm: str, seed: int) -> Attempt:
        worker = self._free.get()
        try:
            return self._attempt(arm, seed, worker)
        finally:
            self._free.put(worker)


class Elsewhere:
    """An executor of somebody else's: Dask's, Ray's, a thread pool. What it loses as it breaks is begun again.

    Args:
        program: what is run; it travels to the executor's workers.
        factory: an executor, or a callable without arguments that makes one, as often as one breaks.
        width: runs under way at a time.

    >>> with ThreadPoolExecutor(1) as threads:
    ...     Elsewhere(lambda arm, seed: seed, threads, 2).start("removed", 3).result().arrays
    {'': array(3)}
    """

    def __init__(self, program: Program, factory: Executor | Callable[[], Executor], width: int) -> None:
        self.width, self._program, self._factory = width, program, factory
        self._made: Executor | None = None
        self._by: dict[Future[Attempt], Executor] = {}

    def start(self, arm: str, seed: int) -> "Future[Attempt]":
        """Hand a run over."""
        executor = self._executor()
        try:
            future = executor.submit(_elsewhere, self._program, arm, seed)
        except BrokenExecutor as error:
            future = Future()
            future.set_exception(error)
        self._by[future] = executor
        return future

    def renew(self, broken: "Future[Attempt]") -> None:
        """Another executor in place of one that broke, unless there is one already.

        Raises:
            ValueError: it was given as it is, and nobody knows how to make another.
        """
        if isinstance(self._factory, Executor):
            raise ValueError("executor: it broke, and its runs under way are lost; call again to go on, or give a "
                             "callable that makes one")  # fmt: skip
        if self._by.pop(broken, None) is self._made and self._made is not None:
            # Nothing is cancelled: `wait` never hears of a run that was cancelled before it began, and waits on.
            self._made.shutdown(wait=False)
            self._made = None

    def close(self) -> None:
        """Let go of an executor that was made here; one that was given stays open."""
        if self._made is not None:
            self._made.shutdown(wait=False, cancel_futures=True)

    def _executor(self) -> Executor:
        if isinstance(self._factory, Executor):
            return self._factory
        if self._made is None:
            self._made = self._factory()
        return self._made


def _elsewhere(program: Program, arm: str, seed: int) -> Attempt:
    if isinstance(program, CommandProgram):
        return program.attempt(arm, seed, seed)
    return attempt_call(program, arm, seed)
