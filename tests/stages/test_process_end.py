"""How the process of a command ends: a status of 0 is a verdict of ours that was printed, and nobody else's."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

CHEAP = ["--scenario", "figure1", "--learner", "nearest_neighbour", "--store", "none"]

SHORT = """
import sys
from neverseen import _process
from neverseen.__main__ import main
_process.ENDING = 0.5
sys.exit(main())
"""

REMOVER = """
import atexit, os, posix, sys, threading, time, neverseen as ns

@ns.remover
def idle(key, trained, rows, forget):
    return trained.params
"""


def ran(code: str, *words: str, **options: Any) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", code, *words]
    given: dict[str, Any] = {"capture_output": True, "text": True, "timeout": 120, "check": False}
    return subprocess.run(command, **(given | options))


def theirs(folder: Path, code: str) -> "subprocess.CompletedProcess[str]":
    (folder / "mine.py").write_text(f"{REMOVER}{code}\n", encoding="utf-8")
    return ran(SHORT, "check", "mine.py:idle", *CHEAP, cwd=folder)


@pytest.mark.parametrize(
    ("code", "call"),
    [
        ("os._exit(0)", "os._exit(0)"),
        ("posix._exit(0)", "os._exit(0)"),
        ("os.execlp('true', 'true')", "os.execv("),
        ("os.execve('/bin/true', ['true'], {})", "os.execve('/bin/true')"),
        ("threading.Thread(target=lambda: os._exit(0)).start()\ntime.sleep(9)", "os._exit(0)"),
        ("threading.excepthook = lambda *_: os._exit(0)\nthreading.Thread(target=id).start()\ntime.sleep(9)", ""),
        ("@ns.remover\ndef idle(key, trained, rows, forget):\n    os._exit(0)", "os._exit(0)"),
    ],
)  # fmt: skip
def test_whoever_ends_the_process_gives_no_verdict(code: str, call: str, tmp_path: Path) -> None:
    done = theirs(tmp_path, code)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith(f"neverseen: code that was called ended the process by {call}")


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("atexit.register(os._exit, 0)", "os._exit(0) was called at exit; it changes nothing"),
        ("atexit.register(os.execlp, 'true', 'true')", "was called at exit; it changes nothing"),
        # Whether Python calls it at all, and so whether there is a word of it, depends on the version.
        ("class Last:\n    def __del__(self): os._exit(0)\nlast = Last()", ""),
        ("atexit.register(sys.exit, 0)", "a handler at exit raised SystemExit; it changes nothing"),
        ("atexit.register(time.sleep, 999)", "a thread or a handler at exit has not ended in 0.5 s"),
        ("threading.Thread(target=time.sleep, args=(99,)).start()", "a thread or a handler at exit has not ended"),
        ("atexit.register(lambda: (os.close(1), os.close(2)))", ""),
        ("child = os.fork()\nif not child: os._exit(7)\nassert os.waitpid(child, 0)[1] == 7 << 8", ""),
    ],
)
def test_what_happens_at_exit_changes_nothing(code: str, said: str, tmp_path: Path) -> None:
    done = theirs(tmp_path, code)
    assert done.returncode == 1
    assert done.stdout.startswith("REFUTED: ")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("words", [["check", "retrain", *CHEAP], ["check", "retrain", *CHEAP, "--json"], ["--help"]])
def test_what_could_not_be_printed_is_no_success(words: list[str]) -> None:
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = ran(SHORT, *words, stdout=full, stderr=subprocess.PIPE, capture_output=False)
    assert done.returncode == 2
    *before, last = done.stderr.splitlines()
    assert last == "neverseen: standard output: cannot write (No space left on device); redirect it elsewhere"
    if "--json" in words:
        assert json.loads("\n".join(before[1:]))["status"] == "SATISFIED"
    elif words != ["--help"]:
        assert before[1].startswith("SATISFIED: ")
