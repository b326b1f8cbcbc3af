"""SISA: what did not see S stays, what did is trained again, and the law is that of SISA training without S."""

import functools

import jax
import numpy as np
import pytest
from certified_tools import mask, small
from jaxtyping import PRNGKeyArray

import neverseen as ns
from neverseen.algorithms.learners._sharded import places, restaged
from neverseen.algorithms.removers.exact._sharded import first_stage

LEARNER = ns.learners.sisa(shards=3, slices=2, epochs=2, batch=4)


@functools.lru_cache
def model(seed: int = 0) -> ns.Trained:
    return jax.jit(LEARNER.fit)(jax.random.key(seed), small().rows)


remove = jax.jit(lambda key, trained, rows, forget: ns.removers.sisa_removal()(key, trained, rows, forget))


def test_places_depend_on_the_row_alone() -> None:
    rows, plan = small().rows, model().record.plan
    shard, part = places(rows, plan)
    turned = ns.Rows(rows.x[::-1], rows.y[::-1], rows.present)
    np.testing.assert_array_equal(places(turned, plan)[0][::-1], shard)
    np.testing.assert_array_equal(places(rows.without(mask(0, 1)), plan)[1], part)
    assert set(np.asarray(shard).tolist()) == {0, 1, 2}
    assert set(np.asarray(part).tolist()) == {0, 1}


@pytest.mark.parametrize("row", range(0, 16, 3))
def test_with_the_key_of_training_it_is_training_without_s(row: int) -> None:
    """Bit for bit: the stages kept are those that never saw S."""
    rows, forget = small().rows, mask(row)
    anew = jax.jit(LEARNER.fit)(jax.random.key(0), rows.without(forget))
    np.testing.assert_array_equal(remove(jax.random.key(0), model(), rows, forget).record.models, anew.record.models)
    assert float(abs(anew.params - model().params).max()) > 1e-4


@pytest.mark.parametrize("row", range(0, 16, 5))
def test_only_what_saw_s_is_trained_again(row: int, key: PRNGKeyArray) -> None:
    rows, forget = small().rows, mask(row)
    shard, part = (int(a[row]) for a in places(rows, model().record.plan))
    after = np.asarray(remove(key, model(), rows, forget).record.models)
    before = np.asarray(model().record.models)
    changed = np.any(after != before, (2, 3))
    expected = np.zeros((3, 3), bool)
    expected[shard, part + 1 :] = True
    np.testing.assert_array_equal(changed, expected)
    assert first_stage(rows.only(forget), model().record).tolist()[shard] == part


def test_nothing_to_forget_trains_nothing(key: PRNGKeyArray) -> None:
    after = remove(key, model(), small().rows, mask())
    np.testing.assert_array_equal(after.record.models, model().record.models)


def test_a_sequence_is_served_from_the_updated_record() -> None:
    rows = small().rows
    first = remove(jax.random.key(0), model(), rows, mask(2))
    second = remove(jax.random.key(0), first, rows.without(mask(2)), mask(7))
    anew = jax.jit(LEARNER.fit)(jax.random.key(0), rows.without(mask(2, 7)))
    np.testing.assert_array_equal(second.params, anew.params)


def test_a_stale_checkpoint_is_refuted_and_the_right_one_is_not() -> None:
    """Starting one stage too late keeps a stage that saw S."""
    scenario, claim = small(3), ns.Untraining(0.1, 0.05)

    def late(key: PRNGKeyArray, trained: ns.Trained, rows: ns.Rows, forget: jax.Array) -> ns.Trained:
        kept = trained.record
        record = restaged(key, rows.without(forget), kept, first_stage(rows.only(forget), kept) + 1)
        return ns.Trained(record.models[:, -1], record, trained.learner)

    still = ns.Remover(late, "sisa from too late a checkpoint")
    learner = ns.learners.sisa(shards=1, slices=2, epochs=8, batch=16, penalty=0.1)
    assert ns.check(claim, still, learner, scenario, budget=256).status is ns.Status.REFUTED
    assert ns.check(claim, ns.removers.sisa_removal(), learner, scenario, budget=128).status is not ns.Status.REFUTED


def test_against_monolithic_training_it_is_refuted(key: PRNGKeyArray) -> None:
    scenario, keys = small(), jax.random.split(key, 200)
    plain = ns.learners.sisa(shards=1, slices=1, epochs=2, batch=4)

    def losses(learner: ns.Learner, params: jax.Array) -> np.ndarray:
        rows = scenario.rows.only(scenario.forget)
        return np.asarray(jax.vmap(lambda p: learner.mean_loss(p, rows))(params), np.float64)

    many = ns.pools.draw(LEARNER, scenario.rows, keys)
    removed = jax.jit(jax.vmap(lambda k, m: remove(k, m, scenario.rows, scenario.forget)))(keys[::-1], many)
    kept = scenario.rows.without(scenario.forget)
    same, other = (ns.pools.draw(a, kept, keys).params for a in (LEARNER, plain))
    claim, arm = ns.Untraining(0.1, 0.05), losses(LEARNER, removed.params)
    assert ns.check_samples(claim, arm, losses(plain, other)).status is ns.Status.REFUTED
    assert ns.check_samples(claim, arm, losses(LEARNER, same), paired=True).status is not ns.Status.REFUTED


def test_a_model_without_shards_is_refused(key: PRNGKeyArray) -> None:
    scenario = small()
    plain = ns.learners.ridge().fit(key, scenario.rows)
    with pytest.raises(ValueError, match="no shards"):
        ns.removers.sisa_removal()(key, plain, scenario.rows, scenario.forget)
    with pytest.raises(ValueError, match="is not in"):
        ns.learners.sisa(shards=0)
