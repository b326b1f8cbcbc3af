"""The streams of randomness of a check, and the pools of runs that are drawn from them."""

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
from jaxtyping import Array, PRNGKeyArray

from ...algorithms.base import Learner, Remover, Trained
from ...algorithms.pools._draw import removal
from ...algorithms.pools._pool import Pool
from ...algorithms.programs._programs import momentary
from ...formal._numbers import root_seed
from ...formal.definitions._definitions import Definition, reference_rows
from ...formal.definitions._scenario import Rows, Scenario, scenario_key
from ._subject import own_observables
from ._views import seen_of, views_of

_STREAMS = ("data", "training", "removal", "grain", "other data", "other training")


def programs(
    definition: Definition,
    remover: Remover,
    learner: Learner,
    scenario: Scenario,
    *,
    seed: int,
    keyed_as: Scenario | None = None,
    observables: Any = (),
) -> tuple[str, ...]:
    """What determines the numbers of `blocks`, as traced now: the keys of its pools, and of what is looked at.

    Args:
        definition, remover, learner, scenario, seed, keyed_as: as in `blocks`.
        observables: a user's own.

    >>> import neverseen as ns
    >>> asked = ns.Untraining(1.0, 0.05), ns.removers.retrain(), ns.learners.ridge(), ns.scenarios.figure1()
    >>> programs(*asked, seed=0) == programs(*asked, seed=0), programs(*asked, seed=0) == programs(*asked, seed=1)
    (True, False)
    """
    declared = learner.noise is not None and remover.centre is not None
    algorithms = (centred_remover(remover), centred_learner(learner)) if declared else (remover, learner)
    pools = arms(definition, *algorithms, scenario, streams(scenario if keyed_as is None else keyed_as, seed))
    return *(pool.key for pool in pools), seen_of(
        learner, pools[0].shapes, views_of(scenario, definition, own_observables(observables))
    )


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


def independent_arms(
    definition: Definition, remover: Remover, learner: Learner, scenario: Scenario, seed: int
) -> tuple[Pool, Pool, Pool, Pool]:
    """The pools of removed models, references, originals and fresh retrains; references have seeds of their own.

    The other three arms share theirs, run by run.

    Args:
        definition, remover, learner, scenario, seed: as in `check`.

    >>> import neverseen as ns
    >>> asked = ns.Untraining(1.0, 0.05), ns.removers.retrain(), ns.learners.noisy(sigma=1.0), ns.scenarios.figure1()
    >>> removed, reference, original, fresh = independent_arms(*asked, seed=0)
    >>> reference.key == fresh.key, original.key == arms(*asked, streams(asked[3], 0))[2].key
    (False, True)
    """
    roots = streams(scenario, seed)
    removed, fresh, original = arms(definition, remover, learner, scenario, roots)
    other = roots | {"data": roots["other data"], "training": roots["other training"]}
    return removed, arms(definition, remover, learner, scenario, other)[1], original, fresh


@momentary
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
        model = learner.fit(key, rows)
        assert learner.noise is not None
        return Trained(model.params, (model.record, learner.noise.centre(key, rows)), learner)

    return dataclasses.replace(learner, fit=fit)


@momentary
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
        model = remover(key, Trained(trained.params, record, trained.learner), rows, forget, **extra)
        assert remover.centre is not None
        centre = remover.centre(key, trained.learner, start, rows, forget, **extra)
        return Trained(model.params, (model.record, centre), model.learner)

    return dataclasses.replace(remover, remove=remove)


@momentary
def _fit_to(learner: Learner, definition: Definition | None) -> Callable[[PRNGKeyArray, Scenario], Trained]:
    def fit(key: PRNGKeyArray, data: Scenario) -> Trained:
        rows = data.rows if definition is None else reference_rows(definition, data.rows, data.forget, data.behaviour)
        return learner.fit(key, rows)

    return fit


@momentary
def _remove_from(remover: Remover) -> Callable[[PRNGKeyArray, Trained, Scenario], Trained]:
    def remove(key: PRNGKeyArray, trained: Trained, data: Scenario) -> Trained:
        return remover(key, trained, data.rows, data.forget, **{need: getattr(data, need) for need in remover.needs})

    return remove
