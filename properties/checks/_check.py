"""`check`: a remover, a learner and a scenario against a definition, decided by fresh runs."""

import dataclasses
import itertools
import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from ...algorithms._written import codes_of
from ...algorithms.base import Learner, Remover
from ...algorithms.store._store import Store
from ...formal._numbers import admit_grain, flag, root_seed
from ...formal._types import Real
from ...formal.definitions._definitions import Definition
from ...formal.definitions._scenario import Scenario
from ...formal.definitions._verdict import Power, Status, Verdict
from ...formal.laws._finite_learners import FiniteLearner, FiniteRemover
from ...formal.laws._worlds import World
from ..engine._conclusion import verdict_of
from ..engine._decide import decide
from ..engine._grain import coarsest
from ..engine._pairs import Block
from ..engine._power import power_of, withdrawn
from ..engine._power import require_power as needing_power
from ..engine._progress import Progress, Watch
from ..engine._resolution import resolution as smallest_seen
from ..engine._sequential import Terms
from ..runs._draw import PAIRS, blocks, originals
from ..runs._dry_run import dry_run
from ..runs._eval_sets import EVAL_ROWS
from ..runs._rehearsal import rehearse
from ..runs._subject import own_observables, subject
from ..runs._views import views_of
from ..runs.observables import Observables
from ._closed_form import check_finite, check_gaussian

_WIDEST = 16
"""Standard deviations of the grain that the runs of a constant lie apart at most."""


def check(
    definition: Definition,
    remover: Remover | FiniteRemover,
    learner: Learner | FiniteLearner,
    scenario: Scenario | World,
    *,
    budget: int = 512,
    alpha: float = 1e-4,
    beta: float = 0.05,
    tolerance: float = 0.1,
    seed: int = 0,
    grain: Real = 1e-3,
    observables: Observables = (),
    resolution: bool = False,
    require_power: bool = False,
    exhaust: bool = False,
    store: Store | None = None,
    keyed_as: Scenario | None = None,
    progress: Progress | None = None,
) -> Verdict:
    """Decide whether the remover's models have the law the definition asks for.

    The strongest route that applies decides: *exact* for finite laws, *analytic* where learner and remover are this
    library's own and publish Gaussian laws, and otherwise fresh runs: *coupling* where noise is declared and those runs
    bear it out, *sequential* everywhere. Only runs use the levels, the tolerance, the budget and the grain.

    Args:
        definition: which rows the reference never saw, and (ε, δ).
        remover: U.
        learner: A.
        scenario: D, S, S_full, and points never in D; a `World` for finite learners.
        budget: pairs of runs at most; no block is drawn after the one that decides.
        alpha: bound on the probability of a false REFUTED.
        beta: bound on the probability of a false SATISFIED.
        tolerance: τ; SATISFIED claims δ + τ over the declared class.
        seed: root seed; the verdict is a pure function of it and the other arguments.
        grain: s, the noise on every view, as a share of each column's size (see `properties/engine/_grain.py`), and at
            least 16 times what rounding changes; smaller differences are not examined.
        observables: a user's own, looked at beside the default ones (see `neverseen.observables`): each of their views
            has the part of the prior that one has which is not designated, and is part of the declared class.
        resolution: where the claim was not refuted, replay the check on contaminated pairs and say what share of
            originals it would have refuted (seconds, not minutes).
        require_power: answer INCONCLUSIVE in place of a SATISFIED that doing nothing would have got here as well.
        exhaust: after REFUTED by runs, go on to the budget: ε and δ are bounded by all of its pairs, and with it the
            bound of ε grows past the claim's own; status, pairs and witness stay those of the pair that decided.
        store: where runs are kept on disk, so that later checks, and this one after an interruption, find them there.
            Recent runs are shared in memory without it.
        keyed_as: the scenario whose streams of runs are drawn from, for requests on one D that are to share originals
            and references; the scenario itself when left out.
        progress: called after each block and each round of bets.

    Returns:
        The verdict. A remover that returns NaN has an outcome, not an error. A SATISFIED says in `power` what the same
        check, up to its budget, says of the original; that is a replay, and never feeds back into the bets.

    Raises:
        ValueError: what is no definition, remover, learner, scenario or observable; the definition does not apply to
            the scenario; a level, tolerance or grain out of range; a budget too small to refute anything; a remover,
            learner or observable that raises, returns another shape or reads absent rows; a learner that does not look
            at `rows.present`, or none of whose references is finite.

    >>> import neverseen as ns
    >>> verdict = ns.check(ns.Untraining(1.0, 0.05), ns.removers.do_nothing(), ns.learners.nearest_neighbour(),
    ...                    ns.scenarios.figure1())
    >>> verdict.status.name, verdict.pairs < 100
    ('REFUTED', True)
    """
    subject(finite=True, definition=definition, remover=remover, learner=learner, scenario=scenario)
    mine = own_observables(observables)
    flag("resolution", resolution)
    flag("require_power", require_power)
    flag("exhaust", exhaust)
    if isinstance(learner, FiniteLearner) and isinstance(remover, FiniteRemover) and isinstance(scenario, World):
        return needing_power(check_finite(definition, remover, learner, scenario), require_power)
    if isinstance(learner, FiniteLearner) or isinstance(remover, FiniteRemover) or isinstance(scenario, World):
        raise ValueError(
            "check: finite learners, finite removers and finite worlds go together; give all three or none"
        )
    definition.admit(scenario)
    started, terms = time.perf_counter(), Terms(definition, alpha, beta, tolerance, budget)
    admit_grain(grain)
    root_seed(seed)
    closed_form = _known(definition, remover, learner, scenario)
    if closed_form is not None:
        return needing_power(closed_form, require_power)
    rehearse(remover, learner, scenario)
    looked_at = views_of(scenario, definition, mine)
    drawing: dict[str, Any] = {"seed": seed, "grain": float(grain), "budget": budget, "store": store}
    drawing |= {"keyed_as": keyed_as, "rounding": dry_run(definition, remover, learner, scenario, looked_at)}
    stream = blocks(definition, remover, learner, scenario, looked_at, **drawing)
    history: list[Block] = []
    watch = Watch(terms, f"{remover} · {definition.id}", progress)
    provenance: dict[str, Any] = {"scenario": repr(scenario), "digest": scenario.digest(), "remover": repr(remover)}
    provenance |= {"learner": repr(learner), "seed": seed, "grain": float(grain), "block": PAIRS}
    provenance["code"] = codes_of(remover=remover, learner=learner)
    if not definition.redraws:
        provenance["places"] = places_of(scenario)
    if mine:
        provenance["observables"] = [str(each) for each in mine]
    if keyed_as is not None:
        provenance["keyed_as"] = keyed_as.digest()
    drawn = watch.over(_keeping(stream, history))
    outcome = decide(terms, drawn, looked_at.designated, exhaust=exhaust, played=watch.played)
    first = history[0]
    provenance["coarsest"] = coarsest(first.removed, first.reference, first.grain or {}, drawing["rounding"])
    verdict = verdict_of(terms, outcome, f"{remover} on {learner} in {scenario}", provenance, started)
    verdict = dataclasses.replace(verdict, sizes=sizes_of(scenario))
    if verdict.status is Status.SATISFIED:
        further = originals(definition, learner, scenario, looked_at, history, **drawing)
        power = power_of(terms, _in_place(history, further), looked_at.designated)
        verdict = _empowered(verdict, power, definition, scenario, history)
    if resolution and verdict.status is not Status.REFUTED:
        verdict = dataclasses.replace(verdict, resolution=smallest_seen(terms, history, looked_at.designated, seed))
    return needing_power(dataclasses.replace(verdict, seconds=time.perf_counter() - started), require_power)


def _known(definition: Definition, remover: Remover, learner: Learner, scenario: Scenario) -> Verdict | None:
    """By closed form, where that is known; what does not fit is named by the dry run, as on every route.

    Only then: tracing takes longer than the whole verdict.
    """
    try:
        return check_gaussian(definition, remover, learner, scenario)
    except Exception:  # of whatever JAX or Python tripped over
        rehearse(remover, learner, scenario)
        raise


def sizes_of(scenario: Scenario) -> tuple[int, int, int]:
    """|D|, |S| and |S_full|.

    >>> import neverseen as ns
    >>> sizes_of(ns.scenarios.figure1())
    (14, 3, 9)
    """
    forget, full = (int(np.count_nonzero(np.asarray(mask))) for mask in (scenario.forget, scenario.behaviour))
    return scenario.rows.number, forget, full


def places_of(scenario: Scenario) -> dict[str, list[int]]:
    """Where in D the first rows lie that views look at one by one.

    >>> import neverseen as ns
    >>> places_of(ns.scenarios.figure1())
    {'S': [0, 1, 7], 'S_full∖S': [2, 3, 4, 5, 6, 8]}
    """
    sets = {"S": scenario.forget, "S_full∖S": scenario.behaviour & ~scenario.forget}
    return {name: np.flatnonzero(np.asarray(mask))[:EVAL_ROWS].tolist() for name, mask in sets.items()}


def _in_place(history: list[Block], further: Iterator[Block]) -> Iterator[Block]:
    """Originals in the place of removed models, on the same references."""
    for block in itertools.chain(history, further):
        assert block.original is not None
        yield Block(block.original, block.reference, None, grain=block.grain)


def _empowered(
    verdict: Verdict, power: Power, definition: Definition, scenario: Scenario, history: list[Block]
) -> Verdict:
    """With its power; INCONCLUSIVE where all three arms are one constant, though something was to be unseen.

    Where nothing is unseen the original is the reference: doing nothing is right there, and so is the pass.
    """
    unseen = definition.unseen(scenario.forget, scenario.behaviour) & scenario.rows.present
    if not bool(unseen.any()):
        return dataclasses.replace(verdict, power=Power(power.original, power.pairs, same=True))
    powered = dataclasses.replace(verdict, power=power)
    return withdrawn(powered) if not power.tells and _one_constant(history) else powered


def _one_constant(history: list[Block]) -> bool:
    """Whether every number of every arm is the same in each run, but for the grain."""
    for name in history[0].reference:
        arms = [arm[name] for block in history for arm in (block.removed, block.reference, block.original or {})]
        values = np.concatenate(arms)
        noise = history[0].grain[name] if history[0].grain is not None else np.zeros(values.shape[1])
        if not (np.ptp(values, axis=0) <= _WIDEST * noise).all():
            return False
    return True


def _keeping(stream: Iterator[Block], history: list[Block]) -> Iterator[Block]:
    for block in stream:
        history.append(block)
        yield block
