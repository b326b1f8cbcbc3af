"""Pairs of runs, seen through views: scenario → learner → remover → view, a block at a time."""

import functools
from collections.abc import Callable, Iterator
from typing import Any

import jax
import numpy as np
from jaxtyping import Array, PRNGKeyArray, Shaped

from ..algorithms import pools
from ..algorithms.base import Learner, Remover
from ..formal.definitions import Definition, reference_rows
from ..formal.scenario import Scenario, scenario_key
from .sequential import Block
from .views import Probes, add_grain, observe_many

PAIRS = 32
"""Pairs drawn at a time."""

_STREAMS = ("data", "training", "removal", "grain")


def blocks(
    definition: Definition,
    remover: Remover,
    learner: Learner,
    scenario: Scenario,
    found: Probes,
    *,
    seed: int,
    grain: float,
    budget: int,
) -> Iterator[Block]:
    r"""Independent pairs, drawn when they are asked for.

    $$(U(A(D; k), S, D; k'),\; A(D \setminus \mathrm{unseen}; k)):$$

    original and reference share the training key k, which leaves both marginal laws as they are and saves pairs;
    the removal key k' is independent of it. Keys depend on the seed, the scenario, the stream and the block.

    Args:
        definition, remover, learner, scenario: as in `check`.
        found: where models are looked at.
        seed: root seed.
        grain: standard deviation of the noise on every view.
        budget: pairs at most.

    Yields:
        Blocks of 32 pairs.

    >>> import neverseen as ns
    >>> from neverseen.properties.views import probes
    >>> scenario, claim = ns.scenarios.figure1(), ns.Untraining(1.0, 0.05)
    >>> first = next(blocks(claim, ns.removers.retrain(), ns.learners.ridge(), scenario, probes(scenario, claim),
    ...                     seed=0, grain=0.0, budget=64))
    >>> bool((first.removed["loss on S"] == first.reference["loss on S"]).all())
    True
    """
    root = scenario_key(jax.random.key(seed), scenario.digest())
    for block in range(-(-budget // PAIRS)):
        stream = {name: jax.random.fold_in(jax.random.fold_in(root, i), block) for i, name in enumerate(_STREAMS)}
        keys = {name: jax.random.split(key, PAIRS) for name, key in stream.items()}
        arms = _arms(definition, remover, learner, _data(definition, scenario, keys["data"]), keys)
        rng = np.random.default_rng(np.asarray(jax.random.key_data(stream["grain"])))
        yield Block(*(add_grain(observe_many(learner, arm, found), grain, rng) for arm in arms))


def _arms(
    definition: Definition, remover: Remover, learner: Learner, data: Scenario, keys: dict[str, Any]
) -> tuple[Any, Any, Any]:
    """Removed models, references and originals; `data` is one D for all pairs or one for each."""
    own = definition.redraws
    extra = {need: getattr(data, need) for need in remover.needs}
    original = pools.fit_many(learner, keys["training"], data.rows, own=own)
    removed = pools.remove_many(remover, keys["removal"], original, data.rows, data.forget, extra, own=own)
    unseen = reference_rows(definition, data.rows, data.forget, data.behaviour)
    return removed, pools.fit_many(learner, keys["training"], unseen, own=own), original


def _data(definition: Definition, scenario: Scenario, keys: Shaped[PRNGKeyArray, " runs"]) -> Scenario:
    """The scenario itself, or a new draw of it for each key with a leading axis `runs`."""
    if not definition.redraws or scenario.population is None:
        return scenario
    return _drawer(scenario.population)(keys)


@functools.lru_cache(maxsize=64)
def _drawer(population: Callable[[PRNGKeyArray], Scenario]) -> Callable[[Array], Scenario]:
    return jax.jit(jax.vmap(population))
