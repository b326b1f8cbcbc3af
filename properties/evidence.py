"""What a report draws of a sequential check, and the sentences about its events."""

import math

import numpy as np

from ..formal.verdict import Evidence, ViewRow, Witness
from .accept import Acceptor
from .gathered import DIVERGENCE, Gathered
from .lenses import DECLARED, Lens
from .refute import Refuter
from .sequential import CALIBRATION, WARM_UP, Step, held
from .witnesses import NESTED, QUANTILES, describe


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
    parts = plain + [f"a {' and a '.join(seen)} of {', '.join(views)}" for views, seen in alike.items()]
    count = (QUANTILES + NESTED) * len(lenses)
    each = f"{QUANTILES} cuts and {NESTED} nested intervals on each of: {'; '.join(parts)}"
    return f"{count} declared events and their complements ({each}; fixed by the first {CALIBRATION} pairs)"


def best_event(refuter: Refuter, steps: list[Step], lenses: list[Lens], used: int) -> tuple[Witness, int, float | None]:
    """The event with most wealth, how often it occurred in the pairs it was bet on, its feature and its cut.

    Args:
        refuter: after the last round.
        steps: the rounds.
        lenses: of the last round.
        used: pairs of the verdict.
    """
    place = np.unravel_index(int((refuter.wealth[0] + refuter.prior).argmax()), refuter.prior.shape)
    feature, slot, flip = int(place[0]), int(place[1]), bool(place[2] >= 2)
    low, high = (float(side[0, feature, slot]) for side in (steps[-1].events.low, steps[-1].events.high))
    shown = np.concatenate([step.outcomes[0, :, feature, slot] for step in steps])[: used - WARM_UP]
    x, y = ((shown >= 2) ^ flip), ((shown % 2 == 1) ^ flip)
    event = describe(lenses[feature].name, low, high, flip)
    witness = Witness(lenses[feature].view, event, float(x.mean()), float(y.mean()), len(shown))
    return witness, feature, low if abs(low) < 1e290 else None


def evidence(
    pairs: Gathered, steps: list[Step], fitted: list[list[Lens]], refuter: Refuter, acceptor: Acceptor,
    feature: int, cut: float | None, used: int, grain: float, beta: float,
) -> Evidence:  # fmt: skip
    """Both wealths, the table of views, and the deciding feature's two laws.

    Args:
        pairs: all that were drawn.
        steps, fitted: the rounds, and the lenses of each.
        refuter, acceptor: after the last round.
        feature, cut: the deciding event's.
        used: pairs of the verdict.
        grain: what was added to every view.
        beta: the verdict's β; the path is drawn against ln(1/β), whatever share of it acceptance has.
    """
    lens = fitted[-1][feature]
    x, y = (np.concatenate([getattr(step.seen, arm)[0, feature] for step in steps]) for arm in ("x", "y"))
    after = [np.minimum(step.start + step.after, used) for step in steps]
    late, part = [step for step in steps if step.towards is not None], math.log(beta / acceptor.beta)
    return Evidence(
        held([step.against[0] for step in steps], after, used),
        held(
            [step.towards[0] - part for step in late if step.towards is not None], after[len(steps) - len(late) :], used
        ),
        _table(pairs, fitted[-1], refuter, acceptor, bool(late), used, grain),
        lens.name,
        tuple(x[: used - WARM_UP].tolist()),
        tuple(y[: used - WARM_UP].tolist()),
        pairs.originals(lens, WARM_UP, used),
        cut,
    )


def _table(
    pairs: Gathered, lenses: list[Lens], refuter: Refuter, acceptor: Acceptor, declared: bool, used: int, grain: float
) -> tuple[ViewRow, ...]:
    """A line for every view: its features' largest wealth, and whether all of its declared events were accepted."""
    wealth, ok = refuter.by_feature()[0], acceptor.accepted()[0]
    views = [lens.view for lens in lenses]
    held_by = [lens.view for lens in lenses if lens.kind in DECLARED]
    return tuple(
        ViewRow(
            name,
            pairs.width(name),
            grain if name != DIVERGENCE else 0.0,
            *pairs.means(name, used),
            max(float(w) for w, view in zip(wealth, views, strict=True) if view == name),
            all(o for o, view in zip(ok.tolist(), held_by, strict=True) if view == name) if declared else None,
            *pairs.apart(name, used),
        )
        for name in dict.fromkeys(views)
    )
