"""The folder of a program's runs: a file for each run, a record beside it, and a manifest that says whose they are."""

import contextlib
import dataclasses
import io
import json
import os
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ...formal._files import abandoned, written_aside
from ..saved._arrays import read_file
from ..saved._folders import read_run
from ..saved._sources import Sources
from ._attempt import Attempt, RunArrays

ARMS = ("removed", "reference", "original")
"""The folders of runs."""

MANIFEST = "program.json"
"""The file that says whose runs a folder holds."""

_NUMBER = re.compile(r"\D*?(\d+)")
_LAYOUT = 1


@dataclasses.dataclass(frozen=True)
class RunRecord:
    """What is known of a run beside its arrays.

    Args:
        kind: finished, failed or lost.
        reason, log, seconds, environment: see `Attempt`.
        attempts: how often it was tried.
        command: what was run.

    >>> RunRecord("finished").attempts
    1
    """

    kind: str
    reason: str = ""
    log: str = ""
    seconds: float = 0.0
    attempts: int = 1
    command: str = ""
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict[str, str])


class Shelf:
    """`DIR/ARM/SEED.npz`, `DIR/records/ARM/SEED.json` and `DIR/program.json`.

    The folder is all the state there is. A file is there whole or not at all, and the first one stays: several drivers,
    and a person who copies runs in, never change what was bet on.

    Args:
        folder: DIR; it is made when something is first written.
        durable: whether a run that was kept is to outlast a power failure.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     shelf = Shelf(folder)
    ...     shelf.keep("removed", 3, Attempt("finished", {"loss": np.array(1.0)}), "f", 1)
    ...     sorted(shelf.seeds("removed")), shelf.record("removed", 3).kind
    ([3], 'finished')
    """

    def __init__(self, folder: str | os.PathLike[str], *, durable: bool = True) -> None:
        self.folder, self._durable = Path(folder), durable
        if self.folder.exists() and not self.folder.is_dir():
            raise ValueError(f"folder: {self.folder} is a file; give a folder for the runs")

    def admit(self, program: Mapping[str, Any] | None) -> None:
        """Refuse runs of another program; sign a folder that nobody has signed.

        Raises:
            ValueError: another program's folder, or a manifest that cannot be read or written.
        """
        place = self.folder / MANIFEST
        signed = _read_json(place)
        if program is None:
            return
        if signed is None:
            _written(place, {"layout": _LAYOUT, "program": dict(program)})
            return
        theirs = signed.get("program")
        if theirs != dict(program):
            raise ValueError(f"folder: {self.folder} holds runs of another program ({_other(theirs, program)}); give "
                             "this one a folder of its own")  # fmt: skip

    def seeds(self, arm: str) -> dict[int, str]:
        """The runs of an arm that are there: seed → file or folder, its path as text: thousands of it, block by block.

        Raises:
            ValueError: two of one seed; the arm's folder cannot be read.
        """
        found: dict[int, str] = {}
        try:
            with os.scandir(self.folder / arm) as entries:
                named = [(entry.path, number) for entry in entries if (number := _seed_of(entry.name)) is not None]
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise ValueError(f"{self.folder / arm}: cannot be read ({error.strerror or error})") from error
        for path, number in sorted(named):
            if number in found:
                both = " and ".join(map(os.path.basename, (found[number], path)))
                raise ValueError(f"{self.folder / arm}: {both} are both run {number}; keep one")
            found[number] = path
        return found

    def record(self, arm: str, seed: int) -> RunRecord | None:
        """What is known of a run; None of one that nobody tried here.

        Raises:
            ValueError: the record cannot be read.
        """
        found = _read_json(self.place(arm, seed))
        if found is None:
            return None
        fields = {field.name for field in dataclasses.fields(RunRecord)}
        try:
            return RunRecord(**{name: value for name, value in found.items() if name in fields})
        except TypeError:
            raise ValueError(f"{self.place(arm, seed)}: is no record of a run; delete it") from None

    def place(self, arm: str, seed: int) -> Path:
        """Where the record of a run lies."""
        return self.folder / "records" / arm / f"{seed}.json"

    def keep(self, arm: str, seed: int, attempt: Attempt, command: str, attempts: int) -> None:
        """Write a run: first what is known of it, then its arrays, so that a run that is there is whole.

        Raises:
            ValueError: the folder takes no more.
        """
        record = RunRecord(
            attempt.kind, attempt.reason, attempt.log, round(attempt.seconds, 3), attempts, command, attempt.environment
        )
        _written(self.place(arm, seed), dataclasses.asdict(record), durable=False)  # without it a run is made again
        if attempt.arrays is not None:
            self._shelve(self.folder / arm / f"{seed}.npz", _packed(attempt.arrays))

    def forget(self, arm: str, seed: int) -> None:
        """Take back what is known of a run without arrays."""
        with contextlib.suppress(OSError):
            self.place(arm, seed).unlink()

    def _shelve(self, place: Path, data: bytes) -> None:
        """The first file under a name stays, whoever wrote it: it may have been bet on."""
        try:
            with written_aside(place, data, durable=self._durable) as part:
                try:
                    os.link(part, place)
                except FileExistsError:
                    return
                except OSError:  # a file system without hard links
                    os.replace(part, place)
        except OSError as error:
            raise _full(place, error) from error

    def sweep(self) -> None:
        """Take away what writers that were killed left behind."""
        for arm in (*ARMS, *(f"records/{arm}" for arm in ARMS)):
            with contextlib.suppress(FileNotFoundError), os.scandir(self.folder / arm) as entries:
                for entry in entries:
                    if abandoned(entry):
                        Path(entry.path).unlink(missing_ok=True)


def arrays_of(place: Path) -> RunArrays:
    """The arrays of one run, by name.

    Raises:
        ValueError: damaged, of another format, or not real numbers.

    >>> arrays_of(Path("nowhere.npz"))
    Traceback (most recent call last):
    ValueError: nowhere.npz: cannot be read (No such file or directory)
    """
    found: Sources = read_run(place) if place.is_dir() else read_file(place)
    return {name: _whole(source) for name, source in found.items()}


def _whole(source: Any) -> np.ndarray:
    return np.asarray(source) if not getattr(source, "shape", ()) else np.asarray(source[: source.shape[0]])


def _seed_of(name: str) -> int | None:
    """17 of `17.npz`, `seed_17.npz` or a folder `run17`; None of what begins with a dot."""
    stem = name.partition(".")[0]
    number = _NUMBER.fullmatch(stem)
    return int(number[1]) if number and name[0] != "." else None


def _packed(arrays: RunArrays) -> bytes:
    """As `numpy.savez` would write it; an array without a name is what it calls `arr_0`."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:  # savez takes no array that is called "file"
        for name, value in arrays.items():
            with archive.open(f"{name or 'arr_0'}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, value, allow_pickle=False)
    return buffer.getvalue()


def _written(place: Path, value: Mapping[str, Any], *, durable: bool = True) -> None:
    data = (json.dumps(value, indent=1, sort_keys=True) + "\n").encode()
    try:
        with written_aside(place, data, durable=durable) as part:
            os.replace(part, place)
    except OSError as error:
        raise _full(place, error) from error


def _full(place: Path, error: OSError) -> ValueError:
    return ValueError(
        f"{place}: cannot be written ({error.strerror or error}); make room and call again: finished runs are kept"
    )


def _read_json(place: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(place.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ValueError(f"{place}: cannot be read ({error.strerror or error})") from error
    except ValueError as error:
        raise ValueError(f"{place}: is no JSON ({error}); delete it") from error
    if not isinstance(found, dict):
        raise ValueError(f"{place}: is no object; delete it")
    return found


def _other(theirs: Any, ours: Mapping[str, Any]) -> str:
    """What differs, in few words."""
    known: Mapping[str, Any] = theirs if isinstance(theirs, dict) else {}
    for name in ("name", "command"):
        if known.get(name) != ours.get(name):
            return f"{known.get(name) or 'unnamed'!s:.80}"
    return "the same name, but its code differs"
