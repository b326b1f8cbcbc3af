"""The ledger of a pytest session: opened by its first `assert_holds`, summed up and stored at its end.

pytest itself loads `_neverseen_pytest`, which holds the options and the hooks and imports nothing of ours, so that a
project that does not use us pays nothing. What is here runs in sessions that do.
"""

import dataclasses
import hashlib
import json
import secrets
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..formal._types import Real
from ..formal.verdict import Verdict
from .ledger import Ledger


def session_ledger() -> Ledger | None:
    """The ledger of the pytest session that runs now; None without one.

    >>> session_ledger() is session_ledger()
    True
    """
    entry = sys.modules.get("_neverseen_pytest")
    if entry is None or not entry.SESSIONS:
        return None
    session = entry.SESSIONS[-1]
    if session.ledger is None:
        session.ledger = open_ledger(session.config)
    return session.ledger


def open_ledger(config: Any) -> Ledger:
    """The ledger that the options of a session ask for.

    Under pytest-xdist each of w workers has ⌊N/w⌋ of the N slots at the same α_i: the budget holds for all of them
    together, and no verdict depends on w. What takes the place of a crashed worker has none.

    Args:
        config: pytest's.
    """
    option, worker = config.option, getattr(config, "workerinput", None)
    terms = {"budget": option.neverseen_budget, "seed": option.neverseen_seed}
    folder = option.neverseen_artefacts
    return Ledger(
        option.neverseen_alpha,
        option.neverseen_evaluations,
        slots=None if worker is None else worker_slots(option.neverseen_evaluations, worker),
        options={name: value for name, value in terms.items() if value is not None},
        require_conclusive=option.neverseen_require_conclusive,
        keep=None if folder is None else lambda verdict: store(verdict, Path(folder)),
    )


def worker_slots(evaluations: int, worker: dict[str, Any]) -> int:
    """A worker's share of the slots.

    >>> [worker_slots(1000, {"workerid": name, "workercount": 3}) for name in ("gw0", "gw2", "gw3")]
    [333, 333, 0]
    """
    replaces = int(worker["workerid"].removeprefix("gw")) >= worker["workercount"]
    return 0 if replaces else evaluations // worker["workercount"]


def lost_totals(config: Any, worker: dict[str, Any]) -> dict[str, Any]:
    """The totals of a worker that crashed: nobody knows, so all it had counts as spent.

    Args:
        config: pytest's.
        worker: the worker's id and how many there are.
    """
    ledger = Ledger(config.option.neverseen_alpha, config.option.neverseen_evaluations)
    slots = worker_slots(ledger.evaluations, worker)
    return ledger.totals() | {"used": slots, "spent": slots * ledger.alpha, "lost": 1}


def merged(parts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The totals of several processes as one.

    >>> one = Ledger().totals() | {"used": 2}
    >>> merged([one, one])["used"]
    4
    """
    added = {name: sum(part[name] for part in parts) for name in ("used", "spent", "memo_hits", "past_cap")}
    verdicts = {name: sum(part["verdicts"][name] for part in parts) for name in parts[0]["verdicts"]}
    failures = [failure for part in parts for failure in part["failures"]]
    lost = sum(part.get("lost", 0) for part in parts)
    return parts[0] | added | {"verdicts": verdicts, "failures": failures, "lost": lost}


def summary(totals: dict[str, Any], seed: int) -> list[str]:
    """What the terminal shows.

    Args:
        totals: of `Ledger.totals` or `merged`.
        seed: the root seed of evaluations that name none.

    >>> print(*summary(Ledger().totals(), 0), sep="\\n")
    0 of 1000 evaluations; α spent 0 of 0.01, 1e-05 each; root seed 0
    verdicts: 0 SATISFIED, 0 REFUTED, 0 INCONCLUSIVE; 0 from memory; 0 past the cap
    minimal failing examples: 0 confirmed, 0 unconfirmed, 0 without a confirmation
    """
    verdicts = ", ".join(f"{count} {status}" for status, count in totals["verdicts"].items())
    confirmed = [failure["confirmed"] for failure in totals["failures"]]
    each = f"{totals['alpha']:g} each; root seed {seed}"
    lines = [
        f"{totals['used']} of {totals['evaluations']} evaluations; "
        f"α spent {_short(totals['spent'])} of {totals['alpha_total']:g}, {each}",
        f"verdicts: {verdicts}; {totals['memo_hits']} from memory; {totals['past_cap']} past the cap",
        f"minimal failing examples: {confirmed.count(True)} confirmed, {confirmed.count(False)} unconfirmed, "
        f"{confirmed.count(None)} without a confirmation",
    ]
    if totals["past_cap"]:
        lines.append("past the cap nothing was drawn: neither pass nor failure; raise --neverseen-evaluations")
    if totals.get("lost"):
        lines.append(f"{totals['lost']} crashed: what workers had is counted as spent, their verdicts are not known")
    return lines


def _short(value: Real) -> str:
    return f"{value:.4g}"


def store(verdict: Verdict, folder: Path) -> None:
    """Write a verdict under a name made of its content: a digest of all but the seconds and the ledger's account."""
    provenance = {name: value for name, value in verdict.provenance.items() if name != "ledger"}
    content = dataclasses.replace(verdict, provenance=provenance, seconds=0.0).to_json()
    digest = hashlib.sha256(content.encode()).hexdigest()
    write(verdict.to_json(), folder / f"{digest[:32]}.json")


def store_totals(totals: dict[str, Any], folder: Path) -> None:
    """Write `ledger.json`."""
    write(json.dumps(totals, ensure_ascii=False, indent=1), folder / "ledger.json")


def write(text: str, path: Path) -> None:
    """Write a file whole or not at all."""
    draft = path.with_name(f".{secrets.token_hex(8)}.tmp")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)
