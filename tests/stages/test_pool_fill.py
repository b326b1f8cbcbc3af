"""`neverseen pool fill` and `digest`: the runs that `check` draws, filled from the command line, and Ctrl-C."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import jax
import pytest
from cli_tools import Capture, one_line

import neverseen as ns
from neverseen.algorithms.store._store import Store
from neverseen.properties.cli._main import main
from neverseen.properties.runs._run_pools import arms, streams

FILL = ["pool", "fill", "--learner", "ridge", "--scenario", "figure1"]


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that the environment names, not made yet."""
    monkeypatch.setenv("NEVERSEEN_STORE", str(tmp_path / "store"))
    return tmp_path / "store"


@pytest.mark.parametrize(
    ("without", "claim", "arm"),
    [("none", ns.Untraining, 2), ("forget", ns.Untraining, 1), ("behaviour", ns.Unlearning, 1)],
)
def test_the_pools_are_those_of_a_check(without: str, claim: type, arm: int, store: Path, capsys: Capture) -> None:
    assert main([*FILL, "--runs", "40", "--seed", "3", "--without", without, "--json"]) == 0
    filled = json.loads(capsys.readouterr().out)
    scenario = ns.scenarios.figure1()
    made = arms(claim(1.0, 0.05), ns.removers.retrain(), ns.learners.ridge(), scenario, streams(scenario, 3))[arm]
    shards = made.shards(Store(store))
    assert (filled["pool"], filled["runs"]) == (shards.id, 64)
    assert (shards.present(), shards.digest()) == ([0, 1], filled["digest"])


def test_the_line_and_the_digest(store: Path, capsys: Capture) -> None:
    assert main([*FILL, "--runs", "33"]) == 0
    out, err = capsys.readouterr()
    named = re.fullmatch(r"pool ([0-9a-f]{64}), 64 runs in [0-9.]+ s, digest ([0-9a-f]{64})\n", out)
    assert named is not None
    assert err == ""
    assert main([*FILL, "--runs", "128"]) == 0
    more = capsys.readouterr().out.split()[-1]
    assert main(["pool", "digest", named[1][:12]]) == 0
    assert capsys.readouterr().out.strip() == more != named[2]
    assert main([*FILL, "--runs", "64"]) == 0
    assert capsys.readouterr().out.split()[-1] == named[2]


def test_workers_fill_the_same_runs(tmp_path: Path, capsys: Capture) -> None:
    digests: list[str] = []
    for name, more in (("a", []), ("b", ["--workers", "1"])):
        assert main([*FILL, "--runs", "64", "--store", str(tmp_path / name), *more]) == 0
        digests.append(capsys.readouterr().out.split()[-1])
    assert digests[0] == digests[1]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--runs", "0"], "runs: 0 is not in [1, 1000000000]"),
        (["--runs", "many"], "argument --runs: invalid int value"),
        ([], "the following arguments are required: --runs"),
        (["--runs", "32", "--workers", "0"], "workers: 0 is not in [1, 4096]"),
        (["--runs", "32", "--memory", "much"], "--memory: 'much' is not a size; write 0, 500MB or 2GiB"),
        (
            ["--runs", "32", "--memory", "1kB"],
            "memory: a shard of ridge(penalty=1) in ns.scenarios.figure1() needs 1944 bytes",
        ),
        (["--runs", "3200", "--limit", "1kB"], "the store's limit is 1000; raise it"),
        (["--runs", "32", "--without", "some"], "argument --without: invalid choice"),
        (["--runs", "32", "--learner", "rigde"], "unknown learner 'rigde'; did you mean 'ridge'?"),
    ],
)
def test_wrong_usage_is_one_line(more: list[str], words: str, capsys: Capture) -> None:
    assert main([*FILL, *more]) == 2
    assert words in one_line(capsys)


def test_ray_that_is_absent_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    assert main([*FILL, "--runs", "32", "--ray"]) == 2
    assert one_line(capsys) == "ray is not installed; install it with: pip install 'neverseen[ray]'"


@pytest.mark.parametrize(("start", "words"), [("0", "no pool has an id"), ("", "2 pools have an id")])
def test_a_digest_is_of_one_pool(start: str, words: str, store: Path, capsys: Capture) -> None:
    for root in (0, 1):
        Store(store).open({"root": root, "pad": 22}).accompany({})
    names = {path.name[0] for path in store.iterdir()}
    unused = next(letter for letter in "0123456789abcdef" if letter not in names)
    assert main(["pool", "digest", unused if start else ""]) == 2
    assert words in one_line(capsys)


LEARNER = """
import jax, jax.numpy as jnp, neverseen as ns
inner = ns.learners.ridge()
def fit(key, rows):
    start = jax.random.normal(key, (20000,))
    noise = jax.lax.fori_loop(0, 300, lambda i, x: jnp.sin(x + i), start).sum()
    made = inner.fit(key, rows)
    return ns.Trained(made.params + noise, None, slow)
slow = ns.Learner(fit, inner.apply, inner.loss, name="slow")
"""


@pytest.mark.parametrize("more", [[], ["--workers", "2"]])
def test_ctrl_c_keeps_what_is_finished(more: list[str], tmp_path: Path, store: Path) -> None:
    (tmp_path / "mine.py").write_text(LEARNER, encoding="utf-8")
    words = ["pool", "fill", "--learner", f"{tmp_path / 'mine.py'}:slow", "--scenario", "figure1", "--runs", "64000"]
    command = [sys.executable, "-m", "neverseen", *words, *more]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True) as process:
        end = time.monotonic() + 90
        while len(list(store.rglob("shard-*"))) < 2 and time.monotonic() < end:
            time.sleep(0.02)
        os.killpg(process.pid, signal.SIGINT)
        asked = time.monotonic()
        assert process.wait(30) == 130
        assert time.monotonic() - asked < 15
        assert process.stderr is not None
        said = process.stderr.read().splitlines()  # nothing of semaphores that leaked
    assert len(said) == 1
    assert re.fullmatch(r"neverseen: interrupted; \d+ of 64000 runs were finished", said[0])
    assert Store(store).verify() == []
    assert Store(store).pools()[0].shards >= 2


def test_the_key_of_the_training_stream_is_the_checks() -> None:
    scenario = ns.scenarios.figure1()
    assert (
        jax.random.key_data(streams(scenario, 0)["training"]).tolist()
        != jax.random.key_data(jax.random.key(0)).tolist()
    )
