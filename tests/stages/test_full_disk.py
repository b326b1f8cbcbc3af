"""A disk that is full: one clear line, nothing computed lost, and the same verdict once there is room."""

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import neverseen as ns

CLAIM = ns.Untraining(1.0, 0.05)
FAST: dict[str, Any] = {"alpha": 0.01, "beta": 0.2, "tolerance": 0.4, "budget": 125}


def retrains(arm: str, seed: int) -> dict[str, Any]:
    return {"loss": random.Random(f"{arm} {seed}").gauss(0.0, 1.0)}


PROGRAM = """
import json, random, sys
arm, seed, out = sys.argv[1:]
with open(out, "w") as file:
    json.dump({"loss": random.Random(f"{arm} {seed}").gauss(0.0, 1.0)}, file)
    file.write(" " * 30_000)
"""


def mounted(place: Path, size: str, *more: str) -> bool:
    """A file system of so many bytes, where one may be mounted."""
    words = ["mount", "-t", "tmpfs", "-o", ",".join([f"size={size}", *more]), "tmpfs", str(place)]
    return shutil.which("mount") is not None and subprocess.run(words, stderr=subprocess.DEVNULL).returncode == 0


class Disk:
    """A file system of its own; or, to who may not mount one, a limit of this process on the size of files."""

    def __init__(self, place: Path) -> None:
        self.place, self.own = place, mounted(place, "400k")

    def enlarge(self) -> None:
        if self.own:
            assert mounted(self.place, "64m", "remount")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    place = tmp_path / "disk"
    place.mkdir()
    made = Disk(place)
    yield made
    if made.own:
        subprocess.run(["umount", "-l", str(place)], check=True)


def files(folder: Path) -> dict[str, bytes]:
    return {str(one.relative_to(folder)): one.read_bytes() for one in folder.glob("[ro]*/[0-9]*.npz")}


LIMITED = """
import resource, sys
import neverseen as ns
from test_full_disk import CLAIM, FAST, retrains
from pathlib import Path

def run(arm, seed):
    if seed == 20:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
    return retrains(arm, seed)

try:
    ns.check_program(CLAIM, run, sys.argv[1], **FAST)
except ValueError as error:
    sys.exit(str(error))
"""


def test_of_a_function(tmp_path: Path, disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing may be mounted the file that is too large is of another process, whose limit it is."""
    whole = ns.check_program(CLAIM, retrains, tmp_path / "whole", **FAST)
    folder = disk.place / "runs"
    if disk.own:
        with pytest.raises(ValueError, match="No space left on device") as stop:
            ns.check_program(CLAIM, retrains, folder, **FAST)
        said = str(stop.value)
    else:
        path = os.pathsep.join([str(Path(__file__).parent), *sys.path])
        line = [sys.executable, "-c", LIMITED, str(folder)]
        said = subprocess.run(line, env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True).stderr
        assert "File too large" in said
        (folder / "program.json").unlink()
    assert said.strip().endswith("make room and call again: finished runs are kept")
    assert "\n" not in said.strip()
    before = files(folder)
    assert len(before) >= 30
    assert not list(folder.rglob(".*.tmp"))
    disk.enlarge()
    made: list[str] = []
    monkeypatch.setitem(FAST, "told", lambda arm, seed, attempt, attempts: made.append(f"{arm}/{seed}.npz"))
    again = ns.check_program(CLAIM, retrains, folder, **FAST)
    assert (again.status, again.pairs, again.evidence) == (whole.status, whole.pairs, whole.evidence)
    assert not before.keys() & set(made)
    assert before.items() <= files(folder).items()


def test_of_a_command_whose_own_file_finds_no_room(tmp_path: Path, disk: Disk) -> None:
    """It ends with a status of its own, which is the machine's doing here and no outcome of the seed."""
    script, ballast, folder = tmp_path / "train.py", disk.place / "ballast", disk.place / "runs"
    script.write_text(PROGRAM if disk.own else "raise OSError(28, 'No space left on device')")
    command = f"{sys.executable} -S -E {script} {{arm}} {{seed}} {{out}}"
    asked: dict[str, Any] = FAST | {"budget": 64}
    ballast.write_bytes(b" " * 340_000)
    with pytest.raises(ValueError, match=r"make room|runs in a row failed.* and its disk is full") as stop:
        ns.check_program(CLAIM, command, folder, **asked)
    assert "\n" not in str(stop.value)
    assert not [one for one in folder.rglob("records/*/*.json") if '"kind": "failed"' in one.read_text()]
    ballast.unlink()
    disk.enlarge()
    script.write_text(PROGRAM)
    (folder / "program.json").unlink(missing_ok=True)
    verdict = ns.check_program(CLAIM, command, folder, retries=1, **asked)
    assert verdict.provenance["failed"] == {}
    assert "gap" not in verdict.provenance
