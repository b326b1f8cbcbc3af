"""`check_relative`: is what a remover returns closer to the reference or to the original?"""

import dataclasses
import math
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
from jaxtyping import Float64

from ..algorithms.base import Learner, Remover
from ..algorithms.store import Store
from ..formal._numbers import MOST, at_least_zero, level, whole
from ..formal._types import Real
from ..formal.definitions import Definition
from ..formal.relative import Relative, Side
from ..formal.scenario import Scenario
from ._arms import Arm, Digest, arms_of, header, key_of, runs, scan, widths
from ._arms import blocks as tables
from .bets import STAKES, log_sum
from .check import Progress, watched
from .gathered import Block, Gathered
from .kernels import Arms, Gram, Kernel, statistics
from .pairs import PAIRS, blocks
from .provenance import surroundings
from .rehearsal import rehearse
from .round_robin import BLOCK, growth, mean
from .samples import Samples, arms_given
from .sequential import CALIBRATION
from .views import Values, probes

POSITIONS = np.linspace(0, 1, 21).round(2)
"""Positions between reference (0) and original (1) that are tested."""

_TILT = 2 * POSITIONS - 1
_LARGEST = 3 + abs(_TILT)


def check_relative(
    definition: Definition,
    remover: Remover,
    learner: Learner,
    scenario: Scenario,
    *,
    alpha: float = 1e-4,
    budget: int = 512,
    seed: int = 0,
    grain: Real = 1e-3,
    store: Store | None = None,
    progress: Progress | None = None,
) -> Relative:
    r"""Decide whether the removed models' law P is closer to the reference's R or to the original's O.

    For when (ε, δ) is out of reach: a remover that no useful (ε, δ) describes may still have gone most of the way, or
    hardly any. Closeness is MMD² under a bounded kernel that the first 16 triples of runs fix (see
    `neverseen.properties.kernels`); D = MMD²(P, O) − MMD²(P, R) and M = MMD²(R, O).

    *How it is decided.* For a position p between R (0) and O (1), h₁₂ + (2p − 1) m₁₂ of two independent triples has
    mean D + (2p − 1) M = 2M (p − position), and lies within ±(3 + |2p − 1|). Bets that this mean is negative refute
    "position ≤ p", bets that it is positive refute "position ≥ p". Wealth, a mixture over stakes, has a mean of at
    most 1 after every block of eight triples (see `round_robin`), whenever one stops (Ville 1939): at 2/α the
    hypothesis is refuted. Closer to the original once all p from 0 up to ½ are refuted in the first way, closer to the
    reference once all from 1 down to ½ are in the second; the bounds on the position are the last ones refuted.

    *Why α/2.* A lower bound is wrong only if the first tested position at or above the true one is refuted, an
    upper one only if the first at or below it is: one test each, whatever the number of positions. Half-way, where
    D = 0, either side would be false, so that both tests must fit into α.

    Args:
        definition: which rows the reference never saw; its ε and δ play no part.
        remover: U.
        learner: A.
        scenario: D, S, S_full, and points never in D.
        alpha: bound on the probability of a false side or of bounds that miss the position.
        budget: triples at most; no block is drawn after the one that decides.
        seed: root seed; the result is a pure function of it and the other arguments.
        grain: s, standard deviation of the noise on every view, in the view's own unit.
        store: where runs are kept on disk; recent ones are shared in memory without it.
        progress: called after each block.

    Returns:
        The side, the position with its bounds, and the wealth. A run that diverges is an outcome, not an error.

    Raises:
        ValueError: the definition does not apply to the scenario; alpha or grain out of range; a budget too small to
            decide anything; a remover or learner that raises or returns another shape.

    Source: Bounliphone et al. 2016 (arXiv 1511.04581) for the relative test at a fixed size.

    >>> import neverseen as ns
    >>> ns.check_relative(ns.Untraining(1.0, 0.05), ns.removers.do_nothing(), ns.learners.nearest_neighbour(),
    ...                   ns.scenarios.figure1()).side.name
    'CLOSER_TO_ORIGINAL'
    """
    definition.admit(scenario)
    started = time.perf_counter()
    _admit(alpha, budget, grain)
    rehearse(remover, learner, scenario)
    found = probes(scenario, definition)
    drawn = blocks(
        definition, remover, learner, scenario, found, seed=seed, grain=float(grain), budget=budget, store=store
    )
    told = watched(drawn, budget, f"{remover} · {definition.id}", progress)
    contest = _Contest(alpha, told, budget, tuple(f"loss on {name}" for name in found.designated))
    made = {"scenario": repr(scenario), "digest": scenario.digest(), "remover": repr(remover), "learner": repr(learner)}
    made |= {"definition": definition.id, "seed": seed, "grain": float(grain), "block": PAIRS}
    return contest.result(f"{remover} on {learner} in {scenario}", definition.reference, made, started)


def compare_samples(
    removed: Samples,
    reference: Samples,
    original: Samples,
    *,
    alpha: float = 1e-4,
    seed: int = 0,
    grain: Real = 0.0,
    paired: bool = False,
    progress: Progress | None = None,
) -> Relative:
    """Decide from saved runs whether removed models are closer to the references or to the originals.

    See `check_relative` for what is decided, and `check_samples` for what is read: each array is a view, and all views
    weigh the same.

    Args:
        removed, reference, original: runs of each arm, under the same names.
        alpha: bound on the probability of a false side or of bounds that miss the position.
        seed: root seed; each arm is put in an order drawn from it.
        grain: standard deviation of the noise added to every column.
        paired: row i of all arms came from one seed: they stay together. Rows of other numbers must be independent.
        progress: called after each block.

    Returns:
        The side, the position with its bounds, and the wealth.

    Raises:
        ValueError: NaN or inf; arms of different widths or names; too few runs to decide anything; `paired` arms of
            unequal numbers of runs.

    >>> rng = np.random.default_rng(0)
    >>> removed, reference, original = (rng.normal(at, 1, (200, 1)) for at in (1, 0, 6))
    >>> compare_samples(removed, reference, original).side.name
    'CLOSER_TO_REFERENCE'
    """
    started = time.perf_counter()
    given = arms_given({"removed": removed, "reference": reference, "original": original})
    counts = {arm: runs(sources) for arm, sources in given.items()}
    if paired and len(set(counts.values())) > 1:
        raise ValueError(f"paired: {', '.join(f'{n} {arm}' for arm, n in counts.items())} runs; pair them one to one")
    triples = min(counts.values())
    _admit(alpha, triples, grain)
    for arm, sources in given.items():
        scan(arm, sources)
    digest = header(given)
    key = key_of(seed, digest.hexdigest())
    arms = arms_of(given, key, triples, paired=paired)
    arms = [dataclasses.replace(arm, order=arms[0].order) for arm in arms] if paired else arms
    drawn = _read(arms, triples, float(grain), digest)
    contest = _Contest(alpha, watched(drawn, triples, "samples", progress), triples, ())
    made = {"digest": digest.hexdigest(), "seed": seed, "grain": float(grain), "paired": paired}
    counted = {f"{arm}_runs": n for arm, n in counts.items()}
    return contest.result("the law of the removed samples", "", made | counted, started)


def least_triples(alpha: Real) -> int:
    """The fewest triples that can decide at level α: every statistic at its largest, after the 16 that fix the kernel.

    >>> least_triples(1e-4)
    50
    """
    couples = 1
    while float(log_sum(couples * np.log1p(STAKES))) - math.log(len(STAKES)) < math.log(2 / alpha):
        couples += 1
    return CALIBRATION + 2 * couples


class _Contest:
    """The wealth of both directions at every position, block after block, until it decides."""

    def __init__(self, alpha: float, drawn: Iterator[Block], budget: int, designated: tuple[str, ...]) -> None:
        self.alpha, self.budget = alpha, budget
        self.wealth = np.zeros((2, len(POSITIONS), len(STAKES)))
        self.looks: list[int] = []
        self.paths: list[list[float]] = [[], []]
        self.sums: Float64[np.ndarray, 2] = np.zeros(2)
        pairs = Gathered(drawn)
        fixed = pairs.reach(CALIBRATION)
        kernel = Kernel.fit(_span(pairs, 0, fixed), designated)
        while self.side is Side.UNDECIDED:
            start = self.looks[-1] if self.looks else fixed
            size = (pairs.reach(min(start + BLOCK, budget)) - start) // 2 * 2
            if size <= 0:
                return
            self.play(*statistics(kernel, _span(pairs, start, start + size)))
            self.looks.append(start + size)

    def play(self, h: Gram, m: Gram) -> None:
        """Bet on a block."""
        tilted = h + _TILT[:, None, None] * m
        self.wealth += growth(np.stack([-tilted, tilted]), np.stack([_LARGEST, _LARGEST]))
        self.sums += len(h) * np.array([mean(h), mean(m)])
        half = len(POSITIONS) // 2
        for path, log_wealth in zip(self.paths, self.log_wealth[:, half], strict=True):
            path.append(float(log_wealth))

    @property
    def log_wealth(self) -> Float64[np.ndarray, "2 p"]:
        """Against "position ≤ p" and against "position ≥ p"."""
        return log_sum(self.wealth) - math.log(len(STAKES))

    @property
    def bounds(self) -> tuple[float | None, float | None]:
        """The last position refuted from 0 upwards, and from 1 downwards."""
        over = self.log_wealth >= math.log(2 / self.alpha)
        low, high = (_unbroken(row) for row in (over[0], over[1, ::-1]))
        return float(POSITIONS[low - 1]) if low else None, float(POSITIONS[-high]) if high else None

    @property
    def side(self) -> Side:
        """What the bounds establish."""
        low, high = self.bounds
        if low is not None and low >= 0.5:
            return Side.CLOSER_TO_ORIGINAL
        return Side.CLOSER_TO_REFERENCE if high is not None and high <= 0.5 else Side.UNDECIDED

    def result(self, subject: str, reference: str, made: dict[str, Any], started: float) -> Relative:
        """What the contest established."""
        h, m = self.sums
        position = float(0.5 - h / (2 * m)) if m > 0 else None
        used = self.looks[-1] if self.looks else 0
        paths = tuple(map(tuple, self.paths))
        seconds = time.perf_counter() - started
        return Relative(
            self.side, subject, reference, self.alpha, used, self.budget, position, *self.bounds,
            tuple(self.looks), paths[0], paths[1], made | surroundings(), seconds,
        )  # fmt: skip


def _unbroken(flags: Any) -> int:
    """How many flags are set before the first that is not."""
    return len(flags) if flags.all() else int(flags.argmin())


def _span(pairs: Gathered, start: int, end: int) -> Arms:
    removed, reference, original = ({name: v[start:end] for name, v in arm.items()} for arm in pairs.arms)
    return removed, reference, original


def _admit(alpha: float, budget: int, grain: Real) -> None:
    level("alpha", alpha)
    whole("budget", budget, -MOST)
    at_least_zero("grain", grain)
    if budget < least_triples(alpha):
        raise ValueError(
            f"budget: {budget} triples cannot decide at alpha={alpha:g}; at least {least_triples(alpha)} are needed"
        )


def _read(arms: list[Arm], triples: int, grain: float, total: Digest) -> Iterator[Block]:
    """The arms' rows, each array a view."""
    ends = np.cumsum(list(widths(arms[0].sources).values()))[:-1]
    for found in tables(arms, 0, triples, total):
        seen: list[Values] = [
            dict(zip(arm.sources, np.split(arm.grainy(table, grain), ends, 1), strict=True))
            for arm, table in zip(arms, found, strict=True)
        ]
        yield Block(seen[0], seen[1], seen[2])
