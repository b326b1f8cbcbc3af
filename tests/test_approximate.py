"""Influence, its projection, Fisher noise and DeltaGrad: their limits, and steps by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from certified_tools import descend, gradient, mask, small
from jaxtyping import PRNGKeyArray

import neverseen as ns
from neverseen.algorithms.removers.approximate._deltagrad import bfgs
from neverseen.algorithms.removers.approximate._fisher import mean_squares

RIDGE = ns.learners.ridge(0.5)
GD = ns.learners.recorded_descent(rows=16, steps=12)


def design(rows: ns.Rows) -> np.ndarray:
    return np.concatenate([np.asarray(rows.x, np.float64), np.ones((16, 1))], 1)


def parts(key: PRNGKeyArray, remover: ns.Remover, *gone: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The model on D, what the remover makes of it, and the model on D∖S."""
    rows = small().rows
    model = RIDGE.fit(key, rows)
    removed = remover(key, model, rows, mask(*gone)).params
    target = RIDGE.fit(key, rows.without(mask(*gone))).params
    return np.asarray(model.params, float), np.asarray(removed, float), np.asarray(target, float)


@pytest.mark.parametrize("row", [0, 7])
def test_influence_makes_the_fraction_one_minus_leverage_of_the_step(row: int, key: PRNGKeyArray) -> None:
    start, removed, target = parts(key, ns.removers.influence(), row)
    x = design(small().rows)
    leverage = x[row] @ np.linalg.solve(x.T @ x + 0.5 * np.eye(3), x[row])
    np.testing.assert_allclose(removed - start, (1 - leverage) * (target - start), atol=2e-5)
    assert 0.01 < leverage < 1
    assert abs(removed - target).max() > 1e-4


@pytest.mark.parametrize("gone", [(0,), (0, 7), (0, 1, 2, 5, 7)])
def test_the_projection_is_that_of_the_exact_update(gone: tuple[int, ...], key: PRNGKeyArray) -> None:
    start, removed, target = parts(key, ns.removers.projective_residual(), *gone)
    span = design(small().rows)[list(gone)]
    projector = np.linalg.pinv(span) @ span
    np.testing.assert_allclose(removed - start, projector @ (target - start), atol=1e-4)
    # As many independent rows as parameters: the projection is the identity, and the update exact.
    assert (abs(removed - target).max() < 1e-4) == (len(gone) > 3)


@pytest.mark.parametrize("name", ["influence", "projective_residual", "deltagrad"])
def test_nothing_to_forget_changes_nothing(name: str, key: PRNGKeyArray) -> None:
    remover, learner = getattr(ns.removers, name)(), GD if name == "deltagrad" else RIDGE
    model = learner.fit(key, small().rows)
    np.testing.assert_allclose(remover(key, model, small().rows, mask()).params, model.params, atol=1e-5)


def test_the_projection_is_for_ridge(key: PRNGKeyArray) -> None:
    with pytest.raises(ValueError, match="is for ridge"):
        ns.removers.projective_residual()(key, GD.fit(key, small().rows), small().rows, mask(0))


def test_the_fisher_information_by_hand(key: PRNGKeyArray) -> None:
    rows = small().rows
    model = RIDGE.fit(key, rows)
    x, y = design(rows), np.asarray(rows.y, float)
    squares = (x[:, :, None] * (x @ np.asarray(model.params, float) - y)[:, None, :]) ** 2
    np.testing.assert_allclose(mean_squares(model, rows.without(mask(0))), squares[1:].mean(0).ravel(), rtol=1e-3)


def test_fisher_noise_has_its_scale_and_none_is_a_no_op(key: PRNGKeyArray) -> None:
    rows = small().rows
    model = RIDGE.fit(key, rows)
    still = ns.removers.fisher_forgetting(scale=0.0)(key, model, rows, mask(0))
    np.testing.assert_array_equal(still.params, model.params)
    remover = ns.removers.fisher_forgetting(scale=0.1, labels="data")
    drawn = jax.vmap(lambda k: remover(k, model, rows, mask(0)).params)(jax.random.split(key, 2000))
    spread = np.asarray((drawn - model.params).std(0))
    wanted = 0.1 * np.asarray(mean_squares(model, rows.without(mask(0)))).reshape(3, 2) ** -0.25
    np.testing.assert_allclose(spread, wanted, rtol=5 / np.sqrt(2 * 2000))


def test_where_no_row_needs_a_parameter_the_floor_holds_and_is_reported(key: PRNGKeyArray) -> None:
    rows = small().rows
    dead = ns.Rows(rows.x.at[:, 0].set(0), rows.y, rows.present)
    after = ns.removers.fisher_forgetting(scale=0.1, floor=1e-4)(key, RIDGE.fit(key, dead), dead, mask(0))
    assert float(after.record.floored) == pytest.approx(1 / 3)
    assert not np.isfinite(float(after.record.condition))
    assert bool(jnp.isfinite(after.params).all())
    assert float(abs(after.params).max()) < 0.1 * 1e-4**-0.25 * 6 + 3
    with pytest.raises(ValueError, match="floor"):
        ns.removers.fisher_forgetting(floor=0.0)
    with pytest.raises(ValueError, match="scale"):
        ns.removers.fisher_forgetting(scale=-1.0)


def test_the_path_is_recorded(key: PRNGKeyArray) -> None:
    rows, made = small().rows, GD.fit(key, small().rows)
    assert GD.schedule is not None
    by_hand = descend(np.zeros((3, 2)), rows, 4.0, 5, GD.schedule.rate)
    np.testing.assert_allclose(made.record.models[5], by_hand, atol=1e-5)
    np.testing.assert_allclose(made.record.gradients[5], gradient(by_hand, rows, 4.0), atol=1e-4)


def test_every_gradient_recomputed_is_retraining(key: PRNGKeyArray) -> None:
    rows = small().rows
    model, target = GD.fit(key, rows), GD.fit(key, rows.without(mask(0, 3)))
    exact = ns.removers.deltagrad(period=1)(key, model, rows, mask(0, 3))
    np.testing.assert_allclose(exact.params, target.params, atol=1e-6)
    np.testing.assert_allclose(exact.record.gradients, target.record.gradients, atol=1e-5)


def test_corrected_replay_is_nearer_than_what_it_corrects(key: PRNGKeyArray) -> None:
    rows = small().rows
    model, target = GD.fit(key, rows), GD.fit(key, rows.without(mask(0, 3))).params
    gaps = [
        float(abs(ns.removers.deltagrad(period=p)(key, model, rows, mask(0, 3)).params - target).max())
        for p in (3, 100)
    ]
    left = float(abs(model.params - target).max())
    assert 0 < gaps[0] <= gaps[1] < left / 20


def test_the_cache_is_refreshed_between_requests(key: PRNGKeyArray) -> None:
    rows, remover = small().rows, ns.removers.deltagrad(period=3)
    first = remover(key, GD.fit(key, rows), rows, mask(0))
    target = GD.fit(key, rows.without(mask(0, 3))).params
    second = remover(key, first, rows.without(mask(0)), mask(3)).params
    stale = ns.Trained(first.params, GD.fit(key, rows).record, GD)
    wrong = remover(key, stale, rows.without(mask(0)), mask(3)).params
    assert float(abs(second - target).max()) < 2e-3
    assert float(abs(wrong - target).max()) > 3 * float(abs(second - target).max())


def test_bfgs_meets_its_secant_equations() -> None:
    """On a quadratic with as many pairs as dimensions, along conjugate directions, B is the Hessian."""
    a = np.array([[2.0, 0.5], [0.5, 1.0]])
    s = np.array([[1.0, 0.0], [-0.25, 1.0]])
    assert s[0] @ a @ s[1] == 0
    y = s @ a
    for v in np.eye(2):
        np.testing.assert_allclose(bfgs(jnp.asarray(s), jnp.asarray(y), jnp.asarray(v)), a @ v, atol=1e-6)
    with pytest.raises(ValueError, match="no path"):
        ns.removers.deltagrad()(jax.random.key(0), RIDGE.fit(jax.random.key(0), small().rows), small().rows, mask(0))


@pytest.mark.parametrize("name", ["influence", "newton"])
def test_conjugate_gradient_takes_the_direct_step(name: str, key: PRNGKeyArray) -> None:
    make = getattr(ns.removers, name)
    start, direct, _ = parts(key, make(), 0, 7)
    _, iterated, _ = parts(key, make(iterations=30), 0, 7)
    _, short, _ = parts(key, make(iterations=1), 0, 7)
    np.testing.assert_allclose(iterated, direct, atol=2e-5)
    assert abs(short - direct).max() > 0.01 * abs(start - direct).max()


@pytest.mark.parametrize("name", ["influence", "newton"])
def test_a_hessian_too_wide_is_refused_with_the_way_out(name: str, key: PRNGKeyArray) -> None:
    rows, wide = small().rows, ns.learners.mlp(hidden=512, epochs=1)
    model, make = jax.jit(wide.fit)(key, rows), getattr(ns.removers, name)
    with pytest.raises(ValueError, match="takes iterations"):
        make()(key, model, rows, mask(0))
    moved = jax.jit(lambda: make(1.0, 5)(key, model, rows, mask(0)).params)()
    assert all(bool(jnp.isfinite(leaf).all()) for leaf in jax.tree.leaves(moved))
