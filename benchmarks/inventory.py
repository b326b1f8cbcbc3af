"""What there is, counted: `python benchmarks/inventory.py`.

Removers by kind and by what they declare, learners, and the contract: `pytest --collect-only` counts the tests of
`tests/test_contract.py` that are about one remover, whose clauses are those named in `contract_tools.complaints`. Lines
are those of the remover modules, by folder. Printed as a table for the README, and written to
`benchmarks/inventory.json`; nothing is run, and nothing is typed in.
"""

import json
import pathlib
import re
import statistics
import subprocess
import sys
from typing import Any

from neverseen.algorithms.learners import LEARNERS
from neverseen.algorithms.removers import CERTIFIED, FAULTY, HEURISTIC, REMOVERS

ROOT = pathlib.Path(__file__).resolve().parents[1]
FOLDERS = ("exact", "certified", "heuristic", "concept", "faulty")
OUT = pathlib.Path(__file__).with_suffix(".json")


def kinds() -> dict[str, int]:
    """How many removers there are of each kind; a factory's folder is its kind, what lies in none is a wrapper."""
    found: dict[str, int] = dict.fromkeys((*FOLDERS, "wrapper"), 0)
    for make in REMOVERS.values():
        folder = make.__module__.split(".")[2]
        found[folder if folder in FOLDERS else "wrapper"] += 1
    return found


def declared() -> dict[str, int]:
    """How many shipped removers declare what, faults aside."""
    shipped = [make() for name, make in REMOVERS.items() if name not in FAULTY]
    exact = [r for r in shipped if r.guarantee is not None and r.guarantee.epsilon(0.0) == 0]
    return {
        "shipped": len(shipped),
        "faulty": len(FAULTY),
        "registered": len(REMOVERS),
        "with a guarantee": sum(r.guarantee is not None for r in shipped),
        "of these exact, (0, 0)": len(exact),
        "made for one learner": sum(r.made_for is not None for r in shipped),
        "listed as certified or exact": len(CERTIFIED),
        "listed as heuristic": len(HEURISTIC),
    }


def contract() -> dict[str, int]:
    """Tests collected, and the clauses that each remover's test holds it to."""
    call = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-n0", "tests/test_contract.py"]
    listed = subprocess.run(call, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    cases = [line for line in listed.splitlines() if "::test_the_contract[" in line]
    body = (ROOT / "tests" / "contract_tools.py").read_text(encoding="utf-8").split("def complaints")[1]
    clauses = re.findall(r'^        "(\w+)":', body, re.MULTILINE)
    return {"removers": len(cases), "clauses": len(clauses), "checks": len(cases) * len(clauses)}


def lines() -> dict[str, dict[str, float]]:
    """Lines of the modules that define removers."""
    count = {
        folder: [
            len(path.read_text(encoding="utf-8").splitlines())
            for path in sorted((ROOT / "algorithms" / folder).glob("*.py"))
            if path.stem != "__init__"
        ]
        for folder in FOLDERS
    }
    count["all"] = [n for made in count.values() for n in made]
    return {
        folder: {"modules": len(made), "median": statistics.median(made), "largest": max(made)}
        for folder, made in count.items()
    }


def table(found: dict[str, Any]) -> str:
    """As Markdown."""
    rows = [f"{name}: {n}" for name, n in found["removers by kind"].items()]
    told = [f"{n} {name}" for name, n in found["removers"].items()]
    made, every = found["contract"], found["lines of a module"]["all"]
    return "\n".join(
        [
            "| | |", "|-|-|",
            f"| removers by folder | {', '.join(rows)} |",
            f"| removers | {', '.join(told)} |",
            f"| learners | {found['learners']} |",
            f"| contract | {made['removers']} removers × {made['clauses']} clauses = {made['checks']} |",
            f"| lines of a remover module | median {every['median']:g}, largest {every['largest']} |",
        ]
    )  # fmt: skip


def main() -> None:
    """Count, print, write."""
    found = {
        "command": "python benchmarks/inventory.py",
        "removers by kind": kinds(),
        "removers": declared(),
        "learners": len(LEARNERS),
        "contract": contract(),
        "lines of a module": lines(),
    }
    OUT.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    print(table(found))


if __name__ == "__main__":
    main()
