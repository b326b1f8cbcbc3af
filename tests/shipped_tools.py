"""The shipped removers, each on a learner that suits it, and tried where relations are judged."""

import functools
import runpy
from pathlib import Path
from typing import Any

import jax

import neverseen as ns
from neverseen.algorithms.removers import HEURISTIC, REMOVERS
from neverseen.properties.runs._quick import Quick
from neverseen.properties.runs._trial import Trial
from neverseen.properties.suite._check_suite import learners_for, relations_scenario

MLP = ns.learners.mlp(hidden=4, epochs=2, batch=4)


@functools.cache
def suites() -> dict[str, Any]:
    """`benchmarks/suite.py`: the learners that removers need, and what their authors declare to fail."""
    return runpy.run_path(str(Path(__file__).parents[1] / "benchmarks" / "suite.py"))


def suited(name: str) -> ns.Learner:
    """The learner that a remover needs; of those that take any, heuristics are for networks."""
    if name in suites()["SUITED"]:
        return suites()["SUITED"][name]
    network = name in HEURISTIC and name not in suites()["EXPECTED"]
    return MLP if network else learners_for(REMOVERS[name]())[0]


@functools.cache
def fitting(learner: ns.Learner) -> Quick:
    """Eight models by one learner: what many removers are tried on is traced once for each shape of rows."""
    return Quick(lambda *args: jax.vmap(learner.fit, (0, None))(*args))


def tried(remover: ns.Remover, learner: ns.Learner) -> Trial:
    made = Trial(remover, learner, relations_scenario(0), jax.random.key(0))
    made._fit = fitting(learner)  # pyright: ignore[reportPrivateUsage]
    return made


@functools.cache
def trial(name: str) -> Trial:
    """The one trial of a listed remover."""
    return tried(REMOVERS[name](), suited(name))
