"""The words that statements are made of: laws, ways to make new ones, and how far apart two are.

Each is a SymPy function, so that a statement is one expression; how it prints is here, what it is worth in a case
is what a
search fills in, and `density` is what it integrates, where it is an integral.
"""

from __future__ import annotations

from typing import Any

from ._sympy import sp


class LawSymbol(sp.Symbol):
    """A law, bound by "for all laws"."""


class KernelSymbol(sp.Symbol):
    """A Markov kernel, bound by "for all kernels"."""


class EventSymbol(sp.Symbol):
    """An event, bound by "for all events"."""


def laws(names: str) -> Any:
    """Law symbols, named in one string."""
    return tuple(LawSymbol(name) for name in names.split())


class Made(sp.Function):
    """A law made of laws."""


class Through(Made):
    """PK: a draw from K(·|θ), θ from P."""

    nargs = 2

    def _latex(self, printer: Any) -> str:
        return " ".join(map(printer.doprint, self.args))


class Blend(Made):
    """Σ wᵢPᵢ, given as w₁, P₁, w₂, P₂, …."""

    def _latex(self, printer: Any) -> str:
        pairs = zip(self.args[::2], self.args[1::2], strict=True)
        return " + ".join(f"{_bracketed(printer, weight)} {printer.doprint(law)}" for weight, law in pairs)


class Pair(Made):
    """P ⊗ Q: two independent draws."""

    nargs = 2

    def _latex(self, printer: Any) -> str:
        return r" \otimes ".join(map(printer.doprint, self.args))


def _bracketed(printer: Any, factor: Any) -> str:
    shown = printer.doprint(factor)
    return rf"\left({shown}\right)" if factor.is_Add else shown


class Average(Made):
    """E_D P: the law P depends on a dataset that is drawn, and is averaged over it."""

    nargs = 1

    def _latex(self, printer: Any) -> str:
        return rf"\mathbb{{E}}_D {printer.doprint(self.args[0])}"


class Term(sp.Function):
    """A number that depends on laws."""

    def _eval_is_extended_real(self) -> bool:
        return True


class Distance(Term):
    """A supremum over events of a difference of probabilities: never negative, 0 at the empty event."""

    def _eval_is_extended_nonnegative(self) -> bool:
        return True


class TVD(Distance):
    """Total variation."""

    nargs = 2

    def _latex(self, printer: Any) -> str:
        return rf"\mathrm{{TV}}({', '.join(map(printer.doprint, self.args))})"


class H(Distance):
    """The hockey-stick divergence of P from Q at γ, one direction."""

    nargs = 3

    def _latex(self, printer: Any) -> str:
        p, q, gamma = map(printer.doprint, self.args)
        return rf"H_{{{gamma}}}({p} \,\|\, {q})"


class D(Distance):
    """The least δ at which P and Q are (ln γ, δ)-indistinguishable: both directions."""

    nargs = 3

    def _latex(self, printer: Any) -> str:
        p, q, gamma = map(printer.doprint, self.args)
        return rf"\delta_{{{gamma}}}({p}, {q})"


class KLD(Distance):
    """Kullback–Leibler divergence."""

    nargs = 2

    def _latex(self, printer: Any) -> str:
        p, q = map(printer.doprint, self.args)
        return rf"\mathrm{{KL}}({p} \,\|\, {q})"


class Mean(Distance):
    """E_D of a distance between laws that depend on a dataset that is drawn."""

    nargs = 1

    def _latex(self, printer: Any) -> str:
        return rf"\mathbb{{E}}_D {printer.doprint(self.args[0])}"


class AtRetained(Distance):
    """E_r of a distance between laws given r = D∖B, the average inside being over D given r."""

    nargs = 1

    def _latex(self, printer: Any) -> str:
        (law, reference, gamma), shown = self.args[0].args, printer.doprint
        mean = rf"\mathbb{{E}}_{{D \mid r}} {shown(law.args[0])}"
        return rf"\mathbb{{E}}_r \delta_{{{shown(gamma)}}}({mean}, {shown(reference)})"


class Listed(Term):
    """The j-th of a list of numbers, j = 1, 2, …; in a case the list is kept under the subclass."""

    nargs = 1


class Integral(Term):
    """∫ of a function of the densities of its laws."""

    def density(self, of: Any) -> Any:
        """The integrand; `of` maps a law to its density."""
        raise NotImplementedError


class Excess(Integral):
    """Σ (p − γq)₊."""

    nargs = 3

    def density(self, of: Any) -> Any:
        """(p − γq)₊."""
        p, q, gamma = self.args
        return sp.Max(of(p) - gamma * of(q), 0)

    def _latex(self, printer: Any) -> str:
        p, q, gamma = self.args
        return rf"\sum_x \left({_at(printer, p)} - {printer.doprint(gamma)} {_at(printer, q)}\right)_+"


class Overlap(Integral):
    """Σ min(ap, bq), given as a, P, b, Q."""

    nargs = 4

    def density(self, of: Any) -> Any:
        """min(ap, bq)."""
        a, p, b, q = self.args
        return sp.Min(a * of(p), b * of(q))

    def _latex(self, printer: Any) -> str:
        a, p, b, q = self.args
        parts = ((factor, law) for factor, law in ((a, p), (b, q)))
        shown = (("" if f == 1 else printer.doprint(f) + " ") + _at(printer, law) for f, law in parts)
        return rf"\sum_x \min\left({', '.join(shown)}\right)"


class Mass(Integral):
    """The whole mass of a law, which is 1: named, so that sums can be compared outcome by outcome."""

    nargs = 1

    def density(self, of: Any) -> Any:
        """p."""
        return of(self.args[0])

    def _latex(self, printer: Any) -> str:
        return rf"\sum_x {_at(printer, self.args[0])}"


def _at(printer: Any, law: Any) -> str:
    return rf"{printer.doprint(law)}(x)"


class Chance(Term):
    """The probability of an event under a law."""

    nargs = 2

    def _latex(self, printer: Any) -> str:
        law, event = map(printer.doprint, self.args)
        return rf"{law}({event})"


GAMMA, GAMMA_1, GAMMA_2, GAMMA_3 = (
    sp.Symbol(name, positive=True) for name in ("gamma", "gamma_1", "gamma_2", "gamma_3")
)
"""γ = e^ε ≥ 1."""
WEIGHT: Any = sp.Symbol("t", nonnegative=True)
"""A weight in [0, 1]."""
