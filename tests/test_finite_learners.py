"""Exact learners, removers and worlds: known laws, known counts, and refusals."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from itertools import permutations, product
from math import comb, prod
from typing import Any

import pytest

from neverseen.formal.laws._finite import Law, mixed_law, point, push
from neverseen.formal.laws._finite_closeness import gamma_between
from neverseen.formal.laws._finite_learners import (
    FiniteRemover,
    empirical_histogram,
    full_deletion,
    gibbs,
    identity,
    majority,
    memorisation,
    mixed,
    multiset,
    nearest_neighbour,
    post_processed,
    randomised_response,
    removal_kernel,
    removed_law,
    retrain,
    without,
)
from neverseen.formal.laws._worlds import all_laws, count_laws, count_worlds, sub_multisets, worlds

F = Fraction

# Learners

ROWS: tuple[Any, ...] = ((0, "a"), (0, "b"), (1, "b"), (1, "b"))
LEARNERS = (
    empirical_histogram(point("none")),
    majority(("a", "b")),
    gibbs({"a": 1, "b": 2}, lambda theta, row: 3 if theta == row[1] else 1),
    randomised_response(((0, "a"), (1, "b")), F(3, 4)),
    nearest_neighbour((0, 1), ("a", "b")),
)


@pytest.mark.parametrize("learner", LEARNERS, ids=lambda learner: learner.name)
def test_laws_ignore_row_order(learner: Any) -> None:
    assert len({learner.law(order) for order in permutations(ROWS)}) == 1
    assert sum(learner.law(()).masses) == 1


def test_gibbs_by_hand() -> None:
    law = LEARNERS[2].law(ROWS)
    weight = {"a": F(1) * 3, "b": F(2) * 27}
    assert law.mass("a") == weight["a"] / (weight["a"] + weight["b"])
    for bad in (0.5, 0, -1):
        with pytest.raises(ValueError, match="weight"):
            gibbs({"a": 1}, lambda theta, row, bad=bad: bad).law(ROWS)


def test_randomised_response_is_private_with_the_stated_gamma() -> None:
    learner, keep = LEARNERS[3], F(3, 4)
    data = ((0, "a"), (1, "b"))
    one, two = (learner.law(without(data, data[:n])) for n in (1, 2))
    assert gamma_between(learner.law(data), one, delta=0) == keep / (1 - keep)
    assert gamma_between(learner.law(data), two, delta=0) == (keep / (1 - keep)) ** 2
    with pytest.raises(ValueError, match="keep"):
        randomised_response(("a",), F(1, 4))


def test_nearest_neighbour_breaks_ties_at_random() -> None:
    law = LEARNERS[4].law(ROWS[:3])
    assert law == Law((("a", "b"), ("b", "b")), (F(1, 2), F(1, 2)))


CIRCLES = ((0, 0), (1, 0), (0, 1), (1, 1), (2, 0), (2, 1), (1, 2))
STARS = ((10, 0), (0, 10))
OTHERS = (
    ((10, 2), "triangle"),
    ((10, 3), "triangle"),
    ((11, 2), "triangle"),
    ((1, 12), "square"),
    ((0, 13), "square"),
)
BEHAVIOUR = (*((x, "circle") for x in CIRCLES), *((x, "star") for x in STARS))
NAMED = (((0, 0), "circle"), ((1, 1), "circle"), ((10, 0), "star"))


def test_figure_one_in_all_42_cells() -> None:
    data = (*BEHAVIOUR, *OTHERS)
    learner = nearest_neighbour([x for x, _ in data], ("circle", "star", "triangle", "square"))

    def right(kept: tuple[Any, ...]) -> list[bool]:
        (outcome, mass), *rest = learner.law(kept).table.items()
        assert mass == 1
        assert not rest
        return [learner.correct(outcome, row) for row in data]

    assert right(data) == [True] * 14
    assert right(without(data, NAMED)) == [row != ((10, 0), "star") for row in data]
    assert right(without(data, BEHAVIOUR)) == [False] * 9 + [True] * 5
    scores = [memorisation(learner, data, (row,), row) for row in data]
    assert scores == [int(row[1] == "star") for row in data]


def test_leave_one_out_misses_duplicates() -> None:
    data = ((0, "wrong"), (0, "wrong"), (5, "right"))
    learner = nearest_neighbour((0, 5), ("right", "wrong"))
    assert memorisation(learner, data, data[:1], data[0]) == 0
    assert memorisation(learner, data, data[:2], data[0]) == 1


# Removers


@pytest.mark.parametrize("learner", LEARNERS, ids=lambda learner: learner.name)
def test_removers_have_the_laws_they_claim(learner: Any) -> None:
    forget, behaviour = ROWS[2:], ROWS[1:]
    original, untrained, unlearned = (learner.law(without(ROWS, rows)) for rows in ((), forget, behaviour))
    full = full_deletion(learner, behaviour)
    expected = {
        identity(): original,
        retrain(learner): untrained,
        full: unlearned,
        mixed(F(1, 3), identity(), full): mixed_law((F(1, 3), F(2, 3)), (original, unlearned)),
        post_processed(retrain(learner), lambda model: point("same")): point("same"),
    }
    for remover, law in expected.items():
        assert removed_law(learner, remover, ROWS, forget) == law
        kernel = removal_kernel(remover, original.outcomes, forget, ROWS)
        assert push(original, kernel) == law
    assert untrained != original


def test_forget_rows_must_be_in_the_dataset() -> None:
    with pytest.raises(ValueError, match="sub-multiset"):
        removed_law(LEARNERS[0], retrain(LEARNERS[0]), ROWS, (ROWS[0], ROWS[0]))
    for bad in (0.5, F(3, 2)):
        with pytest.raises(ValueError, match="weight"):
            mixed(bad, identity(), FiniteRemover("reset", lambda *_: point(0)))


# Worlds


@pytest.mark.parametrize(("points", "rows"), list(product((1, 2, 3), (1, 2, 3, 4))))
def test_every_world_once(points: int, rows: int) -> None:
    found = list(worlds("abc"[:points], rows))
    assert len(found) == len(set(found)) == count_worlds(points, rows)
    for world in found:
        assert 1 <= len(world.data) <= rows
        assert Counter(world.forget) <= Counter(world.behaviour) <= Counter(world.data)


def test_worlds_against_brute_force() -> None:
    # Ordered rows with nested subsets, then forgetting the order.
    found: set[Any] = set()
    for n in (1, 2, 3):
        for data in product("ab", repeat=n):
            for tags in product((0, 1, 2), repeat=n):
                keep = [multiset([x for x, tag in zip(data, tags, strict=True) if tag <= t]) for t in (2, 0, 1)]
                found.add(tuple(keep))
    assert found == {(w.data, w.forget, w.behaviour) for w in worlds("ab", 3)}


def test_a_world_too_large_says_how_large() -> None:
    with pytest.raises(ValueError, match=f"{comb(8 + 30, 8) - 1} cases.*sequential route"):
        list(worlds(range(10), 8))
    with pytest.raises(ValueError, match="above the limit of 5"):
        list(all_laws("abc", 6, limit=5))


@pytest.mark.parametrize(("outcomes", "denominator"), [(1, 4), (2, 5), (3, 6), (4, 3)])
def test_every_law_once(outcomes: int, denominator: int) -> None:
    found = list(all_laws("abcd"[:outcomes], denominator))
    assert len(found) == len(set(found)) == count_laws(outcomes, denominator)


def test_sub_multisets_are_counted_by_multiplicity() -> None:
    data = ("a", "a", "b", "c", "c", "c")
    assert len(sub_multisets(data)) == prod(n + 1 for n in Counter(data).values())
