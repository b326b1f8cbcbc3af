"""Operations are counted, not timed: loops by their turns, branches as taken, equal work as equal, nothing as free."""

import math

import jax
import jax.numpy as jnp
import pytest
from jax import lax
from shipped_tools import suited

import neverseen as ns
from neverseen.algorithms.programs._programs import trace
from neverseen.algorithms.programs._work import operations
from neverseen.algorithms.removers import REMOVERS
from neverseen.properties.runs._cost import Accounts
from neverseen.properties.suite._check_suite import relations_scenario

ONES = jnp.ones((4, 5))


def counted(function: object, *arguments: object) -> float:
    return operations(trace(function, *arguments), *arguments)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("function", "arguments", "count"),
    [
        (lambda a: a @ a.T, (ONES,), 2 * 4 * 4 * 5),
        (lambda a: jnp.einsum("bij,bjk->bik", a, a), (jnp.ones((3, 2, 2)),), 2 * 3 * 2 * 2 * 2),
        (lambda a: a.sum(), (ONES,), 20),
        (lambda a: (a > 0) & (a < 2), (ONES,), 0),
        (lambda a: a[::2].T.reshape(-1), (ONES,), 0),
        (lambda a: jnp.arange(7) + a, (jnp.ones((), int),), 0),
        (lambda a: jax.jit(lambda b: b * 2)(a), (ONES,), 20),
        (lambda a: lax.scan(lambda c, x: (c + x, c * x), 0.0, a)[0], (jnp.ones(6),), 12),
        (lambda a: lax.cond(a > 0, lambda: a * a * a, lambda: a), (1.0,), 2),
        (lambda a: lax.cond(a > 0, lambda: a * a * a, lambda: a), (-1.0,), 0),
        (lambda a: jax.checkpoint(lambda b: jnp.sin(b))(a), (ONES,), 20),
        (lambda a: jax.vmap(lambda b: lax.fori_loop(0, 3, lambda i, x: x * 2, b))(a), (jnp.ones(5),), 15),
        (lambda a: lax.conv(a, jnp.ones((2, 1, 3, 3)), (1, 1), "VALID"), (jnp.ones((1, 1, 5, 5)),), 2 * 18 * 9),
        (jnp.linalg.cholesky, (jnp.eye(6),), 6**3 / 3 + 2 * 6**2),  # and a mean of a matrix and its transpose
        (jax.vmap(lambda n: lax.while_loop(lambda c: c < n, lambda c: c * 2, 1.0)), (jnp.array([2.0, 8.0]),), 6),
        (lambda b: jnp.linalg.solve(jnp.eye(3), b), (jnp.ones(3),), 2 / 3 * 3**3 + 2 * 3 * 3),
    ],
)  # fmt: skip
def test_the_count_is_that_by_hand(function: object, arguments: tuple[object, ...], count: float) -> None:
    assert counted(function, *arguments) == pytest.approx(count)


def test_turns_count_and_not_those_that_might_be_taken() -> None:
    turning = trace(lambda n: lax.fori_loop(0, n, lambda i, x: x * x, 2.0), 1)
    assert [operations(turning, n) for n in (0, 1, 9)] == [0, 1, 9]


def test_a_derivative_costs_what_it_computes() -> None:
    """The value x @ w and its sum, and backward a product to each."""
    x, w = jnp.ones((8, 5)), jnp.ones((5, 3))
    both = jax.grad(lambda x, w: (x @ w).sum(), argnums=(0, 1))
    assert counted(both, x, w) == 3 * (2 * 8 * 5 * 3) + 8 * 3


@pytest.mark.parametrize("name", ["sisa_removal", "dare", "newton_removal", "stream_ridge", "bad_teacher", "ssd"])
def test_no_kind_of_remover_is_free(name: str) -> None:
    """Shards, forests, linear algebra, streams, passes over S and D, and scores of weights."""
    cost = Accounts(suited(name), relations_scenario(0)).cost(REMOVERS[name]())
    assert cost.retrains > 0
    assert (cost.gradients is None) == (name == "dare")  # a tree has no gradient


def test_what_is_not_looked_into_is_not_counted_as_nothing() -> None:
    assert math.isnan(counted(lambda x: jax.pure_callback(lambda x: x, x, x) + 1, ONES))


def test_equal_work_costs_equal_and_a_pass_over_s_costs_s() -> None:
    scenario, learner = (
        ns.scenarios.blobs(size=4, full=8, rows=64, dims=3),
        ns.learners.mlp(hidden=4, epochs=4, batch=8),
    )
    accounts = Accounts(learner, scenario)
    assert accounts.cost(ns.removers.retrain()).retrains == 1.0
    passing, climbing = (accounts.cost(make(batch=4)).retrains for make in (ns.removers.finetune, ns.removers.neg_grad))
    assert 0.4 < passing < 0.7  # two passes over 60 rows, of four
    assert climbing < 0.1 * passing  # two passes over 4 rows
