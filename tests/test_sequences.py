"""Sequences of requests: streaming is batch is retraining, in every order; faults that only a second request shows."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import neverseen as ns
from neverseen.algorithms.learners._ridge import affine, linear
from neverseen.algorithms.removers.wrappers._sequences import ORDERS, worst_fitted
from neverseen.properties.runs._quick import quickly as compiled

KEY = jax.random.key(0)
SCENE = ns.scenarios.blobs(size=5, full=7, rows=24, seed=1)
ROWS, FORGET = SCENE.rows, SCENE.forget
LAMBDA = 0.05


def published(remover: ns.Remover, learner: ns.Learner, forget: Any = FORGET) -> Any:
    def run(wanted: Any) -> Any:
        return remover(KEY, learner.fit(KEY, ROWS), ROWS, wanted).params

    return compiled(run)(forget)


def retrained(learner: ns.Learner, forget: Any = FORGET) -> Any:
    return compiled(lambda s: learner.fit(KEY, ROWS.without(s)).params)(forget)


def gap(a: Any, b: Any) -> float:
    return max(float(abs(x - y).max()) for x, y in zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True))


SERVED = {
    "stream_ridge": ns.learners.streaming_ridge(),
    "stream_moments": ns.learners.naive_bayes(),
    "stream_quadratic": ns.learners.summarised(),
    "newton": ns.learners.ridge(),
    "retrain": ns.learners.ridge(),
}
"""Removers that reach A(D∖S) exactly, whatever came before."""


@pytest.mark.parametrize(("requests", "order"), [(2, "in_order"), (5, "latest_first"), (3, "worst_fitted")])
def test_streaming_is_batch_is_retraining_in_every_order(requests: int, order: str) -> None:
    learner = SERVED["stream_ridge"]
    served = published(ns.removers.sequence(ns.removers.stream_ridge(), requests, order), learner)
    assert gap(served, retrained(learner)) < 1e-5 < 1e-3 < gap(served, learner.fit(KEY, ROWS).params)
    assert gap(served, published(ns.removers.stream_ridge(), learner)) < 1e-5


@pytest.mark.parametrize("name", [name for name in SERVED if name != "stream_ridge"])
def test_exact_removers_serve_adaptive_requests(name: str) -> None:
    served = published(ns.removers.sequence(getattr(ns.removers, name)(), 2, "worst_fitted"), SERVED[name])
    assert gap(served, retrained(SERVED[name])) < 1e-4


def test_a_first_order_step_does_not() -> None:
    ridge = ns.learners.ridge()
    served = published(ns.removers.sequence(ns.removers.influence(), 2, "worst_fitted"), ridge)
    assert gap(served, retrained(ridge)) > 1e-2


def test_a_certified_remover_accounts_for_every_request() -> None:
    base = ns.removers.newton_noise(rows=24)
    learner = base.made_for
    assert learner is not None
    assert learner.noise is not None
    served, centre = ns.removers.sequence(base, 2, "worst_fitted"), learner.noise.centre

    def run(wanted: Any) -> Any:
        return served(KEY, learner.fit(KEY, ROWS), ROWS, wanted).record, centre(KEY, ROWS.without(wanted))

    record, exact = compiled(run)(FORGET)
    assert int(record.deleted) == 5
    assert float(jnp.linalg.norm(record.exact - exact)) <= float(record.error_bound) + 1e-5


def test_one_request_and_more_than_there_are_rows() -> None:
    learner = SERVED["stream_ridge"]
    for requests in (1, 9):
        assert gap(published(ns.removers.sequence(requests=requests), learner), retrained(learner)) < 1e-5
    nothing = jnp.zeros_like(FORGET)
    assert gap(published(ns.removers.sequence(), learner, nothing), learner.fit(KEY, ROWS).params) < 1e-6


def recorded(choose: Any, requests: int) -> list[list[int]]:
    """The rows asked for at each turn, by a remover that does nothing but note them."""
    asked: list[list[int]] = []

    def remove(key: Any, trained: Any, rows: ns.Rows, forget: Any) -> Any:
        assert not bool((forget & ~rows.present).any())
        asked.append(np.flatnonzero(forget).tolist())
        return jax.tree.map(lambda w: -w, trained.params)

    base = ns.Remover(remove, "noting", random=False)
    ns.removers.sequence(base, requests, choose)(KEY, ns.learners.ridge().fit(KEY, ROWS), ROWS, FORGET)
    return asked


def test_requests_cover_s_evenly_and_in_the_order_asked() -> None:
    wanted = np.flatnonzero(FORGET).tolist()
    assert recorded("in_order", 2) == [wanted[:3], wanted[3:]]
    assert recorded("latest_first", 2) == [wanted[2:], wanted[:2]]
    assert [len(part) for part in recorded("in_order", 7)] == [1, 1, 1, 1, 1, 0, 0]


def test_adaptive_requests_read_what_was_published_last() -> None:
    params = ns.learners.ridge().fit(KEY, ROWS).params
    places, turns = np.flatnonzero(FORGET), recorded(worst_fitted, 5)
    assert sorted(row for turn in turns for row in turn) == places.tolist()
    waiting = set(places.tolist())
    for turn, (asked,) in enumerate(turns):
        losses = ns.learners.ridge().row_losses(params * (-1) ** turn, ROWS)
        assert asked == max(sorted(waiting), key=lambda i, at=losses: float(at[i]))
        waiting.remove(asked)
    assert turns != recorded("in_order", 5)


# Faults of sequences


def mean_form() -> ns.Learner:
    """Ridge whose penalty is λ of the *mean* loss, nλ of the sum; it records its sums and n."""

    def fit(key: Any, rows: ns.Rows) -> ns.Trained:
        del key
        return solved({**sums(rows), "n": rows.count().astype(float)})

    return ns.Learner(fit, linear, ns.learners.ridge().loss, name="mean_form", logits=True, random=False)


def sums(rows: ns.Rows) -> dict[str, Any]:
    x = affine(rows.x) * rows.present[:, None]
    return {"gram": x.T @ x, "cross": x.T @ rows.y}


def solved(record: dict[str, Any]) -> ns.Trained:
    gram = record["gram"] + record["n"] * LAMBDA * jnp.eye(len(record["gram"]))
    return ns.Trained(jnp.linalg.solve(gram, record["cross"]), record, MEAN_FORM)


MEAN_FORM = mean_form()


def streamed(fault: str) -> ns.Remover:
    """The stream for it, right or with one fault."""

    def remove(key: Any, trained: ns.Trained, rows: ns.Rows, forget: Any) -> ns.Trained:
        del key
        before, gone = trained.record, rows.only(forget)
        less = sums(gone)
        after = {name: before[name] - less[name] * (2 if fault == "applied twice" else 1) for name in less}
        count = 0 if fault == "n not decremented" else gone.count()
        return solved({**after, "n": before["n"] - count})

    return ns.Remover(remove, f"stream ({fault or 'right'})", "untraining", random=False)


@pytest.mark.parametrize("order", ORDERS)
def test_the_mean_form_keeps_its_meaning_when_n_is_counted_down(order: str) -> None:
    wanted = retrained(MEAN_FORM)
    assert gap(published(ns.removers.sequence(streamed(""), 3, order), MEAN_FORM), wanted) < 1e-5
    for fault in ("applied twice", "n not decremented"):
        assert gap(published(ns.removers.sequence(streamed(fault), 3, order), MEAN_FORM), wanted) > 1e-3


def test_the_check_tells_a_faulty_stream_from_a_right_one() -> None:
    def status(fault: str) -> str:
        served = ns.removers.sequence(streamed(fault), 3, "worst_fitted")
        return ns.check(ns.Untraining(1.0, 0.05), served, MEAN_FORM, SCENE, budget=64).status.name

    assert [status(fault) for fault in ("", "applied twice", "n not decremented")] == [
        "INCONCLUSIVE", "REFUTED", "REFUTED",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("given", "message"),
    [({"requests": 0}, "requests: 0 is not in"), ({"choose": "sideways"}, "choose: 'sideways' is unknown")],
)
def test_bad_arguments_are_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ns.removers.sequence(**given)
