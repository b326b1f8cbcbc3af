"""The store under faults: killed writers, full and closed disks, several processes at once."""

import errno
import os
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from store_tools import IDENTITY, filled, finish, leaves, others, same, start, warned

from neverseen.algorithms.store._store import Store
from neverseen.formal import _files

KILLED = """
    import os, random, signal, sys, time, warnings
    import numpy as np
    from neverseen.algorithms.store._store import Store

    def leaves(number):
        return [np.full((32, 8000), number, np.float32)]

    pool, draw, left = Store(sys.argv[1]).open({"root": 0}), random.Random(0), 0
    pool.write(0, leaves(0))
    for _ in range(40):
        child = os.fork()
        if not child:
            while True:
                for number in range(4):
                    pool.write(number, leaves(number))
        time.sleep(draw.uniform(0.001, 0.02))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        warnings.simplefilter("error")
        for number in pool.present():
            [found] = pool.read(number, leaves(number))
            assert (found == number).all()
    print(len(list(pool.folder.glob(".*.tmp"))))
    assert Store(sys.argv[1]).verify() == []
    assert list(pool.folder.glob(".*.tmp")) == []
"""


def test_a_killed_writer_leaves_whole_shards_or_none(tmp_path: Path) -> None:
    """Forty writers killed at moments spread over their work: some in the middle of a file, or nothing was tried."""
    assert int(finish(start(KILLED, tmp_path))) > 0


FILLING = """
    import sys
    from neverseen.algorithms.store._store import Store
    import numpy as np
    pool = Store(sys.argv[1]).open({"root": 0})
    for number in eval(sys.argv[2]):
        assert pool.write(number, [np.full((32, 500), number, np.float32)])
        assert pool.read(number, [np.empty((32, 500), np.float32)])[0].max() == number
"""


def test_two_processes_fill_one_pool(tmp_path: Path) -> None:
    both = [start(FILLING, tmp_path / "both", order) for order in ("range(40)", "range(39, -1, -1)")]
    for process in both:
        finish(process)
    pool, alone = (Store(tmp_path / name).open({"root": 0}) for name in ("both", "alone"))
    assert all(alone.write(number, [np.full((32, 500), number, np.float32)]) for number in range(40))
    assert (pool.present(), pool.digest()) == (list(range(40)), alone.digest())
    assert others(pool.folder) == []


def test_threads_fill_one_pool(tmp_path: Path) -> None:
    pool = Store(tmp_path).open(IDENTITY)
    threads = [threading.Thread(target=filled, args=(tmp_path, 10)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(same(pool.read(number, leaves(number)), leaves(number)) for number in range(10))
    assert (pool.present(), others(pool.folder)) == (list(range(10)), [])


TOO_LARGE = """
    import resource, sys, warnings
    import numpy as np
    from neverseen.algorithms.store._store import Store
    resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))
    pool = Store(sys.argv[1]).open({"root": 0})
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        print(pool.write(0, [np.zeros(50000)]), pool.write(1, [np.zeros(50000)]), pool.write(2, [np.zeros(50)]))
    print(*[warning.message for warning in seen], sep="\\n")
    print(sorted(path.name for path in pool.folder.iterdir()))
"""


def test_a_file_that_the_system_cuts_off_is_not_left(tmp_path: Path) -> None:
    """A real refusal in the middle of writing: the limit on the size of files, which needs no rights."""
    results, line, names = finish(start(TOO_LARGE, tmp_path)).splitlines()
    assert results == "False False True"
    assert line.startswith(f"{tmp_path}: cannot store runs (File too large), so they are computed each time; make room")
    assert names == "['pool.json', 'shard-00002.safetensors']"


CLOSED = """
    import os, sys, warnings
    import numpy as np
    from neverseen.algorithms.store._store import Store
    if os.geteuid() == 0:
        os.setgroups([])
        os.setuid(65534)
    like = [np.zeros(4)]
    pool, young = Store(sys.argv[1]).open({"root": 0}), Store(sys.argv[1]).open({"root": 1})
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        print(pool.write(1, like), young.write(0, like), pool.read(0, like)[0].shape, pool.read(1, like))
    print(*[warning.message for warning in seen], sep="\\n")
"""


def test_a_folder_without_permission_can_be_read() -> None:
    """For real, as a user without rights, which root becomes."""
    with tempfile.TemporaryDirectory() as folder:
        assert Store(folder).open({"root": 0}).write(0, [leaves(0)[0].astype(float)[:, 0]])
        for path in (Path(folder), *Path(folder).iterdir()):
            path.chmod(0o555)
        results, line = finish(start(CLOSED, folder)).splitlines()
        for path in (Path(folder), *Path(folder).iterdir()):
            path.chmod(0o755)
    assert results == "False False (4,) None"
    words = (
        "cannot store runs (Permission denied), so they are computed each time; set NEVERSEEN_STORE to a folder that"
    )
    assert line.startswith(f"{folder}: {words}")


@pytest.mark.parametrize("folder", ["file", "file/below"])
def test_a_file_where_the_folder_should_be(folder: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    pool = Store(tmp_path / folder).open(IDENTITY)
    assert (pool.read(0, leaves(0)), pool.present()) == (None, [])
    (stored, again), lines = warned(lambda: (pool.write(0, leaves(0)), pool.write(1, leaves(1))))
    assert (stored, again, len(lines)) == (False, False, 1)
    assert "cannot store runs (Not a directory)" in lines[0]
    assert (tmp_path / "file").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO])
def test_each_cause_is_told_once(code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Second best to a full disk, which needs rights to make: its answer, from the step that may give it last."""

    def refuse(handle: int) -> None:
        raise OSError(code, os.strerror(code))

    pool = filled(tmp_path)
    monkeypatch.setattr(os, "fsync", refuse)
    results, lines = warned(lambda: [pool.write(number, leaves(number)) for number in (0, 1, 2)])
    assert (results, len(lines)) == ([False, False, False], 1)
    assert f"({os.strerror(code)})" in lines[0]
    assert ("neverseen pool prune" in lines[0]) == (code in (errno.ENOSPC, errno.EDQUOT))
    assert others(pool.folder) == []
    monkeypatch.undo()
    assert same(pool.read(0, leaves(0)), leaves(0))
    assert warned(lambda: pool.write(1, leaves(1))) == (True, [])


def test_a_shard_that_cannot_be_read_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pool = filled(tmp_path)

    def refuse(path: Path) -> Any:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr("neverseen.algorithms.store._checked.read_plain", refuse)
    results, lines = warned(lambda: [pool.read(0, leaves(0)), pool.read(0, leaves(0))])
    assert (results, len(lines)) == ([None, None], 1)
    assert "cannot be read (Input/output error); it stays where it is" in lines[0]
    monkeypatch.undo()
    assert same(pool.read(0, leaves(0)), leaves(0))


def test_a_pool_pruned_under_a_writer_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pool, replace, calls = filled(tmp_path), os.replace, [0]

    def prune_once(source: Path, target: Path) -> None:
        calls[0] += 1
        if calls[0] == 1:
            os.unlink(source)
            Store(tmp_path).prune()
        replace(source, target)

    monkeypatch.setattr(os, "replace", prune_once)
    assert pool.write(1, leaves(1))
    assert sorted(os.listdir(pool.folder)) == ["pool.json", "shard-00001.safetensors"]


def test_leavings_of_dead_writers_are_swept_and_of_live_ones_not(tmp_path: Path) -> None:
    pool = filled(tmp_path)
    dead = start("")
    finish(dead)
    here, old = _files.HOST, time.time() - 2 * _files.PATIENCE
    names = {
        "alive": f".shard-00001.safetensors.{here}.{os.getpid()}.1.0123abcd.tmp",
        "dead": f".{here}.{dead.pid}.1.0123abcd.tmp",
        "dead, of version 0.1.0": f".shard-00002.safetensors.{here}.{dead.pid}.1.0123abcd.tmp",
        "elsewhere": f".pool.json.00000000.{dead.pid}.1.0123abcd.tmp",
        "hanging": f".shard-00003.safetensors.{here}.{os.getpid()}.1.0123abcd.tmp",
        "foreign": ".notes.tmp",
    }
    for name in names.values():
        (pool.folder / name).write_bytes(b"half")
    for name in ("hanging", "foreign"):
        os.utime(pool.folder / names[name], (old, old))
    assert Store(tmp_path).verify() == []
    assert others(pool.folder) == sorted(names[name] for name in ("alive", "elsewhere", "foreign"))
    assert pool.present() == [0]
