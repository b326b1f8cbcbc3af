"""Learners and removers on finite worlds, as exact kernels.

A dataset is a multiset of hashable points, held as a sorted tuple. A learner maps it to a `Law` over
hypotheses; a remover maps (model, S, D) to a `Law` over hypotheses.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import prod
from operator import eq
from typing import Any

from ._finite import Kernel, Law, Number, as_exact, kernel_of, mixed_law, normalise, point, push, uniform

Dataset = tuple[Any, ...]
"""A multiset of hashable points, as the sorted tuple `multiset` makes."""


def multiset(points: Collection[Any]) -> Dataset:
    """The points in one canonical order (by `repr`), so that equal multisets are equal tuples.

    >>> multiset(["b", "a", "b"])
    ('a', 'b', 'b')
    """
    return tuple(sorted(points, key=repr))


def without(data: Dataset, removed: Dataset) -> Dataset:
    """D ∖ S for multisets: each row of S takes away one copy.

    Raises:
        ValueError: S holds a point more often than D does.

    >>> without(("a", "b", "b"), ("b",))
    ('a', 'b')
    """
    kept = list(data)
    for row in removed:
        if row not in kept:
            raise ValueError(f"forget row {row!r} is not left in the dataset {data}: S must be a sub-multiset of D")
        kept.remove(row)
    return multiset(kept)


@dataclass(frozen=True)
class FiniteLearner:
    """A randomised learner A whose law is known exactly.

    Args:
        name: for messages.
        law: dataset → law of A(D); must not depend on row order.
        correct: (hypothesis, point) → whether the hypothesis gets the point right, f(x) = y.
    """

    name: str
    law: Callable[[Dataset], Law]
    correct: Callable[[Any, Any], bool] = eq


@dataclass(frozen=True)
class FiniteRemover:
    """A randomised remover U as an exact kernel: (model, S, D) → law of the published model."""

    name: str
    law: Callable[[Any, Dataset, Dataset], Law]


def gibbs(prior: Mapping[Hashable, Number], weight: Callable[[Any, Any], Number]) -> FiniteLearner:
    """The Gibbs learner P(θ | D) ∝ prior(θ) ∏_{x∈D} weight(θ, x), weight = e^(−loss) given as a rational.

    Args:
        prior: hypothesis → nonnegative weight; A(∅) is its normalised law.
        weight: (hypothesis, point) → positive rational.

    Raises:
        ValueError: a weight that is a float or not positive (when the law is first asked for).

    >>> coin = gibbs({"a": 1, "b": 1}, lambda theta, x: 2 if theta == x else 1)
    >>> str(coin.law(("a", "a")))
    '{a: 4/5, b: 1/5}'
    """

    def positive(theta: Any, x: Any) -> Fraction:
        value = as_exact(weight(theta, x), f"weight({theta!r}, {x!r})")
        if value <= 0:
            raise ValueError(f"weight({theta!r}, {x!r}) is {value}: e^(-loss) must be positive")
        return value

    def law(data: Dataset) -> Law:
        return normalise(
            {t: as_exact(w, f"prior of {t!r}") * prod(positive(t, x) for x in data) for t, w in prior.items()}
        )

    return FiniteLearner("gibbs", law)


def randomised_response(points: Collection[Any], keep: Number) -> FiniteLearner:
    """Reports, for every point, whether D holds it; each bit is told truly with probability `keep`.

    Differentially private under removal of one row with γ = keep/(1−keep), δ = 0 (Warner 1965). The
    hypothesis is the tuple of reported bits; it is right on a point that is asked about and reported.

    Args:
        points: the points asked about, distinct.
        keep: probability of the truth, in [1/2, 1].

    Raises:
        ValueError: `keep` is a float or outside [1/2, 1].

    >>> str(randomised_response(("a",), Fraction(2, 3)).law(("a", "a")))
    '{(0,): 1/3, (1,): 2/3}'
    """
    truth, asked = as_exact(keep, "keep"), list(points)
    if not Fraction(1, 2) <= truth <= 1:
        raise ValueError(f"keep is {truth}: it must lie in [1/2, 1]")

    def law(data: Dataset) -> Law:
        bits = [(1 - truth, truth) if x in data else (truth, 1 - truth) for x in asked]
        outcomes = tuple(product((0, 1), repeat=len(asked)))
        return Law(outcomes, [prod((bits[i][b] for i, b in enumerate(o)), start=Fraction(1)) for o in outcomes])

    return FiniteLearner("randomised response", law, lambda h, x: x in asked and h[asked.index(x)] == 1)


def _product(factors: Collection[Law]) -> Law:
    supports = [[(outcome, mass) for outcome, mass in law.table.items() if mass] for law in factors]
    pairs = [(tuple(o for o, _ in cell), prod((m for _, m in cell), start=Fraction(1))) for cell in product(*supports)]
    return Law([outcome for outcome, _ in pairs], [mass for _, mass in pairs])


def _distance(a: Any, b: Any) -> Any:
    # Positions are numbers or tuples of numbers; squares keep rationals rational.
    pairs = zip(a, b, strict=True) if isinstance(a, tuple) else ((a, b),)
    return sum((u - v) ** 2 for u, v in pairs)


def nearest_neighbour(queries: Collection[Any], labels: Collection[Hashable]) -> FiniteLearner:
    """1-nearest-neighbour with ties broken uniformly among the nearest rows, independently per query.

    Args:
        queries: positions where the classifier is read; a hypothesis is the tuple of labels there.
        labels: the label set; A(∅) guesses uniformly.

    Points are pairs (position, label), positions numbers or tuples of numbers.

    >>> str(nearest_neighbour((0,), ("a", "b")).law(((1, "b"), (-1, "a"), (-1, "a"))))
    "{('b',): 1/3, ('a',): 2/3}"
    """

    def vote(query: Any, data: Dataset) -> Law:
        if not data:
            return uniform(labels)
        nearest = min(_distance(query, x) for x, _ in data)
        return normalise(_counts([y for x, y in data if _distance(query, x) == nearest]))

    def correct(hypothesis: Any, row: Any) -> bool:
        return hypothesis[list(queries).index(row[0])] == row[1]

    return FiniteLearner("nearest neighbour", lambda data: _product([vote(q, data) for q in queries]), correct)


def _counts(values: Sequence[Hashable]) -> dict[Hashable, int]:
    return {value: values.count(value) for value in dict.fromkeys(values)}


def empirical_histogram(initial: Law) -> FiniteLearner:
    """The generative learner that publishes one row of D drawn uniformly; A(∅) = `initial`.

    >>> str(empirical_histogram(point("nothing")).law(("a", "b", "b")))
    '{a: 1/3, b: 2/3}'
    """
    return FiniteLearner("histogram", lambda data: normalise(_counts(data)) if data else initial)


def majority(labels: Collection[Hashable]) -> FiniteLearner:
    """The commonest label among points (position, label), ties broken uniformly; A(∅) is uniform.

    >>> str(majority(("a", "b")).law(((0, "a"), (1, "b"))))
    '{a: 1/2, b: 1/2}'
    """

    def law(data: Dataset) -> Law:
        tally = [sum(y == label for _, y in data) for label in labels]
        return uniform([label for label, count in zip(labels, tally, strict=True) if count == max(tally)])

    return FiniteLearner("majority", law, lambda h, row: h == row[1])


def memorisation(learner: FiniteLearner, data: Dataset, removed: Dataset, row: Any) -> Fraction:
    """mem(A, D, S, i) = Pr_{A(D)}[f(xᵢ)=yᵢ] − Pr_{A(D∖S)}[f(xᵢ)=yᵢ], exact.

    With S = {i} this is Definition 1 (Feldman 2020, 1906.05271); larger S is the group form.

    Raises:
        ValueError: S is not a sub-multiset of D.

    >>> knn = nearest_neighbour((0, 1), ("a", "b"))
    >>> twins = ((0, "b"), (0, "b"), (1, "a"))
    >>> [int(memorisation(knn, twins, ((0, "b"),) * copies, (0, "b"))) for copies in (1, 2)]
    [0, 1]
    """

    def right(law: Law) -> Fraction:
        return law.probability(lambda hypothesis: learner.correct(hypothesis, row))

    return right(learner.law(data)) - right(learner.law(without(data, removed)))


def identity() -> FiniteRemover:
    """The remover that does nothing: U(θ, S, D) = θ.

    >>> str(identity().law("theta", (), ()))
    '{theta: 1}'
    """
    return FiniteRemover("identity", lambda model, forget, data: point(model))


def retrain(learner: FiniteLearner) -> FiniteRemover:
    """Exact untraining: ignores the model and runs A(D ∖ S) afresh.

    >>> str(retrain(empirical_histogram(point("nothing"))).law("theta", ("a",), ("a", "b")))
    '{b: 1}'
    """
    return FiniteRemover("retrain", lambda model, forget, data: learner.law(without(data, forget)))


def full_deletion(learner: FiniteLearner, behaviour: Dataset) -> FiniteRemover:
    """Exact unlearning by one who knows S_full: A(D ∖ S_full), whatever S was supplied.

    >>> str(full_deletion(empirical_histogram(point("nothing")), ("a", "b")).law("theta", ("a",), ("a", "b")))
    '{nothing: 1}'
    """
    return FiniteRemover("full deletion", lambda model, forget, data: learner.law(without(data, behaviour)))


def mixed(weight: Number, first: FiniteRemover, second: FiniteRemover) -> FiniteRemover:
    """`first` with probability `weight`, else `second`; `ValueError` if that is no exact number in [0, 1].

    >>> str(mixed(Fraction(1, 4), identity(), FiniteRemover("reset", lambda *_: point(0))).law(1, (), ()))
    '{1: 1/4, 0: 3/4}'
    """
    exact = as_exact(weight, "weight")
    if not 0 <= exact <= 1:
        raise ValueError(f"weight is {exact}: a probability must lie in [0, 1]")
    return FiniteRemover(
        f"{exact} {first.name}, else {second.name}",
        lambda m, s, d: mixed_law((exact, 1 - exact), (first.law(m, s, d), second.law(m, s, d))),
    )


def post_processed(remover: FiniteRemover, kernel: Kernel | Callable[[Any], Law]) -> FiniteRemover:
    """`remover`, then a kernel on the published model.

    >>> str(post_processed(identity(), lambda model: uniform((model, "noise"))).law("theta", (), ()))
    '{theta: 1/2, noise: 1/2}'
    """
    return FiniteRemover(f"{remover.name}, processed", lambda m, s, d: push(remover.law(m, s, d), kernel))


def removal_kernel(remover: FiniteRemover, models: Collection[Hashable], forget: Dataset, data: Dataset) -> Kernel:
    """U(·, S, D) as a row-stochastic matrix over the given models.

    >>> removal_kernel(identity(), ("a", "b"), (), ()).matrix
    ((Fraction(1, 1), Fraction(0, 1)), (Fraction(0, 1), Fraction(1, 1)))
    """
    return kernel_of(models, lambda model: remover.law(model, forget, data))


def removed_law(learner: FiniteLearner, remover: FiniteRemover, data: Dataset, forget: Dataset) -> Law:
    """P_U, the law of U(A(D), S, D) over the randomness of both A and U.

    >>> learner = empirical_histogram(point("nothing"))
    >>> removed_law(learner, identity(), ("a", "b"), ("a",)) == learner.law(("a", "b"))
    True
    """
    return push(learner.law(data), lambda model: remover.law(model, forget, data))
