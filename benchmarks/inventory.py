"""What there is, counted: `python benchmarks/inventory.py`.

Removers by kind and by what they declare, learners, and the relations that tests put every remover to. Lines are those
of the remover modules, by kind. Printed as a table for the README, and written to `benchmarks/inventory.json`; nothing
is run, and nothing is typed in.
"""

import json
import pathlib
import statistics
from typing import Any

from neverseen.algorithms.learners import LEARNERS
from neverseen.algorithms.removers import CERTIFIED, EXACT, FAULTY, HEURISTIC, KINDS, REMOVERS
from neverseen.properties.suite.relations import RELATIONS

ROOT = pathlib.Path(__file__).resolve().parents[1]
OUT = pathlib.Path(__file__).with_suffix(".json")


def declared() -> dict[str, int]:
    """How many shipped removers declare what, faults aside."""
    return {
        "shipped": len(REMOVERS) - len(FAULTY),
        "faulty": len(FAULTY),
        "registered": len(REMOVERS),
        "with a guarantee": len(CERTIFIED),
        "of these exact, (0, 0)": len(EXACT),
        "made for one learner": sum(make().made_for is not None for make in REMOVERS.values()),
        "listed as heuristic": len(HEURISTIC),
    }


def contract() -> dict[str, int]:
    """The relations, and those of them that every remover is held to, whatever it aims at."""
    return {
        "removers": len(REMOVERS),
        "relations": len(RELATIONS),
        "of the contract": sum(relation.follows_from == "contract" for relation in RELATIONS),
    }


def lines() -> dict[str, dict[str, float]]:
    """Lines of the modules that define removers."""
    count = {
        kind: [
            len(path.read_text(encoding="utf-8").splitlines())
            for path in sorted((ROOT / "algorithms" / "removers" / kind).glob("*.py"))
            if path.stem != "__init__"
        ]
        for kind in KINDS
    }
    count["all"] = [n for made in count.values() for n in made]
    return {
        kind: {"modules": len(made), "median": statistics.median(made), "largest": max(made)}
        for kind, made in count.items()
    }


def table(found: dict[str, Any]) -> str:
    """As Markdown."""
    rows = [f"{name}: {n}" for name, n in found["removers by kind"].items()]
    told = [f"{n} {name}" for name, n in found["removers"].items()]
    made, every = found["contract"], found["lines of a module"]["all"]
    return "\n".join(
        [
            "| | |", "|-|-|",
            f"| removers by kind | {', '.join(rows)} |",
            f"| removers | {', '.join(told)} |",
            f"| learners | {found['learners']} |",
            f"| relations | {made['relations']}, of which {made['of the contract']} of {made['removers']} removers |",
            f"| lines of a remover module | median {every['median']:g}, largest {every['largest']} |",
        ]
    )  # fmt: skip


def main() -> None:
    """Count, print, write."""
    found = {
        "command": "python benchmarks/inventory.py",
        "removers by kind": {kind: len(makes) for kind, makes in KINDS.items()},
        "removers": declared(),
        "learners": len(LEARNERS),
        "contract": contract(),
        "lines of a module": lines(),
    }
    OUT.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    print(table(found))


if __name__ == "__main__":
    main()
