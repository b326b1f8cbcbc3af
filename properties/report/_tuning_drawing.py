"""The trials of a tuning: a dot for each, and the smallest distance so far."""

import itertools

from markupsafe import Markup

from ..checks._tuning import Tuning
from . import _svg as svg
from ._svg import BOTTOM, LEFT, RIGHT, TOP, Axis


def trials_picture(tuning: Tuning) -> Markup:
    """Squared distances in the order of the trials; those without one are not drawn.

    >>> str(trials_picture(Tuning.example())).count("<circle")
    2
    """
    known = {float(trial.number): trial.value for trial in tuning.trials if not trial.failed}
    x = Axis(-0.5, len(tuning.trials) - 0.5, LEFT, RIGHT)
    y = svg.axis(min([0.0, *known.values()]), max(known.values()), BOTTOM, TOP)
    rows, columns = svg.ticks(y.lo, y.hi, 5), svg.ticks(0.0, max(len(tuning.trials) - 1.0, 1.0), 6)
    smallest = list(zip(known, itertools.accumulate(known.values(), min), strict=True))
    return svg.picture(
        "Squared distances of the trials",
        svg.frame(x, y, {v: f"{v:g}" for v in columns if v == int(v)}, dict(zip(rows, svg.labels(rows), strict=True))),
        svg.path([(x.at(number), y.at(value)) for number, value in smallest], "curve"),
        *(svg.tag("circle", cx=x.at(n), cy=y.at(v), r=3, class_="dot removed") for n, v in known.items()),
        svg.titles("trial", "squared distance"),
    )
