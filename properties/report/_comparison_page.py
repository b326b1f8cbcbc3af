"""The page of a comparison of removers."""

from typing import Any

from markupsafe import Markup

from ..checks._compared import Compared, claim_words, share_words, worded
from ..checks._comparison import NEARER, Comparison, cost_words, judged_on
from . import _drawings as draw
from . import _planes
from ._page import Page, in_words
from ._rerun import UNSHOWN, given
from ._svg import number

_MEANING = (
    "SATISFIED and REFUTED are bounded in error; INCONCLUSIVE is no pass. Rows in italics say what this test can see "
    "here: the original ought to be refuted, and a fresh retrain not. Where doing nothing is not refuted, SATISFIED "
    "has no power: this scenario cannot tell."
)


def comparison_page(comparison: Comparison) -> Page:
    """The page of a comparison.

    >>> comparison_page(Comparison.example())[1]["claims"]
    ['(1, 0.05)-untraining']
    """
    head, _, rest = comparison.sentence.partition(":")
    facts = [
        ("Chances of a false REFUTED, or SATISFIED", comparison.levels),
        ("References", judged_on(comparison.seed)),
        ("Pairs at most for each verdict", str(comparison.budget)),
        ("Wall time", f"{number(comparison.seconds, 3)} s"),
    ]
    context = {
        "title": head,
        "kicker": "comparison of removers",
        "wide": True,
        "word": "",
        "rest": f"{head}:{rest}",
        "mark": Markup(""),
        "meaning": _MEANING,
        "facts": facts,
        "plane": _planes.distance_plane(comparison),
        "distances": _planes.distance_line(comparison),
        "accuracies": _planes.accuracy_plane(comparison),
        "gaps": [
            (claim_words(claim), *_split(comparison.gaps(i)))
            for i, claim in enumerate(comparison.definitions)
            if comparison.gaps(i)
        ],
        "sided": any(row.sides for row in comparison.rows),
        "claims": [claim_words(claim) for claim in comparison.definitions],
        "rows": [_row(comparison, row) for row in comparison.rows],
        "command": comparison.provenance.get("command"),
        "code": _again(comparison),
        "provenance": [(name, in_words(value)) for name, value in comparison.provenance.items() if name not in UNSHOWN],
        "cells": comparison.cells,
    }
    return "comparison.html", context


def _split(lines: list[tuple[str, ...]]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    return lines[0], lines[1:]


def _row(comparison: Comparison, row: Compared) -> dict[str, Any]:
    cells = [
        {"status": v.status.name, "word": worded(v, comparison.original(i)), "mark": draw.mark(v.status)}
        | {"epsilon": number(v.epsilon_lower, 3), "pairs": v.pairs, "distance": share_words(row, i)}
        | {"side": NEARER[row.sides[i].side.name] if row.sides else "–"}
        for i, v in enumerate(row.verdicts)
    ]
    columns = {"name": row.remover, "anchor": row.anchor, "why": row.why, "cells": cells}
    return columns | {"cost": cost_words(row.cost), "gradients": _gradients(row), "time": _time(row)}


def _gradients(row: Compared) -> str:
    return "–" if row.cost is None else number(row.cost.gradients, 3)


def _time(row: Compared) -> str:
    cost = row.cost
    if cost is None or cost.seconds is None or cost.retrain_seconds is None:
        return "–"
    return f"{number(1e3 * cost.seconds, 2)} of {number(1e3 * cost.retrain_seconds, 2)}"


def _again(comparison: Comparison) -> str:
    """The call, and what it was given."""
    claims = ", ".join(f"ns.{claim!r}" for claim in comparison.definitions)
    names = ", ".join(" ".join(row.remover.split()) for row in comparison.rows if row.asked)
    provenance = comparison.provenance
    extra = {name: provenance[name] for name in ("tolerance", "grain", "runs", "sides", "sort") if name in provenance}
    terms = {name: getattr(comparison, name) for name in ("alpha", "beta", "budget", "seed")} | extra
    arguments = ", ".join(f"{name}={value!r}" for name, value in terms.items())
    arguments += ", observables=observables" if "observables" in provenance else ""
    words = {"removers": names, "learner": comparison.learner} | provenance
    parts = given(provenance.get("code", {}), words, ("removers", "learner", "observables"), comparison.scenario)
    return f"{parts}\ncomparison = ns.compare([{claims}], removers, learner, scenario,\n    {arguments})"
