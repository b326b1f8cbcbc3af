"""A suite as one page of HTML that needs nothing else: a table, refuted rows first, and the code of each row."""

from typing import Any

from markupsafe import Markup

from ...formal.definitions._verdict import Status
from ..suite._result import RowOutcome, Suite, SuiteRow, evidence_words, word
from . import _drawings as draw
from ._page import Page, in_words
from ._rerun import row_again

_EXPECTED = {
    RowOutcome.PASSED: "yes",
    RowOutcome.EXPECTED: "yes: declared to fail",
    RowOutcome.FAILED: "no",
    RowOutcome.UNEXPECTED: "no: declared to fail",
    RowOutcome.UNDECIDED: "open",
    RowOutcome.UNCLAIMED: "nothing was expected",
    RowOutcome.INAPPLICABLE: "–",
}
_FIRST = (Status.REFUTED, Status.INCONCLUSIVE, Status.SATISFIED, None)


def suite_page(suite: Suite) -> Page:
    """The page of a suite.

    >>> suite_page(Suite.example())[1]["word"]
    'REFUTED'
    """
    status, _, rest = suite.sentence.partition(":")
    ordered = sorted(suite.rows, key=lambda row: (not row.failed, _FIRST.index(row.status)))
    context = {
        "title": suite.sentence,
        "kicker": "conformance suite",
        "wide": True,
        "word": status,
        "rest": rest,
        "mark": draw.mark(suite.status),
        "meaning": _meaning(suite),
        "facts": _facts(suite),
        "rows": [_row(row, suite) for row in ordered],
        "words": [(word(one), one.value) for one in RowOutcome if any(row.outcome is one for row in suite.rows)],
        "command": suite.provenance.get("command"),
        "provenance": [(name, in_words(value)) for name, value in suite.provenance.items() if name != "command"],
        "cells": suite.cells,
    }
    return "suite.html", context


def _meaning(suite: Suite) -> str:
    bound = f"A REFUTED of a definition is false with probability at most {suite.alpha:g}, over all of them together."
    return f"{bound} Exact relations spend nothing."


def _row(row: SuiteRow, suite: Suite) -> dict[str, Any]:
    declared = suite.expected.get(row.check, "") if row.outcome in (RowOutcome.EXPECTED, RowOutcome.UNEXPECTED) else ""
    return {
        "failed": row.failed,
        "check": row.check,
        "status": "" if row.status is None else row.status.name,
        "mark": Markup("") if row.status is None else draw.mark(row.status),
        "word": word(row.outcome),
        "expected": _EXPECTED[row.outcome] + (f" ({declared})" if declared else ""),
        "power": row.power,
        "said": row.evidence if row.status is None else f"{row.status.name}: {evidence_words(row)}",
        "where": row.where,
        "runs": row.runs,
        "seconds": f"{row.seconds:.1f}",
        "code": row_again(row, suite.remover, suite.seed),
    }


def _facts(suite: Suite) -> list[tuple[str, str]]:
    """What the figures of the table rest on."""
    cost = f"{sum(row.runs for row in suite.rows)} runs, {suite.seconds:.1f} s"
    return [
        ("Chance of any false REFUTED", f"α = {suite.alpha:g}"),
        ("Pairs at most for each definition", str(suite.budget)),
        ("Root seed", str(suite.seed)),
        ("Learners", ", ".join(suite.learners)),
        ("Cost", cost),
        *((f"Declared to fail: {name}", why) for name, why in suite.expected.items()),
    ]
