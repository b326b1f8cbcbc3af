"""What a remover costs and leaves behind: its wall time against a retrain's, and the accuracy of its models."""

import dataclasses
import statistics
import time
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from ...algorithms.base import Learner, Remover, Trained, margins
from ...algorithms.pools._draw import draw, remove
from ...formal._numbers import root_seed, whole
from ...formal.definitions._scenario import Rows, Scenario


@dataclasses.dataclass(frozen=True)
class Behaviour:
    """What a remover costs and leaves behind.

    Args:
        removal, retrain: seconds of one run of the remover, and of one training run without S: medians over rounds of
            runs drawn side by side on one machine. They differ from call to call.
        runs: drawn side by side.
        retained: the mean accuracy of removed models on D∖S (None: the learner has no classes, or no row is left).
        fresh: the same on points that no model saw.

    >>> print(Behaviour.example())
    A removal took 0.5 ms and a retrain without S 2 ms: 0.25 of a retrain (medians, 32 runs side by side). Of the \
retained rows 95 % are classified right.
    """

    removal: float
    retrain: float
    runs: int
    retained: float | None
    fresh: float | None

    @staticmethod
    def example() -> "Behaviour":
        """A small one, for documentation and tests."""
        return Behaviour(5e-4, 2e-3, 32, 0.95, None)

    @property
    def cost(self) -> float:
        """A removal in retrains."""
        return self.removal / self.retrain

    def __str__(self) -> str:
        parts = {"retained rows": self.retained, "points that no model saw": self.fresh}
        right = [
            f"Of the {name} {100 * share:.3g} % are classified right."
            for name, share in parts.items()
            if share is not None
        ]
        durations = f"A removal took {1e3 * self.removal:.3g} ms and a retrain without S {1e3 * self.retrain:.3g} ms"
        cost = f"{durations}: {self.cost:.2g} of a retrain (medians, {self.runs} runs side by side)."
        return " ".join([cost, *right])


def behaviour_of(
    remover: Remover, learner: Learner, scenario: Scenario, *, runs: int = 32, rounds: int = 3, seed: int = 0
) -> Behaviour:
    """Draw some removals and retrains, time them, and see what is classified right.

    Args:
        remover, learner, scenario: U, A and D with S.
        runs: drawn side by side.
        rounds: of which the median time counts; what compiling takes is left out.
        seed: root seed of the runs.

    Raises:
        ValueError: fewer than one run or round; a remover or learner that cannot be traced.

    >>> import neverseen as ns
    >>> round(Behaviour.example().cost, 2)
    0.25
    >>> behaviour_of(ns.removers.newton(), ns.learners.ridge(), ns.scenarios.figure1(), runs=0)
    Traceback (most recent call last):
    ValueError: runs: 0 is not in [1, 1000000000]
    """
    whole("runs", runs)
    whole("rounds", rounds)
    keys, left = jax.random.split(jax.random.key(root_seed(seed)), (2, runs)), scenario.rows.without(scenario.forget)
    extra = {need: getattr(scenario, need) for need in remover.needs}
    trained = draw(learner, scenario.rows, keys[0])
    removal, model = _timed(lambda: remove(remover, trained, scenario.rows, scenario.forget, keys[1], extra), rounds)
    retrain, _ = _timed(lambda: draw(learner, left, keys[0]), rounds)
    accuracies = [_accuracy(learner, model.params, rows) for rows in (left, scenario.fresh_rest)]
    return Behaviour(removal / runs, retrain / runs, runs, *accuracies)


def _timed(call: Callable[[], Trained], rounds: int) -> tuple[float, Trained]:
    """The median seconds of some calls, after one that compiles; and what it returned."""
    out, seconds = call(), list[float]()
    jax.block_until_ready(out.params)
    for _ in range(rounds):
        started = time.perf_counter()
        out = call()
        jax.block_until_ready(out.params)
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds), out


def _accuracy(learner: Learner, params: Any, rows: Rows) -> float | None:
    """The mean share of rows on which the given label has the largest score."""
    if not (learner.logits and int(rows.count())):
        return None

    @jax.jit
    def right(params: Any) -> Any:
        scores = jax.vmap(lambda p: learner.apply(p, rows.x))(params)
        if scores.shape[-1] < 2:
            return jnp.full((), jnp.nan)
        hit = jax.vmap(lambda s: margins(s, rows.y) > 0)(scores)
        return (hit & rows.present).sum() / (rows.count() * len(hit))

    share = float(right(params))
    return None if share != share else share
