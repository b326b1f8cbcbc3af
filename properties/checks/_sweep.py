"""How much of S_full is enough: |S| / |S_full| against the verdict on unlearning."""

import dataclasses
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

from ...algorithms.base import Learner, Remover
from ...formal._codec import Coded
from ...formal._numbers import level, real, shown
from ...formal._tabled import aligned
from ...formal._truth import Untruthful
from ...formal._types import Real
from ...formal.definitions._definitions import Unlearning
from ...formal.definitions._scenario import Scenario
from ...formal.definitions._verdict import Status, Verdict
from ..engine._progress import Progress
from ..runs._subject import several, subject
from ..scenarios import nested
from ._check import check

EIGHTHS = tuple(Fraction(k, 8) for k in range(1, 9))
"""The ratios of a sweep when none are given."""


@dataclasses.dataclass(frozen=True)
class SweepPoint(Coded, says=("word",)):
    """One request of a sweep.

    Args:
        size: |S|.
        verdict: as unlearning.

    >>> SweepPoint(2, Verdict.example()).size
    2
    """

    size: int
    verdict: Verdict

    @property
    def word(self) -> str:
        """The status; of a pass that doing nothing has too, and of what was not decided, that as well.

        >>> undecided = dataclasses.replace(Verdict.example(), status=Status.INCONCLUSIVE)
        >>> SweepPoint(2, Verdict.example()).word, SweepPoint(2, undecided).word
        ('REFUTED', 'INCONCLUSIVE: no pass')
        """
        power, status = self.verdict.power, self.verdict.status
        if status is Status.INCONCLUSIVE:
            return f"{status.name}: no pass"
        blind = power.same or power.original not in (None, Status.REFUTED)
        return f"{status.name}, no power" if status is Status.SATISFIED and blind else status.name


@dataclasses.dataclass(frozen=True)
class Sweep(Coded, Untruthful, outcome="points", says=("result", "enough")):
    """Verdicts on growing parts of S_full.

    Args:
        remover, learner, scenario: in words.
        full: |S_full|.
        points: in order of |S|; none where the remover does not run on the learner.
        trouble: why it does not run; "" where it does.

    >>> made = Sweep("retrain", "ridge", "blobs", 4, (SweepPoint(2, Verdict.example()),))
    >>> made.enough is None, str(made).splitlines()[-1]
    (True, 'every request was refuted')
    """

    remover: str
    learner: str
    scenario: str
    full: int
    points: tuple[SweepPoint, ...]
    trouble: str = ""

    @property
    def enough(self) -> int | None:
        """|S| of the smallest request that was satisfied, if any was."""
        point = self._first(Status.SATISFIED)
        return None if point is None else point.size

    @property
    def unrefuted(self) -> SweepPoint | None:
        """The smallest request that was not refuted, if any was not; it need not have been decided."""
        return self._first(Status.SATISFIED, Status.INCONCLUSIVE)

    def _first(self, *statuses: Status) -> SweepPoint | None:
        return next((point for point in self.points if point.verdict.status in statuses), None)

    @property
    def result(self) -> str:
        """The result in words."""
        if self.trouble:
            return f"does not apply: {self.trouble}"
        satisfied, undecided = self._first(Status.SATISFIED), self.unrefuted
        if undecided is None:
            return "every request was refuted"
        if satisfied is None:
            return f"no request is established to be enough; smallest ratio not refuted: {self._share(undecided)}"
        return f"smallest ratio satisfied: {self._share(satisfied)}"

    def _share(self, point: SweepPoint) -> str:
        return f"|S|/|S_full| = {point.size / self.full:g} ({point.size} of {self.full} rows), {point.word}"

    @property
    def subject(self) -> str:
        """What was swept, and where."""
        return f"{self.remover} on {self.learner} in {self.scenario}, as unlearning"

    @property
    def cells(self) -> list[tuple[str, ...]]:
        """The requests as words."""
        return [(f"{p.size} of {self.full}", p.word, f"{p.verdict.pairs} pairs") for p in self.points]

    def __str__(self) -> str:
        return "\n".join([self.subject, *aligned(self.cells, right=(0, 2)), self.result])


def sweep(
    remover: Remover,
    learner: Learner,
    scenario: Scenario,
    *,
    ratios: Sequence[Fraction | Real] = EIGHTHS,
    epsilon: Real = 1.0,
    delta: Real = 0.05,
    alpha: float = 1e-4,
    beta: float = 0.05,
    progress: Progress | None = None,
    **options: Any,
) -> Sweep:
    """Check a remover as unlearning on nested requests S_1 ⊂ S_2 ⊂ … ⊆ S_full.

    D and S_full stay, and so do the originals and the references A(D∖S_full): one pool of each serves all requests,
    and with them all removers on the same learner.

    Args:
        remover, learner, scenario: as in `check`; of the scenario's own S only the order of the rows is used.
        ratios: |S| / |S_full|, in (0, 1].
        epsilon: ε of the claim.
        delta: δ of the claim.
        alpha, beta: bounds on the chance that any verdict of the sweep is falsely REFUTED, or SATISFIED: each has its
            share.
        progress: called after each verdict with (verdicts so far, all of them, the remover).
        options: of `check`: budget, tolerance, seed, grain, observables, store.

    Returns:
        The sweep. Nothing makes it monotone: a larger request may be refuted where a smaller one was not.

    Raises:
        ValueError: as `check`; a ratio out of range; S_full is empty.

    >>> import neverseen as ns
    >>> made = sweep(ns.removers.retrain(), ns.learners.nearest_neighbour(), ns.scenarios.figure1(),
    ...              ratios=(0.5, 1), budget=64)
    >>> [point.verdict.status.name for point in made.points]
    ['REFUTED', 'INCONCLUSIVE']
    """
    subject(remover=remover, learner=learner, scenario=scenario)
    sizes, full = _sizes(scenario, ratios), int(scenario.behaviour.sum())
    level("alpha", alpha)
    level("beta", beta)
    claim, share = Unlearning(epsilon, delta), {"alpha": alpha / len(sizes), "beta": beta / len(sizes)}
    points: list[SweepPoint] = []
    for size in sizes:
        smaller = nested(scenario, size, options.get("seed", 0))
        points.append(SweepPoint(size, check(claim, remover, learner, smaller, keyed_as=scenario, **share, **options)))
        if progress is not None:
            progress(len(points), len(sizes), str(remover))
    return Sweep(str(remover), str(learner), str(scenario), full, tuple(points))


def sweep_all(
    removers: Sequence[Remover], learner: Learner, scenario: Scenario, *, progress: Progress | None = None,
    **options: Any,
) -> list[Sweep]:  # fmt: skip
    """`sweep` for several removers, each on the learner it is made for where there is one.

    Args:
        removers: any.
        learner: of those that run on any.
        scenario: as in `sweep`.
        progress: called after each verdict with (verdicts so far, all of them, the remover).
        options: as in `sweep`; the levels are per remover.

    Returns:
        A sweep for each; a remover that does not run there has no points, and says why.

    Raises:
        ValueError: no remover is given; what keeps several removers from running is one and the same: then it is no
            remover's.

    >>> import neverseen as ns
    >>> [made] = sweep_all([ns.removers.amnesiac()], ns.learners.ridge(), ns.scenarios.figure1(), ratios=(1,))
    >>> made.result.startswith("does not apply: ")
    True
    """
    sweeps, removers = list[Sweep](), several(removers)
    each = len(_sizes(scenario, options.get("ratios", EIGHTHS)))
    for remover in removers:
        base, trained_by = each * len(sweeps), remover.made_for or learner
        report = None if progress is None else _counted(progress, base, each * len(removers))
        try:
            sweeps.append(sweep(remover, trained_by, scenario, progress=report, **options))
        except ValueError as error:
            full = int(scenario.behaviour.sum())
            sweeps.append(Sweep(str(remover), str(trained_by), str(scenario), full, (), str(error)))
    if len(sweeps) > 1 and sweeps[0].trouble and len({one.trouble for one in sweeps}) == 1:
        raise ValueError(sweeps[0].trouble)
    return sweeps


def _sizes(scenario: Scenario, ratios: Any) -> list[int]:
    """|S| for each ratio, each size once."""
    full = int(scenario.behaviour.sum())
    if isinstance(ratios, str) or not isinstance(ratios, Iterable):
        raise ValueError(f"ratios: {shown(ratios)} is no list; give numbers in (0, 1], such as [1/8, 1]")
    values: list[Any] = list(ratios)
    wrong = [ratio for ratio in values if not (real(ratio) and 0 < ratio <= 1)]
    if wrong or not values:
        raise ValueError(f"ratios: {shown(wrong[0]) if wrong else 'none given'}; give numbers in (0, 1], such as 1/8")
    if not full:
        raise ValueError(f"scenario: S_full of {scenario} is empty; there is nothing to sweep over")
    return sorted({max(1, round(ratio * full)) for ratio in values})


def _counted(progress: Progress, base: int, total: int) -> Progress:
    return lambda done, _, message: progress(base + done, total, message)
