"""The page of a bound: the event that shows it, how much could have been shown, and the curve."""

from markupsafe import Markup

from ..saved import Bound
from . import _svg as svg
from ._page import Page
from ._result_pages import plain_page
from ._svg import BOTTOM, LEFT, RIGHT, TOP, number

_MEANING = "A lower bound and no verdict: where it is small, little was shown, and ε may be large all the same."


def bound_page(bound: Bound) -> Page:
    """The page of a bound.

    >>> bound_page(Bound.example())[1]["title"]
    'ε ≥ 0.77 at δ = 1×10⁻⁵'
    """
    low = bound.epsilon_words
    facts = [
        ("ε at least", low),
        ("at δ", number(bound.delta)),
        ("Confidence", number(1 - bound.alpha, 6)),
        ("So many runs can show at most", number(bound.most, 3)),
        ("No audit of as many is sure to show more than", number(bound.limit, 3)),
        ("Runs that chose the event", f"{bound.chosen_on} of each arm"),
        ("Asked", bound.answer or "–"),
        ("Wall time", f"{number(bound.seconds, 3)} s"),
    ]
    arms = [("removed models", bound.removed_hits, bound.removed_runs)]
    arms += [("references", bound.reference_hits, bound.reference_runs)]
    cells = [(name, str(hits), str(runs), f"{number(100 * hits / runs, 3)} %") for name, hits, runs in arms]
    return plain_page(
        kicker="bound",
        title=f"ε ≥ {low} at δ = {number(bound.delta)}" if bound.epsilon else "Nothing is shown of ε",
        rest=bound.sentence,
        meaning=_MEANING,
        facts=facts,
        heading=f"The event: {bound.event}",
        cells=[("Arm", "Runs with the event", "of", "Share"), *cells],
        drawings=[(curve_picture(bound), _CAPTION)],
        notes=[f"Of {bound.subject}.", *_model(bound)],
        provenance=bound.provenance,
    )


_CAPTION = (
    "δ that is shown at each ε; all points hold at once with the stated confidence, beside which the bound above has "
    "an α of its own. What lies above the curve is not shown to hold: the pair may be anywhere on it or above."
)


def curve_picture(bound: Bound) -> Markup:
    """δ against ε, of the simultaneous band.

    >>> "nothing is shown" in curve_picture(Bound.example())
    False
    """
    points = bound.curve
    top = max(delta for _, delta in points)
    if not top:
        return svg.picture("δ shown at each ε", svg.text((LEFT + RIGHT) / 2, 120, "nothing is shown", "name"))
    x, y = svg.axis(0.0, points[-1][0], LEFT, RIGHT), svg.axis(0.0, 1.08 * top, BOTTOM, TOP)
    columns, rows = (svg.ticks(one.lo, one.hi, 5) for one in (x, y))
    return svg.picture(
        "δ shown at each ε",
        svg.frame(x, y, _labelled(columns), _labelled(rows)),
        svg.path(((x.at(epsilon), y.at(delta)) for epsilon, delta in points), "curve"),
        svg.titles("ε", "δ is more than this"),
    )


def _labelled(values: tuple[float, ...]) -> dict[float, str]:
    return dict(zip(values, svg.labels(values), strict=True))


def _model(bound: Bound) -> list[str]:
    """What a Gaussian pair would have, marked as a model."""
    if not bound.mu:
        return []
    at = bound.gaussian_epsilon
    then = "infinite at δ = 0" if at is None else f"at least {number(at, 3)} at this δ"
    return [f"A model, and no bound: were both laws Gaussian, μ ≥ {number(bound.mu, 3)}, and ε would be {then}."]
