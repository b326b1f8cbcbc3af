"""Runs on demand: what a folder lacks is drawn into it; what the machine spoils is tried again only on request."""

import collections
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, wait

from ...algorithms.fill._ray import WorkerDiedError
from ._attempt import Attempt
from ._hands import Elsewhere, Hands
from ._shelf import Shelf

RunJob = tuple[str, int]
"""Arm and seed."""

STREAK = 8
"""Runs in a row that fail, after which it is the machine or the program that is to be looked at, and no outcome."""

FIRST = 4
"""So many do where none has succeeded yet."""

BROKEN = 3
"""Executors in a row that break with nothing finished."""

Told = Callable[[str, int, Attempt, int], None]
"""Told of each run that ended: arm, seed, what it came to, and which attempt it was."""


class Drawer:
    """Draws runs into a folder.

    Args:
        shelf: the folder.
        hands: who makes the runs; None only reads what is there.
        name: of the program, for the records.
        retries: how often a run that the machine spoiled is tried again, with the same seed.
        told: called after each run.

    >>> import tempfile
    >>> from neverseen.properties.external._hands import Here
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Drawer(Shelf(folder), Here(lambda arm, seed: seed), "f").draw([("removed", 0), ("removed", 1)])
    ...     sorted(Shelf(folder).seeds("removed"))
    [0, 1]
    """

    def __init__(
        self, shelf: Shelf, hands: Hands | None, name: str, retries: int = 0, told: Told | None = None
    ) -> None:
        self.shelf, self.hands, self._name, self._retries, self._told = shelf, hands, name, retries, told
        self._failing: list[RunJob] = []
        self._well, self._broken = False, 0

    @property
    def width(self) -> int:
        """Runs under way at a time; 0 where none is made."""
        return 0 if self.hands is None else self.hands.width

    def draw(self, jobs: Iterable[RunJob]) -> None:
        """Make those runs that are not there, in order, as many at a time as there are hands.

        Raises:
            ValueError: the folder takes no more, run after run fails, or an executor cannot be had.
        """
        if self.hands is None:
            return
        waiting, flying = collections.deque(self._lacking(jobs)), dict[Future[Attempt], RunJob]()
        while waiting or flying:
            while waiting and len(flying) < self.hands.width:
                job = waiting.popleft()
                flying[self.hands.start(*job)] = job
            for future in wait(flying, return_when=FIRST_COMPLETED).done:
                again = self._ended(flying.pop(future), future)
                if again is not None:
                    waiting.appendleft(again)

    def _lacking(self, jobs: Iterable[RunJob]) -> list[RunJob]:
        jobs = list(jobs)
        there = {arm: self.shelf.seeds(arm) for arm in {arm for arm, _ in jobs}}
        return [(arm, seed) for arm, seed in jobs if seed not in there[arm] and self._open(arm, seed)]

    def _open(self, arm: str, seed: int) -> bool:
        """Whether a run without arrays is to be tried: not where it failed by itself, or was retried as asked."""
        record = self.shelf.record(arm, seed)
        if record is None or record.kind == "finished":
            return True
        return record.kind == "lost" and record.attempts <= self._retries

    def _ended(self, job: RunJob, future: "Future[Attempt]") -> RunJob | None:
        """Keep what came of a run; the job once more where it is to be tried again."""
        try:
            attempt = future.result()
        except WorkerDiedError as error:
            attempt = Attempt("lost", None, f"its worker died ({error})")
        except BrokenExecutor:
            return self._again(job, future)
        record = self.shelf.record(*job)
        attempts = 1 + (record.attempts if record is not None and record.kind == "lost" else 0)
        self.shelf.keep(*job, attempt, self._name, attempts)
        if self._told is not None:
            self._told(*job, attempt, attempts)
        self._broken = 0
        retried = attempt.kind == "lost" and attempts <= self._retries
        if not retried:
            self._count(job, attempt)
        return job if retried else None

    def _again(self, job: RunJob, future: "Future[Attempt]") -> RunJob:
        """A run that was under way as an executor broke."""
        self._broken += 1
        if not isinstance(self.hands, Elsewhere) or self._broken > BROKEN * self.hands.width:
            raise ValueError("executor: it breaks each time before a run ends; look at its workers' memory and logs")
        self.hands.renew(future)
        return job

    def _count(self, job: RunJob, attempt: Attempt) -> None:
        """Give up where run after run fails: a full disk would read as an outcome of both arms alike."""
        if attempt.kind == "finished":
            self._well, self._failing = True, []
            return
        self._failing.append(job)
        if len(self._failing) >= (STREAK if self._well else FIRST):
            self.give_up(self._failing, f"{len(self._failing)} runs in a row failed", attempt.reason, attempt.log)

    def give_up(self, jobs: list[RunJob], what: str, reason: str, log: str) -> None:
        """Take the records of failures back, so that they are tried again, and say so.

        Raises:
            ValueError: always.
        """
        for job in jobs:
            self.shelf.forget(*job)
        arm, seed = jobs[-1]
        end = f"; its log ends: {log.splitlines()[-1].strip()}" if log.strip() else ""
        raise ValueError(f"{what}; {arm}, seed {seed}: {reason}{end}; mend that, and call again")
