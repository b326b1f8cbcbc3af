"""The last step of certified removers: a deterministic model, published with the learner's own noise."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, PRNGKeyArray

from ....formal._pytree import pytree
from ....formal.definitions._scenario import Rows
from ..._own import own
from ...base import Guarantee, Learner, Remover, Trained
from ...learners._noisy import perturbed


@pytree()
class RemovalState:
    """What a certified remover keeps for the next request.

    Args:
        exact: the model before its noise: the next request starts here. It is not covered by the guarantee.
        point: the checkpoint to rewind to, where the method has one.
        deleted: rows deleted since training.
        error_bound: the accumulated bound on ‖exact − centre of A(rows left)‖ that the method works with.
        retrained: whether the last request broke a declared bound and was served by retraining.

    >>> import jax.numpy as jnp
    >>> initial_state(jnp.zeros(2), 0.0).deleted.tolist()
    0
    """

    exact: Any
    point: Any
    deleted: Array
    error_bound: Array
    retrained: Array


Step = Callable[[RemovalState, Rows, Array], tuple[Any, Array, Array]]
"""`(state, rows, forget) -> (model, error_bound, whether all declared bounds hold)`."""


def initial_state(record: Any, slack: float) -> RemovalState:
    """The state after training, from what the learner recorded: its model before the noise, perhaps with a checkpoint.

    >>> initial_state((1.0, 2.0), 0.0).point
    2.0
    """
    exact, point = record if isinstance(record, tuple) else (record, None)
    return RemovalState(exact, point, jnp.zeros((), int), jnp.asarray(float(slack)), jnp.zeros((), bool))


def publishing(
    name: str,
    learner: Learner,
    guarantee: Guarantee,
    step: Step,
    *,
    slack: float = 0.0,
    restore: Callable[[Any, Rows], Any] | None = None,
) -> Remover:
    """A remover that publishes a deterministic model plus the learner's noise, fresh.

    Where a request breaks a declared bound, the model is A(D∖S)'s own centre and the record says `retrained`: the
    published law keeps the guarantee, at the cost of training again.

    Args:
        name: for sentences.
        learner: with a deterministic centre and its noise declared; any other is refused when run.
        guarantee: what is claimed.
        step: the method.
        slack: of a freshly trained model.
        restore: `(centre of A(D), rows) -> record`, where training records more than the centre.

    Returns:
        The remover, with the centre of its output law declared.

    >>> import neverseen as ns
    >>> ns.removers.newton_noise().centre_random
    False
    """
    noise = learner.noise
    assert noise is not None

    def serve(state: RemovalState, rows: Rows, forget: Bool[Array, " n"]) -> RemovalState:
        retained = rows.without(forget)
        count = state.deleted + rows.only(forget).count()
        model, bound, holds = step(state, rows, forget)
        # The centre is deterministic: its key is not looked at.
        anew = noise.centre(jax.random.key(0), retained)
        exact = jax.tree.map(lambda a, b: jnp.where(holds, a, b), model, anew)
        return RemovalState(exact, state.point, count, jnp.where(holds, bound, float(slack)), ~holds)

    def centre(key: PRNGKeyArray, other: Learner, start: Any, rows: Rows, forget: Bool[Array, " n"]) -> Any:
        del key
        _same(name, learner, other)
        return serve(initial_state(start if restore is None else restore(start, rows), slack), rows, forget).exact

    def remove(key: PRNGKeyArray, trained: Trained, rows: Rows, forget: Bool[Array, " n"]) -> Trained:
        _same(name, learner, trained.learner)
        state = trained.record if isinstance(trained.record, RemovalState) else initial_state(trained.record, slack)
        after = serve(state, rows, forget)
        return Trained(perturbed(key, after.exact, noise.sigma), after, trained.learner)

    remover = Remover(remove, name, "untraining", guarantee, centre=centre, centre_random=False, made_for=learner)
    return own(remover, settled=True)


def _same(name: str, expected: Learner, actual: Learner) -> None:
    if (expected.name, expected.loss, expected.curvature, expected.schedule) != (
        actual.name,
        actual.loss,
        actual.curvature,
        actual.schedule,
    ):
        raise ValueError(f"{name} is made for {expected}, and its guarantee for no other; it was given {actual}")
