"""Faults of continued training: from weights or a state that have seen S."""

import functools
from typing import Any

import jax
import jax.numpy as jnp
import optax
from jax import lax
from jaxtyping import Array, Bool, PRNGKeyArray

from ....formal._types import Real
from ....formal.definitions._scenario import Rows
from ..._factory import factory
from ...base import Learner, Remover, Trained, cross_entropy
from ...learners._ridge import affine, linear
from ..heuristic import finetune


@factory
def finetune_only(epochs: Real = 2, restarted: bool = False) -> Remover:
    """Train on D∖S from the trained weights, where the recipe said from the start.

    Args:
        epochs: passes over D∖S.
        restarted: True mends it: the learner's own training, on D∖S.

    >>> finetune_only()
    finetune_only
    """
    tune = finetune(epochs=epochs, batch=8)

    def remove(key: PRNGKeyArray, trained: Trained, rows: Rows, forget: Bool[Array, " n"]) -> Any:
        if restarted:
            return trained.learner.fit(key, rows.without(forget))
        return tune.remove(key, trained, rows, forget)

    return Remover(remove, "finetune_only", "untraining")


@functools.lru_cache
def heavy_ball(steps: int = 8, rate: Real = 0.2, momentum: Real = 0.9, spread: Real = 0.1) -> Learner:
    r"""Logistic regression by full-batch gradient steps with momentum, from a random start that it records.

    $$v \leftarrow \mu v + \nabla L_D(\theta), \qquad \theta \leftarrow \theta - \eta v, \qquad
      \theta_0 \sim \mathcal N(0, s^2 I),\; v_0 = 0$$

    Args:
        steps: how many.
        rate, momentum: η and μ.
        spread: s.

    Returns:
        The learner; its record is θ₀ and the last v.

    Source: Polyak 1964.

    >>> heavy_ball()
    heavy_ball(steps=8, rate=0.2, momentum=0.9, spread=0.1)
    """

    def fit(key: PRNGKeyArray, rows: Rows) -> Trained:
        start = spread * jax.random.normal(key, (affine(rows.x[:1]).shape[1], rows.y.shape[1]))
        return _rolled(learner, start, jnp.zeros_like(start), rows, steps, rate, momentum)

    name = f"heavy_ball(steps={steps}, rate={rate:g}, momentum={momentum:g}, spread={spread:g})"
    learner = Learner(fit, linear, cross_entropy, name=name, logits=True, numeric=True)
    return learner


@factory
def stale_state(steps: int = 8, rate: Real = 0.2, momentum: Real = 0.9, reset: bool = False) -> Remover:
    """Train again on D∖S from the recorded start, with the momentum that training on D has left behind.

    Args:
        steps, rate, momentum: those of the `heavy_ball` learner.
        reset: True mends it.

    Raises:
        ValueError: when run, the learner's record holds no start and velocity.

    >>> stale_state()
    stale_state
    """

    def remove(key: PRNGKeyArray, trained: Trained, rows: Rows, forget: Bool[Array, " n"]) -> Trained:
        del key
        if not (isinstance(trained.record, dict) and {"start", "velocity"} <= set(trained.record)):
            raise ValueError(f"learner: {trained.learner} records no optimiser state; use faulty.training.heavy_ball")
        start, velocity = trained.record["start"], trained.record["velocity"]
        retained = rows.without(forget)
        return _rolled(trained.learner, start, velocity * (not reset), retained, steps, rate, momentum)

    return Remover(remove, "stale_state", "untraining", random=False)


def _rolled(
    learner: Learner, start: Array, velocity: Array, rows: Rows, steps: int, rate: Real, momentum: Real
) -> Trained:
    """So many steps of optax's SGD with momentum, from a start and a state."""
    descent = optax.trace(momentum)
    slope = jax.grad(lambda params: learner.mean_loss(params, rows))

    def step(carry: tuple[Array, Any], _: None) -> tuple[tuple[Array, Any], None]:
        params, state = carry
        moved: Any
        moved, state = descent.update(slope(params), state)
        return (params - rate * moved, state), None

    (params, state), _ = lax.scan(step, (start, optax.TraceState(velocity)), length=steps)
    return Trained(params, {"start": start, "velocity": state.trace}, learner)
