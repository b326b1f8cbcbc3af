"""SISA removal: train the shards that held S again, from the checkpoint before S."""

import jax.numpy as jnp
from jaxtyping import Array, Bool, PRNGKeyArray

from ....formal.definitions._scenario import Rows
from ..._factory import factory
from ...base import Guarantee, Remover, Trained
from ...learners._sharded import ShardModels, places, restaged, sisa

_EXACT = Guarantee(
    "untraining", ("the learner is sisa", "shards and slices do not depend on S", "the record is A(D)'s own"),
    lambda delta: 0.0,
)  # fmt: skip


@factory
def sisa_removal() -> Remover:
    """Train each shard that held rows of S again, from the checkpoint before the first slice with one of them.

    Earlier checkpoints and other shards never saw S, and have the law they have in A(D∖S); what is trained again is
    trained with fresh randomness, as A would from there. So the removed models have the law of A(D∖S), all shards
    together: untraining at (0, 0) against SISA training, and against nothing else. The same is true of each of a
    sequence of requests, in whatever order the rows of one S go: what they change is trained again after the last of
    them. An S that is itself chosen by the published models is another matter (Gupta et al. 2021, arXiv 2106.04378).

    Returns:
        The remover; it needs a model of `learners.sisa`, whose record it keeps up to date.

    Raises:
        ValueError: when run, the model has no such record.

    Cost: the stages from that slice on, in the shards affected; all of them as compiled. Source: Bourtoule et al. 2021
    (arXiv 1912.03817).

    >>> sisa_removal().guarantee.epsilon(0.0)
    0.0
    """

    def remove(key: PRNGKeyArray, trained: Trained, rows: Rows, forget: Bool[Array, " n"]) -> Trained:
        previous = trained.record
        if not isinstance(previous, ShardModels):
            raise ValueError(f"sisa_removal: the model of {trained.learner} has no shards; train it by learners.sisa")
        record = restaged(key, rows.without(forget), previous, first_stage(rows.only(forget), previous))
        return Trained(record.models[:, -1], record, trained.learner)

    return Remover(remove, "sisa_removal", "untraining", _EXACT, made_for=sisa())


def first_stage(gone: Rows, previous: ShardModels) -> Array:
    """For each shard the first slice with a row of S; `slices` where there is none.

    >>> import jax.numpy as jnp
    >>> from neverseen.algorithms.learners._sharded import Sharding
    >>> gone = Rows(jnp.ones((2, 1)), jnp.zeros(2), jnp.zeros(2, bool))
    >>> first_stage(gone, ShardModels(jnp.zeros((1, 4, 2, 2)), Sharding(1, 3, 1, 8, 0.1, 0.0))).tolist()
    [3]
    """
    shard, part = places(gone, previous.plan)
    affected = gone.present & (shard == jnp.arange(previous.plan.shards)[:, None])
    return jnp.where(affected, part, previous.plan.slices).min(1)
