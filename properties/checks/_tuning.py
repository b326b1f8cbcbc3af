"""What a tuning says: the settings that were best, beside the defaults, on runs that nothing was chosen on."""

import dataclasses
import math
from collections.abc import Callable
from typing import Any, ClassVar

from ...algorithms._space import Plain
from ...algorithms.base import Remover
from ...algorithms.removers import REMOVERS
from ...formal._codec import Coded
from ...formal._tabled import aligned
from ...formal._truth import Untruthful
from ..metrics._resample import Interval

MODES = {
    "with-reference": "with the reference (the best case: the tuner saw models that never saw what is to be removed)",
    "without-reference": "without the reference (the tuner saw S, D∖S, the learner and A(D): what a practitioner has)",
}
"""What a tuner may look at, by name: what every table says of it."""

Settings = dict[str, Plain]


@dataclasses.dataclass(frozen=True)
class TuningTrial(Coded):
    """One setting that was tried.

    Args:
        number: from 0; 0 are the defaults.
        settings: by name.
        value: the squared distance on the runs of the tuning; inf where there is none.
        reason: why there is none; "" where there is.

    >>> TuningTrial(1, {"rate": 0.1}, math.inf, "2 of 8 runs diverged").failed
    True
    """

    number: int
    settings: Settings
    value: float
    reason: str = ""

    @property
    def failed(self) -> bool:
        """Whether it has no value, which is the worst there is."""
        return not math.isfinite(self.value)


@dataclasses.dataclass(frozen=True)
class Tuning(Coded, Untruthful, outcome="word", says=("word", "settings", "mode_in_words", "compiled")):
    """Settings of a remover that were searched, and what they are worth on fresh runs.

    Args:
        name: of the remover's factory.
        listed: whether it is one of `neverseen list removers`.
        fixed: settings that were not searched and are no defaults.
        subject: remover, learner and scenario.
        mode: of `MODES`.
        definition: the id of the definition tuned for; without the reference it plays no part.
        runs: of each trial; and as many fresh ones of each row of the report.
        space: what was searched, by setting: the range, and who gives it.
        traced: the settings that one program serves all values of.
        trials: in their order.
        nothing, default, tuned: the squared distance of doing nothing, the defaults and the best trial, on fresh runs.
        gain: the defaults' less the tuned one's, on the same runs.
        lead: that of doing nothing less the tuned one's.
        retrains: trainings on all of D that both phases cost, removals apart.
        provenance: seed, versions.
        seconds: wall time.

    >>> print(str(Tuning.example()).splitlines()[0])
    finetune on mlp: 3 trials, without the reference (the tuner saw S, D∖S, the learner and A(D): ...)
    >>> Tuning.example().remover
    finetune
    """

    name: str
    listed: bool
    fixed: Settings
    subject: str
    mode: str
    definition: str
    runs: int
    space: dict[str, str]
    traced: tuple[str, ...]
    trials: tuple[TuningTrial, ...]
    nothing: Interval
    default: Interval
    tuned: Interval
    gain: Interval
    lead: Interval
    retrains: int
    provenance: dict[str, Any]
    seconds: float
    _make: ClassVar[Callable[..., Any] | None] = None

    @staticmethod
    def example() -> "Tuning":
        """A small one, for documentation and tests.

        >>> Tuning.example().word
        'better than the defaults, as far as its tuner can see'
        """
        trials = (
            TuningTrial(0, {"rate": 0.05}, 0.2),
            TuningTrial(1, {"rate": 0.5}, 0.1),
            TuningTrial(2, {"rate": 0.9}, math.inf, "3 of 8 runs diverged"),
        )
        report = Interval(0.22, 0.2, 0.24), Interval(0.21, 0.2, 0.22), Interval(0.12, 0.1, 0.14)
        gains = Interval(0.09, 0.07, 0.11), Interval(0.1, 0.08, 0.12)
        space = {"rate": "0.01 to 1, log (ours)"}
        return Tuning(
            "finetune", True, {"epochs": 3}, "finetune on mlp", "without-reference", "untraining-1", 8, space,
            ("rate",), trials, *report, *gains, 48, {"seed": 0}, 0.5,
        )  # fmt: skip

    @property
    def best(self) -> TuningTrial:
        """The trial of the smallest distance; the first of equal ones."""
        return min(self.trials, key=lambda trial: trial.value)

    @property
    def settings(self) -> Settings:
        """All that the best trial sets."""
        return self.fixed | self.best.settings

    @property
    def remover(self) -> Remover:
        """The tuned remover.

        Raises:
            ValueError: it was read from JSON, and its factory is a user's own.
        """
        make = self._make or (REMOVERS.get(self.name) if self.listed else None)
        if make is None:
            raise ValueError(f"tuning: {self.name} is a factory of your own; call it with **tuning.settings")
        return make(**self.settings)

    def made_by(self, make: Callable[..., Any]) -> "Tuning":
        """The same, with a user's own factory at hand; JSON does not hold it.

        >>> import neverseen as ns
        >>> Tuning.example().made_by(lambda **settings: ns.removers.scrub()).remover
        scrub
        """
        again = dataclasses.replace(self)
        object.__setattr__(again, "_make", make)
        return again

    @property
    def better(self) -> bool:
        """Whether the tuned settings are better on fresh runs than the defaults, and than doing nothing."""
        return self.gain.low > 0 and self.lead.low > 0

    @property
    def word(self) -> str:
        """What came of it, in words."""
        if not self.best.number:
            return "no better than the defaults: no trial was"
        if not self.gain.low > 0:
            return "no better than the defaults"
        if not self.better:
            return "better than the defaults, no better than doing nothing"
        return "better than the defaults" + ", as far as its tuner can see" * (self.mode == "without-reference")

    @property
    def mode_in_words(self) -> str:
        """What the tuner looked at."""
        return MODES[self.mode]

    @property
    def compiled(self) -> int:
        """How many programs the trials took: one for each combination of settings that are not traced."""
        static = [{n: (type(v), v) for n, v in t.settings.items() if n not in self.traced} for t in self.trials]
        return len([each for place, each in enumerate(static) if each not in static[:place]])

    @property
    def title(self) -> str:
        """What was tuned, and what the tuner looked at."""
        return f"{self.subject}: {len(self.trials)} trials, {self.mode_in_words}"

    @property
    def settings_cells(self) -> list[tuple[str, ...]]:
        """Each setting: its default beside the best value, and where it was searched."""
        first, best = self.trials[0].settings, self.best.settings
        rows = [(name, _short(first[name]), _short(best[name]), where) for name, where in self.space.items()]
        return [("setting", "default", "tuned", "searched"), *rows]

    @property
    def report_cells(self) -> list[tuple[str, ...]]:
        """What is reported: distances on runs that no trial saw."""
        arms = {"doing nothing": self.nothing, "defaults": self.default, "tuned": self.tuned}
        less = {"defaults less tuned": self.gain, "doing nothing less tuned": self.lead}
        rows = [(name, str(at), self._share(at)) for name, at in arms.items()]
        heads = (f"on {self.runs} fresh runs", "squared distance, 95 %", "distance, 1 = doing nothing")
        return [heads, *rows, *((name, str(at), "") for name, at in less.items())]

    def _share(self, arm: Interval) -> str:
        """The root of the share of doing nothing's; none where doing nothing may be right."""
        if not (self.nothing.low > 0 and math.isfinite(arm.value)):
            return "–"
        return f"{math.sqrt(max(arm.value, 0.0) / self.nothing.value):.2f}"

    @property
    def cells(self) -> list[tuple[str, ...]]:
        """The trials, the best first."""
        names = list(self.space)
        trials = sorted(self.trials, key=lambda trial: trial.value)
        rows = [(str(t.number), _short(t.value), *(_short(t.settings[n]) for n in names), t.reason) for t in trials]
        return [("trial", "squared distance", *names, ""), *rows]

    @property
    def notes(self) -> list[str]:
        """What came of it, what failed, and what it cost."""
        failed = [trial for trial in self.trials if trial.failed]
        lost = f"{len(failed)} of {len(self.trials)} trials have no value" + (f": {failed[0].reason}" if failed else "")
        outcome = f"{self.word}; chosen on {self.runs} runs, reported on as many others"
        chosen = f"distances of trials are what was chosen by, and flatter the best; {lost}"
        stand_in = "distances are to what rows left out of random halves of D are given, not to the reference"
        cost = f"{self.compiled} programs for all trials; {self.retrains} retrains beside the removals"
        return [outcome, *([stand_in] if self.mode == "without-reference" else []), chosen, cost]

    def __str__(self) -> str:
        tables = aligned(self.settings_cells), aligned(self.report_cells), aligned(self.cells, right=(0,))
        return "\n".join([self.title, *tables[0], *tables[1], *self.notes, *tables[2]])


def _short(value: Plain) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
