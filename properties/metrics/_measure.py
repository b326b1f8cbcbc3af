"""`measure`: metrics of a remover, each with its floor and its power, from the pools that `check` draws from."""

import dataclasses
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, cast, overload

import jax
import numpy as np

from ...algorithms.base import Learner, Remover
from ...algorithms.pools._pool import SHARD, Pool
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
from ._observations import observations, points_of, scales_of
from ._resample import orders
from ._selection import applicable
from ._table import Reading, Row, Table

_SHARED = ("reference", "original", "fresh")

Asked = Metric | str | Iterable[Metric | str] | None


@overload
def measure(
    metrics: Asked, definition: Definition, remover: Remover, learner: Learner, scenario: Scenario, *, runs: int = ...,
    seed: int = ..., grain: Real = ..., exchanges: int = ..., store: Store | None = ...,
    progress: Progress | None = ...,
) -> Table: ...  # fmt: skip
@overload
def measure(
    metrics: Asked, definition: Definition, remover: Sequence[Remover], learner: Learner, scenario: Scenario, *,
    runs: int = ..., seed: int = ..., grain: Real = ..., exchanges: int = ..., store: Store | None = ...,
    progress: Progress | None = ...,
) -> list[Table]: ...  # fmt: skip
@overload
def measure(
    metrics: Asked, definition: Sequence[Definition], remover: Remover | Sequence[Remover], learner: Learner,
    scenario: Scenario, *, runs: int = ..., seed: int = ..., grain: Real = ..., exchanges: int = ...,
    store: Store | None = ..., progress: Progress | None = ...,
) -> list[Table]: ...  # fmt: skip
def measure(
    metrics: Asked,
    definition: Definition | Sequence[Definition],
    remover: Remover | Sequence[Remover],
    learner: Learner,
    scenario: Scenario,
    *,
    runs: int = 128,
    seed: int = 0,
    grain: Real = 1e-3,
    exchanges: int = 199,
    store: Store | None = None,
    progress: Progress | None = None,
) -> Table | list[Table]:
    r"""Metrics of a remover against the definition's own reference, with what each is worth here.

    Removed models, fresh retrains (the floor) and originals (the power: what do-nothing gets) are each compared with
    the same references, which share no seed with them. An interval is a jackknife over runs, or Clopper and Pearson's
    where the value is a share of runs. A metric distinguishes an arm from the references where exchanging runs between
    them leads as far out at most one time in a hundred: a permutation test, exact at every number of runs, of one
    metric at a time. A "no" is not a pass; for claims with an error budget use `check`.

    Args:
        metrics: one or several, by name or as values; None for all that may judge the notion, apply here
            and have a value; the table names the others with the reason.
        definition: which rows the references never saw, or a list of definitions; ε and δ play no part.
        remover, learner, scenario: U, or a list of them, A and D with S, S_full and fresh points. Originals, references
            and fresh retrains are drawn once for all removers.
        runs: of each arm.
        seed: root seed; the table is a pure function of it and the other arguments, `seconds` apart.
        grain: the noise on every number a metric reads, as a share of its size among references; without it, float
            rounding tells an exact remover from its reference.
        exchanges: random exchanges of runs for a p-value, which is at least 1/(exchanges + 1), or twice that where a
            metric may go either way: with fewer than 199 not every metric can distinguish.
        store: where runs are kept between processes; those of `check` with the same seed are found there.
        progress: called after each block of runs.

    Returns:
        One row for each metric; with a list of removers or of definitions a list of such tables, each the one that its
        remover and its definition alone give: all removers under the first definition, then under the next.

    Raises:
        ValueError: an unknown metric, one of the other notion or one that does not apply here; fewer than eight runs;
            a run that is NaN, for a metric that was named, or for all that apply; an empty list.

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
    claims: list[Definition] = _several("definition", definition)
    removers: list[Remover] = _several("remover", remover)
    asked = metrics if metrics is None or isinstance(metrics, Metric | str) else list(metrics)
    questions = [_Question.admitted(asked, claim, removers, learner, scenario) for claim in claims]
    tables = list[Table]()
    for at, question in enumerate(questions):
        terms = {"seed": seed, "grain": float(grain), "block": SHARD, "exchanges": exchanges}
        for table in question.tables(runs, terms, store, _part(progress, at, len(questions))):
            tables.append(dataclasses.replace(table, seconds=time.perf_counter() - started))
            started = time.perf_counter()
    return tables[0] if isinstance(definition, Definition) and isinstance(remover, Remover) else tables


def _several(name: str, given: Any) -> list[Any]:
    """One value or several, as a list."""
    values = list(cast(Sequence[Any], given)) if isinstance(given, list | tuple) else [given]
    if not values:
        raise ValueError(f"{name}: none is given, so nothing would be measured; give at least one")
    for value in values:
        subject(**{name: value})
    return values


def _part(progress: Progress | None, at: int, count: int) -> Progress | None:
    """The progress of one question, as a part of that of all."""
    if progress is None:
        return None
    return lambda done, total, message: progress(at * total + done, count * total, message)


@dataclasses.dataclass(frozen=True)
class _Question:
    """One definition put to several removers: where metrics look, which apply (or are named), and which do not."""

    definition: Definition
    removers: list[Remover]
    learner: Learner
    scenario: Scenario
    eval_sets: EvalSets
    named: bool
    selection: list[Metric]
    left_out: list[tuple[str, str]]

    @staticmethod
    def admitted(
        metrics: Metric | str | list[Metric | str] | None,
        definition: Definition,
        removers: list[Remover],
        learner: Learner,
        scenario: Scenario,
    ) -> "_Question":
        """The question, before anything is drawn; ValueError where it cannot be put."""
        for remover in removers:
            subject(definition=definition, remover=remover, learner=learner, scenario=scenario)
            definition.admit(scenario)
            rehearse(remover, learner, scenario)
            dry_run(definition, remover, learner, scenario, views_of(scenario, definition))
        eval_sets = points_of(scenario, definition)
        selection, left_out = applicable(metrics, definition, learner, scenario, eval_sets)
        named = metrics is not None
        return _Question(definition, removers, learner, scenario, eval_sets, named, selection, left_out)

    def tables(
        self, runs: int, terms: dict[str, Any], store: Store | None, progress: Progress | None
    ) -> Iterator[Table]:
        """The table of each remover; the others' arms are drawn, and their readings taken, once."""
        sampler = _ArmSampler(self.definition, self.removers, self.learner, self.scenario, terms["seed"])
        needs = tuple(sorted({name for one in self.selection for name in one.needs}))
        arms = sampler.observe(self.eval_sets, needs, runs, terms["grain"], store, progress)
        random = orders(runs, terms["exchanges"], np.random.default_rng(sampler.entropy))
        readings = dict[tuple[str, str], Reading]()
        for number, remover in enumerate(self.removers):
            rows, without_value = _rows(self.selection, arms | {"removed": arms[_removed(number)]}, random, readings)
            if without_value and (self.named or not rows):
                where = f"{remover}: " if len(self.removers) > 1 else ""
                raise ValueError(where + "; ".join(f"{name}: {why}" for name, why in without_value))
            provenance = {"scenario": repr(self.scenario), "digest": self.scenario.digest(), "remover": repr(remover)}
            provenance |= {"learner": repr(self.learner)} | terms
            yield Table(
                f"{remover} on {self.learner} in {self.scenario}", self.definition.id, self.definition.reference, runs,
                rows, (*self.left_out, *without_value), provenance | environment(), 0.0,
            )  # fmt: skip


def _removed(number: int) -> str:
    return f"removed by {number}"


class _ArmSampler:
    """The arms of runs: references, originals, fresh retrains, and removed models of each remover."""

    def __init__(
        self, definition: Definition, removers: list[Remover], learner: Learner, scenario: Scenario, seed: int
    ) -> None:
        made = [independent_arms(definition, remover, learner, scenario, seed) for remover in removers]
        self.learner = learner
        self.entropy = tuple(np.asarray(jax.random.key_data(streams(scenario, seed)["grain"])).tolist())
        self.pools: dict[str, Pool] = {_removed(number): pools[0] for number, pools in enumerate(made)}
        self.pools |= dict(zip(_SHARED, made[0][1:], strict=True))

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
        parts: dict[str, list[Arm]] = {name: [] for name in self.pools}
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
    selection: list[Metric], arms: dict[str, Arm], exchanges: Any, readings: dict[tuple[str, str], Reading]
) -> tuple[tuple[Row, ...], list[tuple[str, str]]]:
    """The rows, and the metrics that have no value on these runs, with the reason."""
    rows, left_out = list[Row](), list[tuple[str, str]]()
    for one in selection:
        try:
            rows.append(_row(one, arms, exchanges, readings))
        except ValueError as error:
            left_out.append((one.name, str(error).partition(": ")[2] or str(error)))
    return tuple(rows), left_out


def _row(one: Metric, arms: dict[str, Arm], exchanges: Any, readings: dict[tuple[str, str], Reading]) -> Row:
    """The row of a metric; readings of arms that removers share are taken once, and kept."""
    removed = _reading(one, arms, "removed", exchanges)
    for arm in ("fresh", "original"):
        if (one.name, arm) not in readings:
            readings[one.name, arm] = _reading(one, arms, arm, exchanges)
    return Row(one.name, one.direction, removed, readings[one.name, "fresh"], readings[one.name, "original"])


def _reading(one: Metric, arms: dict[str, Arm], arm: str, exchanges: Any) -> Reading:
    compared = arms[arm], arms["reference"], arms["original"]
    return Reading(one.measure(*compared), one.p_value(*compared, exchanges), one.operating_point(*compared))
