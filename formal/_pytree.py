"""Frozen dataclasses that are JAX pytrees."""

import dataclasses
from collections.abc import Callable
from typing import Any, TypeVar, dataclass_transform

import jax

_T = TypeVar("_T", bound=type)


@dataclass_transform(frozen_default=True, kw_only_default=False)
def pytree(*, static: tuple[str, ...] = ()) -> Callable[[_T], _T]:
    """Make a class a frozen dataclass whose fields, except `static`, are pytree children.

    JAX rebuilds pytrees around placeholders (shapes, specs, batched arrays), which are no members
    of the declared field types: rebuilding therefore bypasses `__init__` and its type checks.

    >>> import jax, jax.numpy as jnp
    >>> @pytree(static=("name",))
    ... class Point:
    ...     at: jax.Array
    ...     name: str
    >>> jax.tree.map(lambda a: a + 1, Point(jnp.zeros(2), "p")).name
    'p'
    """

    def wrap(cls: _T) -> _T:
        made: Any = dataclasses.dataclass(frozen=True)(cls)
        children = tuple(f.name for f in dataclasses.fields(made) if f.name not in static)

        def flatten(value: Any) -> tuple[list[tuple[Any, Any]], tuple[Any, ...]]:
            keyed = [(jax.tree_util.GetAttrKey(name), getattr(value, name)) for name in children]
            return keyed, tuple(getattr(value, name) for name in static)

        def rebuild(fixed: tuple[Any, ...], parts: Any) -> Any:
            value = object.__new__(made)
            for name, part in zip((*children, *static), (*parts, *fixed), strict=True):
                object.__setattr__(value, name, part)
            return value

        jax.tree_util.register_pytree_with_keys(made, flatten, rebuild)
        return made

    return wrap
