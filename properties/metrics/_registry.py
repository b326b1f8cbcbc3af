"""The metrics by name, and which of them measure an entry of the catalogue."""

import difflib

from ...formal.catalogue import METRICS as CATALOGUE
from . import _challenge, _gaps, _klom, _membership, _outputs, _relearn, _representation, _truth
from ._metric import Metric

_MODULES = (_gaps, _membership, _challenge, _klom, _truth, _outputs, _representation, _relearn)
METRICS: dict[str, Metric] = {
    found.name: found for module in _MODULES for found in vars(module).values() if isinstance(found, Metric)
}
"""Name → metric, of all that these modules define."""


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
