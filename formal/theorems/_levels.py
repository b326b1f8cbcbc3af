"""F6–F8: unlearning at the level of the dataset, at the level of the distribution, and untraining.

A population is a law on points, a behaviour a set of points. D is n independent draws; level *dataset*
compares laws at each D, level *distribution* compares their averages over D.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, combinations_with_replacement, product
from math import comb, factorial, prod
from typing import Any

from ..laws._finite import Law, mixed_law, normalise
from ..laws._finite_closeness import delta_between, exact_total_variation
from ..laws._finite_learners import (
    Dataset,
    FiniteLearner,
    FiniteRemover,
    full_deletion,
    identity,
    mixed,
    multiset,
    removed_law,
    retrain,
    without,
)
from ..laws._worlds import World, all_laws, count_laws
from ._base import Case, Claim, Outcome, Theorem, place
from ._over_worlds import LEARNERS, POINTS, events_gap, in_words, remembering, show


@dataclass(frozen=True)
class Population:
    """n independent draws from a law on points, of which `behaviour` carry the behaviour."""

    law: Law
    behaviour: frozenset[Any]
    rows: int


def draws(law: Law, rows: int) -> list[tuple[Fraction, Dataset]]:
    """Every dataset of `rows` independent draws with its multinomial probability.

    >>> from neverseen.formal.laws._finite import uniform
    >>> draws(uniform("ab"), 2)[1]
    (Fraction(1, 2), ('a', 'b'))
    """
    found: list[tuple[Fraction, Dataset]] = []
    for data in combinations_with_replacement([o for o, m in law.table.items() if m], rows):
        orders = factorial(rows) // prod(factorial(n) for n in Counter(data).values())
        found.append((orders * prod((law.mass(x) for x in data), start=Fraction(1)), multiset(data)))
    return found


Weights = Sequence[Fraction]
_Laws = Sequence[Law]


def _mean(weights: Weights, values: Sequence[Fraction]) -> Fraction:
    return sum((weight * value for weight, value in zip(weights, values, strict=True)), Fraction(0))


def _average(weights: Weights, laws: _Laws) -> Law:
    return mixed_law(tuple(weights), tuple(laws))


def _world(data: Dataset, population: Population) -> World:
    # The request names one row of the behaviour, the first, when there is one.
    behaviour = tuple(x for x in data if x in population.behaviour)
    return World(data, behaviour[:1], behaviour)


def _removers(learner: FiniteLearner, world: World) -> tuple[FiniteRemover, ...]:
    exact = retrain(learner)
    return identity(), exact, mixed(Fraction(1, 2), exact, full_deletion(learner, world.behaviour))


def _levels(learner: FiniteLearner, population: Population) -> Iterator[Case]:
    weights, datasets = zip(*draws(population.law, population.rows), strict=True)
    seen = [_world(data, population) for data in datasets]
    untrained = [learner.law(without(w.data, w.forget)) for w in seen]
    unlearned = [learner.law(without(w.data, w.behaviour)) for w in seen]
    for i in range(3):
        removed = [removed_law(learner, _removers(learner, w)[i], w.data, w.forget) for w in seen]
        yield from _compared(_removers(learner, seen[0])[i].name, weights, removed, untrained, unlearned)


def _compared(remover: str, weights: Weights, removed: _Laws, untrained: _Laws, unlearned: _Laws) -> Iterator[Case]:
    mean_u, mean_s, mean_f = (_average(weights, laws) for laws in (removed, untrained, unlearned))
    gaps = [exact_total_variation(p, q) for p, q in zip(removed, untrained, strict=True)]
    apart, tau = events_gap(mean_u, mean_f), exact_total_variation(mean_s, mean_f)
    for gamma in (Fraction(1), Fraction(2)):
        each = [delta_between(p, q, gamma=gamma) for p, q in zip(removed, unlearned, strict=True)]
        yield Case(
            remover=remover,
            gamma=gamma,
            dataset=_mean(weights, each),
            distribution=delta_between(mean_u, mean_f, gamma=gamma),
            apart=apart,
            untraining=_mean(weights, gaps),
            tau=tau,
        )


def _f6(c: Case) -> Any:
    """T14 with D as both mixing variables and the coupling that makes them equal, in either direction."""
    return c.distribution <= c.dataset


def _f6_twin(c: Case) -> Any:
    return c.distribution >= c.dataset


def _f8(c: Case) -> Any:
    """The triangle inequality through E_D P_S, whose first term is at most E_D TV(P_U, P_S) by T14."""
    return c.apart <= sum((c.untraining, c.tau))


def _f8_twin(c: Case) -> Any:
    return c.apart <= max((c.untraining, c.tau))


def _thinning(learner: FiniteLearner, population: Population) -> Iterator[Case]:
    # Left: all ordered samples, behaviour rows struck out. Right: a binomial number of draws from the rest.
    points, law, rows = [o for o, m in population.law.table.items() if m], population.law, population.rows
    samples = list(product(points, repeat=rows))
    struck = [learner.law(multiset([x for x in s if x not in population.behaviour])) for s in samples]
    deleted = _average([prod((law.mass(x) for x in s), start=Fraction(1)) for s in samples], struck)
    share = law.probability(lambda x: x not in population.behaviour)
    sizes = [comb(rows, m) * share**m * (1 - share) ** (rows - m) for m in range(rows + 1)]
    fresh = [_retrained(learner, population, m) if weight else deleted for m, weight in enumerate(sizes)]
    yield Case(deleted=deleted, thinned=_average(sizes, fresh), full=_retrained(learner, population, rows))


def _retrained(learner: FiniteLearner, population: Population, rows: int) -> Law:
    rest = {x: m for x, m in population.law.table.items() if m and x not in population.behaviour}
    pairs = draws(normalise(rest), rows) if rest else [(Fraction(1), ())]
    return _average([weight for weight, _ in pairs], [learner.law(data) for _, data in pairs])


def _f7(c: Case) -> Any:
    """The number m of draws outside the behaviour is binomial; given m, they are m independent draws from the rest."""
    return c.deleted == c.thinned


def _f7_twin(c: Case) -> Any:
    return c.deleted == c.full


def populations(denominator: int, largest: int) -> Iterator[Population]:
    """Every population on `POINTS` with masses in (1/denominator)ℤ, each proper behaviour, 1 … largest draws.

    >>> sum(1 for _ in populations(3, 3))
    180
    """
    behaviours = [frozenset(b) for n in (1, 2) for b in combinations(POINTS, n)]
    for law, behaviour, rows in product(all_laws(POINTS, denominator), behaviours, range(1, largest + 1)):
        yield Population(law, behaviour, rows)


@dataclass(frozen=True)
class OverPopulations:
    """A search over every population of the given size, for each learner."""

    measure: Callable[[FiniteLearner, Population], Iterator[Case]]
    denominator: int = 3
    largest: int = 3
    learners: Sequence[FiniteLearner] = LEARNERS

    def __call__(self, claim: Claim) -> Outcome:
        """Every case, counted; the first that falsifies the claim, in words."""
        count = 0
        for learner in map(remembering, self.learners):
            for population in populations(self.denominator, self.largest):
                for case in self.measure(learner, population):
                    count += 1
                    if not claim(case):
                        subject = f"{population.rows} draws from {population.law}, B = "
                        words = in_words(learner, subject + show(sorted(population.behaviour)), case)
                        return Outcome(count, words)
        return Outcome(count, None)

    def at(self, claim: Claim, learner: FiniteLearner, population: Population) -> bool:
        """Whether the claim holds in every case of one population."""
        return all(claim(case) for case in self.measure(learner, population))

    @property
    def scope(self) -> str:
        """The scope in words."""
        count = count_laws(len(POINTS), self.denominator) * 6 * self.largest
        grid = f"3 points with masses in (1/{self.denominator})Z, B of 1 or 2 points, |D| ≤ {self.largest}"
        return f"all {count} populations on {grid}; {', '.join(learner.name for learner in self.learners)}"


_LEVELS, _THINNING = OverPopulations(_levels), OverPopulations(_thinning)
_SCOPE = _LEVELS.scope

LEVELS = (
    Theorem(
        id="F6",
        title="unlearning at every dataset gives unlearning of the distribution",
        statement_latex=r"\delta(\mathbb{E}_D P_U, \mathbb{E}_D P_F) \le \mathbb{E}_D\, \delta(P_U, P_F)",
        hypotheses="D drawn from a population, γ ∈ {1, 2}; averaging over D can only hide a difference",
        status="ours",
        source=f"proof in {place(_f6)}",
        kind="exhaustive",
        scope=_SCOPE + "; three removers",
        search=_LEVELS,
        claim=_f6,
        twin_latex=r"\delta(\mathbb{E}_D P_U, \mathbb{E}_D P_F) \ge \mathbb{E}_D\, \delta(P_U, P_F)",
        twin_claim=_f6_twin,
    ),
    Theorem(
        id="F7",
        title="striking out the behaviour is training on a thinned draw of the rest",
        statement_latex=r"\mathbb{E}_D A(D \setminus S_{\mathrm{full}}) = "
        r"\sum_m \mathrm{Bin}(m; n, 1-\pi)\, \mathbb{E}_{D' \sim p_{\mathrm{rest}}^m} A(D')",
        hypotheses="n independent draws, π the population's share of the behaviour. So the reference of "
        "level distribution has a random number of rows, not n",
        status="ours",
        source=f"proof in {place(_f7)}",
        kind="exhaustive",
        scope=_SCOPE,
        search=_THINNING,
        claim=_f7,
        twin_latex=r"\mathbb{E}_D A(D \setminus S_{\mathrm{full}}) = "
        r"\mathbb{E}_{D' \sim p_{\mathrm{rest}}^n} A(D')",
        twin_claim=_f7_twin,
    ),
    Theorem(
        id="F8",
        title="from untraining to unlearning of the distribution",
        statement_latex=r"\mathrm{TV}(\mathbb{E}_D P_U, \mathbb{E}_D P_F) \le "
        r"\mathbb{E}_D \mathrm{TV}(P_U, P_S) + \mathrm{TV}(\mathbb{E}_D P_S, \mathbb{E}_D P_F)",
        hypotheses="the price is the distance of the averaged references, at most E τ by F6 with U = retrain",
        status="ours",
        source=f"proof in {place(_f8)}",
        kind="exhaustive",
        scope=_SCOPE + "; three removers",
        search=_LEVELS,
        claim=_f8,
        twin_latex=r"\text{the same with } \max \text{ in place of the sum}",
        twin_claim=_f8_twin,
    ),
)
