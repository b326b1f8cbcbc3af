"""Kernel ridge in plain NumPy, its limits, and DP-SGD's clipping and noise."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from certified_tools import mask, small
from jaxtyping import PRNGKeyArray

import neverseen as ns


def test_kernel_ridge_by_hand(key: PRNGKeyArray) -> None:
    rows, learner = small().rows.without(mask(3, 8)), ns.learners.kernel_ridge(0.3, 0.7)
    present = np.asarray(rows.present)
    x, y = np.asarray(rows.x, float)[present], np.asarray(rows.y, float)[present]
    gram = np.exp(-0.7 * ((x[:, None] - x[None]) ** 2).sum(-1))
    alpha = np.linalg.solve(gram + 0.3 * np.eye(14), y)
    model = learner.fit(key, rows).params
    np.testing.assert_allclose(model["alpha"][present], alpha, atol=1e-4)
    assert not np.asarray(model["alpha"])[~present].any()
    np.testing.assert_allclose(learner.apply(model, rows.x[present]), gram @ alpha, atol=1e-4)
    value = 0.5 * ((gram @ alpha - y) ** 2).sum() + 0.15 * (alpha * (gram @ alpha)).sum()
    assert float(learner.objective(model, rows)) == pytest.approx(value, rel=1e-4)


def test_little_penalty_interpolates_and_much_gives_nothing(key: PRNGKeyArray) -> None:
    rows = small().rows
    near, far = (ns.learners.kernel_ridge(penalty, 5.0) for penalty in (1e-4, 1e6))
    assert float(near.row_losses(near.fit(key, rows).params, rows).max()) < 1e-3
    assert float(abs(far.apply(far.fit(key, rows).params, rows.x)).max()) < 1e-4
    with pytest.raises(ValueError, match="width"):
        ns.learners.kernel_ridge(width=0.0)


def test_dp_sgd_clips_and_its_noise_has_its_scale(key: PRNGKeyArray) -> None:
    rows = small().rows
    big = ns.Rows(rows.x * 100, rows.y, rows.present)
    quiet, loud = (ns.learners.dp_sgd(steps=1, batch=8, rate=1.0, clip=0.5, multiplier=m) for m in (0.0, 3.0))
    assert float(jnp.linalg.norm(quiet.fit(key, big).params)) <= 0.5 + 1e-5
    keys = jax.random.split(key, 3000)
    drawn = ns.pools.draw(loud, ns.Rows(rows.x, rows.y, jnp.zeros(16, bool)), keys).params
    assert float(drawn.std()) == pytest.approx(3.0 * 0.5 / 8, rel=5 / np.sqrt(2 * 18000))
    with pytest.raises(ValueError, match="clip"):
        ns.learners.dp_sgd(clip=0.0)
