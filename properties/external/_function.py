"""A program that is a function: called here, or in processes that are told of each run and blamed for it alone."""

import contextlib
import dataclasses
import functools
import hashlib
import inspect
import multiprocessing
import os
import signal
import threading
import time
from multiprocessing.connection import Connection
from typing import Any

from ._attempt import Attempt, Run, attempt_call

_STARTING = threading.Lock()
"""A process takes over its environment as it starts; two are not to start at once."""


@dataclasses.dataclass
class FunctionProcess:
    """A process that makes run after run of one function, and is started anew when a run ends it.

    Args:
        run: the function; a process that is started afresh must be able to import it.
        device: the one accelerator that it sees; None for all of them.
        timeout: seconds that a run may take.

    >>> made = FunctionProcess(max)
    >>> made.close()
    """

    run: Run
    device: int | None = None
    timeout: float | None = None
    _process: Any = None
    _pipe: Any = None
    _closed: bool = False

    def attempt(self, arm: str, seed: int) -> Attempt:
        """One run; the end of the process is the machine's failure, and nobody else's run is lost by it."""
        self._begin()
        started = time.perf_counter()
        try:
            self._pipe.send((arm, seed))
            if self._pipe.poll(self.timeout):
                return self._pipe.recv()
            reason = f"ended after {self.timeout:g} s, the time that timeout gives"
        except (EOFError, OSError):
            reason = self._death()
        self._end()
        return Attempt("lost", None, reason, "", time.perf_counter() - started)

    def close(self) -> None:
        """End the process, whatever it does."""
        self._closed = True
        self._end()

    def _begin(self) -> None:
        if self._closed:
            raise OSError("the driver is leaving")
        if self._process is not None and self._process.is_alive():
            return
        fresh = multiprocessing.get_context("spawn")
        self._pipe, theirs = fresh.Pipe()
        process = fresh.Process(target=_serve, args=(theirs, self.run), daemon=True)
        with _STARTING, _seeing(self.device):
            try:
                process.start()
            except (AttributeError, TypeError, ValueError, RuntimeError) as error:
                raise ValueError(f"run: cannot be sent to another process ({error}); {_SAY}") from error
            except Exception as error:
                # PicklingError, which is named in a module that has no business here.
                raise ValueError(f"run: cannot be sent to another process ({error}); {_SAY}") from error
        theirs.close()
        self._process = process
        try:
            self._pipe.recv()
        except (EOFError, OSError):
            raise ValueError(f"run: another process cannot import it ({self._death()}); {_SAY}") from None

    def _death(self) -> str:
        self._process.join(10)
        code = self._process.exitcode
        return f"killed by signal {-code}" if code is not None and code < 0 else f"its process ended with status {code}"

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.join()
            self._pipe.close()


_SAY = "define it at the top of a module of yours, or leave workers out"


def function_identity(run: Run) -> dict[str, Any]:
    """What makes a function another program: its name and its source.

    >>> function_identity(len)["name"]
    'len'
    """
    inner = run
    while isinstance(inner, functools.partial):
        inner = inner.func
    name = getattr(inner, "__qualname__", type(inner).__qualname__)
    try:
        source = inspect.getsource(inner if hasattr(inner, "__qualname__") else type(inner))
    except (OSError, TypeError):  # built in, or typed at a prompt
        source = ""
    return {"name": name, "code": hashlib.sha256(source.encode()).hexdigest()}


@contextlib.contextmanager
def _seeing(device: int | None) -> Any:
    """What a process that starts meanwhile finds in its environment."""
    before = os.environ.get("CUDA_VISIBLE_DEVICES")
    if device is not None:
        os.environ["CUDA_VISIBLE_DEVICES"] = str(device)
    try:
        yield
    finally:
        if device is not None:
            os.environ.pop("CUDA_VISIBLE_DEVICES")
            if before is not None:
                os.environ["CUDA_VISIBLE_DEVICES"] = before


def _serve(pipe: Connection, run: Run) -> None:
    """In the process: run after run until the other end of the pipe is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_watch, daemon=True).start()
    with contextlib.suppress(EOFError, OSError):
        pipe.send(None)
        while True:
            pipe.send(attempt_call(run, *pipe.recv()))


def _watch() -> None:
    """A process whose driver was killed ends in the middle of its run: nobody waits for it."""
    driver = multiprocessing.parent_process()
    if driver is not None:
        driver.join()
        os._exit(1)
