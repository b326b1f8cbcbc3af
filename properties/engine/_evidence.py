"""What a report draws of a sequential check, and the sentences about its events."""

import dataclasses
import math

import numpy as np
from jaxtyping import Float64

from ...formal.definitions._verdict import Evidence, ViewRow, Witness
from ._accept import Acceptor
from ._bets import tally
from ._features import FeatureMap
from ._pairs import PairBuffer
from ._refute import Refuter, log_growth
from ._sequential import FROZEN, RoundResult, step_function
from ._witnesses import NESTED, QUANTILES, describe

_Series = Float64[np.ndarray, " _"]


def scope(maps: list[FeatureMap]) -> str:
    """The declared class in words.

    >>> scope([FeatureMap("a", "", lambda v: v[:, 0])])[:47]
    '20 declared events and their complements (16 cu'
    """
    kinds: dict[str, list[str]] = {}
    for one in maps:
        kinds.setdefault(one.kind, []).append(one.view)
    plain, alike = kinds.pop("", []), dict[tuple[str, ...], list[str]]()
    for kind, views in kinds.items():
        alike.setdefault(tuple(views), []).append(kind)
    parts = plain + [f"a {', a '.join(features)} of {', '.join(views)}" for views, features in alike.items()]
    count = (QUANTILES + NESTED) * len(maps)
    each = f"{QUANTILES} cuts and {NESTED} nested intervals on each of: {'; '.join(parts)}"
    beyond = "; what shows in three numbers at once alone, such as a parity, is not among them" if alike else ""
    return f"{count} declared events and their complements ({each}; fixed by the first {FROZEN} pairs{beyond})"


@dataclasses.dataclass(frozen=True)
class _BestEvent:
    """The event with most wealth, in the pairs it was bet on and in those it was chosen from.

    Args:
        feature: its place among the features.
        feature_map: of the last round.
        low, high: the event is low < value ≤ high, or its complement.
        flip: whether it is the complement.
        past, new: the feature's values in both arms.

    >>> feature_map, one = FeatureMap("a", "", lambda v: v[:, 0]), np.ones(2)
    >>> print(_BestEvent(0, feature_map, 0.5, math.inf, False, (one, 0 * one), (one[:1], 0 * one[:1])).witness)
    'a > 0.5' occurred in 100 % of removed models and 0 % of references (1 pair bet on; 100 % and 0 % in the 2 pairs \
it was chosen from)
    """

    feature: int
    feature_map: FeatureMap
    low: float
    high: float
    flip: bool
    past: tuple[_Series, _Series]
    new: tuple[_Series, _Series]

    @property
    def witness(self) -> Witness:
        """The event in words, with its frequencies."""
        (x, y), (past_x, past_y) = ([self._rate(arm) for arm in arms] for arms in (self.new, self.past))
        event = describe(self.feature_map.name, self.low, self.high, self.flip)
        return Witness(self.feature_map.view, event, x, y, len(self.new[0]), past_x, past_y, len(self.past[0]))

    @property
    def cut(self) -> float | None:
        """Where a drawing marks it."""
        return self.low if abs(self.low) < 1e290 else None

    def _rate(self, values: _Series) -> float:
        return float((((values > self.low) & (values <= self.high)) ^ self.flip).mean())


def best_event(refuter: Refuter, steps: list[RoundResult], maps: list[FeatureMap], used: int) -> _BestEvent:
    """The event with most wealth when the verdict fell, as it was chosen before the last round.

    Args:
        refuter: after the last round.
        steps: the rounds.
        maps: of the last round.
        used: pairs of the verdict.
    """
    last = steps[-1]
    bet, whole = (tally(last.outcomes[:, :n], np.array([n])) for n in (used - last.start, last.end - last.start))
    late = log_growth(whole, refuter.growth)[:, 0] - log_growth(bet, refuter.growth)[:, 0]  # won after the verdict fell
    place = np.unravel_index(int((refuter.wealth - late + refuter.prior)[0].argmax()), refuter.prior.shape)
    feature, slot = int(place[0]), int(place[1])
    low, high = (float(side[0, feature, slot]) for side in (last.events.low, last.events.high))
    past, new = last.batch.past_x[0, feature], last.batch.x[0, feature, : used - last.start]
    other_past, other = last.batch.past_y[0, feature], last.batch.y[0, feature, : used - last.start]
    return _BestEvent(feature, maps[feature], low, high, bool(place[2] >= 2), (past, other_past), (new, other))


def evidence(
    pairs: PairBuffer, steps: list[RoundResult], maps: list[FeatureMap], declared: list[FeatureMap], refuter: Refuter,
    acceptor: Acceptor, event: _BestEvent, used: int, beta: float,
) -> Evidence:  # fmt: skip
    """Both wealths, the table of views, and the deciding feature's two laws.

    Args:
        pairs: all that were drawn.
        steps: the rounds.
        maps: of the last round.
        declared: of the declared class; none where it was not reached.
        refuter, acceptor: after the last round.
        event: the deciding event.
        used: pairs of the verdict.
        beta: the verdict's β; the path is drawn against ln(1/β), whatever share of it acceptance has.
    """
    last, part = steps[-1], math.log(beta / acceptor.beta)
    late = [step for step in steps if step.log_wealth_accept is not None]
    refuted = float(last.at_refuted[0]) if last.refuted[0] else None
    accepted = (
        float(last.at_accepted[0]) - part if not last.refuted[0] and last.start + last.accepted[0] == used else None
    )
    log_wealth_accept = [step.log_wealth_accept[0] - part for step in late if step.log_wealth_accept is not None]
    return Evidence(
        _curve(steps, [step.log_wealth_reject[0] for step in steps], refuted, used),
        _curve(late, log_wealth_accept, accepted if last.accepted[0] else None, used),
        _table(pairs, maps, declared, refuter, acceptor, bool(late), used),
        event.feature_map.name,
        tuple(event.new[0].tolist()),
        tuple(event.new[1].tolist()),
        pairs.originals(event.feature_map, 0, used),
        event.cut,
        tuple(event.past[0].tolist()),
        tuple(event.past[1].tolist()),
    )


def _curve(steps: list[RoundResult], paths: list[_Series], final: float | None, used: int) -> tuple[float, ...]:
    """A log wealth after each pair, up to the one that decided: what the round held after it is no part of it."""
    looks = [step.start + step.after for step in steps]
    masks = [after <= used - (final is not None) for after in looks]
    at = [after[keep] for after, keep in zip(looks, masks, strict=True)]
    values = [path[keep] for path, keep in zip(paths, masks, strict=True)]
    if final is not None:
        at, values = [*at, np.array([used])], [*values, np.array([final])]
    return step_function(values, at, used)


def _table(
    pairs: PairBuffer, maps: list[FeatureMap], declared: list[FeatureMap], refuter: Refuter, acceptor: Acceptor,
    late: bool, used: int,
) -> tuple[ViewRow, ...]:  # fmt: skip
    """A line for every view: its features' largest wealth, and whether all of its declared events were accepted."""
    wealth, ok = refuter.by_feature()[0], acceptor.accepted()[0]
    views, held_by = [one.view for one in maps], [one.view for one in declared]
    return tuple(
        ViewRow(
            name,
            pairs.width(name),
            pairs.grain(name),
            *pairs.means(name, used),
            max(float(w) for w, view in zip(wealth, views, strict=True) if view == name),
            all(o for o, view in zip(ok.tolist(), held_by, strict=True) if view == name) if late else None,
            *pairs.cliffs_deltas(name, used),
        )
        for name in dict.fromkeys(views)
    )
