"""The conformance suite on all shipped removers, on all faulty ones, and on exact ones under many root seeds.

    python benchmarks/suite.py shipped [NAME ...]     disagreements with declared aims and failures: none
    python benchmarks/suite.py faulty [NAME ...]      which checks catch each fault: at least one
    python benchmarks/suite.py alarms [--runs N]      failures of exact removers: 0

Each part replaces its own section of `benchmarks/suite.json`, row by row, so that it can be run in pieces.
"""

import argparse
import json
import pathlib
import time
from collections.abc import Callable
from typing import Any

import neverseen as ns
from neverseen.algorithms.learners import LEARNERS
from neverseen.algorithms.removers import FAULTY, HEURISTIC, REMOVERS
from neverseen.algorithms.removers.faulty._training import heavy_ball
from neverseen.properties.suite._result import RowOutcome

RESULTS = pathlib.Path(__file__).with_suffix(".json")
RIDGE, LOGISTIC, NOISY = LEARNERS["ridge"](), ns.learners.logistic(epochs=5, batch=8), LEARNERS["noisy"]()

SUITED: dict[str, ns.Learner] = {
    "amnesiac": ns.learners.logged(hidden=4, epochs=2, batch=4),
    "branching": ns.learners.noisy(RIDGE, 0.03),
    "influence": RIDGE,
    "newton": RIDGE,
    "noisy": NOISY,
    "stale_state": heavy_ball(),
    **dict.fromkeys(("finetune_only", "fixed_key"), LOGISTIC),
    **{name: NOISY for name in FAULTY if name.startswith("noisy")},
}
"""Where the learner that a suite would choose does not serve: what a method needs, or where its fault exists."""

NO_GUARANTEE = "a heuristic: nothing is guaranteed"
APPROXIMATE = (
    "an approximation, without noise to hide it: on a learner that draws nothing it is off by what is left out"
)
A_SHARE = "deletes a share of S on purpose: removal and preservation of a law are its aim, and no dataset's reference"
MORE_THAN_ONE = "made for |S| = 1; more rows are refused with NaN"
EXPECTED: dict[str, dict[str, str]] = {
    "deltagrad": {"untraining": APPROXIMATE},
    "distributional": dict.fromkeys(
        ("idempotent", "coincidence", "single-row", "whole-dataset", "forget-set-invariant", "unlearning"), A_SHARE
    ),
    "fisher_forgetting": {"untraining": APPROXIMATE},
    "influence": {"untraining": APPROXIMATE},
    "langevin_unlearning": {"finite": MORE_THAN_ONE, "untraining": MORE_THAN_ONE},
    "projective_residual": {"untraining": APPROXIMATE},
    "stream_online": {"untraining": APPROXIMATE},
    "with_neighbours": {"unlearning": "S_full is not known, and not all of it lies near S"},
}
"""Failures that the authors of shipped removers declare; of heuristics that are not here see `expected`."""


def expected(name: str, remover: ns.Remover) -> dict[str, str]:
    """The declared failures of a shipped remover: of a heuristic without an entry, all it aims at."""
    if name in EXPECTED or name not in HEURISTIC or remover.aims_at == "neither":
        return EXPECTED.get(name, {})
    notions = ("untraining", "unlearning") if remover.aims_at == "both" else (remover.aims_at,)
    return dict.fromkeys(notions, NO_GUARANTEE)


def summary(suite: ns.Suite) -> dict[str, Any]:
    """What the table keeps of a suite."""
    told = {outcome: [row for row in suite.rows if row.outcome is outcome] for outcome in RowOutcome}
    names = {outcome.name.lower(): list(dict.fromkeys(row.check for row in rows)) for outcome, rows in told.items()}
    wrong = [f"{row.check}: {row.evidence}" for row in suite.rows if row.failed or row.outcome is RowOutcome.UNDECIDED]
    terms: dict[str, Any] = {"aims at": suite.aims_at, "learners": list(suite.learners), "status": suite.status.name}
    if suite.status.name == "INCONCLUSIVE":
        terms["why"] = suite.sentence
    cost = {"runs": sum(row.runs for row in suite.rows), "seconds": round(suite.seconds, 1)}
    return terms | {"checks": {name: rows for name, rows in names.items() if rows}, "wrong": wrong} | cost


def shipped(name: str) -> dict[str, Any]:
    remover = REMOVERS[name]()
    made = summary(ns.check_suite(remover, SUITED.get(name), expected=expected(name, remover)))
    # What passes nowhere with power is INCONCLUSIVE, and no disagreement: a certificate's noise may hide doing nothing.
    return made | {"right": not made["wrong"]}


def faulty(name: str) -> dict[str, Any]:
    learner = SUITED.get(name, RIDGE)
    made = summary(ns.check_suite(FAULTY[name](), learner))
    caught = made["checks"].get("failed", [])
    return made | {"caught by": caught, "right": bool(caught)}


EXACT: dict[str, tuple[Callable[[], ns.Remover], ns.Learner]] = {
    "retrain on noisy logistic": (ns.removers.retrain, ns.learners.noisy(LOGISTIC, 0.1)),
    "newton on ridge": (ns.removers.newton, RIDGE),
    "noisy newton on noisy ridge, by runs alone": (lambda: undeclared(ns.removers.noisy()), NOISY),
}


def undeclared(remover: ns.Remover) -> ns.Remover:
    """Without its declared output law, so that only runs judge it."""
    return ns.Remover(remover.remove, "noisy newton", remover.aims_at)


def alarm(place: int) -> dict[str, Any]:
    """One exact remover under a root seed of its own; whatever is claimed and refuted is a false alarm."""
    name = list(EXACT)[place % len(EXACT)]
    make, learner = EXACT[name]
    made = summary(ns.check_suite(make(), learner, seed=place))
    failed = made["checks"].get("failed", [])
    undecided = made["checks"].get("undecided", [])
    return {"remover": name, "seed": place, "failed": failed, "undecided": undecided, "right": not failed} | {
        key: made[key] for key in ("runs", "seconds")
    }


def publish(section: str, name: str, made: dict[str, Any]) -> None:
    """Keep what was measured so far, and say it."""
    held = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    held.setdefault(section, {})[name] = made
    RESULTS.write_text(json.dumps(held, indent=1, ensure_ascii=False) + "\n")
    said = made.get("caught by") or made.get("wrong") or made.get("failed") or made.get("status") or "nothing refuted"
    print(f"{name:24s} {'right' if made['right'] else 'WRONG':6s} {made['seconds']:6.1f} s  {said}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=("shipped", "faulty", "alarms"))
    parser.add_argument("names", nargs="*", help="of removers (default all)")
    parser.add_argument("--runs", type=int, default=100, help="of the alarms (default 100)")
    parser.add_argument("--first", type=int, default=0, help="the first root seed of the alarms (default 0)")
    args = parser.parse_args()
    started, wrong = time.perf_counter(), list[str]()
    parts: dict[str, tuple[Callable[[Any], dict[str, Any]], list[Any]]] = {
        "shipped": (shipped, args.names or [name for name in REMOVERS if name not in FAULTY]),
        "faulty": (faulty, args.names or list(FAULTY)),
        "alarms": (alarm, list(range(args.first, args.first + args.runs))),
    }
    measure, cases = parts[args.part]
    for case in cases:
        made = measure(case)
        publish(args.part, str(case), made)
        wrong += [] if made["right"] else [str(case)]
    seconds = time.perf_counter() - started
    print(f"{len(cases)} of {args.part}; wrong: {', '.join(wrong) or 'none'}; {seconds:.0f} s")


if __name__ == "__main__":
    main()
