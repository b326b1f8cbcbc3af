"""`compare_removers`: several removers under several definitions in one scenario, beside the original and a retrain."""

import time
from collections.abc import Iterable, Sequence
from typing import Any

from ...algorithms.base import Learner, Remover
from ...algorithms.removers.exact import retrain, retrain_full
from ...algorithms.removers.heuristic import do_nothing
from ...algorithms.store._store import Store
from ...formal._numbers import level, share_of, whole
from ...formal._types import Real
from ...formal.definitions._definitions import Definition
from ...formal.definitions._scenario import Scenario
from ..engine._progress import Progress
from ..engine._provenance import environment
from ..runs._cost import behaviour_of
from ..runs._dry_run import dry_run
from ..runs._rehearsal import rehearse
from ..runs._subject import own_observables, several, subject
from ..runs._views import views_of
from ..runs.observables import Observables
from ._check import check
from ._comparison import Compared as Compared
from ._comparison import Comparison as Comparison


def compare_removers(
    definitions: Definition | Sequence[Definition],
    removers: Remover | Sequence[Remover],
    learner: Learner,
    scenario: Scenario,
    *,
    alpha: Real = 1e-3,
    beta: float = 0.05,
    tolerance: float = 0.1,
    budget: int = 512,
    seed: int = 0,
    grain: Real = 1e-3,
    observables: Observables = (),
    runs: int = 32,
    store: Store | None = None,
    progress: Progress | None = None,
) -> Comparison:
    r"""Put removers to the same definitions, on the same runs of the same learner in the same scenario.

    What doing nothing gives, and a fresh retrain (without S; and, where unlearning is asked, without S_full), are rows
    too: they say what this test can see here. A remover that does not run on the learner is a row with the reason.

    Each of m verdicts spends α/m:

    $$P(\text{any false REFUTED in the table}) \le \alpha$$

    The k removers *named* are accepted at β/k each, for each definition; rows that are always there count where they
    are named. That is a bound for these k, chosen before the call, on these references:

    $$P(\text{any false SATISFIED of a definition}) \le \beta$$

    A table shows distances and frequencies. Whoever chooses another remover after reading it has chosen it by these
    references, and no k repairs that: judge it on fresh ones, with another `seed`.

    Args:
        definitions: one or several.
        removers: one or several.
        learner, scenario: A, and D with S and S_full.
        alpha: bound on the probability that any REFUTED of the table is false.
        beta: bound on the probability that any SATISFIED of a definition is false: β/k for each of the k removers
            named.
        tolerance, budget, seed, grain, observables, store: of each check; see `check`.
        runs: of each remover, drawn side by side for its cost and accuracy.
        progress: called before each remover.

    Returns:
        The table; its `str` is what a terminal shows.

    Raises:
        ValueError: no definition, or no remover; two different removers of one name; a definition that does not apply
            to the scenario; see `check`.

    >>> import neverseen as ns
    >>> [(row.remover, row.verdicts[0].status.name) for row in ns.Comparison.example().rows]
    [('do_nothing', 'REFUTED'), ('mine', 'REFUTED')]
    >>> compare_removers([], ns.removers.newton(), ns.learners.ridge(), ns.scenarios.figure1())
    Traceback (most recent call last):
    ValueError: compare_removers: no definition is named; give at least one
    """
    started = time.perf_counter()
    level("beta", beta)
    whole("runs", runs)
    claims = (definitions,) if isinstance(definitions, Definition) else tuple(definitions)
    if not claims:
        raise ValueError("compare_removers: no definition is named; give at least one")
    entries = _rows(claims, several(removers))
    for claim in claims:
        subject(definition=claim, learner=learner, scenario=scenario)
        claim.admit(scenario)
    share = share_of(level("alpha", alpha), max(len(entries) * len(claims), 2))
    count = sum(named for *_, named in entries)
    terms: dict[str, Any] = {"alpha": share, "beta": beta / count, "tolerance": tolerance, "budget": budget}
    terms |= {"seed": seed, "grain": grain, "store": store, "observables": own_observables(observables)}
    rows: list[Compared] = []
    for place, (remover, anchor, named) in enumerate(entries):
        if progress is not None:
            progress(place, len(entries), f"{remover}")
        rows.append(_compared(remover, (anchor, named), claims, learner, scenario, terms, runs))
    provenance = {"scenario": repr(scenario), "digest": scenario.digest(), "learner": repr(learner), "seed": seed}
    provenance |= {"grain": float(grain), "tolerance": tolerance, "runs": runs} | environment()
    if terms["observables"]:
        provenance["observables"] = [str(each) for each in terms["observables"]]
    return Comparison(
        str(learner), str(scenario), claims, float(alpha), budget, seed, tuple(rows), provenance,
        time.perf_counter() - started, beta,
    )  # fmt: skip


def _rows(claims: tuple[Definition, ...], removers: Iterable[Remover]) -> list[tuple[Remover, str, bool]]:
    """The rows that are always there, and then the others: what each stands for, and whether it was named."""
    anchors = {do_nothing(): "the original", retrain(): "a fresh retrain without S"}
    if any(claim.name == "unlearning" for claim in claims):
        anchors[retrain_full()] = "a fresh retrain without S_full"
    named = tuple(removers)
    by_name = {remover.name: remover for remover in anchors}
    for remover in named:
        if by_name.setdefault(remover.name, remover) != remover:
            raise ValueError(f"compare_removers: two removers are called {remover.name!r}; rows go by name, rename one")
    return [(remover, anchors.get(remover, ""), remover in named) for remover in by_name.values()]


def _compared(
    remover: Remover, standing: tuple[str, bool], claims: tuple[Definition, ...], learner: Learner, scenario: Scenario,
    terms: dict[str, Any], runs: int,
) -> Compared:  # fmt: skip
    try:
        rehearse(remover, learner, scenario)
        dry_run(claims[0], remover, learner, scenario, views_of(scenario, claims[0], terms["observables"]))
    except ValueError as why:
        if str(why).startswith(f"learner {learner}: "):  # no row of the table could stand
            raise
        return Compared(str(remover), *standing, (), None, str(why))
    verdicts = tuple(check(claim, remover, learner, scenario, **terms) for claim in claims)
    return Compared(str(remover), *standing, verdicts, behaviour_of(remover, learner, scenario, runs=runs), "")
