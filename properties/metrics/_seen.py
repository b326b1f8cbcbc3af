"""What metrics see of models: at which points, and which arrays."""

import functools
import zlib
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Float64

from ...algorithms.base import Learner, margins
from ...algorithms.pools._spread import spread
from ...algorithms.programs._programs import momentary, trace
from ...algorithms.removers._layers import features
from ...formal.definitions._definitions import Definition, reference_rows
from ...formal.definitions._scenario import Rows, Scenario
from ..engine._grain import Scales, add_grain, scales
from ..runs._views import gather
from ._metric import Arm, Metric
from ._relearn import RATE, STEPS

Places = dict[str, Rows]
"""Points by name, each with as many present as there are, first among absent ones."""


def places(scenario: Scenario, definition: Definition) -> Places:
    """The points at which metrics look: those that there are of S, retained, fresh and behaviour.

    - S: the forget set. Where D is redrawn for each run it is not looked at: it is no part of the published model.
    - retained: the rows the reference was trained on, not where D is redrawn.
    - fresh: all points never in D.
    - behaviour: S_full∖S (not where D is redrawn) and the fresh points of the behaviour.

    Args:
        scenario: where to look.
        definition: whose reference the models are compared with.

    >>> import neverseen as ns
    >>> found = places(ns.scenarios.figure1(), ns.Untraining(1.0, 0.05))
    >>> {name: int(rows.count()) for name, rows in found.items()}
    {'S': 3, 'retained': 11, 'behaviour': 6}
    """
    rows, s, full = scenario.rows, scenario.forget, scenario.behaviour
    behaviour, rest = scenario.fresh_behaviour, scenario.fresh_rest
    points: dict[str, tuple[Rows, ...]] = {
        "fresh": (behaviour, rest),
        "behaviour": (Rows(rows.x, rows.y, full & ~s), behaviour),
    }
    if definition.redraws:
        points["behaviour"] = (behaviour,)
    else:
        kept = reference_rows(definition, rows, s, full)
        points = {"S": (Rows(rows.x, rows.y, s),), "retained": (kept,)} | points
    joined = {name: jax.tree.map(lambda *parts: jnp.concatenate(parts), *found) for name, found in points.items()}
    return {name: gather(found) for name, found in joined.items() if bool(found.present.any())}


def admit(metric: Metric, learner: Learner, params: Any, found: Places) -> None:
    """Refuse a metric whose arrays these models do not have at these points, before anything is drawn.

    Args:
        metric: which.
        learner: whose models.
        params: the shapes of one model's parameters.
        found: from `places`.

    Raises:
        ValueError: no such points, no class scores, no units known, or not differentiable.

    >>> import neverseen as ns
    >>> from neverseen.properties.metrics import METRICS
    >>> admit(METRICS["klom"], ns.learners.ridge(logits=False), None, {"S": ns.scenarios.figure1().rows})
    Traceback (most recent call last):
    ValueError: klom: ridge(penalty=1) declares no class scores (logits=False); use a metric of losses
    """
    for name in metric.needs:
        kind, _, place = name.partition(" on ")
        if place not in found:
            raise ValueError(f"{metric.name}: there are no points of {place!r} here; the points are {', '.join(found)}")
        if kind in _SCORED and not learner.logits:
            raise ValueError(
                f"{metric.name}: {learner} declares no class scores (logits=False); use a metric of losses"
            )
        try:
            trace(functools.partial(_KINDS[kind], learner), params, found[place])
        except (TypeError, ValueError) as error:
            raise ValueError(f"{metric.name}: {learner} has no {name}: {str(error).splitlines()[0]}") from error


def observe(
    learner: Learner,
    params: Any,
    found: Places,
    needs: tuple[str, ...],
    grain: Scales | float,
    entropy: tuple[int, ...],
) -> Arm:
    """The arrays of many models, on the host in double precision, with noise of the grain on every number.

    Args:
        learner: whose `apply` and `loss` read the models.
        params: with a leading axis of runs.
        found: from `places`.
        needs: names of arrays, `margins on S`.
        grain: the noise on each number of each array, or one for all; see `properties/engine/_grain.py`.
        entropy: of the noise; that of an array does not depend on which others are asked for.

    Returns:
        `[runs, points, ...]` for each; `[runs, steps + 1]` for relearning.

    >>> import neverseen as ns
    >>> scenario, learner = ns.scenarios.figure1(), ns.learners.ridge()
    >>> models = ns.pools.draw(learner, scenario.rows, jax.random.split(jax.random.key(0), 2))
    >>> found = places(scenario, ns.Untraining(1.0, 0.05))
    >>> observe(learner, models.params, found, ("scores on S",), 0.0, ())["scores on S"].shape
    (2, 3, 4)
    """
    points = {place: found[place] for place in sorted({name.partition(" on ")[2] for name in needs})}
    seen = spread(_observer(learner, tuple(sorted(needs))), (params,), points)
    arm = {name: np.asarray(_cut(name, values, points), np.float64) for name, values in seen.items()}
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


def _cut(name: str, values: Array, points: Places) -> Array:
    kind, _, place = name.partition(" on ")
    return values if kind == "relearning" else values[:, : int(points[place].count())]


@momentary
def _observer(learner: Learner, needs: tuple[str, ...]) -> Callable[[Any, Places], dict[str, Array]]:
    """All arrays of one model."""

    def see(params: Any, points: Places) -> dict[str, Array]:
        parts = {name: name.partition(" on ") for name in needs}
        return {name: _KINDS[kind](learner, params, points[place]) for name, (kind, _, place) in parts.items()}

    return see


def log_truth_ratios(scores: Float[Array, "m c"], y: Float[Array, "m c"]) -> Float[Array, " m"]:
    r"""The logarithm of the mean probability of the wrong labels over the given one's.

    >>> log_truth_ratios(jnp.zeros((1, 3)), jnp.eye(3)[:1]).tolist()
    [0.0]
    """
    own = jax.nn.one_hot(y.argmax(-1), scores.shape[-1], dtype=bool)
    others = jax.nn.logsumexp(jnp.where(own, -jnp.inf, scores), axis=-1) - jnp.log(scores.shape[-1] - 1.0)
    return others - jnp.where(own, scores, 0).sum(-1)


def _losses(learner: Learner, params: Any, rows: Rows) -> Array:
    return learner.row_losses(params, rows)


def _scores(learner: Learner, params: Any, rows: Rows) -> Array:
    return learner.apply(params, rows.x)


def _margins(learner: Learner, params: Any, rows: Rows) -> Array:
    return margins(_scores(learner, params, rows), rows.y)


def _ratios(learner: Learner, params: Any, rows: Rows) -> Array:
    return log_truth_ratios(_scores(learner, params, rows), rows.y)


def _units(learner: Learner, params: Any, rows: Rows) -> Array:
    del learner
    return features(params, rows.x)


def _relearning(learner: Learner, params: Any, rows: Rows) -> Array:
    """The mean loss on the rows after 0, 1, 2, … steps of gradient descent on it."""
    loss = functools.partial(learner.mean_loss, rows=rows)

    def step(at: Any, none: None) -> tuple[Any, Array]:
        value, slope = jax.value_and_grad(loss)(at)
        return jax.tree.map(lambda w, g: w - RATE * g, at, slope), value

    last, curve = jax.lax.scan(step, params, None, length=STEPS)
    return jnp.append(curve, loss(last))


_KINDS: dict[str, Callable[[Learner, Any, Rows], Array]] = {
    "losses": _losses,
    "scores": _scores,
    "margins": _margins,
    "log truth ratios": _ratios,
    "units": _units,
    "relearning": _relearning,
}
_SCORED = ("scores", "margins", "log truth ratios")
