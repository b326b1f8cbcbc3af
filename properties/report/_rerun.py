"""The code that runs a check again, as it stands; what only its user can make is named in a comment."""

import math
from typing import Any

from ...formal.definitions._verdict import Verdict
from ..suite._result import SuiteRow

UNSHOWN = frozenset({"command", "code", "places"})
"""What a provenance holds that a page shows elsewhere."""


def check_again(v: Verdict) -> str:
    """The call of `check` behind a verdict; "" where its provenance does not name a scenario.

    >>> check_again(Verdict.example())
    ''
    """
    provenance = v.provenance
    if not {"scenario", "seed", "remover", "learner"} <= provenance.keys() or "keyed_as" in provenance:
        return ""
    terms: dict[str, Any] = {name: getattr(v, name) for name in ("budget", "alpha", "beta", "tolerance")}
    terms |= {"seed": provenance["seed"], "grain": provenance.get("grain", 1e-3)}
    if v.resolution is not None and not math.isnan(v.resolution):
        terms["resolution"] = True
    parts = given(provenance.get("code", {}), provenance, ("remover", "learner", "observables"), provenance["scenario"])
    arguments = ", ".join(f"{name}={value!r}" for name, value in terms.items())
    arguments += ", observables=observables" if "observables" in provenance else ""
    return (
        f"{parts}\nverdict = ns.check(ns.{v.definition!r}, remover, learner, scenario,\n                   {arguments})"
    )


def given(code: dict[str, str], said: dict[str, Any], names: tuple[str, ...], scenario: str) -> str:
    """Lines that make what a call is given; a comment in the place of what only its user can make.

    Args:
        code: expressions, by name.
        said: how each is called in sentences.
        names: what is needed, where something is said of it.
        scenario: as it is written.

    >>> print(given({"remover": "ns.removers.retrain()"}, {"remover": "retrain", "learner": "mine"},
    ...             ("remover", "learner"), "ns.scenarios.figure1()"))
    import neverseen as ns
    <BLANKLINE>
    remover = ns.removers.retrain()
    # learner = ...  what you called mine
    scenario = ns.scenarios.figure1()
    """
    words = {name: said[name] for name in names if name in said} | {"scenario": scenario}
    known = code | ({"scenario": scenario} if scenario.startswith("ns.scenarios.") else {})
    lines = [
        f"{name} = {_line(known[name])}" if name in known else f"# {name} = ...  what you called {_line(_listed(word))}"
        for name, word in words.items()
    ]
    return "\n".join(["import neverseen as ns", "", *lines])


def _listed(word: Any) -> str:
    return ", ".join(map(str, word)) if isinstance(word, list | tuple) else str(word)


def row_again(row: SuiteRow, remover: str, seed: int) -> str:
    """The code behind a row of a suite; "" where nothing was run.

    >>> from neverseen.properties.suite._result import Suite
    >>> print(row_again(Suite.example().rows[0], "mine", 0))
    # remover: mine; learner: ridge
    next(r for r in ns.relations.RELATIONS if r.name == 'pure')(
        remover, learner, blobs, jax.random.key(0))
    """
    learner, _, scenario = row.where.partition(" · ")
    if row.verdict is not None:
        return check_again(row.verdict)
    if not scenario:
        return ""
    call = f"next(r for r in ns.relations.RELATIONS if r.name == {row.check!r})("
    head = f"# remover: {_line(remover)}; learner: {_line(learner)}"
    return f"{head}\n{call}\n    remover, learner, {scenario}, jax.random.key({seed}))"


def _line(text: object) -> str:
    """On one line: what follows a line break would be code, and no comment."""
    return " ".join(str(text).split())
