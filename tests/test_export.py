"""Nothing assumes a CPU: every learner and remover lowers for CPU, CUDA and TPU."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import pytest
from jax import export
from shipped_tools import suited

import neverseen as ns
from neverseen.algorithms.learners import LEARNERS
from neverseen.algorithms.pools._draw import removal
from neverseen.algorithms.pools._map_over_runs import vmapped
from neverseen.algorithms.removers import REMOVERS

PLATFORMS = ("cpu", "cuda", "tpu")
SCENARIO = ns.scenarios.blobs(size=4)
DIGITS = ns.scenarios.digits(size=4)
OTHER = {"cnn": DIGITS, "resnet": DIGITS, "transformer": ns.scenarios.people(size=4)}
"""What the learners of images and of texts are given."""

KEYS = jax.random.split(jax.random.key(0), 3)


def lowered(function: Callable[..., Any], *arguments: Any) -> export.Exported:
    """The program of the function's leaves, for all three platforms."""
    leaves, rebuild = jax.tree.flatten(arguments)

    def plainly(*given: Any) -> list[Any]:
        return jax.tree.leaves(function(*jax.tree.unflatten(rebuild, given)))

    return export.export(jax.jit(plainly), platforms=PLATFORMS)(*leaves)


@pytest.mark.parametrize("name", LEARNERS)
def test_every_learner_lowers_for_every_platform(name: str) -> None:
    made = lowered(vmapped(LEARNERS[name]().fit, 1), KEYS, OTHER.get(name, SCENARIO).rows)
    assert made.platforms == PLATFORMS


@pytest.mark.parametrize("name", REMOVERS)
def test_every_remover_lowers_for_every_platform(name: str) -> None:
    remover, learner = REMOVERS[name](), suited(name)
    extra = {need: getattr(SCENARIO, need) for need in remover.needs}
    models = jax.eval_shape(vmapped(learner.fit, 1), KEYS, SCENARIO.rows)
    made = lowered(vmapped(removal(remover), 2), KEYS, models, SCENARIO.rows, SCENARIO.forget, extra)
    assert made.platforms == PLATFORMS


def test_a_program_for_one_platform_alone_is_noticed() -> None:
    def cpu_only(x: jax.Array) -> jax.Array:
        return jax.lax.platform_dependent(x, cpu=jnp.sin)

    with pytest.raises(NotImplementedError, match="platform"):
        lowered(cpu_only, jnp.ones(2))
