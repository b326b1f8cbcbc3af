"""The page of a comparison of removers."""

from typing import Any

from markupsafe import Markup

from ..checks._comparison import Compared, Comparison, claim_words, figures, judged_on, worded
from . import _drawings as draw
from ._page import Page, in_words
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
        "claims": [claim_words(claim) for claim in comparison.definitions],
        "rows": [_row(comparison, row) for row in comparison.rows],
        "command": comparison.provenance.get("command"),
        "code": _again(comparison),
        "provenance": [(name, in_words(value)) for name, value in comparison.provenance.items() if name != "command"],
        "cells": comparison.cells,
    }
    return "comparison.html", context


def _row(comparison: Comparison, row: Compared) -> dict[str, Any]:
    cost, retained, fresh = figures(row)
    cells = [
        {"status": v.status.name, "word": worded(v, comparison.original(i)), "mark": draw.mark(v.status)}
        | {"epsilon": number(v.epsilon_lower, 3), "pairs": v.pairs, "power": str(v.power)}
        for i, v in enumerate(row.verdicts)
    ]
    columns = {"name": row.remover, "anchor": row.anchor, "why": row.why, "cells": cells}
    return columns | {"cost": cost, "retained": retained, "fresh": fresh}


def _again(comparison: Comparison) -> str:
    """The call, with names for the removers and the learner that were given."""
    claims = ", ".join(f"ns.{claim!r}" for claim in comparison.definitions)
    names = ", ".join(" ".join(row.remover.split()) for row in comparison.rows if row.asked)
    provenance = comparison.provenance
    extra = {name: provenance[name] for name in ("tolerance", "grain", "runs") if name in provenance}
    terms = {name: getattr(comparison, name) for name in ("alpha", "beta", "budget", "seed")} | extra
    arguments = ", ".join(f"{name}={value!r}" for name, value in terms.items())
    arguments += ", observables=observables" if "observables" in provenance else ""
    call = f"ns.compare_removers([{claims}], removers, learner,\n    {comparison.scenario},\n    {arguments})"
    return f"# removers: {names}; learner: {' '.join(comparison.learner.split())}\n{call}"
