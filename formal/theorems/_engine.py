"""E3–E5, E8–E10: the engine's bets are fair and its verdicts keep their levels: of the rule, in exact arithmetic."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import product
from typing import Any

from ..laws._worlds import compositions
from ._audits import AUDITS
from ._base import Case, Theorem, place
from ._games import GAMES_THEOREMS
from ._over_cases import OverCases
from ._pairs import CLAIMS, Pairs, excess, gain, pair_laws, told
from ._sentence import Sentence
from ._sympy import sp
from ._trees import HALF, chance_of

_CHANCE, _MEAN, _LEVEL = sp.symbols("chance mean level", nonnegative=True)
_LEAST = sp.Symbol("least", real=True)
_NAMES = {_MEAN: r"\mathbb{E}[\text{factor}]", _LEAST: r"\min \text{factor}"}
_Factor = Callable[[tuple[int, int], bool], Fraction]
"""(pair, whether forward) → what the wealth is multiplied by."""

_LAWS = "laws of a pair of outcomes in {0, 1} with masses in (1/4)Z, γ ∈ {1, 2, 3}, the event {1}"


def _against() -> Iterator[tuple[str, Case]]:
    """The mean of 1 + sW is 1 + s(θ − δ) ≤ 1; and W ≥ −(γ + δ), whatever the pair."""
    for pair in pair_laws():
        for gamma, forward in product(CLAIMS, (True, False)):
            delta = excess(pair, gamma)
            for part in (HALF, Fraction(1)):
                stake = part / (gamma + delta)
                wins = {xy: 1 + stake * (gain(xy, gamma, forward=forward) - delta) for xy in pair}
                words = f"{told(pair)}; γ = {gamma}, δ = {delta}, stake {stake}, forward: {forward}"
                yield words, {_MEAN: _mean(pair, wins), _LEAST: min(wins.values())}


def _mean(pair: Pairs, values: Pairs) -> Fraction:
    return sum((mass * values[xy] for xy, mass in pair.items()), Fraction(0))


def _fair(relation: Any) -> Any:
    return sp.And(sp.Ge(_LEAST, 0), relation(_MEAN, 1))


_THETA, _TARGET = sp.symbols("theta target")
_TOWARDS = _NAMES | {_THETA: r"\theta", _TARGET: r"\delta + \tau"}


def _towards() -> Iterator[tuple[str, Case]]:
    """The mean of 1 − s(W − τ) is 1 − s(θ − δ − τ) ≤ 1; and W − τ ≤ 1 − δ − τ, whatever the pair."""
    for pair in pair_laws():
        for gamma, forward, target, part in product(CLAIMS, (True, False), (Fraction(1, 4), HALF), (HALF, Fraction(1))):
            stake = part / (1 - target)
            theta = _mean(pair, {xy: gain(xy, gamma, forward=forward) for xy in pair})
            wins = {xy: 1 - stake * (gain(xy, gamma, forward=forward) - target) for xy in pair}
            words = f"{told(pair)}; γ = {gamma}, δ + τ = {target}, stake {stake}, forward: {forward}"
            case = {_MEAN: _mean(pair, wins), _LEAST: min(wins.values())}
            yield words, case | {_THETA: theta, _TARGET: target}


_E3_SAYS = Sentence(_fair(sp.Le), names=_NAMES)
_E4_SAYS = Sentence(_fair(sp.Le), given=sp.Ge(_THETA, _TARGET), names=_TOWARDS)
_NOISED, _CLEAN = sp.symbols("noised clean", nonnegative=True)
_GRAIN = {_NOISED: r"\delta_{\gamma}(P K, Q K)", _CLEAN: r"\delta_{\gamma}(P, Q)"}


def _noised() -> Iterator[tuple[str, Case]]:
    """However the noises of a pair depend, each arm's law goes through the one kernel: T13a."""
    rows = [Fraction(n, 2) for n in range(3)]
    for pair in pair_laws():
        for stays, goes, gamma, shared in product(rows, rows, CLAIMS, (True, False)):
            noise = {1: stays, 0: goes}
            law = dict.fromkeys(pair, Fraction(0))
            for (x, y), mass in pair.items():
                for after, chance in _joint(noise[x], noise[y], shared=shared).items():
                    law[after] += mass * chance
            words = f"{told(pair)}; K(1) = {stays}, K(0) = {goes}, γ = {gamma}, one noise for both arms: {shared}"
            yield words, {_NOISED: excess(law, gamma), _CLEAN: excess(pair, gamma)}


def _joint(first: Fraction, second: Fraction, *, shared: bool) -> Pairs:
    both = min(first, second) if shared else first * second
    return {(1, 1): both, (1, 0): first - both, (0, 1): second - both, (0, 0): 1 - first - second + both}


_E5_SAYS = Sentence(sp.Le(_NOISED, _CLEAN), sharp=sp.Gt(_CLEAN, 0), names=_GRAIN)
_TERM, _BOUND = sp.symbols("term m", nonnegative=True)
_COUPLED = _NAMES | {_TERM: r"\mathbb{E} X", _BOUND: "m"}


def _bounded() -> Iterator[tuple[str, Case]]:
    """The mean of 1 + c(m − X)/(1 − m) is 1 + c(m − EX)/(1 − m) ≤ 1; and X ≤ 1."""
    terms = (Fraction(0), HALF, Fraction(1))
    for counts in compositions(4, 3):
        weights = [Fraction(n, 4) for n in counts]
        for bound, stake in product((Fraction(0), Fraction(1, 4), HALF), (HALF, Fraction(1))):
            wins = [1 + stake * (bound - x) / (1 - bound) for x in terms]
            yield (
                f"X ∈ {{0, 1/2, 1}} by {weights}; m = {bound}, stake {stake}",
                {
                    _TERM: sum((w * x for w, x in zip(weights, terms, strict=True)), Fraction(0)),
                    _MEAN: sum((w * x for w, x in zip(weights, wins, strict=True)), Fraction(0)),
                    _LEAST: min(wins),
                    _BOUND: bound,
                },
            )


_E8_SAYS = Sentence(_fair(sp.Le), given=sp.Ge(_TERM, _BOUND), names=_COUPLED)
_FALSE = {_CHANCE: r"\Pr[\text{refuted}]", _LEVEL: r"\alpha"}
_ALPHAS = (Fraction(1, 4), HALF)


def _refuted() -> Iterator[tuple[str, Case]]:
    """E3 makes each bet fair under the claim, E6 their mixture, and E1 bounds the chance that it ever is at 1/α."""
    for pair in pair_laws():
        for gamma, turn in product(CLAIMS, (True, False)):
            delta = excess(pair, gamma)
            courses = _two_pairs(pair, _bold(gamma, delta), turn=turn)
            for level in _ALPHAS:
                words = f"{told(pair)}; γ = {gamma}, δ = {delta}; α = {level}; direction turned after a loss: {turn}"
                yield words, {_CHANCE: chance_of(courses, lambda w, a=level: w * a >= 1), _LEVEL: level}


def _bold(gamma: Fraction, delta: Fraction) -> _Factor:
    return lambda xy, ahead: 1 + (gain(xy, gamma, forward=ahead) - delta) / (gamma + delta)


def _two_pairs(pair: Pairs, factor: _Factor, *, turn: bool) -> list[tuple[Fraction, Fraction]]:
    """The chances of two pairs, and the largest wealth on the way."""
    courses: list[tuple[Fraction, Fraction]] = []
    for (first, p), (second, q) in product(pair.items(), pair.items()):
        wealth = factor(first, True)
        later = wealth * factor(second, not (turn and wealth < 1))
        courses.append((p * q, max(wealth, later)))
    return courses


def _level_says(power: int) -> Any:
    return sp.Le(_CHANCE, _LEVEL**power)


_E9_SAYS = Sentence(_level_says(1), names=_FALSE)
_ACCEPTED = {_CHANCE: r"\Pr[\text{accepted}]", _LEVEL: r"\beta", _THETA: r"\theta", _TARGET: r"\delta + \tau"}


def _accepted() -> Iterator[tuple[str, Case]]:
    """E4 makes each bet fair where its test exceeds δ + τ, and E7 lets all be asked for at once."""
    for pair in pair_laws():
        for gamma, target in product(CLAIMS, (Fraction(1, 4), HALF)):
            theta = _mean(pair, {xy: gain(xy, gamma, forward=True) for xy in pair})
            courses = _two_pairs(pair, _careful(gamma, target), turn=False)
            for level in _ALPHAS:
                yield (
                    f"{told(pair)}; γ = {gamma}, δ + τ = {target}; β = {level}",
                    {
                        _CHANCE: chance_of(courses, lambda w, b=level: w * b >= 1),
                        _LEVEL: level,
                        _THETA: theta,
                        _TARGET: target,
                    },
                )


def _careful(gamma: Fraction, target: Fraction) -> _Factor:
    return lambda xy, ahead: 1 - (gain(xy, gamma, forward=ahead) - target) / (1 - target)


_E10_SAYS = Sentence(_level_says(1), given=sp.Ge(_THETA, _TARGET), names=_ACCEPTED)

ENGINE = (
    *GAMES_THEOREMS,
    *AUDITS,
    Theorem(
        id="E3",
        title="a bet against the claim is fair under it",
        statement=_E3_SAYS,
        twin_statement=_E3_SAYS.but(_fair(sp.Ge)),
        hypotheses="factor 1 + s(W − δ), W = h − γk or k − γh, 0 ≤ s ≤ 1/(γ + δ), δ met; in Coq all tests with values "
        "in [0, 1]. Relied on by properties/engine/_bets.py: against",
        status="textbook",
        source=f"proof in {place(_against)}",
        kind="exhaustive",
        scope=f"{_LAWS}, δ the least that is met; both directions, stakes whole and half",
        size=35 * 12,
        search=OverCases(_against),
    ),
    Theorem(
        id="E4",
        title="a bet towards the claim is fair beyond it",
        statement=_E4_SAYS,
        twin_statement=_E4_SAYS.but(_fair(sp.Ge)),
        hypotheses="factor 1 − s(W − δ − τ), 0 ≤ s ≤ 1/(1 − δ − τ), where E W, which is θ, is at least δ + τ. "
        "Relied on by properties/engine/_bets.py: towards",
        status="textbook",
        source=f"proof in {place(_towards)}",
        kind="exhaustive",
        scope=f"{_LAWS}, δ + τ ∈ {{1/4, 1/2}}; both directions, stakes whole and half",
        size=35 * 24,
        search=OverCases(_towards),
    ),
    Theorem(
        id="E5",
        title="noise on both arms keeps the claim",
        statement=_E5_SAYS,
        twin_statement=_E5_SAYS.but(sp.Ge(_NOISED, _CLEAN)),
        hypotheses="each arm's noise by one kernel, the noises of a pair as dependent as one likes. "
        "Relied on by properties/engine/_grain.py: add_grain",
        status="textbook",
        source=f"proof in {place(_noised)}",
        kind="exhaustive",
        scope=f"{_LAWS}; kernels in (1/2)Z, noises independent or one",
        size=35 * 9 * 3 * 2,
        search=OverCases(_noised),
    ),
    Theorem(
        id="E8",
        title="a bet on a bounded term is fair where its mean is large",
        statement=_E8_SAYS,
        twin_statement=_E8_SAYS.but(_fair(sp.Ge)),
        hypotheses="factor 1 + s(m − X)/(1 − m), 0 ≤ s ≤ 1, 0 ≤ X ≤ 1; in Coq also: X bounds what arms of one seed "
        "exceed γ by, so that its mean bounds δ. Relied on by properties/engine/_coupling.py: log_wealth",
        status="ours",
        source=f"proof in {place(_bounded)}",
        kind="exhaustive",
        scope="X ∈ {0, 1/2, 1} by weights in (1/4)Z; m ∈ {0, 1/4, 1/2}, s ∈ {1/2, 1}",
        size=15 * 6,
        search=OverCases(_bounded),
    ),
    Theorem(
        id="E9",
        title="a false REFUTED has chance α at most, whenever one looks",
        statement=_E9_SAYS,
        twin_statement=_E9_SAYS.but(_level_says(2)),
        hypotheses="pairs that meet the claim given the past; directions, stakes and weights by the past; in Coq every "
        "horizon. Relied on by properties/engine/_refute.py: Refuter",
        status="ours",
        source=f"proof in {place(_refuted)}",
        kind="exhaustive",
        scope=f"{_LAWS}, δ the least that is met; two pairs, α ∈ {{1/4, 1/2}}",
        size=35 * 12,
        search=OverCases(_refuted),
    ),
    Theorem(
        id="E10",
        title="a false SATISFIED has chance β at most, whenever one looks",
        statement=_E10_SAYS,
        twin_statement=_E10_SAYS.but(_level_says(2)),
        hypotheses="pairs at which some declared test exceeds δ + τ; in Coq every horizon and any class of tests. "
        "Relied on by properties/engine/_accept.py: Acceptor",
        status="ours",
        source=f"proof in {place(_accepted)}",
        kind="exhaustive",
        scope=f"{_LAWS}, δ + τ ∈ {{1/4, 1/2}}; two pairs, β ∈ {{1/4, 1/2}}",
        size=35 * 12,
        search=OverCases(_accepted),
    ),
)
