"""Which tests notice a wrong engine: `python benchmarks/mutants.py [name …]`.

Every mutant is one edit of the real source, made in a scratch copy of the repository; the tests that are meant to
notice it run there. It is killed where one of them fails by an assertion of its own: a TypeError, a shape that does not
fit or a warning counts for nothing, since it would not be noticed in a mutant that is wrong in values alone. Unmutated,
all of these tests must pass. Results go to mutants.json; a named mutant replaces its own line there.
"""

import json
import multiprocessing
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ["OPENBLAS_NUM_THREADS"] = "1"

import pytest
from mutant_list import MUTANTS as ENGINE
from mutant_list import Mutant
from mutant_list_of_claims import MUTANTS as CLAIMS
from mutant_list_of_hypotheses import MUTANTS as HYPOTHESES

MUTANTS = ENGINE + CLAIMS + HYPOTHESES
HERE = Path(__file__).resolve()
OUT = HERE.with_suffix(".json")
COPIED = ("formal", "algorithms", "properties", "src", "tests", "conftest.py", "pyproject.toml")
PATIENCE = 240
"""Seconds after which a run of tests is given up."""


class Notes:
    """A pytest plugin that keeps the first failure: the test, what was raised, and the line of the test that raised it.

    Args:
        root: of the copy; an assertion counts where one of its tests makes it.
    """

    def __init__(self, root: Path) -> None:
        self.tests, self.found = str(root / "tests"), dict[str, str | bool]()

    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[Any]) -> None:
        if call.excinfo is not None and not self.found:
            # What pytest and NumPy raise on a test's behalf is its own: their frames ask to be passed over.
            frame = call.excinfo.traceback.filter(call.excinfo)[-1]
            meant = call.excinfo.errisinstance((AssertionError, pytest.fail.Exception))
            own = str(frame.path).startswith(self.tests)
            line = " ".join(str(frame.statement).split())
            self.found = {"test": item.nodeid, "raised": call.excinfo.typename, "line": line, "counts": meant and own}
            self.found["said"] = str(call.excinfo.value).strip()

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed and not self.found:
            self.found = {"test": report.nodeid, "raised": "an error before any test", "line": "", "counts": False}


def tested(root: Path, tests: tuple[str, ...], patience: float) -> dict[str, Any]:
    """Run tests in a copy, in a process of its own that has only other people's libraries in memory.

    Returns:
        What `Notes` found, nothing where all passed, and the seconds taken.
    """
    started, (receive, send) = time.perf_counter(), multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("fork").Process(target=_run, args=(root, tests, send))
    process.start()
    send.close()
    try:
        found = receive.recv() if receive.poll(patience) else {"raised": "no end", "counts": False}
    except EOFError:
        found = {"raised": "the process died", "counts": False}
    process.terminate()
    process.join()
    return found | {"seconds": round(time.perf_counter() - started, 1)}


def _run(root: Path, tests: tuple[str, ...], send: Any) -> None:
    os.chdir(root)
    sys.path.insert(0, str(root / "src"))
    # What is compiled from a mutant must not be taken for the next one, of the same size and in the same second.
    sys.dont_write_bytecode = True
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
    notes = Notes(root)
    # Without the types of arguments checked: what those find does not count.
    options = ["-x", "-q", "-p", "no:cacheprovider", "-o", "addopts="]
    code = pytest.main([*options, *(f"tests/{test}" for test in tests)], plugins=[notes])
    import neverseen

    assert str(neverseen.__file__).startswith(str(root)), "the copy is not what was tested"
    send.send(notes.found if notes.found or code == 0 else {"raised": f"pytest ended with {code}", "counts": False})


def mutated(mutant: Mutant, root: Path) -> dict[str, Any]:
    """Make the edit in the copy, run the tests, take the edit back.

    Raises:
        ValueError: what is to be replaced does not occur exactly once.
    """
    path = root / mutant.file
    source = path.read_text(encoding="utf-8")
    if source.count(mutant.old) != 1:
        raise ValueError(f"{mutant.name}: {mutant.old!r} occurs {source.count(mutant.old)} times in {mutant.file}")
    path.write_text(source.replace(mutant.old, mutant.new), encoding="utf-8")
    try:
        found = tested(root, mutant.tests, PATIENCE)
    finally:
        path.write_text(source, encoding="utf-8")
    said = " ".join(found.pop("said", "").split())
    named = f"{mutant.theorem} (" in said if mutant.theorem else True
    outcome = "killed" if found.get("counts") and named else "broken, not killed" if found.get("raised") else "survived"
    told = {name: getattr(mutant, name) for name in ("why", "file", "old", "new")}
    if mutant.theorem:
        told |= {"theorem": mutant.theorem, "said": said.partition(": its hypothesis fails")[0]}
    return told | {"outcome": outcome} | {name: found[name] for name in found if name != "counts"}


def checked(mutants: list[Mutant], root: Path) -> None:
    """Every edit can be made, and the unmutated copy passes.

    Raises:
        ValueError: it does not.
    """
    for mutant in mutants:
        count = (root / mutant.file).read_text(encoding="utf-8").count(mutant.old)
        if count != 1:
            raise ValueError(
                f"{mutant.name}: {mutant.old!r} occurs {count} times in {mutant.file}; bring it up to date"
            )
    found = tested(root, tuple(dict.fromkeys(test for mutant in mutants for test in mutant.tests)), 10 * PATIENCE)
    if found.get("raised"):
        raise ValueError(f"unmutated: {found}")
    print(f"unmutated: passed in {found['seconds']} s", flush=True)


def main() -> int:
    chosen = [mutant for mutant in MUTANTS if mutant.name in sys.argv[1:] or not sys.argv[1:]]
    known = json.loads(OUT.read_text(encoding="utf-8"))["mutants"] if OUT.exists() else {}
    # Loaded once, for all the processes to come.
    import jax, optax, scipy.optimize, scipy.stats, sklearn.ensemble, sympy  # noqa: E401, F401, I001
    from dp_accounting.pld import privacy_loss_distribution  # noqa: F401

    with tempfile.TemporaryDirectory(prefix="neverseen-mutants-") as scratch:
        root = Path(scratch)
        for name in COPIED:
            source = HERE.parent.parent / name
            if source.is_dir():
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(source, root / name, symlinks=True, ignore=ignored)
            else:
                shutil.copy(source, root / name)
        checked(chosen, root)
        for mutant in chosen:
            known[mutant.name] = mutated(mutant, root)
            shown = known[mutant.name]
            print(f"{mutant.name}: {shown['outcome']} ({shown.get('test', '')}: {shown.get('line', '')})", flush=True)
            _write({name: known[name] for name in (m.name for m in MUTANTS) if name in known})
    return any(known[mutant.name]["outcome"] != "killed" for mutant in chosen)


def _write(mutants: dict[str, Any]) -> None:
    counts = [found["outcome"] for found in mutants.values()]
    made = {
        "command": "python benchmarks/mutants.py",
        "counted": {outcome: counts.count(outcome) for outcome in ("killed", "broken, not killed", "survived")},
        "mutants": mutants,
    }
    OUT.write_text(json.dumps(made, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
