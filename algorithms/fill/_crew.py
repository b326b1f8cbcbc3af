"""Jobs through executors that may break: what a broken one lost is done again, suspects last and alone."""

import collections
import contextlib
import dataclasses
from collections.abc import Callable, Generator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait

from ..store._shards import DamageError
from ._worker import draw_job, ready

Job = tuple[str, int]
"""A pool's id and the number of a shard."""

BARREN = 3
"""Executors in a row that broke with nothing done, after which every job is a suspect."""

CULPRITS = 3
"""Jobs that killed their workers, after which no more are tried."""


@dataclasses.dataclass(frozen=True)
class Crew:
    """How jobs are done.

    Args:
        factory: makes an executor.
        folder, limit: the store.
        window: jobs under way at a time.
        parents: ids of the pools that a pool's shards are made of.
        there: whether a job is done already, perhaps by another driver.
        finished: told of each job that is done.
        mend: called after an executor broke: what workers read may be what is damaged.
    """

    factory: Callable[[], Executor]
    folder: str
    limit: int
    window: int
    parents: dict[str, frozenset[str]]
    there: Callable[[Job], bool]
    finished: Callable[[Job], None]
    mend: Callable[[], None]

    def do(self, jobs: list[Job]) -> None:
        """Do all jobs, those of parents first.

        Raises:
            ValueError: a worker or the store refuses a job, no executor can be had, or jobs kill their workers.
        """
        waiting, suspects, barren = collections.deque(jobs), list[Job](), 0
        while waiting:
            before = len(waiting)
            lost = self._shift(waiting, self.window)
            suspects += lost
            if lost:
                self.mend()
            barren = barren + 1 if lost and before - len(waiting) == len(lost) else 0
            if barren == BARREN:
                suspects += waiting
                break
        self._alone(suspects)

    def _alone(self, suspects: list[Job]) -> None:
        culprits: list[Job] = []
        for job in suspects:
            if len(culprits) < CULPRITS and not any(self._survives(job) for _ in range(2)):
                culprits.append(job)
        if culprits:
            named = ", ".join(f"{number} of pool {pool[:12]}" for pool, number in culprits)
            words = "kills its worker each time, alone as well: too large for its memory, or a fault of the backend"
            raise ValueError(f"shard {named}: {words}; what else was finished is stored, and calling again resumes")

    def _survives(self, job: Job) -> bool:
        lost = self._shift(collections.deque([job]), 1)
        if lost:
            self.mend()
        return not lost

    def _shift(self, waiting: "collections.deque[Job]", window: int) -> list[Job]:
        """Work until nothing waits or the executor breaks; the jobs it took along."""
        flying: dict[Future[bool], Job] = {}
        lost: list[Job] = []
        with _employed(self.factory) as executor:
            while flying or (waiting and not lost):
                while waiting and not lost and len(flying) < window and self._free(waiting[0], flying):
                    self._start(executor, waiting.popleft(), flying, lost)
                for future in wait(flying, return_when=FIRST_COMPLETED).done:
                    self._end(future, flying.pop(future), lost)
            if lost:
                executor.shutdown(wait=False, cancel_futures=True)
        return lost

    def _free(self, job: Job, flying: "dict[Future[bool], Job]") -> bool:
        """Whether no parent of the job's is under way."""
        return not any(other[0] in self.parents[job[0]] and other[1] == job[1] for other in flying.values())

    def _start(self, executor: Executor, job: Job, flying: "dict[Future[bool], Job]", lost: list[Job]) -> None:
        if self.there(job):
            self.finished(job)
            return
        try:
            flying[executor.submit(draw_job, self.folder, self.limit, *job)] = job
        except BrokenExecutor:
            lost.append(job)

    def _end(self, future: "Future[bool]", job: Job, lost: list[Job]) -> None:
        where = f"shard {job[1]} of pool {job[0][:12]}"
        try:
            stored = future.result()
        except (BrokenExecutor, DamageError):
            lost.append(job)
            return
        except Exception as error:
            raise ValueError(f"{where}: {type(error).__name__} in a worker: {_line(error)}") from error
        if not stored:
            raise ValueError(f"{where}: {self.folder} took no more; make room, or raise its limit, and call again")
        self.finished(job)


@contextlib.contextmanager
def _employed(factory: Callable[[], Executor]) -> Generator[Executor]:
    """An executor whose workers have started; leaving it early leaves at once."""
    executor = _made(factory)
    try:
        _greet(executor)
        yield executor
    except BaseException:
        executor.shutdown(wait=False, cancel_futures=True)
        raise
    executor.shutdown(wait=True, cancel_futures=True)


def _made(factory: Callable[[], Executor]) -> Executor:
    try:
        executor = factory()
    except ValueError:
        raise
    except Exception as error:
        raise ValueError(f"executor: it could not be made ({type(error).__name__}: {_line(error)})") from error
    if not isinstance(executor, Executor):  # pyright: ignore[reportUnnecessaryIsInstance]
        want = "give a callable without arguments that makes a concurrent.futures.Executor, such as spawn(2)"
        raise ValueError(f"executor: it made a {type(executor).__name__}; {want}")
    return executor


def _greet(executor: Executor) -> None:
    try:
        executor.submit(ready).result()
    except BrokenExecutor as error:
        hint = "in a script, put the call below `if __name__ == '__main__':`"
        raise ValueError(f"executor: its workers die as they start; {hint}") from error
    except Exception as error:
        fault = f"{type(error).__name__}: {_line(error)}"
        raise ValueError(f"executor: its workers cannot run neverseen ({fault}); install it there too") from error


def _line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or ["no more is known"])[0]
