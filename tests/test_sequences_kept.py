"""Sequences served from a record: DaRE's and SISA's laws, and the bounds that certified removers keep count of."""

import functools
import itertools
import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from certified_tools import descend, mask, newton, small
from test_exact_forest import BELOW, CUTS, PER_TREE, TRIED, Law, law, without
from test_exact_forest import ORDERS as BY_NODE
from test_exact_forest import ROWS as BITS

import neverseen as ns
from neverseen.algorithms.learners._forest import ForestRecord, grow
from neverseen.algorithms.removers.certified._descent import descent_error, rewind_error
from neverseen.algorithms.removers.certified._langevin import langevin_distance, tail_distance
from neverseen.algorithms.removers.exact._forest import regrown
from neverseen.algorithms.removers.wrappers._sequences import ORDERS
from neverseen.properties.runs._quick import quickly as compiled

KEY = jax.random.key(3)
SCENE = small(5)
ROWS, FORGET = SCENE.rows, SCENE.forget
S: tuple[int, ...] = tuple(np.flatnonzero(FORGET).tolist())


def served(remover: ns.Remover, learner: ns.Learner, *batches: tuple[int, ...]) -> ns.Trained:
    """The model after so many requests, each on what the last one left."""
    step = compiled(lambda key, model, rows, forget: remover(key, model, rows, forget))
    model, rows = compiled(learner.fit)(KEY, ROWS), ROWS
    for turn, batch in enumerate(batches):
        model = step(jax.random.fold_in(KEY, turn), model, rows, mask(*batch))
        rows = rows.without(mask(*batch))
    return model


def in_turn(remover: ns.Remover, learner: ns.Learner, requests: int, order: str) -> ns.Trained:
    chain = ns.removers.sequence(remover, requests, order)
    return compiled(lambda key: chain(key, learner.fit(KEY, ROWS), ROWS, FORGET))(KEY)


# DaRE


@functools.cache
def laws(gone: tuple[int, ...]) -> tuple[Law, ...]:
    """Of forests without S: trained so; its first row deleted, then the rest; its last row first; with a stale record.

    Every order at training × every fresh order of the two nodes below the root. A node ends with one fresh order at
    most, so both requests may draw the same ones.
    """
    lowest, highest = (without(edge(gone)) for edge in (min, max))
    fresh = jnp.asarray(BY_NODE[np.concatenate([np.zeros((36, 1), int), BELOW], 1)])
    return tuple(
        law(trees) for trees in enumerated()(jnp.asarray(BY_NODE[PER_TREE]), fresh, without(*gone), lowest, highest)
    )


@functools.cache
def enumerated() -> Any:
    """One compiled program for all requests."""

    def one(order: Any, new: Any, forget: Any, *firsts: Any) -> tuple[Any, ...]:
        tree, sums = grow(BITS, order, CUTS, TRIED)
        start = tree, ForestRecord(order, sums, CUTS, TRIED)
        between = [regrown(BITS, first, *start, new) for first in firsts]
        left = [(BITS.without(first), forget & ~first) for first in firsts]
        ends = [regrown(*rest, *after, new)[0] for rest, after in zip(left, between, strict=True)]
        stale = regrown(*left[0], between[0][0], start[1], new)[0]
        return grow(BITS.without(forget), order, CUTS, TRIED)[0], *ends, stale

    return compiled(jax.vmap(jax.vmap(one, (None, 0, None, None, None)), (0, None, None, None, None)))


@pytest.mark.parametrize("gone", [(0, 1), (1, 5)])
def test_two_requests_leave_the_law_of_training_without_both(gone: tuple[int, ...]) -> None:
    anew, upwards, downwards, _ = laws(gone)
    assert upwards == downwards == anew
    assert len(anew) > 1


@pytest.mark.parametrize("gone", [(2, 3, 4), (0, 1)])
def test_a_stale_record_does_not(gone: tuple[int, ...]) -> None:
    anew, _, _, stale = laws(gone)
    assert stale != anew


@pytest.mark.parametrize("order", ORDERS)
def test_a_forest_in_turn_is_the_one_that_its_orders_grow_on_what_is_left(order: str) -> None:
    learner = ns.learners.forest(trees=2)
    made = in_turn(ns.removers.dare(), learner, 2, order)
    left, cuts, tried = ROWS.without(FORGET), made.record.cuts, made.record.candidates
    trees, sums = compiled(jax.vmap(lambda one: grow(left, one, cuts, tried)))(made.record.order)
    jax.tree.map(np.testing.assert_array_equal, (made.params, made.record.sums), (trees, sums))
    assert abs(np.asarray(made.params["counts"]).sum() - 2 * int(left.count())) < 1e-6


FOUR = ns.Rows(
    jnp.array([[0, 0, 0, 1], [1, 1, 1, 1], [1, 0, 0, 1], [0, 1, 0, 1], [1, 0, 1, 0], [0, 1, 1, 0.0]]),
    jax.nn.one_hot(jnp.array([1, 1, 1, 0, 1, 1]), 2),
    jnp.ones(6, bool),
)
"""Rows where deleting one of the third and the fourth changes the root's decision, and deleting both undoes it."""


@functools.cache
def both_orders() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Choices of root and left child: of training on D, after either order of two requests, of training on D∖S.

    Every order of the root's and the left child's splits, times every fresh order of the child's.
    """
    ways, third, fourth = jnp.asarray(list(itertools.permutations(range(4))), float), without(2), without(3)

    def grown(rows: ns.Rows, root: Any, left: Any) -> tuple[Any, ForestRecord]:
        order = jnp.stack([root, left, ways[0]])
        tree, sums = grow(rows, order, (0.5,), 2)
        return tree, ForestRecord(order, sums, (0.5,), 2)

    def one(root: Any, left: Any, fresh: Any) -> tuple[Any, ...]:
        new, start = jnp.stack([root, fresh, ways[0]]), grown(FOUR, root, left)
        ends = [
            regrown(FOUR.without(a), b, *regrown(FOUR, a, *start, new), new)[0]
            for a, b in ((third, fourth), (fourth, third))
        ]
        anew = grown(FOUR.without(third | fourth), root, left)[0]
        return tuple(tree["choice"][:2] for tree in (start[0], *ends, anew))

    every = jax.vmap(jax.vmap(jax.vmap(one, (None, None, 0)), (None, 0, None)), (0, None, None))
    first, *others = (np.asarray(made).reshape(-1, 2) for made in compiled(every)(ways, ways, ways))
    return first, *others  # type: ignore[return-value]


def counted(choices: np.ndarray) -> Law:
    values, times = np.unique(choices, axis=0, return_counts=True)
    return {tuple(v): t for v, t in zip(values.tolist(), times.tolist(), strict=True)}


def test_requests_that_look_at_the_trees_bend_the_law_of_dare() -> None:
    """Either order by itself is exact. Who sees the trees and asks for the third row first if the left child splits on
    the third feature has other subtrees drawn again than by chance: the law is off by 2/27, in exact counts."""
    first, one, other, anew = both_orders()
    assert counted(one) == counted(other) == counted(anew)
    chosen = np.where(first[:, 1:] == 2, one, other)
    wanted, bent = counted(anew), counted(chosen)
    apart = sum(abs(wanted.get(c, 0) - bent.get(c, 0)) for c in wanted | bent)
    assert 27 * apart == 2 * 2 * len(anew)
    assert any("does not look at" in words for words in ns.removers.dare().guarantee.assumptions)  # type: ignore[union-attr]


# SISA


@pytest.mark.parametrize("order", ORDERS)
def test_every_shard_in_turn_is_that_of_a_retrain(order: str) -> None:
    """Bit for bit, each with the key of the last request that reached it; adaptive or not, one or many."""
    learner, left = ns.learners.sisa(shards=5, slices=1, epochs=1, batch=4), ROWS.without(FORGET)
    made = np.asarray(in_turn(ns.removers.sisa_removal(), learner, 2, order).params)
    keys = jnp.concatenate([KEY[None], jax.random.split(KEY, 2)])
    anew = np.asarray(compiled(jax.vmap(lambda key: learner.fit(key, left).params))(keys))
    which = [[k for k in range(3) if np.array_equal(anew[k, shard], made[shard])] for shard in range(5)]
    assert all(which)
    assert {k for keys_of in which for k in keys_of} == {0, 1, 2}


def test_a_sisa_that_forgets_what_it_trained_is_seen() -> None:
    right, learner = ns.removers.sisa_removal(), ns.learners.sisa(shards=5, slices=1, epochs=1, batch=4)

    def remove(key: Any, trained: ns.Trained, rows: ns.Rows, forget: Any) -> ns.Trained:
        return ns.Trained(right(key, trained, rows, forget).params, trained.record, trained.learner)

    one, two = (in_turn(r, learner, 2, "in_order").params for r in (right, ns.Remover(remove, "stale")))
    assert float(abs(one - two).max()) > 1e-3


# Certified removers


DESCENDING = ns.learners.projected_descent(rows=16, steps=12, ball=0.9)


def test_descent_in_turn_keeps_the_bound_that_any_number_of_requests_has() -> None:
    known, plan = DESCENDING.curvature, DESCENDING.schedule
    assert known is not None
    assert plan is not None
    base = ns.removers.descent_to_delete(ns.learners.noisy(DESCENDING, 0.5), steps=2)
    learner = base.made_for
    assert learner is not None
    record = in_turn(base, learner, 5, "worst_fitted").record
    bound = descent_error(known, plan, 2, 1)
    assert (int(record.deleted), bool(record.retrained)) == (5, False)
    assert float(record.error_bound) == pytest.approx(bound)
    anew = descend(np.zeros((3, 2)), ROWS.without(FORGET), 4.0, 12, plan.rate, 0.9)
    # The bound by hand: to the minimiser 1 − ηΛ a step, from where a request of one row moves it by L/Λ at most.
    shrink, moved = (1 - plan.rate * 4.0) ** 2, math.sqrt(2) / 4
    trained = (1 - plan.rate * 4.0) ** 12 * plan.ball
    away, after = trained, []
    for _ in range(40):
        away = shrink * (away + moved)
        after.append(away + trained)
    assert after == sorted(after)
    assert after[0] < after[4] <= after[-1] <= bound < 1.2 * after[-1]
    assert 0 < np.linalg.norm(np.asarray(record.exact) - anew) <= after[4]
    assert bool(in_turn(base, learner, 2, "in_order").record.retrained)


def test_newton_in_turn_declares_what_the_recursion_gives() -> None:
    """Slack e ← (n − m)γ/2Λ·(e + mL/Λ)², from 0: two requests have more of it than the first, and less than twice."""
    base = ns.removers.newton_noise(rows=16, capacity=3)
    learner = base.made_for
    assert learner is not None
    one, two = (served(base, learner, *batches).record for batches in ([S[:2]], [S[:2], S[2:4]]))
    present, gamma = int(ROWS.count()), 0.272166
    first = (present - 2) * gamma / 8 * (2 * math.sqrt(2) / 4) ** 2
    second = (present - 4) * gamma / 8 * (first + 2 * math.sqrt(2) / 4) ** 2
    assert [float(one.error_bound), float(two.error_bound)] == pytest.approx([first, second], rel=1e-4)
    exact = newton(np.zeros((3, 2)), ROWS.without(mask(*S[:4])), 4.0, 30)
    assert np.linalg.norm(np.asarray(two.exact) - exact) <= float(two.error_bound)


@pytest.mark.parametrize(("capacity", "retrained"), [(4, False), (3, True)])
def test_rewinding_in_turn_counts_all_requests(capacity: int, retrained: bool) -> None:
    learner = ns.learners.checkpointed(rows=16, sigma=1.0)
    base = ns.removers.rewind_to_delete(learner, capacity=capacity)
    record = served(base, learner, S[:2], S[2:4]).record
    assert bool(record.retrained) == retrained
    known, plan = learner.curvature, learner.schedule
    assert known is not None
    assert plan is not None
    assert float(record.error_bound) == pytest.approx(rewind_error(known, plan, capacity))
    assert rewind_error(known, plan, 3) < rewind_error(known, plan, 4)


LANGEVIN = ns.learners.langevin(penalty=4.0, rows=16, ball=0.4, steps=9, sigma=0.8)


@pytest.mark.parametrize(("capacity", "batches"), [(4, (2, 2)), (3, (2, 2)), (2, (2,)), (1, (1, 1))])
def test_langevin_in_turn_counts_all_requests(capacity: int, batches: tuple[int, ...]) -> None:
    base = ns.removers.langevin_unlearning(LANGEVIN, 2.0, 0.05, capacity=capacity, steps=3)
    ends = np.cumsum((0, *batches))
    made = served(base, LANGEVIN, *(S[a:b] for a, b in itertools.pairwise(ends)))
    assert int(made.record.deleted) == ends[-1]
    assert bool(jnp.isfinite(made.params).all()) == (ends[-1] <= capacity)


def test_the_langevin_bound_is_about_all_rows_that_went() -> None:
    """Chains by hand with the same noise, K steps before their last K: two requests of two rows each stay within the
    bound for four; and what is declared grows with that number."""
    known, plan = LANGEVIN.curvature, LANGEVIN.schedule
    assert known is not None
    assert plan is not None
    rng, steps, before = np.random.default_rng(0), 3, 6
    left, once = ROWS.without(mask(*S[:4])), ROWS.without(mask(*S[:2]))
    worst = 0.0
    for _ in range(20):
        w, v = (0.4 * a / np.linalg.norm(a) for a in rng.normal(size=(2, 3, 2)))
        for turn in range(before):
            noise = 0.8 * rng.normal(size=(3, 2))
            # The last three of these six steps served the first request, those before them were training.
            seen = ROWS if turn < before - steps else once
            w = descend(descend(w, seen, 4.0, 0, plan.rate), seen, 4.0, 1, plan.rate) + noise
            v = descend(v, left, 4.0, 1, plan.rate) + noise
            w, v = (a * min(1, 0.4 / np.linalg.norm(a)) for a in (w, v))
        worst = max(worst, float(np.linalg.norm(w - v)))
    ratios = [langevin_distance(known, plan, steps, m) for m in (1, 2, 4)]
    contraction = 1 - plan.rate * known.strong
    reach = math.sqrt(sum(contraction ** (2 * t) for t in range(steps))) * 0.8 / contraction**steps
    assert 0 < worst <= ratios[2] * reach
    assert ratios == sorted(set(ratios))


def test_a_noisy_tail_is_worth_the_same_after_every_request() -> None:
    """It starts again from the ball, whatever came before: the bound knows no S and no count."""
    learner = ns.learners.noisy_tail(sigma=1.8)
    assert learner.schedule is not None
    base = ns.removers.noisy_finetuning(learner)
    far = ns.Trained(jnp.full((3, 2), 1e6), jnp.full((3, 2), 1e6), learner)
    after = compiled(lambda model: base(KEY, model, ROWS, FORGET))(far)
    again = compiled(lambda model: base(KEY, model, ROWS.without(FORGET), mask()))(after)
    # One step at most from the ball, with two noises before the last: six parameters, far below 1e6.
    assert float(jnp.linalg.norm(again.record.exact)) < 1 + 0.5 + 10 * 1.8 * math.sqrt(6)
    assert int(again.record.deleted) == 5
    guarantee = base.guarantee
    assert guarantee is not None
    assert tail_distance(learner.schedule) == pytest.approx(
        (0.1**3 * 2 + 0.5 * 2 * (1 + 0.1 + 0.01)) / (1.8 * math.sqrt(1 + 0.01 + 0.0001))
    )
