"""Run the registry of theorems: each must hold in every way that is installed, and its false twin be refuted."""

from __future__ import annotations

import difflib
import math
import re
from typing import Any

from ...formal import theorems
from ...formal.theorems import Theorem
from ._proofs import Proved
from ._ways import ways_of


def chosen(name: str | None) -> tuple[Theorem, ...]:
    """The theorems called `name` ("T2a"), all its parts ("T2"), or all theorems when it is left out.

    Raises:
        ValueError: there is none; the message suggests the nearest.

    >>> [theorem.id for theorem in chosen("t2")]
    ['T2a', 'T2b']
    >>> chosen("T2x")
    Traceback (most recent call last):
    ValueError: unknown theorem 'T2x'; did you mean 'T2'? (neverseen list theorems)
    """
    if name is None:
        return theorems.THEOREMS
    try:
        return theorems.find(name)
    except ValueError:
        raise ValueError(f"unknown theorem {name!r}{_nearest(name)}") from None


def _nearest(name: str) -> str:
    ids = [theorem.id for theorem in theorems.THEOREMS]
    names = [*ids, *(re.sub("[a-z]$", "", part) for part in ids)]
    spelt = {part.upper(): part for part in names}
    close = difflib.get_close_matches(name.upper(), spelt, 1)
    if close:
        return f"; did you mean {spelt[close[0]]!r}? (neverseen list theorems)"
    return "; 'neverseen list theorems' shows the ids"


def run_theorem(theorem: Theorem) -> Proved:
    """Settle one theorem and its twin in every way that is installed, timed.

    >>> from neverseen.formal.theorems import find
    >>> proved = run_theorem(find("T22")[0])
    >>> proved.holds, proved.twin_refuted, proved.cases
    (True, True, 5)
    """
    ways = ways_of(theorem)
    search = ways[-1]
    wrong = next((way.wrong for way in reversed(ways) if way.state == "fails"), None)
    best = next((way for way in ways if way.state == "holds"), search) if wrong is None else search
    same = ("id", "title", "statement_latex", "hypotheses", "status", "source", "twin_latex")
    fields: dict[str, Any] = {name: getattr(theorem, name) for name in same}
    return Proved(
        **fields,
        digest=theorem.statement.digest,
        kind=best.kind,
        scope=best.scope,
        cases=search.cases,
        vacuous=search.vacuous,
        holds=wrong is None,
        counterexample=wrong,
        twin_refuted=all(way.twin != "stands" for way in ways),
        twin_counterexample=search.twin_counterexample,
        ways=ways,
        seconds=math.fsum(way.seconds for way in ways),
    )
