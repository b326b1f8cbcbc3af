"""E1, E2, E6, E7: wealth that no bet increases in the mean, and how often it is ever large."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import product
from typing import Any

from ..catalogue._bibliography import cite
from ._base import Case, Theorem, place
from ._over_cases import OverCases
from ._sentence import Sentence
from ._sympy import sp
from ._trees import GAMES, chance_of, games, paths

_CHANCE, _START = sp.symbols("chance start", nonnegative=True)
_C, _SLACK = sp.symbols("c b", positive=True)
_NAMES = {_CHANCE: r"\Pr[\max_t W_t \geq c]", _START: "W_0"}
_ROUNDS = "two rounds of two outcomes, chances 1/4 and 1/2, factors on a grid; c ∈ {3/2, 2, 4}"
_LEVELS = (Fraction(3, 2), Fraction(2), Fraction(4))


def _wealths() -> Iterator[tuple[str, Case]]:
    """By induction on the rounds left: the chance from wealth w is at most w/c, and 1 where c has been reached."""
    for words, game in games():
        courses = list(paths(game))
        for level in _LEVELS:
            yield (
                f"{words}; c = {level}",
                {
                    _CHANCE: chance_of(courses, lambda wealth, c=level: max(wealth) >= c),
                    _START: Fraction(1),
                    _C: level,
                },
            )


def _ville_says(power: int) -> Any:
    return sp.Le(_C**power * _CHANCE, _START)


_E1_SAYS = Sentence(_ville_says(1), ranges=(sp.Gt(_C, 0),), sharp=sp.Gt(_C, 1), names=_NAMES)
_RAISED, _PLAIN = sp.symbols("raised plain", nonnegative=True)
_SLACKS = {
    _RAISED: r"\Pr[\max_t V_t \geq b c]",
    _PLAIN: r"\Pr[\max_t V_t \geq c]",
    _START: "W_0",
}


def _computed() -> Iterator[tuple[str, Case]]:
    """Where V ≤ bW is at bc, W is at c: E1."""
    for words, game in games():
        courses = list(paths(game))
        for level, slack in product(_LEVELS, (Fraction(1), Fraction(2))):
            computed = [(chance, slack * max(wealth)) for chance, wealth in courses]
            yield (
                f"{words}; c = {level}, b = {slack}",
                {
                    _RAISED: chance_of(computed, lambda v, c=slack * level: v >= c),
                    _PLAIN: chance_of(computed, lambda v, c=level: v >= c),
                    _START: Fraction(1),
                    _C: level,
                    _SLACK: slack,
                },
            )


def _e2_says(chance: Any) -> Any:
    return sp.Le(_C * chance, _START)


_E2_SAYS = Sentence(_e2_says(_RAISED), sharp=sp.Gt(_SLACK, 1), names=_SLACKS)

_NEXT, _NOW = sp.symbols("next now", nonnegative=True)
_SPREAD = {_NEXT: r"\mathbb{E}[W_{t+1} \mid \text{past}]", _NOW: "W_t"}


def _spread() -> Iterator[tuple[str, Case]]:
    """Wealth spread over bets by the past: its mean is Σ held·E[factor] ≤ Σ held; spreading it anew changes no sum."""
    for words, (root, *after) in games():
        for share in (Fraction(0), Fraction(1, 4), Fraction(1)):
            for (_, factor), node in zip(root.branches, after, strict=True):
                # After a round the share goes to the next bet, and the rest is kept as it is.
                now = factor
                later = sum((p * (share * now * f + (1 - share) * now) for p, f in node.branches), Fraction(0))
                yield f"{words}; share {share}", {_NEXT: later, _NOW: now}


_E6_SAYS = Sentence(sp.Le(_NEXT, _NOW), sharp=sp.Gt(_NOW, 0), names=_SPREAD)
_ALL, _ANY = sp.symbols("all any", nonnegative=True)
_MANY = {
    _ALL: r"\Pr[\min_j \max_t W^j_t \geq c]",
    _ANY: r"\Pr[\max_j \max_t W^j_t \geq c]",
    _START: "W^1_0",
}


def _many() -> Iterator[tuple[str, Case]]:
    """Where all have been at c the one whose null is true has: E1 of it."""
    for words, game in games():
        courses = list(paths(game))
        # The other bets on the opposite course: its null is false, or true with its own chances; E1 asks nothing of it.
        both = [(p, (max(w), max(v))) for (p, w), (_, v) in zip(courses, courses[::-1], strict=True)]
        for level in _LEVELS:
            yield (
                f"{words}; c = {level}",
                {
                    _ALL: chance_of(both, lambda at, c=level: min(at) >= c),
                    _ANY: chance_of(both, lambda at, c=level: max(at) >= c),
                    _START: Fraction(1),
                    _C: level,
                },
            )


def _e7_says(chance: Any) -> Any:
    return sp.Le(_C * chance, _START)


_E7_SAYS = Sentence(_e7_says(_ALL), sharp=sp.Ge(_C, 1), names=_MANY)

GAMES_THEOREMS = (
    Theorem(
        id="E1",
        title="Ville's inequality",
        statement=_E1_SAYS,
        twin_statement=_E1_SAYS.but(_ville_says(2)),
        hypotheses="W ≥ 0 of finite outcomes, whose mean given the past never exceeds what it is; in Coq every "
        "horizon. Relied on by properties/engine/_refute.py: Refuter",
        status="textbook",
        source=f"{cite('ville1939')}, not read for this; proof in {place(_wealths)}",
        kind="exhaustive",
        scope=_ROUNDS,
        size=3 * GAMES,
        search=OverCases(_wealths),
    ),
    Theorem(
        id="E2",
        title="Ville's inequality for a wealth that is computed too high",
        statement=_E2_SAYS,
        twin_statement=_E2_SAYS.but(_e2_says(_PLAIN)),
        hypotheses="V ≤ bW, as sums of rounded numbers may be: the threshold is raised by b. Relied on by "
        "properties/engine/_refute.py: Refuter",
        status="ours",
        source=f"proof in {place(_computed)}",
        kind="exhaustive",
        scope=_ROUNDS + "; b ∈ {1, 2}",
        size=6 * GAMES,
        search=OverCases(_computed),
    ),
    Theorem(
        id="E6",
        title="bets mixed, and weighed anew by the past",
        statement=_E6_SAYS,
        twin_statement=_E6_SAYS.but(sp.Ge(_NEXT, _NOW)),
        hypotheses="what is held on each bet is not negative and is staked in full, each bet is fair; in Coq any "
        "number of bets. Relied on by properties/engine/_refute.py: Refuter",
        status="textbook",
        source=f"proof in {place(_spread)}",
        kind="exhaustive",
        scope=_ROUNDS.partition(";")[0] + "; shares 0, 1/4 and 1 of the wealth staked",
        size=6 * GAMES,
        search=OverCases(_spread),
    ),
    Theorem(
        id="E7",
        title="many nulls rejected at once cost one",
        statement=_E7_SAYS,
        twin_statement=_E7_SAYS.but(_e7_says(_ANY)),
        hypotheses="W¹ that of a null that is true, the others any; a verdict asks that each has been at c. For any of "
        "them (twin) it costs their sum. Relied on by properties/engine/_accept.py: Acceptor",
        status="textbook",
        source=f"proof in {place(_many)}",
        kind="exhaustive",
        scope=_ROUNDS + "; W² is W¹ on the opposite course",
        size=3 * GAMES,
        search=OverCases(_many),
    ),
)
