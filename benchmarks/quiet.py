"""Whether the machine is idle, and what was timed when: a figure from a busy machine is none.

A loaded machine slows the two sides of a ratio unequally, an eager loop most. `require_idle` refuses to time anything
while other processes use more than a tenth of the cores; `--busy` goes on all the same, and the record says so.
`record` adds a run to a history, from which `median_and_range` reads what may be quoted.
"""

import datetime
import json
import os
import pathlib
import platform
import statistics
import sys
import time
from typing import Any

LEAST = 0.9


def idle_share(seconds: float = 2.0) -> float:
    """The share of all cores' time that nobody used, over some seconds; from the load where nothing counts it."""
    path = pathlib.Path("/proc/stat")
    if not path.exists():
        return max(0.0, 1 - os.getloadavg()[0] / (os.cpu_count() or 1))

    def counted() -> list[int]:
        return [int(word) for word in path.read_text().splitlines()[0].split()[1:]]

    before = counted()
    time.sleep(seconds)
    spent = [b - a for a, b in zip(before, counted(), strict=True)]
    return spent[3] / max(sum(spent), 1)


def require_idle(given: list[str]) -> dict[str, Any]:
    """What the record says of the machine; exit status 2 where it is busy and nobody said `--busy`."""
    share = idle_share()
    if share < LEAST and "--busy" not in given:
        print(
            f"{share:.0%} of the cores are idle, {LEAST:.0%} are needed: stop what else runs here, or say --busy, and "
            "the record will say so",
            file=sys.stderr,
        )
        raise SystemExit(2)
    return {
        "date": datetime.date.today().isoformat(),
        "processor": processor(),
        "cores": os.cpu_count(),
        "idle at start": round(share, 3),
    }


def processor() -> str:
    """The processor's name."""
    path = pathlib.Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.exists() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def record(path: pathlib.Path, made: dict[str, Any]) -> None:
    """Add a run to a history; none is ever taken out."""
    known: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    path.write_text(json.dumps([*known, made], indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def median_and_range(path: pathlib.Path, name: str, figure: str) -> tuple[float, float, float]:
    """The median, least and largest of a figure over the runs on idle machines."""
    runs = [run for run in json.loads(path.read_text(encoding="utf-8")) if run["idle at start"] >= LEAST]
    found = [run["ratios"][name][figure] for run in runs if figure in run["ratios"].get(name, {})]
    return statistics.median(found), min(found), max(found)
