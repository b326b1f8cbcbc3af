"""The plot of sweeps: a row for each remover, a mark for each request."""

from collections.abc import Sequence
from importlib import resources
from typing import Any

from markupsafe import Markup

from ...formal._types import Real
from ..checks._sweep import Sweep, SweepPoint
from . import _svg as svg
from ._drawings import mark_parts

_NAMES, _CELL, _LINE, _HEAD = 300, 74, 26, 46


def drawing(sweeps: Sequence[Sweep]) -> str:
    """One picture that stands by itself: tick SATISFIED, cross REFUTED, bar INCONCLUSIVE, with the pairs it took.

    Args:
        sweeps: over the same sizes.

    Returns:
        SVG, with the report's style.

    >>> drawing([]).startswith('<svg xmlns="http://www.w3.org/2000/svg"')
    True
    """
    title = svg.tag("title", "How much of S_full is enough")
    ground, inside, box = _inside(sweeps)
    return str(svg.tag("svg", title, _style(), ground, *inside, xmlns="http://www.w3.org/2000/svg", **box)) + "\n"


def sweep_picture(sweeps: Sequence[Sweep]) -> Markup:
    """The same for a page, which has the style already.

    >>> "SATISFIED" in sweep_picture([])
    False
    """
    _, inside, box = _inside(sweeps)
    return svg.picture("How much of S_full is enough", *inside, width=box["width"], height=box["height"])


def _inside(sweeps: Sequence[Sweep]) -> tuple[Markup, list[Markup], dict[str, Any]]:
    """The ground, what is drawn on it, and the box of both."""
    sizes = sorted({point.size for sweep in sweeps for point in sweep.points})
    full = max((sweep.full for sweep in sweeps), default=1)
    width, height = _NAMES + _CELL * len(sizes) + 20, _HEAD + _LINE * len(sweeps) + 12
    inside = [
        svg.text(12, 18, "verdict as unlearning, and its pairs", "name", "start"),
        svg.text(_NAMES - 24, 38, "|S| / |S_full|", "name", "end"),
        *(svg.text(_left(sizes, size) + 8, 38, svg.labels([size / full])[0]) for size in sizes),
        *(_row(sweep, sizes, _HEAD + _LINE * i) for i, sweep in enumerate(sweeps)),
    ]
    box = {"viewBox": f"0 0 {width} {height}", "width": width, "height": height, "role": "img"}
    return svg.rect((0, 0), (width, height), "page"), inside, box


def _row(sweep: Sweep, sizes: list[int], top: Real) -> Markup:
    width = _NAMES + _CELL * len(sizes) + 8
    label = sweep.remover if len(sweep.remover) <= 38 else sweep.remover[:37] + "…"
    cells = [_cell(point, _left(sizes, point.size), top + 5) for point in sweep.points]
    none = [] if sweep.points else [svg.text(_NAMES, top + 17, "does not apply", "count", "start")]
    name = svg.text(_NAMES - 10, top + 17, label, "row", "end")
    return Markup("").join([svg.line((12, top), (width, top), "grid"), name, *cells, *none])


def _cell(point: SweepPoint, left: Real, top: Real) -> Markup:
    status = point.verdict.status
    shape = svg.tag("g", *mark_parts(status), transform=f"translate({left:g} {top:g}) scale(0.5)")
    beside = svg.text(left + 20, top + 12, str(point.verdict.pairs), "count", "start")
    title = svg.tag("title", f"{point.size} rows: {point.word}")
    return svg.tag("g", title, shape, beside, class_=status.name)


def _left(sizes: list[int], size: int) -> float:
    return float(_NAMES + _CELL * sizes.index(size))


def _style() -> Markup:
    """The report's own style sheet."""
    sheet = resources.files(__package__ or "").joinpath("page.css").read_text(encoding="utf-8")
    # Its sizes are those of a picture in a column; this one has its own.
    own = "svg { display: inline; width: auto; } .page { fill: var(--paper); }"
    return Markup("<style>{}{}</style>").format(Markup(sheet), Markup(own))
