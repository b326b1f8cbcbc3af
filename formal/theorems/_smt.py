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

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from ._base import Theorem
from ._sentence import Sentence
from ._sympy import sp
from ._terms import TVD as TV
from ._terms import WEIGHT, Blend, Chance, Distance, H, Integral, LawSymbol, Term, Through

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


class Unsayable(Exception):  # noqa: N818
    """An expression of which no formula can be made."""


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


class _Translation:
    """A statement to be refuted, as a formula: hypotheses, and that the conclusion is false."""

    def __init__(self, sentence: Sentence) -> None:
        self.sentence = sentence
        self.constraints: list[Any] = []
        self.known: dict[str, Any] = {}

    def refuted(self) -> list[Any]:
        """The formula, as conjuncts."""
        claimed = (*self.sentence.ranges, self.sentence.given)
        parts = [self.held(condition) for condition in claimed if condition != sp.true]
        parts.append(self.failed(self.sentence.conclusion))
        return parts + self.limits() + self.constraints

    def limits(self) -> list[Any]:
        """What is known of the numbers that stand for suprema."""
        return []

    def real(self, name: str, low: int | None = None, high: int | None = None) -> Any:
        """A real number by its name."""
        import z3

        if name not in self.known:
            self.known[name] = z3.Real(name)
            self.constraints += [self.known[name] >= low] if low is not None else []
            self.constraints += [self.known[name] <= high] if high is not None else []
        return self.known[name]

    def held(self, condition: Any) -> Any:
        """That a condition holds."""
        import z3

        if isinstance(condition, sp.And | sp.Or):
            return (z3.And if isinstance(condition, sp.And) else z3.Or)([self.held(part) for part in condition.args])
        if isinstance(condition, sp.Not):
            return self.failed(condition.args[0])
        left, right = condition.args
        if isinstance(condition, sp.Gt | sp.Lt):
            return self.exceeds(left, right) if isinstance(condition, sp.Gt) else self.exceeds(right, left)
        first, second = self.number(left), self.number(right)
        if isinstance(condition, sp.Eq):
            return first == second
        return first <= second if isinstance(condition, sp.Le) else first >= second

    def failed(self, condition: Any) -> Any:
        """That a condition fails."""
        import z3

        if isinstance(condition, sp.And | sp.Or):
            return (z3.Or if isinstance(condition, sp.And) else z3.And)([self.failed(part) for part in condition.args])
        if isinstance(condition, sp.Not):
            return self.held(condition.args[0])
        if condition in (sp.true, sp.false):
            return z3.BoolVal(condition == sp.false)
        left, right = condition.args
        if isinstance(condition, sp.Eq):
            return z3.Or(self.exceeds(left, right), self.exceeds(right, left))
        if isinstance(condition, sp.Le | sp.Ge):
            return self.exceeds(left, right) if isinstance(condition, sp.Le) else self.exceeds(right, left)
        first, second = self.number(left), self.number(right)
        return first <= second if isinstance(condition, sp.Gt) else first >= second

    def exceeds(self, larger: Any, smaller: Any) -> Any:
        """That one side is strictly larger: there a supremum that is added may be replaced by its value at an event."""
        import z3

        if isinstance(larger, sp.Abs):
            return z3.Or(self.exceeds(larger.args[0], smaller), self.exceeds(-larger.args[0], smaller))
        parts = sp.Add.make_args(sp.expand_mul(larger))
        taken = [not part.could_extract_minus_sign() for part in parts]
        return z3.Sum([self.number(p, exceeded=t) for p, t in zip(parts, taken, strict=True)]) > self.number(smaller)

    def number(self, expression: Any, exceeded: bool = False) -> Any:
        """A number; `exceeded`: each supremum in it is at an event, which has its own name."""
        return _arithmetic(expression, lambda leaf: self.leaf(leaf, exceeded))

    def free(self, symbol: Any) -> Any:
        """A free number, with the sign that it has."""
        return self.real(str(symbol), 0 if symbol.is_nonnegative else None)

    def leaf(self, leaf: Any, exceeded: bool) -> Any:
        """A term, or a free number."""
        raise NotImplementedError


def _arithmetic(expression: Any, leaf: Callable[[Any], Any]) -> Any:
    import z3

    if isinstance(expression, Term) or expression.is_Symbol:
        return leaf(expression)
    if expression.is_Rational:
        return z3.Q(int(expression.p), int(expression.q))
    parts = [_arithmetic(part, leaf) for part in expression.args]
    if isinstance(expression, sp.Max | sp.Min):
        return _extreme(parts, largest=isinstance(expression, sp.Max))
    if isinstance(expression, sp.Abs):
        return z3.If(parts[0] >= 0, parts[0], -parts[0])
    if expression.is_Pow and not expression.exp.is_Integer or isinstance(expression, sp.Sum):
        raise Unsayable(f"{expression} has no form for a solver")
    if expression.is_Pow:
        power = int(expression.exp)
        whole: Any = z3.Product([parts[0]] * abs(power))
        return whole if power > 0 else 1 / whole
    return z3.Sum(parts) if expression.is_Add else z3.Product(parts)


def _extreme(parts: list[Any], largest: bool) -> Any:
    import z3

    best = parts[0]
    for part in parts[1:]:
        best = z3.If(part > best, part, best) if largest else z3.If(part < best, part, best)
    return best


def _at(term: Any, value: Callable[[Any], Any], number: Callable[[Any], Any]) -> Any:
    """A distance without its supremum: at one event, of which `value` gives the probabilities."""
    p, q = value(term.args[0]), value(term.args[1])
    if isinstance(term, TV):
        return _extreme([p - q, q - p], largest=True)
    gamma = number(term.args[2])
    return p - gamma * q if isinstance(term, H) else _extreme([p - gamma * q, q - gamma * p], largest=True)


class _Events(_Translation):
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


class _Outcomes(_Translation):
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


class _TwoPoints(_Translation):
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
