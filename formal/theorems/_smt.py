"""Statements about laws on any space as formulas about a few real numbers, settled by z3 where it is installed.

An event enters only through its probabilities, one number in [0, 1] for each law. A distance is a supremum over
events: where it is
to be exceeded it is exceeded at an event, and elsewhere it is a number not below what it is at every event named.
So that the
formula has no solution proves the statement for all laws on all spaces, all real γ and δ. A false twin is put to
two-point
spaces, where laws are numbers and suprema are maxima: a solution is a counterexample, and is shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from ._base import Theorem
from ._sentence import Sentence
from ._sympy import sp
from ._terms import WEIGHT, Blend, Chance, Distance, H, Integral, LawSymbol, Through
from ._translation import Translation, Unsayable
from ._translation import at_event as _at
from ._translation import extreme as _extreme

TIMEOUT = 20_000
"""Milliseconds for one formula."""


def solver_installed() -> bool:
    """Whether z3 can be imported: `pip install 'neverseen[proofs]'`."""
    return find_spec("z3") is not None


@dataclass(frozen=True)
class Solved:
    """What the solver said.

    Args:
        formulas: how many it was given.
        wrong: what is wrong with the statement, in words, or None: proved.
        model: a counterexample to the twin, or None.
    """

    formulas: int
    wrong: str | None
    model: str | None


def solve(theorem: Theorem) -> Solved:
    """Settle a theorem and its twin.

    Raises:
        ValueError: the theorem has no form for a solver.
    """
    if theorem.solver is None:
        raise ValueError(f"{theorem.id} has no form for a solver")
    reduction = theorem.solver
    instances = [_unfold(theorem.statement, words) for words in reduction.instances or ({},)]
    twins = [_unfold(theorem.twin_statement, words) for words in reduction.instances or ({},)]
    proof = _Outcomes if reduction.by == "outcome" else _Events
    try:
        answers = [_ask(proof(instance).refuted()) for instance in instances]
    except Unsayable as error:
        return Solved(0, str(error), None)
    wrong = next((words for verdict, words in answers if verdict != "unsat"), None)
    found = (_ask(_TwoPoints(twin, pins).refuted()) for twin in twins for pins in _PINS)
    model = next((words for verdict, words in found if verdict == "sat"), None)
    return Solved(len(instances), wrong, model)


_PINS: tuple[dict[str, int], ...] = (
    {"gamma": 2, "gamma_1": 2, "gamma_2": 3, "gamma_3": 4},
    {"gamma": 1, "gamma_1": 1, "gamma_2": 2, "gamma_3": 3},
    {},
)
"""Where a counterexample is looked for: with γ a number the rest is easy."""


def _unfold(sentence: Sentence, words: Any) -> Sentence:
    named = {word: meaning for word, meaning in words.items() if word != sp.true}
    conclusion = sentence.conclusion.xreplace(named).doit()
    ranges = tuple(condition.xreplace(named) for condition in sentence.ranges)
    if conclusion.has(WEIGHT):
        ranges += (sp.Ge(WEIGHT, 0), sp.Le(WEIGHT, 1))
    return Sentence(conclusion, sp.And(sentence.given.xreplace(named), words.get(sp.true, sp.true)), ranges)


def _ask(formula: list[Any]) -> tuple[str, str]:
    import z3

    solver = z3.Tactic("qfnra-nlsat").solver()
    solver.set("timeout", TIMEOUT)
    solver.add(formula)
    verdict = str(solver.check())
    if verdict != "sat":
        return verdict, f"the solver ends with {verdict!r}"
    model = solver.model()
    return verdict, ", ".join(sorted(f"{name} = {model[name]}" for name in model.decls()))


class _Events(Translation):
    """Suprema over events of any space."""

    def __init__(self, sentence: Sentence) -> None:
        super().__init__(sentence)
        self.events = ["R"]
        self.suprema: dict[Any, Any] = {}

    def leaf(self, leaf: Any, exceeded: bool) -> Any:
        """A distance: at an event of its own where it is exceeded, else a number."""
        if isinstance(leaf, Chance):
            return self.chance(leaf.args[0], self._event(str(leaf.args[1])))
        if not isinstance(leaf, Distance):
            return self.free(leaf)
        if exceeded:
            event = self._event(f"E{len(self.events)}")
            return _at(leaf, lambda law: self.chance(law, event), self.number)
        return self.suprema.setdefault(leaf, self.real(f"sup {leaf}", 0))

    def _event(self, name: str) -> str:
        self.events += [] if name in self.events else [name]
        return name

    def chance(self, law: Any, event: str) -> Any:
        """The probability of an event, or the mean of a function into [0, 1]."""
        if isinstance(law, Blend):
            pairs = zip(law.args[::2], law.args[1::2], strict=True)
            return sum(self.number(weight) * self.chance(part, event) for weight, part in pairs)
        if isinstance(law, Through):
            return self.chance(law.args[0], f"{law.args[1]}({event})")
        return self.real(f"{law}[{event}]", 0, 1)

    def limits(self) -> list[Any]:
        """Each supremum is at least what it is at each event, at its complement and at each K(·, event)."""
        parts: list[Any] = []
        kernels = {
            node.args[1] for node in sp.preorder_traversal(self.sentence.conclusion) if isinstance(node, Through)
        }
        for term in list(self.suprema):
            tests = (
                [f"{kernel}({event})" for kernel in kernels for event in self.events] if not term.has(Through) else []
            )
            for event in (*self.events, *tests):
                parts.append(self.suprema[term] >= _at(term, lambda law, e=event: self.chance(law, e), self.number))
                parts.append(self.suprema[term] >= _at(term, lambda law, e=event: 1 - self.chance(law, e), self.number))
        return parts


class _Outcomes(Translation):
    """Sums over outcomes, term by term: if it holds of the densities at every outcome, it holds of the sums."""

    def leaf(self, leaf: Any, exceeded: bool) -> Any:
        """A density, or what a distance integrates: f·(p − γq), f ≤ 1, where exceeded; and its best event elsewhere."""
        if isinstance(leaf, Integral):
            return self.number(leaf.density(self._density))
        if not isinstance(leaf, H):
            return self.real(str(leaf), 0 if str(leaf).startswith("density") else None)
        p, q, gamma = leaf.args
        p, q = (law.args[0] if isinstance(law, Through) else law for law in (p, q))
        gap = self.number(self._density(p) - gamma * self._density(q))
        return self.real("f", 0, 1) * gap if exceeded else _extreme([gap, gap * 0], largest=True)

    def _density(self, law: Any) -> Any:
        return sp.Symbol(f"density of {law}")


class _TwoPoints(Translation):
    """Laws on two points, each one number, some γ given: what is found is a counterexample."""

    def __init__(self, sentence: Sentence, pins: Mapping[str, int]) -> None:
        super().__init__(sentence)
        self.pins = pins

    def leaf(self, leaf: Any, exceeded: bool) -> Any:
        """A term, worked out in full."""
        import z3

        if isinstance(leaf, Chance):
            return self._mass(leaf.args[0])
        if isinstance(leaf, Integral):
            names = [{law: sp.Symbol(f"{law} at {point}") for law in leaf.free_symbols} for point in (0, 1)]
            return sum(self.number(leaf.density(at.__getitem__)) for at in names)
        if isinstance(leaf, Distance):
            sides = (lambda law: self._mass(law)), (lambda law: 1 - self._mass(law))
            return _extreme([z3.RealVal(0), *(_at(leaf, side, self.number) for side in sides)], largest=True)
        name = str(leaf)
        if " at " in name:
            law, _, point = name.partition(" at ")
            return self._mass(LawSymbol(law)) if point == "0" else 1 - self._mass(LawSymbol(law))
        return z3.RealVal(self.pins[name]) if name in self.pins else self.free(leaf)

    def _mass(self, law: Any) -> Any:
        if isinstance(law, Blend):
            pairs = zip(law.args[::2], law.args[1::2], strict=True)
            return sum(self.number(weight) * self._mass(part) for weight, part in pairs)
        if isinstance(law, Through):
            stays, goes = (self.real(f"{law.args[1]}({point})", 0, 1) for point in (0, 1))
            mass = self._mass(law.args[0])
            return mass * stays + (1 - mass) * goes
        return self.real(str(law), 0, 1)
