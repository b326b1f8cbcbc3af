"""A verdict as one page of HTML that needs nothing else: no network, no script, no font."""

import math
from collections.abc import Iterator
from typing import Any

from markupsafe import Markup

from ...formal._types import Real
from ...formal.definitions._verdict import Status, Verdict, ViewRow, Witness
from ..metrics._graded import Distance
from ..metrics._table import Table
from ..runs._cost import Behaviour
from ..saved import Bound
from . import _drawings as draw
from . import _maps as maps
from ._laws import distribution, histogram, lay_out
from ._page import Page, in_words
from ._rerun import UNSHOWN, check_again
from ._svg import number

_MEANING = {
    Status.REFUTED: "One refuted event refutes the claim itself, whatever else holds. The laws below show that event.",
    Status.SATISFIED: "This holds for the scope named above, and for no event outside it.",
    Status.INCONCLUSIVE: "This is not a pass: the same budget would also have missed violations of some size.",
}


def verdict_page(
    verdict: Verdict,
    *,
    metrics: Table | None = None,
    behaviour: Behaviour | None = None,
    distance: Distance | None = None,
    bound: Bound | None = None,
) -> Page:
    """The page of a verdict; what it does not hold (no witness, no curves) is left out.

    >>> verdict_page(Verdict.example())[1]["word"]
    'REFUTED'
    """
    return "report.html", _context(verdict) | _beside(metrics, behaviour) | {"distance": distance, "bound": bound}


def allowed(epsilon: Real, delta: Real, reference: Real) -> tuple[float, float]:
    """The removed models' probabilities of an event that (ε, δ) allows, given the references' probability q.

    Both directions of P(R) ≤ e^ε Q(R) + δ, for the event and for its complement:
    max(0, (q−δ)/e^ε, 1−δ−e^ε(1−q)) ≤ p ≤ min(1, e^ε q+δ, 1−(1−q−δ)/e^ε).

    >>> [round(p, 3) for p in allowed(1.0, 0.05, 1.0)]
    [0.95, 1.0]
    """
    grow = math.exp(min(epsilon, 700.0))
    least = max(0.0, (reference - delta) / grow, 1 - delta - grow * (1 - reference))
    most = min(1.0, grow * reference + delta, 1 - (1 - reference - delta) / grow)
    return least, most


def _context(v: Verdict) -> dict[str, Any]:
    word, _, rest = str(v).partition(":")
    laws = _laws(v)
    return {
        "verdict": v,
        "title": f"{word}: {v.subject.rstrip(',')}",
        "kicker": "report of a verdict",
        "wide": False,
        "word": word,
        "rest": rest,
        "mark": draw.mark(v.status),
        "meaning": _MEANING[v.status],
        "facts": _facts(v),
        "unclaimed": list(_unclaimed(v)),
        "sets": [(arm, draw.sets(v.definition, arm, v.sizes)) for arm in ("removed", "reference")],
        "laws": laws,
        "arms": [(name, len(values)) for name, values in laws.arms.items()],
        "laws_drawn": (histogram(laws), distribution(laws)),
        "event": None if v.witness is None else _event(v, v.witness),
        "curves": _curves(v),
        "rows": list(_rows(v)),
        "region": maps.region(v),
        "region_words": list(maps.region_words(v)),
        "heats": maps.heats(v),
        "chance": f"{maps.by_chance(v.pairs):.2g}",
        "code": check_again(v),
        "provenance": _provenance(v),
        "command": v.provenance.get("command"),
        "number": number,
        "cells": [],
    }


def _beside(metrics: Table | None, behaviour: Behaviour | None) -> dict[str, Any]:
    """What is measured beside the verdict, where it was."""
    cost_drawing = None if behaviour is None else maps.costs(behaviour)
    return {"metrics": metrics, "behaviour": behaviour, "cost_drawn": cost_drawing}


def _laws(v: Verdict) -> Any:
    e = v.evidence
    arms = {"removed": e.past_removed + e.removed, "reference": e.past_reference + e.reference, "original": e.original}
    return lay_out(e.law_view, arms, e.threshold)


def _facts(v: Verdict) -> list[tuple[str, str]]:
    """The figures of the head line by line, in words and with their meaning."""
    sampled = [
        ("Pairs used", _pairs_used(v)),
        ("Chance of a false REFUTED", f"α = {number(v.alpha)}"),
        ("Chance of a false SATISFIED", f"β = {number(v.beta)}"),
        ("Tolerance of SATISFIED", f"δ + {number(v.tolerance)}"),
    ]
    facts = [
        (f"ε at δ = {v.definition.delta:g}", _between(v.epsilon_lower, v.epsilon_upper)),
        (f"δ at ε = {v.definition.epsilon:g}", _between(v.delta_lower, v.delta_upper)),
        *(sampled if v.budget else [("Samples drawn", "none: the laws are known")]),
        *([] if v.status is Status.REFUTED else [("Power", str(v.power))]),
        *([] if v.resolution is None else [("Would have been refuted (8 times in 10)", _contaminated(v.resolution))]),
        *([] if v.sizes is None else [("|D|, |S|, |S_full|", ", ".join(map(str, v.sizes)))]),
        *[("Assumes", assumption) for assumption in v.assumptions],
        ("Wall time", f"{number(v.seconds, 3)} s"),
        ("Route", v.route.value),
    ]
    # The sentence of SATISFIED names the scope itself.
    return facts if v.status is Status.SATISFIED else [*facts, ("Scope that SATISFIED would cover", v.scope)]


def _pairs_used(v: Verdict) -> str:
    """How many, of how many at most, and what for."""
    chosen, counted = len(v.evidence.past_removed), 0 if v.witness is None else v.witness.runs
    why = f": {chosen} to choose the event, {counted} more to count it" if chosen and counted else ""
    return f"{v.pairs} of at most {v.budget}{why if chosen + counted == v.pairs else ''}"


def _unclaimed(v: Verdict) -> Iterator[str]:
    """What the verdict does not say, though it might be read so."""
    other = "untraining" if v.definition.name == "unlearning" else "unlearning"
    if v.status is Status.REFUTED:
        yield "how far the removed models are from the references: ε and δ are bounded from below"
    elif v.status is Status.INCONCLUSIVE:
        yield "that the claim holds, or that it does not"
    elif not v.scope.startswith("all events"):
        yield f"anything about events outside its scope, or about differences of less than δ + {number(v.tolerance)}"
    if v.sizes is None or v.sizes[1] != v.sizes[2] or v.definition.redraws:
        yield f"anything about {other}, whose reference is another"
    yield "anything about another learner, scenario or request S, or about other settings of the remover"


def _between(lower: float, upper: float | None) -> str:
    words = f"at least {number(lower)}" if lower > 0 else "no lower bound above 0"
    return words if upper is None else f"{words}, at most {number(upper)}"


def _contaminated(share: float) -> str:
    return (
        "not even the original itself" if share == math.inf else f"about {100 * share:g} % originals among references"
    )


def _event(v: Verdict, witness: Witness) -> dict[str, Any]:
    """How often the deciding event occurred, beside what the claim allows."""
    low, high = allowed(v.definition.epsilon, v.definition.delta, witness.reference)
    inside = low <= witness.removed <= high
    return {
        "drawn": draw.event(witness, (low, high)),
        "low": number(100 * low, 3),
        "high": number(100 * high, 3),
        "place": "inside" if inside else "outside",
    }


def _curves(v: Verdict) -> list[tuple[Markup, str]]:
    """Both curves, each with where it ended; none where nothing was bet."""
    if not (v.evidence.log_wealth or v.evidence.acceptance):
        return []
    e, refute, accept = v.evidence, math.log(1 / v.alpha), math.log(1 / v.beta)
    against = draw.curve(e.log_wealth, refute, "log wealth against the claim (nats)", "ln(1/α)", "REFUTED")
    towards = draw.curve(e.acceptance, accept, "least log wealth for the claim (nats)", "ln(1/β)", "SATISFIED")
    return [(against, _ending(e.log_wealth, refute)), (towards, _ending(e.acceptance, accept))]


def _ending(values: tuple[float, ...], level: float) -> str:
    pair = draw.crossing(values, level)
    if pair is not None:
        return f"It did at pair {pair}."
    return f"It stood at {number(values[-1], 3)} after pair {len(values)}." if values else ""


def _rows(v: Verdict) -> Iterator[tuple[ViewRow, Markup, str]]:
    """Each view with its bar and the word for its acceptance."""
    level = math.log(1 / v.alpha) if v.alpha else 0.0
    finite = [row.log_wealth for row in v.evidence.views if math.isfinite(row.log_wealth)]
    most = 1.05 * max([level, *finite])
    words = {True: "yes", False: "no", None: "–"}
    yield from ((row, draw.bar(row.log_wealth, level, most), words[row.accepted]) for row in v.evidence.views)


def _provenance(v: Verdict) -> list[tuple[str, str]]:
    claim = f"{v.definition.id}, ε = {v.definition.epsilon:g}, δ = {v.definition.delta:g}"
    return [
        ("definition", claim),
        *((key, in_words(value)) for key, value in v.provenance.items() if key not in UNSHOWN),
    ]
