"""What JAX refuses to trace, map over runs or lower becomes one line that names who, and the mend."""

import contextlib
from collections.abc import Generator

import jax

from ._foreign import contained, error_words

_VALUES = (jax.errors.JAXTypeError, jax.errors.JAXIndexError)


@contextlib.contextmanager
def traced(who: str) -> Generator[None]:
    """Run foreign code under JAX's transformations.

    Args:
        who: whose code it is.

    Raises:
        ValueError: JAX cannot trace it, map it over runs, or lower it; it raised what would end the process.

    >>> with traced("learner mine"):
    ...     jax.vmap(lambda x: 1 if x > 0 else 2)(jax.numpy.ones(3))
    Traceback (most recent call last):
    ValueError: learner mine: cannot run as one program of many runs (TracerBoolConversionError: Attempted ...
    >>> with traced("learner mine"):
    ...     raise NotImplementedError
    Traceback (most recent call last):
    ValueError: learner mine: cannot run as one program of many runs (NotImplementedError); use operations that ...
    """
    try:
        with contained(who):
            yield
    except _VALUES as error:
        mend = "let no Python branch, shape or NumPy call depend on values: use jax.numpy, jnp.where and jax.lax"
        raise ValueError(f"{who}: cannot run as one program of many runs ({error_words(error)}); {mend}") from error
    except jax.errors.JaxRuntimeError as error:
        # XLA hands on what a callback raised as text, after a first line of its own.
        if "callback" not in str(error).lower():
            raise
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        raise ValueError(
            f"{who}: a callback into Python failed ({lines[-1][:200].removesuffix(':')}); mend it"
        ) from error
    except NotImplementedError as error:
        mend = "use operations that jax.vmap and jax.jit have rules for"
        raise ValueError(f"{who}: cannot run as one program of many runs ({error_words(error)}); {mend}") from error
