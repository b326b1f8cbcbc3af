"""The metrics by name, and which of them measure an entry of the catalogue."""

import difflib

from ...formal.catalogue import METRICS as CATALOGUE
from ._challenge import FORGETTING_QUALITY
from ._gaps import BEHAVIOUR_GAP, FORGET_GAP, RETAIN_GAP, TEST_GAP, TOW, TOW_MIA
from ._klom import KLOM
from ._membership import POPULATION_MIA, RMIA, U_LIRA, U_LIRA_TPR
from ._metric import Metric
from ._outputs import ACTIVATION_DISTANCE, JS, KL
from ._relearn import RELEARN_TIME
from ._representation import CKA, NEIGHBOUR_OVERLAP
from ._truth import FORGET_QUALITY, TRUTH_RATIO

METRICS: dict[str, Metric] = {
    found.name: found
    for found in (
        FORGET_GAP,
        RETAIN_GAP,
        TEST_GAP,
        BEHAVIOUR_GAP,
        TOW,
        TOW_MIA,
        POPULATION_MIA,
        U_LIRA,
        U_LIRA_TPR,
        RMIA,
        FORGETTING_QUALITY,
        KLOM,
        TRUTH_RATIO,
        FORGET_QUALITY,
        ACTIVATION_DISTANCE,
        JS,
        KL,
        CKA,
        NEIGHBOUR_OVERLAP,
        RELEARN_TIME,
    )
}
"""Name → metric."""


def named(metric: Metric | str) -> Metric:
    """A metric by its name; a metric is itself.

    Raises:
        ValueError: no such metric, or an entry of the catalogue that goes by other names or is not implemented.

    >>> named("klom").name
    'klom'
    >>> named("output-divergence")
    Traceback (most recent call last):
    ValueError: metric 'output-divergence' is measured by js-divergence, kl-divergence; name one of these
    """
    if isinstance(metric, Metric):
        return metric
    if metric in METRICS:
        return METRICS[metric]
    if metric in CATALOGUE:
        names = implementing(metric)
        if names:
            raise ValueError(f"metric {metric!r} is measured by {', '.join(names)}; name one of these")
        raise ValueError(f"metric {metric!r} is catalogued, not implemented; implemented are {', '.join(METRICS)}")
    close = difflib.get_close_matches(metric, METRICS, 1)
    hint = f"did you mean {close[0]!r}?" if close else f"known are {', '.join(METRICS)}"
    raise ValueError(f"unknown metric {metric!r}; {hint}")


def implementing(entry: str) -> tuple[str, ...]:
    """The names of the metrics that measure an entry of the catalogue.

    >>> implementing("representation-similarity"), implementing("memorisation-gap")
    (('cka', 'neighbour-overlap'), ())
    """
    return tuple(name for name, metric in METRICS.items() if metric.entry == entry)
