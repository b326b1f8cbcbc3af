"""Views: observables on sets of rows. What a verdict compares are the laws of these."""

import dataclasses
import functools
from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float64

from ...algorithms.base import Learner, Trained
from ...algorithms.pools._map_over_runs import at_this_moment, map_over_runs
from ...algorithms.programs._programs import momentary
from ...formal.definitions._definitions import Definition
from ...formal.definitions._scenario import Scenario
from ..engine._grain import Values
from ._eval_sets import EVAL_ROWS, EvalSets, eval_sets
from .observables import COORDINATES, DEFAULTS, LOSS, LOSSES, PARAMETERS, SKETCH, Model, Observable


@dataclasses.dataclass(frozen=True)
class Views:
    """What a check looks at of a model: the default observables and a user's own, on sets of rows.

    Args:
        eval_sets: those without a row present are not looked at, but are part of the program: few programs serve all.
        designated: the views that the definition is about; they hold half the prior.
        own: observables beside the default ones.

    >>> Views({}).designated
    ()
    """

    eval_sets: EvalSets
    designated: tuple[str, ...] = ()
    own: tuple[Observable, ...] = ()

    @functools.cached_property
    def counts(self) -> dict[str, int]:
        """How many rows of each set are present."""
        return {name: rows.number for name, rows in self.eval_sets.items()}

    def by_example(self, values: Values) -> frozenset[str]:
        """The views among these that hold one number for each row."""
        widths = {
            each.on(name): min(count, EVAL_ROWS)
            for each in (*DEFAULTS, *self.own)
            for name, count in self.counts.items()
            if each.per == "row"
        }
        return frozenset(view for view, array in values.items() if array.shape[1] == widths.get(view))


def views_of(scenario: Scenario, definition: Definition, own: tuple[Observable, ...] = ()) -> Views:
    """The views a definition is judged by in a scenario.

    Args:
        scenario: where to look.
        definition: whose reference the models are compared with.
        own: observables beside the default ones.

    Returns:
        The views. Untraining designates the loss on S; unlearning that on S and on S_full∖S, or on the fresh behaviour
        where D is redrawn.

    >>> import neverseen as ns
    >>> looked_at = views_of(ns.scenarios.figure1(), ns.Unlearning(1.0, 0.05))
    >>> looked_at.counts, looked_at.designated
    ({'S': 3, 'S_full∖S': 6, 'fresh behaviour': 0, 'fresh rest': 0}, ('loss on S', 'loss on S_full∖S'))
    """
    about = {"untraining": ("S",), "unlearning": ("S", "S_full∖S")}[definition.name]
    about = ("fresh behaviour",) if definition.redraws else about
    plain = Views(eval_sets(scenario, definition), own=own)
    return dataclasses.replace(plain, designated=tuple(LOSS.on(name) for name in about if plain.counts[name]))


def observe_many(learner: Learner, trained: Trained, looked_at: Views) -> Values:
    """Every view of every run, on the host in double precision.

    The parameters first: all of them, or, where there are more than 64, a sketch that its name describes. Then for each
    set of rows its mean loss (one number) and the margins (or losses where outputs are not class scores), a vector over
    its first 16 rows. A user's own come last.

    Args:
        learner: whose `apply` and `loss` read the models.
        trained: `Trained` with a leading axis of runs.
        looked_at: which views.

    Returns:
        `[runs, k]` for each view.

    >>> import jax, neverseen as ns
    >>> scenario, learner = ns.scenarios.figure1(), ns.learners.ridge()
    >>> looked_at = views_of(scenario, ns.Untraining(1.0, 0.05))
    >>> models = ns.pools.draw(learner, scenario.rows, jax.random.split(jax.random.key(0), 2))
    >>> {view: values.shape for view, values in observe_many(learner, models, looked_at).items()}["margins on S"]
    (2, 3)
    """
    by_view = map_over_runs(_observer(learner, looked_at.own), (trained.params,), looked_at.eval_sets)
    ordered = {view: _cut(by_view[view], count) for view, count in _in_order(looked_at) if view in by_view}
    return {view: values for view, values in ordered.items() if values.size}


def seen_of(learner: Learner, trained: Trained, looked_at: Views) -> str:
    """A fingerprint of what `observe_many` computes, as traced now; one of its own where that calls back into Python.

    Args:
        learner, trained, looked_at: as there, or of `trained` the shapes.

    >>> import jax, neverseen as ns
    >>> scenario, learner = ns.scenarios.figure1(), ns.learners.ridge()
    >>> models = jax.eval_shape(jax.vmap(learner.fit, (0, None)), jax.random.split(jax.random.key(0)), scenario.rows)
    >>> len(seen_of(learner, models, views_of(scenario, ns.Untraining(1.0, 0.05))))
    64
    """
    program = at_this_moment(_observer(learner, looked_at.own), (trained.params,), looked_at.eval_sets)
    return program.fingerprint or f"at {id(program)}"


def own_views(looked_at: Views) -> Iterator[tuple[Observable, str, str]]:
    """A user's own observables, the views they make, and of which sets.

    >>> [view for _, view, _ in own_views(Views({}, own=(PARAMETERS,)))]
    ['parameters']
    """
    for each in looked_at.own:
        for name in looked_at.eval_sets if each.per != "model" else ("",):
            yield each, each.on(name), name


def _in_order(looked_at: Views) -> Iterator[tuple[str, int | None]]:
    """The views that there may be, the default ones first; and of how many lines, where a line is of a row."""
    whole = [(each, each.name, "") for each in DEFAULTS if each.per == "model"]
    default = [(each, each.on(name), name) for name in looked_at.eval_sets for each in DEFAULTS if each.per != "model"]
    for each, view, name in [*whole, *default, *own_views(looked_at)]:
        count = looked_at.counts.get(name)
        if count != 0:
            yield view, count if each.per == "row" else None


def _cut(values: Array, count: int | None) -> Float64[np.ndarray, "runs k"]:
    """Without the lines of absent rows, which come last; a vector for each run."""
    return np.asarray(values, np.float64)[:, :count].reshape(len(values), -1)


@momentary
def _observer(learner: Learner, own: tuple[Observable, ...]) -> Callable[[Any, EvalSets], dict[str, Array]]:
    """All views of one model."""

    def observe(params: Any, sets: EvalSets) -> dict[str, Array]:
        whole, by_view = Model(learner, params), dict[str, Array]()
        models = {name: Model(learner, params, rows) for name, rows in sets.items()}
        for name, model in {"": whole, **models}.items():
            for each in DEFAULTS:
                if (each.per == "model") == (model is whole) and _applies(each, model):
                    by_view |= _show(each, {name: model})
        for each in own:
            by_view |= _show(each, {"": whole} if each.per == "model" else models)
        return by_view

    return observe


def _applies(observable: Observable, model: Model) -> bool:
    """Of the parameters and their sketch, and of margins and losses, the one that there is."""
    if observable in (PARAMETERS, SKETCH):
        size = sum(leaf.size for leaf in jax.tree.leaves(model.params))
        return (size <= COORDINATES) == (observable == PARAMETERS)
    if observable.per == "model":
        return True
    scored = model.learner.logits and model.outputs.shape[-1] > 1
    return not scored if observable == LOSSES else scored or not observable.needs_logits


def _show(observable: Observable, models: dict[str, Model]) -> dict[str, Array]:
    """An observable of one model on each of some sets of rows: at least one axis, and at most 16 rows."""
    by_view = {observable.on(name): jnp.atleast_1d(observable.of(model)) for name, model in models.items()}
    return {view: values[:EVAL_ROWS] for view, values in by_view.items()} if observable.per == "row" else by_view
