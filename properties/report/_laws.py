"""The laws of one number, drawn over each other: a histogram and the distribution functions.

A run with no place on the axis (−∞, ∞, NaN, a far outlier) is never dropped: it is counted in a column at the edge.
"""

import bisect
import dataclasses
import math
from collections.abc import Iterator, Mapping, Sequence

from markupsafe import Markup

from . import _svg as svg
from ._svg import BOTTOM, LEFT, RIGHT, TOP, Axis, Point

COLUMN = 44.0
LARGEST = 1e290  # evidence that was clipped holds ±1e300 for what is not finite; differences stay finite below
_ORDER = "−<>+∞N"  # the edge columns from left to right, by the first letter of their label

_Values = Sequence[float]


@dataclasses.dataclass(frozen=True)
class Laws:
    """What is drawn, laid out.

    Args:
        view: what is measured.
        arms: the value in each run by arm; the arm's name is also its CSS class.
        threshold: where the deciding event cuts the axis.
        x: the axis.
        left, right: the labels of the columns at the edges.
    """

    view: str
    arms: dict[str, _Values]
    threshold: float | None
    x: Axis
    left: tuple[str, ...]
    right: tuple[str, ...]


def lay_out(view: str, arms: Mapping[str, _Values], threshold: float | None) -> Laws:
    """Choose the axis and the edge columns.

    >>> lay_out("loss", {"removed": (0.1, 0.2, float("nan"))}, 0.4).right
    ('NaN',)
    """
    nonempty = {name: values for name, values in arms.items() if values}
    cut = threshold if threshold is not None and abs(threshold) < LARGEST else None
    lo, hi = _range([v for values in nonempty.values() for v in values if abs(v) < LARGEST], cut)
    labels = {_place(v, lo, hi) for values in nonempty.values() for v in values} - {""}
    columns = sorted(labels, key=lambda label: _ORDER.index(label[0]))
    left = tuple(label for label in columns if label[0] in "−<")
    right = tuple(label for label in columns if label[0] not in "−<")
    x = Axis(lo, hi, LEFT + COLUMN * len(left), RIGHT - COLUMN * len(right))
    return Laws(view, nonempty, cut, x, left, right)


def histogram(laws: Laws) -> Markup:
    """The share of each arm's runs in equal bins; the threshold is an edge, so that no bin straddles it."""
    sides = edges(laws)
    heights = {name: bin_shares(values, sides, laws.x) for name, values in laws.arms.items()}
    spare = {name: aside(laws, values) for name, values in laws.arms.items()}
    columns = (100 * n / len(laws.arms[name]) for name, counts in spare.items() for n in counts.values())
    top = max([*(height for each in heights.values() for height in each), *columns], default=100.0)
    y = Axis(0.0, 1.05 * top, BOTTOM, TOP)
    outlines = [_outline(name, sides, height, laws.x, y) for name, height in heights.items()]
    bars = [_bars(laws, label, spare, y) for label in (*laws.left, *laws.right)]
    return _chart(f"Histogram of {laws.view}", laws, y, "share of runs (%)", [*outlines, *bars])


def distribution(laws: Laws) -> Markup:
    """The share of each arm's runs at or below each value; NaN is never reached."""
    y = Axis(0.0, 105.0, BOTTOM, TOP)
    curves = [svg.path(_steps(laws, values, y), f"law {name}") for name, values in laws.arms.items()]
    return _chart(f"Distribution functions of {laws.view}", laws, y, "share of runs at or below (%)", curves)


def _range(values: _Values, cut: float | None) -> Point:
    """From the least to the largest value, but far outliers; always with the threshold."""
    pooled = sorted(values) or [0.0 if cut is None else cut]
    low, high = pooled[len(pooled) // 10], pooled[-1 - len(pooled) // 10]
    far = 3 * (high - low) or math.inf
    lo, hi = max(pooled[0], low - far), min(pooled[-1], high + far)
    lo, hi = (lo, hi) if cut is None else (min(lo, cut), max(hi, cut))
    wide = svg.axis(lo, hi, 0.0, 1.0)
    room = 0.03 * (wide.hi - wide.lo)
    return wide.lo - room, wide.hi + room


def _place(value: float, lo: float, hi: float) -> str:
    """The label of the column that shows a value; "" for the axis itself."""
    if not abs(value) < LARGEST:
        return "NaN" if math.isnan(value) else "−∞" if value < 0 else "+∞" if value == math.inf else "∞, NaN"
    return f"< {svg.number(lo, 2)}" if value < lo else f"> {svg.number(hi, 2)}" if value > hi else ""


def aside(laws: Laws, values: _Values) -> dict[str, int]:
    """How many of an arm's runs each edge column holds.

    >>> aside(lay_out("loss", {"removed": (1.0, 2.0, float("inf"))}, None), (1.0, float("inf")))
    {'+∞': 1}
    """
    places = [_place(v, laws.x.lo, laws.x.hi) for v in values]
    return {label: places.count(label) for label in (*laws.left, *laws.right)}


def _centre(laws: Laws, label: str) -> float:
    if label in laws.left:
        return LEFT + COLUMN * (laws.left.index(label) + 0.5)
    return laws.x.end + COLUMN * (laws.right.index(label) + 0.5)


def edges(laws: Laws) -> list[float]:
    """12 to 48 bins by the rule of Freedman and Diaconis 1981 for the narrowest arm; the threshold is an edge.

    >>> 0.25 in edges(lay_out("loss", {"removed": (0.0, 1.0)}, 0.25))
    True
    """
    lo, hi = laws.x.lo, laws.x.hi
    widths = [2 * _quartiles(values) * len(values) ** (-1 / 3) for values in laws.arms.values()]
    finest = min((w for w in widths if w > 0), default=hi - lo)
    count = min(max(math.ceil(min((hi - lo) / finest, 48.0)), 12), 48)
    width = (hi - lo) / count
    origin = lo if laws.threshold is None else laws.threshold
    below = math.ceil((origin - lo) / width)
    return [origin + (k - below) * width for k in range(count + 2)]


def _quartiles(values: _Values) -> float:
    """The distance between the quartiles of the finite values."""
    inside = sorted(v for v in values if abs(v) < LARGEST)
    return inside[(3 * len(inside)) // 4] - inside[len(inside) // 4] if inside else 0.0


def bin_shares(values: _Values, sides: list[float], x: Axis) -> list[float]:
    """Percent of the runs in each bin (a, b]: a run at the threshold is no instance of the event above it.

    >>> bin_shares((0.5, 1.0, 1.5, 9.0), [0.0, 1.0, 2.0], Axis(0.0, 2.0, 0.0, 1.0))
    [50.0, 25.0]
    """
    counts = [0] * (len(sides) - 1)
    for value in values:
        if x.lo <= value <= x.hi:
            counts[max(bisect.bisect_left(sides, value) - 1, 0)] += 1
    return [100 * count / len(values) for count in counts]


def _outline(name: str, sides: list[float], heights: list[float], x: Axis, y: Axis) -> Markup:
    corners = [(x.at(side), y.at(height)) for i, height in enumerate(heights) for side in sides[i : i + 2]]
    return svg.path([(corners[0][0], BOTTOM), *corners, (corners[-1][0], BOTTOM)], f"law area {name}")


def _bars(laws: Laws, label: str, spare: dict[str, dict[str, int]], y: Axis) -> Markup:
    """One edge column: a bar for each arm with its count on top."""
    left = _centre(laws, label) - 6.5 * len(spare)
    shapes: list[Markup] = []
    for i, (name, counts) in enumerate(spare.items()):
        if counts[label]:
            top = y.at(100 * counts[label] / len(laws.arms[name]))
            shapes.append(svg.rect((left + 13 * i + 1, top), (11, BOTTOM - top), f"law area {name}"))
            shapes.append(svg.text(left + 13 * i + 6.5, top - 4, str(counts[label]), "count"))
    return Markup("").join(shapes)


def _steps(laws: Laws, values: _Values, y: Axis) -> Iterator[Point]:
    """The corners of an empirical distribution function, through the edge columns, to half a pixel."""
    jumps: dict[float, float] = {}
    for value in values:
        label = _place(value, laws.x.lo, laws.x.hi)
        pixel = _centre(laws, label) if label else round(2 * laws.x.at(value)) / 2
        jumps[pixel] = jumps.get(pixel, 0.0) + (0.0 if math.isnan(value) else 100 / len(values))
    reached = 0.0
    yield LEFT, y.at(0.0)
    for pixel in sorted(jumps):
        yield pixel, y.at(reached)
        reached += jumps[pixel]
        yield pixel, y.at(reached)
    yield RIGHT, y.at(reached)


def _chart(title: str, laws: Laws, y: Axis, y_title: str, shapes: list[Markup]) -> Markup:
    if not laws.arms:
        return svg.picture(title, svg.text((LEFT + RIGHT) / 2, 120, "no runs were recorded", "name"))
    x_ticks, y_ticks = svg.ticks(laws.x.lo, laws.x.hi, 5), svg.ticks(0.0, y.hi, 6)
    columns = {_centre(laws, label): label for label in (*laws.left, *laws.right)}
    return svg.picture(
        title,
        svg.frame(laws.x, y, _named(x_ticks), _named(y_ticks)),
        *(svg.text(at, BOTTOM + 17, label) for at, label in columns.items()),
        *_dividers(laws),
        *shapes,
        *_cut(laws),
        svg.titles(f"{laws.view} (its own unit)", y_title),
    )


def _named(values: tuple[float, ...]) -> dict[float, str]:
    return dict(zip(values, svg.labels(values), strict=True))


def _dividers(laws: Laws) -> Iterator[Markup]:
    sides = ([laws.x.start] if laws.left else []) + ([laws.x.end] if laws.right else [])
    yield from (svg.line((at, TOP), (at, BOTTOM), "divider") for at in sides)


def _cut(laws: Laws) -> Iterator[Markup]:
    if laws.threshold is not None:
        at = laws.x.at(laws.threshold)
        anchor, shift = ("start", -2) if at < (LEFT + RIGHT) / 2 else ("end", 2)
        yield svg.line((at, TOP), (at, BOTTOM), "cut")
        yield svg.text(at + shift, TOP - 6, f"threshold {svg.number(laws.threshold, 3)}", "mark", anchor)
