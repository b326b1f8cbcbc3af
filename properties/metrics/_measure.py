"""`measure`: metrics of a remover, each with its floor and its power, from the pools that `check` draws from."""

import time
from collections.abc import Iterable
from typing import Any

import jax
import numpy as np

from ...algorithms.base import Learner, Remover
from ...algorithms.pools._pool import SHARD, Pool
from ...algorithms.programs._programs import trace
from ...algorithms.store._store import Store
from ...formal._numbers import MOST, admit_grain, whole
from ...formal._types import Real
from ...formal.definitions._definitions import Definition
from ...formal.definitions._scenario import Scenario
from ..engine._progress import Progress
from ..engine._provenance import environment
from ..runs._dry_run import dry_run
from ..runs._eval_sets import EvalSets
from ..runs._rehearsal import rehearse
from ..runs._run_pools import independent_arms, streams
from ..runs._subject import subject
from ..runs._views import views_of
from ._metric import LEAST, Arm, Metric
from ._observations import admit, observations, points_of, scales_of
from ._registry import METRICS, named
from ._resample import orders
from ._table import Reading, Row, Table

_ARMS = ("removed", "reference", "original", "fresh")


def measure(
    metrics: Metric | str | Iterable[Metric | str] | None,
    definition: Definition,
    remover: Remover,
    learner: Learner,
    scenario: Scenario,
    *,
    runs: int = 128,
    seed: int = 0,
    grain: Real = 1e-3,
    exchanges: int = 199,
    store: Store | None = None,
    progress: Progress | None = None,
) -> Table:
    r"""Metrics of a remover against the definition's own reference, with what each is worth here.

    Removed models, fresh retrains (the floor) and originals (the power: what do-nothing gets) are each compared with
    the same references, which share no seed with them. An interval is a jackknife over runs. A metric distinguishes
    an arm from the references where exchanging runs between them leads as far out at most one time in a hundred: a
    permutation test, exact at every number of runs, of one metric at a time. A "no" is not a pass; for claims with an
    error budget use `check`.

    Args:
        metrics: one or several, by name or as values; None for all that may judge the notion, apply here
            and have a value; the table names the others with the reason.
        definition: which rows the references never saw; its ε and δ play no part.
        remover, learner, scenario: U, A and D with S, S_full and fresh points.
        runs: of each arm.
        seed: root seed; the table is a pure function of it and the other arguments, `seconds` apart.
        grain: the noise on every number a metric reads, as a share of its size among references; without it, float
            rounding tells an exact remover from its reference.
        exchanges: random exchanges of runs for a p-value, which is at least 1/(exchanges + 1), or twice that where a
            metric may go either way: with fewer than 199 not every metric can distinguish.
        store: where runs are kept between processes; those of `check` with the same seed are found there.
        progress: called after each block of runs.

    Returns:
        One row for each metric.

    Raises:
        ValueError: an unknown metric, one of the other notion or one that does not apply here; fewer than eight runs;
            a run that is NaN, for a metric that was named, or for all that apply.

    >>> import neverseen as ns
    >>> table = ns.metrics.measure("forget-gap", ns.Untraining(1.0, 0.05), ns.removers.do_nothing(),
    ...                            ns.learners.nearest_neighbour(), ns.scenarios.figure1(), runs=32)
    >>> table["forget-gap"].verdict, table["forget-gap"].floor.interval.value
    ('yes', 0.0)
    """
    started = time.perf_counter()
    if whole("runs", runs, -MOST) < LEAST:
        raise ValueError(f"runs: {runs} are too few; give {LEAST} or more")
    admit_grain(grain)
    whole("exchanges", exchanges)
    subject(definition=definition, remover=remover, learner=learner, scenario=scenario)
    definition.admit(scenario)
    rehearse(remover, learner, scenario)
    dry_run(definition, remover, learner, scenario, views_of(scenario, definition))
    eval_sets = points_of(scenario, definition)
    selection, left_out = _chosen(metrics, definition, learner, scenario, eval_sets)
    sampler = _ArmSampler(definition, remover, learner, scenario, seed)
    arms = sampler.observe(
        eval_sets, tuple(sorted({name for one in selection for name in one.needs})), runs, float(grain), store, progress
    )
    random = orders(runs, exchanges, np.random.default_rng(sampler.entropy))
    rows, without_value = _rows(selection, arms, random)
    if without_value and (metrics is not None or not rows):
        raise ValueError("; ".join(f"{name}: {why}" for name, why in without_value))
    provenance = {"scenario": repr(scenario), "digest": scenario.digest(), "remover": repr(remover)}
    provenance |= {"learner": repr(learner), "seed": seed, "grain": float(grain)}
    provenance |= {"block": SHARD, "exchanges": exchanges}
    return Table(
        f"{remover} on {learner} in {scenario}", definition.id, definition.reference, runs, rows,
        (*left_out, *without_value), provenance | environment(), time.perf_counter() - started,
    )  # fmt: skip


def _chosen(
    metrics: Metric | str | Iterable[Metric | str] | None,
    definition: Definition,
    learner: Learner,
    scenario: Scenario,
    eval_sets: EvalSets,
) -> tuple[list[Metric], list[tuple[str, str]]]:
    """The metrics to measure, and those of the notion that do not apply, with the reason."""
    params = trace(learner.fit, jax.random.key(0), scenario.rows).shapes.params
    if metrics is not None:
        requests = [metrics] if isinstance(metrics, Metric | str) else list(metrics)
        selection = list({one.name: one for one in (named(one) for one in requests)}.values())
        if not selection:
            raise ValueError("metrics: none is named; name one or leave them out for all")
        for one in selection:
            one.admit(definition.name)
            admit(one, learner, params, eval_sets)
        return selection, []
    applies, left_out = [], list[tuple[str, str]]()
    for one in METRICS.values():
        if definition.name in one.notions:
            try:
                admit(one, learner, params, eval_sets)
            except ValueError as error:
                left_out.append((one.name, str(error).partition(": ")[2]))
            else:
                applies.append(one)
    if not applies:
        raise ValueError(f"metrics: none applies to {learner} in {scenario}")
    return applies, left_out


class _ArmSampler:
    """The four arms of runs: removed models, references, originals and fresh retrains."""

    def __init__(
        self, definition: Definition, remover: Remover, learner: Learner, scenario: Scenario, seed: int
    ) -> None:
        pools = independent_arms(definition, remover, learner, scenario, seed)
        self.learner = learner
        self.entropy = tuple(np.asarray(jax.random.key_data(streams(scenario, seed)["grain"])).tolist())
        self.pools: dict[str, Pool] = dict(zip(_ARMS, pools, strict=True))

    def observe(
        self,
        eval_sets: EvalSets,
        needs: tuple[str, ...],
        runs: int,
        grain: float,
        store: Store | None,
        progress: Progress | None,
    ) -> dict[str, Arm]:
        """What each arm shows."""
        parts: dict[str, list[Arm]] = {name: [] for name in _ARMS}
        first = self.pools["reference"].shard(0, store).params
        size = scales_of(observations(self.learner, first, eval_sets, needs, 0.0, ()), grain)
        for number in range(-(-runs // SHARD)):
            for name, pool in self.pools.items():
                params = pool.shard(number, store).params
                parts[name].append(
                    observations(
                        self.learner, params, eval_sets, needs, size, (*self.entropy, name == "reference", number)
                    )
                )
            if progress is not None:
                progress(min((number + 1) * SHARD, runs), runs, "drawing runs")
        return {
            name: {key: np.concatenate([part[key] for part in shards])[:runs] for key in needs}
            for name, shards in parts.items()
        }


def _rows(
    selection: list[Metric], arms: dict[str, Arm], exchanges: Any
) -> tuple[tuple[Row, ...], list[tuple[str, str]]]:
    """The rows, and the metrics that have no value on these runs, with the reason."""
    rows, left_out = list[Row](), list[tuple[str, str]]()
    for one in selection:
        try:
            rows.append(_row(one, arms, exchanges))
        except ValueError as error:
            left_out.append((one.name, str(error).partition(": ")[2] or str(error)))
    return tuple(rows), left_out


def _row(one: Metric, arms: dict[str, Arm], exchanges: Any) -> Row:
    original, reference = arms["original"], arms["reference"]
    readings = [
        Reading(one.measure(arms[arm], reference, original), one.p_value(arms[arm], reference, original, exchanges))
        for arm in ("removed", "fresh", "original")
    ]
    return Row(one.name, one.direction, *readings)
