"""A faulty remover in a scenario where its violation is known, and what is drawn to know it."""

import dataclasses
from typing import Any

import jax
import numpy as np
from jax.flatten_util import ravel_pytree

from ...algorithms.base import Learner, Remover, Trained
from ...formal.definitions._definitions import Definition, reference_rows
from ...formal.definitions._scenario import Scenario
from ..runs._draw import blocks
from ..runs._views import views_of
from ._oracles import Happened, Oracle, OraclePoint

FAULT_GRAIN = 1e-3
"""Standard deviation of the noise on every view, in all cases."""


@dataclasses.dataclass(frozen=True)
class Fault:
    """A faulty remover, where it is run, and how much it breaks the claim there.

    Args:
        remover: the faulty one.
        right: the same with the one token mended.
        learner, scenario: where it is run.
        definition: the claim it breaks.
        oracle: the best event that is known.
        theta: a lower bound on the violation of that event, above δ.
        pairs: what the oracle needs at α = 10⁻⁴, the median over 20 sequences.

    >>> from neverseen.properties.selftest._faults import FAULTS
    >>> fault = FAULTS["original_sometimes"]()
    >>> fault.definition, fault.theta, fault.oracle.event
    (Untraining(epsilon=0.1, delta=0.3), 0.6, 'loss on S < 1')
    """

    remover: Remover
    right: Remover
    learner: Learner
    scenario: Scenario
    definition: Definition
    oracle: Oracle
    theta: float
    pairs: int


def undeclared(remover: Remover) -> Remover:
    """The same remover without a declared output law, so that only runs can judge it.

    >>> import neverseen as ns
    >>> undeclared(ns.removers.noisy())
    noisy(newton)
    """
    return Remover(remover.remove, remover.name, remover.aims_at, needs=remover.needs)


def centres(
    remover: Remover, learner: Learner, scenario: Scenario, definition: Definition, seed: int = 0
) -> tuple[OraclePoint, OraclePoint, OraclePoint]:
    """Removed and reference models before their noise, and the removed one as published; flat.

    The model before its noise is the record of `learners.noisy`; where nothing is recorded, the published one.

    >>> import neverseen as ns
    >>> claim = ns.Untraining(1.0, 0.05)
    >>> c_u, c_r, _ = centres(ns.removers.newton(), ns.learners.ridge(), ns.scenarios.figure1(), claim)
    >>> bool(abs(c_u - c_r).max() < 1e-3)
    True
    """

    def run(key: Any, rows: Any, unseen: Any, forget: Any, extra: Any) -> Any:
        removed = remover(jax.random.fold_in(key, 1), learner.fit(key, rows), rows, forget, **extra)
        reference = learner.fit(key, unseen)
        return [ravel_pytree(made)[0] for made in (_centre(removed), _centre(reference), removed.params)]

    extra = {need: getattr(scenario, need) for need in remover.needs}
    unseen = reference_rows(definition, scenario.rows, scenario.forget, scenario.behaviour)
    # Not compiled as a whole: the small steps of one case serve the next, and each runs once.
    c_u, c_r, published = run(jax.random.key(seed), scenario.rows, unseen, scenario.forget, extra)
    return np.asarray(c_u, float), np.asarray(c_r, float), np.asarray(published, float)


def _centre(trained: Trained) -> Any:
    return trained.params if trained.learner.noise is None else trained.record


def oracle_events(fault: Fault, remover: Remover, pairs: int, seed: int) -> tuple[Happened, Happened]:
    """Whether the oracle's event happened in removed models and in references: pairs as `check` draws them.

    Args:
        fault: the case.
        remover: its faulty one or its right one.
        pairs: a multiple of 32.
        seed: root seed.

    >>> from neverseen.properties.selftest._faults import FAULTS
    >>> fault = FAULTS["s_full_for_s"]()
    >>> [arm.tolist().count(True) for arm in oracle_events(fault, fault.remover, 32, 0)]
    [32, 0]
    """
    looked_at, view = views_of(fault.scenario, fault.definition), fault.oracle.view
    drawn = blocks(
        fault.definition, remover, fault.learner, fault.scenario, looked_at, seed=seed, grain=FAULT_GRAIN, budget=pairs
    )
    seen = [[fault.oracle.occurs(arm[view]) for arm in (block.removed, block.reference)] for block in drawn]
    removed, reference = (np.concatenate(arm) for arm in zip(*seen, strict=True))
    return removed, reference
