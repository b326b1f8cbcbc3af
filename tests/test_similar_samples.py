"""Similar samples: exact retraining without S keeps what near-copies of S taught, on the mean over seeds."""

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import neverseen as ns
from neverseen.algorithms.removers.wrappers._neighbours import near

SIZE, SEEDS, CLEAN, RADIUS = 6, 16, 70, 0.35
LEARNER = ns.learners.kernel_ridge(penalty=0.05, width=2.0)
CELLS = ((0, 0.1), (1, 0.1), (3, 0.0), (3, 0.1), (3, 0.8))


def scenario(k: int, s: float, seed: int) -> ns.Scenario:
    """S are mislabelled rows, S_full they and k copies of each; the rows before the copies are the same for all k."""
    kind = "near-duplicates" if k else "mislabelled"
    return ns.scenarios.blobs(
        kind, SIZE, SIZE * (k + 1), CLEAN + SIZE * k, seed, separation=6.0, copies=max(k, 1), jitter=s
    )


def columns(rows: ns.Rows, forget: Any, behaviour: Any) -> Any:
    """Accuracy on S's labels under A(D), A(D∖S), A(D∖S_full), and A without S's neighbourhood."""

    def kept(gone: Any) -> Any:
        params = LEARNER.fit(jax.random.key(0), rows.without(gone)).params
        return LEARNER.apply(params, rows.x).argmax(1) == rows.y.argmax(1)

    arms = jnp.stack([jnp.zeros_like(forget), forget, behaviour, forget | near(rows, forget, RADIUS)])
    return (jax.vmap(kept)(arms) & forget).sum(1) / forget.sum()


@functools.cache
def table() -> dict[tuple[int, float], Any]:
    """Means over seeds `[4]` for each cell, all in one program."""
    cases = [scenario(*cell, seed) for cell in CELLS for seed in range(SEEDS)]
    given = jax.tree.map(lambda *leaves: jnp.stack(leaves), *[(c.rows, c.forget, c.behaviour) for c in cases])
    found = np.asarray(jax.jit(jax.vmap(columns))(*given)).reshape(len(CELLS), SEEDS, 4)
    return dict(zip(CELLS, found.mean(1), strict=True))


def test_what_is_left_rises_with_the_number_of_copies() -> None:
    left = [table()[k, 0.1][1] for k in (0, 1, 3)]
    assert left[0] < 0.05
    assert left[-1] > 0.9
    assert (np.diff(left) > 0.1).all()


def test_what_is_left_falls_with_their_distance() -> None:
    left = [table()[3, s][1] for s in (0.0, 0.1, 0.8)]
    assert left[0] >= left[1] > left[2] + 0.2


def test_retraining_without_s_full_leaves_nothing_and_the_original_has_learnt_it() -> None:
    for (k, s), (original, _, full, _) in table().items():
        assert full < 0.05
        assert original > 0.4, (k, s)


def test_the_neighbourhood_is_a_remedy_for_copies_within_its_radius_only() -> None:
    assert table()[3, 0.1][3] < 0.15 < 0.4 < table()[3, 0.1][1]
    assert table()[3, 0.8][3] > 0.5 * table()[3, 0.8][1]


def test_the_remedy_is_the_remover() -> None:
    s = scenario(3, 0.1, 0)
    remover = ns.removers.with_neighbours(radius=RADIUS)
    key = jax.random.key(0)
    made = jax.jit(lambda rows, forget: remover(key, LEARNER.fit(key, rows), rows, forget))(s.rows, s.forget)
    assert made.params["present"].tolist() == (s.rows.present & ~near(s.rows, s.forget, RADIUS) & ~s.forget).tolist()


def test_leave_one_out_by_retraining_is_the_closed_form() -> None:
    """f_{−i}(x_i) = y_i − α_i / [(K + ΛI)⁻¹]_ii, from one inverse: an independent route to memorisation."""
    s = scenario(1, 0.1, 0)
    here = np.asarray(s.rows.present)
    x, y = np.asarray(s.rows.x, float)[here], np.asarray(s.rows.y, float)[here]
    inverse = np.linalg.inv(np.exp(-2.0 * ((x[:, None] - x) ** 2).sum(-1)) + 0.05 * np.eye(len(x)))
    closed = y - inverse @ y / np.diag(inverse)[:, None]

    @jax.jit
    def alone(row: Any) -> Any:
        params = LEARNER.fit(jax.random.key(0), s.rows.without(jnp.arange(len(here)) == row)).params
        return LEARNER.apply(params, s.rows.x[row][None])[0]

    for row in np.flatnonzero(s.forget):
        np.testing.assert_allclose(alone(row), closed[row], atol=1e-3)


@pytest.mark.parametrize("s", [0.0, 0.1])
def test_copies_lie_at_their_distance(s: float) -> None:
    made = scenario(3, s, 0)
    x, full = np.asarray(made.rows.x), np.flatnonzero(made.behaviour)
    copies = np.setdiff1d(full, np.flatnonzero(made.forget))
    away = np.linalg.norm(x[copies][:, None] - x[np.flatnonzero(made.forget)], axis=2).min(1)
    assert (away.max() == 0) if s == 0 else (0.3 * s < away.mean() < 2.5 * s)
