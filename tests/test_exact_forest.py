"""DaRE on tiny discrete data: its law against retraining's by enumerating every order of splits, in exact counts."""

import collections
import functools
import itertools
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from certified_tools import mask, small
from jaxtyping import PRNGKeyArray

import neverseen as ns
from neverseen.algorithms.learners._forest import ForestRecord, grow, leaf_of
from neverseen.algorithms.removers.exact._forest import regrown

CUTS, TRIED = (0.5,), 2
ORDERS = np.array(list(itertools.permutations(range(3))), np.float32)  # of three splits, one for each binary feature
PER_TREE = np.array(list(itertools.product(range(6), repeat=3)))  # of three nodes
BELOW = np.array(list(itertools.product(range(6), repeat=2)))
ROWS = ns.Rows(
    jnp.array([[0, 0, 1], [0, 1, 0], [1, 0, 0], [1, 1, 0], [1, 1, 1], [0, 1, 1.0]]),
    jax.nn.one_hot(jnp.array([0, 1, 0, 1, 1, 0]), 2),
    jnp.ones(6, bool),
)

Law = dict[tuple[Any, ...], Fraction]
Removal = Callable[[Any, Any, Any, Any], Any]


def law(trees: Any) -> Law:
    choice, counts = (
        np.asarray(trees[name]).reshape(-1, *shape) for name, shape in (("choice", (3,)), ("counts", (8,)))
    )
    found = collections.Counter((*c.tolist(), *n.tolist()) for c, n in zip(choice, counts, strict=True))
    return {tree: Fraction(times, len(choice)) for tree, times in found.items()}


def without(*gone: int) -> Any:
    return jnp.asarray(np.isin(np.arange(6), gone))


def reference(forget: Any) -> Law:
    return law(trained()(jnp.asarray(ORDERS[PER_TREE]), forget))


def removed(forget: Any, remove: Removal) -> Law:
    """Every order at training × every fresh order of the two nodes below the root."""
    fresh = jnp.asarray(ORDERS[np.concatenate([np.zeros((36, 1), int), BELOW], 1)])
    return law(deleted(remove)(jnp.asarray(ORDERS[PER_TREE]), fresh, forget))


@functools.cache
def trained() -> Any:
    """One compiled program for all requests."""
    return jax.jit(jax.vmap(lambda order, forget: grow(ROWS.without(forget), order, CUTS, TRIED)[0], (0, None)))


@functools.cache
def deleted(remove: Removal) -> Any:
    def one(order: Any, new: Any, forget: Any) -> Any:
        tree, sums = grow(ROWS, order, CUTS, TRIED)
        return remove(forget, tree, ForestRecord(order, sums, CUTS, TRIED), new)

    return jax.jit(jax.vmap(jax.vmap(one, (None, 0, None)), (0, None, None)))


def right(forget: Any, tree: Any, kept: Any, fresh: Any) -> Any:
    return regrown(ROWS, forget, tree, kept, fresh)[0]


def counts_only(forget: Any, tree: Any, kept: Any, fresh: Any) -> Any:
    """Wrong: no node decides again, the leaves only lose their rows."""
    leaf = leaf_of(tree["choice"], ROWS.x, CUTS)
    lost = (jax.nn.one_hot(leaf, 4).T * forget) @ ROWS.y
    return {"choice": tree["choice"], "counts": tree["counts"] - lost}


def redrawn_root(forget: Any, tree: Any, kept: Any, fresh: Any) -> Any:
    """Wrong: where the root decides otherwise, it draws its own order again too."""
    made = right(forget, tree, kept, fresh)
    again = grow(ROWS.without(forget), fresh[jnp.array([1, 1, 2])], CUTS, TRIED)[0]
    changed = made["choice"][0] != tree["choice"][0]
    return jax.tree.map(lambda a, b: jnp.where(changed, a, b), again, made)


@pytest.mark.parametrize("gone", [(0,), (3,), (5,), (0, 1), (2, 3, 4), (0, 1, 2, 3, 4, 5)])
def test_the_law_is_that_of_training_without_s(gone: tuple[int, ...]) -> None:
    assert removed(without(*gone), right) == reference(without(*gone))


@pytest.mark.parametrize("wrong", [counts_only, redrawn_root])
def test_a_wrong_deletion_has_another_law(wrong: Removal) -> None:
    requests = [without(0), without(0, 1), without(2, 3, 4)]
    laws, targets = [removed(forget, wrong) for forget in requests], [reference(forget) for forget in requests]
    assert all(sum(made.values()) == 1 for made in laws)
    assert laws != targets


def test_deletion_is_not_idle() -> None:
    assert reference(without(0)) != reference(without())
    assert len(reference(without(0))) > 1


def test_a_tree_by_hand() -> None:
    """With all three splits tried, the root takes the last feature: 1 against 0 leaves {0, 1, 0} and {1, 0, 1}."""
    y, x = np.asarray(ROWS.y), np.asarray(ROWS.x)
    impurity = []
    for f in range(3):
        halves = [y[x[:, f] == v] for v in (0, 1)]
        impurity.append(sum(len(h) * (1 - ((h.sum(0) / len(h)) ** 2).sum()) for h in halves))
    tree, sums = grow(ROWS, jnp.asarray(ORDERS[[0, 0, 0]]), CUTS, 3)
    assert int(tree["choice"][0]) == int(np.argmin(impurity))
    np.testing.assert_array_equal(sums[0, 1], [y[x[:, 1] == v].sum(0) for v in (0, 1)])
    assert float(tree["counts"].sum()) == 6


def test_cached_sums_are_those_of_a_fresh_count(key: PRNGKeyArray) -> None:
    learner, rows = ns.learners.forest(trees=3), small().rows
    model = jax.jit(learner.fit)(key, rows)
    dare = jax.jit(lambda k, forget: ns.removers.dare()(k, model, rows, forget))
    made = dare(jax.random.fold_in(key, 1), mask(0, 7))
    fresh = jax.jit(jax.vmap(lambda order: grow(rows.without(mask(0, 7)), order, (-1.0, -0.5, 0.0, 0.5, 1.0), 3)))
    trees, sums = fresh(made.record.order)
    np.testing.assert_array_equal(made.record.sums, sums)
    np.testing.assert_array_equal(made.params["choice"], trees["choice"])
    np.testing.assert_array_equal(made.params["counts"], trees["counts"])
    same = dare(key, mask())
    np.testing.assert_array_equal(same.record.order, model.record.order)


def test_no_forest_no_dare(key: PRNGKeyArray) -> None:
    with pytest.raises(ValueError, match="is no forest"):
        ns.removers.dare()(key, ns.learners.ridge().fit(key, small().rows), small().rows, mask(0))
    with pytest.raises(ValueError, match="is not in"):
        ns.learners.forest(depth=0)
