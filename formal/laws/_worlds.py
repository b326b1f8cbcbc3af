"""Enumeration of small worlds: every dataset, forget set and full set, and every law on a rational grid.

Rows are exchangeable, so worlds are enumerated up to row order: datasets are multisets, and a world is a
multiset of (point, tag) pairs, the tag saying whether the row is in S, in S_full only, or in neither.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, combinations_with_replacement, pairwise, product
from math import comb

from ._finite import Law
from ._finite_learners import Dataset, multiset

LIMIT = 200_000
"""Largest number of worlds enumerated unless the caller raises it."""

_FORGET, _BEHAVIOUR, _KEPT = 0, 1, 2


@dataclass(frozen=True)
class World:
    """A dataset D with S ⊆ S_full ⊆ D, all multisets (built by `worlds`).

    Args:
        data: D.
        forget: S.
        behaviour: S_full, every row of D that carries the behaviour.
    """

    data: Dataset
    forget: Dataset
    behaviour: Dataset


def count_tagged(points: int, tags: int, rows: int) -> int:
    """How many multisets of 1 … `rows` rows over `points`×`tags` kinds: C(rows + points·tags, rows) − 1.

    >>> count_tagged(points=3, tags=1, rows=4)
    34
    """
    return comb(rows + points * tags, rows) - 1


def count_worlds(points: int, rows: int) -> int:
    """How many worlds (D, S, S_full) with |X| = `points`, 1 ≤ |D| ≤ `rows`, up to row order.

    >>> count_worlds(points=3, rows=4)
    714
    """
    return count_tagged(points, 3, rows)


def _refuse(size: int, limit: int, what: str) -> None:
    if size > limit:
        raise ValueError(
            f"{what} has {size} cases, above the limit of {limit}: use fewer points or rows, raise `limit`, "
            "or draw worlds at random and judge them on the sequential route"
        )


def tagged_datasets(
    points: Sequence[Hashable], tags: int, rows: int, *, limit: int = LIMIT
) -> Iterator[tuple[tuple[Hashable, int], ...]]:
    """Every multiset of 1 … `rows` rows, each row a pair (point, tag) with tag in 0 … tags−1.

    Raises:
        ValueError: more than `limit` of them; the message says how many.

    >>> list(tagged_datasets(("a",), 2, 1))
    [(('a', 0),), (('a', 1),)]
    """
    _refuse(count_tagged(len(points), tags, rows), limit, f"|X|={len(points)}, {tags} tags, |D|≤{rows}")
    kinds = list(product(points, range(tags)))
    return (rows_ for n in range(1, rows + 1) for rows_ in combinations_with_replacement(kinds, n))


def worlds(points: Sequence[Hashable], rows: int, *, limit: int = LIMIT) -> Iterator[World]:
    """Every world over `points` with 1 ≤ |D| ≤ `rows` and S ⊆ S_full ⊆ D.

    Raises:
        ValueError: more than `limit` worlds; the message says how many and what to use instead.

    >>> [(w.data, w.forget, w.behaviour) for w in worlds(("a",), 1)]
    [(('a',), ('a',), ('a',)), (('a',), (), ('a',)), (('a',), (), ())]
    """
    for tagged in tagged_datasets(points, 3, rows, limit=limit):
        yield World(
            multiset([x for x, _ in tagged]),
            multiset([x for x, tag in tagged if tag == _FORGET]),
            multiset([x for x, tag in tagged if tag != _KEPT]),
        )


def sub_multisets(data: Dataset) -> tuple[Dataset, ...]:
    """Every sub-multiset of `data`, each once, the empty one first.

    >>> sub_multisets(("a", "a"))
    ((), ('a',), ('a', 'a'))
    """
    return tuple(dict.fromkeys(chosen for n in range(len(data) + 1) for chosen in combinations(data, n)))


def count_laws(outcomes: int, denominator: int) -> int:
    """How many laws on `outcomes` outcomes have masses in (1/`denominator`)ℤ: C(N+k−1, k−1).

    >>> count_laws(outcomes=3, denominator=6)
    28
    """
    return comb(denominator + outcomes - 1, outcomes - 1)


def compositions(total: int, parts: int) -> Iterator[tuple[int, ...]]:
    """Every way to write `total` as an ordered sum of `parts` nonnegative integers.

    >>> list(compositions(2, 2))
    [(0, 2), (1, 1), (2, 0)]
    """
    for cuts in combinations(range(total + parts - 1), parts - 1):
        edges = (-1, *cuts, total + parts - 1)
        yield tuple(b - a - 1 for a, b in pairwise(edges))


def all_laws(outcomes: Sequence[Hashable], denominator: int, *, limit: int = LIMIT) -> Iterator[Law]:
    """Every law on `outcomes` with masses in (1/`denominator`)ℤ.

    Raises:
        ValueError: more than `limit` laws.

    >>> [str(law) for law in all_laws("ab", 1)]
    ['{a: 0, b: 1}', '{a: 1, b: 0}']
    """
    _refuse(count_laws(len(outcomes), denominator), limit, f"{len(outcomes)} outcomes, denominator {denominator}")
    for counts in compositions(denominator, len(outcomes)):
        yield Law(tuple(outcomes), tuple(Fraction(count, denominator) for count in counts))
