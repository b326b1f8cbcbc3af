"""Drawings of the report that are maps: (ε, δ), examples against arms, and what a removal costs."""

import math
from collections.abc import Iterator, Mapping, Sequence

from markupsafe import Markup

from ...formal.definitions._verdict import Status, Verdict, Witness
from ..runs._cost import Behaviour
from . import _svg as svg
from ._svg import BOTTOM, LEFT, RIGHT, TOP, Axis, Point

_CELL, _LABEL, _TALL = 21.0, 70.0, 25.0
_DELTAS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


def needed(witness: Witness, epsilon: float) -> float:
    """The least δ at ε, were the event's frequencies its probabilities p and q.

    max(0, p − e^ε q, q − e^ε p, (1−p) − e^ε (1−q), (1−q) − e^ε (1−p)).

    >>> needed(Witness("loss", "loss > 1", 0.0, 1.0, 40), 1.0)
    1.0
    """
    p, q, grow = witness.removed, witness.reference, math.exp(min(epsilon, 700.0))
    return max(0.0, p - grow * q, q - grow * p, (1 - p) - grow * (1 - q), (1 - q) - grow * (1 - p))


def region(v: Verdict) -> Markup:
    """The plane of ε and δ: the claim, what is ruled out, what is established, and what the deciding event needs.

    >>> "ruled out" in region(Verdict.example())
    True
    """
    x, y = _axes(v)
    claim = (x.at(v.definition.epsilon), y.at(v.definition.delta))
    columns = svg.ticks(x.lo, x.hi, 5)
    return svg.picture(
        "Which ε and δ are ruled out and which hold",
        _ruling(),
        svg.frame(x, y, dict(zip(columns, svg.labels(columns), strict=True)), {d: f"{d:g}" for d in _DELTAS}),
        *_boxes(v, x, y),
        *([] if v.witness is None else [svg.path(_event(v.witness, x, y), "curve")]),
        svg.path(_diamond(claim), "claim", close=True),
        svg.text(claim[0] + 9, claim[1] - 8, "claim", "mark", "start" if claim[0] < RIGHT - 40 else "end"),
        svg.titles("ε", "δ"),
    )


def region_words(v: Verdict) -> Iterator[str]:
    """What the drawing of the region shows here, sentence by sentence."""
    ruled = v.epsilon_lower > 0 or v.delta_lower > 0
    sure = "" if v.alpha == 0 else f", either strip with confidence 1 − {svg.number(v.alpha)}"
    yield f"Hatched: ruled out{sure}." if ruled else "Nothing is ruled out."
    if v.epsilon_upper is not None or v.delta_upper is not None:
        yield "Shaded: established for all events."
    if _in_scope(v):
        yield "Dashed: holds for the events of the stated scope, and for no others."
    if v.witness is not None:
        counted = "probabilities" if v.witness.runs == 0 else "frequencies, taken for its probabilities"
        yield f"The line is the least δ that the event “{v.witness.event}” leaves possible at its {counted}."


def heat(view: str, arms: Mapping[str, Sequence[float]], places: Sequence[int] = ()) -> Markup:
    """A cell for each arm and example: the sign and the size as a number, the size as shade, the sign as hue.

    Args:
        view: whose numbers they are.
        arms: for each arm one value in [−1, 1] for each example.
        places: the examples' rows in D, where they lie there; else they are numbered from 1.

    >>> "+.5" in heat("margins on S", {"removed": (0.5,)}), "−1" in heat("margins on S", {"removed": (-1.0,)})
    (True, True)
    """
    cells = [cell for i, values in enumerate(arms.values()) for cell in _cells(values, 40 + _TALL * i)]
    many = max(len(values) for values in arms.values())
    heads = [f"D[{place}]" for place in places[:many]] if places else [str(j + 1) for j in range(many)]
    return svg.picture(
        f"How far {view} lie from the references",
        svg.text(4, 12, view, "row", "start"),
        *(svg.text(_LABEL + _CELL * (j + 0.5), 34, head, "count") for j, head in enumerate(heads)),
        *(svg.text(_LABEL - 6, 57 + _TALL * i, name, "tick", "end") for i, name in enumerate(arms)),
        *cells,
        height=48 + _TALL * len(arms),
    )


def heats(v: Verdict) -> list[Markup]:
    """The heat maps of a verdict, one for each view that was looked at example by example."""
    rows = [row for row in v.evidence.views if row.apart]
    per_row = [
        {"removed": row.apart} | ({"original": row.original_apart} if row.original_apart else {}) for row in rows
    ]
    places = v.provenance.get("places", {})
    named = [places.get(row.view.rpartition(" on ")[2], ()) for row in rows]
    return [heat(row.view, arms, where) for row, arms, where in zip(rows, per_row, named, strict=True)]


def by_chance(pairs: int) -> float:
    """Twice the standard deviation of the dominance of n runs over n others of the same law: 2 √((2n + 1) / 3n²).

    >>> round(by_chance(48), 2)
    0.24
    """
    return min(1.0, 2 * math.sqrt((2 * pairs + 1) / (3 * max(pairs, 1) ** 2)))


def costs(behaviour: Behaviour) -> Markup:
    """Two bars: a run of the remover, and of a retrain.

    >>> "retrain" in costs(Behaviour.example())
    True
    """
    most = max(behaviour.removal, behaviour.retrain)
    x = Axis(0.0, most, 80.0, 320.0)
    bars = [
        svg.text(72, 24 + 28 * i, name, "row", "end")
        + svg.rect((80, 10 + 28 * i), (x.at(seconds) - 80, 20), f"law area {arm}", 2)
        + svg.text(x.at(seconds) + 6, 24 + 28 * i, f"{svg.number(1e3 * seconds, 3)} ms", "tick", "start")
        for i, (name, arm, seconds) in enumerate(
            (("removal", "removed", behaviour.removal), ("retrain", "reference", behaviour.retrain))
        )
    ]
    return svg.picture("Seconds of a run", *bars, height=70)


def _axes(v: Verdict) -> tuple[Axis, Axis]:
    epsilons = [v.definition.epsilon, v.epsilon_lower, v.epsilon_upper or 0.0, 0.8]
    hi = 1.25 * max(e for e in epsilons if math.isfinite(e))
    return Axis(0.0, hi, LEFT, RIGHT), Axis(0.0, 1.0, BOTTOM, TOP)


def _boxes(v: Verdict, x: Axis, y: Axis) -> Iterator[Markup]:
    """What is smaller than a bound is ruled out with it, and what is larger than an upper bound is established."""
    e, d = v.definition.epsilon, v.definition.delta
    if v.epsilon_lower > 0:
        yield _box(x, y, (0.0, v.epsilon_lower), (0.0, d), "excluded")
    if v.delta_lower > 0:
        yield _box(x, y, (0.0, e), (0.0, v.delta_lower), "excluded")
        yield svg.text(x.at(0.0) + 6, y.at(v.delta_lower) - 5, "ruled out", "mark", "start")
    elif v.epsilon_lower > 0:
        yield svg.text(x.at(0.0) + 6, y.at(d) - 5, "ruled out", "mark", "start")
    if v.epsilon_upper is not None:
        yield _box(x, y, (v.epsilon_upper, x.hi), (d, 1.0), "established")
    if v.delta_upper is not None:
        yield _box(x, y, (e, x.hi), (v.delta_upper, 1.0), "established")
    if _in_scope(v):
        yield _box(x, y, (e, x.hi), (min(1.0, d + v.tolerance), 1.0), "scoped")
        yield svg.text(RIGHT - 6, y.at(1.0) + 16, "holds in scope", "mark", "end")
    elif v.epsilon_upper is not None or v.delta_upper is not None:
        yield svg.text(RIGHT - 6, y.at(1.0) + 16, "holds", "mark", "end")


def _in_scope(v: Verdict) -> bool:
    return v.status is Status.SATISFIED and not v.scope.startswith("all events")


def _box(x: Axis, y: Axis, across: Point, up: Point, class_: str) -> Markup:
    left, right, low, high = x.at(across[0]), x.at(across[1]), y.at(up[0]), y.at(up[1])
    return svg.rect((left, high), (max(right - left, 1.5), max(low - high, 1.5)), class_)


def _event(witness: Witness, x: Axis, y: Axis) -> Iterator[Point]:
    for i in range(101):
        epsilon = x.lo + (x.hi - x.lo) * i / 100
        yield x.at(epsilon), y.at(needed(witness, epsilon))


def _diamond(at: tuple[float, float]) -> list[Point]:
    return [(at[0], at[1] - 7), (at[0] + 7, at[1]), (at[0], at[1] + 7), (at[0] - 7, at[1])]


def _cells(values: Sequence[float], top: float) -> Iterator[Markup]:
    for j, value in enumerate(values):
        side = "above" if value > 0 else "below"
        left = _LABEL + _CELL * j
        place = {"x": left, "y": top, "width": _CELL, "height": _TALL}
        yield svg.tag("rect", **place, fill_opacity=0.6 * abs(value), class_=f"cell {side}")
        yield svg.text(left + _CELL / 2, top + 16, _short(value), "value")


def _short(value: float) -> str:
    """Two digits and the sign, in as few characters as they take."""
    text = f"{value:+.2f}".replace("0.", ".").rstrip("0").rstrip(".").replace("-", "−")
    return "0" if text in ("+", "−") else text


def _ruling() -> Markup:
    """The pattern of what is ruled out."""
    stripe = svg.tag("path", d="M0 6 L6 0 M-1 1 L1 -1 M5 7 L7 5", class_="ruling")
    return svg.tag("pattern", stripe, id="ruled", width=6, height=6, patternUnits="userSpaceOnUse")
