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


def comparison_page(made: Comparison) -> Page:
    """The page of a comparison.

    >>> comparison_page(Comparison.example())[1]["claims"]
    ['(1, 0.05)-untraining']
    """
    head, _, rest = made.sentence.partition(":")
    facts = [
        ("Chances of a false REFUTED, or SATISFIED", made.levels),
        ("References", judged_on(made.seed)),
        ("Pairs at most for each verdict", str(made.budget)),
        ("Wall time", f"{number(made.seconds, 3)} s"),
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
        "claims": [claim_words(claim) for claim in made.definitions],
        "rows": [_row(made, row) for row in made.rows],
        "command": made.provenance.get("command"),
        "code": _again(made),
        "provenance": [(name, in_words(value)) for name, value in made.provenance.items() if name != "command"],
        "cells": made.cells,
    }
    return "comparison.html", context


def _row(made: Comparison, row: Compared) -> dict[str, Any]:
    cost, retained, fresh = figures(row)
    cells = [
        {"status": v.status.name, "word": worded(v, made.original(i)), "mark": draw.mark(v.status)}
        | {"epsilon": number(v.epsilon_lower, 3), "pairs": v.pairs, "power": str(v.power)}
        for i, v in enumerate(row.verdicts)
    ]
    shown = {"name": row.remover, "anchor": row.anchor, "why": row.why, "cells": cells}
    return shown | {"cost": cost, "retained": retained, "fresh": fresh}


def _again(made: Comparison) -> str:
    """The call, with names for the removers and the learner that were given."""
    claims = ", ".join(f"ns.{claim!r}" for claim in made.definitions)
    names = ", ".join(" ".join(row.remover.split()) for row in made.rows if row.asked)
    kept = {name: made.provenance[name] for name in ("tolerance", "grain", "runs") if name in made.provenance}
    terms = {"alpha": made.alpha, "beta": made.beta, "budget": made.budget, "seed": made.seed} | kept
    given = ", ".join(f"{name}={value!r}" for name, value in terms.items())
    given += ", observables=observables" if "observables" in made.provenance else ""
    call = f"ns.compare_removers([{claims}], removers, learner,\n    {made.scenario},\n    {given})"
    return f"# removers: {names}; learner: {' '.join(made.learner.split())}\n{call}"
