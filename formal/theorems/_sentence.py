"""A theorem's statement as one object: what is printed is what is evaluated, digested and handed to a solver."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import Any

from ._sympy import sp
from ._terms import Distance, EventSymbol, KernelSymbol, LawSymbol


@dataclass(frozen=True)
class Sentence:
    """For all values of its free symbols: given ⇒ conclusion.

    Args:
        conclusion: a relation, a conjunction of relations, or another Boolean, in SymPy.
        given: the hypotheses, a Boolean; a case that does not meet them is vacuous.
        ranges: what each free number ranges over, a Boolean per symbol; laws, kernels and events range over all.
        sharp: where, beside all its distances being positive, each inequality must be attained by a case.
        names: symbol → LaTeX.

    >>> x = sp.Symbol("x")
    >>> print(Sentence(sp.Le(x, x**2), sp.Ge(x, 1)).latex())
    x \\geq 1 \\Rightarrow x \\leq x^{2}
    """

    conclusion: Any
    given: Any = sp.true
    ranges: tuple[Any, ...] = ()
    sharp: Any = sp.true
    names: dict[Any, str] = field(default_factory=dict, hash=False)

    def but(self, conclusion: Any) -> Sentence:
        """The same about the same, with another conclusion."""
        return replace(self, conclusion=conclusion)

    @property
    def relations(self) -> tuple[Any, ...]:
        """The conjuncts of the conclusion."""
        return tuple(self.conclusion.args) if isinstance(self.conclusion, sp.And) else (self.conclusion,)

    @property
    def symbols(self) -> tuple[Any, ...]:
        """The free symbols, laws and events first, each kind by name."""
        kinds = (LawSymbol, KernelSymbol, EventSymbol)
        free: Any = self.conclusion.free_symbols | self.given.free_symbols
        return tuple(sorted(free, key=lambda s: (not isinstance(s, kinds), str(s))))

    def latex(self) -> str:
        """The statement as LaTeX."""
        conclusion = r",\quad ".join(self.shown(part) for part in _ordered(self.conclusion))
        if self.given == sp.true:
            return conclusion
        given = r",\ ".join(self.shown(part) for part in _ordered(self.given))
        return rf"{given} \Rightarrow {conclusion}"

    def shown(self, part: Any) -> str:
        """A part of it as LaTeX, with its names for symbols."""
        return sp.latex(part, symbol_names=self.names)

    def quantifiers(self) -> str:
        """Over what it ranges, in words with LaTeX between dollar signs."""
        parts = [_listed(self, kind, words) for kind, words in _KINDS]
        parts += [f"${self.shown(condition)}$" for condition in self.ranges]
        return "for all " + ", ".join(part for part in parts if part)

    @property
    def canonical(self) -> str:
        """All that carries the meaning, as one text."""
        ranges = (sp.sstr(condition) for condition in self.ranges)
        return "\n".join((sp.sstr(self.given), sp.sstr(self.conclusion), *ranges))

    @property
    def digest(self) -> str:
        """The first 16 hexadecimal digits of the SHA-256 of `canonical`."""
        return hashlib.sha256(self.canonical.encode()).hexdigest()[:16]

    def edge(self, relation: Any) -> Any:
        """Where an inequality must be seen to be attained: a condition on the case."""
        return sp.And(self.sharp, *(sp.Gt(term, 0) for term in outermost(relation, Distance)))


def outermost(expression: Any, kind: Any) -> list[Any]:
    """The subexpressions of a kind that lie in no other of that kind, each once, in order."""
    if isinstance(expression, kind):
        return [expression]
    return list(dict.fromkeys(term for part in expression.args for term in outermost(part, kind)))


_KINDS = ((LawSymbol, "laws"), (KernelSymbol, "kernels"), (EventSymbol, "events"))


def _listed(sentence: Sentence, kind: type, words: str) -> str:
    names = [sentence.shown(symbol) for symbol in sentence.symbols if isinstance(symbol, kind)]
    return f"{words} ${', '.join(names)}$" if names else ""


def _ordered(condition: Any) -> tuple[Any, ...]:
    if not isinstance(condition, sp.And):
        return (condition,)
    return tuple(sorted(condition.args, key=sp.default_sort_key))
