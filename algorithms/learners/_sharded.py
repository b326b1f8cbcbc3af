"""SISA training: shards trained apart, slice after slice, with a checkpoint before each."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Int, PRNGKeyArray

from ...formal._pytree import pytree
from ...formal._types import Real
from ...formal.definitions._scenario import Rows
from .._factory import factory
from ..base import Learner, Trained, cross_entropy
from ._descent import descend, steps_for
from ._projected import origin
from ._ridge import affine, linear


@dataclasses.dataclass(frozen=True)
class Sharding:
    """How SISA divides rows and trains on them; see `sisa`.

    >>> Sharding(2, 2, 1, 8, 0.1, 0.0).slices
    2
    """

    shards: int
    slices: int
    epochs: Real
    batch: int
    rate: Real
    penalty: Real


@pytree(static=("plan",))
class ShardModels:
    """What SISA keeps: every shard's models before each stage and after the last.

    Args:
        models: `[shards, slices + 1, d + 1, c]`.
        plan: how they were trained.

    >>> import jax.numpy as jnp
    >>> ShardModels(jnp.zeros((1, 2, 3, 2)), Sharding(1, 1, 1, 8, 0.1, 0.0)).models.shape
    (1, 2, 3, 2)
    """

    models: Float[Array, "*runs shards stages d c"]
    plan: Sharding


@factory
def sisa(
    shards: int = 2, slices: int = 2, epochs: Real = 6, batch: int = 8, rate: Real = 0.3, penalty: Real = 0.1
) -> Learner:
    r"""Sharded, isolated, sliced, aggregated training of logistic regression; one-hot targets.

    Each row belongs to one shard and one slice, by a hash of its own inputs: whatever else is in D, and whatever is
    deleted. Each shard trains from zero by minibatch SGD on $\frac1{|B|}\sum_B \mathrm{CE} +
    \frac{\Lambda}{2n}\|W\|^2$, first on its first slice, then on its first two, …, so many epochs in each stage, and
    keeps its model before each stage. Scores are the mean over shards. Batches are drawn with replacement, by a key of
    the shard and the stage.

    Args:
        shards: K ≥ 1.
        slices: R ≥ 1 in each shard.
        epochs: passes in each stage over the rows it sees.
        batch: rows in a minibatch.
        rate: step size.
        penalty: Λ ≥ 0.

    Returns:
        The learner; parameters `[shards, d + 1, c]`, record `ShardModels`.

    Raises:
        ValueError: shards or slices below 1.

    Source: Bourtoule et al. 2021 (arXiv 1912.03817), where shards are drawn; a hash fixes them before S is known.

    >>> sisa(shards=3)
    sisa(shards=3, slices=2, epochs=6, batch=8, rate=0.3, penalty=0.1)
    """
    if shards < 1 or slices < 1:
        raise ValueError(f"sisa: shards {shards} and slices {slices} must be at least 1")
    plan = Sharding(shards, slices, epochs, batch, rate, penalty)

    def fit(key: PRNGKeyArray, rows: Rows) -> Trained:
        blank = jnp.zeros((shards, slices + 1, *origin(rows).shape))
        record = restaged(key, rows, ShardModels(blank, plan), jnp.zeros(shards, int))
        return Trained(record.models[:, -1], record, learner)

    def squares(params: Any) -> Array:
        return penalty / 2 * jnp.sum(params**2)

    name = (
        f"sisa(shards={shards}, slices={slices}, epochs={epochs:g}, batch={batch}, rate={rate:g}, penalty={penalty:g})"
    )
    learner = Learner(fit, _mean_scores, cross_entropy, squares, name, logits=True, numeric=True)
    return learner


def places(rows: Rows, plan: Sharding) -> tuple[Int[Array, " n"], Int[Array, " n"]]:
    """The shard and the slice of every row, by a hash of its inputs' bits.

    >>> import jax.numpy as jnp
    >>> rows = Rows(jnp.array([[1.0], [2.0], [1.0]]), jnp.zeros(3), jnp.ones(3, bool))
    >>> shard, part = places(rows, Sharding(5, 7, 1, 8, 0.1, 0.0))
    >>> bool(shard[0] == shard[2]), bool(part[0] == part[2])
    (True, True)
    """
    # Adding 0 makes −0 and 0 one number; odd multipliers keep every bit.
    flat = rows.x.reshape(rows.x.shape[0], -1).astype(jnp.float32) + 0.0
    bits = jax.lax.bitcast_convert_type(flat, jnp.uint32)
    odd = np.random.default_rng(0).integers(0, 2**31, flat.shape[1], np.uint32) * 2 + 1
    mixed = ((bits ^ (bits >> 15)) * odd).sum(1, dtype=jnp.uint32)
    mixed = (mixed ^ (mixed >> 16)) * jnp.uint32(0x45D9F3B)
    mixed = mixed ^ (mixed >> 16)
    return (mixed % plan.shards).astype(int), (mixed // plan.shards % plan.slices).astype(int)


def restaged(key: PRNGKeyArray, rows: Rows, previous: ShardModels, first: Int[Array, " shards"]) -> ShardModels:
    """Train each shard again from the checkpoint before its stage `first`; stages before it stay as they are.

    Args:
        key: one part goes to each stage of each shard.
        rows: what to train on.
        previous: the checkpoints to start from.
        first: for each shard the stage to begin with; `slices` leaves the shard as it is.

    >>> import jax, jax.numpy as jnp
    >>> rows = Rows(jnp.ones((2, 1)), jnp.eye(2), jnp.ones(2, bool))
    >>> model = sisa().fit(jax.random.key(0), rows)
    >>> same = restaged(jax.random.key(1), rows, model.record, jnp.array([2, 2]))
    >>> bool((same.models == model.record.models).all())
    True
    """
    plan = previous.plan
    shard, part = places(rows, plan)

    def one(k: Array, models: Array, begin: Array) -> Array:
        path = [models[0]]
        for stage in range(plan.slices):
            visible = rows.only((shard == k) & (part <= stage))
            fit_key = jax.random.fold_in(key, k * plan.slices + stage)
            path.append(jnp.where(stage >= begin, _stage(fit_key, path[-1], visible, plan), models[stage + 1]))
        return jnp.stack(path)

    return ShardModels(jax.vmap(one)(jnp.arange(plan.shards), previous.models, first), plan)


def _stage(key: PRNGKeyArray, params: Array, rows: Rows, plan: Sharding) -> Array:
    """SGD for so many epochs over the rows; none where there are none."""
    count = jnp.maximum(rows.count(), 1)

    def objective(w: Array, sample: Rows) -> Array:
        losses = jnp.where(sample.present, cross_entropy(linear(w, sample.x), sample.y), 0)
        return losses.mean() + plan.penalty / 2 * (w**2).sum() / count

    due, longest = steps_for(plan.epochs, rows, plan.batch)
    return descend(
        key, params, (rows,), objective, optimiser=optax.sgd(plan.rate), batch=plan.batch, due=due, longest=longest
    )


def _mean_scores(params: Float[Array, "shards d c"], x: Float[Array, "m ..."]) -> Float[Array, "m c"]:
    return jnp.einsum("kdc,md->mc", params, affine(x)) / params.shape[0]
