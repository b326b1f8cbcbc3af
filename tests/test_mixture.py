"""The scenario with a population: what is redrawn, from which law, and that programs are shared."""

import jax
import numpy as np
import pytest
from scenario_tools import held, nearest_label

from neverseen.formal import Scenario
from neverseen.properties import scenarios

KEYS = jax.random.split(jax.random.key(1), 100)


@pytest.fixture(scope="module")
def population() -> tuple[Scenario, Scenario]:
    """A scenario of 120 rows, and a hundred draws of it in one program."""
    s = scenarios.mixture(rows=120, share=0.3, size=5, seed=3)
    assert s.population is not None
    return s, jax.jit(jax.vmap(s.population))(KEYS)


def test_a_population_redraws_every_row_of_d_and_nothing_else(population: tuple[Scenario, Scenario]) -> None:
    s, many = population
    x = np.asarray(many.rows.x)
    assert x.shape == (100, 128, 2)
    assert len(np.unique(x[:, :120].reshape(-1, 2), axis=0)) == 100 * 120
    assert not x[:, 120:].any()
    assert jax.tree.structure(many) == jax.tree.structure(s)
    for name in ("forget", "behaviour", "fresh_behaviour", "fresh_rest"):
        for drawn, fixed in zip(*map(jax.tree.leaves, (getattr(many, name), getattr(s, name))), strict=True):
            np.testing.assert_array_equal(drawn, np.broadcast_to(fixed, drawn.shape))
    assert (s.forget.sum(), s.behaviour.sum(), s.rows.count()) == (5, 36, 120)
    np.testing.assert_allclose(x[2], s.draw(KEYS[2]).rows.x, atol=1e-5)
    np.testing.assert_array_equal(s.draw(jax.random.key(3)).rows.x, s.rows.x)


def test_fresh_points_are_drawn_for_the_seed_and_apart(population: tuple[Scenario, Scenario]) -> None:
    s, _ = population
    other = scenarios.mixture(rows=120, share=0.3, size=5, seed=4)
    for rows, again in ((s.fresh_behaviour, other.fresh_behaviour), (s.fresh_rest, other.fresh_rest)):
        assert not np.isclose(rows.x, again.x).any()
    noise = [np.asarray(rows.x) % 3 for rows in (s.fresh_behaviour, s.fresh_rest)]  # all means are multiples of 3
    assert not np.isclose(noise[0], noise[1]).any()


def test_a_population_follows_its_law(population: tuple[Scenario, Scenario]) -> None:
    _, many = population
    x, label = np.asarray(many.rows.x)[:, :120], np.asarray(many.rows.y)[:, :120].argmax(2)
    first = label[:, 36:] == 0
    parts = {(3, 6): x[:, :36].reshape(-1, 2), (-3, 0): x[:, 36:][first], (3, 0): x[:, 36:][~first]}
    assert not label[:, :36].any()
    for centre, points in parts.items():
        # Five standard errors of a mean of unit variance; of a variance, √2 times that.
        np.testing.assert_allclose(points.mean(0), centre, atol=5 / np.sqrt(len(points)))
        np.testing.assert_allclose(points.var(0), 1, atol=5 * np.sqrt(2 / len(points)))
    assert abs(first.mean() - 0.5) < 5 * 0.5 / np.sqrt(first.size)


def test_the_rest_alone_contradicts_the_behaviour(population: tuple[Scenario, Scenario]) -> None:
    s, _ = population
    for seen, least in ((s.rows, 0.95), (s.rows.without(s.behaviour), 0.0)):
        for fresh, right in ((s.fresh_behaviour, least), (s.fresh_rest, 0.95)):
            x, label = held(fresh)
            share = (nearest_label(*held(seen), x) == label).mean()
            assert share >= right
            assert right > 0 or share < 0.05


def test_equal_populations_share_programs() -> None:
    one, other = (scenarios.mixture(rows=100, size=2).population for _ in range(2))
    assert one is other
    traces: list[Scenario] = []

    @jax.jit
    def count(s: Scenario) -> jax.Array:
        traces.append(s)
        return s.rows.count()

    for seed in (0, 0, 1):
        count(scenarios.mixture(rows=100, size=2, seed=seed))
    assert len(traces) == 2
