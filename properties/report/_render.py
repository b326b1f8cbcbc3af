"""Any result as a page, and as what a notebook shows of it: the results themselves know no HTML."""

import functools
import os
from typing import Any

from ...formal._numbers import shown
from ...formal.definitions._relative import Relative
from ...formal.definitions._scenario import Scenario
from ...formal.definitions._verdict import Verdict
from ..checks._comparison import Comparison
from ..checks._plan import Plan
from ..checks._proofs import Proofs
from ..checks._rank import Ranking
from ..checks._sweep import Sweep
from ..checks._tuning import Tuning
from ..metrics._graded import Distance
from ..metrics._table import Table
from ..runs._cost import Behaviour
from ..saved import Bound
from ..suite._result import Suite
from . import _bound_page, _comparison_page, _result_pages, _suite_page, _verdict_page
from ._page import Page, fill_template, write_page
from ._scenario_card import scenario_card

_COLOURS = {"SATISFIED": "#1b7340", "REFUTED": "#b3261e", "INCONCLUSIVE": "#7a5b00"}


@functools.singledispatch
def _page(value: object, **beside: Any) -> Page:
    del beside
    kinds = ", ".join(kind.__name__ for kind in _page.registry if kind not in (object, list))
    raise ValueError(f"report: {shown(value)} is no result; give one of {kinds}, or a list of sweeps or of tables")


_page.register(Verdict)(_verdict_page.verdict_page)
_page.register(Suite)(_suite_page.suite_page)
_page.register(Comparison)(_comparison_page.comparison_page)
_page.register(Table)(_result_pages.table_page)
_page.register(Plan)(_result_pages.plan_page)
_page.register(Relative)(_result_pages.relative_page)
_page.register(Distance)(_result_pages.distance_page)
_page.register(Ranking)(_result_pages.ranking_page)
_page.register(Bound)(_bound_page.bound_page)
_page.register(Proofs)(_result_pages.proofs_page)
_page.register(Tuning)(_result_pages.tuning_page)
_page.register(list)(_result_pages.listed_page)
_page.register(Sweep)(lambda sweep: _result_pages.sweeps_page([sweep]))


def render(
    value: Any,
    *,
    metrics: Table | None = None,
    behaviour: Behaviour | None = None,
    distance: Distance | None = None,
    bound: Bound | None = None,
) -> str:
    """A result as one page of HTML that needs nothing else: no network, no script, no font.

    Args:
        value: a verdict, a suite, a comparison, a sweep or a list of them, a tuning, a plan, a table of metrics or a
            list of them, a relative check, a bound, a distance, a ranking, or proofs.
        metrics: beside a verdict: from `metrics.measure`, each with its floor.
        behaviour: beside a verdict: from `behaviour_of`, the cost against a retrain.
        distance: beside a verdict: from `distance_of` or `distance_of_samples`.
        bound: beside a verdict: from `bound`.

    Returns:
        The page. All text from the result is escaped.

    Raises:
        ValueError: no result; something to stand beside what is no verdict.

    >>> import neverseen as ns
    >>> page = ns.report.render(ns.Verdict.example())
    >>> page.startswith("<!doctype html>"), "do-nothing on blobs" in page
    (True, True)
    >>> ns.report.render(5)
    Traceback (most recent call last):
    ValueError: report: 5 is no result; give one of Verdict, Suite, Comparison, ...
    """
    given = {"metrics": metrics, "behaviour": behaviour, "distance": distance, "bound": bound}
    beside = {name: item for name, item in given.items() if item is not None}
    if beside and not isinstance(value, Verdict):
        raise ValueError(f"report: {' and '.join(beside)} stand beside a verdict, and this is a {type(value).__name__}")
    return fill_template(*_page(value, **beside))


def write_report(
    value: Any,
    path: str | os.PathLike[str],
    *,
    metrics: Table | None = None,
    behaviour: Behaviour | None = None,
    distance: Distance | None = None,
    bound: Bound | None = None,
) -> None:
    """Write the page of a result to a file, whole or not at all.

    Args:
        value, metrics, behaviour, distance, bound: what to report; see `render`.
        path: the file; an older one is replaced.

    Raises:
        ValueError: as `render`; the path cannot be written.

    >>> import pathlib, tempfile
    >>> import neverseen as ns
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     ns.report.write_report(ns.Verdict.example(), pathlib.Path(folder) / "report.html")
    ...     [path.name for path in pathlib.Path(folder).iterdir()]
    ['report.html']
    """
    write_page(render(value, metrics=metrics, behaviour=behaviour, distance=distance, bound=bound), path)


def fragment(value: Any) -> str:
    """What a notebook shows of a result: its sentence, and its table or its figures; no drawing, no style sheet.

    >>> import neverseen as ns
    >>> len(fragment(ns.Verdict.example())) < 3000
    True
    """
    _, context = _page(value)
    return fill_template("fragment.html", context | {"colour": _COLOURS.get(context["word"], "inherit")})


for _kind in _page.registry:
    if _kind not in (object, list):
        _kind._repr_html_ = fragment

Scenario._repr_html_ = scenario_card  # pyright: ignore[reportAttributeAccessIssue]
