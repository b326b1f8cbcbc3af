"""The two pictures of a comparison: how far from both references, and what is right on S and on fresh points."""

import dataclasses
import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from importlib import resources

import numpy as np
from markupsafe import Markup

from ..checks._compared import Compared
from ..checks._comparison import Comparison
from ..checks._grade import PLANE
from . import _svg as svg
from ._svg import Axis, Point

WIDTH, HEIGHT = 770.0, 440.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 56.0, 470.0, 40.0, 388.0
_NAMES, _LINE = 500.0, 15.0
_STEP = 26.0
_FARTHEST = 4.0
"""Times doing nothing beyond which a point lies on the border, with its number beside its name."""
_TWO_SIGMAS = 2.448
"""Of an ellipse that holds 95 % of a Gaussian law in the plane: √(−2 ln .05)."""


@dataclasses.dataclass(frozen=True)
class Spot:
    """A remover in a plane.

    Args:
        row: of the comparison.
        x, y: where it is.
        across, up: intervals of both; () where there are none.

    >>> Spot(Compared("mine", "", True, ()), 0.5, 1.0).x
    0.5
    """

    row: Compared
    x: float
    y: float
    across: tuple[float, ...] = ()
    up: tuple[float, ...] = ()


def distance_plane(comparison: Comparison) -> Markup:
    """Distance to A(D∖S) across, to A(D∖S_full) up: what untrains lies on the left edge, what unlearns at the bottom.

    Args:
        comparison: of both notions; of one alone nothing is drawn (see `distance_line`).

    >>> str(distance_plane(Comparison.example()))
    ''
    """
    places = {claim.name: i for i, claim in enumerate(comparison.definitions)}
    if set(places) != {"untraining", "unlearning"}:
        return Markup("")
    spots = [spot for row in comparison.rows for spot in _spot(row, places["untraining"], places["unlearning"])]
    if not spots:
        return Markup("")
    x = Axis(0.0, _most([spot.x for spot in spots]), _LEFT, _RIGHT)
    y = Axis(0.0, _most([spot.y for spot in spots]), _BOTTOM, _TOP)
    return _picture(
        "How far removers are from both references", spots, x, y,
        ("distance to A(D∖S): 0 untrains, 1 does nothing", "distance to A(D∖S_full): 0 unlearns, 1 does nothing"),
        [
            svg.rect((_LEFT, _TOP), (x.at(0.1) - _LEFT, _BOTTOM - _TOP), "zone"),
            svg.rect((_LEFT, y.at(0.1)), (_RIGHT - _LEFT, _BOTTOM - y.at(0.1)), "zone"),
            svg.line((x.at(1.0), _TOP), (x.at(1.0), _BOTTOM), "cut"),
            svg.line((_LEFT, y.at(1.0)), (_RIGHT, y.at(1.0)), "cut"),
            svg.text(_RIGHT - 4, _BOTTOM - 6, "unlearns: as if it had never seen the behaviour", "mark", "end"),
            svg.text(_LEFT + 6, _TOP + 12, "untrains: as if it had never seen S", "mark", "start"),
        ],
        lambda spot: f"{spot.row.remover} ({spot.x:.2f}, {spot.y:.2f})",
    )  # fmt: skip


def distance_line(comparison: Comparison) -> Markup:
    """Distance to the reference of the first claim, a remover a line: the picture of a comparison without a plane.

    Args:
        comparison: whose removers were graded; of others nothing is drawn.

    >>> "<svg" in distance_line(Comparison.example())
    True
    """
    graded = [(row, share) for row in comparison.rows if (share := row.share(0)) is not None]
    spots = [
        Spot(row, share.value, y, share.ninety_five, (y, y))
        for y, (row, share) in zip(map(float, range(len(graded))), graded, strict=True)
    ]
    if not spots:
        return Markup("")
    bottom = _TOP + _STEP * len(spots)
    x, y = Axis(0.0, _most([spot.x for spot in spots]), _LEFT, _RIGHT), Axis(-0.5, len(spots) - 0.5, _TOP, bottom)
    values = svg.ticks(x.lo, x.hi, 6)
    return svg.picture(
        "How far removers are from the reference",
        svg.rect((_LEFT, _TOP), (x.at(0.1) - _LEFT, bottom - _TOP), "zone"),
        svg.line((x.at(1.0), _TOP), (x.at(1.0), bottom), "cut"),
        svg.line((_LEFT, bottom), (_RIGHT, bottom), "base"),
        *(svg.text(x.at(v), bottom + 17, label) for v, label in zip(values, svg.labels(values), strict=True)),
        svg.text(4, 14, f"distance to {comparison.definitions[0].reference}: 1 does nothing", "name", "start"),
        *(_name(spot, x, y, y.at(spot.y), f"{spot.row.remover} ({spot.x:.2f})") for spot in spots),
        *(_cross(spot, x, y) + _point(spot, x, y) for spot in spots),
        width=WIDTH,
        height=bottom + 30,
    )


def accuracy_plane(comparison: Comparison) -> Markup:
    """Accuracy on S across, on fresh points of the rest up, with the ellipses in which 95 % of the fresh retrains lie.

    Args:
        comparison: of classifiers; of others nothing is drawn.

    >>> "<svg" in accuracy_plane(Comparison.example())
    True
    """
    spots = [
        Spot(row, row.accuracy.means[PLANE[0]], row.accuracy.means[PLANE[1]])
        for row in comparison.rows
        if row.accuracy is not None and all(name in row.accuracy.means for name in PLANE)
    ]
    if not spots:
        return Markup("")
    rounds = [(spot, _ellipse(spot)) for spot in spots if "retrain" in spot.row.anchor]
    every = [(spot.x, spot.y) for spot in spots] + [point for _, points in rounds for point in points]
    x, y = (_around([point[i] for point in every], *ends) for i, ends in enumerate([(_LEFT, _RIGHT), (_BOTTOM, _TOP)]))
    drawn = [svg.path([(x.at(a), y.at(b)) for a, b in points], "ellipse", close=True) for _, points in rounds]
    return _picture(
        "Accuracy on S and on fresh points", spots, x, y,
        ("accuracy on S", "accuracy on fresh points of the rest"), drawn,
        lambda spot: f"{spot.row.remover} ({100 * spot.x:.0f} %, {100 * spot.y:.0f} %)",
    )  # fmt: skip


def _most(values: list[float]) -> float:
    """The end of an axis: doing nothing is on it, and what is much worse than that is not."""
    return min(1.06 * max(1.2, *values), _FARTHEST)


def standalone(drawn: Markup) -> str:
    """A picture that stands by itself, with the report's style.

    Args:
        drawn: of this module.

    >>> standalone(accuracy_plane(Comparison.example())).startswith('<svg xmlns="http://www.w3.org/2000/svg"')
    True
    """
    sheet = resources.files(__package__ or "").joinpath("page.css").read_text(encoding="utf-8")
    # A page in the other colours may show it: its own paper goes with its ink.
    style = Markup("<style>{}svg {{ background: var(--paper); }}</style>").format(Markup(sheet))
    head, _, rest = drawn.partition(">")
    named = str(head).replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1)
    return f"{named}>{style}{rest}\n"


def _spot(row: Compared, first: int, second: int) -> Iterator[Spot]:
    across, up = row.share(first), row.share(second)
    if across is not None and up is not None:
        yield Spot(row, across.value, up.value, across.ninety_five, up.ninety_five)


def _around(values: Sequence[float], start: float, end: float) -> Axis:
    low, high = min(values), max(values)
    room = 0.06 * (high - low)
    return svg.axis(max(0.0, low - room), min(1.0, high + room), start, end)


def _ellipse(spot: Spot) -> list[Point]:
    """The contour of the runs' Gaussian law that holds 95 % of them."""
    accuracy = spot.row.accuracy
    if accuracy is None or len(accuracy.spread) != 3:
        return []
    first, second, both = accuracy.spread
    sizes, axes = np.linalg.eigh([[first, both], [both, second]])
    root = axes * np.sqrt(np.maximum(sizes, 0)) * _TWO_SIGMAS
    turns = np.linspace(0, 2 * math.pi, 49)[:-1]
    points = root @ np.array([np.cos(turns), np.sin(turns)]) + np.array([[spot.x], [spot.y]])
    return [(float(a), float(b)) for a, b in np.clip(points, 0.0, 1.0).T]


def _picture(
    title: str, spots: list[Spot], x: Axis, y: Axis, names: tuple[str, str], ground: list[Markup],
    worded: Callable[[Spot], str],
) -> Markup:  # fmt: skip
    """Ground, grid, points with their intervals, and names in a column, each joined with its point."""
    return svg.picture(
        title,
        *ground,
        _grid(x, y),
        svg.text((_LEFT + _RIGHT) / 2, HEIGHT - 10, names[0], "name"),
        svg.text(4, 14, names[1], "name", "start"),
        *(_cross(spot, x, y) for spot in spots),
        *(_name(spot, x, y, at, worded(spot)) for spot, at in _column(spots, y)),
        *(_point(spot, x, y) for spot in spots),
        width=WIDTH,
        height=max(HEIGHT, _TOP + _LINE * len(spots) + 20),
    )


def _grid(x: Axis, y: Axis) -> Markup:
    across, up = svg.ticks(x.lo, x.hi, 6), svg.ticks(y.lo, y.hi, 6)
    rows = [
        svg.line((_LEFT, y.at(v)), (_RIGHT, y.at(v)), "grid") + svg.text(_LEFT - 6, y.at(v) + 4, label, anchor="end")
        for v, label in zip(up, svg.labels(up), strict=True)
    ]
    columns = [
        svg.line((x.at(v), _BOTTOM), (x.at(v), _BOTTOM + 4), "base") + svg.text(x.at(v), _BOTTOM + 17, label)
        for v, label in zip(across, svg.labels(across), strict=True)
    ]
    return Markup("").join([*rows, *columns, svg.line((_LEFT, _BOTTOM), (_RIGHT, _BOTTOM), "base")])


def _cross(spot: Spot, x: Axis, y: Axis) -> Markup:
    """The intervals of both numbers."""
    if not spot.across:
        return Markup("")
    across = svg.line((x.at(spot.across[0]), y.at(spot.y)), (x.at(spot.across[1]), y.at(spot.y)), "whisker")
    return across + svg.line((x.at(spot.x), y.at(spot.up[0])), (x.at(spot.x), y.at(spot.up[1])), "whisker")


def _point(spot: Spot, x: Axis, y: Axis) -> Markup:
    """A square for the original, a diamond for a retrain, a dot for the others."""
    a, b = x.at(spot.x), y.at(spot.y)
    if spot.row.anchor == "the original":
        return svg.rect((a - 5, b - 5), (10, 10), "spot original")
    if spot.row.anchor:
        return svg.path([(a, b - 7), (a + 7, b), (a, b + 7), (a - 7, b)], "spot reference", close=True)
    return svg.tag("circle", cx=a, cy=b, r=5, class_="spot removed")


def _column(spots: list[Spot], y: Axis) -> list[tuple[Spot, float]]:
    """Where each name stands: as near to its point as the others let it, in the order of the points."""
    order = sorted(spots, key=lambda spot: (y.at(spot.y), spot.x))
    at = [y.at(spot.y) for spot in order]
    for i in range(1, len(at)):
        at[i] = max(at[i], at[i - 1] + _LINE)
    lowest = max(_BOTTOM, _TOP + _LINE * len(at))
    for i, left in zip(reversed(range(len(at))), itertools.count(), strict=False):
        at[i] = min(at[i], lowest - _LINE * left)
    return list(zip(order, at, strict=True))


def _name(spot: Spot, x: Axis, y: Axis, at: float, words: str) -> Markup:
    start = x.at(spot.x), y.at(spot.y)
    leader = svg.path([start, (_RIGHT + 6, at), (_NAMES - 5, at)], "leader")
    label = words if len(words) <= 34 else words[:33] + "…"
    return leader + svg.text(_NAMES, at + 4, label, "row", "start")
