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
    """D, S_full and S as bars true to their counts: what one arm's models were trained on, and what they never saw.

    Args:
        definition: which rows the reference never saw.
        arm: "removed" or "reference".
        sizes: |D|, |S| and |S_full|; where they are not known, the bars show what lies in what, and say so.

    >>> from neverseen.formal.definitions._definitions import Untraining
    >>> drawn = sets(Untraining(1.0, 0.05), "reference", (100, 10, 50))
    >>> "never seen" in drawn, drawn.count('width="30"')
    (True, 4)
    """
    rows, forget, full = sizes or (8, 2, 4)
    marked, note = (full if definition.name == "unlearning" else forget), "hatched: never seen"
    if arm == "removed":
        marked, note = forget, "dashed: asked to forget"
    scale = 300 / max(rows, forget, full, 1)
    bars = [
        _bar_of(i, name, size, min(marked, size), scale, arm, sizes is not None)
        for i, (name, size) in enumerate((("D", rows), ("full", full), ("S", forget)))
    ]
    said = [note, *_said_of_sets(definition, sizes)]
    words = [svg.text(70, 128 + 17 * i, line, "set note", "start") for i, line in enumerate(said)]
    pattern = [] if arm == "removed" else [_hatch()]
    title = f"What the {arm} models were trained on"
    return svg.picture(title, *pattern, *bars, *words, height=120 + 17 * len(said))


def _bar_of(place: int, name: str, size: int, marked: int, scale: float, arm: str, known: bool) -> Markup:
    """One set as a bar: what is marked of it lies at its left; nothing that is there is too thin to be seen."""
    top, whole, part = 8 + 36 * place, max(scale * size, 1.5 * (size > 0)), max(scale * marked, 1.5 * (marked > 0))
    label = _s_full(40, top + 18) if name == "full" else svg.text(62, top + 18, name, "set", "end")
    mark = svg.rect((70, top), (part, 26), "asked" if arm == "removed" else "hole")
    count = svg.text(76 + whole, top + 18, str(size), "count", "start") if known else Markup("")
    return label + svg.rect((70, top), (whole, 26), f"seen {arm}") + mark + count


def _said_of_sets(definition: Definition, sizes: tuple[int, int, int] | None) -> list[str]:
    """What the bars do not show."""
    redrawn = ["D is drawn anew for each pair"] if definition.redraws else []
    if sizes is None:
        return [*redrawn, "not to scale: the counts are not known"]
    return redrawn + (["S = S_full: one statement for both notions"] if sizes[1] == sizes[2] else [])


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
