"""The runs of a tuning: originals to remove from, what removed models are to say, and removals of many settings."""

import dataclasses
import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from ...algorithms._space import Plain, Range, Setting
from ...algorithms.base import Learner, Remover, Trained
from ...algorithms.pools._draw import removal
from ...algorithms.pools._map_over_runs import Mapped, map_over_runs, mapped
from ...algorithms.pools._pool import SHARD, Pool, shard_keys
from ...algorithms.programs._programs import momentary, trace
from ...algorithms.programs._traced import traced
from ...algorithms.store._store import Store
from ...formal._numbers import root_seed
from ...formal.definitions._definitions import Definition, reference_rows
from ...formal.definitions._scenario import Rows, Scenario, scenario_key
from ..metrics._answers import Scale, answer_of, scale_of
from ..runs._eval_sets import EvalSets, eval_sets, gather
from ..runs.observables import LOSSES, Model, Observable
from ._search import Search
from ._tuning_objective import Answers

_TUNING = 0x74756E65
"""Folded into the root of all that is tuned on: what is reported has the streams of a check of the same seed."""

_STREAMS = ("training", "removal", "other training", "halves", "sampler", "halves of the report")


def tuning_streams(scenario: Scenario, seed: int) -> dict[str, PRNGKeyArray]:
    """The root key of each stream that a tuning uses; they depend on D and S alone, and no check uses them.

    >>> import neverseen as ns
    >>> list(tuning_streams(ns.scenarios.figure1(), 0))[:3]
    ['training', 'removal', 'other training']
    """
    root = scenario_key(jax.random.key(root_seed(seed)), request_alone(scenario).digest())
    root = jax.random.fold_in(root, _TUNING)
    return {name: jax.random.fold_in(root, i) for i, name in enumerate(_STREAMS)}


def request_alone(scenario: Scenario) -> Scenario:
    """What whoever serves a request has of a scenario: D and S.

    >>> import neverseen as ns
    >>> alone = request_alone(ns.scenarios.figure1())
    >>> bool((alone.behaviour == alone.forget).all()), int(alone.fresh_rest.count())
    (True, 0)
    """
    x, y = jax.tree.map(lambda leaf: jnp.zeros_like(leaf[:1]), (scenario.rows.x, scenario.rows.y))
    none = Rows(x, y, jnp.zeros(1, bool))
    return Scenario(scenario.rows, scenario.forget, scenario.forget, none, none, None, "D and S alone")


@dataclasses.dataclass(frozen=True, eq=False)
class Phase:
    """Runs to remove from, and what removed models are to say: the same for all settings.

    Args:
        learner: A.
        scenario: what removers are given.
        points: where models are looked at.
        originals: the pool that removers start from.
        removing: the root key of the removals.
        raw: what removed models are to say, before it is bounded.
        runs: how many.
        retrains: how many training runs on all of D all this costs.
        store: where shards are kept.
    """

    learner: Learner
    scenario: Scenario
    points: EvalSets
    originals: Pool
    removing: PRNGKeyArray
    raw: Answers
    runs: int
    retrains: int
    store: Store | None

    @functools.cached_property
    def scales(self) -> dict[str, Scale]:
        """How answers become numbers in [0, 1]: of losses, by what is to be said of each block."""
        losses = answer_of(self.learner, self.scenario) is LOSSES
        return {name: scale_of(values, losses) for name, values in self._present(self.raw).items()}

    @functools.cached_property
    def targets(self) -> Answers:
        """What removed models are to say."""
        return self.bounded(self.raw)

    def bounded(self, raw: Mapping[str, Any]) -> Answers:
        """Arrays of runs as numbers in [0, 1], of the rows present alone."""
        return {name: self.scales[name].of(values) for name, values in self._present(raw).items()}

    def _present(self, raw: Mapping[str, Any]) -> Answers:
        counts = {name: rows.number for name, rows in self.points.items()}
        return {name: np.asarray(values, np.float64)[: self.runs, : counts[name]] for name, values in raw.items()}

    def nothing(self) -> Answers:
        """What the originals say."""
        return self.bounded(_answers(self.learner, self.scenario, self.originals, self.points, self.runs, self.store))

    def removed(self, remover: Remover) -> Answers:
        """What a remover's models say, from the pool that a check of the same streams draws."""
        extra = {need: getattr(self.scenario, need) for need in remover.needs}
        shared = (self.scenario.rows, self.scenario.forget, extra)
        pool = Pool(removal(remover), (self.removing,), shared, (self.originals,), f"{remover} after {self.learner}")
        return self.bounded(_answers(self.learner, self.scenario, pool, self.points, self.runs, self.store))


def with_reference(
    definition: Definition, learner: Learner, scenario: Scenario, roots: Mapping[str, PRNGKeyArray], runs: int,
    store: Store | None,
) -> Phase:  # fmt: skip
    """Removed models are to say what models say that never saw what the definition names: the best case."""
    rows, full = scenario.rows, scenario.behaviour
    points = eval_sets(scenario, definition) | {"rest of D": gather(rows.without(full))}
    points = {name: each for name, each in points.items() if bool(each.present.any())}
    unseen = reference_rows(definition, rows, scenario.forget, full)
    name = f"{learner} in {scenario}, reference of {definition.name}"
    reference = Pool(learner.fit, (roots["other training"],), (unseen,), name=name)
    raw = _answers(learner, scenario, reference, points, runs, store)
    originals = _originals(learner, scenario, roots["training"])
    return Phase(learner, scenario, points, originals, roots["removal"], raw, runs, 2 * runs, store)


def without_reference(
    learner: Learner, scenario: Scenario, roots: Mapping[str, PRNGKeyArray], halves: PRNGKeyArray, runs: int,
    store: Store | None,
) -> Phase:  # fmt: skip
    """Removed models are to say of S what models say that did not see it, and of D∖S what the originals say.

    For each run D is cut in two at random, and A trained on either half; a row of S is judged by the model that lacks
    it. So "not seen" is known on S from D and A alone: whoever removes too little says of S what the originals say,
    whoever removes too much says what no row that was left out is given. On D∖S originals of other seeds stand for what
    is to stay. Two biases are left: a half teaches less than D, and holds half of the other rows of S, so that of a
    behaviour that S samples it knows more than A(D∖S) does. Measured on digits (`benchmarks/tuning.py`): where S is of
    a class, what is tuned so is nearer to A(D∖S) than the defaults; where half of S's near-duplicates stay, it is not.
    """
    rows, s = scenario.rows, np.flatnonzero(np.asarray(scenario.forget))
    points = {"S": gather(Rows(rows.x, rows.y, scenario.forget)), "D∖S": gather(rows.without(scenario.forget))}
    points = {name: each for name, each in points.items() if bool(each.present.any())}
    shards = range(-(-runs // SHARD))
    pool = Pool(_out_of_fold(learner, answer_of(learner, scenario)), (halves,), (rows,), name=f"{learner} on halves")
    unseen = np.concatenate([np.asarray(pool.shard(number, store), np.float64) for number in shards])[:runs, s]
    other = _originals(learner, scenario, roots["other training"])
    kept = {name: each for name, each in points.items() if name != "S"}
    raw = {"S": unseen} | _answers(learner, scenario, other, kept, runs, store)
    originals = _originals(learner, scenario, roots["training"])
    return Phase(learner, scenario, points, originals, roots["removal"], raw, runs, 3 * runs, store)


def _originals(learner: Learner, scenario: Scenario, root: PRNGKeyArray) -> Pool:
    return Pool(learner.fit, (root,), (scenario.rows,), name=f"{learner} in {scenario}")


@momentary
def _out_of_fold(learner: Learner, answer: Observable) -> Callable[[PRNGKeyArray, Rows], Float[Array, " n"]]:
    def unseen(key: PRNGKeyArray, rows: Rows) -> Float[Array, " n"]:
        cut, first, second = jax.random.split(key, 3)
        half = jax.random.bernoulli(cut, 0.5, rows.present.shape)
        sees, lacks = learner.fit(first, rows.only(half)), learner.fit(second, rows.without(half))
        return jnp.where(
            half, answer.of(Model(learner, lacks.params, rows)), answer.of(Model(learner, sees.params, rows))
        )

    return unseen


def _answers(
    learner: Learner, scenario: Scenario, pool: Pool, points: EvalSets, runs: int, store: Store | None
) -> dict[str, Any]:
    shards = (pool.shard(number, store).params for number in range(-(-runs // SHARD)))
    parts = [map_over_runs(_observer(learner, answer_of(learner, scenario)), (params,), points) for params in shards]
    return {name: np.concatenate([np.asarray(part[name], np.float64) for part in parts])[:runs] for name in points}


@momentary
def _observer(learner: Learner, answer: Observable) -> Callable[[Any, EvalSets], dict[str, Array]]:
    return lambda params, points: {name: answer.of(Model(learner, params, rows)) for name, rows in points.items()}


class Removals:
    """Removed models of any settings on the runs of a phase: numbers are traced, so that one program serves them all.

    Args:
        search: the factory and its space.
        phase: where its removers are tried.
    """

    def __init__(self, search: Search, phase: Phase) -> None:
        self.phase, self.name, self._make = phase, search.name, undecorated(search.make)
        shards = range(-(-phase.runs // SHARD))
        models = [phase.originals.shard(number, phase.store) for number in shards]
        keys = [shard_keys((phase.removing,), number)[0] for number in shards]
        together = zip(keys, models, strict=True)
        self._runs = jax.tree.map(lambda *parts: jnp.concatenate(parts)[: phase.runs], *together)
        scenario = phase.scenario
        extra = {need: getattr(scenario, need) for need in search.make().needs}
        self._shared = (scenario.rows, scenario.forget, extra, phase.points)
        self._programs: dict[Any, Mapped] = {}
        self.traced = self._traceable([name for name, each in search.space.items() if _is_real(each)])

    def __call__(self, settings: Mapping[str, Plain]) -> Answers:
        """What the models say after removal under these settings.

        Raises:
            ValueError: the remover does not run under them.
        """
        numbers = {name: jnp.asarray(settings[name], float) for name in self.traced}
        with traced(f"remover {self.name}"):
            program = self._program(settings, numbers)
            return self.phase.bounded(program(self._runs, numbers, *self._shared))

    def static(self, settings: Mapping[str, Plain]) -> tuple[Any, ...]:
        """The settings that no program of other values serves: as many of these, as many programs."""
        rest = [(name, value) for name, value in sorted(settings.items()) if name not in self.traced]
        return tuple((name, type(value).__name__, value) for name, value in rest)

    def digest(self, settings: Mapping[str, Plain]) -> str | None:
        """What tells this remover from others of its name: its program under these settings."""
        numbers = {name: jnp.asarray(settings[name], float) for name in self.traced}
        return self._program(settings, numbers).one.digest

    def _program(self, settings: Mapping[str, Plain], numbers: dict[str, Array]) -> Mapped:
        static = self.static(settings)
        if static not in self._programs:
            self._programs[static] = mapped(self._one({n: v for n, _, v in static}), self._runs, numbers, *self._shared)
        return self._programs[static]

    def _one(self, static: Mapping[str, Plain]) -> Callable[..., dict[str, Array]]:
        make, learner = self._make, self.phase.learner
        answer = answer_of(learner, self.phase.scenario)

        def one(key: Any, trained: Trained, numbers: Any, rows: Rows, forget: Any, extra: Any, points: Any) -> Any:
            model = make(**static, **numbers)(key, trained, rows, forget, **extra)
            return {name: answer.of(Model(learner, model.params, each)) for name, each in points.items()}

        return one

    def _traceable(self, names: list[str]) -> tuple[str, ...]:
        """The numbers that the factory and its remover take as they are traced: found out by trying."""
        run = jax.tree.map(lambda leaf: jax.ShapeDtypeStruct(leaf.shape[1:], leaf.dtype), self._runs)

        def runs(some: list[str]) -> bool:
            try:
                trace(self._one({}), *run, {name: jnp.asarray(0.5, float) for name in some}, *self._shared)
            except Exception:  # whatever a branch, a shape or a format does with a tracer: that number is static
                return False
            return True

        if runs(names):
            return tuple(names)
        able = [name for name in names if runs([name])]
        return tuple(able) if runs(able) else ()


def _is_real(setting: Setting) -> bool:
    return isinstance(setting, Range) and not setting.whole


def undecorated(make: Callable[..., Any]) -> Callable[..., Any]:
    """A factory without what looks at its arguments.

    >>> import neverseen as ns
    >>> undecorated(ns.removers.ssd)(dampening=-1.0)  # the factory itself refuses a negative one
    ssd
    """
    if isinstance(make, functools.partial):
        return functools.partial(undecorated(make.func), *make.args, **make.keywords)
    return inspect.unwrap(make)


def count_diverged(chances: Answers) -> int:
    """How many runs say something that is not finite.

    >>> count_diverged({"S": np.array([[0.5], [np.nan]])})
    1
    """
    bad = [~np.isfinite(values).all(1) for values in chances.values()]
    return int(np.any(bad, axis=0).sum())
