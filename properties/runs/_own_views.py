"""A user's own observables, looked at before any run counts: what would fail, or mislead, fails here, in one line."""

import functools
import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ...algorithms.base import Learner, Trained
from ...algorithms.pools._map_over_runs import at_this_moment
from ...algorithms.pools._pool import SHARD
from ...formal.definitions._scenario import Rows
from ..engine._grain import Values
from ._eval_sets import EVAL_ROWS, EvalSets
from ._rehearsal import attempt
from ._trial import refilled
from ._views import Views, observe_many, own_views
from .observables import Model, Observable

MOST = 256
"""Numbers of a view of a user's own, at most: each round solves for directions among them, in time cubic in these."""

_SAME = 1e-5
"""Values closer than this, relative to the largest of their view, are one: as of models in the dry run."""


def admit_own(looked_at: Views, learner: Learner, model: Trained) -> None:
    """Trace each of a user's own observables on the shapes of a model, alone and for many runs.

    Args:
        looked_at: the views of a check.
        learner: whose models.
        model: the shapes of one.

    Raises:
        ValueError: it needs class scores that the learner does not declare; it raises or cannot be traced; it returns
            no array of numbers, lines that are not one for each row, or more than 256 numbers.

    >>> import neverseen as ns
    >>> scenario, learner = ns.scenarios.figure1(), ns.learners.ridge()
    >>> blind = ns.Observable("mine", lambda model: model.outputs.mean(0))
    >>> ns.check(ns.Untraining(1.0, 0.05), ns.removers.do_nothing(), learner, scenario, observables=[blind])
    Traceback (most recent call last):
    ValueError: observable mine: its shape on S is (4,), but there are 16 rows; return one line for each, or ...
    """
    many = jax.tree.map(lambda leaf: jax.ShapeDtypeStruct((SHARD, *leaf.shape), leaf.dtype), model.params)
    for each in looked_at.own:
        who = f"observable {each}"
        if each.needs_logits and not learner.logits:
            raise ValueError(f"{who}: {learner} declares no class scores (logits=False); leave it out here")
        observe = _on(each, learner)
        for name, rows in looked_at.eval_sets.items():
            shape = attempt(who, functools.partial(_shape, observe, (many,), rows))
            _require_numbers(each, name, rows, shape)
            if each.per == "model":
                break


def _shape(observe: Any, many: Any, rows: Rows) -> Any:
    return at_this_moment(observe, many, rows).one.shapes


def _on(observable: Observable, learner: Learner) -> Any:
    alone = observable.per == "model"
    return lambda params, rows: observable.of(Model(learner, params, None if alone else rows))


def _require_numbers(observable: Observable, name: str, rows: Rows, shape: Any) -> None:
    who = f"observable {observable}"
    if not isinstance(shape, jax.ShapeDtypeStruct):
        raise ValueError(f"{who}: it returned {type(shape).__name__}, not one array; return numbers, joined into one")
    if not (jnp.issubdtype(shape.dtype, jnp.number) or shape.dtype == bool) or jnp.iscomplexobj(shape):
        raise ValueError(f"{who}: it returned {shape.dtype}; return real numbers")
    lines, where = len(rows.present), "" if observable.per == "model" else f" on {name}"
    if observable.per == "row" and shape.shape[:1] != (lines,):
        mend = "return one line for each, or declare per='set'"
        raise ValueError(f"{who}: its shape{where} is {shape.shape}, but there are {lines} rows; {mend}")
    numbers = math.prod((min(lines, EVAL_ROWS), *shape.shape[1:]) if observable.per == "row" else shape.shape)
    if not 0 < numbers <= MOST:
        raise ValueError(f"{who}: it holds {numbers} numbers{where}; give 1 to {MOST}: a summary, or a part")


def require_own(looked_at: Views, learner: Learner, models: list[Trained]) -> None:
    """Look at a few models through a user's own observables.

    Args:
        looked_at: the views of a check.
        learner: whose models.
        models: an original and a reference.

    Raises:
        ValueError: what one shows depends on the contents of absent rows, or is NaN or not finite at all though the
            loss of these models is a number.

    >>> import neverseen as ns
    >>> spoilt = ns.Observable("mine", lambda model: model.losses.mean(), per="set")
    >>> ns.check(ns.Untraining(1.0, 0.05), ns.removers.do_nothing(), ns.learners.ridge(), ns.scenarios.figure1(),
    ...          observables=[spoilt])
    Traceback (most recent call last):
    ValueError: observable mine: what it shows on S depends on the contents of absent rows; weigh them 0: ...
    """
    many = pool_of(models)
    first = _few(observe_many(learner, many, looked_at), models)
    other: EvalSets = {name: refilled(rows) for name, rows in looked_at.eval_sets.items()}
    again = _few(observe_many(learner, many, Views(other, own=looked_at.own)), models)
    own = list(own_views(looked_at))
    sound = all(np.isfinite(values).all() for view, values in first.items() if view not in {view for _, view, _ in own})
    for each, view, where in own:
        if view in first:
            _require_value(
                f"observable {each}: what it shows{where and f' on {where}'}", first[view], again[view], sound
            )


def _require_value(what: str, first: Any, again: Any, sound: bool) -> None:
    size = np.abs(first[np.isfinite(first)]).max(initial=0.0)
    if not np.allclose(first, again, rtol=0, atol=_SAME * size, equal_nan=True):
        raise ValueError(
            f"{what} depends on the contents of absent rows; weigh them 0: model.rows.present marks the rest"
        )
    if sound and np.isnan(first).any():
        raise ValueError(
            f"{what} is NaN, of a model whose loss is a number; mend it there: 0 · log 0 is 0 by jnp.where"
        )
    if sound and not np.isfinite(first).any():
        raise ValueError(f"{what} is infinite throughout, of a model whose loss is a number; bound it")


def _few(values: Values, models: list[Trained]) -> Values:
    return {view: rows[: len(models)] for view, rows in values.items()}


def pool_of(models: list[Trained]) -> Trained:
    """A few models, again and again: as many as a pool holds, so that no other program is compiled to look at them.

    >>> import neverseen as ns
    >>> pool_of([Trained(jnp.ones(3), None, ns.learners.ridge())]).params.shape
    (32, 3)
    """
    several = [models[i % len(models)].params for i in range(SHARD)]
    return Trained(jax.tree.map(lambda *leaves: jnp.asarray(np.stack(leaves)), *several), None, models[0].learner)
