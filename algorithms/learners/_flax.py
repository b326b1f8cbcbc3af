"""A learner of a flax module, linen or nnx, as its author wrote it."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import optax
from flax import linen
from jaxtyping import Array, PRNGKeyArray

from ...formal._types import Real
from ...formal.definitions._scenario import Rows
from ..base import Learner, cross_entropy
from ._flax_calls import Calls, linen_calls
from ._flax_nnx import nnx_calls
from ._gradient import minibatch

Module = linen.Module | Callable[..., Any]
Mode = Mapping[str, tuple[Any, Any]] | None
if not TYPE_CHECKING:
    # Looked at by value, and refused in one line with the mend: a runtime checker of types would be first.
    Module = Mode = Any


def flax_module(
    module: Module,
    *,
    optimiser: optax.GradientTransformation,
    epochs: Real,
    batch: int,
    loss: Callable[[Array, Any], Array] = cross_entropy,
    logits: bool = True,
    name: str = "flax_module",
    numeric: bool = False,
    mode: Mode = None,
) -> Learner:
    """A learner of your own flax module.

    Batch normalisation and dropout are on in training and off at evaluation: by the arguments `train`, `training`,
    `is_training`, `deterministic` and `use_running_average` of `__call__`, whichever it has, and in nnx by `train()`
    and `eval()` too. Step i draws by k = `fold_in(fold_in(key, 2), i)` of the run's key: in linen as by
    `apply(rngs={"dropout": k})`, in nnx stream j by `fold_in(k, j)`. A minibatch holds present rows only: its moments
    are those of D∖S. On a CPU its convolutions are `convolve` and its poolings `max_pool`: up to rounding the same.

    The published parameters are all collections: "params", which alone is descended on, and what the module itself
    keeps, such as "batch_stats" (in nnx all of it is "state"). A remover meets the model at evaluation: it descends on
    "params" without dropout, and the running statistics stay as they were published, unless it shrinks, prunes or adds
    noise to every parameter.

    Args:
        module: a linen module; or, in nnx, the function that makes one, `lambda rngs: Net(rngs=rngs)`: each run draws
            its own parameters, which an instance has already.
        mode: arguments of `__call__` with their values in training and at evaluation, `{"dropping": (True, False)}`,
            where they have other names.
        optimiser, epochs, batch, loss, logits, name, numeric: see `minibatch`.

    Returns:
        The learner. Keep and reuse it: every call makes a new one, which compiles anew.

    Raises:
        ValueError: an nnx instance; what is no module; an argument of `__call__` that nothing gives; (when it is
            fitted) batch normalisation or dropout that is not told whether it trains, or a collection that grows.

    >>> from flax import linen
    >>> import optax
    >>> flax_module(linen.Dense(10), optimiser=optax.adam(1e-2), epochs=5, batch=32, name="dense")
    dense
    """
    calls = _calls(module, mode, name)

    def start(key: PRNGKeyArray, rows: Rows) -> Any:
        return calls.start(key, rows.x[:1])

    terms: dict[str, Any] = {"loss": loss, "logits": logits, "name": name, "numeric": numeric, "train": calls.train}
    return minibatch(start, calls.apply, optimiser=optimiser, epochs=epochs, batch=batch, **terms)


def _calls(module: Any, mode: Any, name: str) -> Calls:
    if isinstance(module, linen.Module):
        return linen_calls(module, mode, name)
    if isinstance(module, type) and issubclass(module, linen.Module):
        raise ValueError(f"module: {module.__name__} is a class; give an instance, {module.__name__}(…)")
    return nnx_calls(module, mode, name)
