"""The ways in which a theorem can be settled, strongest first, and what came of each."""

from __future__ import annotations

import time
from collections.abc import Iterable

from ...formal.proofs import CoqReport
from ...formal.theorems import Theorem
from ...formal.theorems._coq import coq_names, coq_report, coq_scope
from ...formal.theorems._smt import solve, solver_installed
from ._proofs import Way

_INSTALL = "pip install 'neverseen[proofs]'"


def ways_of(theorem: Theorem) -> tuple[Way, ...]:
    """Settle a theorem in each way that it has and that is installed; the last is its search, which always runs.

    >>> from neverseen.formal.theorems import find
    >>> [way.kind for way in ways_of(find("T22")[0])]
    ['property']
    """
    asked = (_by_coq(theorem) if coq_names(theorem.id) else None, _by_solver(theorem) if theorem.solver else None)
    return (*(way for way in asked if way is not None), _by_search(theorem))


_HEARD: dict[frozenset[str], CoqReport] = {}


def hear(theorems: Iterable[Theorem]) -> None:
    """Ask Coq of several theorems at once: its files are compiled once, and what it said is kept."""
    asked = frozenset(theorem.id for theorem in theorems if coq_names(theorem.id))
    if asked and not any(asked <= known for known in _HEARD):
        _HEARD[asked] = coq_report(asked)


def _heard(name: str) -> CoqReport:
    known = next((names for names in _HEARD if name in names), frozenset({name}))
    return _HEARD.setdefault(known, coq_report(known)) if known not in _HEARD else _HEARD[known]


def _by_coq(theorem: Theorem) -> Way:
    names = coq_names(theorem.id)
    report = _heard(theorem.id)
    scope = coq_scope(theorem.id)
    if not report.installed:
        return Way("coq", "not run", scope, 0.0, wrong=report.missing)
    said = {proof.theorem.name: proof for proof in report.proofs}
    found = [said.get(name) for name in names]
    bad = [f"Coq: no theorem {name}" for name in names if name not in said]
    bad += [f"Coq: {proof.theorem.name}: {proof.why}" for proof in found if proof and not proof.proved]
    twins = [said[f"{name}_twin"] for name in names if f"{name}_twin" in said]
    return Way(
        "coq",
        "fails" if bad else "holds",
        scope,
        0.0,
        len(names),
        axioms=tuple(dict.fromkeys(axiom for proof in found if proof for axiom in proof.axioms)),
        wrong=bad[0] if bad else None,
        twin="not asked" if not twins else "refuted" if all(twin.proved for twin in twins) else "stands",
    )


def _by_solver(theorem: Theorem) -> Way:
    assert theorem.solver is not None
    if not solver_installed():
        return Way("smt", "not run", theorem.solver.scope, 0.0, wrong=_INSTALL)
    start = time.perf_counter()
    solved = solve(theorem)
    return Way(
        "smt",
        "fails" if solved.wrong else "holds",
        theorem.solver.scope,
        time.perf_counter() - start,
        solved.formulas,
        wrong=solved.wrong,
        twin="refuted" if solved.model else "stands",
        twin_counterexample=solved.model,
    )


def _by_search(theorem: Theorem) -> Way:
    start = time.perf_counter()
    proof, twin = theorem.check(), theorem.twin()
    uncounted = "nothing counts the cases that its scope holds" if theorem.uncounted else None
    wrong = proof.counterexample or uncounted
    return Way(
        proof.kind,
        "fails" if wrong else "holds",
        proof.scope,
        time.perf_counter() - start,
        proof.worlds,
        proof.vacuous,
        wrong=wrong,
        twin="stands" if twin.holds else "refuted",
        twin_counterexample=twin.counterexample,
    )
