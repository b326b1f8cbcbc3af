"""Deletions from sums: streaming is batch is retraining; surrogates are exact on quadratics and drift elsewhere."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from certified_tools import gradient, hessian, mask, newton, small
from jaxtyping import PRNGKeyArray

import neverseen as ns

RIDGE = ns.learners.streaming_ridge(0.7)
LOGISTIC = ns.learners.summarised(ns.learners.newton_logistic(penalty=4.0))


def stream(
    remover: ns.Remover, learner: ns.Learner, requests: list[tuple[int, ...]], blind: bool = False
) -> ns.Trained:
    """Serve the requests in turn; `blind` shows the remover no row but those of the request."""
    rows, key = small().rows, jax.random.key(0)
    model = learner.fit(key, rows)
    for gone in requests:
        shown = rows.only(mask(*gone)) if blind else rows
        model = remover(key, model, shown, mask(*gone))
        rows = rows.without(mask(*gone))
    return model


def retrained(learner: ns.Learner, *gone: int) -> Any:
    return learner.fit(jax.random.key(0), small().rows.without(mask(*gone))).params


def gap(a: Any, b: Any) -> float:
    return max(float(abs(x - y).max()) for x, y in zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True))


@pytest.mark.parametrize(
    ("name", "learner"),
    [
        ("stream_ridge", RIDGE),
        ("stream_moments", ns.learners.naive_bayes()),
        ("stream_quadratic", ns.learners.summarised(ns.learners.ridge(0.7))),
    ],
)
def test_streaming_is_batch_is_retraining_in_any_order(name: str, learner: ns.Learner) -> None:
    remover: ns.Remover = getattr(ns.removers, name)()
    target = retrained(learner, 0, 3, 7, 9)
    for requests in ([(0, 3, 7, 9)], [(0,), (3, 7), (), (9,)], [(9,), (7,), (3,), (0,)]):
        assert gap(stream(remover, learner, requests, blind=True).params, target) < 1e-4
    assert gap(stream(remover, learner, [(0,)]).params, target) > 1e-3


def test_streaming_ridge_is_ridge(key: PRNGKeyArray) -> None:
    assert gap(RIDGE.fit(key, small().rows).params, ns.learners.ridge(0.7).fit(key, small().rows).params) < 1e-6


def test_the_penalty_of_a_stream_is_in_the_sum_form() -> None:
    """The mutant that keeps λ = Λ/n fixed as n falls lands elsewhere."""
    after = stream(ns.removers.stream_ridge(), RIDGE, [(0, 3, 7, 9)])
    sums = after.record.sums
    wrong = jnp.linalg.solve(sums["gram"] + 0.7 * 12 / 16 * jnp.eye(3), sums["cross"])
    target = retrained(RIDGE, 0, 3, 7, 9)
    assert gap(after.params, target) < 1e-5 < 1e-3 < gap(wrong, target)


def test_a_request_served_twice_is_off(key: PRNGKeyArray) -> None:
    rows, remover = small().rows, ns.removers.stream_ridge()
    once = remover(key, RIDGE.fit(key, rows), rows, mask(0, 3))
    right = remover(key, once, rows.without(mask(0, 3)), mask(0, 3))
    wrong = remover(key, once, rows, mask(0, 3))
    assert gap(right.params, once.params) == 0
    assert gap(wrong.params, once.params) > 1e-3


def test_all_rows_gone() -> None:
    everything = [tuple(range(16))]
    assert gap(stream(ns.removers.stream_ridge(), RIDGE, everything).params, jnp.zeros((3, 2))) < 1e-4
    model = stream(ns.removers.stream_moments(), ns.learners.naive_bayes(), everything)
    assert model.params["count"].tolist() == [0, 0]
    assert gap(model.params["mean"], jnp.zeros((2, 2))) == 0


def test_a_whole_class_gone_leaves_finite_moments() -> None:
    first = tuple(np.flatnonzero(np.asarray(small().rows.y[:, 0] == 1)).tolist())
    learner = ns.learners.naive_bayes()
    model = stream(ns.removers.stream_moments(), learner, [first[:2], first[2:]])
    assert model.params["count"].tolist() == [0, 16 - len(first)]
    assert bool(jnp.isfinite(learner.apply(model.params, small().rows.x)).all())
    assert gap(model.params, retrained(learner, *first)) < 1e-3


def test_the_moments_by_hand(key: PRNGKeyArray) -> None:
    rows, learner = small().rows, ns.learners.naive_bayes(0.05)
    model, x, y = learner.fit(key, rows).params, np.asarray(rows.x, float), np.asarray(rows.y)
    z = np.zeros((16, 2))
    for c in (0, 1):
        own = x[y[:, c] == 1]
        v = np.maximum(own.var(0), 0.05)
        z[:, c] = np.log((len(own) + 1) / 18) - (np.log(v) + (x - own.mean(0)) ** 2 / v).sum(1) / 2
    np.testing.assert_allclose(learner.apply(model, rows.x), z, rtol=1e-3, atol=1e-3)


def test_a_quadratic_surrogate_of_logistic_by_hand() -> None:
    rows = small().rows
    w0 = newton(np.zeros((3, 2)), rows, 4.0, 30)
    h0, pull, bend, w, gaps = hessian(w0, rows, 4.0), np.zeros(6), np.zeros((6, 6)), w0, []
    model = LOGISTIC.fit(jax.random.key(0), rows)
    for i in range(4):
        only = rows.only(mask(i))
        curved = hessian(w, only, 0.0)
        pull, bend = pull + gradient(w, only, 0.0).ravel() - curved @ w.ravel(), bend + curved
        w = np.linalg.solve(h0 - bend, h0 @ w0.ravel() + pull).reshape(3, 2)
        model = ns.removers.stream_quadratic()(jax.random.key(0), model, rows, mask(i))
        rows = rows.without(mask(i))
        np.testing.assert_allclose(model.params, w, atol=2e-5)
        gaps.append(np.linalg.norm(w - newton(w0, rows, 4.0, 30)))
    # Never exact; but after one request far nearer than doing nothing.
    assert min(gaps) > 1e-5
    assert gaps[0] < np.linalg.norm(w0 - newton(w0, small().rows.without(mask(0)), 4.0, 30)) / 10
    assert (float(model.record.count), float(model.record.turn)) == (12, 4)


def test_an_online_step_by_hand() -> None:
    rows = small().rows
    w0 = newton(np.zeros((3, 2)), rows, 4.0, 30)
    only = rows.only(mask(0))
    # At w₀ the surrogate's gradient is that of J less that of S, which was 0 before.
    by_hand = w0 + 0.8 / np.sqrt(9) * gradient(w0, only, 0.0) / 15
    model = stream(ns.removers.stream_online(0.8, 9), LOGISTIC, [(0,)])
    np.testing.assert_allclose(model.params, by_hand, atol=2e-5)


def test_online_steps_have_less_regret_than_none() -> None:
    """Σ of the excess risk over ten requests, against exact minimisers."""
    rows, online, w0 = small().rows, LOGISTIC.fit(jax.random.key(0), small().rows), None
    regret = np.zeros(2)
    for i in range(10):
        online = ns.removers.stream_online(2.0, 10)(jax.random.key(0), online, rows, mask(i))
        rows = rows.without(mask(i))
        w0 = online.record.at.reshape(3, 2)
        best = LOGISTIC.objective(retrained(LOGISTIC, *range(i + 1)), rows)
        regret += [
            (float(LOGISTIC.objective(w, rows)) - float(best)) / float(rows.count()) for w in (online.params, w0)
        ]
    assert 0 < regret[0] < regret[1]


def test_what_does_not_fit_is_refused(key: PRNGKeyArray) -> None:
    plain, rows = ns.learners.ridge().fit(key, small().rows), small().rows
    for remover, message in ((ns.removers.stream_ridge(), "no sums"), (ns.removers.stream_online(), "no surrogate")):
        with pytest.raises(ValueError, match=message):
            remover(key, plain, rows, mask(0))
    with pytest.raises(ValueError, match="horizon"):
        ns.removers.stream_online(horizon=0)
    with pytest.raises(ValueError, match="floor"):
        ns.learners.naive_bayes(0.0)


def test_neighbours_go_with_s(key: PRNGKeyArray) -> None:
    rows = small().rows
    copies = dataclasses.replace(rows, x=rows.x.at[5].set(rows.x[2]).at[9].set(rows.x[2] + 0.01))
    model = ns.learners.ridge().fit(key, copies)
    for radius, gone in ((0.0, (2, 5)), (0.05, (2, 5, 9)), (1e3, tuple(range(16)))):
        made = ns.removers.with_neighbours(radius=radius)(key, model, copies, mask(2))
        target = ns.learners.ridge().fit(key, copies.without(mask(*gone)))
        np.testing.assert_array_equal(made.params, target.params)
    still = ns.removers.with_neighbours(ns.removers.newton(), 1e3)(key, model, copies, mask())
    assert gap(still.params, model.params) < 1e-5
    with pytest.raises(ValueError, match="radius"):
        ns.removers.with_neighbours(radius=-1.0)


def test_neighbours_reach_unlearning_where_retraining_does_not() -> None:
    """S is one of the near-copies; the behaviour is all of them."""
    scenario = ns.scenarios.blobs(rows=16, size=1, full=5, seed=1)
    x = jnp.where(scenario.behaviour[:, None], jnp.array([6.0, 6.0]), scenario.rows.x)
    told = dataclasses.replace(scenario, rows=ns.Rows(x, scenario.rows.y, scenario.rows.present))
    learner, claim = ns.learners.noisy(ns.learners.ridge(), 0.02), ns.Unlearning(1.0, 0.05)

    def centred(base: ns.Remover) -> ns.Remover:
        return ns.removers.noisy(base)

    assert (
        ns.check(
            claim, centred(ns.removers.with_neighbours(ns.removers.newton())), learner, told, budget=256
        ).status.name
        == "SATISFIED"
    )
    assert ns.check(claim, centred(ns.removers.newton()), learner, told, budget=256).status.name == "REFUTED"
