"""Contestants in processes of their own: neither sees the other's threads, and each one's CPU time is its own."""

import importlib
import multiprocessing
import resource
import time
from multiprocessing.connection import Connection
from typing import Any


def serve(pipe: Connection, module: str, arguments: dict[str, Any]) -> None:
    """Say what is missing, then answer requests `(method, arguments)` with user CPU seconds and the result."""
    try:
        contestant = importlib.import_module(module).Contestant(**arguments)
    except (AttributeError, TypeError) as missing:
        pipe.send(str(missing))
        return
    pipe.send("")
    while (request := pipe.recv()) is not None:
        method, given = request
        before = _used()
        result = getattr(contestant, method)(*given)
        # Models stay where they are: nobody needs them elsewhere.
        pipe.send((_used() - before, None if method == "train" else result))


def _used() -> float:
    """User CPU seconds of all threads of this process; `os.times` counts in hundredths."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_utime


class Crew:
    """One contestant in one process, or its models shared evenly among several; ask `missing` first.

    Args:
        module: with a class `Contestant`.
        arguments: for it.
        processes: how many.
    """

    def __init__(self, module: str, arguments: dict[str, Any], processes: int = 1) -> None:
        spawn = multiprocessing.get_context("spawn")
        pairs = [spawn.Pipe() for _ in range(processes)]
        self.pipes = [mine for mine, _ in pairs]
        self.processes = [
            spawn.Process(target=serve, args=(theirs, module, arguments), daemon=True) for _, theirs in pairs
        ]
        for process in self.processes:
            process.start()

    def missing(self) -> str:
        """Wait until all are there; what the library lacks for them, or nothing."""
        return "; ".join({answer for pipe in self.pipes if (answer := pipe.recv())})

    def ask(self, method: str, *given: Any) -> Any:
        """A request to the first process."""
        self.pipes[0].send((method, given))
        return self.pipes[0].recv()[1]

    def train(self, models: int, seed: int) -> tuple[float, float]:
        """Seconds on the wall and of user CPU."""
        share, count = divmod(models, len(self.pipes)), len(self.pipes)
        started = time.perf_counter()
        for i, pipe in enumerate(self.pipes):
            pipe.send(("train", (share[0] + (i < share[1]), seed * count + i)))
        used = [pipe.recv()[0] for pipe in self.pipes]
        return time.perf_counter() - started, sum(used)

    def leave(self) -> None:
        """End the processes."""
        for pipe, process in zip(self.pipes, self.processes, strict=True):
            if process.is_alive():
                pipe.send(None)
            process.join(10)
