"""Statements to be refuted, as formulas for z3: conditions, arithmetic, and a distance at one event."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ._sentence import Sentence
from ._sympy import sp
from ._terms import TVD, H, Term


class Unsayable(Exception):  # noqa: N818
    """An expression of which no formula can be made."""


class Translation:
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
        return arithmetic(expression, lambda leaf: self.leaf(leaf, exceeded))

    def free(self, symbol: Any) -> Any:
        """A free number, with the sign that it has."""
        return self.real(str(symbol), 0 if symbol.is_nonnegative else None)

    def leaf(self, leaf: Any, exceeded: bool) -> Any:
        """A term, or a free number."""
        raise NotImplementedError


def arithmetic(expression: Any, leaf: Callable[[Any], Any]) -> Any:
    """An expression as the solver's own, its terms and free numbers by `leaf`."""
    import z3

    if isinstance(expression, Term) or expression.is_Symbol:
        return leaf(expression)
    if expression.is_Rational:
        return z3.Q(int(expression.p), int(expression.q))
    parts = [arithmetic(part, leaf) for part in expression.args]
    if isinstance(expression, sp.Max | sp.Min):
        return extreme(parts, largest=isinstance(expression, sp.Max))
    if isinstance(expression, sp.Abs):
        return z3.If(parts[0] >= 0, parts[0], -parts[0])
    if isinstance(expression, sp.Sum) or (expression.is_Pow and not expression.exp.is_Integer):
        raise Unsayable(f"{expression} has no form for a solver")
    if expression.is_Pow:
        power = int(expression.exp)
        whole: Any = z3.Product([parts[0]] * abs(power))
        return whole if power > 0 else 1 / whole
    return z3.Sum(parts) if expression.is_Add else z3.Product(parts)


def extreme(parts: list[Any], largest: bool) -> Any:
    """The largest or the smallest of some numbers."""
    import z3

    best = parts[0]
    for part in parts[1:]:
        best = z3.If(part > best, part, best) if largest else z3.If(part < best, part, best)
    return best


def at_event(term: Any, value: Callable[[Any], Any], number: Callable[[Any], Any]) -> Any:
    """A distance without its supremum: at one event, of which `value` gives the probabilities."""
    p, q = value(term.args[0]), value(term.args[1])
    if isinstance(term, TVD):
        return extreme([p - q, q - p], largest=True)
    gamma = number(term.args[2])
    return p - gamma * q if isinstance(term, H) else extreme([p - gamma * q, q - gamma * p], largest=True)
