"""The verdict that follows from a sequential outcome."""

import time
from typing import Any

from ...formal.definitions._verdict import Route, Verdict
from ._decide import Outcome
from ._provenance import environment
from ._sequential import Terms


def verdict_of(terms: Terms, outcome: Outcome, who: str, provenance: dict[str, Any], started: float) -> Verdict:
    """The verdict of a sequential outcome, with its provenance."""
    if outcome.withdrawn:
        provenance = provenance | {"withdrawn": f"the coupling route: {outcome.withdrawn}"}
    if outcome.exhausted:
        provenance = provenance | {"bounds after": outcome.exhausted}
    return Verdict(
        status=outcome.status,
        definition=terms.definition,
        route=outcome.route,
        scope=outcome.scope,
        subject=who,
        alpha=terms.alpha,
        beta=terms.beta,
        # A certificate is about δ itself.
        tolerance=0.0 if outcome.route is Route.COUPLING else terms.tolerance,
        pairs=outcome.pairs,
        budget=terms.budget,
        epsilon_lower=outcome.epsilon_lower,
        epsilon_upper=outcome.epsilon_upper,
        witness=outcome.witness,
        evidence=outcome.evidence,
        provenance=provenance | environment(),
        seconds=time.perf_counter() - started,
        delta_lower=outcome.delta_lower,
        delta_upper=outcome.delta_upper,
        assumptions=outcome.assumptions,
    )
