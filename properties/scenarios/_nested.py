"""Another request on the same D: the same S_full, another S."""

import dataclasses

import jax.numpy as jnp
import numpy as np

from ...formal._numbers import root_seed
from ...formal.definitions._scenario import Scenario


def nested(scenario: Scenario, size: int, seed: int = 0) -> Scenario:
    """The same D and S_full with another S: the first `size` rows of S_full, the scenario's own S before the others.

    Args:
        scenario: any.
        size: |S|, at most |S_full|.
        seed: orders S, and the rest of S_full.

    Returns:
        The scenario; a smaller S lies inside a larger one.

    Raises:
        ValueError: S_full has not so many rows.

    >>> import neverseen as ns
    >>> made = ns.scenarios.nested(ns.scenarios.figure1(), 5)
    >>> int(made.forget.sum()), bool((made.forget & ~made.behaviour).any())
    (5, False)
    """
    full = np.flatnonzero(scenario.behaviour)
    if not 0 <= size <= len(full):
        raise ValueError(f"size: S cannot have {size} of the {len(full)} rows of S_full; give 0 to {len(full)}")
    order = np.random.default_rng(root_seed(seed)).permutation(full)
    order = order[np.argsort(~np.asarray(scenario.forget)[order], kind="stable")]
    forget = np.zeros(len(scenario.forget), bool)
    forget[order[:size]] = True
    recipe = f"ns.scenarios.nested({scenario}, {size}, {seed})"
    return dataclasses.replace(scenario, forget=jnp.asarray(forget), recipe=recipe)
