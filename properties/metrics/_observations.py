"""What metrics see of models: arrays of observables, `[runs, points, ...]`, with noise of the grain on every number."""

import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Array, Float64

from ...algorithms.base import Learner
from ...algorithms.pools._map_over_runs import map_over_runs
from ...algorithms.programs._programs import momentary, trace
from ...formal.definitions._definitions import Definition
from ...formal.definitions._scenario import Scenario
from ..engine._grain import Scales, add_grain, scales
from ..runs._eval_sets import MEASURED, EvalSets, eval_sets
from ..runs.observables import OBSERVABLES, Model, parts
from ._metric import Arm, Metric


def points_of(scenario: Scenario, definition: Definition) -> EvalSets:
    """The sets at which metrics look, those that hold a point.

    Args:
        scenario: where to look.
        definition: whose reference the models are compared with.

    >>> import neverseen as ns
    >>> found = points_of(ns.scenarios.figure1(), ns.Untraining(1.0, 0.05))
    >>> {name: int(rows.count()) for name, rows in found.items()}
    {'S': 3, 'retained': 11, 'behaviour': 6}
    """
    looked_at = eval_sets(scenario, definition, MEASURED)
    return {name: rows for name, rows in looked_at.items() if bool(rows.present.any())}


def admit(metric: Metric, learner: Learner, params: Any, eval_sets: EvalSets) -> None:
    """Refuse a metric whose arrays these models do not have at these points, before anything is drawn.

    Args:
        metric: which.
        learner: whose models.
        params: the shapes of one model's parameters.
        eval_sets: from `points_of`.

    Raises:
        ValueError: no such observable or points, no class scores, no units known, or not differentiable.

    >>> import neverseen as ns
    >>> from neverseen.properties.metrics import METRICS
    >>> admit(METRICS["klom"], ns.learners.ridge(logits=False), None, {"S": ns.scenarios.figure1().rows})
    Traceback (most recent call last):
    ValueError: klom: ridge(penalty=1) declares no class scores (logits=False); use a metric of losses
    """
    for name in metric.needs:
        kind, place = parts(name)
        if kind not in OBSERVABLES:
            raise ValueError(f"{metric.name}: it reads {name!r}, but the observables are {', '.join(OBSERVABLES)}")
        if place not in eval_sets:
            raise ValueError(
                f"{metric.name}: there are no points of {place!r} here; the points are {', '.join(eval_sets)}"
            )
        if OBSERVABLES[kind].needs_logits and not learner.logits:
            raise ValueError(
                f"{metric.name}: {learner} declares no class scores (logits=False); use a metric of losses"
            )
        try:
            trace(_observer(learner, (name,)), params, {place: eval_sets[place]})
        except (TypeError, ValueError) as error:
            raise ValueError(f"{metric.name}: {learner} has no {name}: {str(error).splitlines()[0]}") from error


def observations(
    learner: Learner,
    params: Any,
    eval_sets: EvalSets,
    needs: tuple[str, ...],
    grain: Scales | float,
    entropy: tuple[int, ...],
) -> Arm:
    """The arrays of many models, on the host in double precision, with noise of the grain on every number.

    Args:
        learner: whose `apply` and `loss` read the models.
        params: with a leading axis of runs.
        eval_sets: from `points_of`.
        needs: names of arrays, `margins on S`.
        grain: the noise on each number of each array, or one for all; see `properties/engine/_grain.py`.
        entropy: of the noise; that of an array does not depend on which others are asked for.

    Returns:
        `[runs, points, ...]` for each; `[runs, steps + 1]` for relearning.

    >>> import jax, neverseen as ns
    >>> scenario, learner = ns.scenarios.figure1(), ns.learners.ridge()
    >>> models = ns.pools.draw(learner, scenario.rows, jax.random.split(jax.random.key(0), 2))
    >>> found = points_of(scenario, ns.Untraining(1.0, 0.05))
    >>> observations(learner, models.params, found, ("scores on S",), 0.0, ())["scores on S"].shape
    (2, 3, 4)
    """
    points = {place: eval_sets[place] for place in sorted({parts(name)[1] for name in needs})}
    by_name = map_over_runs(_observer(learner, tuple(sorted(needs))), (params,), points)
    arm = {name: np.asarray(_cut(name, values, points), np.float64) for name, values in by_name.items()}
    return {name: _noisy(name, values, grain, entropy) for name, values in arm.items()}


def scales_of(reference: Arm, share: float) -> Scales:
    """The standard deviation of the noise on each number of each array: a share of its size among references.

    >>> scales_of({"losses on S": np.full((8, 2), 4.0)}, 0.5)
    {'losses on S': array([2., 2.])}
    """
    flat = {name: values.reshape(len(values), -1) for name, values in reference.items()}
    return scales(flat, flat, share)


def _noisy(name: str, values: Float64[np.ndarray, "..."], grain: Scales | float, entropy: tuple[int, ...]) -> Any:
    rng = np.random.default_rng([*entropy, zlib.crc32(name.encode())])
    return add_grain({name: values.reshape(len(values), -1)}, grain, rng)[name].reshape(values.shape)


def _cut(name: str, values: Array, points: EvalSets) -> Array:
    kind, place = parts(name)
    return values if OBSERVABLES[kind].per != "row" else values[:, : points[place].number]


@momentary
def _observer(learner: Learner, needs: tuple[str, ...]) -> Callable[[Any, EvalSets], dict[str, Array]]:
    """All arrays of one model."""

    def see(params: Any, points: EvalSets) -> dict[str, Array]:
        models = {place: Model(learner, params, rows) for place, rows in points.items()}
        kinds = {name: parts(name) for name in needs}
        return {name: OBSERVABLES[kind].of(models[place]) for name, (kind, place) in kinds.items()}

    return see
