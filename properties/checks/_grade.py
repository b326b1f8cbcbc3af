"""A remover's distance from a definition's reference and its accuracy, on the runs that verdicts are on."""

import dataclasses
import functools
import time
from typing import Any

import jax
import numpy as np
from jaxtyping import Float64

from ...algorithms.base import Learner, Remover
from ...algorithms.pools._pool import SHARD, Pool
from ...algorithms.store._store import Store
from ...formal.definitions._definitions import Definition
from ...formal.definitions._scenario import Scenario
from ..metrics import Interval
from ..metrics._answers import answer_of
from ..metrics._distance import grade_blocks
from ..metrics._graded import Distance
from ..metrics._observations import observations
from ..metrics._resample import jackknife
from ..runs._eval_sets import CHECKED, GRADED, EvalSets, eval_sets
from ..runs._run_pools import arms, streams
from ..runs.observables import LOSSES, MARGINS, Observable

PLANE = ("S", "fresh rest")
"""The two sets of the second picture."""


@dataclasses.dataclass(frozen=True)
class Accuracy:
    """The accuracy of a remover's models.

    Args:
        means: over runs, on S, S_full∖S, fresh behaviour and fresh rest, of those that hold a row.
        spread: over runs, of the two sets of `PLANE`: both variances and the covariance; () without one of them.

    >>> Accuracy({"S": 0.5, "fresh rest": 0.75}, (0.01, 0.0025, 0.0)).means["S"]
    0.5
    """

    means: dict[str, float]
    spread: tuple[float, ...]


@dataclasses.dataclass(frozen=True)
class Grade:
    """A remover's place beside one definition's reference.

    Args:
        distance: 0 is a fresh retrain, 1 doing nothing.
        gaps: accuracy minus that of the reference, by set of rows, with 95 % intervals over runs.

    >>> print(Grade(Distance.example(), {"S": Interval(0.1, 0.05, 0.15)}).gaps["S"])
    0.1 [0.05, 0.15]
    """

    distance: Distance
    gaps: dict[str, Interval]


@dataclasses.dataclass(frozen=True)
class PoolAnswers:
    """What the runs of a pool say of each row.

    Args:
        blocks: `[runs, rows]` by block.
        right: the share of a set's rows that each run classifies right; empty without classes.
        seconds: of a run, where some were drawn anew after others that compiled.

    >>> PoolAnswers({}, {}, None).seconds is None
    True
    """

    blocks: dict[str, Float64[np.ndarray, "runs rows"]]
    right: dict[str, Float64[np.ndarray, " runs"]]
    seconds: float | None


class Grader:
    """Grades of removers on one learner in one scenario: each pool is drawn and looked at once, whoever asks for it.

    Args:
        learner, scenario: A, and D with S and S_full.
        runs: that are graded.
        seed, store: as in `check`, whose pools these are.

    >>> import neverseen as ns
    >>> grader = Grader(ns.learners.nearest_neighbour(), ns.scenarios.figure1(), runs=64, seed=0, store=None)
    >>> grade = grader.grade(ns.Untraining(1.0, 0.05), ns.removers.do_nothing())
    >>> grade.distance.share.value, round(grade.gaps["S"].value, 2)
    (1.0, 0.33)
    """

    def __init__(self, learner: Learner, scenario: Scenario, *, runs: int, seed: int, store: Store | None) -> None:
        self.learner, self.scenario, self.runs, self.seed, self.store = learner, scenario, runs, seed, store
        self._answers: dict[Any, PoolAnswers] = {}
        self.drawing = 0.0
        """Seconds that drew runs."""

    def grade(self, definition: Definition, remover: Remover) -> Grade:
        """The distance to the definition's reference, and the accuracies beside the reference's.

        Args:
            definition: which rows the references never saw.
            remover: U, which `check` runs on this learner.
        """
        started = time.perf_counter()
        removed, reference, original = (self.answers(definition, pool) for pool in self._pools(definition, remover))
        who = f"{remover} on {self.learner} in {self.scenario}"
        said = {"removed": removed.blocks, "reference": reference.blocks, "original": original.blocks}
        # Run i of each arm has the seed of run i of the others: such couples are left out of the estimate.
        losses, terms = self._answer is LOSSES, {"seed": self.seed}
        distance = grade_blocks(said, (0, 0, 0), losses, who, definition.id, definition.reference, terms, started)
        gaps = {name: _mean(own - reference.right[name]) for name, own in removed.right.items()}
        return Grade(distance, gaps)

    def accuracy(self, definition: Definition, remover: Remover) -> Accuracy | None:
        """How much the removed models say rightly; None without classes."""
        right = self.answers(definition, self._pools(definition, remover)[0]).right
        if not right:
            return None
        spread: tuple[float, ...] = ()
        if all(name in right for name in PLANE):
            covariance = np.cov([right[name] for name in PLANE])
            spread = float(covariance[0, 0]), float(covariance[1, 1]), float(covariance[0, 1])
        return Accuracy({name: float(values.mean()) for name, values in right.items()}, spread)

    def seconds(self, definition: Definition, remover: Remover) -> tuple[float | None, float | None]:
        """Of one removal and of one retrain, of runs that were drawn side by side."""
        removed, reference, _ = (self.answers(definition, pool) for pool in self._pools(definition, remover))
        return removed.seconds, reference.seconds

    def answers(self, definition: Definition, pool: Pool) -> PoolAnswers:
        """What the runs of a pool say, looked at once."""
        key = pool.key, definition.redraws
        if key not in self._answers:
            self._answers[key] = self._looked_at(definition, pool)
        return self._answers[key]

    def _pools(self, definition: Definition, remover: Remover) -> tuple[Pool, Pool, Pool]:
        return arms(definition, remover, self.learner, self.scenario, streams(self.scenario, self.seed))

    def _looked_at(self, definition: Definition, pool: Pool) -> PoolAnswers:
        numbers = range(-(-self.runs // SHARD))
        drawn = [_timed(pool, number, self.store) for number in numbers]
        self.drawing += sum(seconds or 0.0 for _, seconds in drawn)
        sets = {name: rows for name, rows in eval_sets(self.scenario, definition, GRADED).items() if rows.number}
        kinds = [self._answer] if self._answer is LOSSES else [self._answer, MARGINS]
        blocks, *margins = (
            {name: self._seen([s.params for s, _ in drawn], sets, kind.on(name)) for name in sets} for kind in kinds
        )
        right = {
            name: (values > 0).mean(1) for name, values in (margins[0] if margins else {}).items() if name in CHECKED
        }
        later = [seconds / SHARD for _, seconds in drawn[1:] if seconds is not None]  # the first one compiles
        return PoolAnswers(blocks, right, float(np.median(later)) if later and drawn[0][1] is not None else None)

    def _seen(self, shards: list[Any], sets: EvalSets, name: str) -> Float64[np.ndarray, "runs rows"]:
        parts = [observations(self.learner, params, sets, (name,), 0.0, ())[name] for params in shards]
        return np.concatenate(parts)[: self.runs]

    @functools.cached_property
    def _answer(self) -> Observable:
        """Of classes, chances of labels; then answers are right or wrong, too."""
        return answer_of(self.learner, self.scenario)


def _timed(pool: Pool, number: int, store: Store | None) -> tuple[Any, float | None]:
    """A shard, and the seconds it took where it was drawn now."""
    for parent in pool.parents:
        jax.block_until_ready(parent.shard(number, store))
    held, started = pool.holds(number, store), time.perf_counter()
    shard = jax.block_until_ready(pool.shard(number, store))
    return shard, None if held else time.perf_counter() - started


def _mean(values: Float64[np.ndarray, " runs"]) -> Interval:
    return jackknife(lambda kept: float(values[kept].mean()), len(values), (-1, 1))
