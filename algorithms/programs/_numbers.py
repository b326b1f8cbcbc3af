"""Rows read as numbers: whatever dtype holds them, the same model."""

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from ...formal.definitions._scenario import Rows


def as_floats(leaf: Any) -> Any:
    """A leaf as floats of at least 32 bits: those stay; integers, booleans and narrow floats become the default float.

    >>> import numpy as np
    >>> as_floats(np.array([200, 255], np.uint8)).tolist(), as_floats(np.array([True])).dtype.name
    ([200.0, 255.0], 'float32')
    """
    kind = jnp.result_type(leaf)
    if jnp.issubdtype(kind, jnp.floating) and kind.itemsize >= 4:
        return leaf
    numeric = jnp.issubdtype(kind, jnp.bool_) or jnp.issubdtype(kind, jnp.number)
    return jnp.asarray(leaf).astype(jnp.result_type(float)) if numeric else leaf


def as_targets(y: Any, logits: bool) -> Any:
    """Targets as floats; one integer a row, of a classifier, is a class number and stays.

    >>> as_targets(jnp.array([2, 0]), True).dtype.name, as_targets(jnp.array([[False, True]]), True).tolist()
    ('int32', [[0.0, 1.0]])
    """

    def read(leaf: Any) -> Any:
        if logits and jnp.ndim(leaf) <= 1 and not jnp.issubdtype(jnp.result_type(leaf), jnp.floating):
            return jnp.asarray(leaf).astype(int)
        return as_floats(leaf)

    return jax.tree.map(read, y)


def as_rows(value: Any, logits: bool) -> Any:
    """Rows as numbers; anything else as it is.

    >>> as_rows(Rows(jnp.ones((1, 1), bool), jnp.zeros((1, 2), bool), jnp.ones(1, bool)), True).x.dtype.name
    'float32'
    """
    if not isinstance(value, Rows):
        return value
    return Rows(as_floats(value.x), as_targets(value.y, logits), value.present)


@dataclasses.dataclass(frozen=True)
class _Reading:
    """A function that is given numbers; equal to another of an equal function, so that equal learners stay equal.

    A value and no closure kept on the function: the methods of two objects share the attributes of one function.
    """

    function: Callable[..., Any]
    give: Callable[..., tuple[Any, ...]]
    logits: bool = False

    def __post_init__(self) -> None:
        for name in ("__name__", "__qualname__"):
            object.__setattr__(self, name, getattr(self.function, name, "function"))

    def __call__(self, *args: Any, **extra: Any) -> Any:
        return self.function(*self.give(self.logits, *args), **extra)


def _read(
    function: Callable[..., Any], give: Callable[..., tuple[Any, ...]], logits: bool = False
) -> Callable[..., Any]:
    already = isinstance(function, _Reading) and (function.give, function.logits) == (give, logits)
    return function if already else _Reading(function, give, logits)


def reading_fit(fit: Callable[..., Any], logits: bool) -> Callable[..., Any]:
    """`fit`, given numbers.

    >>> reading_fit(lambda key, rows: rows.x.dtype.name, True)(0, Rows(jnp.ones((1, 1), int), (), jnp.ones(1, bool)))
    'float32'
    """
    return _read(fit, _fit_given, logits)


def reading_apply(apply: Callable[..., Any]) -> Callable[..., Any]:
    """`apply`, given numbers.

    >>> reading_apply(lambda params, x: x.dtype.name)((), jnp.ones((1, 1), bool))
    'float32'
    """
    return _read(apply, _apply_given)


def reading_loss(loss: Callable[..., Any], logits: bool) -> Callable[..., Any]:
    """`loss`, given numbers.

    >>> reading_loss(lambda outputs, y: y.dtype.name, False)((), jnp.ones(1, bool))
    'float32'
    """
    return _read(loss, _loss_given, logits)


@dataclasses.dataclass(frozen=True)
class _ReadingCentre:
    """A remover's centre, given rows as its learner reads them."""

    centre: Callable[..., Any]

    def __call__(self, key: Any, learner: Any, start: Any, rows: Any, forget: Any, **extra: Any) -> Any:
        converted = {need: learner.read(value) for need, value in extra.items()}
        return self.centre(key, learner, start, learner.read(rows), forget, **converted)


def reading_centre(centre: Callable[..., Any]) -> Callable[..., Any]:
    """A remover's `centre`, given rows as its learner reads them.

    >>> made = reading_centre(lambda key, learner, start, rows, forget: start)
    >>> reading_centre(made) is made
    True
    """
    return centre if isinstance(centre, _ReadingCentre) else _ReadingCentre(centre)


def _fit_given(logits: bool, key: Any, rows: Any) -> tuple[Any, ...]:
    return key, as_rows(rows, logits)


def _apply_given(logits: bool, params: Any, x: Any) -> tuple[Any, ...]:
    del logits
    return params, as_floats(x)


def _loss_given(logits: bool, outputs: Any, y: Any) -> tuple[Any, ...]:
    return outputs, as_targets(y, logits)
