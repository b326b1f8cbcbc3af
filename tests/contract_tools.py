"""Cases that every remover meets: one stack of scenarios, run in one compiled program for each remover."""

import dataclasses
import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

import neverseen as ns
from neverseen.algorithms.removers import FAULTY, REMOVERS
from neverseen.algorithms.removers.faulty._training import heavy_ball
from neverseen.properties.runs._quick import quickly as compiled
from neverseen.properties.runs._trial import renumbered

KEY = jax.random.key(20261122)
N, CLASSES = 32, 3
MLP = ns.learners.mlp(hidden=4, epochs=2, batch=4)

QUADRATIC = (
    "newton", "averaged_over_all", "ridge_for_least_squares", "scaled_penalty", "stale_hessian", "wrong_leverage",
    "wrong_round", "wrong_sign",
)  # fmt: skip
SUITED: dict[str, ns.Learner] = {
    **dict.fromkeys(QUADRATIC, ns.learners.ridge()),
    **{name: ns.learners.noisy() for name in (*FAULTY, "noisy") if name.startswith("noisy")},
    "dare": ns.learners.forest(),
    "deltagrad": ns.learners.recorded_descent(),
    "influence": ns.learners.ridge(),
    "projective_residual": ns.learners.ridge(),
    "sisa_removal": ns.learners.sisa(),
    "stale_state": heavy_ball(),
    "stream_moments": ns.learners.naive_bayes(),
    "stream_online": ns.learners.summarised(),
    "stream_quadratic": ns.learners.summarised(),
    "stream_ridge": ns.learners.streaming_ridge(),
    "amnesiac": ns.learners.logged(hidden=4, epochs=2, batch=4),
}
"""The learner that a remover needs, where it is not an MLP."""

ALONE = {
    "amnesiac", "dare", "deltagrad", "finetune", "influence", "noisy", "retrain", "sisa_removal", "stale_state",
    "stream_moments", "stream_quadratic", "stream_ridge",
}  # fmt: skip
"""Removers that run by themselves too: for each learner one, and two for the MLP. What a stack of runs does that a run
does not is a rule of the learner's (`fit_many`); in the remover's own arithmetic it is JAX's business."""


@dataclasses.dataclass(frozen=True)
class Case:
    """One request: rows, S and S_full."""

    rows: ns.Rows
    forget: Any
    behaviour: Any


def flag(*places: int) -> Any:
    return np.isin(np.arange(N), places)


@functools.cache
def cases() -> dict[str, Case]:
    """Requests by name, all of one shape."""
    draw = np.random.default_rng(7)
    label = np.arange(N) % CLASSES
    x = draw.normal(size=(N, 3)) + 1.5 * np.eye(CLASSES)[label]
    y, absent = np.eye(CLASSES)[label], [1, 8, 9, 17, 26, 31]
    here = ~np.isin(np.arange(N), absent)
    wanted, full = flag(3, 7), flag(3, 7, 12, 21)

    def case(forget: Any = wanted, behaviour: Any = None, x: Any = x, y: Any = y, here: Any = here) -> Case:
        rows = ns.Rows(jnp.asarray(x, jnp.float32), jnp.asarray(y, jnp.float32), jnp.asarray(here))
        return Case(rows, jnp.asarray(forget), jnp.asarray(full | forget if behaviour is None else behaviour))

    def moved(to: Any) -> Case:
        return case(wanted[to], full[to], x[to], y[to], here[to])

    away = np.where(here[:, None], 0, 1e6)
    return {
        "plain": case(),
        "garbage": case(x=np.where(here[:, None], x, away), y=np.where(here[:, None], y, away)),
        "absent moved": moved(ABSENT_MOVED),
        "permuted": moved(PERMUTED),
        "none": case(flag(), flag()),
        "all": case(here, here),
        "one": case(flag(3)),
        "duplicates": case(x=x[label * 2], y=y[label * 2]),
        "one class left": case(here & (label != 0)),
        "two left": case(here & (np.arange(N) > 4)),
        "present all": case(here=np.ones(N, bool)),
    }


ABSENT_MOVED = np.r_[1, 8, 9, 17, 26, 31, [i for i in range(N) if i not in (1, 8, 9, 17, 26, 31)]]
"""The absent rows first, the others in their order."""

PERMUTED = np.random.default_rng(5).permutation(N)


def stacked(parts: list[Any]) -> Any:
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *parts)


@functools.cache
def models(learner: ns.Learner) -> Any:
    """The learner's model of every case, with one key; that of the permuted case is the plain one, renumbered."""
    rows = stacked([case.rows for case in cases().values()])
    made = compiled(jax.vmap(lambda r: learner.fit(KEY, r)))(rows)
    names = list(cases())
    one = {name: jax.tree.map(lambda leaf, i=i: leaf[i], made) for i, name in enumerate(names)}
    one["permuted"] = renumbered(one["plain"], PERMUTED) or one["plain"]
    return one


def suited(name: str) -> ns.Learner:
    return REMOVERS[name]().made_for or SUITED.get(name, MLP)


@dataclasses.dataclass
class Outcome:
    """What a remover published in every case, as flat vectors, and how often it was traced."""

    stacked: dict[str, Any]
    again: dict[str, Any]
    elsewhere: dict[str, Any]
    single: dict[str, Any]
    original: dict[str, Any]
    traces: tuple[int, int]
    unmoved: bool


def published(remover: ns.Remover, key: Any, model: Any, rows: Any, forget: Any, behaviour: Any) -> Any:
    """The parameters that a remover publishes, as one vector."""
    needed = {need: {"behaviour": behaviour}.get(need, rows) for need in remover.needs}
    return ravel_pytree(remover(key, model, rows, forget, **needed).params)[0]


def run(remover: ns.Remover, learner: ns.Learner, *, alone: bool = True) -> Outcome:
    """Every case at once, twice; half of them in other places among others; two of them by themselves as well."""
    count = [0]

    def call(*given: Any) -> Any:
        count[0] += 1
        return published(remover, *given)

    made = models(learner)
    given = {name: (KEY, made[name], c.rows, c.forget, c.behaviour) for name, c in cases().items()}
    before = jax.tree.map(np.array, made["plain"].params)
    both, one, batch = compiled(jax.vmap(call)), compiled(call), stacked(list(given.values()))
    names, places = list(given), np.arange(len(given)) // 2
    among_others = jax.tree.map(lambda leaf: leaf[places], batch)
    first, second = (dict(zip(names, np.asarray(both(*batch)), strict=True)) for _ in range(2))
    elsewhere = {names[i]: flat for i, flat in zip(places, np.asarray(both(*among_others)), strict=True)}
    vmapped = count[0]
    single = {name: np.asarray(one(*given[name])) for name in ("plain", "one class left") if alone}
    unmoved = all(map(np.array_equal, jax.tree.leaves(before), jax.tree.leaves(made["plain"].params)))
    original = {name: np.asarray(ravel_pytree(model.params)[0]) for name, model in made.items()}
    return Outcome(first, second, elsewhere, single, original, (vmapped, count[0] - vmapped), unmoved)


def complaints(made: Outcome, drawn: bool) -> set[str]:
    """The clauses of the contract that an outcome breaks.

    pure: the same arguments, the same result, and they are left as they were. steady: traced once for all values of one
    shape. stackable: a stack of runs is the runs, whatever lies beside them. finite: in every case. blind: absent rows
    are not read. placeless: where absent rows lie does not count. orderless: nor does any row's place, unless something
    is drawn by it.
    """
    plain = made.stacked["plain"]
    kept = {
        "pure": made.unmoved and all(np.array_equal(made.again[c], v, True) for c, v in made.stacked.items()),
        "steady": made.traces == (1, int(bool(made.single))),
        "stackable": all(
            close(found, made.stacked[case], 1e-4)
            for one in (made.single, made.elsewhere)
            for case, found in one.items()
        ),
        "finite": all(np.isfinite(flat).all() for flat in made.stacked.values()),
        "blind": close(made.stacked["garbage"], plain),
        "placeless": close(made.stacked["absent moved"], plain, 1e-4),
        "orderless": drawn or close(made.stacked["permuted"], plain, 1e-4),
    }
    return {clause for clause, holds in kept.items() if not holds}


def close(a: Any, b: Any, tolerance: float = 2e-5) -> bool:
    return bool(np.allclose(a, b, rtol=tolerance, atol=tolerance, equal_nan=True))
