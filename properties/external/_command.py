"""A program that is run by its command line: one process for each run, its own process group, its own folder."""

import contextlib
import dataclasses
import errno
import hashlib
import os
import secrets
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

from ...formal._files import HOST, alive
from ._attempt import Attempt, RunKind, named_arrays, process_environment, tail
from ._guard import GUARD
from ._shelf import arrays_of

PLACES = ("{arm}", "{seed}", "{out}")
"""What a command must have a place for."""

BUSY = 75
"""EX_TEMPFAIL of sysexits.h: how a program says that the machine failed it and not its seed."""

_BY_SIGNAL = frozenset(128 + number for number in (signal.SIGINT, 9, 15))
_CODE = 1 << 24
_LEAST_ROOM = 1 << 20
_NO_ROOM = os.strerror(errno.ENOSPC)
_WORK = "work"


@dataclasses.dataclass(frozen=True)
class CommandProgram:
    """A command with places for the arm, the seed, and the file that it is to write.

    No shell reads it: words are split as a shell would, and each place is filled as it is.

    Args:
        command: such as `python train.py --arm {arm} --seed {seed} --out {out}`.
        folder: under which each run has a folder of its own to write in.
        timeout: seconds that a run may take; None for as long as it likes.
        devices: accelerators of this machine; a run sees one, its worker's number modulo this. 0 leaves that alone.

    >>> CommandProgram("python t.py {arm} {seed} {out}", "runs").words("removed", 3, "runs/a.npz")
    ['python', 't.py', 'removed', '3', 'runs/a.npz']
    """

    command: str
    folder: str
    timeout: float | None = None
    devices: int = 0

    def words(self, arm: str, seed: int, out: str) -> list[str]:
        """The command line of a run."""
        filled: dict[str, str] = dict(zip(PLACES, (arm, str(seed), out), strict=True))
        return [_filled(word, filled) for word in shlex.split(self.command)]

    def attempt(self, arm: str, seed: int, worker: int, alive_now: "Alive | None" = None) -> Attempt:
        """Run it once and read what it wrote."""
        started, place = time.perf_counter(), self._place(arm, seed)
        words, log = self.words(arm, seed, str(place / "run.npz")), place / "log"
        try:
            place.mkdir(parents=True)
            status = self._run(words, log, self._environment(worker), alive_now or Alive())
            said = _end_of(log)
            kind, reason = _ending(status, self.timeout)
            arrays, kind, reason = (None, kind, reason) if reason else _read(place)
            if kind == "failed" and (_NO_ROOM in said or shutil.disk_usage(place).free < _LEAST_ROOM):
                kind, reason = "lost", f"{reason}, and its disk is full"
            return Attempt(kind, arrays, reason, tail(said), time.perf_counter() - started, process_environment())
        except OSError as error:
            return Attempt("lost", None, f"{error.strerror or error}", "", time.perf_counter() - started)
        finally:
            shutil.rmtree(place, ignore_errors=True)

    def _place(self, arm: str, seed: int) -> Path:
        return Path(self.folder, _WORK, f"{HOST}.{os.getpid()}.{arm}.{seed}.{secrets.token_hex(4)}").absolute()

    def _environment(self, worker: int) -> dict[str, str]:
        device = {"CUDA_VISIBLE_DEVICES": str(worker % self.devices)} if self.devices else {}
        return dict(os.environ) | device

    def _run(self, words: list[str], log: Path, variables: dict[str, str], alive_now: "Alive") -> int | None:
        """The exit status; None where it took too long, and all that it started is ended."""
        with open(log, "wb") as file, alive_now.started(words, file, variables) as process:
            try:
                return process.wait(self.timeout)
            except subprocess.TimeoutExpired:
                return None


class Alive:
    """The processes of runs under way, so that leaving ends them and what they started.

    >>> Alive().end()
    """

    def __init__(self) -> None:
        self._processes: set[subprocess.Popen[bytes]] = set()
        self._lock, self._ended = threading.Lock(), False

    @contextlib.contextmanager
    def started(self, words: list[str], log: Any, variables: Mapping[str, str]) -> Generator[subprocess.Popen[bytes]]:
        """A process while it is waited for; afterwards nothing of its group is left."""
        with self._lock:
            if self._ended:
                raise OSError("the driver is leaving")
            process = GUARD.started(words, log, dict(variables))
            self._processes.add(process)
        try:
            yield process
        finally:
            _kill(process)
            GUARD.forget(process.pid)
            with self._lock:
                self._processes.discard(process)

    def end(self) -> None:
        """End them all; no more are started."""
        with self._lock:
            self._ended = True
            for process in self._processes:
                _kill(process)


def command_identity(command: str) -> dict[str, Any]:
    """What makes a command another program: its words, and the code in the files that it names.

    Raises:
        ValueError: no words, a place that is not filled, or a program that is not there.

    >>> command_identity("python train.py {arm} {seed}")
    Traceback (most recent call last):
    ValueError: run: 'python train.py {arm} {seed}' has no {out}; write the run's arrays where it stands
    """
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise ValueError(f"run: {command!r:.80} is no command ({error})") from error
    for place in PLACES:
        if not any(place in word for word in words):
            say = {"{out}": "write the run's arrays where it stands"}.get(place, "all runs would be one")
            raise ValueError(f"run: {command!r:.80} has no {place}; {say}")
    if shutil.which(words[0]) is None:
        raise ValueError(f"run: no program is called {words[0]!r:.80}")
    return {"name": command, "command": command, "files": {word: code for word in words[1:] if (code := _code(word))}}


def sweep_work(folder: Path) -> None:
    """Take away the folders of runs whose driver, on this host, is gone."""
    with contextlib.suppress(FileNotFoundError), os.scandir(folder / _WORK) as entries:
        for entry in entries:
            host, _, rest = entry.name.partition(".")
            process = rest.partition(".")[0]
            if host == HOST and process.isdigit() and not alive(int(process)):
                shutil.rmtree(entry.path, ignore_errors=True)


def _code(word: str) -> str:
    """The SHA-256 of a file that a word names; "" of other words."""
    with contextlib.suppress(OSError, ValueError):
        path = Path(word)
        if path.is_file() and path.stat().st_size <= _CODE:
            return hashlib.sha256(path.read_bytes()).hexdigest()
    return ""


def _filled(word: str, filled: Mapping[str, str]) -> str:
    for place, text in filled.items():
        word = word.replace(place, text)
    return word


def _end_of(log: Path) -> str:
    """The last 64 KiB: a log may be longer than memory."""
    with open(log, "rb") as file:
        file.seek(max(0, log.stat().st_size - (1 << 16)))
        return file.read().decode("utf-8", "replace")


def _read(place: Path) -> tuple[Any, RunKind, str]:
    """The arrays that a run wrote, in one file or several; why it failed where it wrote none."""
    (place / "log").unlink()
    files = [_by_its_name(file) for file in place.iterdir()]
    if not files:
        return None, "failed", "it ended well and wrote nothing where {out} stands"
    try:
        return named_arrays(arrays_of(files[0] if len(files) == 1 else place)), "finished", ""
    except ValueError as error:
        return None, "failed", str(error).replace(f"{place}{os.sep}", "")


def _by_its_name(file: Path) -> Path:
    """A file that holds JSON, whatever the command line called it, under a name that says so."""
    with contextlib.suppress(IsADirectoryError), open(file, "rb") as stream:
        if stream.read(1) in (b"{", b"["):
            return file.rename(file.with_suffix(".json"))
    return file


def _ending(status: int | None, timeout: float | None) -> tuple[RunKind, str]:
    """Whose failure an exit status is; no reason where it is none."""
    if status is None:
        return "lost", f"ended after {timeout:g} s, the time that --timeout gives"
    if status < 0 or status in _BY_SIGNAL:
        return "lost", f"killed by signal {-status if status < 0 else status - 128}"
    if status == BUSY:
        return "lost", f"exit status {BUSY}: it says that the machine failed"
    return ("failed", f"exit status {status}") if status else ("finished", "")


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End a process and, where there are process groups, all that it started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()
