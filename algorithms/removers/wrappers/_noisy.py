"""Any remover on an output-perturbed learner: it works below the noise, and publishes with fresh noise."""

from typing import Any

import jax
from jaxtyping import Array, Bool, PRNGKeyArray

from ....formal.definitions._scenario import Rows
from ..._factory import factory
from ..._own import is_settled, own
from ...base import Learner, Remover, Trained
from ...learners._noisy import law_of, perturbed, unpublished
from ..approximate import newton


@factory
def noisy(base: Remover | None = None) -> Remover:
    """A remover for output-perturbed learners: run another one on the unpublished model, publish with fresh noise.

    The base remover sees the unpublished model and a learner that publishes without noise, so that what it trains
    anew carries the noise once. Its part of the key and the noise's are split from the run's.

    Args:
        base: any remover; Newton when left out.

    Returns:
        The remover, with the centre of its output law declared: where that is random, verdicts over all events come
        from pairs of runs, otherwise from no run at all. On `noisy(ridge())` with Newton it is A(D∖S) in law.

    Raises:
        ValueError: when run, the learner declares no output noise.

    >>> noisy()
    noisy(newton)
    """
    base = newton() if base is None else base

    def centre(
        key: PRNGKeyArray, learner: Learner, start: Any, rows: Rows, forget: Bool[Array, " n"], **extra: Any
    ) -> Any:
        seed, _ = jax.random.split(key)
        return base(seed, Trained(start, None, unpublished(learner)), rows, forget, **extra).params

    def remove(key: PRNGKeyArray, trained: Trained, rows: Rows, forget: Bool[Array, " n"], **extra: Any) -> Trained:
        sigma = law_of(trained.learner).sigma
        exact = centre(key, trained.learner, trained.record, rows, forget, **extra)
        _, fresh = jax.random.split(key)
        return Trained(perturbed(fresh, exact, sigma), exact, trained.learner)

    name = f"noisy({base})"
    remover = Remover(remove, name, base.aims_at, needs=base.needs, centre=centre, centre_random=base.random)
    return own(remover, settled=is_settled(base))
