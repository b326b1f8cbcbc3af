"""F6a–F8: unlearning at the level of the dataset, at the level of the distribution, and untraining.

A population is a law on points, a behaviour a set of points. D is n independent draws; level *dataset*
compares laws at each D, level *distribution* compares their averages over D.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import product
from math import comb, prod
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
from ..laws._worlds import World
from ._base import EVENT, Case, Reduction, Theorem, place
from ._distances import P_F, P_S, P_U
from ._over_populations import OverPopulations, Population, draws
from ._over_worlds import LEARNERS, events_gap
from ._sentence import Sentence
from ._sympy import sp
from ._terms import GAMMA, WEIGHT, Average, Blend, D, Mean, laws
from ._terms import TVD as TV
from ._terms import AtRetained as Given

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
        yield from _compared(weights, removed, untrained, unlearned)


def _compared(weights: Weights, removed: _Laws, untrained: _Laws, unlearned: _Laws) -> Iterator[Case]:
    mean_u, mean_s, mean_f = (_average(weights, laws) for laws in (removed, untrained, unlearned))
    gaps = [exact_total_variation(p, q) for p, q in zip(removed, untrained, strict=True)]
    yield {
        TV(Average(P_U), Average(P_F)): events_gap(mean_u, mean_f),
        Mean(TV(P_U, P_S)): _mean(weights, gaps),
        TV(Average(P_S), Average(P_F)): exact_total_variation(mean_s, mean_f),
    }


def _f8_says(join: Any) -> Any:
    """The triangle inequality through E_D P_S, whose first term is at most E_D TV(P_U, P_S) by T14."""
    return sp.Le(TV(Average(P_U), Average(P_F)), join(Mean(TV(P_U, P_S)), TV(Average(P_S), Average(P_F))))


_F8_SAYS = Sentence(_f8_says(sp.Add))


def _chain(learner: FiniteLearner, population: Population) -> Iterator[Case]:
    """Given the retained rows r there is one reference, A(r), and D and r are drawn together.

    So P_U given r is a mixture of those given D, and E_D P_U one of those given r: T14 twice, each time with the
    coupling
    that makes both mixing variables equal.
    """
    weights, datasets = zip(*draws(population.law, population.rows), strict=True)
    seen = [_world(data, population) for data in datasets]
    for i in range(3):
        removed = [removed_law(learner, _removers(learner, w)[i], w.data, w.forget) for w in seen]
        references = [learner.law(without(w.data, w.behaviour)) for w in seen]
        retained = [without(w.data, w.behaviour) for w in seen]
        for gamma in (Fraction(1), Fraction(2)):
            yield _three_levels(gamma, weights, retained, removed, references)


def _three_levels(gamma: Fraction, weights: Weights, retained: Sequence[Any], removed: _Laws, target: _Laws) -> Case:
    def mean(laws: _Laws, chosen: Sequence[int]) -> Law:
        whole = sum((weights[j] for j in chosen), Fraction(0))
        return _average([weights[j] / whole for j in chosen], [laws[j] for j in chosen])

    groups = [[j for j, r in enumerate(retained) if r == each] for each in dict.fromkeys(retained)]
    at_group = [delta_between(mean(removed, g), target[g[0]], gamma=gamma) for g in groups]
    shares = [sum((weights[j] for j in g), Fraction(0)) for g in groups]
    at_each = [delta_between(p, q, gamma=gamma) for p, q in zip(removed, target, strict=True)]
    everything = range(len(weights))
    return {
        GAMMA: gamma,
        _MARGINAL: delta_between(mean(removed, everything), mean(target, everything), gamma=gamma),
        _RETAINED: _mean(shares, at_group),
        _DATASET: _mean(weights, at_each),
    }


_MARGINAL = D(Average(P_U), Average(P_F), GAMMA)
_RETAINED: Any = Given(D(Average(P_U), P_F, GAMMA))
_DATASET: Any = Mean(D(P_U, P_F, GAMMA))
_F6A_SAYS, _F6B_SAYS = (
    Sentence(sp.Le(smaller, larger), ranges=(sp.Ge(GAMMA, 1),))
    for smaller, larger in ((_MARGINAL, _RETAINED), (_RETAINED, _DATASET))
)


def _thinning(learner: FiniteLearner, population: Population) -> Iterator[Case]:
    """The number m of draws outside the behaviour is binomial; given m, they are m independent draws from the rest."""
    # Left: all ordered samples, behaviour rows struck out. Right: a binomial number of draws from the rest.
    points, law, rows = [o for o, m in population.law.table.items() if m], population.law, population.rows
    samples = list(product(points, repeat=rows))
    struck = [learner.law(multiset([x for x in s if x not in population.behaviour])) for s in samples]
    deleted = _average([prod((law.mass(x) for x in s), start=Fraction(1)) for s in samples], struck)
    share = law.probability(lambda x: x not in population.behaviour)
    sizes = [comb(rows, m) * share**m * (1 - share) ** (rows - m) for m in range(rows + 1)]
    fresh = [_retrained(learner, population, m) if weight else deleted for m, weight in enumerate(sizes)]
    yield {_STRUCK: deleted, _THINNED: _average(sizes, fresh), _FRESH: _retrained(learner, population, rows)}


def _retrained(learner: FiniteLearner, population: Population, rows: int) -> Law:
    rest = {x: m for x, m in population.law.table.items() if m and x not in population.behaviour}
    pairs = draws(normalise(rest), rows) if rest else [(Fraction(1), ())]
    return _average([weight for weight, _ in pairs], [learner.law(data) for _, data in pairs])


_STRUCK, _THINNED, _FRESH = sp.symbols("struck thinned fresh")
_DRAWN = {
    _STRUCK: r"\mathbb{E}_D A(D \setminus B)",
    _THINNED: r"\sum_m \mathrm{Bin}(m; n, 1-\pi)\, \mathbb{E}_{D' \sim p_{\mathrm{rest}}^m} A(D')",
    _FRESH: r"\mathbb{E}_{D' \sim p_{\mathrm{rest}}^n} A(D')",
}
_F7_SAYS = Sentence(sp.Eq(_STRUCK, _THINNED), names=_DRAWN)


_LEVELS, _THINNING = OverPopulations(_levels), OverPopulations(_thinning)
_CHAIN = OverPopulations(_chain, learners=LEARNERS[::2])
_SCOPE = _LEVELS.scope
_TWO = "averages over two values, and so, pair by pair, over any number"


def _averaged(*pairs: tuple[Any, Any]) -> Reduction:
    return Reduction("event", f"{EVENT.scope}; {_TWO}", (dict(pairs),))


def _mean_of(distance: Callable[..., Any], *laws: Any) -> Any:
    return sum(w * distance(*(names[i] for names in laws)) for i, w in enumerate(_HALVES))


def _blended(names: Any) -> Any:
    return Blend(_HALVES[0], names[0], _HALVES[1], names[1])


_HALVES = WEIGHT, 1 - WEIGHT
_US, _SS, _FS = (laws(f"{name}_1 {name}_2") for name in "USF")
_F6A_SOLVED = _averaged(
    (_MARGINAL, D(_blended(_US), _blended(_FS), GAMMA)),
    (_RETAINED, _mean_of(lambda u, f: D(u, f, GAMMA), _US, _FS)),
)
_F6B_SOLVED = _averaged(
    (_RETAINED, D(_blended(_US), P_F, GAMMA)), (_DATASET, _mean_of(lambda u: D(u, P_F, GAMMA), _US))
)
_F8_SOLVED = _averaged(
    (TV(Average(P_U), Average(P_F)), TV(_blended(_US), _blended(_FS))),
    (Mean(TV(P_U, P_S)), _mean_of(TV, _US, _SS)),
    (TV(Average(P_S), Average(P_F)), TV(_blended(_SS), _blended(_FS))),
)

LEVELS = (
    Theorem(
        id="F6a",
        title="unlearning given the retained rows gives unlearning of the distribution",
        statement=_F6A_SAYS,
        twin_statement=_F6A_SAYS.but(sp.Ge(_MARGINAL, _RETAINED)),
        hypotheses="D drawn from a population; r = D∖B, and given r the one reference A(r). Level distribution is "
        "the weakest of "
        "three: marginal ≤ given the retained rows ≤ given D",
        status="ours",
        source=f"proof in {place(_chain)}",
        kind="exhaustive",
        scope=_CHAIN.scope + "; three removers, γ ∈ {1, 2}",
        size=6 * _CHAIN.size,
        search=_CHAIN,
        solver=_F6A_SOLVED,
    ),
    Theorem(
        id="F6b",
        title="unlearning at every dataset gives unlearning given the retained rows",
        statement=_F6B_SAYS,
        twin_statement=_F6B_SAYS.but(sp.Ge(_RETAINED, _DATASET)),
        hypotheses="as F6a; averaging over what the behaviour contributed can only hide a difference",
        status="ours",
        source=f"proof in {place(_chain)}",
        kind="exhaustive",
        scope=_CHAIN.scope + "; three removers, γ ∈ {1, 2}",
        size=6 * _CHAIN.size,
        search=_CHAIN,
        solver=_F6B_SOLVED,
    ),
    Theorem(
        id="F7",
        title="striking out the behaviour is training on a thinned draw of the rest",
        statement=_F7_SAYS,
        twin_statement=_F7_SAYS.but(sp.Eq(_STRUCK, _FRESH)),
        hypotheses="n independent draws, π the population's share of the behaviour. So the reference of "
        "level distribution has a random number of rows, not n",
        status="ours",
        source=f"proof in {place(_thinning)}",
        kind="exhaustive",
        scope=_SCOPE,
        size=_THINNING.size,
        search=_THINNING,
    ),
    Theorem(
        id="F8",
        title="from untraining to unlearning of the distribution",
        statement=_F8_SAYS,
        twin_statement=_F8_SAYS.but(_f8_says(sp.Max)),
        hypotheses="the price is the distance of the averaged references, at most E τ by F6a and F6b with U = retrain",
        status="ours",
        source=f"proof in {place(_f8_says)}",
        kind="exhaustive",
        scope=_SCOPE + "; three removers",
        size=3 * _LEVELS.size,
        search=_LEVELS,
        solver=_F8_SOLVED,
    ),
)
