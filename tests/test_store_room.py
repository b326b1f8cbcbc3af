"""The store's limit: who goes first, what happens when nothing may go, and what pruning leaves."""

import os
from pathlib import Path
from typing import Any

import pytest
from store_tools import IDENTITY, filled, flip, leaves, shard_file, warned

from neverseen.algorithms.store import _quota as _room
from neverseen.algorithms.store._store import Store

SIZE = 2000
BYTES = 4 * 4 * SIZE  # of a shard, not counting some hundred of header


def aged(folder: Path, roots: list[int], shards: int) -> dict[int, Any]:
    """Pools by root, used in the order given, long ago."""
    pools = {root: filled(folder, shards, root, SIZE) for root in roots}
    for age, root in enumerate(roots):
        os.utime(pools[root].folder / "pool.json", (1000 + age, 1000 + age))
    return pools


def test_the_least_recently_used_go_first(tmp_path: Path) -> None:
    pools = aged(tmp_path, [2, 0, 1], 3)
    small = Store(tmp_path, limit=10 * BYTES)
    assert pools[2].read(0, leaves(0, SIZE)) is not None  # a use: 0 is the oldest now
    new = small.open(IDENTITY | {"root": 9})
    assert warned(lambda: new.write(0, leaves(0, SIZE))) == (True, [])
    assert {root: pools[root].present() for root in pools} == {0: [0], 1: [0, 1, 2], 2: [0, 1, 2]}
    assert warned(lambda: [new.write(number, leaves(number, SIZE)) for number in (1, 2, 3)]) == ([True] * 3, [])
    assert {root: pools[root].present() for root in pools} == {0: [], 1: [0, 1], 2: [0, 1, 2]}
    assert not pools[0].folder.exists()
    assert sum(pool.bytes for pool in small.pools()) <= 10 * BYTES


def test_opening_and_writing_are_uses(tmp_path: Path) -> None:
    pools = aged(tmp_path, [0, 1, 2], 1)
    Store(tmp_path).open(IDENTITY | {"root": 0})
    assert pools[1].write(1, leaves(1))
    assert Store(tmp_path).pools()[0].id == pools[2].id


def test_a_pool_larger_than_the_limit_is_kept_in_part_and_said_so_once(tmp_path: Path) -> None:
    old = aged(tmp_path, [0], 2)[0]
    pool = Store(tmp_path, limit=4 * BYTES).open(IDENTITY | {"root": 1})
    results, lines = warned(lambda: [pool.write(number, leaves(number, SIZE)) for number in range(6)])
    assert results == [True, True, True, False, False, False]
    assert len(lines) == 1
    assert f"pool {pool.id[:12]} does not fit into the limit of" in lines[0]
    assert (old.present(), pool.present()) == ([], [0, 1, 2])
    Store(tmp_path).prune()
    assert warned(lambda: pool.write(4, leaves(4, SIZE))) == (True, [])


def test_pools_that_push_each_other_out_are_told_once(tmp_path: Path) -> None:
    store = Store(tmp_path, limit=4 * BYTES)
    pools = [store.open(IDENTITY | {"root": root}) for root in (0, 1)]
    for root in (0, 1):
        assert warned(lambda: [pools[root].write(n, leaves(n, SIZE)) for n in (0, 1)])[1] == []  # noqa: B023
    assert 1 not in pools[0].present()
    _, lines = warned(lambda: [pools[n % 2].write(1, leaves(1, SIZE)) for n in range(6)])
    assert len(lines) == 1
    assert "the pools in use need more than the limit of" in lines[0]


def test_a_write_does_not_scan_the_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scans, scan = [0], _room.scan

    def counted(store: Path) -> Any:
        scans[0] += 1
        return scan(store)

    monkeypatch.setattr(_room, "scan", counted)
    filled(tmp_path, 30)
    assert scans == [1]


def test_what_other_processes_write_is_seen_in_time(tmp_path: Path) -> None:
    """A running estimate alone would let two processes fill twice the limit."""
    mine = Store(tmp_path, limit=40 * BYTES)
    pool = mine.open(IDENTITY)
    assert pool.write(0, leaves(0, SIZE))
    aged(tmp_path, [1], 39)  # through a Store of another limit: another estimate
    assert all(pool.write(number, leaves(number, SIZE)) for number in range(1, 12))
    assert sum(one.bytes for one in mine.pools()) <= 46 * BYTES


def test_pruning_to_a_limit_and_by_age(tmp_path: Path) -> None:
    store, pools = Store(tmp_path), aged(tmp_path, [0, 1], 3)
    flip(shard_file(pools[1], 2), -1)
    assert [str(found.file) for found in store.verify()] == [str(shard_file(pools[1], 2))]
    assert store.prune(10**9).files == 1
    assert store.prune(0, older_than=10**10).shards == 0
    assert store.prune(4 * BYTES).shards == 2
    assert [pools[root].present() for root in (0, 1)] == [[0], [0, 1]]
    assert store.prune(0, older_than=1000).left == 0
    assert (store.pools(), os.listdir(tmp_path)) == ([], [])


def test_files_that_are_not_ours_are_left(tmp_path: Path) -> None:
    pool = filled(tmp_path)
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "shard-00000.safetensors").write_bytes(b"mine")
    (tmp_path / "thesis.txt").write_bytes(b"mine")
    (pool.folder / "program.txt").write_bytes(b"mine")
    (tmp_path / ("0" * 64)).symlink_to(tmp_path / "notes", target_is_directory=True)
    store = Store(tmp_path)
    assert ([one.id for one in store.pools()], store.verify()) == ([pool.id], [])
    assert store.prune().left == 0
    assert os.listdir(pool.folder) == ["program.txt"]
    assert (tmp_path / "notes" / "shard-00000.safetensors").exists()
    assert (tmp_path / "thesis.txt").exists()
