"""Pairs of runs, seen through views: scenario → learner → remover → view, a block at a time."""

import dataclasses
import functools
from collections.abc import Callable, Iterator
from typing import Any

import jax
import numpy as np
from jaxtyping import Array, Float64, PRNGKeyArray, Shaped

from ..algorithms import pools
from ..algorithms.base import Learner, Remover, Trained
from ..formal.definitions import Definition, reference_rows
from ..formal.scenario import Rows, Scenario, scenario_key
from .gathered import Block
from .residuals import Residuals, flattened
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

    Where learner and remover declare their output noise, each pair comes with the distance of its two centres, and the
    noise of all runs drawn so far is tested block by block.

    Args:
        definition, remover, learner, scenario: as in `check`.
        found: where models are looked at.
        seed: root seed.
        grain: standard deviation of the noise on every view.
        budget: pairs at most.

    Yields:
        Blocks of 32 pairs.

    Raises:
        ValueError: an output noise that is declared is not there.

    >>> import neverseen as ns
    >>> from neverseen.properties.views import probes
    >>> scenario, claim = ns.scenarios.figure1(), ns.Untraining(1.0, 0.05)
    >>> first = next(blocks(claim, ns.removers.retrain(), ns.learners.ridge(), scenario, probes(scenario, claim),
    ...                     seed=0, grain=0.0, budget=64))
    >>> bool((first.removed["loss on S"] == first.reference["loss on S"]).all())
    True
    """
    root = scenario_key(jax.random.key(seed), scenario.digest())
    law = learner.noise if remover.centre is not None else None
    noise = None if law is None else [Residuals(arm, law.sigma) for arm in ("removed", "reference")]
    for block in range(-(-budget // PAIRS)):
        stream = {name: jax.random.fold_in(jax.random.fold_in(root, i), block) for i, name in enumerate(_STREAMS)}
        keys = {name: jax.random.split(key, PAIRS) for name, key in stream.items()}
        data = _data(definition, scenario, keys["data"])
        made = (remover, learner) if law is None else (centred_remover(remover), centred_learner(learner))
        arms = _arms(definition, *made, data, keys)
        distance = None if noise is None else _distance(noise, *arms[:2])
        rng = np.random.default_rng(np.asarray(jax.random.key_data(stream["grain"])))
        seen = [add_grain(observe_many(learner, arm, found), grain, rng) for arm in arms]
        yield Block(*seen, distance=distance)


@functools.lru_cache(maxsize=64)
def centred_learner(learner: Learner) -> Learner:
    """The same learner, its record paired with the centre of each run: one program draws both.

    Args:
        learner: with `noise` declared.

    >>> import neverseen as ns
    >>> rows = ns.scenarios.figure1().rows
    >>> made = centred_learner(ns.learners.noisy(sigma=0.5)).fit(jax.random.key(0), rows)
    >>> bool((made.record[0] == made.record[1]).all()), bool((made.params == made.record[1]).any())
    (True, False)
    """

    def fit(key: PRNGKeyArray, rows: Rows) -> Trained:
        made = learner.fit(key, rows)
        assert learner.noise is not None
        return Trained(made.params, (made.record, learner.noise.centre(key, rows)), learner)

    return dataclasses.replace(learner, fit=fit)


@functools.lru_cache(maxsize=64)
def centred_remover(remover: Remover) -> Remover:
    """The same remover on runs of `centred_learner`, its record paired with the centre of each run.

    Args:
        remover: with `centre` declared.

    >>> import neverseen as ns
    >>> scenario, learner = ns.scenarios.figure1(), centred_learner(ns.learners.noisy(sigma=0.5))
    >>> start, key = learner.fit(jax.random.key(0), scenario.rows), jax.random.key(1)
    >>> made = centred_remover(ns.removers.do_nothing())(key, start, scenario.rows, scenario.forget)
    >>> bool((made.record[1] == start.record[1]).all())
    True
    """

    def remove(key: PRNGKeyArray, trained: Trained, rows: Rows, forget: Array, **extra: Any) -> Trained:
        record, start = trained.record
        made = remover(key, Trained(trained.params, record, trained.learner), rows, forget, **extra)
        assert remover.centre is not None
        centre = remover.centre(key, trained.learner, start, rows, forget, **extra)
        return Trained(made.params, (made.record, centre), made.learner)

    return dataclasses.replace(remover, remove=remove)


def _distance(noise: list[Residuals], removed: Trained, reference: Trained) -> Float64[np.ndarray, " pairs"]:
    """‖θ_u − θ_r‖ / σ of each pair, after both arms' noise was tested."""
    for law, arm in zip(noise, (removed, reference), strict=True):
        law.see(arm.params, arm.record[1])
    with np.errstate(invalid="ignore"):  # ∞ − ∞: a distance that is not finite counts as the term 1.
        shift = flattened(removed.record[1]) - flattened(reference.record[1])
    return np.linalg.norm(shift, axis=1) / noise[0].sigma


def _arms(
    definition: Definition, remover: Remover, learner: Learner, data: Scenario, keys: dict[str, Any]
) -> tuple[Any, Any, Any]:
    """Removed models, references and originals; `data` is one D for all pairs or one for each."""
    own = definition.redraws
    extra = {need: getattr(data, need) for need in remover.needs}
    original = pools.draw(learner, data.rows, keys["training"], own=own)
    removed = pools.remove(remover, original, data.rows, data.forget, keys["removal"], extra, own=own)
    unseen = reference_rows(definition, data.rows, data.forget, data.behaviour)
    return removed, pools.draw(learner, unseen, keys["training"], own=own), original


def _data(definition: Definition, scenario: Scenario, keys: Shaped[PRNGKeyArray, " runs"]) -> Scenario:
    """The scenario itself, or a new draw of it for each key with a leading axis `runs`."""
    if not definition.redraws or scenario.population is None:
        return scenario
    return _drawer(scenario.population)(keys)


@functools.lru_cache(maxsize=64)
def _drawer(population: Callable[[PRNGKeyArray], Scenario]) -> Callable[[Array], Scenario]:
    return jax.jit(jax.vmap(population))
