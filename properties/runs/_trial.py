"""A remover tried on small requests: eight runs to a call, and one compiled program for all requests of one shape."""

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float64, Int, PRNGKeyArray, Shaped

from ...algorithms.base import Learner, Remover, Trained
from ...algorithms.pools._draw import removal
from ...algorithms.programs._programs import Program, begin
from ...algorithms.programs._traced import traced
from ...formal.definitions._scenario import Rows, Scenario
from ..engine._residuals import flattened
from ._quick import Quick

RUNS = 8
"""Runs of a call."""

SAME_WITHIN = 1e-3
"""Models closer than this are one: the largest |a − b| / (1 + |b|) of a parameter. Float rounding stays far below."""

T = TypeVar("T", Rows, Array)
Mask = Bool[Array, " n"]
Gaps = Float64[np.ndarray, "a b"]


class Trial:
    """A remover and a learner on a scenario, with eight training keys and eight removal keys.

    Args:
        remover, learner, scenario: as in `check`.
        key: of all randomness.

    >>> import neverseen as ns
    >>> trial = Trial(ns.removers.do_nothing(), ns.learners.ridge(), ns.scenarios.figure1(), jax.random.key(0))
    >>> same(trial.plain, trial.original), trial.runs
    (True, 16)
    """

    def __init__(self, remover: Remover, learner: Learner, scenario: Scenario, key: PRNGKeyArray) -> None:
        self.remover, self.learner, self.scenario = remover, learner, scenario
        self.training, self.removing, self.spare = (
            jax.random.split(jax.random.fold_in(key, stream), RUNS) for stream in range(3)
        )
        self.runs = 0
        self._fit = Quick(lambda *args: jax.vmap(learner.fit, (0, None))(*args))
        self._remove = _stacked(removal(remover))
        begin()

    def models(self, rows: Rows, keys: Shaped[PRNGKeyArray, " runs"] | None = None) -> Trained:
        """Eight models of these rows; the training keys unless others are given."""
        self.runs += RUNS
        with traced(f"learner {self.learner}"):
            return self._fit(self.training if keys is None else keys, rows)

    def references(self, unseen: Mask) -> Trained:
        """Eight models that never saw some rows of D, with the removal keys: what retraining would publish."""
        return self.models(self.scenario.rows.without(unseen), self.removing)

    def removed(
        self,
        forget: Mask,
        behaviour: Mask | None = None,
        *,
        models: Trained | None = None,
        rows: Rows | None = None,
        keys: Shaped[PRNGKeyArray, " runs"] | None = None,
    ) -> Trained:
        """Eight removed models: of A(D) and D unless others are given."""
        self.runs += RUNS
        full = self.scenario.behaviour if behaviour is None else behaviour
        with traced(f"remover {self.remover}"):
            return self._remove(
                self.removing if keys is None else keys,
                self.original if models is None else models,
                self.scenario.rows if rows is None else rows,
                forget,
                self.extra_for(full),
            )

    def program(self, remove: Callable[..., Trained] | None = None) -> Program:
        """What is run on S, as it was traced; or the trace of another function like `removal(remover)`."""
        scene, quick = self.scenario, self._remove if remove is None else _stacked(remove)
        with traced(f"remover {self.remover}"):
            extra = self.extra_for(scene.behaviour)
            return quick.program(self.removing, self.original, scene.rows, scene.forget, extra)

    def extra_for(self, behaviour: Mask) -> dict[str, Any]:
        """What the remover's `needs` name."""
        return {need: behaviour if need == "behaviour" else getattr(self.scenario, need) for need in self.remover.needs}

    @functools.cached_property
    def original(self) -> Trained:
        """A(D)."""
        return self.models(self.scenario.rows)

    @functools.cached_property
    def plain(self) -> Trained:
        """U(A(D), S, D)."""
        return self.removed(self.scenario.forget)

    @functools.cached_property
    def settled(self) -> bool:
        """Whether the learner is declared deterministic, and is: its laws are points."""
        return not self.learner.random and spread(self.original) <= SAME_WITHIN

    @functools.cached_property
    def certain(self) -> bool:
        """Whether the removed model depends on the request alone: no key is used, or to no effect."""
        return not self.remover.random or (self.settled and spread(self.plain) <= SAME_WITHIN)


def _stacked(remove: Callable[..., Trained]) -> Quick:
    """Many runs of a removal on one request."""
    return Quick(lambda *args: jax.vmap(remove, (0, 0, None, None, None))(*args))


def half_of_each(a: Trained, b: Trained) -> Trained:
    """The first half of the runs of `a` and the last of `b`; on the host, but for keys, which have no numbers there.

    >>> import neverseen as ns
    >>> a, b = (Trained(jnp.full(RUNS, value), None, ns.learners.ridge()) for value in (1.0, 2.0))
    >>> half_of_each(a, b).params.tolist()
    [1.0, 1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 2.0]
    """
    half = RUNS // 2

    def joined(own: Any, other: Any) -> Any:
        if jnp.issubdtype(own.dtype, jax.dtypes.prng_key):
            return jnp.concatenate([own[:half], other[half:]])
        return jnp.asarray(np.concatenate([np.asarray(own)[:half], np.asarray(other)[half:]]))

    return jax.tree.map(joined, a, b)


def gaps(a: Trained, b: Trained) -> Gaps:
    """How far each run of `a` lies from each run of `b`: max |a − b| / (1 + |b|) over parameters; NaN is as NaN.

    >>> import neverseen as ns
    >>> a, b = (Trained(jnp.array(w), None, ns.learners.ridge()) for w in ([[0.0], [jnp.nan]], [[1.0], [jnp.nan]]))
    >>> gaps(a, b).tolist()
    [[0.5, inf], [inf, 0.0]]
    """
    x, y = (np.asarray(flattened(each.params), np.float64) for each in (a, b))
    with np.errstate(invalid="ignore"):
        each = np.abs(x[:, None] - y[None]) / (1 + np.abs(y[None]))
    alike = (x[:, None] == y[None]) | (np.isnan(x[:, None]) & np.isnan(y[None]))
    return np.where(alike, 0.0, np.where(np.isfinite(each), each, np.inf)).max(-1, initial=0.0)


def same(a: Trained, b: Trained) -> bool:
    """Whether run i of `a` is run i of `b`, for all i."""
    return bool(np.diagonal(gaps(a, b)).max() <= SAME_WITHIN)


def spread(models: Trained) -> float:
    """The largest distance between two of the runs."""
    return float(gaps(models, models).max())


def permuted(rows: T, to: Int[np.ndarray, " n"]) -> T:
    """Rows, or a mask of rows, in another order, or some of them: row i is row `to[i]`.

    >>> permuted(Rows(jnp.arange(2.0), jnp.arange(2.0), jnp.array([True, False])), np.array([1, 0])).x.tolist()
    [1.0, 0.0]
    """
    return jax.tree.map(lambda leaf: jnp.asarray(np.asarray(leaf)[to]), rows)


def renumbered(model: Trained, to: Int[np.ndarray, " n"]) -> Trained | None:
    """The model of permuted rows that a log of training which names rows by place makes of this one.

    None where the record may depend on the order in a way that is not known.

    >>> import neverseen as ns
    >>> model = Trained(jnp.zeros(1), {"drawn": jnp.array([0, 0, 1])}, ns.learners.ridge())
    >>> renumbered(model, np.array([1, 0])).record["drawn"].tolist()
    [1, 1, 0]
    """
    if model.record is None:
        return model
    if not (isinstance(model.record, dict) and "drawn" in model.record):
        return None
    places = jnp.asarray(np.argsort(to))
    return Trained(model.params, model.record | {"drawn": places[model.record["drawn"]]}, model.learner)


def garbled(rows: Rows) -> Rows:
    """The same rows, with other numbers where there is none: absent inputs and targets are 1000.

    >>> garbled(Rows(jnp.zeros(2), jnp.zeros(2), jnp.array([True, False]))).x.tolist()
    [0.0, 1000.0]
    """

    present = np.asarray(rows.present)
    return _where(present, rows, lambda leaf: np.full_like(leaf, 1000))


def refilled(rows: Rows) -> Rows:
    """The same rows present; where none is, the contents of the others in turn: legal values, but other ones.

    >>> refilled(Rows(jnp.arange(4.0), jnp.zeros(4), jnp.array([True, True, False, False]))).x.tolist()
    [0.0, 1.0, 1.0, 3.0]
    """
    here = np.flatnonzero(np.asarray(rows.present))
    absent = ~np.asarray(rows.present)
    order = np.arange(absent.size)
    order[absent] = np.resize(here[::-1], int(absent.sum()))
    return _where(~absent, permuted(rows, order), lambda leaf: (3 - 2 * leaf).astype(leaf.dtype), rows.present)


def _where(
    kept: Bool[np.ndarray, " n"], rows: Rows, other: Callable[[np.ndarray], np.ndarray], present: Any = None
) -> Rows:
    """The rows, other numbers in those that are not kept; on the host, where nothing is compiled for it."""

    def mixed(leaf: Array) -> Array:
        if not jnp.issubdtype(leaf.dtype, jnp.floating):
            return leaf
        values = np.asarray(leaf)
        return jnp.asarray(np.where(kept.reshape((-1,) + (1,) * (leaf.ndim - 1)), values, other(values)))

    return Rows(mixed(rows.x), jax.tree.map(mixed, rows.y), rows.present if present is None else present)
