"""Who watches a check is told after each block, and after each round of bets how wealth stands."""

import math
from collections.abc import Callable, Iterator

import numpy as np
from jaxtyping import Float64, Int64

from ...formal.definitions._outlook import more_pairs
from ._pairs import Block
from ._sequential import RoundResult, Terms, step_function

Progress = Callable[[int, int, str], None]
"""Called with the pairs drawn so far, the budget and a message, after each block."""


def watched(blocks: Iterator[Block], budget: int, message: str, progress: Progress | None) -> Iterator[Block]:
    """The same blocks, with `progress` called after each.

    >>> list(watched(iter([]), 10, "", None))
    []
    """
    pairs = 0
    for block in blocks:
        pairs += len(next(iter(block.removed.values())))
        if progress is not None:
            progress(min(pairs, budget), budget, message)
        yield block


class Watch:
    """What is told of a sequential check while it runs: pairs, both wealths, and how many pairs are still to go.

    Args:
        terms: the levels that wealth is to reach, and the budget.
        name: of what is checked.
        progress: told after each block and each round; None where nobody watches.

    >>> import neverseen as ns
    >>> told = []
    >>> watch = Watch(Terms(ns.Untraining(1.0, 0.05), 1e-4, 0.05, 0.1, 64), "mine", lambda *at: told.append(at))
    >>> _ = list(watch.over(iter([Block({"a": np.zeros((8, 1))}, {"a": np.zeros((8, 1))}, None)])))
    >>> told
    [(8, 64, 'mine')]
    """

    def __init__(self, terms: Terms, name: str, progress: Progress | None) -> None:
        self._terms, self._name, self._progress = terms, name, progress
        self._pairs, self._end, self._said = 0, 0, name
        self._against, self._towards = _Path(), _Path()

    def over(self, blocks: Iterator[Block]) -> Iterator[Block]:
        """The same blocks, each of them told."""
        for block in blocks:
            self._pairs += len(next(iter(block.removed.values())))
            self._tell()
            yield block

    def played(self, step: RoundResult, beta: float) -> None:
        """A round that was bet on: how wealth stands after it.

        Args:
            step: the round.
            beta: the share of β that these bets have to reach.
        """
        if self._progress is None:
            return
        self._end = step.end
        self._against.extend(step.start + step.after, step.log_wealth_reject[0])
        if step.log_wealth_accept is not None:
            self._towards.extend(step.start + step.after, step.log_wealth_accept[0])
        self._said = f"{self._name} · {self._standing(beta)}"
        self._tell()

    def _standing(self, beta: float) -> str:
        ways = ((self._against, self._terms.alpha), (self._towards, beta))
        paths = [(path.until(self._end), level) for path, level in ways]
        said = [f"{_wealth(path[-1])} of {1 / level:.3g}" for path, level in paths]
        left = [pairs for path, level in paths if (pairs := more_pairs(path, level)) is not None]
        room = self._terms.budget - self._end
        forecast = f"about {min(left)} more pairs decide" if left and min(left) <= room else "no end in sight"
        return f"wealth {said[0]} against, {said[1]} for; {forecast}"

    def _tell(self) -> None:
        if self._progress is not None:
            self._progress(min(self._pairs, self._terms.budget), self._terms.budget, self._said)


class _Path:
    """A log wealth and the pairs after which it was looked at."""

    def __init__(self) -> None:
        self._values, self._after = list[Float64[np.ndarray, " _"]](), list[Int64[np.ndarray, " _"]]()

    def extend(self, after: Int64[np.ndarray, " _"], values: Float64[np.ndarray, " _"]) -> None:
        self._values.append(values)
        self._after.append(after)

    def until(self, pairs: int) -> tuple[float, ...]:
        """After each pair."""
        return step_function(self._values, self._after, pairs)


def _wealth(log: float) -> str:
    return f"{math.exp(min(log, 700.0)):.2g}"
