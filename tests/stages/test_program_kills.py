"""`kill -9` of a driver and of workers: what was finished stays, and calling again comes to the same verdict."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from slow_program import slow

import neverseen as ns

CLAIM = ns.Untraining(1.0, 0.05)
MOMENTS = int(os.environ.get("MOMENTS", "4"))
"""At which a driver is killed: ten of them take half a minute."""

FAST: dict[str, Any] = {"alpha": 0.01, "beta": 0.2, "tolerance": 0.4, "budget": 125}
DRIVER = """
import os, sys
if __name__ == "__main__":  # which the processes of its workers are not: they need none of this
    os.fsync = lambda handle: None
    from slow_program import slow
    from test_program_kills import CLAIM, FAST
    import neverseen as ns
    print(ns.check_program(CLAIM, slow, sys.argv[1], workers=2, **FAST).to_json())
"""


def told(verdict: ns.Verdict) -> Any:
    found = json.loads(verdict.to_json())
    found["provenance"] = {name: found["provenance"][name] for name in ("digest", "failed", "pairs_read")}
    return {name: value for name, value in found.items() if name != "seconds"}


@pytest.fixture(scope="module", autouse=True)
def no_power_failure() -> Iterator[None]:
    """A process that is killed leaves what it wrote to the system; only a power failure needs the disk waited for."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda handle: None)
        yield


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return told(ns.check_program(CLAIM, slow, tmp_path_factory.mktemp("whole"), **FAST))


def count(folder: Path) -> int:
    return len(list(folder.glob("*/[0-9]*.npz")))


def test_a_driver_that_is_killed_again_and_again_resumes(tmp_path: Path, undisturbed: Any) -> None:
    """At several moments, each after some more runs; what was there stays, and its workers go with it."""
    folder = tmp_path / "runs"
    script, begun = tmp_path / "driver.py", tmp_path / "begun"
    script.write_text(DRIVER)
    variables = {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path]), "BEGUN": str(begun)}
    for kill in range(MOMENTS):
        before = count(folder)
        driver = subprocess.Popen(
            [sys.executable, str(script), str(folder)], stdout=subprocess.PIPE, env=os.environ | variables
        )
        while driver.poll() is None and count(folder) < before + 1 + kill:
            time.sleep(0.005)
        os.kill(driver.pid, signal.SIGKILL)
        driver.communicate()
        after = count(folder)
        time.sleep(0.3)
        assert count(folder) == after  # its workers are gone with it
    assert len(begun.read_text().splitlines()) <= count(folder) + 2 * MOMENTS  # two workers: what was under way
    assert count(folder) >= MOMENTS * (MOMENTS + 1) // 2
    assert told(ns.check_program(CLAIM, slow, folder, **FAST)) == undisturbed


def test_workers_that_are_killed_lose_their_own_runs_alone(
    tmp_path: Path, undisturbed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten workers, one after the other, each as it is seen; the run that it made is tried again, with the same seed."""
    pids = tmp_path / "pids"
    pids.mkdir()
    monkeypatch.setenv("PIDS", str(pids))
    killed: list[int] = []
    lost: list[tuple[str, int]] = []

    def kill(arm: str, seed: int, attempt: Any, attempts: int) -> None:
        if attempt.kind == "lost":
            lost.append((arm, seed))
        seen = sorted(int(one.name) for one in pids.iterdir() if int(one.name) not in killed)
        if seen and len(killed) < 10:
            killed.append(seen[0])
            os.kill(seen[0], signal.SIGKILL)

    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    verdict = ns.check_program(CLAIM, slow, tmp_path / "runs", workers=2, retries=9, told=kill, **FAST)
    assert len(killed) == 10
    assert len(lost) <= 10
    assert told(verdict) == undisturbed


def test_a_command_s_driver_that_is_killed_resumes(tmp_path: Path, undisturbed: Any) -> None:
    """And two drivers at once on what it left."""
    script = tmp_path / "train.py"
    script.write_text(
        "import json, random, sys, time\n"
        "arm, seed, out = sys.argv[1:]\n"
        "time.sleep(0.05)\n"
        "json.dump({'loss': random.Random(arm + seed).gauss(3.0 * (arm == 'reference'), 1.0)}, open(out, 'w'))\n"
    )
    command = f"{sys.executable} -S -E {script} {{arm}} {{seed}} {{out}}"
    line = [sys.executable, "-m", "neverseen", "audit", "--run", command, "--folder", str(tmp_path / "runs"), "--json"]
    line += ["--alpha", ".01", "--budget", "64", "--workers", "2"]
    driver = subprocess.Popen(line, stdout=subprocess.PIPE)
    while driver.poll() is None and count(tmp_path / "runs") < 10:
        time.sleep(0.005)
    driver.kill()
    driver.communicate()
    both = [subprocess.Popen(line, stdout=subprocess.PIPE) for _ in range(2)]
    first, second = (ns.Verdict.from_json(one.communicate()[0].decode()) for one in both)
    assert first.status is ns.Status.REFUTED
    assert told(first) == told(second)
    assert not list((tmp_path / "runs" / "work").iterdir())


def gone(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


CALLER = """
import sys
from neverseen.properties.external._command import CommandProgram
CommandProgram(sys.argv[1], sys.argv[2]).attempt("removed", 0, 0)
"""


def test_a_killed_driver_s_program_ends_and_all_that_it_started(tmp_path: Path) -> None:
    """In the middle of a run, which would take a minute."""
    script, seen = tmp_path / "train.sh", tmp_path / "seen"
    script.write_text(f"sleep 60 & echo $$ $! > {seen}.part; mv {seen}.part {seen}; wait\n")
    caller = subprocess.Popen([sys.executable, "-c", CALLER, f"sh {script} {{arm}} {{seed}} {{out}}", str(tmp_path)])
    while caller.poll() is None and not seen.exists():
        time.sleep(0.005)
    started = [int(word) for word in seen.read_text().split()]
    assert not any(map(gone, started))
    caller.kill()
    caller.wait()
    end = time.monotonic() + 10
    while not all(map(gone, started)) and time.monotonic() < end:
        time.sleep(0.01)
    assert all(map(gone, started))
