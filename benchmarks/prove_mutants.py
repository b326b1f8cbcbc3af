"""Which wrong statements `neverseen prove` itself notices: `python benchmarks/prove_mutants.py [name …]`.

Every mutant is one edit of a statement, of how one is printed or evaluated, of a scope, or of a formula that the
library computes with, made in a scratch copy of the sources; `neverseen prove ID` runs there, on the theorem that
speaks of it. It is killed where prove ends with 1 and a complaint: a theorem that fails, an inequality that nothing
attains or that everything does, a hypothesis that is not needed, a case outside what is printed, a twin that stands,
a scope of another size. An error that is no complaint counts for nothing. Unmutated, all of them hold. Coq is left
out: it takes a minute and sees none of these files. Results go to prove_mutants.json; a named mutant replaces its own
line there.
"""

import contextlib
import io
import json
import multiprocessing
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from prove_mutant_list import MUTANTS as FIRST
from prove_mutant_list import Mutant
from prove_mutant_list_of_the_rest import MUTANTS as REST

MUTANTS = FIRST + REST

HERE = Path(__file__).resolve()
OUT = HERE.with_suffix(".json")
COPIED = ("formal", "algorithms", "properties", "src")
PATIENCE = 300
"""Seconds after which a run is given up."""


def proved(root: Path, theorems: tuple[str, ...]) -> tuple[int, list[str]]:
    """The largest exit status of `neverseen prove` on some theorems, and what it complains of.

    In a process of its own, forked from this one, that has only other people's libraries in memory.
    """
    receive, send = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("fork").Process(target=_run, args=(root, theorems, send))
    process.start()
    send.close()
    try:
        found = receive.recv() if receive.poll(PATIENCE) else (70, ["no end"])
    except EOFError:
        found = 70, ["the process died"]
    process.terminate()
    process.join()
    return found


def _run(root: Path, theorems: tuple[str, ...], send: Any) -> None:
    sys.path.insert(0, str(root / "src"))
    # What is compiled from a mutant must not be taken for the next one, of the same size and in the same second.
    sys.dont_write_bytecode = True
    os.environ["PATH"] = os.devnull
    status, told = 0, io.StringIO()
    try:
        with contextlib.redirect_stdout(told), contextlib.redirect_stderr(told):
            from neverseen.properties.cli._main import main as command

            for name in theorems:
                status = max(status, command(["prove", name]))
    except Exception as error:
        status, _ = 70, told.write(f"{type(error).__name__}: {error}\n")
    lines = told.getvalue().splitlines()
    complaints = [line for line in lines if " FAILS (" in line or "NOT refuted" in line]
    send.send((status, complaints if status < 2 else lines[-1:]))


def mutated(mutant: Mutant, root: Path) -> dict[str, Any]:
    """Make the edit in the copy, run prove, take the edit back."""
    path = root / mutant.file
    source = path.read_text(encoding="utf-8")
    path.write_text(source.replace(mutant.old, mutant.new), encoding="utf-8")
    started = time.perf_counter()
    try:
        status, complaints = proved(root, mutant.theorems)
    finally:
        path.write_text(source, encoding="utf-8")
    killed = status == 1 and bool(complaints)
    outcome = "killed" if killed else "survived" if status == 0 else "broken, not killed"
    told = {name: getattr(mutant, name) for name in ("why", "file", "old", "new", "theorems")}
    words = complaints[0][:240] if complaints else ""
    return told | {"outcome": outcome, "complaint": words, "seconds": round(time.perf_counter() - started, 1)}


def main() -> int:
    chosen = [mutant for mutant in MUTANTS if mutant.name in sys.argv[1:] or not sys.argv[1:]]
    known = json.loads(OUT.read_text(encoding="utf-8"))["mutants"] if OUT.exists() else {}
    # Loaded once, for all the processes to come.
    import flax, hypothesis, jax, jinja2, numpy, optax, rich, scipy.integrate, scipy.optimize, scipy.stats, sympy, z3  # noqa: E401, F401, I001

    with tempfile.TemporaryDirectory(prefix="neverseen-prove-") as scratch:
        root = Path(scratch)
        for name in COPIED:
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(HERE.parent.parent / name, root / name, symlinks=True, ignore=ignored)
        asked = tuple(dict.fromkeys(name for mutant in chosen for name in mutant.theorems))
        status, complaints = proved(root, asked)
        if status:
            raise ValueError(f"unmutated, prove ends with {status}: {complaints}")
        print("unmutated: all hold", flush=True)
        for mutant in chosen:
            known[mutant.name] = mutated(mutant, root)
            print(f"{mutant.name}: {known[mutant.name]['outcome']} ({known[mutant.name]['complaint']})", flush=True)
            _write({each.name: known[each.name] for each in MUTANTS if each.name in known})
    return any(known[mutant.name]["outcome"] != "killed" for mutant in chosen)


def _write(mutants: dict[str, Any]) -> None:
    counts = [found["outcome"] for found in mutants.values()]
    made = {
        "command": "python benchmarks/prove_mutants.py",
        "counted": {outcome: counts.count(outcome) for outcome in ("killed", "broken, not killed", "survived")},
        "mutants": mutants,
    }
    OUT.write_text(json.dumps(made, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
