"""Views: observables φ of a model. What a verdict compares are the laws of these."""

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float

from ...algorithms.base import Learner, Trained, margins
from ...algorithms.pools._spread import at_this_moment, spread
from ...algorithms.programs._programs import momentary
from ...formal.definitions._definitions import Definition
from ...formal.definitions._scenario import Rows, Scenario, bucket
from ..engine._grain import Values

COORDINATES = 64
"""Coordinates of the sketch that stands for longer parameter vectors."""

ROWS = 16
"""Rows of a probe whose margins (or losses) a vector view holds."""

PARAMETERS, SKETCH = "parameters", f"{COORDINATES} signed sums of all parameters"
"""What is looked at of parameters: each of them, or of more than 64 that many sums."""


@dataclasses.dataclass(frozen=True)
class Probes:
    """The points at which a check looks at models.

    Args:
        points: name → rows, at least 16 of them, present or not: few shapes, few programs.
        counts: name → how many rows are present; those with none are not looked at.
        designated: names whose losses the definition is about; they hold half the prior.

    >>> Probes({}, {}, ()).designated
    ()
    """

    points: dict[str, Rows]
    counts: dict[str, int]
    designated: tuple[str, ...]


def probes(scenario: Scenario, definition: Definition) -> Probes:
    """The probes a definition may use in a scenario.

    At level *dataset*, D is fixed: S, S_full∖S and the fresh points. Where D is redrawn for each pair, only the
    fresh points: the laws compared there are those of the model alone, and a probe that moves with D would
    compare its law jointly with D.

    Args:
        scenario: where to look.
        definition: whose reference the models are compared with.

    Returns:
        The probes. Untraining designates S; unlearning S and S_full∖S, or the fresh behaviour where D is redrawn.

    >>> import neverseen as ns
    >>> found = probes(ns.scenarios.figure1(), ns.Unlearning(1.0, 0.05))
    >>> found.counts, found.designated
    ({'S': 3, 'S_full∖S': 6, 'fresh behaviour': 0, 'fresh rest': 0}, ('S', 'S_full∖S'))
    """
    rows, s, full = scenario.rows, scenario.forget, scenario.behaviour
    fresh = {"fresh behaviour": scenario.fresh_behaviour, "fresh rest": scenario.fresh_rest}
    inside = {} if definition.redraws else {"S": Rows(rows.x, rows.y, s), "S_full∖S": Rows(rows.x, rows.y, full & ~s)}
    points = {name: gather(found) for name, found in (inside | fresh).items()}
    counts = {name: int(found.count()) for name, found in points.items()}
    wanted = {"untraining": ("S",), "unlearning": ("S", "S_full∖S")}[definition.name]
    designated = ("fresh behaviour",) if definition.redraws else wanted
    return Probes(points, counts, tuple(name for name in designated if counts[name]))


def observe_many(learner: Learner, trained: Trained, found: Probes) -> Values:
    """Every view of every run, on the host in double precision.

    Views, for each probe: `loss on …`, the mean loss (one number), and `margins on …` (or `losses on …` where
    outputs are not class scores), a vector over its first rows; and `parameters`, all of them, or, where there are
    more than 64, a sketch that its name describes.

    Args:
        learner: whose `apply` and `loss` read the models.
        trained: `Trained` with a leading axis of runs.
        found: where to look.

    Returns:
        `[runs, k]` for each view.

    >>> import jax, neverseen as ns
    >>> scenario, learner = ns.scenarios.figure1(), ns.learners.ridge()
    >>> found = probes(scenario, ns.Untraining(1.0, 0.05))
    >>> models = ns.pools.draw(learner, scenario.rows, jax.random.split(jax.random.key(0), 2))
    >>> {name: values.shape for name, values in observe_many(learner, models, found).items()}["margins on S"]
    (2, 3)
    """
    seen = spread(_observer(learner), (trained.params,), found.points)
    flat = sum(leaf.size // len(leaf) for leaf in jax.tree.leaves(trained.params))
    values = {PARAMETERS if flat <= COORDINATES else SKETCH: seen.pop(PARAMETERS)}
    for name, count in found.counts.items():
        if count:
            values |= {view: seen[view][:, :count] for view in seen if view.endswith(f" on {name}")}
    return {view: np.asarray(rows, np.float64) for view, rows in values.items() if rows.size}


def sketch(params: Any) -> Float[Array, " k"]:
    """All parameters in one vector; a longer one is folded to 64 coordinates by fixed random signs.

    Coordinate j is the sum over i ≡ j (mod 64) of ±θ_i / √(terms), so that independent noise of one size in
    every parameter has that size in every coordinate.

    >>> import jax.numpy as jnp
    >>> sketch({"w": jnp.ones(3)}).tolist(), sketch({"w": jnp.ones(1000)}).shape
    ([1.0, 1.0, 1.0], (64,))
    """
    flat = ravel_pytree(params)[0].astype(float)
    if flat.size <= COORDINATES:
        return flat
    terms = -(-flat.size // COORDINATES)
    padded = jnp.pad(flat, (0, terms * COORDINATES - flat.size))
    signs = np.random.default_rng(0).integers(0, 2, padded.size) * 2.0 - 1.0
    return (padded * signs).reshape(terms, COORDINATES).sum(0) / np.sqrt(terms)


def seen_of(learner: Learner, trained: Trained, found: Probes) -> str:
    """The digest of what `observe_many` computes, as traced now; one of its own where that calls back into Python.

    Args:
        learner, trained, found: as there, or of `trained` the shapes.

    >>> import jax, neverseen as ns
    >>> scenario, learner = ns.scenarios.figure1(), ns.learners.ridge()
    >>> models = jax.eval_shape(jax.vmap(learner.fit, (0, None)), jax.random.split(jax.random.key(0)), scenario.rows)
    >>> len(seen_of(learner, models, probes(scenario, ns.Untraining(1.0, 0.05))))
    64
    """
    made = at_this_moment(_observer(learner), (trained.params,), found.points)
    return made.digest or f"at {id(made)}"


@momentary
def _observer(learner: Learner) -> Callable[[Any, dict[str, Rows]], dict[str, Array]]:
    """All views of one model."""

    def observe(params: Any, points: dict[str, Rows]) -> dict[str, Array]:
        seen = {PARAMETERS: sketch(params)}
        for name, rows in points.items():
            outputs = learner.apply(params, rows.x)
            losses = jnp.where(rows.present, learner.loss(outputs, rows.y), 0)
            scored = learner.logits and outputs.shape[-1] > 1
            each = margins(outputs, rows.y) if scored else losses
            seen[f"loss on {name}"] = jnp.atleast_1d(losses.sum() / jnp.maximum(rows.count(), 1))
            seen[f"{'margins' if scored else 'losses'} on {name}"] = jnp.where(rows.present, each, 0)[:ROWS]
        return seen

    return observe


def gather(rows: Rows) -> Rows:
    """The rows present, first, among absent ones up to a power of two and at least 16.

    >>> gather(Rows(jnp.arange(3.0), jnp.zeros(3), jnp.array([False, True, True]))).x[:2].tolist()
    [1.0, 2.0]
    """
    places = np.flatnonzero(np.asarray(rows.present))
    order = np.resize(places if places.size else np.zeros(1, int), max(bucket(places.size), ROWS))
    x, y = jax.tree.map(lambda leaf: leaf[order], (rows.x, rows.y))
    return Rows(x, y, jnp.arange(len(order)) < places.size)
