"""Minibatch descent on masked rows: the loop that learners and removers share."""

from collections.abc import Callable
from typing import Any, cast

import jax
import jax.numpy as jnp
import optax
from jax import lax
from jaxtyping import Array, Float, Int, PRNGKeyArray

from ...formal._types import Real
from ...formal.definitions._scenario import Rows


def descend(
    key: PRNGKeyArray,
    params: Any,
    sources: tuple[Rows, ...],
    objective: Callable[..., Float[Array, ""]] | None,
    *,
    optimiser: optax.GradientTransformation,
    batch: int,
    due: Int[Array, ""],
    longest: int,
    numbered: bool = False,
    watch: Callable[..., Any] | None = None,
    gradient: Callable[..., Any] | None = None,
    advance: Callable[[Any, Any], Any] = optax.apply_updates,
) -> Any:
    """Run `due` optimiser steps, each on one minibatch from every source.

    The order law is sampling with replacement: slot j of step i holds a uniform draw from the rows that are
    present. It costs nothing to draw, and the draw depends on how many rows are present, not on where the
    absent ones lie; so masked rows train exactly as physically removed ones do.

    Args:
        key: data order.
        params: where to start.
        sources: row sets, each sampled on its own; an empty one yields batches with no row present.
        objective: `(params, *batches) -> scalar`; `(params, step, *batches)` where `numbered`; None next to
            a `gradient`.
        optimiser: optax transformation, with a fresh state: state kept from training would leak S.
        batch: rows in a minibatch.
        due: steps to take, at most `longest`; traced, so that it may depend on the rows present.
        longest: steps compiled.
        numbered: whether the objective changes with the step, for methods that alternate.
        watch: `(update, *batches) -> log`, for learners that keep a record of their steps; updates past `due` are 0.
            Without it, steps past `due` are not taken: a remover that passes over S pays for S, not for D.
        gradient: the objective's, in closed form, with the same arguments; by automatic differentiation when left out.
        advance: `(params, update) -> params`; their sum, unless some of the parameters are not descended on.

    Returns:
        The parameters after `due` steps; with `watch`, also the log of every step, `[longest, ...]`.

    >>> import jax, jax.numpy as jnp, optax
    >>> rows = Rows(jnp.ones((4, 1)), jnp.full(4, 3.0), jnp.ones(4, bool))
    >>> mean = lambda w, b: ((w - b.y) ** 2).mean()
    >>> w = descend(jax.random.key(0), jnp.zeros(()), (rows,), mean,
    ...             optimiser=optax.sgd(0.25), batch=2, due=jnp.array(20), longest=20)
    >>> round(float(w), 3)
    3.0
    """
    sample = [_sampler(rows, batch) for rows in sources]
    slope = gradient or jax.grad(cast(Callable[..., Any], objective))

    def step(i: Any, own: Any, carry: tuple[Any, Any]) -> tuple[tuple[Any, Any], Any, list[Rows]]:
        batches = [draw(k) for draw, k in zip(sample, own, strict=True)]
        update, state = optimiser.update(slope(carry[0], *([i] if numbered else []), *batches), carry[1], carry[0])
        return (advance(carry[0], update), state), update, batches

    def watched(carry: tuple[Any, Any], turn: tuple[Any, Any]) -> tuple[tuple[Any, Any], Any]:
        i, own = turn
        new, update, batches = step(i, own, carry)
        # Steps past `due` leave everything as it is: their number is a property of the rows, not of the program.
        advanced = jax.tree.map(lambda a, b: jnp.where(i < due, a, b), new, carry)
        assert watch is not None
        return advanced, watch(jax.tree.map(lambda u: jnp.where(i < due, u, 0), update), *batches)

    # All steps' keys at once: one by one they cost a twentieth of a small network's step.
    keys = jax.vmap(lambda i: jax.random.split(jax.random.fold_in(key, i), len(sample)))(jnp.arange(longest))
    start = params, optimiser.init(params)
    if watch is not None:
        (params, _), log = lax.scan(watched, start, (jnp.arange(longest), keys))
        return params, log
    return lax.fori_loop(0, due, lambda i, carry: step(i, keys[i], carry)[0], start)[0] if longest else params


def steps_for(epochs: Real, rows: Rows, batch: int) -> tuple[Int[Array, ""], int]:
    """Steps in so many passes over the rows present, and over all rows: ⌈epochs · n / batch⌉.

    >>> import jax.numpy as jnp
    >>> due, longest = steps_for(2, Rows(jnp.zeros(8), jnp.zeros(8), jnp.arange(8) < 5), 4)
    >>> int(due), longest
    (3, 4)
    """
    due = jnp.ceil(epochs * rows.count() / batch).astype(int)
    return due, int(-(-epochs * len(rows.present) // batch))


def draws(key: PRNGKeyArray, rows: Rows, size: int) -> Int[Array, " size"]:
    """Uniform draws, with replacement, from the rows present; 0 where there are none.

    Args:
        key: the only randomness.
        rows: row sets of any mask; how many are present decides, not where the absent ones lie.
        size: draws.

    Returns:
        Row numbers.

    >>> rows = Rows(jnp.zeros(3), jnp.zeros(3), jnp.array([False, False, True]))
    >>> draws(jax.random.key(0), rows, 4).tolist()
    [2, 2, 2, 2]
    """
    return _places(rows)[_turns(key, rows.count(), size)]


def _turns(key: PRNGKeyArray, count: Array, size: int) -> Int[Array, " size"]:
    # Scaling a uniform draw costs a third of `randint` to compile; its bias, n / 2²³, is small.
    turns = jnp.floor(jax.random.uniform(key, (size,)) * count).astype(int)
    return jnp.clip(turns, 0, jnp.maximum(count - 1, 0))


def _places(rows: Rows) -> Int[Array, " n"]:
    return jnp.flatnonzero(rows.present, size=len(rows.present), fill_value=0)


def _sampler(rows: Rows, batch: int) -> Callable[[PRNGKeyArray], Rows]:
    """A minibatch of rows present; with no row present where none is."""
    places, count = _places(rows), rows.count()

    def draw(key: PRNGKeyArray) -> Rows:
        indices = places[_turns(key, count, batch)]
        x, y = jax.tree.map(lambda leaf: leaf.at[indices].get(mode="promise_in_bounds"), (rows.x, rows.y))
        return Rows(x, y, jnp.broadcast_to(count > 0, (batch,)))

    return draw
