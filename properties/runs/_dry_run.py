"""A dry run on the scenario itself: a few models, before any is compared.

It refuses a learner that does not look at `rows.present` and a learner or remover that reads absent rows, the commonest
mistakes there are, since with them every reference is wrong; and one that answers a row by the rows beside it. And it
measures rounding: what computing the same models again, from the rows in another order, changes of each view.
"""

import dataclasses
from collections.abc import Callable, Hashable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float64, Int

from ...algorithms.base import Learner, Remover, Trained
from ...algorithms.pools._pool import SHARD
from ...algorithms.programs._machine import compiler, settings
from ...algorithms.programs._programs import Bounded
from ...algorithms.programs._traced import traced
from ...formal.definitions._definitions import Definition, reference_rows
from ...formal.definitions._scenario import Rows, Scenario
from ..engine._grain import Scales
from ._batch_mates import require_own_answers
from ._own_views import admit_own, pool_of, require_own
from ._quick import Quick
from ._trial import permuted, refilled
from ._views import Views, observe_many, seen_of

ORDERS = 3
"""Other orders of the rows that rounding is measured on."""

KEYS = (0, 4)
"""Under which absent rows are looked for: what is read of them under one key in two is found three times in four."""

_SAME = 1e-5
"""Models closer than this, relative to their size, are one: what is read of absent rows shows far above it."""

_CHANCE = 1e-3
"""Where another key moves the model by more than this, relative to its size, rounding is lost in chance."""

_ORDER = 1e-3
"""Where another order of the rows moves the model by more than this, it is part of the method and no rounding."""

_Mask = Bool[Array, " n"]
_Order = Int[np.ndarray, " n"]
_Values = Float64[np.ndarray, "..."]


def dry_run(definition: Definition, remover: Remover, learner: Learner, scenario: Scenario, looked_at: Views) -> Scales:
    """Train and remove a few times under one key, or two.

    Args:
        definition, remover, learner, scenario: as in `check`.
        looked_at: the views of each model.

    Returns:
        Rounding: by how much each column of each view changes at most when the models are computed from the rows in
        another order. Nothing where the key moves the model more than rounding could.

    Raises:
        ValueError: the learner's model does not depend on `rows.present`, or on the contents of absent rows; the
            remover's result does; an output depends on the rows beside it; an observable of a user's own that reads
            absent rows, or is no number where the loss is one.

    >>> import neverseen as ns
    >>> from neverseen.properties.runs._views import views_of
    >>> scenario, claim = ns.scenarios.figure1(), ns.Untraining(1.0, 0.05)
    >>> blind = ns.Learner(lambda key, rows: ns.Trained(rows.x.sum(0), None, blind), lambda p, x: x @ p,
    ...                    lambda o, y: o, name="blind")
    >>> dry_run(claim, ns.removers.do_nothing(), blind, scenario, views_of(scenario, claim))
    Traceback (most recent call last):
    ValueError: learner blind: its model is the same whatever rows.present says; train on the rows it marks alone
    """
    runs = _runs(remover, learner, scenario)
    admit_own(looked_at, learner, runs.model())
    key = runs.key(definition, looked_at)
    rounding = None if None in key else _KNOWN.get(key)
    if rounding is None:
        thin = _thinned(scenario)
        _require_mask(runs, scenario.rows, thin)
        _require_blind(runs, thin)
        require_own_answers(learner, runs.fit(scenario.rows).params, scenario.rows)
        if looked_at.own:
            rows = scenario.rows
            unseen = reference_rows(definition, rows, scenario.forget, scenario.behaviour)
            require_own(looked_at, learner, [runs.fit(rows), runs.fit(unseen)])
        rounding = _rounding(runs, definition, scenario, looked_at)
        _KNOWN.put(key, rounding)
    return rounding


_KNOWN = Bounded(256)
"""What dry runs of the same programs on the same rows found; of those without a fingerprint nothing is asked of it."""


@dataclasses.dataclass(frozen=True)
class _Runs:
    """Single runs, of one compiled program each."""

    remover: Remover
    learner: Learner
    scenario: Scenario
    fitting: Quick
    removing: Quick

    def model(self) -> Trained:
        """The shapes of one."""
        with traced(f"learner {self.learner}"):
            return self.fitting.program(jax.random.key(0), self.scenario.rows).shapes

    def fit(self, rows: Rows, key: int = 0) -> Trained:
        with traced(f"learner {self.learner}"):
            return self.fitting(jax.random.key(key), rows)

    def remove(self, trained: Trained, rows: Rows, to: _Order | None = None, key: int = 1) -> Trained:
        """S removed; of rows in another order, where one is given."""
        scene = self.scenario
        forget, full = (each if to is None else permuted(each, to) for each in (scene.forget, scene.behaviour))
        extra = {need: full if need == "behaviour" else getattr(scene, need) for need in self.remover.needs}
        with traced(f"remover {self.remover}"):
            return self.removing(jax.random.key(key), trained, rows, forget, extra)

    def key(self, definition: Definition, looked_at: Views) -> tuple[Hashable, ...]:
        """All that determines what a dry run finds: the programs as traced now, the rows, and what is looked at."""
        scene, key = self.scenario, jax.random.key(0)
        with traced(f"learner {self.learner}"):
            fitting = self.fitting.program(key, scene.rows)
        extra = {need: getattr(scene, need) for need in self.remover.needs}
        with traced(f"remover {self.remover}"):
            removing = self.removing.program(key, fitting.shapes, scene.rows, scene.forget, extra)
        many = jax.tree.map(lambda leaf: jax.ShapeDtypeStruct((SHARD, *leaf.shape), leaf.dtype), fitting.shapes)
        views = seen_of(self.learner, many, looked_at), tuple((each.name, each.per) for each in looked_at.own)
        return fitting.fingerprint, removing.fingerprint, views, scene.digest(), definition.id, settings(), compiler()


def _runs(remover: Remover, learner: Learner, scenario: Scenario) -> _Runs:
    # Functions made anew, or JAX would answer with the program that it traced of them before.
    def fit(key: Any, rows: Rows) -> Trained:
        return learner.fit(key, rows)

    def remove(key: Any, trained: Trained, rows: Rows, forget: _Mask, extra: dict[str, Any]) -> Trained:
        return remover(key, trained, rows, forget, **extra)

    return _Runs(remover, learner, scenario, Quick(fit), Quick(remove))


def _thinned(scenario: Scenario) -> Rows:
    """D without every other row that is not of the behaviour, or not of S, or at all, whichever there are."""
    rows = scenario.rows
    present, full, s = (np.asarray(mask) for mask in (rows.present, scenario.behaviour, scenario.forget))
    for mask in (full, s, np.zeros_like(s)):
        rest = np.flatnonzero(present & ~mask)
        if rest.size > 1:
            left = present.copy()
            left[rest[::2]] = False
            return Rows(rows.x, rows.y, jnp.asarray(left))
    return rows


def _require_mask(runs: _Runs, rows: Rows, thin: Rows) -> None:
    """A model of D, of part of D and of one row of D: three times the same is no training on the rows marked."""
    if rows.number < 2:
        return
    first = np.arange(rows.present.size) == np.asarray(rows.present).argmax()
    whole, one = runs.fit(rows), Rows(rows.x, rows.y, jnp.asarray(first))
    finite = all(np.isfinite(np.asarray(leaf, np.float64)).all() for leaf in _numbers(whole))
    if not finite or _moved(whole, runs.fit(thin)) > 0 or _moved(whole, runs.fit(one)) > 0:
        return
    raise ValueError(
        f"learner {runs.learner}: its model is the same whatever rows.present says; train on the rows it marks alone"
    )


def _require_blind(runs: _Runs, thin: Rows) -> None:
    """Other numbers in absent rows, the same model."""
    if np.asarray(thin.present).all():
        return
    other = refilled(thin)
    mend = "rows.present marks the rows there are: give the others no weight"
    for key in KEYS if runs.learner.random or runs.remover.random else KEYS[:1]:
        start = runs.fit(thin, key)
        if _moved(start, runs.fit(other, key), _of_number) > _SAME:
            raise ValueError(f"learner {runs.learner}: its model depends on the contents of absent rows; {mend}")
        try:
            models = [runs.remove(start, rows, key=key + 1) for rows in (thin, other)]
        except ValueError:  # it may refuse this request and serve the one it is asked
            return
        if _moved(models[0], models[1], _of_number) > _SAME:
            raise ValueError(f"remover {runs.remover}: its result depends on the contents of absent rows; {mend}")


def _moved(a: Trained, b: Trained, apart: Callable[[_Values, _Values], _Values] | None = None) -> float:
    """The largest |a − b| of a published number, relative to its array's largest or to what `apart` says."""
    size = _of_array if apart is None else apart
    return max((_gap(x, y, size) for x, y in zip(_numbers(a), _numbers(b), strict=True)), default=0.0)


def _numbers(model: Trained) -> list[Array]:
    leaves = jax.tree.leaves(model.params)
    return [jax.random.key_data(a) if jnp.issubdtype(a.dtype, jax.dtypes.prng_key) else a for a in leaves]


def _gap(a: Array, b: Array, size: Callable[[_Values, _Values], _Values]) -> float:
    x, y = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if x.shape != y.shape:
        return np.inf
    differ = ~((x == y) | (np.isnan(x) & np.isnan(y)))
    if not differ.any():
        return 0.0
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.abs(x - y)[differ] / size(x, y)[differ]
    return float(np.where(np.isfinite(share), share, np.inf).max())


def _of_array(x: _Values, y: _Values) -> _Values:
    return np.full(x.shape, max(np.abs(x).max(), np.abs(y).max()))


def _of_number(x: _Values, y: _Values) -> _Values:
    """Each by itself, or one huge weight would hide what is read of absent rows in all others; of numbers near 0 the
    usual size in their array."""
    each = np.maximum(np.abs(x), np.abs(y))
    return np.maximum(each, np.median(each))


def _rounding(runs: _Runs, definition: Definition, scenario: Scenario, looked_at: Views) -> Scales:
    """Of both arms and the original, in three other orders of the rows; none where other keys change more by far."""
    if _moved(runs.fit(scenario.rows), runs.fit(scenario.rows, key=2)) > _CHANCE:
        return {}
    rng = np.random.default_rng(int(scenario.digest()[:8], 16))
    orders = [np.arange(scenario.forget.size), *(rng.permutation(scenario.forget.size) for _ in range(ORDERS))]
    arms = [_arms(runs, definition, scenario, to) for to in orders]
    arms = list(zip(*(group for group in zip(*arms, strict=True) if _rounds(group)), strict=True))
    models = [model for group in arms for model in group]
    if not models:
        return {}
    views = observe_many(runs.learner, pool_of(models), looked_at)
    each = {view: values[: len(models)].reshape(len(orders), -1, values.shape[1]) for view, values in views.items()}
    return {view: _changed(values) for view, values in each.items()}


def _arms(runs: _Runs, definition: Definition, scenario: Scenario, to: _Order) -> list[Trained]:
    rows = permuted(scenario.rows, to)
    unseen = reference_rows(definition, rows, permuted(scenario.forget, to), permuted(scenario.behaviour, to))
    original = runs.fit(rows)
    return [original, runs.fit(unseen), runs.remove(original, rows, to)]


def _rounds(group: tuple[Trained, ...]) -> bool:
    """Whether an arm's models in all orders are one model but for rounding: else the order is part of the method."""
    return all(_moved(group[0], other) <= _ORDER for other in group[1:])


def _changed(values: Float64[np.ndarray, "orders arms k"]) -> Float64[np.ndarray, " k"]:
    """The largest change of each column over orders and arms."""
    with np.errstate(invalid="ignore"):
        change = np.abs(values[1:] - values[0])
    return np.where(np.isfinite(change), change, 0.0).max((0, 1))
