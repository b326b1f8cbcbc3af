"""The structure of a trace as a digest: every step with its parameters, every constant by content."""

import dataclasses
import enum
import hashlib
from typing import Any

import jax
import numpy as np
from jax.extend import core

_RULES = frozenset({"jvp_jaxpr_fun", "fwd_jaxpr_thunk", "bwd", "rule", "in_tree", "out_tree", "out_trees"})
"""Parameters that say how a step is differentiated or mapped, or what its trees are: none takes part when it is run."""

_PLAIN = (bool, int, float, complex, str, bytes, type(None), np.dtype, np.generic, enum.Enum, type)
_NAMED = ("UnspecifiedValue", "AbstractMesh", "Mesh", "KeyTy", "PRNGImpl", "PyTreeDef")
"""Types of JAX's whose text says all there is to them."""


class _UnknownError(Exception):
    """A parameter of which it is not known what it is made of."""


def structure(jaxpr: core.ClosedJaxpr, unmapped: bool = False) -> str | None:
    """A digest that two traces share only if they are the same program; None where a step is of an unknown kind.

    Args:
        jaxpr: the trace.
        unmapped: whether it is still to be mapped over runs: then no step may have a rule of its own for that.

    >>> import jax.numpy as jnp
    >>> made = [structure(jax.make_jaxpr(lambda x, c=c: c * jnp.sin(x))(1.0)) for c in (2.0, 2.0, 3.0)]
    >>> made[0] == made[1], made[0] == made[2]
    (True, False)
    """
    try:
        return _Reading(unmapped).closed(jaxpr)
    except _UnknownError:
        return None


class _Reading:
    """One reading of a trace; programs inside it that occur again are read once."""

    def __init__(self, unmapped: bool) -> None:
        self.unmapped = unmapped
        self.known: dict[int, tuple[Any, str]] = {}

    def closed(self, value: Any) -> str:
        """A program with its constants."""
        parts = [self.program(value.jaxpr), *map(self.value, value.consts)]
        return _hashed("closed", *parts)

    def program(self, jaxpr: Any) -> str:
        """A program without its constants, its variables numbered as they occur."""
        if id(jaxpr) not in self.known:
            self.known[id(jaxpr)] = (jaxpr, self._steps(jaxpr))
        return self.known[id(jaxpr)][1]

    def _steps(self, jaxpr: Any) -> str:
        numbers: dict[Any, int] = {}

        def name(variable: Any) -> str:
            if hasattr(variable, "val"):
                return f"={variable.aval}{self.value(variable.val)}"
            return f"{numbers.setdefault(variable, len(numbers))}:{_kind(variable.aval)}"

        parts = [" ".join(map(name, (*jaxpr.constvars, *jaxpr.invars)))]
        for step in jaxpr.eqns:
            if self.unmapped and "rule" in step.params:
                raise _UnknownError(step.primitive)
            params = [f"{key}={self.value(step.params[key])}" for key in sorted(step.params) if key not in _RULES]
            places = " ".join(map(name, step.invars)), " ".join(map(name, step.outvars))
            parts.append("|".join([step.primitive.name, *params, *places]))
        return _hashed("program", *parts, " ".join(map(name, jaxpr.outvars)))

    def value(self, value: Any) -> str:
        """Anything that a step may have as a parameter."""
        if isinstance(value, core.ClosedJaxpr) or (hasattr(value, "jaxpr") and hasattr(value, "consts")):
            return self.closed(value)
        if hasattr(value, "eqns"):
            return self.program(value)
        if isinstance(value, _PLAIN) or type(value).__name__ in _NAMED:
            return f"{type(value).__name__}:{value!r}"
        if isinstance(value, np.ndarray | jax.Array):
            return _content(value)
        return self._made(value)

    def _made(self, value: Any) -> str:
        if isinstance(value, dict):
            items = sorted((str(key), self.value(each)) for key, each in value.items())
            return _hashed("dict", *(f"{key}:{each}" for key, each in items))
        if isinstance(value, frozenset | set):
            return _hashed("set", *sorted(map(self.value, value)))
        if dataclasses.is_dataclass(value):
            value = (type(value).__name__, *(getattr(value, field.name) for field in dataclasses.fields(value)))
        if isinstance(value, tuple | list):
            return _hashed(type(value).__name__, *map(self.value, value))
        if hasattr(value, "shape") and hasattr(value, "dtype") and hasattr(value, "weak_type"):
            return _kind(value)
        raise _UnknownError(type(value))


def _kind(aval: Any) -> str:
    return f"{getattr(aval, 'dtype', aval)}{getattr(aval, 'shape', '')}{getattr(aval, 'weak_type', '')}"


def _content(array: Any) -> str:
    if jax.numpy.issubdtype(array.dtype, jax.dtypes.prng_key):
        return f"key:{array.dtype}{_content(jax.random.key_data(array))}"
    data = np.ascontiguousarray(array)
    return _hashed(f"{array.dtype}{array.shape}", hashlib.sha256(data.tobytes()).hexdigest())


def _hashed(*parts: str) -> str:
    total = hashlib.sha256()
    for part in parts:
        total.update(f"{len(part)}:".encode() + part.encode())
    return total.hexdigest()
