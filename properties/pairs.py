"""Pairs of runs, seen through views: scenario → learner → remover → view, a block at a time."""

import dataclasses
import functools
from collections.abc import Callable, Iterator
from typing import Any

import jax
import numpy as np
from jaxtyping import Array, Float64, PRNGKeyArray

from ..algorithms.base import Learner, Remover, Trained
from ..algorithms.pool import SHARD, Pool
from ..algorithms.pools import removal
from ..algorithms.store import Store
from ..formal._numbers import root_seed
from ..formal.definitions import Definition, reference_rows
from ..formal.scenario import Rows, Scenario, scenario_key
from .gathered import Block
from .residuals import Residuals, flattened
from .views import Probes, add_grain, observe_many

PAIRS = SHARD
"""Pairs drawn at a time."""

_STREAMS = ("data", "training", "removal", "grain", "other data", "other training")


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
    store: Store | None = None,
    keyed_as: Scenario | None = None,
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
        store: where runs are kept between processes.
        keyed_as: as in `check`.

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
    law = learner.noise if remover.centre is not None else None
    noise = None if law is None else [Residuals(arm, law.sigma) for arm in ("removed", "reference")]
    made = (remover, learner) if law is None else (centred_remover(remover), centred_learner(learner))
    roots = streams(scenario if keyed_as is None else keyed_as, seed)
    pools = arms(definition, *made, scenario, roots)
    for block in range(-(-budget // PAIRS)):
        drawn = [pool.shard(block, store) for pool in pools]
        distance = None if noise is None else _distance(noise, *drawn[:2])
        rng = np.random.default_rng(np.asarray(jax.random.key_data(jax.random.fold_in(roots["grain"], block))))
        seen = [add_grain(observe_many(learner, arm, found), grain, rng) for arm in drawn]
        yield Block(*seen, distance=distance)


def streams(scenario: Scenario, seed: int) -> dict[str, PRNGKeyArray]:
    """The root key of each stream of randomness; the other data and training share no seed with any pair.

    >>> import neverseen as ns
    >>> list(streams(ns.scenarios.figure1(), seed=0))
    ['data', 'training', 'removal', 'grain', 'other data', 'other training']
    """
    root = scenario_key(jax.random.key(root_seed(seed)), scenario.digest())
    return {name: jax.random.fold_in(root, i) for i, name in enumerate(_STREAMS)}


def arms(
    definition: Definition, remover: Remover, learner: Learner, scenario: Scenario, roots: dict[str, PRNGKeyArray]
) -> tuple[Pool, Pool, Pool]:
    """The pools of removed models, references and originals.

    Pools of one learner on one set of rows are equal, whatever the remover and the definition that ask for them.

    Args:
        definition, remover, learner, scenario: as in `check`.
        roots: from `streams`.

    >>> import neverseen as ns
    >>> scenario, learner = ns.scenarios.figure1(), ns.learners.ridge()
    >>> made = [arms(claim(1.0, 0.05), ns.removers.retrain(), learner, scenario, streams(scenario, 0))
    ...         for claim in (ns.Untraining, ns.Unlearning)]
    >>> [a.key == b.key for a, b in zip(*made)]
    [True, False, True]
    """
    training, removing = (roots["training"],), (roots["removal"],)
    if definition.redraws and scenario.population is not None:
        # ε and δ do not change which rows are unseen: without them, one program serves every claim of this kind.
        rule = dataclasses.replace(definition, epsilon=0.0, delta=0.0)
        data = Pool(scenario.population, (roots["data"],), name=f"{scenario}", kept=False)
        original = Pool(_fit_to(learner, None), training, (), (data,), f"{learner} on draws of {scenario}")
        reference = Pool(_fit_to(learner, rule), training, (), (data,), f"{learner} on draws without {rule.id}")
        removed = Pool(_remove_from(remover), removing, (), (original, data), f"{remover} after {learner}")
        return removed, reference, original
    unseen = reference_rows(definition, scenario.rows, scenario.forget, scenario.behaviour)
    extra = {need: getattr(scenario, need) for need in remover.needs}
    original = Pool(learner.fit, training, (scenario.rows,), name=f"{learner} in {scenario}")
    reference = Pool(learner.fit, training, (unseen,), name=f"{learner} in {scenario}, reference of {definition.name}")
    shared = (scenario.rows, scenario.forget, extra)
    removed = Pool(removal(remover), removing, shared, (original,), f"{remover} after {learner} in {scenario}")
    return removed, reference, original


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


@functools.lru_cache(maxsize=64)
def _fit_to(learner: Learner, definition: Definition | None) -> Callable[[PRNGKeyArray, Scenario], Trained]:
    def fit(key: PRNGKeyArray, data: Scenario) -> Trained:
        rows = data.rows if definition is None else reference_rows(definition, data.rows, data.forget, data.behaviour)
        return learner.fit(key, rows)

    return fit


@functools.lru_cache(maxsize=64)
def _remove_from(remover: Remover) -> Callable[[PRNGKeyArray, Trained, Scenario], Trained]:
    def remove(key: PRNGKeyArray, trained: Trained, data: Scenario) -> Trained:
        return remover(key, trained, data.rows, data.forget, **{need: getattr(data, need) for need in remover.needs})

    return remove
