"""Which algorithm for which notion, on digits: `python benchmarks/chooser.py [BEHAVIOUR/SIZE …]`.

512 rows of digits, an MLP of 64 units, |S_full| = 32; four behaviours, S all of S_full and half of it; twelve
heuristics at their defaults, tuned without the reference (what a practitioner has) and tuned with it (the best case,
for each notion by itself). Tuning: 12 trials of 32 runs each, on runs that are not reported, over the numbers that one
compiled program serves (rates, weights, temperatures); numbers of epochs and steps stay as they are. Each cell is what
`ns.compare` says at (ε, δ) = (1, .05), of 64 runs for distances and at most 128 pairs for verdicts. Cells found in
`benchmarks/chooser.json` are kept, and it is written after each; `chooser_distances.svg` and `chooser_accuracies.svg`
are the two pictures of the cell near-duplicates/16. `--table` prints what is there and reads it in ten lines, and
trains nothing; `--defaults` measures the rows of defaults again, where these have changed.
"""

import json
import os
import pathlib
import statistics
import sys
import time
from collections.abc import Iterator
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # XLA says of each program that it kept that it kept it

import neverseen as ns
from neverseen.algorithms.removers import REMOVERS
from neverseen.properties.report import _planes

NAMES = (
    "finetune", "neg_grad", "neg_grad_plus", "gradient_difference", "scrub", "bad_teacher", "random_label", "salun",
    "ssd", "npo", "l1_sparse", "masked_small_gradients",
)  # fmt: skip
CLAIMS = {"untraining": ns.Untraining(1.0, 0.05), "unlearning": ns.Unlearning(1.0, 0.05)}
BEHAVIOURS, FULL, ROWS = ("class", "subgroup", "near-duplicates", "mislabelled"), 32, 512
TRIALS, TUNED_ON, RUNS, BUDGET = 12, 32, 64, 128
OUT = pathlib.Path(__file__).with_suffix(".json")
PICTURED = "near-duplicates/16"
SETTINGS = ("default", "tuned without the reference", "tuned with the reference")
ASKED = (("untraining", FULL // 2), ("unlearning", FULL // 2), ("unlearning", FULL))
KEPT = (
    "remover", "definition", "said", "pairs", "distance", "distance_low", "distance_high", "raw", "cost", "gap on S",
    "gap on S_full∖S", "gap on fresh behaviour", "gap on fresh rest",
)  # fmt: skip


def cell(behaviour: str, size: int, tune: bool = True) -> tuple[list[dict[str, Any]], ns.Comparison]:
    """All records of a behaviour and a size of S, or those of defaults, and the comparison of defaults."""
    scenario = ns.scenarios.digits(forget=behaviour, size=size, full=FULL, rows=ROWS)
    learner, default = ns.learners.mlp(hidden=64), [REMOVERS[name]() for name in NAMES]
    drawn = compared(default, list(CLAIMS), learner, scenario)
    found = [("default", {}, drawn), *(tunings(learner, scenario) if tune else ())]
    records = [
        {"settings": how} | {name: _short(record[name]) for name in KEPT} | {"values": values.get(record["remover"])}
        for how, values, made in found
        for record in made.records()
        if how == "default" or not record["anchor"]
    ]
    return records, drawn


def tunings(
    learner: ns.Learner, scenario: ns.Scenario
) -> Iterator[tuple[str, dict[str, dict[str, Any]], ns.Comparison]]:
    """How settings were chosen, which, and what the chooser's table says of them."""
    without, values = tuned(learner, scenario, "untraining", "without-reference")
    yield "tuned without the reference", values, compared(without, list(CLAIMS), learner, scenario)
    for claim in CLAIMS:
        best, values = tuned(learner, scenario, claim, "with-reference")
        yield "tuned with the reference", values, compared(best, [claim], learner, scenario)


def compared(
    removers: list[ns.Remover], claims: list[str], learner: ns.Learner, scenario: ns.Scenario
) -> ns.Comparison:
    """What the chooser's table says of them."""
    return ns.compare([CLAIMS[claim] for claim in claims], removers, learner, scenario, runs=RUNS, budget=BUDGET)


def tuned(
    learner: ns.Learner, scenario: ns.Scenario, claim: str, mode: str
) -> tuple[list[ns.Remover], dict[str, dict[str, Any]]]:
    """Each remover with the settings that a tuning finds."""
    terms: dict[str, Any] = {"trials": TRIALS, "runs": TUNED_ON, "mode": mode}
    found = [ns.tune(REMOVERS[name], CLAIMS[claim], learner, scenario, space=numbers(name), **terms) for name in NAMES]
    return [each.remover for each in found], {name: each.settings for name, each in zip(NAMES, found, strict=True)}


def numbers(name: str) -> dict[str, ns.Range]:
    """What a remover publishes to be searched, of the settings that need no program of their own."""
    published: dict[str, Any] = REMOVERS[name].space
    real = {key: each for key, each in published.items() if isinstance(each, ns.Range) and not each.whole}
    return {key: each for key, each in real.items() if key not in ("share", "epochs")}


def _short(value: Any) -> Any:
    return float(f"{value:.4g}") if isinstance(value, float) else value


def distances(cells: dict[str, Any], name: str, how: str, claim: str, size: int) -> dict[str, float]:
    """How far a remover is from the reference of a claim, by behaviour; no entry where no share could be given."""
    return {
        key.partition("/")[0]: row["distance"]
        for key, rows in cells.items()
        if key.endswith(f"/{size}")
        for row in rows["records"]
        if (row["remover"], row["settings"], row["definition"].partition("-")[0]) == (name, how, claim)
        and row["distance"] is not None
    }


def table(cells: dict[str, Any]) -> list[str]:
    """The mean distance over behaviours of each remover."""
    lines = [f"{'':24}{'untraining, S half':>36}{'unlearning, S half':>36}{'unlearning, S all':>36}"]
    lines.append(f"{'':24}" + ("  default  without     with" + " " * 8) * 3)
    for name in ("do_nothing", "retrain", "retrain_full", *NAMES):
        words = f"{name:24}"
        for claim, size in ASKED:
            for how in SETTINGS:
                away = distances(cells, name, how, claim, size)
                words += f"{statistics.mean(away.values()):9.2f}" if away else f"{'–':>9}"
            words += " " * 9
        lines.append(words.rstrip())
    return lines


def reading(cells: dict[str, Any]) -> list[str]:
    """Ten lines: the two nearest of twelve for each notion and way of choosing settings, and what the verdicts say."""
    lines: list[str] = []
    for claim, size in ASKED:
        for how in SETTINGS:
            away = {name: distances(cells, name, how, claim, size) for name in NAMES}
            best = sorted(NAMES, key=lambda name: statistics.mean(away[name].values()))[:2]
            told = [f"{name} {statistics.mean(away[name].values()):.2f} ({_each(away[name])})" for name in best]
            lines.append(f"{claim} from {'all' if size == FULL else 'half'} of S_full, {how}: {'; '.join(told)}")
    said = [row["said"] for rows in cells.values() for row in rows["records"] if row["remover"] in NAMES]
    counts = ", ".join(f"{said.count(word)} {word}" for word in ("SATISFIED", "REFUTED", "INCONCLUSIVE"))
    return [*lines, f"verdicts at (1, .05), at most {BUDGET} pairs: {counts}"]


def _each(away: dict[str, float]) -> str:
    return ", ".join(f"{behaviour} {away[behaviour]:.2f}" for behaviour in BEHAVIOURS if behaviour in away)


def main() -> None:
    """Fill in the cells that are missing, and print the table."""
    ns.pools.keep_compiled()  # the programs of one cell are those of the next
    kept: dict[str, Any] = json.loads(OUT.read_text(encoding="utf-8")) if OUT.exists() else {"cells": {}}
    again = "--defaults" in sys.argv
    asked = [each for each in sys.argv[1:] if not each.startswith("-")]
    wanted = asked or [f"{behaviour}/{size}" for size in (FULL // 2, FULL) for behaviour in BEHAVIOURS]
    for key in [] if "--table" in sys.argv else wanted:
        older: dict[str, Any] = kept["cells"].get(key, {})
        if older and not again:
            continue
        started = time.perf_counter()
        behaviour, size = key.split("/")
        records, pictured = cell(behaviour, int(size), tune=not older)
        records += [row for row in older.get("records", ()) if row["settings"] != "default"]
        seconds = round(time.perf_counter() - started)
        kept["command"] = "python benchmarks/chooser.py"
        kept["cells"][key] = {"seconds": older.get("seconds", seconds), "records": records}
        OUT.write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        print(f"{key}: {seconds} s", flush=True)
        if key == PICTURED:
            for name, draw in (("distances", _planes.distance_plane), ("accuracies", _planes.accuracy_plane)):
                path = OUT.with_name(f"chooser_{name}.svg")
                path.write_text(_planes.standalone(draw(pictured)), encoding="utf-8")
    print("\n".join([*table(kept["cells"]), "", *reading(kept["cells"])]))


if __name__ == "__main__":
    main()
