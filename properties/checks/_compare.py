"""`compare`: which of several removers untrains, which unlearns, how far each is from that, and at what cost."""

import dataclasses
import functools
import time
from collections.abc import Iterable, Sequence
from typing import Any

from ...algorithms._written import code_of, codes_of
from ...algorithms.base import Learner, Remover
from ...algorithms.removers.exact import retrain, retrain_full
from ...algorithms.removers.heuristic import do_nothing
from ...algorithms.store._store import Store
from ...formal._numbers import flag, level, share_of, whole
from ...formal._types import Real
from ...formal.definitions._definitions import Definition
from ...formal.definitions._scenario import Scenario
from ..engine._progress import Progress
from ..engine._provenance import environment
from ..metrics._metric import LEAST
from ..runs._cost import Accounts
from ..runs._dry_run import dry_run
from ..runs._rehearsal import rehearse
from ..runs._subject import own_observables, several, subject
from ..runs._views import views_of
from ..runs.observables import Observables
from ._check import check
from ._compared import Compared as Compared
from ._compared import ordered
from ._comparison import Comparison as Comparison
from ._grade import Grader
from ._relative import check_relative


def compare(
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
    runs: int = 64,
    sides: bool = False,
    sort: str | None = None,
    store: Store | None = None,
    progress: Progress | None = None,
) -> Comparison:
    r"""Put removers to the same definitions, on the same runs of the same learner in the same scenario.

    Each row says, for each definition: the verdict; the distance to the definition's reference, where doing nothing
    is 1 and a fresh retrain 0 (see `distance`); accuracy minus the reference's on S, S_full∖S, fresh behaviour and
    fresh rest; and what a removal costs. What doing nothing gives, and fresh retrains (without S, without S_full), are
    rows too. A remover that does not run on the learner is a row with the reason. Nothing is trained twice: verdicts,
    distances and accuracies are of the same runs, and removers share originals and references.

    Each of m findings (verdicts and, where asked, sides) spends α/m:

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
        alpha: bound on the probability that any REFUTED, or any side, of the table is false.
        beta: bound on the probability that any SATISFIED of a definition is false: β/k for each of the k removers
            named.
        tolerance, budget, seed, grain, observables, store: of each check; see `check`.
        runs: of each arm for distances and accuracies; below 64 the distances' intervals are rough.
        sides: whether each row also says which is nearer, the reference or the original; see `check_relative`.
        sort: "untraining" or "unlearning" (nearest first), "cost" (cheapest first) or "named" (as given); the first
            definition where left out. Rows that are always there come first.
        progress: called before each remover.

    Returns:
        The table; its `str` is what a terminal shows.

    Raises:
        ValueError: no definition, or no remover; two different removers of one name; a definition that does not apply
            to the scenario; an order that is none; see `check`.

    >>> import neverseen as ns
    >>> [(row.remover, row.verdicts[0].status.name) for row in ns.Comparison.example().rows]
    [('do_nothing', 'REFUTED'), ('mine', 'REFUTED')]
    >>> compare([], ns.removers.newton(), ns.learners.ridge(), ns.scenarios.figure1())
    Traceback (most recent call last):
    ValueError: compare: no definition is named; give at least one
    """
    started = time.perf_counter()
    level("beta", beta)
    whole("runs", runs, LEAST)
    claims = (definitions,) if isinstance(definitions, Definition) else tuple(definitions)
    if not claims:
        raise ValueError("compare: no definition is named; give at least one")
    names = [claim.name for claim in claims]
    ordered((), sort, names)  # an order that is none, before anything is drawn
    entries = _rows(several(removers))
    for claim in claims:
        subject(definition=claim, learner=learner, scenario=scenario)
        claim.admit(scenario)
    findings = len(entries) * len(claims) * (2 if flag("sides", sides) else 1)
    share = share_of(level("alpha", alpha), max(findings, 2))
    count = sum(named for *_, named in entries)
    terms: dict[str, Any] = {"alpha": share, "beta": beta / count, "tolerance": tolerance, "budget": budget}
    terms |= {"seed": seed, "grain": grain, "store": store, "observables": own_observables(observables)}
    table = _Table(
        claims, learner, scenario, terms, Grader(learner, scenario, runs=runs, seed=seed, store=store), sides
    )
    rows: list[Compared] = []
    for place, (remover, anchor, named) in enumerate(entries):
        if progress is not None:
            progress(place, len(entries), f"{remover}")
        rows.append(table.row(remover, Compared(str(remover), anchor, named, ())))
    provenance: dict[str, Any] = {
        "scenario": repr(scenario),
        "digest": scenario.digest(),
        "learner": repr(learner),
        "seed": seed,
    }
    provenance |= {"grain": float(grain), "tolerance": tolerance, "runs": runs, "sort": sort, "sides": sides}
    provenance |= environment()
    provenance["code"] = codes_of(learner=learner) | _asked_code(entries)
    if terms["observables"]:
        provenance["observables"] = [str(each) for each in terms["observables"]]
    return Comparison(
        str(learner), str(scenario), claims, float(alpha), budget, seed, ordered(rows, sort, names), provenance,
        time.perf_counter() - started, beta, table.grader.drawing,
    )  # fmt: skip


def _asked_code(entries: list[tuple[Remover, str, bool]]) -> dict[str, str]:
    """The list of removers as it was given, where each of them can be written."""
    codes = [code_of(remover) for remover, _, named in entries if named]
    return {} if None in codes else {"removers": f"[{', '.join(map(str, codes))}]"}


def _rows(removers: Iterable[Remover]) -> list[tuple[Remover, str, bool]]:
    """The rows that are always there, and then the others: what each stands for, and whether it was named."""
    anchors = {do_nothing(): "the original", retrain(): "a fresh retrain without S"}
    anchors[retrain_full()] = "a fresh retrain without S_full"
    named = tuple(removers)
    by_name = {remover.name: remover for remover in anchors}
    for remover in named:
        if by_name.setdefault(remover.name, remover) != remover:
            raise ValueError(f"compare: two removers are called {remover.name!r}; rows go by name, rename one")
    return [(remover, anchors.get(remover, ""), remover in named) for remover in by_name.values()]


@dataclasses.dataclass(frozen=True)
class _Table:
    """What all rows share."""

    claims: tuple[Definition, ...]
    learner: Learner
    scenario: Scenario
    terms: dict[str, Any]
    grader: Grader
    sides: bool

    def row(self, remover: Remover, empty: Compared) -> Compared:
        """All that is found of a remover; the reason where it does not run."""
        looked_at = views_of(self.scenario, self.claims[0], self.terms["observables"])
        try:
            rehearse(remover, self.learner, self.scenario)
            dry_run(self.claims[0], remover, self.learner, self.scenario, looked_at)
        except ValueError as why:
            if str(why).startswith(f"learner {self.learner}: "):  # no row of the table could stand
                raise
            return dataclasses.replace(empty, why=str(why))
        # Grades before verdicts: they draw the runs that verdicts then bet on, side by side, and time them.
        grades = tuple(self.grader.grade(claim, remover) for claim in self.claims)
        seconds = self.grader.seconds(self.claims[0], remover)
        cost = dataclasses.replace(self.accounts.cost(remover), seconds=seconds[0], retrain_seconds=seconds[1])
        asked = remover, self.learner, self.scenario
        verdicts = tuple(check(claim, *asked, **self.terms) for claim in self.claims)
        own = {name: value for name, value in self.terms.items() if name not in ("beta", "tolerance")}
        sides = tuple(check_relative(claim, *asked, **own) for claim in self.claims if self.sides)
        accuracy = self.grader.accuracy(self.claims[0], remover)
        return dataclasses.replace(
            empty, verdicts=verdicts, grades=grades, accuracy=accuracy, cost=cost, sides=sides
        )  # fmt: skip

    @functools.cached_property
    def accounts(self) -> Accounts:
        return Accounts(self.learner, self.scenario)
