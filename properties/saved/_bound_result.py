"""What saved runs show of ε at a δ: plain values, to JSON and back."""

import dataclasses
import math
from typing import Any

from ...formal import closeness
from ...formal._codec import Coded
from ...formal._truth import Untruthful
from ...formal._types import Real
from ...formal.closeness import Bracket, solve_decreasing
from ..engine._joint import epsilon_needed

Corner = tuple[float, float]
"""A lower bound of an event's probability in the arm where it was commoner, an upper bound of that in the other."""


@dataclasses.dataclass(frozen=True)
class Bound(Coded, Untruthful, outcome="epsilon", says=("sentence",)):
    r"""The largest ε that runs of two arms show at δ, with confidence 1 − α: a lower bound, and no verdict.

    Small is no good news: 0 says that nothing was shown, by so many runs, through the event that was looked at.

    Args:
        epsilon: with confidence 1 − α, ε is at least this at δ, in one direction or the other.
        delta: δ.
        alpha: the bound exceeds the least ε that holds with at most this probability.
        event: in words; chosen on other runs than those that are counted.
        commoner: the arm in which the choosing runs had it more often, `removed` or `reference`.
        removed_hits, removed_runs: in how many of how many removed models it occurred.
        reference_hits, reference_runs: likewise in references.
        chosen_on: runs of each arm that chose the event, and were not counted.
        paired: whether runs of both arms shared seeds.
        most: the bound that these counted runs would give if the event occurred in all of one arm and in none of the
            other: what this test of so many runs can show at most.
        limit: what no audit of so many runs in all can be sure to exceed, whatever it looks at.
        asked: an ε that was asked about (None: none was).
        band: for each of a few events, bounds of its two probabilities; all hold at once with confidence 1 − α.
        mu: with confidence 1 − α, the μ of Gaussian differential privacy is at least this.
        subject: what was looked at, which runs had no part, whether these runs were looked at before.
        provenance: root seed, digest of the runs, versions, …: all that determines the numbers.
        seconds: wall time; the one field that differs between two equal runs.

    >>> shown = Bound.example()
    >>> Bound.from_json(shown.to_json()) == shown
    True
    """

    epsilon: float
    delta: float
    alpha: float
    event: str
    commoner: str
    removed_hits: int
    removed_runs: int
    reference_hits: int
    reference_runs: int
    chosen_on: int
    paired: bool
    most: float
    limit: float
    asked: float | None
    band: tuple[Corner, ...]
    mu: float
    subject: str
    provenance: dict[str, Any]
    seconds: float

    @staticmethod
    def example() -> "Bound":
        """A small result, for documentation and tests.

        >>> print(Bound.example())
        At δ = 1e-05, ε is at least 0.77, with confidence 0.95: 'loss > 0.5' occurred in 90 of 150 removed models and \
in 30 of 150 references (50 runs of each arm chose it). So many runs can show at most 4.6 in this way, and no audit \
of as many is sure to show more than 4.9. ε = 8 is more than so many runs can show in this way, and no other audit of \
them is sure to show it. Were both laws Gaussian: μ ≥ 0.64, and ε at least 2.65 at this δ; that is a model, and no \
bound.
        """
        return Bound(
            0.779, 1e-5, 0.05, "loss > 0.5", "removed", 90, 150, 30, 150, 50, False, 4.5971, 4.8905, 8.0,
            ((0.505, 0.284), (0.189, 0.0734)), 0.646, "the laws of the samples", {"seed": 0}, 0.1,
        )  # fmt: skip

    def __str__(self) -> str:
        return self.sentence

    def delta_at(self, epsilon: Real) -> float:
        """The largest δ that the band shows at ε; all points of the curve hold at once with confidence 1 − α.

        >>> round(Bound.example().delta_at(0.0), 3)
        0.221
        """
        gamma = math.exp(epsilon)
        found = [way for p, q in self.band for way in (p - gamma * q, 1 - q - gamma * (1 - p))]
        return max(0.0, *found)

    def epsilon_at(self, delta: Real) -> float:
        """The largest ε that the band shows at δ, of the same curve; no more than `epsilon` as a rule.

        >>> round(Bound.example().epsilon_at(0.01), 3)
        0.891
        """
        return max(0.0, *(epsilon_needed(p, q, delta) for p, q in self.band))

    @property
    def gaussian_epsilon(self) -> float | None:
        """ε at δ of two Gaussians μ apart: what a model says, and no bound; None at δ = 0, where it is infinite."""
        if not self.delta:
            return None if self.mu else 0.0
        return gaussian_epsilon(self.mu, self.delta)

    @property
    def curve(self) -> tuple[tuple[float, float], ...]:
        """The band as points (ε, δ), δ falling to 0."""
        last = self.epsilon_at(0.0)
        return tuple((last * i / 64, self.delta_at(last * i / 64)) for i in range(65)) if last else ((0.0, 0.0),)

    @property
    def answer(self) -> str:
        """What is said of the ε that was asked about; "" where none was."""
        if self.asked is None:
            return ""
        said = f"ε = {self.asked:g}"
        if self.asked < self.epsilon:
            return f"{said} is exceeded"
        if self.asked >= self.most:
            others = ", and no other audit of them is sure to show it" if self.asked >= self.limit else ""
            return f"{said} is more than so many runs can show in this way{others}"
        return f"{said} is not exceeded by what is shown, which does not say that it holds"

    @property
    def sentence(self) -> str:
        """What is shown, by which event, and how much could have been."""
        said = [self._shown, self._room, self.answer, self._model]
        return " ".join(f"{one[0].upper()}{one[1:]}." if one[0] != "ε" else f"{one}." for one in said if one)

    @property
    def counts(self) -> str:
        """In how many runs the event occurred, in words."""
        arms = [f"{self.removed_hits} of {self.removed_runs} removed models"]
        arms += [f"{self.reference_hits} of {self.reference_runs} references"]
        return f"'{self.event}' occurred in {arms[0]} and in {arms[1]} ({self.chosen_on} runs of each arm chose it)"

    @property
    def epsilon_words(self) -> str:
        """The bound with two digits, never rounded up.

        >>> Bound.example().epsilon_words
        '0.77'
        """
        return _down(self.epsilon)

    @property
    def _shown(self) -> str:
        at, sure = f"at δ = {self.delta:g}", f"with confidence {1 - self.alpha:.12g}"
        if not self.epsilon:
            return f"{at}, nothing is shown of ε {sure}, which is no sign that it is small: {self.counts}"
        return f"{at}, ε is at least {self.epsilon_words}, {sure}: {self.counts}"

    @property
    def _room(self) -> str:
        most, limit = _up(self.most), _up(self.limit)
        here = f"so many runs can show at most {most} in this way"
        return f"{here}, and no audit of as many is sure to show more than {limit}"

    @property
    def _model(self) -> str:
        """The Gaussian model's words."""
        if not self.mu:
            return ""
        at = self.gaussian_epsilon
        then = "and ε unbounded at δ = 0" if at is None else f"and ε at least {_down(at)} at this δ"
        return f"were both laws Gaussian: μ ≥ {_down(self.mu)}, {then}; that is a model, and no bound"


def gaussian_epsilon(mu: float, delta: float) -> float:
    """The least ε at which two Gaussians μ apart are (ε, δ)-indistinguishable.

    Source: Balle & Wang 2018, arXiv 1805.06530.

    >>> round(gaussian_epsilon(1.0, 0.126936737), 6)
    1.0
    """
    if not mu:
        return 0.0

    def profile(epsilon: float) -> Bracket:
        value = float(closeness.gaussian_profile.host(epsilon=epsilon, distance=mu))
        return Bracket(value, value)

    return solve_decreasing(profile, delta).lower


def _down(value: float) -> str:
    """To two digits behind the point, never up: a sentence claims no more than the number."""
    return f"{math.floor(100 * value) / 100:g}"


def _up(value: float) -> str:
    return f"{math.ceil(100 * value) / 100:g}"
