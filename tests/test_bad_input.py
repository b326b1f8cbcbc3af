"""Bad input of every kind: one line and exit status 2 on the command line, ValueError in the library; nothing hangs.

A slice of what `benchmarks/bad_inputs.py` generates, and what only a process of its own can show.
"""

import importlib.util
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cli_tools import COMMAND, Calls, Capture, record, save

from neverseen.properties.cli import _blame, _interrupt, _terminal, main
from neverseen.properties.report import _streams

ROOT = Path(__file__).resolve().parents[1]
CHEAP = ["--scenario", "figure1", "--learner", "ridge", "--store", "none"]

MINE = """
import sys, jax, jax.numpy as jnp, neverseen as ns
print("a file's own words")

@ns.remover
def prints(key, trained, rows, forget):
    print("traced")
    jax.debug.print("run {}", rows.x.sum())
    return trained.params

@ns.remover
def never(key, trained, rows, forget):
    x = jax.lax.while_loop(lambda x: x >= 0, lambda x: x + 1e-30, rows.x.sum() ** 2)
    return jax.tree.map(lambda w: w + 0 * x, trained.params)

import atexit
atexit.register(lambda: sys.exit(0))
atexit.register(lambda: print("at exit"))
"""


def loaded(name: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A benchmark as a module."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    spec = importlib.util.spec_from_file_location(name, ROOT / "benchmarks" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, name, module)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def generator(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setenv("NEVERSEEN_STORE", str(tmp_path / "kept"))
    monkeypatch.chdir(tmp_path)
    return loaded("bad_inputs", monkeypatch)


@pytest.mark.filterwarnings("ignore")
def test_generated_command_lines_are_one_line_each(generator: Any, tmp_path: Path) -> None:
    drawn = generator.cases(120, 11, tmp_path)
    assert len({case.kind.split()[0] for case in drawn}) >= 6
    found = [generator.in_process(case) for case in drawn if "callback" not in case.kind]
    assert [(one.case.argv, one.wrong) for one in found if one.wrong] == []


@pytest.mark.filterwarnings("ignore")
def test_what_is_generated_would_be_noticed(generator: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The judge itself: each fault that it is to see, shown to it."""
    case = generator.Case(["plan"], "none")
    line = "neverseen: a line\n"
    assert generator.judged(case, 2, "", line, 0.0).wrong == ""
    for status, out, err, seconds in (
        (70, "", line, 0.0), (0, "", line, 0.0), (-8, "", line, 0.0), (2, "x", line, 0.0), (2, "", line + line, 0.0),
        (2, "", "", 0.0), (2, "", "Traceback (most recent call last)\n", 0.0), (2, "", "neverseen: \x1b\n", 0.0),
        (2, "", "neverseen: \u202e\n", 0.0), (2, "", f"neverseen: {'a' * 600}\n", 0.0), (2, "", line, 99.0),
    ):  # fmt: skip
        assert generator.judged(case, status, out, err, seconds).wrong, (status, out, err, seconds)

    def raises(argv: list[str]) -> int:
        raise SystemExit(0)

    monkeypatch.setattr("neverseen.properties.cli._main.main", raises)
    assert "SystemExit left main" in generator.in_process(case).wrong


@pytest.mark.filterwarnings("ignore")
def test_the_library_raises_value_errors(generator: Any) -> None:
    calls = [call for call in generator.library_calls() if "sweep" not in call[0] and "compare_" not in call[0]]
    assert len(calls) > 250
    # The type checker of the tests is first where a whole number is wanted and 1.5 is given.
    assert generator.library(iter(calls), (ValueError, TypeError)) == []


def ran(*words: str, **options: Any) -> "subprocess.CompletedProcess[str]":
    """A command as a process."""
    command = [sys.executable, "-m", "neverseen", *words]
    given: dict[str, Any] = {"capture_output": True, "text": True, "timeout": 120, "check": False}
    return subprocess.run(command, **(given | options))


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "mine.py").write_text(MINE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", os.environ.get("JAX_COMPILATION_CACHE_DIR", ""))
    return "mine.py"


def test_json_is_one_document_whatever_is_printed_beside_it(mine: str) -> None:
    """A user's prints, XLA's, and those of handlers at exit; in a locale without letters; the verdict's own status."""
    environment = os.environ | {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = ran("check", f"{mine}:prints", *CHEAP, "--json", env=environment)
    assert json.loads(done.stdout)["status"] == "REFUTED"
    assert done.returncode == 1
    assert done.stdout.isascii()
    for word in ("a file's own words", "traced", "run 96.0", "at exit", "a handler at exit raised SystemExit"):
        assert word in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"XLA_FLAGS": "--no_flag"}, "XLA_FLAGS: JAX does not start (unknown flags: --no_flag); mend or unset"),
        ({"XLA_FLAGS": "--xla_force_host_platform_device_count=abc"}, "XLA_FLAGS: JAX does not start (Could"),
        ({"JAX_PLATFORMS": "cuda"}, "JAX cannot start on cuda ("),
        ({"JAX_PLATFORMS": "nonsense"}, "JAX cannot start on nonsense ("),
        ({"JAX_ENABLE_X64": "maybe"}, "invalid truth value 'maybe'"),
    ],
)
def test_a_jax_that_cannot_start_is_one_line(environment: dict[str, str], words: str) -> None:
    if environment.get("JAX_PLATFORMS") == "cuda" and Path("/dev/nvidia0").exists():
        environment = {"JAX_PLATFORMS": "rocm"}
        words = "JAX cannot start on rocm ("
    done = ran("check", "do_nothing", *CHEAP, env=os.environ | environment)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith(f"neverseen: {words}")


@pytest.mark.parametrize("code", ["raise ImportError('broken')", "import sys; sys.exit(0)", "1 / 0"])
def test_a_jax_that_cannot_be_loaded_is_one_line(code: str, tmp_path: Path) -> None:
    (tmp_path / "jax.py").write_text(code, encoding="utf-8")
    path = os.pathsep.join([str(tmp_path), *sys.path])
    done = ran("list", "removers", env=os.environ | {"PYTHONPATH": path})
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith("neverseen: the library cannot be loaded (")


CLOSED = """
import os, sys
for descriptor in eval(sys.argv[1]):
    os.close(descriptor)
os.execv(sys.executable, [sys.executable, "-m", "neverseen", *sys.argv[2:]])
"""


@pytest.mark.parametrize(("closed", "told"), [((1,), "err"), ((2,), "out"), ((0, 1, 2), "")])
def test_a_closed_stream_does_not_cost_the_verdict(closed: tuple[int, ...], told: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    arms = [save(tmp_path / f"{shift}.npz", loss=rng.normal(shift, 1, 60)) for shift in (0, 9)]
    command = [sys.executable, "-c", CLOSED, repr(closed), "audit", *arms]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1
    assert {"out": "REFUTED: " in done.stdout, "err": "\nREFUTED: " in done.stderr, "": not done.stdout}[told]


FULL = """
import os, resource, sys
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
from neverseen.properties.cli._main import main
sys.exit(main(sys.argv[1:]))
"""


def test_a_full_disk_costs_the_report_and_not_the_verdict(tmp_path: Path) -> None:
    """A real refusal in the middle of a file, of the store's and of the report's."""
    words = ["check", "do_nothing", *CHEAP[:4], "--store", str(tmp_path / "kept"), "--metrics", "none"]
    command = [sys.executable, "-c", FULL, *words, "--report", str(tmp_path / "r.html")]
    own = os.environ | {"JAX_COMPILATION_CACHE_DIR": str(tmp_path / "compiled")}  # JAX leaves halves of its files there
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=own)
    assert done.stdout.startswith("REFUTED: ")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("neverseen: report: cannot write")
    assert all(line.startswith("neverseen: ") for line in done.stderr.splitlines())
    assert [path.name for path in tmp_path.iterdir() if path.suffix in (".html", ".tmp")] == []


@pytest.mark.parametrize("presses", [1, 2])
def test_ctrl_c_ends_a_computation_that_does_not(presses: int, mine: str) -> None:
    command = [sys.executable, "-u", "-m", "neverseen", "check", f"{mine}:never", *CHEAP]
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, start_new_session=True, **pipes) as process:
        time.sleep(8 if presses == 1 else 9)
        asked = time.monotonic()
        os.killpg(process.pid, signal.SIGINT)
        if presses == 2:
            time.sleep(0.2)
            os.killpg(process.pid, signal.SIGINT)
        try:
            out, err = process.communicate(timeout=20)
        finally:
            process.kill()  # what does not hear Ctrl-C fails this test, and holds up no other
        assert time.monotonic() - asked < (6 if presses == 1 else 2)
    assert (process.returncode, out) == (130, "")
    assert [line for line in err.splitlines() if line.startswith("neverseen: interrupted; ")] == err.splitlines()[-1:]


@pytest.mark.parametrize("special", ["/dev/zero", "/dev/null", "pipe", "folder"])
def test_what_is_no_file_is_not_waited_for(special: str, tmp_path: Path, capsys: Capture) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "folder" / "a.npy")
    np.save(tmp_path / "good.npy", np.zeros(40))
    path = special if special.startswith("/") else str(tmp_path / special)
    assert main(["audit", path, str(tmp_path / "good.npy")]) == 2
    assert "no regular file" in capsys.readouterr().err


def test_a_long_line_is_cut_in_the_middle(capsys: Capture) -> None:
    assert main(["check", "a" * 100_000]) == 2
    err = capsys.readouterr().err
    assert len(err) < 540
    assert err.endswith("neverseen list removers' shows the names\n")


def test_what_is_said_while_nothing_moves(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setattr(_terminal, "SILENCE", 0.05)
    with _terminal.progress(512, first="mine: compiling") as report:
        report(32, 512, "mine · untraining-1")
        assert _interrupt.last_words() in (None, "32 of 512 pairs were finished")
        time.sleep(0.4)
    lines = capsys.readouterr().err.splitlines()
    assert 1 <= len(lines) <= 4  # at .05 s, and then each time after twice as long
    assert lines[0].startswith(
        "neverseen: mine · untraining-1: nothing new for 0 s, 32 of 512 pairs were finished; Ctrl-C"
    )


def test_prints_go_to_standard_error(calls: Calls, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    given = _streams.out()
    with _streams.result_apart():
        print("beside")
        _streams.write("the result")
        assert _streams.out() is given
    assert capsys.readouterr() == ("the result\n", "beside\n")
    assert main([*COMMAND, "--json"]) == 1
    json.loads(capsys.readouterr().out)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    return record(monkeypatch)


@pytest.mark.parametrize("coding", ["ascii", "latin-1", "utf-8", "utf-16"])
def test_json_survives_every_encoding(coding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = json.dumps({"ε \U0001f600 é \u202e \x9b \x7f": ["\udc80", 1.5]}, ensure_ascii=False, indent=1)
    bare = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(bare, encoding=coding))
    _streams.write_json(text)
    read = bare.getvalue().decode(coding)
    assert json.loads(read) == json.loads(text)
    assert not {"\u202e", "\x9b", "\x7f"} & set(read)


def test_whose_fault_it_was(tmp_path: Path) -> None:
    assert _blame.blame(RuntimeError("x"))[0] == 70
    assert _blame.blame(OSError(28, "No space left on device", "a.html")) == (2, "a.html: No space left on device")
    assert _blame.blame(ImportError("no", name="jaxlib"))[0] == 2
    assert _blame.blame(ImportError("no", name="neverseen.formal"))[0] == 70
    callback = RuntimeError(
        "INTERNAL: CpuCallback error calling callback: Traceback:\n  File\nKeyError: 'deep'\n\nAt:\n x"
    )
    assert _blame.blame(callback) == (2, "a callback of the learner's or the remover's raised KeyError: 'deep'")
    (tmp_path / "theirs.py").write_text("def f():\n    raise LookupError('mine')\n", encoding="utf-8")
    spec = importlib.util.spec_from_file_location("theirs", tmp_path / "theirs.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for known, status in ((False, 70), (True, 2)):
        if known:
            _blame.foreign(module)
        with pytest.raises(LookupError) as raised:
            module.f()
        assert _blame.blame(raised.value)[0] == status
    assert _blame.blame(raised.value)[1] == "theirs.py:2 raised LookupError: mine"
