"""`check_suite`: everything that can be asked of a remover, the cheap questions first."""

import dataclasses
import itertools
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import jax

from ...algorithms.base import Learner, Remover
from ...algorithms.learners import logistic, ridge
from ...algorithms.programs._foreign import contained
from ...algorithms.store._store import Store
from ...formal._numbers import level, root_seed, share_of
from ...formal._types import Real
from ...formal.definitions._definitions import Unlearning, Untraining
from ...formal.definitions._scenario import Scenario
from ...formal.definitions._verdict import Status
from ..checks._question import Question
from ..engine._progress import Progress
from ..engine._provenance import environment
from ..runs._rehearsal import rehearse
from ..runs._subject import mapping, own_observables, subject
from ..runs._trial import Trial
from ..runs.observables import Observables
from ..scenarios import blobs, digits
from ._result import RowOutcome, Suite, SuiteRow
from .relations import RELATIONS, Relation


def check_suite(
    remover: Remover,
    learner: Learner | None = None,
    *,
    epsilon: Real = 1.0,
    delta: Real = 0.05,
    alpha: Real = 1e-3,
    budget: int = 512,
    seed: int = 0,
    observables: Observables = (),
    expected: Mapping[str, str] | None = None,
    store: Store | None = None,
    progress: Progress | None = None,
) -> Suite:
    r"""Put a remover to every question: exact relations first, then the definitions, cheap scenarios before dear ones.

    What is *claimed* follows from `aims_at`: the contract of all removers and, of the relations and definitions, those
    of its notion, where S ⊊ S_full tells the two apart. The other notion's are run all the same and reported as not
    claimed: they are information, and never a pass. With S = S_full the two are one statement (T1), asked once.

    The suite fails where anything claimed is refuted in any scenario, a heuristic's own aim included, unless its
    author declared that failure; and where a declared failure is refuted nowhere. Declared failures count as claims.
    It is INCONCLUSIVE where something claimed was not decided; where a notion that is claimed passed in no scenario
    *with power*, the very check being known to refute doing nothing there; and where no notion is claimed.

    Each of m questions to a definition spends α/m:

    $$P(\text{any false REFUTED of a definition}) \le \alpha$$

    Exact relations spend nothing; `relations` says when they refute.

    Args:
        remover: U.
        learner: A. When left out the one it is made for, or ridge and then logistic regression.
        epsilon: ε of the claim.
        delta: δ of the claim.
        alpha: bound on the probability that any REFUTED of a definition is false.
        budget: pairs of runs at most for each definition.
        seed: root seed; it draws the scenarios too.
        observables: a user's own, which every definition is judged by as well; see `check`.
        expected: declared failures: the name of a relation, "untraining" or "unlearning", and why. A notion's name
            stands for its definition and for the relations that follow from it.
        store: see `check`.
        progress: called before each question.

    Returns:
        The suite; its `str` is a table.

    Raises:
        ValueError: what is no remover or learner; an unknown name in `expected`, or one without a reason; a remover
            that does not run on the learner; see `check`.

    A suite takes half a minute on ridge, and a few on a network. `print(check_suite(ns.removers.retrain()))` prints
    the table; what a failure looks like:

    >>> import neverseen as ns
    >>> ns.Suite.example().status.name
    'REFUTED'
    >>> check_suite(ns.removers.retrain(), expected={"purity": "it keeps a counter"})
    Traceback (most recent call last):
    ValueError: expected: no check is called 'purity'; choose from untraining, unlearning, pure, deterministic, ...
    """
    subject(remover=remover)
    if learner is not None:
        subject(learner=learner)
    started, declared, mine = time.perf_counter(), known_names(expected), own_observables(observables)
    trained_by = (learner,) if learner else learners_for(remover)
    for each in trained_by:
        with contained(f"{remover} on {each}"):
            rehearse(remover, each, relations_scenario(seed))
    claims = [*questions(remover, trained_by, Untraining(epsilon, delta), Unlearning(epsilon, delta), seed)]
    terms = {"alpha": share_of(level("alpha", alpha), len(claims)), "budget": budget, "seed": seed, "store": store}
    terms |= {"observables": mine}
    priced = (dataclasses.replace(question, options=terms) for question in claims)
    work = itertools.chain(relation_rows(remover, trained_by[0], seed), map(_definition_row, priced))
    rows: list[SuiteRow] = []
    for place in range(len(RELATIONS) + len(claims)):
        if progress is not None:
            progress(place, len(RELATIONS) + len(claims), f"{remover}")
        rows.append(next(work))
    judged = _judged(rows, remover, declared)
    names = tuple(str(each) for each in trained_by)
    seconds = time.perf_counter() - started
    return Suite(
        str(remover), remover.aims_at, names, float(alpha), budget, seed, declared, judged, environment(), seconds
    )


def learners_for(remover: Remover) -> tuple[Learner, ...]:
    """Those a suite uses when none is named.

    >>> import neverseen as ns
    >>> len(learners_for(ns.removers.retrain())), learners_for(ns.removers.stream_ridge())
    (2, (streaming_ridge(penalty=1),))
    """
    return (remover.made_for,) if remover.made_for else (ridge(), logistic(epochs=5, batch=8))


def questions(
    remover: Remover, learners: Sequence[Learner], untraining: Untraining, unlearning: Unlearning, seed: int
) -> Iterator[Question]:
    """What is asked of the definitions, cheapest first.

    >>> import neverseen as ns
    >>> made = questions(ns.removers.newton(), [ridge()], Untraining(1.0, 0.05), Unlearning(1.0, 0.05), 0)
    >>> [question.definition.name[:5] for question in made]
    ['untra', 'untra', 'untra', 'unlea', 'untra', 'unlea', 'untra', 'unlea']
    """
    aimed = unlearning if remover.aims_at == "unlearning" else untraining
    for place, learner in enumerate(learners):
        for scenario in _scenarios(seed, place == 0, learner is learners[-1]):
            one = bool((scenario.forget == scenario.behaviour).all())
            for definition in (aimed,) if one else (untraining, unlearning):
                yield Question(definition, remover, learner, scenario, {"seed": seed})


def _scenarios(seed: int, first: bool, last: bool) -> Iterator[Scenario]:
    """Of blobs all have one shape: one program serves them."""
    if first:
        yield blobs("random", size=0, full=0, rows=31, dims=3, seed=seed)
    yield blobs("mislabelled", size=8, rows=31, dims=3, seed=seed)
    if first:
        yield blobs("class", size=8, rows=31, dims=3, seed=seed)
    if last:
        yield blobs("near-duplicates", size=4, full=8, rows=31, dims=3, seed=seed)
        yield digits("mislabelled", size=4, full=8, rows=60, seed=seed)


def relations_scenario(seed: int) -> Scenario:
    """Where relations are judged: S ⊊ S_full ⊊ D, and padding.

    >>> scenario = relations_scenario(0)
    >>> int(scenario.forget.sum()), int(scenario.behaviour.sum()), int(scenario.rows.count())
    (4, 8, 27)
    """
    return blobs("class", size=4, full=8, rows=27, dims=3, seed=seed)


def relation_rows(remover: Remover, learner: Learner, seed: int) -> Iterator[SuiteRow]:
    """Every relation, on one trial: they share its runs. Outcomes are set later.

    >>> import neverseen as ns
    >>> next(relation_rows(ns.removers.newton(), ridge(), 0)).status.name
    'SATISFIED'
    """
    scenario = relations_scenario(seed)
    trial = Trial(remover, learner, scenario, jax.random.key(root_seed(seed)))
    for relation in RELATIONS:
        started, runs = time.perf_counter(), trial.runs
        finding = relation.evaluate(trial)
        cost = trial.runs - runs, time.perf_counter() - started
        where = f"{learner} · {scenario}"
        yield SuiteRow(relation.name, where, RowOutcome.INAPPLICABLE, finding.status, finding.evidence, *cost)


def _definition_row(question: Question) -> SuiteRow:
    with contained(f"{question.remover} on {question.learner}"):
        verdict = question.decide()
    where = f"{question.learner} · {question.scenario}"
    evidence = f"{verdict.pairs} pairs" if verdict.witness is None else str(verdict.witness)
    cost = 2 * verdict.pairs, verdict.seconds
    return SuiteRow(question.definition.name, where, RowOutcome.INAPPLICABLE, verdict.status, evidence, *cost, verdict)


def known_names(expected: Mapping[str, str] | None) -> dict[str, str]:
    """The declared failures; none where they are left out.

    Raises:
        ValueError: no mapping; a name that no check has, or without a reason in words.

    >>> known_names({"unlerning": "needs S_full"})
    Traceback (most recent call last):
    ValueError: expected: no check is called 'unlerning'; choose from untraining, unlearning, pure, deterministic, ...
    """
    names = ["untraining", "unlearning", *(relation.name for relation in RELATIONS)]
    reasons = mapping(expected, "{'unlearning': 'it is not told S_full'}")
    for name, why in reasons.items():
        if name not in names:
            raise ValueError(f"expected: no check is called {name!r}; choose from {', '.join(names)}")
        if not isinstance(why, str) or not why.strip():
            raise ValueError(f"expected: {name!r} is to fail because of {why!r}; give the reason in words")
    return dict(reasons)


def aims(remover: Remover) -> frozenset[str]:
    """The notions it claims.

    >>> import neverseen as ns
    >>> sorted(aims(ns.removers.scrub())), sorted(aims(ns.removers.do_nothing()))
    (['unlearning', 'untraining'], [])
    """
    both = frozenset({"untraining", "unlearning"})
    return {"both": both, "neither": frozenset()}.get(remover.aims_at, frozenset({remover.aims_at}))


def keys(name: str, remover: Remover) -> frozenset[str]:
    """The names under which a failure of a check may be declared: its own, and the notions it follows from.

    >>> import neverseen as ns
    >>> sorted(keys("sequences", ns.removers.finetune())), sorted(keys("pure", ns.removers.finetune()))
    (['sequences', 'untraining'], ['pure'])
    """
    source = _source(name)
    notions = {"contract": frozenset[str](), "aim": aims(remover)}.get(source, frozenset({source}))
    return notions | {name}


def claimed(name: str, remover: Remover) -> bool:
    """Whether a remover claims a check by what it aims at.

    >>> import neverseen as ns
    >>> [claimed(name, ns.removers.retrain()) for name in ("pure", "empty-request", "untraining", "unlearning")]
    [True, True, True, False]
    """
    source = _source(name)
    return source == "contract" or (bool(aims(remover)) if source == "aim" else source in aims(remover))


def _source(name: str) -> str:
    relations: list[Relation] = [relation for relation in RELATIONS if relation.name == name]
    return relations[0].follows_from if relations else name


def _judged(rows: list[SuiteRow], remover: Remover, expected: dict[str, str]) -> tuple[SuiteRow, ...]:
    """What each row means, and one row more for a declared failure that nothing refuted."""
    failures = {name for row in rows if row.status is Status.REFUTED for name in keys(row.check, remover)}
    outcomes = tuple(dataclasses.replace(row, outcome=_outcome(row, remover, expected, failures)) for row in rows)
    return outcomes + tuple(row for name, why in expected.items() for row in _missing(name, why, outcomes, remover))


def _outcome(row: SuiteRow, remover: Remover, expected: dict[str, str], failures: set[str]) -> RowOutcome:
    """Of a declared failure that was shown in one place the others may be left open."""
    declared = keys(row.check, remover) & expected.keys()
    if row.status is None:
        return RowOutcome.INAPPLICABLE
    if not (claimed(row.check, remover) or declared):
        return RowOutcome.UNCLAIMED
    if row.status is Status.INCONCLUSIVE:
        return RowOutcome.UNCLAIMED if declared & failures else RowOutcome.UNDECIDED
    refuted = RowOutcome.EXPECTED if declared else RowOutcome.FAILED
    return refuted if row.status is Status.REFUTED else RowOutcome.PASSED


def _missing(name: str, why: str, rows: tuple[SuiteRow, ...], remover: Remover) -> Iterator[SuiteRow]:
    counts = Counter(row.status for row in rows if name in keys(row.check, remover))
    if not counts[Status.REFUTED] and not counts[Status.INCONCLUSIVE]:
        words = f"declared to fail ({why}), but nothing refutes it and {counts[Status.SATISFIED]} checks hold"
        yield SuiteRow(name, "", RowOutcome.UNEXPECTED, Status.SATISFIED, f"{words}: drop it from expected", 0, 0.0)
