"""How a flax module is called in training and at evaluation; here for linen."""

import contextlib
import inspect
from collections.abc import Callable, Generator
from typing import Any, NamedTuple

from flax import errors, linen
from jaxtyping import Array, PRNGKeyArray

from ._collections import PARAMS, at_rest, others
from ._cpu_layers import for_cpus

FLAGS: dict[str, tuple[Any, Any]] = {
    **dict.fromkeys(("train", "training", "is_training"), (True, False)),
    **dict.fromkeys(("deterministic", "use_running_average"), (False, True)),
}
"""The names by which authors tell a module whether it trains, with their values in training and at evaluation."""


class Calls(NamedTuple):
    """A module as pure functions of its collections.

    Args:
        start: `(key, x) -> variables`.
        apply: `(variables, x) -> outputs`, at evaluation.
        train: `(variables, x, key) -> (outputs, the collections other than "params")`.

    >>> Calls(print, print, print)._fields
    ('start', 'apply', 'train')
    """

    start: Callable[[PRNGKeyArray, Array], Any]
    apply: Callable[[Any, Array], Array]
    train: Callable[[Any, Array, PRNGKeyArray], tuple[Array, Any]]


def linen_calls(module: linen.Module, mode: Any, name: str) -> Calls:
    """A linen module's.

    Args:
        module: the module.
        mode: see `flax_module`.
        name: of the learner, for errors.

    >>> import jax, jax.numpy as jnp
    >>> calls, x = linen_calls(linen.BatchNorm(momentum=0.5), None, "normal"), jnp.ones((1, 2))
    >>> calls.train(calls.start(jax.random.key(0), x), x, jax.random.key(1))[1]["batch_stats"]["mean"].tolist()
    [0.5, 0.5]
    """
    training, evaluation = told(type(module).__call__, mode, name)

    def start(key: PRNGKeyArray, x: Array) -> Any:
        with explained(name):
            return {PARAMS: {}, **module.init(key, x, **evaluation)}

    def apply(variables: Any, x: Array) -> Any:
        with explained(name):
            return module.apply(at_rest(variables), x, **evaluation)

    def train(variables: Any, x: Array, key: PRNGKeyArray) -> Any:
        # Streams that are not named are drawn from "params", each layer's by its path and a count.
        with explained(name):
            return module.apply(variables, x, **training, rngs={"params": key}, mutable=list(others(variables)))

    return Calls(start, for_cpus(apply), for_cpus(train))


def told(call: Callable[..., Any], mode: Any, name: str) -> tuple[Any, Any]:
    """The arguments that tell a module that it trains, and those that tell it that it does not.

    Args:
        call: its `__call__`, unbound.
        mode: see `flax_module`.
        name: of the learner, for errors.

    Raises:
        ValueError: `mode` has no pairs, or names no argument; another argument has no default.

    >>> told(lambda self, x, train, scale=1.0: x, None, "mine")
    ({'train': True}, {'train': False})
    >>> told(lambda self, x, mask: x, None, "mine")
    Traceback (most recent call last):
    ValueError: learner mine: nothing gives the argument mask of __call__; give it a default, or mode={'mask': (…, …)}
    """
    given = list(inspect.signature(call).parameters.values())[2:]
    named = {each.name: each for each in given if each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)}
    wide = any(each.kind is each.VAR_KEYWORD for each in given)
    pairs = FLAGS if mode is None else dict(mode)
    for flag, pair in pairs.items():
        if not (type(pair) is tuple and len(pair) == 2):
            raise ValueError(f"mode: {flag} is {pair!r}; give two values, (in training, at evaluation)")
        if mode is not None and flag not in named and not wide:
            raise ValueError(f"mode: __call__ of {name} has no argument {flag}, it has {', '.join(named) or 'none'}")
    needed = [n for n, each in named.items() if each.default is each.empty and n not in pairs]
    if needed:
        raise ValueError(
            f"learner {name}: nothing gives the argument {needed[0]} of __call__; give it a default, or "
            f"mode={{{needed[0]!r}: (…, …)}}"
        )
    found = {flag: pair for flag, pair in pairs.items() if flag in named or mode is not None}
    return {flag: pair[0] for flag, pair in found.items()}, {flag: pair[1] for flag, pair in found.items()}


@contextlib.contextmanager
def explained(name: str) -> Generator[None]:
    """What flax says of a layer that is not told whether it trains, in one line with the mend.

    >>> with explained("mine"):
    ...     raise errors.InvalidRngError("Dropout_0 needs PRNG for dropout")
    Traceback (most recent call last):
    ValueError: learner mine: Dropout_0 needs PRNG for dropout; ...
    """
    try:
        yield
    except (errors.InvalidRngError, errors.ModifyScopeVariableError, ValueError) as error:
        said = str(error).partition(" (http")[0].rstrip(".")
        if isinstance(error, ValueError) and "call time" not in said:
            raise
        raise ValueError(
            f"learner {name}: {said}; let __call__ tell its layers whether they train, by an argument "
            f"{' or '.join(FLAGS)}, or by one of another name and mode={{'other': (in training, at evaluation)}}"
        ) from error
