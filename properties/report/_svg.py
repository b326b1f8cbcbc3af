"""Small pure functions that draw: numbers in, SVG out. Every label is escaped, every number is finite."""

import dataclasses
import itertools
import math
from collections.abc import Iterable, Sequence

from markupsafe import Markup

from ...formal._types import Real
from ._streams import visible

WIDTH, HEIGHT = 420.0, 270.0
LEFT, RIGHT, TOP, BOTTOM = 50.0, 406.0, 34.0, 222.0

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")

Point = tuple[Real, Real]


def tag(name: str, *inside: Markup | str, **attributes: Real | str) -> Markup:
    """One element. `class_` stands for class, an underscore for a hyphen.

    Raises:
        ValueError: a coordinate that is not finite.

    >>> print(tag("text", "a < b", x=1 / 3, class_="tick"))
    <text x="0.3" class="tick">a &lt; b</text>
    """
    attrs = (Markup(' {}="{}"').format(k.strip("_").replace("_", "-"), _value(v)) for k, v in attributes.items())
    content = (part if isinstance(part, Markup) else visible(part) for part in inside)
    return Markup("<{0}{1}>{2}</{0}>").format(name, Markup("").join(attrs), Markup("").join(content))


def picture(title: str, *inside: Markup, width: Real = WIDTH, height: Real = HEIGHT) -> Markup:
    """A whole drawing that scales to its column; the title is what a screen reader says.

    >>> print(picture("t", width=4, height=2))
    <svg viewBox="0 0 4 2" role="img"><title>t</title></svg>
    """
    box = f"0 0 {_value(width)} {_value(height)}"
    return tag("svg", tag("title", title), *inside, viewBox=box, role="img")


def text(x: Real, y: Real, label: str, class_: str = "tick", anchor: str = "middle") -> Markup:
    """A label.

    >>> print(text(1, 2, "<b>", anchor="end"))
    <text x="1" y="2" class="tick" text-anchor="end">&lt;b&gt;</text>
    """
    return tag("text", label, x=x, y=y, class_=class_, text_anchor=anchor)


def line(start: Point, end: Point, class_: str) -> Markup:
    """A straight line.

    >>> print(line((0, 0), (1, 2), "grid"))
    <line x1="0" y1="0" x2="1" y2="2" class="grid"></line>
    """
    return tag("line", x1=start[0], y1=start[1], x2=end[0], y2=end[1], class_=class_)


def rect(corner: Point, size: Point, class_: str, radius: Real = 0) -> Markup:
    """A rectangle.

    >>> print(rect((0, 0), (1, 2), "bar"))
    <rect x="0" y="0" width="1" height="2" rx="0" class="bar"></rect>
    """
    return tag("rect", x=corner[0], y=corner[1], width=size[0], height=size[1], rx=radius, class_=class_)


def path(points: Iterable[Point], class_: str, close: bool = False) -> Markup:
    """Straight lines from point to point.

    >>> print(path([(0, 0), (1, 2)], "curve"))
    <path d="M0 0 L1 2" class="curve"></path>
    """
    way = " ".join(f"{'L' if i else 'M'}{_value(x)} {_value(y)}" for i, (x, y) in enumerate(points))
    return tag("path", d=way + (" Z" if close else ""), class_=class_)


def _value(value: Real | str) -> str:
    """A coordinate to a tenth of a pixel; words as they are."""
    if isinstance(value, str):
        return visible(value)
    if not math.isfinite(value):
        raise ValueError(f"drawing: the coordinate {value} is not finite")
    return f"{round(value, 1) + 0.0:g}"


@dataclasses.dataclass(frozen=True)
class Axis:
    """A linear map from [lo, hi] to pixels [start, end]; values outside land on the nearer end.

    >>> Axis(0.0, 10.0, 100.0, 200.0).at(5.0)
    150.0
    """

    lo: float
    hi: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """The pixel of a value."""
        share = (min(max(value, self.lo), self.hi) - self.lo) / (self.hi - self.lo)
        return self.start + share * (self.end - self.start)


def axis(lo: float, hi: float, start: float, end: float) -> Axis:
    """An axis over [lo, hi], widened where the two are as good as equal.

    >>> axis(2.0, 2.0, 0.0, 1.0)
    Axis(lo=1.8, hi=2.2, start=0.0, end=1.0)
    """
    if hi - lo <= max(1e-9 * max(abs(lo), abs(hi)), 1e-290):
        room = 0.1 * abs(lo) if abs(lo) > 1e-280 else 0.5
        lo, hi = lo - room, hi + room
    return Axis(lo, hi, start, end)


def ticks(lo: float, hi: float, most: int) -> tuple[float, ...]:
    """At most `most` + 1 round values in [lo, hi]: multiples of 1, 2 or 5 times a power of ten.

    >>> ticks(0.0, 9.3, 5)
    (0.0, 2.0, 4.0, 6.0, 8.0)
    """
    least = (hi - lo) / most
    power = 10.0 ** math.floor(math.log10(least))
    step = next((m * power for m in (1, 2, 5) if m * power >= least * (1 - 1e-9)), 10 * power)
    first, last = math.ceil(lo / step - 1e-9), math.floor(hi / step + 1e-9)
    return tuple(k * step for k in range(first, last + 1))


def labels(values: Sequence[float]) -> list[str]:
    """The values with as many digits as tell them apart.

    >>> labels([0.0, 0.5, 1.0]), labels([0.0, 2e-5])
    (['0', '0.5', '1'], ['0', '2×10⁻⁵'])
    """
    gaps = [b - a for a, b in itertools.pairwise(values)]
    largest = max((abs(v) for v in values), default=0.0)
    if not gaps or largest == 0:
        return [number(v) for v in values]
    digits = 1 + math.floor(math.log10(largest) + 1e-9) - math.floor(math.log10(min(gaps)) + 1e-9)
    return [number(v, max(digits, 1)) for v in values]


def number(value: float | None, digits: int = 4) -> str:
    """A number for people; a dash where there is none.

    >>> [number(v) for v in (None, 0.25, -3.0, 1e-7, float("inf"), float("nan"))]
    ['–', '0.25', '−3', '1×10⁻⁷', '∞', 'NaN']
    """
    if value is None:
        return "–"
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "∞" if value > 0 else "−∞"
    whole = 1 + math.floor(math.log10(abs(value))) if 1 <= abs(value) < 1e6 else 0
    plain = f"{value:.{max(digits - whole, 0)}f}" if whole else f"{value:.{digits}g}"
    mantissa, _, exponent = plain.partition("e")
    mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    power = "×10" + str(int(exponent)).translate(_RAISED) if exponent else ""
    return mantissa.replace("-", "−") + power


def frame(x: Axis, y: Axis, x_ticks: dict[float, str], y_ticks: dict[float, str]) -> Markup:
    """Grid lines, the base line, ticks and their labels."""
    rows = [
        line((LEFT, y.at(v)), (RIGHT, y.at(v)), "grid") + text(LEFT - 6, y.at(v) + 4, label, anchor="end")
        for v, label in y_ticks.items()
    ]
    columns = [
        line((x.at(v), y.start), (x.at(v), y.start + 4), "base") + text(x.at(v), y.start + 17, label)
        for v, label in x_ticks.items()
    ]
    return Markup("").join([*rows, *columns, line((LEFT, y.start), (RIGHT, y.start), "base")])


def titles(x: str, y: str) -> Markup:
    """The titles of both axes, units included."""
    return text((LEFT + RIGHT) / 2, HEIGHT - 8, x, "name") + text(4, 10, y, "name", "start")
