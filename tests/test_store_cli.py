"""`neverseen pool`: listing, checking and pruning from the command line."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cli_tools import Capture, one_line
from store_tools import IDENTITY, filled, flip, leaves, shard_file

from neverseen.algorithms.store._store import Store
from neverseen.properties.cli._main import main


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that the environment names, not made yet."""
    monkeypatch.setenv("NEVERSEEN_STORE", str(tmp_path / "store"))
    return tmp_path / "store"


@pytest.mark.parametrize(
    ("command", "line"),
    [
        ("ls", "0 pools, 0 shards, 0 B in {}"),
        ("verify", "0 shards read, 0 files damaged in {}"),
        ("prune", "removed 0 shards and 0 damaged or abandoned files; 0 B are left in {}"),
        ("ls --json", "[]"),
    ],
)
def test_a_missing_folder_is_an_empty_store(command: str, line: str, store: Path, capsys: Capture) -> None:
    assert main(["pool", *command.split()]) == 0
    assert capsys.readouterr() == (line.format(store) + "\n", "")
    assert not store.exists()


def test_the_listing(store: Path, capsys: Capture) -> None:
    old, new = filled(store, 2), Store(store).open(IDENTITY | {"root": 1}, "two\nlines \x1b[31m")
    assert new.write(0, leaves(0))
    os.utime(old.folder / "pool.json", (0, 0))
    assert main(["pool", "ls"]) == 0
    first, second, total = capsys.readouterr().out.splitlines()
    assert first.startswith(f"{old.id[:12]}  2 shards  ")
    assert first.endswith("learner ridge, root 0, width 32")
    assert second.endswith(r"two\nlines \x1b[31m")
    assert total.startswith("2 pools, 3 shards, ")
    assert main(["pool", "ls", "--json", "--store", str(store)]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert (rows[0]["id"], rows[0]["shards"], rows[0]["used"]) == (old.id, 2, 0.0)
    assert rows[1]["description"] == "two\nlines \x1b[31m"


def test_verify_names_each_damaged_file(store: Path, capsys: Capture) -> None:
    pool = filled(store, 3)
    flip(shard_file(pool, 1), -1)
    (pool.folder / "pool.json").write_bytes(b"{")
    assert main(["pool", "verify"]) == 1
    first, second, total = capsys.readouterr().out.splitlines()
    assert first.startswith(f"{pool.folder / 'pool.json'} is truncated")
    assert second.startswith(f"{shard_file(pool, 1)} has a wrong checksum; set aside as damaged-")
    assert total == f"3 shards read, 2 files damaged in {store}"
    assert main(["pool", "verify"]) == 0
    assert main(["pool", "ls"]) == 0
    assert "(pool.json is missing)  [2 damaged]" in capsys.readouterr().out


def test_verify_as_json(store: Path, capsys: Capture) -> None:
    pools = [filled(store, 2, root) for root in (0, 1)]
    for pool in pools:
        flip(shard_file(pool, 1), -1)
    assert main(["pool", "verify", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["shards"] == 4
    wanted = {(str(shard_file(pool, 1)), "has a wrong checksum") for pool in pools}
    assert {(row["file"], row["why"]) for row in found["damaged"]} == wanted


@pytest.mark.parametrize(
    ("size", "kept"), [("0", 0), ("9kB", 1), ("9KiB", 1), ("0.018 mb", 2), ("20000", 2), ("1gib", 3), ("1T", 3)]
)
def test_prune_understands_sizes(size: str, kept: int, store: Path, capsys: Capture) -> None:
    pool = filled(store, 3, size=500)  # some 8.3 kB each
    assert main(["pool", "prune", "--limit", size]) == 0
    assert f"removed {3 - kept} shards" in capsys.readouterr().out
    assert pool.present() == list(range(kept))


@pytest.mark.parametrize("size", ["", "x", "-1", "5 bananas", "1e9", "nan", "1..5GB", "٣MB", "2 GiB\n"])
def test_another_size_is_one_line(size: str, store: Path, capsys: Capture) -> None:
    pool = filled(store)
    assert main(["pool", "prune", f"--limit={size}"]) == 2
    assert "is not a size; write 0, 500MB or 2GiB" in one_line(capsys)
    assert pool.present() == [0]


@pytest.mark.parametrize("command", ["ls", "verify", "prune"])
def test_a_file_is_no_store(command: str, store: Path, capsys: Capture) -> None:
    store.write_bytes(b"mine")
    assert main(["pool", command]) == 2
    assert f"{store}: cannot be " in one_line(capsys)


@pytest.mark.parametrize(
    ("argv", "words"),
    [("pool", "required: ls|verify|prune"), ("pool rm", "invalid choice: 'rm'"), ("pool ls --limit 1", "--limit")],
)
def test_bad_usage_is_one_line(argv: str, words: str, capsys: Capture) -> None:
    assert main(argv.split()) == 2
    assert words in one_line(capsys)


def test_as_a_process(store: Path) -> None:
    flip(shard_file(filled(store, 2)), -1)
    command = [sys.executable, "-m", "neverseen", "pool", "verify"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.splitlines()[-1] == f"2 shards read, 1 files damaged in {store}"
