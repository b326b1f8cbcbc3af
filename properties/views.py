"""Views: observables φ of a model. What a verdict compares are the laws of these."""

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float, Float64

from ..algorithms.base import Learner, Trained, margins
from ..algorithms.pools import spread
from ..formal.definitions import Definition
from ..formal.scenario import Rows, Scenario, bucket

COORDINATES = 64
"""Coordinates of the sketch that stands for longer parameter vectors."""

ROWS = 16
"""Rows of a probe whose margins (or losses) a vector view holds."""

Values = dict[str, Float64[np.ndarray, "_ _"]]
"""One array for each view, a line for each run."""


@dataclasses.dataclass(frozen=True)
class Probes:
    """The points at which a check looks at models.

    Args:
        points: name → rows; a name is what a person reads, as "S" or "fresh behaviour".
        designated: names whose losses the definition is about; they hold half the prior.

    >>> Probes({}, ()).designated
    ()
    """

    points: dict[str, Rows]
    designated: tuple[str, ...]


def probes(scenario: Scenario, definition: Definition) -> Probes:
    """The probes a definition may use in a scenario; empty ones are left out.

    At level *dataset*, D is fixed: S, S_full∖S and the fresh points. Where D is redrawn for each pair, only the
    fresh points: the laws compared there are those of the model alone, and a probe that moves with D would
    compare its law jointly with D.

    Args:
        scenario: where to look.
        definition: whose reference the models are compared with.

    Returns:
        The probes, padded to powers of two. Untraining designates S; unlearning S and S_full∖S, or the
        fresh behaviour where D is redrawn.

    >>> import neverseen as ns
    >>> found = probes(ns.scenarios.figure1(), ns.Unlearning(1.0, 0.05))
    >>> list(found.points), found.designated
    (['S', 'S_full∖S'], ('S', 'S_full∖S'))
    """
    s, rest = scenario.forget, scenario.behaviour & ~scenario.forget
    fresh = {"fresh behaviour": scenario.fresh_behaviour, "fresh rest": scenario.fresh_rest}
    inside = {} if definition.redraws else {"S": _gather(scenario.rows, s), "S_full∖S": _gather(scenario.rows, rest)}
    found = {name: rows for name, rows in (inside | fresh).items() if bool(rows.present.any())}
    wanted = {"untraining": ("S",), "unlearning": ("S", "S_full∖S")}[definition.name]
    designated = ("fresh behaviour",) if definition.redraws else wanted
    return Probes(found, tuple(name for name in designated if name in found))


def observe_many(learner: Learner, trained: Trained, found: Probes) -> Values:
    """Every view of every run, on the host in double precision.

    Views, for each probe: `loss on …`, the mean loss (one number), and `margins on …` (or `losses on …` where
    outputs are not class scores), a vector over its first rows; and `parameters`, all of them or a sketch.

    Args:
        learner: whose `apply` and `loss` read the models.
        trained: `Trained` with a leading axis of runs.
        found: where to look.

    Returns:
        `[runs, k]` for each view.

    >>> import jax, neverseen as ns
    >>> scenario, learner = ns.scenarios.figure1(), ns.learners.ridge()
    >>> found = probes(scenario, ns.Untraining(1.0, 0.05))
    >>> models = ns.pools.fit_many(learner, jax.random.split(jax.random.key(0), 2), scenario.rows)
    >>> {name: values.shape for name, values in observe_many(learner, models, found).items()}["loss on S"]
    (2, 1)
    """
    seen = spread(_observer(learner), trained.params, found.points)
    return {name: np.asarray(values, np.float64) for name, values in seen.items()}


def add_grain(values: Values, grain: float, rng: np.random.Generator) -> Values:
    """Independent N(0, s²) on every number, with s the grain: differences below s are not examined.

    Post-processing both arms alike keeps every refutation sound; without it, float rounding tells an exact
    remover from its reference.

    >>> rng = np.random.default_rng(0)
    >>> bool(add_grain({"a": np.zeros((2, 1))}, 0.0, rng)["a"].any())
    False
    """
    return {name: v + grain * rng.standard_normal(v.shape) for name, v in values.items()}


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


@functools.lru_cache(maxsize=256)
def _observer(learner: Learner) -> Callable[[Any, dict[str, Rows]], dict[str, Array]]:
    """All views of one model."""

    def observe(params: Any, points: dict[str, Rows]) -> dict[str, Array]:
        seen = {"parameters": sketch(params)}
        for name, rows in points.items():
            outputs = learner.apply(params, rows.x)
            losses = jnp.where(rows.present, learner.loss(outputs, rows.y), 0)
            scored = learner.logits and outputs.shape[-1] > 1
            each = margins(outputs, rows.y) if scored else losses
            seen[f"loss on {name}"] = jnp.atleast_1d(losses.sum() / jnp.maximum(rows.count(), 1))
            seen[f"{'margins' if scored else 'losses'} on {name}"] = jnp.where(rows.present, each, 0)[:ROWS]
        return {name: value for name, value in seen.items() if value.size}

    return observe


def _gather(rows: Rows, chosen: Array) -> Rows:
    """The chosen rows alone, padded to a power of two."""
    places = np.flatnonzero(np.asarray(chosen))
    padded = np.resize(places, bucket(len(places))) if len(places) else np.zeros(1, int)
    x, y = jax.tree.map(lambda leaf: leaf[padded], (rows.x, rows.y))
    return Rows(x, y, jnp.arange(len(padded)) < len(places))
