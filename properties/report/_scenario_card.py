"""What a notebook shows of a scenario: D, S_full and S as bars true to their counts."""

import numpy as np

from ...formal.definitions._scenario import Scenario
from . import _svg as svg
from ._svg import Markup

_LEFT, _LENGTH, _STEP = 70.0, 240.0, 22.0


def scenario_card(scenario: Scenario) -> str:
    """Name, shapes and a drawing; it takes its colour from the page, light or dark.

    Args:
        scenario: any.

    >>> import neverseen as ns
    >>> card = scenario_card(ns.scenarios.figure1())
    >>> "ns.scenarios.figure1()" in card, "<svg" in card
    (True, True)
    """
    sizes = set_sizes(scenario)
    bars = {name: sizes[name] for name in ("D", "S_full", "S")}
    most = max(*bars.values(), 1)
    drawn = [_bar(i, name, size, size / most) for i, (name, size) in enumerate(bars.items())]
    said = ", ".join(f"|{name}| = {size}" for name, size in bars.items())
    picture = svg.tag(
        "svg", svg.tag("title", said), *drawn,
        viewBox=f"0 0 {_LEFT + _LENGTH + 80:g} {_STEP * len(bars) + 4:g}", width="390", role="img",
    )  # fmt: skip
    outside = f", of S outside D {sizes['S outside D']}" if sizes["S outside D"] else ""
    fresh = f"fresh points: {sizes['fresh behaviour']} of the behaviour, {sizes['fresh rest']} of the rest"
    population = "D can be redrawn" if scenario.population is not None else "no population to redraw D from"
    rows = f"{said}{outside}; {fresh}; {population}; x {list(scenario.rows.x.shape[1:])} {scenario.rows.x.dtype}"
    return str(svg.tag("div", svg.tag("code", repr(scenario)), picture, svg.tag("p", rows), class_="neverseen"))


def set_sizes(scenario: Scenario) -> dict[str, int]:
    """How many rows there are of each set; absent ones count nowhere, but for S, which may lie outside D.

    >>> import neverseen as ns
    >>> set_sizes(ns.scenarios.digits(size=8, full=16))["S_full"]
    16
    """
    present, forget, behaviour = (np.asarray(a) for a in (scenario.rows.present, scenario.forget, scenario.behaviour))
    return {
        "D": int(present.sum()),
        "S_full": int(behaviour.sum()),
        "S": int(forget.sum()),
        "S outside D": int((forget & ~present).sum()),
        "fresh behaviour": int(np.asarray(scenario.fresh_behaviour.present).sum()),
        "fresh rest": int(np.asarray(scenario.fresh_rest.present).sum()),
    }


def _bar(place: int, name: str, size: int, share: float) -> Markup:
    y = _STEP * place + 4
    ink = {"fill": "currentColor", "font_size": "13", "font_family": "sans-serif"}
    return Markup("").join(
        [
            svg.tag("text", name, x=_LEFT - 8, y=y + 12, text_anchor="end", **ink),
            svg.tag("rect", x=_LEFT, y=y, width=_LENGTH * share, height=15, fill="currentColor", opacity="0.55"),
            svg.tag("text", str(size), x=_LEFT + _LENGTH * share + 6, y=y + 12, **ink),
        ]
    )
