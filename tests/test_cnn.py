"""The convolutional learner: the images it takes, the model it fits, the contract of every learner."""

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen
from jax import lax
from jaxtyping import Array, PRNGKeyArray

import neverseen as ns
from neverseen.algorithms.learners._cnn import Convolutions, images
from neverseen.algorithms.learners._ridge import affine
from neverseen.algorithms.pools._draw import removal
from neverseen.algorithms.pools._map_over_runs import vmapped
from neverseen.algorithms.removers import REMOVERS
from neverseen.algorithms.removers._layers import features, head
from neverseen.properties.runs._quick import quickly

SHORT = ns.learners.cnn(channels=(2, 3), epochs=2, batch=4)


def drawn(n: int, *shape: int) -> ns.Rows:
    rng = np.random.default_rng(1)
    x = jnp.asarray(rng.normal(size=(n, *shape)), jnp.float32)
    return ns.Rows(x, jnp.eye(3)[rng.integers(0, 3, n)], jnp.ones(n, bool))


fitted = quickly(lambda key, rows: SHORT.fit(key, rows).params)


def leaves_of(key: PRNGKeyArray, rows: ns.Rows) -> list[Array]:
    return jax.tree.leaves(fitted(key, rows))


def test_flat_square_and_channelled_images_train_alike(key: PRNGKeyArray) -> None:
    flat = drawn(8, 64)
    square, full = (ns.Rows(flat.x.reshape(8, 8, 8, *c), flat.y, flat.present) for c in ((), (1,)))
    first, second, third = (leaves_of(key, rows) for rows in (flat, square, full))
    assert all(bool((a == b).all() and (a == c).all()) for a, b, c in zip(first, second, third, strict=True))


def test_images_of_several_channels_and_uneven_sides(key: PRNGKeyArray) -> None:
    rows = drawn(6, 5, 7, 2)
    params = fitted(key, rows)
    assert params["params"]["convolution_0"]["kernel"].shape == (3, 3, 2, 2)
    assert jax.eval_shape(SHORT.apply, params, rows.x).shape == (6, 3)


@pytest.mark.parametrize("shape", [(63,), (), (2, 2, 2, 2)])
def test_rows_that_are_no_images_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="not images; give"):
        images(jnp.zeros((4, *shape)))


def test_images_too_small_for_the_network_are_refused(key: PRNGKeyArray) -> None:
    with pytest.raises(ValueError, match="3×3 cannot be halved 2 times"):
        SHORT.fit(key, drawn(4, 9))


def test_whole_class_numbers_are_refused(key: PRNGKeyArray) -> None:
    rows = drawn(4, 64)
    with pytest.raises(ValueError, match="one-hot"):
        SHORT.fit(key, ns.Rows(rows.x, rows.y.argmax(-1), rows.present))


def test_masked_rows_train_as_removed_ones_do(key: PRNGKeyArray) -> None:
    rows, present = drawn(12, 64), np.arange(12) % 3 > 0
    masked = ns.Rows(jnp.asarray(np.where(present[:, None], rows.x, np.float32(50))), rows.y, jnp.asarray(present))
    removed = ns.Rows(rows.x[present], rows.y[present], jnp.ones(8, bool))
    for a, b in zip(leaves_of(key, masked), leaves_of(key, removed), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


def test_the_network_is_flax_s_own_with_other_means(key: PRNGKeyArray) -> None:
    x = drawn(5, 8, 8).x[..., None]
    model = Convolutions((2, 3), 3)
    params: Any = quickly(model.init)(key, x)

    def plainly(x: Array) -> Array:
        for i in range(2):
            layer = params["params"][f"convolution_{i}"]
            x = lax.conv_general_dilated(x, layer["kernel"], (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))
            x = linen.max_pool(linen.relu(x + layer["bias"]), (2, 2), (2, 2))
        return x.reshape(5, -1) @ params["params"]["head"]["kernel"] + params["params"]["head"]["bias"]

    ours, theirs = quickly(lambda x: (model.apply(params, x), plainly(x)))(x)
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_it_learns_digits(key: PRNGKeyArray) -> None:
    scenario, learner = ns.scenarios.digits(), ns.learners.cnn(channels=(8, 16), epochs=6)
    params = jax.jit(lambda k, r: learner.fit(k, r).params)(key, scenario.rows)
    fresh = scenario.fresh_rest
    hits = learner.apply(params, fresh.x).argmax(-1) == fresh.y.argmax(-1)
    assert float((hits & fresh.present).sum() / fresh.present.sum()) >= 0.9


def test_the_units_below_the_head_are_those_it_is_given(key: PRNGKeyArray) -> None:
    scenario = ns.scenarios.digits(size=4, rows=64)
    params = jax.jit(ns.learners.cnn(channels=(4, 6), epochs=1, batch=16).fit)(key, scenario.rows).params
    units = features(params, scenario.rows.x)
    assert units.shape == (64, 6 * 2 * 2)
    scores = ns.learners.cnn(channels=(4, 6)).apply(params, scenario.rows.x)
    np.testing.assert_allclose(affine(units) @ head(params), scores, atol=1e-5)


NOT_HERE = {
    "amnesiac": "keeps no log of its updates",
    "stale_state": "records no optimiser state",
    **{name: "declares no output noise" for name in REMOVERS if name.startswith("noisy")},
}
"""What needs another learner, and says so."""


@functools.cache
def models_of_images() -> Any:
    scenario, learner = ns.scenarios.digits(size=4, rows=64), ns.learners.cnn(channels=(4,), epochs=1, batch=16)
    keys = jax.random.split(jax.random.key(0), 2)
    return scenario, keys, jax.eval_shape(vmapped(learner.fit, 1), keys, scenario.rows)


@pytest.mark.parametrize("name", sorted(name for name in REMOVERS if REMOVERS[name]().made_for is None))
def test_every_remover_of_any_learner_serves_networks_of_images(name: str) -> None:
    remover, (scenario, keys, models) = REMOVERS[name](), models_of_images()
    if name in ("influence", "newton"):
        remover = getattr(ns.removers, name)(iterations=2)
    extra = {need: getattr(scenario, need) for need in remover.needs}
    given = (keys, models, scenario.rows, scenario.forget, extra)
    if name in NOT_HERE:
        with pytest.raises(ValueError, match=NOT_HERE[name]):
            jax.eval_shape(vmapped(removal(remover), 2), *given)
        return
    made = jax.eval_shape(vmapped(removal(remover), 2), *given)
    shapes = [leaf.shape for leaf in jax.tree.leaves(made.params)]
    assert shapes == [leaf.shape for leaf in jax.tree.leaves(models.params)]
