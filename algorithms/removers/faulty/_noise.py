"""Faults of randomness: retraining, with noise that is too small, too little or not fresh.

Those called `noisy…` need an output-perturbed learner (`learners.noisy`), whose record is the model before its noise.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from ....formal._types import Real
from ....formal.definitions._scenario import Rows
from ..._factory import factory
from ...base import Remover, Trained

Flat = Float[Array, " p"]
Harm = Callable[[Flat], Array]
"""The loss on S of the model with some noise."""

Keys = Callable[[PRNGKeyArray, Bool[Array, " n"]], PRNGKeyArray]


@factory
def fixed_key(fresh: bool = False) -> Remover:
    """Retrain without S, with the same key every time: one draw passed off as a law.

    Args:
        fresh: True mends it.

    >>> fixed_key()
    fixed_key
    """

    def remove(key: PRNGKeyArray, trained: Trained, rows: Rows, forget: Bool[Array, " n"]) -> Trained:
        return trained.learner.fit(key if fresh else jax.random.key(0), rows.without(forget))

    return Remover(remove, "fixed_key", "untraining")


@factory
def noisy_at_half(share: Real = 0.5) -> Remover:
    """Publish A(D∖S) with noise of half the size, σ/2: a constant from another parametrisation.

    Args:
        share: of σ; 1 mends it.

    >>> noisy_at_half()
    noisy_at_half
    """
    return _publishing("noisy_at_half", lambda noise, _: share * noise)


@factory
def noisy_in_part(bare: int = 2) -> Remover:
    """Publish A(D∖S) with noise on all parameters but the last ones: the biases go out as they are.

    Args:
        bare: parameters without noise; 0 mends it.

    >>> noisy_in_part()
    noisy_in_part
    """
    return _publishing(
        "noisy_in_part", lambda noise, _: jnp.where(jnp.arange(noise.size) < noise.size - bare, noise, 0)
    )


@factory
def noisy_in_common(common: bool = True) -> Remover:
    """Publish A(D∖S) with one draw of noise added to every parameter: a shape left out of the sampler's call.

    Every parameter by itself has the right law; together they have not.

    Args:
        common: False mends it.

    >>> noisy_in_common()
    noisy_in_common
    """
    return _publishing("noisy_in_common", lambda noise, _: jnp.full_like(noise, noise[0]) if common else noise)


@factory
def noisy_upwards(mirrored: bool = True) -> Remover:
    """Publish A(D∖S) with the draw of noise or its mirror image, whichever has the greater loss on S.

    Wrong in one direction only: the removed law has at most twice the reference's density, so that P(R) ≤ e^ε Q(R) for
    every event R once ε ≥ ln 2; but Q(R) = 1/2 for the noise that lowers the loss, where P(R) = 0.

    Args:
        mirrored: False mends it.

    >>> noisy_upwards()
    noisy_upwards
    """

    def higher(noise: Flat, harm: Harm) -> Flat:
        return jnp.where(mirrored & (harm(-noise) > harm(noise)), -noise, noise)

    return _publishing("noisy_upwards", higher)


@factory
def noisy_once(fresh: bool = False) -> Remover:
    """Publish A(D∖S) with noise from a fixed key: the same noise in every release.

    Args:
        fresh: True mends it.

    >>> noisy_once()
    noisy_once
    """
    return _publishing("noisy_once", lambda noise, _: noise, lambda key, forget: key if fresh else jax.random.key(0))


@factory
def noisy_per_request(salted: bool = False) -> Remover:
    """Publish A(D∖S) with noise seeded by the request: one draw for every model that serves it.

    Args:
        salted: True mends it: the run's own key goes into the seed.

    >>> noisy_per_request()
    noisy_per_request
    """

    def seed(key: PRNGKeyArray, forget: Bool[Array, " n"]) -> PRNGKeyArray:
        return jax.random.fold_in(key if salted else jax.random.key(1), forget.argmax())

    return _publishing("noisy_per_request", lambda noise, _: noise, seed)


def _publishing(
    name: str, spoiled: Callable[[Flat, Harm], Flat], choose_key: Keys = lambda key, forget: key
) -> Remover:
    """A(D∖S) with its noise drawn from a key chosen, and spoiled."""

    def remove(key: PRNGKeyArray, trained: Trained, rows: Rows, forget: Bool[Array, " n"]) -> Any:
        learner, forget_rows = trained.learner, rows.only(forget)
        if learner.noise is None:
            raise ValueError(f"learner: {learner} declares no output noise; use learners.noisy")
        fit = learner.fit(choose_key(key, forget), rows.without(forget))
        (published, rebuild), (exact, _) = ravel_pytree(fit.params), ravel_pytree(fit.record)
        noise = spoiled(published - exact, lambda noise: learner.mean_loss(rebuild(exact + noise), forget_rows))
        return Trained(rebuild(exact + noise), fit.record, learner)

    return Remover(remove, name, "untraining")
