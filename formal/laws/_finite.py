"""Probability laws and Markov kernels over finite sets, in exact rationals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import lcm
from numbers import Rational
from typing import Any

import numpy as np
from jaxtyping import Shaped

Number = int | float | Fraction | Rational
"""What a caller may pass where an exact rational is promised; floats are refused with a `ValueError`."""


def as_exact(value: Number, name: str) -> Fraction:
    """The rational `value`, as a `Fraction` of Python integers.

    Args:
        value: an integer or a rational; a float is refused, because 0.1 is not 1/10.
        name: what the value is, for the message.

    Raises:
        ValueError: `value` is a float, a boolean, or not a rational number.

    >>> as_exact(3, "mass")
    Fraction(3, 1)
    """
    if type(value) is Fraction and type(value.numerator) is int:
        return value
    if isinstance(value, bool) or not isinstance(value, Rational):
        raise ValueError(f"{name} must be exact, got {value!r}: pass an int or a Fraction, e.g. Fraction(1, 10)")
    return Fraction(int(value.numerator), int(value.denominator))


def _distribution(masses: Collection[Number], name: str) -> Collection[Fraction]:
    # `Collection`: beartype checks sequences at a random index, which Hypothesis forbids inside a strategy.
    exact = tuple(as_exact(mass, f"a mass of the {name}") for mass in masses)
    for i, mass in enumerate(exact):
        if mass.numerator < 0:
            raise ValueError(f"{name}, entry {i} is {mass}: masses must be nonnegative")
    common = lcm(*(mass.denominator for mass in exact))
    total = sum(mass.numerator * (common // mass.denominator) for mass in exact)
    if total != common:
        raise ValueError(f"{name} sums to {Fraction(total, common)}, not 1: divide each entry by the sum")
    return exact


def _distinct(given: Collection[Hashable], what: str) -> Collection[Hashable]:
    if len(set(given)) != len(given):
        (name, _), *_ = Counter(given).most_common()
        raise ValueError(f"{what} {name!r} is listed twice: give each name once, with its whole mass")
    return tuple(given)


@dataclass(frozen=True, eq=False)
class Law:
    """A probability law p on finitely many named outcomes: p(θ) ≥ 0, Σ p(θ) = 1, exactly.

    Two laws are equal when they are equal as measures: order and outcomes of mass zero do not matter.

    Args:
        outcomes: distinct names, any hashable values.
        masses: one exact rational per outcome.

    Raises:
        ValueError: a float, a negative mass, a sum other than 1, a repeated name, or unequal lengths.

    >>> coin = Law(("heads", "tails"), (Fraction(1, 3), Fraction(2, 3)))
    >>> coin.mass("tails"), coin.mass("edge")
    (Fraction(2, 3), Fraction(0, 1))
    """

    outcomes: Collection[Hashable]
    masses: Collection[Number]

    def __post_init__(self) -> None:
        if len(self.outcomes) != len(self.masses):
            raise ValueError(f"law: {len(self.outcomes)} outcomes but {len(self.masses)} masses, give one each")
        object.__setattr__(self, "outcomes", _distinct(self.outcomes, "outcome"))
        object.__setattr__(self, "masses", _distribution(self.masses, "law"))

    @cached_property
    def table(self) -> dict[Hashable, Fraction]:
        """Outcome → mass, outcomes of mass zero included."""
        return {o: as_exact(mass, "mass") for o, mass in zip(self.outcomes, self.masses, strict=True)}

    @cached_property
    def scaled(self) -> tuple[dict[Hashable, int], int]:
        """Outcome → integer mass, over the least common denominator, which is returned second."""
        total = lcm(*(mass.denominator for mass in self.table.values()))
        return {o: m.numerator * (total // m.denominator) for o, m in self.table.items()}, total

    @cached_property
    def support(self) -> frozenset[tuple[Hashable, Fraction]]:
        """The pairs (outcome, mass) of positive mass."""
        return frozenset((outcome, mass) for outcome, mass in self.table.items() if mass)

    def mass(self, outcome: Hashable) -> Fraction:
        """p(outcome), zero for a name this law does not list."""
        return self.table.get(outcome, Fraction(0))

    def probability(self, event: Callable[[Any], bool]) -> Fraction:
        """P(event) = Σ p(θ)·1{event(θ)}, the event given as a predicate."""
        return sum((mass for outcome, mass in self.table.items() if event(outcome)), Fraction(0))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Law) and self.support == other.support

    def __hash__(self) -> int:
        return hash(self.support)

    def __str__(self) -> str:
        return "{" + ", ".join(f"{outcome}: {mass}" for outcome, mass in self.table.items()) + "}"


@dataclass(frozen=True)
class Kernel:
    """A Markov kernel K: inputs → laws over `outcomes`, a row-stochastic rational matrix.

    Args:
        inputs: distinct names, one per row.
        outcomes: distinct names, one per column.
        matrix: `matrix[i][j]` = K(outcomes[j] | inputs[i]), exact.

    Raises:
        ValueError: a matrix of the wrong shape, or a row that is not a law.

    >>> Kernel(("a", "b"), (0, 1), ((1, 0), (Fraction(1, 2), Fraction(1, 2)))).row("b").mass(1)
    Fraction(1, 2)
    """

    inputs: Collection[Hashable]
    outcomes: Collection[Hashable]
    matrix: Collection[Collection[Number]]

    def __post_init__(self) -> None:
        shape = (len(self.inputs), len(self.outcomes))
        if len(self.matrix) != shape[0] or any(len(row) != shape[1] for row in self.matrix):
            found = (len(self.matrix), sorted({len(row) for row in self.matrix}))
            raise ValueError(f"kernel must be {shape[0]}×{shape[1]}, got {found[0]} rows of lengths {found[1]}")
        object.__setattr__(self, "inputs", _distinct(self.inputs, "input"))
        object.__setattr__(self, "outcomes", _distinct(self.outcomes, "outcome"))
        rows = tuple(_distribution(row, f"row {name!r}") for name, row in zip(self.inputs, self.matrix, strict=True))
        object.__setattr__(self, "matrix", rows)

    @cached_property
    def rows(self) -> dict[Hashable, Law]:
        """Input → law."""
        return {name: Law(self.outcomes, row) for name, row in zip(self.inputs, self.matrix, strict=True)}

    def row(self, name: Hashable) -> Law:
        """K(· | name); `ValueError` if the kernel does not list that input."""
        if name not in self.rows:
            raise ValueError(f"kernel has no row for {name!r}: its inputs are {list(self.inputs)}")
        return self.rows[name]


def normalise(weights: Mapping[Hashable, Number]) -> Law:
    """The law proportional to nonnegative weights, p(θ) = w(θ)/Σw.

    Raises:
        ValueError: a float, a negative weight, or weights that are all zero.

    >>> str(normalise({"a": 1, "b": 3}))
    '{a: 1/4, b: 3/4}'
    """
    exact = {outcome: as_exact(weight, f"weight of {outcome!r}") for outcome, weight in weights.items()}
    total = sum(exact.values(), Fraction(0))
    if total == 0:
        raise ValueError("all weights are zero: at least one outcome needs positive weight")
    return Law(tuple(exact), tuple(weight / total for weight in exact.values()))


def point(outcome: Hashable) -> Law:
    """The law that puts mass 1 on `outcome`.

    >>> str(point("a"))
    '{a: 1}'
    """
    return Law((outcome,), (1,))


def uniform(outcomes: Collection[Hashable]) -> Law:
    """The uniform law, 1/k on each of k distinct outcomes; `ValueError` when there are none.

    >>> str(uniform(("a", "b")))
    '{a: 1/2, b: 1/2}'
    """
    if not outcomes:
        raise ValueError("uniform law over no outcomes: give at least one")
    return Law(tuple(outcomes), (Fraction(1, len(outcomes)),) * len(outcomes))


def mixed_law(weights: Collection[Number], laws: Collection[Law]) -> Law:
    """The mixture Σ wᵢpᵢ, on the union of the outcomes.

    Raises:
        ValueError: the weights are not a law, or there is not one per law.

    >>> str(mixed_law((Fraction(1, 4), Fraction(3, 4)), (point("a"), point("b"))))
    '{a: 1/4, b: 3/4}'
    """
    if len(weights) != len(laws):
        raise ValueError(f"mixture has {len(weights)} weights for {len(laws)} laws: give one each")
    exact = _distribution(weights, "mixture weights")
    # One common denominator and integer sums: rational addition would take a gcd at every step.
    common = lcm(*(weight.denominator * law.scaled[1] for weight, law in zip(exact, laws, strict=True)))
    total: dict[Hashable, int] = {}
    for weight, law in zip(exact, laws, strict=True):
        counts, denominator = law.scaled
        factor = weight.numerator * (common // (weight.denominator * denominator))
        for outcome, count in counts.items():
            total[outcome] = total.get(outcome, 0) + factor * count
    return Law(tuple(total), tuple(Fraction(count, common) for count in total.values()))


def push(law: Law, kernel: Kernel | Callable[[Any], Law]) -> Law:
    """The law of a draw from K(·|θ), θ ~ `law`: (pK)(y) = Σ p(θ)K(y|θ).

    Args:
        law: p.
        kernel: K, a `Kernel` or a function from an outcome of p to a law.

    Raises:
        ValueError: an outcome of positive mass has no row in the kernel.

    >>> str(push(uniform((0, 1)), lambda bit: point("even") if bit == 0 else uniform(("even", "odd"))))
    '{even: 3/4, odd: 1/4}'
    """
    row = kernel.row if isinstance(kernel, Kernel) else kernel
    images: dict[Law, Fraction] = {}
    for outcome, mass in law.table.items():
        if mass:
            image = row(outcome)
            images[image] = images.get(image, Fraction(0)) + mass
    return mixed_law(tuple(images.values()), tuple(images))


def push_forward(law: Law, function: Callable[[Any], Hashable]) -> Law:
    """The law of f(θ), θ ~ `law`: (f₊p)(y) = p(f⁻¹(y)).

    >>> str(push_forward(uniform((0, 1, 2)), lambda n: n % 2))
    '{0: 2/3, 1: 1/3}'
    """
    return push(law, lambda outcome: point(function(outcome)))


def kernel_of(inputs: Collection[Hashable], function: Callable[[Any], Law]) -> Kernel:
    """The matrix of θ ↦ `function(θ)`, its columns the union of the outcomes.

    >>> kernel_of((0, 1), lambda bit: point(bit + 1)).outcomes
    (1, 2)
    """
    rows = [function(name) for name in inputs]
    outcomes = tuple(dict.fromkeys(outcome for row in rows for outcome in row.outcomes))
    return Kernel(inputs, outcomes, [[row.mass(outcome) for outcome in outcomes] for row in rows])


def compose(first: Kernel, second: Kernel) -> Kernel:
    """First `first`, then `second`: the matrix product, K₁K₂(z|x) = Σ_y K₁(y|x)K₂(z|y).

    Raises:
        ValueError: an outcome reached by `first` has no row in `second`.

    >>> swap = Kernel((0, 1), (0, 1), ((0, 1), (1, 0)))
    >>> compose(swap, swap).row(0) == point(0)
    True
    """
    return kernel_of(first.inputs, lambda name: push(first.row(name), second))


def integers(laws: Collection[Law]) -> tuple[Shaped[np.ndarray, "laws outcomes"], int]:
    """The laws as rows of integers over one common denominator, on the union of their outcomes.

    Returns:
        `(counts, total)`: `counts[i, j] / total` is the mass law i puts on outcome j. The array is int64
        where the denominator is below 2³¹, and holds Python integers (dtype object) otherwise.

    >>> integers([uniform((0, 1)), uniform((0, 1, 2))])
    (array([[3, 3, 0],
           [2, 2, 2]]), 6)
    """
    outcomes = tuple(dict.fromkeys(outcome for law in laws for outcome in law.outcomes))
    total = lcm(*(law.scaled[1] for law in laws))
    counts = [[int(law.mass(outcome) * total) for outcome in outcomes] for law in laws]
    return np.array(counts, dtype=np.int64 if total < 2**31 else object), total
