"""Real Ray, where it is installed: `pytest -n 0 tests/stages/real_ray.py`; a stand-in is driven by `test_ray.py`."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import ray  # pyright: ignore[reportMissingImports]
from slow_program import slow
from test_program_kills import CLAIM, FAST, told

import neverseen as ns


def test_workers_of_a_cluster_that_are_killed_lose_their_own_runs_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three workers, one after the other; the cluster stays, and each run is tried again with the same seed."""
    pids = tmp_path / "pids"
    pids.mkdir()
    path = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
    monkeypatch.setenv("PIDS", str(pids))
    monkeypatch.setenv("PYTHONPATH", path)
    killed, lost = list[int](), list[str]()

    def kill(arm: str, seed: int, attempt: Any, attempts: int) -> None:
        if attempt.kind == "lost":
            lost.append(attempt.reason)
        seen = sorted(int(one.name) for one in pids.iterdir() if int(one.name) not in killed)
        if seen and len(killed) < 3:
            killed.append(seen[0])
            os.kill(seen[0], signal.SIGKILL)

    crew = ns.executors.ray("local", 2)
    verdict = ns.check_program(CLAIM, slow, tmp_path / "a", executor=crew, workers=2, retries=9, told=kill, **FAST)
    assert not ray.is_initialized()
    assert len(killed) == 3
    assert 1 <= len(lost) <= 3
    assert all(reason.startswith("its worker died") for reason in lost)
    assert told(verdict) == told(ns.check_program(CLAIM, slow, tmp_path / "b", **FAST))


def test_a_cluster_runs_commands(tmp_path: Path) -> None:
    """`--ray local` says what two workers of this machine say."""
    script = tmp_path / "train.py"
    script.write_text(
        "import json, random, sys\narm, seed, out = sys.argv[1:]\n"
        "json.dump({'loss': random.Random(arm + seed).gauss(3.0 * (arm == 'reference'), 1.0)}, open(out, 'w'))\n"
    )
    command = f"{sys.executable} -S -E {script} {{arm}} {{seed}} {{out}}"
    line = [sys.executable, "-m", "neverseen", "audit", "--run", command, "--alpha", ".01", "--budget", "64", "--json"]
    said: list[ns.Verdict] = []
    for folder, options in (("a", ["--ray", "local"]), ("b", [])):
        words = [*line, "--workers", "2", "--folder", str(tmp_path / folder), *options]
        ended = subprocess.run(words, stdout=subprocess.PIPE, text=True)
        assert ended.returncode == 1
        said.append(ns.Verdict.from_json(ended.stdout))
    assert (said[0].pairs, said[0].evidence) == (said[1].pairs, said[1].evidence)
