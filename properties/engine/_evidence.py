"""What a report draws of a sequential check, and the sentences about its events."""

import dataclasses
import math

import numpy as np
from jaxtyping import Float64

from ...formal.definitions._verdict import Evidence, ViewRow, Witness
from ._accept import Acceptor
from ._bets import tally
from ._features import Lens
from ._pairs import Gathered
from ._refute import Refuter, grown
from ._sequential import FROZEN, Step, held
from ._witnesses import NESTED, QUANTILES, describe

_Series = Float64[np.ndarray, " _"]


def scope(lenses: list[Lens]) -> str:
    """The declared class in words.

    >>> scope([Lens("a", "", lambda v: v[:, 0])])[:47]
    '20 declared events and their complements (16 cu'
    """
    kinds: dict[str, list[str]] = {}
    for lens in lenses:
        kinds.setdefault(lens.kind, []).append(lens.view)
    plain, alike = kinds.pop("", []), dict[tuple[str, ...], list[str]]()
    for kind, views in kinds.items():
        alike.setdefault(tuple(views), []).append(kind)
    parts = plain + [f"a {', a '.join(features)} of {', '.join(views)}" for views, features in alike.items()]
    count = (QUANTILES + NESTED) * len(lenses)
    each = f"{QUANTILES} cuts and {NESTED} nested intervals on each of: {'; '.join(parts)}"
    beyond = "; what shows in three numbers at once alone, such as a parity, is not among them" if alike else ""
    return f"{count} declared events and their complements ({each}; fixed by the first {FROZEN} pairs{beyond})"


@dataclasses.dataclass(frozen=True)
class _Found:
    """The event with most wealth, in the pairs it was bet on and in those it was chosen from.

    Args:
        feature: its place among the features.
        lens: of the last round.
        low, high: the event is low < value ≤ high, or its complement.
        flip: whether it is the complement.
        past, new: the feature's values in both arms.

    >>> lens, one = Lens("a", "", lambda v: v[:, 0]), np.ones(2)
    >>> print(_Found(0, lens, 0.5, math.inf, False, (one, 0 * one), (one[:1], 0 * one[:1])).witness)
    'a > 0.5' occurred in 100 % of removed models and 0 % of references (1 pair bet on; 100 % and 0 % in the 2 pairs \
it was chosen from)
    """

    feature: int
    lens: Lens
    low: float
    high: float
    flip: bool
    past: tuple[_Series, _Series]
    new: tuple[_Series, _Series]

    @property
    def witness(self) -> Witness:
        """The event in words, with its frequencies."""
        (x, y), (past_x, past_y) = ([self._rate(arm) for arm in arms] for arms in (self.new, self.past))
        event = describe(self.lens.name, self.low, self.high, self.flip)
        return Witness(self.lens.view, event, x, y, len(self.new[0]), past_x, past_y, len(self.past[0]))

    @property
    def cut(self) -> float | None:
        """Where a drawing marks it."""
        return self.low if abs(self.low) < 1e290 else None

    def _rate(self, values: _Series) -> float:
        return float((((values > self.low) & (values <= self.high)) ^ self.flip).mean())


def best_event(refuter: Refuter, steps: list[Step], lenses: list[Lens], used: int) -> _Found:
    """The event with most wealth when the verdict fell, as it was chosen before the last round.

    Args:
        refuter: after the last round.
        steps: the rounds.
        lenses: of the last round.
        used: pairs of the verdict.
    """
    last = steps[-1]
    bet, whole = (tally(last.outcomes[:, :n], np.array([n])) for n in (used - last.start, last.end - last.start))
    late = grown(whole, refuter.growth)[:, 0] - grown(bet, refuter.growth)[:, 0]  # won after the verdict fell
    place = np.unravel_index(int((refuter.wealth - late + refuter.prior)[0].argmax()), refuter.prior.shape)
    feature, slot = int(place[0]), int(place[1])
    low, high = (float(side[0, feature, slot]) for side in (last.events.low, last.events.high))
    past, new = last.seen.past_x[0, feature], last.seen.x[0, feature, : used - last.start]
    other_past, other = last.seen.past_y[0, feature], last.seen.y[0, feature, : used - last.start]
    return _Found(feature, lenses[feature], low, high, bool(place[2] >= 2), (past, other_past), (new, other))


def evidence(
    pairs: Gathered, steps: list[Step], lenses: list[Lens], declared: list[Lens], refuter: Refuter,
    acceptor: Acceptor, event: _Found, used: int, beta: float,
) -> Evidence:  # fmt: skip
    """Both wealths, the table of views, and the deciding feature's two laws.

    Args:
        pairs: all that were drawn.
        steps: the rounds.
        lenses: of the last round.
        declared: of the declared class; none where it was not reached.
        refuter, acceptor: after the last round.
        event: the deciding event.
        used: pairs of the verdict.
        beta: the verdict's β; the path is drawn against ln(1/β), whatever share of it acceptance has.
    """
    last, part = steps[-1], math.log(beta / acceptor.beta)
    late = [step for step in steps if step.towards is not None]
    refuted = float(last.at_refuted[0]) if last.refuted[0] else None
    accepted = (
        float(last.at_accepted[0]) - part if not last.refuted[0] and last.start + last.accepted[0] == used else None
    )
    towards = [step.towards[0] - part for step in late if step.towards is not None]
    return Evidence(
        _curve(steps, [step.against[0] for step in steps], refuted, used),
        _curve(late, towards, accepted if last.accepted[0] else None, used),
        _table(pairs, lenses, declared, refuter, acceptor, bool(late), used),
        event.lens.name,
        tuple(event.new[0].tolist()),
        tuple(event.new[1].tolist()),
        pairs.originals(event.lens, 0, used),
        event.cut,
        tuple(event.past[0].tolist()),
        tuple(event.past[1].tolist()),
    )


def _curve(steps: list[Step], paths: list[_Series], final: float | None, used: int) -> tuple[float, ...]:
    """A log wealth after each pair, up to the one that decided: what the round held after it is no part of it."""
    looks = [step.start + step.after for step in steps]
    masks = [after <= used - (final is not None) for after in looks]
    at = [after[keep] for after, keep in zip(looks, masks, strict=True)]
    values = [path[keep] for path, keep in zip(paths, masks, strict=True)]
    if final is not None:
        at, values = [*at, np.array([used])], [*values, np.array([final])]
    return held(values, at, used)


def _table(
    pairs: Gathered, lenses: list[Lens], declared: list[Lens], refuter: Refuter, acceptor: Acceptor, late: bool,
    used: int,
) -> tuple[ViewRow, ...]:  # fmt: skip
    """A line for every view: its features' largest wealth, and whether all of its declared events were accepted."""
    wealth, ok = refuter.by_feature()[0], acceptor.accepted()[0]
    views, held_by = [lens.view for lens in lenses], [lens.view for lens in declared]
    return tuple(
        ViewRow(
            name,
            pairs.width(name),
            pairs.grain(name),
            *pairs.means(name, used),
            max(float(w) for w, view in zip(wealth, views, strict=True) if view == name),
            all(o for o, view in zip(ok.tolist(), held_by, strict=True) if view == name) if late else None,
            *pairs.apart(name, used),
        )
        for name in dict.fromkeys(views)
    )
