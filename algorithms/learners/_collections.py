"""Descent on some of a model's collections, while training itself says what becomes of the others."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, PRNGKeyArray

from ...formal.definitions._scenario import Rows
from ..base import Learner

PARAMS = "params"
"""The collection that is descended on, as flax names it."""


def with_collections(
    train: Callable[[Any, Array, PRNGKeyArray], tuple[Array, Any]],
    learner: Learner,
    optimiser: optax.GradientTransformation,
    key: PRNGKeyArray,
    count: Array,
) -> dict[str, Any]:
    """What `descend` is told, to descend on the collection "params" and to keep of the others what `train` says.

    Args:
        train: see `minibatch`.
        learner: whose loss and penalty are descended on.
        optimiser: of the collection "params".
        key: step i draws by `fold_in(key, i)`.
        count: rows present.

    Returns:
        Keyword arguments.

    >>> train = lambda variables, x, key: (x * variables["params"], {"seen": variables["seen"] + 1})
    >>> mean = Learner(lambda key, rows: None, lambda variables, x: x * variables["params"], lambda z, y: (z - y) ** 2)
    >>> told = with_collections(train, mean, optax.sgd(0.25), jax.random.key(0), jnp.ones(()))
    >>> start, rows = {"params": jnp.zeros(()), "seen": 0}, Rows(jnp.ones(1), jnp.ones(1), jnp.ones(1, bool))
    >>> found, optimiser = told["gradient"](start, jnp.array(0), rows), told["optimiser"]
    >>> update, _ = optimiser.update(found, optimiser.init(start), start)
    >>> jax.tree.map(float, told["advance"](start, update))
    {'params': 0.5, 'seen': 1.0}
    """

    def gradient(variables: Any, step: Array, sample: Rows) -> Any:
        def objective(params: Any) -> tuple[Array, Any]:
            given = {**variables, PARAMS: params}
            outputs, kept = train(given, sample.x, jax.random.fold_in(key, step))
            losses = jnp.where(sample.present, learner.loss(outputs, sample.y), 0)
            return losses.sum() / jnp.maximum(sample.count(), 1) + learner.penalty(given) / count, kept

        slope, kept = jax.grad(objective, has_aux=True)(variables[PARAMS])
        _require_same(learner.name, others(variables), kept)
        return {**kept, PARAMS: slope}

    return {"optimiser": _of_params(optimiser), "gradient": gradient, "numbered": True, "advance": _advance}


def others(variables: Any) -> dict[str, Any]:
    """All collections but "params".

    >>> others({"params": 1, "batch_stats": 2})
    {'batch_stats': 2}
    """
    return {name: each for name, each in variables.items() if name != PARAMS}


def at_rest(variables: Any) -> dict[str, Any]:
    """The collections as evaluation reads them: nothing descends on any but "params".

    >>> jax.grad(lambda variables: sum(at_rest(variables).values()))({"params": 1.0, "batch_stats": 2.0})["params"]
    Array(1., dtype=float32, weak_type=True)
    """
    return {name: each if name == PARAMS else jax.lax.stop_gradient(each) for name, each in variables.items()}


def _of_params(optimiser: optax.GradientTransformation) -> optax.GradientTransformation:
    def init(params: Any) -> Any:
        return optimiser.init(params[PARAMS])

    def update(updates: Any, state: Any, params: Any = None) -> tuple[Any, Any]:
        moves, state = optimiser.update(updates[PARAMS], state, params[PARAMS])
        return {**updates, PARAMS: moves}, state

    return optax.GradientTransformation(init, update)


def _advance(variables: Any, update: Any) -> Any:
    return {**update, PARAMS: optax.apply_updates(variables[PARAMS], update[PARAMS])}


def _require_same(name: str, before: dict[str, Any], after: Any) -> None:
    for each in before.keys() | dict(after).keys():
        shapes = [_shapes(part[each]) if each in part else None for part in (before, after)]
        if shapes[0] != shapes[1]:
            raise ValueError(
                f"learner {name}: a step makes other shapes of the collection {each!r}; what is sown at each step no "
                "run keeps: losses among it belong in the outputs and in loss="
            )


def _shapes(tree: Any) -> Any:
    leaves, structure = jax.tree.flatten(tree)
    return structure, [(jnp.shape(leaf), jnp.result_type(leaf)) for leaf in leaves]
