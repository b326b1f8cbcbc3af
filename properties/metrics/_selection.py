"""Which metrics are measured: those that are named, or all that may judge the notion and apply."""

import jax

from ...algorithms.base import Learner
from ...algorithms.programs._programs import trace
from ...formal.definitions._definitions import Definition
from ...formal.definitions._scenario import Scenario
from ..runs._eval_sets import EvalSets
from ._metric import Metric
from ._observations import admit
from ._registry import METRICS, named


def applicable(
    metrics: Metric | str | list[Metric | str] | None,
    definition: Definition,
    learner: Learner,
    scenario: Scenario,
    eval_sets: EvalSets,
) -> tuple[list[Metric], list[tuple[str, str]]]:
    """The metrics to measure, and those of the notion that do not apply, with the reason.

    Args:
        metrics: those asked for, by name or as values; None for all that apply.
        definition, learner, scenario: of the measurement.
        eval_sets: from `points_of`.

    Raises:
        ValueError: an unknown metric, one of the other notion, one that does not apply; none at all.

    >>> import neverseen as ns
    >>> asked = ns.Untraining(1.0, 0.05), ns.learners.ridge(logits=False), ns.scenarios.figure1()
    >>> found, left_out = applicable(None, *asked, {"S": ns.scenarios.figure1().rows})
    >>> [one.name for one in found], len(left_out)
    (['cka', 'neighbour-overlap', 'relearn-time'], 16)
    """
    params = trace(learner.fit, jax.random.key(0), scenario.rows).shapes.params
    if metrics is not None:
        requests = [metrics] if isinstance(metrics, Metric | str) else metrics
        selection = list({one.name: one for one in (named(one) for one in requests)}.values())
        if not selection:
            raise ValueError("metrics: none is named; name one or leave them out for all")
        for one in selection:
            one.admit(definition.name)
            admit(one, learner, params, eval_sets)
        return selection, []
    applies, left_out = [], list[tuple[str, str]]()
    for one in METRICS.values():
        if definition.name in one.notions:
            try:
                admit(one, learner, params, eval_sets)
            except ValueError as error:
                left_out.append((one.name, str(error).partition(": ")[2]))
            else:
                applies.append(one)
    if not applies:
        raise ValueError(f"metrics: none applies to {learner} in {scenario}")
    return applies, left_out
