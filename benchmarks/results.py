"""The page of results, from the files beside this one: `python benchmarks/results.py` writes `docs/results.md`.

The page is `results.md.jinja` with every number looked up: a file's name stands for what it holds.
`tests/test_results_page.py` holds that the page is what this makes, and that no number of the measured column is typed.
"""

import json
import pathlib
import statistics
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import jinja2

HERE = pathlib.Path(__file__).parent
PAGE = HERE.parent / "docs" / "results.md"
TEMPLATE = "results.md.jinja"
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def sig(value: float, digits: int = 2) -> str:
    """A number to so many significant digits, without a power of ten down to a thousandth."""
    text = f"{value:.{digits}g}"
    mantissa, _, power = text.partition("e")
    if power and -4 < int(power) < 0:
        return f"{value:.{digits - 1 - int(power)}f}"
    if power and int(power) < 0:
        return mantissa + "·10" + str(int(power)).translate(RAISED)
    return f"{value:.0f}" if power else text


def pct(share: float, digits: int = 2) -> str:
    """A share in per cent."""
    return f"{sig(100 * share, digits)} %"


def many(values: Iterable[str]) -> str:
    """How often each occurs, the most frequent first: `13 SATISFIED, 2 REFUTED`."""
    return ", ".join(f"{number} {value}" for value, number in Counter(values).most_common())


def alarms(cells: Mapping[str, Any], kind: str, pairs: int, level: str, of: str = "count") -> float:
    """Over the cells of a kind: the worst rate of false verdicts at a level, or its upper bound."""
    chosen = [cell for cell in cells.values() if (cell["kind"], cell["pairs"]) == (kind, pairs)]
    counts = [
        (cell["false verdicts"][level], cell["runs"]) for cell in chosen if level in cell.get("false verdicts", {})
    ]
    return max(one[of] / (runs if of == "count" else 1) for one, runs in counts)


def mean_distances(cells: Mapping[str, Any], definition: str, settings: str, size: int) -> dict[str, float]:
    """The chooser's heuristics by their mean distance over the behaviours where S has so many rows, nearest first."""
    records = [record for cell, held in cells.items() if cell.endswith(f"/{size}") for record in held["records"]]
    of: dict[str, list[float]] = {}
    for record in records:
        heuristic = record["remover"] not in ("do_nothing", "retrain", "retrain_full")
        if heuristic and record["definition"].startswith(definition) and record["settings"] == settings:
            of.setdefault(record["remover"], []).append(record["distance"])
    means = {name: statistics.fmean(one for one in values if one is not None) for name, values in of.items()}
    return dict(sorted(means.items(), key=lambda item: item[1]))


def files(folder: pathlib.Path = HERE) -> dict[str, Any]:
    """What every file of results holds, by its name."""
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))}


def page(template: str | None = None, **held: Any) -> str:
    """The page; of another template or other files, for tests."""
    env = jinja2.Environment(undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False)
    env.filters |= {"sig": sig, "pct": pct, "many": many, "median": statistics.median}
    env.tests |= {"ending": str.endswith}
    env.globals |= {"alarms": alarms, "mean_distances": mean_distances, "len": len, "sum": sum, "max": max, "min": min}
    text = (HERE / TEMPLATE).read_text(encoding="utf-8") if template is None else template
    return env.from_string(text).render(**(held or files())) + ("\n" if template is None else "")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"{PAGE.relative_to(HERE.parent)}: written")
