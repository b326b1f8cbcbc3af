"""What a remover costs and leaves behind: work and wall time against a retrain's, and the accuracy of its models."""

import dataclasses
import functools
import math
import statistics
import time
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from ...algorithms.base import Learner, Remover, Trained, margins
from ...algorithms.pools._draw import draw, removal, remove
from ...algorithms.programs._programs import trace
from ...algorithms.programs._traced import traced
from ...algorithms.programs._work import operations
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


@dataclasses.dataclass(frozen=True)
class Cost:
    """What one removal takes: counted, so that equal work costs equally anywhere, and timed where runs were drawn.

    Args:
        retrains: its floating-point operations over those of training without S; NaN where these are none, or are not
            counted.
        gradients: the same over those of one gradient of the mean loss on D; None of a learner that has none.
        seconds, retrain_seconds: of one of the runs that were drawn side by side; None where none was drawn anew.

    >>> print(Cost(0.25, 5.0), Cost(1.0, None, 2e-3, 4e-3), sep="; ")
    0.25 of a retrain, 5 gradients on D; 1 of a retrain, 2 ms against 4 ms
    """

    retrains: float
    gradients: float | None
    seconds: float | None = None
    retrain_seconds: float | None = None

    def __str__(self) -> str:
        counted = "work not counted" if math.isnan(self.retrains) else f"{self.retrains:.2g} of a retrain"
        gradients = [] if self.gradients is None else [f"{self.gradients:.3g} gradients on D"]
        both = self.seconds, self.retrain_seconds
        timed = [] if None in both else ["{:.3g} ms against {:.3g} ms".format(*(1e3 * (each or 0) for each in both))]
        return ", ".join([counted, *gradients, *timed])


class Accounts:
    r"""The cost of removers on one learner in one scenario: training without S, and one gradient on D, counted once.

    $$\frac{\mathrm{ops}(U(A(D), S, D))}{\mathrm{ops}(A(D \setminus S))}, \qquad
      \frac{\mathrm{ops}(U(A(D), S, D))}{\mathrm{ops}(\nabla L_D)}$$

    What a remover reads in the learner's record (checkpoints, gradients of its steps) was paid for in training, and
    is not counted.

    Args:
        learner, scenario: A and D with S.

    >>> import neverseen as ns
    >>> accounts = Accounts(ns.learners.ridge(), ns.scenarios.figure1())
    >>> accounts.cost(ns.removers.retrain()).retrains, accounts.cost(ns.removers.do_nothing()).retrains
    (1.0, 0.0)
    """

    def __init__(self, learner: Learner, scenario: Scenario) -> None:
        self.learner, self.scenario, self._key = learner, scenario, jax.random.key(0)

    @functools.cached_property
    def _trained(self) -> Trained:
        fit = trace(self.learner.fit, self._key, self.scenario.rows)
        return jax.jit(fit)(self._key, self.scenario.rows)

    @functools.cached_property
    def _retrain(self) -> float:
        given = self._key, self.scenario.rows.without(self.scenario.forget)
        return operations(trace(self.learner.fit, *given), *given)

    @functools.cached_property
    def _gradient(self) -> float | None:
        given = self._trained.params, self.scenario.rows
        if not all(jnp.issubdtype(leaf.dtype, jnp.inexact) for leaf in jax.tree.leaves(given[0])):
            return None
        return operations(trace(jax.grad(self.learner.mean_loss), *given), *given)

    def cost(self, remover: Remover) -> Cost:
        """What one removal takes.

        Args:
            remover: U.

        Raises:
            ValueError: a remover or learner that cannot be traced.
        """
        extra = {need: getattr(self.scenario, need) for need in remover.needs}
        with traced(f"{remover} on {self.learner}"):
            given = self._key, self._trained, self.scenario.rows, self.scenario.forget, extra
            taken = operations(trace(removal(remover), *given), *given)
            return Cost(_over(taken, self._retrain), None if self._gradient is None else _over(taken, self._gradient))


def _over(part: float, whole: float) -> float:
    """A share; of nothing there is none."""
    return part / whole if whole else math.nan


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
    if not (learner.logits and rows.number):
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
