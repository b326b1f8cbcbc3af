"""The other drawings of the report: what was compared, the two curves, the bars and the mark of the status."""

import math
from collections.abc import Iterator, Sequence

from markupsafe import Markup

from ...formal._types import Real
from ...formal.definitions._definitions import Definition
from ...formal.definitions._verdict import Status, Witness
from . import _svg as svg
from ._svg import BOTTOM, LEFT, RIGHT, TOP, Axis, Point

_MARKS = {
    Status.SATISFIED: ("M16 2 A14 14 0 1 1 15.9 2 Z", "M9 16.5 L14 21.5 L23.5 11"),
    Status.REFUTED: ("M10 2 H22 L30 10 V22 L22 30 H10 L2 22 V10 Z", "M10.5 10.5 L21.5 21.5 M21.5 10.5 L10.5 21.5"),
    Status.INCONCLUSIVE: ("M16 1 L31 16 L16 31 L1 16 Z", "M9.5 16 H22.5"),
}


def mark(status: Status) -> Markup:
    """A shape for each status: a tick in a circle, a cross in an octagon, a bar in a diamond.

    >>> "SATISFIED" in mark(Status.SATISFIED)
    True
    """
    return svg.picture(status.name, *mark_parts(status), width=32, height=32)


def mark_parts(status: Status) -> tuple[Markup, Markup]:
    """Ground and stroke of the mark, in a square of 32, for drawings that hold several.

    >>> len(mark_parts(Status.REFUTED))
    2
    """
    ground, stroke = _MARKS[status]
    return svg.tag("path", d=ground, class_="ground"), svg.tag("path", d=stroke, class_="stroke")


def sets(definition: Definition, arm: str, sizes: tuple[int, int, int] | None = None) -> Markup:
    """D ⊇ S_full ⊇ S: what one arm's models were trained on; for the reference, what they never saw.

    Args:
        definition: which rows the reference never saw.
        arm: "removed" or "reference".
        sizes: |D|, |S| and |S_full|, where they are known.

    >>> from neverseen.formal.definitions._definitions import Untraining
    >>> "never seen" in sets(Untraining(1.0, 0.05), "reference")
    True
    """
    unseen = arm == "reference"
    wide = unseen and definition.name == "unlearning"  # the hole is S_full
    hole, label = ("hole", "never seen") if unseen else ("asked", "asked to forget")
    redrawn = "D, drawn anew for each pair" if definition.redraws else "D"
    return svg.picture(
        f"What the {arm} models were trained on",
        *([_hatch()] if unseen else []),
        svg.rect((6, 6), (408, 148), f"seen {arm}", 10),
        svg.text(20, 28, redrawn, "set", "start"),
        *_counts(sizes),
        svg.rect((150, 38), (250, 102), hole if wide else "inner", 9),
        _s_full(164, 60),
        svg.rect((262, 66), (124, 60), "inner" if wide else hole, 8),
        svg.text(276, 88, "S", "set", "start"),
        svg.text(388 if wide else 324, 60 if wide else 113, label, "set note", "end" if wide else "middle"),
        height=160,
    )


def _counts(sizes: tuple[int, int, int] | None) -> list[Markup]:
    """How many rows each set has, and whether S is all of S_full."""
    if sizes is None:
        return []
    rows, forget, full = sizes
    wide = f"{full} rows" if forget < full else f"{full} rows, all in S:"
    lines = [(20, 48, f"{rows} rows"), (164, 80, wide), (340, 88, f"{forget} rows")]
    also = [] if forget < full else [(164, 96, "one statement"), (164, 112, "for both notions")]
    return [svg.text(x, y, text, "set note", "start") for x, y, text in (*lines, *also)]


def curve(
    values: Sequence[float], level: float, y_title: str, level_name: str, outcome: str, unit: str = "pairs"
) -> Markup:
    """Log wealth after each pair, from 0, with the level at which it decides.

    Args:
        values: natural log of the wealth after pair 1, 2, …
        level: where it decides.
        y_title, level_name, outcome: words for the axis, the level and what crossing it means.
        unit: of what the values stand one after the other.

    >>> "no pairs were recorded" in curve((), 3.0, "log wealth", "ln(1/β)", "SATISFIED")
    True
    """
    if not values:
        return svg.picture(y_title, svg.text((LEFT + RIGHT) / 2, 120, f"no {unit} were recorded", "name"))
    x = Axis(0.0, float(len(values)), LEFT, RIGHT)
    finite = [v for v in values if abs(v) < 1e290]
    floor = max(min([0.0, *finite]), -10 * level)
    y = Axis(floor, 1.12 * max([level, *finite]) - 0.12 * floor, BOTTOM, TOP)
    rows = {v: label for v, label in _named(y).items() if abs(y.at(v) - y.at(level)) > 9}
    columns = dict(_whole(len(values)))
    return svg.picture(
        y_title,
        svg.frame(x, y, columns, rows),
        svg.line((LEFT, y.at(level)), (RIGHT, y.at(level)), "cut"),
        svg.text(LEFT + 4, y.at(level) - 5, f"{outcome} at {level_name} = {svg.number(level, 3)}", "mark", "start"),
        svg.path(_points(values, x, y), "curve"),
        *_end(values, level, x, y),
        svg.titles(unit, y_title),
    )


def crossing(values: Sequence[float], level: float) -> int | None:
    """The first pair after which the curve is at the level or above.

    >>> crossing((0.1, 3.2, 2.0), 3.0)
    2
    """
    return next((pair for pair, value in enumerate(values, 1) if value >= level), None)


def event(witness: Witness, allowed: Point) -> Markup:
    """How often the deciding event occurred, and the range that the claim leaves the removed models."""
    x = Axis(0.0, 1.0, 100.0, 390.0)
    low, high = x.at(allowed[0]), x.at(allowed[1])
    ticks = {v: f"{100 * v:g} %" for v in (0.0, 0.25, 0.5, 0.75, 1.0)}
    return svg.picture(
        "Frequency of the deciding event in both arms",
        *(svg.line((x.at(v), 8), (x.at(v), 88), "grid") + svg.text(x.at(v), 104, t) for v, t in ticks.items()),
        svg.rect((low, 12), (max(high - low, 1.5), 22), "allowed", 3),
        svg.text(88, 27, "claim allows", "row", "end"),
        svg.text(88, 52, "removed", "row", "end"),
        svg.line((x.start, 48), (x.at(witness.removed), 48), "lollipop removed"),
        svg.tag("circle", cx=x.at(witness.removed), cy=48, r=6, class_="dot removed"),
        svg.text(88, 77, "reference", "row", "end"),
        svg.line((x.start, 73), (x.at(witness.reference), 73), "lollipop reference"),
        svg.rect((x.at(witness.reference) - 5.5, 67.5), (11, 11), "dot reference"),
        height=110,
    )


def bar(value: float, level: float, most: float) -> Markup:
    """A small bar for a table cell, with a tick at the level that decides.

    >>> "bar" in bar(3.0, 9.2, 12.0)
    True
    """
    x = Axis(0.0, most, 1.0, 99.0)
    at = x.at(value) if math.isfinite(value) else x.end if value == math.inf else x.start
    shapes = (svg.rect((1, 3), (at - 1, 8), "bar"), svg.line((x.at(level), 0), (x.at(level), 14), "cut"))
    return svg.picture("log wealth as a bar", *shapes, width=100, height=14)


def _hatch() -> Markup:
    """The pattern of what was never seen."""
    stripe = svg.tag("path", d="M0 8 L8 0 M-2 2 L2 -2 M6 10 L10 6", class_="stripe")
    return svg.tag("pattern", stripe, id="never", width=8, height=8, patternUnits="userSpaceOnUse")


def _s_full(x: Real, y: Real) -> Markup:
    low = svg.tag("tspan", "full", dy=4, class_="sub")
    return svg.tag("text", "S", low, x=x, y=y, class_="set")


def _named(y: Axis) -> dict[float, str]:
    values = svg.ticks(y.lo, y.hi, 6)
    return dict(zip(values, svg.labels(values), strict=True))


def _whole(pairs: int) -> Iterator[tuple[float, str]]:
    """Ticks at whole numbers of pairs."""
    yield from ((v, f"{v:.0f}") for v in svg.ticks(0.0, float(pairs), 5) if v == int(v))


def _points(values: Sequence[float], x: Axis, y: Axis) -> Iterator[Point]:
    """The curve; of every bucket of a long one, its least and its largest value."""
    yield x.at(0.0), y.at(0.0)
    stride = max(1, len(values) // 400)
    for start in range(0, len(values), stride):
        block = range(start, min(start + stride, len(values)))
        for i in sorted({min(block, key=lambda i: values[i]), max(block, key=lambda i: values[i])}):
            if not math.isnan(values[i]):
                yield x.at(i + 1.0), y.at(values[i])


def _end(values: Sequence[float], level: float, x: Axis, y: Axis) -> Iterator[Markup]:
    """A dot where the curve first reaches the level, else at its last pair."""
    crossed = crossing(values, level)
    pair = len(values) if crossed is None else crossed
    if not math.isnan(values[pair - 1]):
        yield svg.tag("circle", cx=x.at(float(pair)), cy=y.at(values[pair - 1]), r=4, class_="point")
