"""The laws that `peers.py` compares on: normals, and models of digits drawn once."""

import math
from collections.abc import Callable, Iterator

import jax
import numpy as np
from peers_rules import Arm

import neverseen as ns
from neverseen.formal.definitions._definitions import reference_rows
from neverseen.properties.engine._grain import add_grain
from neverseen.properties.runs._views import observe_many, views_of

SEED, POOL = 0, 400

Draw = Callable[[int, int], tuple[Arm, Arm]]
"""(replication, n) to n pairs; those of a smaller n come first."""


def normal(mean: float, tie: float = 0.0) -> Draw:
    """N(mean, 1) against N(0, 1); `tie` is the correlation inside a pair."""

    def draw(r: int, n: int) -> tuple[Arm, Arm]:
        x, y = (np.random.default_rng([SEED, r, arm]).normal(size=(n, 1)) for arm in (0, 1))
        return {"v": mean + tie * y + math.sqrt(1 - tie**2) * x}, {"v": y}

    return draw


def vector(width: int, mean: float) -> Draw:
    """N(mean · u, I) against N(0, I), another unit vector u in every replication."""

    def draw(r: int, n: int) -> tuple[Arm, Arm]:
        x, y = (np.random.default_rng([SEED, r, arm]).normal(size=(n, width)) for arm in (0, 1))
        u = np.random.default_rng([SEED, r, 2]).normal(size=width)
        return {"v": x + mean * u / np.linalg.norm(u)}, {"v": y}

    return draw


def shuffled(x: Arm, y: Arm, shared: bool) -> Draw:
    """A pool of pairs in another order in each replication; independent pairs take the two arms from other halves."""

    def draw(r: int, n: int) -> tuple[Arm, Arm]:
        order = np.random.default_rng([SEED, r]).permutation(POOL)
        other = order if shared else order[POOL // 2 :]
        return {k: v[order[:n]] for k, v in x.items()}, {k: v[other[:n]] for k, v in y.items()}

    return draw


def pools(forget: str, removers: dict[str, ns.Remover]) -> Iterator[tuple[str, Arm, Arm]]:
    """Views of removed models and of references that share their training keys with the originals, drawn once."""
    scenario, learner, claim = ns.scenarios.digits(forget=forget), ns.learners.mlp(), ns.Untraining(1.0, 0.05)
    found, root = views_of(scenario, claim), jax.random.key(SEED)
    training, removal = (jax.random.split(jax.random.fold_in(root, i), POOL) for i in (1, 2))
    original = ns.pools.draw(learner, scenario.rows, training)
    unseen = reference_rows(claim, scenario.rows, scenario.forget, scenario.behaviour)
    rng = np.random.default_rng(SEED)
    reference = add_grain(observe_many(learner, ns.pools.draw(learner, unseen, training), found), 1e-3, rng)
    for name, remover in removers.items():
        models = ns.pools.remove(remover, original, scenario.rows, scenario.forget, removal)
        yield f"digits, {forget}: {name}", add_grain(observe_many(learner, models, found), 1e-3, rng), reference
