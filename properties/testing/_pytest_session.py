"""The ledger of a pytest session: opened by its first `assert_holds`, summed up and stored at its end.

pytest itself loads `_neverseen_pytest`, which holds the options and the hooks and imports nothing of ours, so that a
project that does not use us pays nothing. What is here runs in sessions that do.
"""

import dataclasses
import hashlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...formal._files import write_whole
from ...formal._types import Real
from ...formal.definitions._verdict import Verdict
from ._slots import Slots, used_slots
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

    Under pytest-xdist the workers claim their slots from one folder at the same α_i: the budget holds for all of them
    together, all of it can be used wherever the tests land, and no verdict depends on how many workers there are.

    Args:
        config: pytest's.

    Raises:
        ValueError: a worker that does not see the folder.
    """
    option = config.option
    terms = {"budget": option.neverseen_budget, "seed": option.neverseen_seed}
    folder = option.neverseen_artefacts
    return Ledger(
        option.neverseen_alpha,
        option.neverseen_evaluations,
        slots=open_slots(option.neverseen_evaluations, getattr(config, "workerinput", None)),
        options={name: value for name, value in terms.items() if value is not None},
        allow_inconclusive=option.neverseen_allow_inconclusive,
        require_power=option.neverseen_require_power,
        keep=None if folder is None else lambda verdict: store(verdict, Path(folder)),
    )


def open_slots(evaluations: int, worker: dict[str, Any] | None) -> Slots:
    """The slots of a session by itself, or those that the workers share.

    >>> open_slots(2, None).take()
    True
    >>> open_slots(2, {"workerid": "gw0", "neverseen_slots": "/gone"})
    Traceback (most recent call last):
    ValueError: worker gw0 does not see the folder '/gone' in which evaluations are counted; run all workers on ...
    """
    if worker is None:
        return Slots(evaluations)
    folder = Path(worker.get("neverseen_slots", ""))
    if not worker.get("neverseen_slots") or not folder.is_dir():
        raise ValueError(
            f"worker {worker['workerid']} does not see the folder {str(folder)!r} in which evaluations are counted; "
            "run all workers on the controller's machine, with this plugin in both"
        )
    return Slots(evaluations, folder, worker["workerid"])


def lost_totals(config: Any, worker: dict[str, Any]) -> dict[str, Any]:
    """The totals of a worker that crashed: what it claimed is spent, and nobody knows what was found.

    Args:
        config: pytest's.
        worker: the worker's id and the folder of slots.
    """
    ledger = Ledger(config.option.neverseen_alpha, config.option.neverseen_evaluations)
    used = used_slots(Path(worker["neverseen_slots"]), worker["workerid"])
    return ledger.totals() | {"used": used, "spent": used * ledger.alpha, "lost": 1}


def merged(parts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The totals of several processes as one.

    >>> one = Ledger().totals() | {"used": 2}
    >>> merged([one, one])["used"]
    4
    """
    added = {
        name: sum(part[name] for part in parts) for name in ("used", "spent", "memo_hits", "past_cap", "with_power")
    }
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
    of 0 SATISFIED, 0 with power: doing nothing would have been refuted there
    minimal failing examples: 0 confirmed, 0 unconfirmed, 0 without a confirmation
    """
    verdicts = ", ".join(f"{count} {status}" for status, count in totals["verdicts"].items())
    confirmed = [failure["confirmed"] for failure in totals["failures"]]
    each = f"{totals['alpha']:g} each; root seed {seed}"
    lines = [
        f"{totals['used']} of {totals['evaluations']} evaluations; "
        f"α spent {_short(totals['spent'])} of {totals['alpha_total']:g}, {each}",
        f"verdicts: {verdicts}; {totals['memo_hits']} from memory; {totals['past_cap']} past the cap",
        f"of {totals['verdicts']['SATISFIED']} SATISFIED, {totals['with_power']} with power: doing nothing would have "
        "been refuted there",
        f"minimal failing examples: {confirmed.count(True)} confirmed, {confirmed.count(False)} unconfirmed, "
        f"{confirmed.count(None)} without a confirmation",
    ]
    if totals["past_cap"]:
        lines.append(
            "past the cap nothing was drawn, and the tests that asked there failed; raise --neverseen-evaluations"
        )
    if totals.get("lost"):
        lines.append(
            f"{totals['lost']} crashed: what they had claimed is counted as spent, their verdicts are not known"
        )
    return lines


def _short(value: Real) -> str:
    return f"{value:.4g}"


def store(verdict: Verdict, folder: Path) -> None:
    """Write a verdict under a name made of its content: a digest of all but the seconds and the ledger's account."""
    provenance = {name: value for name, value in verdict.provenance.items() if name != "ledger"}
    content = dataclasses.replace(verdict, provenance=provenance, seconds=0.0).to_json()
    digest = hashlib.sha256(content.encode()).hexdigest()
    write_whole(folder / f"{digest[:32]}.json", verdict.to_json().encode())


def store_totals(totals: dict[str, Any], folder: Path) -> None:
    """Write `ledger.json`."""
    write_whole(folder / "ledger.json", json.dumps(totals, ensure_ascii=False, indent=1).encode())
