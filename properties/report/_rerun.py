"""The code that runs a check again; `remover`, `learner` and `observables` are the values that were checked."""

import math
from typing import Any

from ...formal.definitions._verdict import Verdict
from ..suite._result import SuiteRow


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
    arguments = ", ".join(f"{name}={value!r}" for name, value in terms.items())
    arguments += ", observables=observables" if "observables" in provenance else ""
    call = f"ns.check(ns.{v.definition!r}, remover, learner,\n         {provenance['scenario']},\n         {arguments})"
    own = {"observables": ", ".join(provenance["observables"])} if "observables" in provenance else {}
    named = {name: provenance[name] for name in ("remover", "learner")} | own
    values = [f"{name}: {_line(each)}" for name, each in named.items()]
    return f"# {'; '.join(values)}\n{call}"


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
